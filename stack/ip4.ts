/** IPv4: input checks, routing, output. Source: lwIP ip4.c, ip4_addr.c; ESP-IDF's routing hook */

import type { err_t } from './err.ts';
import { etharp_output } from './etharp.ts';
import { FRAME_IP, type Frame, SUMS_PENDING, SUMS_PENDING_IP_ONLY, SUMS_VALID } from './frame.ts';
import { icmp_dest_unreach, icmp_input } from './icmp.ts';
import { igmp_input, igmp_lookfor_group } from './igmp.ts';
import { ip4_forward } from './ip4_forward.ts';
import { ip4_frag, ip4_reass } from './ip4_frag.ts';
import {
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_IGMP,
  NETIF_FLAG_UP,
  type Netif,
  netif_is_usable,
  netif_loop_output,
} from './netif.ts';
import type { Opt } from './opt.ts';
import { getI32, getU16, putI32, putU16 } from './prot/bytes.ts';
import { inet_chksum } from './prot/checksum.ts';
import { LWIP_IANA_PORT_DHCP_CLIENT } from './prot/dhcp.ts';
import { SIZEOF_ETH_HDR } from './prot/ethernet.ts';
import { ICMP_DUR_PROTO } from './prot/icmp.ts';
import { IGMP_ALLSYSTEMS } from './prot/igmp.ts';
import {
  IP_CHKSUM,
  IP_DEST,
  IP_HLEN,
  IP_ID,
  IP_LEN,
  IP_MF,
  IP_OFFMASK,
  IP_OFFSET,
  IP_PROTO,
  IP_PROTO_ICMP,
  IP_PROTO_IGMP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
  IP_SRC,
  IP_TOS_AT,
  IP_TTL_AT,
  IP_VHL,
  IPADDR_ANY,
  IPADDR_BROADCAST,
  IPADDR_LOOPBACK,
  ip4_addr_isloopback,
  ip4_addr_ismulticast,
  ip4_addr_net_eq,
} from './prot/ip4.ts';
import { UDP_DEST } from './prot/udp.ts';
import { raw_input } from './raw.ts';
import type { Stack } from './stack.ts';
import { tcp_input } from './tcp_in.ts';
import { udp_input } from './udp.ts';

/** Limited or directed broadcast as seen from an interface. Source: lwIP ip4_addr_isbroadcast_u32() */
export function ip4_addr_isbroadcast(addr: number, netif: Netif): boolean {
  if (addr === IPADDR_BROADCAST || addr === IPADDR_ANY) return true;
  if ((netif.flags & NETIF_FLAG_BROADCAST) === 0 || addr === netif.ip_addr) return false;
  return ip4_addr_net_eq(addr, netif.ip_addr, netif.netmask) && (addr & ~netif.netmask) === ~netif.netmask;
}

/**
 * Take a packet: check it, find out whether it is for us, hand it to its protocol. The caller keeps its reference.
 * @param at where the IP header starts in frame.bytes
 * @param room bytes from there to the end of the frame
 * Source: lwIP ip4_input(). The header checksum is not verified (CHECKSUM_CHECK_IP 0).
 */
export function ip4_input(stack: Stack, frame: Frame, at: number, room: number, inp: Netif): void {
  const b = frame.bytes;
  if (room < IP_HLEN || b[at]! >> 4 !== 4) {
    stack.stats.ip_err++;
    return;
  }
  const hlen = (b[at]! & 15) * 4;
  const len = getU16(b, at + IP_LEN);
  if (hlen < IP_HLEN || hlen > room || len > room || len < hlen) {
    stack.stats.ip_lenerr++;
    return;
  }
  if (stack.opt.CHECKSUM_CHECK_IP !== 0 && frame.sums === SUMS_VALID && inet_chksum(b, at, hlen) !== 0) {
    stack.stats.ip_chkerr++;
    return;
  }
  const src = getI32(b, at + IP_SRC);
  const dest = getI32(b, at + IP_DEST);
  const proto = b[at + IP_PROTO]!;
  const hasDhcp = stack.opt.LWIP_DHCP !== 0;
  let checkSource = src !== IPADDR_ANY || !hasDhcp;
  let netif = acceptingNetif(stack, dest, inp);
  const isUdp = hasDhcp && proto === IP_PROTO_UDP;
  if (netif === null && isUdp && getU16(b, at + hlen + UDP_DEST) === LWIP_IANA_PORT_DHCP_CLIENT) {
    netif = inp;
    checkSource = false;
  }
  if (checkSource && (ip4_addr_isbroadcast(src, inp) || ip4_addr_ismulticast(src))) {
    stack.stats.ip_drop++;
    return;
  }
  if (netif === null) {
    if (stack.opt.IP_FORWARD !== 0) ip4_forward(stack, frame, at, len, inp);
    else stack.stats.ip_drop++;
    return;
  }
  if ((getU16(b, at + IP_OFFSET) & (IP_OFFMASK | IP_MF)) === 0) {
    deliver(stack, frame, at, hlen, len, netif, inp);
    return;
  }
  if (stack.opt.IP_REASSEMBLY === 0) {
    stack.stats.ip_frag_drop++;
    return;
  }
  const whole = ip4_reass(stack, frame, at);
  if (whole === null) return;
  const wholeHlen = (whole.bytes[FRAME_IP]! & 15) * 4;
  deliver(stack, whole, FRAME_IP, wholeHlen, whole.len - SIZEOF_ETH_HDR, netif, inp);
  whole.release();
}

