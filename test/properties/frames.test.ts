import { frames } from '../fuzz/targets.ts';
import { property } from '../support/fast-check.ts';

property(frames.name, 1500, frames.arbitraries, frames.check);
