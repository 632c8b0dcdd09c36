/** A FreeRTOS task that runs C. */

import type { Op } from '../../sockets/sys_arch.ts';
import type { OnReturn } from '../describe_call.ts';
import type { Task, TaskBody } from '../freertos.ts';
import type { CallRecord } from '../trace.ts';
import type { Machine } from './machine.ts';

/** Edges of the control flow that cost one tick. */
export const EDGES_PER_TICK = 1_000_000;

/** Words that are copied one by one rather than by a typed array's set(). */
const FEW_WORDS = 96;

export class CTask implements TaskBody {
  readonly isTcpip = false;
  readonly machine: Machine;
  /** Address of its struct esp_task. */
  readonly tcb: number;
  readonly fn: number;
  readonly arg: number;
  /** Lowest address of its C stack, the address behind it, and where the stack pointer stood when it was suspended. */
  readonly stackLow: number;
  readonly stackEnd: number;
  sp: number;
  /** The wasm stack has been unwound; what is needed to rebuild it is in `saved`, or still in the scratch area. */
  isSuspended = false;
  private saved = NO_WORDS;
  private savedWords = 0;
  /** What the import that suspended it returns. */
  result = 0;
  libcErrno = 0;
  fuel = EDGES_PER_TICK;
  /** The call in progress, its record in the trace and what completes that. */
  op: Op<number> | null = null;
  fnName = '';
  fd = -1;
  record: CallRecord | null = null;
  onReturn: OnReturn | false = false;
  /** Address of the name of the FreeRTOS call that waits; 0 if none does. */
  waitName = 0;
  isResting = false;

  constructor(machine: Machine, tcb: number, fn: number, arg: number, stackLow: number, stackSize: number) {
    this.machine = machine;
    this.tcb = tcb;
    this.fn = fn;
    this.arg = arg;
    this.stackLow = stackLow;
    this.stackEnd = stackLow + stackSize;
    this.sp = this.stackEnd & ~15;
  }

  get callInProgress(): { readonly fn: string; readonly fd: number } | null {
    if (this.op !== null) return { fn: this.fnName, fd: this.fd };
    return this.waitName === 0 ? null : { fn: this.machine.memory.string(this.waitName), fd: -1 };
  }

  resume(task: Task): void {
    const { op, machine } = this;
    if (op !== null) {
      let done: boolean | undefined;
      try {
        const step = op.next();
        done = step.done;
        if (done) this.result = machine.returned(task, this, step.value as number);
      } catch (error) {
        machine.onThrow(task, error);
        return;
      }
      if (!done) return;
    }
    this.waitName = 0;
    this.isResting = false;
    machine.enter(task, this);
  }

  /** Keep the first words of the scratch area, which somebody else needs. */
  save(scratch: Int32Array, words: number): void {
    if (this.saved.length < words) this.saved = new Int32Array((words + 63) & ~63);
    if (words > FEW_WORDS) this.saved.set(scratch.subarray(0, words));
    else for (let i = 0; i < words; i++) this.saved[i] = scratch[i]!;
    this.savedWords = words;
  }

  restore(scratch: Int32Array): void {
    const { saved, savedWords } = this;
    if (savedWords > FEW_WORDS) scratch.set(saved.subarray(0, savedWords));
    else for (let i = 0; i < savedWords; i++) scratch[i] = saved[i]!;
  }
}

const NO_WORDS = new Int32Array(0);
