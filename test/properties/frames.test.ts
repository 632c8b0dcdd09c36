import { describe, expect } from '@jest/globals';
import { fc, property } from '../support/fast-check.ts';
import { hostility } from '../support/hostile.ts';
import { checkInvariants } from '../support/invariants.ts';
import { Bench, STATES } from '../support/states.ts';

describe('no frame breaks a board', () => {
  property('whatever arrives in whatever state', 1500, [fc.constantFrom(...STATES), hostility], (state, deeds) => {
    const bench = new Bench(state);
    expect(bench.state).toBe(state);
    for (const deed of deeds) {
      deed(bench);
      checkInvariants(bench.world);
    }
  });
});
