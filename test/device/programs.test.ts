/** What a program may do, and the errors that say what it may not. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  IP_ADD_MEMBERSHIP,
  IP_TTL,
  IPPROTO_IP,
  MSG_DONTWAIT,
  type Os,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  type World,
} from '../../device/index.ts';
import { B_IP, doing, pair, start } from '../support/worlds.ts';

/** Run an async program on a board of its own. */
async function run(program: (os: Os) => Promise<unknown>, priority = 5): Promise<World> {
  const { world, a } = pair();
  a.xTaskCreate(program, 'main', { priority });
  await world.run({ until: 10_000_000 });
  return world;
}

describe('an async program', () => {
  test('sees the same world as a generator program', async () => {
    const asGenerator = pair();
    start(asGenerator.a, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(B_IP, 80));
      yield* os.delayMs(20);
      yield* os.close(s);
    });
    const asAsync = pair();
    asAsync.a.xTaskCreate(async (os) => {
      const s = await os.socket(AF_INET, SOCK_STREAM);
      await os.connect(s, sockaddr_in(B_IP, 80));
      await os.delayMs(20);
      await os.close(s);
    }, 'main');
    asGenerator.world.runSync();
    await asAsync.world.run();
    expect(asAsync.trace).toEqual(asGenerator.trace);
  });

  test('may await plain promises in between', async () => {
    const world = await run(async (os) => {
      for (let i = 0; i < 100; i++) await null;
      await os.delayMs(10);
      await Promise.all([1, Promise.resolve(2)]);
      await os.delayMs(10);
    });
    expect(world.nowUs).toBe(20_000);
  });

  test('takes turns with others only where it waits', async () => {
    const { world, a } = pair();
    const log: string[] = [];
    for (const name of ['x', 'y']) {
      a.xTaskCreate(async (os) => {
        for (let i = 0; i < 3; i++) {
          await null;
          log.push(`${name}${i}`);
          await os.close(await os.socket(AF_INET, SOCK_DGRAM));
        }
        await os.taskYIELD();
        log.push(`${name}!`);
      }, name);
    }
    await world.run();
    expect(log.join(' ')).toBe('x0 x1 x2 x! y0 y1 y2 y!');
  });

  test('may not make a call while another is pending', async () => {
    const later = async (os: Os) => {
      const s = await os.socket(AF_INET, SOCK_DGRAM);
      const receiving = os.recv(s, new Uint8Array(1)).then((n) => n);
      await os.delayMs(10);
      await receiving;
    };
    await expect(run(later)).rejects.toThrow(
      'Task main called delayMs() while its recv() has not returned; a task makes one call at a time.',
    );
    const atOnce = async (os: Os) => {
      const s = await os.socket(AF_INET, SOCK_DGRAM);
      await Promise.all([os.recv(s, new Uint8Array(1)), os.delayMs(10)]);
    };
    await expect(run(atOnce)).rejects.toThrow('Task main called recv() without waiting for it');
  });

  test('may not forget to await', async () => {
    const forgets = async (os: Os) => {
      void os.socket(AF_INET, SOCK_DGRAM);
      await os.delayMs(10);
    };
    await expect(run(forgets)).rejects.toThrow('Task main called socket() without waiting for it');
    const endsBy = async (os: Os) => void os.close(54);
    await expect(run(endsBy)).rejects.toThrow('Task main called close() without waiting for it');
    const blocks = async (os: Os) => {
      await os.delayMs(10);
      void os.delayMs(10);
      await new Promise(() => undefined);
    };
    await expect(run(blocks)).rejects.toThrow('Task main called delayMs() without waiting for it');
  });

  test('may not forget to await its very first call', async () => {
    const blocks = async (os: Os) => {
      void os.delayMs(10);
      await new Promise(() => undefined);
    };
    await expect(run(blocks)).rejects.toThrow('Task main called delayMs() without waiting for it');
  });

  test('may not wait for something outside the world', async () => {
    const never = async (os: Os) => {
      await os.delayMs(10);
      await new Promise(() => undefined);
    };
    await expect(run(never)).rejects.toThrow('Task main of board a waits for something outside the world');
    const timer = async () => await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(run(timer)).rejects.toThrow('waits for something outside the world');
  });

  test('of a priority above the tcpip thread is refused', async () => {
    await expect(run(async (os) => await os.delayMs(1), 19)).rejects.toThrow(
      'Above 18, the priority of the tcpip thread, a program must be a generator function',
    );
    await expect(run(async (os) => await os.delayMs(1), 18)).resolves.toBeDefined();
  });

  test('cannot be run synchronously', () => {
    const { world, a } = pair();
    a.xTaskCreate(async (os) => await os.delayMs(1), 'main');
    expect(() => world.runSync()).toThrow('Task main of board a has an async program; use "await world.run()"');
  });

  test('that throws ends the run with its error', async () => {
    const error = new Error('This is the program speaking.');
    const { world, a } = pair();
    a.xTaskCreate(async (os) => {
      await os.delayMs(10);
      throw error;
    }, 'main');
    await expect(world.run()).rejects.toBe(error);
    expect(world.failure).toEqual({ board: 'a', task: 'main', error });
  });
});

