/** Who runs when: the rules of FreeRTOS without time slicing (T), and of the order of events (E), as programs see them. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  MSG_DONTWAIT,
  makeFdSet,
  type Os,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOL_SOCKET,
  sockaddr_in,
} from '../../device/index.ts';
import { B_IP, doing, type Pair, pair, type Steps, start } from '../support/worlds.ts';

/** Run programs that write into one log; the log, as one line. */
function logOf(build: (p: Pair, log: (text: string) => void) => void, until = 10_000_000): string {
  const p = pair();
  const lines: string[] = [];
  build(p, (text) => lines.push(text));
  p.world.runSync({ until });
  return lines.join(' ');
}

/** Create these tasks, all ready at once, from one of higher priority. */
function together(p: Pair, tasks: readonly (readonly [string, number, (os: Os) => Steps<void>])[]): void {
  start(p.a, { priority: 17 }, function* (os) {
    for (const [name, priority, program] of tasks) yield* os.xTaskCreate(program, name, { priority });
  });
}

describe('tasks', () => {
  test('T1: the highest priority runs first', () => {
    const log = logOf((p, say) => {
      const task = (priority: number) => [`p${priority}`, priority, doing(() => say(`${priority}`))] as const;
      together(p, [task(3), task(9), task(1), task(16), task(0)]);
    });
    expect(log).toBe('16 9 3 1 0');
  });

  test('T1: all boards share one processor', () => {
    const log = logOf((p, say) => {
      for (const [board, priority] of [
        ['a', 4],
        ['b', 6],
      ] as const) {
        start(p[board], { priority }, function* (os) {
          say(`${board}0`);
          yield* os.delayMs(10);
          say(`${board}1`);
          yield* os.delayMs(10);
          say(`${board}2`);
        });
      }
    });
    // Starts and ends of waits are events of their own: their order, not the priority, decides at one instant.
    expect(log).toBe('a0 b0 a1 b1 a2 b2');
  });

  test('T2: equals run in the order in which they became ready', () => {
    const log = logOf((p, say) => {
      const task = (name: string) =>
        [
          name,
          5,
          function* (os: Os) {
            say(`${name}1`);
            yield* os.taskYIELD();
            say(`${name}2`);
          },
        ] as const;
      together(p, [task('x'), task('y'), task('z')]);
    });
    expect(log).toBe('x1 y1 z1 x2 y2 z2');
  });

  test('T3: who makes a higher one ready is preempted at once and goes on before its equals', () => {
    const log = logOf((p, say) => {
      together(p, [
        [
          'low',
          5,
          function* (os) {
            say('low1');
            yield* os.xTaskCreate(
              doing(() => say('high')),
              'high',
              { priority: 9 },
            );
            say('low2');
            yield* os.xTaskCreate(
              doing(() => say('equal2')),
              'equal2',
              { priority: 5 },
            );
            say('low3');
          },
        ],
        ['equal', 5, doing(() => say('equal'))],
      ]);
    });
    expect(log).toBe('low1 high low2 low3 equal equal2');
  });

  test('T3: nothing but waiting and waking takes the processor away', () => {
    const log = logOf((p, say) => {
      const busy = (name: string) =>
        [
          name,
          5,
          function* (os: Os) {
            for (let i = 0; i < 3; i++) {
              const s = yield* os.socket(AF_INET, SOCK_DGRAM);
              yield* os.close(s);
              say(`${name}${i}`);
            }
          },
        ] as const;
      together(p, [busy('x'), busy('y')]);
    });
    expect(log).toBe('x0 x1 x2 y0 y1 y2');
  });

  test('T4: of those who wait for one thing the highest is woken, then the first', () => {
    const log = logOf((p, say) => {
      let s = -1;
      const waits = (name: string) =>
        function* (os: Os): Steps<void> {
          const n = yield* os.recv(s, new Uint8Array(10));
          say(`${name}${n}`);
        };
      start(p.a, function* (os) {
        s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      });
      for (const [name, priority, startUs] of [
        ['b', 5, 1],
        ['c', 5, 2],
        ['a', 7, 3],
        ['d', 5, 4],
        ['e', 3, 5],
      ] as const) {
        start(p.a, { name, priority, startUs }, waits(name));
      }
      start(p.b, { startUs: 10_000 }, function* (os) {
        const out = yield* os.socket(AF_INET, SOCK_DGRAM);
        for (let i = 1; i <= 5; i++) {
          yield* os.sendto(out, new Uint8Array(i), i, 0, sockaddr_in('192.168.4.1', 9));
          yield* os.delayMs(100);
        }
      });
    });
    expect(log).toBe('a1 b2 c3 d4 e5');
  });

  test('T4: a woken task takes the item when it runs; one that runs before it may have taken it', () => {
    const log = logOf((p, say) => {
      let s = -1;
      start(p.a, { priority: 5 }, function* (os) {
        s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
        for (;;) say(`waiter=${yield* os.recv(s, new Uint8Array(10))}`);
      });
      start(p.a, { priority: 6, startUs: 10_000 }, function* (os) {
        yield* os.select(s + 1, makeFdSet(s), null, null, null);
        say(`thief=${yield* os.recv(s, new Uint8Array(10), 10, MSG_DONTWAIT)}`);
      });
      start(p.b, { startUs: 20_000 }, function* (os) {
        const out = yield* os.socket(AF_INET, SOCK_DGRAM);
        for (const n of [1, 2]) {
          yield* os.sendto(out, new Uint8Array(n), n, 0, sockaddr_in('192.168.4.1', 9));
          yield* os.delayMs(100);
        }
      });
    });
    expect(log).toBe('thief=1 waiter=2');
  });

  test('vTaskDelay(0) lets equals run and lower ones not, and takes no time', () => {
    const log = logOf((p, say) => {
      const task = (name: string, priority: number) =>
        [
          name,
          priority,
          function* (os: Os) {
            for (let i = 0; i < 2; i++) {
              say(`${name}${i}@${os.board.scheduler.nowUs}`);
              yield* os.vTaskDelay(0);
            }
          },
        ] as const;
      together(p, [task('x', 5), task('y', 5), task('low', 4)]);
    });
    expect(log).toBe('x0@0 y0@0 x1@0 y1@0 low0@0 low1@0');
  });
});

