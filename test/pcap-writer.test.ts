import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import fc from 'fast-check';
import {
  DEFAULT_SNAP_LENGTH,
  encodeRecordHeader,
  fileSink,
  memorySink,
  PCAP_HEADER_LENGTH,
  PCAP_RECORD_HEADER_LENGTH,
  type PcapOptions,
  type PcapSink,
  PcapWriter,
  toPcap,
} from '../tools/pcap-writer.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const frameOf = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);

function capture(options: PcapOptions, ...frames: readonly (readonly [time: number, frame: Uint8Array])[]): Uint8Array {
  const sink = memorySink();
  const writer = new PcapWriter(sink, options);
  for (const [time, frame] of frames) {
    writer.write(time, frame);
  }
  writer.close();
  return sink.bytes();
}

interface PcapRecord {
  time: bigint;
  originalLength: number;
  bytes: Uint8Array;
}

/** Reads a capture in the slow and obvious way; a record that is not whole is an error. */
function readPcap(file: Uint8Array): { magic: number; snapLength: number; records: PcapRecord[] } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = view.getUint32(0, true);
  expect(view.getUint16(4, true)).toBe(2);
  expect(view.getUint16(6, true)).toBe(4);
  expect(view.getUint32(20, true)).toBe(1);
  const unitsPerSecond = magic === 0xa1b23c4d ? 1_000_000_000n : 1_000_000n;
  const records: PcapRecord[] = [];
  let at = PCAP_HEADER_LENGTH;
  while (at < file.length) {
    const fraction = BigInt(view.getUint32(at + 4, true));
    expect(fraction).toBeLessThan(unitsPerSecond);
    const capturedLength = view.getUint32(at + 8, true);
    const start = at + PCAP_RECORD_HEADER_LENGTH;
    at = start + capturedLength;
    expect(at).toBeLessThanOrEqual(file.length);
    records.push({
      time: BigInt(view.getUint32(start - 16, true)) * unitsPerSecond + fraction,
      originalLength: view.getUint32(start - 4, true),
      bytes: file.slice(start, at),
    });
  }
  return { magic, snapLength: view.getUint32(16, true), records };
}

describe('format', () => {
  test('global header of a capture in microseconds', () => {
    expect(hex(capture({}))).toBe('d4c3b2a1' + '0200' + '0400' + '00000000' + '00000000' + '00000400' + '01000000');
  });

  test('global header of a capture in nanoseconds with a snap length of 96', () => {
    const header = capture({ resolution: 'ns', snapLength: 96 });
    expect(hex(header)).toBe('4d3cb2a1' + '0200' + '0400' + '00000000' + '00000000' + '60000000' + '01000000');
  });

  test('record: seconds, microseconds, both lengths, bytes', () => {
    const file = capture({}, [3_000_007, frameOf(5)]);
    expect(hex(file.subarray(PCAP_HEADER_LENGTH))).toBe(
      '03000000' + '07000000' + '05000000' + '05000000' + '0001020304',
    );
  });

  test('a frame of no bytes is a record too', () => {
    expect(readPcap(capture({}, [1, frameOf(0)])).records).toEqual([
      { time: 1n, originalLength: 0, bytes: new Uint8Array(0) },
    ]);
  });

  test('a long frame is cut to the snap length and its length recorded', () => {
    const { records } = readPcap(capture({ snapLength: 60 }, [0, frameOf(61)], [1, frameOf(60)], [2, frameOf(59)]));
    expect(records.map((r) => [r.bytes.length, r.originalLength])).toEqual([
      [60, 61],
      [60, 60],
      [59, 59],
    ]);
    expect(records[0]?.bytes).toEqual(frameOf(60));
  });

  test('without a snap length frames are cut where Wireshark would refuse them', () => {
    const { records, snapLength } = readPcap(capture({}, [0, frameOf(DEFAULT_SNAP_LENGTH + 1)]));
    expect(snapLength).toBe(262_144);
    expect(records[0]).toMatchObject({ originalLength: 262_145, bytes: { length: 262_144 } });
  });

  const unit = { us: 1_000_000, ns: 1_000_000_000 };

  test.each(['us', 'ns'] as const)('what is written can be read back (%s)', (resolution) => {
    const maxTime = Math.min(2 ** 32 * unit[resolution] - 1, Number.MAX_SAFE_INTEGER);
    const time = fc.oneof(
      fc.integer({ min: 0, max: maxTime }),
      // One unit before and at a full second, where a division that rounds would show.
      fc
        .tuple(fc.integer({ min: 1, max: Math.floor(maxTime / unit[resolution]) }), fc.integer({ min: -1, max: 1 }))
        .map(([seconds, off]) => Math.min(seconds * unit[resolution] + off, maxTime)),
      fc.constant(maxTime),
    );
    const frames = fc.array(fc.tuple(time, fc.uint8Array({ maxLength: 200 })), { maxLength: 20 });
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 250 }), (written, snapLength) => {
        const read = readPcap(capture({ resolution, snapLength }, ...written));
        expect(read.magic).toBe(resolution === 'us' ? 0xa1b2c3d4 : 0xa1b23c4d);
        expect(read.snapLength).toBe(snapLength);
        expect(read.records).toEqual(
          written.map(([t, frame]) => ({
            time: BigInt(t),
            originalLength: frame.length,
            bytes: frame.slice(0, snapLength),
          })),
        );
      }),
    );
  });
});

