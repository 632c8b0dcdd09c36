import { describe, expect } from '@jest/globals';
import { type Fate, type Os, type World } from '../../device/index.ts';
import { ETHTYPE_IP } from '../../stack/prot/ethernet.ts';
import { fc, property } from '../support/fast-check.ts';
import { checkInvariants, FrameAudit } from '../support/invariants.ts';
import {
  acceptOne,
  B_IP,
  connectTo,
  type Pair,
  pair,
  pattern,
  type Result,
  recvAll,
  runWatched,
  type Steps,
  start,
} from '../support/worlds.ts';

/** How a wire maltreats frames: the share of frames in per mille, and how much. */
interface Weather {
  readonly seed: number;
  readonly lossPermille: number;
  readonly dupPermille: number;
  readonly delayPermille: number;
  readonly delayMaxUs: number;
  readonly corruptPermille: number;
}

const weather: fc.Arbitrary<Weather> = fc.record({
  seed: fc.integer({ min: 1, max: 0xffff }),
  lossPermille: fc.integer({ min: 0, max: 150 }),
  dupPermille: fc.integer({ min: 0, max: 200 }),
  delayPermille: fc.integer({ min: 0, max: 300 }),
  delayMaxUs: fc.integer({ min: 1, max: 100_000 }),
  corruptPermille: fc.integer({ min: 0, max: 50 }),
});

/** ARP has no checksum, so a corrupted answer would send everything to nobody for five minutes; it is left in peace. */
function blow({ world, lan }: Pair, w: Weather): void {
  const random = world.random('weather');
  const happens = (permille: number) => random.below(1000) < permille;
  lan.faults.addRule(({ bytes }, fate: Fate) => {
    fate.lost = happens(w.lossPermille);
    fate.copies = happens(w.dupPermille) ? 1 + random.below(3) : 0;
    fate.copyGapUs = random.below(w.delayMaxUs);
    fate.delayUs = happens(w.delayPermille) ? random.below(w.delayMaxUs) : 0;
    const isIp = bytes[12]! * 256 + bytes[13]! === ETHTYPE_IP;
    if (happens(w.corruptPermille) && isIp) {
      fate.corruptions.push({ offset: random.below(bytes.length), xor: 1 + random.below(255) });
    }
    return true;
  });
}

interface Transfer {
  readonly bytes: number;
  readonly sendChunk: number;
  readonly recvChunk: number;
  readonly pauseMs: number;
}

const chunk = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 8000 }));

const transfer: fc.Arbitrary<Transfer> = fc
  .record({
    sends: fc.integer({ min: 0, max: 60 }),
    sendChunk: chunk,
    recvChunk: chunk,
    pauseMs: fc.constantFrom(0, 0, 10, 300),
  })
  .map(({ sends, ...rest }) => ({ ...rest, bytes: Math.min(sends * rest.sendChunk, 30_000) }));

/** One side: a task that sends, and this one, which receives and then closes. */
function* bothWays(os: Os, s: number, out: Transfer, incoming: Transfer, stream: number): Steps<Uint8Array> {
  let isSent = false;
  yield* os.xTaskCreate(function* (sender) {
    const bytes = pattern(out.bytes, stream);
    for (let at = 0; at < bytes.length; ) {
      const n = yield* sender.send(s, bytes.subarray(at, at + out.sendChunk));
      if (n < 0) throw new Error(`send() failed with ${sender.errno} after ${at} bytes.`);
      at += n;
      yield* sender.delayMs(out.pauseMs / 10);
    }
    isSent = true;
  }, 'sender');
  const received = yield* recvAll(os, s, incoming.bytes, incoming.recvChunk);
  while (!isSent) yield* os.delayMs(100);
  yield* os.close(s);
  return received;
}

function exchange(p: Pair, ab: Transfer, ba: Transfer): readonly [Result<Uint8Array>, Result<Uint8Array>] {
  const atB = start(p.b, function* (os) {
    return yield* bothWays(os, yield* acceptOne(os, 5000), ba, ab, 7);
  });
  const atA = start(p.a, function* (os) {
    return yield* bothWays(os, yield* connectTo(os, B_IP, 5000), ab, ba, 3);
  }, { startUs: 20_000 });
  return [atA, atB];
}

/** Everything is over long before, TIME_WAIT too, and nothing is in flight at this moment. */
const QUIET_US = 2_000_500_000;

describe('a stream arrives as it was sent', () => {
  property('whatever the wire does, in both directions at once', 60, [weather, transfer, transfer], (w, ab, ba) => {
    const p = pair({ seed: w.seed, lan: { latencyUs: 2000 } });
    const audit = new FrameAudit(p.world);
    blow(p, w);
    const [atA, atB] = exchange(p, ab, ba);
    p.world.runSync({ until: QUIET_US, stopWhenIdle: false });
    expect(Buffer.compare(atA.value, pattern(ba.bytes, 7))).toBe(0);
    expect(Buffer.compare(atB.value, pattern(ab.bytes, 3))).toBe(0);
    expect(audit.count).toBe(0);
  });

  property('and every invariant holds after every event', 20, [weather, transfer, transfer], async (w, ab, ba) => {
    const p = pair({ seed: w.seed, lan: { latencyUs: 2000 } });
    blow(p, w);
    const [atA, atB] = exchange(p, ab, ba);
    await runWatched(p.world, 400e6, (world: World) => checkInvariants(world));
    expect([atA.isThere, atB.isThere]).toEqual([true, true]);
  });
});
