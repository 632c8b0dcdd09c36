import { describe, expect } from '@jest/globals';
import { AF_INET, SO_RCVTIMEO, SOCK_DGRAM, SOL_SOCKET, sockaddr_in } from '../../device/index.ts';
import { fc, property } from '../support/fast-check.ts';
import { checkInvariants, FrameAudit } from '../support/invariants.ts';
import { blow, type Weather, weather } from '../support/traffic.ts';
import { B_IP, type PairOptions, pair, pattern, type Result, start } from '../support/worlds.ts';

const PORT = 4000;
/** No datagram begins to be sent before, so that ARP is out of the way of the weather. */
const START_US = 100_000;

interface Outcome {
  readonly sent: readonly string[];
  readonly received: Result<string[]>;
}

/** Board a sends datagrams of these sizes, each with contents of its own; board b notes what comes, until nothing comes. */
function talk(options: PairOptions, w: Weather, sizes: readonly number[], look = false): Outcome {
  const p = pair(options);
  const audit = new FrameAudit(p.world);
  blow(p, w, START_US);
  const datagrams = sizes.map((size, i) => pattern(size, i));
  const received = start(p.b, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', PORT));
    yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 10, tv_usec: 0 });
    const seen: string[] = [];
    for (const buffer = new Uint8Array(10_000); ; ) {
      const n = yield* os.recv(s, buffer);
      if (n < 0) return seen;
      seen.push(Buffer.from(buffer.subarray(0, n)).toString('hex'));
    }
  });
  start(p.a, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.sendto(s, '', 0, 0, sockaddr_in(B_IP, 9));
    yield* os.delayMs(START_US / 1000);
    for (const bytes of datagrams) {
      yield* os.sendto(s, bytes, bytes.length, 0, sockaddr_in(B_IP, PORT));
      yield* os.delayMs(10);
    }
  });
  if (look) p.world.events.peek = looking(p.world.events.peek.bind(p.world.events), () => checkInvariants(p.world));
  p.world.runSync({ until: 40_500_000, stopWhenIdle: false });
  expect(audit.count).toBe(0);
  return { sent: datagrams.map((d) => Buffer.from(d).toString('hex')), received };
}

/** Checks the world before every event. */
function looking<T>(peek: () => T, check: () => void): () => T {
  let isChecking = false;
  return () => {
    if (!isChecking) {
      isChecking = true;
      check();
      isChecking = false;
    }
    return peek();
  };
}

const calm = { dupPermille: 0, corruptPermille: 0 };
/** Fragments of one datagram and of its copies may meet: a third of them lost leaves enough to put together wrongly. */
const fragments = fc.array(fc.integer({ min: 1, max: 6000 }), { maxLength: 25 });
const small = fc.array(fc.integer({ min: 0, max: 1472 }), { maxLength: 40 });

describe('a datagram that arrives was sent', () => {
  property('as a whole, and no more often than the wire has copied it', 60, [weather, small], (w, sizes) => {
    const { sent, received } = talk({}, { ...w, corruptPermille: 0 }, sizes);
    for (const datagram of received.value) expect(sent).toContain(datagram);
    const counts = new Map<string, number>();
    for (const datagram of received.value) counts.set(datagram, (counts.get(datagram) ?? 0) + 1);
    for (const [datagram, count] of counts) {
      const times = sent.filter((x) => x === datagram).length;
      expect(count).toBeLessThanOrEqual(times * 4);
    }
  });

  property('if the wire is good: all of them, in order', 30, [weather, small], (w, sizes) => {
    const { sent, received } = talk({}, { ...w, ...calm, lossPermille: 0, delayPermille: 0 }, sizes);
    expect(received.value).toEqual(sent);
  });

  property('if its checksum is looked at, even from a wire that corrupts', 60, [weather, small], (w, sizes) => {
    const opt = { CHECKSUM_CHECK_UDP: 1, CHECKSUM_CHECK_IP: 1 };
    const { sent, received } = talk({ board: { opt } }, { ...w, corruptPermille: 300 }, sizes);
    for (const datagram of received.value) expect(sent).toContain(datagram);
  });

  property('put together from fragments that come late, twice or never', 60, [weather, fragments], (w, sizes) => {
    const { sent, received } = talk(
      { board: { opt: { IP_REASSEMBLY: 1 } } },
      { ...w, corruptPermille: 0 },
      sizes,
      true,
    );
    for (const datagram of received.value) expect(sent).toContain(datagram);
    if (w.lossPermille === 0 && w.dupPermille === 0 && w.delayPermille === 0) expect(received.value).toEqual(sent);
  });
});
