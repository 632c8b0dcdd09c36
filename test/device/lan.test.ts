/** The wire: when frames arrive and at whom, and what misfortunes do to them. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  type Esp32,
  type Fate,
  IPPROTO_TCP,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  TCP_NODELAY,
  World,
} from '../../device/index.ts';
import { arpFrame, IP, icmpFrame, tcpFrame, udpFrame } from '../support/frames.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  A_IP,
  acceptOne,
  B_IP,
  connectTo,
  type Pair,
  type PairOptions,
  pair,
  pattern,
  type Result,
  recvAll,
  sendAll,
  start,
} from '../support/worlds.ts';

/** When each datagram of a receives at b, and with what, if a sends these sizes at 20 ms with ARP done before. */
function arrivals(
  options: PairOptions,
  sizes: readonly number[],
  prepare: (p: Pair) => void = () => undefined,
): string[] {
  const p = pair(options);
  prepare(p);
  const seen: string[] = [];
  start(p.b, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
    for (const buffer = new Uint8Array(2000); ; ) {
      const n = yield* os.recv(s, buffer);
      if (n > 0) seen.push(`${n}@${p.world.nowUs - 20_000}`);
    }
  });
  start(p.a, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.sendto(s, '', 0, 0, sockaddr_in(B_IP, 9));
    yield* os.delayMs(20);
    for (const n of sizes) yield* os.sendto(s, pattern(n), n, 0, sockaddr_in(B_IP, 9));
  });
  p.world.runSync({ until: 10_000_000 });
  return seen;
}

/** Frames of a before the datagrams: its announcement, the question for b, the empty datagram. */
const BEFORE = 3;
/** Ethernet, IP and UDP header. */
const HEADERS = 42;

describe('a lan', () => {
  test('delivers after its latency, 1 ms if none is given', () => {
    expect(arrivals({}, [10, 20])).toEqual(['10@1000', '20@1000']);
    expect(arrivals({ lan: { latencyUs: 1234 } }, [10])).toEqual(['10@1234']);
  });

  test('with a rate sends one frame of a board after the other', () => {
    const bitsPerSecond = 1_000_000;
    const first = (100 + HEADERS) * 8;
    const second = first + (200 + HEADERS) * 8;
    expect(arrivals({ lan: { latencyUs: 500, bitsPerSecond } }, [100, 200])).toEqual([
      `100@${first + 500}`,
      `200@${second + 500}`,
    ]);
  });

  test('with a rate lets both directions go at once', () => {
    const p = pair({ lan: { latencyUs: 0, bitsPerSecond: 8000 } });
    p.world.runSync({ until: 100_000 });
    // Two announcements of 42 bytes, a byte a millisecond: both are through after 42 ms, not 84.
    expect(p.trace.frames.map((f) => f.tUs)).toEqual([0, 0]);
    const arp = (board: Esp32) => board.stack.stats.etharp_proterr;
    expect([arp(p.a), arp(p.b)]).toEqual([0, 0]);
  });

  test('gives its MTU to the boards', () => {
    const p = pair({ lan: { mtu: 576 } });
    start(p.b, function* (os) {
      yield* recvAll(os, yield* acceptOne(os, 80));
    });
    start(p.a, function* (os) {
      yield* os.delayMs(20);
      const s = yield* connectTo(os, B_IP, 80);
      yield* sendAll(os, s, pattern(3000));
      yield* os.close(s);
    });
    p.world.runSync();
    expect(Math.max(...p.trace.frames.map((f) => f.bytes.length))).toBe(576 + 14);
  });

  test('shows a frame only to the board that it is for, a broadcast to all others', () => {
    const world = new World();
    const lan = world.lan();
    const boards = ['1', '2', '3'].map((n) => world.esp32(`board${n}`, { lan, ip: `10.0.0.${n}/24`, garp: false }));
    world.runSync({ until: 5000 });
    const known = () => boards.map((b) => b.stack.arp_table.filter((e) => e !== undefined).length);
    expect(known()).toEqual([0, 0, 0]);
    start(boards[0]!, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.sendto(s, 'x', 1, 0, sockaddr_in('10.0.0.2', 9));
    });
    world.runSync({ until: 100_000 });
    expect(known()).toEqual([1, 1, 0]);
    expect(boards[2]!.stack.stats.ip_drop).toBe(0);
  });

  test('does not join what is on another', () => {
    const world = new World();
    const [here, there] = [world.lan({ name: 'here' }), world.lan()];
    const a = world.esp32('a', { lan: here, ip: `${A_IP}/24` });
    world.esp32('b', { lan: there, ip: `${B_IP}/24` });
    const trace = world.record();
    const ret = start(a, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      return yield* os.connect(s, sockaddr_in(B_IP, 80));
    });
    world.runSync();
    expect(ret.value).toBe(-1);
    expect(new Set(trace.frames.map((f) => `${f.from}:${f.lan}`))).toEqual(new Set(['a:here', 'b:lan1']));
  });

  test.each([
    [{ latencyUs: -1 }, 'latencyUs must be a whole number of at least 0, not -1.'],
    [{ latencyUs: 0.5 }, 'latencyUs must be'],
    [{ bitsPerSecond: -1 }, 'bitsPerSecond must be'],
    [{ mtu: 67 }, 'mtu must be a whole number from 68 to 65535, not 67.'],
  ])('is not made of %j', (options, message) => {
    expect(() => new World().lan(options)).toThrow(message);
  });

  test('cannot be asked about boards that are elsewhere', () => {
    const { lan } = pair();
    expect(() => lan.portOf('c')).toThrow('There is no board named "c" on lan0.');
  });
});

