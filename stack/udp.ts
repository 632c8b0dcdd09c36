/** UDP: control blocks, delivery, sending. Source: lwIP udp.c, RFC 768 */

import { ERR_MEM, ERR_OK, ERR_RTE, ERR_USE, type err_t } from './err.ts';
import { FRAME_START, FRAME_TRANSPORT, type Frame } from './frame.ts';
import { icmp_dest_unreach } from './icmp.ts';
import { ip4_addr_isbroadcast, ip4_output_if_src, ip4_route } from './ip4.ts';
import { NETIF_NO_INDEX, type Netif, netif_get_by_index } from './netif.ts';
import { Pbuf } from './pbuf.ts';
import { SOF_REUSEADDR } from './pcb.ts';
import { getI32, getU16, putU16 } from './prot/bytes.ts';
import { fold16 } from './prot/checksum.ts';
import { ICMP_DUR_PORT } from './prot/icmp.ts';
import {
  IP_DEST,
  IP_PROTO_UDP,
  IP_SRC,
  IPADDR_ANY,
  IPADDR_BROADCAST,
  ip4_addr_ismulticast,
  ip4_addr_net_eq,
} from './prot/ip4.ts';
import { UDP_CHKSUM, UDP_DEST, UDP_HLEN, UDP_LEN, UDP_SRC } from './prot/udp.ts';
import type { Stack } from './stack.ts';

export const UDP_LOCAL_PORT_RANGE_START = 0xc000;
const UDP_LOCAL_PORT_RANGE_END = 0xffff;

/** A datagram for a pcb: `p` belongs to the receiver. */
export type udp_recv_fn<A> = (arg: A, pcb: UdpPcb, p: Pbuf, addr: number, port: number) => void;

export class UdpPcb {
  readonly stack: Stack;
  next: UdpPcb | null = null;
  local_ip = IPADDR_ANY;
  remote_ip = IPADDR_ANY;
  local_port = 0;
  remote_port = 0;
  so_options = 0;
  tos = 0;
  ttl: number;
  /** Interface it is bound to (SO_BINDTODEVICE). */
  netif_idx = NETIF_NO_INDEX;
  /** UDP_FLAGS_CONNECTED, UDP_FLAGS_MULTICAST_LOOP, UDP_FLAGS_NOCHKSUM */
  connected = false;
  multicastLoop = false;
  noChecksum = false;
  mcast_ip4 = IPADDR_ANY;
  mcast_ttl: number;
  recv: udp_recv_fn<never> | null = null;
  recv_arg: unknown = null;

  constructor(stack: Stack) {
    this.stack = stack;
    this.ttl = stack.opt.UDP_TTL;
    this.mcast_ttl = stack.opt.UDP_TTL;
  }
}

export function udp_new(stack: Stack): UdpPcb {
  return new UdpPcb(stack);
}

/** Have datagrams for a pcb delivered to `recv(recv_arg, ...)`. */
export function udp_recv<A>(pcb: UdpPcb, recv: udp_recv_fn<A>, recv_arg: A): void {
  pcb.recv = recv as udp_recv_fn<never>;
  pcb.recv_arg = recv_arg;
}

/**
 * Take a datagram. The length field of the header is ignored, the checksum is not verified (CHECKSUM_CHECK_UDP 0).
 * @param at,hlen where the IP header starts and its length  @param len the packet's length
 * @param netif the interface that owns the destination  @param inp the one it came in by
 * Source: lwIP udp_input()
 */
export function udp_input(
  stack: Stack,
  frame: Frame,
  at: number,
  hlen: number,
  len: number,
  netif: Netif,
  inp: Netif,
): void {
  const b = frame.bytes;
  const udp = at + hlen;
  if (len - hlen < UDP_HLEN) {
    stack.stats.udp_lenerr++;
    return;
  }
  const src = getI32(b, at + IP_SRC);
  const dest = getI32(b, at + IP_DEST);
  const srcPort = getU16(b, udp + UDP_SRC);
  const destPort = getU16(b, udp + UDP_DEST);
  const broadcast = ip4_addr_isbroadcast(dest, netif);
  const pcb = findPcb(stack, src, srcPort, dest, destPort, broadcast, inp);
  const isForUs = dest === inp.ip_addr && !broadcast && !ip4_addr_ismulticast(dest);
  if (pcb === null && !isForUs) return;
  if (stack.opt.CHECKSUM_CHECK_UDP !== 0 && !checksumIsRight(frame, at, udp, len - hlen)) {
    stack.stats.udp_chkerr++;
    return;
  }
  if (pcb === null) {
    stack.stats.udp_proterr++;
    icmp_dest_unreach(stack, frame, at, len, ICMP_DUR_PORT);
    return;
  }
  const payload = udp + UDP_HLEN;
  const count = len - hlen - UDP_HLEN;
  const toAll = stack.opt.SO_REUSE_RXTOALL !== 0 && (pcb.so_options & SOF_REUSEADDR) !== 0;
  if (toAll && (broadcast || ip4_addr_ismulticast(dest))) {
    for (let other = stack.udp_pcbs; other !== null; other = other.next) {
      if (other === pcb || other.local_port !== destPort || !localMatch(other, dest, broadcast, inp)) continue;
      passUp(other, frame, payload, count, src, srcPort);
    }
  }
  passUp(pcb, frame, payload, count, src, srcPort);
}

