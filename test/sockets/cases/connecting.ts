/** connect(), shutdown(), close(), and the names of both ends */

import {
  AF_INET6,
  AF_UNSPEC,
  F_SETFL,
  formatSockaddr,
  MSG_DONTWAIT,
  O_NONBLOCK,
  type Os,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_REUSEADDR,
  SOL_SOCKET,
  sockaddr_in,
} from '../../../device/index.ts';
import { UdpPcb } from '../../../stack/udp.ts';
import { A_IP, B_IP, outcome, pattern, type Steps } from '../../support/worlds.ts';
import {
  type Answer,
  allKinds,
  type Case,
  connected,
  ECHO,
  given,
  gone,
  HELLO,
  listening,
  NOBODY,
  NOWHERE,
  raw,
  reset,
  SILENT,
  soError,
  tcp,
  udp,
} from './case.ts';

const to = (port: number, ip = B_IP) => sockaddr_in(ip, port);
const unspec = () => ({ ...sockaddr_in(), sin_family: AF_UNSPEC });

function* connecting(os: Os): Steps<number> {
  const s = yield* tcp(os);
  yield* os.fcntl(s, F_SETFL, O_NONBLOCK);
  yield* os.connect(s, to(80, NOWHERE));
  return s;
}

function* peerName(os: Os, s: number): Steps<Answer> {
  const name = sockaddr_in();
  const ret = yield* outcome(os, os.getpeername(s, name));
  return ret === 0 ? formatSockaddr(name) : ret;
}

function* ownName(os: Os, s: number): Steps<Answer> {
  const name = sockaddr_in();
  const ret = yield* outcome(os, os.getsockname(s, name));
  return ret === 0 ? formatSockaddr(name) : ret;
}

