/** TCP: received data in its place: in order, or in the queue of what came too early. Source: lwIP tcp_receive(), tcp_oos_insert_segment() */

import { Pbuf, pbuf_cat, pbuf_free, pbuf_realloc } from './pbuf.ts';
import { TCP_FIN, TCP_SEQ_BETWEEN, TCP_SEQ_GEQ, TCP_SEQ_GT, TCP_SEQ_LT, TCP_SYN } from './prot/tcp.ts';
import { tcp_update_rcv_ann_wnd } from './tcp.ts';
import { type InputSegment, seqLength, TF_GOT_FIN } from './tcp_in.ts';
import { tcp_send_empty_ack } from './tcp_out.ts';
import {
  CLOSE_WAIT,
  ESTABLISHED,
  OoseqSeg,
  type TcpPcb,
  TF_ACK_DELAY,
  TF_ACK_NOW,
  tcp_free_ooseq,
  tcp_segs_free,
} from './tcp_pcb.ts';
import { tcp_cut_sacks, tcp_note_sack, tcp_trim_sacks } from './tcp_sack.ts';

export function inWindow(pcb: TcpPcb, seqno: number): boolean {
  return TCP_SEQ_BETWEEN(seqno, pcb.rcv_nxt, (pcb.rcv_nxt + pcb.rcv_wnd - 1) | 0);
}

/** The part of a segment that is data for us, in its place. */
export function receiveData(pcb: TcpPcb, s: InputSegment): void {
  if (TCP_SEQ_BETWEEN(pcb.rcv_nxt, (s.seqno + 1) | 0, (s.seqno + s.tcplen - 1) | 0)) {
    const known = (pcb.rcv_nxt - s.seqno) | 0;
    s.at += known;
    s.len -= known;
    s.seqno = pcb.rcv_nxt;
  } else if (TCP_SEQ_LT(s.seqno, pcb.rcv_nxt)) {
    pcb.flags |= TF_ACK_NOW;
  }
  if (!inWindow(pcb, s.seqno)) {
    tcp_send_empty_ack(pcb);
  } else if (pcb.rcv_nxt === s.seqno) {
    receiveInOrder(pcb, s);
  } else {
    if (pcb.stack.opt.TCP_QUEUE_OOSEQ !== 0) insertOoseq(pcb, s);
    tcp_send_empty_ack(pcb);
  }
}

function receiveInOrder(pcb: TcpPcb, s: InputSegment): void {
  s.tcplen = seqLength(s);
  if (s.tcplen > pcb.rcv_wnd) {
    s.flags &= ~TCP_FIN;
    s.len = pcb.rcv_wnd;
    if ((s.flags & TCP_SYN) !== 0) s.len--;
    s.tcplen = seqLength(s);
  }
  if (pcb.ooseq !== null) mergeIntoOoseq(pcb, s);
  advance(pcb, s.seqno, s.tcplen);
  if (s.len > 0) s.recv_data = takePayload(s);
  if ((s.flags & TCP_FIN) !== 0) s.recv_flags |= TF_GOT_FIN;
  while (pcb.ooseq !== null && pcb.ooseq.seqno === pcb.rcv_nxt) takeQueued(pcb, s);
  if (pcb.rcv_sacks !== null) tcp_trim_sacks(pcb);
  // Every second segment is acknowledged at once, a single one by the fast timer.
  if ((pcb.flags & TF_ACK_DELAY) !== 0) {
    pcb.flags = (pcb.flags & ~TF_ACK_DELAY) | TF_ACK_NOW;
  } else {
    pcb.flags |= TF_ACK_DELAY;
  }
  // Only a segment of its own can carry blocks.
  if (pcb.rcv_sacks !== null) tcp_send_empty_ack(pcb);
}

function takePayload(s: InputSegment): Pbuf {
  s.frame!.refs++;
  return new Pbuf(s.frame!, s.at, s.len);
}

function advance(pcb: TcpPcb, seqno: number, count: number): void {
  pcb.rcv_nxt = (seqno + count) | 0;
  pcb.rcv_wnd -= count;
  tcp_update_rcv_ann_wnd(pcb);
}

/** An in-order segment meets the queue: what it covers goes, and it is cut where the queue begins. */
function mergeIntoOoseq(pcb: TcpPcb, s: InputSegment): void {
  if ((s.flags & TCP_FIN) !== 0) {
    tcp_free_ooseq(pcb);
    return;
  }
  let next = pcb.ooseq;
  while (next !== null && TCP_SEQ_GEQ((s.seqno + s.tcplen) | 0, (next.seqno + next.len) | 0)) {
    if ((next.flags & TCP_FIN) !== 0 && (s.flags & TCP_SYN) === 0) {
      s.flags |= TCP_FIN;
      s.tcplen = seqLength(s);
    }
    pbuf_free(next.p);
    next = next.next;
  }
  if (next !== null && TCP_SEQ_GT((s.seqno + s.tcplen) | 0, next.seqno)) {
    s.len = (next.seqno - s.seqno) | 0;
    if ((s.flags & TCP_SYN) !== 0) s.len--;
    s.tcplen = seqLength(s);
  }
  pcb.ooseq = next;
}

