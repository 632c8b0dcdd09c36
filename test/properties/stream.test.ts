import { describe, expect } from '@jest/globals';
import { streams } from '../fuzz/targets.ts';
import { property } from '../support/fast-check.ts';
import { checkInvariants } from '../support/invariants.ts';
import { blow, exchange, TALK_US } from '../support/traffic.ts';
import { pair, runWatched } from '../support/worlds.ts';

property(streams.name, 60, streams.arbitraries, streams.check);

describe('while a stream flows', () => {
  property('every invariant holds after every event', 20, streams.arbitraries, async (w, fromA, fromB) => {
    const p = pair({ seed: w.seed, lan: { latencyUs: 2000 } });
    blow(p, w, TALK_US);
    const [atA, atB] = exchange(p, fromA, fromB);
    await runWatched(p.world, 400e6, checkInvariants);
    expect([atA.isThere, atB.isThere]).toEqual([true, true]);
  });
});
