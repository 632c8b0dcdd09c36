/** TCP: telling the peer what has arrived ahead of its turn (LWIP_TCP_SACK_OUT). Source: lwIP tcp_add_sack() and others, RFC 2018 */

import { putI32 } from './prot/bytes.ts';
import { LWIP_TCP_OPT_NOP, LWIP_TCP_OPT_SACK, TCP_SEQ_GT, TCP_SEQ_LEQ, TCP_SEQ_LT } from './prot/tcp.ts';
import { type TcpPcb, TF_SACK } from './tcp_pcb.ts';

const LWIP_TCP_MAX_SACK_NUM = 4;
/** Two NOPs, kind and length; then left and right edge of each block. */
const SACK_HEAD = 4;
const SACK_BLOCK = 8;

/** A block that has arrived: from `left` to before `right`, int32. */
export interface SackRange {
  readonly left: number;
  readonly right: number;
}

/** A segment was put into the queue: the run without a gap that it belongs to is told first. */
export function tcp_note_sack(pcb: TcpPcb, seqno: number): void {
  if ((pcb.flags & TF_SACK) === 0) return;
  let left = pcb.ooseq === null ? 0 : pcb.ooseq.seqno;
  let end = left;
  for (let seg = pcb.ooseq; seg !== null; seg = seg.next) {
    if (seg.seqno !== end) left = seg.seqno;
    end = (seg.seqno + seg.len) | 0;
    if (seg.seqno !== seqno) continue;
    for (let next = seg.next; next !== null && next.seqno === end; next = next.next) end = (end + next.len) | 0;
    addSack(pcb, left, end);
    return;
  }
}

/** In front; blocks that it overlaps go. */
function addSack(pcb: TcpPcb, left: number, right: number): void {
  const others = (pcb.rcv_sacks ?? []).filter((r) => TCP_SEQ_LEQ(r.right, left) || TCP_SEQ_LEQ(right, r.left));
  pcb.rcv_sacks = [{ left, right }, ...others].slice(0, LWIP_TCP_MAX_SACK_NUM);
}

/** The queue has lost its first segments: what lies before its head is not told any more. */
export function tcp_trim_sacks(pcb: TcpPcb): void {
  if (pcb.rcv_sacks === null) return;
  if (pcb.ooseq === null) {
    pcb.rcv_sacks = null;
    return;
  }
  const from = pcb.ooseq.seqno;
  keep(
    pcb,
    pcb.rcv_sacks.flatMap(({ left, right }) =>
      TCP_SEQ_GT(right, from) ? [{ left: TCP_SEQ_LT(left, from) ? from : left, right }] : [],
    ),
  );
}

/** The queue was cut at `to`: nothing from there on is told any more. Source: lwIP tcp_remove_sacks_gt() */
export function tcp_cut_sacks(pcb: TcpPcb, to: number): void {
  if (pcb.rcv_sacks === null) return;
  keep(
    pcb,
    pcb.rcv_sacks.flatMap(({ left, right }) =>
      TCP_SEQ_LT(left, to) ? [{ left, right: TCP_SEQ_GT(right, to) ? to : right }] : [],
    ),
  );
}

function keep(pcb: TcpPcb, ranges: readonly SackRange[]): void {
  pcb.rcv_sacks = ranges.length === 0 ? null : ranges;
}

/** Length of the option in an ACK; 0 if there is nothing to tell. */
export function tcp_sack_length(pcb: TcpPcb): number {
  return pcb.rcv_sacks === null ? 0 : SACK_HEAD + SACK_BLOCK * pcb.rcv_sacks.length;
}

/** Write the option. Source: lwIP tcp_build_sack_option() */
export function tcp_put_sacks(pcb: TcpPcb, b: Uint8Array, at: number): void {
  const ranges = pcb.rcv_sacks!;
  b[at] = LWIP_TCP_OPT_NOP;
  b[at + 1] = LWIP_TCP_OPT_NOP;
  b[at + 2] = LWIP_TCP_OPT_SACK;
  b[at + 3] = 2 + SACK_BLOCK * ranges.length;
  ranges.forEach(({ left, right }, n) => {
    putI32(b, at + SACK_HEAD + SACK_BLOCK * n, left);
    putI32(b, at + SACK_HEAD + SACK_BLOCK * n + 4, right);
  });
}
