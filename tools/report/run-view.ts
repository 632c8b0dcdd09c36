/**
 * A run as a reader asks about it: lines in order, connections, and what led to what. Page and tests read it; words come
 * from the same lines as those of the text ladder.
 */

import type { CallRecord, StateRecord, StepRecord } from '../../device/trace.ts';
import { TCP_ACK, TCP_SYN } from '../../stack/prot/tcp.ts';
import { printable } from '../printable.ts';
import { type CallLine, Cast, type FrameLine, type Line, type NoteLine, runLines } from '../run-lines.ts';
import {
  answeredBy,
  answerTo,
  assignStates,
  type Connection,
  type ConnectionEnd,
  findConnections,
  type Segment,
  stateBefore,
} from './connections.ts';
import { faultWords } from './fault-words.ts';
import { endWithPower, type OffPeriod, offPeriods } from './power.ts';
import type { ReportData, ReportLog, ReportMark } from './report-data.ts';
import { Sockets } from './sockets.ts';
import { hasTimedOut } from './wakes.ts';

/** A line of the list, whatever it is about. */
export type Item =
  | { readonly kind: 'frame'; readonly n: number; readonly tUs: number; readonly line: FrameLine }
  | { readonly kind: 'call'; readonly n: number; readonly tUs: number; readonly line: CallLine }
  | NoteItem
  | { readonly kind: 'log'; readonly n: number; readonly tUs: number; readonly log: ReportLog }
  | { readonly kind: 'mark'; readonly n: number; readonly tUs: number; readonly mark: ReportMark };

/** Something that a reader must know. */
export interface NoteItem {
  readonly kind: 'note';
  readonly n: number;
  readonly tUs: number;
  /** The board that it is about, '' if none. */
  readonly board: string;
  readonly text: string;
  /** True if the fault plan did it, or if a board was without power. */
  readonly isTrouble: boolean;
}

/** Where a frame is in its connection. */
export interface Place {
  readonly connection: Connection;
  readonly segment: Segment;
}

const NOWHERE: readonly StepRecord[] = [];

export class RunView {
  readonly data: ReportData;
  /** Names of the columns, in order. */
  readonly boards: readonly string[];
  readonly items: readonly Item[];
  readonly frameLines: readonly FrameLine[];
  readonly startUs: number;
  readonly endUs: number;
  /** When boards were without power. */
  readonly offPeriods: readonly OffPeriod[];
  /** Steps by board, in order. */
  private readonly steps = new Map<string, StepRecord[]>();
  /** Steps that frames caused, by the frames' numbers. */
  private readonly arrivals: readonly StepRecord[];
  private found:
    | { readonly connections: readonly Connection[]; readonly places: ReadonlyMap<number, Place> }
    | undefined;

  /** How long the frames of this run are under way as a rule: those of a capture no time at all. */
  readonly usualFlightUs: number;
  private followed: Sockets | undefined;

  constructor(data: ReportData) {
    this.data = data;
    const cast = new Cast(
      data,
      data.boards.map((board) => board.name),
    );
    this.boards = cast.boards().map((board) => board.name);
    const lines = runLines(data, cast, true);
    this.frameLines = lines.filter((line) => line.kind === 'frame');
    this.offPeriods = offPeriods(data);
    this.items = itemsOf(lines, this);
    for (const step of data.steps) push(this.steps, step.board, step);
    this.arrivals = data.steps.filter((step) => step.cause === 'frame').sort((a, b) => a.ref - b.ref);
    this.usualFlightUs = usualFlight(this);
    this.startUs = this.items[0]?.tUs ?? 0;
    this.endUs = Math.max(data.endUs, this.items.at(-1)?.tUs ?? 0);
  }

  /** What descriptors stand for. */
  get sockets(): Sockets {
    this.followed ??= new Sockets(this.data.calls, this.connections);
    return this.followed;
  }

