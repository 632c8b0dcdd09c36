/** Receiving, step by step as lwIP does it. Source: lwIP sockets.c, api_lib.c */

import { ERR_ARG, ERR_CLSD, ERR_CONN, ERR_OK, ERR_RST, ERR_TIMEOUT, ERR_WOULDBLOCK, type err_t } from '../stack/err.ts';
import { Pbuf, pbuf_copy_partial, pbuf_free } from '../stack/pbuf.ts';
import type { ApiMsg } from './api_msg.ts';
import { lwip_netconn_do_recv } from './api_msg.ts';
import { getaddr, setSockaddr, shutdownConn } from './connection.ts';
import { IOV_MAX, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SHUT_RD } from './constants.ts';
import { EBADF, EINVAL, EMSGSIZE, ENOTCONN, EOPNOTSUPP, err_to_errno } from './errno.ts';
import {
  NETCONN_EVT_RCVMINUS,
  NETCONN_FIN_RX_PENDING,
  NETCONN_FLAG_MBOXCLOSED,
  NETCONN_TCP,
  Netbuf,
  type Netconn,
  NetconnError,
  netconn_err,
  type RecvItem,
} from './netconn.ts';
import { type PolledOp, type Result, stepOf } from './polled_op.ts';
import type { msghdr } from './send.ts';
import type { sockaddr_in } from './sockaddr.ts';
import type { LwipSock } from './socket.ts';
import { letGo } from './socket_call.ts';
import { errOf, type Sockets } from './sockets.ts';
import type { Mbox, Op, Sys, SysThread } from './sys_arch.ts';

/** In place of a descriptor: the socket is held by the caller. */
const HELD = -1;
/** What checkRecvmsg() finds wrong with a good message. */
const NOTHING_WRONG = 0;

/** @param from filled with the sender's address, if given */
export function lwip_recvfrom(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  mem: Uint8Array,
  len: number,
  flags: number,
  from: sockaddr_in | null,
): Op<number> {
  return new Receive(sockets, thread, s, null, [len === mem.length ? mem : mem.subarray(0, len)], flags, from);
}

export function* lwip_readv(sockets: Sockets, thread: SysThread, s: number, iov: Uint8Array[]): Op<number> {
  return yield* lwip_recvmsg(sockets, thread, s, { msg_name: null, msg_iov: iov, msg_flags: 0 }, 0);
}

export function* lwip_recvmsg(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  message: msghdr | null,
  flags: number,
): Op<number> {
  if (message === null) return ERR_ARG;
  const invalid = checkRecvmsg(message, flags);
  const sock = invalid === EOPNOTSUPP || invalid === EMSGSIZE ? null : sockets.use(s);
  if (sock === null) return sockets.fail(thread, invalid === EOPNOTSUPP || invalid === EMSGSIZE ? invalid : EBADF);
  let ret: number;
  if (invalid !== NOTHING_WRONG) ret = sockets.fail(thread, invalid);
  else if (sock.conn!.type === NETCONN_TCP) {
    ret = yield* recvVectors(sockets, thread, sock, message, flags);
    if (message.msg_name !== null) yield* getaddr(sockets, thread, sock.conn!, false, message.msg_name);
  } else {
    const room = message.msg_iov.reduce((n, part) => n + part.length, 0);
    message.msg_flags = 0;
    ret = yield* new Receive(sockets, thread, HELD, sock, message.msg_iov, flags, message.msg_name);
    if (ret > room) message.msg_flags |= MSG_TRUNC;
  }
  const rest = sockets.done(thread, sock);
  if (rest !== null) yield* rest;
  return ret;
}

/** One receive a vector; only the first may wait. */
function* recvVectors(sockets: Sockets, thread: SysThread, sock: LwipSock, message: msghdr, flags: number): Op<number> {
  message.msg_flags = 0;
  let total = 0;
  let how = flags;
  for (const part of message.msg_iov) {
    const n = yield* new Receive(sockets, thread, HELD, sock, [part], how, null);
    if (n > 0) total += n;
    if (n < part.length || (flags & MSG_PEEK) !== 0) {
      if (total <= 0) total = n;
      break;
    }
    how |= MSG_DONTWAIT;
  }
  return total;
}

