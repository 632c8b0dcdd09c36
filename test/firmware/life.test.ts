/** Boards with firmware in their world: time, power, outcomes, many of them, always the same. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { AF_INET, Firmware, type Os, SOCK_DGRAM, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import { toPcap } from '../../tools/pcap-writer.ts';
import { boot, COMPILE_TIMEOUT_MS, compile, consoleOf } from '../support/firmware.ts';

jest.setTimeout(COMPILE_TIMEOUT_MS);

let life: Firmware;
let echo: Firmware;
beforeAll(async () => {
  [life, echo] = await Promise.all([compile(['life.c']), compile(['echo_server.c'])]);
});

/** What the board printed: time in ms of the world, and the text. */
function lines({ log }: { readonly log: readonly { readonly tUs: number; readonly text: string }[] }): string[] {
  return log.map(({ tUs, text }) => `${tUs / 1000} ${text}`);
}

describe('life', () => {
  test('esp_restart() runs the shutdown handlers; the board comes back with fresh memory and knows why', () => {
    const { world, board } = boot(life);
    const trace = world.record();
    board.stdin('restart\nrestart\n');
    world.runSync();
    expect(lines(board)).toEqual([
      expect.stringMatching(/^0 boot 1, reason 1, random [0-9a-f]{8}$/),
      '100 shutting down',
      expect.stringMatching(/^410 boot 1, reason 3, random [0-9a-f]{8}$/),
    ]);
    expect(trace.notes.map(({ tUs, text }) => `${tUs} ${text}`)).toEqual(['110000 esp_restart()']);
    expect(board.log[0]!.text.slice(-8)).not.toBe(board.log[2]!.text.slice(-8));
    // Time in log lines counts from the boot.
    expect(consoleOf(board).at(-1)).toMatch(/^I \(0\) life: boot 1/);
  });

  test('a board that loses its power forgets everything', () => {
    const { world, board } = boot(life);
    board.stdin('serve\nrestart\n');
    world.at(50_000, () => board.powerOff());
    world.at(60_000, () => board.powerOn());
    world.runSync({ until: 100_000 });
    expect(lines(board)).toEqual([expect.stringMatching(/^60 boot 1, reason 1/)]);
  });

  test('a task that computes takes time, lower ones starve, and after a while the watchdog barks', async () => {
    const { world, board } = boot(await compile(['life.c'], { sdkconfig: { CONFIG_ESP_TASK_WDT_TIMEOUT_S: 1 } }));
    board.stdin('hog\n');
    world.runSync({ until: 1_900_000 });
    const said = lines(board);
    expect(said.filter((line) => line.includes('spun'))).toEqual(['350 spun until 35', '1600 spun until 160']);
    // Between 150 and 350 ms, and between 500 and 1600 ms, the task of priority 1 does not run.
    expect(said.filter((line) => line.includes('meek')).map((line) => Number(line.split(' ')[0]))).toEqual([
      100, 350, 450, 1600, 1700, 1800, 1900,
    ]);
    expect(board.log.filter(({ tag }) => tag === 'task_wdt').map(({ tUs, text }) => `${tUs} ${text}`)).toEqual([
      '1500000 Task watchdog got triggered. The following tasks/users did not reset the watchdog in time:',
      '1500000  - IDLE0 (CPU 0)',
      '1500000 Tasks currently running:',
      '1500000 CPU 0: main',
    ]);
  });

  test('a task above the tcpip thread interrupts the stack at work', () => {
    const { world, board } = boot(life);
    board.stdin('above\n');
    expect(world.runSync().outcome).toBe('idle');
    expect(board.log.map(({ task, text }) => `${task}: ${text}`)).toEqual(
      [1, 2, 3].flatMap((n) => [`above: ${n} bytes`, `main: sent ${n}`, `main: got ${n}`]),
    );
  });
});

