/** Fragments: cutting packets that are too long, putting received ones together. Source: lwIP ip4_frag.c, RFC 791, RFC 815 */

import { ERR_OK, ERR_VAL, type err_t } from './err.ts';
import { etharp_output } from './etharp.ts';
import { FRAME_IP, type Frame, SUMS_PENDING, SUMS_PENDING_IP_ONLY } from './frame.ts';
import { icmp_time_exceeded } from './icmp.ts';
import type { Netif } from './netif.ts';
import { getI32, getU16, putU16 } from './prot/bytes.ts';
import { inet_chksum } from './prot/checksum.ts';
import { SIZEOF_ETH_HDR } from './prot/ethernet.ts';
import { ICMP_TE_FRAG } from './prot/icmp.ts';
import {
  IP_CHKSUM,
  IP_DEST,
  IP_HLEN,
  IP_ID,
  IP_LEN,
  IP_MF,
  IP_OFFMASK,
  IP_OFFSET,
  IP_SRC,
  IP_VHL,
} from './prot/ip4.ts';
import type { Stack } from './stack.ts';

/**
 * Send a packet in fragments of the interface's MTU, all at once and in order. That one of them cannot be sent is
 * not noticed, as in lwIP.
 * @returns ERR_VAL if the header has options
 */
export function ip4_frag(frame: Frame, dest: number, netif: Netif): err_t {
  const b = frame.bytes;
  if (b[FRAME_IP + IP_VHL] !== 0x45) return ERR_VAL;
  // The transport checksum covers the whole packet and travels in the first fragment.
  if (frame.sums !== SUMS_PENDING_IP_ONLY) frame.fillTransportSum(FRAME_IP, IP_HLEN);
  // As in lwIP, what would fit into a packet counts as the last part, even if it is cut once more.
  const room = netif.mtu - IP_HLEN;
  const step = (room >> 3) << 3;
  const total = frame.len - SIZEOF_ETH_HDR - IP_HLEN;
  // A packet that is passed on can be a fragment itself.
  const field = getU16(b, FRAME_IP + IP_OFFSET);
  for (let offset = 0; offset < total; offset += step) {
    const count = Math.min(step, total - offset);
    const part = netif.stack.port.memory.frames.alloc(SIZEOF_ETH_HDR + IP_HLEN + count);
    const p = part.bytes;
    p.set(b.subarray(FRAME_IP, FRAME_IP + IP_HLEN), FRAME_IP);
    const payload = FRAME_IP + IP_HLEN;
    p.set(b.subarray(payload + offset, payload + offset + count), payload);
    putU16(p, FRAME_IP + IP_LEN, IP_HLEN + count);
    const more = total - offset > room ? IP_MF : field & IP_MF;
    putU16(p, FRAME_IP + IP_OFFSET, ((field & IP_OFFMASK) + (offset >> 3)) | more);
    putU16(p, FRAME_IP + IP_CHKSUM, 0);
    part.sums = SUMS_PENDING;
    etharp_output(netif, part, dest);
    part.release();
  }
  return ERR_OK;
}

/** A fragment that waits for the others. */
interface Fragment {
  readonly frame: Frame;
  /** Where its IP header starts. */
  readonly at: number;
  /** First byte of its payload in the datagram, and one past its last. */
  readonly start: number;
  readonly end: number;
}

/** A datagram that is being put together, found by source, destination and identification. */
interface Datagram {
  readonly src: number;
  readonly dest: number;
  readonly id: number;
  /** Sorted by position, without overlap. */
  readonly fragments: Fragment[];
  /** Payload length by the last fragment, 0 before that came. lwIP believes it even if others reach beyond. */
  length: number;
  /** Seconds left. */
  timer: number;
}

/** Datagrams in progress, the newest first. */
export type ReassemblyQueue = Datagram[];

export const IP_TMR_INTERVAL = 1000;
/** Payload of the longest datagram. */
const LONGEST = 0xffff - IP_HLEN;

/**
 * Keep a fragment. When it completes its datagram, a frame with the whole packet (header at FRAME_IP) comes back,
 * with one reference for the caller.
 * Source: lwIP ip4_reass(), ip_reass_chain_frag_into_datagram_and_validate()
 */
export function ip4_reass(stack: Stack, frame: Frame, at: number): Frame | null {
  const b = frame.bytes;
  const hlen = (b[at]! & 15) * 4;
  const field = getU16(b, at + IP_OFFSET);
  const start = (field & IP_OFFMASK) * 8;
  const end = start + getU16(b, at + IP_LEN) - hlen;
  if (hlen !== IP_HLEN) return refuse(stack);
  const queue = queueOf(stack);
  if (fragmentCount(queue) + 1 > stack.opt.IP_REASS_MAX_PBUFS) {
    freeOldest(stack, queue, b, at);
    if (fragmentCount(queue) + 1 > stack.opt.IP_REASS_MAX_PBUFS) return refuse(stack);
  }
  const datagram = findOrStart(stack, queue, b, at);
  const last = (field & IP_MF) === 0;
  if (end > (last ? LONGEST : 0xffff)) {
    // A datagram that has just been started for it goes again.
    if (datagram.fragments.length === 0) queue.splice(queue.indexOf(datagram), 1);
    return refuse(stack);
  }
  if (!insert(datagram, { frame, at, start, end })) return refuse(stack);
  frame.refs++;
  if (last) datagram.length = end;
  if (!isComplete(datagram)) return null;
  queue.splice(queue.indexOf(datagram), 1);
  return join(stack, datagram);
}

