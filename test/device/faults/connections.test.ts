import { describe, expect, test } from '@jest/globals';
import { type FaultSpec, type Os, text } from '../../../device/index.ts';
import {
  A_IP,
  acceptOne,
  connectTo,
  listenOn,
  outcome,
  type Pair,
  pair,
  pattern,
  type Steps,
  start,
} from '../../support/worlds.ts';

/** Board a echoes until the end; board b sends `rounds` pieces, one every 100 ms, and notes what comes of it. */
function echo(plan: FaultSpec | FaultSpec[], rounds = 3, size = 100) {
  const p: Pair = pair();
  const inflicted = p.world.inflict(plan);
  const server = start(p.a, function* (os) {
    const s = yield* acceptOne(os, 80);
    const buffer = new Uint8Array(3000);
    for (;;) {
      const n = yield* outcome(os, os.recv(s, buffer));
      if (typeof n === 'string' || n === 0) return n;
      yield* os.send(s, buffer, n);
    }
  });
  const client = start(p.b, { startUs: 20_000 }, (os) => talk(os, rounds, size));
  const { outcome: end } = p.world.runSync({ until: 60_000_000 });
  return { ...p, end, server, client, faults: inflicted.faults };
}

function* talk(os: Os, rounds: number, size: number): Steps<string[]> {
  const results: string[] = [];
  const s = yield* connectTo(os, A_IP, 80);
  const buffer = new Uint8Array(3000);
  for (let i = 0; i < rounds; i++) {
    const sent = yield* outcome(os, os.send(s, pattern(size, i)));
    const got = yield* outcome(os, os.recv(s, buffer));
    results.push(sent === size && got === size ? 'ok' : `send ${sent} recv ${got}`);
    yield* os.delayMs(100);
  }
  yield* os.close(s);
  return results;
}

const FROM_CLIENT = { from: 'b', data: true } as const;

describe('a planned fault on connections', () => {
  test.each<[string, FaultSpec, string[], number | string]>([
    ['nothing', { kind: 'drop', nth: 99 }, ['ok', 'ok', 'ok'], 0],
    [
      'a RST in place of the second segment, to both',
      { kind: 'rst', match: FROM_CLIENT, nth: 2 },
      ['ok', 'send 100 recv ECONNRESET', 'send ECONNRESET recv ENOTCONN'],
      'ECONNRESET',
    ],
    [
      'a RST to the server behind the segment, whose answer is lost with the connection',
      { kind: 'rst', match: FROM_CLIENT, nth: 2, toward: 'receiver', replace: false },
      ['ok', 'ok', 'send 100 recv ECONNRESET'],
      'ECONNRESET',
    ],
    [
      'a RST to the client alone',
      { kind: 'rst', match: FROM_CLIENT, nth: 2, toward: 'sender' },
      ['ok', 'send 100 recv ECONNRESET', 'send ECONNRESET recv ENOTCONN'],
      'ECONNRESET',
    ],
    [
      'a RST in a quiet moment',
      { kind: 'rst', match: { proto: 'tcp' }, atUs: 60_000 },
      ['ok', 'send ECONNRESET recv ECONNRESET', 'send ENOTCONN recv ENOTCONN'],
      'ECONNRESET',
    ],
    [
      'a FIN to the client behind its second segment',
      { kind: 'fin', match: FROM_CLIENT, nth: 2, toward: 'sender' },
      ['ok', 'send 100 recv 0', 'send 100 recv ENOTCONN'],
      0,
    ],
    ['a segment that is lost twice', { kind: 'drop', match: FROM_CLIENT, nth: 2, again: 1 }, ['ok', 'ok', 'ok'], 0],
  ])('%s', (_name, plan, expected, server) => {
    const run = echo(plan);
    expect(run.client.isThere ? run.client.value : ['stuck']).toEqual(expected);
    expect(run.server.isThere ? run.server.value : 'stuck').toBe(server);
    if (plan.kind !== 'drop' || plan.nth !== 99) expect(run.faults[0]?.applied).toBeGreaterThan(0);
  });

  test('refuses a connection: a SYN is answered by a RST', () => {
    const p = pair();
    p.world.inflict({ kind: 'rst', match: { flags: 'S!.', dstPort: 80 }, untilUs: 100_000 });
    const client = start(p.b, { startUs: 20_000 }, function* (os) {
      yield* connectTo(os, A_IP, 80);
    });
    start(p.a, (os) => acceptOne(os, 80));
    expect(() => p.world.runSync()).toThrow('ECONNRESET');
    expect(client.isThere).toBe(false);
  });

  test('resets a connection that waits for accept()', () => {
    const p = pair();
    p.world.inflict({ kind: 'rst', match: { flags: 'S.' }, nth: 1, toward: 'sender', replace: false, delayUs: 3000 });
    const server = start(p.a, function* (os) {
      const listener = yield* listenLater(os);
      const s = yield* os.accept(listener);
      return yield* outcome(os, os.recv(s, new Uint8Array(9)));
    });
    start(p.b, { startUs: 20_000 }, function* (os) {
      yield* connectTo(os, A_IP, 80);
      yield* os.delayMs(5000);
    });
    p.world.runSync({ until: 10_000_000 });
    expect(server.value).toBe('ECONNRESET');
  });

  test('loses a segment and its retransmissions, as often as it says', () => {
    const run = echo({ kind: 'drop', match: FROM_CLIENT, nth: 1, again: 2 });
    const lost = run.trace.frames.filter((f) => f.lost);
    expect(lost.length).toBe(3);
    expect(new Set(lost.map((f) => text(f.bytes.subarray(38, 42)))).size).toBe(1);
    expect(run.client.value).toEqual(['ok', 'ok', 'ok']);
  });

  test('a corrupted segment is noticed, unless its checksum is right', () => {
    const corrupt = { kind: 'corrupt', match: FROM_CLIENT, nth: 1, layer: 'payload', offset: 9, xor: 1 } as const;
    const noticed = echo(corrupt, 1);
    expect(noticed.a.stack.stats.tcp_chkerr).toBe(1);
    expect(noticed.client.value).toEqual(['ok']);
    const unnoticed = echo({ ...corrupt, checksums: 'right' }, 1);
    expect(unnoticed.a.stack.stats.tcp_chkerr).toBe(0);
    const echoed = unnoticed.trace.frames.find((f) => f.from === 'a' && f.bytes.length === 154);
    expect(echoed?.bytes[54 + 9]).toBe(pattern(100)[9]! ^ 1);
  });

  test('a stream stalls for good', () => {
    const run = echo({ kind: 'stall', match: { from: 'b', to: 'a' }, afterBytes: 150 });
    expect(run.client.isThere).toBe(false);
    expect(run.end).toBe('until');
  });
});

function* listenLater(os: Os): Steps<number> {
  const listener = yield* listenOn(os, 80);
  yield* os.delayMs(2000);
  return listener;
}
