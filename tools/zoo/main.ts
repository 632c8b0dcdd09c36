/** `npm run zoo`: search every case of the zoo, the buggy program and the fixed one. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDuration } from '../cli/units.ts';
import type { Scenario } from '../explore/scenario.ts';
import { type ExploreResult, explore, type Finding } from '../explore/search.ts';
import { runTrial } from '../explore/trial.ts';
import { packageRoot } from '../package-info.ts';
import { writeReport } from '../report/report.ts';
import { buildZooCase } from './boards.ts';
import { readZooCase, type ZooCase, type ZooVariant } from './case.ts';
import { zooScenario } from './scenario.ts';

/** In a run of a buggy program. */
const MOST_FAULTS = 2;

const USAGE = `Usage: npm run zoo [-- [FOLDER...] [--budget TIME] [--reports FOLDER] [--verbose]]

Searches every case of the zoo, or of the given folders, the buggy program and the fixed one, and says what was found, with
how many faults, in how many runs. The fixed program has to withstand one fault at a time.

  --budget TIME     for each program (20s)
  --reports FOLDER  leave a report of every buggy program's failing run
  --verbose         say what was found`;

const { values, positionals } = readArgs();
if (values.help) {
  console.log(USAGE);
  process.exit();
}

const budgetUs = parseDuration(values.budget);
if (budgetUs === undefined) {
  console.error(`--budget must be a duration like 20s, not '${values.budget}'.`);
  process.exit(2);
}
const budgetMs = budgetUs / 1000;

const folders = (positionals.length > 0 ? positionals : [join(packageRoot(), 'test', 'zoo', 'cases')]).flatMap(casesIn);
if (folders.length === 0) {
  console.error(`There is no case in ${positionals.join(', ')}: a case is a folder with case.json.`);
  process.exit(2);
}

console.log('case                            buggy: faults  allowed   runs      fixed    runs  rate/s');
let good = 0;
for (const folder of folders) {
  const zoo = readZooCase(folder);
  const buggy = await search(zoo, 'buggy');
  const fixed = await search(zoo, 'fixed');
  if (isGood(zoo, buggy, fixed)) good++;
  console.log(row(zoo, buggy, fixed));
  const [found] = buggy.findings;
  if (values.reports !== undefined && found !== undefined) await report(zoo, found, values.reports);
  if (values.verbose || fixed.findings.length > 0) explain(buggy, fixed);
}
console.log(
  `${good} of ${folders.length} cases: the bug is found with no more faults than allowed, the fixed program is silent.`,
);
process.exitCode = good === folders.length ? 0 : 1;

function readArgs() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      options: {
        budget: { type: 'string', default: '20s' },
        verbose: { type: 'boolean', default: false },
        reports: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

/** A case's own folder, or a folder of cases. */
function casesIn(folder: string): string[] {
  if (existsSync(join(folder, 'case.json'))) return [folder];
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, 'case.json')));
}

async function search(zoo: ZooCase, variant: ZooVariant): Promise<ExploreResult> {
  const scenario = await scenarioOf(zoo, variant);
  const abort = new AbortController();
  // One finding is enough for the buggy program, and one too many for the fixed one.
  const faults = variant === 'buggy' ? MOST_FAULTS : 1;
  return explore(scenario, { budgetMs, faults, signal: abort.signal, onFinding: () => abort.abort() });
}

async function scenarioOf(zoo: ZooCase, variant: ZooVariant): Promise<Scenario> {
  return zooScenario(zoo, await buildZooCase(zoo, variant), `${zoo.name} ${variant}`);
}

/** The run in which the buggy program fails, as a page. */
async function report(zoo: ZooCase, { plan }: Finding, folder: string): Promise<void> {
  const trial = await runTrial(await scenarioOf(zoo, 'buggy'), plan, true);
  mkdirSync(folder, { recursive: true });
  const { world, violations } = trial;
  const title = `${zoo.name}: ${violations[0]}`;
  writeReport(join(folder, `${zoo.name}.html`), world, trial.report, { title, violations });
}

function isGood(zoo: ZooCase, buggy: ExploreResult, fixed: ExploreResult): boolean {
  const found = buggy.findings[0];
  return found !== undefined && found.plan.length <= zoo.minFaults && fixed.findings.length === 0;
}

function row(zoo: ZooCase, buggy: ExploreResult, fixed: ExploreResult): string {
  const found = buggy.findings[0];
  const cells = [
    zoo.name.padEnd(36),
    (found === undefined ? 'none' : String(found.plan.length)).padStart(9),
    String(zoo.minFaults).padStart(8),
    String(found?.afterRuns ?? buggy.runs).padStart(7),
    (fixed.findings.length === 0 ? 'silent' : 'FOUND').padStart(10),
    String(fixed.runs).padStart(7),
    String(Math.round((fixed.runs * 1000) / Math.max(1, fixed.elapsedMs))).padStart(7),
  ];
  return `${isGood(zoo, buggy, fixed) ? ' ' : '!'}${cells.join('')}`;
}

function explain(...results: readonly ExploreResult[]): void {
  for (const { scenario, findings } of results) {
    for (const { violation, plan } of findings) {
      console.log(`    ${scenario}: ${violation}`);
      for (const spec of plan) console.log(`      ${JSON.stringify(spec)}`);
    }
  }
}
