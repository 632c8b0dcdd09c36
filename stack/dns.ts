/**
 * The resolver: a table of names that are asked for or remembered, the callers that wait for them, one source port a
 * question, a timer while the table is in use. Source: lwIP dns.c with Espressif's options and timers, RFC 1035, RFC 5452
 */

import { ERR_ARG, ERR_INPROGRESS, ERR_MEM, ERR_OK, ERR_USE, ERR_VAL, type err_t } from './err.ts';
import { type Pbuf, pbuf_free } from './pbuf.ts';
import { getI32, getU16 } from './prot/bytes.ts';
import {
  DNS_ANSWER_LEN,
  DNS_ANSWER_TTL,
  DNS_FLAG1_RESPONSE,
  DNS_FLAG2_ERR_MASK,
  DNS_FLAGS1,
  DNS_FLAGS2,
  DNS_ID,
  DNS_MQUERY_IPV4_GROUP,
  DNS_MQUERY_PORT,
  DNS_NUMANSWERS,
  DNS_NUMQUESTIONS,
  DNS_POINTER,
  DNS_RRCLASS_IN,
  DNS_RRTYPE_A,
  DNS_RRTYPE_AAAA,
  DNS_SERVER_PORT,
  putDnsQuery,
  SIZEOF_DNS_ANSWER,
  SIZEOF_DNS_HDR,
  SIZEOF_DNS_QUERY,
} from './prot/dns.ts';
import { IPADDR_ANY, IPADDR_LOOPBACK } from './prot/ip4.ts';
import { type IpAddr, ip6AddrLoopback, ipaddr_aton, SIZEOF_IP6_ADDR } from './prot/ip6.ts';
import type { Stack } from './stack.ts';
import { UDP_PAYLOAD, type UdpPcb, udp_bind, udp_new, udp_recv, udp_remove, udp_sendto, udpFrame } from './udp.ts';

/** A name of so many bytes is refused. */
export const DNS_MAX_NAME_LENGTH = 256;
const DNS_TMR_INTERVAL = 1000;
/** Seconds for which an answer is kept at most. */
const DNS_MAX_TTL = 604_800;
/** Source ports below are not used. */
const LOWEST_PORT = 1024;

/** Which family is asked for, and which is asked for next if there is no such address. */
export const LWIP_DNS_ADDRTYPE_IPV4 = 0;
export const LWIP_DNS_ADDRTYPE_IPV6 = 1;
export const LWIP_DNS_ADDRTYPE_IPV4_IPV6 = 2;
export const LWIP_DNS_ADDRTYPE_IPV6_IPV4 = 3;

const DNS_STATE_UNUSED = 0;
const DNS_STATE_NEW = 1;
const DNS_STATE_ASKING = 2;
const DNS_STATE_DONE = 3;

/** What became of a question: an address, or null. Runs in the tcpip thread. */
export type dns_found_callback = (ipaddr: IpAddr | null) => void;

class DnsEntry {
  state = DNS_STATE_UNUSED;
  /** Seconds that the answer may still be used, counted by the timer's ticks. */
  ttl = 0;
  ipaddr: IpAddr = IPADDR_ANY;
  txid = 0;
  server_idx = 0;
  /** Ticks until the question is repeated. */
  tmr = 0;
  retries = 0;
  seqno = 0;
  /** Place in Dns.pcbs; the number of places if there is none. */
  pcb_idx = 0;
  reqaddrtype = LWIP_DNS_ADDRTYPE_IPV4;
  is_mdns = false;
  /** Ends with a zero; behind it stands what is left of earlier names, which an answer is compared with too. */
  readonly name = new Uint8Array(DNS_MAX_NAME_LENGTH);

  get nameLength(): number {
    return this.name.indexOf(0);
  }
}

/** Somebody who waits for an entry of the table. */
interface DnsRequest {
  found: dns_found_callback | null;
  dns_table_idx: number;
}

/** The resolver of one stack. */
export class Dns {
  table: DnsEntry[];
  readonly requests: readonly DnsRequest[];
  readonly pcbs: (UdpPcb | null)[];
  last_pcb_idx = 0;
  seqno = 0;
  isTimerRunning = false;