describe('ticks', () => {
  /** When a wait that is begun at `startUs` ends. */
  function endOf(startUs: number, tickUs: number, wait: (os: Os) => Iterable<void>): number {
    const p = pair({ tickUs });
    const end = start(p.a, { startUs }, function* (os) {
      yield* wait(os);
      return p.world.nowUs;
    });
    p.world.runSync();
    return end.value;
  }

  const NEVER_READABLE = function* (os: Os, ms: number): Steps<void> {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 0, tv_usec: ms * 1000 });
    yield* os.recv(s, new Uint8Array(1));
  };
  const selecting = function* (os: Os, ms: number): Steps<void> {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.select(s + 1, makeFdSet(s), null, null, { tv_sec: 0, tv_usec: ms * 1000 });
  };

  test.each<[string, number, number, (os: Os) => Iterable<void>, number]>([
    ['vTaskDelay(1) in the middle of a tick', 3000, 10_000, (os) => os.vTaskDelay(1), 10_000],
    ['vTaskDelay(1) at the start of a tick', 10_000, 10_000, (os) => os.vTaskDelay(1), 20_000],
    ['vTaskDelay(3)', 3000, 10_000, (os) => os.vTaskDelay(3), 30_000],
    ['delayMs(19) is one tick of 10 ms', 3000, 10_000, (os) => os.delayMs(19), 10_000],
    ['delayMs(9) is no tick of 10 ms', 3000, 10_000, (os) => os.delayMs(9), 3000],
    ['delayMs(9) with a tick of 1 ms', 3500, 1000, (os) => os.delayMs(9), 12_000],
    ['a receive time-out of 5 ms is over at once', 3000, 10_000, (os) => NEVER_READABLE(os, 5), 3000],
    ['a receive time-out of 19 ms is one tick', 3000, 10_000, (os) => NEVER_READABLE(os, 19), 10_000],
    ['select() for 1 ms is two ticks', 10_000, 10_000, (os) => selecting(os, 1), 30_000],
    ['select() for 11 ms is three ticks', 30_000, 10_000, (os) => selecting(os, 11), 60_000],
    ['select() for 10 ms is two ticks', 3000, 10_000, (os) => selecting(os, 10), 20_000],
  ])('%s', (_name, startUs, tickUs, wait, endUs) => {
    expect(endOf(startUs, tickUs, wait)).toBe(endUs);
  });

  test('count from the boot of the board', () => {
    const p = pair();
    const ticks = start(p.a, { startUs: 35_000 }, function* (os) {
      const before = os.xTaskGetTickCount();
      yield* os.delayMs(1000);
      return [before, os.xTaskGetTickCount(), os.board.sys.sys_now(), os.pdMS_TO_TICKS(25)];
    });
    p.world.runSync();
    expect(ticks.value).toEqual([3, 103, 1030, 2]);
  });
});

