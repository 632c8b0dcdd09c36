/** What many boards cost in time and memory. */

import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import { cpuUs, heapUsed } from './cpu.ts';
import { alternate, type Benchmark, type Effort, type Figure, scaled, sizes, type Times } from './measure.ts';
import { pattern } from './pattern.ts';
import { address, boardCount, makeBoards, PER_SEGMENT } from './segments.ts';

const PORT = 3333;
const SECOND_US = 1_000_000;
/** All boards are up by then. */
const BOOT_US = 20_000;
const LENGTH = 64;
/** Ticks between two exchanges; what they take themselves is less than a tick. */
const PAUSE = 10;
const EXCHANGES_PER_SECOND = 10;

export const boards: Benchmark = {
  name: 'boards',
  counted:
    `Worlds of 10, 1,000 and 10,000 boards in segments of ${PER_SEGMENT}. Creation: CPU time per board until it has booted and announced itself. ` +
    'Idle: CPU time per virtual second of the whole world. Exchanging: boards in pairs, each pair with a connection over which ' +
    'it exchanges 64 bytes there and 64 back every 100 ms, compared at both ends; CPU time per virtual second of the whole world. ' +
    'Heap: per board, idle, with the frames that the boot of all boards at once left in the pool.',
  run: runBoards,
};

function runBoards(effort: Effort): Figure[] {
  const counts = [10, 1000, 10_000].map((full) => boardCount(full, effort));
  const times = counts.map((count) => timesOf(count, effort));
  return counts.flatMap((count, i) => {
    const [creation, idle, exchange] = times[i]!;
    const n = `${count.toLocaleString('en')} boards`;
    return [
      creation!.cost(`${n}: creation, per board`, 'us'),
      idle!.cost(`${n}: idle, per virtual second`, 'us'),
      exchange!.cost(`${n}: exchanging, per virtual second`, 'us', (count / 2) * EXCHANGES_PER_SECOND),
      exchange!.cost(`${n}: one exchange`, 'us'),
      // The collector's figures are too coarse for a single small world.
      sizes(`${n}: heap, per board`, [bootedHeap(count, Math.ceil(scaled(1000, effort, 1) / count))]),
    ];
  });
}

/** @returns bytes per board */
function bootedHeap(count: number, worlds: number): number {
  const before = heapUsed();
  const kept = Array.from({ length: worlds }, () => bootedWorld(count));
  return (heapUsed() - before) / (count * kept.length);
}

function bootedWorld(count: number): World {
  const world = new World();
  makeBoards(world, count, () => undefined);
  world.runSync({ until: BOOT_US, stopWhenIdle: false });
  return world;
}

/** CPU times of worlds of one size: creation of a board, an idle second, an exchange. Rounds of large worlds are long and few. */
function timesOf(count: number, effort: Effort): Times[] {
  const rounds = Math.max(1, Math.min(effort.rounds, Math.ceil((effort.rounds * 2000) / count)));
  const seconds = Math.ceil(scaled(20_000 / count, effort, 2));
  const worlds = Math.ceil(scaled(1000 / count, effort, 1));
  let idleWorld = bootedWorld(count);
  const busyWorld = new ExchangingWorld(count);
  const creation = (): number => {
    const start = cpuUs();
    for (let i = 0; i < worlds; i++) idleWorld = bootedWorld(count);
    return (cpuUs() - start) / (worlds * count);
  };
  const idle = (): number => cpuOfSeconds(idleWorld, seconds);
  const exchange = (): number => {
    const before = busyWorld.exchanges;
    return (cpuOfSeconds(busyWorld.world, seconds) * seconds) / (busyWorld.exchanges - before);
  };
  return alternate({ ...effort, rounds }, [creation, idle, exchange]);
}

/** @returns microseconds of CPU time per virtual second */
function cpuOfSeconds(world: World, seconds: number): number {
  const start = cpuUs();
  world.runSync({ until: world.nowUs + seconds * SECOND_US, stopWhenIdle: false });
  return (cpuUs() - start) / seconds;
}

class ExchangingWorld {
  readonly world = new World();
  exchanges = 0;

  constructor(count: number) {
    makeBoards(this.world, count, (board, i) => {
      if (i % 2 === 0) board.xTaskCreate((os: Os) => echo(os), 'echo');
      else board.xTaskCreate((os: Os) => this.exchange(os, (i - 1) % PER_SEGMENT), 'exchange');
    });
    this.world.runSync({ until: SECOND_US });
    if (this.exchanges < count / 2) throw new Error('Not every pair has exchanged something.');
  }

  private *exchange(os: Os, peer: number): Generator<void, void, void> {
    yield* os.delayMs(100);
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.connect(s, sockaddr_in(address(peer), PORT));
    const buffer = new Uint8Array(LENGTH);
    for (let at = 0; ; at += LENGTH) {
      yield* os.send(s, pattern.chunk(at, LENGTH));
      const n = yield* os.recv(s, buffer);
      pattern.check(buffer, n, at);
      if (n !== LENGTH) throw new Error(`recv() returned ${n}, errno ${os.errno}.`);
      this.exchanges++;
      yield* os.vTaskDelay(PAUSE);
    }
  }
}

function* echo(os: Os): Generator<void, void, void> {
  const listener = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listener, sockaddr_in('0.0.0.0', PORT));
  yield* os.listen(listener, 1);
  const s = yield* os.accept(listener);
  const buffer = new Uint8Array(LENGTH);
  for (let at = 0; ; at += LENGTH) {
    const n = yield* os.recv(s, buffer);
    pattern.check(buffer, n, at);
    yield* os.send(s, buffer, n);
  }
}