  constructor(size: number) {
    this.table = newTable(size);
    this.requests = Array.from({ length: size }, () => ({ found: null, dns_table_idx: 0 }));
    this.pcbs = new Array<UdpPcb | null>(size).fill(null);
  }
}

function newTable(size: number): DnsEntry[] {
  return Array.from({ length: size }, () => new DnsEntry());
}

// Servers

/** The slot that DHCP never writes. Source: ESP-IDF DNS_FALLBACK_SERVER_INDEX */
export function dns_fallback_server_index(stack: Stack): number {
  return stack.opt.DNS_MAX_SERVERS - 1;
}

/** Set one of the name servers; a number out of range is ignored. @param dnsserver int32, host order. Source: lwIP dns_setserver() */
export function dns_setserver(stack: Stack, numdns: number, dnsserver: number): void {
  const { DNS_MAX_SERVERS } = stack.opt;
  if (numdns >= DNS_MAX_SERVERS || dns_getserver(stack, numdns) === dnsserver) return;
  stack.dns_servers = Array.from({ length: DNS_MAX_SERVERS }, (_, n) =>
    n === numdns ? dnsserver : dns_getserver(stack, n),
  );
}

/** One of the name servers, IPADDR_ANY if it is not set. Source: lwIP dns_getserver() */
export function dns_getserver(stack: Stack, numdns: number): number {
  return stack.dns_servers[numdns] ?? IPADDR_ANY;
}

/**
 * Forget every name, also those that are being asked for: who waits for one of these goes on waiting, until another name
 * gets its place in the table and is found or not. Source: lwIP dns_clear_cache()
 */
export function dns_clear_cache(stack: Stack): void {
  const { dns } = stack;
  if (dns !== null) dns.table = newTable(dns.table.length);
}

/** True while a question is out: the answer, or the end of patience, will come. */
export function dns_is_under_way(stack: Stack): boolean {
  return stack.dns?.table.some((entry) => entry.state === DNS_STATE_ASKING) ?? false;
}

// Asking

/**
 * Find the address of a host: at once if it is numeric, "localhost" or remembered, otherwise by asking.
 * @param hostname one byte a character
 * @param addr takes the address if the result is ERR_OK
 * @param found called later if the result is ERR_INPROGRESS
 * @param dns_addrtype LWIP_DNS_ADDRTYPE_...
 * @returns ERR_OK, ERR_INPROGRESS; ERR_ARG for an empty name or one of 256 bytes, ERR_VAL without a server, ERR_MEM if
 *   the table is full of names that are being asked for, or there is no memory for a pcb
 * Source: lwIP dns_gethostbyname_addrtype()
 */
export function dns_gethostbyname_addrtype(
  stack: Stack,
  hostname: string,
  addr: { value: IpAddr },
  found: dns_found_callback,
  dns_addrtype: number,
): err_t {
  if (hostname === '' || hostname.length >= DNS_MAX_NAME_LENGTH) return ERR_ARG;
  const known = knownAddress(stack, hostname, dns_addrtype);
  if (known !== undefined) {
    addr.value = known;
    return ERR_OK;
  }
  const is_mdns = stack.opt.LWIP_DNS_SUPPORT_MDNS_QUERIES !== 0 && isMdnsName(hostname);
  if (!is_mdns && stack.dns_servers.every((server) => server === IPADDR_ANY)) return ERR_VAL;
  return enqueue(stack, hostname, found, dns_addrtype, is_mdns);
}

function knownAddress(stack: Stack, hostname: string, dns_addrtype: number): IpAddr | undefined {
  if (hostname === 'localhost') return asksForIp6(dns_addrtype) ? ip6AddrLoopback() : IPADDR_LOOPBACK;
  const literal = ipaddr_aton(hostname);
  const otherFamily = typeof literal === 'number' ? LWIP_DNS_ADDRTYPE_IPV6 : LWIP_DNS_ADDRTYPE_IPV4;
  if (literal !== undefined && dns_addrtype !== otherFamily) return literal;
  const remembered = lookup(stack, hostname, asksForIp6(dns_addrtype));
  if (remembered !== undefined || !asksForBoth(dns_addrtype)) return remembered;
  return lookup(stack, hostname, !asksForIp6(dns_addrtype));
}

function asksForIp6(dns_addrtype: number): boolean {
  return dns_addrtype === LWIP_DNS_ADDRTYPE_IPV6 || dns_addrtype === LWIP_DNS_ADDRTYPE_IPV6_IPV4;
}

