/** A connection as lwIP's sequential API knows it: a pcb, mailboxes, a pending error. Source: lwIP api.h (struct netconn) */

import { ERR_OK, type err_t } from '../stack/err.ts';
import { Pbuf, pbuf_free } from '../stack/pbuf.ts';
import type { RawPcb } from '../stack/raw.ts';
import type { Stack } from '../stack/stack.ts';
import type { TcpPcb, TcpPcbListen } from '../stack/tcp_pcb.ts';
import type { UdpPcb } from '../stack/udp.ts';
import type { ApiMsg } from './api_msg.ts';
import { Mbox, type Sys } from './sys_arch.ts';

export const NETCONN_TCP = 0x10;
export const NETCONN_UDP = 0x20;
export const NETCONN_RAW = 0x40;

/** What a netconn is busy with. */
export const NETCONN_NONE = 0;
export const NETCONN_WRITE = 1;
export const NETCONN_LISTEN = 2;
export const NETCONN_CONNECT = 3;
export const NETCONN_CLOSE = 4;

/** netconn.flags */
export const NETCONN_FLAG_MBOXCLOSED = 0x01;
export const NETCONN_FLAG_NON_BLOCKING = 0x02;
export const NETCONN_FLAG_IN_NONBLOCKING_CONNECT = 0x04;
export const NETCONN_FLAG_MBOXINVALID = 0x08;
export const NETCONN_FLAG_CHECK_WRITESPACE = 0x10;
export const NETCONN_FIN_RX_PENDING = 0x80;

/** Events that the socket layer counts for select(). */
export const NETCONN_EVT_RCVPLUS = 0;
export const NETCONN_EVT_RCVMINUS = 1;
export const NETCONN_EVT_SENDPLUS = 2;
export const NETCONN_EVT_SENDMINUS = 3;
export const NETCONN_EVT_ERROR = 4;

/** A received datagram or raw packet with its sender. Source: lwIP netbuf.h */
export class Netbuf {
  readonly p: Pbuf;
  /** int32, host order. */
  readonly addr: number;
  readonly port: number;

  constructor(p: Pbuf, addr: number, port: number) {
    this.p = p;
    this.addr = addr;
    this.port = port;
  }
}

/** In a receive or accept mailbox: an error, or the peer's FIN. */
export class NetconnError {
  readonly err: err_t;

  constructor(err: err_t) {
    this.err = err;
  }
}

/** In a mailbox: the netconn is being closed by another task. Source: lwIP netconn_deleted */
export class NetconnDeleted {
  readonly deleted = true;
}

export const netconn_deleted = new NetconnDeleted();

export type RecvItem = Pbuf | Netbuf | NetconnError | NetconnDeleted;
export type AcceptItem = Netconn | NetconnError | NetconnDeleted;

/** Told of every event of a netconn. */
export type netconn_callback = (conn: Netconn, evt: number) => void;

export class Netconn {
  readonly type: number;
  state = NETCONN_NONE;
  readonly stack: Stack;
  tcp: TcpPcb | TcpPcbListen | null = null;
  udp: UdpPcb | null = null;
  raw: RawPcb | null = null;
  pending_err: err_t = ERR_OK;
  recvmbox: Mbox<RecvItem> | null;
  acceptmbox: Mbox<AcceptItem> | null = null;
  /** Tasks inside a fetch from one of the mailboxes. */
  mbox_threads_waiting = 0;
  /** Descriptor; below 0 it counts (down from -1) the events that came before there was one. */
  socket = -1;
  send_timeout = 0;
  recv_timeout = 0;
  recv_bufsize = RECV_BUFSIZE_DEFAULT;
  recv_avail = 0;
  /** Seconds, -1 if off (only with LWIP_SO_LINGER). */
  linger = -1;
  flags: number;
  /** The write, connect or close that is in progress. */
  current_msg: ApiMsg | null = null;
  readonly callback: netconn_callback;
  readonly sys: Sys;

  constructor(type: number, stack: Stack, callback: netconn_callback, sys: Sys) {
    this.type = type;
    this.stack = stack;
    this.callback = callback;
    this.sys = sys;
    this.flags = 0;
    this.recvmbox = new Mbox(recvmboxSize(type, stack));
  }

  /** Blocking state, as fcntl() and FIONBIO set it. */
  get nonBlocking(): boolean {
    return (this.flags & NETCONN_FLAG_NON_BLOCKING) !== 0;
  }

  /** Mailboxes are being taken down. */
  get mboxInvalid(): boolean {
    return (this.flags & NETCONN_FLAG_MBOXINVALID) !== 0;
  }

  /** There is no pcb: closed, reset, or given up. */
  get hasNoPcb(): boolean {
    return this.tcp === null && this.udp === null && this.raw === null;
  }
}

const RECV_BUFSIZE_DEFAULT = 0x7fffffff;

function recvmboxSize(type: number, stack: Stack): number {
  switch (type) {
    case NETCONN_TCP:
      return stack.opt.DEFAULT_TCP_RECVMBOX_SIZE;
    case NETCONN_UDP:
      return stack.opt.DEFAULT_UDP_RECVMBOX_SIZE;
    default:
      return stack.opt.DEFAULT_RAW_RECVMBOX_SIZE;
  }
}

/** Read and clear the pending error. Source: lwIP netconn_err() */
export function netconn_err(conn: Netconn): err_t {
  const err = conn.pending_err;
  conn.pending_err = ERR_OK;
  return err;
}

/** Give up what an item of a mailbox holds. */
export function freeItem(item: unknown): void {
  if (item instanceof Pbuf) pbuf_free(item);
  else if (item instanceof Netbuf) pbuf_free(item.p);
}
