/** UDP datagrams from one task to another. */

import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in, World } from '../../device/index.ts';
import type { Opt } from '../../stack/opt.ts';
import { cpuUs } from './cpu.ts';
import { alternate, type Benchmark, type Effort, type Figure, scaled } from './measure.ts';
import { pattern } from './pattern.ts';

const PORT = 4444;
const TICK_US = 10_000;
/** Datagrams between two delays of a tick. */
const BURST = 100;
const SIZES = [64, 1400];

export const udp: Benchmark = {
  name: 'udp',
  counted:
    "Datagrams per second of CPU time that a task received through recvfrom() with the sender's address and compared with " +
    `what was sent with sendto(); none is lost. Two boards 1 ms apart, ${BURST} datagrams a tick of 10 ms. Floors: of a datagram.`,
  run: runUdp,
};

function runUdp(effort: Effort): Figure[] {
  const bursts = Math.ceil(scaled(500, effort, 2));
  const variants = SIZES.flatMap((size) => [false, true].map((strict) => ({ size, strict })));
  const worlds = variants.map(({ size, strict }) => new UdpWorld(size, strict));
  const times = alternate(
    effort,
    worlds.map((w) => () => w.run(bursts)),
  );
  return times.map((t, i) => {
    const { size, strict } = variants[i]!;
    return t.rate(`${size} bytes, ${strict ? 'strict' : 'lazy'} checksums`, 'datagrams/s', 1e6);
  });
}

/** An endless stream of datagrams from one board to another. */
export class UdpWorld {
  private readonly world: World;
  private readonly size: number;
  private sent = 0;
  private received = 0;

  constructor(size: number, strict: boolean, opt: Partial<Opt> = {}) {
    const world = new World({ strictChecksums: strict });
    this.world = world;
    this.size = size;
    const lan = world.lan({ latencyUs: 1000 });
    const server = world.esp32('server', { lan, ip: '192.168.4.1/24', opt });
    const client = world.esp32('client', { lan, ip: '192.168.4.2/24', opt });
    server.xTaskCreate((os: Os) => this.receive(os), 'receiver');
    client.xTaskCreate((os: Os) => this.send(os), 'sender', { startUs: TICK_US });
    world.runSync({ until: 10 * TICK_US - 1 });
  }

  private *receive(os: Os): Generator<void, void, void> {
    const { size } = this;
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', PORT));
    const buffer = new Uint8Array(size);
    const from = sockaddr_in();
    for (;;) {
      const n = yield* os.recvfrom(s, buffer, size, 0, from);
      if (n !== size) throw new Error(`recvfrom() returned ${n}, errno ${os.errno}.`);
      pattern.check(buffer, size, this.received++);
    }
  }

  private *send(os: Os): Generator<void, void, void> {
    const { size } = this;
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    const to = sockaddr_in('192.168.4.1', PORT);
    // The first one waits for ARP, whose queue is short.
    yield* os.sendto(s, pattern.chunk(this.sent++, size), size, 0, to);
    for (;;) {
      yield* os.vTaskDelay(1);
      for (let i = 0; i < BURST; i++) yield* os.sendto(s, pattern.chunk(this.sent++, size), size, 0, to);
    }
  }

  /** @returns microseconds of CPU time per datagram */
  run(bursts: number): number {
    const { world } = this;
    const before = this.received;
    const start = cpuUs();
    world.runSync({ until: world.nowUs + bursts * TICK_US });
    const us = cpuUs() - start;
    if (this.received !== this.sent) throw new Error(`Of ${this.sent} datagrams, ${this.received} arrived.`);
    return us / (this.received - before);
  }
}
