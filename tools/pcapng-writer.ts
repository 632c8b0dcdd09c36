/**
 * A trace as a pcapng capture: an interface per board and wire, addresses with the names of their boards, and on each frame
 * what Wireshark cannot see: the call that caused it, the fault that hit it, and what was noted after it.
 */

import type { CallRecord, FrameRecord } from '../device/trace.ts';
import { memorySink, type PcapSink } from './pcap-writer.ts';
import { PcapngWriter } from './pcapng-blocks.ts';
import { type CallLine, Cast, type RunRecords, runLines } from './run-lines.ts';

export {
  type PcapngFrameOptions,
  type PcapngInterface,
  type PcapngOptions,
  PcapngWriter,
} from './pcapng-blocks.ts';
export type { RunRecords } from './run-lines.ts';

export interface FormatPcapngOptions {
  /** Remarks on the whole capture: a seed, a fault plan. */
  readonly comments?: readonly string[];
}

/** A trace as the bytes of a pcapng file. */
export function formatPcapng(trace: RunRecords, options: FormatPcapngOptions = {}): Uint8Array {
  const sink = memorySink();
  writePcapng(trace, sink, options);
  return sink.bytes();
}

/** Write a trace as pcapng into a sink, which is closed. */
export function writePcapng(trace: RunRecords, sink: PcapSink, { comments = [] }: FormatPcapngOptions = {}): void {
  const cast = new Cast(trace, []);
  const writer = new PcapngWriter(sink, { comments });
  const interfaces = new Map<string, number>();
  const remarks = remarksOn(trace, cast);
  for (const record of cast.frames) {
    const name = interfaceName(record);
    if (interfaces.has(name)) continue;
    const description =
      record.from === '' ? `frames that no board has sent on ${record.lan}` : `${record.from} on ${record.lan}`;
    const mac = record.from === '' ? {} : { mac: record.bytes.subarray(6, 12) };
    interfaces.set(name, writer.addInterface({ name, description, ...mac }));
  }
  const names = cast.addressNames();
  if (names.size > 0) writer.addNames(names);
  for (const record of cast.frames) {
    const on = interfaces.get(interfaceName(record))!;
    const text = remarks.get(record) ?? [];
    writer.write(on, record.tUs, record.bytes, { comments: text, ...(record.from !== '' && { direction: 'out' }) });
  }
  writer.close();
}

function interfaceName({ from, lan }: FrameRecord): string {
  return from === '' ? `${lan}` : `${from}@${lan}`;
}

/** What is to be said on each frame, in order. */
function remarksOn(trace: RunRecords, cast: Cast): Map<FrameRecord, string[]> {
  const remarks = new Map<FrameRecord, string[]>();
  const calls = callWords(trace, cast);
  for (const record of cast.frames) {
    const said: string[] = [];
    if (record.fault !== '')
      said.push(`fault: ${record.fault}${record.lost ? ', nobody has received this frame' : ''}`);
    const call = record.call === undefined ? undefined : calls.get(record.call);
    if (call !== undefined) said.push(`caused by ${call}`);
    remarks.set(record, said);
  }
  for (const note of trace.notes) {
    const frames = cast.frames;
    const after = frames.findLast((record) => record.n < note.n) ?? frames[0];
    if (after === undefined) continue;
    remarks.get(after)!.push(note.board === '' ? note.text : `${note.board}: ${note.text}`);
  }
  return remarks;
}

/** Each call in words, by the running number of its start. */
function callWords(trace: RunRecords, cast: Cast): Map<number, string> {
  const words = new Map<number, string>();
  for (const line of runLines(trace, cast, true)) {
    if (line.kind === 'call' && line.part !== 'return') words.set(line.record.n0, spell(line, line.record));
  }
  return words;
}

function spell({ text, result }: CallLine, { board, task }: CallRecord): string {
  return `${board}, task ${task}: ${text}${result}`;
}