/** One receive: from a descriptor, or as a part of recvmsg() from a socket that is held already. */
class Receive implements PolledOp {
  done = false;
  value = 0;
  rest: Op<number> | null = null;
  private readonly sockets: Sockets;
  private readonly thread: SysThread;
  private readonly s: number;
  /** Null as long as it is not held. */
  private sock: LwipSock | null;
  /** A stream fills one. */
  private readonly iov: readonly Uint8Array[];
  private readonly flags: number;
  private readonly from: sockaddr_in | null;
  /** The mailbox in which it waits for something; null before. */
  private waitsFor: Mbox<RecvItem> | null = null;
  private deadline = Number.POSITIVE_INFINITY;
  /** Bytes of a stream that it may receive, fixed when it begins; and those received so far. */
  private limit = Number.POSITIVE_INFINITY;
  private recvd = 0;

  /** @param s descriptor, or HELD  @param sock of it, if that is held */
  constructor(
    sockets: Sockets,
    thread: SysThread,
    s: number,
    sock: LwipSock | null,
    iov: readonly Uint8Array[],
    flags: number,
    from: sockaddr_in | null,
  ) {
    this.sockets = sockets;
    this.thread = thread;
    this.s = s;
    this.sock = sock;
    this.iov = iov;
    this.flags = flags;
    this.from = from;
  }

  next(): IteratorResult<void, number> {
    return stepOf(this);
  }

  [Symbol.iterator](): this {
    return this;
  }

  poll(): Result | null {
    this.sock ??= this.sockets.use(this.s);
    const { sock } = this;
    if (sock === null) return this.sockets.fail(this.thread, EBADF);
    const isStream = sock.conn!.type === NETCONN_TCP;
    if (this.s === HELD) return isStream ? this.pollStream(sock) : this.pollDatagram(sock);
    const result = isStream ? this.streamWithPeer(sock) : this.cutDatagram(sock);
    return result === null ? null : letGo(this.sockets, this.thread, sock, result);
  }

  /** recvfrom() on a stream asks for the peer's address when it has received. */
  private streamWithPeer(sock: LwipSock): Result | null {
    const result = this.pollStream(sock);
    return result === null || this.from === null ? result : this.withPeer(sock.conn!, result, this.from);
  }

  private *withPeer(conn: Netconn, result: Result, from: sockaddr_in): Op<number> {
    const ret = typeof result === 'number' ? result : yield* result;
    yield* getaddr(this.sockets, this.thread, conn, false, from);
    return ret;
  }

  /** recv() returns no more than there was room for; recvmsg() wants to know. */
  private cutDatagram(sock: LwipSock): number | null {
    const length = this.pollDatagram(sock);
    return length === null ? null : Math.min(length, this.iov[0]!.length);
  }

  /**
   * Receive from a stream: wait for a chunk, then take what else is there.
   * Source: lwIP lwip_recv_tcp()
   */
  private pollStream(sock: LwipSock): Result | null {
    const conn = sock.conn!;
    const mem = this.iov[0]!;
    let chunk: Pbuf | err_t | null;
    if (this.waitsFor !== null) chunk = this.chunkOf(this.fetch(conn));
    else {
      this.limit = this.sockets.transferLimit;
      chunk = (sock.lastdata as Pbuf | null) ?? this.firstChunk(conn);
    }
    if (chunk === null) return null;
    const len = Math.min(mem.length, this.limit);
    for (;;) {
      if (typeof chunk === 'number') return this.noMoreData(chunk);
      const count = Math.min(len - this.recvd, chunk.tot_len);
      copyOut(chunk, mem, this.recvd, count);
      this.recvd += count;
      if ((this.flags & MSG_PEEK) !== 0) {
        sock.lastdata = chunk;
        return this.recvd;
      }
      const rest = dropFront(chunk, count);
      sock.lastdata = rest;
      if (this.recvd >= len) return this.confirm();
      chunk = rest ?? chunkAtHand(conn);
    }
  }

  /** @returns a chunk or an error, ERR_CLSD for a FIN; null: not yet. Source: lwIP netconn_recv_data_tcp() */
  private firstChunk(conn: Netconn): Pbuf | err_t | null {
    const mbox = conn.recvmbox;
    if (mbox === null || conn.mboxInvalid) return ERR_CONN;
    if (takePendingFin(conn)) return ERR_CLSD;
    return this.chunkOf(this.fetchOrWait(conn, mbox));
  }

  private chunkOf(item: RecvItem | err_t | null): Pbuf | err_t | null {
    return item === null || typeof item === 'number' ? item : chunkIn(this.sock!.conn!, item, false);
  }

  /** The stream ends here, or there is no more of it for now. */
  private noMoreData(err: err_t): Result {
    if (err === ERR_CLSD) return this.endOfStream();
    if (this.recvd > 0) return this.confirm();
    return this.sockets.fail(this.thread, err_to_errno(err));
  }

