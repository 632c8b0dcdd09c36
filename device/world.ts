/** The world: boards and wires under one virtual clock, run until nothing can happen any more. */

import { FramePool } from '../stack/frame.ts';
import type { HazardName, SharedMemory } from '../stack/stack.ts';
import { InputSegment } from '../stack/tcp_in.ts';
import { AccessPoint, type AccessPointOptions, type AccessPointWorld } from './air/access_point.ts';
import { Air } from './air/air.ts';
import { hostOptions, Internet } from './air/internet.ts';
import { type BoardWorld, Esp32, type Esp32Options } from './esp32.ts';
import { EventQueue, EventSource } from './events.ts';
import { CallTaps } from './faults/calls.ts';
import { FramePlan } from './faults/frame_plan.ts';
import { FaultDesk } from './faults/inflict.ts';
import { compileMatch, type Matcher } from './faults/match.ts';
import type { FaultSpec, Inflicted, InflictedFault } from './faults/plan.ts';
import type { PanicRecord } from './firmware/panic.ts';
import { Scheduler, type Task, type TaskOwner } from './freertos.ts';
import { type BlockedTask, blockedTasks, stackCouldWakeSomebody } from './idle.ts';
import { Lan, type LanOptions, type LanWorld } from './lan.ts';
import { parseIp } from './netif_config.ts';
import { MICROTASK_TURNS_MAX, notAwaited, type ProgramRunner } from './program.ts';
import { namedStream, type RandomStream } from './random.ts';
import { Trace } from './trace.ts';
import type { Expectation, Finding } from './watch/finding.ts';
import { Findings, type WatchOptions } from './watch/findings.ts';

export interface WorldOptions {
  /** Everything that is left to chance follows from it; 1 if left out. */
  readonly seed?: number;
  /** FreeRTOS tick in microseconds; 10,000 (CONFIG_FREERTOS_HZ=100) if left out. */
  readonly tickUs?: number;
  /** Compute and verify every checksum, instead of only those that somebody looks at. */
  readonly strictChecksums?: boolean;
  /** What happens when a program drives lwIP into a known defect: the board stops (default), or it goes on safely. */
  readonly hazards?: 'stop' | 'continue';
}

/** A host of the internet: a board at any address, with its own distance. */
export interface InternetHostOptions extends Omit<Esp32Options, 'lan' | 'ip' | 'gw' | 'dhcp' | 'dhcps' | 'neighbours'> {
  /** "34.120.0.9" */
  readonly ip: string;
  /** From the host to an access point, one way, in microseconds; 20,000 if left out. */
  readonly latencyUs?: number;
}

export interface RunOptions {
  /** Virtual time in microseconds at which the run ends at the latest; events of that very time still happen. */
  readonly until?: number;
  /** False: go on to `until` even if nothing can wake a task any more. */
  readonly stopWhenIdle?: boolean;
}

/** How a run ended. */
export interface RunReport {
  /**
   * `ended`: all programs have ended. `idle`: the rest wait for peers, as servers do. `hang`: some wait for something that
   * cannot happen. `until`: the time was up.
   */
  readonly outcome: 'ended' | 'idle' | 'hang' | 'until';
  /** Virtual time in microseconds. */
  readonly nowUs: number;
  /** Tasks that have not ended, with what they wait for. */
  readonly blocked: readonly BlockedTask[];
  /** What went wrong: stuck tasks, hazards of lwIP, panics of firmware, and the rest if the world is watched. */
  readonly findings: readonly Finding[];
  /** What may be right but should be looked at, if the world is watched. */
  readonly hints: readonly Finding[];
}

/** A program that threw. */
export interface Failure {
  readonly board: string;
  readonly task: string;
  readonly error: unknown;
}

/** A known defect of lwIP that a program ran into. */
export interface Hazard {
  readonly tUs: number;
  readonly board: string;
  readonly name: HazardName;
  readonly text: string;
}

