import { beforeAll, describe, expect, test } from '@jest/globals';
import { memorySink, PcapWriter, toPcap } from '../tools/pcap-writer.ts';
import { complaints, loadWireshark, openCapture, WIRESHARK_LOAD_MS } from './support/wireshark.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

/** 192.168.4.2:49152 asks 192.168.4.1:3333 for a connection; the frame was put together and summed by hand. */
const SYN = bytes(`
  240ac4000001 240ac4000002 0800
  4500 002c 0001 0000 ff06 3277 c0a80402 c0a80401
  c000 0d05 00001964 00000000 6002 1000 1869 0000 020405b4`);

/** A copy of the SYN with one byte changed. */
function synWith(offset: number, value: number): Uint8Array {
  const frame = SYN.slice();
  frame[offset] = value;
  return frame;
}

const captureOf = (...frames: Uint8Array[]) => toPcap(frames.map((frame, i) => ({ tUs: i * 1000, bytes: frame })));

beforeAll(loadWireshark, WIRESHARK_LOAD_MS);

describe('the harness sees what Wireshark shows', () => {
  test('columns', async () => {
    const capture = await openCapture(captureOf(SYN, SYN));
    expect(capture.packets()).toEqual([
      {
        number: 1,
        time: '0.000000',
        source: '192.168.4.2',
        destination: '192.168.4.1',
        protocol: 'TCP',
        length: 58,
        info: '49152 → 3333 [SYN] Seq=0 Win=4096 Len=0 MSS=1460',
      },
      expect.objectContaining({
        number: 2,
        time: '0.001000',
        info: '[TCP Retransmission] 49152 → 3333 [SYN] Seq=0 Win=4096 Len=0 MSS=1460',
      }),
    ]);
    expect(capture.packets('tcp.analysis.retransmission').map((packet) => packet.number)).toEqual([2]);
  });

  test('time of a capture in nanoseconds', async () => {
    const sink = memorySink();
    const writer = new PcapWriter(sink, { resolution: 'ns' });
    writer.write(5_000_000_000, SYN);
    writer.write(7_200_000_000_001, SYN);
    const capture = await openCapture(sink.bytes());
    expect(capture.packets().map((packet) => packet.time)).toEqual(['0.000000000', '7195.000000001']);
    expect(capture.values(2, 'frame.time_epoch')).toEqual(['7200.000000001']);
  });

  test('details', async () => {
    const capture = await openCapture(captureOf(SYN));
    expect(capture.tree(1).map((field) => field.name)).toEqual(['frame', 'eth', 'ip', 'tcp']);
    expect(capture.values(1, 'tcp.seq_raw')).toEqual(['6500']);
    expect(capture.values(1, 'tcp.flags.str')).toEqual(['··········S·']);
    expect(capture.values(1, 'tcp.options.mss_val')).toEqual(['1460']);
    const mss = capture.tree(1)[3]?.children.find((field) => field.name === 'tcp.options')?.children[0];
    expect(mss).toMatchObject({ label: 'TCP Option - Maximum segment size: 1460 bytes', start: 54, length: 4 });
  });

  test('expert information', async () => {
    const capture = await openCapture(captureOf(SYN));
    expect(capture.experts(1)).toContainEqual({
      severity: 'Chat',
      group: 'Sequence',
      text: 'Connection establish request (SYN): server port 3333',
      name: 'tcp.connection.syn',
    });
  });

  test('what the snap length has cut', async () => {
    const sink = memorySink();
    new PcapWriter(sink, { snapLength: 40 }).write(0, SYN);
    const capture = await openCapture(sink.bytes());
    expect(capture.packets()[0]?.length).toBe(58);
    expect(capture.values(1, 'frame.cap_len')).toEqual(['40']);
    expect(capture.complaints()).toEqual([
      expect.objectContaining({
        packet: 1,
        kind: 'truncated',
        text: '[Packet size limited during capture: TCP truncated]',
      }),
    ]);
  });
});

