/** What one board takes of the heap. */

import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import { heapUsed } from './cpu.ts';
import { type Benchmark, type Effort, type Figure, sizes } from './measure.ts';
import { address, boardCount, makeBoards, PER_SEGMENT } from './segments.ts';

const PORT = 3333;
const SECOND_US = 1_000_000;
/** Boards are made one after the other, so that few frames are in flight at a time and the pool stays small. */
const APART_US = 20_000;
const GOAL = 4096;

type Load = 'idle' | 'open' | 'waiting';

export const heap: Benchmark = {
  name: 'heap',
  counted:
    'Bytes of JavaScript heap per board, all of it: board, stack, tcpip thread, its place on the wire. Difference of heapUsed ' +
    `after full collections, 500 boards in segments of ${PER_SEGMENT}, median. Idle; or with two open connections, to the next board ` +
    'and from the one before, over which nothing is under way, opened by a task that has ended; or by one that waits in recv().',
  run: runHeap,
};

function runHeap(effort: Effort): Figure[] {
  const count = boardCount(500, effort);
  const samples: Record<Load, number[]> = { idle: [], open: [], waiting: [] };
  const loads: readonly Load[] = ['idle', 'open', 'waiting'];
  for (let round = 0; round <= effort.rounds; round++) {
    for (const load of loads) {
      const bytes = heapOf(count, load);
      if (round > 0) samples[load].push(bytes);
    }
  }
  return [
    sizes('idle', samples.idle),
    sizes('with two open connections', samples.open, GOAL),
    sizes('and a task that waits in recv()', samples.waiting),
  ];
}

/** @returns bytes per board */
function heapOf(count: number, load: Load): number {
  const before = heapUsed();
  const world = new World();
  makeBoards(world, count, (board, i) => {
    if (load !== 'idle') board.xTaskCreate((os: Os) => openTwo(os, i % PER_SEGMENT, load === 'waiting'), 'ring');
    world.runSync({ until: world.nowUs + APART_US, stopWhenIdle: false });
  });
  world.runSync({ until: world.nowUs + 20 * SECOND_US, stopWhenIdle: false });
  const bytes = (heapUsed() - before) / count;
  for (const board of world.boards) {
    let connections = 0;
    for (let pcb = board.stack.tcp_active_pcbs; pcb !== null; pcb = pcb.next) connections++;
    if (connections !== (load === 'idle' ? 0 : 2)) throw new Error(`${board.name} has ${connections} connections.`);
  }
  return bytes;
}

const buffer = new Uint8Array(1);

/** Once its whole segment is up, open a connection to the next board and accept one from the board before. */
function* openTwo(os: Os, place: number, wait: boolean): Generator<void, void, void> {
  const listener = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listener, sockaddr_in('0.0.0.0', PORT));
  yield* os.listen(listener, 1);
  yield* os.delayMs(1000 + place * 10);
  const s = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(s, sockaddr_in(address(place + 1), PORT));
  yield* os.accept(listener);
  yield* os.close(listener);
  if (wait) yield* os.recv(s, buffer);
}
