/** TCP: departure of segments. Source: lwIP tcp_out.c with Espressif's changes, RFC 9293 3.8 */

import { ERR_CONN, ERR_MEM, ERR_OK, ERR_RTE, ERR_VAL, type err_t } from './err.ts';
import { FRAME_START, FRAME_TRANSPORT, type Frame } from './frame.ts';
import { ip4_output_if, ip4_route } from './ip4.ts';
import type { Netif } from './netif.ts';
import { putI32, putU16 } from './prot/bytes.ts';
import { IP_PROTO_TCP } from './prot/ip4.ts';
import {
  LWIP_TCP_OPT_LEN_MSS,
  LWIP_TCP_OPT_LEN_SACK_PERM_OUT,
  LWIP_TCP_OPT_LEN_WS_OUT,
  TCP_ACK,
  TCP_ACKNO,
  TCP_CHKSUM,
  TCP_DEST,
  TCP_FIN,
  TCP_FLAGS_AT,
  TCP_HDRLEN,
  TCP_HLEN,
  TCP_PSH,
  TCP_RST,
  TCP_SEQ_LT,
  TCP_SEQNO,
  TCP_SRC,
  TCP_SYN,
  TCP_WND_AT,
} from './prot/tcp.ts';
import type { Stack } from './stack.ts';
import { tcp_route } from './tcp.ts';
import { synOptions, writeOptions } from './tcp_options.ts';
import {
  CLOSE_WAIT,
  ESTABLISHED,
  SYN_RCVD,
  SYN_SENT,
  type TcpPcb,
  type TcpPcbListen,
  TcpSeg,
  TF_ACK_DELAY,
  TF_ACK_NOW,
  TF_FIN,
  TF_INFR,
  TF_NAGLEMEMERR,
  TF_NODELAY,
  TF_RTO,
  TF_SEG_OPTS_WND_SCALE,
  WND_MAX_UNSCALED,
} from './tcp_pcb.ts';
import { tcp_put_sacks, tcp_sack_length } from './tcp_sack.ts';
import { tcp_halve_ssthresh } from './tcp_tmr.ts';

const PAYLOAD = FRAME_TRANSPORT + TCP_HLEN;
const HEADERS = PAYLOAD - FRAME_START;
/** Room for the options of a SYN. */
const SYN_ROOM = HEADERS + LWIP_TCP_OPT_LEN_MSS + LWIP_TCP_OPT_LEN_WS_OUT + LWIP_TCP_OPT_LEN_SACK_PERM_OUT;

const NO_OPTIONS = 0;

/** tcp_write(): more data follows at once, so no PSH yet. */
export const TCP_WRITE_FLAG_MORE = 0x02;

/** Length in sequence space. Source: lwIP TCP_TCPLEN */
function seqLength(seg: TcpSeg): number {
  return (seg.flags & (TCP_SYN | TCP_FIN)) !== 0 ? seg.len + 1 : seg.len;
}

function newSegment(pcb: TcpPcb, seqno: number, flags: number, opts: number): TcpSeg {
  const frame = pcb.stack.port.memory.frames.alloc(SYN_ROOM + pcb.stack.opt.TCP_MSS);
  return new TcpSeg(frame, seqno, flags, opts);
}

/**
 * Queue data for sending; nothing is sent before tcp_output(). All or nothing is taken.
 * @param data,from,len the bytes, which are copied
 * @param apiflags TCP_WRITE_FLAG_MORE
 * @returns ERR_CONN if the state allows no data, ERR_MEM if buffer or queue are full
 */