describe('arguments', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 * 1e6])('time %p is refused', (time) => {
    const sink = memorySink();
    const writer = new PcapWriter(sink);
    expect(() => writer.write(time, frameOf(4))).toThrow(RangeError);
    expect(() => writer.write(time, frameOf(4))).toThrow(`from 0 to 4294967295999999, but is ${time}.`);
    expect([sink.length, writer.frameCount]).toEqual([PCAP_HEADER_LENGTH, 0]);
  });

  test('nanoseconds that a number cannot count are refused', () => {
    const writer = new PcapWriter(memorySink(), { resolution: 'ns' });
    expect(() => writer.write(2 ** 53, frameOf(4))).toThrow(/^time must be a whole number of nanoseconds/);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 31])('snap length %p is refused', (snapLength) => {
    const sink = memorySink();
    expect(() => new PcapWriter(sink, { snapLength })).toThrow(/^snapLength must be .* but is /);
    expect(sink.length).toBe(0);
  });

  test('a resolution that does not exist is refused', () => {
    const options = { resolution: 'ms' } as unknown as PcapOptions;
    expect(() => new PcapWriter(memorySink(), options)).toThrow("resolution must be 'us' or 'ns', but is ms.");
  });

  test('a frame longer than the format can say is refused', () => {
    const out = new Uint8Array(PCAP_RECORD_HEADER_LENGTH);
    expect(() => encodeRecordHeader(out, 0, 1e6, 96, 2 ** 32)).toThrow(
      /^originalLength must be .* but is 4294967296\.$/,
    );
    expect(() => encodeRecordHeader(out, 0, 1e6, 97, 96)).toThrow(/^capturedLength must be .* but is 97\.$/);
  });
});

