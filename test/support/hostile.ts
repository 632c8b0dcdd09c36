/** Frames that no honest peer would send: handmade ones with wrong fields, honest ones with bytes changed, and noise. */

import * as fc from 'fast-check';
import { arpFrame, IP, icmpFrame, igmpFrame, ip4Frame, tcpFrame, udpFrame } from './frames.ts';
import { ACK, type Bench, FIN } from './states.ts';

/** Something that is done to a bench. */
export type Deed = (bench: Bench) => void;

/** A deed that prints itself in a counterexample. */
function deed(name: string, run: Deed): Deed {
  return Object.assign(run, { [fc.toStringMethod]: () => name });
}

const byte = fc.integer({ min: 0, max: 255 });
const bytes = (max: number) => fc.array(byte, { maxLength: max });
const u16 = fc.integer({ min: 0, max: 0xffff });

/** Distances at which receivers make mistakes: exactly there, one off, a segment, a window, half the number space. */
const distance = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constantFrom(-1, 1, -1440, 1440, 5759, 5760, 5761, -5760, 0x7fff_ffff, -0x8000_0000) },
  { weight: 2, arbitrary: fc.integer({ min: -10_000, max: 10_000 }) },
  { weight: 1, arbitrary: fc.integer() },
);

const tcpOptions = fc.oneof(
  { weight: 3, arbitrary: fc.constant<number[]>([]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom([2, 4, 0, 1], [2, 4, 5, 180], [2, 0, 0, 0], [1, 1, 1, 2], [0, 2, 4, 9], [8, 200, 1, 1]),
  },
  {
    weight: 1,
    arbitrary: bytes(10).map((b) => [...b.slice(0, 40), ...new Array<number>((4 - (b.length % 4)) % 4).fill(0)]),
  },
);

/** A segment of the bench's connection, right or wrong. */
const segment: fc.Arbitrary<Deed> = fc
  .record({
    flags: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constantFrom(ACK, ACK, ACK | 8, ACK | 1)),
    seq: distance,
    ack: distance,
    wnd: fc.oneof(fc.constantFrom(0, 1, 5760, 0xffff), u16),
    data: fc.oneof(fc.constantFrom(0, 1, 100, 1440), fc.integer({ min: 0, max: 1460 })),
    tcpOptions,
    keeps: fc.boolean(),
  })
  .map((s) =>
    deed(`segment ${JSON.stringify(s)}`, (bench) => {
      const data = new Array<number>(s.data).fill(s.data & 255);
      const [seq, ack] = [(bench.seq + s.seq) >>> 0, (bench.ack + s.ack) >>> 0];
      bench.send({ flags: s.flags, seq, ack, wnd: s.wnd, data, tcpOptions: s.tcpOptions });
      if (s.keeps) bench.seq += s.data;
    }),
  );

/** What an honest peer does: the next bytes, its FIN, an acknowledgement. */
const proper: fc.Arbitrary<Deed> = fc.oneof(
  fc.integer({ min: 1, max: 200 }).map((n) =>
    deed(`next ${n} bytes`, (bench) => {
      bench.send({ data: new Array<number>(n).fill(n) });
      bench.seq += n;
    }),
  ),
  fc.constantFrom(
    deed('acknowledge', (bench) => bench.acknowledge()),
    deed('FIN', (bench) => bench.send({ flags: FIN | ACK })),
  ),
);

const honest: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.record({ flags: fc.integer({ min: 0, max: 63 }), data: bytes(40), seq: u16 }).map((o) => tcpFrame(o)),
  fc
    .record({ data: bytes(40), ports: fc.constantFrom<[number, number]>([4000, 9], [4000, 10], [67, 68]) })
    .map(udpFrame),
  bytes(60).map((rest) => icmpFrame(8, 0, rest)),
  fc.tuple(fc.constantFrom(0x11, 0x12, 0x16, 0x17), byte).map(([type, max]) => igmpFrame(type, max, [224, 0, 0, 1])),
  fc
    .tuple(fc.constantFrom(1, 2), fc.constantFrom(IP.a, IP.b, [0, 0, 0, 0]))
    .map(([oper, spa]) => arpFrame(oper, spa, IP.b)),
  fc
    .record({
      id: fc.integer({ min: 1, max: 3 }),
      block: fc.integer({ min: 0, max: 5 }),
      more: fc.boolean(),
      size: fc.integer({ min: 0, max: 60 }),
    })
    .map(({ id, block, more, size }) => ip4Frame(17, new Array<number>(size).fill(1), { id, offset: block * 8, more })),
);

/** Bytes of a frame that are changed, and a length that it is cut or padded to. */
interface Damage {
  readonly changes: readonly (readonly [at: number, value: number])[];
  readonly length: number | undefined;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  changes: fc.array(fc.tuple(fc.oneof(fc.integer({ min: 0, max: 60 }), u16), byte), { maxLength: 4 }),
  length: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 100 }) },
  ),
});

function damaged(frame: Uint8Array, { changes, length }: Damage): Uint8Array {
  const copy = new Uint8Array(length ?? frame.length);
  copy.set(frame.subarray(0, copy.length));
  for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
}

const mutated = fc.tuple(honest, damage).map(([frame, d]) => damaged(frame, d));

/** A frame that was on the wire before, from whichever side, comes again, perhaps damaged. */
const replay: fc.Arbitrary<Deed> = fc.tuple(fc.nat(500), damage).map(([which, d]) =>
  deed(`replay ${which} ${JSON.stringify(d)}`, (bench) => {
    const { wire } = bench;
    bench.inject(damaged(wire[which % wire.length]!.bytes, d));
  }),
);

const noise = fc.uint8Array({ maxLength: 100 });

const frame: fc.Arbitrary<Deed> = fc
  .oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: noise })
  .map((b) => deed(`frame ${Buffer.from(b).toString('hex')}`, (bench) => bench.inject(b)));

const wait: fc.Arbitrary<Deed> = fc
  .constantFrom(10_000, 260_000, 3_000_000, 30_000_000)
  .map((us) => deed(`wait ${us} us`, (bench) => bench.run(us)));

/** What an enemy does. */
export const hostility: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: segment },
    { weight: 5, arbitrary: proper },
    { weight: 3, arbitrary: frame },
    { weight: 3, arbitrary: replay },
    { weight: 1, arbitrary: wait },
  ),
  { minLength: 1, maxLength: 25 },
);
