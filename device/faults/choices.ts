/** Orders that nothing guarantees: wherever something else could as well come first, a plan may let it. */

import type { RandomStream } from '../random.ts';

/** Is asked whenever there is a choice. */
export interface Chooser {
  /** The one whose turn it is lets the next one go first. @param of what there is a choice of */
  swaps(of: 'tasks' | 'events', tUs: number): boolean;
}

/** Chooses at numbered choices, or by chance. */
export class PlannedChooser implements Chooser {
  private readonly of: 'tasks' | 'events' | 'both';
  private readonly isIn: (tUs: number) => boolean;
  private readonly wanted: (choice: number) => boolean;
  /** Choices that have come up. */
  choices = 0;
  swapped = 0;

  constructor(of: 'tasks' | 'events' | 'both', isIn: (tUs: number) => boolean, wanted: (choice: number) => boolean) {
    this.of = of;
    this.isIn = isIn;
    this.wanted = wanted;
  }

  swaps(of: 'tasks' | 'events', tUs: number): boolean {
    if ((this.of !== 'both' && this.of !== of) || !this.isIn(tUs)) return false;
    const swaps = this.wanted(++this.choices);
    if (swaps) this.swapped++;
    return swaps;
  }
}

/** Several choosers: every one is asked, the order changes if one of them wants it. */
export class Choosers implements Chooser {
  private list: readonly Chooser[] = [];

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  add(chooser: Chooser): void {
    this.list = [...this.list, chooser];
  }

  remove(chooser: Chooser): void {
    this.list = this.list.filter((c) => c !== chooser);
  }

  swaps(of: 'tasks' | 'events', tUs: number): boolean {
    let swaps = false;
    for (const chooser of this.list) swaps = chooser.swaps(of, tUs) || swaps;
    return swaps;
  }
}

/** At these choices, or at each with this probability. */
export function choicesOf(swaps: readonly number[] | undefined, chance: number | undefined, random: RandomStream) {
  if (swaps === undefined) return () => random.chance(chance ?? 0.5);
  const wanted = new Set(swaps);
  return (choice: number) => wanted.has(choice);
}