describe('faults', () => {
  const one =
    (action: 'drop' | 'delay' | 'dup' | 'corrupt', rest: object = {}) =>
    (p: Pair) => {
      p.lan.faults.add({ from: 'a', frame: BEFORE, action, ...rest });
    };

  test.each<[string, (p: Pair) => void, string[]]>([
    ['drop', one('drop'), ['2@1000', '3@1000']],
    ['delay', one('delay', { us: 500 }), ['2@1000', '3@1000', '1@1500']],
    ['dup', one('dup'), ['1@1000', '1@1000', '2@1000', '3@1000']],
    [
      'dup, three times with a gap',
      one('dup', { us: 300, times: 3 }),
      ['1@1000', '2@1000', '3@1000', '1@1300', '1@1600', '1@1900'],
    ],
    ['corrupt the port', one('corrupt', { offset: 37, xor: 1 }), ['2@1000', '3@1000']],
    ['corrupt behind the end', one('corrupt', { offset: 5000 }), ['1@1000', '2@1000', '3@1000']],
    [
      'two on one frame',
      (p) => {
        one('delay', { us: 100 })(p);
        one('dup', { us: 50 })(p);
      },
      ['2@1000', '3@1000', '1@1100', '1@1150'],
    ],
    ['an outage', (p) => p.lan.faults.outage({ t0Us: 20_000, t1Us: 20_001 }), []],
    [
      'an outage of the other board',
      (p) => p.lan.faults.outage({ t0Us: 20_000, t1Us: 20_001, from: 'b' }),
      ['1@1000', '2@1000', '3@1000'],
    ],
    [
      'an outage that is over',
      (p) => p.lan.faults.outage({ t0Us: 10_000, t1Us: 20_000 }),
      ['1@1000', '2@1000', '3@1000'],
    ],
    ['certain loss', (p) => p.world.at(10_000, () => p.lan.faults.loss(1, p.world.random('loss'))), []],
    ['no loss', (p) => p.lan.faults.loss(0, p.world.random('loss')), ['1@1000', '2@1000', '3@1000']],
    [
      'a rule of one’s own',
      (p) =>
        p.lan.faults.addRule(({ bytes }, fate) => {
          fate.lost = bytes.length === HEADERS + 2;
          return fate.lost;
        }),
      ['1@1000', '3@1000'],
    ],
  ])('%s', (_name, prepare, expected) => {
    expect(arrivals({}, [1, 2, 3], prepare)).toEqual(expected);
  });

  test('are told in the trace, with the frame as it was sent', () => {
    const p = pair();
    p.lan.faults.add({ from: 'a', frame: 0, action: 'corrupt', offset: 41, xor: 0xff });
    p.lan.faults.add({ from: 'a', frame: 0, action: 'delay', us: 5 });
    p.lan.faults.outage({ t0Us: 0, t1Us: 1, from: 'b' });
    p.world.runSync({ until: 1000 });
    const [fromA, fromB] = p.trace.frames;
    expect([fromA?.fault, fromA?.lost, fromB?.fault, fromB?.lost]).toEqual(['corrupt+delay', false, 'outage', true]);
    expect(fromA?.bytes[41]).toBe(1);
  });

  test('say whether they ever met a frame, and can be taken away', () => {
    const p = pair();
    const [met, missed] = [0, 99].map((frame) => p.lan.faults.add({ from: 'a', frame, action: 'drop' }));
    const outage = p.lan.faults.outage({ t0Us: 0, t1Us: 1e9 });
    expect(p.lan.faults.isEmpty).toBe(false);
    p.world.runSync({ until: 1000 });
    expect([met?.matched, missed?.matched, outage.matched]).toEqual([true, false, true]);
    for (const fault of [met, missed, outage]) fault?.remove();
    expect(p.lan.faults.isEmpty).toBe(true);
  });

  test('do not concern the receiver of a frame that was corrupted for another', () => {
    const world = new World();
    const lan = world.lan();
    const boards = [1, 2, 3].map((n) => world.esp32(`board${n}`, { lan, ip: `10.0.0.${n}/24` }));
    lan.faults.addRule(({ from, bytes }, fate: Fate) => {
      if (from !== 'board1' || bytes[0] !== 0xff) return false;
      fate.corruptions.push({ offset: 0, xor: 1 });
      return true;
    });
    world.runSync({ until: 100_000 });
    for (const board of boards) expect(board.isOn).toBe(true);
    checkInvariants(world);
  });

  test('lose the share that is asked for', () => {
    const { world, lan } = pair();
    lan.faults.loss(0.25, world.random('x'));
    const sent = { from: 'a', index: 0, tUs: 0, bytes: new Uint8Array() };
    const lost = Array.from({ length: 10_000 }, () => lan.faults.judge(sent)).filter((fate) => fate.lost).length;
    expect(lost / 10_000).toBeCloseTo(0.25, 1);
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => lan.faults.loss(p, world.random('x'))).toThrow(RangeError);
  });
});

