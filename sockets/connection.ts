/**
 * Opening, naming and closing sockets, step by step as lwIP does it. Every call is an Op: a generator that yields wherever its
 * task gives up the processor. Source: lwIP sockets.c, api_lib.c
 */

import { ERR_OK, type err_t } from '../stack/err.ts';
import { lwip_netconn_do_close, lwip_netconn_do_delconn } from './api_close.ts';
import {
  lwip_netconn_do_accepted,
  lwip_netconn_do_bind,
  lwip_netconn_do_connect,
  lwip_netconn_do_disconnect,
  lwip_netconn_do_getaddr,
  lwip_netconn_do_join_leave_group,
  lwip_netconn_do_listen,
  lwip_netconn_do_newconn,
} from './api_msg.ts';
import {
  AF_INET,
  AF_UNSPEC,
  SHUT_RD,
  SHUT_RDWR,
  SIZEOF_SOCKADDR_IN,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
} from './constants.ts';
import { EBADF, EINVAL, EIO, ENFILE, ENOBUFS, ENOTCONN, EOPNOTSUPP, err_to_errno } from './errno.ts';
import {
  NETCONN_EVT_RCVMINUS,
  NETCONN_EVT_RCVPLUS,
  NETCONN_FLAG_MBOXCLOSED,
  NETCONN_RAW,
  NETCONN_TCP,
  NETCONN_UDP,
  Netconn,
  NetconnDeleted,
  NetconnError,
  netconn_err,
} from './netconn.ts';
import { fetchNow, fetchWaiting } from './recv.ts';
import { htonl, htons, isInet, ntohl, ntohs, sa_family, type sockaddr, type sockaddr_in } from './sockaddr.ts';
import type { LwipSock } from './socket.ts';
import type { Sockets } from './sockets.ts';
import type { Op, SysThread } from './sys_arch.ts';

const SIZEOF_SOCKADDR_IN6 = 28;

export function* lwip_socket(
  sockets: Sockets,
  thread: SysThread,
  domain: number,
  type: number,
  protocol: number,
): Op<number> {
  if (domain !== AF_INET) {
    throw new RangeError(`socket() was called with domain ${domain}; the twin knows AF_INET (IPv4) only.`);
  }
  const netconnType = netconnTypeOf(type);
  if (netconnType === 0) return sockets.fail(thread, EINVAL);
  if (sockets.tcpip.stack.lacks('netconn')) return sockets.fail(thread, ENOBUFS);
  const conn = new Netconn(netconnType, sockets.tcpip.stack, sockets.onEvent, sockets.sys);
  const msg = sockets.msg(thread, conn);
  msg.n = protocol & 0xff;
  if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_newconn, msg)) {
    yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_newconn, msg);
  }
  if (msg.err !== ERR_OK) return sockets.fail(thread, ENOBUFS);
  const sock = sockets.allocate(conn, false);
  if (sock === null) {
    yield* sockets.call(thread, lwip_netconn_do_delconn, conn);
    return sockets.fail(thread, ENFILE);
  }
  conn.socket = sock.s;
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return sock.s;
}

export function* lwip_bind(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  name: sockaddr,
  namelen: number,
): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const ret = yield* callWithAddress(sockets, thread, sock.conn!, name, namelen, lwip_netconn_do_bind);
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

/** bind() and connect() in the stack, once the address is one that the socket can take. */
function* callWithAddress(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  name: sockaddr,
  namelen: number,
  fn: typeof lwip_netconn_do_bind,
): Op<number> {
  if (!isInet(name)) return sockets.fail(thread, EINVAL);
  if (!isSockaddrLen(namelen)) return sockets.fail(thread, EIO);
  const msg = sockets.msg(thread, conn);
  msg.addr = ntohl(name.sin_addr.s_addr) | 0;
  msg.port = ntohs(name.sin_port);
  if (!sockets.tcpip.tryCall(thread, fn, msg)) yield* sockets.tcpip.finishCall(thread, fn, msg);
  return sockets.result(thread, msg.err, 0);
}

export function* lwip_listen(sockets: Sockets, thread: SysThread, s: number, backlog: number): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const conn = sock.conn!;
  let ret: number;
  if (conn.type !== NETCONN_TCP) ret = sockets.fail(thread, EOPNOTSUPP);
  else {
    const msg = sockets.msg(thread, conn);
    msg.n = Math.min(Math.max(backlog, 0), 0xff);
    if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_listen, msg)) {
      yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_listen, msg);
    }
    ret = sockets.result(thread, msg.err, 0);
  }
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

/** @param addr filled with the peer's address, if given */
export function* lwip_accept(sockets: Sockets, thread: SysThread, s: number, addr: sockaddr_in | null): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const ret = yield* acceptOn(sockets, thread, sock, addr);
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

