/** Properties of worlds whose failure shows what happened: seed, the smallest case, the ladder around it, a capture. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import * as fc from 'fast-check';
import type { RunReport, World } from '../../device/world.ts';
import { formatLadder } from '../ladder.ts';
import { formatPcapng } from '../pcapng-writer.ts';

/** A world that is built and has not run, and what must hold when it has. */
export interface Experiment {
  readonly world: World;
  /** Virtual time in microseconds at which the run ends at the latest. */
  readonly untilUs?: number;
  /** Throws, or returns false, if something does not hold. */
  readonly check: (report: RunReport) => unknown;
}

export interface AssertOptions<T> extends Omit<fc.Parameters<[T]>, 'reporter' | 'asyncReporter'> {
  /** Where the capture of a failure goes; beside the test if left out, or into the current folder outside of Jest. */
  readonly folder?: string;
  /** Most lines of the ladder; 60 if left out. */
  readonly ladderLines?: number;
}

/**
 * Run the experiment with many values. The smallest value for which it fails is run once more, to be shown.
 * @param experiment builds a fresh world whose programs are generator functions
 * @throws Error with seed, value, ladder and the name of the capture
 */
export function assertAlways<T>(
  values: fc.Arbitrary<T>,
  experiment: (value: T) => Experiment,
  { folder, ladderLines = 60, ...parameters }: AssertOptions<T> = {},
): void {
  const property = fc.property(values, (value) => judge(experiment(value), (world, until) => world.runSync(until)));
  const details = fc.check(property, parameters);
  if (!details.failed) return;
  const value = smallest(details);
  if (value === undefined) throw new Error(fc.defaultReportMessage(details));
  const shown = experiment(value.value);
  shown.world.record();
  const error = errorOf(() => judge(shown, (world, until) => world.runSync(until)));
  throw failure(details, value.value, shown.world, error, folder, ladderLines);
}

/** The same for worlds with async programs. */
export async function assertAlwaysAsync<T>(
  values: fc.Arbitrary<T>,
  experiment: (value: T) => Experiment,
  { folder, ladderLines = 60, ...parameters }: AssertOptions<T> = {},
): Promise<void> {
  const run = async ({ world, untilUs, check }: Experiment) =>
    accept(check(await world.run(untilUs === undefined ? {} : { until: untilUs })));
  const details = await fc.check(
    fc.asyncProperty(values, (value) => run(experiment(value))),
    parameters,
  );
  if (!details.failed) return;
  const value = smallest(details);
  if (value === undefined) throw new Error(fc.defaultReportMessage(details));
  const shown = experiment(value.value);
  shown.world.record();
  const error = await run(shown).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  throw failure(details, value.value, shown.world, error, folder, ladderLines);
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
  folder: string | undefined,
  ladderLines: number,
): Error {
  const trace = world.trace!;
  const from = firstTrouble(world);
  const text = fc.stringify(value);
  const lines = [
    `It does not hold after ${details.numRuns} runs and ${details.numShrinks} shrinks; seed ${details.seed}, path "${details.counterexamplePath}".`,
    '',
    `The smallest case: ${text}`,
    '',
    error === undefined ? 'Run once more, it holds: the programs are not deterministic.' : messageOf(error),
    '',
    formatLadder(trace, { from, limit: ladderLines }),
  ];
  const file = capturePath(folder);
  const comments = [`seed ${details.seed}, path ${details.counterexamplePath}`, text];
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, formatPcapng(trace, { comments }));
    lines.push('', `Capture: ${relative(process.cwd(), file)}`);
  } catch (reason) {
    lines.push('', `The capture could not be written: ${messageOf(reason)}`);
  }
  return new Error(lines.join('\n'), { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Virtual time between the first sign of trouble and the start of the ladder. */
const BEFORE_TROUBLE_US = 20_000;

function firstTrouble({ trace }: World): number {
  const times = [...trace!.frames.filter((f) => f.fault !== '').map((f) => f.tUs), ...trace!.notes.map((n) => n.tUs)];
  return Math.max(0, Math.min(...times, Number.MAX_SAFE_INTEGER) - BEFORE_TROUBLE_US) * (times.length > 0 ? 1 : 0);
}

/** What Jest tells about the test that runs. */
interface JestState {
  readonly testPath?: string;
  readonly currentTestName?: string;
}

function capturePath(folder: string | undefined): string {
  const { expect } = globalThis as { readonly expect?: { getState?(): JestState } };
  const { testPath, currentTestName = 'property' } = expect?.getState?.() ?? {};
  const name = currentTestName
    .replace(/[^\w]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80);
  const test = testPath === undefined ? '' : `${basename(testPath).replace(/\.[cm]?[jt]sx?$/, '')}.`;
  return join(folder ?? (testPath === undefined ? process.cwd() : dirname(testPath)), `${test}${name}.pcapng`);
}
