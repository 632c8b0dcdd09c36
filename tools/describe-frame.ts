/**
 * A dissected frame in one line of words, as tcpdump would write it: for the ladder, for reports, for a terminal.
 */

import { ARP_REPLY, ARP_REQUEST } from '../stack/prot/arp.ts';
import { getI32, getU16 } from '../stack/prot/bytes.ts';
import { ETHTYPE_ARP, ETHTYPE_IP, ETHTYPE_IPV6, SIZEOF_ETH_HDR } from '../stack/prot/ethernet.ts';
import {
  ICMP_DUR,
  ICMP_DUR_PORT,
  ICMP_DUR_PROTO,
  ICMP_ECHO,
  ICMP_ER,
  ICMP_PP,
  ICMP_RD,
  ICMP_SQ,
  ICMP_TE,
  ICMP_TE_FRAG,
  SIZEOF_ICMP_HDR,
} from '../stack/prot/icmp.ts';
import { IGMP_LEAVE_GROUP, IGMP_MEMB_QUERY, IGMP_V1_MEMB_REPORT, IGMP_V2_MEMB_REPORT } from '../stack/prot/igmp.ts';
import { IP_PROTO_ICMP, IP_PROTO_IGMP, IP_PROTO_TCP, IP_PROTO_UDP, ip4addr_ntoa } from '../stack/prot/ip4.ts';
import {
  LWIP_TCP_OPT_EOL,
  LWIP_TCP_OPT_MSS,
  LWIP_TCP_OPT_NOP,
  TCP_ACK,
  TCP_FIN,
  TCP_PSH,
  TCP_RST,
  TCP_SYN,
  TCP_URG,
} from '../stack/prot/tcp.ts';
import { UDP_HLEN } from '../stack/prot/udp.ts';
import { appWords } from './describe-app.ts';
import type {
  ArpLayer,
  Dissection,
  IcmpLayer,
  IgmpLayer,
  Ip4Layer,
  QuotedPacket,
  TcpLayer,
  TcpOption,
} from './dissect.ts';

export interface DescribeOptions {
  /** Leave out the sender's IP address. */
  readonly hideSrc?: boolean;
  /** Leave out the receiver's IP address. */
  readonly hideDest?: boolean;
  /** Sequence and acknowledgement number to print instead of the absolute ones. */
  readonly seq?: number;
  readonly ack?: number;
  /** Print the sequence number of a segment without data too. */
  readonly showSeq?: boolean;
}

/**
 * One frame in one line of words, close to tcpdump's: `49153 > 3333 [P.] seq 1:6, ack 1, win 5760, length 5`.
 * The payload is not shown. Printable ASCII only, whatever the frame holds.
 */
export function describeFrame(d: Dissection, options: DescribeOptions = {}): string {
  const words = layerWords(d, options);
  const problems = d.problems.map((problem) => `${problem.kind}: ${problem.text}`).join('; ');
  return problems === '' ? words : `${words} (${problems})`;
}

function layerWords(d: Dissection, options: DescribeOptions): string {
  if (d.eth === undefined) return `${d.bytes.length} bytes`;
  if (d.arp !== undefined) return arpWords(d.arp);
  if (d.ip4 === undefined) return `${etherName(d.eth.type)}, length ${d.bytes.length - SIZEOF_ETH_HDR}`;
  const ends = endsWords(d, d.ip4, options);
  const body = ip4Words(d, d.ip4, options);
  return ends === '' ? body : `${ends} ${body}`;
}

function etherName(type: number): string {
  if (type === ETHTYPE_IP) return 'IP';
  if (type === ETHTYPE_ARP) return 'ARP';
  if (type === ETHTYPE_IPV6) return 'IP6';
  return type < 1536 ? '802.3' : `ethertype 0x${type.toString(16).padStart(4, '0')}`;
}

function arpWords(arp: ArpLayer): string {
  if (arp.oper === ARP_REPLY) return `ARP reply ${arp.spa} is-at ${arp.sha}`;
  if (arp.oper !== ARP_REQUEST) return `ARP operation ${arp.oper} from ${arp.spa}`;
  if (arp.spa === arp.tpa) return `ARP announcement ${arp.spa} is-at ${arp.sha}`;
  if (arp.spa === '0.0.0.0') return `ARP probe who-has ${arp.tpa}`;
  return `ARP who-has ${arp.tpa} tell ${arp.spa}`;
}

