/** Event loops as a program sees them, with ESP-IDF's names, arguments and results. */

import type { Op } from '../sockets/index.ts';
import type { Call } from './call.ts';
import { ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE, ESP_OK, type esp_err_t } from './esp_err.ts';
import {
  ESP_TASKD_EVENT_NAME,
  ESP_TASKD_EVENT_PRIO,
  EventLoop,
  type esp_event_base_t,
  type HandlerCall,
  HandlerInstance,
} from './esp_event.ts';
import type {
  IP_EVENT_AP_STAIPASSIGNED,
  IP_EVENT_ETH_GOT_IP,
  IP_EVENT_ETH_LOST_IP,
  IP_EVENT_GOT_IP6,
  IP_EVENT_STA_GOT_IP,
  IP_EVENT_STA_LOST_IP,
  ip_event_ap_staipassigned_t,
  ip_event_got_ip_t,
  ip_event_got_ip6_t,
} from './esp_netif_types.ts';
import { portMAX_DELAY, type Task } from './freertos.ts';
import type { Os } from './os.ts';
import { OsNetif } from './os_netif.ts';
import { ProgramPart } from './program.ts';
import type {
  WIFI_EVENT_AP_STACONNECTED,
  WIFI_EVENT_AP_STADISCONNECTED,
  WIFI_EVENT_SCAN_DONE,
  WIFI_EVENT_STA_BSS_RSSI_LOW,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  wifi_event_ap_staconnected_t,
  wifi_event_ap_stadisconnected_t,
  wifi_event_bss_rssi_low_t,
  wifi_event_sta_connected_t,
  wifi_event_sta_disconnected_t,
  wifi_event_sta_scan_done_t,
} from './wifi/esp_wifi_types.ts';

/**
 * A handler of a program: a function, or a generator function if it makes calls. They are made by the task of the loop, so
 * with the `os` of that task, which C does not need and which therefore comes last. The default loop's task outranks the
 * tcpip thread; a handler cannot be an async function.
 */
export type esp_event_handler_t<Data> = (
  event_handler_arg: unknown,
  event_base: esp_event_base_t,
  event_id: number,
  event_data: Data,
  os: Os,
) => Generator<void, unknown, void> | undefined | void;

export type esp_event_loop_handle_t = EventLoop;
export type esp_event_handler_instance_t = HandlerInstance;

/** Where a call puts a handle, as a C program's pointer to one says. */
export interface HandleOut<T> {
  value: T | null;
}

export interface esp_event_loop_args_t {
  readonly queue_size: number;
  /** A task of this name runs the loop; null or left out: esp_event_loop_run() does. */
  readonly task_name?: string | null;
  readonly task_priority?: number;
}

/** What handlers of ESP-IDF's own events are told, by base and id. */
interface EventData {
  WIFI_EVENT: {
    [WIFI_EVENT_SCAN_DONE]: wifi_event_sta_scan_done_t;
    [WIFI_EVENT_STA_CONNECTED]: wifi_event_sta_connected_t;
    [WIFI_EVENT_STA_DISCONNECTED]: wifi_event_sta_disconnected_t;
    [WIFI_EVENT_AP_STACONNECTED]: wifi_event_ap_staconnected_t;
    [WIFI_EVENT_AP_STADISCONNECTED]: wifi_event_ap_stadisconnected_t;
    [WIFI_EVENT_STA_BSS_RSSI_LOW]: wifi_event_bss_rssi_low_t;
  };
  IP_EVENT: {
    [IP_EVENT_STA_GOT_IP]: ip_event_got_ip_t;
    [IP_EVENT_STA_LOST_IP]: ip_event_got_ip_t;
    [IP_EVENT_AP_STAIPASSIGNED]: ip_event_ap_staipassigned_t;
    [IP_EVENT_GOT_IP6]: ip_event_got_ip6_t;
    [IP_EVENT_ETH_GOT_IP]: ip_event_got_ip_t;
    [IP_EVENT_ETH_LOST_IP]: ip_event_got_ip_t;
  };
}

