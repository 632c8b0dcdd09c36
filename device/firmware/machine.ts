/**
 * One image on one board, from boot to power loss: its memory, its tasks, and how they are suspended and resumed.
 *
 * A task that must wait inside an import is unwound (binaryen's asyncify): the wasm functions on its stack write their
 * locals to the scratch area and return, and when it goes on they are called again and read them back. One scratch area
 * serves all tasks; a task's bytes stay there until another one needs it.
 */

import type { Op } from '../../sockets/sys_arch.ts';
import { WaitList } from '../../sockets/sys_arch.ts';
import { type CallArgs, type OnReturn, recordReturn, recordStart } from '../describe_call.ts';
import type { Esp32 } from '../esp32.ts';
import { Task } from '../freertos.ts';
import { CALLS_PER_TICK } from '../program.ts';
import {
  ABI_CURRENT,
  ABI_FUEL,
  ABI_LIBC_ERRNO,
  ABI_SCRATCH,
  ABI_SCRATCH_SIZE,
  type ImageExports,
  TASK_ERRNO,
  TASK_NAME,
  TASK_STACK,
  TASK_STACK_SIZE,
} from './abi.ts';
import type { BoardFirmware } from './board_firmware.ts';
import { CTask, EDGES_PER_TICK } from './c_task.ts';
import { Handles } from './handles.ts';
import type { Running } from './imports.ts';
import { Memory } from './memory.ts';
import { NullGuard, Panic, panicOf } from './panic.ts';
import { Watchdog } from './watchdog.ts';

/** Thrown by an import through the wasm frames of a task that ends, or whose board has stopped. */
const TASK_ENDS = new Error('The task has ended.');
/** Thrown by esp_restart(). */
const RESTART = new Error('The board restarts.');

/** asyncify looks at the area's end after it has written a function's locals: keep so much room behind it. */
const SCRATCH_RESERVE = 4096;

const NO_DATA = new Uint8Array(0);

export class Machine {
  readonly board: Esp32;
  readonly host: BoardFirmware;
  readonly memory: Memory;
  readonly handles = new Handles();
  /** Of the event whose handler is to be called next. */
  eventData: Uint8Array = NO_DATA;
  readonly exports: ImageExports;
  /** Which board the image's imports work for. */
  private readonly running: Running;
  /** The running task, and the scheduler's view of it; null while the image boots. */
  current: CTask | null = null;
  task!: Task;
  /** An import is called again to give back its result. */
  isRewinding = false;
  private scratchOwner: CTask | null = null;
  private readonly scratch: Int32Array;
  private readonly scratchAt: number;
  private readonly scratchEnd: number;
  private readonly libcErrno: number;
  private readonly currentAt: number;
  private readonly fuel: number;
  private readonly tasks = new Map<number, Task>();
  private readonly waitLists = new Map<number, WaitList>();
  private readonly nullGuard: NullGuard;
  private readonly watchdog: Watchdog;

  constructor(board: Esp32, host: BoardFirmware) {
    const { firmware } = host;
    this.board = board;
    this.host = host;
    this.running = firmware.running;
    this.exports = firmware.instantiate();
    this.memory = new Memory(this.exports.memory.buffer);
    const { i32 } = this.memory;
    const abi = this.exports.esp_abi() >> 2;
    this.scratchAt = i32[abi + ABI_SCRATCH]!;
    this.scratchEnd = this.scratchAt + i32[abi + ABI_SCRATCH_SIZE]! - SCRATCH_RESERVE;
    this.scratch = i32.subarray(this.scratchAt >> 2, (this.scratchEnd + SCRATCH_RESERVE) >> 2);
    this.libcErrno = i32[abi + ABI_LIBC_ERRNO]! >> 2;
    this.currentAt = i32[abi + ABI_CURRENT]! >> 2;
    this.fuel = i32[abi + ABI_FUEL]! >> 2;
    this.nullGuard = new NullGuard(i32);
    this.watchdog = new Watchdog(this);
  }

  /** Run the constructors and make the task "main", which runs when the scheduler comes to it. */
  boot(): void {
    this.running.machine = this;
    try {
      this.exports._initialize();
      this.exports.esp_boot();
    } catch (error) {
      this.onThrow(null, error);
    }
  }

  get sockets() {
    return this.board.sockets;
  }

  get isTraced(): boolean {
    return this.board.keepsCalls || this.board.world.callTaps.isActive;
  }

  // Tasks

