/** Forwarding: a packet for somebody else goes on through another interface. Source: lwIP ip4_forward(), ip4_canforward() */

import { etharp_output } from './etharp.ts';
import { FRAME_IP, FRAME_START, type Frame, SUMS_PENDING_IP_ONLY } from './frame.ts';
import { icmp_dest_unreach, icmp_time_exceeded } from './icmp.ts';
import { ip4_addr_isbroadcast, ip4_route } from './ip4.ts';
import { ip4_frag } from './ip4_frag.ts';
import type { Netif } from './netif.ts';
import { getI32, getU16, putU16 } from './prot/bytes.ts';
import { SIZEOF_ETH_HDR } from './prot/ethernet.ts';
import { ICMP_DUR_FRAG, ICMP_TE_TTL } from './prot/icmp.ts';
import {
  IP_CHKSUM,
  IP_DEST,
  IP_DF,
  IP_OFFSET,
  IP_PROTO,
  IP_PROTO_ICMP,
  IP_SRC,
  IP_TTL_AT,
  ip4_addr_islinklocal,
  ip4_addr_ismulticast,
} from './prot/ip4.ts';
import type { Stack } from './stack.ts';

/** Classes of addresses that stay where they are. */
const IP_LOOPBACKNET = 127;
const IP_EXPERIMENTAL = 240;

/** The group bit of a hardware address. */
const ETH_GROUP = 1;

/**
 * Send a packet on. The caller keeps its reference.
 * @param at where the IP header starts  @param len the packet's length  @param inp the interface it came in by
 */
export function ip4_forward(stack: Stack, frame: Frame, at: number, len: number, inp: Netif): void {
  const b = frame.bytes;
  const dest = getI32(b, at + IP_DEST);
  const netif = canForward(frame, dest, inp) ? ip4_route(stack, getI32(b, at + IP_SRC), dest) : null;
  if (netif === null || netif === inp) {
    stack.stats.ip_drop++;
    return;
  }
  const ttl = (b[at + IP_TTL_AT]! - 1) & 0xff;
  if (ttl === 0) {
    if (b[at + IP_PROTO] !== IP_PROTO_ICMP) icmp_time_exceeded(stack, frame, at, len, ICMP_TE_TTL);
    return;
  }
  const isTooLong = netif.mtu !== 0 && len > netif.mtu;
  if (isTooLong && (getU16(b, at + IP_OFFSET) & IP_DF) !== 0) {
    icmp_dest_unreach(stack, frame, at, len, ICMP_DUR_FRAG);
    return;
  }
  frame.fillSums();
  const onward = stack.port.memory.frames.alloc(SIZEOF_ETH_HDR + len);
  onward.bytes.set(b.subarray(at, at + len), FRAME_IP);
  onward.bytes[FRAME_IP + IP_TTL_AT] = ttl;
  raiseSum(onward.bytes);
  if (isTooLong) {
    // What the payload's checksum says is its sender's business.
    onward.sums = SUMS_PENDING_IP_ONLY;
    if (stack.opt.IP_FRAG !== 0) ip4_frag(onward, dest, netif);
  } else {
    etharp_output(netif, onward, dest);
  }
  onward.release();
}

function canForward(frame: Frame, dest: number, inp: Netif): boolean {
  const isForGroup = (frame.bytes[FRAME_START]! & ETH_GROUP) !== 0;
  if (isForGroup || ip4_addr_isbroadcast(dest, inp) || ip4_addr_ismulticast(dest) || ip4_addr_islinklocal(dest)) {
    return false;
  }
  const first = dest >>> 24;
  return first !== 0 && first !== IP_LOOPBACKNET && first < IP_EXPERIMENTAL;
}

/** One hop less makes the checksum of the header greater by 0x0100, with the carry brought round (RFC 1141). */
function raiseSum(b: Uint8Array): void {
  const sum = getU16(b, FRAME_IP + IP_CHKSUM);
  putU16(b, FRAME_IP + IP_CHKSUM, sum >= 0xffff - 0x0100 ? sum + 0x0101 : sum + 0x0100);
}
