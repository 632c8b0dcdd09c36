import { describe, expect } from '@jest/globals';
import { property } from '../support/fast-check.ts';
import { checkInvariants, FrameAudit } from '../support/invariants.ts';
import { blow, exchange, STREAM_A, STREAM_B, TALK_US, transfer, weather } from '../support/traffic.ts';
import { pair, pattern, runWatched } from '../support/worlds.ts';

/** Everything is over long before, TIME_WAIT too, and nothing is in flight at this moment. */
const QUIET_US = 2_000_500_000;

const traffic = [weather, transfer, transfer] as const;

describe('a stream arrives as it was sent', () => {
  property('whatever the wire does, in both directions at once', 60, [...traffic], (w, fromA, fromB) => {
    const p = pair({ seed: w.seed, lan: { latencyUs: 2000 } });
    const audit = new FrameAudit(p.world);
    blow(p, w, TALK_US);
    const [atA, atB] = exchange(p, fromA, fromB);
    p.world.runSync({ until: QUIET_US, stopWhenIdle: false });
    expect(Buffer.compare(atA.value, pattern(fromB.bytes, STREAM_B))).toBe(0);
    expect(Buffer.compare(atB.value, pattern(fromA.bytes, STREAM_A))).toBe(0);
    expect(audit.count).toBe(0);
  });

  property('and every invariant holds after every event', 20, [...traffic], async (w, fromA, fromB) => {
    const p = pair({ seed: w.seed, lan: { latencyUs: 2000 } });
    blow(p, w, TALK_US);
    const [atA, atB] = exchange(p, fromA, fromB);
    await runWatched(p.world, 400e6, checkInvariants);
    expect([atA.isThere, atB.isThere]).toEqual([true, true]);
  });
});
