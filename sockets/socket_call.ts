/** What most calls have in common: a descriptor's socket that is held, and work on it that seldom has to wait. */

import { EBADF } from './errno.ts';
import { type PolledOp, type Result, stepOf } from './polled_op.ts';
import type { LwipSock } from './socket.ts';
import type { Sockets } from './sockets.ts';
import type { Op, SysThread } from './sys_arch.ts';

/**
 * A call on a descriptor: its socket is held until the work is done.
 * @param work returns what the call does; -1 (EBADF) if there is no such socket
 * Source: lwIP get_socket(), done_socket()
 */
export function onSocket(sockets: Sockets, thread: SysThread, s: number, work: (sock: LwipSock) => Result): Op<number> {
  return new SocketCall(sockets, thread, s, work);
}

class SocketCall implements PolledOp {
  done = false;
  value = 0;
  rest: Op<number> | null = null;
  private readonly sockets: Sockets;
  private readonly thread: SysThread;
  private readonly s: number;
  private readonly work: (sock: LwipSock) => Result;

  constructor(sockets: Sockets, thread: SysThread, s: number, work: (sock: LwipSock) => Result) {
    this.sockets = sockets;
    this.thread = thread;
    this.s = s;
    this.work = work;
  }

  poll(): Result {
    const { sockets, thread } = this;
    const sock = sockets.use(this.s);
    return sock === null ? sockets.fail(thread, EBADF) : letGo(sockets, thread, sock, this.work(sock));
  }

  next(): IteratorResult<void, number> {
    return stepOf(this);
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** The work on a socket is done, or will be: let go of it then. @returns the same result */
export function letGo(sockets: Sockets, thread: SysThread, sock: LwipSock, result: Result): Result {
  if (typeof result !== 'number') return letGoLater(sockets, thread, sock, result);
  const rest = sockets.done(thread, sock);
  return rest === null ? result : after(rest, result);
}

function* letGoLater(sockets: Sockets, thread: SysThread, sock: LwipSock, result: Op<number>): Op<number> {
  const ret = yield* result;
  const rest = sockets.done(thread, sock);
  if (rest !== null) yield* rest;
  return ret;
}

function* after(rest: Op<void>, result: number): Op<number> {
  yield* rest;
  return result;
}

/** A call that needs no socket. */
export function directly(work: () => Result): Op<number> {
  return new DirectCall(work);
}

class DirectCall implements PolledOp {
  done = false;
  value = 0;
  rest: Op<number> | null = null;
  private readonly work: () => Result;

  constructor(work: () => Result) {
    this.work = work;
  }

  poll(): Result {
    return this.work();
  }

  next(): IteratorResult<void, number> {
    return stepOf(this);
  }

  [Symbol.iterator](): this {
    return this;
  }
}