const HAZARD_TEXTS: Readonly<Record<HazardName, string>> = {
  tcp_bind_twice:
    'A TCP socket was bound twice. lwIP has linked its pcb into the list of bound pcbs twice, and its next walk over that list never ends.',
  netconn_close_after_free:
    'A connection was closed after lwIP had freed its pcb without telling the socket: the device would use freed memory.',
  netconn_linger_after_free:
    'A close that lingers has freed the pcb at once, as data was unread or there was no connection yet: the device would use freed memory.',
  sntp_mode_while_running:
    'The operating mode of the SNTP client was set while the client runs: lwIP asserts and the device panics.',
  netif_poll_without_end:
    'Two ends of a connection of the board with itself acknowledge each other for ever, because a segment has come that looks like theirs and is not: the loop over the packets to oneself never ends.',
  tcp_persist_without_data:
    'The persist timer runs without unsent data, after the peer shrank its window behind a retransmission: lwIP asserts and the device panics.',
};

const INTERNET_LATENCY_US = 20_000;

/** Virtual time between two looks at a world in which only stacks do their housekeeping. */
const QUIET_CHECK_US = 1_000_000;

/** A world in which so much happens without time passing, besides every board hearing every other, will never end. */
const EVENTS_OF_INSTANT = 100_000;

export class World implements BoardWorld, LanWorld, AccessPointWorld {
  readonly events = new EventQueue();
  readonly scheduler = new Scheduler(this.events);
  readonly memory: SharedMemory = { frames: new FramePool(), inseg: new InputSegment() };
  readonly tickUs: number;
  readonly strictChecksums: boolean;
  readonly boards: Esp32[] = [];
  readonly lans: Lan[] = [];
  /** What stations can hear, and how long it takes them. */
  readonly air = new Air(this);
  readonly accessPoints: AccessPoint[] = [];
  readonly internet = new Internet();
  /** Defects of lwIP that programs ran into, in order. */
  readonly hazards: Hazard[] = [];
  trace: Trace | null = null;
  /** The planned faults of all wires. */
  readonly framePlan = new FramePlan();
  /** Who is shown the calls of all tasks. */
  readonly callTaps = new CallTaps();
  private faultDesk: FaultDesk | null = null;
  private readonly found = new Findings(this);
  readonly seed: number;
  private readonly hazardsStop: boolean;
  private number = 0;
  private nextQuietCheckUs = 0;
  private eventsOfInstant = 0;
  /** The program whose error the last run threw; null if none has failed. */
  failure: Failure | null = null;
  /** What the last run() returned. */
  lastReport: RunReport | null = null;
  private isRunning = false;

  constructor(options: WorldOptions = {}) {
    const { seed = 1, tickUs = 10_000, strictChecksums = false, hazards = 'stop' } = options;
    if (!Number.isSafeInteger(seed)) throw new RangeError(`The seed must be a whole number, not ${seed}.`);
    if (!Number.isInteger(tickUs) || tickUs < 1000 || tickUs > 1_000_000) {
      throw new RangeError(`tickUs must be a whole number from 1000 to 1000000, not ${tickUs}.`);
    }
    this.seed = seed;
    this.tickUs = tickUs;
    this.strictChecksums = strictChecksums;
    this.hazardsStop = hazards === 'stop';
  }

  /** Virtual time in microseconds. */
  get nowUs(): number {
    return this.scheduler.nowUs;
  }

  get frames(): FramePool {
    return this.memory.frames;
  }

  /**
   * Record everything from now on. Call it before run() to have it all.
   * @param options keep: false to have frames shown to listeners (trace.onFrame) only; states: true to have the control
   *   blocks of connections too, and what made each board do what it did; the first call of record() decides
   */
  record({ keep = true, states = false }: { readonly keep?: boolean; readonly states?: boolean } = {}): Trace {
    this.trace ??= new Trace(keep, states);
    return this.trace;
  }

  /** A new Ethernet segment. */
  lan(options: LanOptions = {}): Lan {
    const lan = new Lan(this, `lan${this.lans.length}`, options);
    this.lans.push(lan);
    return lan;
  }

