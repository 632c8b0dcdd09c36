/** The tcpip thread: mailbox, timers, and the only code that touches the stack. Source: lwIP tcpip.c */

import { ethernet_input, type Frame, type Netif, type Stack } from '../stack/index.ts';
import type { ApiMsg } from './api_msg.ts';
import type { CoreLock } from './core_lock.ts';
import { type Op, type Sys, type SysThread, signal, WaitList } from './sys_arch.ts';

/** A message: a function and its arguments. */
export type TcpipFn<A, B> = (a: A, b: B) => void;

/** Is told of everything that a tcpip thread does. */
export interface TcpipObserver {
  /** A message will be handled. @param a its first argument: a frame, a call's message, or something else */
  messageBegins(a: unknown): void;
  /** Due timers will run. */
  timersBegin(): void;
  /** The message has been handled, or the timers have run. */
  ended(): void;
}

export class TcpipThread {
  readonly sys: Sys;
  readonly receivers = new WaitList();
  private readonly senders = new WaitList();
  /** With LWIP_TCPIP_CORE_LOCKING: calls run the stack in their own tasks. */
  private readonly lock: CoreLock | null;
  /** Messages that its mailbox takes. */
  size: number;
  /** The mailbox: three values a message, from `first` to before `last`; both go back to 0 whenever it is empty. */
  private readonly queue: unknown[] = [undefined, undefined, undefined];
  private first = 0;
  private last = 0;
  /** Set once, right after construction: the stack's port needs the thread, the thread runs the stack. */
  stack!: Stack;
  observer: TcpipObserver | null = null;

  constructor(sys: Sys, mboxSize: number, lock: CoreLock | null = null) {
    this.sys = sys;
    this.size = mboxSize;
    this.lock = lock;
  }

  get count(): number {
    return (this.last - this.first) / 3;
  }

  /**
   * Put a message in. The thread is made ready; it runs when the scheduler comes to it.
   * @param isLast as in Sys.wake()
   * @returns false if the mailbox is full
   */
  trypost<A, B>(fn: TcpipFn<A, B>, a: A, b: B, isLast = false): boolean {
    if (this.count >= this.size) return false;
    const { queue, last } = this;
    queue[last] = fn;
    queue[last + 1] = a;
    queue[last + 2] = b;
    this.last = last + 3;
    if (this.receivers.head !== null) this.sys.wake(this.receivers, isLast);
    return true;
  }

  /** A frame from the driver, with a reference that passes on: the last thing that its arrival does. Source: lwIP tcpip_input() */
  input(frame: Frame, netif: Netif): void {
    if (this.lock !== null && this.stack.opt.LWIP_TCPIP_CORE_LOCKING_INPUT !== 0) {
      this.handle(ethernet_input, frame, netif);
    } else if (!this.trypost(ethernet_input, frame, netif, true)) frame.release();
  }

  /**
   * Have a message handled for the calling task: true if the answer is here already, which is the usual case for tasks
   * below the thread's priority; else the caller goes on with finishCall().
   */
  tryCall(thread: SysThread, fn: TcpipFn<ApiMsg, TcpipThread>, msg: ApiMsg): boolean {
    msg.posted = this.lock === null ? this.trypost(fn, msg, this) : this.tryLocked(this.lock, thread, fn, msg);
    if (!msg.posted || this.sys.switchPending || !thread.semToken) return false;
    thread.semToken = false;
    return true;
  }

  /** Wait for the answer to a message that tryCall() has (or could not) put in. @returns what `result` makes of it */
  *finishCall(
    thread: SysThread,
    fn: TcpipFn<ApiMsg, TcpipThread>,
    msg: ApiMsg,
    result: (msg: ApiMsg) => number,
  ): Op<number> {
    const { lock } = this;
    while (!msg.posted) {
      if (lock === null) this.sys.block(thread, this.senders, Number.POSITIVE_INFINITY);
      else lock.block(thread);
      yield;
      msg.posted = lock === null ? this.trypost(fn, msg, this) : this.tryLocked(lock, thread, fn, msg);
    }
    if (this.sys.switchPending) yield;
    const mustWait = !thread.semToken;
    // The wait of semWait(), without a generator of its own.
    while (!thread.semToken) {
      this.sys.block(thread, thread.semWaiters, Number.POSITIVE_INFINITY);
      yield;
    }
    thread.semToken = false;
    if (lock !== null && mustWait) {
      // The rest of the call is done under the lock again, and it has nothing left to do.
      while (!lock.tryTake(thread)) {
        lock.block(thread);
        yield;
      }
      lock.give();
      if (this.sys.switchPending) yield;
    }
    return result(msg);
  }

