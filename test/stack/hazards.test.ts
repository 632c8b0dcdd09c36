/**
 * The three programs with which the real lwIP hangs, uses freed memory, or asserts (golden/hazards). The twin has to name
 * the defect, and then either stop the board as a device would stop, or go on without harm; the other boards never notice.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  type Esp32,
  F_GETFL,
  type HazardName,
  type Lan,
  type Os,
  SHUT_WR,
  SO_KEEPALIVE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  World,
  type WorldOptions,
} from '../../device/index.ts';
import { flagBits } from '../support/bare-stack.ts';
import { tcpFrame } from '../support/frames.ts';

type Steps<T = void> = Generator<void, T, void>;
type Mode = NonNullable<WorldOptions['hazards']>;

interface Scenario {
  readonly name: string;
  readonly hosts: readonly { readonly name: string; readonly mac: string; readonly ip: string }[];
  readonly link: { readonly latency_us: number };
  readonly injections?: readonly { readonly t_us: number; readonly to: string; readonly hex: string }[];
  readonly end_us: number;
}

/** A scenario of golden/hazards on the public API, beside two boards that have nothing to do with it. */
class Stage {
  readonly world: World;
  readonly lan: Lan;
  readonly endUs: number;
  /** What programs tell. */
  readonly log: (string | number)[] = [];
  private readonly boards: Esp32[];
  private pings = 0;

  constructor(file: string, mode: Mode) {
    const path = join(__dirname, '..', 'golden', 'hazards', `${file}.json`);
    const { hosts, link, injections = [], end_us } = JSON.parse(readFileSync(path, 'utf8')) as Scenario;
    this.world = new World({ tickUs: 1000, hazards: mode });
    this.world.record();
    this.endUs = end_us;
    this.lan = this.world.lan({ latencyUs: link.latency_us });
    // The numbers that golden/README.md fixes: the injected frames count on them.
    this.boards = hosts.map(({ name, mac, ip }, i) =>
      this.world.esp32(name, {
        lan: this.lan,
        mac,
        ip: `${ip}/24`,
        LWIP_RAND: (n) => 1000 * i + 137 * n,
        LWIP_HOOK_TCP_ISN: (n) => 0x0010_0000 * (i + 1) + n * 0x0001_0000,
      }),
    );
    for (const { t_us, to, hex } of injections) {
      this.lan.inject({ tUs: t_us, to, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) });
    }
    this.addBystanders();
  }

  private addBystanders(): void {
    const { lan, world } = this;
    const answering = world.esp32('bystander 1', { lan, ip: '10.0.0.101' });
    const asking = world.esp32('bystander 2', { lan, ip: '10.0.0.102' });
    answering.xTaskCreate(function* (os: Os): Steps {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 7));
      const from = sockaddr_in();
      for (;;) {
        const n = yield* os.recvfrom(s, new Uint8Array(10), 10, 0, from);
        yield* os.sendto(s, new Uint8Array(n), n, 0, from);
      }
    }, 'echo');
    const answered = (): void => {
      this.pings++;
    };
    asking.xTaskCreate(function* (os: Os): Steps {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      for (;;) {
        yield* os.delayMs(100);
        yield* os.sendto(s, 'ping', 4, 0, sockaddr_in('10.0.0.101', 7));
        if ((yield* os.recv(s, new Uint8Array(10))) === 4) answered();
      }
    }, 'ping');
  }

  board(name: string): Esp32 {
    return this.boards.find((b) => b.name === name)!;
  }

  run(): void {
    const report = this.world.runSync({ until: this.endUs, stopWhenIdle: false });
    expect(report).toMatchObject({ outcome: 'until', nowUs: this.endUs });
  }

  /** Named once, in both places, and nobody else was disturbed. */
  expectHazard(name: HazardName, board: string, tUs: number): void {
    const { hazards, trace } = this.world;
    expect(hazards).toEqual([{ name, board, tUs, text: expect.stringMatching(/^[A-Z].{40,}\.$/) }]);
    expect(trace!.notes).toEqual([expect.objectContaining({ kind: 'note', board, tUs })]);
    expect(trace!.notes[0]!.text).toContain(hazards[0]!.text);
    // A ping takes 100 ms and two latencies.
    const periodUs = 100_000 + 2 * this.lan.latencyUs + 10_000;
    expect(this.pings).toBeGreaterThanOrEqual(Math.floor(this.endUs / periodUs) - 2);
  }

  expectStopped(name: string, tUs: number): void {
    const board = this.board(name);
    expect(board.isOn).toBe(false);
    expect(board.tasks.every((task) => task.state === 'done')).toBe(true);
    const { frames, calls } = this.world.trace!;
    expect(frames.filter((f) => f.from === name && f.tUs > tUs)).toEqual([]);
    expect(calls.filter((c) => c.board === name && (c.t0Us > tUs || c.t1Us > tUs))).toEqual([]);
  }
}

const ANY = '0.0.0.0';

function* listener(os: Os, backlog: number): Steps<number> {
  const l = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(l, sockaddr_in(ANY, 80));
  yield* os.listen(l, backlog);
  return l;
}