export function tcp_write(pcb: TcpPcb, data: Uint8Array, from: number, len: number, apiflags: number): err_t {
  const opt = pcb.stack.opt;
  switch (pcb.state) {
    case ESTABLISHED:
    case CLOSE_WAIT:
    case SYN_SENT:
    case SYN_RCVD:
      break;
    default:
      return ERR_CONN;
  }
  if (len === 0) return ERR_OK;
  if (len > pcb.snd_buf || pcb.snd_queuelen >= opt.TCP_SND_QUEUELEN) return outOfMemory(pcb);
  if (pcb.stack.lacks('pbuf')) return outOfMemory(pcb);
  const half = pcb.snd_wnd_max >> 1;
  const mss = half === 0 ? pcb.mss : Math.min(pcb.mss, half);
  const last = lastOf(pcb.unsent);
  let room = 0;
  if (last !== null && pcb.unsent_oversize > 0) {
    room = Math.max(0, Math.min(mss - last.len, pcb.unsent_oversize, len));
  }
  const newSegments = Math.ceil((len - room) / mss);
  if (pcb.snd_queuelen + newSegments > opt.TCP_SND_QUEUELEN) return outOfMemory(pcb);

  let seg = last;
  if (room > 0) {
    append(last!, data, from, room);
    pcb.unsent_oversize -= room;
  }
  for (let pos = room; pos < len; ) {
    const count = Math.min(len - pos, mss);
    const next = newSegment(pcb, (pcb.snd_lbb + pos) | 0, 0, NO_OPTIONS);
    append(next, data, from + pos, count);
    if (seg === null) pcb.unsent = next;
    else seg.next = next;
    seg = next;
    pcb.unsent_oversize = opt.TCP_OVERSIZE === 0 ? 0 : mss - count;
    pos += count;
  }
  pcb.snd_lbb = (pcb.snd_lbb + len) | 0;
  pcb.snd_buf -= len;
  pcb.snd_queuelen += newSegments;
  if ((apiflags & TCP_WRITE_FLAG_MORE) === 0 && (room > 0 || newSegments > 0)) seg!.flags |= TCP_PSH;
  return ERR_OK;
}

function outOfMemory(pcb: TcpPcb): err_t {
  pcb.flags |= TF_NAGLEMEMERR;
  return ERR_MEM;
}

function lastOf(seg: TcpSeg | null): TcpSeg | null {
  let s = seg;
  while (s !== null && s.next !== null) s = s.next;
  return s;
}

/** Add payload to a segment, which may not be on its way. */
function append(seg: TcpSeg, data: Uint8Array, from: number, count: number): void {
  makePrivate(seg);
  const source = from === 0 && count === data.length ? data : data.subarray(from, from + count);
  seg.frame.bytes.set(source, PAYLOAD + seg.len);
  seg.len += count;
}

/** A frame that somebody else still looks at is replaced by a copy before it is written to. */
function makePrivate(seg: TcpSeg): void {
  if (seg.frame.refs === 1) return;
  const copy = seg.frame.clone();
  seg.frame.release();
  seg.frame = copy;
}

/** Queue a SYN, SYN+ACK or FIN. Source: lwIP tcp_enqueue_flags() */
export function tcp_enqueue_flags(pcb: TcpPcb, flags: number): err_t {
  const seg = newSegment(pcb, pcb.snd_lbb, flags, (flags & TCP_SYN) === 0 ? NO_OPTIONS : synOptions(pcb));
  const last = lastOf(pcb.unsent);
  if (last === null) pcb.unsent = seg;
  else last.next = seg;
  pcb.unsent_oversize = 0;
  pcb.snd_lbb = (pcb.snd_lbb + 1) | 0;
  if ((flags & TCP_FIN) !== 0) pcb.flags |= TF_FIN;
  pcb.snd_queuelen++;
  return ERR_OK;
}

/** Queue the FIN, on the last unsent segment if there is one. */
export function tcp_send_fin(pcb: TcpPcb): err_t {
  const last = lastOf(pcb.unsent);
  if (last !== null && (last.flags & (TCP_SYN | TCP_FIN | TCP_RST)) === 0) {
    last.flags |= TCP_FIN;
    pcb.flags |= TF_FIN;
    return ERR_OK;
  }
  return tcp_enqueue_flags(pcb, TCP_FIN);
}

/** Nagle's algorithm (RFC 9293 3.7.4) lets the next segment go. */
function nagleAllows(pcb: TcpPcb): boolean {
  if (pcb.unacked === null || (pcb.flags & (TF_NODELAY | TF_INFR | TF_NAGLEMEMERR | TF_FIN)) !== 0) return true;
  const seg = pcb.unsent;
  if (seg !== null && (seg.next !== null || seg.len >= pcb.mss)) return true;
  return pcb.snd_buf === 0 || pcb.snd_queuelen >= pcb.stack.opt.TCP_SND_QUEUELEN;
}

/** Does the segment end inside the window? Modulo 2^32: after a probe the head may begin before SND.UNA. */
function fits(pcb: TcpPcb, seg: TcpSeg, wnd: number): boolean {
  return (seg.seqno - pcb.lastack + seg.len) >>> 0 <= wnd;
}

/**
 * Send what window and Nagle allow, or an ACK that is due.
 * @returns ERR_RTE without route, or the error of the layer below; the data stays queued then
 */
