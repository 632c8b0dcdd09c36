/** TCP: options of segments, read and written. Source: lwIP tcp_parseopt(), tcp_out.c, RFC 9293 3.2, RFC 7323, RFC 2018 */

import type { Netif } from './netif.ts';
import { getU16, putU16 } from './prot/bytes.ts';
import {
  LWIP_TCP_OPT_EOL,
  LWIP_TCP_OPT_LEN_MSS,
  LWIP_TCP_OPT_LEN_SACK_PERM,
  LWIP_TCP_OPT_LEN_SACK_PERM_OUT,
  LWIP_TCP_OPT_LEN_WS,
  LWIP_TCP_OPT_LEN_WS_OUT,
  LWIP_TCP_OPT_MSS,
  LWIP_TCP_OPT_NOP,
  LWIP_TCP_OPT_SACK_PERM,
  LWIP_TCP_OPT_WS,
  TCP_SYN,
} from './prot/tcp.ts';
import type { Stack } from './stack.ts';
import { tcp_eff_send_mss } from './tcp.ts';
import type { InputSegment } from './tcp_in.ts';
import {
  SYN_RCVD,
  type TcpPcb,
  type TcpSeg,
  TF_SACK,
  TF_SEG_OPTS_MSS,
  TF_SEG_OPTS_SACK_PERM,
  TF_SEG_OPTS_WND_SCALE,
  TF_WND_SCALE,
  tcp_wnd_max,
} from './tcp_pcb.ts';

/** Take the MSS option of any segment, window scale and SACK-permitted of a SYN; others are skipped. Source: lwIP tcp_parseopt() */
export function tcp_parseopt(pcb: TcpPcb, s: InputSegment): void {
  const b = s.frame!.bytes;
  const end = s.optAt + s.optLen;
  let at = s.optAt;
  while (at < end) {
    const kind = b[at]!;
    if (kind === LWIP_TCP_OPT_EOL) return;
    if (kind === LWIP_TCP_OPT_NOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? b[at + 1]! : 0;
    if (kind === LWIP_TCP_OPT_MSS) {
      if (length !== LWIP_TCP_OPT_LEN_MSS || at + LWIP_TCP_OPT_LEN_MSS > end) return;
      const mss = getU16(b, at + 2);
      const max = pcb.stack.opt.TCP_MSS;
      pcb.mss = mss > max || mss === 0 ? max : mss;
    } else if (kind === LWIP_TCP_OPT_WS && pcb.stack.opt.LWIP_WND_SCALE !== 0) {
      if (length !== LWIP_TCP_OPT_LEN_WS || at + LWIP_TCP_OPT_LEN_WS > end) return;
      if ((s.flags & TCP_SYN) !== 0 && (pcb.flags & TF_WND_SCALE) === 0) agreeOnScaling(pcb, b[at + 2]!);
    } else if (kind === LWIP_TCP_OPT_SACK_PERM && pcb.stack.opt.LWIP_TCP_SACK_OUT !== 0) {
      if (length !== LWIP_TCP_OPT_LEN_SACK_PERM) return;
      if ((s.flags & TCP_SYN) !== 0) pcb.flags |= TF_SACK;
    } else if (length < 2) return;
    at += length;
  }
}

/** Both sides scale: from now on the whole receive window counts (RFC 7323 2.2). */
function agreeOnScaling(pcb: TcpPcb, shift: number): void {
  pcb.flags |= TF_WND_SCALE;
  pcb.snd_scale = Math.min(shift, 14);
  pcb.rcv_scale = pcb.stack.opt.TCP_RCV_SCALE;
  pcb.rcv_wnd = tcp_wnd_max(pcb);
  pcb.rcv_ann_wnd = pcb.rcv_wnd;
}

/** A SYN+ACK offers scaling and selective acknowledgement only to a peer that does. */
export function synOptions(pcb: TcpPcb): number {
  const { LWIP_WND_SCALE, LWIP_TCP_SACK_OUT } = pcb.stack.opt;
  const answers = pcb.state === SYN_RCVD;
  let opts = TF_SEG_OPTS_MSS;
  if (LWIP_WND_SCALE !== 0 && (!answers || (pcb.flags & TF_WND_SCALE) !== 0)) opts |= TF_SEG_OPTS_WND_SCALE;
  if (LWIP_TCP_SACK_OUT !== 0 && (!answers || (pcb.flags & TF_SACK) !== 0)) opts |= TF_SEG_OPTS_SACK_PERM;
  return opts;
}

/** Write the options of a SYN. @param at where in the frame  @returns their length */
export function writeOptions(seg: TcpSeg, at: number, stack: Stack, netif: Netif): number {
  const b = seg.frame.bytes;
  b[at] = LWIP_TCP_OPT_MSS;
  b[at + 1] = LWIP_TCP_OPT_LEN_MSS;
  putU16(b, at + 2, tcp_eff_send_mss(stack.opt.TCP_MSS, netif));
  let end = at + LWIP_TCP_OPT_LEN_MSS;
  if ((seg.opts & TF_SEG_OPTS_WND_SCALE) !== 0) {
    b[end] = LWIP_TCP_OPT_NOP;
    b[end + 1] = LWIP_TCP_OPT_WS;
    b[end + 2] = LWIP_TCP_OPT_LEN_WS;
    b[end + 3] = stack.opt.TCP_RCV_SCALE;
    end += LWIP_TCP_OPT_LEN_WS_OUT;
  }
  if ((seg.opts & TF_SEG_OPTS_SACK_PERM) !== 0) {
    b[end] = LWIP_TCP_OPT_NOP;
    b[end + 1] = LWIP_TCP_OPT_NOP;
    b[end + 2] = LWIP_TCP_OPT_SACK_PERM;
    b[end + 3] = LWIP_TCP_OPT_LEN_SACK_PERM;
    end += LWIP_TCP_OPT_LEN_SACK_PERM_OUT;
  }
  return end - at;
}
