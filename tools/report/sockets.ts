/** Which connection a call is about, and which bytes of its streams: what descriptors mean, followed from call to call. */

import type { CallRecord } from '../../device/trace.ts';
import type { Connection, ConnectionEnd, Segment } from './connections.ts';

/** A call's connection as its board sees it. */
export interface SocketUse {
  readonly connection: Connection;
  /** Which end is the caller's. */
  readonly side: 0 | 1;
  /** Bytes of the stream that calls have sent or received before this one. */
  readonly before: number;
}

/** What a descriptor of a board stands for. */
interface Descriptor {
  port: string;
  connection: Connection | undefined;
  side: 0 | 1;
  sent: number;
  received: number;
}

const SENDS: ReadonlySet<string> = new Set(['send', 'write', 'writev', 'sendmsg']);
const RECEIVES: ReadonlySet<string> = new Set(['recv', 'read', 'readv', 'recvmsg', 'recvfrom']);

export class Sockets {
  readonly #connections: readonly Connection[];
  readonly #descriptors = new Map<string, Descriptor>();
  /** Ends that a descriptor stands for. */
  readonly #claimed = new Set<ConnectionEnd>();
  readonly #uses = new Map<CallRecord, SocketUse>();
  /** In the order of their bytes. */
  readonly #sends = new Map<ConnectionEnd, { readonly before: number; readonly call: CallRecord }[]>();

  constructor(calls: readonly CallRecord[], connections: readonly Connection[]) {
    this.#connections = connections;
    const whenDone = ({ n1 }: CallRecord): number => (n1 < 0 ? Number.POSITIVE_INFINITY : n1);
    for (const call of [...calls].sort((a, b) => whenDone(a) - whenDone(b))) this.#follow(call);
  }

  /** The call that sent a byte of a stream; undefined if that is not known. @param offset from 0 */
  sendOf(connection: Connection, side: 0 | 1, offset: number): CallRecord | undefined {
    const sends = this.#sends.get(connection.ends[side]) ?? [];
    let low = 0;
    let high = sends.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (sends[mid]!.before <= offset) low = mid + 1;
      else high = mid;
    }
    const send = sends[low - 1];
    return send !== undefined && offset < send.before + send.call.ret! ? send.call : undefined;
  }

  /** undefined for a call that is not about a TCP connection that was seen. */
  useOf(call: CallRecord): SocketUse | undefined {
    return this.#uses.get(call);
  }

  #follow(call: CallRecord): void {
    const { fn, args, ret = -1 } = call;
    if (fn === 'socket' && ret >= 0) this.#open(call.board, ret);
    const descriptor = this.#descriptors.get(`${call.board} ${args[0]}`);
    if (descriptor === undefined) return;
    if (fn === 'bind') descriptor.port = portOf(String(args[1]));
    if (fn === 'connect') this.#connect(descriptor, call);
    if (fn === 'accept' && ret >= 0) this.#accept(descriptor.port, call, ret);
    this.#note(descriptor, call);
  }

  #open(board: string, fd: number): Descriptor {
    const descriptor: Descriptor = { port: '', connection: undefined, side: 0, sent: 0, received: 0 };
    this.#descriptors.set(`${board} ${fd}`, descriptor);
    return descriptor;
  }

  #connect(descriptor: Descriptor, { board, args, n0 }: CallRecord): void {
    descriptor.connection ??= this.#claim(
      0,
      ({ segments: [syn], ends }) =>
        syn!.line.record.from === board && ends[1].address === args[1] && syn!.line.record.n > n0,
    );
  }

  #accept(port: string, { board, addr, n1 }: CallRecord, fd: number): void {
    const descriptor = this.#open(board, fd);
    descriptor.side = 1;
    descriptor.connection = this.#claim(
      1,
      ({ segments: [syn], ends: [peer, own] }) =>
        own.board === board &&
        portOf(own.address) === port &&
        (addr === '' || peer.address === addr) &&
        syn!.line.record.n < n1,
    );
  }

  /** The first connection like this whose end no other descriptor stands for. */
  #claim(side: 0 | 1, fits: (connection: Connection) => boolean): Connection | undefined {
    const found = this.#connections.find((one) => !this.#claimed.has(one.ends[side]) && fits(one));
    if (found !== undefined) this.#claimed.add(found.ends[side]);
    return found;
  }

  #note(descriptor: Descriptor, call: CallRecord): void {
    const { connection, side } = descriptor;
    if (connection === undefined) return;
    const bytes = Math.max(0, call.ret ?? 0);
    const before = SENDS.has(call.fn) ? descriptor.sent : descriptor.received;
    if (SENDS.has(call.fn)) descriptor.sent += bytes;
    if (RECEIVES.has(call.fn)) descriptor.received += bytes;
    this.#uses.set(call, { connection, side, before });
    if (!SENDS.has(call.fn) || bytes === 0) return;
    const end = connection.ends[side];
    const sends = this.#sends.get(end) ?? [];
    sends.push({ before, call });
    this.#sends.set(end, sends);
  }
}

/** The segments that carried the bytes that a call sent or received; those of a receiver that have arrived. */
export function segmentsOf(use: SocketUse, call: CallRecord): Segment[] {
  const count = call.ret ?? 0;
  const isSend = SENDS.has(call.fn);
  if (count <= 0 || !(isSend || RECEIVES.has(call.fn))) return [];
  const from = isSend ? use.side : 1 - use.side;
  // The first byte of a stream has the number 1: the SYN was 0.
  const [first, end] = [use.before + 1, use.before + 1 + count];
  return use.connection.segments.filter(
    (one) =>
      one.from === from &&
      one.line.d.payload.length > 0 &&
      one.seq < end &&
      one.seq + one.line.d.payload.length > first &&
      (isSend || (!one.line.lost && one.line.record.n < call.n1)),
  );
}

export function ownEnd({ connection, side }: SocketUse): ConnectionEnd {
  return connection.ends[side];
}

/** Of "ip:port". */
export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}
