/**
 * Event loops: who is told of what, in which order, in which task. One implementation for programs in TypeScript and for
 * firmware in C: a loop does not call its handlers, it says which call is the next one, and whoever runs the loop makes
 * it. Source: ESP-IDF components/esp_event/esp_event.c
 */

import { type Op, type SysThread, WaitList } from '../sockets/sys_arch.ts';
import {
  ESP_ERR_INVALID_ARG,
  ESP_ERR_INVALID_STATE,
  ESP_ERR_NOT_FOUND,
  ESP_ERR_TIMEOUT,
  ESP_FAIL,
  ESP_OK,
  type esp_err_t,
} from './esp_err.ts';
import type { BoardSys } from './freertos.ts';

/** Names a family of events: a string, or what stands for a C program's `const char *`. Compared by identity. */
export type esp_event_base_t = string | number;

export const ESP_EVENT_ANY_BASE: null = null;
export const ESP_EVENT_ANY_ID = -1;

/** ESP_TASKD_EVENT_PRIO, and the name of the default loop's task. */
export const ESP_TASKD_EVENT_PRIO = 20;
export const ESP_TASKD_EVENT_NAME = 'sys_evt';

/** The base under which a loop tells itself to strike a handler off its list. */
const CLEANUP_BASE = 'cleanup';

/** One handler is to be called: what the task that runs a loop is given. */
export interface HandlerCall {
  /** What was registered: a function, or what stands for a C function. */
  readonly handler: unknown;
  readonly event_handler_arg: unknown;
  readonly event_base: esp_event_base_t;
  readonly event_id: number;
  /** The event's own structure with ESP-IDF's field names; null if it has none. */
  readonly event_data: unknown;
}

/** A handler of the board itself, which the loop runs on the way to the next handler of a program. */
export class BuiltInHandler {
  /** Runs in the task of the loop. */
  readonly run: (thread: SysThread, event_id: number, event_data: unknown) => Op<void>;

  constructor(run: (thread: SysThread, event_id: number, event_data: unknown) => Op<void>) {
    this.run = run;
  }
}

/** A registered handler; it is also the instance that esp_event_handler_instance_register() gives. */
export class HandlerInstance {
  readonly base: esp_event_base_t | null;
  readonly id: number;
  readonly handler: unknown;
  arg: unknown;
  /** Not called any more; it leaves the list when nobody walks along it. */
  unregistered = false;

  constructor(base: esp_event_base_t | null, id: number, handler: unknown, arg: unknown) {
    this.base = base;
    this.id = id;
    this.handler = handler;
    this.arg = arg;
  }

  hears(base: esp_event_base_t, id: number): boolean {
    return (this.base === ESP_EVENT_ANY_BASE || this.base === base) && (this.id === ESP_EVENT_ANY_ID || this.id === id);
  }

  isFor(base: esp_event_base_t | null, id: number): boolean {
    return this.base === base && this.id === id;
  }
}

interface Post {
  readonly base: esp_event_base_t;
  readonly id: number;
  readonly data: unknown;
}

export class EventLoop {
  readonly queueSize: number;
  /** The task that does nothing but run this loop; null if there is none. */
  task: SysThread | null = null;
  private readonly sys: BoardSys;
  private readonly queue: Post[] = [];
  /** Events of drivers that found the queue full. */
  private readonly late: Post[] = [];
  private readonly receivers = new WaitList();
  private readonly senders = new WaitList();
  /** In order of registration, which is the order in which an event's handlers are called. */
  private handlers: HandlerInstance[] = [];
  /** The event whose handlers are being called, by this task, which holds the loop's mutex meanwhile. */
  private current: Post | null = null;
  private running_task: SysThread | null = null;
  private readonly mutexWaiters = new WaitList();
  /** The handler that is next; it was determined before the one before it was called. */
  private following: HandlerInstance | null = null;

  constructor(sys: BoardSys, queueSize: number) {
    this.sys = sys;
    this.queueSize = queueSize;
  }

  /** Its task waits for an event. */
  get isIdle(): boolean {
    return this.current === null && this.queue.length === 0;
  }

  /** Somebody besides the board itself would be told of such an event. */
  hasProgramsHandler(base: esp_event_base_t, id: number): boolean {
    return this.handlers.some((h) => !(h.handler instanceof BuiltInHandler) && h.hears(base, id));
  }

