/** Properties of worlds whose failure shows what happened: seed, the smallest case, the ladder around it, a capture. */

import * as fc from 'fast-check';
import type { RunReport, World } from '../../device/world.ts';
import { type EvidenceOptions, errorWithEvidence } from '../evidence.ts';

/** A world that is built and has not run, and what must hold when it has. */
export interface Experiment {
  readonly world: World;
  /** Virtual time in microseconds at which the run ends at the latest. */
  readonly untilUs?: number;
  /** Throws, or returns false, if something does not hold. */
  readonly check: (report: RunReport) => unknown;
}

/** What fast-check takes, and where the evidence of a failure goes. */
export interface AssertOptions<T> extends Omit<fc.Parameters<[T]>, 'reporter' | 'asyncReporter'>, EvidenceOptions {}

/**
 * Run the experiment with many values. The smallest value for which it fails is run once more, to be shown.
 * @param experiment builds a fresh world whose programs are generator functions
 * @throws Error with seed, value, ladder and the name of the capture
 */
export function assertAlways<T>(
  values: fc.Arbitrary<T>,
  experiment: (value: T) => Experiment,
  options: AssertOptions<T> = {},
): void {
  const property = fc.property(values, (value) => judge(experiment(value), (world, until) => world.runSync(until)));
  const details = fc.check(property, options);
  if (!details.failed) return;
  const value = smallest(details);
  if (value === undefined) throw new Error(fc.defaultReportMessage(details));
  const shown = experiment(value.value);
  shown.world.record({ states: true });
  const error = errorOf(() => judge(shown, (world, until) => world.runSync(until)));
  throw failure(details, value.value, shown.world, error, options);
}

/** The same for worlds with async programs. */
export async function assertAlwaysAsync<T>(
  values: fc.Arbitrary<T>,
  experiment: (value: T) => Experiment,
  options: AssertOptions<T> = {},
): Promise<void> {
  const run = async ({ world, untilUs, check }: Experiment) =>
    accept(check(await world.run(untilUs === undefined ? {} : { until: untilUs })));
  const details = await fc.check(
    fc.asyncProperty(values, (value) => run(experiment(value))),
    options,
  );
  if (!details.failed) return;
  const value = smallest(details);
  if (value === undefined) throw new Error(fc.defaultReportMessage(details));
  const shown = experiment(value.value);
  shown.world.record({ states: true });
  const error = await run(shown).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  throw failure(details, value.value, shown.world, error, options);
}

function judge(
  { world, untilUs, check }: Experiment,
  run: (world: World, until: { until?: number }) => RunReport,
): void {
  accept(check(run(world, untilUs === undefined ? {} : { until: untilUs })));
}

function accept(verdict: unknown): void {
  if (verdict === false) throw new Error('The check returned false.');
}

function errorOf(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The counterexample; undefined if the property failed without one (it was interrupted, or skipped too much). */
function smallest<T>(details: fc.RunDetails<[T]>): { readonly value: T } | undefined {
  return details.counterexample === null ? undefined : { value: details.counterexample[0] };
}

function failure<T>(
  details: fc.RunDetails<[T]>,
  value: T,
  world: World,
  error: unknown,
  options: EvidenceOptions,
): Error {
  const heading = [
    `It does not hold after ${details.numRuns} runs and ${details.numShrinks} shrinks; seed ${details.seed}, path "${details.counterexamplePath}".`,
    '',
    `The smallest case: ${fc.stringify(value)}`,
    '',
  ];
  const cause = error ?? new Error('Run once more, it holds: the programs are not deterministic.');
  return errorWithEvidence(world, heading, cause, options);
}
