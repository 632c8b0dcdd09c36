/**
 * FreeRTOS tasks of all boards on one processor without time slicing: the highest ready priority runs, first come first
 * served among equals, until it blocks or a higher one becomes ready (rules T1..T5). Source: FreeRTOS tasks.c
 */

import type { ApiMsg } from '../sockets/api_msg.ts';
import { type Sys, type SysThread, WaitList } from '../sockets/sys_arch.ts';
import { type EventQueue, EventSource } from './events.ts';
import type { Chooser } from './faults/choices.ts';
import { REST_PERIOD_US, type Rest, RestingTasks } from './resting.ts';

export const configMAX_PRIORITIES = 25;
/** A wait without end. */
export const portMAX_DELAY = 0xffffffff;

export type TaskState = 'ready' | 'running' | 'blocked' | 'done';

/** What a task runs. */
export interface TaskBody {
  /** The tcpip thread: runs to its next wait inside one call, and may be run inside another task's call. */
  readonly isTcpip: boolean;
  /** The call that the task is in, by its name in C and its descriptor (-1 if it has none); null if it is in none. */
  readonly callInProgress: { readonly fn: string; readonly fd: number } | null;
  /** Go on until the task blocks, gives way or ends. */
  resume(task: Task): void;
}

/** The board that a task belongs to, as far as the scheduler cares. */
export interface TaskOwner {
  readonly name: string;
  readonly tickUs: number;
  /** Boot time in microseconds, start of the board's tick count. */
  readonly bootUs: number;
  /** A task that computes without end holds the processor until a tick is over; lower ones wait here. */
  hog: Task | null;
  readonly starved: Task[];
}

export class Task extends EventSource implements SysThread {
  readonly owner: TaskOwner;
  readonly name: string;
  /** Changed by the scheduler's setPriority() only. */
  priority: number;
  readonly body: TaskBody;
  readonly isTcpip: boolean;
  /** Its program is an async function: it cannot run inside another task's call, and needs turns of the microtask queue. */
  isAsync = false;
  private readonly scheduler: Scheduler;
  state: TaskState = 'blocked';
  errno = 0;
  semToken = false;
  readonly semWaiters = new WaitList();
  apiMsg: ApiMsg | null = null;
  waitNext: SysThread | null = null;
  waitingIn: WaitList | null = null;
  /** Links of the ready list. */
  next: Task | null = null;
  prev: Task | null = null;
  /** Calls since it last blocked. */
  busyCalls = 0;
  /** A task of the system: it has not ended, but has nothing to do either, while this says so. */
  isDaemon: (() => boolean) | null = null;
  /** Running number of the start of its last traced call. */
  callNumber = -1;
  /** Its place among the resting tasks, and how often its wait ended there since this was last asked. */
  rest: Rest | null = null;
  passedOver = 0;
  /** How often its program has looked at errno. */
  errnoReads = 0;

  constructor(scheduler: Scheduler, owner: TaskOwner, name: string, priority: number, body: TaskBody) {
    super(body.isTcpip);
    this.scheduler = scheduler;
    this.owner = owner;
    this.name = name;
    this.priority = priority;
    this.body = body;
    this.isTcpip = body.isTcpip;
  }

  /** Its wait has ended otherwise than by the passing of the period: it is no resting task any more. */
  stopResting(): void {
    if (this.rest === null) return;
    this.passedOver += this.rest.rounds;
    this.scheduler.resting.remove(this.rest);
    this.rest = null;
  }

  /** Its wait has timed out, or it is to start. */
  override fire(): void {
    this.scheduler.timeIsUp(this);
  }
}

/** A ready list per priority, and who runs. */
export class Scheduler {
  private readonly heads: (Task | null)[] = new Array<Task | null>(configMAX_PRIORITIES).fill(null);
  private readonly tails: (Task | null)[] = new Array<Task | null>(configMAX_PRIORITIES).fill(null);
  /** Bit p is set while priority p has a ready task. */
  private mask = 0;
  private readonly events: EventQueue;
  running: Task | null = null;
  nowUs = 0;
  readonly resting: RestingTasks;
  /** Who may let another one of the same priority go first; null if everything goes by the rules. */
  private chosenBy: Chooser | null = null;

  constructor(events: EventQueue) {
    this.events = events;
    this.resting = new RestingTasks(events);
  }

  get chooser(): Chooser | null {
    return this.chosenBy;
  }

  /** From now on every event counts as one that could have come first. */
  set chooser(chooser: Chooser | null) {
    this.chosenBy = chooser;
    if (chooser === null) return;
    for (let rest = this.resting.first; rest !== null; rest = this.resting.first) {
      const { task, due, order } = rest;
      task.stopResting();
      this.events.scheduleInOrder(task, due, order);
    }
  }

  /** Highest ready priority, -1 if none. */
  get topPriority(): number {
    return 31 - Math.clz32(this.mask);
  }

  /** A task of higher priority than the running one waits for the processor. */
  get switchPending(): boolean {
    return this.running !== null && 31 - Math.clz32(this.mask) > this.running.priority;
  }

