import { describe, expect, test } from '@jest/globals';
import {
  FRAME_START,
  type Frame,
  FramePool,
  SUMS_FILLED,
  SUMS_PENDING,
  SUMS_PENDING_IP_ONLY,
  SUMS_VALID,
} from '../../stack/frame.ts';
import { fc, property } from '../support/fast-check.ts';
import { icmpFrame, igmpFrame, ip4Frame, tcpFrame, udpFrame } from '../support/frames.ts';

const TRANSPORT = 34;
const IP_SUM = 24;

/** The frame with its sums taken out and left for later. */
function without(bytes: Uint8Array, sumAt: number, sums = SUMS_PENDING): Frame {
  const frame = new FramePool().copyOf(bytes);
  for (const at of [IP_SUM, IP_SUM + 1, sumAt, sumAt + 1]) frame.bytes[FRAME_START + at] = 0xee;
  frame.sums = sums;
  return frame;
}

describe('sums that were put off', () => {
  test.each([
    ['TCP', tcpFrame({ data: 'odd' }), TRANSPORT + 16],
    ['TCP with options', tcpFrame({ flags: 2, tcpOptions: [2, 4, 5, 180], data: 'even' }), TRANSPORT + 16],
    ['TCP behind IP options', tcpFrame({ ipOptions: [1, 1, 1, 0], data: 'x' }), TRANSPORT + 4 + 16],
    ['UDP', udpFrame({ data: 'seven b' }), TRANSPORT + 6],
    ['UDP without data', udpFrame({}), TRANSPORT + 6],
    ['ICMP', icmpFrame(8, 0, [1, 2, 3, 4, 5]), TRANSPORT + 2],
    ['IGMP', igmpFrame(0x16, 0, [224, 1, 2, 3]), TRANSPORT + 2],
  ])('are those of a frame summed by hand: %s', (_name, bytes, sumAt) => {
    const frame = without(bytes, sumAt);
    expect(frame.view()).toEqual(bytes);
    expect(frame.sums).toBe(SUMS_FILLED);
  });

  property(
    'whatever the payload and its length',
    150,
    [fc.uint8Array({ maxLength: 1460 }), fc.boolean()],
    (data, isTcp) => {
      const bytes = isTcp ? tcpFrame({ data: [...data] }) : udpFrame({ data: [...data] });
      const sumAt = TRANSPORT + (isTcp ? 16 : 6);
      expect(Buffer.compare(without(bytes, sumAt).view(), bytes)).toBe(0);
    },
  );

  test('a UDP sum that comes out as zero is sent as ones', () => {
    const find = (i: number) => udpFrame({ data: [i >> 8, i & 255] });
    const zero = Array.from({ length: 0x10000 }, (_, i) => find(i)).find(
      (b) => b[TRANSPORT + 6] === 0 && b[TRANSPORT + 7] === 0,
    )!;
    const view = without(zero, TRANSPORT + 6).view();
    expect([view[TRANSPORT + 6], view[TRANSPORT + 7]]).toEqual([0xff, 0xff]);
  });

  test('SO_NO_CHECK leaves the UDP sum zero', () => {
    const frame = without(udpFrame({ data: 'abc' }), TRANSPORT + 6);
    frame.noUdpSum = true;
    expect(frame.view()).toEqual(udpFrame({ data: 'abc', noChecksum: true }));
  });

  test('what a raw socket wrote behind the IP header stays as it is', () => {
    const bytes = udpFrame({ data: 'abc' });
    const view = without(bytes, TRANSPORT + 6, SUMS_PENDING_IP_ONLY).view();
    expect([view[TRANSPORT + 6], view[TRANSPORT + 7]]).toEqual([0xee, 0xee]);
    expect(view.subarray(0, TRANSPORT)).toEqual(bytes.subarray(0, TRANSPORT));
  });

  test('a fragment has no sum of its own', () => {
    const bytes = ip4Frame(17, [1, 2, 3, 4, 5, 6, 7, 8], { more: true });
    expect(without(bytes, IP_SUM).view()).toEqual(bytes);
  });

  test('an unknown protocol gets the sum of its IP header', () => {
    const bytes = ip4Frame(99, [1, 2, 3, 4, 5]);
    expect(without(bytes, IP_SUM).view()).toEqual(bytes);
  });
});

describe('the pool', () => {
  test('uses a buffer again when its last holder lets go', () => {
    const pool = new FramePool();
    const frame = pool.alloc(100);
    frame.refs++;
    frame.release();
    expect(pool.alloc(100)).not.toBe(frame);
    frame.sums = SUMS_PENDING;
    frame.noUdpSum = true;
    frame.release();
    const again = pool.alloc(60);
    expect(again).toBe(frame);
    expect([again.len, again.refs, again.sums, again.noUdpSum, again.queued]).toEqual([60, 1, SUMS_VALID, false, 0]);
  });

  test('does not keep buffers of unusual size', () => {
    const pool = new FramePool();
    const large = pool.alloc(4000);
    expect(large.bytes.length).toBe(4004);
    large.release();
    expect(pool.alloc(4000)).not.toBe(large);
    expect(pool.alloc(1534).bytes.length).toBe(1536);
    expect(pool.alloc(1535).bytes.length).toBe(1540);
  });

  test('bytes and words are one buffer', () => {
    const frame = new FramePool().alloc(20);
    frame.bytes.set([1, 2, 3, 4], 4);
    expect(new Uint8Array(frame.words.buffer, 4, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('a clone has the bytes and the marks, and one reference', () => {
    const frame = new FramePool().copyOf(tcpFrame({ data: 'abc' }));
    frame.refs = 3;
    frame.sums = SUMS_PENDING;
    const copy = frame.clone();
    expect([copy.len, copy.refs, copy.sums]).toEqual([frame.len, 1, SUMS_PENDING]);
    copy.bytes[FRAME_START + 54] = 0;
    expect(frame.bytes[FRAME_START + 54]).not.toBe(0);
    expect(frame.view()).toEqual(tcpFrame({ data: 'abc' }));
  });
});
