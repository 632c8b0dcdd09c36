/** What the tcpip thread does for a call: open, connect, write, send, names. Source: lwIP api_msg.c */

import {
  ERR_ALREADY,
  ERR_CONN,
  ERR_INPROGRESS,
  ERR_ISCONN,
  ERR_MEM,
  ERR_OK,
  ERR_RTE,
  ERR_VAL,
  ERR_WOULDBLOCK,
  type err_t,
} from '../stack/err.ts';
import type { Frame } from '../stack/frame.ts';
import { igmp_joingroup, igmp_leavegroup } from '../stack/igmp.ts';
import { IPADDR_ANY } from '../stack/prot/ip4.ts';
import { raw_connect, raw_new, raw_recv, raw_sendto } from '../stack/raw.ts';
import type { Stack } from '../stack/stack.ts';
import { tcp_bind, tcp_connect, tcp_listen_with_backlog, tcp_recved } from '../stack/tcp.ts';
import { tcp_alloc } from '../stack/tcp_alloc.ts';
import { TCP_WRITE_FLAG_MORE, tcp_output, tcp_write } from '../stack/tcp_out.ts';
import { CLOSED, LISTEN, TcpPcb, TcpPcbListen, tcp_backlog_accepted } from '../stack/tcp_pcb.ts';
import { udp_bind, udp_connect, udp_disconnect, udp_new, udp_recv, udp_send, udp_sendto } from '../stack/udp.ts';
import { accept_function, do_connected, recv_raw, recv_udp, setupTcp } from './api_callbacks.ts';
import { MSG_DONTWAIT, MSG_MORE } from './constants.ts';
import {
  NETCONN_CONNECT,
  NETCONN_EVT_SENDMINUS,
  NETCONN_FLAG_CHECK_WRITESPACE,
  NETCONN_FLAG_IN_NONBLOCKING_CONNECT,
  NETCONN_LISTEN,
  NETCONN_NONE,
  NETCONN_RAW,
  NETCONN_UDP,
  NETCONN_WRITE,
  type Netconn,
  netconn_err,
} from './netconn.ts';
import { Mbox, type SysThread } from './sys_arch.ts';
import type { TcpipThread } from './tcpip.ts';

/** The message of a call; every task has one and fills in what the call needs. */
export class ApiMsg {
  readonly thread: SysThread;
  /** The tcpip thread that handles it. */
  tcpip: TcpipThread;
  /** In the mailbox. */
  posted = false;
  conn: Netconn | null = null;
  err: err_t = ERR_OK;
  /** Address int32 in host order, port in host order. */
  addr = 0;
  port = 0;
  /** A number: backlog, bytes, directions, protocol. */
  n = 0;
  /** getaddr: the local (true) or the remote side. */
  local = false;
  frame: Frame | null = null;
  /** Written data: parts, the current part and how far it is taken, all that was taken. */
  vector: readonly Uint8Array[] = [];
  vectorIndex = 0;
  vectorOffset = 0;
  offset = 0;
  total = 0;
  apiflags = 0;
  time_started = 0;

  constructor(thread: SysThread, tcpip: TcpipThread) {
    this.thread = thread;
    this.tcpip = tcpip;
  }
}

function ack(msg: ApiMsg): void {
  msg.tcpip.ack(msg.thread);
}

export function finish(msg: ApiMsg, err: err_t): void {
  msg.err = err;
  ack(msg);
}

export function event(conn: Netconn, evt: number): void {
  conn.callback(conn, evt);
}

/** The pcb if it is a connection (not a listener). */
export function connection(conn: Netconn): TcpPcb | null {
  return conn.tcp instanceof TcpPcb ? conn.tcp : null;
}

/**
 * A connection that was shut down for writing after the peer's FIN, and then for reading, is freed by its last ACK
 * without a word to the netconn. lwIP goes on to use the freed pcb; where that is survived, it counts as gone.
 */
export function checkPcbIsThere(conn: Netconn): void {
  if (!(conn.tcp instanceof TcpPcb) || !conn.tcp.isFreed) return;
  conn.stack.port.hazard('netconn_close_after_free');
  conn.tcp = null;
}

/** socket(): allocate the pcb. @param msg.n protocol of a raw socket */
export function lwip_netconn_do_newconn(msg: ApiMsg, tcpip: TcpipThread): void {
  const conn = msg.conn!;
  if (tcpip.stack.lacks('pcb')) {
    finish(msg, ERR_MEM);
    return;
  }
  switch (conn.type) {
    case NETCONN_RAW:
      conn.raw = raw_new(tcpip.stack, msg.n);
      raw_recv(conn.raw, recv_raw, conn);
      break;
    case NETCONN_UDP:
      conn.udp = udp_new(tcpip.stack);
      udp_recv(conn.udp, recv_udp, conn);
      break;
    default: {
      const pcb = tcp_alloc(tcpip.stack);
      if (pcb === null) {
        finish(msg, ERR_MEM);
        return;
      }
      setupTcp(conn, pcb);
    }
  }
  finish(msg, ERR_OK);
}

