import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  errnoName,
  type FaultSpec,
  type Os,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
} from '../../../device/index.ts';
import { homeAndStation } from '../../support/wifi.ts';
import {
  A_IP,
  acceptOne,
  B_IP,
  connectTo,
  listenOn,
  outcome,
  pair,
  pattern,
  type Steps,
  start,
} from '../../support/worlds.ts';

const SECOND = 1_000_000;

/** Board b asks a's UDP echo once a second, for six seconds, from a socket made anew each time. */
function pings(plan: FaultSpec | FaultSpec[], board: object = {}) {
  const p = pair({ board });
  const inflicted = p.world.inflict(plan);
  p.a.xTaskCreate(echoUdp, 'echo');
  const got: (number | string)[] = [];
  p.b.xTaskCreate(function* (os) {
    yield* os.delayMs(500);
    for (let i = 0; i < 6; i++) {
      got.push(yield* ping(os));
      yield* os.delayMs(1000 - (os.xTaskGetTickCount() % 100) * 10 + 500);
    }
  }, 'ping');
  p.world.runSync({ until: 20 * SECOND });
  return { ...p, got, faults: inflicted.faults };
}

function* echoUdp(os: Os): Steps<void> {
  const s = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(s, sockaddr_in('0.0.0.0', 7));
  const buffer = new Uint8Array(100);
  const from = sockaddr_in();
  for (;;) {
    const n = yield* os.recvfrom(s, buffer, 100, 0, from);
    yield* os.sendto(s, buffer, n, 0, from);
  }
}

function* ping(os: Os): Steps<number | string> {
  const s = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 0, tv_usec: 300_000 });
  yield* os.sendto(s, 'ping', 4, 0, sockaddr_in(A_IP, 7));
  const n = yield* outcome(os, os.recv(s, new Uint8Array(100)));
  yield* os.close(s);
  return n;
}

const LATE = 'EWOULDBLOCK';

describe('a planned fault on a board', () => {
  test.each<[string, FaultSpec, (number | string)[]]>([
    ['power off', { kind: 'powerOff', board: 'a', atUs: 2 * SECOND }, [4, 4, LATE, LATE, LATE, LATE]],
    [
      'power off for a while',
      { kind: 'powerOff', board: 'a', atUs: 2 * SECOND, forUs: 2 * SECOND },
      [4, 4, LATE, LATE, 4, 4],
    ],
    ['reboot', { kind: 'reboot', board: 'a', atUs: 2 * SECOND }, [4, 4, 4, 4, 4, 4]],
    ['link down', { kind: 'linkDown', board: 'a', atUs: 2 * SECOND, forUs: SECOND }, [4, 4, LATE, 4, 4, 4]],
    ['interface down', { kind: 'interfaceDown', board: 'a', atUs: 2 * SECOND, forUs: SECOND }, [4, 4, LATE, 4, 4, 4]],
    [
      'interface down, back with another address',
      { kind: 'interfaceDown', board: 'a', atUs: 2 * SECOND, forUs: SECOND, ip: '192.168.4.9/24' },
      [4, 4, LATE, LATE, LATE, LATE],
    ],
    [
      'address change',
      { kind: 'addressChange', board: 'a', atUs: 2 * SECOND, ip: '192.168.4.9' },
      [4, 4, LATE, LATE, LATE, LATE],
    ],
    ['freeze', { kind: 'freeze', board: 'a', atUs: 2 * SECOND, forUs: SECOND }, [4, 4, LATE, 4, 4, 4]],
    [
      'after a frame',
      { kind: 'powerOff', board: 'a', after: { match: { from: 'a', proto: 'udp' }, nth: 3 } },
      [4, 4, 4, LATE, LATE, LATE],
    ],
    [
      'after a call',
      { kind: 'powerOff', board: 'a', after: { call: 'sendto', board: 'b', nth: 2 } },
      [4, LATE, LATE, LATE, LATE, LATE],
    ],
  ])('%s', (_name, spec, expected) => {
    const { got, faults } = pings(spec);
    expect(got).toEqual(expected);
    expect(faults[0]).toMatchObject({ matched: true, matches: 1, applied: 1 });
  });

  test('frozen tasks get their time-outs late', () => {
    const { world, a } = pair();
    world.inflict({ kind: 'freeze', board: 'a', atUs: 100_000, forUs: 400_000 });
    const woke: number[] = [];
    start(a, function* (os) {
      yield* os.delayMs(200);
      woke.push(world.nowUs);
      yield* os.delayMs(10);
      woke.push(world.nowUs);
    });
    world.runSync();
    expect(woke).toEqual([500_000, 510_000]);
  });

  test('the whole board can be frozen: its stack does not answer either', () => {
    const answeredAt = (priority: number) => {
      const { world, a, trace } = pair();
      world.inflict({ kind: 'freeze', board: 'a', atUs: 10_000, forUs: 400_000, priority });
      start(a, (os) => acceptOne(os, 80));
      const { b } = { b: world.boards[1]! };
      start(b, { startUs: 20_000 }, (os) => connectTo(os, A_IP, 80));
      world.runSync({ until: 3 * SECOND });
      return trace.frames.find((f) => f.from === 'a' && f.tUs > 10_000)?.tUs;
    };
    expect(answeredAt(17)).toBe(21_000);
    expect(answeredAt(24)).toBe(410_000);
  });

  test('a freeze ends with the power', () => {
    const { world, a } = pair();
    world.inflict([
      { kind: 'freeze', board: 'a', atUs: 100_000, forUs: 10 * SECOND },
      { kind: 'reboot', board: 'a', atUs: 200_000 },
    ]);
    const woke: number[] = [];
    a.xTaskCreate(function* (os) {
      yield* os.delayMs(150);
      woke.push(world.nowUs);
    }, 'main');
    world.runSync();
    expect(woke).toEqual([350_000]);
  });

  test('a connection dies with the interface', () => {
    const { world, a, b } = pair();
    world.inflict({ kind: 'interfaceDown', board: 'b', atUs: SECOND, forUs: SECOND, ip: '192.168.4.7/24' });
    start(a, (os) => acceptOne(os, 80));
    const client = start(b, { startUs: 20_000 }, function* (os) {
      const s = yield* connectTo(os, A_IP, 80);
      const first = yield* outcome(os, os.recv(s, new Uint8Array(10)));
      yield* os.delayMs(2000);
      const second = yield* os.socket(AF_INET, SOCK_STREAM);
      return [first, yield* outcome(os, os.connect(second, sockaddr_in(A_IP, 80)))];
    });
    world.runSync({ until: 60 * SECOND });
    // lwIP says ECONNABORTED; the listener of a is gone by then.
    expect(client.value).toEqual(['ECONNABORTED', 'ECONNRESET']);
  });
});

