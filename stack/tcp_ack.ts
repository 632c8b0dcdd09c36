/** TCP: what an acknowledgement does: window, freed segments, congestion control, round-trip time. Source: lwIP tcp_receive(), RFC 5681 */

import { TCP_SEQ_LEQ, TCP_SEQ_LT } from './prot/tcp.ts';
import { type InputSegment, seqLength } from './tcp_in.ts';
import { tcp_rexmit_fast, tcp_send_empty_ack } from './tcp_out.ts';
import { type TcpPcb, type TcpSeg, TF_INFR, TF_RTO } from './tcp_pcb.ts';

/** What a tcpwnd_size_t can hold, with and without scaling. */
const WND_MAX = 0xffff;
const WND_MAX_SCALED = 0xffffffff;

export function receiveAck(pcb: TcpPcb, s: InputSegment): void {
  const { ackno, seqno } = s;
  const wnd = s.wnd << pcb.snd_scale;
  const oldRightEdge = (pcb.snd_wnd + pcb.snd_wl2) | 0;
  if (
    TCP_SEQ_LT(pcb.snd_wl1, seqno) ||
    (pcb.snd_wl1 === seqno && TCP_SEQ_LT(pcb.snd_wl2, ackno)) ||
    (pcb.snd_wl2 === ackno && wnd > pcb.snd_wnd)
  ) {
    pcb.snd_wnd = wnd;
    if (pcb.snd_wnd_max < wnd) pcb.snd_wnd_max = wnd;
    pcb.snd_wl1 = seqno;
    pcb.snd_wl2 = ackno;
  }
  if (TCP_SEQ_LEQ(ackno, pcb.lastack)) {
    const sameEdge = ((pcb.snd_wl2 + pcb.snd_wnd) | 0) === oldRightEdge;
    if (s.tcplen === 0 && sameEdge && pcb.rtime >= 0 && pcb.lastack === ackno) duplicateAck(pcb);
    else pcb.dupacks = 0;
  } else if (TCP_SEQ_LEQ(ackno, pcb.snd_nxt)) {
    newAck(pcb, s);
  } else {
    tcp_send_empty_ack(pcb);
  }
  if (pcb.rttest !== 0 && TCP_SEQ_LT(pcb.rtseq, ackno)) sampleRtt(pcb);
}

/** The third one in a row starts a fast retransmission; further ones inflate the window (RFC 5681 3.2). */
function duplicateAck(pcb: TcpPcb): void {
  if (pcb.dupacks < 255) pcb.dupacks++;
  if (pcb.dupacks > 3) pcb.cwnd = increased(pcb, pcb.cwnd, pcb.mss);
  if (pcb.dupacks >= 3) tcp_rexmit_fast(pcb);
}

/** Source: lwIP TCP_WND_INC */
function increased(pcb: TcpPcb, wnd: number, by: number): number {
  return Math.min(wnd + by, pcb.stack.opt.LWIP_WND_SCALE === 0 ? WND_MAX : WND_MAX_SCALED);
}

/** Take an acknowledgement of new data: move SND.UNA, free what it covers, open the send buffer. */
function newAck(pcb: TcpPcb, s: InputSegment): void {
  const { ackno } = s;
  if ((pcb.flags & TF_INFR) !== 0) {
    pcb.flags &= ~TF_INFR;
    pcb.cwnd = pcb.ssthresh;
    pcb.bytes_acked = 0;
  }
  pcb.nrtx = 0;
  pcb.rto = (pcb.sa >> 3) + pcb.sv;
  const acked = pcb.stack.opt.LWIP_WND_SCALE === 0 ? (ackno - pcb.lastack) & WND_MAX : (ackno - pcb.lastack) >>> 0;
  pcb.dupacks = 0;
  pcb.lastack = ackno;
  growCwnd(pcb, acked);
  freeAckedUnacked(pcb, s);
  freeAckedUnsent(pcb, s);
  pcb.rtime = pcb.unacked === null ? -1 : 0;
  pcb.polltmr = 0;
  if (pcb.unsent === null) pcb.unsent_oversize = 0;
  pcb.snd_buf += s.recv_acked;
  if ((pcb.flags & TF_RTO) !== 0) {
    const first = pcb.unacked ?? pcb.unsent;
    if (first === null || TCP_SEQ_LEQ(pcb.rto_end, first.seqno)) pcb.flags &= ~TF_RTO;
  }
}

/** Slow start by up to two segments an ACK (one after a time-out), then one segment a window (RFC 5681 3.1). */
function growCwnd(pcb: TcpPcb, acked: number): void {
  if (pcb.cwnd < pcb.ssthresh) {
    const segments = (pcb.flags & TF_RTO) !== 0 ? 1 : 2;
    pcb.cwnd = increased(pcb, pcb.cwnd, Math.min(acked, segments * pcb.mss));
    return;
  }
  pcb.bytes_acked = increased(pcb, pcb.bytes_acked, acked);
  if (pcb.bytes_acked >= pcb.cwnd) {
    pcb.bytes_acked -= pcb.cwnd;
    pcb.cwnd = increased(pcb, pcb.cwnd, pcb.mss);
  }
}

/** Source: lwIP tcp_free_acked_segments() */
function freeAckedUnacked(pcb: TcpPcb, s: InputSegment): void {
  let seg = pcb.unacked;
  while (seg !== null && isAcked(seg, s.ackno)) seg = freeAcked(pcb, seg, s);
  pcb.unacked = seg;
  if (seg === null) pcb.unackedTail = null;
}

function freeAckedUnsent(pcb: TcpPcb, s: InputSegment): void {
  let seg = pcb.unsent;
  while (seg !== null && isAcked(seg, s.ackno)) seg = freeAcked(pcb, seg, s);
  pcb.unsent = seg;
}

function isAcked(seg: TcpSeg, ackno: number): boolean {
  return TCP_SEQ_LEQ((seg.seqno + seqLength(seg)) | 0, ackno);
}

function freeAcked(pcb: TcpPcb, seg: TcpSeg, s: InputSegment): TcpSeg | null {
  s.recv_acked += seg.len;
  pcb.snd_queuelen--;
  seg.frame.release();
  const { next } = seg;
  // A dead segment that the collector has not found yet would keep all later ones alive.
  seg.next = null;
  return next;
}

/** A round trip was measured: Jacobson's estimate in slow ticks, 16-bit arithmetic. Source: lwIP tcp_receive() */
function sampleRtt(pcb: TcpPcb): void {
  let m = toInt16(pcb.stack.tcp_ticks - pcb.rttest);
  m = toInt16(m - (pcb.sa >> 3));
  pcb.sa = toInt16(pcb.sa + m);
  if (m < 0) m = -m;
  m = toInt16(m - (pcb.sv >> 2));
  pcb.sv = toInt16(pcb.sv + m);
  pcb.rto = toInt16((pcb.sa >> 3) + pcb.sv);
  pcb.rttest = 0;
}

function toInt16(x: number): number {
  return (x << 16) >> 16;
}