  // Running

  /**
   * The next call that the task has to make: of the event whose handlers are being called, or of the next event in the
   * queue, for which it waits. The call before is over when this is called.
   * @param endTick tick count at which the task has had enough of this loop, Infinity for never
   * @returns null when that time has come
   * Source: esp_event_loop_run()
   */
  *next(thread: SysThread, endTick = Number.POSITIVE_INFINITY): Op<HandlerCall | null> {
    for (;;) {
      if (this.current === null || this.running_task !== thread) {
        if (!(yield* this.fetch(thread, endTick))) return null;
      }
      const { id, data } = this.current!;
      const instance = this.advance();
      if (instance === null) {
        yield* this.endOfEvent();
        if (endTick <= this.sys.ticks) return null;
      } else if (instance.handler instanceof BuiltInHandler) yield* instance.handler.run(thread, id, data);
      else return callOf(instance, this.current!);
    }
  }

  /** Take the next event and the mutex. @returns false at `endTick` */
  private *fetch(thread: SysThread, endTick: number): Op<boolean> {
    const { sys, queue } = this;
    while (queue.length === 0) {
      const ticks = endTick - sys.ticks;
      const deadlineUs = ticks === Number.POSITIVE_INFINITY ? ticks : sys.deadline(ticks);
      if (!sys.block(thread, this.receivers, deadlineUs)) return false;
      yield;
    }
    const post = queue.shift()!;
    if (this.late.length > 0) queue.push(this.late.shift()!);
    if (this.senders.head !== null) {
      sys.wake(this.senders);
      if (sys.switchPending) yield;
    }
    yield* this.takeMutex(thread, Number.POSITIVE_INFINITY);
    this.running_task = thread;
    this.current = post;
    if (post.base === CLEANUP_BASE) this.handlers = this.handlers.filter((h) => h !== post.data);
    this.following = this.find(0);
    return true;
  }

  /** The handler to call now; null if all have been called. */
  private advance(): HandlerInstance | null {
    let instance = this.following;
    while (instance !== null) {
      this.following = this.find(this.handlers.indexOf(instance) + 1);
      if (!instance.unregistered) return instance;
      instance = this.following;
    }
    return null;
  }

  /** The first handler of the current event from a place in the list on. */
  private find(from: number): HandlerInstance | null {
    const { base, id } = this.current!;
    for (let i = from; i < this.handlers.length; i++) if (this.handlers[i]!.hears(base, id)) return this.handlers[i]!;
    return null;
  }

  private *endOfEvent(): Op<void> {
    this.current = null;
    this.running_task = null;
    if (this.mutexWaiters.head === null) return;
    this.sys.wake(this.mutexWaiters);
    if (this.sys.switchPending) yield;
  }

  /** Wait until no other task calls handlers. @returns false if `deadlineUs` came first */
  private *takeMutex(thread: SysThread, deadlineUs: number): Op<boolean> {
    while (this.running_task !== null && this.running_task !== thread) {
      if (!this.sys.block(thread, this.mutexWaiters, deadlineUs)) return false;
      yield;
    }
    return true;
  }

  // Handlers

  /** @returns ESP_OK, ESP_ERR_INVALID_ARG for any base with a specific id. Source: esp_event_handler_register_with() */
  *register(
    thread: SysThread,
    base: esp_event_base_t | null,
    id: number,
    handler: unknown,
    arg: unknown,
  ): Op<esp_err_t> {
    if (base === ESP_EVENT_ANY_BASE && id !== ESP_EVENT_ANY_ID) return ESP_ERR_INVALID_ARG;
    yield* this.takeMutex(thread, Number.POSITIVE_INFINITY);
    const same = this.sameHandler(base, id, handler);
    if (same === undefined) this.handlers.push(new HandlerInstance(base, id, handler, arg));
    else same.arg = arg;
    return ESP_OK;
  }

  /**
   * A handler that was registered for the very same events is not added again. The list is searched from its end, up to
   * a handler of other events that has some of these in common: ESP-IDF has begun a new group there, to keep the order.
   */
  private sameHandler(base: esp_event_base_t | null, id: number, handler: unknown): HandlerInstance | undefined {
    for (let i = this.handlers.length - 1; i >= 0; i--) {
      const other = this.handlers[i]!;
      if (other.isFor(base, id)) {
        if (other.handler === handler) return other;
      } else if (overlaps(other, base, id)) return undefined;
    }
    return undefined;
  }

