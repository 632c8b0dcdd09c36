/** A board's memory that runs short when a plan says so. */

import type { MemoryKind } from '../../stack/stack.ts';

export class Scarcity {
  readonly tests: ((of: MemoryKind) => boolean)[];

  constructor(tests: ((of: MemoryKind) => boolean)[] = []) {
    this.tests = tests;
  }

  /** Every test counts, whatever the others say. */
  lacks(of: MemoryKind): boolean {
    let lacks = false;
    for (const test of this.tests) lacks = test(of) || lacks;
    return lacks;
  }
}
