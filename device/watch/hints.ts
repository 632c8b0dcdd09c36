/** Habits that work until something goes wrong: each is told once per task and kind of call. */

import { SOF_KEEPALIVE } from '../../stack/pcb.ts';
import { TcpPcb } from '../../stack/tcp_pcb.ts';
import type { Esp32 } from '../esp32.ts';
import type { CallView } from '../faults/calls.ts';
import type { Task } from '../freertos.ts';
import { isServing } from '../idle.ts';
import { ProgramRunner } from '../program.ts';
import type { HintKind, Tell } from './finding.ts';

/** send() has taken less than it was given. */
interface Remainder {
  readonly call: CallView;
  readonly sent: number;
  readonly size: number;
}

const SENDING = new Set(['send', 'write']);
const ENDING = new Set(['close', 'shutdown']);
const RECEIVING = new Set(['recv', 'read', 'recvfrom', 'recvmsg', 'readv']);

export class Hints {
  private readonly board: Esp32;
  private readonly tell: Tell;
  private readonly told = new Set<string>();
  /** Lines of the log that were looked at. */
  private logSeen = 0;
  /** By task and descriptor. */
  private readonly remainders = new Map<string, Remainder>();
  /** The failed call whose errno a task has not read, with how often it had read errno before. */
  private readonly failures = new Map<Task, { readonly call: CallView; readonly reads: number }>();

  constructor(board: Esp32, tell: Tell) {
    this.board = board;
    this.tell = tell;
  }

  before(call: CallView): void {
    this.checkErrno(call);
    const key = keyOf(call);
    const rest = this.remainders.get(key);
    if (rest === undefined || (!SENDING.has(call.fn) && !ENDING.has(call.fn))) return;
    this.remainders.delete(key);
    if (ENDING.has(call.fn) || sizeOf(call) > rest.size - rest.sent) this.tellShortWrite(rest);
  }

  /** The call has to wait. */
  waits(call: CallView): void {
    const { fn, fd } = call;
    if (RECEIVING.has(fn) ? this.hasTimeout(fd) : !waitsForEver(call)) return;
    const sock = fd >= 0 ? this.board.sockets.open(fd) : null;
    if (isServing(this.board, fn, sock)) return;
    const text = `Task ${call.task.name} waits in ${spell(call)} without a time-out: if the peer vanishes, it waits for ever.`;
    this.hint('noTimeout', call, text);
  }

  after(call: CallView, ret: number): void {
    const { task, fn } = call;
    if (ret === -1 && task.body instanceof ProgramRunner) this.failures.set(task, { call, reads: task.errnoReads });
    if (!SENDING.has(fn) || ret <= 0 || ret >= sizeOf(call)) return;
    this.remainders.set(keyOf(call), { call, sent: ret, size: sizeOf(call) });
  }

  /** The run is over: what was left undone by tasks that have ended? */
  finish(): void {
    for (const rest of this.remainders.values()) if (rest.call.task.state === 'done') this.tellShortWrite(rest);
    const { log } = this.board;
    for (; this.logSeen < log.length; this.logSeen++) {
      const { level, tag, text, task } = log[this.logSeen]!;
      if (level !== 'E') continue;
      const sentence = `The firmware logged an error: ${tag}: ${text}`;
      this.hint('errorLog', { task: { name: task }, fn: sentence, fd: -1 }, sentence);
    }
  }

  private checkErrno({ task }: CallView): void {
    const failure = this.failures.get(task);
    if (failure === undefined) return;
    this.failures.delete(task);
    if (task.errnoReads !== failure.reads) return;
    const text = `${spell(failure.call)} failed, and task ${task.name} went on without a look at errno.`;
    this.hint('errnoNotRead', failure.call, text);
  }

  private tellShortWrite({ call, sent, size }: Remainder): void {
    const text = `${spell(call)} took ${sent} of ${size} bytes, and task ${call.task.name} did not send the rest.`;
    this.hint('shortWrite', call, text);
  }

  /** Of a receiving call. A connection with keepalive ends some day. */
  private hasTimeout(fd: number): boolean {
    const conn = this.board.sockets.open(fd)?.conn;
    if (conn === null || conn === undefined || conn.recv_timeout > 0) return true;
    return conn.tcp instanceof TcpPcb && (conn.tcp.so_options & SOF_KEEPALIVE) !== 0;
  }

  private hint(
    kind: HintKind,
    call: Pick<CallView, 'fn' | 'fd'> & { readonly task: { readonly name: string } },
    text: string,
  ): void {
    const key = `${kind} ${call.task.name} ${call.fn}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    const spelled = kind === 'errorLog' ? '' : spell(call);
    this.tell({ kind, board: this.board.name, task: call.task.name, call: spelled, text });
  }
}

/** select() and poll() without a time-out. */
function waitsForEver({ fn, args }: CallView): boolean {
  if (fn === 'select') return args.at(-1) === 'NULL';
  return (fn === 'poll' || fn === 'lwip_poll') && Number(args.at(-1)) < 0;
}

function sizeOf({ args }: CallView): number {
  return Number(args[1]);
}

function keyOf({ task, fd }: CallView): string {
  return `${task.name} ${fd}`;
}

function spell({ fn, fd }: Pick<CallView, 'fn' | 'fd'>): string {
  return `${fn}(${fd >= 0 ? fd : ''})`;
}