export function tcp_output(pcb: TcpPcb): err_t {
  if (pcb.stack.tcp_input_pcb === pcb) return ERR_OK;
  let seg = pcb.unsent;
  const ackNow = (pcb.flags & TF_ACK_NOW) !== 0;
  if (seg === null) {
    if (ackNow) return tcp_send_empty_ack(pcb);
    pcb.flags &= ~TF_NAGLEMEMERR;
    return ERR_OK;
  }
  const netif = tcp_route(pcb);
  if (netif === null) return ERR_RTE;
  const wnd = Math.min(pcb.snd_wnd, pcb.cwnd);
  if (!fits(pcb, seg, wnd)) {
    if (wnd === pcb.snd_wnd && pcb.unacked === null && pcb.persist_backoff === 0) {
      pcb.persist_cnt = 0;
      pcb.persist_backoff = 1;
      pcb.persist_probe = 0;
    }
    if (ackNow) return tcp_send_empty_ack(pcb);
    pcb.flags &= ~TF_NAGLEMEMERR;
    return ERR_OK;
  }
  pcb.persist_backoff = 0;
  while (seg !== null && fits(pcb, seg, wnd) && nagleAllows(pcb)) {
    if (pcb.state !== SYN_SENT) seg.flags |= TCP_ACK;
    const err = outputSegment(seg, pcb, netif);
    if (err !== ERR_OK) {
      pcb.flags |= TF_NAGLEMEMERR;
      return err;
    }
    pcb.unsent = seg.next;
    if (pcb.state !== SYN_SENT) pcb.flags &= ~(TF_ACK_DELAY | TF_ACK_NOW);
    const end = (seg.seqno + seqLength(seg)) | 0;
    if (TCP_SEQ_LT(pcb.snd_nxt, end)) pcb.snd_nxt = end;
    if (seqLength(seg) > 0) toUnacked(pcb, seg);
    else seg.frame.release();
    seg = pcb.unsent;
  }
  if (pcb.unsent === null) pcb.unsent_oversize = 0;
  pcb.flags &= ~TF_NAGLEMEMERR;
  return ERR_OK;
}

/** Sorted by sequence number: a retransmitted segment belongs before what was sent after it. */
function toUnacked(pcb: TcpPcb, seg: TcpSeg): void {
  const tail = pcb.unackedTail;
  if (tail === null || !TCP_SEQ_LT(seg.seqno, tail.seqno)) {
    seg.next = null;
    if (tail === null) pcb.unacked = seg;
    else tail.next = seg;
    pcb.unackedTail = seg;
    return;
  }
  let prev: TcpSeg | null = null;
  let cur = pcb.unacked;
  while (cur !== null && TCP_SEQ_LT(cur.seqno, seg.seqno)) {
    prev = cur;
    cur = cur.next;
  }
  seg.next = cur;
  if (prev === null) pcb.unacked = seg;
  else prev.next = seg;
}

/** Write the header of a queued segment and send it. A segment that still waits for ARP counts as sent. */
function outputSegment(seg: TcpSeg, pcb: TcpPcb, netif: Netif): err_t {
  if (isBusy(seg)) return ERR_OK;
  makePrivate(seg);
  pcb.rcv_ann_right_edge = (pcb.rcv_nxt + pcb.rcv_ann_wnd) | 0;
  const frame = seg.frame;
  const optLen = seg.opts === NO_OPTIONS ? 0 : writeOptions(seg, PAYLOAD, pcb.stack, netif);
  // The window of a SYN that offers scaling is not scaled itself (RFC 7323 2.2).
  const scale = (seg.opts & TF_SEG_OPTS_WND_SCALE) !== 0 ? 0 : pcb.rcv_scale;
  if (pcb.rtime < 0) pcb.rtime = 0;
  if (pcb.rttest === 0) {
    pcb.rttest = pcb.stack.tcp_ticks;
    pcb.rtseq = seg.seqno;
  }
  frame.len = HEADERS + optLen + seg.len;
  writeHeader(
    frame,
    pcb.local_port,
    pcb.remote_port,
    seg.seqno,
    pcb.rcv_nxt,
    seg.flags,
    windowField(pcb.rcv_ann_wnd, scale),
    optLen,
  );
  return ip4_output_if(frame, pcb.local_ip, pcb.remote_ip, pcb.ttl, pcb.tos, IP_PROTO_TCP, netif);
}

/** The frame waits in the ARP queue. Source: lwIP tcp_output_segment_busy() */
function isBusy(seg: TcpSeg): boolean {
  return seg.frame.queued > 0;
}

