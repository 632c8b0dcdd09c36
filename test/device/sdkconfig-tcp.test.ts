/** What an sdkconfig changes in TCP, seen on the wire; and calls under the lock of the core. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  type Esp32Options,
  errnoName,
  type SdkconfigSettings,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
} from '../../device/index.ts';
import { LIBLWIP } from '../../tools/conformance/liblwip.ts';
import { readSegment } from '../support/bare-stack.ts';
import { A_IP, type Pair, pair, type Steps, start } from '../support/worlds.ts';

/** The client b connects to a and sends so many bytes; segments of both in order. */
function conversation(sdkconfig: SdkconfigSettings, bytes = 100, more: Partial<Esp32Options> = {}) {
  const p = pair({ b: { sdkconfig, ...more } });
  start(p.a, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
    yield* os.listen(s, 1);
    const c = yield* os.accept(s);
    const buffer = new Uint8Array(4096);
    while ((yield* os.recv(c, buffer)) > 0);
    yield* os.close(c);
    yield* os.close(s);
  });
  start(p.b, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.connect(s, sockaddr_in(A_IP, 80));
    yield* os.send(s, new Uint8Array(bytes));
    yield* os.close(s);
  });
  p.world.runSync();
  return sentBy(p, 'b');
}

function sentBy(p: Pair, board: string) {
  return p.trace.frames.flatMap((frame) => {
    const segment = frame.from === board ? readSegment(frame.bytes) : undefined;
    return segment === undefined ? [] : [{ ...segment, tUs: frame.tUs, ttl: frame.bytes[22]! }];
  });
}

