/** How firmware dies: what ESP-IDF's panic handler would print, with places in the C sources instead of registers. */

import type { Task } from '../freertos.ts';
import { NULL_GUARD } from './abi.ts';
import type { Machine } from './machine.ts';
import { isTrap } from './wasm.ts';

/** The end of a board's firmware, as data. */
export interface PanicRecord {
  /** Virtual time in microseconds. */
  readonly tUs: number;
  readonly board: string;
  /** '' if the board was still booting. */
  readonly task: string;
  /** In one word: abort, assert, ESP_ERROR_CHECK, LoadProhibited, StoreProhibited, IntegerDivideByZero, ... */
  readonly reason: string;
  /** What the board printed, lines separated by "\n", without the backtrace. */
  readonly message: string;
  /**
   * The innermost function first, each as "function at file:line". A function of ESP-IDF that the program called stands
   * in front by its name alone.
   */
  readonly backtrace: readonly string[];
}

/** Thrown through the wasm frames of a task whose board panics. */
export class Panic extends Error {
  readonly reason: string;

  /** @param message what the board prints; '' for what it prints of a processor exception */
  constructor(reason: string, message = '') {
    super(message === '' ? exceptionText(reason) : message);
    this.reason = reason;
  }
}

function exceptionText(reason: string): string {
  return `Guru Meditation Error: Core  0 panic'ed (${reason}). Exception was unhandled.`;
}

/** Traps of WebAssembly by a piece of V8's message, and what the ESP32 calls them. */
const TRAPS: readonly (readonly [string, string])[] = [
  ['divide by zero', 'IntegerDivideByZero'],
  ['remainder by zero', 'IntegerDivideByZero'],
  ['divide result unrepresentable', 'IllegalInstruction'],
  ['out of bounds', 'LoadStoreError'],
  ['table index', 'InstrFetchProhibited'],
  ['null function', 'InstrFetchProhibited'],
  ['signature mismatch', 'InstrFetchProhibited'],
  ['unreachable', 'IllegalInstruction'],
];

function reasonOfTrap(message: string): string {
  return TRAPS.find(([piece]) => message.includes(piece))?.[1] ?? 'IllegalInstruction';
}

/** The panic that an error stands for; null for an error of this project or of the test. */
export function panicOf(error: unknown, machine: Machine, task: Task | null): PanicRecord | null {
  const panic = error instanceof Panic ? error : trapPanic(error, task);
  if (panic === null) return null;
  const { board } = machine;
  const { firmware } = machine.host;
  return {
    tUs: board.scheduler.nowUs,
    board: board.name,
    task: task?.name ?? '',
    reason: panic.reason,
    message: panic.message,
    backtrace: backtrace((error as Error).stack ?? '', (offset) => firmware.lineAt(offset)),
  };
}

function trapPanic(error: unknown, task: Task | null): Panic | null {
  if (isTrap(error)) {
    const reason = reasonOfTrap(error.message);
    return new Panic(reason, `${exceptionText(reason)}\n${error.message}`);
  }
  if (error instanceof RangeError && error.message.includes('call stack')) return stackOverflow(task?.name ?? 'boot');
  return null;
}

/** FreeRTOS's vApplicationStackOverflowHook(). */
export function stackOverflow(taskName: string): Panic {
  return new Panic('StackOverflow', `***ERROR*** A stack overflow in task ${taskName} has been detected.`);
}

/** One wasm frame of V8's stack trace, with the byte's offset in the module. */
const FRAME = /at (?:(?:async )?([^\s(]+) \()?wasm:\/\/wasm\/[^:\s]*:(?:wasm-function\[\d+\]:0x([0-9a-f]+)|1:(\d+))/;

/** Where the sources of this folder's C support code are, in the line tables of images. */
const SUPPORT_FOLDER = 'lwip-twin/src/';

interface Frame {
  readonly name: string;
  readonly place: string | undefined;
}

function backtrace(stack: string, lineAt: (offset: number) => string | undefined): string[] {
  const frames: Frame[] = [];
  for (const line of stack.split('\n')) {
    const match = FRAME.exec(line);
    if (match === null) continue;
    const offset = match[2] === undefined ? Number(match[3]) - 1 : Number.parseInt(match[2], 16);
    frames.push({ name: (match[1] ?? '?').replace(/^.*\./, ''), place: lineAt(offset) });
  }
  const first = frames.findIndex(isProgram);
  const last = frames.findLastIndex(isProgram);
  const called = frames[first - 1];
  // Names that begin with an underscore are the compiler's or the library's own.
  const from = called === undefined || called.name.startsWith('_') ? first : first - 1;
  return frames.slice(Math.max(from, 0), last + 1).map(describe);
}

function isProgram({ place }: Frame): boolean {
  return place !== undefined && !place.startsWith(SUPPORT_FOLDER);
}

function describe(frame: Frame): string {
  return isProgram(frame) ? `${frame.name} at ${frame.place}` : frame.name;
}

/** The lines that a panic puts on the console. */
export function panicLines(panic: PanicRecord): string[] {
  const { message, backtrace } = panic;
  const frames = backtrace.length === 0 ? [] : ['', 'Backtrace:', ...backtrace.map((f) => `  ${f}`)];
  return ['', ...message.split('\n'), ...frames];
}

const GUARD_WORD = 0x5afe5afe;

/** Linear memory begins at address 0, so that a write through NULL does not trap: it changes these words. */
export class NullGuard {
  private readonly i32: Int32Array;

  constructor(i32: Int32Array) {
    this.i32 = i32;
    i32.fill(GUARD_WORD, 0, NULL_GUARD >> 2);
  }

  get isHit(): boolean {
    const { i32 } = this;
    for (let i = 0; i < NULL_GUARD >> 2; i++) if (i32[i] !== GUARD_WORD) return true;
    return false;
  }

  panic(): Panic {
    const word = this.i32.findIndex((w) => w !== GUARD_WORD);
    const where = `0x${(word * 4).toString(16).padStart(8, '0')}`;
    return new Panic(
      'StoreProhibited',
      `${exceptionText('StoreProhibited')}\nSince it last waited, the task has written through a NULL pointer, at address ${where}.`,
    );
  }
}