/** The data of an event; for others than ESP-IDF's, and for several at once, the handler says what it expects. */
type DataOf<Base, Id> = Base extends keyof EventData
  ? Id extends keyof EventData[Base]
    ? EventData[Base][Id]
    : never
  : never;

type AnyHandler = esp_event_handler_t<never>;
type HandlerOf<Base, Id> = esp_event_handler_t<DataOf<Base, Id>>;

export abstract class OsEvent extends OsNetif {
  /** The loop of the system's events, with a task of its own, "sys_evt". @returns ESP_OK, ESP_ERR_INVALID_STATE if it exists */
  esp_event_loop_create_default(): Call<esp_err_t> {
    const { board } = this;
    const self = this;
    const create = function* (): Op<esp_err_t> {
      const loop = board.defaultLoop.create();
      if (loop === null) return ESP_ERR_INVALID_STATE;
      yield* self.startTask(loop, ESP_TASKD_EVENT_NAME, ESP_TASKD_EVENT_PRIO);
      return ESP_OK;
    };
    return this.begin('esp_event_loop_create_default', -1, this.traced && [], create());
  }

  /** @returns ESP_OK, ESP_ERR_INVALID_STATE */
  esp_event_loop_delete_default(): Call<esp_err_t> {
    const { defaultLoop } = this.board;
    const self = this;
    const remove = function* (): Op<esp_err_t> {
      const { loop } = defaultLoop;
      if (loop === null) return ESP_ERR_INVALID_STATE;
      defaultLoop.loop = null;
      return yield* self.deleteLoop(loop);
    };
    return this.begin('esp_event_loop_delete_default', -1, this.traced && [], remove());
  }

  /** A loop of one's own. @returns ESP_OK, ESP_ERR_INVALID_ARG for a queue of less than one event */
  esp_event_loop_create(args: esp_event_loop_args_t, event_loop: HandleOut<esp_event_loop_handle_t>): Call<esp_err_t> {
    const self = this;
    const { queue_size, task_name = null, task_priority = this.task.priority } = args;
    const create = function* (): Op<esp_err_t> {
      if (!Number.isInteger(queue_size) || queue_size < 1) return ESP_ERR_INVALID_ARG;
      const loop = new EventLoop(self.board.sys, queue_size);
      event_loop.value = loop;
      if (task_name !== null) yield* self.startTask(loop, task_name, task_priority);
      return ESP_OK;
    };
    return this.begin('esp_event_loop_create', -1, this.traced && [queue_size, task_name ?? 'NULL'], create());
  }

  esp_event_loop_delete(event_loop: esp_event_loop_handle_t): Call<esp_err_t> {
    return this.begin('esp_event_loop_delete', -1, this.traced && [], this.deleteLoop(event_loop));
  }

  /**
   * Call the handlers of a loop that has no task: `yield*` or `await` it.
   * @param ticks_to_run for how long, portMAX_DELAY for ever
   * @returns ESP_OK
   */
  esp_event_loop_run(event_loop: esp_event_loop_handle_t, ticks_to_run: number): ProgramPart<esp_err_t> {
    return new ProgramPart(this.runner, () => this.runLoop(event_loop, ticks_to_run));
  }

  /** @returns ESP_OK, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE without the default loop */
  esp_event_handler_register<Base extends esp_event_base_t | null, Id extends number>(
    event_base: Base,
    event_id: Id,
    event_handler: HandlerOf<Base, Id>,
    event_handler_arg: unknown = null,
  ): Call<esp_err_t> {
    return this.onDefault('esp_event_handler_register', event_base, event_id, (loop) =>
      loop.register(this.task, event_base, event_id, event_handler, event_handler_arg),
    );
  }

