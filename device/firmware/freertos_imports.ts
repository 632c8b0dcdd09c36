/** The scheduler for C: tasks, waiting and waking. What is built on it (queues, timers, ...) is C in src/. */

import type { Op } from '../../sockets/sys_arch.ts';
import type { Task } from '../freertos.ts';
import type { HostFunctions } from './imports.ts';
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
export function eventImports(m: Machine): HostFunctions {
  const { scheduler } = m.board;
  return {
    task_create: (tcb, fn, arg, priority) => {
      m.createTask(tcb, fn, arg, priority);
      return 0;
    },
    task_delete: (tcb) => {
      m.deleteTask(tcb);
      return 0;
    },
    task_exit: (tcb) => {
      m.deleteTask(tcb);
      return m.endTask();
    },
    task_priority: (tcb, priority) => {
      scheduler.setPriority(m.taskOf(tcb), priority);
      return 0;
    },
    task_suspend: (tcb) => {
      scheduler.suspend(m.taskOf(tcb));
      return 0;
    },
    task_resume: (tcb) => {
      scheduler.unsuspend(m.taskOf(tcb));
      return 0;
    },
    task_state: (tcb) => stateOf(m.taskOf(tcb)),
    wake_silently: (list) => {
      m.wake(list);
      return 0;
    },
    task_abort_delay: (tcb) => (scheduler.abortWait(m.taskOf(tcb)) ? 1 : 0),
    top_waiter: (list) => m.waitList(list).head?.priority ?? -1,
    forget: (list) => {
      m.forget(list);
      return 0;
    },
    ticks: () => m.board.sys.ticks | 0,
  };
}

function stateOf(task: Task): number {
  if (task.state === 'running') return STATE_RUNNING;
  if (task.state === 'ready') return STATE_READY;
  const isForEver = task.waitingIn === null && task.due === Number.POSITIVE_INFINITY;
  return isForEver ? STATE_SUSPENDED : STATE_BLOCKED;
}

/** Module espb. */
export function waitingTaskImports(m: Machine): HostFunctions {
  return {
    wait: (list, ticks, name) => m.wait(list === 0 ? null : m.waitList(list), deadline(m, ticks), name),
    wait_until: (list, us, name) =>
      m.wait(m.waitList(list), us < 0 ? Number.POSITIVE_INFINITY : m.board.bootUs + us, name),
    wake: (list) => (m.wake(list) ? m.giveWay() : 0),
    give_way: () => m.giveWay(),
    delay: (ticks) => m.call('vTaskDelay', -1, delay(m, m.task, ticks >>> 0), m.isTraced && [ticks >>> 0]),
    yield: () => m.yield(),
    out_of_fuel: () => m.hog(),
  };
}

function* delay(m: Machine, task: Task, ticks: number): Op<number> {
  const { sys, scheduler } = m.board;
  if (ticks > 0) scheduler.block(task, null, sys.deadline(ticks));
  else scheduler.makeReady(task);
  yield;
  return 0;
}