describe('events', () => {
  test('E1, E4: what is due at one time happens in the order in which it was planned', () => {
    const log = logOf(({ world, a, b }, say) => {
      world.at(1000, () => say('first'));
      start(
        b,
        { startUs: 1000 },
        doing(() => say('b')),
      );
      world.at(1000, () => say('second'));
      start(
        a,
        { startUs: 1000 },
        doing(() => say('a')),
      );
      world.at(500, () => say('before'));
    });
    expect(log).toBe('before first b second a');
  });

  test('E2: after each event everybody runs who is ready, then comes the next event of the same time', () => {
    const log = logOf(({ world, a }, say) => {
      start(a, { startUs: 1000 }, function* (os) {
        say('ready');
        yield* os.taskYIELD();
        say('still');
      });
      world.at(1000, () => say('next'));
    });
    expect(log).toBe('ready still next');
  });

  test('E3: a wait that ends early takes its end back; the next one is planned anew', () => {
    const log = logOf((p, say) => {
      start(p.a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
        yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 1, tv_usec: 0 });
        for (let i = 0; i < 2; i++) say(`${yield* os.recv(s, new Uint8Array(10))}@${p.world.nowUs}`);
      });
      start(p.b, { startUs: 497_000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.sendto(s, 'x', 1, 0, sockaddr_in('192.168.4.1', 9));
      });
    });
    expect(log).toBe('1@500000 -1@1500000');
  });

  test('E5: frames arrive in the order of sending, each with its copies behind it', () => {
    const p = pair();
    p.lan.faults.add({ from: 'a', frame: 2, action: 'dup', us: 0, times: 2 });
    const received = start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      const lengths: number[] = [];
      for (let i = 0; i < 5; i++) lengths.push(yield* os.recv(s, new Uint8Array(10)));
      return lengths;
    });
    start(p.a, { startUs: 5000 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      for (let i = 1; i <= 3; i++) yield* os.sendto(s, new Uint8Array(i), i, 0, sockaddr_in(B_IP, 9));
    });
    p.world.runSync();
    // Frame 0 announces a, frame 1 asks for b, the datagrams follow at once when b has answered.
    expect(received.value).toEqual([1, 1, 1, 2, 3]);
  });

  test('cannot be planned for the past', () => {
    const { world } = pair();
    world.at(2000, () => expect(() => world.at(1999, () => undefined)).toThrow(RangeError));
    world.runSync();
    expect(() => world.at(Number.NaN, () => undefined)).toThrow(RangeError);
  });
});

