import { describe, expect, test } from '@jest/globals';
import { WallClock } from '../../device/wall_clock.ts';
import { fc, property } from '../support/fast-check.ts';

const S = 1_000_000;
const DAY = 1_800_000_000 * S;

/** A clock, and the hand that turns time. */
function stage(sinceBootUs = 0) {
  const time = { us: sinceBootUs };
  return { time, clock: new WallClock(() => time.us) };
}

describe('a clock', () => {
  test('starts at 1970 and goes with the time since boot', () => {
    const { time, clock } = stage();
    expect(clock.nowUs).toBe(0);
    time.us = 90 * S;
    expect(clock.nowUs).toBe(90 * S);
  });

  test('goes on from where it is set, backwards too', () => {
    const { time, clock } = stage(5 * S);
    clock.set(DAY);
    time.us += S;
    expect(clock.nowUs).toBe(DAY + S);
    clock.set(7);
    time.us += S;
    expect(clock.nowUs).toBe(S + 7);
  });
});

describe('adjtime()', () => {
  test.each([
    [1, 64],
    [-1, 64],
    [0.5, 32],
    [-2, 128],
  ])('corrects %d s within %d s', (seconds, within) => {
    const { time, clock } = stage(64 * S);
    clock.set(DAY);
    expect(clock.adjtime(seconds * S)).toBe(true);
    const begin = time.us;
    time.us = begin + (within * S) / 2;
    expect(clock.nowUs).toBe(DAY + (within * S) / 2 + (seconds * S) / 2);
    expect(clock.leftToAdjustUs).toBe((seconds * S) / 2);
    time.us = begin + within * S;
    expect([clock.nowUs, clock.leftToAdjustUs]).toEqual([DAY + within * S + seconds * S, 0]);
    time.us += 1000 * S;
    expect(clock.nowUs).toBe(DAY + within * S + seconds * S + 1000 * S);
  });

  test.each([
    [2146, true],
    [2147, false],
    [-2146, true],
    [-2147, false],
  ])('takes %d s: %s', (seconds, taken) => {
    const { clock } = stage(S);
    clock.set(DAY);
    expect(clock.adjtime(seconds * S)).toBe(taken);
    expect(clock.leftToAdjustUs).toBe(taken ? seconds * S : 0);
  });

  test('a second one takes the place of the first, whose work so far stays', () => {
    const { time, clock } = stage(64 * S);
    clock.set(DAY);
    clock.adjtime(S);
    time.us += 32 * S;
    clock.adjtime(-S);
    expect(clock.nowUs).toBe(DAY + 32.5 * S);
    time.us += 64 * S;
    expect(clock.nowUs).toBe(DAY + 95.5 * S);
  });

  test('setting the clock ends it', () => {
    const { time, clock } = stage(64 * S);
    clock.set(DAY);
    clock.adjtime(S);
    clock.set(DAY);
    time.us += 64 * S;
    expect([clock.nowUs, clock.leftToAdjustUs]).toEqual([DAY + 64 * S, 0]);
  });

  test('a clock that was never set is not corrected', () => {
    const { time, clock } = stage(64 * S);
    expect(clock.adjtime(S)).toBe(true);
    time.us += 64 * S;
    expect([clock.nowUs, clock.leftToAdjustUs]).toEqual([128 * S, 0]);
  });

  const steps = fc.array(fc.nat(3 * S), { minLength: 1, maxLength: 60 });
  property(
    'never makes time go backwards, and ends where it should',
    300,
    [fc.integer({ min: -S, max: S }), steps],
    (deltaUs, waits) => {
      const { time, clock } = stage(64 * S);
      clock.set(DAY);
      clock.adjtime(deltaUs);
      let before = clock.nowUs;
      for (const us of waits) {
        time.us += us;
        const now = clock.nowUs;
        expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
      time.us += 65 * S;
      expect(clock.leftToAdjustUs).toBe(0);
      expect(clock.nowUs - DAY).toBe(time.us - 64 * S + deltaUs);
    },
  );
});
