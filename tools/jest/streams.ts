/** What a trace says at large: frames that fit a description, conversations, the bytes that each end has sent. */

import { FrameView } from '../../device/faults/frame_view.ts';
import type { FrameMatch } from '../../device/faults/match.ts';
import { compileMatch } from '../../device/faults/match.ts';
import type { FrameRecord } from '../../device/trace.ts';
import { FramePool } from '../../stack/frame.ts';
import { TCP_FIN, TCP_RST } from '../../stack/prot/tcp.ts';
import { type Connection, findConnections } from '../report/connections.ts';
import { Cast, type FrameLine, type RunRecords, runLines } from '../run-lines.ts';

/** The frames of a trace that fit. */
export function framesLike(trace: RunRecords, match: FrameMatch): FrameRecord[] {
  const test = compileMatch(match);
  const pool = new FramePool();
  const owners = ownersOf(trace.frames);
  const sent = new Map<string, number>();
  return trace.frames.filter((record) => {
    const index = sent.get(record.from) ?? 0;
    sent.set(record.from, index + 1);
    const receiver = owners.get(macAt(record, 0)) ?? '';
    return test(new FrameView(pool.copyOf(record.bytes), record.from, index, record.tUs, record.lan, receiver));
  });
}

function ownersOf(frames: readonly FrameRecord[]): Map<string, string> {
  const owners = new Map<string, string>();
  for (const record of frames) if (record.from !== '') owners.set(macAt(record, 6), record.from);
  return owners;
}

function macAt({ bytes }: FrameRecord, at: number): string {
  return bytes.subarray(at, at + 6).join(':');
}

/** What a test says about a TCP connection. */
export interface ConversationLike {
  /** Board that opened it, and the one that was called. */
  readonly from?: string;
  readonly to?: string;
  /** Port of the called one. */
  readonly port?: number;
  /** How it came to its end: both sent a FIN, somebody sent a RST, or it has not ended. */
  readonly end?: 'closed' | 'reset' | 'open';
}

/** A TCP connection in short. */
export interface Conversation {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly end: 'closed' | 'reset' | 'open';
  /** What the one who opened it sent, in order, each byte once; and what it got. */
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
}

/** All TCP connections of a trace, in order of their first segment. */
export function conversations(trace: RunRecords): Conversation[] {
  const lines = runLines(trace, new Cast(trace, []), false);
  return findConnections(lines.filter((line): line is FrameLine => line.kind === 'frame')).map((connection) => ({
    from: connection.ends[0].board,
    to: connection.ends[1].board,
    port: Number(connection.ends[1].address.split(':')[1]),
    end: endOf(connection),
    sent: streamOf(connection, 0),
    received: streamOf(connection, 1),
  }));
}

export function conversationsLike(trace: RunRecords, like: ConversationLike): Conversation[] {
  return conversations(trace).filter((c) =>
    (Object.keys(like) as (keyof ConversationLike)[]).every((key) => like[key] === undefined || c[key] === like[key]),
  );
}

function endOf({ segments }: Connection): Conversation['end'] {
  const has = (from: 0 | 1, flag: number) =>
    segments.some((s) => s.from === from && (s.line.d.tcp!.flags & flag) !== 0);
  if (has(0, TCP_RST) || has(1, TCP_RST)) return 'reset';
  return has(0, TCP_FIN) && has(1, TCP_FIN) ? 'closed' : 'open';
}

/** The bytes that one end has sent, put in order; up to the first that was never sent. */
function streamOf({ segments }: Connection, from: 0 | 1): Uint8Array {
  const parts = segments
    .filter((s) => s.from === from && s.line.payload.length > 0 && s.line.record.from !== '')
    .map((s) => ({ at: s.seq - 1, bytes: s.line.d.payload }))
    .sort((a, b) => a.at - b.at);
  const bytes: number[] = [];
  for (const { at, bytes: part } of parts) {
    if (at > bytes.length) break;
    for (let i = bytes.length - at; i < part.length; i++) bytes.push(part[i]!);
  }
  return Uint8Array.from(bytes);
}
