/** `lwip-twin run`: load the programs, build their world, let it run, say how it ended. */

import { setImmediate } from 'node:timers/promises';
import type { PanicRecord } from '../../device/firmware/panic.ts';
import * as device from '../../device/index.ts';
import { type BlockedTask, type RunReport, World } from '../../device/index.ts';
import { formatLadder } from '../ladder.ts';
import { writeReport } from '../report/report.ts';
import type { RunCommand } from './args.ts';
import { TASK, Workbench } from './boards.ts';
import { CaptureFile, isPcapng } from './capture-file.ts';
import { configurationNotes } from './config.ts';
import { describeError } from './describe-error.ts';
import { idleFaults, inflictFile } from './fault-file.ts';
import { setUp } from './lab-air.ts';
import { planRun } from './plan.ts';
import { ProgramFiles } from './program-file.ts';
import { checkReportPath } from './report.ts';
import type { Screen } from './screen.ts';
import { seconds } from './units.ts';

/** Exit statuses, by what a script that calls the command needs to know. */
export const EXIT = {
  /** All programs have ended, or only servers are left; or the time that was asked for is over. */
  ok: 0,
  /** A program threw, or drove lwIP into a defect that stops a device; or the capture could not be completed. */
  failed: 1,
  /** Nothing was run. */
  usage: 2,
  /** A program waits for something that cannot happen. */
  hang: 3,
  /** The default limit ended the run. */
  limit: 4,
} as const;

/** Virtual time between two looks at the host: progress, capture on disk, events of Node. */
const SLICE_US = 1_000_000;
const HOUSEKEEPING_MS = 100;

/** @returns the exit status @throws UsageError before anything was run or written */
export async function run(command: RunCommand, screen: Screen): Promise<number> {
  const rejections = watchRejections();
  const planned = planRun(command);
  const world = new World({ ...planned, strictChecksums: command.strictChecksums });
  const lan = world.lan(planned);
  if (planned.loss > 0) lan.faults.loss(planned.loss, world.random('loss'));
  const files = new ProgramFiles(new Map([['lwip-twin', Object.keys(device)]]), (text) =>
    screen.err(`lwip-twin: ${text}\n`),
  );
  for (const wanted of planned.accessPoints) setUp(world, wanted);
  const bench = new Workbench(
    files,
    (board, line, stream) => {
      const text = `[${seconds(world.nowUs)} ${board}] ${line}\n`;
      if (stream === 'stdout') screen.out(text);
      else screen.err(text);
    },
    (text) => screen.err(text),
  );
  bench.enter({ world, lan, hosts: planned.hosts });
  bench.placeAll(await bench.load(planned.boards));
  world.watch();
  const faults = command.plan === undefined ? [] : inflictFile(world, command.plan);

  const { pcap, report } = command;
  if (report !== undefined) checkReportPath(report);
  const states = report !== undefined;
  const keep = command.ladder || states || (pcap !== undefined && isPcapng(pcap));
  const trace = pcap !== undefined || keep ? world.record({ keep, states }) : null;
  const capture = pcap === undefined ? null : new CaptureFile(pcap, trace!, planned.seed);
  const frames = () => world.lans.reduce((sum, wire) => sum + wire.sent, 0);
  const end = await letRun(world, planned.untilUs, capture, () =>
    screen.progress(() => `${seconds(world.nowUs)} s of virtual time, ${frames()} frames`),
  );
  capture?.close();
  await setImmediate();

  if (command.ladder) {
    const boards = world.boards.map((board) => board.name);
    screen.out(`${formatLadder(trace!, { color: process.stdout.isTTY && !process.env.NO_COLOR, boards })}\n`);
  }
  if (report !== undefined) writeReport(report, world, 'report' in end ? end.report : undefined);
  const verdict = judge(end, planned.untilIsDefault, world, files, [...rejections.values()], capture);
  const captured = command.pcap === undefined || capture?.failure !== undefined ? '' : `, capture in ${command.pcap}`;
  const written = report === undefined ? captured : `${captured}, report in ${report}`;
  screen.err(
    `lwip-twin: ${verdict.headline}; ${seconds(world.nowUs)} s of virtual time, ${count(frames(), 'frame')}${written}\n`,
  );
  for (const line of [...verdict.details, ...idleFaults(faults), ...configurationNotes(world)]) screen.err(`${line}\n`);
  return verdict.status;
}

type End = { readonly report: RunReport } | { readonly error: unknown };

