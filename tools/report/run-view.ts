/**
 * A run as a reader asks about it: lines in order, connections, and what led to what. Page and tests read it; words come
 * from the same lines as those of the text ladder.
 */

import type { CallRecord, StepRecord } from '../../device/trace.ts';
import { type CallLine, Cast, type FrameLine, type Line, runLines } from '../run-lines.ts';
import { assignStates, type Connection, findConnections, type Segment } from './connections.ts';
import type { ReportData, ReportLog, ReportMark } from './report-data.ts';

/** A line of the list, whatever it is about. */
export type Item =
  | { readonly kind: 'frame'; readonly n: number; readonly tUs: number; readonly line: FrameLine }
  | { readonly kind: 'call'; readonly n: number; readonly tUs: number; readonly line: CallLine }
  | { readonly kind: 'note'; readonly n: number; readonly tUs: number; readonly text: string }
  | { readonly kind: 'log'; readonly n: number; readonly tUs: number; readonly log: ReportLog }
  | { readonly kind: 'mark'; readonly n: number; readonly tUs: number; readonly mark: ReportMark };

/** Where a frame is in its connection. */
export interface Place {
  readonly connection: Connection;
  readonly segment: Segment;
}

/** The arrival of a frame at a board. */
export interface Arrival {
  readonly board: string;
  readonly tUs: number;
  readonly step: StepRecord;
}

export class RunView {
  readonly data: ReportData;
  /** Names of the columns, in order. */
  readonly boards: readonly string[];
  readonly items: readonly Item[];
  readonly frameLines: readonly FrameLine[];
  private readonly found: readonly Connection[];
  private hasStates = false;
  readonly startUs: number;
  readonly endUs: number;
  private readonly frameByNumber = new Map<number, FrameLine>();
  private readonly callByNumber = new Map<number, CallRecord>();
  private readonly places = new Map<number, Place>();
  private readonly arrivals = new Map<number, Arrival[]>();
  /** Steps by board, in order. */
  private readonly steps = new Map<string, StepRecord[]>();

  constructor(data: ReportData) {
    this.data = data;
    const cast = new Cast(
      data,
      data.boards.map((board) => board.name),
    );
    this.boards = cast.boards().map((board) => board.name);
    const lines = runLines(data, cast, true);
    this.frameLines = lines.filter((line): line is FrameLine => line.kind === 'frame');
    this.items = itemsOf(lines, data);
    this.found = findConnections(this.frameLines);
    for (const line of this.frameLines) this.frameByNumber.set(line.record.n, line);
    for (const call of data.calls) this.callByNumber.set(call.n0, call);
    for (const connection of this.found) {
      for (const segment of connection.segments) this.places.set(segment.line.record.n, { connection, segment });
    }
    for (const step of data.steps) this.learn(step);
    this.startUs = this.items[0]?.tUs ?? 0;
    this.endUs = Math.max(data.endUs, this.items.at(-1)?.tUs ?? 0);
  }

  private learn(step: StepRecord): void {
    push(this.steps, step.board, step);
    if (step.cause === 'frame') push(this.arrivals, step.ref, { board: step.board, tUs: step.tUs, step });
  }

  /** Connections in order of their first segment, with their control blocks, which are unpacked when first asked for. */
  get connections(): readonly Connection[] {
    if (!this.hasStates) {
      this.hasStates = true;
      assignStates(this.found, this.data.states);
    }
    return this.found;
  }

  get connectionCount(): number {
    return this.found.length;
  }

  frame(n: number): FrameLine | undefined {
    return this.frameByNumber.get(n);
  }

  /** @param n running number of the call's start */
  call(n: number): CallRecord | undefined {
    return this.callByNumber.get(n);
  }

  /** A frame's connection and its segment in it. */
  place(n: number): Place | undefined {
    const place = this.places.get(n);
    return place === undefined
      ? undefined
      : { connection: this.connections[place.connection.id]!, segment: place.segment };
  }

  /** Where and when a frame was handled; none if it never was. */
  arrivalsOf(n: number): readonly Arrival[] {
    return this.arrivals.get(n) ?? [];
  }

  /** What a board was doing when it recorded something; undefined if the steps were not recorded. */
  stepOf(board: string, n: number): StepRecord | undefined {
    const steps = this.steps.get(board) ?? [];
    const step = steps[upperBound(steps, n) - 1];
    return step !== undefined && n < step.n1 ? step : undefined;
  }

  /** The last thing that a board did before a call returned: what made it return, if the call had to wait. */
  wakeOf(call: CallRecord): StepRecord | undefined {
    if (call.n1 < 0) return undefined;
    const steps = this.steps.get(call.board) ?? [];
    for (let i = upperBound(steps, call.n1) - 1; i >= 0; i--) {
      const step = steps[i]!;
      if (step.n1 > call.n1) continue;
      return step.n0 >= call.n0 && step.tUs === call.t1Us ? step : undefined;
    }
    return undefined;
  }

  /** Frames that a board sent in a step. */
  framesOf(step: StepRecord): FrameLine[] {
    const sent: FrameLine[] = [];
    for (let n = step.n0; n < step.n1; n++) {
      const line = this.frameByNumber.get(n);
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

function itemsOf(lines: readonly Line[], data: ReportData): Item[] {
  const items: Item[] = lines.map((line) => {
    if (line.kind === 'frame') return { kind: 'frame', n: line.record.n, tUs: line.tUs, line };
    if (line.kind === 'note') return { kind: 'note', n: line.record.n, tUs: line.tUs, text: line.text };
    return { kind: 'call', n: numberOf(line), tUs: line.tUs, line };
  });
  for (const log of data.logs) items.push({ kind: 'log', n: log.n, tUs: log.tUs, log });
  for (const mark of data.marks) items.push({ kind: 'mark', n: mark.n, tUs: mark.tUs, mark });
  // What was printed or found by then stands before what has the same number.
  return items.sort((a, b) => a.n - b.n || rank(a) - rank(b));
}

function rank(item: Item): number {
  return item.kind === 'log' || item.kind === 'mark' ? 0 : 1;
}

/** Calls that never returned stand at the end. */
function numberOf(line: CallLine): number {
  if (line.part === 'return') return line.record.n1;
  return line.part === 'never' ? Number.MAX_SAFE_INTEGER : line.record.n0;
}

/** How many steps begin at or before a running number. */
function upperBound(steps: readonly StepRecord[], n: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (steps[mid]!.n0 <= n) low = mid + 1;
    else high = mid;
  }
  return low;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
