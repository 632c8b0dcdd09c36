/** Address resolution: table, queues, timer. Source: lwIP etharp.c with Espressif's bounded queue */

import { dhcp_arp_reply } from './dhcp.ts';
import { ERR_ARG, ERR_MEM, ERR_OK, ERR_RTE, type err_t } from './err.ts';
import { ethernet_output } from './ethernet.ts';
import { FRAME_IP, type Frame } from './frame.ts';
import { ip4_addr_isbroadcast, ip4_route } from './ip4.ts';
import type { Netif } from './netif.ts';
import {
  ARP_HLEN,
  ARP_HTYPE,
  ARP_OPER,
  ARP_PLEN,
  ARP_PTYPE,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SHA,
  ARP_SPA,
  ARP_THA,
  ARP_TPA,
  HWTYPE_ETHERNET,
  SIZEOF_ETHARP_HDR,
} from './prot/arp.ts';
import { getI32, getU16, putI32, putU16 } from './prot/bytes.ts';
import {
  ETHBROADCAST,
  ETHTYPE_ARP,
  ETHTYPE_IP,
  ETHZERO,
  type EthAddr,
  ethMulticastAddr,
  getEthAddr,
  putEthAddr,
  SIZEOF_ETH_HDR,
} from './prot/ethernet.ts';
import { IPADDR_ANY, ip4_addr_islinklocal, ip4_addr_ismulticast, ip4_addr_net_eq } from './prot/ip4.ts';
import type { Stack } from './stack.ts';

export const ETHARP_STATE_PENDING = 1;
const ETHARP_STATE_STABLE = 2;
const ETHARP_STATE_STABLE_REREQUESTING_1 = 3;
const ETHARP_STATE_STABLE_REREQUESTING_2 = 4;
export const ETHARP_STATE_STATIC = 5;

/** A used entry is refreshed by broadcast in its last 15 seconds, by unicast in the 15 before. */
const ARP_AGE_REREQUEST_USED_BROADCAST = 15;
const ARP_AGE_REREQUEST_USED_UNICAST = 30;

export class ArpEntry {
  readonly ipaddr: number;
  readonly netif: Netif;
  state = ETHARP_STATE_PENDING;
  /** Age in seconds. */
  ctime = 0;
  ethaddr: EthAddr = ETHZERO;
  /** Packets that wait for the answer, each with a reference. */
  q: Frame[] = [];

  constructor(ipaddr: number, netif: Netif) {
    this.ipaddr = ipaddr;
    this.netif = netif;
  }
}

/** The one-second timer: age entries, repeat questions. Source: lwIP etharp_tmr() */
export function etharp_tmr(stack: Stack): void {
  const table = stack.arp_table;
  for (let i = 0; i < table.length; i++) {
    const e = table[i];
    if (e === undefined || e.state === ETHARP_STATE_STATIC) continue;
    e.ctime++;
    const pending = e.state === ETHARP_STATE_PENDING;
    if (e.ctime >= stack.opt.ARP_MAXAGE || (pending && e.ctime >= stack.opt.ARP_MAXPENDING)) freeEntry(stack, i);
    else if (e.state === ETHARP_STATE_STABLE_REREQUESTING_1) e.state = ETHARP_STATE_STABLE_REREQUESTING_2;
    else if (e.state === ETHARP_STATE_STABLE_REREQUESTING_2) e.state = ETHARP_STATE_STABLE;
    else if (pending) etharp_request(e.netif, e.ipaddr);
  }
}

/** True while the table has entries that grow old. */
export function etharp_ages({ arp_table }: Stack): boolean {
  for (const e of arp_table) if (e !== undefined && e.state !== ETHARP_STATE_STATIC) return true;
  return false;
}

/** True while the table still does something that can be seen: a question is open. */
export function etharp_has_pending(stack: Stack): boolean {
  return stack.arp_table.some((e) => e !== undefined && e.state === ETHARP_STATE_PENDING);
}

