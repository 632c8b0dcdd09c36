/** How a run ends, and what the report says about those who wait. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  MSG_DONTWAIT,
  makeFdSet,
  type Os,
  type RunOptions,
  type RunReport,
  SO_KEEPALIVE,
  SO_LINGER,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  World,
} from '../../device/index.ts';
import { acceptOne, B_IP, connectTo, listenOn, pair, pattern, type Steps, start } from '../support/worlds.ts';

/** Programs for both boards, and what comes of them. */
function outcomeOf(
  a: (os: Os) => Steps<unknown>,
  b: ((os: Os) => Steps<unknown>) | null = null,
  options: RunOptions = {},
): RunReport {
  const p = pair();
  start(p.a, a);
  if (b !== null) start(p.b, b);
  return p.world.runSync(options);
}

const udpOn = function* (os: Os, port: number): Steps<number> {
  const s = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(s, sockaddr_in('0.0.0.0', port));
  return s;
};

function* connected(os: Os): Steps<number> {
  yield* os.delayMs(20);
  return yield* connectTo(os, B_IP, 80);
}

function* accepted(os: Os): Steps<number> {
  return yield* os.accept(yield* listenOn(os, 80));
}

describe('a run', () => {
  test('of nothing ends at once', () => {
    expect(new World().runSync()).toEqual({ outcome: 'ended', nowUs: 0, blocked: [], findings: [], hints: [] });
    expect(pair().world.runSync()).toMatchObject({ outcome: 'ended', blocked: [] });
  });

  test('ends when all programs have, though connections go on dying', () => {
    const report = outcomeOf(
      function* (os) {
        yield* os.close(yield* connected(os));
      },
      function* (os) {
        const s = yield* acceptOne(os, 80);
        yield* os.recv(s, new Uint8Array(1));
        yield* os.close(s);
      },
    );
    expect(report).toMatchObject({ outcome: 'ended', blocked: [] });
    expect(report.nowUs).toBeLessThan(2_000_000);
  });

  test.each<[string, (os: Os) => Steps<unknown>, string, string]>([
    ['accept()', accepted, 'accept(54)', 'a connection (listening on port 80)'],
    [
      'recv() on a bound datagram socket',
      function* (os) {
        yield* os.recv(yield* udpOn(os, 9), new Uint8Array(1));
      },
      'recv(54)',
      'data (UDP port 9)',
    ],
    [
      'recvfrom() on a raw socket',
      function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_RAW, 1);
        yield* os.recvfrom(s, new Uint8Array(1), 1, 0);
      },
      'recvfrom(54)',
      'data (raw socket)',
    ],
    [
      'select() on a listener',
      function* (os) {
        const s = yield* listenOn(os, 80);
        yield* os.select(64, makeFdSet(s), null, null, null);
      },
      'select()',
      'a descriptor to become ready',
    ],
    [
      'lwip_poll() on a datagram socket',
      function* (os) {
        yield* os.lwip_poll([{ fd: yield* udpOn(os, 9), events: 1, revents: 0 }], -1);
      },
      'lwip_poll()',
      'a descriptor to become ready',
    ],
  ])('is idle when all that is left waits as a server does: %s', (_name, program, call, waitsFor) => {
    expect(outcomeOf(program)).toMatchObject({
      outcome: 'idle',
      blocked: [{ board: 'a', task: 'main', call, waitsFor, isServing: true }],
    });
  });

  test.each<[string, (os: Os) => Steps<unknown>, ((os: Os) => Steps<unknown>) | null, string]>([
    [
      'recv() from a peer that is silent',
      function* (os) {
        yield* os.recv(yield* connected(os), new Uint8Array(1));
      },
      accepted,
      'data (ESTABLISHED with 192.168.4.2:80)',
    ],
    [
      'recv() on a connected datagram socket',
      function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.connect(s, sockaddr_in(B_IP, 9));
        yield* os.recv(s, new Uint8Array(1));
      },
      null,
      'data (UDP port ',
    ],
    [
      'select() on a connection',
      function* (os) {
        yield* os.select(64, makeFdSet(yield* connected(os)), null, null, null);
      },
      accepted,
      'a descriptor to become ready',
    ],
  ])('hangs when somebody waits for what cannot come: %s', (_name, a, b, waitsFor) => {
    expect(outcomeOf(a, b)).toMatchObject({
      outcome: 'hang',
      blocked: [{ board: 'a', isServing: false, waitsFor: expect.stringContaining(waitsFor) }],
    });
  });

  test('goes on as long as a closed window is probed', () => {
    const sends = function* (os: Os): Steps<void> {
      yield* os.send(yield* connected(os), pattern(50_000));
    };
    expect(outcomeOf(sends, accepted, { until: 3_600_000_000 })).toMatchObject({
      outcome: 'until',
      blocked: [
        { call: 'send(54)', waitsFor: 'room in the send buffer (ESTABLISHED with 192.168.4.2:80)', isServing: false },
      ],
    });
  });

  test('does not give up while a retransmission could still end the wait', () => {
    const p = pair();
    const ret = start(p.a, function* (os) {
      yield* os.delayMs(20);
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      return yield* os.connect(s, sockaddr_in('192.168.4.77', 80));
    });
    expect(p.world.runSync()).toMatchObject({ outcome: 'ended' });
    expect(ret.value).toBe(-1);
    expect(p.world.nowUs).toBeGreaterThan(18_000_000);
  });

  test('does not give up while keepalive has not had an answer', () => {
    const p = pair();
    const n = start(p.a, function* (os) {
      const s = yield* connected(os);
      yield* os.setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, 1);
      p.b.powerOff();
      return yield* os.recv(s, new Uint8Array(1));
    });
    start(p.b, accepted);
    expect(p.world.runSync()).toMatchObject({ outcome: 'ended' });
    expect(n.value).toBe(-1);
    expect(p.world.nowUs).toBeGreaterThan(7_200_000_000);
  });

  test('stops at a time, whose own events still happen', () => {
    const { world } = pair();
    const seen: number[] = [];
    for (const t of [1000, 5000, 5001]) world.at(t, () => seen.push(t));
    expect(world.runSync({ until: 5000 })).toMatchObject({ outcome: 'until', nowUs: 5000 });
    expect(seen).toEqual([1000, 5000]);
    expect(world.runSync({ until: 2000 })).toMatchObject({ outcome: 'until', nowUs: 5000 });
    world.runSync();
    expect(seen).toEqual([1000, 5000, 5001]);
  });

  test('goes on to that time if it is told not to stop when idle', () => {
    const report = outcomeOf(accepted, null, { until: 3_600_000_000, stopWhenIdle: false });
    expect(report).toMatchObject({ outcome: 'until', nowUs: 3_600_000_000, blocked: [{ isServing: true }] });
  });

  test('can be continued in pieces, with the same result', () => {
    const whole = pair();
    const pieces = pair();
    for (const p of [whole, pieces]) {
      start(p.a, function* (os) {
        const s = yield* connected(os);
        yield* os.send(s, pattern(20_000));
        yield* os.close(s);
      });
      start(p.b, function* (os) {
        const s = yield* acceptOne(os, 80);
        while ((yield* os.recv(s, new Uint8Array(500))) > 0);
        yield* os.close(s);
      });
    }
    whole.world.runSync({ until: 1_000_000 });
    for (let t = 0; t <= 1_000_000; t += 7001) pieces.world.runSync({ until: t });
    pieces.world.runSync({ until: 1_000_000 });
    expect(pieces.trace).toEqual(whole.trace);
  });

  test('in steps takes one event at a time', async () => {
    const { world } = pair();
    const seen: number[] = [];
    world.at(1000, () => seen.push(world.nowUs));
    world.at(1000, () => seen.push(-1));
    while (seen.length === 0) expect(await world.step()).toBe(true);
    expect(seen).toEqual([1000]);
    await world.step();
    expect(seen).toEqual([1000, -1]);
    expect(await new World().step()).toBe(false);
  });
});

