/** A stack with two interfaces passes packets on, with IP_FORWARD. Packets are made by hand. */

import { describe, expect, test } from '@jest/globals';
import { ArpEntry, ETHARP_STATE_STATIC } from '../../stack/etharp.ts';
import { FRAME_IP } from '../../stack/frame.ts';
import {
  ERR_OK,
  ethernet_input,
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_ETHARP,
  Netif,
  netif_add,
  netif_set_link_up,
  netif_set_up,
  parseEthAddr,
} from '../../stack/index.ts';
import { address, BareStack, HOST, PEER } from '../support/bare-stack.ts';

const FAR = '10.0.0.7';
const FAR_MAC = '02:00:00:00:00:77';

/** The host of the other tests, 192.168.1.10, with a second interface, 10.0.0.1. */
function router(opt: Record<string, number> = { IP_FORWARD: 1 }, mtu = 1500) {
  const near: Uint8Array[] = [];
  const far: Uint8Array[] = [];
  const bare = new BareStack({ onFrame: (bytes) => near.push(bytes), opt });
  const flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;
  const second = new Netif(bare.stack, 'en', parseEthAddr('24:0a:c4:00:00:02'), mtu, flags, (_netif, frame) => {
    far.push(frame.view().slice(FRAME_IP - 2));
    return ERR_OK;
  });
  netif_add(second, address('10.0.0.1'), address('255.255.255.0'), 0);
  netif_set_up(second);
  netif_set_link_up(second);
  const entry = new ArpEntry(address(FAR), second);
  entry.state = ETHARP_STATE_STATIC;
  entry.ethaddr = parseEthAddr(FAR_MAC);
  bare.stack.arp_table[1] = entry;
  far.length = 0;
  return { bare, near, far };
}

interface PacketOptions {
  readonly dest?: string;
  readonly ttl?: number;
  readonly proto?: number;
  readonly size?: number;
  /** Flags and offset. */
  readonly fragment?: number;
  readonly mac?: string;
}

/** A packet from the peer, in a frame for the host. */
function packet({ dest = FAR, ttl = 64, proto = 17, size = 20, fragment = 0, mac = HOST.mac }: PacketOptions = {}) {
  const header = [0x45, 0, (20 + size) >> 8, (20 + size) & 255, 1, 2, fragment >> 8, fragment & 255, ttl, proto, 0, 0];
  header.push(...PEER.ip.split('.').map(Number), ...dest.split('.').map(Number));
  const sum = checksum(header);
  header.splice(10, 2, sum >> 8, sum & 255);
  const hex = (text: string) => text.split(':').map((part) => Number.parseInt(part, 16));
  const payload = Array.from({ length: size }, (_, i) => i & 255);
  return Uint8Array.from([...hex(mac), ...hex(PEER.mac), 8, 0, ...header, ...payload]);
}

function checksum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

describe('a packet for another network', () => {
  test('goes on with one hop less and a right checksum', () => {
    for (const ttl of [2, 64, 255]) {
      const { bare, near, far } = router();
      bare.input(packet({ ttl }));
      expect(far.length).toBe(1);
      expect(far[0]![8]).toBe(ttl - 1);
      expect(checksum(far[0]!)).toBe(0);
      expect(far[0]!.slice(20)).toEqual(packet().slice(34));
      expect(near).toEqual([]);
    }
  });

  test('stays without IP_FORWARD', () => {
    const { bare, near, far } = router({});
    bare.input(packet());
    expect([near, far]).toEqual([[], []]);
    expect(bare.stack.stats.ip_drop).toBe(1);
  });

  test.each<[string, PacketOptions]>([
    ['back where it came from', { dest: '192.168.1.77' }],
    ['to a group', { dest: '239.1.1.1' }],
    ['to a broadcast address of the network it came from', { dest: '192.168.1.255', mac: HOST.mac, proto: 250 }],
    ['link-local', { dest: '169.254.1.1' }],
    ['of an experimental class', { dest: '241.0.0.1' }],
    ['of network 0', { dest: '0.0.0.9' }],
    ['of network 127', { dest: '127.0.0.9' }],
    ['that was a broadcast on the wire', { mac: 'ff:ff:ff:ff:ff:ff' }],
  ])('%s does not go on', (_name, options) => {
    const { bare, far } = router();
    bare.input(packet(options));
    expect(far).toEqual([]);
  });

  test('at its last hop: its sender is told, but not of an ICMP message', () => {
    const { bare, near, far } = router();
    bare.input(packet({ ttl: 1 }));
    bare.input(packet({ ttl: 1, proto: 1 }));
    expect(far).toEqual([]);
    expect(near.map((frame) => [...frame.slice(34, 36)])).toEqual([[11, 0]]);
  });

  test('too long for the next network: cut, or refused if it may not be', () => {
    const { bare, near, far } = router({ IP_FORWARD: 1 }, 76);
    bare.input(packet({ size: 100 }));
    expect(far.map((part) => [(part[6]! << 8) | part[7]!, part.length - 20])).toEqual([
      [0x2000, 56],
      [7, 44],
    ]);
    expect(far.every((part) => checksum(part) === 0)).toBe(true);
    bare.input(packet({ size: 100, fragment: 0x4000 }));
    expect(far.length).toBe(2);
    expect(near.map((frame) => [...frame.slice(34, 36)])).toEqual([[3, 4]]);
  });

  test('that is a fragment itself keeps its place when it is cut', () => {
    const { bare, far } = router({ IP_FORWARD: 1 }, 76);
    bare.input(packet({ size: 80, fragment: 0x2000 | 10 }));
    expect(far.map((part) => (part[6]! << 8) | part[7]!)).toEqual([0x2000 | 10, 0x2000 | 17]);
  });
});

test('ethernet_input() of a packet that goes on takes its reference', () => {
  const { bare } = router();
  const frame = bare.stack.port.memory.frames.copyOf(packet());
  frame.refs++;
  ethernet_input(frame, bare.netif);
  expect(frame.refs).toBe(1);
});
