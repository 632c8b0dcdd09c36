import { describe, expect, test } from '@jest/globals';
import { SO_REUSEADDR, text } from '../device/index.ts';
import { memorySink } from '../tools/pcap-writer.ts';
import { formatPcapng, PcapngWriter } from '../tools/pcapng-writer.ts';
import { udpFrame } from './support/frames.ts';
import { openCapture } from './support/wireshark.ts';
import { A_IP, acceptOne, connectTo, pair, recvAll, start } from './support/worlds.ts';

const LONG_MS = 60_000;

/** b sends a request to a over a wire with misfortunes. */
function run() {
  const p = pair();
  p.world.watch();
  p.world.inflict([
    { kind: 'drop', match: { from: 'b', data: true }, nth: 1 },
    { kind: 'rst', match: { from: 'a', flags: '.' }, sinceUs: 1_000_000, nth: 1, replace: false },
    { kind: 'callFails', fn: 'setsockopt', errno: 'ENOMEM' },
  ]);
  start(p.a, { name: 'server' }, function* (os) {
    const s = yield* acceptOne(os, 80);
    yield* recvAll(os, s);
  });
  start(p.b, { name: 'client', startUs: 20_000 }, function* (os) {
    const s = yield* connectTo(os, A_IP, 80);
    yield* os.setsockopt(s, 0xfff, SO_REUSEADDR, 1);
    yield* os.send(s, 'request');
    yield* os.delayMs(5000);
    yield* os.close(s);
    yield* os.close(s);
  });
  p.world.runSync();
  return p.trace;
}

/** The records of the name resolution blocks: Wireshark shows names only if a preference asks for them. */
function namesIn(capture: Uint8Array): string[] {
  const view = new DataView(capture.buffer, capture.byteOffset, capture.length);
  const names: string[] = [];
  for (let at = 0; at < capture.length; at += view.getUint32(at + 4, true)) {
    if (view.getUint32(at, true) !== 4) continue;
    for (let record = at + 8; view.getUint16(record, true) === 1; ) {
      const length = view.getUint16(record + 2, true);
      const bytes = capture.subarray(record + 4, record + 4 + length);
      names.push(`${bytes.subarray(0, 4).join('.')} ${text(bytes.subarray(4, -1))}`);
      record += 4 + ((length + 3) & ~3);
    }
  }
  return names;
}

describe('a pcapng capture of a trace', () => {
  test(
    'is understood by Wireshark, with interfaces, names and comments',
    async () => {
      const trace = run();
      const capture = await openCapture(formatPcapng(trace, { comments: ['seed 1'] }));
      const packets = capture.packets();
      expect(packets.length).toBe(trace.frames.length);
      expect(capture.complaints()).toEqual([]);

      const interfaces = packets.map(({ number }) => capture.values(number, 'frame.interface_name')[0]);
      expect(interfaces).toEqual(trace.frames.map((f) => (f.from === '' ? 'lan0' : `${f.from}@lan0`)));
      const comments = (number: number) => capture.values(number, 'frame.comment');
      const lost = trace.frames.findIndex((f) => f.lost) + 1;
      expect(comments(lost)).toEqual([
        'fault: drop, nobody has received this frame',
        'caused by b, task client: send(54, 7) = 7',
      ]);
      const injected = trace.frames.findIndex((f) => f.from === '') + 1;
      expect(comments(injected)[0]).toBe('fault: rst');
      const all = packets.flatMap(({ number }) => comments(number));
      expect(all).toContain('b: callFails: setsockopt');
      expect(all).toContain('caused by b, task client: connect(54, 192.168.4.1:80) ...');
      expect(all.filter((text) => text.startsWith('b: finding: '))).toEqual([
        expect.stringContaining('Task client called close(54) after it had closed the descriptor'),
      ]);
      expect(namesIn(formatPcapng(trace))).toEqual(['192.168.4.1 a', '192.168.4.2 b']);
      expect(capture.values(1, 'frame.time_relative')).toEqual(['0.000000000']);
      expect(capture.values(lost, 'frame.time_relative')).toEqual(['0.024000000']);
    },
    LONG_MS,
  );

  test('of a trace without frames is an empty capture', async () => {
    const bytes = formatPcapng({ frames: [], calls: [], notes: [] });
    expect((await openCapture(bytes)).packets()).toEqual([]);
  });
});

describe('PcapngWriter', () => {
  const frame = udpFrame({ from: 'b' });

  test(
    'keeps microseconds exactly, however far the time',
    async () => {
      const times = [0, 1, 4_294_967_295, 4_294_967_296, 1_234_567_890_123_456];
      const sink = memorySink();
      const writer = new PcapngWriter(sink);
      const on = writer.addInterface({ name: 'a', mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
      for (const tUs of times) writer.write(on, tUs, frame, { direction: 'in' });
      writer.close();
      expect(writer.frameCount).toBe(times.length);
      const capture = await openCapture(sink.bytes());
      const seen = times.map((_, i) => capture.values(i + 1, 'frame.time_relative')[0]);
      expect(seen.map((text) => Math.round(Number(text) * 1e6))).toEqual(times);
    },
    LONG_MS,
  );

  test('refuses what cannot be encoded', () => {
    const writer = new PcapngWriter(memorySink());
    expect(() => writer.write(0, 0, frame)).toThrow('There is no interface 0; 0 have been announced.');
    expect(() => writer.addInterface({ name: 'a', mac: Uint8Array.of(1) })).toThrow('mac must be 6 bytes, not 1.');
    expect(() => writer.addNames(new Map([['10.0.0', 'x']]))).toThrow('"10.0.0" is not an IPv4 address.');
    const on = writer.addInterface({ name: 'a' });
    for (const tUs of [-1, 0.5, Number.NaN]) expect(() => writer.write(on, tUs, frame)).toThrow('tUs must be');
    writer.close();
    expect(() => writer.write(on, 0, frame)).toThrow('The capture is closed');
    writer.close();
  });
});