function asksForBoth(dns_addrtype: number): boolean {
  return dns_addrtype >= LWIP_DNS_ADDRTYPE_IPV4_IPV6;
}

/** The first ".local" in the name is its end. */
function isMdnsName(hostname: string): boolean {
  const at = hostname.indexOf('.local');
  return at >= 0 && at === hostname.length - 6;
}

/** The address of a remembered name. Source: lwIP dns_lookup() */
function lookup(stack: Stack, hostname: string, isIp6: boolean): IpAddr | undefined {
  const isHit = (e: DnsEntry): boolean =>
    e.state === DNS_STATE_DONE && hasName(e, hostname) && (typeof e.ipaddr !== 'number') === isIp6;
  return stack.dns?.table.find(isHit)?.ipaddr;
}

/** Equal but for the case of ASCII letters. */
function hasName(entry: DnsEntry, hostname: string): boolean {
  const { name } = entry;
  if (name[hostname.length] !== 0) return false;
  for (let i = 0; i < hostname.length; i++) {
    if (name[i] === 0 || tolower(name[i]!) !== tolower(hostname.charCodeAt(i))) return false;
  }
  return true;
}

function tolower(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
}

/** Put a name into the table and ask for it, or join those who wait for it already. Source: lwIP dns_enqueue() */
function enqueue(
  stack: Stack,
  hostname: string,
  found: dns_found_callback,
  dns_addrtype: number,
  is_mdns: boolean,
): err_t {
  stack.dns ??= new Dns(stack.opt.DNS_TABLE_SIZE);
  const { dns } = stack;
  const request = dns.requests.find((r) => r.found === null);
  const asked = dns.table.findIndex(
    (e) => e.state === DNS_STATE_ASKING && hasName(e, hostname) && e.reqaddrtype === dns_addrtype,
  );
  if (asked >= 0 && request !== undefined) {
    request.found = found;
    request.dns_table_idx = asked;
    return ERR_INPROGRESS;
  }
  const index = freeEntry(dns);
  if (index < 0 || request === undefined) return ERR_MEM;
  const entry = dns.table[index]!;
  request.found = found;
  request.dns_table_idx = index;
  entry.state = DNS_STATE_NEW;
  entry.seqno = dns.seqno;
  entry.reqaddrtype = dns_addrtype;
  entry.is_mdns = is_mdns;
  for (let i = 0; i < hostname.length; i++) entry.name[i] = hostname.charCodeAt(i);
  entry.name[hostname.length] = 0;
  entry.pcb_idx = allocPcb(stack, dns);
  if (entry.pcb_idx === dns.pcbs.length) {
    entry.state = DNS_STATE_UNUSED;
    request.found = null;
    return ERR_MEM;
  }
  dns.seqno = (dns.seqno + 1) & 0xff;
  checkEntry(stack, dns, index);
  if (!dns.isTimerRunning) startTimer(stack, dns);
  return ERR_INPROGRESS;
}

/** An unused entry, or the one that was asked for longest ago of those that have their answer; -1 if there is neither. */
function freeEntry(dns: Dns): number {
  let oldest = -1;
  let oldestAge = 0;
  for (let i = 0; i < dns.table.length; i++) {
    const { state, seqno } = dns.table[i]!;
    if (state === DNS_STATE_UNUSED) return i;
    const age = (dns.seqno - seqno) & 0xff;
    if (state !== DNS_STATE_DONE || age <= oldestAge) continue;
    oldest = i;
    oldestAge = age;
  }
  return oldest;
}

/**
 * A pcb of its own for a question; without place or memory for one more, the next of those that are there.
 * @returns its place in dns.pcbs; the number of places if there is none
 * Source: lwIP dns_alloc_pcb()
 */
function allocPcb(stack: Stack, dns: Dns): number {
  const { pcbs } = dns;
  const free = pcbs.indexOf(null);
  const pcb = free < 0 ? null : randomPort(stack);
  if (pcb !== null) {
    pcbs[free] = pcb;
    dns.last_pcb_idx = free;
    return free;
  }
  for (let i = 1; i <= pcbs.length; i++) {
    const idx = (dns.last_pcb_idx + i) % pcbs.length;
    if (pcbs[idx] === null) continue;
    dns.last_pcb_idx = idx;
    return idx;
  }
  return pcbs.length;
}

