/** How the benchmarks measure: CPU time of the process, alternating rounds, minima and medians; heap after a collection. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How much work is done. Everything that is measured is a quotient, so it should not depend on this. */
export interface Effort {
  /** Measured rounds; one more is run first and not counted, so that the code is compiled. */
  readonly rounds: number;
  /** 1 for a real measurement; a smoke test takes a small fraction. */
  readonly scale: number;
}

/** What the machine needs at least, in nanoseconds for 1440 bytes. */
export interface Floor {
  readonly copyNs: number;
  readonly sumNs: number;
}

/** One line of the report. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly best: number;
  readonly median: number;
  /** The unit's cost in copies of 1440 bytes, if it is CPU time. */
  readonly copies?: number;
  readonly target?: Target;
}

/** Where we want to be; rates are reached from above, costs from below. */
export interface Target {
  readonly value: number;
  readonly isReached: boolean;
}

/** A group of lines. `run` may be called again: nothing is kept between two runs. */
export interface Benchmark {
  readonly name: string;
  /** What is counted, in words. */
  readonly counted: string;
  run(effort: Effort, floor: Floor): Figure[];
}

/** A full-size number, scaled, but at least `min`. */
export function scaled(full: number, effort: Effort, min: number): number {
  return Math.max(min, full * effort.scale);
}

/** User and system time of the whole process in microseconds: collector and compiler threads count too. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Collect all garbage. */
export function collect(): void {
  gc();
  gc();
}

/** Bytes of objects on the heap, and of buffers outside it. */
export function memory(): { readonly heap: number; readonly buffers: number } {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

/**
 * Measure several variants in turn, round after round, so that a slow phase of the machine hits all of them. No collection
 * is forced in between: V8 forgets the shapes of classes without instances then, and all code compiled for them.
 * @param variants each returns the cost of one run
 * @returns costs of the counted rounds, per variant
 */
export function alternate(effort: Effort, variants: readonly (() => number)[]): Samples[] {
  const costs = variants.map((): number[] => []);
  for (let round = 0; round <= effort.rounds; round++) {
    for (const [i, variant] of variants.entries()) {
      const cost = variant();
      if (round > 0) costs[i]!.push(cost);
    }
  }
  return costs.map((values) => new Samples(values));
}

/** Costs of the same work in several rounds: less is better. */
export class Samples {
  private readonly sorted: readonly number[];

  constructor(values: readonly number[]) {
    this.sorted = [...values].sort((a, b) => a - b);
  }

  get best(): number {
    return this.sorted[0]!;
  }

  get median(): number {
    return this.sorted[this.sorted.length >> 1]!;
  }

  /** A line of costs. @param atMost the target, if there is one */
  cost(what: string, unit: string, atMost?: number): Figure {
    const { best, median } = this;
    const target = atMost === undefined ? {} : { target: { value: atMost, isReached: median <= atMost } };
    return { what, unit, best, median, ...target };
  }

  /**
   * A line of rates; the costs are microseconds of CPU time.
   * @param perUs what a cost of one microsecond means in the unit of the rate
   * @param atLeast the target, if there is one
   */
  rate(what: string, unit: string, perUs: number, floor: Floor, atLeast?: number): Figure {
    const best = perUs / this.best;
    const median = perUs / this.median;
    const copies = (this.best * 1000) / floor.copyNs;
    const target = atLeast === undefined ? {} : { target: { value: atLeast, isReached: best >= atLeast } };
    return { what, unit, best, median, copies, ...target };
  }
}