/** Source: lwIP TCPWND_MIN16(RCV_WND_SCALE()) */
function windowField(wnd: number, scale: number): number {
  return Math.min(wnd >>> scale, WND_MAX_UNSCALED);
}

function writeHeader(
  frame: Frame,
  local_port: number,
  remote_port: number,
  seqno: number,
  ackno: number,
  flags: number,
  wnd: number,
  optLen: number,
): void {
  const b = frame.bytes;
  putU16(b, FRAME_TRANSPORT + TCP_SRC, local_port);
  putU16(b, FRAME_TRANSPORT + TCP_DEST, remote_port);
  putI32(b, FRAME_TRANSPORT + TCP_SEQNO, seqno);
  putI32(b, FRAME_TRANSPORT + TCP_ACKNO, ackno);
  b[FRAME_TRANSPORT + TCP_HDRLEN] = ((TCP_HLEN + optLen) >> 2) << 4;
  b[FRAME_TRANSPORT + TCP_FLAGS_AT] = flags;
  putU16(b, FRAME_TRANSPORT + TCP_WND_AT, wnd);
  putI32(b, FRAME_TRANSPORT + TCP_CHKSUM, 0); // and no urgent pointer
}

// Retransmission

/** Everything unacknowledged goes back in front of the unsent queue. @returns ERR_VAL if there is none, or some still waits for ARP */
export function tcp_rexmit_rto_prepare(pcb: TcpPcb): err_t {
  const tail = pcb.unackedTail;
  if (tail === null) return ERR_VAL;
  for (let seg = pcb.unacked; seg !== null; seg = seg.next) {
    if (isBusy(seg)) return ERR_VAL;
  }
  tail.next = pcb.unsent;
  pcb.unsent = pcb.unacked;
  pcb.unacked = null;
  pcb.unackedTail = null;
  pcb.flags |= TF_RTO;
  pcb.rto_end = (tail.seqno + seqLength(tail)) | 0;
  pcb.rttest = 0;
  return ERR_OK;
}

export function tcp_rexmit_rto_commit(pcb: TcpPcb): void {
  if (pcb.nrtx < 255) pcb.nrtx++;
  tcp_output(pcb);
}

export function tcp_rexmit_rto(pcb: TcpPcb): void {
  if (tcp_rexmit_rto_prepare(pcb) === ERR_OK) tcp_rexmit_rto_commit(pcb);
}

/** The first unacknowledged segment goes back to the unsent queue, in its place. Source: lwIP tcp_rexmit() */
export function tcp_rexmit(pcb: TcpPcb): err_t {
  const seg = pcb.unacked;
  if (seg === null || isBusy(seg)) return ERR_VAL;
  pcb.unacked = seg.next;
  if (pcb.unacked === null) pcb.unackedTail = null;
  let prev: TcpSeg | null = null;
  let cur = pcb.unsent;
  while (cur !== null && TCP_SEQ_LT(cur.seqno, seg.seqno)) {
    prev = cur;
    cur = cur.next;
  }
  seg.next = cur;
  if (prev === null) pcb.unsent = seg;
  else prev.next = seg;
  if (cur === null) pcb.unsent_oversize = 0;
  if (pcb.nrtx < 255) pcb.nrtx++;
  pcb.rttest = 0;
  return ERR_OK;
}

/** Third duplicate ACK: retransmit the head, halve the window (RFC 5681 3.2; without NewReno). */
export function tcp_rexmit_fast(pcb: TcpPcb): void {
  if (pcb.unacked === null || (pcb.flags & TF_INFR) !== 0 || tcp_rexmit(pcb) !== ERR_OK) return;
  tcp_halve_ssthresh(pcb);
  pcb.cwnd = pcb.ssthresh + 3 * pcb.mss;
  pcb.flags |= TF_INFR;
  pcb.rtime = 0;
}

/**
 * Cut the first unsent segment at `split` bytes, so that the head fits a small window.
 * Source: lwIP tcp_split_unsent_seg(). As there, the head keeps its PSH and FIN although the remainder gets them too.
 */
export function tcp_split_unsent_seg(pcb: TcpPcb, split: number): err_t {
  const head = pcb.unsent;
  if (head === null) return ERR_MEM;
  if (split === 0) return ERR_VAL;
  if (head.len <= split) return ERR_OK;
  const rest = newSegment(pcb, (head.seqno + split) | 0, head.flags & (TCP_PSH | TCP_FIN), NO_OPTIONS);
  append(rest, head.frame.bytes, PAYLOAD + split, head.len - split);
  head.len = split;
  rest.next = head.next;
  head.next = rest;
  pcb.snd_queuelen++;
  if (rest.next === null) pcb.unsent_oversize = 0;
  return ERR_OK;
}