  /** A new board, which boots at once (that is, as the first thing when the world runs). */
  esp32(name: string, options: Esp32Options = {}): Esp32 {
    if (this.boards.some((b) => b.name === name)) throw new RangeError(`There is a board named "${name}" already.`);
    const board = new Esp32(this, name, espressifMac(this.boards.length + 1), options);
    this.boards.push(board);
    return board;
  }

  /** A new access point, on the air at once. */
  accessPoint(options: AccessPointOptions): AccessPoint {
    const ap = new AccessPoint(this, this.accessPoints.length, options);
    if (this.accessPoints.some((other) => other.name === ap.name)) {
      throw new RangeError(`There is an access point named "${ap.name}" already; give one of them another name.`);
    }
    this.accessPoints.push(ap);
    return ap;
  }

  /** A new board that is a host of the internet, which stations reach through their access points. */
  internetHost(name: string, { ip, latencyUs = INTERNET_LATENCY_US, ...options }: InternetHostOptions): Esp32 {
    const lan = this.lan({ name: `to ${name}`, latencyUs });
    const board = this.esp32(name, { ...options, ...hostOptions(ip), lan });
    this.internet.addHost(parseIp('ip', ip), lan, board.mac);
    return board;
  }

  /** A stream of random numbers that depends on the seed and this name only. */
  random(name: string): RandomStream {
    return namedStream(this.seed, name);
  }

  /** Call a function at a virtual time, to inflict something or to look. @param tUs microseconds, not in the past */
  at(tUs: number, fn: () => void): void {
    if (!(tUs >= this.nowUs)) throw new RangeError(`It is ${this.nowUs} us already; nothing can happen at ${tUs} us.`);
    this.events.schedule(new Callback(fn), tUs);
  }

