/** How a call of a program becomes an Op of its board, and a record of the trace. */

import type { Op, Sockets } from '../sockets/index.ts';
import type { Call } from './call.ts';
import { type CallArgs, type OnReturn, recordReturn, recordStart } from './describe_call.ts';
import type { Esp32 } from './esp32.ts';
import type { Task } from './freertos.ts';
import type { ProgramRunner } from './program.ts';
import type { Trace } from './trace.ts';

/** What all calls of a task share. */
export abstract class OsCall {
  readonly board: Esp32;
  readonly task: Task;
  protected readonly sockets: Sockets;
  protected readonly runner: ProgramRunner;

  /** Made by the board for each task. */
  constructor(board: Esp32, task: Task, runner: ProgramRunner) {
    this.board = board;
    this.task = task;
    this.runner = runner;
    this.sockets = board.sockets;
  }

  /** errno of this task: what the last failed call left. */
  get errno(): number {
    this.task.errnoReads++;
    return this.task.errno;
  }

  set errno(value: number) {
    this.task.errno = value;
  }

  protected get traced(): boolean {
    return this.board.keepsCalls || this.board.world.callTaps.isActive;
  }

  protected begin<T>(
    fn: string,
    fd: number,
    args: CallArgs | false,
    op: Op<T>,
    onReturn: OnReturn<T> | false = false,
  ): Call<T> {
    const { board, task } = this;
    const shown = board.world.callTaps.isActive ? board.show(task, fn, fd, args === false ? [] : args, op) : op;
    if (args === false || !board.keepsCalls) return this.runner.begin(task, fn, fd, shown, null);
    return this.beginTraced(board.trace!, fn, fd, args, shown, onReturn);
  }

  private beginTraced<T>(
    trace: Trace,
    fn: string,
    fd: number,
    args: CallArgs,
    op: Op<T>,
    onReturn: OnReturn<T> | false,
  ): Call<T> {
    const { task } = this;
    const record = recordStart(trace, this, fn, args);
    // A call leaves errno alone unless it fails, or receives the end of a stream: what it wrote shows by contrast.
    const before = task.errno;
    task.errno = 0;
    return this.runner.begin(task, fn, fd, op, (value) => {
      recordReturn(record, this, value, onReturn);
      if (task.errno === 0) task.errno = before;
    });
  }
}
