/** The TCP connections of a run: who talks to whom, in which frames, and how their control blocks went. */

import type { StateRecord } from '../../device/trace.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../stack/prot/tcp.ts';
import type { FrameLine } from '../run-lines.ts';

/** One end of a connection. */
export interface ConnectionEnd {
  /** "ip:port" */
  readonly address: string;
  /** Name of its board; '' if no board of the run has sent from there. */
  readonly board: string;
  /** Sequence number of its SYN, shown as 0; that before its first byte if the SYN was not seen. */
  base: number;
  /** Its control block over time, in order. */
  readonly states: StateRecord[];
}

/** A segment of a connection. */
export interface Segment {
  readonly line: FrameLine;
  /** 0: sent by the first end, 1: by the second. */
  readonly from: 0 | 1;
  /** Relative to the sender's base; `end` counts SYN and FIN too. */
  readonly seq: number;
  readonly end: number;
  /** Relative to the receiver's base; -1 without ACK. */
  readonly ack: number;
  readonly wnd: number;
}

export interface Connection {
  readonly id: number;
  readonly lan: string;
  /** The first is the one that was seen first, as a rule the client. */
  readonly ends: readonly [ConnectionEnd, ConnectionEnd];
  readonly segments: Segment[];
}

/** Find the connections of a run. A SYN with another sequence number begins a new one between the same ends. */
export function findConnections(lines: readonly FrameLine[]): Connection[] {
  const all: Connection[] = [];
  const current = new Map<string, Connection>();
  for (const line of lines) {
    if (line.tcp === undefined) continue;
    const { tcp, ip4 } = line.d;
    if (tcp === undefined || ip4 === undefined || ip4.isFragment) continue;
    const src = `${ip4.src}:${tcp.srcPort}`;
    const dest = `${ip4.dest}:${tcp.destPort}`;
    const key = `${line.record.lan} ${endsKey(src, dest)}`;
    let connection = current.get(key);
    if (connection === undefined || isNewSyn(connection, line, src)) {
      connection = open(all.length, line, src, dest);
      all.push(connection);
      current.set(key, connection);
    }
    addSegment(connection, line, src);
  }
  return all;
}

/** Give the ends of connections what was recorded of their control blocks. */
export function assignStates(connections: readonly Connection[], states: readonly StateRecord[]): void {
  const byEnds = new Map<string, Connection[]>();
  for (const connection of connections) {
    const key = endsKey(connection.ends[0].address, connection.ends[1].address);
    byEnds.set(key, [...(byEnds.get(key) ?? []), connection]);
  }
  for (const state of states) assign(byEnds.get(endsKey(state.local, state.remote)) ?? [], state);
}

function endsKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

function open(id: number, line: FrameLine, src: string, dest: string): Connection {
  const end = (address: string, board: string): ConnectionEnd => ({ address, board, base: -1, states: [] });
  return { id, lan: line.record.lan, ends: [end(src, line.record.from), end(dest, '')], segments: [] };
}

function isNewSyn(connection: Connection, line: FrameLine, src: string): boolean {
  const tcp = line.d.tcp!;
  if ((tcp.flags & (TCP_SYN | TCP_ACK)) !== TCP_SYN) return false;
  const end = connection.ends[connection.ends[0].address === src ? 0 : 1];
  return end.base !== tcp.seqno;
}

function addSegment(connection: Connection, line: FrameLine, src: string): void {
  const tcp = line.d.tcp!;
  const from = connection.ends[0].address === src ? 0 : 1;
  const [own, peer] = from === 0 ? connection.ends : ([connection.ends[1], connection.ends[0]] as const);
  if (own.base < 0) own.base = (tcp.flags & TCP_SYN) === 0 ? (tcp.seqno - 1) >>> 0 : tcp.seqno;
  const hasAck = (tcp.flags & TCP_ACK) !== 0;
  if (peer.base < 0 && hasAck) peer.base = (tcp.ackno - 1) >>> 0;
  if (own.board === '' && line.record.from !== '') (own as { board: string }).board = line.record.from;
  const seq = (tcp.seqno - own.base) | 0;
  const size = line.d.payload.length + ((tcp.flags & TCP_SYN) === 0 ? 0 : 1) + ((tcp.flags & TCP_FIN) === 0 ? 0 : 1);
  const ack = hasAck ? (tcp.ackno - peer.base) | 0 : -1;
  connection.segments.push({ line, from, seq, end: seq + size, ack, wnd: tcp.wnd });
}

/**
 * A control block belongs to the last connection of its ends that had begun by then; but one that is asking for a
 * connection belongs to the next, if its SYN had not left yet.
 */
