/** select() and poll(): who waits for which descriptors, and what wakes them. Source: lwIP sockets.c */

import {
  FD_SETSIZE,
  POLLERR,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from './constants.ts';
import { EBADF, EBUSY, EINVAL, ENOENT } from './errno.ts';
import { FD_ISSET, FD_SET, fd_set } from './fd_set.ts';
import {
  NETCONN_EVT_ERROR,
  NETCONN_EVT_RCVMINUS,
  NETCONN_EVT_RCVPLUS,
  NETCONN_EVT_SENDMINUS,
  NETCONN_EVT_SENDPLUS,
  type Netconn,
} from './netconn.ts';
import type { LwipSock } from './socket.ts';
import type { Sockets } from './sockets.ts';
import { type Op, type SysThread, semWait, signal } from './sys_arch.ts';

export interface timeval {
  tv_sec: number;
  tv_usec: number;
}

export interface pollfd {
  fd: number;
  events: number;
  revents: number;
}

/** A task inside select() or lwip_poll(). Source: lwIP struct lwip_select_cb */
interface SelectCb {
  readonly thread: SysThread;
  readonly readset: fd_set | null;
  readonly writeset: fd_set | null;
  readonly exceptset: fd_set | null;
  readonly pollfds: readonly pollfd[] | null;
  sem_signalled: boolean;
}

const SELECT_WAITING_MAX = 255;

/** The tasks that wait, the newest first, and a count of changes that restarts a walk over them. */
export class Selectors {
  private readonly list: SelectCb[] = [];
  private ctr = 0;

  link(cb: SelectCb): void {
    this.list.unshift(cb);
    this.ctr++;
  }

  unlink(cb: SelectCb): void {
    this.list.splice(this.list.indexOf(cb), 1);
    this.ctr++;
  }

  /**
   * Wake whoever waits for what happened on a socket. A waiter of higher priority runs at once; if the list has changed
   * when it is done, the walk starts anew. Source: lwIP select_check_waiters()
   */
  check(sockets: Sockets, sock: LwipSock, recv: boolean, send: boolean, err: boolean): void {
    for (let i = 0; i < this.list.length; ) {
      const cb = this.list[i]!;
      const before = this.ctr;
      if (!cb.sem_signalled && concerns(cb, sock, recv, send, err)) {
        cb.sem_signalled = true;
        signal(cb.thread, sockets.sys);
        sockets.sys.preemptIfHigher();
      }
      i = before === this.ctr ? i + 1 : 0;
    }
  }
}

function concerns(cb: SelectCb, sock: LwipSock, recv: boolean, send: boolean, err: boolean): boolean {
  if (cb.pollfds !== null) {
    return cb.pollfds.some(
      (p) => p.fd === sock.s && ((recv && (p.events & POLLIN) !== 0) || (send && (p.events & POLLOUT) !== 0) || err),
    );
  }
  return (
    (sock.rcvevent !== 0 && cb.readset !== null && FD_ISSET(sock.s, cb.readset)) ||
    (sock.sendevent && cb.writeset !== null && FD_ISSET(sock.s, cb.writeset)) ||
    (sock.errevent && cb.exceptset !== null && FD_ISSET(sock.s, cb.exceptset))
  );
}

/** Every event of every netconn arrives here. Source: lwIP event_callback() */
export function event_callback(sockets: Sockets, conn: Netconn, evt: number): void {
  if (conn.socket < 0) {
    // Before accept() has given it a descriptor; accept() replays these.
    if (evt === NETCONN_EVT_RCVPLUS) conn.socket--;
    return;
  }
  const sock = sockets.use(conn.socket);
  if (sock === null) return;
  let check = true;
  switch (evt) {
    case NETCONN_EVT_RCVPLUS:
      sock.rcvevent++;
      check = sock.rcvevent <= 1;
      break;
    case NETCONN_EVT_RCVMINUS:
      sock.rcvevent--;
      check = false;
      break;
    case NETCONN_EVT_SENDPLUS:
      check = !sock.sendevent;
      sock.sendevent = true;
      break;
    case NETCONN_EVT_SENDMINUS:
      sock.sendevent = false;
      check = false;
      break;
    case NETCONN_EVT_ERROR:
      sock.errevent = true;
      break;
  }
  if (sock.select_waiting > 0 && check) {
    sockets.selectors.check(sockets, sock, sock.rcvevent > 0, sock.sendevent, sock.errevent);
  }
  sockets.doneFromTcpip(sock);
}

/** What a scan found. */
interface Ready {
  readonly count: number;
  readonly readset: fd_set;
  readonly writeset: fd_set;
  readonly exceptset: fd_set;
}

function isMember(fd: number, set: fd_set | null): boolean {
  return set !== null && FD_ISSET(fd, set);
}

function* letGoOfAll(sockets: Sockets, thread: SysThread, used: readonly LwipSock[]): Op<void> {
  for (const sock of used) {
    const rest = sockets.done(thread, sock);
    if (rest !== null) yield* rest;
  }
}

/** Look at all sockets of the sets, ascending. @returns null if one of them is not open. Source: lwIP lwip_selscan() */
function selscan(
  sockets: Sockets,
  nfds: number,
  read: fd_set | null,
  write: fd_set | null,
  except: fd_set | null,
): Ready | null {
  const readset = new fd_set();
  const writeset = new fd_set();
  const exceptset = new fd_set();
  let count = 0;
  for (let fd = sockets.offset; fd < nfds; fd++) {
    const [r, w, e] = [isMember(fd, read), isMember(fd, write), isMember(fd, except)];
    if (!r && !w && !e) continue;
    const sock = sockets.open(fd);
    if (sock === null) return null;
    if (r && (sock.lastdata !== null || sock.rcvevent > 0)) {
      FD_SET(fd, readset);
      count++;
    }
    if (w && sock.sendevent) {
      FD_SET(fd, writeset);
      count++;
    }
    if (e && sock.errevent) {
      FD_SET(fd, exceptset);
      count++;
    }
  }
  return { count, readset, writeset, exceptset };
}

function copyInto(target: fd_set | null, source: fd_set): void {
  target?.fds_bits.set(source.fds_bits);
}

/** @returns milliseconds, at least 1; -1 for "do not wait", undefined for ever */
function timeoutMs(timeout: timeval | null): number | undefined {
  if (timeout === null) return undefined;
  if (timeout.tv_sec === 0 && timeout.tv_usec === 0) return -1;
  return Math.max(1, timeout.tv_sec * 1000 + Math.trunc((timeout.tv_usec + 500) / 1000));
}

/**
 * Wait until a descriptor is ready; the sets are changed to what is.
 * @param nfds highest descriptor + 1, at most 64
 * @returns how many bits are set, 0 at a time-out, -1 (EINVAL, EBADF, EBUSY)
 * Source: lwIP lwip_select()
 */
export function* lwip_select(
  sockets: Sockets,
  thread: SysThread,
  nfds: number,
  read: fd_set | null,
  write: fd_set | null,
  except: fd_set | null,
  timeout: timeval | null,
): Op<number> {
  if (nfds < 0 || nfds > FD_SETSIZE) return sockets.fail(thread, EINVAL);
  const used: LwipSock[] = [];
  for (let fd = sockets.offset; fd < nfds; fd++) {
    if (!isMember(fd, read) && !isMember(fd, write) && !isMember(fd, except)) continue;
    const sock = sockets.use(fd);
    if (sock !== null) used.push(sock);
  }
  const ready = yield* selectOn(sockets, thread, nfds, read, write, except, timeoutMs(timeout));
  yield* letGoOfAll(sockets, thread, used);
  if (typeof ready === 'number') return sockets.fail(thread, ready);
  copyInto(read, ready.readset);
  copyInto(write, ready.writeset);
  copyInto(except, ready.exceptset);
  return ready.count;
}

/** @returns what is ready, or an errno */
function* selectOn(
  sockets: Sockets,
  thread: SysThread,
  nfds: number,
  read: fd_set | null,
  write: fd_set | null,
  except: fd_set | null,
  ms: number | undefined,
): Op<Ready | number> {
  const scan = () => selscan(sockets, nfds, read, write, except);
  const first = scan();
  if (first === null) return EBADF;
  if (first.count > 0 || ms === -1) return first;
  const cb: SelectCb = {
    thread,
    readset: read,
    writeset: write,
    exceptset: except,
    pollfds: null,
    sem_signalled: false,
  };
  yield* sockets.tcpip.locked(thread, () => sockets.selectors.link(cb));
  let error = 0;
  const waiting: LwipSock[] = [];
  for (let fd = sockets.offset; fd < nfds && error === 0; fd++) {
    if (!isMember(fd, read) && !isMember(fd, write) && !isMember(fd, except)) continue;
    const sock = sockets.open(fd);
    if (sock === null) error = EBADF;
    else if (sock.select_waiting === SELECT_WAITING_MAX) error = EBUSY;
    else {
      sock.select_waiting++;
      waiting.push(sock);
    }
  }
  let timedOut = false;
  if (error === 0) {
    const second = scan();
    if (second === null) error = EBADF;
    else if (second.count === 0) {
      const deadline = ms === undefined ? Number.POSITIVE_INFINITY : sockets.sys.deadline(sockets.sys.semTicks(ms));
      timedOut = !(yield* semWait(thread, sockets.sys, deadline));
    }
  }
  for (const sock of waiting) sock.select_waiting--;
  yield* sockets.tcpip.locked(thread, () => sockets.selectors.unlink(cb));
  if (cb.sem_signalled) thread.semToken = false;
  if (error !== 0) return error;
  if (timedOut) return { count: 0, readset: new fd_set(), writeset: new fd_set(), exceptset: new fd_set() };
  return scan() ?? EBADF;
}

/**
 * ESP-IDF's poll(), which is select() in other words: the number is select's, and an entry shows every event of its
 * descriptor, also one that only another entry asked for.
 * @param timeout milliseconds, negative for ever
 */
export function* poll(sockets: Sockets, thread: SysThread, fds: pollfd[], timeout: number): Op<number> {
  if (fds === null) return sockets.fail(thread, ENOENT);
  const [read, write, except] = [new fd_set(), new fd_set(), new fd_set()];
  let max = -1;
  let invalid = 0;
  for (const p of fds) {
    p.revents = 0;
    if (p.fd < 0) continue;
    if (p.fd >= FD_SETSIZE) {
      p.revents = POLLNVAL;
      invalid++;
      continue;
    }
    const wantsRead = (p.events & (POLLIN | POLLRDNORM | POLLRDBAND | POLLPRI)) !== 0;
    const wantsWrite = (p.events & (POLLOUT | POLLWRNORM | POLLWRBAND)) !== 0;
    if (wantsRead) FD_SET(p.fd, read);
    if (wantsWrite) FD_SET(p.fd, write);
    if (wantsRead || wantsWrite) {
      FD_SET(p.fd, except);
      max = Math.max(max, p.fd);
    }
  }
  const tv = timeout < 0 ? null : { tv_sec: Math.trunc(timeout / 1000), tv_usec: (timeout % 1000) * 1000 };
  const n = yield* lwip_select(sockets, thread, max + 1, read, write, except, tv);
  if (n <= 0) return n;
  for (const p of fds) {
    if (FD_ISSET(p.fd, read)) p.revents |= POLLIN;
    if (FD_ISSET(p.fd, write)) p.revents |= POLLOUT;
    if (FD_ISSET(p.fd, except)) p.revents |= POLLERR;
  }
  return n + invalid;
}

/** One look at the entries of lwip_poll(). Source: lwIP lwip_pollscan() */
function pollscan(sockets: Sockets, fds: readonly pollfd[], change: number): number {
  let nready = 0;
  for (const p of fds) {
    p.revents = 0;
    if (p.fd >= 0) {
      const sock = sockets.open(p.fd);
      if (sock === null) p.revents = POLLNVAL;
      else {
        sock.select_waiting += change;
        if ((p.events & POLLIN) !== 0 && (sock.lastdata !== null || sock.rcvevent > 0)) p.revents |= POLLIN;
        if ((p.events & POLLOUT) !== 0 && sock.sendevent) p.revents |= POLLOUT;
        if (sock.errevent) p.revents |= POLLERR;
      }
    }
    if (p.revents !== 0) nready++;
  }
  return nready;
}

/** lwIP's own poll(), which ESP-IDF's programs reach by this name only. @param timeout milliseconds, negative for ever */
export function* lwip_poll(sockets: Sockets, thread: SysThread, fds: pollfd[], timeout: number): Op<number> {
  const used: LwipSock[] = [];
  for (const p of fds) {
    const sock = p.fd < 0 ? null : sockets.use(p.fd);
    if (sock !== null) used.push(sock);
  }
  let nready = pollscan(sockets, fds, 0);
  if (nready === 0 && timeout !== 0) {
    const cb: SelectCb = {
      thread,
      readset: null,
      writeset: null,
      exceptset: null,
      pollfds: fds,
      sem_signalled: false,
    };
    yield* sockets.tcpip.locked(thread, () => sockets.selectors.link(cb));
    nready = pollscan(sockets, fds, 1);
    if (nready === 0) {
      const { sys } = sockets;
      yield* semWait(thread, sys, timeout < 0 ? Number.POSITIVE_INFINITY : sys.deadline(sys.semTicks(timeout)));
    }
    nready = pollscan(sockets, fds, -1);
    yield* sockets.tcpip.locked(thread, () => sockets.selectors.unlink(cb));
    if (cb.sem_signalled) thread.semToken = false;
  }
  yield* letGoOfAll(sockets, thread, used);
  return nready;
}