export function lwip_netconn_do_bind(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  const conn = msg.conn!;
  let err: err_t = ERR_VAL;
  if (conn.tcp instanceof TcpPcb) err = tcp_bind(conn.tcp, msg.addr, msg.port);
  else if (conn.udp !== null) err = udp_bind(conn.udp, msg.addr, msg.port);
  else if (conn.raw !== null) {
    conn.raw.local_ip = msg.addr;
    err = ERR_OK;
  }
  finish(msg, err);
}

/** @param msg.n backlog, 0..255 */
export function lwip_netconn_do_listen(msg: ApiMsg, tcpip: TcpipThread): void {
  checkPcbIsThere(msg.conn!);
  finish(msg, listen(msg.conn!, msg.n === 0 ? 1 : msg.n, tcpip.stack));
}

function listen(conn: Netconn, backlog: number, stack: Stack): err_t {
  if (conn.tcp === null) return ERR_CONN;
  if (conn.state === NETCONN_LISTEN && conn.tcp instanceof TcpPcbListen) {
    conn.tcp.backlog = backlog;
    return ERR_OK;
  }
  if (conn.state !== NETCONN_NONE) return ERR_CONN;
  if (!(conn.tcp instanceof TcpPcb) || conn.tcp.state !== CLOSED) return ERR_VAL;
  const lpcb = tcp_listen_with_backlog(conn.tcp, backlog);
  if (typeof lpcb === 'number') return lpcb;
  conn.recvmbox = null;
  conn.acceptmbox ??= new Mbox(stack.opt.DEFAULT_ACCEPTMBOX_SIZE);
  conn.state = NETCONN_LISTEN;
  conn.tcp = lpcb;
  lpcb.callback_arg = conn;
  lpcb.accept = accept_function;
  return ERR_OK;
}

export function lwip_netconn_do_connect(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  const conn = msg.conn!;
  if (conn.udp !== null) finish(msg, udp_connect(conn.udp, msg.addr, msg.port));
  else if (conn.raw !== null) {
    raw_connect(conn.raw, msg.addr);
    finish(msg, ERR_OK);
  } else if (conn.tcp === null) finish(msg, ERR_CONN);
  else connectTcp(msg, conn);
}

function connectTcp(msg: ApiMsg, conn: Netconn): void {
  if (conn.state === NETCONN_CONNECT) {
    finish(msg, ERR_ALREADY);
    return;
  }
  const pcb = connection(conn);
  if (conn.state !== NETCONN_NONE || pcb === null) {
    finish(msg, ERR_ISCONN);
    return;
  }
  setupTcp(conn, pcb);
  const err = tcp_connect(pcb, msg.addr, msg.port, do_connected);
  if (err !== ERR_OK) {
    finish(msg, err);
    return;
  }
  conn.state = NETCONN_CONNECT;
  if (conn.nonBlocking) {
    conn.flags |= NETCONN_FLAG_IN_NONBLOCKING_CONNECT;
    finish(msg, ERR_INPROGRESS);
  } else {
    conn.current_msg = msg;
  }
}

/** connect() with AF_UNSPEC. */
export function lwip_netconn_do_disconnect(msg: ApiMsg): void {
  const udp = msg.conn!.udp;
  if (udp !== null) udp_disconnect(udp);
  finish(msg, udp === null ? ERR_VAL : ERR_OK);
}

/** accept(): the application has the connection, the backlog has room again. */
export function lwip_netconn_do_accepted(msg: ApiMsg): void {
  const pcb = connection(msg.conn!);
  if (pcb !== null) tcp_backlog_accepted(pcb);
  finish(msg, ERR_OK);
}

/** The application took `msg.n` bytes. */
export function lwip_netconn_do_recv(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  const pcb = connection(msg.conn!);
  if (pcb !== null) tcp_recved(pcb, msg.n);
  finish(msg, ERR_OK);
}

/** send() on a datagram or raw socket. */
export function lwip_netconn_do_send(msg: ApiMsg): void {
  const conn = msg.conn!;
  let err = netconn_err(conn);
  if (err === ERR_OK) err = sendDatagram(conn, msg);
  msg.frame!.release();
  msg.frame = null;
  finish(msg, err);
}

function sendDatagram(conn: Netconn, msg: ApiMsg): err_t {
  const frame = msg.frame!;
  if (conn.udp !== null) {
    return msg.addr === IPADDR_ANY ? udp_send(conn.udp, frame) : udp_sendto(conn.udp, frame, msg.addr, msg.port);
  }
  if (conn.raw !== null) return raw_sendto(conn.raw, frame, msg.addr === IPADDR_ANY ? conn.raw.remote_ip : msg.addr);
  return ERR_CONN;
}

/** getsockname(), getpeername(), the address of accept(). */
export function lwip_netconn_do_getaddr(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  finish(msg, getaddr(msg.conn!, msg));
}

