/** TCP: arrival of segments: checks, demultiplexing, the state machine, events. Source: lwIP tcp_in.c with Espressif's changes, RFC 9293 3.10.7 */

import { ERR_ABRT, ERR_CLSD, ERR_INPROGRESS, ERR_MEM, ERR_OK, ERR_RST, ERR_VAL, type err_t } from './err.ts';
import type { Frame } from './frame.ts';
import { ip4_addr_isbroadcast } from './ip4.ts';
import { NETIF_NO_INDEX, type Netif } from './netif.ts';
import { type Pbuf, pbuf_free } from './pbuf.ts';
import { SOF_INHERITED } from './pcb.ts';
import { getI32, getU16 } from './prot/bytes.ts';
import { fold16 } from './prot/checksum.ts';
import { IP_DEST, IP_SRC, IPADDR_ANY, ip4_addr_ismulticast } from './prot/ip4.ts';
import {
  TCP_ACK,
  TCP_ACKNO,
  TCP_DEST,
  TCP_FIN,
  TCP_FLAGS,
  TCP_FLAGS_AT,
  TCP_HDRLEN,
  TCP_HLEN,
  TCP_RST,
  TCP_SEQ_BETWEEN,
  TCP_SEQNO,
  TCP_SRC,
  TCP_SYN,
  TCP_WND_AT,
} from './prot/tcp.ts';
import type { Stack } from './stack.ts';
import {
  tcp_abandon,
  tcp_abort,
  tcp_eff_send_mss,
  tcp_initial_cwnd,
  tcp_next_iss,
  tcp_recved,
  tcp_route,
} from './tcp.ts';
import { receiveAck } from './tcp_ack.ts';
import { tcp_alloc } from './tcp_alloc.ts';
import { inWindow, receiveData } from './tcp_ooseq.ts';
import { tcp_parseopt } from './tcp_options.ts';
import { tcp_enqueue_flags, tcp_output, tcp_rexmit, tcp_rexmit_rto, tcp_rst, tcp_send_empty_ack } from './tcp_out.ts';
import {
  CLOSE_WAIT,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  SYN_RCVD,
  SYN_SENT,
  type TcpPcb,
  type TcpPcbListen,
  type TcpSeg,
  TF_ACK_DELAY,
  TF_ACK_NOW,
  TF_BACKLOGPEND,
  TF_CLOSEPEND,
  TF_RXCLOSED,
  tcp_backlog_accepted,
  tcp_enter_time_wait,
  tcp_free,
  tcp_move_to_front,
  tcp_pcb_remove,
  tcp_reg_active,
  tcp_wnd_max,
} from './tcp_pcb.ts';

/** recv_flags: what the segment did to the connection. */
const TF_RESET = 0x08;
const TF_CLOSED = 0x10;
export const TF_GOT_FIN = 0x20;

/**
 * The segment that is being processed. One record serves all boards of a world, as only one segment is processed at a
 * time; lwIP keeps the same values in file-level variables.
 */
export class InputSegment {
  frame: Frame | null = null;
  inp: Netif | null = null;
  src = 0;
  dest = 0;
  srcPort = 0;
  destPort = 0;
  seqno = 0;
  ackno = 0;
  wnd = 0;
  flags = 0;
  /** Where the options start in frame.bytes, and their length. */
  optAt = 0;
  optLen = 0;
  /** Where the payload starts, and its length. Trimming changes both. */
  at = 0;
  len = 0;
  /** Length in sequence space: payload, SYN, FIN. */
  tcplen = 0;

  recv_data: Pbuf | null = null;
  recv_flags = 0;
  recv_acked = 0;
}

/**
 * Take a segment: check it, find its pcb, process it, tell the application, send what is due.
 * @param at,hlen where the IP header starts and its length  @param len the packet's length
 * @param netif the interface that owns the destination  @param inp the one it came in by
 */
