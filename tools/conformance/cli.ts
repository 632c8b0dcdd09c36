/** The command line of the conformance runner. */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CHECKSUMS, canonicalJson, findScenarioFiles, GoldenReader, packGolden, verifyGolden } from './golden.ts';
import { count, explain, type Result, story, summary } from './report.ts';
import { runFiles } from './runner.ts';
import { parseScenario } from './scenario.ts';

/** Where the scenarios lie, seen from the root of the project. */
const GOLDEN = 'test/golden';

const HELP = `Usage: npm run conformance -- [PATH...] [--only TEXT] [--verbose] [--json FILE]
       npm run conformance -- --show [--raw] [PATH...] [--only TEXT]
       npm run conformance -- --verify [FOLDER]
       npm run conformance -- --pack FROM TO

Replays recorded scenarios and compares every frame, call and event with what the real stack did.

PATH       a scenario file, or a folder of them (default ${GOLDEN})
--only     only scenarios whose path contains TEXT
--verbose  list every scenario, and every field that differs
--json     write the results to FILE
--show     do not replay: print what was recorded, one line per frame, call and return
--raw      with --show: the data itself, one line of JSON with sorted keys per scenario
--verify   do not replay: compare the data with ${CHECKSUMS}
--pack     carry recorded scenario files into a folder: FROM/GROUP/NAME.json to TO

Exit status: 0 if every scenario that was compared is identical and there was at least one; 1 if not; 2: wrong usage.`;

/** Takes one line of output. */
export type Print = (line: string) => void;

/**
 * Run the conformance runner.
 * @param argv arguments behind the program's name
 * @returns exit status
 */
export function conformance(argv: readonly string[], print: Print): number {
  try {
    return dispatch(argv, print);
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

function dispatch(argv: readonly string[], print: Print): number {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      json: { type: 'string' },
      show: { type: 'boolean', default: false },
      raw: { type: 'boolean', default: false },
      verify: { type: 'boolean', default: false },
      pack: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  if (values.pack) {
    const [from, to] = positionals;
    if (from === undefined || to === undefined) throw new TypeError('--pack needs two folders: FROM TO');
    print(`${packGolden(from, to)} scenarios carried to ${to}`);
    return 0;
  }
  if (values.verify) return verify(positionals[0] ?? GOLDEN, print);
  const paths = findScenarioFiles(positionals.length > 0 ? positionals : [GOLDEN]);
  const wanted = paths.filter((path) => path.includes(values.only));
  if (values.show) return show(wanted, values.raw, print);
  return compare(wanted, values.verbose, values.json, print);
}

function compare(paths: readonly string[], verbose: boolean, jsonFile: string | undefined, print: Print): number {
  const results: Result[] = [];
  for (const result of runFiles(paths)) {
    results.push(result);
    if (result.status === 'different' || result.status === 'error') explain(result, verbose).forEach(print);
    else if (verbose) print(`${result.path}: ${result.status}${result.reason && ` (${result.reason})`}`);
  }
  const { identical, compared } = count(results);
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ identical, compared, results }, null, 1)}\n`);
  summary(results).forEach(print);
  return compared > 0 && identical === compared ? 0 : 1;
}

function show(paths: readonly string[], raw: boolean, print: Print): number {
  const reader = new GoldenReader();
  for (const path of paths) {
    const file = reader.read(path);
    if (raw) {
      print(canonicalJson(file).trimEnd());
      continue;
    }
    const { plan, expect } = parseScenario(file);
    print(`${path}: ${plan.description}`);
    (expect === undefined ? ['nothing was recorded'] : story(expect)).forEach(print);
    print('');
  }
  return 0;
}

function verify(folder: string, print: Print): number {
  const problems = verifyGolden(folder);
  problems.forEach(print);
  print(problems.length === 0 ? `${folder}: as recorded` : `${problems.length} scenarios differ`);
  return problems.length === 0 ? 0 : 1;
}
