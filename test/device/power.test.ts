import { describe, expect, test } from '@jest/globals';
import { AF_INET, SOCK_DGRAM, sockaddr_in, World } from '../../device/index.ts';
import { checkInvariants } from '../support/invariants.ts';
import { acceptOne, B_IP, connectTo, doing, listenOn, outcome, pair, pattern, start } from '../support/worlds.ts';

describe('power off', () => {
  test('stops every program where it is; not even finally runs', () => {
    const { world, a } = pair();
    const log: string[] = [];
    a.xTaskCreate(async (os) => {
      try {
        log.push('async');
        await os.delayMs(1000);
        log.push('never');
      } finally {
        log.push('never');
      }
    }, 'async');
    start(a, function* (os) {
      try {
        log.push('generator');
        yield* os.delayMs(1000);
        log.push('never');
      } finally {
        log.push('never');
      }
    });
    world.at(100_000, () => a.powerOff());
    return expect(world.run())
      .resolves.toMatchObject({ outcome: 'ended' })
      .then(() => {
        expect(log).toEqual(['async', 'generator']);
        expect(a.tasks).toEqual([]);
      });
  });

  test('is silence for the peers: a sender gives up, a reader waits', () => {
    const { world, a, b, trace } = pair();
    start(b, function* (os) {
      yield* os.recv(yield* acceptOne(os, 80), new Uint8Array(10));
    });
    const sender = start(a, function* (os) {
      yield* os.delayMs(20);
      const s = yield* connectTo(os, B_IP, 80);
      b.powerOff();
      yield* os.send(s, pattern(10));
      return yield* outcome(os, os.recv(s, new Uint8Array(10)));
    });
    expect(world.runSync().outcome).toBe('ended');
    expect(sender.value).toBe('ECONNABORTED');
    const afterwards = trace.frames.filter((f) => f.from === 'b' && f.tUs > 30_000);
    expect(afterwards).toEqual([]);
  });

  test('loses the frames that are on their way to the board', () => {
    const { world, a, b } = pair({ lan: { latencyUs: 50_000 } });
    const received: number[] = [];
    start(b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      for (;;) received.push(yield* os.recv(s, new Uint8Array(10)));
    });
    start(a, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.sendto(s, 'abc', 3, 0, sockaddr_in(B_IP, 9));
      yield* os.delayMs(200);
      yield* os.sendto(s, 'ab', 2, 0, sockaddr_in(B_IP, 9));
      b.powerOff();
    });
    world.runSync({ until: 1_000_000 });
    expect(received).toEqual([3]);
  });

  test('twice is power off, and power on twice is power on', () => {
    const { world, a } = pair();
    let boots = 0;
    start(a, function* (os) {
      boots++;
      yield* os.delayMs(1000);
    });
    world.at(100_000, () => {
      a.powerOff();
      a.powerOff();
      expect(a.isOn).toBe(false);
      a.powerOn();
      a.powerOn();
      expect(a.isOn).toBe(true);
    });
    world.runSync();
    expect(boots).toBe(2);
  });

  test('by the board’s own program ends that program at its next call', () => {
    const { world, a } = pair();
    const log: string[] = [];
    start(a, function* (os) {
      yield* os.delayMs(10);
      a.powerOff();
      log.push('last words');
      yield* os.delayMs(10);
      log.push('never');
    });
    expect(world.runSync()).toMatchObject({ outcome: 'ended' });
    expect(log).toEqual(['last words']);
  });
});