describe('injection', () => {
  /** A board at 10.0.0.2 and the answers to these frames. */
  function answersTo(...frames: Uint8Array[]): string[] {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('b', { lan, ip: '10.0.0.2/24', mac: '02:00:00:00:00:02', garp: false });
    for (const [i, bytes] of frames.entries()) lan.inject({ tUs: 1000 * (i + 1), to: 'b', bytes });
    world.runSync({ until: 100_000, stopWhenIdle: false });
    return trace.frames.slice(1).map(({ tUs, bytes }) => `${tUs} ${bytes[13] === 6 ? 'arp' : `proto ${bytes[23]}`}`);
  }

  const hello = arpFrame(1, IP.a, IP.b);

  test('reaches the board at its time', () => {
    expect(answersTo(hello, icmpFrame(8, 0, [0, 1, 0, 2]))).toEqual(['1000 arp', '2000 proto 1']);
  });

  test('passes the driver’s filter', () => {
    expect(answersTo(hello, icmpFrame(8, 0, [0, 1, 0, 2], { destMac: [2, 9, 9, 9, 9, 9] }))).toEqual([
      '1000 arp',
      '2000 proto 1',
    ]);
  });

  test('is checked like any frame', () => {
    const bad = (frame: Uint8Array, at: number) => {
      frame[at]! ^= 1;
      return frame;
    };
    expect(answersTo(hello, bad(icmpFrame(8, 0, [0, 1, 0, 2]), 38))).toEqual(['1000 arp']);
    expect(answersTo(hello, bad(tcpFrame({ flags: 2 }), 40))).toEqual(['1000 arp']);
    expect(answersTo(hello, tcpFrame({ flags: 2 }))).toEqual(['1000 arp', '2000 proto 6']);
    expect(answersTo(hello, udpFrame({ data: 'x' }))).toEqual(['1000 arp', '2000 proto 1']);
  });

  test('is not of the past, and to a board that is there', () => {
    const { world, lan } = pair();
    world.at(5000, () => {
      expect(() => lan.inject({ tUs: 4999, to: 'a', bytes: hello })).toThrow(
        'A frame cannot be injected at 4999 us: it is 5000 us already.',
      );
    });
    world.runSync();
    expect(() => lan.inject({ tUs: 6000, to: 'x', bytes: hello })).toThrow('There is no board named "x" on lan0.');
  });
});

describe('a cable', () => {
  test('that is pulled without the stack’s knowledge loses frames both ways', () => {
    const p = pair();
    const received: Result<Uint8Array> = start(p.b, function* (os) {
      return yield* recvAll(os, yield* acceptOne(os, 80));
    });
    start(p.a, function* (os) {
      yield* os.delayMs(20);
      const s = yield* connectTo(os, B_IP, 80);
      yield* os.setsockopt(s, IPPROTO_TCP, TCP_NODELAY, 1);
      for (let i = 0; i < 6; i++) {
        if (i === 2) yield* os.linkDown({ cableOnly: true });
        if (i === 4) yield* os.linkUp({ cableOnly: true });
        yield* os.send(s, pattern(100, i));
        yield* os.delayMs(100);
      }
      yield* os.close(s);
    });
    p.world.runSync();
    expect(received.value.length).toBe(600);
    expect(new Set(p.trace.frames.map((f) => f.fault))).toEqual(new Set(['', 'nocable']));
  });
});