/** The head of the queue has become in order: it joins the data that goes up. */
function takeQueued(pcb: TcpPcb, s: InputSegment): void {
  const seg = pcb.ooseq!;
  if (seqLength(seg) > pcb.rcv_wnd) {
    // Espressif: what does not fit into the window any more is cut off, and the rest of the queue with it.
    seg.flags &= ~TCP_FIN;
    seg.len = pcb.rcv_wnd;
    pbuf_realloc(seg.p, seg.len);
    tcp_segs_free(seg.next);
    seg.next = null;
  }
  advance(pcb, seg.seqno, seqLength(seg));
  if (seg.p.tot_len === 0) pbuf_free(seg.p);
  else if (s.recv_data === null) s.recv_data = seg.p;
  else pbuf_cat(s.recv_data, seg.p);
  if ((seg.flags & TCP_FIN) !== 0) {
    s.recv_flags |= TF_GOT_FIN;
    if (pcb.state === ESTABLISHED) pcb.state = CLOSE_WAIT;
  }
  pcb.ooseq = seg.next;
}

/** Keep a segment that came too early, in the order of sequence numbers and without overlap. */
function insertOoseq(pcb: TcpPcb, s: InputSegment): void {
  let prev: OoseqSeg | null = null;
  let next = pcb.ooseq;
  while (next !== null && TCP_SEQ_GT(s.seqno, next.seqno)) {
    prev = next;
    next = next.next;
  }
  if (next !== null && next.seqno === s.seqno) {
    if (s.len > next.len) link(pcb, prev, trimBefore(copyOf(s), next));
  } else if (next !== null || prev === null) {
    const seg = copyOf(s);
    if (prev !== null) cutAt(prev, s.seqno);
    link(pcb, prev, next === null ? seg : trimBefore(seg, next));
  } else {
    appendOoseq(pcb, prev, s);
  }
  tcp_note_sack(pcb, s.seqno);
  limitOoseq(pcb);
}

function copyOf(s: InputSegment): OoseqSeg {
  return new OoseqSeg(takePayload(s), s.seqno, s.len, s.flags);
}

function link(pcb: TcpPcb, prev: OoseqSeg | null, seg: OoseqSeg): void {
  if (prev === null) pcb.ooseq = seg;
  else prev.next = seg;
}

/** Make a queued segment end where another begins. */
function cutAt(seg: OoseqSeg, seqno: number): void {
  if (!TCP_SEQ_GT((seg.seqno + seg.len) | 0, seqno)) return;
  seg.len = (seqno - seg.seqno) | 0;
  pbuf_realloc(seg.p, seg.len);
}

/** What a new segment covers of the queue behind it goes; it is cut where the rest begins. Source: lwIP tcp_oos_insert_segment() */
function trimBefore(seg: OoseqSeg, behind: OoseqSeg): OoseqSeg {
  if ((seg.flags & TCP_FIN) !== 0) {
    tcp_segs_free(behind);
    return seg;
  }
  let next: OoseqSeg | null = behind;
  while (next !== null && TCP_SEQ_GEQ((seg.seqno + seg.len) | 0, (next.seqno + next.len) | 0)) {
    if ((next.flags & TCP_FIN) !== 0) seg.flags |= TCP_FIN;
    pbuf_free(next.p);
    next = next.next;
  }
  if (next !== null) cutAt(seg, next.seqno);
  seg.next = next;
  return seg;
}

/** Behind the last segment; only here it is cut to the window. */
function appendOoseq(pcb: TcpPcb, last: OoseqSeg, s: InputSegment): void {
  if ((last.flags & TCP_FIN) !== 0) return;
  const seg = copyOf(s);
  last.next = seg;
  cutAt(last, s.seqno);
  const edge = (pcb.rcv_nxt + pcb.rcv_wnd) | 0;
  if (TCP_SEQ_GT((s.tcplen + s.seqno) | 0, edge)) {
    seg.flags &= ~TCP_FIN;
    seg.len = (edge - s.seqno) | 0;
    pbuf_realloc(seg.p, seg.len);
  }
}

/** No more than TCP_OOSEQ_MAX_PBUFS are kept (0: all): the first that is too much goes, with all behind it. */
function limitOoseq(pcb: TcpPcb): void {
  const max = pcb.stack.opt.TCP_OOSEQ_MAX_PBUFS;
  if (max === 0) return;
  let count = 0;
  let prev: OoseqSeg | null = null;
  for (let seg = pcb.ooseq; seg !== null; prev = seg, seg = seg.next) {
    for (let p: Pbuf | null = seg.p; p !== null; p = p.next) count++;
    if (count <= max) continue;
    tcp_cut_sacks(pcb, seg.seqno);
    tcp_segs_free(seg);
    if (prev === null) pcb.ooseq = null;
    else prev.next = null;
    return;
  }
}
