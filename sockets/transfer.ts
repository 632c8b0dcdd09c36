/** Sending and receiving, step by step as lwIP does it. Source: lwIP sockets.c, api_lib.c */

import { ERR_ARG, ERR_CLSD, ERR_CONN, ERR_OK, ERR_RST, ERR_TIMEOUT, ERR_WOULDBLOCK, type err_t } from '../stack/err.ts';
import { FRAME_TRANSPORT } from '../stack/frame.ts';
import { Pbuf, pbuf_copy_partial, pbuf_free } from '../stack/pbuf.ts';
import { rawFrame } from '../stack/raw.ts';
import { UDP_PAYLOAD, udpFrame } from '../stack/udp.ts';
import { lwip_netconn_do_recv, lwip_netconn_do_send, lwip_netconn_do_write } from './api_msg.ts';
import { getaddr, setSockaddr, shutdownConn } from './connection.ts';
import { AF_INET6, IOV_MAX, MSG_DONTWAIT, MSG_MORE, MSG_PEEK, MSG_TRUNC, SHUT_RD } from './constants.ts';
import { EBADF, EINVAL, EIO, EMSGSIZE, ENOMEM, ENOTCONN, EOPNOTSUPP, err_to_errno } from './errno.ts';
import {
  NETCONN_EVT_RCVMINUS,
  NETCONN_FIN_RX_PENDING,
  NETCONN_FLAG_MBOXCLOSED,
  NETCONN_TCP,
  NETCONN_UDP,
  Netbuf,
  type Netconn,
  NetconnError,
  netconn_err,
  type RecvItem,
} from './netconn.ts';
import { isInet, ntohl, ntohs, sa_family, type sockaddr, type sockaddr_in } from './sockaddr.ts';
import type { LwipSock } from './socket.ts';
import type { Sockets } from './sockets.ts';
import type { Mbox, Op, SysThread } from './sys_arch.ts';
/** struct msghdr; iov_base and iov_len are one Uint8Array. */
export interface msghdr {
  msg_name: sockaddr_in | null;
  msg_iov: Uint8Array[];
  msg_flags: number;
}

const NO_ADDRESS = 0;
/** What checkRecvmsg() finds wrong with a good message. */
const NOTHING_WRONG = 0;

// Sending

export function lwip_send(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  data: Uint8Array,
  size: number,
  flags: number,
): Op<number> {
  return lwip_sendto(sockets, thread, s, data, size, flags, null);
}

export function* lwip_sendto(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  data: Uint8Array,
  size: number,
  flags: number,
  to: sockaddr | null,
): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const part = size === data.length ? data : data.subarray(0, size);
  const conn = sock.conn!;
  let ret: number;
  if (conn.type === NETCONN_TCP) ret = yield* write(sockets, thread, conn, [part], flags);
  else ret = yield* sendDatagram(sockets, thread, conn, [part], to);
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

export function* lwip_sendmsg(sockets: Sockets, thread: SysThread, s: number, msg: msghdr, flags: number): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const conn = sock.conn!;
  const count = msg.msg_iov.length;
  let ret: number;
  if (count === 0 || count > IOV_MAX) ret = sockets.fail(thread, EMSGSIZE);
  else if ((flags & ~(MSG_DONTWAIT | MSG_MORE)) !== 0) ret = sockets.fail(thread, EOPNOTSUPP);
  else if (conn.type === NETCONN_TCP) ret = yield* write(sockets, thread, conn, msg.msg_iov, flags);
  else ret = yield* sendDatagram(sockets, thread, conn, msg.msg_iov, msg.msg_name);
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

export function* lwip_writev(sockets: Sockets, thread: SysThread, s: number, iov: Uint8Array[]): Op<number> {
  return yield* lwip_sendmsg(sockets, thread, s, { msg_name: null, msg_iov: iov, msg_flags: 0 }, 0);
}

