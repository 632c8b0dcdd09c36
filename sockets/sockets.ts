/**
 * The BSD socket calls of one board, step by step as lwIP makes them. Every call that may be suspended is an Op: a
 * generator that yields wherever its task gives up the processor. Source: lwIP sockets.c, api_lib.c
 */

import { ERR_ARG, ERR_CLSD, ERR_CONN, ERR_OK, ERR_RST, ERR_TIMEOUT, ERR_WOULDBLOCK, type err_t } from '../stack/err.ts';
import { FRAME_TRANSPORT } from '../stack/frame.ts';
import { Pbuf, pbuf_copy_partial, pbuf_free } from '../stack/pbuf.ts';
import { rawFrame } from '../stack/raw.ts';
import { TcpPcb, TF_FIN } from '../stack/tcp.ts';
import { UDP_PAYLOAD, udpFrame } from '../stack/udp.ts';
import {
  ApiMsg,
  checkPcbIsThere,
  lwip_netconn_do_abort_unaccepted,
  lwip_netconn_do_accepted,
  lwip_netconn_do_bind,
  lwip_netconn_do_close,
  lwip_netconn_do_connect,
  lwip_netconn_do_delconn,
  lwip_netconn_do_disconnect,
  lwip_netconn_do_getaddr,
  lwip_netconn_do_join_leave_group,
  lwip_netconn_do_listen,
  lwip_netconn_do_newconn,
  lwip_netconn_do_recv,
  lwip_netconn_do_send,
  lwip_netconn_do_write,
} from './api_msg.ts';
import {
  AF_INET,
  AF_UNSPEC,
  F_GETFL,
  F_SETFL,
  FD_SETSIZE,
  FIONBIO,
  FIONREAD,
  IOV_MAX,
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_PEEK,
  MSG_TRUNC,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
  SHUT_RD,
  SHUT_RDWR,
  SIZEOF_SOCKADDR_IN,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
} from './constants.ts';
import { EBADF, EINVAL, EIO, EMSGSIZE, ENFILE, ENOSYS, ENOTCONN, EOPNOTSUPP, err_to_errno } from './errno.ts';
import {
  NETCONN_EVT_RCVMINUS,
  NETCONN_EVT_RCVPLUS,
  NETCONN_FIN_RX_PENDING,
  NETCONN_FLAG_MBOXCLOSED,
  NETCONN_FLAG_MBOXINVALID,
  NETCONN_FLAG_NON_BLOCKING,
  NETCONN_RAW,
  NETCONN_TCP,
  NETCONN_UDP,
  Netbuf,
  Netconn,
  NetconnDeleted,
  NetconnError,
  netconn_err,
} from './netconn.ts';
import { event_callback, Selectors } from './select.ts';
import { htonl, htons, ntohl, ntohs, type sockaddr_in } from './sockaddr.ts';
import { LwipSock } from './socket.ts';
import { getsockopt, Memberships, type SockoptOut, type SockoptValue, setsockopt } from './sockopt.ts';
import type { Mbox, Op, Sys, SysThread } from './sys_arch.ts';
import type { TcpipFn, TcpipThread } from './tcpip.ts';

/** struct msghdr; iov_base and iov_len are one Uint8Array. */
export interface msghdr {
  msg_name: sockaddr_in | null;
  msg_iov: Uint8Array[];
  msg_flags: number;
}

const NO_ADDRESS = 0;
const SIZEOF_SOCKADDR_IN6 = 28;
/** What "none" of an argument check looks like. */
const EVERYTHING_FITS = 0;

export class Sockets {
  readonly tcpip: TcpipThread;
  readonly sys: Sys;
  /** First descriptor (LWIP_SOCKET_OFFSET); the last is 63. */
  readonly offset: number;
  readonly selectors = new Selectors();
  readonly memberships: Memberships;
  private readonly slots: (LwipSock | undefined)[] = [];
  private readonly size: number;
  private readonly onEvent = (conn: Netconn, evt: number): void => event_callback(this, conn, evt);

  constructor(tcpip: TcpipThread) {
    const max = tcpip.stack.opt.MAX_SOCKETS;
    this.tcpip = tcpip;
    this.sys = tcpip.sys;
    this.size = max;
    this.offset = FD_SETSIZE - max;
    this.memberships = new Memberships(max);
  }

