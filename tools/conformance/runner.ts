/** Replays scenario files one after the other and judges each. */

import { basename, dirname } from 'node:path';
import { compareOutcomes, firstDivergence } from './compare.ts';
import { GoldenReader } from './golden.ts';
import { replay } from './replay.ts';
import type { Result } from './report.ts';
import { type Outcome, type Plan, parseScenario } from './scenario.ts';

/** How many moments before a divergence are shown. */
const CONTEXT = 4;

/**
 * Replay scenario files and compare each with what was recorded.
 * @param run makes an outcome of a scenario; tests put their own in its place
 */
export function* runFiles(
  paths: Iterable<string>,
  reader = new GoldenReader(),
  run: (plan: Plan) => Outcome = replay,
): Generator<Result> {
  for (const path of paths) yield judge(path, reader, run);
}

function judge(path: string, reader: GoldenReader, run: (plan: Plan) => Outcome): Result {
  const result = {
    path,
    group: basename(dirname(path)),
    description: '',
    reason: '',
    differences: [],
    divergence: undefined,
  };
  try {
    const { plan, expect } = parseScenario(reader.read(path));
    const { description } = plan;
    if (expect === undefined) return { ...result, description, status: 'no expectation' };
    const outcome = run(plan);
    const differences = compareOutcomes(expect, outcome);
    if (differences.length === 0) return { ...result, description, status: 'identical' };
    const divergence = firstDivergence(expect, outcome, CONTEXT);
    return { ...result, description, status: 'different', differences, divergence };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { ...result, status: 'error', reason };
  }
}
