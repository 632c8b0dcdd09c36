/** TCP in bulk: one task sends, one receives, with and without checksums and capture. */

import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import type { Opt } from '../../stack/opt.ts';
import { memorySink, PcapWriter } from '../pcap-writer.ts';
import { cpuUs } from './cpu.ts';
import { SEGMENT } from './floor.ts';
import { alternate, type Benchmark, type Effort, type Figure, scaled, targetFloors } from './measure.ts';
import { pattern } from './pattern.ts';

const PORT = 5001;
const SIZE = 8192;

export interface Variant {
  readonly what: string;
  readonly strict: boolean;
  /** Write a capture into memory. */
  readonly pcap?: boolean;
  /** And keep the trace: frames, calls and the data of both. */
  readonly trace?: boolean;
  /** Target in MB/s. */
  readonly goal?: number;
  /** Other options of both boards. */
  readonly opt?: Partial<Opt>;
}

/** Two groups: what captures leave behind would be collected at the expense of whoever comes next. */
const GROUPS: readonly (readonly Variant[])[] = [
  [
    { what: 'lazy checksums', strict: false, goal: 600 },
    { what: 'strict checksums', strict: true, goal: 350 },
  ],
  [
    { what: 'lazy checksums, pcap in memory', strict: false, pcap: true },
    { what: 'strict checksums, pcap in memory', strict: true, pcap: true },
    { what: 'lazy checksums, pcap and trace in memory', strict: false, pcap: true, trace: true },
  ],
];

export const bulk: Benchmark = {
  name: 'bulk',
  counted:
    'Payload bytes that a task received through recv() and compared with what was sent, per second of CPU time for ' +
    'everything: both boards, both tasks, the wire, the comparison. Two boards with ESP-IDF defaults (window 5760, MSS 1440), ' +
    `1 ms apart, generator tasks, send() and recv() of ${SIZE} bytes. Floors: of 1440 bytes.`,
  run: runBulk,
};

function runBulk(effort: Effort): Figure[] {
  return GROUPS.flatMap((variants) => runGroup(effort, variants));
}

function runGroup(effort: Effort, variants: readonly Variant[]): Figure[] {
  const seconds = scaled(5, effort, 0.05);
  const worlds = variants.map((v) => new BulkWorld(v));
  const times = alternate(
    effort,
    worlds.map((w) => () => w.run(seconds)),
  );
  return variants.map(({ what, goal }, i) => {
    return times[i]!.rate(what, 'MB/s', SEGMENT, goal && targetFloors(SEGMENT / goal));
  });
}

/** An endless transfer between two boards, which can be run on and on. */
export class BulkWorld {
  private readonly world: World;
  private pcap: PcapWriter | null = null;
  private received = 0;

  constructor({ strict, pcap = false, trace = false, opt = {} }: Variant) {
    const world = new World({ strictChecksums: strict });
    this.world = world;
    if (pcap) world.record({ keep: trace }).onFrame((frame) => this.pcap!.write(frame.tUs, frame.bytes));
    const lan = world.lan({ latencyUs: 1000 });
    const server = world.esp32('server', { lan, ip: '192.168.4.1/24', opt });
    const client = world.esp32('client', { lan, ip: '192.168.4.2/24', opt });
    server.xTaskCreate((os: Os) => this.receive(os), 'receiver');
    client.xTaskCreate((os: Os) => send(os), 'sender', { startUs: 10_000 });
  }

  private *receive(os: Os): Generator<void, void, void> {
    const listener = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.bind(listener, sockaddr_in('0.0.0.0', PORT));
    yield* os.listen(listener, 1);
    const s = yield* os.accept(listener);
    const buffer = new Uint8Array(SIZE);
    for (;;) {
      const n = yield* os.recv(s, buffer);
      if (n <= 0) throw new Error(`recv() returned ${n}, errno ${os.errno}, after ${this.received} bytes.`);
      pattern.check(buffer, n, this.received);
      this.received += n;
    }
  }

  /** @returns microseconds of CPU time per segment of 1440 bytes */
  run(seconds: number): number {
    const { world } = this;
    const before = this.received;
    const start = cpuUs();
    this.pcap = new PcapWriter(memorySink());
    world.runSync({ until: world.nowUs + seconds * 1e6 });
    const us = cpuUs() - start;
    if (world.trace !== null) {
      world.trace.frames.length = 0;
      world.trace.calls.length = 0;
    }
    return (us * SEGMENT) / (this.received - before);
  }
}

function* send(os: Os): Generator<void, void, void> {
  const s = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(s, sockaddr_in('192.168.4.1', PORT));
  for (let sent = 0; ; ) sent += yield* os.send(s, pattern.chunk(sent, SIZE));
}
