/** recv(), read(), recvfrom(), recvmsg() */

import {
  F_SETFL,
  formatSockaddr,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  O_NONBLOCK,
  type Os,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_RCVTIMEO,
  SOL_SOCKET,
  sockaddr_in,
  text,
} from '../../../device/index.ts';
import { outcome, pattern, type Steps } from '../../support/worlds.ts';
import {
  type Answer,
  type Case,
  connected,
  ECHO,
  given,
  HELLO,
  listening,
  raw,
  reset,
  soError,
  tcp,
  udp,
} from './case.ts';

const LOOPBACK = '127.0.0.1';
const mem = (n = 100) => new Uint8Array(n);

function* recv(os: Os, s: number, len = 100, flags = 0): Steps<Answer> {
  return yield* outcome(os, os.recv(s, mem(len), len, flags));
}

/** What each of these sockets answers to recv(). */
function* each(os: Os, sockets: readonly number[], flags = 0): Steps<Answer[]> {
  const answers: Answer[] = [];
  for (const s of sockets) answers.push(yield* recv(os, s, 100, flags));
  return answers;
}

/** A connection in whose mailbox these chunks stand. */
function* withChunks(os: Os, ...chunks: string[]): Steps<number> {
  const s = yield* connected(os, ECHO);
  for (const chunk of chunks) {
    yield* os.send(s, chunk);
    yield* os.delayMs(300);
  }
  return s;
}

/** A datagram socket that has sent these to itself. */
function* withDatagrams(os: Os, ...sizes: number[]): Steps<number> {
  const s = yield* udp(os);
  yield* os.bind(s, sockaddr_in('0.0.0.0', 4000));
  for (const n of sizes) yield* os.sendto(s, pattern(n), n, 0, sockaddr_in(LOOPBACK, 4000));
  return s;
}

const message = (...sizes: number[]) => ({ msg_name: null, msg_iov: sizes.map((n) => mem(n)), msg_flags: 0 });