  // Descriptors

  /** The open socket of a descriptor, or null. Source: lwIP tryget_socket_unconn() */
  open(s: number): LwipSock | null {
    const sock = this.slots[s - this.offset];
    return sock === undefined || sock.conn === null || sock.fd_free_pending ? null : sock;
  }

  /** The same, and hold it: done() must follow. */
  use(s: number): LwipSock | null {
    const sock = this.open(s);
    if (sock !== null) sock.fd_used++;
    return sock;
  }

  /** Let go of a socket; the last one out frees the slot of a closed one. Source: lwIP done_socket() */
  *done(thread: SysThread, sock: LwipSock): Op<void> {
    if (--sock.fd_used > 0 || !sock.fd_free_pending) return;
    yield* this.free(thread, sock);
  }

  /** The same in the tcpip thread, which cannot wait for itself. */
  doneFromTcpip(sock: LwipSock): void {
    sock.fd_used--;
  }

  /** Empty the slot, then what still stands in the mailboxes: unaccepted connections are reset. Source: lwIP netconn_drain() */
  private *free(thread: SysThread, sock: LwipSock): Op<void> {
    const conn = sock.conn!;
    if (sock.lastdata !== null) freeItem(sock.lastdata);
    sock.lastdata = null;
    sock.fd_free_pending = false;
    sock.conn = null;
    yield* this.drain(thread, conn);
  }

  private *drain(thread: SysThread, conn: Netconn): Op<void> {
    const { recvmbox, acceptmbox } = conn;
    for (let item = recvmbox?.tryfetch(); item !== undefined; item = recvmbox?.tryfetch()) freeItem(item);
    for (let item = acceptmbox?.tryfetch(); item !== undefined; item = acceptmbox?.tryfetch()) {
      if (!(item instanceof Netconn)) continue;
      yield* this.drain(thread, item);
      yield* this.call(thread, lwip_netconn_do_abort_unaccepted, item);
    }
    conn.recvmbox = null;
    conn.acceptmbox = null;
  }

  /** The lowest free slot for a netconn, held once; null if there is none. Source: lwIP alloc_socket() */
  private allocate(conn: Netconn, accepted: boolean): LwipSock | null {
    for (let i = 0; i < this.size; i++) {
      let sock = this.slots[i];
      if (sock === undefined) {
        sock = new LwipSock(this.offset + i);
        this.slots[i] = sock;
      }
      if (sock.conn !== null || sock.fd_used > 0) continue;
      sock.conn = conn;
      sock.fd_used = 1;
      sock.fd_free_pending = false;
      sock.lastdata = null;
      sock.rcvevent = 0;
      sock.sendevent = conn.type !== NETCONN_TCP || accepted;
      sock.errevent = false;
      sock.select_waiting = 0;
      return sock;
    }
    return null;
  }

  /** Descriptors in use, ascending, with their netconns: for reports. */
  openSockets(): LwipSock[] {
    return this.slots.filter((sock): sock is LwipSock => sock !== undefined && sock.conn !== null);
  }

  // Results

  /** Leave an errno and return -1. */
  fail(thread: SysThread, errno: number): -1 {
    thread.errno = errno;
    return -1;
  }

  private result(thread: SysThread, err: err_t, value: number): number {
    return err === ERR_OK ? value : this.fail(thread, err_to_errno(err));
  }

  // Messages to the tcpip thread

  /** The calling task's message, for this netconn. */
  private msg(thread: SysThread, conn: Netconn): ApiMsg {
    thread.apiMsg ??= new ApiMsg(thread, this.tcpip);
    const msg = thread.apiMsg;
    msg.conn = conn;
    msg.err = ERR_OK;
    return msg;
  }

  private *call(thread: SysThread, fn: TcpipFn<ApiMsg, TcpipThread>, conn: Netconn): Op<err_t> {
    const msg = this.msg(thread, conn);
    if (!this.tcpip.tryCall(thread, fn, msg)) yield* this.tcpip.finishCall(thread, fn, msg);
    return msg.err;
  }

