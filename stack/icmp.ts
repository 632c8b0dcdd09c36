/** ICMP: answers to pings, error messages. Source: lwIP icmp.c, RFC 792 */

import { FRAME_IP, FRAME_START, FRAME_TRANSPORT, type Frame } from './frame.ts';
import { ip4_addr_isbroadcast, ip4_output_if, ip4_output_packet, ip4_route } from './ip4.ts';
import type { Netif } from './netif.ts';
import { getI32, getU16, putI32, putU16 } from './prot/bytes.ts';
import { inet_chksum } from './prot/checksum.ts';
import { SIZEOF_ETH_HDR } from './prot/ethernet.ts';
import {
  ICMP_CHKSUM,
  ICMP_CODE,
  ICMP_DEST_UNREACH_DATASIZE,
  ICMP_DUR,
  ICMP_ECHO,
  ICMP_ER,
  ICMP_TE,
  ICMP_TYPE,
  SIZEOF_ICMP_HDR,
} from './prot/icmp.ts';
import {
  IP_CHKSUM,
  IP_DEST,
  IP_HLEN,
  IP_PROTO_ICMP,
  IP_SRC,
  IP_TTL_AT,
  IPADDR_ANY,
  ip4_addr_ismulticast,
} from './prot/ip4.ts';
import type { Stack } from './stack.ts';

const ICMP_MINLEN = 4;

/** Take an ICMP message: echo requests are answered, everything else is ignored. */
export function icmp_input(stack: Stack, frame: Frame, at: number, hlen: number, len: number, inp: Netif): void {
  const icmp = at + hlen;
  const room = len - hlen;
  if (stack.opt.LWIP_ICMP === 0) {
    stack.stats.ip_proterr++;
    return;
  }
  if (room < ICMP_MINLEN) {
    stack.stats.icmp_lenerr++;
    return;
  }
  if (frame.bytes[icmp + ICMP_TYPE] !== ICMP_ECHO) {
    stack.stats.icmp_proterr++;
    return;
  }
  const dest = getI32(frame.bytes, at + IP_DEST);
  if (ip4_addr_ismulticast(dest) && stack.opt.LWIP_MULTICAST_PING === 0) return;
  if (ip4_addr_isbroadcast(dest, inp) && stack.opt.LWIP_BROADCAST_PING === 0) return;
  if (room < SIZEOF_ICMP_HDR) {
    stack.stats.icmp_lenerr++;
    return;
  }
  if (stack.opt.CHECKSUM_CHECK_ICMP !== 0 && !frame.hasRightSums && inet_chksum(frame.bytes, icmp, room) !== 0) {
    stack.stats.icmp_chkerr++;
    return;
  }
  echoReply(stack, frame, at, hlen, len, inp);
}

/** The request's own packet goes back: addresses swapped, type changed, everything else (id, TOS, options) as it came. */
function echoReply(stack: Stack, frame: Frame, at: number, hlen: number, len: number, inp: Netif): void {
  frame.fillSums();
  const reply = stack.port.memory.frames.alloc(SIZEOF_ETH_HDR + len);
  const b = reply.bytes;
  b.set(frame.bytes.subarray(at, at + len), FRAME_IP);
  const to = getI32(b, FRAME_IP + IP_SRC);
  const from = getI32(b, FRAME_IP + IP_DEST);
  const own = ip4_addr_ismulticast(from) || ip4_addr_isbroadcast(from, inp) ? inp.ip_addr : from;
  putI32(b, FRAME_IP + IP_SRC, own);
  putI32(b, FRAME_IP + IP_DEST, to);
  const icmp = FRAME_IP + hlen;
  b[icmp + ICMP_TYPE] = ICMP_ER;
  // Changing the type from 8 to 0 raises the checksum by 0x0800, with the carry brought round (RFC 1624).
  const sum = getU16(b, icmp + ICMP_CHKSUM);
  const carried = sum > 0xffff - (ICMP_ECHO << 8) ? sum + (ICMP_ECHO << 8) + 1 : sum + (ICMP_ECHO << 8);
  putU16(b, icmp + ICMP_CHKSUM, carried);
  b[FRAME_IP + IP_TTL_AT] = stack.opt.ICMP_TTL;
  putU16(b, FRAME_IP + IP_CHKSUM, 0);
  putU16(b, FRAME_IP + IP_CHKSUM, inet_chksum(b, FRAME_IP, hlen));
  ip4_output_packet(reply, to, inp, false);
  reply.release();
}

/** "Destination unreachable" for a packet. @param at where its IP header starts  @param len its length */
export function icmp_dest_unreach(stack: Stack, frame: Frame, at: number, len: number, code: number): void {
  sendResponse(stack, frame, at, len, ICMP_DUR, code);
}

export function icmp_time_exceeded(stack: Stack, frame: Frame, at: number, len: number, code: number): void {
  sendResponse(stack, frame, at, len, ICMP_TE, code);
}

/** An error message quotes the first 28 bytes of the packet. Source: lwIP icmp_send_response() */
function sendResponse(stack: Stack, frame: Frame, at: number, len: number, type: number, code: number): void {
  if (stack.opt.LWIP_ICMP === 0) return;
  const quoted = Math.min(len, IP_HLEN + ICMP_DEST_UNREACH_DATASIZE);
  const to = getI32(frame.bytes, at + IP_SRC);
  const netif = ip4_route(stack, IPADDR_ANY, to);
  if (netif === null) return;
  frame.fillSums();
  const error = stack.port.memory.frames.alloc(FRAME_TRANSPORT - FRAME_START + SIZEOF_ICMP_HDR + quoted);
  const b = error.bytes;
  b.fill(0, FRAME_TRANSPORT, FRAME_TRANSPORT + SIZEOF_ICMP_HDR);
  b[FRAME_TRANSPORT + ICMP_TYPE] = type;
  b[FRAME_TRANSPORT + ICMP_CODE] = code;
  b.set(frame.bytes.subarray(at, at + quoted), FRAME_TRANSPORT + SIZEOF_ICMP_HDR);
  ip4_output_if(error, IPADDR_ANY, to, stack.opt.ICMP_TTL, 0, IP_PROTO_ICMP, netif);
  error.release();
}