describe('a generator program', () => {
  const runSync = (program: (os: Os) => Generator<void, unknown, void>) => () => {
    const { world, a } = pair();
    a.xTaskCreate(program, 'main');
    world.runSync();
  };

  test('may not forget to yield', () => {
    expect(
      runSync(function* (os) {
        os.socket(AF_INET, SOCK_DGRAM);
        yield* os.delayMs(10);
      }),
    ).toThrow(
      'Task main called socket() without waiting for it; write "await os.socket(...)" or "yield* os.socket(...)".',
    );
  });

  test('may not yield by itself', () => {
    expect(
      runSync(function* () {
        yield;
      }),
    ).toThrow('Task main yielded by itself.');
  });

  test('that throws ends the run with its error', () => {
    expect(
      runSync(function* (os) {
        yield* os.delayMs(10);
        throw new Error('This is the program speaking.');
      }),
    ).toThrow('This is the program speaking.');
  });

  test('cannot use the os of another task', () => {
    const { world, a } = pair();
    let foreign: Os | undefined;
    start(a, function* (os) {
      foreign = os;
      yield* os.delayMs(100);
    });
    start(a, { name: 'thief' }, function* () {
      yield* foreign!.delayMs(1);
    });
    expect(() => world.runSync()).toThrow('Task main called delayMs() while its delayMs() has not returned');
  });

  test('catches the error of a call that it misuses', () => {
    const { world, a } = pair();
    const result = start(a, function* (os) {
      try {
        yield* os.socket(10, SOCK_STREAM);
      } catch (error) {
        return (error as Error).message;
      }
      return 'no error';
    });
    world.runSync();
    expect(result.value).toBe('socket() was called with domain 10; the twin knows AF_INET (IPv4) only.');
  });
});

describe('a length beyond its buffer', () => {
  test.each<[string, (os: Os, s: number) => Iterable<void>]>([
    ['recv', (os, s) => os.recv(s, new Uint8Array(2), 3)],
    ['read', (os, s) => os.read(s, new Uint8Array(2), 3)],
    ['recvfrom', (os, s) => os.recvfrom(s, new Uint8Array(2), 3, 0)],
    ['send', (os, s) => os.send(s, 'ab', 3)],
    ['write', (os, s) => os.write(s, 'ab', -1)],
    ['sendto', (os, s) => os.sendto(s, 'ab', 3, 0, null)],
  ])('of %s() is the program’s error, and harms nothing', (_name, call) => {
    const { world, a } = pair();
    const seen = start(a, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('127.0.0.1', 9));
      yield* os.connect(s, sockaddr_in('127.0.0.1', 9));
      yield* os.send(s, 'abc');
      let error: unknown = null;
      try {
        yield* call(os, s);
      } catch (e) {
        error = e;
      }
      const left = yield* os.recv(s, new Uint8Array(10), 10, MSG_DONTWAIT);
      yield* os.close(s);
      return [error, left, yield* os.socket(AF_INET, SOCK_DGRAM)];
    });
    world.runSync();
    // The datagram is still there, and the descriptor was free again after close().
    expect(seen.value).toEqual([expect.any(RangeError), 3, 54]);
  });
});

