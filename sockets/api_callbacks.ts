/** The stack's callbacks into a netconn: data, room, errors, new connections. Source: lwIP api_msg.c */

import { ERR_ABRT, ERR_CLSD, ERR_MEM, ERR_OK, ERR_VAL, type err_t } from '../stack/err.ts';
import type { Frame } from '../stack/frame.ts';
import { Pbuf, pbuf_free } from '../stack/pbuf.ts';
import type { RawPcb } from '../stack/raw.ts';
import { tcp_recved } from '../stack/tcp.ts';
import { TcpPcb, tcp_backlog_delayed } from '../stack/tcp_pcb.ts';
import type { UdpPcb } from '../stack/udp.ts';
import { closeStep } from './api_close.ts';
import { event, finish, hasWriteSpace, writemore } from './api_msg.ts';
import {
  NETCONN_CLOSE,
  NETCONN_CONNECT,
  NETCONN_EVT_ERROR,
  NETCONN_EVT_RCVPLUS,
  NETCONN_EVT_SENDPLUS,
  NETCONN_FLAG_CHECK_WRITESPACE,
  NETCONN_FLAG_IN_NONBLOCKING_CONNECT,
  NETCONN_FLAG_MBOXCLOSED,
  NETCONN_NONE,
  NETCONN_TCP,
  NETCONN_WRITE,
  Netbuf,
  Netconn,
  NetconnError,
} from './netconn.ts';

export function setupTcp(conn: Netconn, pcb: TcpPcb): void {
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

export function recv_udp(conn: Netconn, _pcb: UdpPcb, p: Pbuf, addr: number, port: number): void {
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
export function recv_raw(conn: Netconn, pcb: RawPcb, frame: Frame, at: number, len: number, addr: number): void {
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

export function sent_tcp(conn: Netconn, pcb: TcpPcb): err_t {
  if (conn.state === NETCONN_WRITE) writemore(conn, pcb);
  else if (conn.state === NETCONN_CLOSE) closeStep(conn);
  if (conn.tcp instanceof TcpPcb && hasWriteSpace(conn.tcp)) {
    conn.flags &= ~NETCONN_FLAG_CHECK_WRITESPACE;
    event(conn, NETCONN_EVT_SENDPLUS);
  }
  return ERR_OK;
}

export function poll_tcp(conn: Netconn, pcb: TcpPcb): err_t {
  if (conn.state === NETCONN_WRITE) writemore(conn, pcb);
  else if (conn.state === NETCONN_CLOSE) closeStep(conn);
  if ((conn.flags & NETCONN_FLAG_CHECK_WRITESPACE) !== 0 && conn.tcp instanceof TcpPcb && hasWriteSpace(conn.tcp)) {
    conn.flags &= ~NETCONN_FLAG_CHECK_WRITESPACE;
    event(conn, NETCONN_EVT_SENDPLUS);
  }
  return ERR_OK;
}

/** connect() succeeded. */
export function do_connected(conn: Netconn | null): err_t {
  // A close that must not linger has let go of the pcb and left it as it was.
  if (conn === null) return ERR_VAL;
  const msg = conn.current_msg;
  conn.current_msg = null;
  conn.state = NETCONN_NONE;
  conn.flags &= ~NETCONN_FLAG_IN_NONBLOCKING_CONNECT;
  event(conn, NETCONN_EVT_SENDPLUS);
  if (msg !== null) finish(msg, ERR_OK);
  return ERR_OK;
}

/** The pcb is gone: reset, aborted, given up. Source: lwIP err_tcp() */
export function err_tcp(conn: Netconn, err: err_t): void {
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
export function accept_function(listener: Netconn, pcb: TcpPcb | null): err_t {
  const { sys, acceptmbox } = listener;
  if (acceptmbox === null || listener.mboxInvalid) return ERR_VAL;
  if (pcb === null) {
    if (acceptmbox.trypost(new NetconnError(ERR_ABRT), sys)) event(listener, NETCONN_EVT_RCVPLUS);
    return ERR_VAL;
  }
  if (listener.stack.lacks('netconn')) return ERR_MEM;
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
