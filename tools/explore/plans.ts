/**
 * The plans of a search, numbered once and for all: 0 is the plain run, then every place alone, then pairs of places, then
 * larger plans by chance. A plan follows from its number and the plain run alone, so searches can be split by arithmetic.
 */

import type { FaultPlan } from '../../device/faults/plan.ts';
import { namedStream } from '../../device/random.ts';
import type { Place } from './places.ts';

export class Plans {
  readonly #places: readonly Place[];
  readonly #most: number;
  readonly #seed: number;
  /** Pairs of places whose indices have a sum below that of the entry, in front of it. */
  readonly #pairsBefore: number[] = [0];

  /** @param most faults in a plan, 1 or more */
  constructor(places: readonly Place[], most: number, seed: number) {
    this.#places = places;
    this.#most = most;
    this.#seed = seed;
    const count = places.length;
    for (let sum = 0; sum <= 2 * count - 3; sum++) {
      this.#pairsBefore.push(this.#pairsBefore[sum]! + pairsOfSum(sum, count));
    }
  }

  get singles(): number {
    return this.#places.length;
  }

  get pairs(): number {
    return this.#most < 2 ? 0 : this.#pairsBefore.at(-1)!;
  }

  /** Plans there are before those by chance; the end if chance could only repeat them. */
  get systematic(): number {
    return 1 + this.singles + this.pairs;
  }

  get isEndless(): boolean {
    return this.#most > 2 && this.#places.length > 2;
  }

  /** The places of a plan, ascending; undefined beyond the last plan. */
  placesOf(number: number): readonly number[] | undefined {
    if (number === 0) return [];
    if (number <= this.singles) return [number - 1];
    if (number < this.systematic) return this.#pair(number - 1 - this.singles);
    return this.isEndless ? this.#byChance(number) : undefined;
  }

  planOf(places: readonly number[]): FaultPlan {
    return places.flatMap((index) => this.#places[index]!.plan);
  }

  /** Pairs of the first places come first: those of (0,1), (0,2), (1,2) and (0,3), ... */
  #pair(index: number): readonly [number, number] {
    let low = 0;
    let high = this.#pairsBefore.length - 1;
    while (high - low > 1) {
      const mid = (low + high) >> 1;
      if (this.#pairsBefore[mid]! <= index) low = mid;
      else high = mid;
    }
    const first = Math.max(0, low - (this.#places.length - 1)) + (index - this.#pairsBefore[low]!);
    return [first, low - first];
  }

  #byChance(number: number): readonly number[] {
    const random = namedStream(this.#seed, `plan ${number}`);
    const size = Math.min(3 + random.below(this.#most - 2), this.#places.length);
    const chosen = new Set<number>();
    while (chosen.size < size) chosen.add(random.below(this.#places.length));
    return [...chosen].sort((a, b) => a - b);
  }
}

/** Pairs i < j below `count` with i + j = sum. */
function pairsOfSum(sum: number, count: number): number {
  const least = Math.max(0, sum - (count - 1));
  return Math.max(0, Math.floor((sum - 1) / 2) - least + 1);
}