function* recvAll(os: Os, s: number, size: number): Steps<number> {
  let total = 0;
  for (;;) {
    const n = yield* os.recv(s, new Uint8Array(size));
    if (n <= 0) return total;
    total += n;
  }
}

describe('tcp_bind_twice', () => {
  function stage(mode: Mode): Stage {
    const it = new Stage('bind_twice_hang', mode);
    const { log } = it;
    it.board('A').xTaskCreate(function* (os: Os): Steps {
      const a = yield* os.socket(AF_INET, SOCK_STREAM);
      log.push(yield* os.bind(a, sockaddr_in(ANY, 100)));
      log.push(yield* os.bind(a, sockaddr_in(ANY, 101)));
      const b = yield* os.socket(AF_INET, SOCK_STREAM);
      log.push(yield* os.bind(b, sockaddr_in(ANY, 100)));
      log.push(yield* os.close(a), yield* os.close(b));
      const c = yield* os.socket(AF_INET, SOCK_STREAM);
      log.push(yield* os.bind(c, sockaddr_in(ANY, 101)), yield* os.close(c));
    }, 't');
    it.run();
    it.expectHazard('tcp_bind_twice', 'A', 0);
    return it;
  }

  test('stop: the walk over the list never ends, so nothing comes after it', () => {
    const it = stage('stop');
    it.expectStopped('A', 0);
    expect(it.log).toEqual([0, 0]);
  });

  test('continue: the pcb is bound to the second port, once', () => {
    const it = stage('continue');
    expect(it.log).toEqual([0, 0, 0, 0, 0, 0, 0]);
    const { tcp_bound_pcbs, tcp_active_pcbs } = it.board('A').stack;
    expect([tcp_bound_pcbs, tcp_active_pcbs]).toEqual([null, null]);
  });
});

describe('netconn_close_after_free', () => {
  const CLOSE_US = 430_000;

  /** @param before a call on the connection before close() */
  function stage(mode: Mode, before?: (os: Os, c: number) => Steps<number>): Stage {
    const it = new Stage('close_uaf', mode);
    const { log } = it;
    it.board('B').xTaskCreate(function* (os: Os): Steps {
      const l = yield* listener(os, 1);
      const c = yield* os.accept(l);
      yield* os.delayMs(50);
      yield* os.shutdown(c, SHUT_WR);
      yield* os.recv(c, new Uint8Array(10));
      yield* os.delayMs(300);
      if (before !== undefined) log.push(yield* before(os, c));
      log.push(yield* os.close(c), yield* os.close(c), yield* os.close(l));
    }, 'srv');
    const connect = function* (os: Os): Steps {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in('10.0.0.2', 80));
      yield* os.shutdown(s, SHUT_WR);
      yield* recvAll(os, s, 10);
      yield* os.delayMs(500);
      yield* os.close(s);
      log.push('the peer has ended');
    };
    it.board('A').xTaskCreate(connect, 'cli', { startUs: 10_000 });
    it.run();
    it.expectHazard('netconn_close_after_free', 'B', CLOSE_US);
    return it;
  }

  test('stop: nothing is safe after close() has used the freed pcb', () => {
    const it = stage('stop');
    it.expectStopped('B', CLOSE_US);
    expect(it.log).toEqual(['the peer has ended']);
  });

  test('continue: close() gives the descriptor back', () => {
    expect(stage('continue').log).toEqual([0, -1, 0, 'the peer has ended']);
  });

  const uses: Readonly<Record<string, (os: Os, c: number) => Steps<number>>> = {
    *'send()'(os, c) {
      return yield* os.send(c, 'x');
    },
    *'getpeername()'(os, c) {
      return yield* os.getpeername(c, sockaddr_in());
    },
    *'setsockopt()'(os, c) {
      return yield* os.setsockopt(c, SOL_SOCKET, SO_KEEPALIVE, 1);
    },
    *'shutdown()'(os, c) {
      return yield* os.shutdown(c, SHUT_WR);
    },
  };

  test.each(Object.entries(uses))('%s uses the freed pcb too: stop', (_name, use) => {
    const it = stage('stop', use);
    it.expectStopped('B', CLOSE_US);
    expect(it.log).toEqual(['the peer has ended']);
  });

  test.each(Object.entries(uses))('%s uses the freed pcb too: continue', (_name, use) => {
    expect(stage('continue', use).log).toEqual([-1, 0, -1, 0, 'the peer has ended']);
  });

  test('a call that needs no pcb is no hazard: it is reported at close() only', () => {
    function* flags(os: Os, c: number): Steps<number> {
      yield* os.recv(c, new Uint8Array(1));
      return yield* os.fcntl(c, F_GETFL);
    }
    const calls = stage('stop', flags).world.trace!.calls.filter((c) => c.t1Us === -1 && c.board === 'B');
    expect(calls.map((c) => c.fn)).toEqual(['close']);
  });
});

