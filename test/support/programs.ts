/** Random programs: any calls in any order, by several tasks that share descriptors, with arguments that often fit. */

import * as fc from 'fast-check';
import {
  AF_INET,
  AF_UNSPEC,
  F_GETFL,
  F_SETFL,
  FIONBIO,
  FIONREAD,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_LOOP,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_TCP,
  inet_addr,
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_PEEK,
  makeFdSet,
  O_NONBLOCK,
  type Os,
  POLLIN,
  POLLOUT,
  SO_ACCEPTCONN,
  SO_BINDTODEVICE,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_NO_CHECK,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_SNDTIMEO,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  type SockoptOut,
  type SockoptValue,
  sockaddr_in,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from '../../device/index.ts';
import { A_IP, B_IP, listenOn, type Pair, pattern, type Steps } from './worlds.ts';

/** The descriptors that the tasks of a board share; -1 where there is none. */
export type Slots = number[];

const SLOTS = 5;

/** The descriptor in a slot; an empty slot mostly gives another one's, as calls on nothing are soon told. */
function pick(fds: Slots, i: number): number {
  if (fds[i]! >= 0 || i === 0) return fds[i]!;
  return fds.find((fd) => fd >= 0) ?? -1;
}

function put(fds: Slots, s: number): boolean {
  const free = fds.indexOf(-1);
  if (s < 0 || free < 0) return false;
  fds[free] = s;
  return true;
}

/** One call of a random program. */
export interface RandomCall {
  readonly name: string;
  run(os: Os, fds: Slots): Steps<unknown>;
}

type Run = (os: Os, fds: Slots) => Steps<unknown>;

function call(name: string, args: readonly unknown[], run: Run): RandomCall {
  return { name: `${name}(${args.map((a) => JSON.stringify(a)).join(', ')})`, run };
}

const slot = fc.integer({ min: 0, max: SLOTS - 1 });
const ip = fc.constantFrom(
  A_IP,
  B_IP,
  A_IP,
  B_IP,
  '0.0.0.0',
  '127.0.0.1',
  '192.168.4.9',
  '255.255.255.255',
  '224.1.2.3',
  '10.1.1.1',
);
const port = fc.constantFrom(80, 80, 80, 81, 0);
const size = fc.constantFrom(0, 1, 100, 1440, 3000, 12_000);
const flags = fc.constantFrom(0, MSG_DONTWAIT, MSG_DONTWAIT, MSG_PEEK, MSG_MORE, MSG_DONTWAIT | MSG_PEEK);
const how = fc.integer({ min: 0, max: 3 });
const ms = fc.constantFrom(0, 5, 10, 40, 300, 2500);

const options: readonly (readonly [number, number, SockoptValue])[] = [
  [SOL_SOCKET, SO_REUSEADDR, 1],
  [SOL_SOCKET, SO_KEEPALIVE, 1],
  [SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 0, tv_usec: 50_000 }],
  [SOL_SOCKET, SO_SNDTIMEO, { tv_sec: 1, tv_usec: 0 }],
  [SOL_SOCKET, SO_LINGER, { l_onoff: 1, l_linger: 1 }],
  [SOL_SOCKET, SO_LINGER, { l_onoff: 1, l_linger: 0 }],
  [SOL_SOCKET, SO_NO_CHECK, 1],
  [SOL_SOCKET, SO_BINDTODEVICE, 'en1'],
  [SOL_SOCKET, SO_BINDTODEVICE, 'lo0'],
  [SOL_SOCKET, SO_BINDTODEVICE, ''],
  [IPPROTO_TCP, TCP_NODELAY, 1],
  [IPPROTO_TCP, TCP_KEEPIDLE, 1],
  [IPPROTO_TCP, TCP_KEEPINTVL, 1],
  [IPPROTO_IP, IP_TTL, 1],
  [IPPROTO_IP, IP_MULTICAST_LOOP, 1],
  [IPPROTO_IP, IP_ADD_MEMBERSHIP, { imr_multiaddr: { s_addr: inet_addr('224.1.2.3') }, imr_interface: { s_addr: 0 } }],
  [IPPROTO_IP, IP_DROP_MEMBERSHIP, { imr_multiaddr: { s_addr: inet_addr('224.1.2.3') }, imr_interface: { s_addr: 0 } }],
];
const questions = fc.constantFrom(
  [SOL_SOCKET, SO_ERROR],
  [SOL_SOCKET, SO_TYPE],
  [SOL_SOCKET, SO_ACCEPTCONN],
  [IPPROTO_IP, IP_TTL],
);

