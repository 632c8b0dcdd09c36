/** Carries out fault plans on a world. Made by the first world.inflict(); a world without one pays nothing. */

import type { Op } from '../../sockets/index.ts';
import type { MemoryKind } from '../../stack/stack.ts';
import type { Esp32 } from '../esp32.ts';
import type { Lan } from '../lan.ts';
import type { RandomStream } from '../random.ts';
import type { World } from '../world.ts';
import { boardAction, boardOf, isOnBoard } from './boards.ts';
import { CallPlan, type CallView, callAction, callTest } from './calls.ts';
import { checkFault } from './check.ts';
import { Choosers, choicesOf, PlannedChooser } from './choices.ts';
import type { FrameView } from './frame_view.ts';
import { compileMatch, type Matcher } from './match.ts';
import type {
  CallFaultSpec,
  CallTrigger,
  FaultSpec,
  FrameFaultSpec,
  Inflicted,
  InflictedFault,
  Inject,
  Moment,
  NoMemory,
  Reset,
  Schedule,
  Trigger,
} from './plan.ts';
import { frameAction } from './rules.ts';
import { FLAG_OF, FlowTable, towardReceiver, towardSender } from './segments.ts';
import { Counter, type FaultContext, FrameSelector, PeriodGate } from './select.ts';
import { type Fate, lose } from './wire.ts';

const NUMBERS_MAX = 1000;

/** A fault of the plan while it is carried out. */
class Entry implements InflictedFault {
  readonly spec: FaultSpec;
  matches = 0;
  applied = 0;
  readonly numbers: number[] = [];
  private undo: (() => void) | null = null;
  isGone = false;

  constructor(spec: FaultSpec) {
    this.spec = spec;
  }

  get matched(): boolean {
    return this.matches > 0;
  }

  /** It took effect. @param n running number of the frame, call or note that shows it */
  tookEffect(n: number): void {
    this.applied++;
    if (this.numbers.length < NUMBERS_MAX) this.numbers.push(n);
  }

  /** What takes it back. */
  onRemove(undo: () => void): void {
    const before = this.undo;
    this.undo =
      before === null
        ? undo
        : () => {
            before();
            undo();
          };
  }

  remove(): void {
    this.isGone = true;
    this.undo?.();
    this.undo = null;
  }
}