  /**
   * Do something when a frame passes: the `count`-th, from now on, that a condition holds for. It is done right behind what
   * is going on when the frame is sent, lost or not.
   * @param match conditions on decoded fields, as data ({ dstPort: 1883, data: true }) or as a function
   * @throws TypeError, RangeError naming a condition that makes no sense
   */
  when(match: Matcher, { count = 1 }: { readonly count?: number }, action: () => void): void {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`count is a whole number from 1 on, not ${count}.`);
    const test = compileMatch(match);
    let left = count;
    const stop = this.framePlan.observe((frame) => {
      if (left === 0 || !test(frame) || --left > 0) return;
      stop();
      this.events.schedule(new Callback(action), this.nowUs);
    });
  }

  /**
   * Carry out a fault plan, from now on. Its boards must exist; wires and frames are found as they come.
   * @param plan one fault or several, in the order in which they are asked
   * @throws TypeError, RangeError naming the fault and the field that make no sense
   */
  inflict(plan: FaultSpec | readonly FaultSpec[]): Inflicted {
    this.faultDesk ??= new FaultDesk(this);
    return this.faultDesk.inflict(isPlan(plan) ? plan : [plan]);
  }

  /** All faults that were inflicted, in order, with what they have done. */
  get inflicted(): readonly InflictedFault[] {
    return this.faultDesk?.faults ?? [];
  }

  /**
   * Look at every call from now on for what goes wrong without failing: forgotten, closed and reused descriptors, and habits that
   * will go wrong one day. Call it before run(). What is found stands in the report of a run, and findings as notes in the trace.
   */
  watch(options: WatchOptions = {}): void {
    if (options.timeLimitUs !== undefined && !(options.timeLimitUs >= 0)) {
      throw new RangeError(`timeLimitUs must be a time in microseconds, not ${options.timeLimitUs}.`);
    }
    this.callTaps.observe(this.found.watch(options));
  }

  /** Say what may be found: such findings are marked as expected. */
  expectFinding(expectation: Expectation): void {
    this.found.expectations.push(expectation);
  }

  /** All tasks of all boards but the tcpip threads, in order of creation. */
  get tasks(): readonly Task[] {
    return this.boards.flatMap((b) => b.tasks);
  }

  /**
   * Run until all programs have ended or nothing can wake one any more, or until a time.
   * @throws what a program threw
   */
  async run(options: RunOptions = {}): Promise<RunReport> {
    this.beginRun();
    try {
      for (;;) {
        const outcome = this.advance(options);
        if (typeof outcome === 'string') return this.report(outcome);
        await this.settle(outcome);
      }
    } finally {
      this.isRunning = false;
    }
  }

  /** The same in one go, for worlds whose programs are all generator functions. */
  runSync(options: RunOptions = {}): RunReport {
    this.beginRun();
    try {
      const outcome = this.advance(options);
      if (typeof outcome === 'string') return this.report(outcome);
      throw new Error(
        `Task ${outcome.name} of board ${outcome.owner.name} has an async program; use "await world.run()", or write it as a generator function.`,
      );
    } finally {
      this.isRunning = false;
    }
  }

  /** Let one event happen, and all tasks run that it made ready. @returns false if there is none */
  async step(): Promise<boolean> {
    this.beginRun();
    try {
      const event = this.events.peek();
      if (event === undefined) return false;
      this.takeEvent(event);
      for (let task = this.runReady(); task !== null; task = this.runReady()) await this.settle(task);
      if (this.failure !== null) throw this.failure.error;
      return true;
    } finally {
      this.isRunning = false;
    }
  }

  private beginRun(): void {
    if (this.isRunning) throw new Error('The world is running already; a program or tap may not run it again.');
    this.isRunning = true;
  }

  /** Run until the end, or until an async program has the processor. */
  private advance({ until: wanted, stopWhenIdle = true }: RunOptions): RunReport['outcome'] | Task {
    const until = Math.min(wanted ?? Number.POSITIVE_INFINITY, this.found.timeLimitUs);
    for (;;) {
      // In a task that an event has run at once, or in a turn of an async program after the last one that was waited for.
      if (this.failure !== null) throw this.failure.error;
      const task = this.runReady();
      if (task !== null) return task;
      const event = this.events.peek();
      if (event === undefined) return this.outcomeWhenIdle();
      const isLast = event.due > until;
      if (stopWhenIdle && !this.events.hasForeground && (isLast || this.isTimeToLook(event.due)) && this.isAtRest()) {
        return this.outcomeWhenIdle();
      }
      if (isLast) {
        this.scheduler.nowUs = Math.max(this.scheduler.nowUs, until);
        return 'until';
      }
      this.takeEvent(event);
    }
  }

  private takeEvent(next: EventSource): void {
    const { due } = next;
    if (due > this.scheduler.nowUs) this.eventsOfInstant = 0;
    else if (++this.eventsOfInstant > EVENTS_OF_INSTANT + this.boards.length * this.boards.length) {
      throw new Error(
        `Virtual time stands still at ${this.nowUs} us: ${this.eventsOfInstant} events have happened there. Is the latency of a wire 0?`,
      );
    }
    this.scheduler.nowUs = due;
    this.events.cancel(next);
    const event = this.scheduler.chooser === null ? next : this.chooseEvent(next, due);
    event.fire();
  }

  /** Of two events of one instant a plan may let the second one come first. */
  private chooseEvent(first: EventSource, due: number): EventSource {
    const { events, scheduler } = this;
    const second = events.peek();
    if (second?.due !== due || isFixed(first) || isFixed(second) || !scheduler.chooser!.swaps('events', due))
      return first;
    events.cancel(second);
    events.scheduleInOrder(first, due, first.order);
    return second;
  }

  /** Run ready tasks until there are none (null), or one of them is an async program that thinks. */
  private runReady(): Task | null {
    const { scheduler } = this;
    for (let task = scheduler.pop(); task !== null; task = scheduler.pop()) {
      scheduler.run(task);
      if (this.failure !== null) throw this.failure.error;
      if (task.isAsync && (task.body as ProgramRunner).needsTurns) return task;
      if (task.state === 'running') scheduler.preempted(task);
    }
    return null;
  }

  /** Give an async program the turns it needs to come to its next call, and to await it. */
  private async settle(task: Task): Promise<void> {
    const runner = task.body as ProgramRunner;
    const { scheduler } = this;
    scheduler.running = task;
    let seen = runner.calls;
    for (let turns = 0; runner.needsTurns; turns++) {
      if (runner.calls !== seen) {
        seen = runner.calls;
        turns = 0;
      }
      if (turns > MICROTASK_TURNS_MAX) break;
      await null;
    }
    scheduler.running = null;
    if (runner.isThinking) this.onFailure(task.owner, task, new Error(waitsOutside(task)));
    else if (runner.owesAwait) this.onFailure(task.owner, task, notAwaited(task, runner.call!.fn));
    if (this.failure !== null) throw this.failure.error;
    if (task.state === 'running') scheduler.preempted(task);
  }

  private isTimeToLook(due: number): boolean {
    if (due < this.nextQuietCheckUs) return false;
    this.nextQuietCheckUs = due + QUIET_CHECK_US;
    return true;
  }

  /** Nothing but housekeeping is scheduled, and none of it could wake a task. */
  private isAtRest(): boolean {
    return !this.boards.some((b) => b.isOn && (stackCouldWakeSomebody(b.stack) || b.isAboutToPost));
  }

  private outcomeWhenIdle(): RunReport['outcome'] {
    const blocked = blockedTasks(this.boards);
    if (blocked.length === 0) return 'ended';
    return blocked.every((b) => b.isServing) ? 'idle' : 'hang';
  }

  private report(outcome: RunReport['outcome']): RunReport {
    const blocked = blockedTasks(this.boards);
    this.lastReport = { outcome, nowUs: this.nowUs, blocked, ...this.found.report(outcome, blocked) };
    return this.lastReport;
  }

  // What boards and wires need

  /** The next running number of the trace. */
  takeNumber(): number {
    return this.number++;
  }

  /** The number that takeNumber() will give next. */
  get nextNumber(): number {
    return this.number;
  }

  onBoot(fn: () => void, atUs: number): void {
    this.events.schedule(new Callback(fn), Math.max(atUs, this.nowUs));
  }

  onHazard(board: Esp32, name: HazardName): void {
    const hazard: Hazard = { tUs: this.nowUs, board: board.name, name, text: HAZARD_TEXTS[name] };
    this.hazards.push(hazard);
    this.found.onHazard(board.name, hazard.text);
    this.note(`${name}: ${hazard.text}`, board.name);
    if (this.hazardsStop) board.stopForHazard();
  }

  onPanic(panic: PanicRecord): void {
    this.found.onPanic(panic);
  }

  /** Leave a note in the trace. @param board concerned; '' for the whole world */
  note(text: string, board = ''): void {
    this.trace?.notes.push({ kind: 'note', n: this.takeNumber(), tUs: this.nowUs, board, text });
  }

  onFailure(board: TaskOwner, task: Task, error: unknown): void {
    this.failure ??= { board: board.name, task: task.name, error };
  }
}

function isPlan(plan: FaultSpec | readonly FaultSpec[]): plan is readonly FaultSpec[] {
  return Array.isArray(plan);
}

function waitsOutside(task: Task): string {
  return (
    `Task ${task.name} of board ${task.owner.name} waits for something outside the world (a timer, a file, another promise). ` +
    'A program may only wait for the calls of its os.'
  );
}

class Callback extends EventSource {
  private readonly fn: () => void;

  constructor(fn: () => void) {
    super();
    this.fn = fn;
  }

  override fire(): void {
    this.fn();
  }
}

/** Boards boot before their programs start, and what a test does is done when it says so. */
function isFixed(event: EventSource): boolean {
  return event instanceof Callback;
}

/** The n-th station address of Espressif's first range, 24:0a:c4. */
function espressifMac(n: number): string {
  const hex = n.toString(16).padStart(6, '0');
  return `24:0a:c4:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}
