/**
 * A long run of what the property tests try for some seconds:
 *
 *     npm run fuzz -- --frames 200000 --calls 50000 --streams 2000 --answers 20000 --seed 1
 *
 * Each number says how many frames are thrown at boards, how many calls random programs make, how many transfers are
 * made, how many false answers a resolver gets; without any, some of each. It stops at the first failure, shrinks it, and prints the line that tries it again.
 */

import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { answers, calls, frames, streams, type Target } from './targets.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string' },
    calls: { type: 'string' },
    streams: { type: 'string' },
    answers: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

/** Cases of one batch, which all follow from one seed. */
const BATCH = 200;

const NAMES = ['frames', 'calls', 'streams', 'answers'] as const;

function count(name: (typeof NAMES)[number], fallback: number): number {
  const text = values[name];
  const isAsked = NAMES.some((one) => values[one] !== undefined);
  const n = text === undefined ? (isAsked ? 0 : fallback) : Number(text);
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`--${name} must be a whole number, not ${text}.`);
  return n;
}

/** Try a target until it has counted as much as was asked for. @returns false if it failed */
async function fuzz<T extends unknown[]>(
  what: string,
  { name, file, arbitraries, check, weight }: Target<T>,
  total: number,
): Promise<boolean> {
  const began = Date.now();
  let done = 0;
  for (let seed = Number(values.seed); done < total; seed++) {
    const property = fc.asyncProperty(fc.tuple(...(arbitraries as fc.Arbitrary<unknown>[])), async (args) => {
      await check(...(args as NoInfer<T>));
      done += weight(...(args as NoInfer<T>));
    });
    const run = await fc.check(property, { seed, numRuns: BATCH });
    if (run.failed) {
      console.log(`${what}: FAILED\n${fc.defaultReportMessage(run)}\n\n${String(run.errorInstance)}\n`);
      console.log(
        `Try it again:\n  FC_SEED=${run.seed} FC_PATH=${run.counterexamplePath} npx jest ${file} -t '${name}'`,
      );
      return false;
    }
  }
  if (total > 0) console.log(`${what}: ${done} without a fault, in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return true;
}

console.log(`seed ${values.seed}`);
const isFine =
  (await fuzz('frames', frames, count('frames', 50_000))) &&
  (await fuzz('calls', calls, count('calls', 20_000))) &&
  (await fuzz('streams', streams, count('streams', 500))) &&
  (await fuzz('answers', answers, count('answers', 20_000)));
process.exitCode = isFine ? 0 : 1;
