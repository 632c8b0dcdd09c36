/** Raw IP: packets of a protocol as they are, header included on the way up. Source: lwIP raw.c */

import { ERR_RTE, type err_t } from './err.ts';
import { FRAME_START, FRAME_TRANSPORT, type Frame, SUMS_PENDING_IP_ONLY } from './frame.ts';
import { ip4_addr_isbroadcast, ip4_output_if, ip4_route } from './ip4.ts';
import { NETIF_NO_INDEX, type Netif, netif_get_by_index } from './netif.ts';
import { getI32 } from './prot/bytes.ts';
import { IP_DEST, IP_PROTO, IP_SRC, IPADDR_ANY, ip4_addr_ismulticast } from './prot/ip4.ts';
import type { Stack } from './stack.ts';

/** A packet for a pcb, which may look at it and must copy what it keeps. @param at where the IP header starts */
export type raw_recv_fn<A> = (arg: A, pcb: RawPcb, frame: Frame, at: number, len: number, addr: number) => void;

export class RawPcb {
  readonly stack: Stack;
  next: RawPcb | null = null;
  readonly protocol: number;
  local_ip = IPADDR_ANY;
  remote_ip = IPADDR_ANY;
  so_options = 0;
  tos = 0;
  ttl: number;
  netif_idx = NETIF_NO_INDEX;
  connected = false;
  mcast_ttl: number;
  recv: raw_recv_fn<never> | null = null;
  recv_arg: unknown = null;

  constructor(stack: Stack, protocol: number) {
    this.stack = stack;
    this.protocol = protocol;
    this.ttl = stack.opt.RAW_TTL;
    this.mcast_ttl = stack.opt.RAW_TTL;
  }
}

/** A new pcb is in the list at once: it receives before it is bound. */
export function raw_new(stack: Stack, protocol: number): RawPcb {
  const pcb = new RawPcb(stack, protocol);
  pcb.next = stack.raw_pcbs;
  stack.raw_pcbs = pcb;
  return pcb;
}

export function raw_recv<A>(pcb: RawPcb, recv: raw_recv_fn<A>, recv_arg: A): void {
  pcb.recv = recv as raw_recv_fn<never>;
  pcb.recv_arg = recv_arg;
}

/** Show a packet to every matching pcb. @returns true if there was one. Source: lwIP raw_input() */
export function raw_input(stack: Stack, frame: Frame, at: number, len: number, netif: Netif, inp: Netif): boolean {
  const b = frame.bytes;
  const src = getI32(b, at + IP_SRC);
  const dest = getI32(b, at + IP_DEST);
  const proto = b[at + IP_PROTO];
  const broadcast = ip4_addr_isbroadcast(dest, netif);
  let delivered = false;
  for (let pcb = stack.raw_pcbs; pcb !== null; pcb = pcb.next) {
    if (pcb.protocol !== proto || pcb.recv === null) continue;
    if (pcb.netif_idx !== NETIF_NO_INDEX && pcb.netif_idx !== inp.index) continue;
    if (pcb.local_ip !== IPADDR_ANY && (broadcast || pcb.local_ip !== dest)) continue;
    if (pcb.connected && pcb.remote_ip !== src) continue;
    pcb.recv(pcb.recv_arg as never, pcb, frame, at, len, src);
    delivered = true;
  }
  return delivered;
}

/** A frame with room for the headers; the caller writes the payload at FRAME_TRANSPORT. @param len payload bytes */
export function rawFrame(stack: Stack, len: number): Frame {
  return stack.port.memory.frames.alloc(FRAME_TRANSPORT - FRAME_START + len);
}

/** Send a payload behind an IP header; checksums inside are the caller's business. Source: lwIP raw_sendto() */
export function raw_sendto(pcb: RawPcb, frame: Frame, ipaddr: number): err_t {
  const netif =
    pcb.netif_idx === NETIF_NO_INDEX
      ? ip4_route(pcb.stack, pcb.local_ip, ipaddr)
      : netif_get_by_index(pcb.stack, pcb.netif_idx);
  if (netif === null) return ERR_RTE;
  const fixed = pcb.local_ip !== IPADDR_ANY && !ip4_addr_ismulticast(pcb.local_ip);
  const src = fixed ? pcb.local_ip : netif.ip_addr;
  const ttl = ip4_addr_ismulticast(ipaddr) ? pcb.mcast_ttl : pcb.ttl;
  frame.sums = SUMS_PENDING_IP_ONLY;
  return ip4_output_if(frame, src, ipaddr, ttl, pcb.tos, pcb.protocol, netif);
}

export function raw_connect(pcb: RawPcb, ipaddr: number): void {
  pcb.remote_ip = ipaddr;
  pcb.connected = true;
}

export function raw_remove(pcb: RawPcb): void {
  const stack = pcb.stack;
  if (stack.raw_pcbs === pcb) stack.raw_pcbs = pcb.next;
  for (let other = stack.raw_pcbs; other !== null; other = other.next) {
    if (other.next === pcb) other.next = pcb.next;
  }
}

export function raw_netif_ip_addr_changed(stack: Stack, old_addr: number, new_addr: number): void {
  if (old_addr === IPADDR_ANY || new_addr === IPADDR_ANY) return;
  for (let pcb = stack.raw_pcbs; pcb !== null; pcb = pcb.next) {
    if (pcb.local_ip === old_addr) pcb.local_ip = new_addr;
  }
}
