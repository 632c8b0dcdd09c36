/** Calls that programs make all the time: plain objects that are asked again and again, instead of chains of generators. */

import type { Op } from './sys_arch.ts';

/** What a call has come to: its value, or what it takes to get there. */
export type Result = number | Op<number>;

/**
 * An Op whose usual way through lwIP is one function, `poll()`. It costs a tenth of a generator that delegates to others. What
 * is rare stays a generator, which poll() hands over. (An interface and not a class: the way to a base class's constructor
 * would cost as much as the rest.)
 */
export interface PolledOp extends Op<number> {
  /** Part of the iterator protocol: every step is the object itself. */
  done: boolean;
  value: number;
  /** What poll() has handed over. */
  rest: Op<number> | null;

  /**
   * Go on as far as possible.
   * @returns what the call returns; null if its task has to wait and poll() is to be called again; or an Op that does the rest
   */
  poll(): Result | null;
}

/** The next step of the iteration: next() of every PolledOp. */
export function stepOf(op: PolledOp): IteratorResult<void, number> {
  if (op.rest === null) {
    const result = op.poll();
    if (typeof result === 'number') complete(op, result);
    else op.rest = result;
  }
  if (op.rest !== null) {
    const { done, value } = op.rest.next();
    if (done) complete(op, value);
  }
  return op as unknown as IteratorResult<void, number>;
}

function complete(op: PolledOp, value: number): void {
  op.rest = null;
  op.done = true;
  op.value = value;
}