/** "fault: reboot server, forUs 2000000" */
function describeFault(spec: FaultSpec): string {
  const subject = 'board' in spec ? ` ${spec.board}` : '';
  const details = Object.entries(spec)
    .filter(([key]) => !['kind', 'board', 'atUs', 'after'].includes(key))
    .map(([key, value]) => `, ${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return `fault: ${spec.kind}${subject}${details.join('')}`;
}

export class FaultDesk {
  private readonly world: World;
  private readonly calls = new CallPlan();
  private readonly choosers = new Choosers();
  private flows: FlowTable | null = null;
  /** Everything that was ever inflicted, in order. */
  readonly faults: InflictedFault[] = [];

  constructor(world: World) {
    this.world = world;
  }

  /** @throws TypeError, RangeError naming the fault that makes no sense; nothing of the plan is carried out then */
  inflict(plan: readonly FaultSpec[]): Inflicted {
    plan.forEach(checkFault);
    const faults: Entry[] = [];
    try {
      for (const spec of plan) {
        const entry = new Entry(spec);
        faults.push(entry);
        this.carryOut(entry, spec);
      }
    } catch (error) {
      for (const entry of faults) entry.remove();
      throw error;
    }
    this.faults.push(...faults);
    return {
      faults,
      remove: () => {
        for (const entry of faults) entry.remove();
      },
    };
  }

  private carryOut(entry: Entry, spec: FaultSpec): void {
    if (isOnBoard(spec)) {
      const act = boardAction(this.world, spec);
      this.atMoment(entry, spec, () => {
        act();
        return true;
      });
      return;
    }
    switch (spec.kind) {
      case 'inject':
        this.inject(entry, spec);
        break;
      case 'noMemory':
        this.noMemory(entry, spec);
        break;
      case 'callFails':
      case 'shortTransfer':
      case 'slowCall':
        this.onCalls(entry, spec);
        break;
      case 'schedule':
        this.schedule(entry, spec);
        break;
      case 'rst':
      case 'fin':
        this.reset(entry, spec);
        break;
      default:
        this.onFrames(entry, spec);
    }
  }

  // Frames

  private onFrames(entry: Entry, spec: Exclude<FrameFaultSpec, Reset<Matcher>>): void {
    const selector = new FrameSelector(this.context(entry), spec);
    const act = frameAction(this.context(entry), spec);
    this.addRule(entry, selector, (frame, fate) => act(frame, fate));
  }

  private addRule(
    entry: Entry,
    selector: FrameSelector,
    act: (frame: FrameView, fate: Fate, lan: Lan) => boolean,
  ): void {
    const remove = this.world.framePlan.add({
      concerns: (frame) => {
        const takes = selector.takes(frame);
        if (takes) entry.matches++;
        return takes;
      },
      decide: (frame, fate, lan) => {
        const applies = act(frame, fate, lan);
        if (applies) entry.tookEffect(this.world.nextNumber);
        return applies;
      },
    });
    entry.onRemove(remove);
  }

  private reset(entry: Entry, spec: Reset<Matcher>): void {
    const table = this.flowTable();
    const selector = new FrameSelector(this.context(entry), { ...spec, count: spec.count ?? (spec.nth ? 1 : 'all') });
    if (spec.atUs !== undefined) {
      this.atMoment(entry, { atUs: spec.atUs }, () => {
        const segments = table.lastSegments((last) => selector.fits(last));
        for (const last of segments) this.sendReset(spec, last, false, this.lanOf(last));
        entry.matches = segments.length;
        return segments.length > 0;
      });
      return;
    }
    const replace = spec.replace ?? spec.kind === 'rst';
    this.addRule(entry, selector, (frame, fate, lan) => {
      if (!frame.isTcp) return false;
      if (replace) lose(fate, spec.kind);
      else {
        table.note(frame);
        fate.labels.push(spec.kind);
      }
      fate.afterwards = () => this.sendReset(spec, frame, replace, lan);
      return true;
    });
  }

  /** Both ends get theirs when the segment would have arrived, or later. */
  private sendReset(spec: Reset<Matcher>, segment: FrameView, isLost: boolean, lan: Lan): void {
    const table = this.flowTable();
    const { toward = 'both', kind } = spec;
    const atUs = this.world.nowUs + lan.latencyUs + (spec.delayUs ?? 0);
    const flag = FLAG_OF[kind];
    if (toward !== 'sender' && segment.receiver !== '') {
      const frame = towardReceiver(table, segment, flag, isLost);
      if (frame !== null) lan.insert(frame, segment.receiver, atUs, kind);
    }
    if (toward !== 'receiver') lan.insert(towardSender(table, segment, flag), segment.from, atUs, kind);
  }

  /** A wire that the board is plugged into now, or once was. */
  private lanWith(board: string): Lan {
    const lans = this.world.lans.filter((lan) => lan.has(board));
    const lan = lans.find((l) => l.portOf(board).cable) ?? lans[0];
    if (lan === undefined) throw new RangeError(`A frame was to be injected, but board "${board}" is on no wire.`);
    return lan;
  }

  private lanOf(frame: FrameView): Lan {
    return this.world.lans.find((lan) => lan.name === frame.lan)!;
  }

  private flowTable(): FlowTable {
    if (this.flows === null) {
      const flows = new FlowTable();
      this.flows = flows;
      this.world.framePlan.observe((frame, fate) => {
        if (frame.isTcp && !fate.lost && fate.bytes === null) flows.note(frame);
      });
    }
    return this.flows;
  }

  private inject(entry: Entry, spec: Inject): void {
    boardOf(this.world, spec.to);
    const pairs = spec.bytes.match(/../g) ?? [];
    const bytes = Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
    this.atMoment(entry, spec, () => {
      this.lanWith(spec.to).insert(this.world.frames.copyOf(bytes), spec.to, this.world.nowUs, 'inject');
      return true;
    });
  }

  // Moments and triggers

  /** Do something once. @param act false if it came to nothing */
  private atMoment(entry: Entry, { atUs, after }: Moment, act: () => boolean): void {
    const run = (): void => {
      if (entry.isGone) return;
      entry.matches = Math.max(entry.matches, 1);
      const n = this.world.nextNumber;
      this.world.note(describeFault(entry.spec));
      if (act()) entry.tookEffect(n);
    };
    const { world } = this;
    const schedule = (): void => {
      if (!entry.isGone) world.at(Math.max(atUs ?? 0, world.nowUs), run);
    };
    if (after === undefined) schedule();
    else this.onTrigger(entry, after, schedule);
  }

  private context(entry: Entry): FaultContext {
    const { world } = this;
    return {
      random: (name: string): RandomStream => world.random(name),
      onTrigger: (trigger, fn) => this.onTrigger(entry, trigger, fn),
    };
  }

  private onTrigger(entry: Entry, trigger: Trigger, fn: () => void): void {
    if ('call' in trigger) this.onCallTrigger(entry, trigger, fn);
    else {
      const test = compileMatch(trigger.match);
      let left = trigger.nth ?? 1;
      const remove = this.world.framePlan.observe((frame) => {
        if (!test(frame) || --left > 0) return;
        remove();
        fn();
      });
      entry.onRemove(remove);
    }
  }

  private onCallTrigger(entry: Entry, trigger: CallTrigger, fn: () => void): void {
    const test = callTest(trigger.call, trigger);
    const { callTaps } = this.world;
    let left = trigger.nth ?? 1;
    const tap = {
      begin<T>(call: CallView, op: Op<T>): Op<T> {
        if (test(call) && --left === 0) {
          callTaps.remove(tap);
          fn();
        }
        return op;
      },
    };
    callTaps.add(tap);
    entry.onRemove(() => callTaps.remove(tap));
  }

  // Calls, memory, order

  private onCalls(entry: Entry, spec: CallFaultSpec): void {
    const { callTaps } = this.world;
    const test = callTest(spec.fn, spec);
    const gate = new PeriodGate(this.context(entry), spec);
    const counter = new Counter(spec.nth, spec.count, 1);
    const act = callAction(spec);
    const rule = {
      concerns: (call: CallView): boolean => {
        const concerned = gate.isIn(this.world.nowUs) && test(call) && counter.next();
        if (concerned) entry.matches++;
        return concerned;
      },
      decide: <T>(call: CallView, op: Op<T>): Op<T> => {
        this.world.note(`${spec.kind}: ${call.fn}`, call.board.name);
        // The call is recorded right after it was shown.
        entry.tookEffect(this.world.nextNumber);
        return act(call, op);
      },
    };
    if (this.calls.isEmpty) callTaps.add(this.calls);
    this.calls.add(rule);
    entry.onRemove(() => {
      this.calls.remove(rule);
      if (this.calls.isEmpty) callTaps.remove(this.calls);
    });
  }

  private noMemory(entry: Entry, spec: NoMemory): void {
    const board: Esp32 = boardOf(this.world, spec.board);
    const gate = new PeriodGate(this.context(entry), spec);
    const counter = new Counter(spec.nth, spec.count, 1);
    const test = (of: MemoryKind): boolean => {
      if (of !== spec.of || !gate.isIn(this.world.nowUs) || !counter.next()) return false;
      entry.matches++;
      entry.tookEffect(this.world.nextNumber);
      this.world.note(`no memory: ${of}`, board.name);
      return true;
    };
    board.addScarcity(test);
    entry.onRemove(() => board.removeScarcity(test));
  }

  private schedule(entry: Entry, spec: Schedule): void {
    const context = this.context(entry);
    const gate = new PeriodGate(context, spec);
    const random = context.random(`fault schedule ${spec.seed ?? 0}`);
    const wanted = choicesOf(spec.swaps, spec.chance, random);
    const chooser = new PlannedChooser(
      spec.of ?? 'both',
      (tUs) => gate.isIn(tUs),
      (choice) => {
        entry.matches++;
        const swaps = wanted(choice);
        if (swaps) entry.tookEffect(this.world.nextNumber);
        return swaps;
      },
    );
    const { choosers } = this;
    const { scheduler } = this.world;
    choosers.add(chooser);
    scheduler.chooser = choosers;
    entry.onRemove(() => {
      choosers.remove(chooser);
      if (choosers.isEmpty) scheduler.chooser = null;
    });
  }
}
