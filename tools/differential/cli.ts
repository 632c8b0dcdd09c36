/** The command line of the differential test. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstDivergence } from '../conformance/compare.ts';
import { explain } from '../conformance/report.ts';
import type { Outcome } from '../conformance/scenario.ts';
import { generateScenario } from './generate.ts';
import { compare, type Defect, judge, runTwin, type Verdict } from './judge.ts';
import { withInjections } from './mutate.ts';
import { buildOracle, Oracle, OracleUnavailable } from './oracle.ts';
import type { ScenarioFile } from './scenario-file.ts';
import { shrink } from './shrink.ts';

const HELP = `Usage: npm run differential [-- --seeds A-B] [--keep-going] [--no-shrink]

Generates scenarios, runs each on lwIP 2.1.3 as Debian packages it and on the twin with the same options, and compares
every frame and every call. Every second seed also injects changed copies of the frames that its scenario sends.

--seeds       a range of seeds, or one (1-2000)
--keep-going  report every divergence, not only the first
--no-shrink   leave a diverging scenario as it was generated

Where both part, the scenario is made smaller and written, with what lwIP did, to a file that
npm run conformance -- FILE replays. Needs gcc and the packages liblwip-dev and liblwip0.

Exit status: 0 if nothing diverged; 1 if something did; 2: wrong usage, or something is missing.`;

const FOLDER = 'node_modules/.cache/lwip-twin/differential';
/** Scenarios under way in the oracle while the twin computes. */
const AHEAD = 32;
/** How many moments before a divergence are shown. */
const CONTEXT = 6;

/** The oracle's reason when a scenario makes more records than anybody wants. */
const TOO_MUCH = 'too much happens';

/** Takes one line of output. */
export type Print = (line: string) => void;

interface Tally {
  run: number;
  diverged: number;
  /** Seeds of the scenarios in which lwIP met a defect of its own, by what lwIP and the twin say about it. */
  readonly defects: Map<string, string[]>;
}

/**
 * Run the differential test.
 * @param argv arguments behind the program's name
 * @returns exit status
 */
export async function differential(argv: readonly string[], print: Print): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seeds: { type: 'string', default: '1-2000' },
        'keep-going': { type: 'boolean', default: false },
        'no-shrink': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      print(HELP);
      return 0;
    }
    const [from, to] = parseSeeds(values.seeds);
    const oracle = new Oracle(buildOracle());
    const tally: Tally = { run: 0, diverged: 0, defects: new Map() };
    const begin = performance.now();
    for await (const verdict of verdicts(oracle, from, to)) {
      tally.run++;
      if (verdict.defect !== undefined) note(tally, verdict.defect, verdict.scenario);
      if (verdict.differences.length > 0) {
        tally.diverged++;
        await report(oracle, verdict, !values['no-shrink'], print);
        if (!values['keep-going']) break;
      }
    }
    oracle.close();
    summary(tally, (performance.now() - begin) / 1000, print);
    return tally.diverged > 0 ? 1 : 0;
  } catch (error) {
    print(error instanceof OracleUnavailable || error instanceof RangeError ? error.message : String(error));
    return 2;
  }
}

function parseSeeds(text: string): [from: number, to: number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw new RangeError(`--seeds takes a range such as 1-2000, not "${text}".`);
  const from = Number(match[1]);
  return [from, match[2] === undefined ? from : Number(match[2])];
}

/** The verdict of every seed, in order; the oracle works ahead. */
async function* verdicts(oracle: Oracle, from: number, to: number): AsyncGenerator<Verdict> {
  const queue: Promise<Expected>[] = [];
  let next = from;
  const fill = () => {
    for (; next <= to && queue.length < AHEAD; next++) {
      const expected = expectedOf(oracle, next);
      // It is awaited below; until then nobody else is to complain.
      expected.catch(() => undefined);
      queue.push(expected);
    }
  };
  for (fill(); queue.length > 0; fill()) {
    const { scenario, expect } = await queue.shift()!;
    yield compare(scenario, expect, runTwin(scenario));
  }
}

interface Expected {
  readonly scenario: ScenarioFile;
  readonly expect: Outcome;
}

/** What lwIP does with a seed's scenario. Every second seed injects what is sent without injections. */
async function expectedOf(oracle: Oracle, seed: number): Promise<Expected> {
  const plain = await endingInTime(oracle, generateScenario(seed));
  if (seed % 2 !== 0) return plain;
  return endingInTime(oracle, withInjections(plain.scenario, seed, plain.expect));
}

/** If too much happens, the scenario ends before it does. */
async function endingInTime(oracle: Oracle, scenario: ScenarioFile): Promise<Expected> {
  const expect = await oracle.run(scenario);
  if (expect.final.abort !== TOO_MUCH) return { scenario, expect };
  return endingInTime(oracle, { ...scenario, end_us: Number(expect.final.end_us) - 1 });
}

function note({ defects }: Tally, { lwip, twin }: Defect, { name }: ScenarioFile): void {
  const words = `${lwip ?? 'lwIP goes on'}; the twin: ${twin ?? 'goes on'}`;
  defects.set(words, [...(defects.get(words) ?? []), name]);
}

async function report(oracle: Oracle, found: Verdict, shrinks: boolean, print: Print): Promise<void> {
  const isStill = async (smaller: ScenarioFile) => {
    const { defect, differences } = await judge(oracle, smaller);
    return defect === undefined && differences.length > 0;
  };
  const scenario = shrinks ? await shrink(found.scenario, isStill) : found.scenario;
  const { expect, actual, differences } = await judge(oracle, scenario);
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, `${scenario.name.replace(' ', '-')}.json`);
  writeFileSync(path, `${JSON.stringify({ ...scenario, expect }, null, 1)}\n`);
  const result = { path, group: 'differential', description: scenario.description, reason: '', differences };
  const lines =
    actual instanceof Error
      ? explain({ ...result, status: 'error', reason: String(actual.stack), divergence: undefined }, false)
      : explain({ ...result, status: 'different', divergence: firstDivergence(expect, actual, CONTEXT) }, false);
  for (const line of lines) print(line);
}

function summary({ run, diverged, defects }: Tally, seconds: number, print: Print): void {
  for (const [words, names] of defects) {
    const some = `${names.slice(0, 6).join(', ')}${names.length > 6 ? ', ...' : ''}`;
    print(`a defect of lwIP in ${names.length}: ${words} (${some})`);
  }
  print(`${run} scenarios, ${diverged} diverged, ${(run / seconds).toFixed(0)} a second`);
}