describe('a world is made of', () => {
  test.each([
    [{ seed: 1.5 }, 'The seed must be a whole number, not 1.5.'],
    [{ tickUs: 999 }, 'tickUs must be a whole number from 1000 to 1000000, not 999.'],
    [{ tickUs: 1000.5 }, 'tickUs must be'],
  ])('no options like %j', (options, message) => {
    expect(() => new World(options)).toThrow(message);
  });

  test('boards with names of their own', () => {
    const { world, lan } = pair();
    expect(() => world.esp32('a', { lan, ip: '192.168.4.3' })).toThrow('There is a board named "a" already.');
  });

  test.each([
    [{ ip: '192.168.4.300' }, 'ip must be an IPv4 address, not "192.168.4.300".'],
    [{ ip: '192.168.4.3/33' }, '"192.168.4.3/33" must end in a prefix length from /1 to /32.'],
    [{ ip: '192.168.4.3/0' }, 'must end in a prefix length'],
    [{ ip: '192.168.4.3/x' }, 'must end in a prefix length'],
    [{ ip: '192.168.4.3', gw: 'nowhere' }, 'gw must be an IPv4 address, not "nowhere".'],
    [{ ip: '192.168.4.3', mac: '1:2:3' }, '"1:2:3" is not a MAC address'],
    [{ ip: '192.168.4.3', opt: { TCP_WND: 1 } }, 'TCP_WND must be a whole number from'],
    [{}, 'A board needs an address'],
  ])('no boards like %j', (options, message) => {
    const { world, lan } = pair();
    expect(() => world.esp32('c', { lan, ...options })).toThrow(message);
  });

  test('boards that are numbered in Espressif’s range', () => {
    const { world, lan, trace } = pair();
    for (let i = 2; i < 260; i++) world.esp32(`board${i}`, { lan, ip: `192.168.${i >> 8}.${i & 255}/16` });
    world.runSync({ until: 1 });
    const macs = trace.frames.map((f) => Buffer.from(f.bytes.subarray(6, 12)).toString('hex'));
    expect([macs[0], macs[1], macs.at(-1), new Set(macs).size]).toEqual([
      '240ac4000001',
      '240ac4000002',
      '240ac4000104',
      260,
    ]);
  });
});