// Segments without a place in the queue

/** An ACK without data. If it cannot be sent, the fast timer tries again. */
export function tcp_send_empty_ack(pcb: TcpPcb): err_t {
  const err = sendControl(pcb, pcb.snd_nxt, TCP_ACK, null, tcp_sack_length(pcb));
  if (err === ERR_OK) pcb.flags &= ~(TF_ACK_DELAY | TF_ACK_NOW);
  else pcb.flags |= TF_ACK_DELAY | TF_ACK_NOW;
  return err;
}

/** Keepalive probe: an old sequence number that the peer has to acknowledge (RFC 9293 3.8.4). */
export function tcp_keepalive(pcb: TcpPcb): err_t {
  return sendControl(pcb, (pcb.snd_nxt - 1) | 0, TCP_ACK, null);
}

/** Probe a closed window with the next byte, or with the FIN (RFC 9293 3.8.6.1). */
export function tcp_zero_window_probe(pcb: TcpPcb): err_t {
  const seg = pcb.unsent;
  if (seg === null) return ERR_OK;
  if (pcb.persist_probe < 255) pcb.persist_probe++;
  const isFin = (seg.flags & TCP_FIN) !== 0 && seg.len === 0;
  const next = (seg.seqno + 1) | 0;
  if (TCP_SEQ_LT(pcb.snd_nxt, next)) pcb.snd_nxt = next;
  return sendControl(pcb, seg.seqno, isFin ? TCP_ACK | TCP_FIN : TCP_ACK, isFin ? null : seg);
}

/** Build and send a segment with at most the first byte of `payload`, or with blocks of selective acknowledgement. Source: lwIP tcp_output_control_segment() */
function sendControl(pcb: TcpPcb, seqno: number, flags: number, payload: TcpSeg | null, sackLen = 0): err_t {
  const frame = pcb.stack.port.memory.frames.alloc(HEADERS + sackLen + (payload === null ? 0 : 1));
  if (sackLen > 0) tcp_put_sacks(pcb, frame.bytes, PAYLOAD);
  if (payload !== null) frame.bytes[PAYLOAD] = payload.frame.bytes[PAYLOAD]!;
  const wnd = windowField(pcb.rcv_ann_wnd, pcb.rcv_scale);
  writeHeader(frame, pcb.local_port, pcb.remote_port, seqno, pcb.rcv_nxt, flags, wnd, sackLen);
  pcb.rcv_ann_right_edge = (pcb.rcv_nxt + pcb.rcv_ann_wnd) | 0;
  const netif = tcp_route(pcb);
  const err =
    netif === null ? ERR_RTE : ip4_output_if(frame, pcb.local_ip, pcb.remote_ip, pcb.ttl, pcb.tos, IP_PROTO_TCP, netif);
  frame.release();
  return err;
}

/**
 * Send a RST.
 * @param pcb whose TTL and TOS it takes; null for a segment that nobody expects
 * @param seqno,ackno int32
 * Source: lwIP tcp_rst(). The window is byte-swapped once too often there, so 5760 goes out as 32790.
 */
export function tcp_rst(
  stack: Stack,
  pcb: TcpPcb | TcpPcbListen | null,
  seqno: number,
  ackno: number,
  local_ip: number,
  remote_ip: number,
  local_port: number,
  remote_port: number,
): void {
  const frame = stack.port.memory.frames.alloc(HEADERS);
  const { TCP_WND, LWIP_WND_SCALE, TCP_RCV_SCALE } = stack.opt;
  const wnd = LWIP_WND_SCALE === 0 ? TCP_WND : (TCP_WND >> TCP_RCV_SCALE) & 0xffff;
  const swapped = ((wnd & 0xff) << 8) | (wnd >> 8);
  writeHeader(frame, local_port, remote_port, seqno, ackno, TCP_RST | TCP_ACK, swapped, 0);
  const netif = pcb !== null && 'remote_ip' in pcb ? tcp_route(pcb) : ip4_route(stack, local_ip, remote_ip);
  if (netif !== null) {
    const ttl = pcb === null ? stack.opt.TCP_TTL : pcb.ttl;
    ip4_output_if(frame, local_ip, remote_ip, ttl, pcb === null ? 0 : pcb.tos, IP_PROTO_TCP, netif);
  }
  frame.release();
}