/** "ip:port > ip:port", or as much of it as the reader does not know already. */
function endsWords(d: Dissection, ip4: Ip4Layer, options: DescribeOptions): string {
  const ports = d.tcp ?? d.udp;
  if (ports === undefined) {
    const hideDest = options.hideDest || ip4.dest === d.igmp?.group;
    return options.hideSrc && hideDest ? '' : `${ip4.src} > ${ip4.dest}`;
  }
  const src = options.hideSrc ? `${ports.srcPort}` : `${ip4.src}:${ports.srcPort}`;
  const dest = options.hideDest ? `${ports.destPort}` : `${ip4.dest}:${ports.destPort}`;
  return `${src} > ${dest}`;
}

function ip4Words(d: Dissection, ip4: Ip4Layer, options: DescribeOptions): string {
  if (ip4.isFragment) return fragmentWords(d, ip4);
  if (d.tcp !== undefined) return tcpWords(d.tcp, d.payload.length, options);
  if (d.udp !== undefined) return udpWords(d);
  if (d.icmp !== undefined) return icmpWords(d, d.icmp);
  if (d.igmp !== undefined) return igmpWords(d.igmp);
  return `${protoName(ip4.proto)}, length ${d.payload.length}`;
}

/** "DNS query 1411 A broker.local, length 30"; without a message that can be read "UDP DNS, length 30". */
function udpWords(d: Dissection): string {
  const words = appWords(d);
  const what = words === '' ? `UDP${d.app && ` ${d.app}`}` : `${d.app} ${words}`;
  return `${what}, length ${d.payload.length}`;
}

function fragmentWords(d: Dissection, ip4: Ip4Layer): string {
  const start = ip4.fragmentOffset;
  const end = start + Math.max(0, ip4.totalLength - ip4.headerLength);
  const place = `fragment ${start}:${end}${ip4.moreFragments ? '' : ' (last)'} of packet ${ip4.id}`;
  const app = d.app && ` ${d.app}`;
  return `${protoName(ip4.proto)}${app}${d.udp ? `, length ${Math.max(0, d.udp.length - UDP_HLEN)}` : ''}, ${place}`;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  [IP_PROTO_ICMP]: 'ICMP',
  [IP_PROTO_IGMP]: 'IGMP',
  [IP_PROTO_TCP]: 'TCP',
  [IP_PROTO_UDP]: 'UDP',
};

function protoName(proto: number): string {
  return PROTOCOLS[proto] ?? `IP protocol ${proto}`;
}

/** TCP flags as tcpdump writes them: "S", "S.", "P.", "F.", "R", "." for a bare ACK, "none".
 *  @param flags all eight bits */
function tcpFlagsText(flags: number): string {
  const letters: readonly (readonly [number, string])[] = [
    [TCP_FIN, 'F'],
    [TCP_SYN, 'S'],
    [TCP_RST, 'R'],
    [TCP_PSH, 'P'],
    [TCP_ACK, '.'],
    [TCP_URG, 'U'],
    [0x40, 'E'],
    [0x80, 'W'],
  ];
  return letters.map(([bit, letter]) => (flags & bit ? letter : '')).join('') || 'none';
}

function tcpWords(tcp: TcpLayer, length: number, options: DescribeOptions): string {
  const seq = options.seq ?? tcp.seqno;
  const parts: string[] = [];
  if (length > 0) parts.push(`seq ${seq}:${options.seq === undefined ? (seq + length) % 2 ** 32 : seq + length}`);
  else if (tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST) || options.showSeq) parts.push(`seq ${seq}`);
  if (tcp.flags & TCP_ACK) parts.push(`ack ${options.ack ?? tcp.ackno}`);
  parts.push(`win ${tcp.wnd}`);
  if (tcp.flags & TCP_URG) parts.push(`urg ${tcp.urgp}`);
  if (tcp.options.length > 0) parts.push(`options [${tcp.options.map(tcpOptionText).join(', ')}]`);
  if (length > 0) parts.push(`length ${length}`);
  return `[${tcpFlagsText(tcp.flags)}] ${parts.join(', ')}`;
}

