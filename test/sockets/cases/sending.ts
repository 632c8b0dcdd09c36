/** send(), write(), sendto(), sendmsg() */

import {
  AF_INET6,
  AF_UNSPEC,
  F_SETFL,
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  O_NONBLOCK,
  type Os,
  SHUT_WR,
  SO_KEEPALIVE,
  SO_SNDTIMEO,
  SOL_SOCKET,
  sockaddr_in,
} from '../../../device/index.ts';
import { B_IP, outcome, pattern, type Steps } from '../../support/worlds.ts';
import {
  type Answer,
  type Case,
  connected,
  ECHO,
  given,
  gone,
  HELLO,
  listening,
  NOBODY,
  NOWHERE,
  type Place,
  raw,
  reset,
  SILENT,
  soError,
  tcp,
  udp,
} from './case.ts';

const to = (port: number, ip = B_IP) => sockaddr_in(ip, port);

/** A connection whose buffers are full on both sides, in whole segments: there is no room until the peer reads. */
function* full(os: Os): Steps<number> {
  const s = yield* connected(os, SILENT);
  for (let n = 0; n >= 0; ) {
    n = yield* os.send(s, pattern(1440), 1440, MSG_DONTWAIT);
    yield* os.delayMs(20);
  }
  return s;
}

/** What a blocked send of another task answers, and what happens meanwhile. */
function* blockedSend(os: Os, { also }: Place, s: number, deed: (os: Os) => Steps<unknown>): Steps<Answer> {
  also(function* (other) {
    yield* other.delayMs(100);
    yield* deed(other);
  });
  return yield* outcome(os, os.send(s, pattern(50_000)));
}

const message = (...sizes: number[]) => ({ msg_name: null, msg_iov: sizes.map((n) => pattern(n)), msg_flags: 0 });

