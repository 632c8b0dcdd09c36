/** The life of a board's descriptors: who opened, used and closed them, and which were forgotten. */

import type { Esp32 } from '../esp32.ts';
import type { CallView } from '../faults/calls.ts';
import type { Task } from '../freertos.ts';
import type { Tell } from './finding.ts';

/** A descriptor is forgotten if it has been of no use for so long. */
const LEAK_US = 60_000_000;

/** One descriptor, over all the sockets that have had its number. */
class Descriptor {
  /** Counts those sockets. */
  generation = 0;
  isOpen = false;
  /** The task that opened it. */
  owner: Task;
  lastUseUs = 0;
  isLeakTold = false;
  /** Who closed the one before, or this one if it is closed; and when. */
  closer: Task | null = null;
  closedUs = 0;
  /** The generation that each task used last. */
  readonly users = new Map<Task, number>();

  constructor(owner: Task) {
    this.owner = owner;
  }
}

export class Descriptors {
  private readonly board: Esp32;
  private readonly tell: Tell;
  private readonly table = new Map<number, Descriptor>();
  private bootUs = -1;

  constructor(board: Esp32, tell: Tell) {
    this.board = board;
    this.tell = tell;
  }

  /** A task is about to make a call. */
  before(call: CallView): void {
    this.forgetLastBoot();
    const d = this.table.get(call.fd);
    if (d === undefined) {
      this.useListed(call);
      return;
    }
    if (d.isOpen) this.checkOwner(call, d);
    else this.tellClosed(call, d);
    d.users.set(call.task, d.generation);
    d.lastUseUs = this.nowUs;
  }

  /** It has returned. */
  after({ fn, fd, task }: CallView, ret: number): void {
    if ((fn === 'socket' || fn === 'accept') && ret >= 0) this.opened(ret, task);
    const d = this.table.get(fd);
    if (d === undefined) return;
    d.lastUseUs = this.nowUs;
    if (fn !== 'close' || ret !== 0) return;
    d.isOpen = false;
    d.closer = task;
    d.closedUs = this.nowUs;
  }

  /** Tell of the descriptors that are forgotten. */
  checkLeaks(): void {
    for (const [fd, d] of this.table) {
      if (!d.isOpen || d.isLeakTold || this.nowUs - d.lastUseUs < LEAK_US) continue;
      const why = this.whyUseless(fd, d);
      if (why === '') continue;
      d.isLeakTold = true;
      const text = `Descriptor ${fd} is still open: ${why}, and nobody has used it for a minute.`;
      this.tell({ kind: 'leak', board: this.board.name, task: d.owner.name, call: '', text });
    }
  }

  private get nowUs(): number {
    return this.board.scheduler.nowUs;
  }

  private forgetLastBoot(): void {
    if (this.board.bootUs === this.bootUs) return;
    this.bootUs = this.board.bootUs;
    this.table.clear();
  }

  private opened(fd: number, task: Task): void {
    const d = this.table.get(fd) ?? new Descriptor(task);
    d.generation++;
    d.isOpen = true;
    d.owner = task;
    d.lastUseUs = this.nowUs;
    d.isLeakTold = false;
    d.users.set(task, d.generation);
    this.table.set(fd, d);
  }

  /** select() and poll() name theirs in sets. */
  private useListed({ fn, args }: CallView): void {
    if (fn !== 'select' && fn !== 'poll' && fn !== 'lwip_poll') return;
    for (const number of args.join(' ').match(/\d+/g) ?? []) {
      const d = this.table.get(Number(number));
      if (d !== undefined) d.lastUseUs = this.nowUs;
    }
  }

  private tellClosed({ fn, fd, task }: CallView, d: Descriptor): void {
    const by = d.closer === task ? 'it' : `task ${d.closer?.name}`;
    const text = `Task ${task.name} called ${fn}(${fd}) after ${by} had closed the descriptor at ${seconds(d.closedUs)}.`;
    this.tell({ kind: 'closedDescriptor', board: this.board.name, task: task.name, call: `${fn}(${fd})`, text });
  }

  /**
   * The task knows an earlier socket of this number. It may have been given the new one by another task; not so if that other
   * one has closed the old one behind its back, nor if all that it does with the new one is to close it (again).
   */
  private checkOwner({ fn, fd, task }: CallView, d: Descriptor): void {
    const seen = d.users.get(task) ?? d.generation;
    if (seen === d.generation || d.owner === task) return;
    if (d.closer === task && fn !== 'close') return;
    const by = d.closer === task ? 'it' : `task ${d.closer?.name}`;
    const text =
      `Task ${task.name} called ${fn}(${fd}), a descriptor that ${by} had closed at ${seconds(d.closedUs)} ` +
      `and that is another socket now, opened by task ${d.owner.name}.`;
    this.tell({ kind: 'reusedDescriptor', board: this.board.name, task: task.name, call: `${fn}(${fd})`, text });
  }

  /** '' if it may be of use, or is in use right now. */
  private whyUseless(fd: number, d: Descriptor): string {
    const sock = this.board.isOn ? this.board.sockets.open(fd) : null;
    if (sock === null || sock.fd_used > 0 || sock.select_waiting > 0) return '';
    if (d.owner.state === 'done') return `task ${d.owner.name}, which made it, has ended`;
    return sock.conn!.hasNoPcb ? 'its connection is gone' : '';
  }
}

export function seconds(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')} s`;
}