  /** The peer's FIN, which has its effect on our side whatever was received before it. */
  private *endOfStream(): Op<number> {
    const { sockets, thread } = this;
    const err = yield* handleFin(sockets, thread, this.sock!.conn!);
    if (this.recvd > 0) {
      const confirmed = this.confirm();
      return typeof confirmed === 'number' ? confirmed : yield* confirmed;
    }
    sockets.fail(thread, err_to_errno(err));
    return err === ERR_CLSD ? 0 : -1;
  }

  /** Give what was received back to the receive window. */
  private confirm(): Result {
    const { sockets, thread } = this;
    if (this.recvd === 0) return 0;
    const msg = sockets.msg(thread, this.sock!.conn!);
    msg.n = this.recvd;
    return sockets.post(thread, lwip_netconn_do_recv, msg, received);
  }

  /** @returns length of the datagram, which may exceed the room for it, or -1; null: not yet. Source: lwIP lwip_recvfrom_udp_raw() */
  private pollDatagram(sock: LwipSock): number | null {
    const { from } = this;
    let buf: Netbuf | number | null;
    if (this.waitsFor !== null) buf = datagramOf(sock.conn!, this.fetch(sock.conn!));
    else buf = (sock.lastdata as Netbuf | null) ?? this.firstDatagram(sock.conn!);
    if (buf === null) return null;
    if (typeof buf === 'number') return this.sockets.fail(this.thread, buf);
    const { p } = buf;
    const length = p.tot_len;
    let copied = 0;
    for (const part of this.iov) {
      const count = Math.min(part.length, length - copied);
      if (copied === 0) copyOut(p, part, 0, count);
      else if (count > 0) pbuf_copy_partial(p, part, 0, count, copied);
      copied += count;
    }
    if (from !== null) setSockaddr(from, buf.addr, buf.port);
    if ((this.flags & MSG_PEEK) !== 0) sock.lastdata = buf;
    else {
      sock.lastdata = null;
      pbuf_free(p);
    }
    return length;
  }

  /** @returns a datagram or an errno; null: not yet */
  private firstDatagram(conn: Netconn): Netbuf | number | null {
    const mbox = conn.recvmbox;
    if (mbox === null || conn.mboxInvalid) {
      const err = netconn_err(conn);
      return err_to_errno(err === ERR_OK ? ERR_CONN : err);
    }
    return datagramOf(conn, this.fetchOrWait(conn, mbox));
  }

  /** The next item of a mailbox. @returns the item or an error; null: not yet */
  private fetchOrWait(conn: Netconn, mbox: Mbox<RecvItem>): RecvItem | err_t | null {
    const item = fetchNow(conn, mbox, (this.flags & MSG_DONTWAIT) !== 0 || conn.nonBlocking);
    if (item !== undefined) return item;
    this.waitsFor = mbox;
    this.deadline = fetchDeadline(this.sockets.sys, conn);
    conn.mbox_threads_waiting++;
    return this.wait(conn, mbox);
  }

  /** The item that it waits for, as long as SO_RCVTIMEO allows. @returns the item or an error; null: not yet */
  private fetch(conn: Netconn): RecvItem | err_t | null {
    const mbox = this.waitsFor!;
    const item = mbox.tryfetch();
    if (item === undefined) return this.wait(conn, mbox);
    this.stopWaiting(conn);
    return item;
  }

  private wait(conn: Netconn, mbox: Mbox<RecvItem>): err_t | null {
    if (this.sockets.sys.block(this.thread, mbox.receivers, this.deadline)) return null;
    this.stopWaiting(conn);
    return ERR_TIMEOUT;
  }

  private stopWaiting(conn: Netconn): void {
    this.waitsFor = null;
    conn.mbox_threads_waiting--;
  }
}

/** lwIP does not look at what became of tcp_recved(). */
function received(msg: ApiMsg): number {
  return msg.n;
}

/** @returns true once for a FIN that had to wait for the next call */
function takePendingFin(conn: Netconn): boolean {
  if ((conn.flags & NETCONN_FIN_RX_PENDING) === 0) return false;
  conn.flags &= ~NETCONN_FIN_RX_PENDING;
  return true;
}

/**
 * The next chunk for a call that has received something already: it neither waits nor takes a FIN.
 * @returns the chunk or an error
 */
function chunkAtHand(conn: Netconn): Pbuf | err_t {
  const mbox = conn.recvmbox;
  if (mbox === null || conn.mboxInvalid) return ERR_CONN;
  if (takePendingFin(conn)) return ERR_CLSD;
  const item = fetchNow(conn, mbox, true)!;
  return typeof item === 'number' ? item : chunkIn(conn, item, true);
}

