/** Programs on a board: what they are given, and how they are started, suspended and resumed. */

import type { Op } from '../sockets/sys_arch.ts';
import { Call } from './call.ts';
import type { Scheduler, Task, TaskBody, TaskOwner } from './freertos.ts';

/** A program: an async function, or a generator function, which a world can run synchronously to its end. */
export type Program<Os> = (os: Os) => PromiseLike<unknown> | Generator<void, unknown, void>;

/** A task that neither waits nor ends within so many turns of the microtask queue waits for something foreign. */
export const MICROTASK_TURNS_MAX = 1000;

/** So many calls without blocking cost a tick. */
export const CALLS_PER_TICK = 10_000;

/** Is told how a task's program went wrong. */
export interface ProgramHost {
  onFailure(board: TaskOwner, task: Task, error: unknown): void;
}

/** The life of one program in its task. `start` makes the program; it runs when the task runs for the first time. */
export class ProgramRunner implements TaskBody {
  readonly isTcpip = false;
  /** An async program has the processor and has not come to its next call yet. */
  isThinking = false;
  /** The call in progress, or the last one. */
  call: Call<unknown> | null = null;
  /** Calls begun so far. */
  calls = 0;
  private readonly scheduler: Scheduler;
  private readonly host: ProgramHost;
  /** Null once it was called. */
  private start: (() => PromiseLike<unknown> | Generator<void, unknown, void>) | null;
  private readonly highestAsyncPriority: number;
  private generator: Generator<void, unknown, void> | null = null;
  private op: Op<unknown> | null = null;
  private onReturn: ((value: unknown) => void) | null = null;

  constructor(
    scheduler: Scheduler,
    host: ProgramHost,
    start: () => PromiseLike<unknown> | Generator<void, unknown, void>,
    highestAsyncPriority: number,
  ) {
    this.scheduler = scheduler;
    this.host = host;
    this.start = start;
    this.highestAsyncPriority = highestAsyncPriority;
  }

  get callInProgress(): Call<unknown> | null {
    return this.call === null || this.call.done ? null : this.call;
  }

  /** An async program is on its way to its next call, or to awaiting it. */
  get needsTurns(): boolean {
    return this.isThinking || this.owesAwait;
  }

  /** An async program has made a call and not awaited it yet; it has some turns to do so. */
  get owesAwait(): boolean {
    return this.start === null && this.generator === null && this.op !== null && !this.call!.isAwaited;
  }

  /**
   * Begin a call: it runs at once, as far as it can without waiting.
   * @param onReturn told the value before the program is
   * @throws Error if the program has not waited for its last call, or does not have the processor
   */
  begin<T>(task: Task, fn: string, fd: number, op: Op<T>, onReturn: ((value: T) => void) | null): Call<T> {
    this.checkTurn(task, fn);
    const steps = ++task.busyCalls >= CALLS_PER_TICK ? this.afterOneTick(task, op) : op;
    this.calls++;
    const step = steps.next();
    const call = new Call<T>(fn, fd);
    this.call = call as Call<unknown>;
    if (step.done) {
      onReturn?.(step.value);
      call.complete(step.value);
    } else {
      this.op = steps;
      this.onReturn = onReturn as ((value: unknown) => void) | null;
      this.isThinking = false;
    }
    return call;
  }

  resume(task: Task): void {
    if (this.start !== null) {
      this.startProgram(task, this.start);
      return;
    }
    if (this.op !== null && !this.continueCall(task)) return;
    if (this.generator !== null) this.step(task);
    else this.isThinking = true;
  }

  private startProgram(task: Task, start: () => PromiseLike<unknown> | Generator<void, unknown, void>): void {
    this.start = null;
    let started: PromiseLike<unknown> | Generator<void, unknown, void>;
    this.isThinking = true;
    try {
      started = start();
    } catch (error) {
      this.end(task, error, true);
      return;
    }
    if (isGenerator(started)) {
      this.isThinking = false;
      this.generator = started;
      this.step(task);
      return;
    }
    if (started === undefined || typeof started.then !== 'function') {
      const error = new TypeError(`The program of task ${task.name} is neither an async nor a generator function.`);
      this.end(task, error, true);
      return;
    }
    if (task.priority > this.highestAsyncPriority) {
      const error = new RangeError(
        `Task ${task.name} has priority ${task.priority} and an async program. Above ${this.highestAsyncPriority}, the ` +
          'priority of the tcpip thread, a program must be a generator function, as it interrupts the stack at work.',
      );
      started.then(undefined, () => undefined);
      this.end(task, error, true);
      return;
    }
    task.isAsync = true;
    started.then(
      () => this.end(task, undefined, false),
      (error: unknown) => this.end(task, error, true),
    );
  }

