/** Frames that are changed get their checksums back, by the same rules as the stack's own. */

import { expect, test } from '@jest/globals';
import { generateScenario } from '../../tools/differential/generate.ts';
import { runTwin } from '../../tools/differential/judge.ts';
import { fixSums, viewOf } from '../../tools/differential/packet.ts';

function framesOf(seed: number): Uint8Array[] {
  const outcome = runTwin(generateScenario(seed));
  if (outcome instanceof Error) throw outcome;
  return outcome.frames.map(({ hex }) => Uint8Array.from(Buffer.from(String(hex), 'hex')));
}

/** A zero sum means "none" in UDP, and a datagram's sum stands in its first fragment for all of it. */
function hasOwnSum(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  const isFragment = (((bytes[20]! << 8) | bytes[21]!) & 0x3fff) !== 0;
  return view !== null && !isFragment && !(view.protocol === 17 && bytes[view.transport + 6] === 0);
}

test('right sums stay what they are', () => {
  const frames = [1, 2, 3, 5, 8, 13].flatMap(framesOf).filter(hasOwnSum);
  expect(frames.length).toBeGreaterThan(100);
  for (const frame of frames) {
    const fixed = frame.slice();
    fixSums(fixed);
    expect(Buffer.from(fixed).toString('hex')).toBe(Buffer.from(frame).toString('hex'));
  }
});

test('wrong sums become right', () => {
  const frame = framesOf(5).find((bytes) => viewOf(bytes)?.protocol === 6)!;
  const broken = frame.slice();
  broken[24] = broken[24]! ^ 0xff;
  broken[viewOf(frame)!.transport + 16]! ^= 0xff;
  fixSums(broken);
  expect(broken).toEqual(frame);
});

test('what is no IPv4 packet is left alone', () => {
  const arp = framesOf(1)[0]!;
  expect(viewOf(arp)).toBeNull();
  const same = arp.slice();
  fixSums(same);
  expect(same).toEqual(arp);
});
