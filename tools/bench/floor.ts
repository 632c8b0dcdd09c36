/** The yardstick: what copying and summing the payload of one full segment costs on this machine. */

import { sumWords } from '../../stack/prot/checksum.ts';
import { alternate, type Effort, type Figure, type Floor, Samples, cpuUs, scaled } from './measure.ts';

export const SEGMENT = 1440;
/** Buffers in turn, so that not everything stays in the first-level cache. */
const BUFFERS = 64;

export function measureFloor(effort: Effort): { readonly floor: Floor; readonly figures: Figure[] } {
  const count = Math.ceil(scaled(200_000, effort, 2000));
  const sources = Array.from({ length: BUFFERS }, (_, i) => new Uint8Array(1536).fill(i));
  const targets = sources.map(() => new Uint8Array(1536));
  const words = sources.map((b) => new Uint32Array(b.buffer));
  let sum = 0;
  const copy = (): number => {
    const start = cpuUs();
    for (let i = 0; i < count; i++) targets[i % BUFFERS]!.set(sources[i % BUFFERS]!.subarray(56, 56 + SEGMENT), 0);
    return ((cpuUs() - start) * 1000) / count;
  };
  const checksum = (): number => {
    const start = cpuUs();
    for (let i = 0; i < count; i++) sum += sumWords(words[i % BUFFERS]!, 14, SEGMENT / 4);
    return ((cpuUs() - start) * 1000) / count;
  };
  const [copies, sums] = alternate(effort, [copy, checksum]) as [Samples, Samples];
  if (sum === 0) throw new Error('The sum of 1440 bytes was never computed.');
  return {
    floor: { copyNs: copies.best, sumNs: sums.best },
    figures: [copies.cost('copy 1440 bytes', 'ns'), sums.cost('checksum 1440 bytes', 'ns')],
  };
}
