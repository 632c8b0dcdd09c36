/** One scenario, lwIP beside the twin. */

import { compareOutcomes, type Difference, timeline } from '../conformance/compare.ts';
import { replay } from '../conformance/replay.ts';
import { type Outcome, parseScenario } from '../conformance/scenario.ts';
import type { Oracle } from './oracle.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** What both did, and where they differ. */
export interface Verdict {
  readonly scenario: ScenarioFile;
  readonly expect: Outcome;
  readonly actual: Outcome | Error;
  /** With a defect only those before it. */
  readonly differences: readonly Difference[];
  /** lwIP ran into a defect of its own: in its words (an assertion, an endless loop, freed memory), and in the twin's. */
  readonly defect: Defect | undefined;
}

export interface Defect {
  /** undefined: lwIP went on, for better or worse. */
  readonly lwip: string | undefined;
  /** undefined: the twin noticed no hazard. */
  readonly twin: string | undefined;
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
  if (actual instanceof Error) {
    const differences = [{ where: 'final', expected: undefined, actual: actual.message }];
    return { scenario, expect, actual, differences, defect: undefined };
  }
  const defect = defectOf(expect, actual);
  const differences = defect === undefined ? compareOutcomes(expect, actual) : differencesBefore(expect, actual);
  return { scenario, expect, actual, differences, defect };
}

function defectOf({ final: lwip }: Outcome, { final: twin }: Outcome): Defect | undefined {
  if (lwip.abort === undefined && twin.abort === undefined) return undefined;
  const words = (abort: unknown) => (abort === undefined ? undefined : String(abort));
  return { lwip: words(lwip.abort), twin: words(twin.abort) };
}

/** Up to the instant at which one of them met the defect, both must have done the same. */
function differencesBefore(expect: Outcome, actual: Outcome): Difference[] {
  const times = [
    ...(expect.final.abort === undefined ? [] : [Number(expect.final.end_us)]),
    ...(actual.final.abort === undefined ? [] : [Number(actual.final.abort_us)]),
  ];
  const endUs = Math.min(...times);
  const story = (outcome: Outcome) =>
    timeline(outcome)
      .filter(({ tUs }) => tUs < endUs)
      .map(({ kind, n, tUs, fields }) => ({ kind, n, t_us: tUs, ...fields }));
  return compareOutcomes(
    { calls: story(expect), frames: [], final: {} },
    { calls: story(actual), frames: [], final: {} },
  );
}