function passUp(pcb: UdpPcb, frame: Frame, at: number, len: number, src: number, srcPort: number): void {
  if (pcb.recv === null) return;
  frame.refs++;
  pcb.recv(pcb.recv_arg as never, pcb, new Pbuf(frame, at, len), src, srcPort);
}

function checksumIsRight(frame: Frame, at: number, udp: number, len: number): boolean {
  if (frame.hasRightSums || getU16(frame.bytes, udp + UDP_CHKSUM) === 0) return true;
  return fold16(frame.transportSum(at, udp, len)) === 0xffff;
}

/** The pcb that gets a datagram: a connected match at once (and to the front of the list), else the best unconnected one. */
function findPcb(
  stack: Stack,
  src: number,
  srcPort: number,
  dest: number,
  destPort: number,
  broadcast: boolean,
  inp: Netif,
): UdpPcb | null {
  let unconnected: UdpPcb | null = null;
  let prev: UdpPcb | null = null;
  for (let pcb = stack.udp_pcbs; pcb !== null; prev = pcb, pcb = pcb.next) {
    if (pcb.local_port !== destPort || !localMatch(pcb, dest, broadcast, inp)) continue;
    if (!pcb.connected) unconnected = betterUnconnected(unconnected, pcb, dest, inp);
    if (pcb.remote_port === srcPort && (pcb.remote_ip === IPADDR_ANY || pcb.remote_ip === src)) {
      if (prev !== null) {
        prev.next = pcb.next;
        pcb.next = stack.udp_pcbs;
        stack.udp_pcbs = pcb;
      }
      return pcb;
    }
  }
  return unconnected;
}

function betterUnconnected(best: UdpPcb | null, pcb: UdpPcb, dest: number, inp: Netif): UdpPcb {
  if (best === null) return pcb;
  if (dest === IPADDR_BROADCAST) {
    return best.local_ip !== inp.ip_addr && pcb.local_ip === inp.ip_addr ? pcb : best;
  }
  return pcb.local_ip !== IPADDR_ANY ? pcb : best;
}

/** Source: lwIP udp_input_local_match() */
function localMatch(pcb: UdpPcb, dest: number, broadcast: boolean, inp: Netif): boolean {
  if (pcb.netif_idx !== NETIF_NO_INDEX && pcb.netif_idx !== inp.index) return false;
  if (pcb.local_ip === IPADDR_ANY) return true;
  if (!broadcast) return pcb.local_ip === dest;
  return dest === IPADDR_BROADCAST || ip4_addr_net_eq(pcb.local_ip, dest, inp.netmask);
}

/** A frame with room for the headers of a datagram; the caller writes the payload at its end. @param len payload bytes */
export function udpFrame(stack: Stack, len: number): Frame {
  return stack.port.memory.frames.alloc(UDP_PAYLOAD - FRAME_START + len);
}

/** Where the payload of an outgoing datagram starts in frame.bytes. */
export const UDP_PAYLOAD = FRAME_TRANSPORT + UDP_HLEN;

/**
 * Send a datagram. An unbound pcb gets a local port. The caller keeps its reference.
 * @param frame from udpFrame()  @param dst_ip int32, host order
 * @returns ERR_RTE without route or if the bound address is not the interface's, ERR_MEM if it is too long or ARP's queue is full
 * Source: lwIP udp_sendto()
 */
export function udp_sendto(pcb: UdpPcb, frame: Frame, dst_ip: number, dst_port: number): err_t {
  const netif = routeOf(pcb, dst_ip);
  return netif === null ? ERR_RTE : udp_sendto_if(pcb, frame, dst_ip, dst_port, netif);
}

/** The same over a given interface. Source: lwIP udp_sendto_if() */
export function udp_sendto_if(pcb: UdpPcb, frame: Frame, dst_ip: number, dst_port: number, netif: Netif): err_t {
  let src = netif.ip_addr;
  if (pcb.local_ip !== IPADDR_ANY && !ip4_addr_ismulticast(pcb.local_ip)) {
    if (pcb.local_ip !== netif.ip_addr) return ERR_RTE;
    src = pcb.local_ip;
  }
  return udp_sendto_if_src(pcb, frame, dst_ip, dst_port, netif, src);
}

