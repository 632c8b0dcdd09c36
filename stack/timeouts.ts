/** lwIP's list of timers: sorted by due time, first armed first served among equals. Source: lwIP timeouts.c */

import type { Stack } from './stack.ts';

export type sys_timeout_handler = (stack: Stack) => void;

class Timeout {
  /** Due, in ms of sys_now(). */
  time: number;
  readonly h: sys_timeout_handler;
  next: Timeout | null = null;

  constructor(time: number, h: sys_timeout_handler) {
    this.time = time;
    this.h = h;
  }
}

export class Timeouts {
  private head: Timeout | null = null;
  /** The due time of the handler that is running, base of drift-free cyclic timers. */
  private current = 0;

  /** Call `h` once at `time` (ms of sys_now()); after those that are due at the same time already. */
  at(time: number, h: sys_timeout_handler): void {
    this.insert(new Timeout(time, h));
  }

  /** Re-arm a cyclic timer from within its handler, `interval` ms after the time at which it was due. */
  again(interval: number, h: sys_timeout_handler): void {
    this.insert(new Timeout(this.current + interval, h));
  }

  /** Disarm the first timer with this handler. Source: lwIP sys_untimeout() */
  cancel(h: sys_timeout_handler): void {
    let prev: Timeout | null = null;
    for (let t = this.head; t !== null; prev = t, t = t.next) {
      if (t.h !== h) continue;
      if (prev === null) this.head = t.next;
      else prev.next = t.next;
      return;
    }
  }

  /** The first timer has this handler. */
  isFirst(h: sys_timeout_handler): boolean {
    return this.head !== null && this.head.h === h;
  }

  /** When the timer behind the first one is due, in ms of sys_now(); Infinity if there is none. */
  get dueNext(): number {
    const next = this.head === null ? null : this.head.next;
    return next === null ? Number.POSITIVE_INFINITY : next.time;
  }

  /** Let the first timer be due so much later, as if it had run and been armed again. @param ms */
  putOff(ms: number): void {
    const first = this.head;
    if (first === null) return;
    this.head = first.next;
    first.time += ms;
    this.insert(first);
  }

  /** When the next timer is due, in ms of sys_now(); Infinity if none is armed. */
  get due(): number {
    return this.head === null ? Number.POSITIVE_INFINITY : this.head.time;
  }

  /** Run everything that is due at `now`, also what the handlers arm for that time. Source: lwIP sys_check_timeouts() */
  check(now: number, stack: Stack): void {
    for (let t = this.head; t !== null && t.time <= now; t = this.head) {
      this.head = t.next;
      this.current = t.time;
      t.h(stack);
    }
  }

  private insert(timeout: Timeout): void {
    let prev: Timeout | null = null;
    let t = this.head;
    while (t !== null && t.time <= timeout.time) {
      prev = t;
      t = t.next;
    }
    timeout.next = t;
    if (prev === null) this.head = timeout;
    else prev.next = timeout;
  }
}
