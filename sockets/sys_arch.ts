/**
 * What lwIP's sequential API needs of an operating system: tasks that wait, mailboxes, one semaphore per task.
 * device/ implements it on its FreeRTOS scheduler. Source: lwIP sys.h, ESP-IDF port/freertos/sys_arch.c
 *
 * A call that may block is a generator. It yields, with nothing, wherever its task gives up the processor, after it
 * has told the scheduler why: it is blocked (`block()` was called), or a task of higher priority is ready
 * (`switchPending`).
 */

import type { ApiMsg } from './api_msg.ts';

/** A call in progress, usually a generator: `yield` means "not now", the return value is the call's. */
export interface Op<T> extends Iterable<void, T, void>, Iterator<void, T, void> {
  [Symbol.iterator](): Op<T>;
}

/** A task, as far as calls see it. */
export interface SysThread {
  readonly name: string;
  readonly priority: number;
  /** Of the last call that failed. */
  errno: number;
  /** The task's own binary semaphore holds a token. */
  semToken: boolean;
  /** Only this task ever waits for its semaphore. */
  readonly semWaiters: WaitList;
  /** The message in which the task's calls reach the tcpip thread: one is enough, as the task waits for the answer. */
  apiMsg: ApiMsg | null;
  /** Links of the list that it waits in. */
  waitNext: SysThread | null;
  waitingIn: WaitList | null;
}

/** Tasks that wait for one thing: highest priority first, first come first served among equals (rule T4). */
export class WaitList {
  head: SysThread | null = null;

  add(thread: SysThread): void {
    let prev: SysThread | null = null;
    let t = this.head;
    while (t !== null && t.priority >= thread.priority) {
      prev = t;
      t = t.waitNext;
    }
    thread.waitNext = t;
    thread.waitingIn = this;
    if (prev === null) this.head = thread;
    else prev.waitNext = thread;
  }

  remove(thread: SysThread): void {
    if (this.head === thread) this.head = thread.waitNext;
    else {
      let t = this.head;
      while (t !== null && t.waitNext !== thread) t = t.waitNext;
      if (t !== null) t.waitNext = thread.waitNext;
    }
    thread.waitNext = null;
    thread.waitingIn = null;
  }
}

export interface Sys {
  /** Milliseconds since boot in steps of the tick (rule C2). */
  sys_now(): number;
  /** A task of higher priority than the running one is ready: the running call must yield. */
  readonly switchPending: boolean;
  /**
   * The running task waits, in `list` if given, until it is woken or `deadlineUs` (virtual microseconds, Infinity for
   * ever) has come. The caller yields next, unless the answer is false: the deadline has passed already.
   */
  block(thread: SysThread, list: WaitList | null, deadlineUs: number): boolean;
  /**
   * The same for a wait whose end has no effect: the task would only wait again, for a second, and for another one. It goes on
   * if it is woken, or when one of these waits would last until `untilUs` or longer.
   * @returns false if the ends cannot be passed over: block() it is then
   */
  rest(thread: SysThread, list: WaitList, deadlineUs: number, untilUs: number): boolean;
  /** How many ends of waits were passed over since this was last asked. */
  takePassedOver(thread: SysThread): number;
  /**
   * Make the first waiter of a list ready. Called by a task of lower priority, a tcpip thread that becomes ready runs at
   * once, inside this call, and any other task sets `switchPending`. Called by a tcpip thread, nobody is switched to yet.
   * @param isLast the caller, who is no task, has nothing else to do: what would run next may run inside this call
   */
  wake(list: WaitList, isLast?: boolean): void;
  /** If a task of higher priority than the tcpip thread is ready, it runs now, until it blocks (rule T3). */
  preemptIfHigher(): void;
  /** While the running task holds a lock that a task of this priority waits for, only higher ones interrupt it; -1: no more. */
  inherit(priority: number): void;
  /** End of a wait of n ticks that begins now (rule C3). */
  deadline(ticks: number): number;
  /** Ticks of a mailbox wait: floor(ms / tick). */
  fetchTicks(ms: number): number;
  /** Ticks of a semaphore wait: ceil(ms / tick) + 1. */
  semTicks(ms: number): number;
}

/** A bounded queue of messages; putting into a full one fails. Source: ESP-IDF sys_mbox_trypost(), sys_arch_mbox_tryfetch() */
export class Mbox<T> {
  readonly size: number;
  /** It counts as full with so many items in it. Lowered by fault plans. */
  limit: number;
  readonly receivers = new WaitList();
  /** A ring, made when something is put in, as long as it needs to be. */
  private slots: (T | undefined)[] | null = null;
  private first = 0;
  count = 0;

  constructor(size: number) {
    this.size = size;
    this.limit = size;
  }

  /** Put an item in and wake a receiver, who runs at once if its priority is higher (only the tcpip thread posts). */
  trypost(item: T, sys: Sys): boolean {
    if (this.count >= this.limit) return false;
    this.slots ??= [];
    const end = this.first + this.count++;
    this.slots[end < this.size ? end : end - this.size] = item;
    if (this.receivers.head !== null) {
      sys.wake(this.receivers);
      sys.preemptIfHigher();
    }
    return true;
  }

  /** Take the oldest item out. */
  tryfetch(): T | undefined {
    if (this.count === 0) return undefined;
    const slots = this.slots!;
    const item = slots[this.first];
    slots[this.first] = undefined;
    // An empty one begins anew, so that a mailbox that is never full needs little room.
    this.first = --this.count === 0 || this.first + 1 === this.size ? 0 : this.first + 1;
    return item;
  }
}

/** Give a task's semaphore its token. The task is only made ready. */
export function signal(thread: SysThread, sys: Sys): void {
  thread.semToken = true;
  if (thread.semWaiters.head !== null) sys.wake(thread.semWaiters);
}

/**
 * Wait for the task's own semaphore.
 * @returns false if `deadlineUs` came first
 */
export function* semWait(thread: SysThread, sys: Sys, deadlineUs: number): Op<boolean> {
  while (!thread.semToken) {
    if (!sys.block(thread, thread.semWaiters, deadlineUs)) return false;
    yield;
  }
  thread.semToken = false;
  return true;
}
