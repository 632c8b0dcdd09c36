/**
 * What is tried with chance. The tests of test/properties try each of these some times, with a fixed seed; `npm run fuzz`
 * tries them as long as one likes. Both find the same counterexample by the same seed and path.
 */

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { hostility } from '../support/hostile.ts';
import { checkInvariants, FrameAudit } from '../support/invariants.ts';
import { leavingCapture } from '../support/leave-capture.ts';
import { type RandomTask, randomTasks, startTasks } from '../support/programs.ts';
import { APPS, Bench, STATES } from '../support/states.ts';
import { blow, exchange, STREAM_A, STREAM_B, TALK_US, transfer, type Weather, weather } from '../support/traffic.ts';
import { type Pair, pair, pattern, runWatched } from '../support/worlds.ts';

/** A property, its name as a test, and what one try of it counts as in a long run. */
export interface Target<T extends unknown[]> {
  readonly name: string;
  readonly file: string;
  readonly arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> };
  readonly check: (...values: NoInfer<T>) => Promise<void>;
  readonly weight: (...values: NoInfer<T>) => number;
}

function target<T extends unknown[]>(t: Target<T>): Target<T> {
  return t;
}

/** Frames: whatever arrives in whatever TCP state, nothing throws and every invariant holds. */
export const frames = target({
  name: 'no frame breaks a board, whatever arrives in whatever state',
  file: 'test/properties/frames.test.ts',
  arbitraries: [fc.constantFrom(...STATES), fc.constantFrom(...APPS), fc.constantFrom('default', 'alt'), hostility],
  weight: (_state, _app, _config, deeds) => deeds.length,
  check: async (state, app, config, deeds) => {
    const bench = new Bench(state, app, config === 'alt');
    await leavingCapture(
      'frames',
      () => bench.wire,
      () => {
        assert.equal(bench.state, state);
        for (const deed of deeds) {
          deed(bench);
          checkInvariants(bench.world);
        }
      },
    );
  },
});

/** What differs from world to world. */
interface Setting {
  readonly weather: Weather | null;
  readonly tickUs: number;
  readonly hazards: 'stop' | 'continue';
  readonly alt: boolean;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  weather: fc.option(weather),
  tickUs: fc.constantFrom(1000, 10_000),
  hazards: fc.constantFrom('stop', 'continue'),
  alt: fc.boolean(),
});

const CALLS_END_US = 40_000_000;

function worldOfCalls(s: Setting, tasks: readonly RandomTask[]): Pair {
  const on = s.alt ? 1 : 0;
  const opt = { LWIP_SO_LINGER: on, LWIP_SO_RCVBUF: on, IP_REASSEMBLY: on };
  const p = pair({ tickUs: s.tickUs, hazards: s.hazards, board: { opt } });
  if (s.weather !== null) blow(p, s.weather);
  startTasks(p, tasks);
  return p;
}

/** Calls: whatever several tasks do, nothing throws, every invariant holds after every event, and it happens again. */
export const calls = target({
  name: 'no sequence of calls breaks a board, whatever several tasks do',
  file: 'test/properties/calls.test.ts',
  arbitraries: [setting, randomTasks],
  weight: (_setting, tasks) => tasks.reduce((n, t) => n + t.calls.length, 0),
  check: async (s, tasks) => {
    const first = worldOfCalls(s, tasks);
    await leavingCapture(
      'calls',
      () => first.trace.frames,
      async () => {
        await runWatched(first.world, CALLS_END_US, checkInvariants);
        const second = worldOfCalls(s, tasks);
        second.world.runSync({ until: CALLS_END_US, stopWhenIdle: false });
        assert.deepEqual(second.trace, first.trace);
      },
    );
  },
});

/** Everything is over long before, TIME_WAIT too, and nothing is in flight at this moment. */
const QUIET_US = 2_000_500_000;

/** Streams: bytes out are bytes in, in both directions at once, and in the end no frame is held by anybody. */
export const streams = target({
  name: 'a stream arrives as it was sent, whatever the wire does',
  file: 'test/properties/stream.test.ts',
  arbitraries: [weather, transfer, transfer],
  weight: () => 1,
  check: async (w, fromA, fromB) => {
    const p = pair({ seed: w.seed, lan: { latencyUs: 2000 } });
    await leavingCapture(
      'streams',
      () => p.trace.frames,
      () => {
        const audit = new FrameAudit(p.world);
        blow(p, w, TALK_US);
        const [atA, atB] = exchange(p, fromA, fromB);
        p.world.runSync({ until: QUIET_US, stopWhenIdle: false });
        assert.equal(Buffer.compare(atA.value, pattern(fromB.bytes, STREAM_B)), 0);
        assert.equal(Buffer.compare(atB.value, pattern(fromA.bytes, STREAM_A)), 0);
        assert.equal(audit.count, 0);
      },
    );
  },
});