  /** Run a call's function in the calling task. @returns false if the lock is taken */
  private tryLocked(lock: CoreLock, thread: SysThread, fn: TcpipFn<ApiMsg, TcpipThread>, msg: ApiMsg): boolean {
    if (!lock.tryTake(thread)) return false;
    this.handle(fn, msg, this);
    lock.give();
    return true;
  }

  /** Change what the core's lock protects beside the stack; without it tasks just do it. Source: lwIP LWIP_SOCKET_SELECT_PROTECT */
  *locked(thread: SysThread, change: () => void): Op<void> {
    const { lock } = this;
    if (lock === null) {
      change();
      return;
    }
    yield* lock.take(thread);
    change();
    lock.give();
    if (this.sys.switchPending) yield;
  }

  /** Run a part of the stack, and let it be seen. */
  private handle<A, B>(fn: TcpipFn<A, B>, a: A, b: B): void {
    this.observer?.messageBegins(a);
    fn(a, b);
    this.observer?.ended();
  }

  /** Leave a function to the thread and go on; only a full mailbox is waited for. Source: lwIP tcpip_callback() */
  *callback<A>(thread: SysThread, fn: (a: A) => void, a: A): Op<void> {
    while (!this.trypost(fn, a, undefined)) {
      this.sys.block(thread, this.senders, Number.POSITIVE_INFINITY);
      yield;
    }
    if (this.sys.switchPending) yield;
  }

  /** Answer a message: its task may go on, and does so at once if its priority is higher. */
  ack(thread: SysThread): void {
    signal(thread, this.sys);
    this.sys.preemptIfHigher();
  }

  /**
   * The thread's loop, from one wait to the next: the message that ended the wait, then due timers before every fetch.
   * Returns when the mailbox is empty and the task is blocked.
   */
  run(task: SysThread): void {
    const { sys, stack, lock } = this;
    if (lock !== null && !lock.tryTake(task)) {
      lock.block(task);
      return;
    }
    const missed = sys.takePassedOver(task);
    if (missed > 0) stack.passOver(missed);
    if (this.first < this.last) this.handleNext();
    for (;;) {
      const due = stack.timeouts.due;
      if (due <= sys.sys_now()) {
        this.runDue();
        continue;
      }
      if (this.first < this.last) {
        lock?.pause(task);
        this.handleNext();
        continue;
      }
      if (lock !== null) {
        lock.give();
        // Whoever waited for it may have left a message.
        if (this.first < this.last && lock.tryTake(task)) continue;
      }
      this.wait(task, due);
      return;
    }
  }

  /** Wait for a message or the next timer. @param due in ms of sys_now(), Infinity if there is no timer */
  private wait(task: SysThread, due: number): void {
    const { sys, receivers } = this;
    const deadline = this.deadlineOf(due);
    // Timers that are shown to somebody have an effect.
    const mayRest = this.observer === null && this.lock === null && this.stack.isIdle();
    if (mayRest && sys.rest(task, receivers, deadline, this.deadlineOf(this.stack.timeouts.dueNext))) return;
    sys.block(task, receivers, deadline);
  }

  private deadlineOf(due: number): number {
    const { sys } = this;
    return due === Number.POSITIVE_INFINITY ? due : sys.deadline(Math.max(sys.fetchTicks(due - sys.sys_now()), 1));
  }

  private runDue(): void {
    this.observer?.timersBegin();
    this.stack.runDue();
    this.observer?.ended();
  }

  private handleNext(): void {
    const { queue, first } = this;
    const fn = queue[first] as TcpipFn<unknown, unknown>;
    const a = queue[first + 1];
    const b = queue[first + 2];
    this.first = first + 3;
    if (this.first === this.last) {
      this.first = 0;
      this.last = 0;
    }
    if (this.senders.head !== null) {
      this.sys.wake(this.senders);
      this.sys.preemptIfHigher();
    }
    this.handle(fn, a, b);
  }
}
