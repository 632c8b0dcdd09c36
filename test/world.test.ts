/** What a world promises to the people who write programs for it. */

import { describe, expect, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_DGRAM, SOCK_STREAM, sockaddr_in, World } from '../device/index.ts';

function lab(options: ConstructorParameters<typeof World>[0] = {}) {
  const world = new World(options);
  const lan = world.lan({ latencyUs: 500 });
  const server = world.esp32('server', { lan, ip: '192.168.4.1/24' });
  const client = world.esp32('client', { lan, ip: '192.168.4.2/24' });
  return { world, lan, server, client };
}

function* listenOn(os: Os, port: number) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(sock, sockaddr_in('0.0.0.0', port));
  yield* os.listen(sock, 1);
  return sock;
}

function* connectTo(os: Os, port: number) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', port));
  return sock;
}

describe('the end of a run', () => {
  test('is "ended" when all programs have ended and the wire is quiet', () => {
    const { world, server } = lab();
    server.xTaskCreate(function* (os) {
      yield* os.delayMs(20);
    }, 'main');
    expect(world.runSync()).toMatchObject({ outcome: 'ended', blocked: [] });
  });

  test('is "idle" when the rest are servers that wait for peers', () => {
    const { world, server, client } = lab();
    server.xTaskCreate(function* (os) {
      const listener = yield* listenOn(os, 80);
      for (;;) yield* os.close(yield* os.accept(listener));
    }, 'web');
    server.xTaskCreate(function* (os) {
      const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(sock, sockaddr_in('0.0.0.0', 53));
      yield* os.recv(sock, new Uint8Array(512));
    }, 'dns');
    client.xTaskCreate(function* (os) {
      yield* os.close(yield* connectTo(os, 80));
    }, 'main');
    const report = world.runSync();
    expect(report.outcome).toBe('idle');
    expect(report.blocked).toEqual([
      expect.objectContaining({ task: 'web', call: 'accept(54)', waitsFor: 'a connection (listening on port 80)' }),
      expect.objectContaining({ task: 'dns', call: 'recv(55)', waitsFor: 'data (UDP port 53)' }),
    ]);
  });

  test('is "hang" when a task waits for data that nobody will send, and names it', () => {
    const { world, server, client } = lab();
    const waiting = function* (os: Os) {
      const sock = yield* os.accept(yield* listenOn(os, 80));
      yield* os.recv(sock, new Uint8Array(10));
    };
    server.xTaskCreate(waiting, 'server');
    client.xTaskCreate(function* (os) {
      yield* os.recv(yield* connectTo(os, 80), new Uint8Array(10));
    }, 'client');
    const report = world.runSync();
    expect(report.outcome).toBe('hang');
    expect(report.blocked.map((b) => `${b.board} ${b.call}`)).toEqual(['server recv(55)', 'client recv(54)']);
    expect(report.blocked[1]!.waitsFor).toBe('data (ESTABLISHED with 192.168.4.1:80)');
  });

  test('is not reached before a keepalive has found out that the peer is gone', () => {
    const { world, server, client } = lab();
    let errno = 0;
    server.xTaskCreate(function* (os) {
      yield* os.recv(yield* os.accept(yield* listenOn(os, 80)), new Uint8Array(1));
    }, 'server');
    client.xTaskCreate(function* (os) {
      const sock = yield* connectTo(os, 80);
      yield* os.setsockopt(sock, 0xfff, 8, 1);
      yield* os.recv(sock, new Uint8Array(1));
      errno = os.errno;
    }, 'client');
    world.at(1_000_000, () => server.powerOff());
    expect(world.runSync().outcome).toBe('ended');
    expect(errno).toBe(113);
    expect(world.nowUs).toBeGreaterThan(7_200_000_000);
  });

  test('is "until" at that very time, whatever goes on', () => {
    const { world, server } = lab();
    server.xTaskCreate(function* (os) {
      for (;;) yield* os.delayMs(100);
    }, 'main');
    expect(world.runSync({ until: 1_234_567 })).toMatchObject({ outcome: 'until', nowUs: 1_234_567 });
  });

  test('comes with an error when time stands still', () => {
    const world = new World();
    const lan = world.lan({ latencyUs: 0 });
    const pingPong = (to: string, first: boolean) =>
      function* (os: Os) {
        const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(sock, sockaddr_in('0.0.0.0', 7));
        if (first) yield* os.sendto(sock, 'ball', 4, 0, sockaddr_in(to, 7));
        for (;;) {
          yield* os.recv(sock, new Uint8Array(4));
          yield* os.sendto(sock, 'ball', 4, 0, sockaddr_in(to, 7));
        }
      };
    world.esp32('a', { lan, ip: '10.0.0.1' }).xTaskCreate(pingPong('10.0.0.2', false), 'a');
    world.esp32('b', { lan, ip: '10.0.0.2' }).xTaskCreate(pingPong('10.0.0.1', true), 'b');
    expect(() => world.runSync({ until: 1_000_000 })).toThrow('Virtual time stands still');
  });
});

