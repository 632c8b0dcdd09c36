/** socket(), bind(), listen(), accept() */

import {
  AF_INET,
  AF_INET6,
  F_SETFL,
  O_NONBLOCK,
  type Os,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
} from '../../../device/index.ts';
import { UdpPcb } from '../../../stack/udp.ts';
import { A_IP, B_IP, connectTo, outcome, type Steps, start } from '../../support/worlds.ts';
import { type Answer, type Case, connected, ECHO, given, gone, listening, raw, tcp, udp } from './case.ts';

const at = (port: number, ip = '0.0.0.0') => sockaddr_in(ip, port);
const ipv6 = (port: number) => ({ ...at(port), sin_family: AF_INET6 });

function* bound(os: Os, port: number, ip?: string, reuse = false): Steps<readonly [number, Answer]> {
  const s = yield* tcp(os);
  if (reuse) yield* os.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, 1);
  return [s, yield* outcome(os, os.bind(s, at(port, ip)))];
}

function* nonBlocking(os: Os, s: number): Steps<number> {
  yield* os.fcntl(s, F_SETFL, O_NONBLOCK);
  return s;
}

/** All ephemeral ports of a protocol are taken by others. */
function takeAllPorts(os: Os): void {
  const { stack } = os.board;
  for (let port = 0xc000; port <= 0xffff; port++) {
    stack.tcp_index.takePort(port);
    const pcb = new UdpPcb(stack);
    pcb.local_port = port;
    pcb.next = stack.udp_pcbs;
    stack.udp_pcbs = pcb;
  }
}

const WITH_TEN_SOCKETS = 10;