/** Source: lwIP netconn_write_vectors_partly() */
function* write(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  vector: readonly Uint8Array[],
  flags: number,
): Op<number> {
  const parts = sockets.transferLimit === Number.POSITIVE_INFINITY ? vector : firstBytes(vector, sockets.transferLimit);
  let total = 0;
  for (const part of parts) total += part.length;
  if (total === 0) return 0;
  const msg = sockets.msg(thread, conn);
  msg.vector = parts.length === 1 ? parts : parts.filter((part) => part.length > 0);
  msg.vectorIndex = 0;
  msg.vectorOffset = 0;
  msg.offset = 0;
  msg.total = total;
  msg.apiflags = flags;
  if (conn.send_timeout !== 0) msg.time_started = sockets.sys.sys_now();
  if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_write, msg)) {
    yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_write, msg);
  }
  return sockets.result(thread, msg.err, msg.offset);
}

/** Not more than so many bytes of a vector. */
function firstBytes(vector: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  return vector.map((part) => {
    const first = part.subarray(0, left);
    left -= first.length;
    return first;
  });
}

function* sendDatagram(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  vector: readonly Uint8Array[],
  to: sockaddr | null,
): Op<number> {
  let size = 0;
  for (const part of vector) size += part.length;
  if (size > 0xffff) return sockets.fail(thread, EMSGSIZE);
  if (to !== null && !isInet(to)) return sockets.fail(thread, sa_family(to) === AF_INET6 ? EINVAL : EIO);
  if (sockets.tcpip.stack.lacks('pbuf')) return sockets.fail(thread, ENOMEM);
  const isUdp = conn.type === NETCONN_UDP;
  const frame = isUdp ? udpFrame(sockets.tcpip.stack, size) : rawFrame(sockets.tcpip.stack, size);
  let at = isUdp ? UDP_PAYLOAD : FRAME_TRANSPORT;
  for (const part of vector) {
    frame.bytes.set(part, at);
    at += part.length;
  }
  const msg = sockets.msg(thread, conn);
  msg.frame = frame;
  msg.addr = to === null ? NO_ADDRESS : ntohl(to.sin_addr.s_addr) | 0;
  msg.port = to === null ? 0 : ntohs(to.sin_port);
  if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_send, msg)) {
    yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_send, msg);
  }
  return sockets.result(thread, msg.err, size);
}

// Receiving

/** @param from filled with the sender's address, if given */
export function* lwip_recvfrom(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  mem: Uint8Array,
  len: number,
  flags: number,
  from: sockaddr_in | null,
): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  let ret: number;
  if (sock.conn!.type === NETCONN_TCP) {
    ret = yield* recvTcp(sockets, thread, sock, mem, len, flags);
    if (from !== null) yield* getaddr(sockets, thread, sock.conn!, false, from);
  } else {
    const buffer = len === mem.length ? mem : mem.subarray(0, len);
    ret = yield* recvDatagram(sockets, thread, sock, [buffer], flags, from);
    if (ret > len) ret = len;
  }
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
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
    ret = yield* recvDatagram(sockets, thread, sock, message.msg_iov, flags, message.msg_name);
    if (ret > room) message.msg_flags |= MSG_TRUNC;
  }
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

/** One receive a vector; only the first may wait. */
function* recvVectors(sockets: Sockets, thread: SysThread, sock: LwipSock, message: msghdr, flags: number): Op<number> {
  message.msg_flags = 0;
  let total = 0;
  let how = flags;
  for (const part of message.msg_iov) {
    const n = yield* recvTcp(sockets, thread, sock, part, part.length, how);
    if (n > 0) total += n;
    if (n < part.length || (flags & MSG_PEEK) !== 0) {
      if (total <= 0) total = n;
      break;
    }
    how |= MSG_DONTWAIT;
  }
  return total;
}

