/**
 * What an Ethernet frame says, as plain data, layer by layer.
 * Total: any bytes may come in; what is missing or contradicts itself is reported in `problems`, never thrown.
 *
 * In the data, MAC and IPv4 addresses are text ("24:0a:c4:00:00:01", "192.168.4.1"), numbers are unsigned and in host
 * order, `at` is the offset of a layer's first byte in the frame and `headerLength` the size of its header in bytes.
 */

import {
  ARP_HLEN,
  ARP_HTYPE,
  ARP_OPER,
  ARP_PLEN,
  ARP_PTYPE,
  ARP_SHA,
  ARP_SPA,
  ARP_THA,
  ARP_TPA,
  HWTYPE_ETHERNET,
  SIZEOF_ETHARP_HDR,
} from '../stack/prot/arp.ts';
import { getI32, getU16 } from '../stack/prot/bytes.ts';
import { fold16, sumBytes, sumPseudoHeader } from '../stack/prot/checksum.ts';
import { DNS_MQUERY_PORT, DNS_SERVER_PORT } from '../stack/prot/dns.ts';
import {
  ETH_DEST,
  ETH_SRC,
  ETH_TYPE,
  ETHTYPE_ARP,
  ETHTYPE_IP,
  formatEthAddr,
  getEthAddr,
  SIZEOF_ETH_HDR,
} from '../stack/prot/ethernet.ts';
import {
  ICMP_CHKSUM,
  ICMP_CODE,
  ICMP_DUR,
  ICMP_ID,
  ICMP_PP,
  ICMP_RD,
  ICMP_SEQNO,
  ICMP_SQ,
  ICMP_TE,
  ICMP_TYPE,
  SIZEOF_ICMP_HDR,
} from '../stack/prot/icmp.ts';
import { IGMP_CHKSUM, IGMP_GROUP, IGMP_MAXRESP, IGMP_MINLEN, IGMP_MSGTYPE } from '../stack/prot/igmp.ts';
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
  ip4addr_ntoa,
} from '../stack/prot/ip4.ts';
import { SNTP_PORT } from '../stack/prot/sntp.ts';
import {
  LWIP_TCP_OPT_EOL,
  LWIP_TCP_OPT_MSS,
  LWIP_TCP_OPT_NOP,
  TCP_ACKNO,
  TCP_CHKSUM,
  TCP_DEST,
  TCP_FLAGS_AT,
  TCP_HDRLEN,
  TCP_HLEN,
  TCP_SEQNO,
  TCP_SRC,
  TCP_URGP,
  TCP_WND_AT,
} from '../stack/prot/tcp.ts';
import { UDP_CHKSUM, UDP_DEST, UDP_HLEN, UDP_LEN, UDP_SRC } from '../stack/prot/udp.ts';

export type LayerName = 'eth' | 'arp' | 'ip4' | 'icmp' | 'igmp' | 'udp' | 'tcp';

export interface EthLayer {
  readonly at: number;
  readonly headerLength: number;
  readonly dest: string;
  readonly src: string;
  /** EtherType; below 1536 it is the length of an IEEE 802.3 frame. */
  readonly type: number;
}

export interface ArpLayer {
  readonly at: number;
  readonly headerLength: number;
  /** 1 request, 2 reply. */
  readonly oper: number;
  readonly sha: string;
  readonly spa: string;
  readonly tha: string;
  readonly tpa: string;
}

export interface Ip4Layer {
  readonly at: number;
  readonly headerLength: number;
  readonly tos: number;
  /** Header and payload in bytes, as the header says. */
  readonly totalLength: number;
  readonly id: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Place of this fragment's payload in the whole packet, in bytes. */
  readonly fragmentOffset: number;
  /** True for every piece of a fragmented packet, the first and the last one included. */
  readonly isFragment: boolean;
  readonly ttl: number;
  readonly proto: number;
  readonly chksum: number;
  readonly src: string;
  readonly dest: string;
  /** Option bytes as they stand, a view into the frame. */
  readonly options: Uint8Array;
}