/** Forget all that was learned over an interface. Source: lwIP etharp_cleanup_netif() */
export function etharp_cleanup_netif(netif: Netif): void {
  const table = netif.stack.arp_table;
  for (let i = 0; i < table.length; i++) {
    if (table[i]?.netif === netif) freeEntry(netif.stack, i);
  }
}

function freeEntry(stack: Stack, i: number): void {
  const e = stack.arp_table[i]!;
  stack.arp_table[i] = undefined;
  for (const frame of e.q) unqueue(frame);
}

function unqueue(frame: Frame): void {
  frame.queued--;
  frame.release();
}

/** Index of an entry, or -1. */
function find(stack: Stack, ipaddr: number, netif: Netif): number {
  const table = stack.arp_table;
  for (let i = 0; i < table.length; i++) {
    const e = table[i];
    if (e !== undefined && e.ipaddr === ipaddr && e.netif === netif) return i;
  }
  return -1;
}

/**
 * Index of an entry, or of a new pending one for which the least useful of a full table is given up;
 * -1 if nothing can be given up.
 * Source: lwIP etharp_find_entry() with ETHARP_FLAG_TRY_HARD
 */
function findOrMake(stack: Stack, ipaddr: number, netif: Netif): number {
  const known = find(stack, ipaddr, netif);
  if (known >= 0) return known;
  const i = slotForNewEntry(stack);
  if (i < 0) return -1;
  if (stack.arp_table[i] !== undefined) freeEntry(stack, i);
  stack.arp_table[i] = new ArpEntry(ipaddr, netif);
  return i;
}

/** A free slot; else the oldest resolved, else the oldest unanswered entry without, else with waiting packets. */
function slotForNewEntry(stack: Stack): number {
  const table = stack.arp_table;
  let best = -1;
  let bestRank = -1;
  let bestAge = -1;
  for (let i = 0; i < stack.opt.ARP_TABLE_SIZE; i++) {
    const e = table[i];
    if (e === undefined) return i;
    if (e.state === ETHARP_STATE_STATIC) continue;
    const rank = e.state >= ETHARP_STATE_STABLE ? 2 : e.q.length === 0 ? 1 : 0;
    if (rank > bestRank || (rank === bestRank && e.ctime >= bestAge)) {
      best = i;
      bestRank = rank;
      bestAge = e.ctime;
    }
  }
  return best;
}

/**
 * Send a packet to its next hop: at once if the hardware address is known, else it waits for ARP.
 * The caller keeps its reference.
 * @param ipaddr destination, int32 in host order
 * @returns ERR_RTE without gateway, ERR_MEM if too many packets wait already
 * Source: lwIP etharp_output()
 */
export function etharp_output(netif: Netif, frame: Frame, ipaddr: number): err_t {
  if (ip4_addr_isbroadcast(ipaddr, netif)) return ethernet_output(netif, frame, ETHBROADCAST, ETHTYPE_IP);
  if (ip4_addr_ismulticast(ipaddr)) return ethernet_output(netif, frame, ethMulticastAddr(ipaddr), ETHTYPE_IP);
  let hop = ipaddr;
  if (!ip4_addr_net_eq(ipaddr, netif.ip_addr, netif.netmask) && !ip4_addr_islinklocal(ipaddr)) {
    if (netif.gw === IPADDR_ANY) return ERR_RTE;
    hop = netif.gw;
  }
  const stack = netif.stack;
  const cached = stack.arp_table[stack.etharp_cached_entry];
  if (cached !== undefined && cached.state >= ETHARP_STATE_STABLE && cached.ipaddr === hop && cached.netif === netif) {
    return outputTo(cached, frame);
  }
  const i = find(stack, hop, netif);
  const e = stack.arp_table[i];
  if (e === undefined || e.state < ETHARP_STATE_STABLE) return etharp_query(netif, hop, frame);
  stack.etharp_cached_entry = i;
  return outputTo(e, frame);
}