describe('the report says what a task waits for', () => {
  const LINGER = { board: { opt: { LWIP_SO_LINGER: 1 } } };

  test.each<[string, (os: Os) => Steps<unknown>]>([
    ["the peer's answer (SYN_SENT with 192.168.4.77:80)", (os) => connectTo(os, '192.168.4.77', 80)],
    [
      'time to pass',
      function* (os) {
        yield* os.vTaskDelay(1000);
      },
    ],
    [
      'room in the send buffer (ESTABLISHED with 192.168.4.2:80)',
      function* (os) {
        yield* os.send(yield* connected(os), pattern(20_000));
      },
    ],
    [
      'its data to be acknowledged (FIN_WAIT_1 with 192.168.4.2:80)',
      function* (os) {
        const s = yield* connected(os);
        yield* os.setsockopt(s, SOL_SOCKET, SO_LINGER, { l_onoff: 1, l_linger: 100 });
        yield* os.send(s, pattern(9000), 9000, MSG_DONTWAIT);
        yield* os.close(s);
      },
    ],
    [
      'the processor',
      function* (os) {
        yield* os.xTaskCreate(
          function* (busy) {
            for (;;) yield* busy.taskYIELD();
          },
          'busy',
          { priority: 6 },
        );
        yield* os.delayMs(1);
      },
    ],
  ])('%s', (waitsFor, program) => {
    const p = pair(LINGER);
    start(p.a, program);
    start(p.b, function* (os) {
      yield* os.accept(yield* listenOn(os, 80));
      yield* os.delayMs(100_000);
    });
    const { blocked } = p.world.runSync({ until: 1_005_000 });
    expect(blocked[0]).toMatchObject({ board: 'a', task: 'main', waitsFor, isServing: false });
  });
});