export function tcp_input(
  stack: Stack,
  frame: Frame,
  at: number,
  hlen: number,
  len: number,
  netif: Netif,
  inp: Netif,
): void {
  const s = stack.port.memory.inseg;
  if (!readHeader(stack, s, frame, at, hlen, len, netif)) return;
  s.inp = inp;
  const pcb = findConnection(stack, s);
  if (pcb === null) {
    const lpcb = findListener(stack, s);
    if (lpcb !== null) listenInput(lpcb, s);
    else if ((s.flags & TCP_RST) === 0) rst(stack, null, s);
    return;
  }
  if (pcb.state > LAST_ACK) {
    timewaitInput(pcb, s);
    return;
  }
  tcp_move_to_front(pcb);
  s.recv_data = null;
  s.recv_flags = 0;
  s.recv_acked = 0;
  if (pcb.refused_data !== null) {
    const err = tcp_process_refused_data(pcb);
    if (err === ERR_ABRT || (pcb.refused_data !== null && s.tcplen > 0)) {
      // A zero-window probe is answered even though its byte is dropped.
      if (err !== ERR_ABRT && pcb.rcv_ann_wnd === 0) tcp_send_empty_ack(pcb);
      return;
    }
  }
  stack.tcp_input_pcb = pcb;
  if (tcp_process(pcb, s) !== ERR_ABRT) afterProcess(pcb, s);
  stack.tcp_input_pcb = null;
  if (s.recv_data !== null) {
    pbuf_free(s.recv_data);
    s.recv_data = null;
  }
}

/** Header into the record; false if the segment is to be dropped. */
function readHeader(
  stack: Stack,
  s: InputSegment,
  frame: Frame,
  at: number,
  hlen: number,
  len: number,
  netif: Netif,
): boolean {
  const b = frame.bytes;
  const tcp = at + hlen;
  const total = len - hlen;
  if (total < TCP_HLEN) {
    stack.stats.tcp_lenerr++;
    return false;
  }
  s.dest = getI32(b, at + IP_DEST);
  if (ip4_addr_isbroadcast(s.dest, netif) || ip4_addr_ismulticast(s.dest)) {
    stack.stats.tcp_proterr++;
    return false;
  }
  if (!frame.hasRightSums && fold16(frame.transportSum(at, tcp, total)) !== 0xffff) {
    stack.stats.tcp_chkerr++;
    return false;
  }
  const headerLen = (b[tcp + TCP_HDRLEN]! >> 4) * 4;
  if (headerLen < TCP_HLEN || headerLen > total) {
    stack.stats.tcp_lenerr++;
    return false;
  }
  s.frame = frame;
  s.src = getI32(b, at + IP_SRC);
  s.srcPort = getU16(b, tcp + TCP_SRC);
  s.destPort = getU16(b, tcp + TCP_DEST);
  s.seqno = getI32(b, tcp + TCP_SEQNO);
  s.ackno = getI32(b, tcp + TCP_ACKNO);
  s.wnd = getU16(b, tcp + TCP_WND_AT);
  s.flags = b[tcp + TCP_FLAGS_AT]! & TCP_FLAGS;
  s.optAt = tcp + TCP_HLEN;
  s.optLen = headerLen - TCP_HLEN;
  s.at = tcp + headerLen;
  s.len = total - headerLen;
  s.tcplen = seqLength(s);
  return true;
}

/** Length in sequence space. Source: lwIP TCP_TCPLEN */
export function seqLength(s: { readonly len: number; readonly flags: number }): number {
  return (s.flags & (TCP_SYN | TCP_FIN)) !== 0 ? s.len + 1 : s.len;
}

function findConnection(stack: Stack, s: InputSegment): TcpPcb | null {
  let pcb = stack.tcp_index.chain(s.src, s.srcPort, s.destPort);
  for (; pcb !== null; pcb = pcb.index_next) {
    if (
      pcb.local_port === s.destPort &&
      pcb.remote_port === s.srcPort &&
      pcb.remote_ip === s.src &&
      pcb.local_ip === s.dest &&
      (pcb.netif_idx === NETIF_NO_INDEX || pcb.netif_idx === s.inp!.index)
    ) {
      return pcb;
    }
  }
  return null;
}