  esp_event_handler_register_with(
    event_loop: esp_event_loop_handle_t,
    event_base: esp_event_base_t | null,
    event_id: number,
    event_handler: AnyHandler,
    event_handler_arg: unknown = null,
  ): Call<esp_err_t> {
    const op = event_loop.register(this.task, event_base, event_id, event_handler, event_handler_arg);
    return this.onEvent('esp_event_handler_register_with', event_base, event_id, op);
  }

  /** @param instance filled in; left out as NULL is in C */
  esp_event_handler_instance_register<Base extends esp_event_base_t | null, Id extends number>(
    event_base: Base,
    event_id: Id,
    event_handler: HandlerOf<Base, Id>,
    event_handler_arg: unknown = null,
    instance: HandleOut<esp_event_handler_instance_t> | null = null,
  ): Call<esp_err_t> {
    return this.onDefault('esp_event_handler_instance_register', event_base, event_id, (loop) =>
      handOut(instance, loop.registerInstance(this.task, event_base, event_id, event_handler, event_handler_arg)),
    );
  }

  esp_event_handler_instance_register_with(
    event_loop: esp_event_loop_handle_t,
    event_base: esp_event_base_t | null,
    event_id: number,
    event_handler: AnyHandler,
    event_handler_arg: unknown = null,
    instance: HandleOut<esp_event_handler_instance_t> | null = null,
  ): Call<esp_err_t> {
    const register = event_loop.registerInstance(this.task, event_base, event_id, event_handler, event_handler_arg);
    return this.onEvent('esp_event_handler_instance_register_with', event_base, event_id, handOut(instance, register));
  }

  /** @returns ESP_OK, ESP_ERR_NOT_FOUND, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE */
  esp_event_handler_unregister(
    event_base: esp_event_base_t | null,
    event_id: number,
    event_handler: AnyHandler,
  ): Call<esp_err_t> {
    return this.onDefault('esp_event_handler_unregister', event_base, event_id, (loop) =>
      loop.unregister(this.task, event_base, event_id, event_handler),
    );
  }

  esp_event_handler_unregister_with(
    event_loop: esp_event_loop_handle_t,
    event_base: esp_event_base_t | null,
    event_id: number,
    event_handler: AnyHandler,
  ): Call<esp_err_t> {
    const op = event_loop.unregister(this.task, event_base, event_id, event_handler);
    return this.onEvent('esp_event_handler_unregister_with', event_base, event_id, op);
  }

  /** @returns ESP_OK, ESP_ERR_NOT_FOUND, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE */
  esp_event_handler_instance_unregister(
    event_base: esp_event_base_t | null,
    event_id: number,
    instance: esp_event_handler_instance_t | null,
  ): Call<esp_err_t> {
    return this.onDefault('esp_event_handler_instance_unregister', event_base, event_id, (loop) =>
      loop.unregisterInstance(this.task, event_base, event_id, instance),
    );
  }

  esp_event_handler_instance_unregister_with(
    event_loop: esp_event_loop_handle_t,
    event_base: esp_event_base_t | null,
    event_id: number,
    instance: esp_event_handler_instance_t | null,
  ): Call<esp_err_t> {
    const op = event_loop.unregisterInstance(this.task, event_base, event_id, instance);
    return this.onEvent('esp_event_handler_instance_unregister_with', event_base, event_id, op);
  }

  /**
   * @param event_data handed to the handlers as it is (C would copy it, and needs its size)
   * @returns ESP_OK, ESP_ERR_TIMEOUT if the queue stays full, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE
   */
  esp_event_post(
    event_base: esp_event_base_t | null,
    event_id: number,
    event_data: unknown,
    ticks_to_wait: number,
  ): Call<esp_err_t> {
    return this.onDefault('esp_event_post', event_base, event_id, (loop) =>
      loop.post(this.task, event_base, event_id, event_data, ticksOf(ticks_to_wait)),
    );
  }

  esp_event_post_to(
    event_loop: esp_event_loop_handle_t,
    event_base: esp_event_base_t | null,
    event_id: number,
    event_data: unknown,
    ticks_to_wait: number,
  ): Call<esp_err_t> {
    const op = event_loop.post(this.task, event_base, event_id, event_data, ticksOf(ticks_to_wait));
    return this.onEvent('esp_event_post_to', event_base, event_id, op);
  }

