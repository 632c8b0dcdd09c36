/** Event loops for C: a loop's task fetches the next call of a handler and makes it. */

import type { Op } from '../../sockets/index.ts';
import { ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE, ESP_OK, type esp_err_t } from '../esp_err.ts';
import { ETH_EVENT } from '../esp_eth.ts';
import { EventLoop, type esp_event_base_t, HandlerInstance } from '../esp_event.ts';
import { IP_EVENT } from '../esp_netif_types.ts';
import type { Task } from '../freertos.ts';
import { WIFI_EVENT } from '../wifi/esp_wifi_types.ts';
import { CTask } from './c_task.ts';
import { eventBytes } from './event_data.ts';
import type { HostFunctions, Running } from './imports.ts';
import type { Machine } from './machine.ts';

/** The system's bases by their numbers in src/esp_event.c; others are addresses of strings. */
const BASES: readonly (string | null)[] = [null, IP_EVENT, WIFI_EVENT, ETH_EVENT];

/** Word offsets in struct handler_call. */
const CALL_HANDLER = 0;
const CALL_ARG = 4;
const CALL_BASE = 8;
const CALL_ID = 12;
const CALL_DATA_SIZE = 16;

const NO_DATA = new Uint8Array(0);

function baseOf(number: number): esp_event_base_t | null {
  return number >= 0 && number < BASES.length ? BASES[number]! : number;
}

function numberOf(base: esp_event_base_t): number {
  return typeof base === 'number' ? base : BASES.indexOf(base);
}

/** @param number 0 for the default loop  @returns null if there is none */
function loopOf(m: Machine, number: number): EventLoop | null {
  return number === 0 ? m.board.defaultLoop.loop : m.handles.get(number, EventLoop);
}

function ticksOf(ticks: number): number {
  return ticks === -1 ? Number.POSITIVE_INFINITY : ticks >>> 0;
}

/** Module esp. */
export function eventImports(on: Running): HostFunctions {
  return {
    event_loop_create: (queueSize) => {
      const m = on.machine;
      return m.handles.of(new EventLoop(m.board.sys, queueSize));
    },
    event_default: (create) => {
      const { board, handles } = on.machine;
      return handles.of(create === 0 ? board.defaultLoop.loop : board.defaultLoop.create());
    },
    event_own: (number) => {
      const m = on.machine;
      const loop = loopOf(m, number)!;
      loop.task = m.task;
      m.task.isDaemon = () => loop.isIdle;
      return 0;
    },
    event_data: (to) => {
      const m = on.machine;
      m.memory.u8.set(m.eventData, to >>> 0);
      return 0;
    },
    event_isr_post: (number, base, id, dataAt, size) => {
      const m = on.machine;
      const loop = loopOf(m, number);
      return loop === null ? ESP_ERR_INVALID_STATE : loop.isrPost(baseOf(base), id, dataOf(m, dataAt, size));
    },
  };
}