describe('tcp_persist_without_data', () => {
  /** The first slow tick after the peer's last acknowledgement at 12 s; ticks began 250 ms after its SYN at 10 ms. */
  const TICK_US = 12_260_000;
  const PEER = { mac: [2, 0, 0, 0, 0, 9], ip: [10, 0, 0, 9] } as const;

  function stage(mode: Mode): Stage {
    const it = new Stage('persist_assert', mode);
    const { log } = it;
    it.board('A').xTaskCreate(function* (os: Os): Steps {
      const l = yield* listener(os, 3);
      const c = yield* os.accept(l);
      yield* os.delayMs(100);
      log.push(yield* os.send(c, new Uint8Array(1000)));
      log.push(yield* recvAll(os, c, 100));
      log.push(yield* os.close(c));
    }, 'srv');
    // Beyond the scenario: what the connection is good for afterwards.
    const segment = (flags: string, seq: number, ack: number, data = ''): Uint8Array => {
      const bytes = tcpFrame({
        srcIp: PEER.ip,
        destIp: [10, 0, 0, 1],
        destMac: [2, 0, 0, 0, 0, 1],
        seq,
        ack,
        flags: flagBits(flags),
        data,
      });
      bytes.set(PEER.mac, 6);
      return bytes;
    };
    const dataEnd = 0x0010_03e9;
    it.lan.inject({ tUs: 13_000_000, to: 'A', bytes: segment('PA', 0x5000_0001, dataEnd, 'hello') });
    it.lan.inject({ tUs: 13_500_000, to: 'A', bytes: segment('FA', 0x5000_0006, dataEnd) });
    it.lan.inject({ tUs: 14_000_000, to: 'A', bytes: segment('A', 0x5000_0007, dataEnd + 1) });
    it.run();
    it.expectHazard('tcp_persist_without_data', 'A', TICK_US);
    return it;
  }

  test('stop: the assertion fails in the timer', () => {
    const it = stage('stop');
    it.expectStopped('A', TICK_US);
    expect(it.log).toEqual([1000]);
  });

  test('continue: the persist timer stops, the connection lives on', () => {
    const it = stage('continue');
    expect(it.log).toEqual([1000, 5, 0]);
    expect(it.board('A').stack.tcp_active_pcbs).toBeNull();
  });
});

describe('netif_poll_without_end', () => {
  const INJECTED_US = 500_000;
  const IP = [10, 0, 0, 1];

  /** A board that is connected to itself gets a segment that looks like its own, and is not. */
  function storm(hazards: Mode) {
    const world = new World({ hazards });
    const lan = world.lan();
    const board = world.esp32('board', { lan, ip: '10.0.0.1', LWIP_RAND: () => 0, LWIP_HOOK_TCP_ISN: (n) => n << 16 });
    const got: number[] = [];
    board.xTaskCreate(function* (os: Os): Steps {
      const l = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.bind(l, sockaddr_in('0.0.0.0', 80));
      yield* os.listen(l, 1);
      const client = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(client, sockaddr_in('10.0.0.1', 80));
      const s = yield* os.accept(l);
      const buffer = new Uint8Array(10);
      got.push(yield* os.recv(s, buffer));
      yield* os.delayMs(1000);
      got.push(yield* os.send(client, 'after it'));
      got.push(yield* os.close(client));
    }, 'main');
    const segment = { srcIp: IP, destIp: IP, ports: [0xc001, 80] as const, seq: 0, ack: 0x1_0001 };
    const bytes = tcpFrame({ ...segment, flags: flagBits('PA'), data: 'hello' });
    lan.inject({ tUs: INJECTED_US, to: 'board', bytes });
    world.runSync({ until: 10_000_000, stopWhenIdle: false });
    return { world, board, got };
  }

  test('stop: acknowledgements answer each other within one message, for ever', () => {
    const { world, board, got } = storm('stop');
    expect(world.hazards.map(({ name, tUs }) => [name, tUs])).toEqual([['netif_poll_without_end', INJECTED_US]]);
    expect([board.isOn, got]).toEqual([false, []]);
  });

  test('continue: they are dropped, and the programs go on', () => {
    const { world, board, got } = storm('continue');
    expect(new Set(world.hazards.map(({ name }) => name))).toEqual(new Set(['netif_poll_without_end']));
    expect([board.isOn, got]).toEqual([true, [5, 8, 0]]);
  });
});

test('a hazard ends no run of async programs either, and the board can boot again', async () => {
  const world = new World({ tickUs: 1000 });
  const lan = world.lan();
  const board = world.esp32('board', { lan, ip: '10.0.0.1' });
  let boots = 0;
  board.xTaskCreate(async (os: Os) => {
    if (++boots > 1) return;
    const s = await os.socket(AF_INET, SOCK_STREAM);
    await os.bind(s, sockaddr_in(ANY, 100));
    await os.bind(s, sockaddr_in(ANY, 101));
    await os.close(s);
    boots = -1;
  }, 'app');
  await world.run();
  expect([boots, board.isOn]).toEqual([1, false]);
  board.powerOn();
  await world.run();
  expect([boots, board.isOn]).toEqual([2, true]);
  expect(world.hazards.map((h) => h.name)).toEqual(['tcp_bind_twice']);
});
