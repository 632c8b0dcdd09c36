/** One scenario, lwIP beside the twin. */

import { compareOutcomes, type Difference } from '../conformance/compare.ts';
import { replay } from '../conformance/replay.ts';
import { type Outcome, parseScenario } from '../conformance/scenario.ts';
import type { Oracle } from './oracle.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** What both did, and where they differ. */
export interface Verdict {
  readonly scenario: ScenarioFile;
  readonly expect: Outcome;
  readonly actual: Outcome | Error;
  readonly differences: readonly Difference[];
  /** lwIP could not go on: an assertion, an endless loop, freed memory. */
  readonly abort: string | undefined;
}

/** What the twin makes of a scenario; an Error if it throws. */
export function runTwin(scenario: ScenarioFile): Outcome | Error {
  try {
    return replay(parseScenario(scenario).plan);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Ask both, lwIP first, so that it computes while the twin does. */
export async function judge(oracle: Oracle, scenario: ScenarioFile): Promise<Verdict> {
  return compare(scenario, await oracle.run(scenario), runTwin(scenario));
}

export function compare(scenario: ScenarioFile, expect: Outcome, actual: Outcome | Error): Verdict {
  const abort = expect.final.abort === undefined ? undefined : String(expect.final.abort);
  if (actual instanceof Error) {
    const differences = [{ where: 'final', expected: undefined, actual: actual.message }];
    return { scenario, expect, actual, differences, abort };
  }
  return { scenario, expect, actual, differences: compareOutcomes(expect, actual), abort };
}
