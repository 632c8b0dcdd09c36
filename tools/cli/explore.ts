/** `lwip-twin explore`, `replay` and `merge`: search for the smallest misfortune, repeat it, join the shards of a search. */

import { basename, dirname, join, relative, resolve } from 'node:path';
import { FindingsFolder, readSummary, type Summary } from '../explore/findings-folder.ts';
import { readReplay } from '../explore/replay-file.ts';
import { type ExploreResult, explore, type Finding, type Progress } from '../explore/search.ts';
import { runTrial } from '../explore/trial.ts';
import { formatLadder } from '../ladder.ts';
import { writeReport } from '../report/report.ts';
import type { ExploreCommand, MergeCommand, ReplayCommand } from './explore-args.ts';
import { loadLab } from './lab-scenario.ts';
import { loadScenario } from './load-scenario.ts';
import { checkReportPath } from './report.ts';
import type { Screen } from './screen.ts';
import { seconds } from './units.ts';
import { UsageError } from './usage-error.ts';

/** Exit statuses: nothing was found, something was. */
const CLEAN = 0;
const FOUND = 1;

/** A scenario's file, or a lab. */
function load(...[file, print]: Parameters<typeof loadScenario>): ReturnType<typeof loadScenario> {
  return file.endsWith('.json') ? loadLab(file, print) : loadScenario(file, print);
}

export async function runExplore(command: ExploreCommand, screen: Screen): Promise<number> {
  const { scenario, sha256 } = await load(command.file, () => undefined);
  const folder = asUsage(
    () =>
      new FindingsFolder(command.out, scenario, {
        name: scenario.name,
        file: relative(resolve(command.out), resolve(command.file)),
        sha256,
      }),
  );
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  const written: Promise<void>[] = [];
  try {
    const result = await explore(scenario, {
      ...(command.budgetMs !== undefined && { budgetMs: command.budgetMs }),
      ...(command.runs !== undefined && { runs: command.runs }),
      faults: command.faults,
      shard: command.shard,
      signal: abort.signal,
      onProgress: (progress) => screen.progress(() => progressLine(progress, command)),
      onFinding: (finding) => {
        screen.out(`${findingText(finding)}\n`);
        written.push(folder.write(finding).then((name) => screen.out(`  ${join(command.out, name)}.*\n`)));
      },
    });
    await Promise.all(written);
    folder.finish(result);
    screen.out(summaryText(result));
    return result.findings.length === 0 ? CLEAN : FOUND;
  } finally {
    process.off('SIGINT', stop);
  }
}

function progressLine({ runs, findings, elapsedMs }: Progress, { budgetMs, runs: most }: ExploreCommand): string {
  const rate = Math.round((runs * 1000) / Math.max(1, elapsedMs));
  const left =
    budgetMs !== undefined
      ? `${Math.ceil(Math.max(0, budgetMs - elapsedMs) / 1000)} s left`
      : most === undefined
        ? 'no limit'
        : `${Math.max(0, most - runs)} left`;
  return `${runs} runs, ${rate}/s, ${findings} found, ${left}`;
}

function findingText({ violation, plan, number, afterRuns }: Finding): string {
  const lines = plan.map((spec) => `  ${JSON.stringify(spec)}`);
  const how = plan.length === 0 ? ['  without any misfortune'] : lines;
  return [`${violation} (plan ${number}, after ${afterRuns} runs)`, ...how].join('\n');
}

function summaryText(result: ExploreResult): string {
  const { findings, runs, skipped, places, elapsedMs, isComplete } = result;
  const rate = Math.round((runs * 1000) / Math.max(1, elapsedMs));
  const rows = findings.map(
    ({ violation, plan, afterRuns, count }) =>
      `${String(plan.length).padStart(6)} ${String(afterRuns).padStart(8)} ${String(count).padStart(7)}  ${violation}`,
  );
  const table =
    rows.length === 0
      ? []
      : [`${'faults'.padStart(6)} ${'found at'.padStart(8)} ${'runs'.padStart(7)}  what does not hold`, ...rows];
  const end = isComplete ? 'all plans were tried' : 'the search was ended before all plans were tried';
  const headline = `${result.scenario}: ${findings.length === 0 ? 'nothing found' : `${findings.length} found`}`;
  return `${[...table, `${headline}; ${runs} runs (${rate}/s), ${skipped} skipped, ${places} places, ${end}.`].join('\n')}\n`;
}

export async function runReplay({ file, ladder, report, isForReport }: ReplayCommand, screen: Screen): Promise<number> {
  const replay = asUsage(() => readReplay(file));
  if (report !== undefined) checkReportPath(report);
  const scenarioFile = join(dirname(file), replay.scenario.file);
  const loaded = await load(scenarioFile, (world, stream, text) => {
    const line = world === null ? text : `[${seconds(world.nowUs)}] ${text}`;
    if (stream === 'stdout') screen.out(line);
    else screen.err(line);
  });
  if (loaded.sha256 !== replay.scenario.sha256) {
    screen.err(`lwip-twin: the programs of '${scenarioFile}' have changed since ${basename(file)} was written.\n`);
  }
  const trial = await runTrial(loaded.scenario, replay.plan, true);
  if (ladder) screen.out(`${formatLadder(trial.world.trace!, { width: 120 })}\n`);
  if (report !== undefined) {
    const title = `${loaded.scenario.name}: ${replay.violation}`;
    writeReport(report, trial.world, trial.report, { title, violations: trial.violations });
    screen.err(`lwip-twin: report in ${report}\n`);
  }
  for (const { spec, matched } of trial.inflicted.faults) {
    screen.out(`${matched ? 'met    ' : 'missed '} ${JSON.stringify(spec)}\n`);
  }
  for (const violation of trial.violations) screen.out(`${violation}\n`);
  const again = trial.violations.includes(replay.violation);
  screen.err(`lwip-twin: ${again ? 'the violation is there again' : 'the violation is not there any more'}.\n`);
  return trial.violations.length === 0 || isForReport ? CLEAN : FOUND;
}

export function runMerge({ folders }: MergeCommand, screen: Screen): number {
  const parts = folders.map((folder) => ({ folder, summary: asUsage(() => readSummary(folder)) }));
  const hashes = new Set(parts.map(({ summary }) => summary.scenario.sha256));
  if (hashes.size > 1) {
    throw new UsageError('These folders are the results of searches with different programs; they cannot be joined.');
  }
  const best = new Map<
    string,
    { readonly folder: string; readonly finding: Summary['findings'][number]; count: number }
  >();
  for (const { folder, summary } of parts) {
    for (const finding of summary.findings) {
      const key = finding.violation.replace(/-?\d+(?:\.\d+)?/g, '#');
      const known = best.get(key);
      const count = (known?.count ?? 0) + finding.count;
      const isBetter =
        known === undefined ||
        finding.plan.length < known.finding.plan.length ||
        (finding.plan.length === known.finding.plan.length && finding.number < known.finding.number);
      best.set(key, isBetter ? { folder, finding, count } : { ...known, count });
    }
  }
  for (const { folder, finding, count } of best.values()) {
    screen.out(
      `${String(finding.plan.length).padStart(6)} ${String(count).padStart(7)}  ${finding.violation}\n  ${join(folder, finding.files)}.*\n`,
    );
  }
  const runs = parts.reduce((sum, { summary }) => sum + summary.runs, 0);
  screen.out(`${parts[0]!.summary.scenario.name}: ${best.size} found in ${runs} runs of ${parts.length} searches.\n`);
  return best.size === 0 ? CLEAN : FOUND;
}

function asUsage<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
