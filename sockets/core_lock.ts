/** The mutex of lwIP's core, for LWIP_TCPIP_CORE_LOCKING: whoever holds it runs the stack. Source: lwIP LOCK_TCPIP_CORE, sys_mutex_lock() */

import { type Op, type Sys, type SysThread, WaitList } from './sys_arch.ts';

export class CoreLock {
  private readonly sys: Sys;
  private readonly waiters = new WaitList();
  private owner: SysThread | null = null;
  /** Its holder may have inherited a priority. */
  private wasWaitedFor = false;

  constructor(sys: Sys) {
    this.sys = sys;
  }

  /** @returns false if another task holds it */
  tryTake(thread: SysThread): boolean {
    if (this.owner !== null) return false;
    this.owner = thread;
    return true;
  }

  /** Have the task wait until the lock may be free. Its holder works at the task's priority until then. */
  block(thread: SysThread): void {
    this.wasWaitedFor = true;
    this.sys.inherit(thread.priority);
    this.sys.block(thread, this.waiters, Number.POSITIVE_INFINITY);
  }

  /** Wait for the lock. */
  *take(thread: SysThread): Op<void> {
    while (!this.tryTake(thread)) {
      this.block(thread);
      yield;
    }
  }

  /** Let the next one have it, who runs at once if its priority is higher. */
  give(): void {
    this.owner = null;
    if (this.wasWaitedFor) {
      this.wasWaitedFor = false;
      this.sys.inherit(-1);
    }
    if (this.waiters.head === null) return;
    this.sys.wake(this.waiters);
    this.sys.preemptIfHigher();
  }

  /** Give way to those who wait for it, and go on. */
  pause(thread: SysThread): void {
    if (this.waiters.head === null) return;
    this.give();
    this.owner = thread;
  }
}