/** Run in slices of virtual time; where they are cut changes nothing in the world. */
async function letRun(world: World, untilUs: number, capture: CaptureFile | null, progress: () => void): Promise<End> {
  let lookedAt = performance.now();
  try {
    for (let sliceUs = SLICE_US; ; sliceUs += SLICE_US) {
      const report = await world.run({ until: Math.min(sliceUs, untilUs) });
      if (report.outcome !== 'until' || sliceUs >= untilUs || capture?.failure !== undefined) return { report };
      if (performance.now() - lookedAt < HOUSEKEEPING_MS) continue;
      capture?.flush();
      progress();
      await setImmediate();
      lookedAt = performance.now();
    }
  } catch (error) {
    return { error };
  }
}

interface Verdict {
  readonly status: number;
  readonly headline: string;
  readonly details: readonly string[];
}

function judge(
  end: End,
  untilIsDefault: boolean,
  world: World,
  files: ProgramFiles,
  rejections: readonly unknown[],
  capture: CaptureFile | null,
): Verdict {
  const { failure: failedIn } = world;
  if (failedIn !== null) {
    const details = [describeError(failedIn.error, files)];
    return { status: EXIT.failed, headline: `${failedIn.board}${taskOf(failedIn)} failed`, details };
  }
  if ('error' in end) {
    return { status: EXIT.failed, headline: 'the run failed', details: [describeError(end.error, files)] };
  }
  if (capture?.failure !== undefined) {
    return { status: EXIT.failed, headline: 'the run was given up', details: [(capture.failure as Error).message] };
  }
  if (world.hazards.length > 0) {
    const details = world.hazards.map(({ board, tUs, text }) => `${board}, ${seconds(tUs)} s: ${text}`);
    return { status: EXIT.failed, headline: 'a board stopped in a known defect of lwIP', details };
  }
  const panics = world.boards.flatMap(({ panic }) => (panic === null ? [] : [panic]));
  if (panics.length > 0) {
    const who = panics.map(({ board }) => board).join(' and ');
    return { status: EXIT.failed, headline: `${who} panicked`, details: panics.map(describePanic) };
  }
  if (rejections.length > 0) {
    const details = rejections.map((reason) => describeError(reason, files));
    return { status: EXIT.failed, headline: 'a promise was rejected that no program waited for', details };
  }
  const { outcome, blocked, findings } = end.report;
  const silent = findings.filter(({ kind }) => SILENT.has(kind));
  if (silent.length > 0) {
    const details = silent.map(({ board, tUs, text }) => `${board}, ${seconds(tUs)} s: ${text}`);
    return { status: EXIT.failed, headline: 'a program misuses its descriptors', details };
  }
  const details = blocked.map(describeBlocked);
  if (blocked.length === 0) return { status: EXIT.ok, headline: 'all programs have ended', details };
  switch (outcome) {
    case 'ended':
    case 'idle':
      return { status: EXIT.ok, headline: 'only servers are left', details };
    case 'hang':
      return { status: EXIT.hang, headline: 'the programs hang', details };
    case 'until':
      return untilIsDefault
        ? { status: EXIT.limit, headline: 'stopped at the default time limit (--until)', details }
        : { status: EXIT.ok, headline: 'stopped as asked', details };
  }
}

/** What goes wrong without any sign of it in the outcome. */
const SILENT: ReadonlySet<string> = new Set(['leak', 'closedDescriptor', 'reusedDescriptor']);

function describePanic({ board, task, tUs, reason, backtrace }: PanicRecord): string {
  const where = backtrace[0] === undefined ? '' : `, in ${backtrace[0]}`;
  return `  ${board}${taskOf({ task })} ${seconds(tUs)} s: ${reason}${where}`;
}

function describeBlocked(blocked: BlockedTask): string {
  const where = blocked.call === '' ? '' : ` in ${blocked.call}`;
  return `  ${blocked.board}${taskOf(blocked)} waits${where} for ${blocked.waitsFor}`;
}

function taskOf({ task }: { readonly task: string }): string {
  return task === TASK ? '' : `, task ${task},`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** Promises that programs let fail unheard; those that are waited for later do not stay. */
function watchRejections(): ReadonlyMap<Promise<unknown>, unknown> {
  const rejections = new Map<Promise<unknown>, unknown>();
  process.on('unhandledRejection', (reason, promise) => rejections.set(promise, reason));
  process.on('rejectionHandled', (promise) => rejections.delete(promise));
  return rejections;
}
