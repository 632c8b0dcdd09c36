/** What the tcpip thread does for a call, and the stack's callbacks into a netconn. Source: lwIP api_msg.c */

import {
  ERR_ABRT,
  ERR_ALREADY,
  ERR_CLSD,
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
import { Pbuf, pbuf_free } from '../stack/pbuf.ts';
import { IPADDR_ANY } from '../stack/prot/ip4.ts';
import { type RawPcb, raw_connect, raw_new, raw_recv, raw_remove, raw_sendto } from '../stack/raw.ts';
import type { Stack } from '../stack/stack.ts';
import {
  tcp_abort,
  tcp_bind,
  tcp_close,
  tcp_connect,
  tcp_listen_with_backlog,
  tcp_recved,
  tcp_shutdown,
} from '../stack/tcp.ts';
import { TCP_WRITE_FLAG_MORE, tcp_output, tcp_write } from '../stack/tcp_out.ts';
import {
  CLOSED,
  CLOSING,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LISTEN,
  TcpPcb,
  TcpPcbListen,
  TF_RXCLOSED,
  tcp_backlog_accepted,
  tcp_backlog_delayed,
  tcp_new,
} from '../stack/tcp_pcb.ts';
import {
  type UdpPcb,
  udp_bind,
  udp_connect,
  udp_disconnect,
  udp_new,
  udp_recv,
  udp_remove,
  udp_send,
  udp_sendto,
} from '../stack/udp.ts';
import { MSG_DONTWAIT, MSG_MORE, SHUT_RD, SHUT_RDWR, SHUT_WR } from './constants.ts';
import {
  NETCONN_CLOSE,
  NETCONN_CONNECT,
  NETCONN_EVT_ERROR,
  NETCONN_EVT_RCVPLUS,
  NETCONN_EVT_SENDMINUS,
  NETCONN_EVT_SENDPLUS,
  NETCONN_FLAG_CHECK_WRITESPACE,
  NETCONN_FLAG_IN_NONBLOCKING_CONNECT,
  NETCONN_FLAG_MBOXCLOSED,
  NETCONN_FLAG_MBOXINVALID,
  NETCONN_LISTEN,
  NETCONN_NONE,
  NETCONN_RAW,
  NETCONN_TCP,
  NETCONN_UDP,
  NETCONN_WRITE,
  Netbuf,
  Netconn,
  NetconnError,
  netconn_deleted,
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

function finish(msg: ApiMsg, err: err_t): void {
  msg.err = err;
  ack(msg);
}

function event(conn: Netconn, evt: number): void {
  conn.callback(conn, evt);
}

/** The pcb if it is a connection (not a listener). */
function connection(conn: Netconn): TcpPcb | null {
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

// Messages

/** socket(): allocate the pcb. @param msg.n protocol of a raw socket */
export function lwip_netconn_do_newconn(msg: ApiMsg, tcpip: TcpipThread): void {
  const conn = msg.conn!;
  switch (conn.type) {
    case NETCONN_RAW:
      conn.raw = raw_new(tcpip.stack, msg.n);
      raw_recv(conn.raw, recv_raw, conn);
      break;
    case NETCONN_UDP:
      conn.udp = udp_new(tcpip.stack);
      udp_recv(conn.udp, recv_udp, conn);
      break;
    default:
      setupTcp(conn, tcp_new(tcpip.stack));
  }
  finish(msg, ERR_OK);
}

function setupTcp(conn: Netconn, pcb: TcpPcb): void {
  conn.tcp = pcb;
  pcb.callback_arg = conn;
  pcb.recv = recv_tcp;
  pcb.sent = sent_tcp;
  pcb.poll = poll_tcp;
  pcb.pollinterval = NETCONN_TCP_POLL_INTERVAL;
  pcb.errf = err_tcp;
}

/** Slow ticks between polls: one second. */
const NETCONN_TCP_POLL_INTERVAL = 2;

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

// Writing

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
function writemore(conn: Netconn, pcb: TcpPcb): void {
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
    if (err !== ERR_WOULDBLOCK) outErr = tcp_output(pcb);
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
function hasWriteSpace(pcb: TcpPcb): boolean {
  const opt = pcb.stack.opt;
  return pcb.snd_buf > opt.TCP_SNDLOWAT && pcb.snd_queuelen < opt.TCP_SNDQUEUELOWAT;
}

// Closing

/** shutdown(). @param msg.n SHUT_RD, SHUT_WR or SHUT_RDWR */
export function lwip_netconn_do_close(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  const conn = msg.conn!;
  const both = msg.n === SHUT_RDWR;
  if (conn.tcp === null || (conn.state === NETCONN_LISTEN && !both)) {
    finish(msg, ERR_CONN);
  } else if (conn.state === NETCONN_CONNECT) {
    finish(msg, ERR_CONN);
  } else if (conn.state === NETCONN_WRITE) {
    if (msg.n !== SHUT_RD) {
      abortWrite(conn);
      beginClose(conn, msg);
    } else {
      finish(msg, tcp_shutdown(conn.tcp, true, false));
    }
  } else if (conn.state === NETCONN_NONE) {
    beginClose(conn, msg);
  } else {
    // A listener asked to close both directions, or a close in progress: lwIP answers with an uninitialised value.
    finish(msg, ERR_OK);
  }
}

function beginClose(conn: Netconn, msg: ApiMsg): void {
  if (msg.n !== SHUT_WR) markMboxInvalid(conn);
  conn.state = NETCONN_CLOSE;
  conn.current_msg = msg;
  closeStep(conn);
}

/** The write of another task ends with ENOTCONN. */
function abortWrite(conn: Netconn): void {
  const write = conn.current_msg!;
  conn.current_msg = null;
  conn.state = NETCONN_NONE;
  finish(write, ERR_CLSD);
}

/** close(): end what others wait for, close the pcb. */
export function lwip_netconn_do_delconn(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  const conn = msg.conn!;
  if (conn.state === NETCONN_WRITE) abortWrite(conn);
  else if (conn.state === NETCONN_CONNECT && (conn.flags & NETCONN_FLAG_IN_NONBLOCKING_CONNECT) === 0) {
    abortWrite(conn);
  }
  markMboxInvalid(conn);
  if (conn.raw !== null) raw_remove(conn.raw);
  if (conn.udp !== null) udp_remove(conn.udp);
  if (conn.tcp !== null) {
    conn.state = NETCONN_CLOSE;
    msg.n = SHUT_RDWR;
    conn.current_msg = msg;
    closeStep(conn);
    return;
  }
  conn.raw = null;
  conn.udp = null;
  event(conn, NETCONN_EVT_RCVPLUS);
  event(conn, NETCONN_EVT_SENDPLUS);
  finish(msg, ERR_OK);
}

/** Everybody who waits in a mailbox is told that it goes away. Source: lwIP netconn_mark_mbox_invalid() */
function markMboxInvalid(conn: Netconn): void {
  conn.flags |= NETCONN_FLAG_MBOXINVALID;
  const waiting = conn.mbox_threads_waiting;
  const mbox: Mbox<unknown> | null = conn.recvmbox ?? conn.acceptmbox;
  const sys = conn.sys;
  for (let i = 0; i < waiting && mbox !== null; i++) mbox.trypost(netconn_deleted, sys);
}

/** One attempt to close. Source: lwIP lwip_netconn_do_close_internal() */
function closeStep(conn: Netconn): void {
  const msg = conn.current_msg!;
  const tpcb = conn.tcp!;
  const shut = msg.n;
  const rx = shut !== SHUT_WR;
  const tx = shut !== SHUT_RD;
  let full = shut === SHUT_RDWR;
  if (!full && tpcb instanceof TcpPcb) {
    if (rx) full = tpcb.state === FIN_WAIT_1 || tpcb.state === FIN_WAIT_2 || tpcb.state === CLOSING;
    else full = (tpcb.flags & TF_RXCLOSED) !== 0;
  }
  detach(tpcb, full, rx, tx);
  const outcome = full ? closeFully(conn, msg, tpcb) : tcp_shutdown(tpcb, rx, tx);
  if (outcome === ERR_INPROGRESS) return;
  if (outcome === ERR_MEM && !closeTimeIsUp(conn, msg)) {
    restoreForRetry(conn, tpcb);
    return;
  }
  conn.current_msg = null;
  conn.state = NETCONN_NONE;
  let err = outcome;
  if (outcome === ERR_MEM && full && tpcb instanceof TcpPcb) {
    tcp_abort(tpcb);
    err = ERR_OK;
  }
  if (err === ERR_OK) {
    if (full) {
      conn.tcp = null;
      event(conn, NETCONN_EVT_ERROR);
    }
    if (rx) event(conn, NETCONN_EVT_RCVPLUS);
    if (tx) event(conn, NETCONN_EVT_SENDPLUS);
  }
  finish(msg, err);
}

/** The stack stops calling back for what is closed. */
function detach(tpcb: TcpPcb | TcpPcbListen, full: boolean, rx: boolean, tx: boolean): void {
  if (tpcb instanceof TcpPcbListen) {
    tpcb.callback_arg = null;
    tpcb.accept = null;
    return;
  }
  if (full) tpcb.callback_arg = null;
  if (rx) tpcb.recv = null;
  if (tx) tpcb.sent = null;
  if (full) {
    tpcb.recv = null;
    tpcb.sent = null;
    tpcb.poll = null;
    tpcb.pollinterval = 0;
    tpcb.errf = null;
  }
}

/** ERR_INPROGRESS: SO_LINGER makes the call wait. */
function closeFully(conn: Netconn, msg: ApiMsg, tpcb: TcpPcb | TcpPcbListen): err_t {
  const unsent = tpcb instanceof TcpPcb && (tpcb.unsent !== null || tpcb.unacked !== null);
  if (conn.linger < 0 || !unsent) return tcp_close(tpcb);
  if (conn.linger === 0) {
    tcp_abort(tpcb);
    return ERR_OK;
  }
  if (conn.nonBlocking) return ERR_WOULDBLOCK;
  if (msg.tcpip.sys.sys_now() - msg.time_started >= conn.linger * 1000) {
    tcp_abort(tpcb);
    return ERR_OK;
  }
  const err = tcp_close(tpcb, false);
  if (err !== ERR_OK) return err;
  restoreForRetry(conn, tpcb);
  return ERR_INPROGRESS;
}

function closeTimeIsUp(conn: Netconn, msg: ApiMsg): boolean {
  const limit = conn.send_timeout > 0 ? conn.send_timeout : conn.stack.opt.LWIP_TCP_CLOSE_TIMEOUT_MS_DEFAULT;
  return msg.tcpip.sys.sys_now() - msg.time_started >= limit;
}

/** The close is tried again from the sent and poll callbacks. */
function restoreForRetry(conn: Netconn, tpcb: TcpPcb | TcpPcbListen): void {
  if (tpcb instanceof TcpPcbListen) return;
  tpcb.callback_arg = conn;
  tpcb.sent = sent_tcp;
  tpcb.poll = poll_tcp;
  tpcb.pollinterval = 1;
  tpcb.errf = err_tcp;
}

// Callbacks from the stack

function recv_tcp(conn: Netconn, pcb: TcpPcb, p: Pbuf | null): err_t {
  if (conn.recvmbox === null || conn.mboxInvalid) {
    if (p !== null) {
      tcp_recved(pcb, p.tot_len);
      pbuf_free(p);
    }
    return ERR_OK;
  }
  const item = p ?? FIN;
  const len = p === null ? 0 : p.tot_len;
  if (!conn.recvmbox.trypost(item, conn.sys)) return ERR_MEM;
  conn.recv_avail += len;
  event(conn, NETCONN_EVT_RCVPLUS);
  return ERR_OK;
}

/** The FIN as it stands in a receive mailbox. */
const FIN = new NetconnError(ERR_CLSD);

function recv_udp(conn: Netconn, _pcb: UdpPcb, p: Pbuf, addr: number, port: number): void {
  if (conn.recvmbox === null || conn.mboxInvalid || exceedsRcvbuf(conn, p)) {
    pbuf_free(p);
    return;
  }
  const len = p.tot_len;
  if (!conn.recvmbox.trypost(new Netbuf(p, addr, port), conn.sys)) {
    pbuf_free(p);
    return;
  }
  conn.recv_avail += len;
  event(conn, NETCONN_EVT_RCVPLUS);
}

function exceedsRcvbuf(conn: Netconn, p: Pbuf): boolean {
  return conn.stack.opt.LWIP_SO_RCVBUF !== 0 && conn.recv_avail + p.tot_len > conn.recv_bufsize;
}

/** A raw socket gets the packet with its IP header; the stack goes on with it, so the frame is shared. */
function recv_raw(conn: Netconn, pcb: RawPcb, frame: Frame, at: number, len: number, addr: number): void {
  if (conn.recvmbox === null || conn.mboxInvalid) return;
  frame.fillSums();
  frame.refs++;
  const p = new Pbuf(frame, at, len);
  if (exceedsRcvbuf(conn, p) || !conn.recvmbox.trypost(new Netbuf(p, addr, pcb.protocol), conn.sys)) {
    pbuf_free(p);
    return;
  }
  conn.recv_avail += len;
  event(conn, NETCONN_EVT_RCVPLUS);
}

function sent_tcp(conn: Netconn, pcb: TcpPcb): err_t {
  if (conn.state === NETCONN_WRITE) writemore(conn, pcb);
  else if (conn.state === NETCONN_CLOSE) closeStep(conn);
  if (conn.tcp instanceof TcpPcb && hasWriteSpace(conn.tcp)) {
    conn.flags &= ~NETCONN_FLAG_CHECK_WRITESPACE;
    event(conn, NETCONN_EVT_SENDPLUS);
  }
  return ERR_OK;
}

function poll_tcp(conn: Netconn, pcb: TcpPcb): err_t {
  if (conn.state === NETCONN_WRITE) writemore(conn, pcb);
  else if (conn.state === NETCONN_CLOSE) closeStep(conn);
  if ((conn.flags & NETCONN_FLAG_CHECK_WRITESPACE) !== 0 && conn.tcp instanceof TcpPcb && hasWriteSpace(conn.tcp)) {
    conn.flags &= ~NETCONN_FLAG_CHECK_WRITESPACE;
    event(conn, NETCONN_EVT_SENDPLUS);
  }
  return ERR_OK;
}

/** connect() succeeded. */
function do_connected(conn: Netconn): err_t {
  const msg = conn.current_msg;
  conn.current_msg = null;
  conn.state = NETCONN_NONE;
  conn.flags &= ~NETCONN_FLAG_IN_NONBLOCKING_CONNECT;
  event(conn, NETCONN_EVT_SENDPLUS);
  if (msg !== null) finish(msg, ERR_OK);
  return ERR_OK;
}

/** The pcb is gone: reset, aborted, given up. Source: lwIP err_tcp() */
function err_tcp(conn: Netconn, err: err_t): void {
  const { sys } = conn;
  conn.tcp = null;
  conn.pending_err = err;
  conn.flags |= NETCONN_FLAG_MBOXCLOSED;
  const old_state = conn.state;
  conn.state = NETCONN_NONE;
  event(conn, NETCONN_EVT_ERROR);
  event(conn, NETCONN_EVT_RCVPLUS);
  event(conn, NETCONN_EVT_SENDPLUS);
  const item = new NetconnError(err);
  if (conn.recvmbox !== null && !conn.mboxInvalid) conn.recvmbox.trypost(item, sys);
  if (conn.acceptmbox !== null && !conn.mboxInvalid) conn.acceptmbox.trypost(item, sys);
  const wasNonBlocking = (conn.flags & NETCONN_FLAG_IN_NONBLOCKING_CONNECT) !== 0;
  conn.flags &= ~NETCONN_FLAG_IN_NONBLOCKING_CONNECT;
  const busy = old_state === NETCONN_WRITE || old_state === NETCONN_CLOSE || old_state === NETCONN_CONNECT;
  if (!busy || wasNonBlocking) return;
  const msg = conn.current_msg!;
  conn.current_msg = null;
  finish(msg, old_state === NETCONN_CLOSE ? ERR_OK : err);
}

/** A listener got a connection: it waits, as a netconn of its own, for accept(). Source: lwIP accept_function() */
function accept_function(listener: Netconn, pcb: TcpPcb | null): err_t {
  const { sys, acceptmbox } = listener;
  if (acceptmbox === null || listener.mboxInvalid) return ERR_VAL;
  if (pcb === null) {
    if (acceptmbox.trypost(new NetconnError(ERR_ABRT), sys)) event(listener, NETCONN_EVT_RCVPLUS);
    return ERR_VAL;
  }
  const conn = new Netconn(NETCONN_TCP, listener.stack, listener.callback, sys);
  setupTcp(conn, pcb);
  tcp_backlog_delayed(pcb);
  if (!acceptmbox.trypost(conn, sys)) {
    pcb.callback_arg = null;
    pcb.recv = null;
    pcb.sent = null;
    pcb.poll = null;
    pcb.errf = null;
    return ERR_MEM;
  }
  event(listener, NETCONN_EVT_RCVPLUS);
  return ERR_OK;
}

/** A connection that nobody accepted, while its listener closes. Source: lwIP netconn_drain() */
export function lwip_netconn_do_abort_unaccepted(msg: ApiMsg): void {
  const pcb = connection(msg.conn!);
  if (pcb !== null) tcp_abort(pcb);
  finish(msg, ERR_OK);
}
