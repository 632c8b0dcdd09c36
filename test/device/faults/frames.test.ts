import { describe, expect, test } from '@jest/globals';
import { AF_INET, type FaultSpec, SOCK_DGRAM, sockaddr_in } from '../../../device/index.ts';
import { B_IP, type Pair, pair, start } from '../../support/worlds.ts';

/** Frames that board a has sent before its datagrams: its announcement, the question for b's address, the first datagram. */
const BEFORE = 3;
const AT_US = 20_000;

/**
 * Board a sends datagrams of these lengths to b, one every `gapMs`.
 * @returns what b gets: "length@µs after the first was sent", with the text if it is not what was sent
 */
function arrivals(plan: FaultSpec | FaultSpec[], lengths: readonly number[] = [1, 2, 3, 4], gapMs = 0): string[] {
  return run(plan, lengths, gapMs).got;
}

function run(plan: FaultSpec | FaultSpec[], lengths: readonly number[], gapMs: number) {
  const p: Pair = pair();
  const inflicted = p.world.inflict(plan);
  const got: string[] = [];
  start(p.a, { startUs: AT_US - 10_000 }, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    const to = sockaddr_in(B_IP, 7);
    yield* os.sendto(s, '?', 1, 0, to); // Asks for the address.
    yield* os.delayMs(10);
    for (const length of lengths) {
      yield* os.sendto(s, 'x'.repeat(length), length, 0, to);
      if (gapMs > 0) yield* os.delayMs(gapMs);
    }
  });
  start(p.b, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 7));
    const buffer = new Uint8Array(3000);
    for (;;) {
      const n = yield* os.recv(s, buffer);
      const isWhole = buffer.subarray(0, n).every((byte) => byte === 120);
      if (p.world.nowUs > AT_US) got.push(`${n}@${p.world.nowUs - AT_US}${isWhole ? '' : '!'}`);
    }
  });
  p.world.runSync({ until: 30_000_000 });
  return { ...p, got, faults: inflicted.faults };
}

const FIRST = { match: { from: 'a', proto: 'udp' }, nth: 2 } as const;

