/** How the benchmarks measure: CPU time in alternating rounds, minima and medians, relative to the machine's floor. */

import { type Floor, measureFloor } from './floor.ts';

/** How much work is done. Everything that is measured is a quotient, so it should not depend on this. */
export interface Effort {
  /** Measured rounds; one more is run first and not counted, so that the code is compiled. */
  readonly rounds: number;
  /** 1 for a real measurement; a smoke test takes a small fraction. */
  readonly scale: number;
}

/** A line of the report. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  /** Of all rounds; left out where noise goes both ways. */
  readonly best?: number;
  readonly median: number;
  /** CPU time of the counted thing in floors, the median of all rounds. A floor is the time to copy and sum 1440 bytes. */
  readonly floors?: number;
  readonly target?: Target;
}

/** A target is a cost: so many floors, or so much of the unit if there are none. */
export interface Target {
  readonly atMost: number;
  readonly isReached: boolean;
}

/** A group of lines. */
export interface Benchmark {
  readonly name: string;
  /** What is counted, in words. */
  readonly counted: string;
  run(effort: Effort): Figure[] | Promise<Figure[]>;
}

/** A full-size number, scaled, but at least `min`. */
export function scaled(full: number, effort: Effort, min: number): number {
  return Math.max(min, full * effort.scale);
}

/** What a cost of so many microseconds is in floors on the machine for which the targets were set: 0.14 us to copy, 0.2 us to sum. */
export function targetFloors(us: number): number {
  return us / 0.34;
}

/**
 * Measure several variants in turn, round after round, so that a slow phase of the machine hits all of them, each with the
 * floor of that moment. No collection is forced in between: V8 forgets the shapes of classes without instances then, and
 * all code compiled for them.
 * @param variants each returns the cost of one run in microseconds
 * @returns costs of the counted rounds, per variant
 */
export function alternate(effort: Effort, variants: readonly (() => number)[]): Times[] {
  const times = variants.map(() => new Times());
  for (let round = 0; round <= effort.rounds; round++) {
    for (const [i, variant] of variants.entries()) {
      const floor = measureFloor();
      const us = variant();
      if (round > 0) times[i]!.add(us, floor);
    }
  }
  return times;
}

/** CPU times of the same work in several rounds. */
export class Times {
  private readonly us: number[] = [];
  private readonly floors: number[] = [];

  add(us: number, { copyNs, sumNs }: Floor): void {
    this.us.push(us);
    this.floors.push((us * 1000) / (copyNs + sumNs));
  }

  /** How many times cheaper this is than another work, round by round, the median. */
  ratioTo(other: Times): number {
    return median(this.us.map((us, i) => other.us[i]! / us));
  }

  get median(): number {
    return median(this.us);
  }

  /** A line of costs. @param factor so much of the work is one unit  @param atMost the target in floors */
  cost(what: string, unit: string, factor = 1, atMost?: number): Figure {
    const floors = median(this.floors) * factor;
    return {
      what,
      unit,
      best: Math.min(...this.us) * factor,
      median: median(this.us) * factor,
      floors,
      ...target(floors, atMost),
    };
  }

  /** A line of rates. @param perUs the rate in its unit if the work costs one microsecond  @param atMost the target in floors */
  rate(what: string, unit: string, perUs: number, atMost?: number): Figure {
    const floors = median(this.floors);
    return {
      what,
      unit,
      best: perUs / Math.min(...this.us),
      median: perUs / median(this.us),
      floors,
      ...target(floors, atMost),
    };
  }
}

/** A line of sizes. @param atMost the target, if there is one */
export function sizes(what: string, values: readonly number[], atMost?: number): Figure {
  const middle = median(values);
  return { what, unit: 'bytes', median: middle, ...target(middle, atMost) };
}

function target(value: number, atMost: number | undefined): { target?: Target } {
  return atMost === undefined ? {} : { target: { atMost, isReached: value <= atMost } };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
