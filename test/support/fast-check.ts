/**
 * Properties, and how often they are tried. The seed is fixed, so that a change that has nothing to do with a property
 * cannot make it fail; the environment asks for other ones and for more runs:
 *
 *     FC_SEED=random FC_NUM_RUNS=5000 npx jest test/properties
 *
 * A failure prints the line that tries its shrunk case again.
 */

import { relative } from 'node:path';
import { fc, test } from '@fast-check/jest';
import { expect } from '@jest/globals';

const { FC_SEED, FC_PATH, FC_NUM_RUNS } = process.env;
const FIXED_SEED = 20260;

const seed = FC_SEED === undefined ? FIXED_SEED : FC_SEED === 'random' ? Date.now() | 0 : Number(FC_SEED);

/** An hour: long runs are asked for, and a run that stops half way would look like a success. */
const TIMEOUT_MS = 3_600_000;

/**
 * The parameters of a property.
 * @param numRuns cases tried unless FC_NUM_RUNS says otherwise; few enough that its file takes less than ten seconds
 */
function runs<T>(numRuns: number): fc.Parameters<T> {
  return {
    seed,
    numRuns: FC_NUM_RUNS === undefined ? numRuns : Number(FC_NUM_RUNS),
    ...(FC_PATH === undefined ? {} : { path: FC_PATH, endOnFailure: true }),
    asyncReporter: async (run) => {
      if (!run.failed) return;
      const cause = run.errorInstance;
      const why = cause instanceof Error ? cause.stack : String(cause);
      throw new Error(`${fc.defaultReportMessage(run)}\n\n${why}\n\nTry it again:\n  ${replay(run)}`);
    },
  };
}

function replay(run: { readonly seed: number; readonly counterexamplePath: string | null }): string {
  const { testPath = '', currentTestName = '' } = expect.getState();
  const name = currentTestName.replace(/ \(with seed=.*/, '');
  return `FC_SEED=${run.seed} FC_PATH=${run.counterexamplePath} npx jest ${relative(process.cwd(), testPath)} -t '${name}'`;
}

/** A property as a test: its name is a sentence, its arbitraries give `check` its arguments. */
export function property<T extends unknown[]>(
  name: string,
  numRuns: number,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  check: (...values: T) => void | Promise<void>,
): void {
  const params = runs<unknown[]>(numRuns);
  test.prop(arbitraries as fc.Arbitrary<unknown>[], params)(name, (...values) => check(...(values as T)), TIMEOUT_MS);
}

export { fc };