describe('a program that computes without end', () => {
  test('is charged a tick for 10,000 calls, in which lower priorities of its board starve', () => {
    const log = logOf((p, say) => {
      start(p.a, { priority: 5, startUs: 1000 }, function* (os) {
        for (let i = 0; i < 25_000; i++) yield* os.taskYIELD();
        say(`busy@${p.world.nowUs}`);
      });
      start(p.a, { priority: 4, name: 'low', startUs: 5000 }, function* (os) {
        yield* os.delayMs(0);
        say(`low@${p.world.nowUs}`);
      });
      start(p.a, { priority: 6, name: 'high' }, function* (os) {
        yield* os.vTaskDelay(1);
        say(`high@${p.world.nowUs}`);
      });
      start(p.b, { priority: 1 }, function* (os) {
        yield* os.vTaskDelay(1);
        say(`other@${p.world.nowUs}`);
      });
    });
    expect(log).toBe('high@10000 other@10000 busy@20000 low@20000');
  });

  test('holds up its equals too, until the tick is over', () => {
    const log = logOf((p, say) => {
      start(p.a, { startUs: 1000 }, function* (os) {
        for (let i = 0; i < 15_000; i++) yield* os.taskYIELD();
        say(`busy@${p.world.nowUs}`);
      });
      start(
        p.a,
        { startUs: 5000 },
        doing(() => say(`equal@${p.world.nowUs}`)),
      );
    });
    expect(log).toBe('equal@10000 busy@10000');
  });

  test('keeps even the tcpip thread from running if its priority is higher', () => {
    const { world, a, b } = pair();
    start(a, { priority: 19 }, function* (os) {
      while (world.nowUs < 100_000) yield* os.taskYIELD();
    });
    const answer = start(b, function* (os) {
      const s = yield* os.socket(AF_INET, 1);
      yield* os.connect(s, sockaddr_in('192.168.4.1', 80));
      return world.nowUs;
    });
    world.runSync();
    expect(answer.value).toBeGreaterThan(100_000);
  });

  test('is never resumed when it is deleted', () => {
    const { world, a } = pair();
    let calls = 0;
    let callsAtDeletion = 0;
    a.xTaskCreate(
      function* (os) {
        for (;;) {
          calls++;
          yield* os.taskYIELD();
        }
      },
      'busy',
      { priority: 5 },
    );
    a.xTaskCreate(
      function* (os) {
        yield* os.vTaskDelay(3);
        yield* os.vTaskDelete(a.tasks.find((t) => t.name === 'busy')!);
        callsAtDeletion = calls;
      },
      'killer',
      { priority: 6 },
    );
    world.runSync({ until: 100_000 });
    expect(calls).toBe(callsAtDeletion);
    expect(a.tasks.map((t) => t.state)).toEqual(['done', 'done']);
  });

  test('is never resumed when its board loses power', () => {
    const { world, a } = pair();
    let calls = 0;
    let callsAtPowerOff = 0;
    a.xTaskCreate(function* (os) {
      for (;;) {
        calls++;
        yield* os.taskYIELD();
      }
    }, 'busy');
    world.at(25_000, () => {
      a.powerOff();
      callsAtPowerOff = calls;
    });
    world.runSync({ until: 100_000 });
    expect(calls).toBe(callsAtPowerOff);
  });
});

describe('priorities', () => {
  test.each([-1, 25, 1.5, Number.NaN])('%p is none', (priority) => {
    const { a } = pair();
    expect(() =>
      a.xTaskCreate(
        doing(() => undefined),
        'x',
        { priority },
      ),
    ).toThrow(RangeError);
  });

  test.each([-1, 0.5, Number.NaN])('a task cannot start at %p', (startUs) => {
    const { a } = pair();
    expect(() =>
      a.xTaskCreate(
        doing(() => undefined),
        'x',
        { startUs },
      ),
    ).toThrow(RangeError);
  });
});