export const connectingCases: readonly Case[] = [
  given('connect-1', 'whatever the length', ['EINVAL', 'EINVAL'], function* (os) {
    const ipv6 = { ...to(80), sin_family: AF_INET6 };
    return [
      yield* outcome(os, os.connect(yield* tcp(os), ipv6)),
      yield* outcome(os, os.connect(yield* udp(os), ipv6, 3)),
    ];
  }),
  given('connect-2', 'lengths 15, 16, 28, 29; AF_UNSPEC with 1', ['EIO', 0, 0, 'EIO', 0], function* (os) {
    const answers: Answer[] = [];
    for (const len of [15, 16, 28, 29]) answers.push(yield* outcome(os, os.connect(yield* udp(os), to(80), len)));
    return [...answers, yield* outcome(os, os.connect(yield* udp(os), unspec(), 1))];
  }),
  given('connect-3', 'and the port is kept', [`${B_IP}:9`, 0, 'ENOTCONN', '0.0.0.0:80'], function* (os) {
    const s = yield* udp(os);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
    yield* os.connect(s, to(9));
    return [
      yield* peerName(os, s),
      yield* outcome(os, os.connect(s, unspec())),
      yield* peerName(os, s),
      yield* ownName(os, s),
    ];
  }),
  given('connect-4', 'connected or not', ['EINVAL', 'EINVAL', 'EINVAL'], function* (os) {
    const answers: Answer[] = [];
    for (const s of [yield* tcp(os), yield* connected(os), yield* raw(os)])
      answers.push(yield* outcome(os, os.connect(s, unspec())));
    return answers;
  }),
  given('connect-5', 'with SO_ERROR in between', ['ECONNRESET', 'ENOTCONN', 104, 0, 'ENOTCONN'], function* (os) {
    const s = yield* tcp(os);
    const again = () => outcome(os, os.connect(s, to(NOBODY)));
    return [yield* again(), yield* again(), yield* soError(os, s), yield* soError(os, s), yield* again()];
  }),
  given('connect-6', 'because the link is down', ['EHOSTUNREACH', 0], function* (os) {
    yield* os.linkDown();
    const s = yield* tcp(os);
    const ret = yield* outcome(os, os.connect(s, to(ECHO)));
    yield* os.linkUp();
    return [ret, yield* outcome(os, os.connect(s, to(ECHO)))];
  }),
  given('connect-7', 'and without it', [0, 'EADDRINUSE', 0], function* (os) {
    const answers: Answer[] = [];
    for (const port of [ECHO, ECHO, HELLO]) {
      const s = yield* tcp(os);
      yield* os.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, 1);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 5000));
      answers.push(yield* outcome(os, os.connect(s, to(port))));
    }
    return answers;
  }),
  given('connect-8', 'because others have them all', 'ENOBUFS', function* (os) {
    for (let port = 0xc000; port <= 0xffff; port++) os.board.stack.tcp_index.takePort(port);
    return yield* outcome(os, os.connect(yield* tcp(os), to(ECHO)));
  }),
  given('connect-10', 'as nobody listens', 'ECONNRESET', function* (os) {
    return yield* outcome(os, os.connect(yield* tcp(os), to(NOBODY)));
  }),
  given(
    'connect-11',
    'after 18 s if its address is known, else 61 s',
    ['ECONNABORTED', 18, 'ECONNABORTED', 61],
    function* (os, { b }) {
      const answers: Answer[] = [];
      const call = function* (ip: string): Steps<void> {
        const began = os.board.sys.sys_now();
        answers.push(yield* outcome(os, os.connect(yield* tcp(os), to(80, ip))));
        answers.push(Math.round((os.board.sys.sys_now() - began) / 1000));
      };
      yield* connected(os);
      b.powerOff();
      yield* call(B_IP);
      yield* call(NOWHERE);
      return answers;
    },
  ),
  given('connect-12', 'to netif_down', 'ECONNABORTED', function* (os, { also }) {
    also(function* (other) {
      yield* other.delayMs(500);
      yield* other.netifDown();
    });
    return yield* outcome(os, os.connect(yield* tcp(os), to(80, NOWHERE)));
  }),
  given('connect-13', 'while it waits', 'ENOTCONN', function* (os, { also }) {
    const s = yield* tcp(os);
    also(function* (other) {
      yield* other.delayMs(500);
      yield* other.close(s);
    });
    return yield* outcome(os, os.connect(s, to(80, NOWHERE)));
  }),
  given('connect-14', 'whether the peer is there or not', ['EINPROGRESS', 'EINPROGRESS'], function* (os) {
    const answers: Answer[] = [];
    for (const ip of [B_IP, NOWHERE]) {
      const s = yield* tcp(os);
      yield* os.fcntl(s, F_SETFL, O_NONBLOCK);
      answers.push(yield* outcome(os, os.connect(s, to(ECHO, ip))));
    }
    return answers;
  }),
  given('connect-15', 'blocking or not by now', ['EALREADY', 'EALREADY'], function* (os) {
    const s = yield* connecting(os);
    const first = yield* outcome(os, os.connect(s, to(80, NOWHERE)));
    yield* os.fcntl(s, F_SETFL, 0);
    return [first, yield* outcome(os, os.connect(s, to(80, NOWHERE)))];
  }),
  given('connect-16', 'one after the other', ['EISCONN', 'EISCONN', 'EISCONN', 0], function* (os, { also }) {
    const writing = yield* connected(os, SILENT);
    also(function* (other) {
      yield* other.send(writing, pattern(50_000));
    });
    yield* os.delayMs(100);
    const answers: Answer[] = [];
    for (const s of [yield* connected(os), yield* listening(os), writing])
      answers.push(yield* outcome(os, os.connect(s, to(ECHO))));
    return [...answers, yield* outcome(os, os.close(writing))];
  }),
  given('connect-17', 'and an ephemeral port for UDP', [0, 0, 'EADDRINUSE'], function* (os) {
    const { stack } = os.board;
    const answers = [
      yield* outcome(os, os.connect(yield* udp(os), to(9, NOWHERE))),
      yield* outcome(os, os.connect(yield* raw(os), to(9, '1.2.3.4'))),
    ];
    for (let port = 0xc000; port <= 0xffff; port++) {
      const pcb = new UdpPcb(stack);
      pcb.local_port = port;
      pcb.next = stack.udp_pcbs;
      stack.udp_pcbs = pcb;
    }
    return [...answers, yield* outcome(os, os.connect(yield* udp(os), to(9)))];
  }),

  given('shutdown-1', 'but UDP or raw', ['EOPNOTSUPP', 'EOPNOTSUPP'], function* (os) {
    return [
      yield* outcome(os, os.shutdown(yield* udp(os), SHUT_RD)),
      yield* outcome(os, os.shutdown(yield* raw(os), 7)),
    ];
  }),
  given('shutdown-2', 'but -1 or 3', ['EINVAL', 'EINVAL'], function* (os) {
    const s = yield* connected(os);
    return [yield* outcome(os, os.shutdown(s, -1)), yield* outcome(os, os.shutdown(s, 3))];
  }),
  given(
    'shutdown-3',
    'refused, connecting, listening',
    ['ENOTCONN', 'ENOTCONN', 'ENOTCONN', 'ENOTCONN'],
    function* (os) {
      const listener = yield* listening(os);
      const answers: Answer[] = [];
      for (const [s, how] of [
        [yield* gone(os), SHUT_RDWR],
        [yield* connecting(os), SHUT_RD],
        [listener, SHUT_RD],
        [listener, SHUT_WR],
      ] as const) {
        answers.push(yield* outcome(os, os.shutdown(s, how)));
      }
      return answers;
    },
  ),
  given('shutdown-3', 'new: reading, writing, both', [0, 'ENOTCONN', 0], function* (os) {
    const answers: Answer[] = [];
    for (const how of [SHUT_RD, SHUT_WR, SHUT_RDWR]) answers.push(yield* outcome(os, os.shutdown(yield* tcp(os), how)));
    return answers;
  }),
  given('shutdown-4', 'or once', [0, 'ENOTCONN'], function* (os) {
    const s = yield* connected(os);
    return [yield* outcome(os, os.shutdown(s, SHUT_WR)), yield* outcome(os, os.shutdown(s, SHUT_WR))];
  }),
  given('close-1', 'of any kind and state', [0, 0, 0, 0, 0, 0, 0], function* (os) {
    const { tcp: t, udp: u, raw: r } = yield* allKinds(os);
    const answers: Answer[] = [];
    for (const s of [t, u, r, yield* connected(os), yield* connecting(os), yield* listening(os), yield* gone(os)]) {
      answers.push(yield* outcome(os, os.close(s)));
    }
    return answers;
  }),
  given('close-1', 'while others connect and write', [0, 0, 'ENOTCONN', 'ENOTCONN'], function* (os, { also }) {
    const [writing, calling] = [yield* connected(os, SILENT), yield* tcp(os)];
    const ended: Answer[] = [];
    also(function* (other) {
      ended.push(yield* outcome(other, other.send(writing, pattern(50_000))));
    });
    also(function* (other) {
      ended.push(yield* outcome(other, other.connect(calling, to(80, NOWHERE))));
    });
    yield* os.delayMs(100);
    const answers = [yield* outcome(os, os.close(writing)), yield* outcome(os, os.close(calling))];
    yield* os.delayMs(100);
    return [...answers, ...ended];
  }),

  given(
    'getpeername-1',
    'one after the other',
    ['ENOTCONN', 'ENOTCONN', 'ENOTCONN', 'ENOTCONN', `${B_IP}:${ECHO}`],
    function* (os) {
      const { tcp: t, udp: u, raw: r } = yield* allKinds(os);
      yield* os.connect(r, to(9));
      const answers: Answer[] = [];
      for (const s of [t, u, r, yield* listening(os), yield* connected(os)]) answers.push(yield* peerName(os, s));
      return answers;
    },
  ),
  given('getpeername-2', 'asked for either', ['ENOTCONN', 'ENOTCONN'], function* (os) {
    const s = yield* reset(os);
    return [yield* peerName(os, s), yield* ownName(os, s)];
  }),
  given('getsockname-1', 'or bound', [0, '0.0.0.0:0', '0.0.0.0:0', '0.0.0.0:1', '127.0.0.1:80', A_IP], function* (os) {
    const { tcp: t, udp: u, raw: r } = yield* allKinds(os);
    const answers: Answer[] = [yield* outcome(os, os.getsockname(t, sockaddr_in()))];
    for (const s of [t, u, r]) answers.push(yield* ownName(os, s));
    yield* os.bind(u, sockaddr_in('127.0.0.1', 80));
    const own = yield* ownName(os, yield* connected(os));
    return [...answers, yield* ownName(os, u), String(own).split(':')[0]!];
  }),
  given('any-1', 'with any call', 'EBADF', function* (os) {
    const closed = yield* udp(os);
    yield* os.close(closed);
    const answers = new Set<Answer>();
    const mem = new Uint8Array(4);
    const name = sockaddr_in();
    for (const s of [closed, 53, 64, 0, -1, 3.5]) {
      const calls = [
        () => os.bind(s, name),
        () => os.listen(s, 1),
        () => os.accept(s),
        () => os.connect(s, name),
        () => os.shutdown(s, 9),
        () => os.close(s),
        () => os.send(s, 'x'),
        () => os.write(s, 'x'),
        () => os.sendto(s, 'x', 1, 0, name),
        () => os.recv(s, mem),
        () => os.read(s, mem),
        () => os.recvfrom(s, mem, 4, MSG_DONTWAIT),
        () => os.getsockname(s, name),
        () => os.getpeername(s, name),
        () => os.setsockopt(s, 99, 99, 0),
        () => os.getsockopt(s, 99, 99, { value: 0 }),
        () => os.fcntl(s, 99),
        () => os.ioctl(s, 99, { value: 0 }),
        () => os.sendmsg(s, { msg_name: null, msg_iov: [], msg_flags: 0 }),
        () => os.writev(s, []),
        () => os.readv(s, [mem]),
        () => os.recvmsg(s, { msg_name: null, msg_iov: [mem], msg_flags: 0 }),
      ];
      for (const call of calls) answers.add(yield* outcome(os, call()));
    }
    return [...answers];
  }),
  given(
    'vfs-1',
    'through read, write, close, fcntl, ioctl',
    ['EBADF', 'EBADF', 'EBADF', 'EBADF', 'EBADF'],
    function* (os) {
      return [
        yield* outcome(os, os.read(3, new Uint8Array(1))),
        yield* outcome(os, os.write(3, 'x')),
        yield* outcome(os, os.close(3)),
        yield* outcome(os, os.fcntl(3, F_SETFL, 0)),
        yield* outcome(os, os.ioctl(3, 0, { value: 0 })),
      ];
    },
  ),
];