describe('a planned fault on a Wi-Fi station', () => {
  const stay = (spec: FaultSpec) => {
    const { world, diary } = homeAndStation();
    const { faults } = world.inflict(spec);
    world.runSync({ until: 60 * SECOND });
    expect(faults[0]?.applied).toBe(1);
    return diary.map((line) => line.replace(/^\d+ /, ''));
  };

  test('a lost network is found again when it is back', () => {
    const diary = stay({ kind: 'interfaceDown', board: 'station', atUs: 10 * SECOND, forUs: 5 * SECOND });
    expect(diary).toContain('disconnected 200 BEACON_TIMEOUT');
    expect(diary.filter((words) => words.startsWith('connected'))).toHaveLength(2);
  });

  test('a short silence goes unnoticed, a long one does not', () => {
    const short = stay({ kind: 'linkDown', board: 'station', atUs: 10 * SECOND, forUs: 2 * SECOND });
    expect(short.filter((words) => words.startsWith('disconnected'))).toEqual([]);
    const long = stay({ kind: 'linkDown', board: 'station', atUs: 10 * SECOND, forUs: 20 * SECOND });
    expect(long).toContain('disconnected 200 BEACON_TIMEOUT');
  });

  test('an access point can fail as a board does', () => {
    const diary = stay({ kind: 'reboot', board: 'home', atUs: 10 * SECOND, forUs: 20 * SECOND });
    expect(diary).toContain('disconnected 200 BEACON_TIMEOUT');
    expect(diary.filter((words) => words.startsWith('connected'))).toHaveLength(2);
  });
});