/** The listener with that very address, else one on any address; it moves to the front of the list. */
function findListener(stack: Stack, s: InputSegment): TcpPcbListen | null {
  let found: TcpPcbListen | null = null;
  let foundPrev: TcpPcbListen | null = null;
  let prev: TcpPcbListen | null = null;
  for (let p = stack.tcp_listen_pcbs; p !== null; prev = p, p = p.next) {
    if (p.local_port !== s.destPort) continue;
    if (p.netif_idx !== NETIF_NO_INDEX && p.netif_idx !== s.inp!.index) continue;
    const exact = p.local_ip === s.dest;
    if (!exact && p.local_ip !== IPADDR_ANY) continue;
    found = p;
    foundPrev = prev;
    if (exact) break;
  }
  if (found !== null && foundPrev !== null) {
    foundPrev.next = found.next;
    found.next = stack.tcp_listen_pcbs;
    stack.tcp_listen_pcbs = found;
  }
  return found;
}

/** Answer a segment that cannot be right with a RST that its sender accepts (RFC 9293 3.10.7.1). */
function rst(stack: Stack, pcb: TcpPcb | TcpPcbListen | null, s: InputSegment): void {
  tcp_rst(stack, pcb, s.ackno, (s.seqno + s.tcplen) | 0, s.dest, s.src, s.destPort, s.srcPort);
}

/** A listener takes SYNs only. Source: lwIP tcp_listen_input() */
function listenInput(lpcb: TcpPcbListen, s: InputSegment): void {
  if ((s.flags & TCP_RST) !== 0) return;
  if ((s.flags & TCP_ACK) !== 0) {
    rst(lpcb.stack, lpcb, s);
    return;
  }
  if ((s.flags & TCP_SYN) === 0) return;
  const stack = lpcb.stack;
  const counts = stack.opt.TCP_LISTEN_BACKLOG !== 0;
  if (counts && lpcb.accepts_pending >= lpcb.backlog) return;
  const pcb = stack.lacks('pcb') ? null : tcp_alloc(stack);
  if (pcb === null) {
    lpcb.accept?.(lpcb.callback_arg as never, null, ERR_MEM);
    return;
  }
  if (counts) {
    lpcb.accepts_pending++;
    pcb.flags |= TF_BACKLOGPEND;
  }
  pcb.local_ip = s.dest;
  pcb.local_port = s.destPort;
  stack.tcp_index.takePort(s.destPort);
  pcb.remote_ip = s.src;
  pcb.remote_port = s.srcPort;
  pcb.state = SYN_RCVD;
  pcb.rcv_nxt = (s.seqno + 1) | 0;
  pcb.rcv_ann_right_edge = pcb.rcv_nxt;
  const iss = tcp_next_iss(pcb);
  pcb.snd_wl2 = iss;
  pcb.snd_nxt = iss;
  pcb.lastack = iss;
  pcb.snd_lbb = iss;
  pcb.snd_wl1 = (s.seqno - 1) | 0;
  pcb.callback_arg = lpcb.callback_arg;
  pcb.listener = lpcb;
  pcb.so_options = lpcb.so_options & SOF_INHERITED;
  pcb.netif_idx = lpcb.netif_idx;
  tcp_reg_active(pcb);
  tcp_parseopt(pcb, s);
  pcb.snd_wnd = s.wnd;
  pcb.snd_wnd_max = s.wnd;
  clampMss(pcb);
  if (tcp_enqueue_flags(pcb, TCP_SYN | TCP_ACK) !== ERR_OK) tcp_abandon(pcb, false);
  else tcp_output(pcb);
}

function clampMss(pcb: TcpPcb): void {
  const netif = tcp_route(pcb);
  if (netif !== null) pcb.mss = tcp_eff_send_mss(pcb.mss, netif);
}

/** TIME_WAIT answers what the peer repeats. A new SYN in the window is refused: the pcb is never used again. Source: lwIP tcp_timewait_input() */
function timewaitInput(pcb: TcpPcb, s: InputSegment): void {
  if ((s.flags & TCP_RST) !== 0) return;
  if ((s.flags & TCP_SYN) !== 0) {
    if (TCP_SEQ_BETWEEN(s.seqno, pcb.rcv_nxt, (pcb.rcv_nxt + pcb.rcv_wnd) | 0)) {
      rst(pcb.stack, pcb, s);
      return;
    }
  } else if ((s.flags & TCP_FIN) !== 0) {
    pcb.tmr = pcb.stack.tcp_ticks;
  }
  if (s.tcplen > 0) {
    pcb.flags |= TF_ACK_NOW;
    tcp_output(pcb);
  }
}