export const opening: readonly Case[] = [
  given('socket-1', 'an unknown type', ['EINVAL', 'EINVAL'], function* (os) {
    return [yield* outcome(os, os.socket(AF_INET, 0)), yield* outcome(os, os.socket(AF_INET, 4))];
  }),
  given('socket-3', 'the eleventh', [54, 63, 'ENFILE', 'ENFILE', 55], function* (os) {
    const fds: number[] = [];
    for (let i = 0; i < WITH_TEN_SOCKETS; i++) fds.push(yield* udp(os));
    const eleventh = [
      yield* outcome(os, os.socket(AF_INET, SOCK_DGRAM)),
      yield* outcome(os, os.socket(AF_INET, SOCK_STREAM)),
    ];
    yield* os.close(55);
    return [fds[0]!, fds[9]!, ...eleventh, yield* tcp(os)];
  }),
  given('socket-4', 'descriptors from 54 on, any protocol', [54, 55, 56, 57], function* (os) {
    return [
      yield* os.socket(AF_INET, SOCK_STREAM, 17),
      yield* os.socket(AF_INET, SOCK_DGRAM, 6),
      yield* os.socket(AF_INET, SOCK_DGRAM, 136),
      yield* os.socket(AF_INET, SOCK_RAW, 0x101),
    ];
  }),

  given('bind-1', 'before the length is looked at', ['EINVAL', 'EINVAL'], function* (os) {
    return [
      yield* outcome(os, os.bind(yield* tcp(os), ipv6(80), 1)),
      yield* outcome(os, os.bind(yield* udp(os), ipv6(80))),
    ];
  }),
  given('bind-2', 'lengths 15, 16, 17, 28', ['EIO', 0, 'EIO', 0], function* (os) {
    const answers: Answer[] = [];
    for (const len of [15, 16, 17, 28]) answers.push(yield* outcome(os, os.bind(yield* udp(os), at(80 + len), len)));
    return answers;
  }),
  given('bind-3', 'after a refused connect', 'EINVAL', function* (os) {
    return yield* outcome(os, os.bind(yield* gone(os), at(80)));
  }),
  given('bind-4', 'connected, connecting, listening', ['EINVAL', 'EINVAL', 'EINVAL'], function* (os) {
    const connecting = yield* nonBlocking(os, yield* tcp(os));
    yield* os.connect(connecting, at(80, '192.168.4.77'));
    const answers: Answer[] = [];
    for (const s of [yield* connected(os), connecting, yield* listening(os, 81)])
      answers.push(yield* outcome(os, os.bind(s, at(90))));
    return answers;
  }),
  given(
    'bind-5',
    'taken by a listener, a bound one, an active one',
    ['EADDRINUSE', 'EADDRINUSE', 'EADDRINUSE'],
    function* (os) {
      yield* listening(os, 80);
      yield* bound(os, 81);
      const [s] = yield* bound(os, 82);
      yield* os.connect(s, at(ECHO, B_IP));
      return [(yield* bound(os, 80))[1], (yield* bound(os, 81))[1], (yield* bound(os, 82))[1]];
    },
  ),
  given(
    'bind-5',
    'addresses that differ, that are any, that are equal',
    [0, 'EADDRINUSE', 'EADDRINUSE'],
    function* (os) {
      yield* bound(os, 80, '127.0.0.1');
      return [(yield* bound(os, 80, A_IP))[1], (yield* bound(os, 80))[1], (yield* bound(os, 80, A_IP))[1]];
    },
  ),
  given('bind-5', 'both or only one with SO_REUSEADDR', [0, 0, 'EADDRINUSE'], function* (os) {
    return [
      (yield* bound(os, 80, A_IP, true))[1],
      (yield* bound(os, 80, A_IP, true))[1],
      (yield* bound(os, 80, A_IP))[1],
    ];
  }),
  given('bind-5', 'taken by TIME_WAIT, without and with SO_REUSEADDR', ['EADDRINUSE', 0], function* (os) {
    const [s] = yield* bound(os, 82);
    yield* os.connect(s, at(ECHO, B_IP));
    yield* os.close(s);
    yield* os.delayMs(1000);
    return [(yield* bound(os, 82))[1], (yield* bound(os, 82, '0.0.0.0', true))[1]];
  }),
  given('bind-6', 'which is a hazard only later', [0, 0, 0], function* (os, { world }) {
    const [s] = yield* bound(os, 80);
    return [0, yield* outcome(os, os.bind(s, at(81))), world.hazards.length];
  }),
  given('bind-7', 'and all are taken', 'ENOBUFS', function* (os) {
    takeAllPorts(os);
    return (yield* bound(os, 0))[1];
  }),
  given('bind-8', 'by another, and all are taken', ['EADDRINUSE', 'EADDRINUSE'], function* (os) {
    yield* os.bind(yield* udp(os), at(80));
    const taken = yield* outcome(os, os.bind(yield* udp(os), at(80, A_IP)));
    takeAllPorts(os);
    return [taken, yield* outcome(os, os.bind(yield* udp(os), at(0)))];
  }),
  given('bind-9', 'of any kind', [0, 0, 0], function* (os) {
    const answers: Answer[] = [];
    for (const s of [yield* tcp(os), yield* udp(os), yield* raw(os)])
      answers.push(yield* outcome(os, os.bind(s, at(80, '10.1.2.3'))));
    return answers;
  }),
  given('bind-10', 'twice', [0, 0], function* (os) {
    const s = yield* raw(os);
    return [yield* outcome(os, os.bind(s, at(80))), yield* outcome(os, os.bind(s, at(80)))];
  }),

  given('listen-1', 'but UDP or raw', ['EOPNOTSUPP', 'EOPNOTSUPP'], function* (os) {
    return [yield* outcome(os, os.listen(yield* udp(os), 1)), yield* outcome(os, os.listen(yield* raw(os), 1))];
  }),
  given('listen-2', 'after a refused connect', 'ENOTCONN', function* (os) {
    return yield* outcome(os, os.listen(yield* gone(os), 1));
  }),
  given('listen-3', 'to a server', 'EINVAL', function* (os) {
    return yield* outcome(os, os.listen(yield* connected(os), 1));
  }),
  given('listen-4', 'with a connect', 'ENOTCONN', function* (os) {
    const s = yield* nonBlocking(os, yield* tcp(os));
    yield* os.connect(s, at(80, '192.168.4.77'));
    return yield* outcome(os, os.listen(s, 1));
  }),
  given('listen-5', 'and the new backlog counts', [0, 7], function* (os) {
    const s = yield* listening(os, 80, 1);
    return [yield* outcome(os, os.listen(s, 7)), os.board.stack.tcp_listen_pcbs!.backlog];
  }),
  given('listen-6', 'or only the port', ['EADDRINUSE', 0], function* (os) {
    const [first] = yield* bound(os, 80, A_IP, true);
    const [same] = yield* bound(os, 80, A_IP, true);
    const [other] = yield* bound(os, 80, '127.0.0.1', true);
    yield* os.listen(first, 1);
    return [yield* outcome(os, os.listen(same, 1)), yield* outcome(os, os.listen(other, 1))];
  }),
  given('listen-8', 'given -5, 0, 3, 255, 256', [0, 1, 0, 1, 0, 3, 0, 255, 0, 255], function* (os) {
    const answers: Answer[] = [];
    for (const backlog of [-5, 0, 3, 255, 256]) {
      const ret = yield* outcome(os, os.listen((yield* bound(os, 90))[0], backlog));
      answers.push(ret, os.board.stack.tcp_listen_pcbs!.backlog);
      yield* os.close(54);
    }
    return answers;
  }),
  given('listen-9', 'so on port 0', [0, 0], function* (os) {
    const ret = yield* outcome(os, os.listen(yield* tcp(os), 1));
    return [ret, os.board.stack.tcp_listen_pcbs!.local_port];
  }),

  given('accept-1', 'but UDP or raw', ['EOPNOTSUPP', 'EOPNOTSUPP'], function* (os) {
    return [yield* outcome(os, os.accept(yield* udp(os))), yield* outcome(os, os.accept(yield* raw(os)))];
  }),
  given('accept-2', 'new, connected, refused', ['EINVAL', 'EINVAL', 'ECONNRESET', 'EINVAL'], function* (os) {
    const refused = yield* gone(os);
    const answers: Answer[] = [];
    // The error of the connect is still pending: accept() is one of those who tell it.
    for (const s of [yield* tcp(os), yield* connected(os), refused, refused])
      answers.push(yield* outcome(os, os.accept(s)));
    return answers;
  }),
  given('accept-3', 'at once', 'EWOULDBLOCK', function* (os) {
    return yield* outcome(os, os.accept(yield* nonBlocking(os, yield* listening(os))));
  }),
  given('accept-4', 'after 100 ms', ['EWOULDBLOCK', 100], function* (os) {
    const s = yield* listening(os);
    yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 0, tv_usec: 100_000 });
    const began = os.board.sys.sys_now();
    return [yield* outcome(os, os.accept(s)), os.board.sys.sys_now() - began];
  }),
  given('accept-5', 'for a connection', 'ENOTCONN', function* (os, { also }) {
    const s = yield* listening(os);
    also(function* (other) {
      yield* other.delayMs(50);
      yield* other.close(s);
    });
    return yield* outcome(os, os.accept(s));
  }),
  given('accept-7', 'and the peer is told', ['ENFILE', 0, 'ENOTCONN'], function* (os, { b }) {
    const s = yield* listening(os);
    const peer = start(b, function* (other) {
      const c = yield* connectTo(other, A_IP, 80);
      return [
        yield* outcome(other, other.recv(c, new Uint8Array(1))),
        yield* outcome(other, other.recv(c, new Uint8Array(1))),
      ];
    });
    while ((yield* udp(os)) >= 0);
    const ret = yield* outcome(os, os.accept(s));
    yield* os.delayMs(100);
    return [ret, ...peer.value];
  }),
  given('accept-8', 'and its descriptor is free again', ['ENOTCONN', 55], function* (os, { b }) {
    const s = yield* listening(os);
    resetFrom(b);
    yield* os.delayMs(1000);
    return [yield* outcome(os, os.accept(s, sockaddr_in())), yield* udp(os)];
  }),
  given('accept-9', 'and then', [55, 'ECONNRESET', 'ENOTCONN', 'ECONNRESET', 'ENOTCONN'], function* (os, { b }) {
    const s = yield* listening(os);
    resetFrom(b);
    yield* os.delayMs(1000);
    const c = yield* os.accept(s);
    const send = () => outcome(os, os.send(c, 'x'));
    const recv = () => outcome(os, os.recv(c, new Uint8Array(1)));
    return [c, yield* send(), yield* send(), yield* recv(), yield* recv()];
  }),
];

/** Board b connects to port 80 and resets the connection. */
function resetFrom(b: Parameters<typeof start>[0]): void {
  start(b, function* (os) {
    yield* connectTo(os, A_IP, 80);
    yield* os.delayMs(100);
    yield* os.netifDown();
  });
}