  /** When something happened, arrived, or would have arrived. */
  times(): Float64Array {
    const vain = this.frameLines.filter((line) => line.lost || this.isUnheard(line));
    const times = new Float64Array(this.items.length + this.arrivals.length + vain.length);
    let i = 0;
    for (const item of this.items) times[i++] = item.tUs;
    for (const step of this.arrivals) times[i++] = step.tUs;
    for (const line of vain) times[i++] = line.tUs + this.usualFlightUs;
    return times;
  }

  /** True for a frame that the wire has carried and no board has taken: whoever it was for is off, or it was not for him. */
  isUnheard({ lost, record }: FrameLine): boolean {
    if (lost || this.arrivals.length === 0 || record.tUs + this.usualFlightUs > this.endUs) return false;
    const last = this.arrivals[upperBound(this.arrivals, record.n, (step) => step.ref) - 1];
    return last?.ref !== record.n;
  }

  /** Connections in order of their first segment, with their control blocks. They are looked for when first asked for. */
  get connections(): readonly Connection[] {
    return this.findConnections().connections;
  }

  private findConnections(): NonNullable<RunView['found']> {
    if (this.found !== undefined) return this.found;
    const connections = findConnections(this.frameLines);
    assignStates(connections, this.data.states);
    endWithPower(connections, this.offPeriods);
    const places = new Map<number, Place>();
    for (const connection of connections) {
      for (const segment of connection.segments) places.set(segment.line.record.n, { connection, segment });
    }
    this.found = { connections, places };
    return this.found;
  }

  /** What has this running number: a frame, a note, the start or the return of a call. */
  item(n: number): Item | undefined {
    const item = this.items[upperBound(this.items, n, (one) => one.n) - 1];
    return item?.n === n && item.kind !== 'log' && item.kind !== 'mark' ? item : undefined;
  }

  frame(n: number): FrameLine | undefined {
    const item = this.item(n);
    return item?.kind === 'frame' ? item.line : undefined;
  }

  /** @param n running number of the call's start */
  call(n: number): CallRecord | undefined {
    const { calls } = this.data;
    const call = calls[upperBound(calls, n, (one) => one.n0) - 1];
    return call?.n0 === n ? call : undefined;
  }

  /** The loss of power that a call did not outlive. */
  lossDuring({ n1, n0, board }: CallRecord): OffPeriod | undefined {
    return n1 < 0 ? this.offPeriods.find((period) => period.board === board && period.n > n0) : undefined;
  }

  /** The loss of power after which a board knew nothing of a connection any more, if that came before a running number. */
  lossOf({ segments }: Connection, board: string, n: number): OffPeriod | undefined {
    const first = segments[0]!.line.record.n;
    return this.offPeriods.find((period) => period.board === board && period.n > first && period.n < n);
  }

  /** True for a call that never will return: its board was switched off, or its task has made other calls since. */
  isAbandoned(call: CallRecord): boolean {
    const { n1, n0, board, task } = call;
    if (n1 >= 0) return false;
    if (this.lossDuring(call) !== undefined) return true;
    return this.data.calls.findLast((one) => one.board === board && one.task === task)!.n0 !== n0;
  }

  /** True if a board is without power at a time. */
  isOff(board: string, tUs: number): boolean {
    return this.offPeriods.some((period) => period.board === board && tUs >= period.fromUs && tUs < period.toUs);
  }

  /** True for a frame that a board has taken; also where that was not recorded. */
  hasArrived(line: FrameLine): boolean {
    return !line.lost && !this.isUnheard(line);
  }

  /** True for a frame that some board should have got and none did. ARP asks and announces to whoever may be there. */
  isInVain(line: FrameLine): boolean {
    return line.lost || (this.isUnheard(line) && line.d.arp === undefined);
  }