function assign(all: readonly Connection[], record: StateRecord): void {
  const later = all.findIndex((connection) => connection.segments[0]!.line.record.n >= record.n);
  const begun = later < 0 ? all.length - 1 : later - 1;
  const end = endOf(all[begun], record);
  const isNew = record.state.state === 'SYN_SENT' && end?.states.at(-1)?.state.state !== 'SYN_SENT' && later >= 0;
  (isNew || end === undefined ? endOf(all[later], record) : end)?.states.push(record);
}

function endOf(connection: Connection | undefined, record: StateRecord): ConnectionEnd | undefined {
  return connection?.ends.find((end) => end.address === record.local);
}

/** How a connection's end stood when everything below a running number had happened; undefined if it was not there. */
export function stateBefore(end: ConnectionEnd, n: number): StateRecord | undefined {
  let low = 0;
  let high = end.states.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (end.states[mid]!.n <= n) low = mid + 1;
    else high = mid;
  }
  return end.states[low - 1];
}

/** Bytes of data that an end has sent, each counted once. */
export function bytesSent({ segments }: Connection, side: 0 | 1): number {
  const data = segments.filter(({ from, line }) => from === side && line.d.payload.length > 0 && !line.isForged);
  // The first one has the number 1.
  const ends = data.map(({ seq, line }) => seq + line.d.payload.length - 1);
  return ends.reduce((most, end) => Math.max(most, end), 0);
}

/** Bytes of an end's data that the other end has got in order; undefined if its control block was not recorded. */
export function bytesArrived(connection: Connection, side: 0 | 1): number | undefined {
  const sender = connection.ends[side];
  const { states } = connection.ends[side === 0 ? 1 : 0];
  const known = states.filter(({ state }) => state.state !== 'CLOSED' && state.state !== 'SYN_SENT');
  if (known.length === 0) return undefined;
  // The SYN was 0; a FIN is no byte.
  const got = known.map(({ state }) => ((state.rcv_nxt - sender.base) | 0) - 1);
  return Math.min(bytesSent(connection, side), Math.max(0, ...got));
}

/** True for bytes, a SYN or a FIN that an end has sent itself. */
function isReal({ seq, end, line }: Segment): boolean {
  return end > seq && !line.isForged;
}

/** The frame that a retransmission repeats: the first that began at the same place. */
export function originalOf(connection: Connection, segment: Segment): Segment | undefined {
  const first = connection.segments.find((s) => s.from === segment.from && s.seq === segment.seq && isReal(s));
  return first === segment ? undefined : first;
}

/** The last time before that the same bytes were sent; undefined for the first. */
export function sendingBefore({ segments }: Connection, { from, seq, line }: Segment): Segment | undefined {
  return segments.findLast((s) => s.from === from && s.seq === seq && isReal(s) && s.line.record.n < line.record.n);
}

/** The next time that the same bytes, SYN or FIN were sent; undefined for the last, and for what has none of them. */
export function sendingAfter({ segments }: Connection, { from, seq, end, line }: Segment): Segment | undefined {
  if (end === seq || line.isForged) return undefined;
  return segments.find((s) => s.from === from && s.seq === seq && isReal(s) && s.line.record.n > line.record.n);
}

/** True for a segment that tells what has arrived. A RST does not, whatever number it bears; a forged one knows nothing. */
function isAcknowledgement({ ack, line }: Segment): boolean {
  return ack >= 0 && !line.isForged && (line.d.tcp!.flags & TCP_RST) === 0;
}

/** The first acknowledgement from the other end that covers a segment. */
export function answerTo(connection: Connection, segment: Segment): Segment | undefined {
  if (segment.end === segment.seq) return undefined;
  const { n } = segment.line.record;
  return connection.segments.find(
    (s) => s.from !== segment.from && s.ack >= segment.end && s.line.record.n > n && isAcknowledgement(s),
  );
}

/** The segments that an acknowledgement covers and none before it did. */
export function answeredBy(connection: Connection, segment: Segment): Segment[] {
  if (!isAcknowledgement(segment)) return [];
  const { n } = segment.line.record;
  const earlier = connection.segments.filter(
    (s) => s.from === segment.from && s.line.record.n < n && isAcknowledgement(s),
  );
  const before = earlier.reduce((most, s) => Math.max(most, s.ack), 0);
  return connection.segments.filter(
    (s) => s.from !== segment.from && s.line.record.n < n && s.end > s.seq && s.end > before && s.end <= segment.ack,
  );
}