  /** @returns false if the address is no struct esp_task of a living task */
  createTask(tcb: number, fn: number, arg: number, priority: number): void {
    const { memory, board } = this;
    const body = new CTask(this, tcb, fn, arg, memory.word(tcb + TASK_STACK), memory.word(tcb + TASK_STACK_SIZE));
    body.fuel = EDGES_PER_TICK;
    const task = new Task(board.scheduler, board, memory.string(tcb + TASK_NAME), priority, body);
    task.isDaemon = () => body.isResting;
    this.tasks.set(tcb, task);
    board.addTask(task);
    board.scheduler.makeReady(task);
  }

  /** The task of a handle; the board panics if there is none. */
  taskOf(tcb: number): Task {
    const task = this.tasks.get(tcb);
    if (task === undefined) throw new Panic('TaskHandle', `0x${(tcb >>> 0).toString(16)} is no handle of a task.`);
    return task;
  }

  /** A task ends, by itself or by another's hand. */
  deleteTask(tcb: number): void {
    this.board.scheduler.remove(this.taskOf(tcb));
    this.tasks.delete(tcb);
  }

  /** The calling task ends. */
  endTask(): never {
    throw TASK_ENDS;
  }

  restart(): never {
    throw RESTART;
  }

  // Waiting

  waitList(address: number): WaitList {
    let list = this.waitLists.get(address);
    if (list === undefined) {
      list = new WaitList();
      this.waitLists.set(address, list);
    }
    return list;
  }

  /** The object at this address is gone. */
  forget(address: number): void {
    this.waitLists.delete(address);
  }

  /** The calling task waits. @param name address of the name of the call that waits  @param deadlineUs virtual time */
  wait(list: WaitList | null, deadlineUs: number, name: number): number {
    const body = this.current!;
    if (!this.board.scheduler.block(this.task, list, deadlineUs)) return 0;
    body.waitName = name;
    body.isResting = name === 0;
    return this.unwind(body);
  }

  /** Make the first waiter ready. @returns true if it outranks the caller */
  wake(address: number): boolean {
    const list = this.waitLists.get(address);
    if (list === undefined || list.head === null) return false;
    const { scheduler } = this.board;
    scheduler.wake(list);
    return scheduler.switchPending;
  }

  /** Let tasks of higher priority run if there are any. */
  giveWay(): number {
    const { current, task } = this;
    if (current === null) return 0;
    const { scheduler, hog } = this.board;
    // Who has lowered its priority below a task that computes waits for that.
    if (hog !== null && hog !== task && task.priority <= hog.priority) return this.yield();
    return scheduler.switchPending ? this.unwind(current) : 0;
  }

  /** Let tasks of the same priority run. */
  yield(): number {
    this.board.scheduler.makeReady(this.task);
    return this.unwind(this.current!);
  }

  /** The calling task has used up a tick without blocking. */
  hog(): number {
    const body = this.current!;
    body.fuel = EDGES_PER_TICK;
    this.setFuel(EDGES_PER_TICK);
    const { sys, scheduler } = this.board;
    const deadlineUs = sys.deadline(1);
    this.watchdog.onHog(this.task, deadlineUs);
    scheduler.hogOneTick(this.task, deadlineUs);
    return this.unwind(body);
  }

  // Calls

  /**
   * Begin a call of the running task: it runs at once, as far as it can without waiting.
   * @param fd descriptor, or -1  @param args for the trace
   * @returns what the import returns: the call's value, or anything if the task is unwound
   */
  call(fn: string, fd: number, op: Op<number>, args: CallArgs | false, onReturn: OnReturn | false = false): number {
    const body = this.current!;
    const { task, board } = this;
    const shown = board.world.callTaps.isActive ? board.show(task, fn, fd, args === false ? [] : args, op) : op;
    body.record = args === false || !board.keepsCalls ? null : recordStart(board.trace!, this, fn, args);
    body.onReturn = onReturn;
    task.errno = 0;
    const steps = ++task.busyCalls >= CALLS_PER_TICK ? this.afterOneTick(shown) : shown;
    const step = steps.next();
    // A task of higher priority has run meanwhile and may have deleted this one, or stopped the board.
    if ((task.state as string) === 'done') throw TASK_ENDS;
    if (step.done) {
      const value = this.returned(task, body, step.value);
      if ((task.state as string) === 'running') return value;
      // Or has suspended it.
      body.result = value;
      return this.unwind(body);
    }
    body.op = steps;
    body.fnName = fn;
    body.fd = fd;
    return this.unwind(body);
  }