function getaddr(conn: Netconn, msg: ApiMsg): err_t {
  const pcb = conn.tcp ?? conn.udp ?? conn.raw;
  if (pcb === null) return ERR_CONN;
  if (msg.local) {
    msg.addr = pcb.local_ip;
    msg.port = conn.raw !== null ? conn.raw.protocol : (conn.tcp ?? conn.udp)!.local_port;
    return ERR_OK;
  }
  if (conn.udp !== null) {
    msg.addr = conn.udp.remote_ip;
    msg.port = conn.udp.remote_port;
    return conn.udp.connected ? ERR_OK : ERR_CONN;
  }
  const tcp = connection(conn);
  if (tcp === null || tcp.state === CLOSED || tcp.state === LISTEN) return ERR_CONN;
  msg.addr = tcp.remote_ip;
  msg.port = tcp.remote_port;
  return ERR_OK;
}

/** Membership: msg.addr is the group, msg.port stands for joining (1) or leaving (0), msg.n is the interface's address. */
export function lwip_netconn_do_join_leave_group(msg: ApiMsg, tcpip: TcpipThread): void {
  const action = msg.port === 1 ? igmp_joingroup : igmp_leavegroup;
  finish(msg, action(tcpip.stack, msg.n, msg.addr));
}

/** send() on a TCP socket: as much as fits goes now, the rest when room comes back. */
export function lwip_netconn_do_write(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  const conn = msg.conn!;
  const err = netconn_err(conn);
  if (err !== ERR_OK) finish(msg, err);
  else if (conn.state !== NETCONN_NONE) finish(msg, ERR_INPROGRESS);
  else if (conn.tcp === null) finish(msg, ERR_CONN);
  else {
    conn.state = NETCONN_WRITE;
    conn.current_msg = msg;
    writemore(conn, conn.tcp as TcpPcb);
  }
}

/** Source: lwIP lwip_netconn_do_writemore() */
export function writemore(conn: Netconn, pcb: TcpPcb): void {
  const msg = conn.current_msg!;
  const dontblock = conn.nonBlocking || (msg.apiflags & MSG_DONTWAIT) !== 0;
  let err: err_t;
  let done = false;
  if (conn.send_timeout !== 0 && msg.tcpip.sys.sys_now() - msg.time_started >= conn.send_timeout) {
    done = true;
    err = msg.offset === 0 ? ERR_WOULDBLOCK : ERR_OK;
  } else {
    err = writeParts(msg, pcb, dontblock);
    if (err === ERR_OK || err === ERR_MEM || err === ERR_WOULDBLOCK) {
      if (dontblock && msg.offset < msg.total) {
        event(conn, NETCONN_EVT_SENDMINUS);
        conn.flags |= NETCONN_FLAG_CHECK_WRITESPACE;
      } else if (!hasWriteSpace(pcb)) {
        event(conn, NETCONN_EVT_SENDMINUS);
      }
    }
    let outErr: err_t = ERR_OK;
    if (err === ERR_OK || err === ERR_MEM) outErr = tcp_output(pcb);
    if (outErr === ERR_RTE) {
      err = outErr;
      done = true;
    } else if (err === ERR_MEM && !dontblock) {
      err = ERR_OK;
    } else if (err === ERR_OK) {
      done = msg.offset === msg.total || dontblock;
    } else {
      done = true;
    }
    if (err === ERR_MEM && dontblock) err = msg.offset === 0 ? ERR_WOULDBLOCK : ERR_OK;
  }
  if (!done) return;
  conn.current_msg = null;
  conn.state = NETCONN_NONE;
  finish(msg, err);
}

/** Hand the parts to tcp_write(), piece by piece. Once a piece was marked "more follows", all later ones are. */
function writeParts(msg: ApiMsg, pcb: TcpPcb, dontblock: boolean): err_t {
  let apiflags = (msg.apiflags & MSG_MORE) !== 0 ? TCP_WRITE_FLAG_MORE : 0;
  while (msg.vectorIndex < msg.vector.length) {
    const part = msg.vector[msg.vectorIndex]!;
    const rest = part.length - msg.vectorOffset;
    if (rest === 0) {
      msg.vectorIndex++;
      msg.vectorOffset = 0;
      continue;
    }
    let len = rest;
    if (rest > 0xffff) {
      len = 0xffff;
      apiflags |= TCP_WRITE_FLAG_MORE;
    }
    const available = pcb.snd_buf;
    if (available < len) {
      if (dontblock) {
        if (available === 0) return msg.offset === 0 ? ERR_WOULDBLOCK : ERR_OK;
      } else {
        apiflags |= TCP_WRITE_FLAG_MORE;
      }
      len = available;
    }
    if (len === rest && msg.vectorIndex < msg.vector.length - 1) apiflags |= TCP_WRITE_FLAG_MORE;
    const err = tcp_write(pcb, part, msg.vectorOffset, len, apiflags);
    if (err !== ERR_OK) return err;
    msg.offset += len;
    msg.vectorOffset += len;
    if (len < rest && len < 0xffff) return ERR_OK;
  }
  return ERR_OK;
}

/** Room enough for a socket to count as writable. */
export function hasWriteSpace(pcb: TcpPcb): boolean {
  const opt = pcb.stack.opt;
  return pcb.snd_buf > opt.TCP_SNDLOWAT && pcb.snd_queuelen < opt.TCP_SNDQUEUELOWAT;
}
