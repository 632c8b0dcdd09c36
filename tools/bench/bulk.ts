/** TCP in bulk: one task sends, one receives, with and without checksums and capture. */

import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import { memorySink, PcapWriter } from '../pcap-writer.ts';
import { SEGMENT } from './floor.ts';
import { alternate, type Benchmark, cpuUs, type Effort, type Figure, type Floor, type Samples, scaled } from './measure.ts';
import { Pattern } from './pattern.ts';

const PORT = 5001;
const SEND_SIZE = 8192;
const RECV_SIZE = 8192;

/** Goals in MB/s, for a machine that copies 1440 bytes in 140 ns and sums them in 200 ns. */
const LAZY_GOAL = 600;
const STRICT_GOAL = 350;
const GOAL_COPY_NS = 140;
const GOAL_SUM_NS = 200;

interface Variant {
  readonly what: string;
  readonly strict: boolean;
  readonly capture: boolean;
}

const VARIANTS: readonly Variant[] = [
  { what: 'lazy checksums', strict: false, capture: false },
  { what: 'strict checksums', strict: true, capture: false },
  { what: 'lazy checksums, trace and pcap in memory', strict: false, capture: true },
  { what: 'strict checksums, trace and pcap in memory', strict: true, capture: true },
];

export const bulk: Benchmark = {
  name: 'bulk',
  counted:
    'Payload bytes that a task received through recv() and compared with what was sent, per second of CPU time for ' +
    'everything: both boards, both tasks, the wire, the comparison. Two boards with ESP-IDF defaults (window 5760, MSS 1440), ' +
    `1 ms apart, generator tasks, send() and recv() of ${SEND_SIZE} bytes. Last column: cost of 1440 bytes in plain copies of 1440 bytes.`,
  run: runBulk,
};

function runBulk(effort: Effort, floor: Floor): Figure[] {
  const total = scaled(16e6, effort, 100_000);
  const samples = alternate(
    effort,
    VARIANTS.map((v) => () => (transfer(total, v) * SEGMENT) / total),
  );
  const lazyGoal = (LAZY_GOAL * GOAL_COPY_NS) / floor.copyNs;
  const strictGoal = (STRICT_GOAL * (GOAL_COPY_NS + GOAL_SUM_NS)) / (floor.copyNs + floor.sumNs);
  const goals = [lazyGoal, strictGoal];
  return samples.map((s: Samples, i) => s.rate(VARIANTS[i]!.what, 'MB/s', SEGMENT, floor, goals[i]));
}

/** @returns microseconds of CPU time between the connection's completion and the last byte's arrival */
function transfer(total: number, { strict, capture }: Variant): number {
  const world = new World({ strictChecksums: strict });
  const pcap = capture ? new PcapWriter(memorySink()) : null;
  if (pcap !== null) world.record().onFrame((frame) => pcap.write(frame.tUs, frame.bytes));
  const lan = world.lan({ latencyUs: 1000 });
  const server = world.esp32('server', { lan, ip: '192.168.4.1/24' });
  const client = world.esp32('client', { lan, ip: '192.168.4.2/24' });
  const pattern = new Pattern();
  let start = 0;
  let end = 0;
  server.xTaskCreate(function* (os: Os) {
    const listener = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.bind(listener, sockaddr_in('0.0.0.0', PORT));
    yield* os.listen(listener, 1);
    const s = yield* os.accept(listener);
    const buffer = new Uint8Array(RECV_SIZE);
    let received = 0;
    while (received < total) {
      const n = yield* os.recv(s, buffer);
      if (n <= 0) throw new Error(`recv() returned ${n}, errno ${os.errno}, after ${received} bytes.`);
      pattern.check(buffer, n, received);
      received += n;
    }
    end = cpuUs();
    yield* os.close(s);
    yield* os.close(listener);
  }, 'receiver');
  client.xTaskCreate(function* (os: Os) {
    yield* os.delayMs(10);
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.connect(s, sockaddr_in('192.168.4.1', PORT));
    start = cpuUs();
    for (let sent = 0; sent < total; ) {
      const chunk = pattern.chunk(sent, Math.min(SEND_SIZE, total - sent));
      sent += yield* os.send(s, chunk);
    }
    yield* os.close(s);
  }, 'sender');
  const { outcome } = world.runSync();
  if (outcome !== 'ended') throw new Error(`The transfer ended in "${outcome}".`);
  return end - start;
}