  private *afterOneTick(op: Op<number>): Op<number> {
    const { sys, scheduler } = this.board;
    const deadlineUs = sys.deadline(1);
    this.watchdog.onHog(this.task, deadlineUs);
    scheduler.hogOneTick(this.task, deadlineUs);
    yield;
    return yield* op;
  }

  /** A call has returned: errno, if it wrote one, and its record. */
  returned(task: Task, body: CTask, value: number): number {
    if (task.errno !== 0) this.memory.i32[(body.tcb + TASK_ERRNO) >> 2] = task.errno;
    if (body.record !== null) {
      recordReturn(body.record, { board: this.board, task }, value, body.onReturn);
      body.record = null;
    }
    body.op = null;
    return value;
  }

  // Suspending and resuming

  /** Called at the end of an import whose task must wait. */
  private unwind(body: CTask): number {
    const { scratchOwner, scratch, scratchAt } = this;
    if (scratchOwner !== null && scratchOwner !== body) {
      scratchOwner.save(scratch, (scratch[0]! - scratchAt) >> 2);
    }
    this.scratchOwner = body;
    body.sp = this.exports.esp_get_stack();
    scratch[0] = scratchAt + 8;
    scratch[1] = this.scratchEnd;
    this.exports.asyncify_start_unwind(scratchAt);
    return 0;
  }

  /** Called at the start of an import while the stack is rebuilt. @returns what the import is to return */
  rewound(): number {
    this.exports.asyncify_stop_rewind();
    this.isRewinding = false;
    this.scratchOwner = null;
    return this.current!.result;
  }

  /** Run a task until it waits, gives way or ends. It may run inside an import of another task of this board. */
  enter(task: Task, body: CTask): void {
    const { exports, running, libcErrno, fuel, current: outer, task: outerTask } = this;
    const { i32 } = this.memory;
    const outerMachine = running.machine;
    const outerSp = outer === null ? 0 : exports.esp_get_stack();
    const outerErrno = i32[libcErrno]!;
    const outerFuel = i32[fuel]!;
    running.machine = this;
    this.switchTo(task, body, body.sp);
    i32[libcErrno] = body.libcErrno;
    i32[fuel] = body.fuel;
    if (body.isSuspended) this.startRewind(body);
    try {
      exports.esp_task_entry(body.fn, body.arg);
      exports.asyncify_stop_unwind();
      body.isSuspended = true;
      body.libcErrno = i32[libcErrno]!;
      body.fuel = task.state === 'blocked' ? EDGES_PER_TICK : i32[fuel]!;
      if (this.nullGuard.isHit) this.onThrow(task, this.nullGuard.panic());
    } catch (error) {
      this.onThrow(task, error);
    }
    running.machine = outerMachine;
    if (outer === null) {
      this.current = null;
      return;
    }
    this.switchTo(outerTask, outer, outerSp);
    i32[libcErrno] = outerErrno;
    i32[fuel] = outerFuel;
  }

  /** Tell the image whose code runs next. */
  private switchTo(task: Task, body: CTask, sp: number): void {
    const { exports } = this;
    this.current = body;
    this.task = task;
    this.memory.i32[this.currentAt] = body.tcb;
    exports.__set_stack_limits?.(body.stackEnd, body.stackLow);
    exports.esp_set_stack(sp);
  }

  private startRewind(body: CTask): void {
    const { scratchOwner, scratch, scratchAt } = this;
    if (scratchOwner !== body) {
      if (scratchOwner !== null) scratchOwner.save(scratch, (scratch[0]! - scratchAt) >> 2);
      body.restore(scratch);
      this.scratchOwner = body;
    }
    this.isRewinding = true;
    this.exports.asyncify_start_rewind(scratchAt);
  }

  private setFuel(edges: number): void {
    this.memory.i32[this.fuel] = edges;
  }

  /** What came out of a task's C code, or of a call that it made. */
  onThrow(task: Task | null, error: unknown): void {
    const { board } = this;
    if (error === TASK_ENDS) {
      if (task !== null) board.scheduler.remove(task);
    } else if (error === RESTART) this.host.restart();
    else {
      const panic = panicOf(error, this, task);
      if (panic !== null) this.host.die(panic);
      else board.world.onFailure(board, task ?? this.task, error);
    }
    this.isRewinding = false;
  }
}
