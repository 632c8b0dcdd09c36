import { describe, expect, jest, test } from '@jest/globals';
import { AF_INET, SOCK_DGRAM, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import { RestingTasks } from '../../device/resting.ts';
import { fc, property } from '../support/fast-check.ts';

const PORT = 4000;
/** Long enough for entries of the ARP table to grow old (five minutes), and for announcements (every one). */
const UNTIL_US = 700_000_000;

interface Sending {
  readonly from: number;
  readonly to: number;
  /** After the sender's last one. */
  readonly pauseMs: number;
  readonly isStream: boolean;
}

interface Case {
  readonly bootMs: readonly number[];
  readonly sendings: readonly Sending[];
}

interface Course {
  readonly frames: readonly string[];
  readonly outcome: string;
  readonly nowUs: number;
}

/** Idle boards that now and then send something. @param mayRest false: every timer of every board runs */
function courseOf({ bootMs, sendings }: Case, mayRest: boolean): Course {
  const world = new World();
  const frames: string[] = [];
  world.record({ keep: false }).onFrame(({ tUs, from, bytes }) => {
    frames.push(`${tUs} ${from} ${Buffer.from(bytes).toString('hex')}`);
  });
  const lan = world.lan();
  const boards = bootMs.map((ms, i) => world.esp32(`b${i}`, { lan, ip: `10.0.0.${i + 1}/24`, bootUs: ms * 1000 }));
  for (const [i, board] of boards.entries()) {
    if (!mayRest) board.sys.rest = () => false;
    board.xTaskCreate(function* (os) {
      // Opened before the stack rests, so that a datagram is the first thing that it hears of.
      const udp = yield* os.socket(AF_INET, SOCK_DGRAM);
      for (const { to, pauseMs, isStream } of sendings.filter(({ from }) => from === i)) {
        yield* os.delayMs(pauseMs);
        const address = sockaddr_in(`10.0.0.${to + 1}`, PORT);
        if (isStream) {
          const s = yield* os.socket(AF_INET, SOCK_STREAM);
          yield* os.connect(s, address);
          yield* os.close(s);
        } else yield* os.sendto(udp, 'x', 1, 0, address);
      }
    }, 'main');
  }
  const { outcome, nowUs } = world.runSync({ until: UNTIL_US, stopWhenIdle: sendings.length % 2 === 0 });
  return { frames, outcome, nowUs };
}

/** Many of them at whole seconds, where housekeeping and programs meet. */
const ms = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map((s) => s * 1000),
  fc.integer({ min: 0, max: 40_000 }).map((ticks) => ticks * 10),
);
const cases: fc.Arbitrary<Case> = fc.integer({ min: 2, max: 4 }).chain((count) =>
  fc.record({
    bootMs: fc.array(fc.oneof(fc.constantFrom(0, 1000, 2000), fc.integer({ min: 0, max: 300 })), {
      minLength: count,
      maxLength: count,
    }),
    sendings: fc.array(
      fc.record({
        from: fc.integer({ min: 0, max: count - 1 }),
        to: fc.integer({ min: 0, max: count - 1 }),
        pauseMs: ms,
        isStream: fc.boolean(),
      }),
      { maxLength: 8 },
    ),
  }),
);

describe('a stack that rests', () => {
  property('does what it would have done awake', 60, [cases], (c) => {
    expect(courseOf(c, true)).toEqual(courseOf(c, false));
  });

  test('rests: an idle second is no run of a task', () => {
    const fire = jest.spyOn(RestingTasks.prototype, 'fire');
    const world = new World();
    const lan = world.lan();
    for (let i = 1; i <= 3; i++) world.esp32(`b${i}`, { lan, ip: `10.0.0.${i}/24` });
    world.runSync({ until: 2_500_000, stopWhenIdle: false });
    const run = jest.spyOn(world.scheduler, 'run');
    world.runSync({ until: 50_500_000, stopWhenIdle: false });
    expect(run).not.toHaveBeenCalled();
    expect(fire.mock.calls.length).toBeGreaterThan(3 * 45);
    // The announcement of every minute is not slept through.
    world.runSync({ until: 60_500_000, stopWhenIdle: false });
    expect(run).toHaveBeenCalled();
  });
});
