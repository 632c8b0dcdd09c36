import { describe, expect, test } from '@jest/globals';
import { EventQueue, EventSource } from '../../device/events.ts';
import { fc, property } from '../support/fast-check.ts';

class Source extends EventSource {
  readonly name: string;
  fired = 0;

  constructor(name: string, isBackground = false) {
    super(isBackground);
    this.name = name;
  }

  override fire(): void {
    this.fired++;
  }
}

/** Take everything out, in order. */
function drain(queue: EventQueue): string[] {
  const names: string[] = [];
  for (let event = queue.peek(); event !== undefined; event = queue.peek()) {
    queue.cancel(event);
    names.push((event as Source).name);
  }
  return names;
}

const NEVER = Number.POSITIVE_INFINITY;

describe('the event queue', () => {
  test('gives events by time, and at one time in the order of scheduling', () => {
    const queue = new EventQueue();
    for (const [name, due] of [
      ['c', 5],
      ['a', 3],
      ['d', 5],
      ['b', 3],
      ['e', 9],
    ] as const)
      queue.schedule(new Source(name), due);
    expect(drain(queue)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('an event that is scheduled again loses its place', () => {
    const queue = new EventQueue();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Source(name));
    for (const source of [a, b, c]) queue.schedule(source!, 5);
    queue.schedule(a!, 5);
    queue.schedule(c!, 4);
    expect(drain(queue)).toEqual(['c', 'b', 'a']);
  });

  test('an order that was taken early counts', () => {
    const queue = new EventQueue();
    const early = queue.takeOrder();
    queue.schedule(new Source('later'), 5);
    queue.scheduleInOrder(new Source('early'), 5, early);
    expect(drain(queue)).toEqual(['early', 'later']);
  });

  test('housekeeping does not count as life', () => {
    const queue = new EventQueue();
    const [work, housekeeping] = [new Source('work'), new Source('housekeeping', true)];
    queue.schedule(housekeeping, 1);
    expect(queue.hasForeground).toBe(false);
    queue.schedule(work, 2);
    queue.schedule(work, 3);
    expect(queue.hasForeground).toBe(true);
    queue.cancel(work);
    queue.cancel(work);
    expect(queue.hasForeground).toBe(false);
    expect(drain(queue)).toEqual(['housekeeping']);
  });

  const source = fc.nat(7);
  const step = fc.oneof(
    fc.record({ schedule: source, due: fc.nat(12) }),
    fc.record({ schedule: source, due: fc.nat(12), early: fc.constant(true) }),
    fc.record({ cancel: source }),
    fc.record({ take: fc.constant(true) }),
  );

  property('agrees with a sorted list', 500, [fc.array(step, { maxLength: 80 })], (steps) => {
    const queue = new EventQueue();
    const sources = Array.from({ length: 8 }, (_, i) => new Source(`${i}`, i % 3 === 0));
    const model = sources.map(() => ({ due: NEVER, order: 0 }));
    let order = 0;
    const first = () =>
      [...model.keys()]
        .filter((i) => model[i]!.due !== NEVER)
        .sort((i, j) => model[i]!.due - model[j]!.due || model[i]!.order - model[j]!.order)[0];
    for (const s of steps) {
      if ('schedule' in s) {
        if ('early' in s) queue.scheduleInOrder(sources[s.schedule]!, s.due, queue.takeOrder());
        else queue.schedule(sources[s.schedule]!, s.due);
        model[s.schedule] = { due: s.due, order: order++ };
      } else if ('cancel' in s) {
        queue.cancel(sources[s.cancel]!);
        model[s.cancel]!.due = NEVER;
      } else {
        const event = queue.peek();
        if (event === undefined) continue;
        queue.cancel(event);
        model[sources.indexOf(event as Source)]!.due = NEVER;
      }
      const next = first();
      expect(queue.peek()).toBe(next === undefined ? undefined : sources[next]);
      expect(queue.hasForeground).toBe(model.some((m, i) => m.due !== NEVER && i % 3 !== 0));
      for (const [i, m] of model.entries()) expect(sources[i]!.due).toBe(m.due);
    }
  });
});