/** Data that the application had refused is offered again. @returns ERR_INPROGRESS if it is refused again */
export function tcp_process_refused_data(pcb: TcpPcb): err_t {
  const refused = pcb.refused_data!;
  const hadFin = refused.fin;
  pcb.refused_data = null;
  const err = eventRecv(pcb, refused);
  if (err === ERR_ABRT) return ERR_ABRT;
  if (err !== ERR_OK) {
    pcb.refused_data = refused;
    return ERR_INPROGRESS;
  }
  if (!hadFin) return ERR_OK;
  return eventClosed(pcb) === ERR_ABRT ? ERR_ABRT : ERR_OK;
}

/** Without a receive callback data is taken and forgotten. Source: lwIP TCP_EVENT_RECV, tcp_recv_null() */
function eventRecv(pcb: TcpPcb, p: Pbuf): err_t {
  if (pcb.recv !== null) return pcb.recv(pcb.callback_arg as never, pcb, p, ERR_OK);
  tcp_recved(pcb, p.tot_len);
  pbuf_free(p);
  return ERR_OK;
}

/** Tell the application of the FIN, whose sequence number is given back to the window first. Source: lwIP TCP_EVENT_CLOSED */
function eventClosed(pcb: TcpPcb): err_t {
  if (pcb.rcv_wnd !== tcp_wnd_max(pcb)) pcb.rcv_wnd++;
  return pcb.recv === null ? ERR_OK : pcb.recv(pcb.callback_arg as never, pcb, null, ERR_OK);
}

/** tcp_close() was called from a callback of this very input: the pcb is gone. */
export function tcp_trigger_input_pcb_close(stack: Stack): void {
  stack.port.memory.inseg.recv_flags |= TF_CLOSED;
}

/** The connection is over: it was closed in a callback, or its last ACK came. */
function delayedClose(pcb: TcpPcb, s: InputSegment): boolean {
  if ((s.recv_flags & TF_CLOSED) === 0) return false;
  const { errf, callback_arg } = pcb;
  const tell = (pcb.flags & TF_RXCLOSED) === 0 && errf !== null;
  if (tell) errf(callback_arg as never, ERR_CLSD);
  if (pcb.state === LAST_ACK) {
    tcp_pcb_remove(pcb);
    tcp_free(pcb);
  }
  return true;
}

/** The application is told of 64 KB at most in one call. @returns false if it has aborted the connection */
function eventSent(pcb: TcpPcb, s: InputSegment): boolean {
  for (; s.recv_acked > 0; s.recv_acked = Math.max(0, s.recv_acked - 0xffff)) {
    if (pcb.sent === null) continue;
    if (pcb.sent(pcb.callback_arg as never, pcb, Math.min(s.recv_acked, 0xffff)) === ERR_ABRT) return false;
  }
  return true;
}

/** Events to the application in lwIP's order, then output. */
function afterProcess(pcb: TcpPcb, s: InputSegment): void {
  if ((s.recv_flags & TF_RESET) !== 0) {
    const { errf, callback_arg } = pcb;
    if (errf !== null) errf(callback_arg as never, ERR_RST);
    tcp_pcb_remove(pcb);
    tcp_free(pcb);
    return;
  }
  if (s.recv_acked > 0 && !eventSent(pcb, s)) return;
  if (delayedClose(pcb, s)) return;
  if (s.recv_data !== null) {
    const data = s.recv_data;
    s.recv_data = null;
    if ((pcb.flags & TF_RXCLOSED) !== 0) {
      pbuf_free(data);
      tcp_abort(pcb);
      return;
    }
    const err = eventRecv(pcb, data);
    if (err === ERR_ABRT) return;
    if (err !== ERR_OK) pcb.refused_data = data;
  }
  if ((s.recv_flags & TF_GOT_FIN) !== 0) {
    if (pcb.refused_data !== null) pcb.refused_data.fin = true;
    else {
      const err = eventClosed(pcb);
      if (err === ERR_ABRT) return;
      // Espressif: the mailbox was full, so the application will not hear of the FIN; close from this side.
      if (err === ERR_MEM && pcb.stack.opt.ESP_LWIP !== 0) pcb.flags |= TF_CLOSEPEND;
    }
  }
  pcb.stack.tcp_input_pcb = null;
  if (!delayedClose(pcb, s)) tcp_output(pcb);
}