describe('an async program', () => {
  const failing = (program: (os: Os) => Promise<unknown>, priority = 5) => {
    const { world, server } = lab();
    server.xTaskCreate(program, 'main', { priority });
    return world.run({ until: 10_000_000 });
  };

  test('may make one call at a time', async () => {
    await expect(failing((os) => Promise.all([os.delayMs(10), os.delayMs(20)]))).rejects.toThrow(
      'Task main called delayMs() without waiting for it',
    );
  });

  test('must await a call that returns at once', async () => {
    await expect(
      failing(async (os) => {
        os.socket(AF_INET, SOCK_STREAM);
        await os.delayMs(10);
      }),
    ).rejects.toThrow('called socket() without waiting for it');
  });

  test('must await its last call too', async () => {
    await expect(
      failing(async (os) => {
        await os.delayMs(10);
        os.delayMs(20);
      }),
    ).rejects.toThrow('called delayMs() without waiting for it');
  });

  test('may wait for nothing but its calls', async () => {
    await expect(failing(() => new Promise(() => undefined))).rejects.toThrow('waits for something outside the world');
  });

  test('may compute in as many promises as it likes', async () => {
    const report = await failing(async (os) => {
      for (let i = 0; i < 100; i++) await Promise.resolve(i);
      await os.delayMs(10);
    });
    expect(report.outcome).toBe('ended');
  });

  test('cannot outrank the tcpip thread', async () => {
    await expect(failing(async (os) => os.delayMs(10), 19)).rejects.toThrow('must be a generator function');
  });

  test('throws out of run() what it throws', async () => {
    await expect(
      failing(async () => {
        throw new RangeError('no such thing');
      }),
    ).rejects.toThrow(new RangeError('no such thing'));
  });

  test('cannot be run synchronously', () => {
    const { world, server } = lab();
    server.xTaskCreate(async (os) => {
      await os.delayMs(1);
    }, 'main');
    expect(() => world.runSync()).toThrow('has an async program');
  });

  test('sees the same world as a generator program', async () => {
    const traceOf = async (isAsync: boolean) => {
      const { world, server, client } = lab({ seed: 5 });
      const trace = world.record();
      if (isAsync) {
        server.xTaskCreate(async (os) => {
          const listener = await os.socket(AF_INET, SOCK_STREAM);
          await os.bind(listener, sockaddr_in('0.0.0.0', 80));
          await os.listen(listener, 1);
          const sock = await os.accept(listener);
          await os.recv(sock, new Uint8Array(10));
          await os.close(sock);
        }, 'main');
        client.xTaskCreate(async (os) => {
          const sock = await os.socket(AF_INET, SOCK_STREAM);
          await os.connect(sock, sockaddr_in('192.168.4.1', 80));
          await os.send(sock, 'hello');
          await os.close(sock);
        }, 'main');
      } else {
        server.xTaskCreate(function* (os) {
          const sock = yield* os.accept(yield* listenOn(os, 80));
          yield* os.recv(sock, new Uint8Array(10));
          yield* os.close(sock);
        }, 'main');
        client.xTaskCreate(function* (os) {
          const sock = yield* connectTo(os, 80);
          yield* os.send(sock, 'hello');
          yield* os.close(sock);
        }, 'main');
      }
      await world.run();
      return { frames: trace.frames, calls: trace.calls };
    };
    expect(await traceOf(true)).toEqual(await traceOf(false));
  });
});

describe('power', () => {
  test('goes without a word: programs are never resumed, the peer sees silence', async () => {
    const { world, server, client } = lab();
    const log: string[] = [];
    server.xTaskCreate(async (os) => {
      try {
        const listener = await os.socket(AF_INET, SOCK_STREAM);
        await os.bind(listener, sockaddr_in('0.0.0.0', 80));
        await os.listen(listener, 1);
        await os.recv(await os.accept(listener), new Uint8Array(1));
      } finally {
        log.push('finally');
      }
    }, 'main');
    client.xTaskCreate(async (os) => {
      const sock = await os.socket(AF_INET, SOCK_STREAM);
      await os.connect(sock, sockaddr_in('192.168.4.1', 80));
      await os.delayMs(1000);
      await os.send(sock, 'anybody?');
      log.push(`recv ${await os.recv(sock, new Uint8Array(1))} errno ${os.errno}`);
    }, 'main');
    world.at(500_000, () => server.powerOff());
    const report = await world.run();
    expect(log).toEqual(['recv -1 errno 113']);
    expect(report.nowUs).toBeGreaterThan(1_000_000_000);
  });

  test('comes back: the board boots, its programs start anew, old connections are reset', () => {
    const { world, server, client } = lab();
    let boots = 0;
    let errno = 0;
    server.xTaskCreate(function* (os) {
      boots++;
      yield* os.recv(yield* os.accept(yield* listenOn(os, 80)), new Uint8Array(1));
    }, 'main');
    client.xTaskCreate(function* (os) {
      const sock = yield* connectTo(os, 80);
      yield* os.delayMs(1000);
      yield* os.send(sock, 'still there?');
      yield* os.recv(sock, new Uint8Array(1));
      errno = os.errno;
    }, 'main');
    world.at(300_000, () => server.powerOff());
    world.at(600_000, () => server.powerOn());
    expect(world.runSync().outcome).toBe('idle');
    expect([boots, errno]).toEqual([2, 104]);
  });
});

describe('a program that never blocks', () => {
  test('is charged a tick for 10,000 calls, while lower priorities of its board starve and other boards go on', () => {
    const { world, server, client } = lab();
    const order: string[] = [];
    server.xTaskCreate(
      function* (os) {
        for (let i = 0; i < 25_000; i++) yield* os.taskYIELD();
        order.push(`busy at ${world.nowUs}`);
      },
      'busy',
      { priority: 6 },
    );
    server.xTaskCreate(
      function* () {
        order.push(`starved at ${world.nowUs}`);
        yield* [];
      },
      'starved',
      { priority: 5, startUs: 5000 },
    );
    client.xTaskCreate(
      function* () {
        order.push(`elsewhere at ${world.nowUs}`);
        yield* [];
      },
      'elsewhere',
      { startUs: 5000 },
    );
    world.runSync();
    expect(order).toEqual(['elsewhere at 5000', 'busy at 20000', 'starved at 20000']);
  });
});
