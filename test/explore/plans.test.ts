/** The numbering of plans: complete, without repetition, from arithmetic alone. */
import { describe, expect, test } from '@jest/globals';
import type { Place } from '../../tools/explore/places.ts';
import { Plans } from '../../tools/explore/plans.ts';
import { fc, property } from '../support/fast-check.ts';

const places = (count: number): Place[] =>
  Array.from({ length: count }, (_, i): Place => ({ kind: 'loss', plan: [{ kind: 'drop', nth: i + 1 }] }));

describe('numbers', () => {
  property('every place alone and every pair has exactly one', 40, [fc.nat(40)], (count) => {
    const plans = new Plans(places(count), 2, 1);
    const seen = new Set<string>();
    let number = 0;
    for (; ; number++) {
      const indices = plans.placesOf(number);
      if (indices === undefined) break;
      seen.add(indices.join(' '));
    }
    const pairs = (count * (count - 1)) / 2;
    expect(number).toBe(1 + count + pairs);
    expect(seen.size).toBe(number);
    expect(plans.systematic).toBe(number);
  });

  test('pairs of the first places come first', () => {
    const plans = new Plans(places(4), 2, 1);
    expect([5, 6, 7, 8, 9, 10].map((number) => plans.placesOf(number))).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
  });

  test('larger plans follow by chance, the same for the same number', () => {
    const [a, b] = [new Plans(places(30), 4, 1), new Plans(places(30), 4, 1)];
    for (let number = a.systematic; number < a.systematic + 200; number++) {
      const indices = a.placesOf(number)!;
      expect(indices).toEqual(b.placesOf(number));
      expect(new Set(indices).size).toBe(indices.length);
      expect([3, 4]).toContain(indices.length);
    }
    expect(new Plans(places(30), 4, 2).placesOf(a.systematic)).not.toEqual(a.placesOf(a.systematic));
  });

  test('one fault at most leaves no pairs', () => {
    const plans = new Plans(places(5), 1, 1);
    expect(plans.placesOf(5)).toEqual([4]);
    expect(plans.placesOf(6)).toBeUndefined();
  });
});
