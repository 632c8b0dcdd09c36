/** What a report is made from: a recorded run as plain data, and its way into the text of a page and back. */

import type {
  CallRecord,
  EventRecord,
  FrameRecord,
  NoteRecord,
  StateRecord,
  StepRecord,
  Trace,
} from '../../device/trace.ts';

/** A board of the run. */
export interface ReportBoard {
  readonly name: string;
  readonly mac: string;
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

/** Something that a reader should be led to: a finding, a hint, a hazard, a panic. */
export interface ReportMark {
  readonly kind: 'finding' | 'hint' | 'hazard' | 'panic';
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

/** The records of a trace that a report shows. */
export type TraceRecords = Pick<Trace, 'frames' | 'calls' | 'notes' | 'events' | 'steps' | 'states'>;

/**
 * A report's data as JSON that can stand in an HTML page: bytes in base64, and no character that could end the element
 * which holds it, whatever names and payloads contain.
 */
export function packReport(data: ReportData): string {
  const json = JSON.stringify(data, (_key, value: unknown) =>
    value instanceof Uint8Array ? { base64: toBase64(value) } : value,
  );
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The reverse of packReport(). */
export function unpackReport(json: string): ReportData {
  return JSON.parse(json, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
      ? fromBase64(value.base64)
      : value,
  ) as ReportData;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(Array.from(DIGITS, (digit, value) => [digit.charCodeAt(0), value]));

/** Neither Node's Buffer nor the browser's atob(): the same code serves both. */
function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const digits = [18, 12, 6, 0].map((shift) => DIGITS[(word >> shift) & 63]!).join('');
    const missing = Math.max(0, i + 3 - bytes.length);
    parts.push(missing === 0 ? digits : digits.slice(0, 4 - missing) + '=='.slice(0, missing));
  }
  return parts.join('');
}

function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, at = 0; i < text.length; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k++) word = (word << 6) | (VALUES.get(text.charCodeAt(i + k)) ?? 0);
    for (let shift = 16; shift >= 0 && at < bytes.length; shift -= 8) bytes[at++] = (word >> shift) & 0xff;
  }
  return bytes;
}
