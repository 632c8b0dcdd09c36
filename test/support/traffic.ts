/** What goes over a wire in property tests: transfers of random shape, and wires that maltreat them at random. */

import * as fc from 'fast-check';
import { IPPROTO_TCP, type Os, TCP_NODELAY } from '../../device/index.ts';
import { ETHTYPE_IP } from '../../stack/prot/ethernet.ts';
import { acceptOne, B_IP, connectTo, type Pair, pattern, type Result, recvAll, type Steps, start } from './worlds.ts';

/** How a wire maltreats frames: the share of frames in per mille, and how much. */
export interface Weather {
  readonly seed: number;
  readonly lossPermille: number;
  readonly dupPermille: number;
  readonly delayPermille: number;
  readonly delayMaxUs: number;
  readonly corruptPermille: number;
}

export const weather: fc.Arbitrary<Weather> = fc.record({
  seed: fc.integer({ min: 1, max: 0xffff }),
  lossPermille: fc.integer({ min: 0, max: 150 }),
  dupPermille: fc.integer({ min: 0, max: 200 }),
  delayPermille: fc.integer({ min: 0, max: 300 }),
  delayMaxUs: fc.integer({ min: 1, max: 100_000 }),
  corruptPermille: fc.integer({ min: 0, max: 50 }),
});

/** Length of a frame that carries a TCP header and nothing else. */
const BARE_ACK = 54;

/**
 * Have the wire do so, from a certain time on. ARP has no checksum, so that one corrupted answer would send everything to
 * nobody for five minutes: only IP packets are corrupted. Two ends that both miss the first segment of a full window
 * answer each other's bare ACKs without end, as RFC 9293 3.10.7.4 asks: these are not doubled, or they would fill the world.
 */
export function blow({ world, lan }: Pair, w: Weather, fromUs = 0): void {
  const random = world.random('weather');
  const happens = (permille: number) => random.below(1000) < permille;
  lan.faults.addRule(({ tUs, bytes }, fate) => {
    if (tUs < fromUs) return false;
    fate.lost = happens(w.lossPermille);
    fate.copies = bytes.length > BARE_ACK && happens(w.dupPermille) ? 1 + random.below(3) : 0;
    fate.copyGapUs = random.below(w.delayMaxUs);
    fate.delayUs = happens(w.delayPermille) ? random.below(w.delayMaxUs) : 0;
    const isIp = bytes[12]! * 256 + bytes[13]! === ETHTYPE_IP;
    if (happens(w.corruptPermille) && isIp) {
      fate.corruptions.push({ offset: random.below(bytes.length), xor: 1 + random.below(255) });
    }
    return true;
  });
}

/** What one side sends, and how it receives. */
export interface Transfer {
  readonly bytes: number;
  readonly sendChunk: number;
  readonly recvChunk: number;
  readonly pauseMs: number;
  /** The receiver rests so long after each piece. */
  readonly readPauseMs: number;
  /** Without Nagle's algorithm: many small segments. */
  readonly isNodelay: boolean;
}

const chunk = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 8000 }));

export const transfer: fc.Arbitrary<Transfer> = fc
  .record({
    sends: fc.integer({ min: 0, max: 60 }),
    sendChunk: chunk,
    recvChunk: chunk,
    pauseMs: fc.constantFrom(0, 0, 10, 300),
    readPauseMs: fc.constantFrom(0, 0, 50),
    isNodelay: fc.boolean(),
  })
  .map(({ sends, readPauseMs, ...rest }) => ({
    ...rest,
    bytes: Math.min(sends * rest.sendChunk, 30_000),
    // Byte by byte with rests would take too long.
    readPauseMs: rest.recvChunk < 100 ? 0 : readPauseMs,
  }));

/** When the two of exchange() begin to talk: a connection that a bad wire keeps from being made is another story. */
export const TALK_US = 1_000_000;

/**
 * One side: a task that sends, and this one, which receives as much as is to come. It closes when the other side has
 * confirmed that it has everything: lwIP sends the FIN of a segment that it splits for a small window with the first half
 * already, and what is in the second half is lost.
 */
function* bothWays(os: Os, s: number, out: Transfer, incoming: Transfer, stream: number): Steps<Uint8Array> {
  let isSent = false;
  yield* os.delayMs(TALK_US / 1000 - os.board.sys.sys_now());
  yield* os.xTaskCreate(function* (sender) {
    const bytes = pattern(out.bytes, stream);
    for (let at = 0; at < bytes.length; ) {
      const n = yield* sender.send(s, bytes.subarray(at, at + out.sendChunk));
      if (n < 0) throw new Error(`send() failed with ${sender.errno} after ${at} bytes.`);
      at += n;
      yield* sender.delayMs(out.pauseMs);
    }
    isSent = true;
  }, 'sender');
  if (out.isNodelay) yield* os.setsockopt(s, IPPROTO_TCP, TCP_NODELAY, 1);
  const received = yield* recvAll(os, s, incoming.bytes, incoming.recvChunk, incoming.readPauseMs);
  while (!isSent) yield* os.delayMs(100);
  yield* os.send(s, '.');
  yield* os.recv(s, new Uint8Array(1));
  yield* os.close(s);
  return received;
}

/** As in ESP-IDF's socket examples; Wireshark has no dissector for it. */
const PORT = 3333;

/** The patterns that a and b send. */
export const STREAM_A = 3;
export const STREAM_B = 7;

/** Let board a connect to board b, and both send at once from TALK_US on. @returns what a and what b received */
export function exchange(
  { a, b }: Pair,
  fromA: Transfer,
  fromB: Transfer,
): readonly [Result<Uint8Array>, Result<Uint8Array>] {
  const atB = start(b, function* (os) {
    return yield* bothWays(os, yield* acceptOne(os, PORT), fromB, fromA, STREAM_B);
  });
  const atA = start(a, { startUs: 20_000 }, function* (os) {
    return yield* bothWays(os, yield* connectTo(os, B_IP, PORT, PORT), fromA, fromB, STREAM_A);
  });
  return [atA, atB];
}
