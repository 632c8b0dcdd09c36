import { describe, expect, test } from '@jest/globals';
import { calls } from '../fuzz/targets.ts';
import { property } from '../support/fast-check.ts';
import { FrameAudit } from '../support/invariants.ts';
import { acceptOne, B_IP, connectTo, listenOn, pair, pattern, recvAll, sendAll, start } from '../support/worlds.ts';

property(calls.name, 60, calls.arbitraries, calls.check);

describe('a board does not grow', () => {
  /** Sizes of everything that could grow. */
  function sizes(p: ReturnType<typeof pair>): Record<string, number> {
    const { stack, sockets } = p.a;
    const inner = <T>(object: object, field: string) => (object as Record<string, T>)[field]!;
    return {
      events: inner<unknown[]>(p.world.events, 'sources').length,
      buckets: inner<unknown[]>(stack.tcp_index, 'buckets').length,
      ports: inner<{ counts: Map<number, number> }>(stack.tcp_index, 'ports').counts.size,
      connections: inner<number>(stack.tcp_index, 'count'),
      sockets: sockets.openSockets().length,
      arp: stack.arp_table.length,
    };
  }

  test('by connections that come and go', () => {
    const p = pair();
    const audit = new FrameAudit(p.world);
    start(p.b, function* (os) {
      const l = yield* listenOn(os, 80, 5);
      for (;;) {
        const s = yield* os.accept(l);
        yield* recvAll(os, s);
        yield* os.close(s);
      }
    });
    start(p.a, { startUs: 20_000 }, function* (os) {
      for (let i = 0; ; i++) {
        const s = yield* connectTo(os, B_IP, 80);
        yield* sendAll(os, s, pattern(3000, i));
        yield* os.close(s);
        yield* os.delayMs(1000);
      }
    });
    p.world.runSync({ until: 300_500_000 });
    const after300 = { ...sizes(p), frames: audit.count };
    p.world.runSync({ until: 900_500_000 });
    expect({ ...sizes(p), frames: audit.count }).toEqual(after300);
  });

  test('by tasks that come and go', () => {
    const { world, a, b } = pair();
    start(b, (os) => acceptOne(os, 80));
    let ended = 0;
    start(a, function* (os) {
      for (let i = 0; i < 1000; i++) {
        yield* os.xTaskCreate(function* (child) {
          yield* child.delayMs(10);
          ended++;
        }, `task${i}`);
        yield* os.delayMs(20);
      }
    });
    world.runSync({ until: 60_000_000 });
    expect(ended).toBe(1000);
    expect(a.tasks.length).toBeLessThan(20);
  });
});
