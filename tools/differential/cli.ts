/** The command line of the differential test. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstDivergence } from '../conformance/compare.ts';
import { explain } from '../conformance/report.ts';
import type { Outcome } from '../conformance/scenario.ts';
import { compare, type Defect, judge, runTwin, type Verdict } from './judge.ts';
import { buildOracle, Oracle, OracleUnavailable } from './oracle.ts';
import type { ScenarioFile } from './scenario-file.ts';
import { shrink } from './shrink.ts';
import { type Expected, fromFiles, fromSeeds } from './sources.ts';

const HELP = `Usage: npm run differential [-- --seeds A-B] [--keep-going] [--no-shrink] [--record FOLDER] [FILE...]

Generates scenarios, runs each on lwIP 2.1.3 as Debian packages it and on the twin with the same options, and compares
every frame and every call. Every second seed also injects changed copies of the frames that its scenario sends.

--seeds       a range of seeds, or one (1-2000)
FILE          run scenario files instead
--keep-going  report every divergence, not only the first
--no-shrink   leave a diverging scenario as it was generated
--record      write every scenario, with what lwIP did, to a file in FOLDER

Where both part, the scenario is made smaller and written, with what lwIP did, to a file that
npm run conformance -- FILE replays. Needs gcc and the packages liblwip-dev and liblwip0.

Exit status: 0 if nothing diverged; 1 if something did; 2: wrong usage, or something is missing.`;

const FOLDER = 'node_modules/.cache/lwip-twin/differential';
/** How many moments before a divergence are shown. */
const CONTEXT = 6;

/** Takes one line of output. */
export type Print = (line: string) => void;

interface Options {
  readonly seeds: string;
  readonly 'keep-going': boolean;
  readonly 'no-shrink': boolean;
  readonly record?: string | undefined;
}

interface Tally {
  run: number;
  diverged: number;
  /** Names of the scenarios in which lwIP met a defect of its own, by what lwIP and the twin say about it. */
  readonly defects: Map<string, string[]>;
}

/**
 * Run the differential test.
 * @param argv arguments behind the program's name
 * @returns exit status
 */
export async function differential(argv: readonly string[], print: Print): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        seeds: { type: 'string', default: '1-2000' },
        'keep-going': { type: 'boolean', default: false },
        'no-shrink': { type: 'boolean', default: false },
        record: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      print(HELP);
      return 0;
    }
    return await run(values, positionals, print);
  } catch (error) {
    print(error instanceof OracleUnavailable || error instanceof RangeError ? error.message : String(error));
    return 2;
  }
}

async function run(options: Options, paths: readonly string[], print: Print): Promise<number> {
  const [first, last] = parseSeeds(options.seeds);
  const oracle = new Oracle(buildOracle());
  const source = paths.length > 0 ? fromFiles(oracle, paths) : fromSeeds(oracle, first, last);
  const tally: Tally = { run: 0, diverged: 0, defects: new Map() };
  const begin = performance.now();
  try {
    for await (const expected of source) {
      await compareOne(oracle, expected, tally, options, print);
      if (tally.diverged > 0 && !options['keep-going']) break;
    }
  } finally {
    oracle.close();
  }
  summary(tally, (performance.now() - begin) / 1000, print);
  return tally.diverged > 0 ? 1 : 0;
}

async function compareOne(
  oracle: Oracle,
  { scenario, expect }: Expected,
  tally: Tally,
  options: Options,
  print: Print,
): Promise<void> {
  const verdict = compare(scenario, expect, runTwin(scenario));
  tally.run++;
  if (options.record !== undefined) write(options.record, scenario, expect);
  if (verdict.defect !== undefined) note(tally, verdict.defect, scenario);
  if (verdict.differences.length === 0) return;
  tally.diverged++;
  await report(oracle, verdict, !options['no-shrink'], print);
}

function parseSeeds(text: string): [first: number, last: number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw new RangeError(`--seeds takes a range such as 1-2000, not "${text}".`);
  const first = Number(match[1]);
  return [first, match[2] === undefined ? first : Number(match[2])];
}

function note({ defects }: Tally, { lwip, twin }: Defect, { name }: ScenarioFile): void {
  const words = `${lwip ?? 'lwIP goes on'}; the twin: ${twin ?? 'goes on'}`;
  defects.set(words, [...(defects.get(words) ?? []), name]);
}

/** @returns where the file is */
function write(folder: string, scenario: ScenarioFile, expect: Outcome): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${scenario.name.replace(' ', '-')}.json`);
  writeFileSync(path, `${JSON.stringify({ ...scenario, expect }, null, 1)}\n`);
  return path;
}

async function report(oracle: Oracle, found: Verdict, shrinks: boolean, print: Print): Promise<void> {
  const isStill = async (smaller: ScenarioFile) => {
    const { defect, differences } = await judge(oracle, smaller);
    return defect === undefined && differences.length > 0;
  };
  const scenario = shrinks ? await shrink(found.scenario, isStill) : found.scenario;
  const { expect, actual, differences } = await judge(oracle, scenario);
  const path = write(FOLDER, scenario, expect);
  const result = { path, group: 'differential', description: scenario.description, reason: '', differences };
  const lines =
    actual instanceof Error
      ? explain({ ...result, status: 'error', reason: String(actual.stack), divergence: undefined }, false)
      : explain({ ...result, status: 'different', divergence: firstDivergence(expect, actual, CONTEXT) }, false);
  for (const line of lines) print(line);
}

function summary({ run: count, diverged, defects }: Tally, seconds: number, print: Print): void {
  for (const [words, names] of defects) {
    const some = `${names.slice(0, 6).join(', ')}${names.length > 6 ? ', ...' : ''}`;
    print(`a defect of lwIP in ${names.length}: ${words} (${some})`);
  }
  print(`${count} scenarios, ${diverged} diverged, ${(count / seconds).toFixed(0)} a second`);
}