  /** Make a task ready, at the tail of its list. */
  makeReady(task: Task): void {
    const { hog } = task.owner;
    task.state = 'ready';
    if (hog !== null && task !== hog && task.priority <= hog.priority) task.owner.starved.push(task);
    else this.pushTail(task);
  }

  /** Take the task that is to run next, or null. */
  pop(): Task | null {
    if (this.mask === 0) return null;
    const head = this.heads[this.topPriority]!;
    const task = this.chooser === null ? head : this.choose(head, this.chooser);
    this.unlink(task);
    return task;
  }

  /** Of two tasks of one priority a plan may let the second one run first. */
  private choose(head: Task, chooser: Chooser): Task {
    return head.next !== null && chooser.swaps('tasks', this.nowUs) ? head.next : head;
  }

  /** Run one task until it gives up the processor. */
  run(task: Task): void {
    const outer = this.running;
    this.running = task;
    task.state = 'running';
    try {
      task.body.resume(task);
    } finally {
      this.running = outer;
    }
  }

  /** A task that gave way to a higher one goes on first among its equals (rule T3). */
  preempted(task: Task): void {
    task.state = 'ready';
    this.pushHead(task);
  }

  /**
   * Make the first waiter of a list ready; a tcpip thread that outranks the running program and all that are ready runs right here.
   * @param isLast nothing else happens in this event, so that a tcpip thread that would be next can run here as well
   */
  wake(list: WaitList, isLast = false): void {
    const task = list.head as Task;
    list.remove(task);
    this.cancelEnd(task);
    if (task.isTcpip && this.isNext(task, isLast)) this.run(task);
    else this.makeReady(task);
  }

  private isNext(task: Task, isLast: boolean): boolean {
    const { running } = this;
    if (running === null ? !isLast : running.isTcpip || task.priority <= running.priority) return false;
    return task.priority > this.topPriority && task.owner.hog === null;
  }

  /**
   * Called while the stack is at work: whoever outranks the running task runs now, until all of them block. An async
   * program cannot run inside another task's call; it has to wait until that ends.
   * @param inherited the running task has at least this priority
   */
  preemptIfHigher(inherited = -1): void {
    const self = this.running;
    if (self === null) return;
    const priority = Math.max(self.priority, inherited);
    while (this.topPriority > priority) {
      if (this.heads[this.topPriority]!.isAsync) return;
      const task = this.pop()!;
      this.run(task);
      if (task.state === 'running') this.preempted(task);
    }
  }

  /** The task waits; false if the deadline has passed already. */
  block(task: Task, list: WaitList | null, deadlineUs: number): boolean {
    if (deadlineUs <= this.nowUs) return false;
    if (task.state === 'done') return true;
    task.state = 'blocked';
    task.busyCalls = 0;
    list?.add(task);
    if (deadlineUs !== Number.POSITIVE_INFINITY) this.events.schedule(task, deadlineUs);
    return true;
  }

  /** The same for a wait whose end by time would have no effect: see Sys.rest(). */
  rest(task: Task, list: WaitList, untilUs: number): void {
    task.state = 'blocked';
    list.add(task);
    task.rest = this.resting.add(task, this.nowUs, untilUs);
  }

  /** A wait does not end by time any more. */
  private cancelEnd(task: Task): void {
    this.events.cancel(task);
    task.stopResting();
  }

  timeIsUp(task: Task): void {
    task.waitingIn?.remove(task);
    if (task.owner.hog === task) this.endOfHogging(task);
    else this.makeReady(task);
  }

  /** Whatever the task waits for, it runs no more until unsuspend(). Source: FreeRTOS vTaskSuspend() */
  suspend(task: Task): void {
    if (task.state === 'done') return;
    this.detach(task);
    task.state = 'blocked';
  }

  /** A suspended task is ready again. Its call looks anew at what it waits for. */
  unsuspend(task: Task): void {
    const isSuspended = task.state === 'blocked' && task.waitingIn === null && task.due === Number.POSITIVE_INFINITY;
    if (isSuspended) this.makeReady(task);
  }

  /** End a task's wait as if its time was up. @returns false if it does not wait */
  abortWait(task: Task): boolean {
    if (task.state !== 'blocked') return false;
    this.events.cancel(task);
    this.timeIsUp(task);
    return true;
  }

  /** Take a task out of everything. It is never resumed. */
  remove(task: Task): void {
    this.detach(task);
    task.state = 'done';
  }

  private detach(task: Task): void {
    if (task.state === 'ready') this.unready(task);
    task.waitingIn?.remove(task);
    this.cancelEnd(task);
    if (task.owner.hog === task) this.releaseStarved(task.owner);
  }

  /** Take it out of its ready list, or from among the starved. */
  private unready(task: Task): void {
    const { starved } = task.owner;
    const i = starved.indexOf(task);
    if (i >= 0) starved.splice(i, 1);
    else this.unlink(task);
  }