const timeout = (t: number) => ({ tv_sec: Math.floor(t / 1000), tv_usec: (t % 1000) * 1000 });
const fdsOf = (fds: Slots) => fds.filter((fd) => fd >= 0);

const opening: fc.Arbitrary<RandomCall> = fc.oneof(
  fc.constantFrom(1, 1, 1, 2, 2, 3).map((type) =>
    call('socket', [type], function* (os, fds) {
      const s = yield* os.socket(AF_INET, type, type === 3 ? 1 : 0);
      if (!put(fds, s)) yield* os.close(s);
    }),
  ),
  fc
    .tuple(slot, ip, port)
    .map((a) => call('bind', a, (os, fds) => step(os.bind(pick(fds, a[0]), sockaddr_in(a[1], a[2]))))),
  slot.map((i) =>
    call('accept', [i], function* (os, fds) {
      const s = yield* os.accept(pick(fds, i), sockaddr_in());
      if (!put(fds, s)) yield* os.close(s);
    }),
  ),
  fc
    .tuple(slot, fc.integer({ min: 0, max: 3 }))
    .map(([i, n]) => call('listen', [i, n], (os, fds) => step(os.listen(pick(fds, i), n)))),
  fc
    .tuple(slot, ip, port)
    .map((a) => call('connect', a, (os, fds) => step(os.connect(pick(fds, a[0]), sockaddr_in(a[1], a[2]))))),
  slot.map((i) =>
    call('connect AF_UNSPEC', [i], (os, fds) =>
      step(os.connect(pick(fds, i), { ...sockaddr_in(), sin_family: AF_UNSPEC })),
    ),
  ),
);

const talking: fc.Arbitrary<RandomCall> = fc.oneof(
  fc
    .tuple(slot, size, flags)
    .map(([i, n, f]) => call('send', [i, n, f], (os, fds) => step(os.send(pick(fds, i), pattern(n), n, f)))),
  fc
    .tuple(slot, size, flags)
    .map(([i, n, f]) => call('recv', [i, n, f], (os, fds) => step(os.recv(pick(fds, i), new Uint8Array(n), n, f)))),
  fc
    .tuple(slot, size, ip, port)
    .map(([i, n, to, p]) =>
      call('sendto', [i, n, to, p], (os, fds) => step(os.sendto(pick(fds, i), pattern(n), n, 0, sockaddr_in(to, p)))),
    ),
  fc
    .tuple(slot, size, flags)
    .map(([i, n, f]) =>
      call('recvfrom', [i, n, f], (os, fds) => step(os.recvfrom(pick(fds, i), new Uint8Array(n), n, f, sockaddr_in()))),
    ),
  fc.tuple(slot, fc.array(size, { maxLength: 3 })).map(([i, n]) =>
    call('writev', [i, n], (os, fds) =>
      step(
        os.writev(
          pick(fds, i),
          n.map((x) => pattern(x)),
        ),
      ),
    ),
  ),
  fc.tuple(slot, fc.array(size, { maxLength: 3 })).map(([i, n]) =>
    call('readv', [i, n], (os, fds) =>
      step(
        os.readv(
          pick(fds, i),
          n.map((x) => new Uint8Array(x)),
        ),
      ),
    ),
  ),
  fc.tuple(slot, how).map(([i, h]) => call('shutdown', [i, h], (os, fds) => step(os.shutdown(pick(fds, i), h)))),
  fc.tuple(slot, fc.constantFrom(0, 1)).map(([i, l_linger]) =>
    call('linger', [i, l_linger], function* (os, fds) {
      const s = pick(fds, i);
      yield* os.setsockopt(s, SOL_SOCKET, SO_LINGER, { l_onoff: 1, l_linger });
      yield* os.send(s, pattern(5000), 5000, MSG_DONTWAIT);
      yield* os.close(s);
    }),
  ),
  slot.map((i) =>
    call('close', [i], function* (os, fds) {
      const s = fds[i]!;
      fds[i] = -1;
      yield* os.close(s);
    }),
  ),
);