describe('power on', () => {
  test('boots: a new stack, new ticks, every program from its start', () => {
    const { world, a, trace } = pair();
    const starts: (readonly number[])[] = [];
    start(a, { startUs: 30_000 }, function* (os) {
      starts.push([world.nowUs, os.xTaskGetTickCount(), yield* listenOn(os, 80)]);
      yield* os.delayMs(100_000);
    });
    world.at(505_000, () => a.powerOff());
    world.at(2_005_000, () => a.powerOn());
    world.runSync({ until: 3_000_000 });
    expect(starts).toEqual([
      [30_000, 3, 54],
      [2_035_000, 3, 54],
    ]);
    const announcements = trace.frames.filter((f) => f.from === 'a').map((f) => f.tUs);
    expect(announcements).toEqual([0, 2_005_000]);
    checkInvariants(world);
  });

  test('does not start a program twice whose start was still to come when the power failed', () => {
    const { world, a } = pair();
    const starts: number[] = [];
    start(
      a,
      { startUs: 1_000_000 },
      doing(() => starts.push(world.nowUs)),
    );
    world.at(200_000, () => a.powerOff());
    world.at(500_000, () => a.powerOn());
    world.runSync();
    expect(starts).toEqual([1_500_000]);
  });

  test('answers a segment of a connection it has forgotten with a reset', () => {
    const { world, a, b } = pair();
    start(b, function* (os) {
      const s = yield* acceptOne(os, 80);
      yield* os.recv(s, new Uint8Array(10));
    });
    const sender = start(a, function* (os) {
      yield* os.delayMs(20);
      const s = yield* connectTo(os, B_IP, 80);
      b.powerOff();
      b.powerOn();
      yield* os.delayMs(100);
      yield* os.send(s, pattern(10));
      return yield* outcome(os, os.recv(s, new Uint8Array(10)));
    });
    world.runSync();
    expect(sender.value).toBe('ECONNRESET');
  });

  test('gives other ports and sequence numbers than the boot before', () => {
    const { world, a, b, trace } = pair();
    start(b, function* (os) {
      const l = yield* listenOn(os, 80);
      for (;;) yield* os.accept(l);
    });
    start(a, function* (os) {
      yield* os.delayMs(20);
      yield* connectTo(os, B_IP, 80);
      yield* os.delayMs(500);
    });
    world.at(300_000, () => {
      a.powerOff();
      a.powerOn();
    });
    world.runSync({ until: 2_000_000 });
    const syns = trace.frames
      .filter((f) => f.from === 'a' && f.bytes[47] === 2)
      .map((f) => Buffer.from(f.bytes.subarray(34, 42)).toString('hex'));
    expect(new Set(syns.map((s) => s.slice(0, 4))).size).toBe(2);
    expect(new Set(syns.map((s) => s.slice(8))).size).toBe(2);
  });

  test('is seen by a peer that connects before and after', () => {
    const { world, a, b } = pair();
    start(b, function* (os) {
      const l = yield* listenOn(os, 80);
      for (;;) yield* os.close(yield* os.accept(l));
    });
    const results = start(a, function* (os) {
      const list: (string | number)[] = [];
      for (let i = 0; i < 3; i++) {
        yield* os.delayMs(1000);
        const s = yield* os.socket(AF_INET, 1);
        list.push(yield* outcome(os, os.connect(s, sockaddr_in(B_IP, 80))));
        yield* os.close(s);
      }
      return list;
    });
    world.at(1_500_000, () => b.powerOff());
    world.at(30_000_000, () => b.powerOn());
    world.runSync();
    expect(results.value).toEqual([0, 'ECONNABORTED', 0]);
  });
});

describe('a board that is switched on later', () => {
  test('says nothing before, and its programs start with it', () => {
    const world = new World();
    const lan = world.lan();
    const trace = world.record();
    const begun: number[] = [];
    const late = world.esp32('late', { lan, ip: '10.0.0.1', bootUs: 700_000 });
    late.xTaskCreate(
      function* (os) {
        begun.push(world.nowUs, os.xTaskGetTickCount());
        yield* os.vTaskDelay(1);
      },
      'main',
      { startUs: 20_000 },
    );
    world.runSync();
    expect(begun).toEqual([720_000, 2]);
    expect(trace.frames.map((frame) => frame.tUs)).toEqual([700_000]);
  });

  test('needs a time that there is', () => {
    const world = new World();
    expect(() => world.esp32('late', { lan: world.lan(), ip: '10.0.0.1', bootUs: 0.5 })).toThrow(
      'bootUs must be a whole number of microseconds, not 0.5.',
    );
  });
});
