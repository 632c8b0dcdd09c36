import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AF_INET, type FaultPlan, type Os, SOCK_STREAM, sockaddr_in, World } from 'lwip-twin';
import { assertAlways, assertAlwaysAsync, chunking, faultPlan } from 'lwip-twin/fast-check';

const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-property-'));
afterAll(() => rmSync(folder, { recursive: true }));

const REPORT_BYTES = 2000;

/** Sends a report of 2000 bytes in pieces of these sizes. */
function* sensor(os: Os, pieces: readonly number[]) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  for (const size of pieces) yield* os.send(sock, new Uint8Array(size).fill(7));
  yield* os.close(sock);
}

/** Receives it. @returns how much of it came */
function* display(os: Os, untilItIsWhole: boolean) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  yield* os.listen(listenSock, 1);
  const sock = yield* os.accept(listenSock);
  yield* os.delayMs(200); // draws something; by now the whole report is there, as a rule
  const buffer = new Uint8Array(REPORT_BYTES);
  let n = yield* os.recv(sock, buffer);
  while (untilItIsWhole && n < REPORT_BYTES) {
    const more = yield* os.recv(sock, buffer.subarray(n));
    if (more <= 0) break;
    n += more;
  }
  yield* os.close(sock);
  return n;
}

/** One run: a world with misfortunes, and what must hold. */
function reporting(plan: FaultPlan, pieces: readonly number[], untilItIsWhole: boolean) {
  const world = new World();
  const lan = world.lan();
  let got = 0;
  world.esp32('display', { lan, ip: '192.168.4.1' }).xTaskCreate(function* (os) {
    got = yield* display(os, untilItIsWhole);
  }, 'main');
  world
    .esp32('sensor', { lan, ip: '192.168.4.2' })
    .xTaskCreate((os) => sensor(os, pieces), 'main', { startUs: 50_000 });
  world.inflict(plan);
  return { world, untilUs: 120_000_000, check: () => expect(got).toBe(REPORT_BYTES) };
}

const boards = ['display', 'sensor'];

test('a program that loops over recv() gets its report whatever the network does, in whatever pieces it is sent', () => {
  assertAlways(
    fc.tuple(faultPlan({ boards }), chunking(REPORT_BYTES)),
    ([plan, pieces]) => reporting(plan, pieces, true),
    { numRuns: 50, seed: 1 },
  );
});

test('one that takes a recv() for a report does not, and the failure shows the one fault that matters', () => {
  let message = '';
  try {
    assertAlways(faultPlan({ boards }), (plan) => reporting(plan, [REPORT_BYTES], false), { seed: 2, folder });
  } catch (error) {
    message = (error as Error).message;
  }
  const [, plan = '[]'] = /The smallest case: (.*)/.exec(message) ?? [];
  expect(plan).toBe('[{"kind":"rate","bitsPerSecond":87889}]');
  expect(message).toContain('seed 2, path "');
  expect(message).toContain('Expected: 2000');
  expect(message).toContain('recv(55, 2000) = 1440'); // in the ladder around it
  expect(existsSync(join(folder, /Capture: .*\/(.+)/.exec(message)?.[1] ?? '?'))).toBe(true); // a pcapng for Wireshark
  expect(existsSync(join(folder, /Report: .*\/(.+)/.exec(message)?.[1] ?? '?'))).toBe(true); // a page for a browser
});

test('the same with async programs', async () => {
  const experiment = (latencyUs: number) => {
    const world = new World();
    const lan = world.lan({ latencyUs });
    let said = '';
    world.esp32('alone', { lan, ip: '192.168.4.2' }).xTaskCreate(async (os) => {
      const sock = await os.socket(AF_INET, SOCK_STREAM);
      said = (await os.connect(sock, sockaddr_in('192.168.4.9', 80))) < 0 ? 'nobody there' : 'connected';
    }, 'main');
    return { world, check: () => said === 'nobody there' };
  };
  await assertAlwaysAsync(fc.integer({ min: 1, max: 500_000 }), experiment, { numRuns: 20, seed: 3 });
});