describe('outcome', () => {
  test('a worker that waits for a server of its board serves, too', () => {
    const { world, board } = boot(life);
    board.stdin('serve\n');
    const client = world.esp32('client', { lan: world.lans[0]!, ip: '192.168.4.2' });
    client.xTaskCreate(function* (os: Os) {
      const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.sendto(sock, 'a job', 5, 0, sockaddr_in('192.168.4.1', 4000));
    }, 'client');
    const { outcome, blocked } = world.runSync();
    expect(outcome).toBe('idle');
    expect(board.log.map(({ text }) => text)).toEqual(['worker got a job']);
    expect(blocked.map(({ task, call, waitsFor, isServing }) => ({ task, call, waitsFor, isServing }))).toEqual([
      { task: 'main', call: 'recv(54)', waitsFor: 'data (UDP port 4000)', isServing: true },
      { task: 'worker', call: 'xQueueReceive()', waitsFor: 'an item in a queue', isServing: true },
    ]);
  });

  test('tasks that wait for each other hang', () => {
    const { world, board } = boot(life);
    board.stdin('deadlock\n');
    const { outcome, blocked } = world.runSync();
    expect(outcome).toBe('hang');
    expect(blocked.map(({ task, waitsFor }) => `${task}: ${waitsFor}`)).toEqual([
      'main: a semaphore',
      'other: a semaphore',
    ]);
  });

  test('who waits for a line on stdin is reported', () => {
    const { world } = boot(life);
    expect(world.runSync()).toMatchObject({
      outcome: 'hang',
      blocked: [{ board: 'board', task: 'main', call: 'stdin()', waitsFor: 'a line on stdin' }],
    });
  });
});

/** A client that sends and compares what comes back. */
function* client(os: Os, bytes: Uint8Array, received: number[]) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  if ((yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333))) < 0) return;
  const buffer = new Uint8Array(700);
  for (let sent = 0; sent < bytes.length; ) {
    const n = yield* os.send(sock, bytes.subarray(sent, sent + 900));
    if (n < 0) return;
    sent += n;
    for (let back = 0; back < n; ) {
      const m = yield* os.recv(sock, buffer);
      if (m <= 0) return;
      received.push(...buffer.subarray(0, m));
      back += m;
    }
  }
  yield* os.close(sock);
}

test('whatever is lost on the way, a server in C sends back what a client in TypeScript sent', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 4000 }),
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      fc.nat(),
      (bytes, loss, seed) => {
        const world = new World({ seed });
        const lan = world.lan();
        lan.faults.loss(loss, world.random('loss'));
        const received: number[] = [];
        world.esp32('server', { lan, ip: '192.168.4.1', firmware: echo });
        world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate((os) => client(os, bytes, received), 'client');
        const { outcome } = world.runSync();
        return outcome === 'idle' && Buffer.from(received).equals(bytes);
      },
    ),
    { numRuns: 50 },
  );
});

test('the same seed gives the same log and the same capture, however the firmware was optimised', async () => {
  const images = [echo, new Firmware(echo.wasm), await compile(['echo_server.c'], { optimize: '0' })];
  const runs = images.map((firmware) => {
    const world = new World({ seed: 7 });
    const lan = world.lan();
    lan.faults.loss(0.1, world.random('loss'));
    const trace = world.record();
    const server = world.esp32('server', { lan, ip: '192.168.4.1', firmware });
    const bytes = new Uint8Array(8000).map((_, i) => i);
    world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate((os) => client(os, bytes, []), 'client');
    world.runSync();
    return { log: server.log, calls: trace.calls, pcap: Buffer.from(toPcap(trace.frames)).toString('base64') };
  });
  expect(runs[0]!.log.map(({ text }) => text)).toEqual(['from 192.168.4.2', '8000 bytes, then 0, errno 0']);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

test('a hundred boards run one image', () => {
  const world = new World();
  const lan = world.lan();
  const servers = Array.from({ length: 100 }, (_, i) =>
    world.esp32(`server ${i}`, { lan, ip: `192.168.4.${i + 1}`, firmware: echo }),
  );
  const client = world.esp32('client', { lan, ip: '192.168.4.200' });
  let answers = 0;
  client.xTaskCreate(function* (os: Os) {
    for (let i = 1; i <= 100; i++) {
      const sock = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(sock, sockaddr_in(`192.168.4.${i}`, 3333));
      yield* os.send(sock, 'hello');
      answers += yield* os.recv(sock, new Uint8Array(10));
      yield* os.close(sock);
    }
  }, 'client');
  expect(world.runSync().outcome).toBe('idle');
  expect(answers).toBe(500);
  expect(servers.every(({ log }) => log.length === 2)).toBe(true);
});

test('what is no image, and a configuration besides the image, are refused', () => {
  expect(() => new Firmware(new Uint8Array(3))).toThrow(/^This is no WebAssembly module: /);
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  expect(() => new Firmware(empty)).toThrow('This WebAssembly module was not built by lwip-twin');
  const world = new World();
  expect(() => world.esp32('x', { lan: world.lan(), ip: '10.0.0.1', firmware: echo, sdkconfig: {} })).toThrow(
    'give sdkconfig to buildFirmware()',
  );
});
