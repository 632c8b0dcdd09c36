/** UDP datagrams from one task to another. */

import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in, World } from '../../device/index.ts';
import { alternate, type Benchmark, cpuUs, type Effort, type Figure, type Floor, scaled } from './measure.ts';
import { Pattern } from './pattern.ts';

const PORT = 4444;
/** Datagrams between two delays of a tick. */
const BURST = 100;
const SIZES = [64, 1400];

export const udp: Benchmark = {
  name: 'udp',
  counted:
    'Datagrams per second of CPU time that a task received through recvfrom() with the sender\'s address and compared with ' +
    `what was sent with sendto(); none is lost. Two boards 1 ms apart, ${BURST} datagrams a tick. Last column: cost of a datagram in copies of 1440 bytes.`,
  run: runUdp,
};

function runUdp(effort: Effort, floor: Floor): Figure[] {
  const count = scaled(50_000, effort, BURST);
  const variants = SIZES.flatMap((size) => [false, true].map((strict) => ({ size, strict })));
  const samples = alternate(
    effort,
    variants.map(({ size, strict }) => () => flood(size, strict, count) / count),
  );
  return samples.map((s, i) => {
    const { size, strict } = variants[i]!;
    return s.rate(`${size} bytes, ${strict ? 'strict' : 'lazy'} checksums`, 'datagrams/s', 1e6, floor);
  });
}

/** @returns microseconds of CPU time from the first datagram to the last */
function flood(size: number, strict: boolean, count: number): number {
  const world = new World({ strictChecksums: strict });
  const lan = world.lan({ latencyUs: 1000 });
  const server = world.esp32('server', { lan, ip: '192.168.4.1/24' });
  const client = world.esp32('client', { lan, ip: '192.168.4.2/24' });
  const pattern = new Pattern();
  let start = 0;
  let end = 0;
  server.xTaskCreate(function* (os: Os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', PORT));
    const buffer = new Uint8Array(size);
    const from = sockaddr_in();
    yield* os.recvfrom(s, buffer, size, 0, from);
    start = cpuUs();
    for (let i = 0; i < count; i++) {
      const n = yield* os.recvfrom(s, buffer, size, 0, from);
      if (n !== size) throw new Error(`recvfrom() returned ${n}, errno ${os.errno}.`);
      pattern.check(buffer, size, i);
    }
    end = cpuUs();
    yield* os.close(s);
  }, 'receiver');
  client.xTaskCreate(function* (os: Os) {
    yield* os.delayMs(20);
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    const to = sockaddr_in('192.168.4.1', PORT);
    yield* os.sendto(s, pattern.chunk(0, size), size, 0, to);
    yield* os.delayMs(20);
    for (let i = 0; i < count; i++) {
      yield* os.sendto(s, pattern.chunk(i, size), size, 0, to);
      if (i % BURST === BURST - 1) yield* os.vTaskDelay(1);
    }
    yield* os.close(s);
  }, 'sender');
  const { outcome } = world.runSync();
  if (outcome !== 'ended') throw new Error(`The datagrams ended in "${outcome}": some were lost.`);
  return end - start;
}
