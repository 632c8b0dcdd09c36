import { describe, expect, test } from '@jest/globals';
import type { Stack } from '../../stack/stack.ts';
import { Timeouts } from '../../stack/timeouts.ts';
import { fc, property } from '../support/fast-check.ts';

/** Handlers get the stack of their owner; these need none. */
const STACK = {} as Stack;

function named(log: string[], name: string): () => void {
  return () => log.push(name);
}

describe('timers', () => {
  test('run in the order of their times, equal ones in the order of arming', () => {
    const timeouts = new Timeouts();
    const log: string[] = [];
    for (const [name, time] of [
      ['c', 20],
      ['a', 10],
      ['d', 20],
      ['b', 10],
      ['late', 31],
    ] as const)
      timeouts.at(time, named(log, name));
    expect(timeouts.due).toBe(10);
    timeouts.check(30, STACK);
    expect(log.join(' ')).toBe('a b c d');
    expect(timeouts.due).toBe(31);
  });

  test('are not run before they are due, and once', () => {
    const timeouts = new Timeouts();
    const log: string[] = [];
    timeouts.at(10, named(log, 'x'));
    timeouts.check(9, STACK);
    expect(log).toEqual([]);
    timeouts.check(10, STACK);
    timeouts.check(1000, STACK);
    expect(log).toEqual(['x']);
    expect(timeouts.due).toBe(Number.POSITIVE_INFINITY);
  });

  test('that a handler arms for the same time run in the same round', () => {
    const timeouts = new Timeouts();
    const log: string[] = [];
    timeouts.at(10, () => {
      log.push('first');
      timeouts.at(10, named(log, 'third'));
      timeouts.at(11, named(log, 'never'));
    });
    timeouts.at(10, named(log, 'second'));
    timeouts.check(10, STACK);
    expect(log.join(' ')).toBe('first second third');
  });

  test('that repeat do not drift, however late they are looked at', () => {
    const timeouts = new Timeouts();
    const times: number[] = [];
    let now = 0;
    const cyclic = () => {
      times.push(now);
      timeouts.again(100, cyclic);
    };
    timeouts.at(100, cyclic);
    for (now of [130, 199, 200, 470]) timeouts.check(now, STACK);
    expect(times).toEqual([130, 200, 470, 470]);
    expect(timeouts.due).toBe(500);
  });

  test('can be taken back, the first of its kind', () => {
    const timeouts = new Timeouts();
    const log: string[] = [];
    const [a, b] = [named(log, 'a'), named(log, 'b')];
    for (const [h, time] of [
      [a, 10],
      [b, 20],
      [a, 30],
      [b, 40],
    ] as const)
      timeouts.at(time, h);
    timeouts.cancel(b);
    timeouts.cancel(a);
    timeouts.cancel(named(log, 'unknown'));
    timeouts.check(100, STACK);
    expect(log).toEqual(['a', 'b']);
  });

  property('agree with a sorted list', 200, [fc.array(fc.nat(20), { maxLength: 30 }), fc.nat(25)], (times, now) => {
    const timeouts = new Timeouts();
    const log: string[] = [];
    for (const [i, time] of times.entries()) timeouts.at(time, named(log, `${i}`));
    timeouts.check(now, STACK);
    const due = [...times.entries()].filter(([, time]) => time <= now).sort(([i, s], [j, t]) => s - t || i - j);
    expect(log).toEqual(due.map(([i]) => `${i}`));
  });
});
