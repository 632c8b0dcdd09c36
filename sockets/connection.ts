/**
 * Opening, naming and closing sockets, step by step as lwIP does it. Every call is an Op, which gives way wherever its task
 * gives up the processor. Source: lwIP sockets.c, api_lib.c
 */

import { ERR_OK, type err_t } from '../stack/err.ts';
import { lwip_netconn_do_close, lwip_netconn_do_delconn } from './api_close.ts';
import {
  type ApiMsg,
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
import { EINVAL, EIO, ENFILE, ENOBUFS, ENOTCONN, EOPNOTSUPP, err_to_errno } from './errno.ts';
import {
  type AcceptItem,
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
import type { Result } from './polled_op.ts';
import { fetchNow, fetchWaiting } from './recv.ts';
import { htonl, htons, isInet, ntohl, ntohs, sa_family, type sockaddr, type sockaddr_in } from './sockaddr.ts';
import type { LwipSock } from './socket.ts';
import { directly, letGo, onSocket } from './socket_call.ts';
import { errOf, type Sockets, zeroOf } from './sockets.ts';
import type { Membership } from './sockopt.ts';
import type { Mbox, Op, SysThread } from './sys_arch.ts';

const SIZEOF_SOCKADDR_IN6 = 28;

export function lwip_socket(
  sockets: Sockets,
  thread: SysThread,
  domain: number,
  type: number,
  protocol: number,
): Op<number> {
  return directly(() => {
    if (domain !== AF_INET) {
      throw new RangeError(`socket() was called with domain ${domain}; the twin knows AF_INET (IPv4) only.`);
    }
    const netconnType = netconnTypeOf(type);
    if (netconnType === 0) return sockets.fail(thread, EINVAL);
    if (sockets.tcpip.stack.lacks('netconn')) return sockets.fail(thread, ENOBUFS);
    const conn = new Netconn(netconnType, sockets.tcpip.stack, sockets.onEvent, sockets.sys);
    const msg = sockets.msg(thread, conn);
    msg.n = protocol & 0xff;
    const err = sockets.post(thread, lwip_netconn_do_newconn, msg, errOf);
    return typeof err === 'number' ? socketOf(sockets, thread, conn, err) : socketLater(sockets, thread, conn, err);
  });
}

function* socketLater(sockets: Sockets, thread: SysThread, conn: Netconn, posted: Op<err_t>): Op<number> {
  const result = socketOf(sockets, thread, conn, yield* posted);
  return typeof result === 'number' ? result : yield* result;
}

/** A descriptor for a new netconn. @param err what came of making its pcb */
function socketOf(sockets: Sockets, thread: SysThread, conn: Netconn, err: err_t): Result {
  if (err !== ERR_OK) return sockets.fail(thread, ENOBUFS);
  const sock = sockets.allocate(conn, false);
  if (sock === null) return withoutSlot(sockets, thread, conn);
  conn.socket = sock.s;
  return letGo(sockets, thread, sock, sock.s);
}

/** All descriptors are taken: the netconn goes again. */
function* withoutSlot(sockets: Sockets, thread: SysThread, conn: Netconn): Op<number> {
  yield* sockets.call(thread, lwip_netconn_do_delconn, conn);
  return sockets.fail(thread, ENFILE);
}

export function lwip_bind(sockets: Sockets, thread: SysThread, s: number, name: sockaddr, namelen: number): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) =>
    callWithAddress(sockets, thread, conn!, name, namelen, lwip_netconn_do_bind),
  );
}

/** bind() and connect() in the stack, once the address is one that the socket can take. */
function callWithAddress(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  name: sockaddr,
  namelen: number,
  fn: typeof lwip_netconn_do_bind,
): Result {
  if (!isInet(name)) return sockets.fail(thread, EINVAL);
  if (!isSockaddrLen(namelen)) return sockets.fail(thread, EIO);
  const msg = sockets.msg(thread, conn);
  msg.addr = ntohl(name.sin_addr.s_addr) | 0;
  msg.port = ntohs(name.sin_port);
  return sockets.post(thread, fn, msg, zeroOf);
}

export function lwip_listen(sockets: Sockets, thread: SysThread, s: number, backlog: number): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) => {
    if (conn!.type !== NETCONN_TCP) return sockets.fail(thread, EOPNOTSUPP);
    const msg = sockets.msg(thread, conn!);
    msg.n = Math.min(Math.max(backlog, 0), 0xff);
    return sockets.post(thread, lwip_netconn_do_listen, msg, zeroOf);
  });
}

/** @param addr filled with the peer's address, if given */
export function lwip_accept(sockets: Sockets, thread: SysThread, s: number, addr: sockaddr_in | null): Op<number> {
  return onSocket(sockets, thread, s, ({ conn: listener }) => {
    if (listener!.type !== NETCONN_TCP) return sockets.fail(thread, EOPNOTSUPP);
    const pending = netconn_err(listener!);
    if (pending !== ERR_OK) return sockets.fail(thread, err_to_errno(pending));
    const mbox = listener!.acceptmbox;
    if (mbox === null || listener!.mboxInvalid || (listener!.flags & NETCONN_FLAG_MBOXCLOSED) !== 0) {
      return sockets.fail(thread, EINVAL);
    }
    return acceptFrom(sockets, thread, listener!, mbox, addr);
  });
}

