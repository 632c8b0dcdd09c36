/** The yardstick: what copying and summing the payload of one full segment costs on this machine, at this moment. */

import { sumWords } from '../../stack/prot/checksum.ts';
import { cpuUs } from './cpu.ts';

export const SEGMENT = 1440;
/** Buffers in turn, so that not everything stays in the first-level cache. */
const BUFFERS = 64;
const COUNT = 64 * BUFFERS;

/** Nanoseconds of CPU time for 1440 bytes. */
export interface Floor {
  readonly copyNs: number;
  readonly sumNs: number;
}

const sources = Array.from({ length: BUFFERS }, (_, i) => new Uint8Array(1536).fill(i));
const targets = sources.map(() => new Uint8Array(1536));
const words = sources.map((b) => new Uint32Array(b.buffer));
let sum = 0;

/** Measure, in about a millisecond. */
export function measureFloor(): Floor {
  const start = cpuUs();
  for (let i = 0; i < COUNT; i++) targets[i % BUFFERS]!.set(sources[i % BUFFERS]!.subarray(56, 56 + SEGMENT), 0);
  const middle = cpuUs();
  for (let i = 0; i < COUNT; i++) sum += sumWords(words[i % BUFFERS]!, 14, SEGMENT / 4);
  const end = cpuUs();
  if (sum === 0) throw new Error('Nothing was summed.');
  return { copyNs: ((middle - start) * 1000) / COUNT, sumNs: ((end - middle) * 1000) / COUNT };
}