  /** Registered every time anew. @returns the instance, or ESP_ERR_INVALID_ARG. Source: esp_event_handler_instance_register_with() */
  *registerInstance(
    thread: SysThread,
    base: esp_event_base_t | null,
    id: number,
    handler: unknown,
    arg: unknown,
  ): Op<HandlerInstance | esp_err_t> {
    if (base === ESP_EVENT_ANY_BASE && id !== ESP_EVENT_ANY_ID) return ESP_ERR_INVALID_ARG;
    yield* this.takeMutex(thread, Number.POSITIVE_INFINITY);
    const instance = new HandlerInstance(base, id, handler, arg);
    this.handlers.push(instance);
    return instance;
  }

  /** @returns ESP_OK, ESP_ERR_NOT_FOUND, ESP_ERR_INVALID_ARG. Source: esp_event_handler_unregister_with() */
  unregister(thread: SysThread, base: esp_event_base_t | null, id: number, handler: unknown): Op<esp_err_t> {
    return this.strike(thread, base, id, (h) => h.isFor(base, id) && h.handler === handler);
  }

  /** @returns ESP_OK, ESP_ERR_NOT_FOUND, ESP_ERR_INVALID_ARG. Source: esp_event_handler_instance_unregister_with() */
  unregisterInstance(
    thread: SysThread,
    base: esp_event_base_t | null,
    id: number,
    instance: HandlerInstance | null,
  ): Op<esp_err_t> {
    return this.strike(thread, base, id, (h) => h.isFor(base, id) && h === instance);
  }

  private *strike(
    thread: SysThread,
    base: esp_event_base_t | null,
    id: number,
    isMeant: (h: HandlerInstance) => boolean,
  ): Op<esp_err_t> {
    if (base === ESP_EVENT_ANY_BASE && id !== ESP_EVENT_ANY_ID) return ESP_ERR_INVALID_ARG;
    yield* this.takeMutex(thread, Number.POSITIVE_INFINITY);
    const instance = this.handlers.find(isMeant);
    if (instance === undefined) return ESP_ERR_NOT_FOUND;
    if (this.running_task !== thread) {
      this.handlers.splice(this.handlers.indexOf(instance), 1);
      return ESP_OK;
    }
    // A handler of this loop strikes one off while its list is being walked along: the loop does it later.
    if (instance.unregistered) return ESP_OK;
    instance.unregistered = true;
    return yield* this.post(thread, CLEANUP_BASE, 0, instance, Number.POSITIVE_INFINITY);
  }

  // Events

  /**
   * Put an event into the queue.
   * @param ticks_to_wait for a place in the queue, Infinity for ever; a task that runs the loop does not wait
   * @returns ESP_OK, ESP_ERR_INVALID_ARG for any base or id, ESP_ERR_TIMEOUT
   * Source: esp_event_post_to()
   */
  *post(
    thread: SysThread,
    base: esp_event_base_t | null,
    id: number,
    data: unknown,
    ticks_to_wait: number,
  ): Op<esp_err_t> {
    if (base === ESP_EVENT_ANY_BASE || id === ESP_EVENT_ANY_ID) return ESP_ERR_INVALID_ARG;
    const { sys } = this;
    const deadlineUs = ticks_to_wait === Number.POSITIVE_INFINITY ? ticks_to_wait : sys.deadline(ticks_to_wait);
    if (this.task === null && !(yield* this.takeMutex(thread, deadlineUs))) return ESP_ERR_TIMEOUT;
    const mayWait = (this.task ?? this.running_task) !== thread;
    while (!this.put(base, id, data)) {
      if (!mayWait || !sys.block(thread, this.senders, deadlineUs)) return ESP_ERR_TIMEOUT;
      yield;
    }
    if (sys.switchPending) yield;
    return ESP_OK;
  }

