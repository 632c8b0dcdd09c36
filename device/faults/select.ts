/** Which frames a fault concerns: conditions, periods, counting, chance. */

import type { RandomStream } from '../random.ts';
import type { FrameView } from './frame_view.ts';
import { compileMatch, type FrameMatch, type FramePredicate } from './match.ts';
import type { Burst, OnFrames, Period, Trigger } from './plan.ts';

/** What faults ask of the one who carries out the plan. */
export interface FaultContext {
  random(name: string): RandomStream;
  /** Have a function called once this has happened. */
  onTrigger(trigger: Trigger, fn: () => void): void;
}

/** Is a fault in force? */
export class PeriodGate {
  private readonly sinceUs: number;
  private readonly untilUs: number;
  private isOpen: boolean;

  constructor(context: FaultContext, { sinceUs = 0, untilUs = Number.POSITIVE_INFINITY, after }: Period) {
    this.sinceUs = sinceUs;
    this.untilUs = untilUs;
    this.isOpen = after === undefined;
    if (after !== undefined) {
      context.onTrigger(after, () => {
        this.isOpen = true;
      });
    }
  }

  isIn(tUs: number): boolean {
    return this.isOpen && tUs >= this.sinceUs && tUs < this.untilUs;
  }
}

/** The n-th and the following ones. */
export class Counter {
  private readonly first: number;
  private readonly last: number;
  private seen = 0;

  /** @param count how many from the n-th on; `otherwise` if left out */
  constructor(nth: number | undefined, count: number | 'all' | undefined, otherwise: number | 'all') {
    const many = count ?? otherwise;
    this.first = nth ?? 1;
    this.last = many === 'all' ? Number.POSITIVE_INFINITY : this.first + many - 1;
  }

  /** One more: is it among those? */
  next(): boolean {
    this.seen++;
    return this.seen >= this.first && this.seen <= this.last;
  }
}

/** Decides frame by frame whether a fault concerns it. */
export class FrameSelector {
  private readonly test: (frame: FrameView) => boolean;
  private readonly gate: PeriodGate;
  private readonly counter: Counter;
  private readonly chance: (() => boolean) | null;
  /** Retransmissions that are still to be concerned, by segment. */
  private readonly again: Map<string, number> | null;
  private readonly times: number;

  constructor(context: FaultContext, spec: OnFrames<FrameMatch | FramePredicate> & { readonly kind: string }) {
    this.test = compileMatch(spec.match);
    this.gate = new PeriodGate(context, spec);
    this.counter = new Counter(spec.nth, spec.count, spec.nth === undefined ? 'all' : 1);
    this.times = spec.again ?? 0;
    this.again = this.times > 0 ? new Map() : null;
    this.chance = chanceOf(context, spec);
  }

  /** @returns true for a frame that is concerned */
  takes(frame: FrameView): boolean {
    if (!this.gate.isIn(frame.tUs) || !this.test(frame)) return false;
    const { again } = this;
    if (again !== null && isAgain(again, frame)) return true;
    if (!this.counter.next() || (this.chance !== null && !this.chance())) return false;
    if (again !== null && frame.isTcp) again.set(segmentKey(frame), this.times);
    return true;
  }

  /** The conditions on the frame itself hold. */
  fits(frame: FrameView): boolean {
    return this.test(frame);
  }
}

function isAgain(again: Map<string, number>, frame: FrameView): boolean {
  if (!frame.isTcp) return false;
  const key = segmentKey(frame);
  const left = again.get(key) ?? 0;
  if (left > 0) again.set(key, left - 1);
  return left > 0;
}

function segmentKey(f: FrameView): string {
  return `${f.srcIp}:${f.srcPort}>${f.dstIp}:${f.dstPort}#${f.tcpSeq}`;
}

function chanceOf(
  context: FaultContext,
  { kind, chance, burst, seed = 0 }: OnFrames<unknown> & { readonly kind: string },
): (() => boolean) | null {
  if (burst !== undefined) return burstOf(context.random(`fault ${kind} ${seed} burst`), burst);
  if (chance === undefined) return null;
  const random = context.random(`fault ${kind} ${seed}`);
  return () => random.chance(chance);
}

/** Source: Gilbert (1960), Elliott (1963), "Estimates of error rates for codes on burst-noise channels" */
function burstOf(random: RandomStream, { enter, leave, bad = 1, good = 0 }: Burst): () => boolean {
  let isBad = false;
  return () => {
    isBad = random.chance(isBad ? 1 - leave : enter);
    return random.chance(isBad ? bad : good);
  };
}