function refuse(stack: Stack): null {
  stack.stats.ip_frag_drop++;
  return null;
}

function queueOf(stack: Stack): ReassemblyQueue {
  stack.reassembly ??= [];
  return stack.reassembly;
}

function fragmentCount(queue: ReassemblyQueue): number {
  return queue.reduce((n, d) => n + d.fragments.length, 0);
}

function findOrStart(stack: Stack, queue: ReassemblyQueue, b: Uint8Array, at: number): Datagram {
  const known = queue.find((d) => isOf(d, b, at));
  if (known !== undefined) return known;
  if (queue.length === 0 && stack.opt.LWIP_TIMERS_ONDEMAND !== 0) {
    stack.timeouts.at(stack.port.sys_now() + IP_TMR_INTERVAL, ip_reass_tmr);
  }
  const datagram: Datagram = {
    src: getI32(b, at + IP_SRC),
    dest: getI32(b, at + IP_DEST),
    id: getU16(b, at + IP_ID),
    fragments: [],
    length: 0,
    timer: stack.opt.IP_REASS_MAXAGE,
  };
  queue.unshift(datagram);
  return datagram;
}

function isOf(d: Datagram, b: Uint8Array, at: number): boolean {
  return d.id === getU16(b, at + IP_ID) && d.src === getI32(b, at + IP_SRC) && d.dest === getI32(b, at + IP_DEST);
}

/** Put a fragment in its place; false if it overlaps one that is there. */
function insert(datagram: Datagram, fragment: Fragment): boolean {
  const list = datagram.fragments;
  const i = list.findIndex((f) => f.start >= fragment.start);
  const at = i < 0 ? list.length : i;
  const before = list[at - 1];
  const after = list[at];
  if (before !== undefined && before.end > fragment.start) return false;
  if (after !== undefined && fragment.end > after.start) return false;
  list.splice(at, 0, fragment);
  return true;
}

function isComplete(datagram: Datagram): boolean {
  if (datagram.length === 0) return false;
  let next = 0;
  for (const f of datagram.fragments) {
    if (f.start !== next) return false;
    next = f.end;
  }
  return true;
}

function join(stack: Stack, datagram: Datagram): Frame {
  const whole = stack.port.memory.frames.alloc(SIZEOF_ETH_HDR + IP_HLEN + datagram.fragments.at(-1)!.end);
  const first = datagram.fragments[0]!;
  whole.bytes.set(first.frame.bytes.subarray(first.at, first.at + IP_HLEN), FRAME_IP);
  for (const f of datagram.fragments) {
    f.frame.fillSums();
    const payload = f.at + IP_HLEN;
    whole.bytes.set(f.frame.bytes.subarray(payload, payload + f.end - f.start), FRAME_IP + IP_HLEN + f.start);
    f.frame.release();
  }
  putU16(whole.bytes, FRAME_IP + IP_LEN, IP_HLEN + datagram.length);
  putU16(whole.bytes, FRAME_IP + IP_OFFSET, 0);
  putU16(whole.bytes, FRAME_IP + IP_CHKSUM, 0);
  putU16(whole.bytes, FRAME_IP + IP_CHKSUM, inet_chksum(whole.bytes, FRAME_IP, IP_HLEN));
  return whole;
}

/** Give up the oldest datagram other than the one this fragment belongs to. Source: lwIP ip_reass_remove_oldest_datagram() */
function freeOldest(stack: Stack, queue: ReassemblyQueue, b: Uint8Array, at: number): void {
  let oldest: Datagram | null = null;
  for (const d of queue) {
    if (!isOf(d, b, at) && (oldest === null || d.timer <= oldest.timer)) oldest = d;
  }
  if (oldest !== null) giveUp(stack, queue, oldest);
}

/** Drop a datagram; its sender is told if the first fragment is here. Source: lwIP ip_reass_free_complete_datagram() */
function giveUp(stack: Stack, queue: ReassemblyQueue, datagram: Datagram): void {
  queue.splice(queue.indexOf(datagram), 1);
  const first = datagram.fragments[0];
  if (first !== undefined && first.start === 0) {
    icmp_time_exceeded(stack, first.frame, first.at, getU16(first.frame.bytes, first.at + IP_LEN), ICMP_TE_FRAG);
  }
  for (const f of datagram.fragments) f.frame.release();
}

/** The one-second timer, running while something waits; without LWIP_TIMERS_ONDEMAND always. Source: lwIP ip_reass_tmr() */
export function ip_reass_tmr(stack: Stack): void {
  const queue = queueOf(stack);
  for (const d of [...queue]) {
    if (d.timer > 0) d.timer--;
    else giveUp(stack, queue, d);
  }
  if (stack.opt.LWIP_TIMERS_ONDEMAND === 0) stack.timeouts.again(IP_TMR_INTERVAL, ip_reass_tmr);
  else if (queue.length > 0) stack.timeouts.at(stack.port.sys_now() + IP_TMR_INTERVAL, ip_reass_tmr);
}
