/**
 * A reconnecting station and the misfortunes of its access points, for as many seeds as wanted:
 *
 *     npm run misfortunes -- --seeds 1000 --from 1
 */

import { parseArgs } from 'node:util';
import { World } from '../../device/index.ts';
import { HEALED_MS, MISFORTUNES, type Misfortune, runMisfortunes } from '../support/misfortunes.ts';

const MOST = 8;

/** A bad day, made of a seed. */
function badDay(seed: number): Misfortune[] {
  const chance = new World({ seed }).random('misfortunes');
  const upTo = (n: number): number => chance.uint32() % n;
  return Array.from({ length: upTo(MOST + 1) }, () => {
    const atMs = upTo(HEALED_MS);
    const ap = upTo(2) === 0 ? 0 : 1;
    return { kind: MISFORTUNES[upTo(MISFORTUNES.length)]!, ap, atMs, forMs: upTo(HEALED_MS - atMs) };
  });
}

const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' } } });
const from = Number(values.from ?? 1);
const seeds = Number(values.seeds ?? 1000);
let confirmed = 0;
let failed = 0;
let bad = 0;
const begin = performance.now();
for (let seed = from; seed < from + seeds; seed++) {
  const day = badDay(seed);
  const { leaked, stuck, confirmedMs, ...count } = runMisfortunes(seed, day);
  confirmed += count.confirmed;
  failed += count.failed;
  if (leaked === 0 && stuck.length === 0 && confirmedMs > HEALED_MS) continue;
  bad++;
  console.log(`seed ${seed}: ${leaked} descriptors leaked, stuck: [${stuck.join(', ')}], healed at ${confirmedMs} ms`);
  console.log(JSON.stringify(day));
}
const seconds = ((performance.now() - begin) / 1000).toFixed(1);
console.log(`${seeds} seeds from ${from}: ${bad} bad; ${confirmed} reports confirmed, ${failed} failed; ${seconds} s`);
process.exitCode = bad === 0 ? 0 : 1;