describe('TCP', () => {
  test('CONFIG_LWIP_TCP_MSS and CONFIG_LWIP_TCP_WND_DEFAULT stand in the SYN, CONFIG_LWIP_IP_DEFAULT_TTL in every packet', () => {
    const [syn, ...rest] = conversation({
      CONFIG_LWIP_TCP_MSS: 536,
      CONFIG_LWIP_TCP_WND_DEFAULT: 2500,
      CONFIG_LWIP_IP_DEFAULT_TTL: 7,
    });
    expect(syn).toMatchObject({ flags: 'S', win: 2500, opt: '02040218', ttl: 7 });
    expect(rest.every(({ ttl }) => ttl === 7)).toBe(true);
  });

  test('CONFIG_LWIP_WND_SCALE and CONFIG_LWIP_TCP_RCV_SCALE: the SYN offers, and a peer that does not scale is spared', () => {
    const [syn, ack] = conversation({
      CONFIG_SPIRAM: true,
      CONFIG_SPIRAM_TRY_ALLOCATE_WIFI_LWIP: true,
      CONFIG_LWIP_WND_SCALE: true,
      CONFIG_LWIP_TCP_WND_DEFAULT: 200_000,
      CONFIG_LWIP_TCP_RCV_SCALE: 2,
    });
    expect(syn).toMatchObject({ win: 65_535, opt: '020405a001030302' });
    expect(ack).toMatchObject({ win: 65_535, opt: '' });
  });

  test('scaled windows are announced and used by both', () => {
    const opt = { LWIP_WND_SCALE: 1, TCP_WND: 200_000, TCP_SND_BUF: 200_000, TCP_RCV_SCALE: 2 };
    const p = pair({ board: { opt } });
    const received = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
      yield* os.listen(s, 1);
      const c = yield* os.accept(s);
      yield* os.delayMs(2000);
      const buffer = new Uint8Array(70_000);
      let total = 0;
      for (let n = yield* os.recv(c, buffer); n > 0; n = yield* os.recv(c, buffer)) total += n;
      return total;
    });
    start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(A_IP, 80));
      yield* os.send(s, new Uint8Array(300_000));
      yield* os.close(s);
    });
    p.world.runSync();
    expect(received.value).toBe(300_000);
    const [synAck, ...rest] = sentBy(p, 'a');
    expect(synAck).toMatchObject({ flags: 'SA', win: 65_535, opt: '020405a001030302' });
    expect(rest[0]!.win).toBeLessThanOrEqual(50_000);
    expect(rest[0]!.win).toBeGreaterThan(48_000);
  });

  test.each<[SdkconfigSettings, number[]]>([
    [{}, [1250, 2750, 4250]],
    [{ CONFIG_LWIP_TCP_HIGH_SPEED_RETRANSMISSION: false }, [2750]],
    [{ CONFIG_LWIP_TCP_TMR_INTERVAL: 100, CONFIG_LWIP_TCP_RTO_TIME: 1000 }, [900, 1900, 2900, 3900, 4900]],
    [
      { CONFIG_LWIP_TCP_SYNMAXRTX: 3, CONFIG_LWIP_TCP_TMR_INTERVAL: 50, CONFIG_LWIP_TCP_RTO_TIME: 500 },
      [450, 950, 1450],
    ],
  ])('%j: retransmissions of the SYN', (sdkconfig, afterMs) => {
    const p = pair({ b: { sdkconfig: { ...sdkconfig, CONFIG_FREERTOS_HZ: 1000 } } });
    p.lan.faults.addRule(({ from, bytes }, fate) => {
      fate.lost ||= from === 'a' && bytes[12] === 8 && bytes[13] === 0;
      return fate.lost;
    });
    start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(A_IP, 80));
    });
    p.world.runSync({ until: 5e6 });
    const [, ...others] = sentBy(p, 'b').filter(({ flags }) => flags === 'S');
    expect(others.map(({ tUs }) => tUs / 1000)).toEqual(afterMs);
  });

  /** b sends 20 segments to a, of which one or some get lost: ACKs of a that carry options. */
  function acksWithBlocks(sdkconfig: SdkconfigSettings, lost: readonly number[]) {
    const p = pair({ board: { opt: { TCP_WND: 20_000, TCP_SND_BUF: 20_000 }, sdkconfig } });
    let segments = 0;
    p.lan.faults.addRule(({ from, bytes }, fate) => {
      if (from === 'b' && bytes.length > 1000) segments++;
      fate.lost ||= from === 'b' && bytes.length > 1000 && lost.includes(segments);
      return fate.lost;
    });
    const received = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
      yield* os.listen(s, 1);
      const c = yield* os.accept(s);
      const buffer = new Uint8Array(4096);
      let total = 0;
      for (let n = yield* os.recv(c, buffer); n > 0; n = yield* os.recv(c, buffer)) total += n;
      return total;
    });
    start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(A_IP, 80));
      yield* os.send(s, new Uint8Array(40_000));
      yield* os.close(s);
    });
    p.world.runSync();
    expect(received.value).toBe(40_000);
    const first = sentBy(p, 'b').find(({ len }) => len > 0)!.seq;
    const blocks = (opt: string): number[][] =>
      [...opt.slice(8).matchAll(/(.{8})(.{8})/g)].map((m) =>
        m.slice(1).map((hex) => (((Number.parseInt(hex, 16) - first) >>> 0) / 1440) | 0),
      );
    return {
      syns: [...sentBy(p, 'b'), ...sentBy(p, 'a')].filter(({ flags }) => flags.includes('S')).map(({ opt }) => opt),
      acks: sentBy(p, 'a').flatMap(({ flags, opt, ack }) =>
        opt === '' || flags.includes('S') ? [] : [[((ack - first) >>> 0) / 1440, blocks(opt)] as const],
      ),
    };
  }

  const SACK = { CONFIG_LWIP_TCP_SACK_OUT: true, CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS: 0 };

  test('CONFIG_LWIP_TCP_SACK_OUT: both sides offer it, and ACKs tell what has come early', () => {
    const { syns, acks } = acksWithBlocks(SACK, [6]);
    expect(syns).toEqual(['020405a001010402', '020405a001010402']);
    expect(acks[0]).toEqual([5, [[6, 7]]]);
    expect(acks[1]).toEqual([5, [[6, 8]]]);
    expect(acks.every(([ack, blocks]) => ack === 5 && blocks.length === 1)).toBe(true);
  });

  test('CONFIG_LWIP_TCP_SACK_OUT: of several blocks the one that grew comes first', () => {
    const { acks } = acksWithBlocks(SACK, [7, 9]);
    expect(acks.find(([, blocks]) => blocks.length === 2)).toEqual([
      6,
      [
        [9, 10],
        [7, 8],
      ],
    ]);
    // The first hole is filled: what lies before the queue is not told any more.
    expect(acks.some(([ack, blocks]) => ack === 8 && blocks.length === 1 && blocks[0]![0] === 9)).toBe(true);
  });

  test('without CONFIG_LWIP_TCP_SACK_OUT nothing of this stands on the wire', () => {
    const { syns, acks } = acksWithBlocks({}, [6]);
    expect(syns).toEqual(['020405a0', '020405a0']);
    expect(acks).toEqual([]);
  });

  test('CONFIG_LWIP_TCP_OVERSIZE_DISABLE: what is written later is a segment of its own', () => {
    const lengths = (sdkconfig: SdkconfigSettings): number[] => {
      const p = pair({ b: { sdkconfig } });
      start(p.a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
        yield* os.listen(s, 1);
        yield* os.accept(s);
      });
      start(p.b, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(s, sockaddr_in(A_IP, 80));
        for (let i = 0; i < 3; i++) yield* os.send(s, new Uint8Array(10));
      });
      p.world.runSync({ until: 1e6 });
      return sentBy(p, 'b').flatMap(({ len }) => (len > 0 ? [len] : []));
    };
    expect(lengths({})).toEqual([10, 20]);
    expect(lengths({ CONFIG_LWIP_TCP_OVERSIZE_DISABLE: true })).toEqual([10, 10, 10]);
  });

  test.each([
    [{}, 3],
    [{ CONFIG_LWIP_MAX_ACTIVE_TCP: 2 }, 2],
  ])('%j: three sockets, of which %i can be', (sdkconfig, count) => {
    const p = pair({ a: { sdkconfig } });
    const sockets = start(p.a, function* (os): Steps<string[]> {
      const results: string[] = [];
      for (let i = 0; i < 3; i++) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        results.push(s < 0 ? errnoName(os.errno) : 'open');
      }
      return results;
    });
    p.world.runSync();
    expect(sockets.value).toEqual(Array.from({ length: 3 }, (_, i) => (i < count ? 'open' : 'ENOBUFS')));
  });

  test('CONFIG_LWIP_MAX_ACTIVE_TCP: a new connection takes the place of the oldest in TIME_WAIT', () => {
    const ports = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ b: { sdkconfig } });
      start(p.a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
        yield* os.listen(s, 5);
        for (let i = 0; i < 5; i++) yield* os.close(yield* os.accept(s));
      });
      start(p.b, function* (os) {
        for (let i = 0; i < 5; i++) {
          const s = yield* os.socket(AF_INET, SOCK_STREAM);
          yield* os.connect(s, sockaddr_in(A_IP, 80));
          yield* os.close(s);
          yield* os.delayMs(100);
        }
      });
      p.world.runSync({ until: 3e6 });
      let n = 0;
      for (let pcb = p.b.stack.tcp_tw_pcbs; pcb !== null; pcb = pcb.next) n++;
      return n;
    };
    expect(ports({})).toBe(5);
    expect(ports({ CONFIG_LWIP_MAX_ACTIVE_TCP: 3 })).toBe(3);
  });

  test('CONFIG_LWIP_HOOK_TCP_ISN_NONE: first sequence numbers come from a counter', () => {
    const [syn] = conversation({ CONFIG_LWIP_HOOK_TCP_ISN_NONE: true });
    expect(syn!.seq).toBe(6509);
  });

  test('CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS of 0 keeps everything that comes early', () => {
    const resent = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ board: { opt: { TCP_WND: 20_000, TCP_SND_BUF: 20_000 } }, a: { sdkconfig } });
      let lost = false;
      let segments = 0;
      p.lan.faults.addRule(({ from, bytes }, fate) => {
        if (from === 'b' && bytes.length > 1000) segments++;
        fate.lost ||= !lost && segments === 20;
        lost ||= fate.lost;
        return fate.lost;
      });
      start(p.a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
        yield* os.listen(s, 1);
        const c = yield* os.accept(s);
        const buffer = new Uint8Array(4096);
        while ((yield* os.recv(c, buffer)) > 0);
      });
      start(p.b, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(s, sockaddr_in(A_IP, 80));
        yield* os.send(s, new Uint8Array(100_000));
        yield* os.close(s);
      });
      p.world.runSync();
      expect(lost).toBe(true);
      const sent = sentBy(p, 'b').reduce((sum, { len }) => sum + len, 0);
      return sent - 100_000;
    };
    expect(resent({ CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS: 0 })).toBe(1440);
    expect(resent({ CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS: 1 })).toBeGreaterThan(1440);
  });
});