/** Source: lwIP lwip_recv_tcp() */
function* recvTcp(
  sockets: Sockets,
  thread: SysThread,
  sock: LwipSock,
  mem: Uint8Array,
  length: number,
  flags: number,
): Op<number> {
  const len = Math.min(length, sockets.transferLimit);
  const conn = sock.conn!;
  let dontblock = (flags & MSG_DONTWAIT) !== 0 || conn.nonBlocking;
  let recvd = 0;
  do {
    let p = sock.lastdata as Pbuf | null;
    if (p === null) {
      let got = takeChunk(conn, dontblock, recvd > 0);
      if (got === undefined) {
        const item = yield* fetchWaiting(sockets, thread, conn, conn.recvmbox!);
        got = typeof item === 'number' ? item : received(conn, item, false);
      }
      if (got === ERR_CLSD) got = yield* handleFin(sockets, thread, conn);
      if (typeof got === 'number') {
        if (recvd > 0) break;
        sockets.fail(thread, err_to_errno(got));
        return got === ERR_CLSD ? 0 : -1;
      }
      p = got;
      sock.lastdata = p;
    }
    const count = Math.min(len - recvd, p.tot_len);
    copyOut(p, mem, recvd, count);
    recvd += count;
    if ((flags & MSG_PEEK) !== 0) return recvd;
    sock.lastdata = dropFront(p, count);
    dontblock = true;
  } while (recvd < len);
  if (recvd > 0) {
    const msg = sockets.msg(thread, conn);
    msg.n = recvd;
    if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_recv, msg)) {
      yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_recv, msg);
    }
  }
  return recvd;
}

/**
 * The next chunk without waiting for it.
 * @param noFin a FIN must wait for the next call
 * @returns the chunk or an error, ERR_CLSD for a FIN; undefined if the call may wait
 * Source: lwIP netconn_recv_data_tcp()
 */
function takeChunk(conn: Netconn, dontblock: boolean, noFin: boolean): Pbuf | err_t | undefined {
  const mbox = conn.recvmbox;
  if (mbox === null || conn.mboxInvalid) return ERR_CONN;
  if ((conn.flags & NETCONN_FIN_RX_PENDING) !== 0) {
    conn.flags &= ~NETCONN_FIN_RX_PENDING;
    return ERR_CLSD;
  }
  const item = fetchNow(conn, mbox, dontblock);
  return item === undefined || typeof item === 'number' ? item : received(conn, item, noFin);
}

/** What an item of the mailbox means to a receiver. */
function received(conn: Netconn, item: RecvItem, noFin: boolean): Pbuf | err_t {
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
  yield* shutdownConn(sockets, thread, conn, SHUT_RD);
  return ERR_CLSD;
}

/** @returns length of the datagram, which may exceed the buffers, or -1. Source: lwIP lwip_recvfrom_udp_raw() */
function* recvDatagram(
  sockets: Sockets,
  thread: SysThread,
  sock: LwipSock,
  iov: readonly Uint8Array[],
  flags: number,
  from: sockaddr_in | null,
): Op<number> {
  const conn = sock.conn!;
  let buf = sock.lastdata as Netbuf | null;
  if (buf === null) {
    const mbox = conn.recvmbox;
    if (mbox === null || conn.mboxInvalid) {
      const err = netconn_err(conn);
      return sockets.fail(thread, err_to_errno(err === ERR_OK ? ERR_CONN : err));
    }
    const dontblock = (flags & MSG_DONTWAIT) !== 0 || conn.nonBlocking;
    const item = fetchNow(conn, mbox, dontblock) ?? (yield* fetchWaiting(sockets, thread, conn, mbox));
    if (typeof item === 'number') return sockets.fail(thread, err_to_errno(item));
    if (!(item instanceof Netbuf)) return sockets.fail(thread, ENOTCONN);
    buf = item;
    conn.recv_avail -= buf.p.tot_len;
    conn.callback(conn, NETCONN_EVT_RCVMINUS);
    sock.lastdata = buf;
  }
  const length = buf.p.tot_len;
  let copied = 0;
  for (const part of iov) {
    if (copied < length) copied += pbuf_copy_partial(buf.p, part, 0, part.length, copied);
  }
  if (from !== null) setSockaddr(from, buf.addr, buf.port);
  if ((flags & MSG_PEEK) === 0) {
    sock.lastdata = null;
    pbuf_free(buf.p);
  }
  return length;
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

/** Wait for an item, as long as SO_RCVTIMEO allows. @returns the item or ERR_TIMEOUT */
export function* fetchWaiting<T>(sockets: Sockets, thread: SysThread, conn: Netconn, mbox: Mbox<T>): Op<T | err_t> {
  const { sys } = sockets;
  const ms = conn.recv_timeout;
  const deadline = ms === 0 ? Number.POSITIVE_INFINITY : sys.deadline(sys.fetchTicks(ms));
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
  if (p.next === null) mem.set(p.frame.bytes.subarray(p.at, p.at + count), to);
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