  /** The same for an interrupt: it never waits. @returns ESP_OK, ESP_ERR_INVALID_ARG, ESP_FAIL if the queue is full. Source: esp_event_isr_post_to() */
  isrPost(base: esp_event_base_t | null, id: number, data: unknown): esp_err_t {
    if (base === ESP_EVENT_ANY_BASE || id === ESP_EVENT_ANY_ID) return ESP_ERR_INVALID_ARG;
    return this.put(base, id, data) ? ESP_OK : ESP_FAIL;
  }

  /** The same for the tcpip thread, which does not wait either; the loop's task outranks it and runs at once. */
  tcpipPost(base: esp_event_base_t, id: number, data: unknown): esp_err_t {
    if (!this.put(base, id, data)) return ESP_ERR_TIMEOUT;
    this.sys.preemptIfHigher();
    return ESP_OK;
  }

  /** The same for a driver whose own task waits for a place, if it must, while everybody else goes on. */
  driverPost(base: esp_event_base_t, id: number, data: unknown): void {
    if (this.late.length > 0 || !this.put(base, id, data)) this.late.push({ base, id, data });
  }

  private put(base: esp_event_base_t, id: number, data: unknown): boolean {
    if (this.queue.length >= this.queueSize) return false;
    this.queue.push({ base, id, data });
    if (this.receivers.head !== null) this.sys.wake(this.receivers);
    return true;
  }

  /**
   * Wait for the next event of a kind. It is told when the handlers before have been called.
   * @param endTick tick count at which the wait ends, Infinity for never
   * @returns the event's data in an object, null if the time was up
   */
  *wait(thread: SysThread, base: esp_event_base_t, id: number, endTick: number): Op<{ readonly data: unknown } | null> {
    const { sys } = this;
    const waiters = new WaitList();
    let got: { readonly data: unknown } | null = null;
    const handler = new BuiltInHandler((_thread, _id, data) => {
      got = { data };
      return wakeOp(sys, waiters);
    });
    yield* this.register(thread, base, id, handler, null);
    const deadlineUs = endTick === Number.POSITIVE_INFINITY ? endTick : sys.deadline(endTick - sys.ticks);
    while (got === null && sys.block(thread, waiters, deadlineUs)) yield;
    yield* this.unregister(thread, base, id, handler);
    return got;
  }

  /** Forget handlers and events. Source: esp_event_loop_delete() */
  *delete(thread: SysThread): Op<void> {
    yield* this.takeMutex(thread, Number.POSITIVE_INFINITY);
    this.handlers = [];
    this.queue.length = 0;
    this.late.length = 0;
    this.following = null;
  }
}

/** The default loop of a board. Source: ESP-IDF components/esp_event/default_event_loop.c */
export class DefaultLoop {
  loop: EventLoop | null = null;
  private readonly sys: BoardSys;
  private readonly queue_size: number;

  /** @param queue_size CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE */
  constructor(sys: BoardSys, queue_size: number) {
    this.sys = sys;
    this.queue_size = queue_size;
  }

  /** The caller gives it a task. @returns null if there is one already (ESP_ERR_INVALID_STATE). Source: esp_event_loop_create_default() */
  create(): EventLoop | null {
    if (this.loop !== null) return null;
    this.loop = new EventLoop(this.sys, this.queue_size);
    return this.loop;
  }

  /** Do something with the loop. @returns what that returns, ESP_ERR_INVALID_STATE without a loop */
  *with<T>(action: (loop: EventLoop) => Op<T>): Op<T | esp_err_t> {
    return this.loop === null ? ESP_ERR_INVALID_STATE : yield* action(this.loop);
  }
}

function* wakeOp(sys: BoardSys, waiters: WaitList): Op<void> {
  if (waiters.head === null) return;
  sys.wake(waiters);
  if (sys.switchPending) yield;
}

function callOf({ handler, arg }: HandlerInstance, { base, id, data }: Post): HandlerCall {
  return { handler, event_handler_arg: arg, event_base: base, event_id: id, event_data: data };
}

/** There are events that both hear. */
function overlaps(other: HandlerInstance, base: esp_event_base_t | null, id: number): boolean {
  const sameBase = other.base === base || other.base === ESP_EVENT_ANY_BASE || base === ESP_EVENT_ANY_BASE;
  return sameBase && (other.id === id || other.id === ESP_EVENT_ANY_ID || id === ESP_EVENT_ANY_ID);
}
