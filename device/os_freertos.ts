/** FreeRTOS calls of a program, with C's names, arguments and results. */

import type { Op } from '../sockets/index.ts';
import type { Call } from './call.ts';
import type { TaskOptions } from './esp32.ts';
import type { Task } from './freertos.ts';
import type { Os } from './os.ts';
import { OsCall } from './os_call.ts';
import type { Program } from './program.ts';

export abstract class OsFreertos extends OsCall {
  /** Ticks since boot. */
  xTaskGetTickCount(): number {
    return this.board.sys.ticks;
  }

  /** @returns whole ticks in so many milliseconds, rounded down: at 100 Hz, pdMS_TO_TICKS(5) is 0 */
  pdMS_TO_TICKS(ms: number): number {
    return Math.floor((ms * 1000) / this.board.tickUs);
  }

  /** Wait for so many ticks; 0 lets tasks of the same priority run. */
  vTaskDelay(xTicksToDelay: number): Call<number> {
    checkDelay('vTaskDelay', xTicksToDelay);
    return this.begin('vTaskDelay', -1, this.traced && [xTicksToDelay], this.delay(xTicksToDelay));
  }

  /** vTaskDelay(pdMS_TO_TICKS(ms)). */
  delayMs(ms: number): Call<number> {
    checkDelay('delayMs', ms);
    return this.begin('delayMs', -1, this.traced && [ms], this.delay(this.pdMS_TO_TICKS(ms)));
  }

  taskYIELD(): Call<number> {
    return this.begin('taskYIELD', -1, this.traced && [], this.delay(0));
  }

  /** Start another task on this board. It runs at once if its priority is higher. */
  xTaskCreate(program: Program<Os>, name: string, options: TaskOptions = {}): Call<Task> {
    const { board } = this;
    const { scheduler } = board;
    const create = function* (): Op<Task> {
      const task = board.createChild(program, name, options);
      scheduler.makeReady(task);
      if (scheduler.switchPending) yield;
      return task;
    };
    return this.begin('xTaskCreate', -1, this.traced && [name], create());
  }

  /** End a task; without argument this one, which never returns. */
  vTaskDelete(xTaskToDelete: Task = this.task): Call<number> {
    const { scheduler } = this.board;
    const { task } = this;
    const remove = function* (): Op<number> {
      scheduler.remove(xTaskToDelete);
      while (xTaskToDelete === task) yield;
      return 0;
    };
    return this.begin('vTaskDelete', -1, this.traced && [xTaskToDelete.name], remove());
  }

  private *delay(ticks: number): Op<number> {
    const { board, task } = this;
    if (ticks > 0) board.scheduler.block(task, null, board.sys.deadline(ticks));
    else board.scheduler.makeReady(task);
    yield;
    return 0;
  }
}

function checkDelay(fn: string, time: number): void {
  if (!Number.isInteger(time) || time < 0) throw new RangeError(`${fn}() takes a whole number from 0 on, not ${time}.`);
}