const asking: fc.Arbitrary<RandomCall> = fc.oneof(
  fc
    .tuple(slot, fc.constantFrom(...options))
    .map(([i, [level, name, value]]) =>
      call('setsockopt', [i, level, name, value], (os, fds) => step(os.setsockopt(pick(fds, i), level, name, value))),
    ),
  fc.tuple(slot, questions).map(([i, [level, name]]) => {
    const out: SockoptOut = { value: 0 };
    return call('getsockopt', [i, level, name], (os, fds) => step(os.getsockopt(pick(fds, i), level!, name!, out)));
  }),
  fc
    .tuple(slot, fc.constantFrom(0, O_NONBLOCK))
    .map(([i, f]) => call('fcntl', [i, f], (os, fds) => step(os.fcntl(pick(fds, i), f === 0 ? F_GETFL : F_SETFL, f)))),
  fc
    .tuple(slot, fc.constantFrom(FIONBIO, FIONREAD), fc.constantFrom(0, 1))
    .map(([i, c, value]) => call('ioctl', [i, c, value], (os, fds) => step(os.ioctl(pick(fds, i), c, { value })))),
  fc.tuple(ms, fc.boolean(), fc.boolean()).map(([t, r, w]) =>
    call('select', [t, r, w], (os, fds) => {
      const set = () => makeFdSet(...fdsOf(fds));
      return step(os.select(64, r ? set() : null, w ? set() : null, set(), timeout(t)));
    }),
  ),
  fc.tuple(ms, fc.boolean()).map(([t, own]) =>
    call(own ? 'lwip_poll' : 'poll', [t], (os, fds) => {
      const entries = fds.map((fd) => ({ fd, events: POLLIN | POLLOUT, revents: 0 }));
      return step(own ? os.lwip_poll(entries, t) : os.poll(entries, t));
    }),
  ),
  slot.map((i) => call('getsockname', [i], (os, fds) => step(os.getsockname(pick(fds, i), sockaddr_in())))),
  slot.map((i) => call('getpeername', [i], (os, fds) => step(os.getpeername(pick(fds, i), sockaddr_in())))),
);

const living: fc.Arbitrary<RandomCall> = fc.oneof(
  { weight: 8, arbitrary: ms.map((t) => call('delayMs', [t], (os) => step(os.delayMs(t)))) },
  { weight: 1, arbitrary: fc.constant(call('linkDown', [], (os) => step(os.linkDown()))) },
  { weight: 2, arbitrary: fc.constant(call('linkUp', [], (os) => step(os.linkUp()))) },
  { weight: 1, arbitrary: fc.constant(call('netifDown', [], (os) => step(os.netifDown()))) },
  { weight: 2, arbitrary: fc.constant(call('netifUp', [], (os) => step(os.netifUp()))) },
  {
    weight: 1,
    arbitrary: fc.constant(call('setIp', [], (os) => step(os.setIp('192.168.4.8', '255.255.255.0', '192.168.4.1')))),
  },
);

function* step(waits: Iterable<void>): Steps<unknown> {
  return yield* waits;
}

/** A task of random calls. */
export interface RandomTask {
  readonly board: 'a' | 'b';
  readonly priority: number;
  readonly startUs: number;
  readonly calls: readonly RandomCall[];
}

const anyCall = fc.oneof(
  { weight: 3, arbitrary: opening },
  { weight: 12, arbitrary: talking },
  { weight: 5, arbitrary: asking },
  { weight: 3, arbitrary: living },
);

const START_US = 50_000;

/** Tasks of two boards. */
export const randomTasks: fc.Arbitrary<RandomTask[]> = fc.array(
  fc.record({
    board: fc.constantFrom<'a' | 'b'>('a', 'b'),
    priority: fc.constantFrom(1, 5, 5, 5, 17, 18, 20, 22),
    startUs: fc.constantFrom(0, START_US, START_US, START_US + 10_000, 400_000),
    calls: fc.array(anyCall, { maxLength: 30 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Fresh descriptors of a board. */
function newSlots(): Slots {
  return new Array<number>(SLOTS).fill(-1);
}

/**
 * Let random tasks run on a pair of boards. Before them, board a gets a listener, board b connects to it twice, and
 * each has a UDP socket, so that most calls meet something.
 */
export function startTasks({ a, b }: Pair, tasks: readonly RandomTask[]): void {
  const fds = { a: newSlots(), b: newSlots() };
  a.xTaskCreate(function* (os) {
    put(fds.a, yield* listenOn(os, 80));
    yield* udpSocket(os, fds.a);
    for (let i = 0; i < 2; i++) put(fds.a, yield* os.accept(fds.a[0]!));
  }, 'setup');
  b.xTaskCreate(
    function* (os) {
      for (let i = 0; i < 2; i++) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(s, sockaddr_in(A_IP, 80));
        put(fds.b, s);
      }
      yield* udpSocket(os, fds.b);
    },
    'setup',
    { startUs: 10_000 },
  );
  for (const [i, { board, priority, startUs, calls }] of tasks.entries()) {
    const program = function* (os: Os) {
      for (const c of calls) yield* c.run(os, fds[board]);
    };
    ({ a, b })[board].xTaskCreate(program, `task${i}`, { priority, startUs });
  }
}

function* udpSocket(os: Os, fds: Slots): Steps<void> {
  const s = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
  put(fds, s);
}