/** @returns null without memory. Source: lwIP dns_alloc_random_port() */
function randomPort(stack: Stack): UdpPcb | null {
  if (stack.lacks('pcb')) return null;
  const pcb = udp_new(stack);
  let err: err_t = ERR_USE;
  while (err === ERR_USE) {
    const port = stack.port.LWIP_RAND() & 0xffff;
    if (port >= LOWEST_PORT) err = udp_bind(pcb, IPADDR_ANY, port);
  }
  udp_recv(pcb, receive, stack);
  return pcb;
}

/** An id that no other question has which is out. Source: lwIP dns_create_txid() */
function createTxid(stack: Stack, dns: Dns): number {
  for (;;) {
    const txid = stack.port.LWIP_RAND() & 0xffff;
    if (!dns.table.some((e) => e.state === DNS_STATE_ASKING && e.txid === txid)) return txid;
  }
}

/** Send the question of an entry; without its server the question has failed. Source: lwIP dns_send() */
function send(stack: Stack, dns: Dns, index: number): void {
  const entry = dns.table[index]!;
  const server = dns_getserver(stack, entry.server_idx);
  if (server === IPADDR_ANY && !entry.is_mdns) {
    fail(dns, index);
    return;
  }
  // A question that cannot be sent counts like one that is lost.
  if (stack.lacks('pbuf')) return;
  const length = entry.nameLength;
  const frame = udpFrame(stack, SIZEOF_DNS_HDR + length + 2 + SIZEOF_DNS_QUERY);
  const type = asksForIp6(entry.reqaddrtype) ? DNS_RRTYPE_AAAA : DNS_RRTYPE_A;
  putDnsQuery(frame.bytes, UDP_PAYLOAD, entry.txid, entry.name.subarray(0, length), type);
  const pcb = dns.pcbs[entry.pcb_idx]!;
  // IPv6's group ff02::fb has no route.
  if (!entry.is_mdns) udp_sendto(pcb, frame, server, DNS_SERVER_PORT);
  else if (type === DNS_RRTYPE_A) udp_sendto(pcb, frame, DNS_MQUERY_IPV4_GROUP, DNS_MQUERY_PORT);
  frame.release();
}

// Time

function startTimer(stack: Stack, dns: Dns): void {
  dns.isTimerRunning = true;
  stack.timeouts.at(stack.port.sys_now() + DNS_TMR_INTERVAL, dns_tmr);
}

/** One second of every entry; the timer runs on while one is in use. Source: lwIP dns_tmr() */
function dns_tmr(stack: Stack): void {
  const dns = stack.dns!;
  for (let i = 0; i < dns.table.length; i++) checkEntry(stack, dns, i);
  dns.isTimerRunning = false;
  if (dns.table.some((entry) => entry.state !== DNS_STATE_UNUSED)) startTimer(stack, dns);
}

/** A tick of one entry: ask, repeat, go to the next server, give up, forget. Source: lwIP dns_check_entry() */
function checkEntry(stack: Stack, dns: Dns, index: number): void {
  const entry = dns.table[index]!;
  switch (entry.state) {
    case DNS_STATE_NEW:
      entry.txid = createTxid(stack, dns);
      entry.state = DNS_STATE_ASKING;
      entry.tmr = 1;
      entry.retries = 0;
      entry.server_idx = skipEmptyServers(stack, 0);
      send(stack, dns, index);
      break;
    case DNS_STATE_ASKING:
      if (--entry.tmr === 0) askAgain(stack, dns, index);
      break;
    case DNS_STATE_DONE:
      if (entry.ttl === 0 || --entry.ttl === 0) entry.state = DNS_STATE_UNUSED;
      break;
  }
}

/** The first server from a slot on that is set; the last slot if there is none. */
function skipEmptyServers(stack: Stack, from: number): number {
  const last = stack.opt.DNS_MAX_SERVERS - 1;
  let idx = from;
  while (idx < last && dns_getserver(stack, idx) === IPADDR_ANY) idx++;
  return idx;
}

