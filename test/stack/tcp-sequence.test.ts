import { describe, expect, test } from '@jest/globals';
import { TCP_SEQ_BETWEEN, TCP_SEQ_GEQ, TCP_SEQ_GT, TCP_SEQ_LEQ, TCP_SEQ_LT } from '../../stack/prot/tcp.ts';
import { fc, property } from '../support/fast-check.ts';

const HALF = 0x8000_0000;

describe('sequence numbers', () => {
  test.each([
    [0, 0, 0],
    [0, 1, -1],
    [0xffff_ffff | 0, 0, -1],
    [0x7fff_ffff, HALF | 0, -1],
    [0, 0x7fff_ffff, -1],
    [0xffff_fff0 | 0, 0x10, -1],
    [0x10, 0xffff_fff0 | 0, 1],
  ])('%i to %i', (a, b, order) => {
    expect([TCP_SEQ_LT(a, b), TCP_SEQ_LEQ(a, b), TCP_SEQ_GT(a, b), TCP_SEQ_GEQ(a, b)]).toEqual([
      order < 0,
      order <= 0,
      order > 0,
      order >= 0,
    ]);
  });

  test('half the space apart, each is before the other, as in lwIP', () => {
    expect([TCP_SEQ_LT(0, HALF | 0), TCP_SEQ_LT(HALF | 0, 0)]).toEqual([true, true]);
  });

  const distance = fc.integer({ min: 1, max: HALF - 1 });
  property('are ordered by distance, wherever the wrap is', 300, [fc.integer(), distance], (a, d) => {
    const b = (a + d) | 0;
    expect([TCP_SEQ_LT(a, b), TCP_SEQ_GT(b, a), TCP_SEQ_LEQ(b, a), TCP_SEQ_GEQ(a, b)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([TCP_SEQ_LEQ(a, a), TCP_SEQ_GEQ(a, a), TCP_SEQ_LT(a, a), TCP_SEQ_GT(a, a)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  const windows = [fc.integer(), fc.nat(0xffff), fc.integer({ min: -0x1_0000, max: 0x2_0000 })] as const;
  property('are between the edges of a window, edges included', 300, [...windows], (left, size, offset) => {
    const isInside = offset >= 0 && offset <= size;
    expect(TCP_SEQ_BETWEEN((left + offset) | 0, left, (left + size) | 0)).toBe(isInside);
  });
});