describe('CONFIG_LWIP_TCPIP_CORE_LOCKING', () => {
  test.each<SdkconfigSettings>([
    { CONFIG_LWIP_TCPIP_CORE_LOCKING: true },
    { CONFIG_LWIP_TCPIP_CORE_LOCKING: true, CONFIG_LWIP_TCPIP_CORE_LOCKING_INPUT: true },
  ])('%j: the same bytes go over the wire', (sdkconfig) => {
    const story = (s: SdkconfigSettings) =>
      conversation(s, 20_000).map(({ flags, seq, len }) => [flags, len, seq & 0xffff]);
    expect(story(sdkconfig)).toEqual(story({}));
  });

  test('a timer that a call arms is noticed when the thread wakes up next', () => {
    // Without the lock the call's message wakes the thread, which then sleeps until the TCP timer; with it the thread
    // goes on sleeping until the ARP timer of the next second.
    const first = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ b: { sdkconfig: { ...sdkconfig, CONFIG_FREERTOS_HZ: 1000 } } });
      p.lan.faults.addRule(({ from }, fate) => {
        fate.lost ||= from === 'b' && p.world.nowUs > 0;
        return fate.lost;
      });
      start(p.b, { startUs: 100_000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(s, sockaddr_in(A_IP, 80));
      });
      let ticked = 0;
      for (let ms = 101; ms < 1500; ms++) p.world.at(ms * 1000, () => (ticked ||= p.b.stack.tcp_ticks > 0 ? ms : 0));
      p.world.runSync({ until: 1.5e6 });
      return ticked;
    };
    expect(first({})).toBe(351);
    expect(first({ CONFIG_LWIP_TCPIP_CORE_LOCKING: true })).toBe(1001);
  });

  test('tasks of every priority call into one stack', () => {
    const sdkconfig = { CONFIG_LWIP_TCPIP_CORE_LOCKING: true };
    const p = pair({ board: { sdkconfig } });
    const got = start(p.a, { priority: 3, name: 'reader' }, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      let n = 0;
      for (; n < 9; n++) yield* os.recv(s, new Uint8Array(4));
      return n;
    });
    for (const priority of [2, 5, 20]) {
      start(p.b, { priority, name: `p${priority}`, startUs: 1000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        for (let i = 0; i < 3; i++) {
          yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 9));
          yield* os.delayMs(10);
        }
      });
    }
    expect(p.world.runSync().outcome).toBe('ended');
    expect(got.value).toBe(9);
  });
});

test('a board can have the options of Debian’s lwIP', () => {
  const [syn, ...rest] = conversation({}, 50_000, { opt: LIBLWIP });
  expect(syn).toMatchObject({ flags: 'S', win: 65_535, opt: '020405b401030301', ttl: 255 });
  expect(rest.reduce((sum, { len }) => sum + len, 0)).toBe(50_000);
});