  /** True for a SYN that a board has taken and dropped: there was no room for it in the queue of the listening socket. */
  isIgnoredSyn({ record, d }: FrameLine): boolean {
    if (((d.tcp?.flags ?? 0) & (TCP_SYN | TCP_ACK)) !== TCP_SYN) return false;
    const [arrival] = this.arrivalsOf(record.n);
    const place = this.place(record.n);
    if (arrival === undefined || place === undefined || this.framesOf(arrival).length > 0) return false;
    const { states } = place.connection.ends[place.segment.from === 0 ? 1 : 0];
    return !states.some(({ n }) => n <= arrival.n1);
  }

  /** True for a segment that its receiver has looked at. */
  private wasTaken(line: FrameLine): boolean {
    return this.hasArrived(line) && !this.isIgnoredSyn(line);
  }

  /** The acknowledgement of a segment that has arrived. */
  answerTo({ connection, segment }: Place): Segment | undefined {
    return this.wasTaken(segment.line) ? answerTo(connection, segment) : undefined;
  }

  /** The segments that have arrived and that this one was the first to acknowledge. */
  answeredBy({ connection, segment }: Place): Segment[] {
    return answeredBy(connection, segment).filter(({ line }) => this.wasTaken(line));
  }

  /** A frame's connection and its segment in it. */
  place(n: number): Place | undefined {
    return this.findConnections().places.get(n);
  }

  /** Where and when a frame was handled, as what the boards did then; none if it never was. */
  arrivalsOf(n: number): readonly StepRecord[] {
    const end = upperBound(this.arrivals, n, (step) => step.ref);
    let begin = end;
    while (begin > 0 && this.arrivals[begin - 1]!.ref === n) begin--;
    return begin === end ? NOWHERE : this.arrivals.slice(begin, end);
  }

  /** What a board was doing when it recorded something; undefined if the steps were not recorded. */
  stepOf(board: string, n: number): StepRecord | undefined {
    const steps = this.steps.get(board) ?? [];
    const step = steps[upperBound(steps, n, (one) => one.n0) - 1];
    return step !== undefined && n < step.n1 ? step : undefined;
  }

  /** What a board did last before this running number, if it ended right there: what a state with this number came from. */
  stepEndingAt(board: string, n: number): StepRecord | undefined {
    const steps = this.steps.get(board) ?? [];
    for (let i = upperBound(steps, n, (one) => one.n0) - 1; i >= 0; i--) {
      const step = steps[i]!;
      if (step.n1 <= n) return step.n1 === n ? step : undefined;
    }
    return undefined;
  }

  /** A control block before and after its board did what it recorded under a number. */
  statesAround(end: ConnectionEnd, n: number): { before: StateRecord | undefined; after: StateRecord | undefined } {
    const step = this.stepOf(end.board, n);
    return { before: stateBefore(end, step?.n0 ?? n), after: stateBefore(end, step?.n1 ?? n) };
  }

  /**
   * The last thing that a board did before a call returned: what made it return, if the call had to wait. What the board
   * did for the call itself, such as opening the window, was no reason.
   */
  wakeOf(call: CallRecord): StepRecord | undefined {
    if (call.n1 < 0 || hasTimedOut(call)) return undefined;
    const steps = this.steps.get(call.board) ?? [];
    for (let i = upperBound(steps, call.n1, (one) => one.n0) - 1; i >= 0; i--) {
      const step = steps[i]!;
      if (step.n1 > call.n1 || (step.cause === 'call' && step.ref === call.n0)) continue;
      return step.n0 >= call.n0 && step.tUs === call.t1Us ? step : undefined;
    }
    return undefined;
  }

  /** Frames that a board sent in a step. */
  framesOf(step: StepRecord): FrameLine[] {
    const sent: FrameLine[] = [];
    for (let n = step.n0; n < step.n1; n++) {
      const line = this.frame(n);
      if (line !== undefined && line.record.from === step.board) sent.push(line);
    }
    return sent;
  }

