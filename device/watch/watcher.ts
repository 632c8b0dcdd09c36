/** Looks at every call of every task for what goes wrong without failing. Made by world.watch(); nobody pays without it. */

import type { Op } from '../../sockets/index.ts';
import type { Esp32 } from '../esp32.ts';
import type { CallTap, CallView } from '../faults/calls.ts';
import { Descriptors } from './descriptors.ts';
import type { Tell } from './finding.ts';
import { Hints } from './hints.ts';

/** Virtual time between two looks for forgotten descriptors. */
const LEAK_CHECK_US = 1_000_000;

/** What is known of one board. */
interface BoardWatch {
  readonly descriptors: Descriptors;
  readonly hints: Hints;
  nextCheckUs: number;
}

export class Watcher implements CallTap {
  private readonly tell: Tell;
  private readonly boards = new Map<Esp32, BoardWatch>();
  /** The call that was begun last on each board: what a hazard is blamed on. */
  private readonly lastCalls = new Map<string, CallView>();

  constructor(tell: Tell) {
    this.tell = tell;
  }

  begin<T>(call: CallView, op: Op<T>): Op<T> {
    return this.watch(this.watchOf(call.board), call, op);
  }

  private *watch<T>(board: BoardWatch, call: CallView, op: Op<T>): Op<T> {
    this.lastCalls.set(call.board.name, call);
    this.lookForLeaks(board, call.board.scheduler.nowUs);
    board.descriptors.before(call);
    board.hints.before(call);
    let step = op.next();
    if (!step.done) board.hints.waits(call);
    while (!step.done) {
      yield;
      step = op.next();
    }
    const ret = typeof step.value === 'number' ? step.value : 0;
    board.descriptors.after(call, ret);
    board.hints.after(call, ret);
    return step.value;
  }

  /** The call that a board is in, or was in last. */
  lastCallOf(board: string): CallView | undefined {
    return this.lastCalls.get(board);
  }

  /** The run is over. */
  finish(boards: readonly Esp32[]): void {
    for (const board of boards) {
      const watch = this.watchOf(board);
      watch.descriptors.checkLeaks();
      watch.hints.finish();
    }
  }

  private lookForLeaks(board: BoardWatch, nowUs: number): void {
    if (nowUs < board.nextCheckUs) return;
    board.nextCheckUs = nowUs + LEAK_CHECK_US;
    board.descriptors.checkLeaks();
  }

  private watchOf(board: Esp32): BoardWatch {
    let watch = this.boards.get(board);
    if (watch === undefined) {
      watch = { descriptors: new Descriptors(board, this.tell), hints: new Hints(board, this.tell), nextCheckUs: 0 };
      this.boards.set(board, watch);
    }
    return watch;
  }
}
