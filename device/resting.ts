/**
 * Tasks whose waits end at regular intervals to no effect, as those of tcpip threads do whose stacks have nothing to do but
 * their cyclic housekeeping. Thousands of boards that do nothing cost next to nothing then.
 */

import { type EventQueue, EventSource } from './events.ts';
import type { Task } from './freertos.ts';

export const REST_PERIOD_US = 1_000_000;

/** A resting task, with when and in which order the end of its wait is due. */
export class Rest {
  readonly task: Task;
  /** A wait that would end then, or later, is the last. */
  readonly untilUs: number;
  due: number;
  order: number;
  /** How often it has ended and begun again. */
  rounds = 0;
  next: Rest = this;
  prev: Rest = this;

  constructor(task: Task, due: number, order: number, untilUs: number) {
    this.task = task;
    this.untilUs = untilUs;
    this.due = due;
    this.order = order;
  }
}

/** All of one world. As they have one period, they stay in the order in which they are due: a ring, of which one place is the next. */
export class RestingTasks extends EventSource {
  private readonly events: EventQueue;
  /** Whose wait ends next. */
  first: Rest | null = null;

  constructor(events: EventQueue) {
    super(true);
    this.events = events;
  }

  /** The task waits for one period from now on, and again. */
  add(task: Task, nowUs: number, untilUs: number): Rest {
    const rest = new Rest(task, nowUs + REST_PERIOD_US, this.events.takeOrder(), untilUs);
    const { first } = this;
    if (first === null) {
      this.first = rest;
      this.scheduleFirst(rest);
    } else {
      rest.prev = first.prev;
      rest.next = first;
      first.prev.next = rest;
      first.prev = rest;
    }
    return rest;
  }

  remove(rest: Rest): void {
    const { next, prev } = rest;
    prev.next = next;
    next.prev = prev;
    if (this.first !== rest) return;
    this.first = next === rest ? null : next;
    if (this.first === null) this.events.cancel(this);
    else this.scheduleFirst(this.first);
  }

  /** A wait is over. It begins again at once, unless the task would have to wait for the processor. */
  override fire(): void {
    const rest = this.first!;
    const { task } = rest;
    if (task.owner.hog !== null) {
      task.stopResting();
      task.fire();
      return;
    }
    rest.due += REST_PERIOD_US;
    rest.order = this.events.takeOrder();
    rest.rounds++;
    if (rest.due >= rest.untilUs) {
      task.stopResting();
      this.events.scheduleInOrder(task, rest.untilUs, rest.order);
      return;
    }
    this.first = rest.next;
    this.scheduleFirst(rest.next);
  }

  private scheduleFirst(rest: Rest): void {
    this.events.scheduleInOrder(this, rest.due, rest.order);
  }
}
