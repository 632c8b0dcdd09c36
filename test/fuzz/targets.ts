/**
 * What is tried with chance. The tests of test/properties try each of these some times, with a fixed seed; `npm run fuzz`
 * tries them as long as one likes. Both find the same counterexample by the same seed and path.
 */

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { dns_is_under_way } from '../../stack/dns.ts';
import { hostility } from '../support/hostile.ts';
import { checkInvariants, FrameAudit } from '../support/invariants.ts';
import { leavingCapture } from '../support/leave-capture.ts';
import { type RandomTask, randomTasks, startTasks } from '../support/programs.ts';
import { A, type Asked, answer, CNAME, labels, ResolverStage, record } from '../support/resolver.ts';
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

/** A piece of an answer: a changed byte, bytes put in, or everything cut off behind. */
type Damage = { readonly at: number; readonly bytes: Uint8Array; readonly cut: boolean };

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(80),
  bytes: fc.uint8Array({ maxLength: 4 }),
  cut: fc.boolean(),
});

/** A message to one of the questions that are out: made by chance alone, or a good answer with some damage. */
type FalseAnswer = Uint8Array | readonly Damage[];

function falseAnswer(to: Asked, form: FalseAnswer): number[] {
  if (form instanceof Uint8Array) return [to.id >> 8, to.id & 255, ...form];
  const good = answer(to, [record(CNAME, labels('b.example')), record(A, [10, 1, 1, 1])]);
  for (const { at, bytes, cut } of form) {
    good.splice(at, cut ? good.length : bytes.length, ...bytes);
  }
  return good;
}

/** Answers: whatever comes to the port of a question, the resolver ends it in time and keeps nothing. */
export const answers = target({
  name: 'no answer breaks the resolver, whatever it says',
  file: 'test/properties/names.test.ts',
  arbitraries: [
    fc.array(fc.constantFrom('a.example', 'lamp.local', 'x', 'y'.repeat(255)), { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(3), fc.oneof(fc.uint8Array({ maxLength: 90 }), fc.array(damage, { maxLength: 3 }))), {
      maxLength: 8,
    }),
    fc.nat(3),
  ],
  weight: (_names, forms, _type) => forms.length,
  check: async (names, forms, type) => {
    const stage = new ResolverStage(['192.168.1.2', '192.168.1.3']);
    const lookups = names.map((name) => stage.lookup(name, type));
    for (const [index, form] of forms) {
      const to = stage.asked[index % stage.asked.length];
      // IPv6 questions by multicast find no route.
      if (to === undefined) continue;
      stage.send(to, falseAnswer(to, form as FalseAnswer), to.server.startsWith('224.') ? '192.168.1.2' : to.server);
      stage.pass(300);
    }
    // Two families, two servers, 7 s each.
    stage.pass(30_000);
    for (const { result } of lookups) assert.notEqual(result, undefined);
    assert.deepEqual([stage.ports, dns_is_under_way(stage.stack)], [[], false]);
    const { requests, pcbs } = stage.stack.dns!;
    assert.ok(requests.every((request) => request.found === null) && pcbs.every((pcb) => pcb === null));
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