  /** Run a function in the tcpip thread, as netif and option calls do. @returns what it returns */
  *inTcpipThread<T>(thread: SysThread, fn: () => T): Op<T> {
    let result: T | undefined;
    const run = (msg: ApiMsg, tcpip: TcpipThread): void => {
      result = fn();
      tcpip.ack(msg.thread);
    };
    thread.apiMsg ??= new ApiMsg(thread, this.tcpip);
    if (!this.tcpip.tryCall(thread, run, thread.apiMsg)) yield* this.tcpip.finishCall(thread, run, thread.apiMsg);
    return result as T;
  }

  // Calls

  *lwip_socket(thread: SysThread, domain: number, type: number, protocol: number): Op<number> {
    if (domain !== AF_INET) {
      throw new RangeError(`socket() was called with domain ${domain}; the twin knows AF_INET (IPv4) only.`);
    }
    const netconnType = netconnTypeOf(type);
    if (netconnType === 0) return this.fail(thread, EINVAL);
    const conn = new Netconn(netconnType, this.tcpip.stack, this.onEvent, this.sys);
    const msg = this.msg(thread, conn);
    msg.n = protocol & 0xff;
    if (!this.tcpip.tryCall(thread, lwip_netconn_do_newconn, msg)) {
      yield* this.tcpip.finishCall(thread, lwip_netconn_do_newconn, msg);
    }
    const sock = this.allocate(conn, false);
    if (sock === null) {
      yield* this.call(thread, lwip_netconn_do_delconn, conn);
      return this.fail(thread, ENFILE);
    }
    conn.socket = sock.s;
    yield* this.done(thread, sock);
    return sock.s;
  }

  *lwip_bind(thread: SysThread, s: number, name: sockaddr_in, namelen: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    let ret: number;
    if (name.sin_family !== AF_INET) ret = this.fail(thread, EINVAL);
    else if (!isSockaddrLen(namelen)) ret = this.fail(thread, EIO);
    else {
      const msg = this.msg(thread, sock.conn!);
      msg.addr = ntohl(name.sin_addr.s_addr) | 0;
      msg.port = ntohs(name.sin_port);
      if (!this.tcpip.tryCall(thread, lwip_netconn_do_bind, msg)) {
        yield* this.tcpip.finishCall(thread, lwip_netconn_do_bind, msg);
      }
      ret = this.result(thread, msg.err, 0);
    }
    yield* this.done(thread, sock);
    return ret;
  }

  *lwip_listen(thread: SysThread, s: number, backlog: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const conn = sock.conn!;
    let ret: number;
    if (conn.type !== NETCONN_TCP) ret = this.fail(thread, EOPNOTSUPP);
    else {
      const msg = this.msg(thread, conn);
      msg.n = Math.min(Math.max(backlog, 0), 0xff);
      if (!this.tcpip.tryCall(thread, lwip_netconn_do_listen, msg)) {
        yield* this.tcpip.finishCall(thread, lwip_netconn_do_listen, msg);
      }
      ret = this.result(thread, msg.err, 0);
    }
    yield* this.done(thread, sock);
    return ret;
  }