function* acceptFrom(
  sockets: Sockets,
  thread: SysThread,
  listener: Netconn,
  mbox: Mbox<AcceptItem>,
  addr: sockaddr_in | null,
): Op<number> {
  const item =
    fetchNow(listener, mbox, listener.nonBlocking) ?? (yield* fetchWaiting(sockets.sys, thread, listener, mbox));
  if (typeof item === 'number') return sockets.fail(thread, err_to_errno(item));
  if (item instanceof NetconnDeleted) return sockets.fail(thread, ENOTCONN);
  listener.callback(listener, NETCONN_EVT_RCVMINUS);
  if (item instanceof NetconnError) return sockets.fail(thread, err_to_errno(item.err));
  const conn = item;
  const posted = sockets.post(thread, lwip_netconn_do_accepted, sockets.msg(thread, conn), zeroOf);
  if (typeof posted !== 'number') yield* posted;
  const accepted = sockets.allocate(conn, true);
  if (accepted === null) return yield* withoutSlot(sockets, thread, conn);
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
  const rest = sockets.done(thread, accepted);
  if (rest !== null) yield* rest;
  return ret;
}

export function lwip_connect(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  name: sockaddr,
  namelen: number,
): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) => {
    if (sa_family(name) !== AF_UNSPEC) {
      return callWithAddress(sockets, thread, conn!, name, namelen, lwip_netconn_do_connect);
    }
    return sockets.post(thread, lwip_netconn_do_disconnect, sockets.msg(thread, conn!), zeroOf);
  });
}

export function lwip_close(sockets: Sockets, thread: SysThread, s: number): Op<number> {
  return onSocket(sockets, thread, s, (sock) => {
    const membership = sockets.memberships.takeNext(s);
    return membership === undefined
      ? close(sockets, thread, sock)
      : closeWithMemberships(sockets, thread, sock, membership);
  });
}

function close(sockets: Sockets, thread: SysThread, sock: LwipSock): Result {
  const msg = sockets.msg(thread, sock.conn!);
  msg.time_started = sockets.sys.sys_now();
  return sockets.post(thread, lwip_netconn_do_delconn, msg, ({ err }) => {
    if (err !== ERR_OK) return sockets.fail(thread, err_to_errno(err));
    sock.fd_free_pending = true;
    return 0;
  });
}

function* closeWithMemberships(sockets: Sockets, thread: SysThread, sock: LwipSock, first: Membership): Op<number> {
  for (let m: Membership | undefined = first; m !== undefined; m = sockets.memberships.takeNext(sock.s)) {
    const msg = sockets.msg(thread, sock.conn!);
    msg.addr = m.group;
    msg.n = m.netif;
    msg.port = 0;
    const posted = sockets.post(thread, lwip_netconn_do_join_leave_group, msg, zeroOf);
    if (typeof posted !== 'number') yield* posted;
  }
  const result = close(sockets, thread, sock);
  return typeof result === 'number' ? result : yield* result;
}

export function lwip_shutdown(sockets: Sockets, thread: SysThread, s: number, how: number): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) => {
    if (conn!.type !== NETCONN_TCP) return sockets.fail(thread, EOPNOTSUPP);
    if (how < SHUT_RD || how > SHUT_RDWR) return sockets.fail(thread, EINVAL);
    return shutdownConn(sockets, thread, conn!, how, zeroOf);
  });
}

/** @param result of the call, by the answered message */
export function shutdownConn(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  how: number,
  result: (msg: ApiMsg) => number,
): Result {
  const msg = sockets.msg(thread, conn);
  msg.n = how;
  msg.time_started = sockets.sys.sys_now();
  return sockets.post(thread, lwip_netconn_do_close, msg, result);
}

/** Fill in an address, as a part of a longer call. */
export function* getaddr(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  local: boolean,
  name: sockaddr_in,
): Op<err_t> {
  const err = postGetaddr(sockets, thread, conn, local, name, errOf);
  return typeof err === 'number' ? err : yield* err;
}

function postGetaddr(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  local: boolean,
  name: sockaddr_in,
  result: (msg: ApiMsg) => number,
): Result {
  const msg = sockets.msg(thread, conn);
  msg.local = local;
  return sockets.post(thread, lwip_netconn_do_getaddr, msg, (answered) => {
    if (answered.err === ERR_OK) setSockaddr(name, answered.addr, answered.port);
    return result(answered);
  });
}

export function lwip_getsockname(sockets: Sockets, thread: SysThread, s: number, name: sockaddr_in): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) => postGetaddr(sockets, thread, conn!, true, name, zeroOf));
}

export function lwip_getpeername(sockets: Sockets, thread: SysThread, s: number, name: sockaddr_in): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) => postGetaddr(sockets, thread, conn!, false, name, zeroOf));
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