/** Module espb. */
export function waitingEventImports(on: Running): HostFunctions {
  return {
    event_next: (number, end, hasEnd, callAt) => {
      const m = on.machine;
      const endTick = hasEnd === 0 ? Number.POSITIVE_INFINITY : end >>> 0;
      return m.call('esp_event_loop_run', -1, next(m, m.task, loopOf(m, number)!, endTick, callAt), false);
    },
    event_register: (number, base, id, handler, arg, everyTime, instanceAt) => {
      const m = on.machine;
      const fn = everyTime === 0 ? 'esp_event_handler_register' : 'esp_event_handler_instance_register';
      return onLoop(m, fn, number, base, id, (loop, task) =>
        everyTime === 0
          ? loop.register(task, baseOf(base), id, handler, arg)
          : registerInstance(m, loop.registerInstance(task, baseOf(base), id, handler, arg), instanceAt),
      );
    },
    event_unregister: (number, base, id, handler, instance) => {
      const m = on.machine;
      const fn = instance === 0 ? 'esp_event_handler_unregister' : 'esp_event_handler_instance_unregister';
      return onLoop(m, fn, number, base, id, (loop, task) =>
        instance === 0
          ? loop.unregister(task, baseOf(base), id, handler)
          : loop.unregisterInstance(task, baseOf(base), id, m.handles.get(instance, HandlerInstance)),
      );
    },
    event_post: (number, base, id, dataAt, size, ticks) => {
      const m = on.machine;
      const data = dataOf(m, dataAt, size);
      return onLoop(m, number === 0 ? 'esp_event_post' : 'esp_event_post_to', number, base, id, (loop, task) =>
        loop.post(task, baseOf(base), id, data, ticksOf(ticks)),
      );
    },
    event_loop_delete: (number) => {
      const m = on.machine;
      const op = deleteLoop(m, m.task, number);
      return m.call(number === 0 ? 'esp_event_loop_delete_default' : 'esp_event_loop_delete', -1, op, m.isTraced && []);
    },
  };
}

/** A copy, as C's memory is the caller's again when the call returns. */
function dataOf(m: Machine, at: number, size: number): Uint8Array | null {
  return size === 0 ? null : m.memory.bytes(at, size).slice();
}

function onLoop(
  m: Machine,
  fn: string,
  number: number,
  base: number,
  id: number,
  action: (loop: EventLoop, task: Task) => Op<esp_err_t>,
): number {
  const { task } = m;
  const loop = loopOf(m, number);
  const op = loop === null ? failure(number === 0 ? ESP_ERR_INVALID_STATE : ESP_ERR_INVALID_ARG) : action(loop, task);
  return m.call(fn, -1, op, m.isTraced && [baseName(m, base), id]);
}

// biome-ignore lint/correctness/useYield: a call like all others, though it never waits.
function* failure(err: esp_err_t): Op<esp_err_t> {
  return err;
}

function baseName(m: Machine, base: number): string {
  const known = baseOf(base);
  return typeof known === 'number' ? m.memory.string(known) : (known ?? 'ESP_EVENT_ANY_BASE');
}

function* registerInstance(m: Machine, register: Op<HandlerInstance | esp_err_t>, instanceAt: number): Op<esp_err_t> {
  const result = yield* register;
  if (!(result instanceof HandlerInstance)) return result;
  m.memory.setWord(instanceAt, m.handles.of(result));
  return ESP_OK;
}

/** @returns 1, and the call written down; 0 when the time is up */
function* next(m: Machine, task: Task, loop: EventLoop, endTick: number, callAt: number): Op<number> {
  const call = yield* loop.next(task, endTick);
  if (call === null) return 0;
  const { handler, event_handler_arg, event_base, event_id, event_data } = call;
  if (typeof handler !== 'number') {
    throw new TypeError(
      `Board ${m.board.name} runs its event loop in C, which cannot call the handler that a program in TypeScript registered.`,
    );
  }
  m.eventData = eventBytes(event_base, event_id, event_data, m.handles) ?? NO_DATA;
  m.memory.setWord(callAt + CALL_HANDLER, handler);
  m.memory.setWord(callAt + CALL_ARG, event_handler_arg as number);
  m.memory.setWord(callAt + CALL_BASE, numberOf(event_base));
  m.memory.setWord(callAt + CALL_ID, event_id);
  m.memory.setWord(callAt + CALL_DATA_SIZE, m.eventData.length);
  return 1;
}

/** @returns struct esp_task of the loop's task, 0 if it has none */
function* deleteLoop(m: Machine, task: Task, number: number): Op<number> {
  const loop = loopOf(m, number);
  if (loop === null) return 0;
  if (number === 0) m.board.defaultLoop.loop = null;
  yield* loop.delete(task);
  const body = loop.task === null ? null : (loop.task as Task).body;
  return body instanceof CTask ? body.tcb : 0;
}