  /** Frames that the stack sent while it worked for a call. */
  framesOfCall(call: CallRecord): FrameLine[] {
    const steps = this.steps.get(call.board) ?? [];
    return steps.filter((step) => step.cause === 'call' && step.ref === call.n0).flatMap((step) => this.framesOf(step));
  }

  /** Calls that returned because of a step. */
  callsWokenBy(step: StepRecord): CallRecord[] {
    return this.data.calls.filter(
      (call) =>
        call.board === step.board && call.t1Us === step.tUs && call.t0Us < call.t1Us && this.wakeOf(call) === step,
    );
  }
}

function usualFlight(view: RunView): number {
  const flights: number[] = [];
  for (const { record } of view.frameLines.slice(0, 1000)) {
    for (const { tUs } of view.arrivalsOf(record.n)) flights.push(tUs - record.tUs);
  }
  flights.sort((a, b) => a - b);
  return flights[flights.length >> 1] ?? 0;
}

function itemsOf(lines: readonly Line[], view: RunView): Item[] {
  const { data } = view;
  const items: Item[] = lines.map((line) => {
    if (line.kind === 'frame') return { kind: 'frame', n: line.record.n, tUs: line.tUs, line };
    if (line.kind === 'note') return noteItem(line, data);
    const loss = line.part === 'never' ? view.lossDuring(line.record) : undefined;
    // Between the note of the loss and what comes next.
    if (loss !== undefined) return { kind: 'call', n: loss.n + 0.25, tUs: loss.fromUs, line };
    const tUs = line.part === 'never' ? Math.max(line.tUs, data.endUs) : line.tUs;
    return { kind: 'call', n: numberOf(line), tUs, line };
  });
  for (const period of view.offPeriods) if (period.toUs <= data.endUs) items.push(backItem(period, items));
  for (const log of data.logs) items.push({ kind: 'log', n: log.n, tUs: log.tUs, log });
  for (const mark of data.marks) items.push({ kind: 'mark', n: mark.n, tUs: mark.tUs, mark });
  // What was printed or found by then stands before what has the same number.
  return items.sort((a, b) => a.n - b.n || rank(a) - rank(b));
}

/** The fault plan's doing in a sentence, on the lane of its board. */
function noteItem({ record, tUs, text }: NoteLine, { faults }: ReportData): NoteItem {
  const { n, board } = record;
  const fault = faults.find(({ matched }) => matched.includes(n));
  if (fault === undefined) return { kind: 'note', n, tUs, board, text, isTrouble: text.startsWith('fault:') };
  const of = (JSON.parse(fault.text) as { readonly board?: string }).board ?? board;
  return { kind: 'note', n, tUs, board: of, text: printable(`Fault plan: ${faultWords(fault.text)}`), isTrouble: true };
}

/** A board that is there again, before everything that it does then. */
function backItem({ board, n, toUs }: OffPeriod, items: readonly Item[]): NoteItem {
  const later = items.filter((item) => item.tUs >= toUs && item.n > n).map((item) => item.n);
  const before = later.reduce((least, one) => Math.min(least, one), Number.MAX_SAFE_INTEGER - 1) - 0.5;
  return {
    kind: 'note',
    n: before,
    tUs: toUs,
    board,
    text: printable(`${board} is back; its programs start anew.`),
    isTrouble: false,
  };
}

function rank(item: Item): number {
  return item.kind === 'log' || item.kind === 'mark' ? 0 : 1;
}

/** Calls that never returned stand at the end. */
function numberOf(line: CallLine): number {
  if (line.part === 'return') return line.record.n1;
  return line.part === 'never' ? Number.MAX_SAFE_INTEGER : line.record.n0;
}

/** How many of the sorted come at or before a number. */
function upperBound<T>(sorted: readonly T[], n: number, numberOf: (one: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (numberOf(sorted[mid]!) <= n) low = mid + 1;
    else high = mid;
  }
  return low;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