  /** @param addr filled with the peer's address, if given */
  *lwip_accept(thread: SysThread, s: number, addr: sockaddr_in | null): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const ret = yield* this.acceptOn(thread, sock, addr);
    yield* this.done(thread, sock);
    return ret;
  }

  private *acceptOn(thread: SysThread, sock: LwipSock, addr: sockaddr_in | null): Op<number> {
    const listener = sock.conn!;
    if (listener.type !== NETCONN_TCP) return this.fail(thread, EOPNOTSUPP);
    const pending = netconn_err(listener);
    if (pending !== ERR_OK) return this.fail(thread, err_to_errno(pending));
    const mbox = listener.acceptmbox;
    if (mbox === null || listener.mboxInvalid || (listener.flags & NETCONN_FLAG_MBOXCLOSED) !== 0) {
      return this.fail(thread, EINVAL);
    }
    const item = yield* this.fetch(thread, listener, mbox, listener.nonBlocking);
    if (typeof item === 'number') return this.fail(thread, err_to_errno(item));
    if (item instanceof NetconnDeleted) return this.fail(thread, ENOTCONN);
    listener.callback(listener, NETCONN_EVT_RCVMINUS);
    if (item instanceof NetconnError) return this.fail(thread, err_to_errno(item.err));
    const conn = item;
    yield* this.call(thread, lwip_netconn_do_accepted, conn);
    const accepted = this.allocate(conn, true);
    if (accepted === null) {
      yield* this.call(thread, lwip_netconn_do_delconn, conn);
      return this.fail(thread, ENFILE);
    }
    const missed = -1 - conn.socket;
    conn.socket = accepted.s;
    for (let i = 0; i < missed; i++) conn.callback(conn, NETCONN_EVT_RCVPLUS);
    let ret: number = accepted.s;
    if (addr !== null) {
      const err = yield* this.getaddr(thread, conn, false, addr);
      if (err !== ERR_OK) {
        yield* this.call(thread, lwip_netconn_do_delconn, conn);
        accepted.fd_free_pending = true;
        ret = this.fail(thread, err_to_errno(err));
      }
    }
    yield* this.done(thread, accepted);
    return ret;
  }

  *lwip_connect(thread: SysThread, s: number, name: sockaddr_in, namelen: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const conn = sock.conn!;
    let ret: number;
    if (name.sin_family === AF_UNSPEC) {
      ret = this.result(thread, yield* this.call(thread, lwip_netconn_do_disconnect, conn), 0);
    } else if (name.sin_family !== AF_INET) ret = this.fail(thread, EINVAL);
    else if (!isSockaddrLen(namelen)) ret = this.fail(thread, EIO);
    else {
      const msg = this.msg(thread, conn);
      msg.addr = ntohl(name.sin_addr.s_addr) | 0;
      msg.port = ntohs(name.sin_port);
      if (!this.tcpip.tryCall(thread, lwip_netconn_do_connect, msg)) {
        yield* this.tcpip.finishCall(thread, lwip_netconn_do_connect, msg);
      }
      ret = this.result(thread, msg.err, 0);
    }
    yield* this.done(thread, sock);
    return ret;
  }

  *lwip_close(thread: SysThread, s: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const conn = sock.conn!;
    for (let m = this.memberships.takeNext(s); m !== undefined; m = this.memberships.takeNext(s)) {
      const msg = this.msg(thread, conn);
      msg.addr = m.group;
      msg.n = m.netif;
      msg.port = 0;
      if (!this.tcpip.tryCall(thread, lwip_netconn_do_join_leave_group, msg)) {
        yield* this.tcpip.finishCall(thread, lwip_netconn_do_join_leave_group, msg);
      }
    }
    const msg = this.msg(thread, conn);
    msg.time_started = this.sys.sys_now();
    if (!this.tcpip.tryCall(thread, lwip_netconn_do_delconn, msg)) {
      yield* this.tcpip.finishCall(thread, lwip_netconn_do_delconn, msg);
    }
    if (msg.err !== ERR_OK) {
      const errno = err_to_errno(msg.err);
      yield* this.done(thread, sock);
      return this.fail(thread, errno);
    }
    sock.fd_free_pending = true;
    yield* this.done(thread, sock);
    return 0;
  }

  *lwip_shutdown(thread: SysThread, s: number, how: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const conn = sock.conn!;
    let ret: number;
    if (conn.type !== NETCONN_TCP) ret = this.fail(thread, EOPNOTSUPP);
    else if (how < SHUT_RD || how > SHUT_RDWR) ret = this.fail(thread, EINVAL);
    else ret = this.result(thread, yield* this.shutdownConn(thread, conn, how), 0);
    yield* this.done(thread, sock);
    return ret;
  }

  private *shutdownConn(thread: SysThread, conn: Netconn, how: number): Op<err_t> {
    const msg = this.msg(thread, conn);
    msg.n = how;
    msg.time_started = this.sys.sys_now();
    if (!this.tcpip.tryCall(thread, lwip_netconn_do_close, msg)) {
      yield* this.tcpip.finishCall(thread, lwip_netconn_do_close, msg);
    }
    return msg.err;
  }

  // Sending

  *lwip_send(thread: SysThread, s: number, data: Uint8Array, size: number, flags: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const part = size === data.length ? data : data.subarray(0, size);
    const conn = sock.conn!;
    let ret: number;
    if (conn.type !== NETCONN_TCP) ret = yield* this.sendDatagram(thread, conn, [part], null);
    else ret = yield* this.write(thread, conn, [part], flags);
    yield* this.done(thread, sock);
    return ret;
  }

  *lwip_sendto(
    thread: SysThread,
    s: number,
    data: Uint8Array,
    size: number,
    flags: number,
    to: sockaddr_in | null,
  ): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const part = size === data.length ? data : data.subarray(0, size);
    const conn = sock.conn!;
    let ret: number;
    if (conn.type === NETCONN_TCP) ret = yield* this.write(thread, conn, [part], flags);
    else ret = yield* this.sendDatagram(thread, conn, [part], to);
    yield* this.done(thread, sock);
    return ret;
  }

  *lwip_sendmsg(thread: SysThread, s: number, msg: msghdr, flags: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const conn = sock.conn!;
    const count = msg.msg_iov.length;
    let ret: number;
    if (count === 0 || count > IOV_MAX) ret = this.fail(thread, EMSGSIZE);
    else if ((flags & ~(MSG_DONTWAIT | MSG_MORE)) !== 0) ret = this.fail(thread, EOPNOTSUPP);
    else if (conn.type === NETCONN_TCP) ret = yield* this.write(thread, conn, msg.msg_iov, flags);
    else ret = yield* this.sendDatagram(thread, conn, msg.msg_iov, msg.msg_name);
    yield* this.done(thread, sock);
    return ret;
  }

  *lwip_writev(thread: SysThread, s: number, iov: Uint8Array[]): Op<number> {
    return yield* this.lwip_sendmsg(thread, s, { msg_name: null, msg_iov: iov, msg_flags: 0 }, 0);
  }

  /** Source: lwIP netconn_write_vectors_partly() */
  private *write(thread: SysThread, conn: Netconn, vector: readonly Uint8Array[], flags: number): Op<number> {
    let total = 0;
    for (const part of vector) total += part.length;
    if (total === 0) return 0;
    const msg = this.msg(thread, conn);
    msg.vector = vector.length === 1 ? vector : vector.filter((part) => part.length > 0);
    msg.vectorIndex = 0;
    msg.vectorOffset = 0;
    msg.offset = 0;
    msg.total = total;
    msg.apiflags = flags;
    if (conn.send_timeout !== 0) msg.time_started = this.sys.sys_now();
    if (!this.tcpip.tryCall(thread, lwip_netconn_do_write, msg)) {
      yield* this.tcpip.finishCall(thread, lwip_netconn_do_write, msg);
    }
    return this.result(thread, msg.err, msg.offset);
  }

  private *sendDatagram(
    thread: SysThread,
    conn: Netconn,
    vector: readonly Uint8Array[],
    to: sockaddr_in | null,
  ): Op<number> {
    let size = 0;
    for (const part of vector) size += part.length;
    if (size > 0xffff) return this.fail(thread, EMSGSIZE);
    if (to !== null && to.sin_family !== AF_INET) return this.fail(thread, EIO);
    const isUdp = conn.type === NETCONN_UDP;
    const frame = isUdp ? udpFrame(this.tcpip.stack, size) : rawFrame(this.tcpip.stack, size);
    let at = isUdp ? UDP_PAYLOAD : FRAME_TRANSPORT;
    for (const part of vector) {
      frame.bytes.set(part, at);
      at += part.length;
    }
    const msg = this.msg(thread, conn);
    msg.frame = frame;
    msg.addr = to === null ? NO_ADDRESS : ntohl(to.sin_addr.s_addr) | 0;
    msg.port = to === null ? 0 : ntohs(to.sin_port);
    if (!this.tcpip.tryCall(thread, lwip_netconn_do_send, msg)) {
      yield* this.tcpip.finishCall(thread, lwip_netconn_do_send, msg);
    }
    return this.result(thread, msg.err, size);
  }

  // Receiving

  /** @param from filled with the sender's address, if given */
  *lwip_recvfrom(
    thread: SysThread,
    s: number,
    mem: Uint8Array,
    len: number,
    flags: number,
    from: sockaddr_in | null,
  ): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    let ret: number;
    if (sock.conn!.type === NETCONN_TCP) {
      ret = yield* this.recvTcp(thread, sock, mem, len, flags);
      if (from !== null) yield* this.getaddr(thread, sock.conn!, false, from);
    } else {
      const buffer = len === mem.length ? mem : mem.subarray(0, len);
      ret = yield* this.recvDatagram(thread, sock, [buffer], flags, from);
      if (ret > len) ret = len;
    }
    yield* this.done(thread, sock);
    return ret;
  }

  *lwip_readv(thread: SysThread, s: number, iov: Uint8Array[]): Op<number> {
    return yield* this.lwip_recvmsg(thread, s, { msg_name: null, msg_iov: iov, msg_flags: 0 }, 0);
  }

  *lwip_recvmsg(thread: SysThread, s: number, message: msghdr | null, flags: number): Op<number> {
    if (message === null) return ERR_ARG;
    const invalid = checkRecvmsg(message, flags);
    const sock = invalid === EOPNOTSUPP || invalid === EMSGSIZE ? null : this.use(s);
    if (sock === null) return this.fail(thread, invalid === EOPNOTSUPP || invalid === EMSGSIZE ? invalid : EBADF);
    let ret: number;
    if (invalid !== EVERYTHING_FITS) ret = this.fail(thread, invalid);
    else if (sock.conn!.type === NETCONN_TCP) {
      ret = yield* this.recvVectors(thread, sock, message, flags);
      if (message.msg_name !== null) yield* this.getaddr(thread, sock.conn!, false, message.msg_name);
    } else {
      const room = message.msg_iov.reduce((n, part) => n + part.length, 0);
      message.msg_flags = 0;
      ret = yield* this.recvDatagram(thread, sock, message.msg_iov, flags, message.msg_name);
      if (ret > room) message.msg_flags |= MSG_TRUNC;
    }
    yield* this.done(thread, sock);
    return ret;
  }

  /** One receive a vector; only the first may wait. */
  private *recvVectors(thread: SysThread, sock: LwipSock, message: msghdr, flags: number): Op<number> {
    message.msg_flags = 0;
    let total = 0;
    let how = flags;
    for (const part of message.msg_iov) {
      const n = yield* this.recvTcp(thread, sock, part, part.length, how);
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
  private *recvTcp(thread: SysThread, sock: LwipSock, mem: Uint8Array, len: number, flags: number): Op<number> {
    const conn = sock.conn!;
    let dontblock = (flags & MSG_DONTWAIT) !== 0 || conn.nonBlocking;
    let recvd = 0;
    do {
      let p = sock.lastdata as Pbuf | null;
      if (p === null) {
        const got = takeChunk(conn) ?? (yield* this.nextChunk(thread, conn, dontblock, recvd > 0));
        if (typeof got === 'number') {
          if (recvd > 0) break;
          this.fail(thread, err_to_errno(got));
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
      const msg = this.msg(thread, conn);
      msg.n = recvd;
      if (!this.tcpip.tryCall(thread, lwip_netconn_do_recv, msg)) {
        yield* this.tcpip.finishCall(thread, lwip_netconn_do_recv, msg);
      }
    }
    return recvd;
  }

  /** The next chunk from the mailbox, or an error. @param noFin a FIN must wait for the next call. Source: lwIP netconn_recv_data_tcp() */
  private *nextChunk(thread: SysThread, conn: Netconn, dontblock: boolean, noFin: boolean): Op<Pbuf | err_t> {
    const mbox = conn.recvmbox;
    if (mbox === null || conn.mboxInvalid) return ERR_CONN;
    if ((conn.flags & NETCONN_FIN_RX_PENDING) !== 0) {
      conn.flags &= ~NETCONN_FIN_RX_PENDING;
      return yield* this.handleFin(thread, conn);
    }
    const item = yield* this.fetch(thread, conn, mbox, dontblock);
    if (typeof item === 'number') return item;
    if (item instanceof NetconnDeleted) return ERR_CONN;
    if (item instanceof NetconnError) {
      if (item.err !== ERR_CLSD) return item.err;
      if (noFin) {
        conn.flags |= NETCONN_FIN_RX_PENDING;
        return ERR_WOULDBLOCK;
      }
      return yield* this.handleFin(thread, conn);
    }
    return received(conn, item as Pbuf);
  }

  /** The peer will send no more: close our receiving side. */
  private *handleFin(thread: SysThread, conn: Netconn): Op<err_t> {
    conn.callback(conn, NETCONN_EVT_RCVMINUS);
    if (conn.tcp === null) {
      const err = netconn_err(conn);
      return err === ERR_OK ? ERR_RST : err;
    }
    yield* this.shutdownConn(thread, conn, SHUT_RD);
    return ERR_CLSD;
  }

  /** @returns length of the datagram, which may exceed the buffers, or -1. Source: lwIP lwip_recvfrom_udp_raw() */
  private *recvDatagram(
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
        return this.fail(thread, err_to_errno(err === ERR_OK ? ERR_CONN : err));
      }
      const item = yield* this.fetch(thread, conn, mbox, (flags & MSG_DONTWAIT) !== 0 || conn.nonBlocking);
      if (typeof item === 'number') return this.fail(thread, err_to_errno(item));
      if (!(item instanceof Netbuf)) return this.fail(thread, ENOTCONN);
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
   * Take an item out of a mailbox, waiting for it if allowed.
   * @returns the item, or ERR_WOULDBLOCK, ERR_TIMEOUT, a pending error, ERR_CONN
   * Source: lwIP netconn_recv_data(), netconn_accept()
   */
  private *fetch<T>(thread: SysThread, conn: Netconn, mbox: Mbox<T>, dontblock: boolean): Op<T | err_t> {
    const { sys } = this;
    conn.mbox_threads_waiting++;
    let item = mbox.tryfetch();
    if (item === undefined) {
      const closed = (conn.flags & NETCONN_FLAG_MBOXCLOSED) !== 0;
      if (dontblock || closed || conn.pending_err !== ERR_OK) {
        conn.mbox_threads_waiting--;
        const err = netconn_err(conn);
        if (err !== ERR_OK) return err;
        return closed ? ERR_CONN : ERR_WOULDBLOCK;
      }
      const ms = conn.recv_timeout;
      const deadline = ms === 0 ? Number.POSITIVE_INFINITY : sys.deadline(sys.fetchTicks(ms));
      do {
        if (!sys.block(thread, mbox.receivers, deadline)) {
          conn.mbox_threads_waiting--;
          return ERR_TIMEOUT;
        }
        yield;
        item = mbox.tryfetch();
      } while (item === undefined);
    }
    conn.mbox_threads_waiting--;
    return item;
  }

  // Addresses

  private *getaddr(thread: SysThread, conn: Netconn, local: boolean, name: sockaddr_in): Op<err_t> {
    const msg = this.msg(thread, conn);
    msg.local = local;
    if (!this.tcpip.tryCall(thread, lwip_netconn_do_getaddr, msg)) {
      yield* this.tcpip.finishCall(thread, lwip_netconn_do_getaddr, msg);
    }
    if (msg.err === ERR_OK) setSockaddr(name, msg.addr, msg.port);
    return msg.err;
  }

  *lwip_getsockname(thread: SysThread, s: number, name: sockaddr_in): Op<number> {
    return yield* this.nameOf(thread, s, true, name);
  }

  *lwip_getpeername(thread: SysThread, s: number, name: sockaddr_in): Op<number> {
    return yield* this.nameOf(thread, s, false, name);
  }

  private *nameOf(thread: SysThread, s: number, local: boolean, name: sockaddr_in): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const ret = this.result(thread, yield* this.getaddr(thread, sock.conn!, local, name), 0);
    yield* this.done(thread, sock);
    return ret;
  }

  // Options and modes

  *lwip_getsockopt(
    thread: SysThread,
    s: number,
    level: number,
    optname: number,
    out: SockoptOut,
    optlen: number,
  ): Op<number> {
    return yield* this.option(thread, s, (sock) => getsockopt(sock, level, optname, out, optlen));
  }

  *lwip_setsockopt(
    thread: SysThread,
    s: number,
    level: number,
    optname: number,
    value: SockoptValue,
    optlen: number,
  ): Op<number> {
    return yield* this.option(thread, s, (sock) => setsockopt(this, sock, level, optname, value, optlen));
  }

  private *option(thread: SysThread, s: number, action: (sock: LwipSock) => number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const errno = yield* this.inTcpipThread(thread, () => {
      if (this.open(s) === null) return EBADF;
      checkPcbIsThere(sock.conn!);
      return action(sock);
    });
    yield* this.done(thread, sock);
    return errno === 0 ? 0 : this.fail(thread, errno);
  }

  *lwip_ioctl(thread: SysThread, s: number, cmd: number, argp: { value: number }): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const conn = sock.conn!;
    let ret = 0;
    if (cmd >>> 0 === FIONBIO) setNonBlocking(conn, argp.value !== 0);
    else if (cmd >>> 0 === FIONREAD && this.tcpip.stack.opt.LWIP_SO_RCVBUF !== 0) argp.value = readable(sock);
    else ret = this.fail(thread, ENOSYS);
    yield* this.done(thread, sock);
    return ret;
  }

  *lwip_fcntl(thread: SysThread, s: number, cmd: number, val: number): Op<number> {
    const sock = this.use(s);
    if (sock === null) return this.fail(thread, EBADF);
    const conn = sock.conn!;
    let ret: number;
    if (cmd === F_GETFL) ret = (conn.nonBlocking ? O_NONBLOCK : 0) | accessMode(conn);
    else if (cmd === F_SETFL && (val & ~(O_NONBLOCK | O_RDWR | O_WRONLY)) === 0) {
      setNonBlocking(conn, (val & O_NONBLOCK) !== 0);
      ret = 0;
    } else ret = this.fail(thread, ENOSYS);
    yield* this.done(thread, sock);
    return ret;
  }
}

function netconnTypeOf(type: number): number {
  switch (type) {
    case SOCK_STREAM:
      return NETCONN_TCP;
    case SOCK_DGRAM:
      return NETCONN_UDP;
    case SOCK_RAW:
      return NETCONN_RAW;
    default:
      return 0;
  }
}

function isSockaddrLen(len: number): boolean {
  return len === SIZEOF_SOCKADDR_IN || len === SIZEOF_SOCKADDR_IN6;
}

function setSockaddr(name: sockaddr_in, addr: number, port: number): void {
  name.sin_len = SIZEOF_SOCKADDR_IN;
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(addr);
}

/** @returns errno, 0 if all is well. Source: lwIP lwip_recvmsg() */
function checkRecvmsg(message: msghdr, flags: number): number {
  if ((flags & ~(MSG_PEEK | MSG_DONTWAIT)) !== 0) return EOPNOTSUPP;
  const count = message.msg_iov.length;
  if (count === 0 || count > IOV_MAX) return EMSGSIZE;
  return message.msg_iov.some((part) => part.length === 0) ? EINVAL : EVERYTHING_FITS;
}

/** The way without waiting: the next chunk if one is there and nothing else has to be looked at. */
function takeChunk(conn: Netconn): Pbuf | undefined {
  const mbox = conn.recvmbox;
  if (mbox === null || (conn.flags & (NETCONN_FLAG_MBOXINVALID | NETCONN_FIN_RX_PENDING)) !== 0) return undefined;
  return mbox.peek() instanceof Pbuf ? received(conn, mbox.tryfetch() as Pbuf) : undefined;
}

function received(conn: Netconn, p: Pbuf): Pbuf {
  conn.recv_avail -= p.tot_len;
  conn.callback(conn, NETCONN_EVT_RCVMINUS);
  return p;
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

function freeItem(item: unknown): void {
  if (item instanceof Pbuf) pbuf_free(item);
  else if (item instanceof Netbuf) pbuf_free(item.p);
}

function setNonBlocking(conn: Netconn, on: boolean): void {
  if (on) conn.flags |= NETCONN_FLAG_NON_BLOCKING;
  else conn.flags &= ~NETCONN_FLAG_NON_BLOCKING;
}

/** FIONREAD: bytes queued, and what is left of a chunk. */
function readable(sock: LwipSock): number {
  const last = sock.lastdata;
  const left = last === null ? 0 : last instanceof Netbuf ? last.p.tot_len : last.tot_len;
  return Math.max(sock.conn!.recv_avail, 0) + left;
}

/** Access bits of F_GETFL: those of newlib, which a half-closed or dead connection has lost. */
function accessMode(conn: Netconn): number {
  if (conn.type !== NETCONN_TCP) return O_RDWR;
  if (conn.tcp === null) return 0;
  return conn.tcp instanceof TcpPcb && (conn.tcp.flags & TF_FIN) !== 0 ? 0 : O_RDWR;
}
