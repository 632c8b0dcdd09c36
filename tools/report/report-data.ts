/** What a report is made from: a recorded run as plain data, and its way into the text of a page and back. */

import type { CallRecord, EventRecord, FrameRecord, NoteRecord, StateRecord, StepRecord } from '../../device/trace.ts';
import { ByteReader, ByteStore, packTable, type Table, unpackTable } from './table.ts';

/** A board of the run. */
export interface ReportBoard {
  readonly name: string;
  readonly mac: string;
  /** Length of a tick of its FreeRTOS; left out if it is not known, as with a capture. */
  readonly tickUs?: number;
}

/** A line that firmware or a program printed. */
export interface ReportLog {
  /** Running number; it was printed before everything with a higher one. */
  readonly n: number;
  readonly tUs: number;
  readonly board: string;
  readonly task: string;
  /** E, W, I, D, V as ESP_LOGx writes it; '' for other output. */
  readonly level: string;
  readonly text: string;
}

/** Something that a reader should be led to: what a test or a scenario says did not hold, a finding, a hint, a hazard, a panic. */
export interface ReportMark {
  readonly kind: 'violation' | 'finding' | 'hint' | 'hazard' | 'panic';
  readonly n: number;
  readonly tUs: number;
  readonly board: string;
  readonly task: string;
  readonly text: string;
}

/** One misfortune of the run's fault plan, and the frames or calls that it met. */
export interface ReportFault {
  readonly text: string;
  /** Running numbers. */
  readonly matched: readonly number[];
}

/** A whole run. */
export interface ReportData {
  readonly title: string;
  /** Version of the tool that ran it. */
  readonly version: string;
  /** undefined if it is not known, as with a capture. */
  readonly seed: number | undefined;
  /** How it ended, a sentence. */
  readonly outcome: string;
  readonly endUs: number;
  readonly boards: readonly ReportBoard[];
  readonly frames: readonly FrameRecord[];
  readonly calls: readonly CallRecord[];
  readonly notes: readonly NoteRecord[];
  readonly events: readonly EventRecord[];
  readonly steps: readonly StepRecord[];
  readonly states: readonly StateRecord[];
  readonly logs: readonly ReportLog[];
  readonly marks: readonly ReportMark[];
  readonly faults: readonly ReportFault[];
}

/** Lists of records, stored by column: most values of a column resemble the one before, and no key is written twice. */
const TABLES = ['frames', 'calls', 'notes', 'events', 'steps', 'states', 'logs', 'marks'] as const;

/**
 * A report's data as bytes: a JSON text, and behind it all byte strings of the run in a row.
 * Bytes 0..3 are the length of the JSON text, least significant first.
 */
export function packReport(data: ReportData): Uint8Array {
  const store = new ByteStore();
  const states = [...data.states].sort(byConnection);
  const tables = Object.fromEntries(
    TABLES.map((name) => [name, packTable(name === 'states' ? states : data[name], store)]),
  );
  const json = new TextEncoder().encode(JSON.stringify({ ...data, ...tables }));
  const packed = new Uint8Array(4 + json.length + store.size);
  new DataView(packed.buffer).setUint32(0, json.length, true);
  packed.set(json, 4);
  let at = 4 + json.length;
  for (const part of store.parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** The reverse of packReport(). */
export function unpackReport(packed: Uint8Array): ReportData {
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(packed.subarray(4, 4 + length))) as Record<string, unknown>;
  const bytes = new ByteReader(packed.subarray(4 + length));
  for (const name of TABLES) {
    const table = data[name] as Table;
    if (name === 'states') unpackWhenRead(data, name, table, bytes);
    else data[name] = unpackTable(table, bytes);
  }
  return data as unknown as ReportData;
}

/** A control block resembles its own past more than that of the other end. Within a connection the order stays. */
function byConnection(a: StateRecord, b: StateRecord): number {
  return compare(a.board, b.board) || compare(a.local, b.local) || compare(a.remote, b.remote);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Control blocks are many and large, and most are never looked at. They hold no byte strings, so their turn may wait. */
function unpackWhenRead(data: object, name: string, table: Table, bytes: ByteReader): void {
  let rows: object[] | undefined;
  Object.defineProperty(data, name, {
    enumerable: true,
    get: () => {
      rows ??= unpackTable(table, bytes);
      return rows;
    },
  });
}