/** Is the RST to be believed (RFC 5961 3.2)? One that is in the window but not exact is answered by a challenge ACK. */
function processRst(pcb: TcpPcb, s: InputSegment): err_t {
  let acceptable: boolean;
  if (pcb.state === SYN_SENT) acceptable = s.ackno === pcb.snd_nxt;
  else {
    acceptable = s.seqno === pcb.rcv_nxt;
    if (!acceptable && TCP_SEQ_BETWEEN(s.seqno, pcb.rcv_nxt, (pcb.rcv_nxt + pcb.rcv_wnd) | 0)) {
      pcb.flags |= TF_ACK_NOW;
    }
  }
  if (!acceptable) return ERR_OK;
  s.recv_flags |= TF_RESET;
  pcb.flags &= ~TF_ACK_DELAY;
  return ERR_RST;
}

/** The state machine. @returns ERR_ABRT if the pcb is gone */
function tcp_process(pcb: TcpPcb, s: InputSegment): err_t {
  if ((s.flags & TCP_RST) !== 0) return processRst(pcb, s);
  if ((s.flags & TCP_SYN) !== 0 && pcb.state !== SYN_SENT && pcb.state !== SYN_RCVD) {
    pcb.flags |= TF_ACK_NOW;
    return ERR_OK;
  }
  if ((pcb.flags & TF_RXCLOSED) === 0) pcb.tmr = pcb.stack.tcp_ticks;
  if (pcb.keep_cnt_sent !== 0) {
    pcb.keep_cnt_sent = 0;
    pcb.keepaliveAnswered = true;
  }
  pcb.persist_probe = 0;
  if (s.optLen > 0) tcp_parseopt(pcb, s);
  const hasAck = (s.flags & TCP_ACK) !== 0;
  switch (pcb.state) {
    case SYN_SENT:
      return processSynSent(pcb, s);
    case SYN_RCVD:
      return processSynRcvd(pcb, s);
    case CLOSE_WAIT:
    case ESTABLISHED:
      tcp_receive(pcb, s);
      if ((s.recv_flags & TF_GOT_FIN) !== 0) {
        pcb.flags |= TF_ACK_NOW;
        pcb.state = CLOSE_WAIT;
      }
      break;
    case FIN_WAIT_1: {
      tcp_receive(pcb, s);
      const finAcked = hasAck && s.ackno === pcb.snd_nxt && pcb.unsent === null;
      if ((s.recv_flags & TF_GOT_FIN) !== 0) {
        pcb.flags |= TF_ACK_NOW;
        if (finAcked) tcp_enter_time_wait(pcb);
        else pcb.state = CLOSING;
      } else if (finAcked) pcb.state = FIN_WAIT_2;
      break;
    }
    case FIN_WAIT_2:
      tcp_receive(pcb, s);
      if ((s.recv_flags & TF_GOT_FIN) !== 0) {
        pcb.flags |= TF_ACK_NOW;
        tcp_enter_time_wait(pcb);
      }
      break;
    case CLOSING:
      tcp_receive(pcb, s);
      if (hasAck && s.ackno === pcb.snd_nxt && pcb.unsent === null) tcp_enter_time_wait(pcb);
      break;
    case LAST_ACK:
      tcp_receive(pcb, s);
      if (hasAck && s.ackno === pcb.snd_nxt && pcb.unsent === null) s.recv_flags |= TF_CLOSED;
      break;
  }
  return ERR_OK;
}