/** Send through a resolved entry and refresh it towards the end of its life. Source: lwIP etharp_output_to_arp_index() */
function outputTo(e: ArpEntry, frame: Frame): err_t {
  if (e.state === ETHARP_STATE_STABLE) {
    const left = e.netif.stack.opt.ARP_MAXAGE - e.ctime;
    if (left <= ARP_AGE_REREQUEST_USED_UNICAST) {
      const dest = left <= ARP_AGE_REREQUEST_USED_BROADCAST ? ETHBROADCAST : e.ethaddr;
      if (requestTo(e.netif, e.ipaddr, dest) === ERR_OK) e.state = ETHARP_STATE_STABLE_REREQUESTING_1;
    }
  }
  return ethernet_output(e.netif, frame, e.ethaddr, ETHTYPE_IP);
}

/**
 * Ask for a hardware address; a packet given along waits for it.
 * Source: lwIP etharp_query(); a full queue refuses the new packet (Espressif) or drops its oldest
 */
export function etharp_query(netif: Netif, ipaddr: number, frame: Frame | null): err_t {
  if (ip4_addr_isbroadcast(ipaddr, netif) || ip4_addr_ismulticast(ipaddr)) return ERR_ARG;
  const stack = netif.stack;
  const isNew = find(stack, ipaddr, netif) < 0;
  const i = findOrMake(stack, ipaddr, netif);
  if (i < 0) {
    stack.stats.etharp_memerr++;
    return ERR_MEM;
  }
  const e = stack.arp_table[i]!;
  let result: err_t = ERR_MEM;
  if (isNew || frame === null) {
    result = etharp_request(netif, ipaddr);
    if (result === ERR_OK && e.state === ETHARP_STATE_PENDING) e.ctime = 0;
  }
  if (frame === null) return result;
  if (e.state >= ETHARP_STATE_STABLE) {
    stack.etharp_cached_entry = i;
    return ethernet_output(netif, frame, e.ethaddr, ETHTYPE_IP);
  }
  const isFull = e.q.length >= stack.opt.ARP_QUEUE_LEN;
  if (isFull && stack.opt.ESP_LWIP !== 0) {
    stack.stats.etharp_memerr++;
    return ERR_MEM;
  }
  frame.refs++;
  frame.queued++;
  e.q.push(frame);
  if (isFull) unqueue(e.q.shift()!);
  return ERR_OK;
}

/** "Who has this address?", to everybody. Source: lwIP etharp_request() */
function etharp_request(netif: Netif, ipaddr: number): err_t {
  return requestTo(netif, ipaddr, ETHBROADCAST);
}

function requestTo(netif: Netif, ipaddr: number, dest: EthAddr): err_t {
  return rawOutput(netif, dest, ETHZERO, ipaddr, ARP_REQUEST);
}

/** Announce the own address: a question for it. Source: lwIP etharp_gratuitous() */
export function etharp_gratuitous(netif: Netif): err_t {
  return etharp_request(netif, netif.ip_addr);
}

function rawOutput(netif: Netif, ethDest: EthAddr, tha: EthAddr, tpa: number, oper: number): err_t {
  const frame = netif.stack.port.memory.frames.alloc(SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR);
  const b = frame.bytes;
  putU16(b, FRAME_IP + ARP_HTYPE, HWTYPE_ETHERNET);
  putU16(b, FRAME_IP + ARP_PTYPE, ETHTYPE_IP);
  b[FRAME_IP + ARP_HLEN] = 6;
  b[FRAME_IP + ARP_PLEN] = 4;
  putU16(b, FRAME_IP + ARP_OPER, oper);
  putEthAddr(b, FRAME_IP + ARP_SHA, netif.hwaddr);
  putI32(b, FRAME_IP + ARP_SPA, netif.ip_addr);
  putEthAddr(b, FRAME_IP + ARP_THA, tha);
  putI32(b, FRAME_IP + ARP_TPA, tpa);
  const err = ethernet_output(netif, frame, ethDest, ETHTYPE_ARP);
  frame.release();
  return err;
}

/**
 * Take an ARP packet: learn from its sender, answer if the question is for us.
 * Source: lwIP etharp_input(), RFC 826. Differs from the RFC: a sender is learned only if known or if it asks for us.
 */
