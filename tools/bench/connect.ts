/** Short TCP connections, one after the other. */

import { AF_INET, type Esp32, type Os, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import type { Opt } from '../../stack/opt.ts';
import { tcp_abandon } from '../../stack/tcp.ts';
import { cpuUs } from './cpu.ts';
import { alternate, type Benchmark, type Effort, type Figure, scaled, targetFloors } from './measure.ts';
import { pattern } from './pattern.ts';

const PORT = 7;
const LENGTH = 64;
/** One FreeRTOS tick: the client waits for the next one after every cycle. */
const CYCLE_US = 10_000;
/** After so many cycles, TIME_WAIT (2 MSL = 120 s) ends as often as it begins. */
const TIME_WAIT_CYCLES = 12_500;
const FEW = 16;
const GOAL = 100_000;

export const connect: Benchmark = {
  name: 'connect',
  counted:
    'Cycles per second of CPU time: socket(), connect(), 64 bytes there, 64 bytes back, both compared, close() at both ends; one ' +
    'cycle per 10 ms of virtual time. The client keeps its pcbs in TIME_WAIT for two minutes, so there are 12,000 of them; ' +
    'or the benchmark drops all but the last 16, as a device with few pcbs does. Floors: of a cycle.',
  run: runConnect,
};

function runConnect(effort: Effort): Figure[] {
  const cycles = Math.ceil(scaled(6000, effort, 50));
  const all = new ConnectWorld(false);
  const few = new ConnectWorld(true);
  if (effort.scale >= 1) all.run(TIME_WAIT_CYCLES);
  const [a, f] = alternate(effort, [() => all.run(cycles), () => few.run(cycles)]);
  return [
    f!.rate('at most 16 pcbs in TIME_WAIT', 'cycles/s', 1e6, targetFloors(1e6 / GOAL)),
    a!.rate(`all of them kept (${all.timeWaits})`, 'cycles/s', 1e6, targetFloors(1e6 / GOAL)),
  ];
}

export class ConnectWorld {
  private readonly world = new World();
  private readonly client: Esp32;
  private done = 0;

  constructor(keepFew: boolean, opt: Partial<Opt> = {}) {
    const { world } = this;
    const lan = world.lan({ latencyUs: 1000 });
    const server = world.esp32('server', { lan, ip: '192.168.4.1/24', opt });
    this.client = world.esp32('client', { lan, ip: '192.168.4.2/24', opt });
    server.xTaskCreate((os: Os) => serve(os), 'server');
    this.client.xTaskCreate((os: Os) => this.connectAgainAndAgain(os, keepFew), 'client', {
      startUs: CYCLE_US,
    });
  }

  private *connectAgainAndAgain(os: Os, keepFew: boolean): Generator<void, void, void> {
    const address = sockaddr_in('192.168.4.1', PORT);
    const request = pattern.chunk(0, LENGTH);
    const buffer = new Uint8Array(LENGTH);
    for (;;) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* expect(os, 'connect', os.connect(s, address), 0);
      yield* expect(os, 'send', os.send(s, request), LENGTH);
      yield* expect(os, 'recv', os.recv(s, buffer), LENGTH);
      pattern.check(buffer, LENGTH, LENGTH);
      yield* os.close(s);
      this.done++;
      if (keepFew) this.dropOldest();
      yield* os.vTaskDelay(1);
    }
  }

  /** The newest stand first in lwIP's list. */
  private dropOldest(): void {
    let count = 0;
    for (let pcb = this.client.stack.tcp_tw_pcbs; pcb !== null; ) {
      const { next } = pcb;
      if (++count > FEW) tcp_abandon(pcb, false);
      pcb = next;
    }
  }

  get timeWaits(): number {
    let count = 0;
    for (let pcb = this.client.stack.tcp_tw_pcbs; pcb !== null; pcb = pcb.next) count++;
    return count;
  }

  /** @returns microseconds of CPU time per cycle */
  run(cycles: number): number {
    const { world } = this;
    const before = this.done;
    const start = cpuUs();
    world.runSync({ until: world.nowUs + cycles * CYCLE_US });
    const us = cpuUs() - start;
    const done = this.done - before;
    if (Math.abs(done - cycles) > 2) throw new Error(`There were ${done} cycles instead of ${cycles}.`);
    return us / done;
  }
}

function* serve(os: Os): Generator<void, void, void> {
  const listener = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listener, sockaddr_in('0.0.0.0', PORT));
  yield* os.listen(listener, 5);
  const buffer = new Uint8Array(LENGTH);
  const reply = pattern.chunk(LENGTH, LENGTH);
  for (;;) {
    const s = yield* os.accept(listener);
    yield* expect(os, 'recv', os.recv(s, buffer), LENGTH);
    pattern.check(buffer, LENGTH, 0);
    yield* expect(os, 'send', os.send(s, reply), LENGTH);
    yield* expect(os, 'recv', os.recv(s, buffer), 0);
    yield* os.close(s);
  }
}

function* expect(os: Os, fn: string, call: Iterable<void>, wanted: number): Generator<void, void, void> {
  const got: unknown = yield* call;
  if (got !== wanted) throw new Error(`${fn}() returned ${got} instead of ${wanted}, errno ${os.errno}.`);
}
