/** Drawing from a stream of chance. */

import type { RandomStream } from '../../device/random.ts';

export class Draw {
  private readonly random: RandomStream;

  constructor(random: RandomStream) {
    this.random = random;
  }

  /** A whole number from min to max, both included. */
  between(min: number, max: number): number {
    return min + this.random.below(max - min + 1);
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.random.below(100) < share;
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.random.below(values.length)]!;
  }

  /** A size: often one of those at which something changes, else anything up to a limit. */
  size(special: readonly number[], max: number): number {
    return this.percent(60) ? this.pick(special) : this.between(1, max);
  }

  /** A list of so many values. */
  list<T>(min: number, max: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.between(min, max) }, (_, i) => make(i));
  }

  /** The value in so many of a hundred cases, as a list to be spread. */
  maybe<T>(share: number, make: () => T): T[] {
    return this.percent(share) ? [make()] : [];
  }
}