describe('an argument that makes no sense', () => {
  test.each<[string, (os: Os, s: number) => Iterable<void>]>([
    ['SO_RCVTIMEO as a number of milliseconds', (os, s) => os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, 50)],
    ['SO_KEEPALIVE as a text', (os, s) => os.setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, 'on')],
    ['SO_BINDTODEVICE as a number', (os, s) => os.setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, 1)],
    ['IP_ADD_MEMBERSHIP as a number', (os, s) => os.setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, 0xe0000001)],
    ['IP_TTL as a structure', (os, s) => os.setsockopt(s, IPPROTO_IP, IP_TTL, { tv_sec: 1, tv_usec: 0 })],
    ['half a tick', (os) => os.vTaskDelay(0.5)],
    ['ticks that are no number', (os) => os.vTaskDelay(Number.NaN)],
    ['milliseconds that are no number', (os) => os.delayMs(Number.NaN)],
  ])('is the program’s error, and harms nothing: %s', (_name, call) => {
    const { world, a } = pair();
    const seen = start(a, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      let error: unknown = null;
      try {
        yield* call(os, s);
      } catch (e) {
        error = e;
      }
      yield* os.close(s);
      return [error, yield* os.socket(AF_INET, SOCK_DGRAM)];
    });
    world.runSync({ until: 1_000_000 });
    expect(seen.value).toEqual([expect.any(Error), 54]);
    expect(['TypeError', 'RangeError']).toContain((seen.value[0] as Error).name);
  });
});

describe('a program', () => {
  test('is an async or a generator function', () => {
    const { world, a } = pair();
    a.xTaskCreate((() => 5) as never, 'main');
    expect(() => world.runSync()).toThrow('The program of task main is neither an async nor a generator function.');
  });

  test('starts others, which are its board’s', () => {
    const { world, a } = pair();
    const names = start(a, function* (os) {
      const task = yield* os.xTaskCreate(function* (inner) {
        yield* inner.delayMs(20);
      }, 'child');
      return [task.name, task.priority, task.state, task.owner.name];
    });
    expect(world.runSync()).toMatchObject({ outcome: 'ended', nowUs: 20_000 });
    expect(names.value).toEqual(['child', 5, 'ready', 'a']);
  });

  test('that deletes itself never goes on, and its finally never runs', () => {
    const { world, a } = pair();
    const log: string[] = [];
    start(a, function* (os) {
      try {
        log.push('before');
        yield* os.vTaskDelete();
        log.push('after');
      } finally {
        log.push('finally');
      }
    });
    expect(world.runSync().outcome).toBe('ended');
    expect(log).toEqual(['before']);
  });

  test('that is deleted by another never goes on', () => {
    const { world, a } = pair();
    const log: string[] = [];
    start(a, { name: 'victim' }, function* (os) {
      yield* os.delayMs(50);
      log.push('never');
    });
    start(a, function* (os) {
      yield* os.delayMs(20);
      yield* os.vTaskDelete(a.tasks[0]!);
      log.push('deleted');
    });
    expect(world.runSync()).toMatchObject({ outcome: 'ended', nowUs: 20_000 });
    expect(log).toEqual(['deleted']);
  });

  test('has an errno of its own', () => {
    const { world, a } = pair();
    const errnos = start(a, function* (os) {
      yield* os.close(1);
      yield* os.xTaskCreate(
        function* (other) {
          expect(other.errno).toBe(0);
          yield* other.socket(AF_INET, 99);
          expect(other.errno).toBe(22);
        },
        'other',
        { priority: 9 },
      );
      const before = os.errno;
      yield* os.close(yield* os.socket(AF_INET, SOCK_DGRAM));
      const kept = os.errno;
      os.errno = 0;
      return [before, kept, os.errno];
    });
    world.runSync();
    expect(errnos.value).toEqual([9, 9, 0]);
  });

  test('cannot run its own world', async () => {
    const { world, a } = pair();
    start(
      a,
      doing(() => world.runSync()),
    );
    expect(() => world.runSync()).toThrow('The world is running already');
  });
});