function* acceptOn(sockets: Sockets, thread: SysThread, sock: LwipSock, addr: sockaddr_in | null): Op<number> {
  const listener = sock.conn!;
  if (listener.type !== NETCONN_TCP) return sockets.fail(thread, EOPNOTSUPP);
  const pending = netconn_err(listener);
  if (pending !== ERR_OK) return sockets.fail(thread, err_to_errno(pending));
  const mbox = listener.acceptmbox;
  if (mbox === null || listener.mboxInvalid || (listener.flags & NETCONN_FLAG_MBOXCLOSED) !== 0) {
    return sockets.fail(thread, EINVAL);
  }
  const item =
    fetchNow(listener, mbox, listener.nonBlocking) ?? (yield* fetchWaiting(sockets.sys, thread, listener, mbox));
  if (typeof item === 'number') return sockets.fail(thread, err_to_errno(item));
  if (item instanceof NetconnDeleted) return sockets.fail(thread, ENOTCONN);
  listener.callback(listener, NETCONN_EVT_RCVMINUS);
  if (item instanceof NetconnError) return sockets.fail(thread, err_to_errno(item.err));
  const conn = item;
  yield* sockets.call(thread, lwip_netconn_do_accepted, conn);
  const accepted = sockets.allocate(conn, true);
  if (accepted === null) {
    yield* sockets.call(thread, lwip_netconn_do_delconn, conn);
    return sockets.fail(thread, ENFILE);
  }
  const missed = -1 - conn.socket;
  conn.socket = accepted.s;
  for (let i = 0; i < missed; i++) conn.callback(conn, NETCONN_EVT_RCVPLUS);
  let ret: number = accepted.s;
  if (addr !== null) {
    const err = yield* getaddr(sockets, thread, conn, false, addr);
    if (err !== ERR_OK) {
      yield* sockets.call(thread, lwip_netconn_do_delconn, conn);
      accepted.fd_free_pending = true;
      ret = sockets.fail(thread, err_to_errno(err));
    }
  }
  if (sockets.release(accepted)) yield* sockets.free(thread, accepted);
  return ret;
}

export function* lwip_connect(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  name: sockaddr,
  namelen: number,
): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const conn = sock.conn!;
  let ret: number;
  if (sa_family(name) === AF_UNSPEC) {
    ret = sockets.result(thread, yield* sockets.call(thread, lwip_netconn_do_disconnect, conn), 0);
  } else ret = yield* callWithAddress(sockets, thread, conn, name, namelen, lwip_netconn_do_connect);
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

export function* lwip_close(sockets: Sockets, thread: SysThread, s: number): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const conn = sock.conn!;
  for (let m = sockets.memberships.takeNext(s); m !== undefined; m = sockets.memberships.takeNext(s)) {
    const msg = sockets.msg(thread, conn);
    msg.addr = m.group;
    msg.n = m.netif;
    msg.port = 0;
    if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_join_leave_group, msg)) {
      yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_join_leave_group, msg);
    }
  }
  const msg = sockets.msg(thread, conn);
  msg.time_started = sockets.sys.sys_now();
  if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_delconn, msg)) {
    yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_delconn, msg);
  }
  if (msg.err !== ERR_OK) {
    const errno = err_to_errno(msg.err);
    if (sockets.release(sock)) yield* sockets.free(thread, sock);
    return sockets.fail(thread, errno);
  }
  sock.fd_free_pending = true;
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return 0;
}

export function* lwip_shutdown(sockets: Sockets, thread: SysThread, s: number, how: number): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const conn = sock.conn!;
  let ret: number;
  if (conn.type !== NETCONN_TCP) ret = sockets.fail(thread, EOPNOTSUPP);
  else if (how < SHUT_RD || how > SHUT_RDWR) ret = sockets.fail(thread, EINVAL);
  else ret = sockets.result(thread, yield* shutdownConn(sockets, thread, conn, how), 0);
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

export function* shutdownConn(sockets: Sockets, thread: SysThread, conn: Netconn, how: number): Op<err_t> {
  const msg = sockets.msg(thread, conn);
  msg.n = how;
  msg.time_started = sockets.sys.sys_now();
  if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_close, msg)) {
    yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_close, msg);
  }
  return msg.err;
}

export function* getaddr(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  local: boolean,
  name: sockaddr_in,
): Op<err_t> {
  const msg = sockets.msg(thread, conn);
  msg.local = local;
  if (!sockets.tcpip.tryCall(thread, lwip_netconn_do_getaddr, msg)) {
    yield* sockets.tcpip.finishCall(thread, lwip_netconn_do_getaddr, msg);
  }
  if (msg.err === ERR_OK) setSockaddr(name, msg.addr, msg.port);
  return msg.err;
}

export function* lwip_getsockname(sockets: Sockets, thread: SysThread, s: number, name: sockaddr_in): Op<number> {
  return yield* nameOf(sockets, thread, s, true, name);
}

export function* lwip_getpeername(sockets: Sockets, thread: SysThread, s: number, name: sockaddr_in): Op<number> {
  return yield* nameOf(sockets, thread, s, false, name);
}

function* nameOf(sockets: Sockets, thread: SysThread, s: number, local: boolean, name: sockaddr_in): Op<number> {
  const sock = sockets.use(s);
  if (sock === null) return sockets.fail(thread, EBADF);
  const ret = sockets.result(thread, yield* getaddr(sockets, thread, sock.conn!, local, name), 0);
  if (sockets.release(sock)) yield* sockets.free(thread, sock);
  return ret;
}

/** 0 for a type that lwIP does not know. */
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

/** Fill in an address. @param addr,port host order */
export function setSockaddr(name: sockaddr_in, addr: number, port: number): void {
  name.sin_len = SIZEOF_SOCKADDR_IN;
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(addr);
}
