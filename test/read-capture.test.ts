/** Captures read back. */
import { describe, expect, test } from '@jest/globals';
import { memorySink, PcapWriter, toPcap } from '../tools/pcap-writer.ts';
import { formatPcapng } from '../tools/pcapng-writer.ts';
import { readCapture } from '../tools/read-capture.ts';
import { fc, property } from './support/fast-check.ts';
import { lossyRun } from './support/lossy-run.ts';

const trace = lossyRun().world.trace!;
const sent = trace.frames.map(({ tUs, bytes }) => ({ tUs, bytes }));

describe('what was written comes back', () => {
  test('from classic pcap: times and bytes', () => {
    const { frames } = readCapture(toPcap(trace.frames));
    expect(frames.map(({ tUs, bytes }) => ({ tUs, bytes: Uint8Array.from(bytes) }))).toEqual(sent);
  });

  test('from pcap with nanoseconds', () => {
    const sink = memorySink();
    const writer = new PcapWriter(sink, { resolution: 'ns' });
    for (const { tUs, bytes } of sent) writer.write(tUs * 1000, bytes);
    expect(readCapture(sink.bytes()).frames.map((frame) => frame.tUs)).toEqual(sent.map((frame) => frame.tUs));
  });

  test('from pcapng: senders, wires and comments too', () => {
    const { frames, notes } = readCapture(formatPcapng(trace));
    expect(frames.map(({ from, lan, tUs }) => ({ from, lan, tUs }))).toEqual(
      trace.frames.map(({ from, lan, tUs }) => ({ from, lan, tUs })),
    );
    expect(frames.map((frame) => Uint8Array.from(frame.bytes))).toEqual(sent.map((frame) => frame.bytes));
    expect(notes.map((note) => note.text)).toContainEqual(expect.stringContaining('fault: drop'));
  });
});

describe('what is no capture', () => {
  test.each([
    ['nothing', new Uint8Array(0), 'it is too short for a capture'],
    ['a text', new TextEncoder().encode('int main(void) { return 0; }'), 'it is neither pcap nor pcapng'],
  ])('%s', (_name, bytes, message) => {
    expect(() => readCapture(bytes)).toThrow(message);
  });

  property(
    'a damaged capture gives what is left of it, or an error',
    100,
    [fc.nat(400), fc.nat(255), fc.nat(3000)],
    (at, xor, cut) => {
      const bytes = formatPcapng(trace).slice(0, cut + 20);
      if (at < bytes.length) bytes[at]! ^= xor;
      try {
        expect(readCapture(bytes).frames.length).toBeLessThanOrEqual(trace.frames.length);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    },
  );
});
