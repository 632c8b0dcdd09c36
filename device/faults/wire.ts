/** Misfortunes of a wire: rules that look at every frame as it is sent and decide its fate. */

import type { RandomStream } from '../random.ts';

/** What becomes of one frame. */
export interface Fate {
  /** Never arrives. */
  lost: boolean;
  /** Arrives so much later, in microseconds. */
  delayUs: number;
  /** Copies that follow the frame, and the microseconds between them. */
  copies: number;
  copyGapUs: number;
  /** Bytes to change: offset in the frame, and what to XOR with. */
  readonly corruptions: { readonly offset: number; readonly xor: number }[];
  /** What the trace says about it: drop, delay, dup, corrupt, outage, nocable, or the kind of a planned fault. */
  readonly labels: string[];
  /** What arrives instead of the frame, with checksums as they stand. */
  bytes: Uint8Array | null;
  /** Arrives behind so many later frames of its sender, at the latest `withinUs` later. */
  behind: number;
  withinUs: number;
  /** The one board that does not get it; '' if there is none. */
  notTo: string;
  /** What follows once the frame is on its way. */
  afterwards: (() => void) | null;
}

/** A frame at the moment of sending, as a rule sees it. */
export interface SentFrame {
  /** Name of the sending board. */
  readonly from: string;
  /** Which of the sender's frames this is, from 0. */
  readonly index: number;
  /** Virtual time in microseconds. */
  readonly tUs: number;
  /** From the destination address on, checksums filled in. Computed when first looked at. */
  readonly bytes: Uint8Array;
}

/** A rule changes the fate of the frames that concern it; it returns true for those. */
export type FaultRule = (frame: SentFrame, fate: Fate) => boolean;

/** A rule that was added, with what it has done. */
export interface Fault {
  /** The rule has concerned at least one frame. */
  readonly matched: boolean;
  /** Take the rule away. */
  remove(): void;
}

/** One misfortune of one frame, by number. */
export interface FrameFault {
  readonly from: string;
  /** Index among the sender's frames, from 0. */
  readonly frame: number;
  readonly action: 'drop' | 'delay' | 'dup' | 'corrupt';
  /** delay: how much later; dup: between the copies. Microseconds. */
  readonly us?: number;
  /** dup: how many copies. */
  readonly times?: number;
  /** corrupt: which byte, and what to XOR it with. */
  readonly offset?: number;
  readonly xor?: number;
}

/** A time in which nothing gets through. */
export interface Outage {
  readonly t0Us: number;
  /** First microsecond after it. */
  readonly t1Us: number;
  /** Only frames of this board are lost. */
  readonly from?: string;
}

/** The rules of one wire, all asked, in the order in which they were added. */
export class Faults {
  private rules: { readonly rule: FaultRule; matched: boolean }[] = [];

  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  /** Add a rule; it holds from the next frame on. */
  addRule(rule: FaultRule): Fault {
    const entry = { rule, matched: false };
    this.rules = [...this.rules, entry];
    return {
      get matched() {
        return entry.matched;
      },
      remove: () => {
        this.rules = this.rules.filter((e) => e !== entry);
      },
    };
  }

  /** Do something to one frame of one board. */
  add(fault: FrameFault): Fault {
    return this.addRule((frame, fate) => {
      if (frame.index !== fault.frame || frame.from !== fault.from) return false;
      inflict(fault, fate);
      return true;
    });
  }

  /** Lose all frames that are sent in [t0Us, t1Us). */
  outage({ t0Us, t1Us, from }: Outage): Fault {
    return this.addRule((frame, fate) => {
      if (frame.tUs < t0Us || frame.tUs >= t1Us || (from !== undefined && frame.from !== from)) return false;
      lose(fate, 'outage');
      return true;
    });
  }

  /** Lose each frame with this probability. @param random where chance comes from: world.random('loss') */
  loss(probability: number, random: RandomStream): Fault {
    if (!(probability >= 0 && probability <= 1)) {
      throw new RangeError(`A probability of loss is a number from 0 to 1, not ${probability}.`);
    }
    return this.addRule((_frame, fate) => {
      if (!random.chance(probability)) return false;
      lose(fate, 'drop');
      return true;
    });
  }

  /** The fate of a frame. */
  judge(frame: SentFrame): Fate {
    const fate = makeFate();
    for (const entry of this.rules) {
      if (entry.rule(frame, fate)) entry.matched = true;
    }
    return fate;
  }
}

/** Nothing happens to the frame. */
function makeFate(): Fate {
  return {
    lost: false,
    delayUs: 0,
    copies: 0,
    copyGapUs: 0,
    corruptions: [],
    labels: [],
    bytes: null,
    behind: 0,
    withinUs: 0,
    notTo: '',
    afterwards: null,
  };
}

/** Lose a frame for this reason. */
export function lose(fate: Fate, label: string): void {
  fate.lost = true;
  fate.labels.push(label);
}

function inflict(fault: FrameFault, fate: Fate): void {
  switch (fault.action) {
    case 'drop':
      fate.lost = true;
      break;
    case 'delay':
      fate.delayUs += fault.us ?? 0;
      break;
    case 'dup':
      fate.copies += fault.times ?? 1;
      fate.copyGapUs = fault.us ?? 0;
      break;
    case 'corrupt':
      fate.corruptions.push({ offset: fault.offset ?? 0, xor: fault.xor ?? 0xff });
      break;
  }
  fate.labels.push(fault.action);
}
