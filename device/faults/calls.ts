/** Planned faults on calls, and whoever else looks at every call that a task makes: TypeScript and C alike. */

import { errnoNumber } from '../../sockets/errno.ts';
import type { Op } from '../../sockets/index.ts';
import type { Esp32 } from '../esp32.ts';
import type { Task } from '../freertos.ts';
import type { CallFaultSpec, CallSelection } from './plan.ts';

/** A call that a task begins. */
export interface CallView {
  readonly board: Esp32;
  readonly task: Task;
  /** Name as in C. */
  readonly fn: string;
  /** The descriptor that it is about, -1 if none. */
  readonly fd: number;
  /** As a trace shows them. */
  readonly args: readonly (number | string)[];
}

/** Is shown every call before it begins, and may run something else in its place. */
export interface CallTap {
  begin<T>(call: CallView, op: Op<T>): Op<T>;
}

/** Several taps, the first one outermost. */
export class CallTaps implements CallTap {
  private taps: readonly CallTap[] = [];
  /** There is somebody to show calls to. */
  isActive = false;

  add(tap: CallTap): void {
    this.taps = [...this.taps, tap];
    this.isActive = true;
  }

  /** The same, outside of all others: for one who looks at what becomes of a call. Once is enough. */
  observe(tap: CallTap): void {
    if (!this.taps.includes(tap)) this.taps = [tap, ...this.taps];
    this.isActive = true;
  }

  remove(tap: CallTap): void {
    this.taps = this.taps.filter((t) => t !== tap);
    this.isActive = this.taps.length > 0;
  }

  begin<T>(call: CallView, op: Op<T>): Op<T> {
    return this.taps.reduceRight((inner, tap) => tap.begin(call, inner), op);
  }
}

/** A fault on calls. */
export interface CallRule {
  /** It concerns this call. Asked about every call, so that counting does not depend on other faults. */
  concerns(call: CallView): boolean;
  /** What happens instead. */
  decide<T>(call: CallView, op: Op<T>): Op<T>;
}

/** The planned faults on calls: the first that concerns a call decides. */
export class CallPlan implements CallTap {
  private rules: readonly CallRule[] = [];

  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  add(rule: CallRule): void {
    this.rules = [...this.rules, rule];
  }

  remove(rule: CallRule): void {
    this.rules = this.rules.filter((r) => r !== rule);
  }

  begin<T>(call: CallView, op: Op<T>): Op<T> {
    let first: CallRule | null = null;
    for (const rule of this.rules) {
      if (rule.concerns(call)) first ??= rule;
    }
    return first === null ? op : first.decide(call, op);
  }
}

/** A test for names and selection. lwIP's own spelling of a call ("lwip_recv") counts as the call. */
export function callTest(fn: string | readonly string[], { board, task, fd }: CallSelection): (c: CallView) => boolean {
  const names = new Set(typeof fn === 'string' ? [fn] : fn);
  return (call) =>
    (names.has(call.fn) || names.has(call.fn.replace(/^lwip_/, ''))) &&
    (board === undefined || call.board.name === board) &&
    (task === undefined || call.task.name === task) &&
    (fd === undefined || call.fd === fd);
}

/** What happens instead of a call. @throws TypeError for an errno that newlib does not know */
export function callAction(spec: CallFaultSpec): CallRule['decide'] {
  switch (spec.kind) {
    case 'callFails': {
      const errno = typeof spec.errno === 'number' ? spec.errno : errnoNumber(spec.errno);
      if (errno === undefined) throw new TypeError(`"${spec.errno}" is no errno of newlib, such as "ECONNRESET".`);
      return ({ task }) => failing(task, errno, spec.ret ?? -1) as Op<never>;
    }
    case 'shortTransfer':
      return ({ board }, op) => shortened(board, spec.bytes, op);
    case 'slowCall':
      return ({ board, task }, op) => slow(board, task, spec.us, op);
  }
}

// biome-ignore lint/correctness/useYield: a call like all others, though it never waits.
function* failing(task: Task, errno: number, ret: number): Op<number> {
  task.errno = errno;
  return ret;
}

/** The limit is taken up in the first step of the call, before any other call can begin. */
function* shortened<T>(board: Esp32, bytes: number, op: Op<T>): Op<T> {
  const { sockets } = board;
  sockets.transferLimit = bytes;
  const first = op.next();
  sockets.transferLimit = Number.POSITIVE_INFINITY;
  if (first.done) return first.value;
  yield;
  return yield* op;
}

function* slow<T>(board: Esp32, task: Task, us: number, op: Op<T>): Op<T> {
  const { scheduler } = board;
  if (scheduler.block(task, null, scheduler.nowUs + us)) yield;
  return yield* op;
}