describe('sinks', () => {
  test('memory has every frame at once, and what was taken from it stays', () => {
    const sink = memorySink();
    const writer = new PcapWriter(sink);
    writer.write(1, frameOf(1500, 1));
    const early = sink.bytes();
    const copy = early.slice();
    for (let i = 0; i < 200; i++) {
      writer.write(2, frameOf(1500, i));
    }
    expect(early).toEqual(copy);
    expect(sink.bytes().subarray(0, copy.length)).toEqual(copy);
    expect(readPcap(sink.bytes()).records).toHaveLength(201);
    expect(writer.frameCount).toBe(201);
  });

  test('a frame that is changed after it was written is in the capture as it was', () => {
    const frame = frameOf(4);
    const sink = memorySink();
    new PcapWriter(sink).write(0, frame);
    frame.fill(0xff);
    expect(readPcap(sink.bytes()).records[0]?.bytes).toEqual(frameOf(4));
  });

  test('a sink of two lines will do', () => {
    const pieces: Uint8Array[] = [];
    const writer = new PcapWriter({ write: (bytes) => pieces.push(bytes.slice()) });
    writer.write(7, frameOf(10));
    writer.flush();
    writer.close();
    expect(Buffer.concat(pieces)).toEqual(Buffer.from(capture({}, [7, frameOf(10)])));
  });

  test('commit comes after whole records only', () => {
    let length = 0;
    const lengths: number[] = [];
    const sink: PcapSink = {
      write: (bytes) => {
        length += bytes.length;
      },
      commit: () => lengths.push(length),
    };
    const writer = new PcapWriter(sink);
    writer.write(0, frameOf(10));
    writer.write(0, frameOf(20));
    expect(lengths).toEqual([24, 24 + 26, 24 + 26 + 36]);
  });

  test('a sink that fails at once is closed, and its error is what the caller sees', () => {
    let closed = 0;
    const sink: PcapSink = {
      write: () => {
        throw new Error('no paper');
      },
      close: () => {
        closed++;
      },
    };
    expect(() => new PcapWriter(sink)).toThrow('no paper');
    expect(closed).toBe(1);
  });

  test('a closed capture takes no frame; closing and flushing it again is harmless', () => {
    const sink = memorySink();
    const writer = new PcapWriter(sink);
    writer.close();
    writer.close();
    writer.flush();
    expect(() => writer.write(0, frameOf(1))).toThrow('The capture is closed');
    expect(sink.length).toBe(PCAP_HEADER_LENGTH);
  });

  test('toPcap makes a capture of the frames of a trace', () => {
    const frames = [
      { tUs: 5, bytes: frameOf(60) },
      { tUs: 6, bytes: frameOf(70) },
    ];
    expect(toPcap(frames)).toEqual(capture({}, [5, frameOf(60)], [6, frameOf(70)]));
    expect(toPcap(frames, 64)).toEqual(capture({ snapLength: 64 }, [5, frameOf(60)], [6, frameOf(70)]));
  });
});