  /**
   * Wait for the next event of the default loop; handlers that were registered before have seen it then.
   * @param ms how long (rounded down to ticks); for ever if left out
   * @returns the event's data in an object; null if the time was up, or without the default loop
   */
  waitEvent<Base extends esp_event_base_t, Id extends number, Data = DataOf<Base, Id>>(
    event_base: Base,
    event_id: Id,
    ms = Number.POSITIVE_INFINITY,
  ): Call<{ readonly data: Data } | null> {
    const { board, task } = this;
    const endTick = board.sys.ticks + this.pdMS_TO_TICKS(ms);
    const wait = function* (): Op<{ readonly data: Data } | null> {
      const { loop } = board.defaultLoop;
      return loop === null ? null : ((yield* loop.wait(task, event_base, event_id, endTick)) as { data: Data } | null);
    };
    return this.begin('waitEvent', -1, this.traced && [event_base, event_id], wait());
  }

  private onDefault(
    fn: string,
    base: esp_event_base_t | null,
    id: number,
    action: (loop: EventLoop) => Op<esp_err_t>,
  ): Call<esp_err_t> {
    return this.onEvent(fn, base, id, this.board.defaultLoop.with(action));
  }

  private onEvent(fn: string, base: esp_event_base_t | null, id: number, op: Op<esp_err_t>): Call<esp_err_t> {
    return this.begin(fn, -1, this.traced && [base ?? 'ESP_EVENT_ANY_BASE', id], op);
  }

  /** A task that runs a loop for ever. */
  private *startTask(loop: EventLoop, name: string, priority: number): Op<void> {
    const { board } = this;
    const task = board.createChild((os: Os) => os.runLoop(loop, portMAX_DELAY), name, { priority });
    task.isDaemon = () => loop.isIdle;
    loop.task = task;
    board.scheduler.makeReady(task);
    if (board.scheduler.switchPending) yield;
  }

  private *deleteLoop(loop: EventLoop): Op<esp_err_t> {
    yield* loop.delete(this.task);
    if (loop.task !== null) this.board.scheduler.remove(loop.task as Task);
    return ESP_OK;
  }

  /** Make the handler calls that a loop asks for. */
  protected *runLoop(loop: EventLoop, ticks: number): Generator<void, esp_err_t, void> {
    const endTick = this.board.sys.ticks + ticksOf(ticks);
    for (;;) {
      const call: HandlerCall | null = yield* this.begin(
        'esp_event_loop_run',
        -1,
        false,
        loop.next(this.task, endTick),
      );
      if (call === null) return ESP_OK;
      yield* this.callHandler(call);
    }
  }

  private *callHandler(call: HandlerCall): Generator<void, void, void> {
    const handler = call.handler as esp_event_handler_t<unknown>;
    const { event_handler_arg, event_base, event_id, event_data } = call;
    const result: unknown = handler(event_handler_arg, event_base, event_id, event_data, this as unknown as Os);
    if (result === undefined) return;
    if (typeof result === 'object' && result !== null && Symbol.iterator in result) {
      yield* result as Generator<void, unknown, void>;
    } else {
      throw new TypeError(
        `The handler of ${event_base} ${event_id} in task ${this.task.name} returned something; a handler is a function that ` +
          'returns nothing, or a generator function. It cannot be an async function.',
      );
    }
  }
}

function* handOut(
  out: HandleOut<esp_event_handler_instance_t> | null,
  register: Op<HandlerInstance | esp_err_t>,
): Op<esp_err_t> {
  const result = yield* register;
  if (!(result instanceof HandlerInstance)) return result;
  if (out !== null) out.value = result;
  return ESP_OK;
}

function ticksOf(ticks: number): number {
  return ticks === portMAX_DELAY ? Number.POSITIVE_INFINITY : ticks;
}