describe('a planned fault on frames', () => {
  test.each<[string, FaultSpec | FaultSpec[], string[]]>([
    ['nothing', [], ['1@1000', '2@1000', '3@1000', '4@1000']],
    ['drop', { kind: 'drop', ...FIRST }, ['2@1000', '3@1000', '4@1000']],
    ['drop by index', { kind: 'drop', match: { from: 'a', frame: BEFORE + 2 } }, ['1@1000', '2@1000', '4@1000']],
    [
      'drop from the third on',
      { kind: 'drop', match: { to: 'b', proto: 'udp' }, nth: 4, count: 'all' },
      ['1@1000', '2@1000'],
    ],
    ['delay', { kind: 'delay', ...FIRST, us: 500 }, ['2@1000', '3@1000', '4@1000', '1@1500']],
    ['duplicate', { kind: 'duplicate', ...FIRST, gapUs: 5 }, ['1@1000', '2@1000', '3@1000', '4@1000', '1@1005']],
    [
      'duplicate, twice',
      { kind: 'duplicate', ...FIRST, copies: 2 },
      ['1@1000', '1@1000', '1@1000', '2@1000', '3@1000', '4@1000'],
    ],
    ['reorder', { kind: 'reorder', ...FIRST, behind: 2 }, ['2@1000', '3@1000', '1@1000', '4@1000']],
    [
      'reorder behind nothing',
      { kind: 'reorder', match: { minLength: 4 }, withinUs: 70 },
      ['1@1000', '2@1000', '3@1000', '4@1070'],
    ],
    [
      'corrupt a byte',
      { kind: 'corrupt', ...FIRST, layer: 'payload', offset: 0 },
      ['1@1000!', '2@1000', '3@1000', '4@1000'],
    ],
    [
      'corrupt a bit of the port',
      { kind: 'corrupt', ...FIRST, layer: 'transport', offset: 3, bit: 0 },
      ['2@1000', '3@1000', '4@1000'],
    ],
    ['corrupt behind the end', { kind: 'corrupt', ...FIRST, offset: 3000 }, ['1@1000', '2@1000', '3@1000', '4@1000']],
    ['truncate', { kind: 'truncate', match: { minLength: 4 }, length: 44 }, ['1@1000', '2@1000', '3@1000']],
    [
      'truncate well',
      { kind: 'truncate', match: { minLength: 4 }, length: 44, checksums: 'right' },
      ['1@1000', '2@1000', '3@1000', '2@1000'],
    ],
    ['rate', { kind: 'rate', match: { from: 'a' }, bitsPerSecond: 344_000 }, ['1@2000', '2@3024', '3@4071', '4@5141']],
    [
      'rate with a short queue',
      { kind: 'rate', match: { from: 'a' }, bitsPerSecond: 344_000, queueBytes: 45 },
      ['1@2000', '2@3024'],
    ],
    ['stall', { kind: 'stall', match: { from: 'a' }, afterBytes: 4 }, ['1@1000', '2@1000']],
    ['outage', { kind: 'outage', sinceUs: AT_US, untilUs: AT_US + 1 }, []],
    [
      'outage that is over',
      { kind: 'outage', sinceUs: AT_US - 5000, untilUs: AT_US },
      ['1@1000', '2@1000', '3@1000', '4@1000'],
    ],
    [
      'one-way black hole',
      { kind: 'blackhole', match: { from: 'b', to: 'a' }, sinceUs: AT_US },
      ['1@1000', '2@1000', '3@1000', '4@1000'],
    ],
    ['the other way', { kind: 'blackhole', match: { from: 'a', to: 'b' }, sinceUs: AT_US }, []],
    ['certain loss', { kind: 'drop', chance: 1 }, []],
    ['no loss', { kind: 'drop', chance: 0 }, ['1@1000', '2@1000', '3@1000', '4@1000']],
    [
      'a burst that begins at once',
      { kind: 'drop', match: { from: 'a', proto: 'udp' }, burst: { enter: 1, leave: 0 } },
      [],
    ],
    [
      'a burst that never begins',
      { kind: 'drop', burst: { enter: 0, leave: 1 } },
      ['1@1000', '2@1000', '3@1000', '4@1000'],
    ],
    [
      'after a frame',
      { kind: 'drop', match: { proto: 'udp' }, after: { match: { minLength: 2 }, nth: 1 }, nth: 1 },
      ['1@1000', '2@1000', '4@1000'],
    ],
    [
      'after a call',
      { kind: 'drop', match: { proto: 'udp' }, after: { call: 'sendto', nth: 4 }, count: 'all' },
      ['1@1000', '2@1000'],
    ],
    [
      'a function',
      { kind: 'drop', match: ({ udp, to }) => udp !== null && udp.length === 3 && to('b') },
      ['1@1000', '2@1000', '4@1000'],
    ],
    [
      'the first verdict',
      [
        { kind: 'delay', ...FIRST, us: 100 },
        { kind: 'drop', ...FIRST },
      ],
      ['2@1000', '3@1000', '4@1000', '1@1100'],
    ],
  ])('%s', (_name, plan, expected) => {
    expect(arrivals(plan)).toEqual(expected);
  });

  test('of chance draws from the seed, and a smaller chance takes a subset', () => {
    const lengths = Array.from({ length: 60 }, (_, i) => i + 1);
    const lost = (chance: number, seed = 0): number[] => {
      const got = new Set(arrivals({ kind: 'drop', match: { data: true }, sinceUs: AT_US, chance, seed }, lengths, 10));
      return lengths.filter((n) => !got.has(`${n}@${(n - 1) * 10_000 + 1000}`));
    };
    const [often, seldom] = [lost(0.5), lost(0.2)];
    expect(often.length).toBeGreaterThan(seldom.length);
    expect(seldom.length).toBeGreaterThan(0);
    expect(often).toEqual(expect.arrayContaining(seldom));
    expect(lost(0.5, 1)).not.toEqual(often);
    expect(lost(0.5)).toEqual(often);
  });

  test('loses in bursts', () => {
    const lengths = Array.from({ length: 200 }, (_, i) => i + 1);
    const got = new Set(
      arrivals(
        { kind: 'drop', match: { data: true }, sinceUs: AT_US, burst: { enter: 0.05, leave: 0.3 } },
        lengths,
        10,
      ).map((text) => Number.parseInt(text, 10)),
    );
    const lost = lengths.filter((n) => !got.has(n));
    const runs = lost.filter((n) => !lost.includes(n - 1)).length;
    expect(lost.length).toBeGreaterThan(2 * runs);
    expect(runs).toBeGreaterThan(1);
  });

  test.each(['uniform', 'bell', 'tail'] as const)('jitters (%s) within its bounds, in order or not', (distribution) => {
    const lengths = Array.from({ length: 50 }, (_, i) => i + 1);
    const spec = {
      kind: 'jitter',
      match: { data: true },
      sinceUs: AT_US,
      minUs: 100,
      maxUs: 30_000,
      distribution,
    } as const;
    const delays = (keepOrder: boolean) =>
      arrivals({ ...spec, keepOrder }, lengths, 10).map((text) => {
        const [n = 0, us = 0] = text.split('@').map(Number);
        return { n, us: us - (n - 1) * 10_000 - 1000 };
      });
    expect(delays(true).map(({ n }) => n)).toEqual(lengths);
    const free = delays(false);
    for (const { us } of free) expect(us).toBeGreaterThanOrEqual(100);
    for (const { us } of free) expect(us).toBeLessThanOrEqual(30_000);
    const mean = free.reduce((sum, { us }) => sum + us, 0) / free.length;
    if (distribution === 'tail') expect(mean).toBeLessThan(5000);
    else expect(Math.abs(mean - 15_000)).toBeLessThan(5000);
    if (distribution === 'uniform') expect(free.map(({ n }) => n)).not.toEqual(lengths);
  });

  test('stalls for a while', () => {
    const plan: FaultSpec = { kind: 'stall', match: { from: 'a' }, afterBytes: 2, forUs: 25_000 };
    expect(arrivals(plan, [1, 1, 1, 1, 5], 10)).toEqual(['1@1000', '5@41000']);
  });

  test('tells how often it met something and took effect, and can be taken back', () => {
    const { faults, trace } = run(
      [
        { kind: 'drop', match: { from: 'a', proto: 'udp' }, nth: 3 },
        { kind: 'delay', match: { from: 'a', proto: 'udp' }, us: 1 },
        { kind: 'drop', match: { proto: 'igmp' } },
      ],
      [1, 2, 3],
      0,
    );
    expect(faults.map(({ matched, matches, applied }) => [matched, matches, applied])).toEqual([
      [true, 1, 1],
      [true, 4, 3],
      [false, 0, 0],
    ]);
    expect(trace.frames.filter((f) => f.fault !== '').map((f) => f.fault)).toEqual(['delay', 'delay', 'drop', 'delay']);

    const p = pair();
    const { remove } = p.world.inflict([{ kind: 'drop' }, { kind: 'noMemory', board: 'a', of: 'pbuf' }]);
    expect(p.world.framePlan.isActive).toBe(true);
    remove();
    expect(p.world.framePlan.isActive).toBe(false);
  });

  test('takes a broadcast away from one board only', () => {
    const p = pair();
    const c = p.world.esp32('c', { lan: p.lan, ip: '192.168.4.3' });
    p.world.inflict({ kind: 'drop', match: { from: 'a', to: 'b' } });
    const got: string[] = [];
    for (const board of [p.b, c]) {
      start(board, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 7));
        if ((yield* os.recv(s, new Uint8Array(9))) > 0) got.push(board.name);
      });
    }
    start(p.a, { startUs: 20_000 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.sendto(s, 'x', 1, 0, sockaddr_in('192.168.4.255', 7));
    });
    p.world.runSync({ until: 1_000_000 });
    expect(got).toEqual(['c']);
    expect(p.trace.frames.at(-1)?.fault).toBe('drop to b');
  });

  test('puts a frame on the wire', () => {
    const p = pair();
    const request = 'ffffffffffff020000000009 0806 0001080006040001 020000000009c0a80409 000000000000c0a80401';
    p.world.inflict({ kind: 'inject', to: 'a', atUs: 50_000, bytes: request.replaceAll(' ', '') });
    p.world.runSync({ until: 100_000 });
    const frames = p.trace.frames.filter((f) => f.tUs >= 50_000);
    expect(frames.map((f) => [f.from, f.fault])).toEqual([
      ['', 'inject'],
      ['a', ''],
    ]);
  });
});
