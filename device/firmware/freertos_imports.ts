/** The scheduler for C: tasks, waiting and waking. What is built on it (queues, timers, ...) is C in src/. */

import type { Op } from '../../sockets/sys_arch.ts';
import type { Task } from '../freertos.ts';
import type { HostFunctions, Running } from './imports.ts';
import type { Machine } from './machine.ts';

/** portMAX_DELAY as a signed word. */
const FOR_EVER = -1;

const STATE_RUNNING = 0;
const STATE_READY = 1;
const STATE_BLOCKED = 2;
const STATE_SUSPENDED = 3;

function deadline(m: Machine, ticks: number): number {
  return ticks === FOR_EVER ? Number.POSITIVE_INFINITY : m.board.sys.deadline(ticks >>> 0);
}

/** Module esp. */
export function taskImports(on: Running): HostFunctions {
  return {
    task_create: (tcb, fn, arg, priority) => {
      on.machine.createTask(tcb, fn, arg, priority);
      return 0;
    },
    task_delete: (tcb) => {
      on.machine.deleteTask(tcb);
      return 0;
    },
    task_exit: (tcb) => {
      on.machine.deleteTask(tcb);
      return on.machine.endTask();
    },
    task_priority: (tcb, priority) => {
      on.machine.board.scheduler.setPriority(on.machine.taskOf(tcb), priority);
      return 0;
    },
    task_suspend: (tcb) => {
      on.machine.board.scheduler.suspend(on.machine.taskOf(tcb));
      return 0;
    },
    task_resume: (tcb) => {
      on.machine.board.scheduler.unsuspend(on.machine.taskOf(tcb));
      return 0;
    },
    task_state: (tcb) => stateOf(on.machine.taskOf(tcb)),
    wake_silently: (list) => {
      on.machine.wake(list);
      return 0;
    },
    task_abort_delay: (tcb) => (on.machine.board.scheduler.abortWait(on.machine.taskOf(tcb)) ? 1 : 0),
    top_waiter: (list) => on.machine.waitList(list).head?.priority ?? -1,
    forget: (list) => {
      on.machine.forget(list);
      return 0;
    },
    ticks: () => on.machine.board.sys.ticks | 0,
  };
}

function stateOf(task: Task): number {
  if (task.state === 'running') return STATE_RUNNING;
  if (task.state === 'ready') return STATE_READY;
  const isForEver = task.waitingIn === null && task.due === Number.POSITIVE_INFINITY;
  return isForEver ? STATE_SUSPENDED : STATE_BLOCKED;
}

/** Module espb. */
export function waitingTaskImports(on: Running): HostFunctions {
  return {
    wait: (list, ticks, name) =>
      on.machine.wait(list === 0 ? null : on.machine.waitList(list), deadline(on.machine, ticks), name),
    wait_until: (list, us, name) =>
      on.machine.wait(
        on.machine.waitList(list),
        us < 0 ? Number.POSITIVE_INFINITY : on.machine.board.bootUs + us,
        name,
      ),
    wake: (list) => (on.machine.wake(list) ? on.machine.giveWay() : 0),
    give_way: () => on.machine.giveWay(),
    delay: (ticks) =>
      on.machine.call(
        'vTaskDelay',
        -1,
        delay(on.machine, on.machine.task, ticks >>> 0),
        on.machine.isTraced && [ticks >>> 0],
      ),
    yield: () => on.machine.yield(),
    out_of_fuel: () => on.machine.hog(),
  };
}

function* delay(m: Machine, task: Task, ticks: number): Op<number> {
  const { sys, scheduler } = m.board;
  if (ticks > 0) scheduler.block(task, null, sys.deadline(ticks));
  else scheduler.makeReady(task);
  yield;
  return 0;
}