describe('files', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pcap-writer-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function expectFailure(act: () => unknown, message: string): void {
    expect(act).toThrow(expect.objectContaining({ message }));
  }

  test('the header is there from the beginning, whole records follow, flush and close bring the rest', () => {
    const path = join(folder, 'grows.pcap');
    const writer = new PcapWriter(fileSink(path));
    expect(readPcap(readFileSync(path)).records).toEqual([]);
    const onDisk = () => readPcap(readFileSync(path)).records.length;
    for (let i = 0; i < 100; i++) {
      writer.write(i, frameOf(1000 + i, i));
      if (i % 10 === 0) {
        expect(onDisk()).toBeGreaterThan(i - 65);
      }
    }
    expect(onDisk()).toBeLessThan(100);
    writer.flush();
    expect(onDisk()).toBe(100);
    writer.write(100, frameOf(60));
    expect(onDisk()).toBe(100);
    writer.close();
    expect(onDisk()).toBe(101);
    expect(readPcap(readFileSync(path)).records[99]?.bytes).toEqual(frameOf(1099, 99));
  });

  test('a file has the same bytes as memory, frames larger than its buffer included', () => {
    const path = join(folder, 'large.pcap');
    const frames = [200_000, 60, 70_000, 0, 65_536 - 16].map((length, i) => [i, frameOf(length, i)] as const);
    const writer = new PcapWriter(fileSink(path), { resolution: 'ns' });
    for (const [time, frame] of frames) {
      writer.write(time, frame);
    }
    writer.close();
    expect(readFileSync(path).equals(capture({ resolution: 'ns' }, ...frames))).toBe(true);
  });

  test('a longer file is replaced, nothing of it stays', () => {
    const path = join(folder, 'old.pcap');
    writeFileSync(path, frameOf(100_000));
    const writer = new PcapWriter(fileSink(path));
    expect(statSync(path).size).toBe(PCAP_HEADER_LENGTH);
    writer.write(1, frameOf(60));
    writer.close();
    expect(readFileSync(path).equals(capture({}, [1, frameOf(60)]))).toBe(true);
  });

  test('wrong options leave an existing capture as it was', () => {
    const path = join(folder, 'kept.pcap');
    writeFileSync(path, 'precious');
    expect(() => new PcapWriter(fileSink(path), { snapLength: 0 })).toThrow(RangeError);
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  test('a path that cannot be written: the error names path and reason', () => {
    const missing = join(folder, 'nowhere', 'x.pcap');
    expectFailure(() => fileSink(missing), `Cannot write the capture file '${missing}': there is no such folder.`);
    expectFailure(() => fileSink(folder), `Cannot write the capture file '${folder}': it is a folder.`);
    const below = join(folder, 'kept.pcap', 'x.pcap');
    writeFileSync(join(folder, 'kept.pcap'), '');
    expectFailure(
      () => fileSink(below),
      `Cannot write the capture file '${below}': a part of the path is a file, not a folder.`,
    );
    expect(() => fileSink('a\0b')).toThrow(/^Cannot write the capture file 'a\0b': .*null bytes/);
  });

  const onLinux = existsSync('/dev/full') ? test : test.skip;

  onLinux('a full disk: the capture does not begin', () => {
    expectFailure(
      () => new PcapWriter(fileSink('/dev/full')),
      "Cannot write the capture file '/dev/full': no space is left on the device.",
    );
  });

  test('a device takes a capture although it cannot be cut', () => {
    const writer = new PcapWriter(fileSink(process.platform === 'win32' ? '\\\\.\\NUL' : '/dev/null'));
    writer.write(0, frameOf(100_000));
    writer.close();
    expect(writer.frameCount).toBe(1);
  });

  /** Runs a program that has the exports of the pcap writer at hand, in a process of its own. */
  function run(program: string, before = ''): { status: number | null; stderr: string } {
    const script = join(folder, 'program.cjs');
    const source = readFileSync(join(__dirname, '../tools/pcap-writer.ts'), 'utf8');
    const { code } = transformSync(source, {
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    writeFileSync(script, `${code}\n;(() => { ${program} })();`);
    return spawnSync('sh', ['-c', `${before} exec "$0" "$1"`, process.execPath, script], { encoding: 'utf8' });
  }

  const inChild = process.platform === 'win32' ? test.skip : test;

  inChild('a process that throws, or exits, leaves every frame behind', () => {
    for (const end of ["throw new Error('boom')", 'process.exit(1)']) {
      const [a, b] = [join(folder, 'thrown-a.pcap'), join(folder, 'thrown-b.pcap')];
      const { status, stderr } = run(`
        const a = new PcapWriter(fileSink(${JSON.stringify(a)}));
        const b = new PcapWriter(fileSink(${JSON.stringify(b)}));
        for (let i = 0; i < 100; i++) a.write(i, new Uint8Array(1000));
        b.write(0, new Uint8Array(60));
        ${end}`);
      expect(status).toBe(1);
      expect(stderr.includes('boom')).toBe(end.includes('boom'));
      expect(readPcap(readFileSync(a)).records).toHaveLength(100);
      expect(readPcap(readFileSync(b)).records).toHaveLength(1);
    }
  });

  inChild('a process that is killed leaves whole records', () => {
    const path = join(folder, 'killed.pcap');
    run(`
      const writer = new PcapWriter(fileSink(${JSON.stringify(path)}));
      for (let i = 0; i < 100; i++) writer.write(i, new Uint8Array(1000));
      process.kill(process.pid, 'SIGKILL');`);
    expect(readPcap(readFileSync(path)).records).toHaveLength(65);
  });

  inChild('a file that may not grow keeps whole records, and the error is reported by every call but close', () => {
    const path = join(folder, 'limited.pcap');
    const message = `Cannot write the capture file '${path}': the file would be larger than allowed.`;
    const { status, stderr } = run(
      `
      const writer = new PcapWriter(fileSink(${JSON.stringify(path)}));
      const expectFailure = (what) => {
        try { what(); } catch (error) { if (error.message === ${JSON.stringify(message)}) return; throw error; }
        throw new Error('nothing was thrown');
      };
      expectFailure(() => { for (let i = 0; i < 1000; i++) writer.write(i, new Uint8Array(1000)); });
      expectFailure(() => writer.write(0, new Uint8Array(100_000)));
      expectFailure(() => writer.flush());
      writer.close();`,
      'ulimit -f 300;', // Blocks of 512 bytes, or 1024: the limit is not a multiple of the pieces that are written.
    );
    expect([stderr, status]).toEqual(['', 0]);
    const { records } = readPcap(readFileSync(path));
    expect(records.length).toBeGreaterThanOrEqual(65);
  });
});