  /** Let the call in progress go on. @returns true if it has returned */
  private continueCall(task: Task): boolean {
    const call = this.call!;
    try {
      const step = this.op!.next();
      if (!step.done) return false;
      this.op = null;
      this.onReturn?.(step.value);
      call.complete(step.value);
    } catch (error) {
      this.op = null;
      call.fail(error);
    }
    this.isThinking = task.body === this && this.generator === null;
    return true;
  }

  /** Run a generator program to its next wait. */
  private step(task: Task): void {
    let done: boolean | undefined;
    try {
      done = this.generator!.next().done;
    } catch (error) {
      this.end(task, error, true);
      return;
    }
    if (done) {
      this.end(task, undefined, false);
    } else if (this.op === null || !this.call!.isAwaited) {
      const error = `Task ${task.name} yielded by itself. A program may only "yield*" the calls of its os.`;
      this.end(task, new Error(error), true);
    }
  }

  private end(task: Task, error: unknown, failed: boolean): void {
    this.isThinking = false;
    if (task.state === 'done') return;
    const { call } = this;
    this.scheduler.remove(task);
    if (failed) this.host.onFailure(task.owner, task, error);
    else if (call !== null && !call.isAwaited) this.host.onFailure(task.owner, task, notAwaited(task, call.fn));
    // The board may remember the task for long; what it needed to run is not needed any more.
    this.generator = null;
    this.op = null;
    this.call = null;
    task.apiMsg = null;
  }

  private checkTurn(task: Task, fn: string): void {
    const { call } = this;
    if (call !== null && !call.isAwaited) throw notAwaited(task, call.fn);
    if (this.op !== null) {
      throw new Error(
        `Task ${task.name} called ${fn}() while its ${call!.fn}() has not returned; a task makes one call at a time.`,
      );
    }
    if (this.scheduler.running !== task) {
      throw new Error(`${fn}() was called with the os of task ${task.name}, which is not running.`);
    }
  }

  /** A program that makes call after call without ever blocking is charged for it. */
  private *afterOneTick<T>(task: Task, op: Op<T>): Op<T> {
    const { owner } = task;
    const ticks = Math.floor((this.scheduler.nowUs - owner.bootUs) / owner.tickUs) + 1;
    this.scheduler.hogOneTick(task, owner.bootUs + ticks * owner.tickUs);
    yield;
    return yield* op;
  }
}

/** A part of a program that makes calls itself, for both kinds of programs: `await` it, or `yield*` it. */
export class ProgramPart<T> implements PromiseLike<T>, Iterable<void> {
  private readonly runner: ProgramRunner;
  private readonly steps: () => Generator<void, T, void>;

  constructor(runner: ProgramRunner, steps: () => Generator<void, T, void>) {
    this.runner = runner;
    this.steps = steps;
  }

  [Symbol.iterator](): Generator<void, T, void> {
    return this.steps();
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what this class is for.
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.walk().then(onFulfilled, onRejected);
  }

  /** Step by step for an async program: whenever a call has to wait, wait for that call. */
  private async walk(): Promise<T> {
    const steps = this.steps();
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      // Whether the call has failed is for the steps to see.
      await this.runner.call!.then(noValue, noValue);
    }
  }
}

function noValue(): null {
  return null;
}

/** The error of a program that goes on without the result of its call. */
export function notAwaited(task: Task, fn: string): Error {
  return new Error(
    `Task ${task.name} called ${fn}() without waiting for it; write "await os.${fn}(...)" or "yield* os.${fn}(...)".`,
  );
}

function isGenerator(x: unknown): x is Generator<void, unknown, void> {
  return typeof x === 'object' && x !== null && 'next' in x && typeof x.next === 'function' && Symbol.iterator in x;
}
