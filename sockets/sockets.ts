/**
 * The descriptors of one board and the way of its calls into the tcpip thread. The calls themselves are functions over this
 * class: socket_call.ts, connection.ts, send.ts, recv.ts, select.ts, sockopt.ts. Source: lwIP sockets.c
 */

import { ERR_OK, type err_t } from '../stack/err.ts';
import { lwip_netconn_do_abort_unaccepted } from './api_close.ts';
import { ApiMsg } from './api_msg.ts';
import { err_to_errno } from './errno.ts';
import { type AcceptItem, freeItem, NETCONN_TCP, Netconn } from './netconn.ts';
import { Netdb } from './netdb.ts';
import { event_callback, Selectors } from './select.ts';
import { LwipSock } from './socket.ts';
import { Memberships } from './sockopt.ts';
import type { Mbox, Op, Sys, SysThread } from './sys_arch.ts';
import type { TcpipFn, TcpipThread } from './tcpip.ts';

export class Sockets {
  readonly tcpip: TcpipThread;
  readonly sys: Sys;
  /** First descriptor; by default the last is 63. */
  readonly offset: number;
  readonly selectors = new Selectors();
  readonly memberships: Memberships;
  /** A TCP transfer that begins now moves no more bytes than this. Lowered by fault plans. */
  transferLimit = Number.POSITIVE_INFINITY;
  private readonly slots: (LwipSock | undefined)[];
  private readonly size: number;
  private names: Netdb | null = null;
  /** Told of the events of every netconn. */
  readonly onEvent = (conn: Netconn, evt: number): void => event_callback(this, conn, evt);

  constructor(tcpip: TcpipThread) {
    const max = tcpip.stack.opt.MAX_SOCKETS;
    this.tcpip = tcpip;
    this.sys = tcpip.sys;
    this.size = max;
    this.slots = new Array<LwipSock | undefined>(max);
    this.offset = tcpip.stack.opt.LWIP_SOCKET_OFFSET;
    this.memberships = new Memberships(max);
  }

  /** What the board keeps of names, made when one is asked for. */
  get netdb(): Netdb {
    this.names ??= new Netdb();
    return this.names;
  }

  // Descriptors

  /** The open socket of a descriptor, or null. Source: lwIP tryget_socket_unconn() */
  open(s: number): LwipSock | null {
    const sock = this.slots[s - this.offset];
    return sock === undefined || sock.conn === null || sock.fd_free_pending ? null : sock;
  }

  /** The same, and hold it: release() must follow. */
  use(s: number): LwipSock | null {
    const sock = this.open(s);
    if (sock !== null) sock.fd_used++;
    return sock;
  }

  /**
   * Let go of a socket; the last one out of a closed socket empties its slot.
   * @returns null, or what remains to be waited for
   * Source: lwIP done_socket()
   */
  done(thread: SysThread, sock: LwipSock): Op<void> | null {
    return --sock.fd_used === 0 && sock.fd_free_pending ? this.free(thread, sock) : null;
  }

  /** The same in the tcpip thread, which cannot wait for itself. */
  doneFromTcpip(sock: LwipSock): void {
    sock.fd_used--;
  }

  /** Empty the slot, then what still stands in the mailboxes: unaccepted connections are reset. Source: lwIP free_socket(), netconn_drain() */
  private free(thread: SysThread, sock: LwipSock): Op<void> | null {
    const conn = sock.conn!;
    if (sock.lastdata !== null) freeItem(sock.lastdata);
    sock.lastdata = null;
    sock.fd_free_pending = false;
    sock.conn = null;
    const { acceptmbox } = conn;
    emptyRecvmbox(conn);
    if (acceptmbox !== null && acceptmbox.count > 0) return this.resetUnaccepted(thread, conn, acceptmbox);
    conn.recvmbox = null;
    conn.acceptmbox = null;
    return null;
  }

  private *resetUnaccepted(thread: SysThread, listener: Netconn, acceptmbox: Mbox<AcceptItem>): Op<void> {
    for (let item = acceptmbox.tryfetch(); item !== undefined; item = acceptmbox.tryfetch()) {
      if (!(item instanceof Netconn)) continue;
      emptyRecvmbox(item);
      item.recvmbox = null;
      yield* this.call(thread, lwip_netconn_do_abort_unaccepted, item);
    }
    listener.recvmbox = null;
    listener.acceptmbox = null;
  }

  /** The lowest free slot for a netconn, held once; null if there is none. Source: lwIP alloc_socket() */
  allocate(conn: Netconn, accepted: boolean): LwipSock | null {
    if (this.tcpip.stack.lacks('descriptor')) return null;
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

  // Messages to the tcpip thread

  /** The calling task's message, for this netconn. */
  msg(thread: SysThread, conn: Netconn): ApiMsg {
    thread.apiMsg ??= new ApiMsg(thread, this.tcpip);
    const msg = thread.apiMsg;
    msg.conn = conn;
    msg.err = ERR_OK;
    return msg;
  }

  /** Have the task's message handled. @param result what the call returns, by the answered message */
  post(
    thread: SysThread,
    fn: TcpipFn<ApiMsg, TcpipThread>,
    msg: ApiMsg,
    result: (msg: ApiMsg) => number,
  ): number | Op<number> {
    return this.tcpip.tryCall(thread, fn, msg) ? result(msg) : this.tcpip.finishCall(thread, fn, msg, result);
  }

  /** Have a message handled that needs nothing but the netconn, as a part of a longer call. */
  *call(thread: SysThread, fn: TcpipFn<ApiMsg, TcpipThread>, conn: Netconn): Op<err_t> {
    const msg = this.msg(thread, conn);
    return this.tcpip.tryCall(thread, fn, msg) ? msg.err : yield* this.tcpip.finishCall(thread, fn, msg, errOf);
  }

  /** Run a function in the tcpip thread, as netif and option calls do. @returns what it returns */
  *inTcpipThread<T>(thread: SysThread, fn: () => T): Op<T> {
    let result: T | undefined;
    const run = (msg: ApiMsg, tcpip: TcpipThread): void => {
      result = fn();
      tcpip.ack(msg.thread);
    };
    thread.apiMsg ??= new ApiMsg(thread, this.tcpip);
    if (!this.tcpip.tryCall(thread, run, thread.apiMsg))
      yield* this.tcpip.finishCall(thread, run, thread.apiMsg, errOf);
    return result as T;
  }
}

/** What a call returns that has nothing to tell but its error: 0, or -1 and the errno. */
export function zeroOf(msg: ApiMsg): number {
  return resultOf(msg, 0);
}

/** The value, or -1 and the errno of the message's error. */
export function resultOf({ err, thread }: ApiMsg, value: number): number {
  if (err === ERR_OK) return value;
  thread.errno = err_to_errno(err);
  return -1;
}

export function errOf(msg: ApiMsg): err_t {
  return msg.err;
}

function emptyRecvmbox({ recvmbox }: Netconn): void {
  if (recvmbox === null) return;
  for (let item = recvmbox.tryfetch(); item !== undefined; item = recvmbox.tryfetch()) freeItem(item);
}
