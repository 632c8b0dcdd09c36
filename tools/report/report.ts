/** A run as one HTML file that shows it: no network, no server, opened from disk. Public as `lwip-twin/report`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { RunReport, World } from '../../device/world.ts';
import { formatEthAddr } from '../../stack/prot/ethernet.ts';
import { packageRoot, packageVersion } from '../package-info.ts';
import { replaceFile } from '../replace-file.ts';
import { packReport, type ReportData, type ReportMark } from './report-data.ts';

export interface ReportOptions {
  /** Heading of the page; "lwip-twin" and the names of the boards if left out. */
  readonly title?: string;
}

/**
 * Everything that a report shows of a world. Call `world.record({ states: true })` before the run: without it there is
 * nothing to show; without `states` the page cannot say what caused what.
 * @param run what world.run() returned; undefined if it threw
 * @throws Error if nothing was recorded
 */
export function reportData(world: World, run: RunReport | undefined, options: ReportOptions = {}): ReportData {
  const { trace } = world;
  if (trace === null) throw new Error('Nothing was recorded: call world.record({ states: true }) before world.run().');
  const names = world.boards.map((board) => board.name);
  return {
    title: options.title ?? `lwip-twin: ${names.join(', ')}`,
    version: packageVersion(),
    seed: world.seed,
    outcome: outcomeSentence(world, run),
    endUs: world.nowUs,
    boards: world.boards.map((board) => ({ name: board.name, mac: formatEthAddr(board.mac) })),
    frames: trace.frames,
    calls: trace.calls,
    notes: trace.notes,
    events: trace.events,
    steps: trace.steps,
    states: trace.states,
    logs: [],
    marks: marksOf(world, run),
    faults: [],
  };
}

function outcomeSentence(world: World, run: RunReport | undefined): string {
  if (world.failure !== null)
    return `Task ${world.failure.task} of ${world.failure.board} failed: ${String(world.failure.error)}.`;
  switch (run?.outcome) {
    case 'ended':
      return 'All programs have ended.';
    case 'idle':
      return 'Only servers are left.';
    case 'hang':
      return 'The programs hang.';
    case 'until':
      return 'The time was up.';
    case undefined:
      return 'The run failed.';
  }
}

function marksOf(world: World, run: RunReport | undefined): ReportMark[] {
  const hazards = world.hazards.map(
    ({ tUs, board, text }): ReportMark => ({ kind: 'hazard', n: world.nextNumber, tUs, board, task: '', text }),
  );
  if (run?.outcome !== 'hang') return hazards;
  const stuck = run.blocked
    .filter((blocked) => !blocked.isServing)
    .map(({ board, task, call, waitsFor }): ReportMark => {
      const text = `Stuck in ${call === '' ? 'no call' : call}, which waits for ${waitsFor}.`;
      return { kind: 'finding', n: world.nextNumber, tUs: run.nowUs, board, task, text };
    });
  return [...hazards, ...stuck];
}

/** The page with a run in it. The run is deflated and in base64, so nothing that a payload contains can be markup. */
export function reportHtml(data: ReportData): string {
  const page = readFileSync(join(packageRoot(), 'dist', 'tools', 'report', 'page.html'), 'utf8');
  const [before, after] = page.split('/*DATA*/') as [string, string];
  return before + deflateRawSync(packReport(data)).toString('base64') + after;
}

/**
 * Write a world's report.
 * @param file is replaced once the new one is complete
 */
export function writeReport(file: string, world: World, run: RunReport | undefined, options: ReportOptions = {}): void {
  replaceFile(file, reportHtml(reportData(world, run, options)));
}