/** Waiting for the answer to our SYN. Differs from the RFC: a bare SYN (simultaneous open) is ignored. */
function processSynSent(pcb: TcpPcb, s: InputSegment): err_t {
  if ((s.flags & TCP_ACK) === 0) return ERR_OK;
  if ((s.flags & TCP_SYN) === 0 || s.ackno !== ((pcb.lastack + 1) | 0)) {
    rst(pcb.stack, pcb, s);
    if (pcb.nrtx < pcb.stack.opt.TCP_SYNMAXRTX) {
      pcb.rtime = 0;
      tcp_rexmit_rto(pcb);
    }
    return ERR_OK;
  }
  pcb.rcv_nxt = (s.seqno + 1) | 0;
  pcb.rcv_ann_right_edge = pcb.rcv_nxt;
  pcb.lastack = s.ackno;
  pcb.snd_wnd = s.wnd;
  pcb.snd_wnd_max = s.wnd;
  pcb.snd_wl1 = (s.seqno - 1) | 0;
  pcb.state = ESTABLISHED;
  clampMss(pcb);
  pcb.cwnd = tcp_initial_cwnd(pcb.mss);
  freeSyn(pcb);
  if (pcb.unacked === null) pcb.rtime = -1;
  else {
    pcb.rtime = 0;
    pcb.nrtx = 0;
  }
  if (pcb.connected !== null && pcb.connected(pcb.callback_arg as never, pcb, ERR_OK) === ERR_ABRT) return ERR_ABRT;
  pcb.flags |= TF_ACK_NOW;
  return ERR_OK;
}

/** The SYN is acknowledged; it may be back on the unsent queue if its retransmission could not be sent. */
function freeSyn(pcb: TcpPcb): void {
  let syn: TcpSeg;
  if (pcb.unacked !== null) {
    syn = pcb.unacked;
    pcb.unacked = syn.next;
    if (pcb.unacked === null) pcb.unackedTail = null;
  } else {
    syn = pcb.unsent!;
    pcb.unsent = syn.next;
  }
  pcb.snd_queuelen--;
  syn.frame.release();
}

/** Waiting for the ACK that completes the handshake. */
function processSynRcvd(pcb: TcpPcb, s: InputSegment): err_t {
  if ((s.flags & TCP_ACK) === 0) {
    if ((s.flags & TCP_SYN) !== 0 && s.seqno === ((pcb.rcv_nxt - 1) | 0)) tcp_rexmit(pcb);
    return ERR_OK;
  }
  if (!TCP_SEQ_BETWEEN(s.ackno, (pcb.lastack + 1) | 0, pcb.snd_nxt)) {
    rst(pcb.stack, pcb, s);
    return ERR_OK;
  }
  pcb.state = ESTABLISHED;
  const err = accept(pcb);
  if (err !== ERR_OK) {
    if (err !== ERR_ABRT) tcp_abort(pcb);
    return ERR_ABRT;
  }
  tcp_receive(pcb, s);
  if (s.recv_acked !== 0) s.recv_acked--;
  pcb.cwnd = tcp_initial_cwnd(pcb.mss);
  if ((s.recv_flags & TF_GOT_FIN) !== 0) {
    pcb.flags |= TF_ACK_NOW;
    pcb.state = CLOSE_WAIT;
  }
  return ERR_OK;
}

function accept(pcb: TcpPcb): err_t {
  const listener = pcb.listener;
  if (listener === null) return ERR_VAL;
  tcp_backlog_accepted(pcb);
  // Nobody accepts: the caller aborts the connection, as lwIP's tcp_accept_null() does.
  return listener.accept === null ? ERR_VAL : listener.accept(pcb.callback_arg as never, pcb, ERR_OK);
}

/** ACK, window, data of one segment. Source: lwIP tcp_receive() */
function tcp_receive(pcb: TcpPcb, s: InputSegment): void {
  if ((s.flags & TCP_ACK) !== 0) receiveAck(pcb, s);
  if (s.tcplen > 0 && pcb.state < CLOSE_WAIT) {
    receiveData(pcb, s);
  } else if (!inWindow(pcb, s.seqno)) {
    pcb.flags |= TF_ACK_NOW;
  }
}