/** The interface whose address the packet carries, or null: the input interface first, then any other (weak host model). */
function acceptingNetif(stack: Stack, dest: number, inp: Netif): Netif | null {
  if (ip4_addr_ismulticast(dest)) {
    if ((inp.flags & NETIF_FLAG_IGMP) === 0) return null;
    return dest === IGMP_ALLSYSTEMS || igmp_lookfor_group(inp, dest) !== null ? inp : null;
  }
  if (accepts(inp, dest)) return inp;
  if (ip4_addr_isloopback(dest)) return null;
  for (let n = stack.netif_list; n !== null; n = n.next) {
    if (n !== inp && accepts(n, dest)) return n;
  }
  return null;
}

function accepts(netif: Netif, dest: number): boolean {
  if ((netif.flags & NETIF_FLAG_UP) === 0 || netif.ip_addr === IPADDR_ANY) return false;
  if (dest === netif.ip_addr || ip4_addr_isbroadcast(dest, netif)) return true;
  const { opt } = netif.stack;
  return dest === IPADDR_LOOPBACK && opt.LWIP_NETIF_LOOPBACK !== 0 && opt.LWIP_HAVE_LOOPIF === 0;
}

function deliver(stack: Stack, frame: Frame, at: number, hlen: number, len: number, netif: Netif, inp: Netif): void {
  const delivered = stack.raw_pcbs !== null && raw_input(stack, frame, at, len, netif, inp);
  switch (frame.bytes[at + IP_PROTO]) {
    case IP_PROTO_UDP:
      udp_input(stack, frame, at, hlen, len, netif, inp);
      break;
    case IP_PROTO_TCP:
      tcp_input(stack, frame, at, hlen, len, netif, inp);
      break;
    case IP_PROTO_ICMP:
      icmp_input(stack, frame, at, hlen, len, inp);
      break;
    case IP_PROTO_IGMP:
      igmp_input(stack, frame, at, hlen, len, inp);
      break;
    default: {
      const dest = getI32(frame.bytes, at + IP_DEST);
      if (delivered) break;
      stack.stats.ip_proterr++;
      if (!ip4_addr_isbroadcast(dest, netif) && !ip4_addr_ismulticast(dest)) {
        icmp_dest_unreach(stack, frame, at, len, ICMP_DUR_PROTO);
      }
    }
  }
}

/**
 * The interface to a destination: the one that owns the source address, else the first whose network holds the
 * destination, else the default one; null if there is no route.
 * @param src,dest int32, host order
 * Source: lwIP ip4_route(); ESP-IDF ip4_route_src_hook()
 */
export function ip4_route(stack: Stack, src: number, dest: number): Netif | null {
  if (src !== IPADDR_ANY) {
    for (let n = stack.netif_list; n !== null; n = n.next) {
      if (n.ip_addr === src && netif_is_usable(n)) return n;
    }
  }
  for (let n = stack.netif_list; n !== null; n = n.next) {
    if (!netif_is_usable(n)) continue;
    if (ip4_addr_net_eq(dest, n.ip_addr, n.netmask)) return n;
    if ((n.flags & NETIF_FLAG_BROADCAST) === 0 && dest === n.gw) return n;
  }
  const { opt } = stack;
  if (opt.LWIP_HAVE_LOOPIF === 0 && opt.LWIP_NETIF_LOOPBACK !== 0 && ip4_addr_isloopback(dest)) return anyUp(stack);
  const def = stack.netif_default;
  if (def === null || !netif_is_usable(def) || ip4_addr_isloopback(dest)) {
    stack.stats.ip_rterr++;
    return null;
  }
  return def;
}

