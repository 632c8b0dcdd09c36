/** The same world runs the same way, whoever looks; another seed is another world. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { AF_INET, SOCK_STREAM, sockaddr_in, type WorldOptions } from '../../device/index.ts';
import { IsnGenerator, md5OfBlock } from '../../device/isn.ts';
import { namedStream, RandomStream } from '../../device/random.ts';
import { toPcap } from '../../tools/pcap-writer.ts';
import { fc, property } from '../support/fast-check.ts';
import { blow, exchange, TALK_US, type Transfer, transfer, type Weather, weather } from '../support/traffic.ts';
import { B_IP, connectTo, listenOn, pair, start } from '../support/worlds.ts';

/** Local port and first sequence number of board a's first connection. */
function firstSyn(options: WorldOptions): { port: number; seq: number } {
  const p = pair(options);
  start(p.b, (os) => listenOn(os, 80));
  start(p.a, function* (os) {
    yield* os.delayMs(20);
    yield* connectTo(os, B_IP, 80);
  });
  p.world.runSync({ until: 100_000 });
  const syn = p.trace.frames.find((f) => f.from === 'a' && f.bytes[23] === 6)!.bytes;
  const view = new DataView(syn.buffer, syn.byteOffset);
  return { port: view.getUint16(34), seq: view.getUint32(38) };
}

describe('a seed', () => {
  test('gives the same ports and sequence numbers again', () => {
    expect(firstSyn({ seed: 7 })).toEqual(firstSyn({ seed: 7 }));
    expect(firstSyn({})).toEqual(firstSyn({ seed: 1 }));
  });

  test('that differs gives others, from the ephemeral range', () => {
    const syns = Array.from({ length: 50 }, (_, seed) => firstSyn({ seed }));
    expect(new Set(syns.map((s) => s.port)).size).toBeGreaterThan(45);
    expect(new Set(syns.map((s) => s.seq)).size).toBe(50);
    expect(syns.every(({ port }) => port >= 0xc000 && port < 0xffff)).toBe(true);
  });

  test('may be negative or large', () => {
    const seeds = [-1, 2 ** 32 - 1, 2 ** 32, 2 ** 52, -(2 ** 52)];
    expect(new Set(seeds.map((seed) => firstSyn({ seed }).seq)).size).toBe(seeds.length);
  });
});

describe('a run is the same', () => {
  /** All that can be seen of a run: its capture, and its calls with times, results and running numbers. */
  const record = (options: WorldOptions, w: Weather, t: Transfer) => {
    const p = pair(options);
    blow(p, w, TALK_US);
    exchange(p, t, t);
    p.world.runSync({ until: 60_000_000 });
    const calls = p.trace.calls.map((c) =>
      [c.n0, c.n1, c.t0Us, c.t1Us, c.task, c.fn, ...c.args, c.ret, c.errno, c.addr].join(),
    );
    return { pcap: Buffer.from(toPcap(p.trace.frames)), calls: calls.join('\n') };
  };

  property('down to the bytes of its capture', 12, [weather, transfer], (w, t) => {
    const [first, second] = [record({ seed: w.seed }, w, t), record({ seed: w.seed }, w, t)];
    expect(first.pcap.equals(second.pcap)).toBe(true);
    expect(second.calls).toBe(first.calls);
  });

  property('whether checksums are computed early or late', 12, [weather, transfer], (w, t) => {
    const [lazy, strict] = [record({}, w, t), record({ strictChecksums: true }, w, t)];
    expect(lazy.pcap.equals(strict.pcap)).toBe(true);
    expect(strict.calls).toBe(lazy.calls);
  });

  property('whether it is recorded or not', 12, [weather, transfer], (w, t) => {
    const ends = [true, false].map((recorded) => {
      const p = pair({ seed: w.seed });
      if (!recorded) p.world.trace = null;
      blow(p, w, TALK_US);
      const [atA, atB] = exchange(p, t, t);
      const report = p.world.runSync({ until: 60_000_000 });
      return [
        report,
        atA.isThere && atA.value,
        atB.isThere && atB.value,
        p.lan.portOf('a').sent,
        p.lan.portOf('b').sent,
      ];
    });
    expect(ends[1]).toEqual(ends[0]);
  });
});

describe('random streams', () => {
  test('are the same on every machine', () => {
    const stream = new RandomStream(1);
    expect([stream.uint32(), stream.uint32(), stream.uint32()]).toEqual([393_288_148, 2_174_103_013, 3_814_759_091]);
  });

  test('with different names have nothing to do with each other', () => {
    const heads = ['a', 'b', 'ab', 'ba', ''].map((name) => namedStream(5, name).uint32());
    expect(new Set(heads).size).toBe(heads.length);
    expect(namedStream(5, 'a').uint32()).toBe(heads[0]);
    expect(namedStream(6, 'a').uint32()).not.toBe(heads[0]);
  });

  property('stay below their limit', 100, [fc.integer(), fc.integer({ min: 1, max: 2 ** 32 })], (seed, limit) => {
    const stream = new RandomStream(seed);
    for (let i = 0; i < 50; i++) {
      const x = stream.below(limit);
      expect(Number.isInteger(x) && x >= 0 && x < limit).toBe(true);
    }
    expect([stream.chance(0), stream.chance(1)]).toEqual([false, true]);
  });
});

describe('initial sequence numbers', () => {
  property('come from MD5', 50, [fc.uint8Array({ minLength: 64, maxLength: 64 })], (block) => {
    expect(md5OfBlock(new DataView(block.buffer, block.byteOffset))).toBe(
      createHash('md5').update(block).digest().readInt32LE(0),
    );
  });

  test('grow by 250 a millisecond and differ by connection', () => {
    const isn = new IsnGenerator(0, new RandomStream(1));
    const at = (ms: number, port = 80) => isn.next(ms, 0x0a000001, 50_000, 0x0a000002, port);
    expect((at(1000) - at(0)) | 0).toBe(250_000);
    expect(at(0, 81)).not.toBe(at(0));
    expect(new IsnGenerator(0, new RandomStream(2)).next(0, 0x0a000001, 50_000, 0x0a000002, 80)).not.toBe(at(0));
  });

  test('of a program can be set', () => {
    const p = pair({ board: { LWIP_HOOK_TCP_ISN: (n) => 1000 * (n + 1), LWIP_RAND: (n) => n } });
    start(p.b, (os) => listenOn(os, 80));
    const port = start(p.a, function* (os) {
      yield* os.delayMs(20);
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(B_IP, 80));
      const name = sockaddr_in();
      yield* os.getsockname(s, name);
      return ((name.sin_port & 255) << 8) | (name.sin_port >> 8);
    });
    p.world.runSync({ until: 100_000 });
    const syn = p.trace.frames.find((f) => f.bytes[23] === 6)!.bytes;
    expect(new DataView(syn.buffer).getUint32(38)).toBe(999);
    expect(port.value).toBe(0xc000 + 2);
  });
});