/** A TCP option as tcpdump writes it: "mss 1440", "nop", "sackOK". */
function tcpOptionText(option: TcpOption): string {
  const { kind, data } = option;
  const u32 = (at: number): number => getI32(data, at) >>> 0;
  if (kind === LWIP_TCP_OPT_EOL) return 'eol';
  if (kind === LWIP_TCP_OPT_NOP) return 'nop';
  if (kind === LWIP_TCP_OPT_MSS && data.length === 2) return `mss ${getU16(data, 0)}`;
  if (kind === 3 && data.length === 1) return `wscale ${data[0]}`;
  if (kind === 4 && data.length === 0) return 'sackOK';
  if (kind === 8 && data.length === 8) return `TS val ${u32(0)} ecr ${u32(4)}`;
  const hex = Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex === '' ? `unknown-${kind}` : `unknown-${kind} 0x${hex}`;
}

function icmpWords(d: Dissection, icmp: IcmpLayer): string {
  const length = `length ${d.payload.length + SIZEOF_ICMP_HDR}`;
  const about = quotedWords(icmp.quoted);
  switch (icmp.type) {
    case ICMP_ECHO:
      return `ICMP echo request, id ${icmp.id}, seq ${icmp.seqno}, ${length}`;
    case ICMP_ER:
      return `ICMP echo reply, id ${icmp.id}, seq ${icmp.seqno}, ${length}`;
    case ICMP_DUR:
      return `ICMP ${unreachableWords(icmp)}, ${length}`;
    case ICMP_TE:
      return `ICMP ${icmp.code === ICMP_TE_FRAG ? 'reassembly time' : 'time in transit'} exceeded${about}, ${length}`;
    case ICMP_SQ:
      return `ICMP source quench${about}, ${length}`;
    case ICMP_RD:
      return `ICMP redirect ${icmp.quoted?.dest ?? '?'} to ${ip4addr_ntoa((icmp.id << 16) | icmp.seqno)}, ${length}`;
    case ICMP_PP:
      return `ICMP parameter problem${about}, ${length}`;
    default:
      return `ICMP type ${icmp.type} code ${icmp.code}, ${length}`;
  }
}

function quotedWords(quoted: QuotedPacket | undefined): string {
  if (quoted === undefined) return '';
  const port = quoted.destPort === undefined ? '' : ` port ${quoted.destPort}`;
  return ` for ${quoted.dest} ${protoName(quoted.proto).toLowerCase()}${port}`;
}

function unreachableWords(icmp: IcmpLayer): string {
  const quoted = icmp.quoted;
  if (quoted === undefined) return `destination unreachable, code ${icmp.code}`;
  const what = `${quoted.dest} ${protoName(quoted.proto).toLowerCase()}`;
  switch (icmp.code) {
    case 0:
      return `net ${quoted.dest} unreachable`;
    case 1:
      return `host ${quoted.dest} unreachable`;
    case ICMP_DUR_PROTO:
      return `${what} unreachable`;
    case ICMP_DUR_PORT:
      return `${what}${quoted.destPort === undefined ? '' : ` port ${quoted.destPort}`} unreachable`;
    case 4:
      return `${quoted.dest} unreachable, need to fragment (mtu ${icmp.seqno})`;
    default:
      return `${quoted.dest} unreachable, code ${icmp.code}`;
  }
}

function igmpWords(igmp: IgmpLayer): string {
  switch (igmp.type) {
    case IGMP_MEMB_QUERY: {
      const group = igmp.group === '0.0.0.0' ? '' : ` ${igmp.group}`;
      return igmp.maxResp === 0
        ? `IGMP v1 query${group}`
        : `IGMP v2 query${group}, max response ${igmp.maxResp / 10} s`;
    }
    case IGMP_V1_MEMB_REPORT:
      return `IGMP v1 report ${igmp.group}`;
    case IGMP_V2_MEMB_REPORT:
      return `IGMP v2 report ${igmp.group}`;
    case IGMP_LEAVE_GROUP:
      return `IGMP leave ${igmp.group}`;
    default:
      return `IGMP type 0x${igmp.type.toString(16)}, group ${igmp.group}`;
  }
}
