/** A run as one HTML file that shows it: no network, no server, opened from disk. Public as `lwip-twin/report`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { Trace } from '../../device/trace.ts';
import type { RunReport, World } from '../../device/world.ts';
import { formatEthAddr } from '../../stack/prot/ethernet.ts';
import { packageRoot, packageVersion } from '../package-info.ts';
import { replaceFile } from '../replace-file.ts';
import { packReport, type ReportData, type ReportFault, type ReportLog, type ReportMark } from './report-data.ts';

export interface ReportOptions {
  /** Heading of the page; "lwip-twin" and the names of the boards if left out. */
  readonly title?: string;
  /** What did not hold, one sentence each: the message of a test that failed, for instance. They stand first among the findings. */
  readonly violations?: readonly string[];
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
    boards: world.boards.map((board) => ({ name: board.name, mac: formatEthAddr(board.mac), tickUs: board.tickUs })),
    frames: trace.frames,
    calls: trace.calls,
    notes: trace.notes,
    events: trace.events,
    steps: trace.steps,
    states: trace.states,
    logs: logsOf(world),
    marks: [...violationsOf(world, options.violations ?? []), ...foundMarks(trace, run)],
    faults: faultsOf(world),
  };
}

function outcomeSentence(world: World, run: RunReport | undefined): string {
  if (world.failure !== null) return failureSentence(world.failure);
  switch (run?.outcome) {
    case 'ended':
      return 'All programs have ended.';
    case 'idle':
      return 'Only servers are left: they wait for somebody to begin, and every other program has ended.';
    case 'hang':
      return 'The programs hang.';
    case 'until':
      return `The time was up: the run was to last ${world.nowUs / 1e6} s, and some programs had not ended.`;
    case undefined:
      return 'The run failed.';
  }
}

function failureSentence({ task, board, error }: NonNullable<World['failure']>): string {
  return `Task ${task} of ${board} failed: ${String(error).replace(/\.$/, '')}.`;
}

/** What did not hold: where a board says it, otherwise at the end of the run. */
function violationsOf(world: World, violations: readonly string[]): ReportMark[] {
  const end = { kind: 'violation', n: Number.MAX_SAFE_INTEGER, tUs: world.nowUs, board: '', task: '' } as const;
  const marks = violations.map((text): ReportMark => ({ ...end, ...placeOf(world, text), text }));
  if (world.failure === null) return marks;
  const { board, task } = world.failure;
  return [{ ...end, board, task, text: failureSentence(world.failure) }, ...marks];
}

/** The log line or the panic that a sentence quotes: 'app said "no answer".' */
function placeOf(world: World, text: string): Pick<ReportMark, 'n' | 'tUs' | 'board' | 'task'> | undefined {
  for (const { name, log, panic } of world.boards) {
    const line = log.find((one) => one.text !== '' && text.includes(`"${one.text}"`));
    if (line !== undefined) return { n: line.n, tUs: line.tUs, board: name, task: line.task };
    if (panic !== null && text.includes(panic.message)) {
      return { n: new Numbers(world.trace!).after(panic.tUs), tUs: panic.tUs, board: name, task: panic.task };
    }
  }
  return undefined;
}

/** What was found, as marks that stand behind everything that had happened by then. */
function foundMarks(trace: Trace, run: RunReport | undefined): ReportMark[] {
  const numbers = new Numbers(trace);
  const found = [...(run?.findings ?? []), ...(run?.hints ?? [])];
  return found.map(({ kind, tUs, board, task, text, isExpected }): ReportMark => {
    const words = isExpected ? `${text} (expected)` : text;
    return { kind: markKind(kind), n: numbers.after(tUs), tUs, board, task, text: words };
  });
}

const HINTS: ReadonlySet<string> = new Set(['shortWrite', 'errnoNotRead', 'errorLog', 'noTimeout']);

function markKind(kind: string): ReportMark['kind'] {
  if (kind === 'hazard' || kind === 'panic') return kind;
  return HINTS.has(kind) ? 'hint' : 'finding';
}

/** Running numbers of a trace by time. */
class Numbers {
  private readonly records: readonly (readonly [tUs: number, n: number])[];

  constructor({ frames, calls, notes }: Trace) {
    this.records = [...frames, ...notes]
      .map(({ tUs, n }) => [tUs, n] as const)
      .concat(calls.map(({ t0Us, n0 }) => [t0Us, n0] as const))
      .sort((a, b) => a[1] - b[1]);
  }

  /** A number behind everything that happened until then. */
  after(tUs: number): number {
    const later = this.records.find(([time]) => time > tUs);
    return later === undefined ? (this.records.at(-1)?.[1] ?? 0) + 1 : later[1];
  }
}

function logsOf(world: World): ReportLog[] {
  return world.boards.flatMap(({ name, log }) =>
    log.map(({ n, tUs, level, tag, text, task }): ReportLog => {
      const words = tag === '' ? text : `${tag}: ${text}`;
      return { n, tUs, board: name, task, level, text: words };
    }),
  );
}

function faultsOf(world: World): ReportFault[] {
  return world.inflicted.map(({ spec, numbers }) => ({ text: JSON.stringify(spec), matched: numbers }));
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