/** What an item of the mailbox means to a receiver of a stream. */
function chunkIn(conn: Netconn, item: RecvItem, noFin: boolean): Pbuf | err_t {
  if (item instanceof Pbuf) {
    conn.recv_avail -= item.tot_len;
    conn.callback(conn, NETCONN_EVT_RCVMINUS);
    return item;
  }
  if (!(item instanceof NetconnError)) return ERR_CONN;
  if (item.err !== ERR_CLSD || !noFin) return item.err;
  conn.flags |= NETCONN_FIN_RX_PENDING;
  return ERR_WOULDBLOCK;
}

/** The peer will send no more: close our receiving side. */
function* handleFin(sockets: Sockets, thread: SysThread, conn: Netconn): Op<err_t> {
  conn.callback(conn, NETCONN_EVT_RCVMINUS);
  if (conn.tcp === null) {
    const err = netconn_err(conn);
    return err === ERR_OK ? ERR_RST : err;
  }
  const shut = shutdownConn(sockets, thread, conn, SHUT_RD, errOf);
  if (typeof shut !== 'number') yield* shut;
  return ERR_CLSD;
}

/** @returns the datagram or an errno; null: not yet */
function datagramOf(conn: Netconn, item: RecvItem | err_t | null): Netbuf | number | null {
  if (item === null) return null;
  if (typeof item === 'number') return err_to_errno(item);
  if (!(item instanceof Netbuf)) return ENOTCONN;
  conn.recv_avail -= item.p.tot_len;
  conn.callback(conn, NETCONN_EVT_RCVMINUS);
  return item;
}

/**
 * Take an item out of a mailbox without waiting.
 * @returns the item; ERR_WOULDBLOCK, a pending error or ERR_CONN if there is none and never will be or the call must not
 * wait; undefined if it may wait
 * Source: lwIP netconn_recv_data(), netconn_accept()
 */
export function fetchNow<T>(conn: Netconn, mbox: Mbox<T>, dontblock: boolean): T | err_t | undefined {
  const item = mbox.tryfetch();
  if (item !== undefined) return item;
  const closed = (conn.flags & NETCONN_FLAG_MBOXCLOSED) !== 0;
  if (!dontblock && !closed && conn.pending_err === ERR_OK) return undefined;
  const err = netconn_err(conn);
  if (err !== ERR_OK) return err;
  return closed ? ERR_CONN : ERR_WOULDBLOCK;
}

/** End of a wait for a mailbox that begins now: SO_RCVTIMEO, or never. */
function fetchDeadline(sys: Sys, conn: Netconn): number {
  const ms = conn.recv_timeout;
  return ms === 0 ? Number.POSITIVE_INFINITY : sys.deadline(sys.fetchTicks(ms));
}

/** Wait for an item, as long as SO_RCVTIMEO allows. @returns the item or ERR_TIMEOUT */
export function* fetchWaiting<T>(sys: Sys, thread: SysThread, conn: Netconn, mbox: Mbox<T>): Op<T | err_t> {
  const deadline = fetchDeadline(sys, conn);
  let item: T | undefined;
  conn.mbox_threads_waiting++;
  do {
    if (!sys.block(thread, mbox.receivers, deadline)) break;
    yield;
    item = mbox.tryfetch();
  } while (item === undefined);
  conn.mbox_threads_waiting--;
  return item ?? ERR_TIMEOUT;
}

/** @returns errno, or NOTHING_WRONG. Source: lwIP lwip_recvmsg() */
function checkRecvmsg(message: msghdr, flags: number): number {
  if ((flags & ~(MSG_PEEK | MSG_DONTWAIT)) !== 0) return EOPNOTSUPP;
  const count = message.msg_iov.length;
  if (count === 0 || count > IOV_MAX) return EMSGSIZE;
  return message.msg_iov.some((part) => part.length === 0) ? EINVAL : NOTHING_WRONG;
}

/** Copy the first bytes of a chain; a chain of one part is the usual case. */
function copyOut(p: Pbuf, mem: Uint8Array, to: number, count: number): void {
  if (p.next === null) mem.set(p.frame.part(p.at, count), to);
  else pbuf_copy_partial(p, mem, to, count, 0);
}

/** What is left of a chain after its first bytes were read; null if nothing is. Source: lwIP pbuf_free_header() */
function dropFront(head: Pbuf, count: number): Pbuf | null {
  let left = count;
  let p: Pbuf | null = head;
  while (p !== null && left >= p.len) {
    left -= p.len;
    const next: Pbuf | null = p.next;
    p.frame.release();
    p = next;
  }
  if (p === null) return null;
  p.at += left;
  p.len -= left;
  p.tot_len -= left;
  return p;
}