/** The packet that an ICMP error quotes, as far as it is there. */
export interface QuotedPacket {
  readonly src: string;
  readonly dest: string;
  readonly proto: number;
  /** Ports of TCP or UDP; undefined for other protocols or if they are not quoted. */
  readonly srcPort: number | undefined;
  readonly destPort: number | undefined;
}

export interface IcmpLayer {
  readonly at: number;
  readonly headerLength: number;
  readonly type: number;
  readonly code: number;
  readonly chksum: number;
  /** Identifier and sequence number of an echo; of other messages the same four bytes. */
  readonly id: number;
  readonly seqno: number;
  /** For destination unreachable, source quench, redirect, time exceeded and parameter problem. */
  readonly quoted: QuotedPacket | undefined;
}

export interface IgmpLayer {
  readonly at: number;
  readonly headerLength: number;
  readonly type: number;
  /** Longest delay of the answer to a query, in tenths of a second. */
  readonly maxResp: number;
  readonly chksum: number;
  readonly group: string;
}

export interface UdpLayer {
  readonly at: number;
  readonly headerLength: number;
  readonly srcPort: number;
  readonly destPort: number;
  /** Header and payload in bytes, as the header says; of a first fragment this is the length of the whole datagram. */
  readonly length: number;
  /** 0 if the sender did not compute one. */
  readonly chksum: number;
}

export interface TcpOption {
  readonly kind: number;
  /** Bytes after kind and length; empty for "end of list" and "no operation". */
  readonly data: Uint8Array;
}

export interface TcpLayer {
  readonly at: number;
  readonly headerLength: number;
  readonly srcPort: number;
  readonly destPort: number;
  readonly seqno: number;
  readonly ackno: number;
  /** All eight flag bits: TCP_FIN 1, TCP_SYN 2, TCP_RST 4, TCP_PSH 8, TCP_ACK 16, TCP_URG 32, ECE 64, CWR 128. */
  readonly flags: number;
  readonly wnd: number;
  readonly chksum: number;
  readonly urgp: number;
  readonly options: readonly TcpOption[];
  /** Value of the maximum segment size option; undefined without a valid one. */
  readonly mss: number | undefined;
}

/** What is wrong with a frame: bytes are missing at its end, or its fields contradict each other or the standard. */
export interface Problem {
  readonly layer: LayerName;
  readonly kind: 'truncated' | 'malformed';
  /** For people, without a full stop: "TCP header of 20 bytes does not fit into 7". */
  readonly text: string;
}

