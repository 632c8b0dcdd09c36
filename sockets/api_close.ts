/** What the tcpip thread does for shutdown() and close(), at once or in several attempts. Source: lwIP api_msg.c */

import { ERR_CLSD, ERR_CONN, ERR_INPROGRESS, ERR_MEM, ERR_OK, ERR_WOULDBLOCK, type err_t } from '../stack/err.ts';
import { raw_remove } from '../stack/raw.ts';
import { tcp_abort, tcp_close, tcp_shutdown } from '../stack/tcp.ts';
import { CLOSING, FIN_WAIT_1, FIN_WAIT_2, TcpPcb, TcpPcbListen, TF_RXCLOSED } from '../stack/tcp_pcb.ts';
import { udp_remove } from '../stack/udp.ts';
import { err_tcp, poll_tcp, sent_tcp } from './api_callbacks.ts';
import { type ApiMsg, checkPcbIsThere, connection, event, finish } from './api_msg.ts';
import { SHUT_RD, SHUT_RDWR, SHUT_WR } from './constants.ts';
import {
  freeItem,
  NETCONN_CLOSE,
  NETCONN_CONNECT,
  NETCONN_EVT_ERROR,
  NETCONN_EVT_RCVPLUS,
  NETCONN_EVT_SENDPLUS,
  NETCONN_FLAG_IN_NONBLOCKING_CONNECT,
  NETCONN_FLAG_MBOXINVALID,
  NETCONN_LISTEN,
  NETCONN_NONE,
  NETCONN_WRITE,
  Netconn,
  netconn_deleted,
} from './netconn.ts';
import type { Mbox } from './sys_arch.ts';

/** shutdown(). @param msg.n SHUT_RD, SHUT_WR or SHUT_RDWR */
export function lwip_netconn_do_close(msg: ApiMsg): void {
  checkPcbIsThere(msg.conn!);
  const conn = msg.conn!;
  const both = msg.n === SHUT_RDWR;
  if (conn.tcp === null || (conn.state === NETCONN_LISTEN && !both)) {
    finish(msg, ERR_CONN);
  } else if (conn.state === NETCONN_CONNECT) {
    finish(msg, ERR_CONN);
  } else if (!isFullDuplex(conn)) {
    if (conn.state === NETCONN_WRITE) finish(msg, ERR_INPROGRESS);
    else beginClose(conn, msg);
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
  if (msg.n !== SHUT_WR) takeDownMboxes(conn);
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
  const connecting = conn.state === NETCONN_CONNECT && (conn.flags & NETCONN_FLAG_IN_NONBLOCKING_CONNECT) === 0;
  const busy = connecting || conn.state === NETCONN_WRITE;
  if (busy && !isFullDuplex(conn)) {
    finish(msg, ERR_INPROGRESS);
    return;
  }
  if (busy) abortWrite(conn);
  takeDownMboxes(conn);
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

function isFullDuplex(conn: Netconn): boolean {
  return conn.stack.opt.LWIP_NETCONN_FULLDUPLEX !== 0;
}

function takeDownMboxes(conn: Netconn): void {
  if (isFullDuplex(conn)) markMboxInvalid(conn);
  else drain(conn);
}

/** The mailboxes go, and what stands in them: unaccepted connections are reset. Source: lwIP netconn_drain() */
function drain(conn: Netconn): void {
  const { recvmbox, acceptmbox } = conn;
  for (let item = recvmbox?.tryfetch(); item !== undefined; item = recvmbox?.tryfetch()) freeItem(item);
  for (let item = acceptmbox?.tryfetch(); item !== undefined; item = acceptmbox?.tryfetch()) {
    if (!(item instanceof Netconn)) continue;
    drain(item);
    const pcb = connection(item);
    if (pcb !== null) tcp_abort(pcb);
  }
  conn.recvmbox = null;
  conn.acceptmbox = null;
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
export function closeStep(conn: Netconn): void {
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
    restoreForRetry(conn, tpcb, tx);
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
  // Espressif: data that was not read does not matter to a close that waits.
  const err = tcp_close(tpcb, conn.stack.opt.ESP_LWIP === 0);
  if (err !== ERR_OK) return err;
  if (tpcb instanceof TcpPcb && tpcb.isFreed) {
    // lwIP goes on to write to the pcb, and waits for callbacks that do not come.
    conn.stack.port.hazard('netconn_linger_after_free');
    return ERR_OK;
  }
  restoreForRetry(conn, tpcb, msg.n !== SHUT_RD);
  return ERR_INPROGRESS;
}

function closeTimeIsUp(conn: Netconn, msg: ApiMsg): boolean {
  const limit = conn.send_timeout > 0 ? conn.send_timeout : conn.stack.opt.LWIP_TCP_CLOSE_TIMEOUT_MS_DEFAULT;
  return msg.tcpip.sys.sys_now() - msg.time_started >= limit;
}

/** The close is tried again from the sent and poll callbacks. */
function restoreForRetry(conn: Netconn, tpcb: TcpPcb | TcpPcbListen, tx: boolean): void {
  if (tpcb instanceof TcpPcbListen) return;
  tpcb.callback_arg = conn;
  // An earlier shutdown for sending has taken this callback for good: only the poll can end a close of the other side.
  if (tx) tpcb.sent = sent_tcp;
  tpcb.poll = poll_tcp;
  tpcb.pollinterval = 1;
  tpcb.errf = err_tcp;
}

/** A connection that nobody accepted, while its listener closes. Source: lwIP netconn_drain() */
export function lwip_netconn_do_abort_unaccepted(msg: ApiMsg): void {
  const pcb = connection(msg.conn!);
  if (pcb !== null) tcp_abort(pcb);
  finish(msg, ERR_OK);
}