describe('a planned lack of memory', () => {
  /** Board a opens, binds, sends, listens and accepts; b connects. */
  function* everything(os: Os): Steps<(number | string)[]> {
    const results: (number | string)[] = [];
    const note = function* (call: Parameters<typeof outcome>[1]): Steps<number> {
      const result = yield* outcome(os, call);
      results.push(result);
      return typeof result === 'number' ? result : -1;
    };
    const u = yield* note(os.socket(AF_INET, SOCK_DGRAM));
    yield* note(os.sendto(u, 'x', 1, 0, sockaddr_in(B_IP, 9)));
    const l = yield* note(os.socket(AF_INET, SOCK_STREAM));
    yield* os.bind(l, sockaddr_in('0.0.0.0', 80));
    yield* note(os.listen(l, 2));
    const s = yield* note(os.accept(l));
    yield* note(os.send(s, 'hello'));
    return results;
  }

  test.each<[string, FaultSpec | [], (number | string)[]]>([
    ['there is enough', [], [54, 1, 55, 0, 56, 5]],
    ['no slot', { kind: 'noMemory', board: 'a', of: 'descriptor' }, ['ENFILE', 'EBADF', 54, 0, 55, 5]],
    [
      'no slot for what is accepted',
      { kind: 'noMemory', board: 'a', of: 'descriptor', nth: 3 },
      [54, 1, 55, 0, 'ENFILE', 'EBADF'],
    ],
    [
      'no netconn',
      { kind: 'noMemory', board: 'a', of: 'netconn', nth: 2 },
      [54, 1, 'ENOBUFS', 'EBADF', 'EBADF', 'EBADF'],
    ],
    ['no pcb', { kind: 'noMemory', board: 'a', of: 'pcb' }, ['ENOBUFS', 'EBADF', 54, 0, 55, 5]],
    [
      'no pcb for the listener',
      { kind: 'noMemory', board: 'a', of: 'pcb', nth: 3 },
      [54, 1, 55, 'ENOMEM', 'EINVAL', 'EBADF'],
    ],
    ['no pcb for a SYN', { kind: 'noMemory', board: 'a', of: 'pcb', nth: 4 }, [54, 1, 55, 0, 'ECONNABORTED', 'EBADF']],
    ['no pbuf', { kind: 'noMemory', board: 'a', of: 'pbuf' }, [54, 'ENOMEM', 55, 0, 56, 5]],
    [
      'no pbuf for a segment: the write waits',
      { kind: 'noMemory', board: 'a', of: 'pbuf', nth: 2 },
      [54, 1, 55, 0, 56, 5],
    ],
    [
      'a frame that came is lost',
      { kind: 'noMemory', board: 'a', of: 'rx_pbuf', nth: 2, count: 3 },
      [54, 1, 55, 0, 56, 5],
    ],
  ])('%s', (_name, spec, expected) => {
    const { world, a, b } = pair();
    const { faults } = world.inflict(spec);
    const results = start(a, everything);
    start(b, { startUs: 20_000 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(A_IP, 80));
      yield* os.delayMs(1000);
    });
    world.runSync({ until: 20 * SECOND });
    expect(results.value).toEqual(expected);
    for (const fault of faults) expect(fault.matched).toBe(true);
  });

  test('no netconn for a connection that comes: it is reset', () => {
    const { world, a, b } = pair();
    world.inflict({ kind: 'noMemory', board: 'a', of: 'netconn', nth: 2 });
    start(a, (os) => acceptOne(os, 80));
    const client = start(b, { startUs: 20_000 }, function* (os) {
      const s = yield* connectTo(os, A_IP, 80);
      return yield* outcome(os, os.recv(s, new Uint8Array(9)));
    });
    world.runSync({ until: 20 * SECOND });
    expect(client.value).toBe('ECONNRESET');
  });
});

describe('planned queue sizes', () => {
  test('a UDP mailbox of two keeps two datagrams', () => {
    const received = (plan: FaultSpec[]) => {
      const { world, a, b } = pair();
      world.inflict(plan);
      const count = start(a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 7));
        yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 1, tv_usec: 0 });
        yield* os.delayMs(500);
        let n = 0;
        while ((yield* os.recv(s, new Uint8Array(9))) > 0) n++;
        return n;
      });
      start(b, { startUs: 50_000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        for (let i = 0; i < 5; i++) {
          yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 7));
          yield* os.delayMs(10);
        }
      });
      world.runSync();
      return count.value;
    };
    expect(received([])).toBe(5);
    expect(received([{ kind: 'queueSize', board: 'a', of: 'udp', size: 2, atUs: 0 }])).toBe(2);
    expect(received([{ kind: 'queueSize', board: 'a', of: 'udp', size: 3, atUs: 40_000 }])).toBe(3);
  });

  test('without a place in the ARP queue the first datagram is refused', () => {
    const { world, a } = pair();
    world.inflict({ kind: 'queueSize', board: 'a', of: 'arp', size: 0, atUs: 0 });
    const sent = start(a, { startUs: 20_000 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      const first = yield* outcome(os, os.sendto(s, 'x', 1, 0, sockaddr_in(B_IP, 7)));
      yield* os.delayMs(50);
      return [first, yield* outcome(os, os.sendto(s, 'x', 1, 0, sockaddr_in(B_IP, 7)))];
    });
    world.runSync();
    expect(sent.value).toEqual([errnoName(12), 1]);
  });

  test.each(['tcp', 'accept', 'tcpip', 'raw'] as const)('of kind %s can be nothing: nothing gets through', (of) => {
    const { world, a, b } = pair();
    world.inflict({ kind: 'queueSize', board: 'a', of, size: 0, atUs: 10_000 });
    const got = start(a, function* (os) {
      const s = yield* os.socket(AF_INET, 3, 1);
      const l = yield* listenOn(os, 80);
      yield* os.delayMs(3000);
      const raw = yield* outcome(os, os.recv(s, new Uint8Array(100), 100, 0x08));
      return [raw, yield* os.accept(l)];
    });
    start(b, { startUs: 30_000 }, function* (os) {
      const s = yield* os.socket(AF_INET, 3, 1);
      yield* os.sendto(s, Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0), 8, 0, sockaddr_in(A_IP, 0));
      const c = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(c, sockaddr_in(A_IP, 80));
      yield* os.send(c, pattern(10));
    });
    world.runSync({ until: 8 * SECOND });
    expect(got.isThere).toBe(of === 'tcp' || of === 'raw');
    if (of === 'raw') expect(got.value).toEqual(['EWOULDBLOCK', 56]);
    if (of === 'tcp') expect(world.boards[0]!.sockets.openSockets().at(-1)?.conn?.recvmbox?.count).toBe(0);
  });
});