describe('complaints', () => {
  test('none about a valid segment, whose checksums were looked at', async () => {
    const capture = await openCapture(captureOf(SYN, SYN));
    expect(capture.complaints()).toEqual([]);
    expect(capture.values(1, 'ip.checksum.status')).toEqual(['Good']);
    expect(capture.values(1, 'tcp.checksum.status')).toEqual(['Good']);
  });

  test('a wrong TCP checksum', async () => {
    expect(await complaints(captureOf(SYN, synWith(51, 0x68)))).toEqual([
      {
        packet: 2,
        kind: 'checksum',
        text: 'tcp.checksum_bad.expert: Bad checksum [should be 0x1869]',
        info: expect.stringContaining('[TCP CHECKSUM INCORRECT]'),
      },
    ]);
  });

  test.each([
    ['ip.checksum_bad.expert: Bad checksum [should be 0x3277]', synWith(25, 0x76)],
    [
      'udp.checksum.bad: Bad checksum [should be 0x6882]',
      bytes('240ac4000001 240ac4000002 0800 4500001d00010000ff11327b c0a80402c0a80401 c0000d050009dead 41'),
    ],
    [
      'icmp.checksum_bad: Bad checksum [should be 0xf7fd]',
      bytes('240ac4000001 240ac4000002 0800 4500001c00010000ff01328c c0a80402c0a80401 0800dead00010001'),
    ],
    [
      'igmp.bad_checksum: Bad checksum [should be 0x09fe]',
      bytes('01005e000001 240ac4000002 0800 4500001c0001000001021534 c0a80402e0000001 1600deade0000001'),
    ],
  ])('a wrong checksum: %s', async (text, frame) => {
    expect(await complaints(captureOf(frame))).toEqual([
      { packet: 1, kind: 'checksum', text, info: expect.any(String) },
    ]);
  });

  test('a frame that ends in the middle of a header', async () => {
    expect(await complaints(captureOf(SYN.subarray(0, 40)))).toContainEqual(
      expect.objectContaining({ packet: 1, kind: 'malformed', info: '49152 → 3333[Malformed Packet]' }),
    );
  });

  test('a header that says nonsense', async () => {
    const found = await complaints(captureOf(synWith(17, 0x12)));
    expect(found).toContainEqual(expect.objectContaining({ packet: 1, kind: 'error' }));
  });
});

describe('misuse is noticed', () => {
  test('a filter or a field that does not exist', async () => {
    const capture = await openCapture(captureOf(SYN));
    expect(() => capture.packets('tcp.nonsense')).toThrow("does not understand the display filter 'tcp.nonsense'");
    expect(() => capture.values(1, 'tcp.seq_row')).toThrow('"tcp.seq_row" is not a valid protocol or protocol field');
  });

  test.each([0, 2])('packet %d of one', async (packet) => {
    const capture = await openCapture(captureOf(SYN));
    expect(() => capture.tree(packet)).toThrow(RangeError);
  });

  test('a capture that was closed by opening the next', async () => {
    const first = await openCapture(captureOf(SYN));
    const second = await openCapture(captureOf(SYN, SYN));
    expect(() => first.packets()).toThrow('The capture is closed');
    first.close();
    expect(second.packets()).toHaveLength(2);
  });

  test('what is no capture, or not a whole one', async () => {
    const whole = captureOf(SYN, SYN);
    await expect(openCapture(new Uint8Array(0))).rejects.toThrow('cannot read the capture of 0 bytes');
    await expect(openCapture(bytes('00'.repeat(100)))).rejects.toThrow('cannot read the capture of 100 bytes');
    await expect(openCapture(whole.subarray(0, -1))).rejects.toThrow('it ends in the middle of a record');
    expect((await openCapture(whole)).packets()).toHaveLength(2);
  });

  test('a capture without packets is a capture', async () => {
    expect((await openCapture(captureOf())).packets()).toEqual([]);
  });
});