function askAgain(stack: Stack, dns: Dns, index: number): void {
  const entry = dns.table[index]!;
  if (++entry.retries < stack.opt.DNS_MAX_RETRIES) {
    entry.tmr = entry.retries;
  } else {
    const last = stack.opt.DNS_MAX_SERVERS - 1;
    if (entry.server_idx < last) entry.server_idx = skipEmptyServers(stack, entry.server_idx + 1) - 1;
    if (!hasBackupServer(stack, entry) || entry.is_mdns) {
      fail(dns, index);
      return;
    }
    entry.server_idx++;
    entry.tmr = 1;
    entry.retries = 0;
  }
  send(stack, dns, index);
}

/** The very next slot holds a server. Source: lwIP dns_backupserver_available() */
function hasBackupServer(stack: Stack, entry: DnsEntry): boolean {
  const next = entry.server_idx + 1;
  return next < stack.opt.DNS_MAX_SERVERS && dns_getserver(stack, next) !== IPADDR_ANY;
}

// Ends

function fail(dns: Dns, index: number): void {
  callFound(dns, index, null);
  dns.table[index]!.state = DNS_STATE_UNUSED;
}

/** Tell all who wait for an entry, and close its port unless another question uses it. Source: lwIP dns_call_found() */
function callFound(dns: Dns, index: number, addr: IpAddr | null): void {
  const entry = dns.table[index]!;
  if (addr !== null) {
    entry.reqaddrtype = typeof addr === 'number' ? LWIP_DNS_ADDRTYPE_IPV4 : LWIP_DNS_ADDRTYPE_IPV6;
  }
  for (const request of dns.requests) {
    if (request.found === null || request.dns_table_idx !== index) continue;
    request.found(addr);
    request.found = null;
  }
  const { pcb_idx } = entry;
  const none = dns.pcbs.length;
  entry.pcb_idx = none;
  const isShared = dns.table.some((e) => e !== entry && e.state === DNS_STATE_ASKING && e.pcb_idx === pcb_idx);
  if (pcb_idx === none || isShared) return;
  udp_remove(dns.pcbs[pcb_idx]!);
  dns.pcbs[pcb_idx] = null;
}

// Answers

/** A datagram to the port of a question. Source: lwIP dns_recv() */
function receive(stack: Stack, _pcb: UdpPcb, p: Pbuf, addr: number): void {
  const m = p.frame.bytes.subarray(p.at, p.at + p.len);
  if (m.length >= SIZEOF_DNS_HDR + SIZEOF_DNS_QUERY) takeMessage(stack, m, addr);
  pbuf_free(p);
}

function takeMessage(stack: Stack, m: Uint8Array, addr: number): void {
  const dns = stack.dns!;
  const txid = getU16(m, DNS_ID);
  const index = dns.table.findIndex((e) => e.state === DNS_STATE_ASKING && e.txid === txid);
  if (index < 0) return;
  const entry = dns.table[index]!;
  if ((m[DNS_FLAGS1]! & DNS_FLAG1_RESPONSE) === 0 || getU16(m, DNS_NUMQUESTIONS) !== 1) return;
  if (!entry.is_mdns && addr !== dns_getserver(stack, entry.server_idx)) return;
  const answersAt = skipQuestion(entry, m);
  if (answersAt === NOWHERE) return;
  if ((m[DNS_FLAGS2]! & DNS_FLAG2_ERR_MASK) !== 0) takeError(stack, dns, index);
  else takeAnswers(stack, dns, index, m, answersAt);
}

/** Any error: the next server is asked, if the very next slot has one. */
function takeError(stack: Stack, dns: Dns, index: number): void {
  const entry = dns.table[index]!;
  if (!hasBackupServer(stack, entry)) {
    fail(dns, index);
    return;
  }
  entry.retries = stack.opt.DNS_MAX_RETRIES - 1;
  entry.tmr = 1;
  checkEntry(stack, dns, index);
}

