/** npm run bench -- --native: the same work on Debian's lwIP and on the twin, in turn, as ratios of CPU times. */

import { execFileSync } from 'node:child_process';
import { LIBLWIP } from '../conformance/liblwip.ts';
import { buildOracle, type OracleFiles } from '../differential/oracle.ts';
import { BulkWorld, type Variant } from './bulk.ts';
import { ConnectWorld } from './connect.ts';
import { SEGMENT } from './floor.ts';
import { alternate, type Effort, scaled } from './measure.ts';
import { UdpWorld } from './udp.ts';

/** A work of the oracle: bytes, cycles or datagrams. */
interface NativeWork {
  readonly name: 'bulk' | 'connect' | 'udp';
  readonly amount: number;
  readonly size?: number;
}

/** A row of the table: what it costs natively and on the twin, in microseconds of one unit. */
interface Row {
  readonly what: string;
  readonly unit: string;
  readonly goal: number;
  readonly native: () => number;
  readonly twin: () => number;
}

const HEADER = [
  "lwIP 2.1.3 as Debian packages it (MSS 1460, windows of 64 KB, scaled), compiled as packaged, sockets in C beside the twin's",
  'in TypeScript; two hosts 1 ms apart; CPU time of everything on either side: stacks, programs, wire, comparison of what was',
  'received. Ratio: native time / time of the twin, so above 1 the twin is cheaper; the median of the rounds. The C stack',
  'computes and verifies every checksum; so does the twin where it says "strict". "ESP" rows have the sizes of ESP-IDF on the',
  "twin's side only (window 5760, MSS 1440).",
];

/**
 * Measure, and put into words, line by line.
 * @throws OracleUnavailable without gcc or the packages
 */
export function* native(effort: Effort): Generator<string> {
  const files = buildOracle();
  const rows = makeRows(files, effort);
  yield* [...HEADER, '', row('', 'native', 'twin', '', 'ratio', 'goal')];
  for (const { what, unit, goal, native: measureNative, twin } of rows) {
    const [c, ts] = alternate(effort, [measureNative, twin]);
    const times = [c!, ts!].map(({ median }) => median.toPrecision(3));
    yield row(what, times[0]!, times[1]!, unit, ts!.ratioTo(c!).toFixed(2), goal.toFixed(1));
  }
}

function row(what: string, c: string, ts: string, unit: string, ratio: string, goal: string): string {
  return `${what.padEnd(36)}${c.padStart(9)}${ts.padStart(9)}  ${unit.padEnd(14)}${ratio.padStart(6)}${goal.padStart(6)}`;
}

function makeRows(files: OracleFiles, effort: Effort): Row[] {
  // lwIP looks at all its pcbs in TIME_WAIT for every new port, so it gets few cycles; the twin gets time to be compiled.
  const nativeCycles = Math.ceil(scaled(400, effort, 50));
  const cycles = Math.ceil(scaled(4000, effort, 50));
  const bursts = Math.ceil(scaled(500, effort, 2));
  const bulkBytes = Math.ceil(scaled(50e6, effort, 1e6));
  const bulk = (what: string, goal: number, variant: Omit<Variant, 'what'>): Row => {
    const world = new BulkWorld({ what, ...variant });
    // Virtual time in which about as much gets through as natively.
    const seconds = scaled(variant.opt === undefined ? 15 : 1.5, effort, 0.05);
    const c = () => measure(files, { name: 'bulk', amount: bulkBytes }) * SEGMENT;
    return { what, unit: `us / ${SEGMENT} B`, goal, native: c, twin: () => world.run(seconds) };
  };
  const connect = (what: string, opt = {}): Row => {
    const world = new ConnectWorld(true, opt);
    const c = () => measure(files, { name: 'connect', amount: nativeCycles });
    return { what, unit: 'us / cycle', goal: 1, native: c, twin: () => world.run(cycles) };
  };
  const udp = (size: number, strict: boolean, goal: number): Row => {
    const what = `UDP ${size} B, ${strict ? 'strict' : 'lazy'}`;
    const world = new UdpWorld(size, strict, LIBLWIP);
    const c = () => measure(files, { name: 'udp', amount: 100 * bursts, size });
    return { what, unit: 'us / datagram', goal, native: c, twin: () => world.run(bursts) };
  };
  return [
    bulk('bulk, lazy checksums', 2, { strict: false, opt: LIBLWIP }),
    bulk('bulk, strict checksums', 1, { strict: true, opt: LIBLWIP }),
    bulk('bulk, lazy, pcap in memory', 0.8, { strict: false, pcap: true, opt: LIBLWIP }),
    bulk('bulk, lazy checksums, ESP', 2, { strict: false }),
    bulk('bulk, strict checksums, ESP', 1, { strict: true }),
    bulk('bulk, lazy, pcap in memory, ESP', 0.8, { strict: false, pcap: true }),
    connect('connect cycles', LIBLWIP),
    connect('connect cycles, ESP'),
    udp(64, false, 0.6),
    udp(64, true, 0.6),
    udp(1400, false, 2),
    udp(1400, true, 2),
  ];
}

/** @returns microseconds of CPU time per unit of the work, in a process of its own that did the same before */
function measure({ program, libraries }: OracleFiles, work: NativeWork): number {
  const hosts = [{ name: 'A' }, { name: 'B' }];
  const line = `${JSON.stringify({ tick_ms: 10, hosts, tasks: [], bench: work })}\n`;
  const answers = execFileSync(program, libraries, { input: line + line, encoding: 'utf8' })
    .trim()
    .split('\n');
  const { cpu_us, abort } = JSON.parse(answers[1]!) as { cpu_us: number; abort?: string };
  if (abort !== undefined) throw new Error(`lwIP did not do the work: ${abort}.`);
  return cpu_us / work.amount;
}