export const receiving: readonly Case[] = [
  given('recv-1', 'in three chunks', ['abc', 3, 'abcdefgh', 'i'], function* (os) {
    const s = yield* withChunks(os, 'abc', 'def', 'ghi');
    const buffer = mem();
    const peeked = text(buffer, yield* os.recv(s, buffer, 100, MSG_PEEK));
    const n = yield* os.recv(s, buffer, 3, MSG_PEEK | MSG_WAITALL);
    const most = text(buffer, yield* os.recv(s, buffer, 8));
    return [peeked, n, most, text(buffer, yield* os.read(s, buffer))];
  }),
  given('recv-2', 'and errno', [5, 0, 128, 0], function* (os) {
    const s = yield* connected(os, HELLO);
    yield* os.delayMs(100);
    const n = yield* os.recv(s, mem());
    os.errno = 0;
    const end = yield* os.recv(s, mem());
    return [n, end, os.errno, yield* outcome(os, os.close(s))];
  }),
  given('recv-3', 'and again', [5, 0, 'ENOTCONN', 'ENOTCONN'], function* (os) {
    const s = yield* connected(os, HELLO);
    return [yield* recv(os, s), yield* recv(os, s), yield* recv(os, s), yield* recv(os, s)];
  }),
  given('recv-4', 'either way', ['EWOULDBLOCK', 'EWOULDBLOCK'], function* (os) {
    const s = yield* connected(os);
    const dontwait = yield* recv(os, s, 100, MSG_DONTWAIT);
    yield* os.fcntl(s, F_SETFL, O_NONBLOCK);
    return [dontwait, yield* recv(os, s)];
  }),
  given('recv-5', 'after 100 ms, and at once below a tick', ['EWOULDBLOCK', 100, 'EWOULDBLOCK', 100], function* (os) {
    const s = yield* connected(os);
    const began = os.board.sys.sys_now();
    const answers: Answer[] = [];
    for (const tv_usec of [100_000, 9000]) {
      yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 0, tv_usec });
      answers.push(yield* recv(os, s), os.board.sys.sys_now() - began);
    }
    return answers;
  }),
  given('recv-6', 'of each', ['ECONNRESET', 'ECONNRESET', 'ENOTCONN', 'ENOTCONN'], function* (os) {
    const s = yield* reset(os);
    return yield* each(os, [s, s, s, s]);
  }),
  given('recv-6', 'after a send has told it', ['ECONNRESET', 'ECONNRESET', 'ENOTCONN'], function* (os) {
    const s = yield* reset(os);
    return [yield* outcome(os, os.send(s, 'x')), ...(yield* each(os, [s, s]))];
  }),
  given('recv-6', 'behind data', [3, 'ECONNRESET', 'ECONNRESET', 'ENOTCONN'], function* (os, { b }) {
    const s = yield* withChunks(os, 'abc');
    b.powerOff();
    b.powerOn();
    yield* os.delayMs(100);
    yield* os.send(s, 'x');
    yield* os.delayMs(100);
    return [yield* recv(os, s, 3), ...(yield* each(os, [s, s, s]))];
  }),
  given('recv-7', 'error', [3, 'ECONNABORTED', 'ECONNABORTED', 'ENOTCONN'], function* (os) {
    const s = yield* withChunks(os, 'abc');
    yield* os.netifDown();
    return [yield* recv(os, s, 3), ...(yield* each(os, [s, s, s]))];
  }),
  given(
    'recv-7',
    'error, one of which is lost to a read that wants more',
    [3, 'ECONNABORTED', 'ENOTCONN'],
    function* (os) {
      const s = yield* withChunks(os, 'abc');
      yield* os.netifDown();
      return yield* each(os, [s, s, s]);
    },
  ),
  given('recv-8', 'or bound', ['EWOULDBLOCK', 'EWOULDBLOCK'], function* (os) {
    const bound = yield* tcp(os);
    yield* os.bind(bound, sockaddr_in('0.0.0.0', 80));
    return yield* each(os, [yield* tcp(os), bound], MSG_DONTWAIT);
  }),
  given('recv-9', 'for connections', 'ENOTCONN', function* (os) {
    return yield* recv(os, yield* listening(os));
  }),
  given('recv-10', 'with data unread', ['ENOTCONN', 'ENOTCONN'], function* (os) {
    const [read, both] = [yield* withChunks(os, 'abc'), yield* withChunks(os, 'abc')];
    yield* os.shutdown(read, SHUT_RD);
    yield* os.shutdown(both, SHUT_RDWR);
    return yield* each(os, [read, both]);
  }),
  given('recv-11', 'in two tasks', ['ENOTCONN', 'ENOTCONN'], function* (os, { also }) {
    const s = yield* connected(os);
    const answers: Answer[] = [];
    also(function* (other) {
      answers.push(yield* recv(other, s));
    });
    also(function* (other) {
      yield* other.delayMs(50);
      yield* other.close(s);
    });
    answers.push(yield* recv(os, s));
    yield* os.delayMs(50);
    return answers;
  }),
  given('recv-12', 'and the data stays', ['EWOULDBLOCK', 0, 3], function* (os) {
    const s = yield* connected(os);
    const nothing = yield* outcome(os, os.recv(s, mem(0), 0, MSG_DONTWAIT));
    yield* os.send(s, 'abc');
    return [nothing, yield* outcome(os, os.recv(s, mem(0))), yield* recv(os, s)];
  }),

  given('recvfrom-1', 'whose rest is lost', [4, 20, `${LOOPBACK}:4000`], function* (os) {
    const s = yield* withDatagrams(os, 10, 20);
    const from = sockaddr_in();
    return [yield* recv(os, s, 4), yield* outcome(os, os.recvfrom(s, mem(), 100, 0, from)), formatSockaddr(from)];
  }),
  given('recvfrom-1', 'looked at first', [4, 10, 10, 'EWOULDBLOCK'], function* (os) {
    const s = yield* withDatagrams(os, 10);
    return [
      yield* recv(os, s, 4, MSG_PEEK),
      yield* recv(os, s, 100, MSG_PEEK),
      yield* recv(os, s),
      yield* recv(os, s, 100, MSG_DONTWAIT),
    ];
  }),
  given('recvfrom-2', 'of either kind', ['EWOULDBLOCK', 'EWOULDBLOCK', 'EWOULDBLOCK', 100], function* (os) {
    const s = yield* udp(os);
    const now = [...(yield* each(os, [s, yield* raw(os)], MSG_DONTWAIT))];
    yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 0, tv_usec: 100_000 });
    const began = os.board.sys.sys_now();
    return [...now, yield* recv(os, s), os.board.sys.sys_now() - began];
  }),
  given('recvfrom-3', 'of either kind', ['ENOTCONN', 'ENOTCONN'], function* (os, { also }) {
    const answers: Answer[] = [];
    for (const s of [yield* udp(os), yield* raw(os)]) {
      also(function* (other) {
        yield* other.delayMs(50);
        yield* other.close(s);
      });
      answers.push(yield* recv(os, s));
    }
    return answers;
  }),

  given('recvmsg-1', 'whatever the socket', [-16, -16], function* (os) {
    return [yield* outcome(os, os.recvmsg(yield* udp(os), null)), yield* outcome(os, os.recvmsg(3, null))];
  }),
  given('recvmsg-2', 'and with these', ['EOPNOTSUPP', 'EOPNOTSUPP', 10], function* (os) {
    const s = yield* withDatagrams(os, 10);
    const answers: Answer[] = [];
    for (const flags of [MSG_WAITALL, MSG_PEEK | 0x20, MSG_PEEK | MSG_DONTWAIT])
      answers.push(yield* outcome(os, os.recvmsg(s, message(20), flags)));
    return answers;
  }),
  given('recvmsg-3', 'for readv too', ['EMSGSIZE', 'EMSGSIZE', 'EMSGSIZE'], function* (os) {
    const s = yield* udp(os);
    const many = { msg_name: null, msg_iov: new Array<Uint8Array>(65_536).fill(mem(1)), msg_flags: 0 };
    return [
      yield* outcome(os, os.recvmsg(s, message())),
      yield* outcome(os, os.recvmsg(s, many)),
      yield* outcome(os, os.readv(s, [])),
    ];
  }),
  given('recvmsg-4', 'for readv too', ['EINVAL', 'EINVAL'], function* (os) {
    const s = yield* connected(os);
    return [yield* outcome(os, os.recvmsg(s, message(5, 0, 5))), yield* outcome(os, os.readv(s, [mem(0)]))];
  }),
  given('recvmsg-5', 'and fits, and does not', [10, 0, 30, MSG_TRUNC], function* (os) {
    const s = yield* withDatagrams(os, 10, 30);
    const answers: Answer[] = [];
    for (let i = 0; i < 2; i++) {
      const m = message(6, 6);
      answers.push(yield* outcome(os, os.recvmsg(s, m)), m.msg_flags);
    }
    return answers;
  }),
  given('pending-1', 'told once', [104, 0, 'ECONNRESET', 'ENOTCONN'], function* (os) {
    const s = yield* reset(os);
    return [yield* soError(os, s), yield* soError(os, s), ...(yield* each(os, [s, s]))];
  }),
  given('pending-2', 'behind data', [113, 0, 3, 'ECONNABORTED', 'ENOTCONN'], function* (os) {
    const s = yield* withChunks(os, 'abc');
    yield* os.netifDown();
    return [yield* soError(os, s), yield* soError(os, s), yield* recv(os, s, 3), ...(yield* each(os, [s, s]))];
  }),
  given(
    'pending-3',
    'a FIN that is read when the pcb is gone counts as a reset',
    [0, 128, 0, 5, 'ECONNRESET', 'ECONNRESET', 'ENOTCONN'],
    function* (os) {
      const s = yield* connected(os, HELLO);
      yield* os.delayMs(100);
      const shut = yield* outcome(os, os.shutdown(s, SHUT_WR));
      yield* os.delayMs(100);
      const errors = [yield* soError(os, s), yield* soError(os, s)];
      return [shut, ...errors, ...(yield* each(os, [s, s, s, s]))];
    },
  ),
];
