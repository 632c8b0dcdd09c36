/** Compares what a replay did with what the real stack did, record by record and field by field. */

import type { GoldenRecord, Outcome } from './scenario.ts';

/** One field that differs. */
export interface Difference {
  /** Where it stands in the outcome, as in `calls[3].ret`. */
  readonly where: string;
  /** undefined: nothing was recorded there. */
  readonly expected: unknown;
  /** undefined: the replay has nothing there. */
  readonly actual: unknown;
}

/**
 * Every difference between two outcomes, the hosts' internal state (`final.hosts`) aside. Two outcomes without a difference are
 * identical: the same calls with the same arguments, results, times and running numbers, the same events, the same frames
 * bit for bit.
 */
export function compareOutcomes(expected: Outcome, actual: Outcome): Difference[] {
  const found: Difference[] = [];
  compareValues('calls', expected.calls, actual.calls, found);
  compareValues('frames', expected.frames, actual.frames, found);
  compareValues('events', expected.events ?? [], actual.events ?? [], found);
  const { hosts: _expected, ...expectedFinal } = expected.final;
  const { hosts: _actual, ...actualFinal } = actual.final;
  compareValues('final', expectedFinal, actualFinal, found);
  return found;
}

function compareValues(where: string, expected: unknown, actual: unknown, found: Difference[]): void {
  if (Object.is(expected, actual)) return;
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    for (let i = 0; i < length; i++) compareValues(`${where}[${i}]`, expected[i], actual[i], found);
  } else if (isRecord(expected) && isRecord(actual)) {
    for (const key of Object.keys({ ...expected, ...actual })) {
      compareValues(`${where}.${key}`, expected[key], actual[key], found);
    }
  } else found.push({ where, expected, actual });
}

function isRecord(value: unknown): value is GoldenRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The start of a call, its return, a frame or an event: what one running number stands for. */
export interface Moment {
  readonly kind: 'start' | 'return' | 'frame' | 'event';
  readonly n: number;
  readonly tUs: number;
  /** The whole record of the call, frame or event. */
  readonly record: GoldenRecord;
  /** What belongs to this moment: arguments at a start, results at a return, everything of a frame or event. */
  readonly fields: GoldenRecord;
}

/** Fields of a call that are known when it starts; `addr`, `val` and `ip` are arguments of these calls only. */
const ARGUMENTS = new Set(
  'task op k fn domain type proto fd backlog len lens flags how opt cmd to ms in_r in_w in_e fds timeout_ms cable_only name idx node service hints'.split(
    ' ',
  ),
);
const ARGUMENTS_OF = new Set([
  'bind.addr',
  'connect.addr',
  'setsockopt.val',
  'fcntl.val',
  'ioctl.val',
  'set_ip.ip',
  'set_dns.ip',
]);
const NUMBERING = new Set(['t_us', 't0_us', 't1_us', 'n', 'n0', 'n1']);

/** An outcome as one story, in order of the running numbers. */
export function timeline(outcome: Outcome): Moment[] {
  const moments = [...single('frame', outcome.frames), ...single('event', outcome.events ?? [])];
  for (const record of outcome.calls) {
    const isArgument = (key: string) => ARGUMENTS.has(key) || ARGUMENTS_OF.has(`${record.fn}.${key}`);
    moments.push({
      kind: 'start',
      n: Number(record.n0),
      tUs: Number(record.t0_us),
      record,
      fields: pick(record, isArgument),
    });
    if (record.n1 === null) continue;
    moments.push({
      kind: 'return',
      n: Number(record.n1),
      tUs: Number(record.t1_us),
      record,
      fields: pick(record, (key) => key === 'task' || key === 'fn' || !(isArgument(key) || NUMBERING.has(key))),
    });
  }
  return moments.sort((a, b) => a.n - b.n);
}

/** Records that have one running number each. */
function single(kind: 'frame' | 'event', records: readonly GoldenRecord[]): Moment[] {
  return records.map((record) => ({
    kind,
    n: Number(record.n),
    tUs: Number(record.t_us),
    record,
    fields: pick(record, (key) => !NUMBERING.has(key)),
  }));
}

function pick(record: GoldenRecord, wanted: (key: string) => boolean): GoldenRecord {
  return Object.fromEntries(Object.entries(record).filter(([key]) => wanted(key)));
}

/** The place at which two stories part. */
export interface Divergence {
  /** What both have in common just before, at most `context` moments. */
  readonly before: readonly Moment[];
  /** undefined: one of them has already ended. */
  readonly expected: Moment | undefined;
  readonly actual: Moment | undefined;
}

/**
 * Find where a replay first departs from what was recorded.
 * @param context how many moments before it are wanted
 * @returns undefined if the stories are the same
 */
export function firstDivergence(expected: Outcome, actual: Outcome, context: number): Divergence | undefined {
  const recorded = timeline(expected);
  const replayed = timeline(actual);
  const length = Math.max(recorded.length, replayed.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [recorded[i], replayed[i]];
    if (a !== undefined && b !== undefined && sameMoment(a, b)) continue;
    return { before: recorded.slice(Math.max(0, i - context), i), expected: a, actual: b };
  }
  return undefined;
}

function sameMoment(a: Moment, b: Moment): boolean {
  const found: Difference[] = [];
  compareValues('', a.fields, b.fields, found);
  return found.length === 0 && a.kind === b.kind && a.n === b.n && a.tUs === b.tUs;
}
