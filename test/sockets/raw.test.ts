/** Raw sockets: what is written behind the IP header goes out as it is, and whole packets come up. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  IP_TOS,
  IP_TTL,
  IPPROTO_ICMP,
  IPPROTO_IP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Os,
  SOCK_DGRAM,
  SOCK_RAW,
  sockaddr_in,
} from '../../device/index.ts';
import { A_IP, B_IP, pair, type Steps, start } from '../support/worlds.ts';

/** The IP packets that a raw socket of board a sends to board b, whose hardware address is known. */
function sent(protocol: number, program: (os: Os, s: number) => Steps<unknown>): Uint8Array[] {
  const p = pair();
  let from = 0;
  start(p.a, function* (os) {
    const dgram = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.sendto(dgram, '', 0, 0, sockaddr_in(B_IP, 9));
    yield* os.delayMs(50);
    from = p.trace.frames.length;
    yield* program(os, yield* os.socket(AF_INET, SOCK_RAW, protocol));
  });
  p.world.runSync({ until: 1_000_000 });
  return p.trace.frames.slice(from).flatMap((f) => (f.from === 'a' && f.bytes[13] === 0 ? [f.bytes.subarray(14)] : []));
}

describe('a raw socket sends', () => {
  test.each([
    ['ICMP', IPPROTO_ICMP],
    ['UDP', IPPROTO_UDP],
    ['TCP', IPPROTO_TCP],
    ['something else', 99],
  ])('%s bytes as they are, whatever their checksum', (_name, protocol) => {
    const bytes = new Uint8Array(40).fill(0xee);
    const [packet] = sent(protocol, function* (os, s) {
      yield* os.sendto(s, bytes, bytes.length, 0, sockaddr_in(B_IP));
    });
    expect([packet![9], packet!.subarray(20)]).toEqual([protocol, bytes]);
  });

  test.each([
    ['ICMP', IPPROTO_ICMP],
    ['UDP', IPPROTO_UDP],
    ['TCP', IPPROTO_TCP],
  ])('%s bytes as they are, also in fragments', (_name, protocol) => {
    const bytes = new Uint8Array(2000).fill(0xee);
    const packets = sent(protocol, function* (os, s) {
      yield* os.sendto(s, bytes, bytes.length, 0, sockaddr_in(B_IP));
    });
    expect(packets.map((b) => b.length)).toEqual([1500, 540]);
    expect(Buffer.concat(packets.map((b) => b.subarray(20))).equals(bytes)).toBe(true);
  });

  test('with the TTL and TOS that were asked for', () => {
    const [packet] = sent(99, function* (os, s) {
      yield* os.setsockopt(s, IPPROTO_IP, IP_TTL, 3);
      yield* os.setsockopt(s, IPPROTO_IP, IP_TOS, 0x10);
      yield* os.connect(s, sockaddr_in(B_IP));
      yield* os.send(s, 'x');
    });
    expect([packet![0], packet![1], packet![8], packet!.length]).toEqual([0x45, 0x10, 3, 21]);
  });
});

describe('a raw socket receives', () => {
  test('whole packets of its protocol, from its peer if it has one', () => {
    const p = pair();
    const seen: Record<string, number[]> = {};
    for (const [name, peer] of [
      ['any', null],
      ['of b', B_IP],
      ['of another', '192.168.4.99'],
    ] as const) {
      start(p.a, { name }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_RAW, 99);
        if (peer !== null) yield* os.connect(s, sockaddr_in(peer));
        seen[name] = [];
        for (const buffer = new Uint8Array(100); ; ) {
          const n = yield* os.recv(s, buffer);
          seen[name]!.push(n, buffer[0]!, buffer[9]!, buffer[20]!);
        }
      });
    }
    start(p.b, { startUs: 20_000 }, function* (os) {
      const [ours, other] = [yield* os.socket(AF_INET, SOCK_RAW, 99), yield* os.socket(AF_INET, SOCK_RAW, 98)];
      for (const s of [other, ours]) yield* os.sendto(s, Uint8Array.of(7, 8), 2, 0, sockaddr_in(A_IP));
    });
    p.world.runSync({ until: 1_000_000 });
    expect(seen).toEqual({ any: [22, 0x45, 99, 7], 'of b': [22, 0x45, 99, 7], 'of another': [] });
  });
});