function takeAnswers(stack: Stack, dns: Dns, index: number, m: Uint8Array, at: number): void {
  const entry = dns.table[index]!;
  const result = findAddress(m, at, asksForIp6(entry.reqaddrtype));
  if (result === IGNORE) return;
  if (result !== NO_ADDRESS) {
    entry.state = DNS_STATE_DONE;
    entry.ipaddr = result.addr;
    entry.ttl = Math.min(result.ttl, DNS_MAX_TTL);
    callFound(dns, index, result.addr);
    if (entry.ttl === 0) entry.state = DNS_STATE_UNUSED;
    return;
  }
  if (!asksForBoth(entry.reqaddrtype)) {
    fail(dns, index);
    return;
  }
  // Once more for the other family, from the same port, with a new id.
  entry.reqaddrtype = asksForIp6(entry.reqaddrtype) ? LWIP_DNS_ADDRTYPE_IPV4 : LWIP_DNS_ADDRTYPE_IPV6;
  entry.state = DNS_STATE_NEW;
  checkEntry(stack, dns, index);
}

/** Not an offset: lwIP counts in 16 bits and ends a message there. */
const NOWHERE = 0xffff;

/** Where the answers start if the question is the entry's, or NOWHERE. */
function skipQuestion(entry: DnsEntry, m: Uint8Array): number {
  const at = compareName(entry.name, m, SIZEOF_DNS_HDR);
  if (at === NOWHERE || at + SIZEOF_DNS_QUERY > Math.min(m.length, NOWHERE)) return NOWHERE;
  const type = asksForIp6(entry.reqaddrtype) ? DNS_RRTYPE_AAAA : DNS_RRTYPE_A;
  if (getU16(m, at) !== type || getU16(m, at + 2) !== DNS_RRCLASS_IN) return NOWHERE;
  return at + SIZEOF_DNS_QUERY;
}

/**
 * Compare the labels at `start` with a dotted name. What stands between two labels of the name is not looked at, and it may
 * go on after the last label of the message. A pointer is never equal.
 * @returns the offset behind the labels, NOWHERE if they differ or are cut
 * Source: lwIP dns_compare_name()
 */
function compareName(name: Uint8Array, m: Uint8Array, start: number): number {
  let at = start;
  let i = 0;
  do {
    const length = m[at++];
    if (length === undefined || at > NOWHERE || (length & DNS_POINTER) === DNS_POINTER) return NOWHERE;
    for (const end = at + length; at < end; at++, i++) {
      const [a, b] = [name[i], m[at]];
      if (a === undefined || b === undefined || at === NOWHERE || tolower(a) !== tolower(b)) return NOWHERE;
    }
    i++;
  } while (m[at] !== 0);
  return at >= NOWHERE ? NOWHERE : at + 1;
}

/**
 * Skip the name of a record. One label is skipped before the first look for the end, so that the root's empty name takes
 * the next byte with it.
 * @returns the offset behind it, NOWHERE if it is cut
 * Source: lwIP dns_skip_name()
 */
function skipName(m: Uint8Array, start: number): number {
  let at = start;
  do {
    const length = m[at++];
    if (length === undefined || at > NOWHERE) return NOWHERE;
    if ((length & DNS_POINTER) === DNS_POINTER) break;
    at += length;
  } while (m[at] !== 0);
  return at >= NOWHERE ? NOWHERE : at + 1;
}

const IGNORE = 'ignore';
const NO_ADDRESS = 'no address';

/** The first address of the family in the announced answers; IGNORE if the message is cut within one. */
function findAddress(
  m: Uint8Array,
  start: number,
  isIp6: boolean,
): typeof IGNORE | typeof NO_ADDRESS | { addr: IpAddr; ttl: number } {
  const type = isIp6 ? DNS_RRTYPE_AAAA : DNS_RRTYPE_A;
  const size = isIp6 ? SIZEOF_IP6_ADDR : 4;
  let at = start;
  for (let left = getU16(m, DNS_NUMANSWERS); left > 0 && at < m.length; left--) {
    const record = skipName(m, at);
    at = record + SIZEOF_DNS_ANSWER;
    if (record === NOWHERE || at > Math.min(m.length, NOWHERE)) return IGNORE;
    const len = getU16(m, record + DNS_ANSWER_LEN);
    const isWanted = getU16(m, record) === type && getU16(m, record + 2) === DNS_RRCLASS_IN && len === size;
    if (isWanted) {
      if (at + size > m.length) return IGNORE;
      const ttl = getI32(m, record + DNS_ANSWER_TTL) >>> 0;
      return { addr: isIp6 ? m.slice(at, at + size) : getI32(m, at), ttl };
    }
    at += len;
    if (at > NOWHERE) return IGNORE;
  }
  return NO_ADDRESS;
}