export const sending: readonly Case[] = [
  given('send-1', 'in any state', [0, 0, 0, 0], function* (os) {
    const answers: Answer[] = [];
    for (const s of [yield* connected(os), yield* tcp(os), yield* listening(os), yield* gone(os)])
      answers.push(yield* outcome(os, os.send(s, '')));
    return answers;
  }),
  given('send-2', 'after a reset', ['ECONNRESET', 'ENOTCONN'], function* (os) {
    const s = yield* reset(os);
    return [yield* outcome(os, os.write(s, 'x')), yield* outcome(os, os.write(s, 'x'))];
  }),
  given('send-3', 'by SO_ERROR', [104, 'ENOTCONN', 0], function* (os) {
    const s = yield* reset(os);
    return [yield* soError(os, s), yield* outcome(os, os.send(s, 'x')), yield* soError(os, s)];
  }),
  given('send-4', 'one after the other', ['ENOTCONN', 'ENOTCONN'], function* (os) {
    const s = yield* connected(os);
    yield* os.shutdown(s, SHUT_WR);
    return [yield* outcome(os, os.send(yield* tcp(os), 'x')), yield* outcome(os, os.send(s, 'x'))];
  }),
  given('send-5', 'one after the other', ['EINPROGRESS', 'EINPROGRESS', 'EINPROGRESS', 0], function* (os, { also }) {
    const [connecting, writing] = [yield* tcp(os), yield* full(os)];
    yield* os.fcntl(connecting, F_SETFL, O_NONBLOCK);
    yield* os.connect(connecting, to(80, NOWHERE));
    also(function* (other) {
      yield* other.send(writing, pattern(50_000));
    });
    yield* os.delayMs(20);
    const answers: Answer[] = [];
    for (const s of [connecting, yield* listening(os), writing]) answers.push(yield* outcome(os, os.send(s, 'x')));
    return [...answers, yield* os.close(writing)];
  }),
  given('send-6', 'either way', ['EWOULDBLOCK', 'EWOULDBLOCK'], function* (os) {
    const s = yield* full(os);
    const dontwait = yield* outcome(os, os.send(s, 'x', 1, MSG_DONTWAIT));
    yield* os.fcntl(s, F_SETFL, O_NONBLOCK);
    return [dontwait, yield* outcome(os, os.send(s, 'x'))];
  }),
  given('send-7', 'that is the send buffer', [5760, 'EWOULDBLOCK'], function* (os) {
    const s = yield* connected(os, SILENT);
    return [
      yield* outcome(os, os.send(s, pattern(9000), 9000, MSG_DONTWAIT)),
      yield* outcome(os, os.send(s, 'x', 1, MSG_DONTWAIT)),
    ];
  }),
  given('send-8', 'after 2 s and up to a poll', ['EWOULDBLOCK', 'in time'], function* (os) {
    const s = yield* full(os);
    yield* os.setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, { tv_sec: 2, tv_usec: 0 });
    const began = os.board.sys.sys_now();
    const ret = yield* outcome(os, os.send(s, pattern(10)));
    const took = os.board.sys.sys_now() - began;
    return [ret, took >= 2000 && took <= 3500 ? 'in time' : took];
  }),
  given('send-9', 'by buffer and window of the peer', 11_520, function* (os) {
    const s = yield* connected(os, SILENT);
    yield* os.setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, { tv_sec: 2, tv_usec: 0 });
    return yield* outcome(os, os.send(s, pattern(50_000)));
  }),
  given('send-10', 'more than any buffer holds', 3000, function* (os) {
    const s = yield* connected(os, HELLO);
    return yield* outcome(os, os.send(s, pattern(3000)));
  }),
  given('send-11', 'of the peer', ['ECONNRESET', 'ECONNRESET'], function* (os, place) {
    const s = yield* full(os);
    const blocked = yield* blockedSend(os, place, s, function* (other) {
      place.b.powerOff();
      place.b.powerOn();
      yield* other.delayMs(1);
    });
    return [blocked, yield* outcome(os, os.send(s, 'x'))];
  }),
  given('send-12', 'and one that did not wait', ['ECONNABORTED', 'ECONNABORTED'], function* (os, place) {
    const first = yield* full(os);
    const second = yield* full(os);
    const down = yield* blockedSend(os, place, first, function* (other) {
      yield* other.netifDown();
    });
    return [down, yield* outcome(os, os.send(second, 'x'))];
  }),
  given('send-12', 'by keepalive', ['ECONNABORTED'], function* (os, place) {
    const s = yield* connected(os, SILENT);
    yield* os.setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, 1);
    return yield* blockedSend(os, place, s, function* (other) {
      yield* other.linkDown({ cableOnly: true });
    });
  }),
  given('send-13', 'each on its own', ['ENOTCONN', 'ENOTCONN'], function* (os, place) {
    const [closed, shut] = [yield* full(os), yield* full(os)];
    const byClose = yield* blockedSend(os, place, closed, function* (other) {
      yield* other.close(closed);
    });
    return [
      byClose,
      yield* blockedSend(os, place, shut, function* (other) {
        yield* other.shutdown(shut, SHUT_WR);
      }),
    ];
  }),
  given('send-14', 'and found again', ['EHOSTUNREACH', 10], function* (os) {
    const s = yield* connected(os);
    yield* os.linkDown();
    const ret = yield* outcome(os, os.send(s, pattern(10)));
    yield* os.linkUp();
    return [ret, yield* outcome(os, os.recv(s, new Uint8Array(100)))];
  }),

  given('sendto-1', 'so the connected peer gets it', [3, 3], function* (os) {
    const s = yield* udp(os);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 4000));
    yield* os.connect(s, sockaddr_in('127.0.0.1', 4000));
    const ret = yield* outcome(os, os.sendto(s, 'abc', 3, 0, to(99, '0.0.0.0')));
    return [ret, yield* outcome(os, os.recv(s, new Uint8Array(10)))];
  }),
  given('sendto-2', 'of either kind', ['EMSGSIZE', 'EMSGSIZE', 'EMSGSIZE'], function* (os) {
    const big = new Uint8Array(65_536);
    const s = yield* udp(os);
    yield* os.connect(s, to(9));
    return [
      yield* outcome(os, os.sendto(s, big, big.length, 0, to(9))),
      yield* outcome(os, os.send(s, big)),
      yield* outcome(os, os.sendto(yield* raw(os), big, big.length, 0, to(9))),
    ];
  }),
  given('sendto-3', 'that is AF_UNSPEC or 99', ['EIO', 'EIO'], function* (os) {
    const answers: Answer[] = [];
    for (const sin_family of [AF_UNSPEC, 99])
      answers.push(yield* outcome(os, os.sendto(yield* udp(os), 'x', 1, 0, { ...to(9), sin_family })));
    return answers;
  }),
  given(
    'sendto-5',
    'one after the other',
    ['EHOSTUNREACH', 'EHOSTUNREACH', 'EHOSTUNREACH', 'EHOSTUNREACH'],
    function* (os) {
      const [s, elsewhere] = [yield* udp(os), yield* udp(os)];
      yield* os.bind(elsewhere, sockaddr_in('10.1.1.1', 0));
      const answers: Answer[] = [];
      answers.push(yield* outcome(os, os.sendto(elsewhere, 'x', 1, 0, to(9))));
      answers.push(yield* outcome(os, os.sendto(s, 'x', 1, 0, to(9, '8.8.8.8'))));
      yield* os.linkDown();
      answers.push(yield* outcome(os, os.sendto(s, 'x', 1, 0, to(9))));
      return [...answers, yield* outcome(os, os.sendto(yield* raw(os), 'x', 1, 0, to(9)))];
    },
  ),
  given('sendto-6', 'or another kind of socket', ['EINVAL', 'EINVAL'], function* (os) {
    const ipv6 = { ...to(9), sin_family: AF_INET6 };
    return [
      yield* outcome(os, os.sendto(yield* udp(os), 'x', 1, 0, ipv6)),
      yield* outcome(os, os.sendto(yield* raw(os), 'x', 1, 0, ipv6)),
    ];
  }),
  given('sendto-7', 'the fourth packet; a datagram of 65,528 bytes', [1, 1, 1, 'ENOMEM', 'ENOMEM'], function* (os) {
    const s = yield* udp(os);
    const answers: Answer[] = [];
    for (let i = 0; i < 4; i++) answers.push(yield* outcome(os, os.sendto(s, 'x', 1, 0, to(9, NOWHERE))));
    return [...answers, yield* outcome(os, os.sendto(s, new Uint8Array(65_528), 65_528, 0, to(9)))];
  }),
  given('sendto-9', 'as a broadcast to 0.0.0.0', [3, 3, 'ffffffffffff', '00000000'], function* (os, { trace }) {
    const s = yield* udp(os);
    const answers = [yield* outcome(os, os.send(s, 'abc')), yield* outcome(os, os.sendto(s, 'abc', 3, 0, null))];
    const { bytes } = trace.frames.at(-1)!;
    const hex = (from: number, end: number) => Buffer.from(bytes.subarray(from, end)).toString('hex');
    return [...answers, hex(0, 6), hex(30, 34)];
  }),
  given('sendto-11', 'and not to the peer', [1, '192.168.4.99'], function* (os, { trace }) {
    const s = yield* udp(os);
    yield* os.connect(s, to(9));
    const ret = yield* outcome(os, os.sendto(s, 'x', 1, 0, to(9, '192.168.4.99')));
    const asked = trace.frames.at(-1)!.bytes.subarray(38, 42);
    return [ret, [...asked].join('.')];
  }),
  given('sendto-12', 'and to SO_ERROR neither', [1, 1, 0, 'EWOULDBLOCK'], function* (os) {
    const s = yield* udp(os);
    yield* os.connect(s, to(NOBODY));
    const first = yield* outcome(os, os.send(s, 'x'));
    yield* os.delayMs(100);
    return [
      first,
      yield* outcome(os, os.send(s, 'x')),
      yield* soError(os, s),
      yield* outcome(os, os.recv(s, new Uint8Array(9), 9, MSG_DONTWAIT)),
    ];
  }),

  given('sendmsg-2', 'none, 65,536, too long', ['EMSGSIZE', 'EMSGSIZE', 'EMSGSIZE', 'EMSGSIZE'], function* (os) {
    const s = yield* connected(os);
    const many = { msg_name: null, msg_iov: new Array<Uint8Array>(65_536).fill(new Uint8Array(0)), msg_flags: 0 };
    const long = { ...message(40_000, 40_000), msg_name: to(9) };
    return [
      yield* outcome(os, os.sendmsg(s, message())),
      yield* outcome(os, os.sendmsg(s, many)),
      yield* outcome(os, os.sendmsg(yield* udp(os), long)),
      yield* outcome(os, os.writev(s, [])),
    ];
  }),
  given('sendmsg-3', 'and with these', ['EOPNOTSUPP', 'EOPNOTSUPP', 3], function* (os) {
    const s = yield* connected(os);
    const answers: Answer[] = [];
    for (const flags of [MSG_OOB, MSG_PEEK | MSG_MORE, MSG_DONTWAIT | MSG_MORE])
      answers.push(yield* outcome(os, os.sendmsg(s, message(1, 0, 2), flags)));
    return answers;
  }),
  given('send-10', 'to an echo that keeps up', [20_000, 20_000], function* (os, { also }) {
    const s = yield* connected(os, ECHO);
    let echoed = 0;
    also(function* (other) {
      for (const buffer = new Uint8Array(1500); echoed < 20_000; ) echoed += yield* other.recv(s, buffer);
    });
    const ret = yield* outcome(os, os.send(s, pattern(20_000)));
    yield* os.delayMs(5000);
    return [ret, echoed];
  }),
];
