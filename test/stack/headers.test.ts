/** Where each header keeps its fields: handmade frames are read through the offsets of stack/prot. */

import { describe, expect, test } from '@jest/globals';
import * as arp from '../../stack/prot/arp.ts';
import { getI32, getU16, putI32, putU16 } from '../../stack/prot/bytes.ts';
import * as eth from '../../stack/prot/ethernet.ts';
import * as icmp from '../../stack/prot/icmp.ts';
import * as igmp from '../../stack/prot/igmp.ts';
import * as ip4 from '../../stack/prot/ip4.ts';
import * as tcp from '../../stack/prot/tcp.ts';
import * as udp from '../../stack/prot/udp.ts';
import { fc, property } from '../support/fast-check.ts';
import { arpFrame, icmpFrame, igmpFrame, tcpFrame, udpFrame } from '../support/frames.ts';

const PACKET = eth.SIZEOF_ETH_HDR;
const TRANSPORT = PACKET + ip4.IP_HLEN;

const ip = (text: string) => ip4.ip4addr_aton(text)!;
const mac = (b: Uint8Array, at: number) => eth.formatEthAddr(eth.getEthAddr(b, at));

const ARP = arpFrame(2, [10, 0, 0, 1], [10, 0, 0, 2]);
const TCP = tcpFrame({
  ports: [5000, 80],
  seq: 0xfedcba98,
  ack: 0x81234567,
  flags: 0x12,
  wnd: 4321,
  tcpOptions: [2, 4, 5, 180],
});
const UDP = udpFrame({ ports: [68, 67], data: 'abc', id: 0xbeef, more: true, offset: 16 });
const PING = icmpFrame(8, 3, [0x12, 0x34, 0x56, 0x78, 9, 9]);
const QUERY = igmpFrame(0x11, 100, [224, 1, 2, 3]);

describe('headers', () => {
  test.each<[string, Uint8Array, (b: Uint8Array, at: number) => number | string, number, number | string]>([
    ['Ethernet destination', TCP, mac, eth.ETH_DEST, '02:00:00:00:00:02'],
    ['Ethernet source', TCP, mac, eth.ETH_SRC, '02:00:00:00:00:01'],
    ['Ethernet type of IP', TCP, getU16, eth.ETH_TYPE, eth.ETHTYPE_IP],
    ['Ethernet type of ARP', ARP, getU16, eth.ETH_TYPE, eth.ETHTYPE_ARP],
    ['ARP hardware type', ARP, getU16, PACKET + arp.ARP_HTYPE, arp.HWTYPE_ETHERNET],
    ['ARP protocol type', ARP, getU16, PACKET + arp.ARP_PTYPE, eth.ETHTYPE_IP],
    ['ARP address lengths', ARP, getU16, PACKET + arp.ARP_HLEN, 0x0604],
    ['ARP operation', ARP, getU16, PACKET + arp.ARP_OPER, arp.ARP_REPLY],
    ['ARP sender, hardware', ARP, mac, PACKET + arp.ARP_SHA, '02:00:00:00:00:01'],
    ['ARP sender, protocol', ARP, getI32, PACKET + arp.ARP_SPA, ip('10.0.0.1')],
    ['ARP target, hardware', ARP, mac, PACKET + arp.ARP_THA, '00:00:00:00:00:00'],
    ['ARP target, protocol', ARP, getI32, PACKET + arp.ARP_TPA, ip('10.0.0.2')],
    ['IP version and length', TCP, (b, at) => b[at]!, PACKET + ip4.IP_VHL, 0x45],
    ['IP total length', TCP, getU16, PACKET + ip4.IP_LEN, 44],
    ['IP identification', UDP, getU16, PACKET + ip4.IP_ID, 0xbeef],
    ['IP fragment offset', UDP, getU16, PACKET + ip4.IP_OFFSET, ip4.IP_MF | 2],
    ['IP time to live', UDP, (b, at) => b[at]!, PACKET + ip4.IP_TTL_AT, 64],
    ['IP protocol: TCP', TCP, (b, at) => b[at]!, PACKET + ip4.IP_PROTO, ip4.IP_PROTO_TCP],
    ['IP protocol: UDP', UDP, (b, at) => b[at]!, PACKET + ip4.IP_PROTO, ip4.IP_PROTO_UDP],
    ['IP protocol: ICMP', PING, (b, at) => b[at]!, PACKET + ip4.IP_PROTO, ip4.IP_PROTO_ICMP],
    ['IP protocol: IGMP', QUERY, (b, at) => b[at]!, PACKET + ip4.IP_PROTO, ip4.IP_PROTO_IGMP],
    ['IP source', UDP, getI32, PACKET + ip4.IP_SRC, ip('10.0.0.1')],
    ['IP destination', UDP, getI32, PACKET + ip4.IP_DEST, ip('10.0.0.2')],
    ['TCP source port', TCP, getU16, TRANSPORT + tcp.TCP_SRC, 5000],
    ['TCP destination port', TCP, getU16, TRANSPORT + tcp.TCP_DEST, 80],
    ['TCP sequence number', TCP, getI32, TRANSPORT + tcp.TCP_SEQNO, 0xfedcba98 | 0],
    ['TCP acknowledgement', TCP, getI32, TRANSPORT + tcp.TCP_ACKNO, 0x81234567 | 0],
    ['TCP header length', TCP, (b, at) => b[at]! >> 4, TRANSPORT + tcp.TCP_HDRLEN, 6],
    ['TCP flags', TCP, (b, at) => b[at]!, TRANSPORT + tcp.TCP_FLAGS_AT, tcp.TCP_SYN | tcp.TCP_ACK],
    ['TCP window', TCP, getU16, TRANSPORT + tcp.TCP_WND_AT, 4321],
    ['TCP urgent pointer', TCP, getU16, TRANSPORT + tcp.TCP_URGP, 0],
    [
      'TCP options',
      TCP,
      getI32,
      TRANSPORT + tcp.TCP_HLEN,
      (tcp.LWIP_TCP_OPT_MSS << 24) | (tcp.LWIP_TCP_OPT_LEN_MSS << 16) | 1460,
    ],
    ['UDP source port', UDP, getU16, TRANSPORT + udp.UDP_SRC, 68],
    ['UDP destination port', UDP, getU16, TRANSPORT + udp.UDP_DEST, 67],
    ['UDP length', UDP, getU16, TRANSPORT + udp.UDP_LEN, udp.UDP_HLEN + 3],
    ['ICMP type', PING, (b, at) => b[at]!, TRANSPORT + icmp.ICMP_TYPE, icmp.ICMP_ECHO],
    ['ICMP code', PING, (b, at) => b[at]!, TRANSPORT + icmp.ICMP_CODE, 3],
    ['ICMP identifier', PING, getU16, TRANSPORT + icmp.ICMP_ID, 0x1234],
    ['ICMP sequence number', PING, getU16, TRANSPORT + icmp.ICMP_SEQNO, 0x5678],
    ['IGMP type', QUERY, (b, at) => b[at]!, TRANSPORT + igmp.IGMP_MSGTYPE, igmp.IGMP_MEMB_QUERY],
    ['IGMP time', QUERY, (b, at) => b[at]!, TRANSPORT + igmp.IGMP_MAXRESP, 100],
    ['IGMP group', QUERY, getI32, TRANSPORT + igmp.IGMP_GROUP, ip('224.1.2.3')],
  ])('%s', (_name, frame, read, at, value) => {
    expect(read(frame, at)).toBe(value);
  });
});

