import { describe, expect, test } from '@jest/globals';
import { FRAME_START, type Frame, FramePool } from '../../stack/frame.ts';
import { Pbuf, pbuf_cat, pbuf_copy_partial, pbuf_free, pbuf_realloc, pbuf_remove_header } from '../../stack/pbuf.ts';
import { fc, property } from '../support/fast-check.ts';

/** A chain with these contents, and the frames that hold them. */
function chain(parts: readonly Uint8Array[]): { head: Pbuf; frames: Frame[] } {
  const pool = new FramePool();
  const frames = parts.map((part) => pool.copyOf(part));
  const [head, ...rest] = frames.map((frame) => new Pbuf(frame, FRAME_START, frame.len));
  for (const p of rest) pbuf_cat(head!, p);
  return { head: head!, frames };
}

function contents(p: Pbuf): number[] {
  const bytes = new Uint8Array(p.tot_len);
  expect(pbuf_copy_partial(p, bytes, 0, bytes.length, 0)).toBe(bytes.length);
  return [...bytes];
}

const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 });
const flat = (x: readonly Uint8Array[]) => x.flatMap((part) => [...part]);

describe('chains', () => {
  property('hold their parts one after the other, and know their lengths', 100, [parts], (x) => {
    const { head } = chain(x);
    expect(contents(head)).toEqual(flat(x));
    let rest = flat(x).length;
    for (let p: Pbuf | null = head; p !== null; p = p.next) {
      expect(p.tot_len).toBe(rest);
      rest -= p.len;
    }
    expect(rest).toBe(0);
  });

  property('copy any piece', 200, [parts, fc.nat(45), fc.nat(45)], (x, offset, count) => {
    const { head } = chain(x);
    const target = new Uint8Array(50);
    const piece = flat(x).slice(offset, offset + count);
    expect(pbuf_copy_partial(head, target, 3, count, offset)).toBe(piece.length);
    expect([...target.subarray(3, 3 + piece.length)]).toEqual(piece);
    expect(target.subarray(3 + piece.length).every((b) => b === 0)).toBe(true);
  });

  property('can be cut anywhere, and give up what is behind', 200, [parts, fc.nat(1000)], (x, at) => {
    const { head, frames } = chain(x);
    const keep = 1 + (at % flat(x).length);
    pbuf_realloc(head, keep);
    expect(contents(head)).toEqual(flat(x).slice(0, keep));
    let used = 0;
    for (let p: Pbuf | null = head; p !== null; p = p.next) used++;
    expect(frames.map((f) => f.refs)).toEqual(frames.map((_, i) => (i < used ? 1 : 0)));
  });

  test('lose a header', () => {
    const { head } = chain([Uint8Array.of(1, 2, 3, 4)]);
    pbuf_remove_header(head, 3);
    expect([head.len, head.tot_len, contents(head)]).toEqual([1, 1, [4]]);
  });

  test('are given up as a whole', () => {
    const { head, frames } = chain([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
    pbuf_free(head);
    pbuf_free(null);
    expect(frames.map((f) => f.refs)).toEqual([0, 0, 0]);
  });
});