/** Packets to 127.0.0.1 go through the default interface, or through any that is up. */
function anyUp(stack: Stack): Netif | null {
  const def = stack.netif_default;
  if (def !== null && (def.flags & NETIF_FLAG_UP) !== 0) return def;
  let n = stack.netif_list;
  while (n !== null && (n.flags & NETIF_FLAG_UP) === 0) n = n.next;
  return n;
}

/**
 * Put an IP header of 20 bytes in front of a packet and send it. The caller keeps its reference.
 * @param frame transport header at FRAME_TRANSPORT; frame.len counts from the Ethernet header on
 * @param src,dest int32, host order; src IPADDR_ANY takes the interface's
 * @param loopToo IP_MULTICAST_LOOP: also deliver a copy to this stack
 * Source: lwIP ip4_output_if()
 */
export function ip4_output_if(
  frame: Frame,
  src: number,
  dest: number,
  ttl: number,
  tos: number,
  proto: number,
  netif: Netif,
  loopToo = false,
): err_t {
  const from = src === IPADDR_ANY ? netif.ip_addr : src;
  return ip4_output_if_src(frame, from, dest, ttl, tos, proto, netif, loopToo);
}

/** The same with the source address as given, even 0.0.0.0. Source: lwIP ip4_output_if_src() */
export function ip4_output_if_src(
  frame: Frame,
  src: number,
  dest: number,
  ttl: number,
  tos: number,
  proto: number,
  netif: Netif,
  loopToo: boolean,
): err_t {
  frame.bytes[FRAME_IP + IP_VHL] = 0x45;
  writeHeader(frame, src, dest, ttl, tos, proto, netif.stack);
  return ip4_output_packet(frame, dest, netif, loopToo);
}

/** The same with the IP options that the caller wrote behind the header. @param hlen header with options, bytes */
export function ip4_output_if_opt(
  frame: Frame,
  hlen: number,
  src: number,
  dest: number,
  ttl: number,
  proto: number,
  netif: Netif,
): err_t {
  frame.bytes[FRAME_IP + IP_VHL] = 0x40 | (hlen >> 2);
  writeHeader(frame, src, dest, ttl, 0, proto, netif.stack);
  return ip4_output_packet(frame, dest, netif, false);
}

function writeHeader(
  frame: Frame,
  src: number,
  dest: number,
  ttl: number,
  tos: number,
  proto: number,
  stack: Stack,
): void {
  const b = frame.bytes;
  b[FRAME_IP + IP_TOS_AT] = tos;
  putU16(b, FRAME_IP + IP_LEN, frame.len - SIZEOF_ETH_HDR);
  putU16(b, FRAME_IP + IP_ID, stack.ip_id);
  stack.ip_id = (stack.ip_id + 1) & 0xffff;
  putU16(b, FRAME_IP + IP_OFFSET, 0);
  b[FRAME_IP + IP_TTL_AT] = ttl;
  b[FRAME_IP + IP_PROTO] = proto;
  putU16(b, FRAME_IP + IP_CHKSUM, 0);
  putI32(b, FRAME_IP + IP_SRC, src);
  putI32(b, FRAME_IP + IP_DEST, dest);
  if (frame.sums !== SUMS_PENDING_IP_ONLY) frame.sums = SUMS_PENDING;
}

/** A packet to oneself. Without an interface of its own 127.0.0.1 is behind every other. Source: lwIP ENABLE_LOOPBACK */
function isLooped(dest: number, netif: Netif, opt: Opt): boolean {
  if (netif.linkoutput === null) return true;
  if (opt.LWIP_NETIF_LOOPBACK === 0) return false;
  return dest === netif.ip_addr || (opt.LWIP_HAVE_LOOPIF === 0 && ip4_addr_isloopback(dest));
}

/** Send a packet whose IP header is complete. Source: lwIP ip4_output_if_opt_src() after the header */
export function ip4_output_packet(frame: Frame, dest: number, netif: Netif, loopToo: boolean): err_t {
  const { opt } = netif.stack;
  if (isLooped(dest, netif, opt)) return netif_loop_output(netif, frame);
  if (loopToo && opt.LWIP_NETIF_LOOPBACK !== 0) netif_loop_output(netif, frame);
  if (netif.mtu !== 0 && frame.len - SIZEOF_ETH_HDR > netif.mtu && opt.IP_FRAG !== 0) {
    return ip4_frag(frame, dest, netif);
  }
  return etharp_output(netif, frame, dest);
}