export function etharp_input(netif: Netif, frame: Frame): void {
  const b = frame.bytes;
  if (
    frame.len < SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR ||
    getU16(b, FRAME_IP + ARP_HTYPE) !== HWTYPE_ETHERNET ||
    b[FRAME_IP + ARP_HLEN] !== 6 ||
    b[FRAME_IP + ARP_PLEN] !== 4 ||
    getU16(b, FRAME_IP + ARP_PTYPE) !== ETHTYPE_IP
  ) {
    netif.stack.stats.etharp_proterr++;
    return;
  }
  const spa = getI32(b, FRAME_IP + ARP_SPA);
  const sha = getEthAddr(b, FRAME_IP + ARP_SHA);
  const forUs = netif.ip_addr !== IPADDR_ANY && getI32(b, FRAME_IP + ARP_TPA) === netif.ip_addr;
  updateEntry(netif, spa, sha, forUs);
  const oper = getU16(b, FRAME_IP + ARP_OPER);
  if (oper === ARP_REPLY) dhcp_arp_reply(netif, spa);
  else if (forUs && oper === ARP_REQUEST) rawOutput(netif, sha, sha, spa, ARP_REPLY);
}

/** Note an address and send what waited for it. Source: lwIP etharp_update_arp_entry() */
function updateEntry(netif: Netif, ipaddr: number, ethaddr: EthAddr, tryHard: boolean): void {
  if (!isHost(netif, ipaddr)) return;
  const stack = netif.stack;
  const i = tryHard ? findOrMake(stack, ipaddr, netif) : find(stack, ipaddr, netif);
  const e = stack.arp_table[i];
  if (e === undefined || e.state === ETHARP_STATE_STATIC) return;
  resolve(e, ethaddr, ETHARP_STATE_STABLE);
}

/** The address of one host, which can have an entry. */
function isHost(netif: Netif, ipaddr: number): boolean {
  return ipaddr !== IPADDR_ANY && !ip4_addr_isbroadcast(ipaddr, netif) && !ip4_addr_ismulticast(ipaddr);
}

/**
 * Fix the hardware address of a host that can be reached by some interface; what waited for it is sent.
 * @param ipaddr int32, host order
 * @returns ERR_RTE without a route, ERR_ARG if it is not the address of one host, ERR_MEM if the table is full
 * Source: lwIP etharp_add_static_entry()
 */
export function etharp_add_static_entry(stack: Stack, ipaddr: number, ethaddr: EthAddr): err_t {
  const netif = ip4_route(stack, IPADDR_ANY, ipaddr);
  if (netif === null) return ERR_RTE;
  if (!isHost(netif, ipaddr)) return ERR_ARG;
  const e = stack.arp_table[findOrMake(stack, ipaddr, netif)];
  if (e === undefined) return ERR_MEM;
  resolve(e, ethaddr, ETHARP_STATE_STATIC);
  return ERR_OK;
}

/**
 * Forget a fixed address, and with it what was known of that host before.
 * @returns ERR_MEM if there is no entry, ERR_ARG if it was not fixed
 * Source: lwIP etharp_remove_static_entry()
 */
export function etharp_remove_static_entry(stack: Stack, ipaddr: number): err_t {
  const i = stack.arp_table.findIndex((e) => e !== undefined && e.ipaddr === ipaddr);
  if (i < 0) return ERR_MEM;
  if (stack.arp_table[i]!.state !== ETHARP_STATE_STATIC) return ERR_ARG;
  freeEntry(stack, i);
  return ERR_OK;
}

function resolve(e: ArpEntry, ethaddr: EthAddr, state: number): void {
  const { netif } = e;
  e.state = state;
  e.ethaddr = ethaddr;
  e.ctime = 0;
  const waiting = e.q;
  e.q = [];
  for (const frame of waiting) {
    ethernet_output(netif, frame, ethaddr, ETHTYPE_IP);
    unqueue(frame);
  }
}