  /** Give a task another priority: it takes its new place among those that are ready, or that wait for the same thing. */
  setPriority(task: Task, priority: number): void {
    if (task.priority === priority) return;
    const list = task.waitingIn;
    const wasReady = task.state === 'ready';
    if (wasReady) this.unready(task);
    list?.remove(task);
    task.priority = priority;
    if (wasReady) this.makeReady(task);
    list?.add(task);
  }

  /** The running task has computed for a whole tick: its board's tasks of lower or equal priority wait until it ends. */
  hogOneTick(task: Task, deadlineUs: number): void {
    const { owner } = task;
    owner.hog = task;
    for (let p = 0; p <= task.priority; p++) {
      for (let t: Task | null = this.heads[p]!; t !== null; ) {
        const next: Task | null = t.next;
        if (t.owner === owner) {
          this.unlink(t);
          owner.starved.push(t);
        }
        t = next;
      }
    }
    this.block(task, null, deadlineUs);
  }

  private endOfHogging(task: Task): void {
    task.state = 'ready';
    this.pushTail(task);
    this.releaseStarved(task.owner);
  }

  private releaseStarved(owner: TaskOwner): void {
    owner.hog = null;
    for (const t of owner.starved.splice(0)) this.pushTail(t);
  }

  private pushTail(task: Task): void {
    const p = task.priority;
    const tail = this.tails[p]!;
    task.prev = tail;
    task.next = null;
    if (tail === null) {
      this.heads[p] = task;
      this.mask |= 1 << p;
    } else tail.next = task;
    this.tails[p] = task;
  }

  private pushHead(task: Task): void {
    const p = task.priority;
    const head = this.heads[p]!;
    task.next = head;
    task.prev = null;
    if (head === null) {
      this.tails[p] = task;
      this.mask |= 1 << p;
    } else head.prev = task;
    this.heads[p] = task;
  }

  private unlink(task: Task): void {
    const p = task.priority;
    const { next, prev } = task;
    if (prev === null) this.heads[p] = next;
    else prev.next = next;
    if (next === null) this.tails[p] = prev;
    else next.prev = prev;
    task.next = null;
    task.prev = null;
    if (this.heads[p] === null) this.mask &= ~(1 << p);
  }
}

/** lwIP's operating system layer for one board: its ticks, the world's scheduler. Source: ESP-IDF port/freertos/sys_arch.c */
export class BoardSys implements Sys {
  private readonly scheduler: Scheduler;
  private readonly owner: TaskOwner;
  private readonly portTICK_PERIOD_MS: number;
  /** The tick count, and the time since boot at which it holds: it is asked for several times an event. */
  private tickCount = 0;
  private tickedAtUs = 0;
  /** Priority that the holder of the core's lock has from those who wait for it. */
  private inherited = -1;

  constructor(scheduler: Scheduler, owner: TaskOwner) {
    this.scheduler = scheduler;
    this.owner = owner;
    this.portTICK_PERIOD_MS = Math.floor(owner.tickUs / 1000);
  }

  /** Ticks since boot. Source: FreeRTOS xTaskGetTickCount() */
  get ticks(): number {
    const uptimeUs = this.scheduler.nowUs - this.owner.bootUs;
    if (uptimeUs !== this.tickedAtUs) {
      this.tickedAtUs = uptimeUs;
      this.tickCount = Math.floor(uptimeUs / this.owner.tickUs);
    }
    return this.tickCount;
  }

  /** A tick that is not whole milliseconds counts as fewer, as in ESP-IDF. */
  sys_now(): number {
    return this.ticks * this.portTICK_PERIOD_MS;
  }

  get switchPending(): boolean {
    return this.scheduler.switchPending;
  }

  block(thread: SysThread, list: WaitList | null, deadlineUs: number): boolean {
    return this.scheduler.block(thread as Task, list, deadlineUs);
  }

  rest(thread: SysThread, list: WaitList, deadlineUs: number, untilUs: number): boolean {
    const { scheduler } = this;
    if (deadlineUs - scheduler.nowUs !== REST_PERIOD_US || untilUs <= deadlineUs || scheduler.chooser !== null)
      return false;
    scheduler.rest(thread as Task, list, untilUs);
    return true;
  }

  takePassedOver(thread: SysThread): number {
    const task = thread as Task;
    const count = task.passedOver;
    task.passedOver = 0;
    return count;
  }

  wake(list: WaitList, isLast?: boolean): void {
    this.scheduler.wake(list, isLast);
  }

  preemptIfHigher(): void {
    this.scheduler.preemptIfHigher(this.inherited);
  }

  inherit(priority: number): void {
    this.inherited = priority < 0 ? priority : Math.max(this.inherited, priority);
  }

  deadline(ticks: number): number {
    return this.owner.bootUs + (this.ticks + ticks) * this.owner.tickUs;
  }

  fetchTicks(ms: number): number {
    return Math.floor(ms / this.portTICK_PERIOD_MS);
  }

  semTicks(ms: number): number {
    return Math.ceil(ms / this.portTICK_PERIOD_MS) + 1;
  }
}