describe('byte access', () => {
  property(
    'what is put is got, and nothing else changes',
    200,
    [fc.integer(), fc.integer({ min: 0, max: 9 })],
    (x, at) => {
      const b = new Uint8Array(16).fill(0xa5);
      putI32(b, at, x);
      expect(getI32(b, at)).toBe(x | 0);
      putU16(b, at + 4, x);
      expect(getU16(b, at + 4)).toBe(x & 0xffff);
      const others = [...b].filter((_, i) => i < at || i >= at + 6);
      expect(others.every((value) => value === 0xa5)).toBe(true);
    },
  );
});

describe('hardware addresses', () => {
  property('survive text and bytes', 200, [fc.uint8Array({ minLength: 6, maxLength: 6 })], (b) => {
    const address = eth.getEthAddr(b, 0);
    const copy = new Uint8Array(6);
    eth.putEthAddr(copy, 0, address);
    expect(copy).toEqual(b);
    expect(eth.parseEthAddr(eth.formatEthAddr(address))).toEqual(address);
  });

  test('are equal if all their bytes are', () => {
    const address = eth.parseEthAddr('24:0A:c4-00:00:01');
    expect(eth.ethAddrEquals(address, { hi: 0x240a, lo: 0xc4000001 | 0 })).toBe(true);
    for (const other of ['25:0a:c4:00:00:01', '24:0a:c4:00:00:02', '24:0a:c5:00:00:01']) {
      expect(eth.ethAddrEquals(address, eth.parseEthAddr(other))).toBe(false);
    }
  });

  test('of a group hold its low 23 bits', () => {
    const group = (text: string) => eth.formatEthAddr(eth.ethMulticastAddr(ip(text)));
    expect([group('224.0.0.1'), group('239.255.255.250'), group('224.129.2.3')]).toEqual([
      '01:00:5e:00:00:01',
      '01:00:5e:7f:ff:fa',
      '01:00:5e:01:02:03',
    ]);
  });

  test.each(['', '24:0a:c4:00:00', '24:0a:c4:00:00:0g', '24:0a:c4:00:00:01:02', '240ac4000001', ' 24:0a:c4:00:00:01'])(
    'are not %j',
    (text) => {
      expect(() => eth.parseEthAddr(text)).toThrow(TypeError);
    },
  );
});
