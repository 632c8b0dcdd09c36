/** Calls that programs make all the time: plain objects that are asked again and again, instead of chains of generators. */

import type { Op } from './sys_arch.ts';

/**
 * An Op whose usual way through lwIP is written as one function, `poll()`. It costs a tenth of a generator that delegates
 * to others. What is rare stays a generator, which poll() hands over.
 */
export abstract class PolledOp implements Op<number> {
  /** Part of the iterator protocol: every step is this object. */
  done = false;
  value = 0;
  private rest: Op<number> | null = null;

  /**
   * Go on as far as possible.
   * @returns what the call returns; null if its task has to wait and poll() is to be called again; or an Op that does the rest
   */
  protected abstract poll(): number | Op<number> | null;

  next(): IteratorResult<void, number> {
    if (this.rest === null) {
      const result = this.poll();
      if (typeof result === 'number') return this.complete(result);
      if (result === null) return this.step;
      this.rest = result;
    }
    const { done, value } = this.rest.next();
    return done ? this.complete(value) : this.step;
  }

  private complete(value: number): IteratorResult<void, number> {
    this.done = true;
    this.value = value;
    return this.step;
  }

  private get step(): IteratorResult<void, number> {
    return this as unknown as IteratorResult<void, number>;
  }

  [Symbol.iterator](): this {
    return this;
  }
}
