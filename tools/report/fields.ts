/** The headers of a frame with every field named, for people: layer by layer, as Wireshark's tree shows them. */

import type { Dissection, TcpOption } from '../dissect.ts';
import { verifyChecksums } from '../dissect.ts';

export interface LayerFields {
  readonly name: string;
  /** First byte in the frame, and bytes of the header. */
  readonly at: number;
  readonly length: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** All layers of a frame, outermost first; its payload last, if there is one. */
export function fieldsOf(d: Dissection): LayerFields[] {
  const layers: LayerFields[] = [];
  const add = (name: string, at: number, length: number, fields: LayerFields['fields']): void => {
    layers.push({ name, at, length, fields });
  };
  const sums = new Map(verifyChecksums(d).map((sum) => [sum.layer, sum]));
  const sum = (layer: 'ip4' | 'icmp' | 'igmp' | 'udp' | 'tcp', value: number): readonly [string, string] => {
    const result = sums.get(layer);
    const verdict =
      result?.state === 'bad' ? `bad, should be ${hex(result.expected, 4)}` : (result?.state ?? 'unknown');
    return ['Checksum', `${hex(value, 4)} (${verdict})`];
  };
  const { eth, arp, ip4, icmp, igmp, udp, tcp } = d;
  if (eth !== undefined) {
    add('Ethernet II', eth.at, eth.headerLength, [
      ['Destination', eth.dest],
      ['Source', eth.src],
      ['Type', hex(eth.type, 4)],
    ]);
  }
  if (arp !== undefined) {
    add('Address Resolution Protocol', arp.at, arp.headerLength, [
      ['Operation', arp.oper === 1 ? '1 (request)' : arp.oper === 2 ? '2 (reply)' : String(arp.oper)],
      ['Sender hardware address', arp.sha],
      ['Sender protocol address', arp.spa],
      ['Target hardware address', arp.tha],
      ['Target protocol address', arp.tpa],
    ]);
  }
  if (ip4 !== undefined) {
    add('Internet Protocol, version 4', ip4.at, ip4.headerLength, [
      ['Header length', `${ip4.headerLength} bytes`],
      ['Type of service', hex(ip4.tos, 2)],
      ['Total length', `${ip4.totalLength} bytes`],
      ['Identification', String(ip4.id)],
      [
        'Flags',
        [ip4.dontFragment ? 'don’t fragment' : '', ip4.moreFragments ? 'more fragments' : '']
          .filter(Boolean)
          .join(', ') || 'none',
      ],
      ['Fragment offset', String(ip4.fragmentOffset)],
      ['Time to live', String(ip4.ttl)],
      ['Protocol', `${ip4.proto}${PROTOCOLS[ip4.proto] ? ` (${PROTOCOLS[ip4.proto]})` : ''}`],
      sum('ip4', ip4.chksum),
      ['Source', ip4.src],
      ['Destination', ip4.dest],
    ]);
  }
  if (icmp !== undefined) {
    add('Internet Control Message Protocol', icmp.at, icmp.headerLength, [
      ['Type', String(icmp.type)],
      ['Code', String(icmp.code)],
      sum('icmp', icmp.chksum),
      ['Identifier', String(icmp.id)],
      ['Sequence number', String(icmp.seqno)],
    ]);
  }
  if (igmp !== undefined) {
    add('Internet Group Management Protocol', igmp.at, igmp.headerLength, [
      ['Type', hex(igmp.type, 2)],
      ['Max response time', `${igmp.maxResp / 10} s`],
      sum('igmp', igmp.chksum),
      ['Group', igmp.group],
    ]);
  }
  if (udp !== undefined) {
    add('User Datagram Protocol', udp.at, udp.headerLength, [
      ['Source port', String(udp.srcPort)],
      ['Destination port', String(udp.destPort)],
      ['Length', `${udp.length} bytes`],
      sum('udp', udp.chksum),
    ]);
  }
  if (tcp !== undefined) {
    add('Transmission Control Protocol', tcp.at, tcp.headerLength, [
      ['Source port', String(tcp.srcPort)],
      ['Destination port', String(tcp.destPort)],
      ['Sequence number', String(tcp.seqno)],
      ['Acknowledgement number', String(tcp.ackno)],
      ['Header length', `${tcp.headerLength} bytes`],
      ['Flags', FLAGS.filter((_, bit) => (tcp.flags & (1 << bit)) !== 0).join(', ') || 'none'],
      ['Window', `${tcp.wnd} bytes`],
      sum('tcp', tcp.chksum),
      ['Urgent pointer', String(tcp.urgp)],
      ...tcp.options.map((option): readonly [string, string] => ['Option', optionText(option)]),
    ]);
  }
  if (d.payload.length > 0) {
    const at = d.payload.byteOffset - d.bytes.byteOffset;
    add(d.app === '' ? 'Data' : `${d.app} message`, at, d.payload.length, [['Length', `${d.payload.length} bytes`]]);
  }
  return layers;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 2: 'IGMP', 6: 'TCP', 17: 'UDP' };
const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
const OPTIONS: Readonly<Record<number, string>> = {
  0: 'end of list',
  1: 'no operation',
  2: 'maximum segment size',
  3: 'window scale',
  4: 'SACK permitted',
  8: 'timestamps',
};

function optionText({ kind, data }: TcpOption): string {
  const value = data.reduce((sum, byte) => sum * 256 + byte, 0);
  return `${OPTIONS[kind] ?? `kind ${kind}`}${data.length > 0 ? ` ${value}` : ''}`;
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