/** One frame, decoded. A layer is undefined if the frame does not have it or if its fixed header is not complete. */
export interface Dissection {
  /** The frame that was decoded. */
  readonly bytes: Uint8Array;
  readonly eth: EthLayer | undefined;
  readonly arp: ArpLayer | undefined;
  readonly ip4: Ip4Layer | undefined;
  readonly icmp: IcmpLayer | undefined;
  readonly igmp: IgmpLayer | undefined;
  readonly udp: UdpLayer | undefined;
  readonly tcp: TcpLayer | undefined;
  /** Bytes after the last decoded header, without Ethernet padding: a view into the frame. */
  readonly payload: Uint8Array;
  /** Name of the application, recognised by port only. */
  readonly app: 'DNS' | 'mDNS' | 'DHCP' | 'SNTP' | '';
  /** Bytes after the end of the IP or ARP packet. */
  readonly paddingLength: number;
  readonly problems: readonly Problem[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Writable<Dissection> & { problems: Problem[] };

/**
 * Decode one frame. The numbers of the headers are taken as they stand; checksums are looked at by verifyChecksums().
 * @param bytes from the destination MAC on, without the frame check sequence; kept by reference
 * @returns the layers; never throws
 */
export function dissect(bytes: Uint8Array): Dissection {
  const d: Draft = {
    bytes,
    eth: undefined,
    arp: undefined,
    ip4: undefined,
    icmp: undefined,
    igmp: undefined,
    udp: undefined,
    tcp: undefined,
    payload: bytes,
    app: '',
    paddingLength: 0,
    problems: [],
  };
  if (!fits(d, 'eth', 'Ethernet', 0, SIZEOF_ETH_HDR, bytes.length)) return d;
  const type = getU16(bytes, ETH_TYPE);
  d.eth = { at: 0, headerLength: SIZEOF_ETH_HDR, dest: macAt(bytes, ETH_DEST), src: macAt(bytes, ETH_SRC), type };
  d.payload = bytes.subarray(SIZEOF_ETH_HDR);
  if (type === ETHTYPE_ARP) dissectArp(d);
  else if (type === ETHTYPE_IP) dissectIp4(d);
  return d;
}

function dissectArp(d: Draft): void {
  const b = d.bytes;
  const at = SIZEOF_ETH_HDR;
  if (!fits(d, 'arp', 'ARP', at, SIZEOF_ETHARP_HDR, b.length)) return;
  const kind = [ARP_HTYPE, ARP_PTYPE].map((field) => getU16(b, at + field));
  if (kind[0] !== HWTYPE_ETHERNET || kind[1] !== ETHTYPE_IP || b[at + ARP_HLEN] !== 6 || b[at + ARP_PLEN] !== 4) {
    malformed(d, 'arp', 'ARP is not for IPv4 over Ethernet');
    return;
  }
  d.arp = {
    at,
    headerLength: SIZEOF_ETHARP_HDR,
    oper: getU16(b, at + ARP_OPER),
    sha: macAt(b, at + ARP_SHA),
    spa: ipAt(b, at + ARP_SPA),
    tha: macAt(b, at + ARP_THA),
    tpa: ipAt(b, at + ARP_TPA),
  };
  d.payload = b.subarray(b.length);
  d.paddingLength = b.length - at - SIZEOF_ETHARP_HDR;
}

function dissectIp4(d: Draft): void {
  const b = d.bytes;
  const at = SIZEOF_ETH_HDR;
  if (!fits(d, 'ip4', 'IP', at, IP_HLEN, b.length)) return;
  const version = b[at + IP_VHL]! >> 4;
  const headerLength = (b[at + IP_VHL]! & 15) * 4;
  const totalLength = getU16(b, at + IP_LEN);
  if (version !== 4) {
    malformed(d, 'ip4', `IP version ${version} where 4 was announced`);
    return;
  }
  if (headerLength < IP_HLEN) {
    malformed(d, 'ip4', `IP header of ${headerLength} bytes, the least is ${IP_HLEN}`);
    return;
  }
  if (!fits(d, 'ip4', 'IP', at, headerLength, b.length)) return;

  const offsetField = getU16(b, at + IP_OFFSET);
  const fragmentOffset = (offsetField & IP_OFFMASK) * 8;
  const moreFragments = (offsetField & IP_MF) !== 0;
  d.ip4 = {
    at,
    headerLength,
    tos: b[at + IP_TOS_AT]!,
    totalLength,
    id: getU16(b, at + IP_ID),
    dontFragment: (offsetField & 0x4000) !== 0,
    moreFragments,
    fragmentOffset,
    isFragment: moreFragments || fragmentOffset > 0,
    ttl: b[at + IP_TTL_AT]!,
    proto: b[at + IP_PROTO]!,
    chksum: getU16(b, at + IP_CHKSUM),
    src: ipAt(b, at + IP_SRC),
    dest: ipAt(b, at + IP_DEST),
    options: b.subarray(at + IP_HLEN, at + headerLength),
  };
  d.payload = b.subarray(at + headerLength);
  if (totalLength < headerLength) {
    malformed(d, 'ip4', `IP length ${totalLength} is less than its header of ${headerLength}`);
    return;
  }
  const end = Math.min(at + totalLength, b.length);
  if (at + totalLength > b.length) {
    truncated(d, 'ip4', `IP packet of ${totalLength} bytes, ${b.length - at} are there`);
  }
  d.paddingLength = b.length - end;
  d.payload = b.subarray(at + headerLength, end);
  if (fragmentOffset > 0) return;
  if (d.ip4.proto === IP_PROTO_ICMP) dissectIcmp(d, at + headerLength, end);
  else if (d.ip4.proto === IP_PROTO_IGMP) dissectIgmp(d, at + headerLength, end);
  else if (d.ip4.proto === IP_PROTO_UDP) dissectUdp(d, at + headerLength, end);
  else if (d.ip4.proto === IP_PROTO_TCP) dissectTcp(d, at + headerLength, end);
}

function dissectIcmp(d: Draft, at: number, end: number): void {
  const b = d.bytes;
  if (!fits(d, 'icmp', 'ICMP', at, SIZEOF_ICMP_HDR, end)) return;
  const type = b[at + ICMP_TYPE]!;
  d.icmp = {
    at,
    headerLength: SIZEOF_ICMP_HDR,
    type,
    code: b[at + ICMP_CODE]!,
    chksum: getU16(b, at + ICMP_CHKSUM),
    id: getU16(b, at + ICMP_ID),
    seqno: getU16(b, at + ICMP_SEQNO),
    quoted: ICMP_ERRORS.has(type) ? quotedPacket(b, at + SIZEOF_ICMP_HDR, end) : undefined,
  };
  d.payload = b.subarray(at + SIZEOF_ICMP_HDR, end);
}

const ICMP_ERRORS: ReadonlySet<number> = new Set([ICMP_DUR, ICMP_SQ, ICMP_RD, ICMP_TE, ICMP_PP]);

function quotedPacket(b: Uint8Array, at: number, end: number): QuotedPacket | undefined {
  if (at + IP_HLEN > end || b[at + IP_VHL]! >> 4 !== 4) return undefined;
  const proto = b[at + IP_PROTO]!;
  const portsAt = at + (b[at + IP_VHL]! & 15) * 4;
  const isFirst = (getU16(b, at + IP_OFFSET) & IP_OFFMASK) === 0;
  const hasPorts = (proto === IP_PROTO_TCP || proto === IP_PROTO_UDP) && isFirst && portsAt + 4 <= end;
  return {
    src: ipAt(b, at + IP_SRC),
    dest: ipAt(b, at + IP_DEST),
    proto,
    srcPort: hasPorts ? getU16(b, portsAt + UDP_SRC) : undefined,
    destPort: hasPorts ? getU16(b, portsAt + UDP_DEST) : undefined,
  };
}

function dissectIgmp(d: Draft, at: number, end: number): void {
  const b = d.bytes;
  if (!fits(d, 'igmp', 'IGMP', at, IGMP_MINLEN, end)) return;
  d.igmp = {
    at,
    headerLength: IGMP_MINLEN,
    type: b[at + IGMP_MSGTYPE]!,
    maxResp: b[at + IGMP_MAXRESP]!,
    chksum: getU16(b, at + IGMP_CHKSUM),
    group: ipAt(b, at + IGMP_GROUP),
  };
  d.payload = b.subarray(at + IGMP_MINLEN, end);
}

function dissectUdp(d: Draft, at: number, end: number): void {
  const b = d.bytes;
  if (!fits(d, 'udp', 'UDP', at, UDP_HLEN, end)) return;
  const length = getU16(b, at + UDP_LEN);
  const srcPort = getU16(b, at + UDP_SRC);
  const destPort = getU16(b, at + UDP_DEST);
  d.udp = { at, headerLength: UDP_HLEN, srcPort, destPort, length, chksum: getU16(b, at + UDP_CHKSUM) };
  d.app = appOf(srcPort, destPort);
  d.payload = b.subarray(at + UDP_HLEN, end);
  if (length < UDP_HLEN) {
    malformed(d, 'udp', `UDP length ${length}, the least is ${UDP_HLEN}`);
    return;
  }
  if (at + length <= end) d.payload = b.subarray(at + UDP_HLEN, at + length);
  else if (!d.ip4!.isFragment && d.problems.length === 0) {
    malformed(d, 'udp', `UDP length ${length} in an IP packet that carries ${end - at}`);
  }
}

function dissectTcp(d: Draft, at: number, end: number): void {
  const b = d.bytes;
  if (!fits(d, 'tcp', 'TCP', at, TCP_HLEN, end)) return;
  const headerLength = (b[at + TCP_HDRLEN]! >> 4) * 4;
  if (headerLength < TCP_HLEN) {
    malformed(d, 'tcp', `TCP header of ${headerLength} bytes, the least is ${TCP_HLEN}`);
    return;
  }
  if (!fits(d, 'tcp', 'TCP', at, headerLength, end)) return;
  const options = tcpOptions(d, at + TCP_HLEN, at + headerLength);
  const mss = options.find((option) => option.kind === LWIP_TCP_OPT_MSS && option.data.length === 2);
  const srcPort = getU16(b, at + TCP_SRC);
  const destPort = getU16(b, at + TCP_DEST);
  d.tcp = {
    at,
    headerLength,
    srcPort,
    destPort,
    seqno: getI32(b, at + TCP_SEQNO) >>> 0,
    ackno: getI32(b, at + TCP_ACKNO) >>> 0,
    flags: b[at + TCP_FLAGS_AT]!,
    wnd: getU16(b, at + TCP_WND_AT),
    chksum: getU16(b, at + TCP_CHKSUM),
    urgp: getU16(b, at + TCP_URGP),
    options,
    mss: mss && getU16(mss.data, 0),
  };
  d.app = appOf(srcPort, destPort);
  d.payload = b.subarray(at + headerLength, end);
}

function tcpOptions(d: Draft, from: number, end: number): TcpOption[] {
  const b = d.bytes;
  const options: TcpOption[] = [];
  for (let at = from; at < end; ) {
    const kind = b[at]!;
    if (kind === LWIP_TCP_OPT_EOL || kind === LWIP_TCP_OPT_NOP) {
      options.push({ kind, data: b.subarray(at, at) });
      if (kind === LWIP_TCP_OPT_EOL) break;
      at += 1;
      continue;
    }
    const length = at + 1 < end ? b[at + 1]! : 0;
    if (length < 2 || at + length > end) {
      malformed(d, 'tcp', `TCP option ${kind} has a wrong length`);
      break;
    }
    options.push({ kind, data: b.subarray(at + 2, at + length) });
    at += length;
  }
  return options;
}

const PORT_DHCP_SERVER = 67;
const PORT_DHCP_CLIENT = 68;

function appOf(a: number, b: number): Dissection['app'] {
  const has = (port: number): boolean => a === port || b === port;
  if (has(PORT_DHCP_SERVER) || has(PORT_DHCP_CLIENT)) return 'DHCP';
  if (has(DNS_SERVER_PORT)) return 'DNS';
  if (has(SNTP_PORT)) return 'SNTP';
  return has(DNS_MQUERY_PORT) ? 'mDNS' : '';
}

/** True if the header lies before `end`; else the problem is noted. A header cut by the end of the frame is truncated;
 *  one for which a complete IP packet leaves no room is malformed; one that goes on in the next fragment is neither. */
function fits(d: Draft, layer: LayerName, name: string, at: number, length: number, end: number): boolean {
  if (at + length <= end) return true;
  if (d.ip4?.isFragment) return false;
  const text = `${name} header of ${length} bytes, ${Math.max(0, end - at)} are there`;
  const missing = end === d.bytes.length && (d.ip4 === undefined || d.problems.length > 0);
  d.problems.push({ layer, kind: missing ? 'truncated' : 'malformed', text });
  return false;
}

function malformed(d: Draft, layer: LayerName, text: string): void {
  d.problems.push({ layer, kind: 'malformed', text });
}

function truncated(d: Draft, layer: LayerName, text: string): void {
  d.problems.push({ layer, kind: 'truncated', text });
}

/** Texts of addresses by their numbers: a capture of 100,000 frames has a handful of them. */
class Texts {
  readonly #texts = new Map<number, string>();

  of(address: number, write: () => string): string {
    let text = this.#texts.get(address);
    if (text === undefined) {
      text = write();
      // Whoever makes up addresses shall not fill the memory with them.
      if (this.#texts.size >= 1000) this.#texts.clear();
      this.#texts.set(address, text);
    }
    return text;
  }
}

const MAC_TEXTS = new Texts();
const IP_TEXTS = new Texts();

function macAt(b: Uint8Array, at: number): string {
  const number = getU16(b, at) * 2 ** 32 + (getI32(b, at + 2) >>> 0);
  return MAC_TEXTS.of(number, () => formatEthAddr(getEthAddr(b, at)));
}

function ipAt(b: Uint8Array, at: number): string {
  const number = getI32(b, at);
  return IP_TEXTS.of(number, () => ip4addr_ntoa(number));
}

/** Result of looking at one checksum. */
export interface ChecksumResult {
  readonly layer: 'ip4' | 'icmp' | 'igmp' | 'udp' | 'tcp';
  /** `absent`: UDP without a checksum. `unknown`: it covers bytes that are not there (a fragment, a cut frame). */
  readonly state: 'good' | 'bad' | 'absent' | 'unknown';
  readonly found: number;
  /** The right value; equal to `found` unless the state is `bad`. */
  readonly expected: number;
}

/**
 * Compute the checksums of a frame and compare them with those it carries.
 * @returns one result for each decoded layer that has a checksum, outermost first
 * Source: RFC 1071; RFC 9293 3.1 and RFC 768 for the pseudo header
 */
export function verifyChecksums(d: Dissection): ChecksumResult[] {
  const ip4 = d.ip4;
  if (ip4 === undefined) return [];
  const results = [checked('ip4', d.bytes, ip4.at, ip4.headerLength, ip4.chksum, 0)];
  const inner = innerChecksum(d);
  if (inner === undefined) return results;
  const { layer, chksum } = inner;
  const at = ip4.at + ip4.headerLength;
  const room = Math.min(ip4.at + ip4.totalLength, d.bytes.length) - at;
  const length = layer === 'udp' ? d.udp!.length : ip4.totalLength - ip4.headerLength;
  if (layer === 'udp' && chksum === 0) {
    results.push({ layer, state: 'absent', found: 0, expected: 0 });
  } else if (ip4.isFragment || length < inner.least || length > room) {
    results.push({ layer, state: 'unknown', found: chksum, expected: chksum });
  } else {
    const [src, dest] = [getI32(d.bytes, ip4.at + IP_SRC), getI32(d.bytes, ip4.at + IP_DEST)];
    const hasPseudoHeader = layer === 'udp' || layer === 'tcp';
    const pseudo = hasPseudoHeader ? sumPseudoHeader(src, dest, ip4.proto, length) : 0;
    results.push(checked(layer, d.bytes, at, length, chksum, pseudo));
  }
  return results;
}

interface InnerChecksum {
  readonly layer: ChecksumResult['layer'];
  readonly chksum: number;
  /** Shortest message that contains the checksum field and a whole header. */
  readonly least: number;
}

function innerChecksum(d: Dissection): InnerChecksum | undefined {
  if (d.icmp !== undefined) return { layer: 'icmp', chksum: d.icmp.chksum, least: SIZEOF_ICMP_HDR };
  if (d.igmp !== undefined) return { layer: 'igmp', chksum: d.igmp.chksum, least: IGMP_MINLEN };
  if (d.udp !== undefined) return { layer: 'udp', chksum: d.udp.chksum, least: UDP_HLEN };
  if (d.tcp !== undefined) return { layer: 'tcp', chksum: d.tcp.chksum, least: TCP_HLEN };
  return undefined;
}

function checked(
  layer: ChecksumResult['layer'],
  b: Uint8Array,
  at: number,
  length: number,
  found: number,
  pseudo: number,
): ChecksumResult {
  const sum = sumBytes(b, at, length) + pseudo;
  if (fold16(sum) === 0xffff) return { layer, state: 'good', found, expected: found };
  const right = ~fold16(sum - found) & 0xffff;
  return { layer, state: 'bad', found, expected: layer === 'udp' && right === 0 ? 0xffff : right };
}