/** The same from a given address, which may be 0.0.0.0. @param src_ip int32, host order. Source: lwIP udp_sendto_if_src() */
export function udp_sendto_if_src(
  pcb: UdpPcb,
  frame: Frame,
  dst_ip: number,
  dst_port: number,
  netif: Netif,
  src_ip: number,
): err_t {
  if (pcb.local_port === 0) {
    const err = udp_bind(pcb, pcb.local_ip, 0);
    if (err !== ERR_OK) return err;
  }
  const len = frame.len - (FRAME_TRANSPORT - FRAME_START);
  if (len > 0xffff) return ERR_MEM;
  const b = frame.bytes;
  putU16(b, FRAME_TRANSPORT + UDP_SRC, pcb.local_port);
  putU16(b, FRAME_TRANSPORT + UDP_DEST, dst_port);
  putU16(b, FRAME_TRANSPORT + UDP_LEN, len);
  putU16(b, FRAME_TRANSPORT + UDP_CHKSUM, 0);
  frame.noUdpSum = pcb.noChecksum;
  const multicast = ip4_addr_ismulticast(dst_ip);
  const ttl = multicast ? pcb.mcast_ttl : pcb.ttl;
  return ip4_output_if_src(frame, src_ip, dst_ip, ttl, pcb.tos, IP_PROTO_UDP, netif, multicast && pcb.multicastLoop);
}

/** To the address given at udp_connect(). */
export function udp_send(pcb: UdpPcb, frame: Frame): err_t {
  return udp_sendto(pcb, frame, pcb.remote_ip, pcb.remote_port);
}

function routeOf(pcb: UdpPcb, dst_ip: number): Netif | null {
  const stack = pcb.stack;
  if (pcb.netif_idx !== NETIF_NO_INDEX) return netif_get_by_index(stack, pcb.netif_idx);
  if (ip4_addr_ismulticast(dst_ip) && pcb.mcast_ip4 !== IPADDR_ANY && pcb.mcast_ip4 !== IPADDR_BROADCAST) {
    const netif = ip4_route(stack, pcb.local_ip, pcb.mcast_ip4);
    if (netif !== null) return netif;
  }
  return ip4_route(stack, pcb.local_ip, dst_ip);
}

/**
 * Bind to an address and port; port 0 takes the next free one from 0xc000 on.
 * @returns ERR_USE if taken, or if no port is free
 */
export function udp_bind(pcb: UdpPcb, ipaddr: number, port: number): err_t {
  const stack = pcb.stack;
  let chosen = port;
  if (port === 0) {
    chosen = newPort(stack);
    if (chosen === 0) return ERR_USE;
  } else {
    for (let other = stack.udp_pcbs; other !== null; other = other.next) {
      if (other === pcb || other.local_port !== port) continue;
      if ((pcb.so_options & other.so_options & SOF_REUSEADDR) !== 0) continue;
      if (other.local_ip === ipaddr || other.local_ip === IPADDR_ANY || ipaddr === IPADDR_ANY) return ERR_USE;
    }
  }
  pcb.local_ip = ipaddr;
  pcb.local_port = chosen;
  link(pcb);
  return ERR_OK;
}

function link(pcb: UdpPcb): void {
  const stack = pcb.stack;
  for (let other = stack.udp_pcbs; other !== null; other = other.next) {
    if (other === pcb) return;
  }
  pcb.next = stack.udp_pcbs;
  stack.udp_pcbs = pcb;
}

/** Next free local port, 0 if there is none. Source: lwIP udp_new_port() */
function newPort(stack: Stack): number {
  for (let tries = UDP_LOCAL_PORT_RANGE_START; tries <= UDP_LOCAL_PORT_RANGE_END; tries++) {
    stack.udp_port = stack.udp_port === UDP_LOCAL_PORT_RANGE_END ? UDP_LOCAL_PORT_RANGE_START : stack.udp_port + 1;
    if (!portInUse(stack, stack.udp_port)) return stack.udp_port;
  }
  return 0;
}

function portInUse(stack: Stack, port: number): boolean {
  for (let pcb = stack.udp_pcbs; pcb !== null; pcb = pcb.next) {
    if (pcb.local_port === port) return true;
  }
  return false;
}

/** Set the peer: datagrams from others are no longer delivered. An unbound pcb gets a port. */
export function udp_connect(pcb: UdpPcb, ipaddr: number, port: number): err_t {
  if (pcb.local_port === 0) {
    const err = udp_bind(pcb, pcb.local_ip, 0);
    if (err !== ERR_OK) return err;
  }
  pcb.remote_ip = ipaddr;
  pcb.remote_port = port;
  pcb.connected = true;
  link(pcb);
  return ERR_OK;
}

/** Dissolve the association, and the binding to an interface with it. */
export function udp_disconnect(pcb: UdpPcb): void {
  pcb.remote_ip = IPADDR_ANY;
  pcb.remote_port = 0;
  pcb.netif_idx = NETIF_NO_INDEX;
  pcb.connected = false;
}

export function udp_remove(pcb: UdpPcb): void {
  const stack = pcb.stack;
  if (stack.udp_pcbs === pcb) stack.udp_pcbs = pcb.next;
  for (let other = stack.udp_pcbs; other !== null; other = other.next) {
    if (other.next === pcb) other.next = pcb.next;
  }
}

/** Bound pcbs follow the interface to its new address. Source: lwIP udp_netif_ip_addr_changed() */
export function udp_netif_ip_addr_changed(stack: Stack, old_addr: number, new_addr: number): void {
  if (old_addr === IPADDR_ANY || new_addr === IPADDR_ANY) return;
  for (let pcb = stack.udp_pcbs; pcb !== null; pcb = pcb.next) {
    if (pcb.local_ip === old_addr) pcb.local_ip = new_addr;
  }
}
