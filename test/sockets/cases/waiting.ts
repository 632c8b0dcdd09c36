/** select(), poll(), options, modes, and the functions on addresses */

import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  F_GETFL,
  F_SETFL,
  FIONBIO,
  FIONREAD,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_TCP,
  inet_addr,
  inet_ntop,
  inet_pton,
  makeFdSet,
  O_NONBLOCK,
  O_RDWR,
  type Os,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  SHUT_WR,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_KEEPALIVE,
  SO_RCVTIMEO,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SOL_SOCKET,
  type SockoptValue,
  TCP_NODELAY,
} from '../../../device/index.ts';
import { A_IP, doing, outcome, type Steps } from '../../support/worlds.ts';
import { type Answer, type Case, connected, given, gone, listening, tcp, udp } from './case.ts';

const SOON = { tv_sec: 0, tv_usec: 20_000 };
const NOW = { tv_sec: 0, tv_usec: 0 };

const mreq = (group: string, netif = '0.0.0.0') => ({
  imr_multiaddr: { s_addr: inet_addr(group) },
  imr_interface: { s_addr: inet_addr(netif) },
});

function* set(os: Os, s: number, level: number, name: number, value: SockoptValue, optlen?: number): Steps<Answer> {
  return yield* outcome(os, os.setsockopt(s, level, name, value, optlen));
}

function* get(os: Os, s: number, level: number, name: number, optlen?: number): Steps<Answer> {
  return yield* outcome(os, os.getsockopt(s, level, name, { value: 0 }, optlen));
}

export const waiting: readonly Case[] = [
  given(
    'sockopt-2',
    'each of these',
    ['ENOPROTOOPT', 'ENOPROTOOPT', 'ENOPROTOOPT', 'ENOPROTOOPT', 'ENOPROTOOPT'],
    function* (os) {
      const s = yield* tcp(os);
      return [
        yield* set(os, s, 41, 27, 1),
        yield* get(os, s, SOL_SOCKET, SO_SNDBUF),
        yield* set(os, s, SOL_SOCKET, SO_BROADCAST, 1),
        yield* get(os, yield* udp(os), IPPROTO_TCP, TCP_NODELAY),
        yield* set(os, s, SOL_SOCKET, SO_TYPE, 1),
      ];
    },
  ),
  given('sockopt-3', 'in both directions', ['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 0], function* (os) {
    const [s, dead] = [yield* tcp(os), yield* gone(os)];
    return [
      yield* set(os, s, SOL_SOCKET, SO_KEEPALIVE, 1, 3),
      yield* get(os, s, IPPROTO_IP, IP_TTL, 3),
      yield* set(os, dead, SOL_SOCKET, SO_KEEPALIVE, 1),
      yield* get(os, dead, IPPROTO_TCP, TCP_NODELAY),
      yield* get(os, dead, SOL_SOCKET, SO_TYPE),
    ];
  }),
  given('sockopt-4', 'in both directions', ['EINVAL', 'EINVAL'], function* (os) {
    const s = yield* listening(os);
    return [yield* set(os, s, IPPROTO_TCP, TCP_NODELAY, 1), yield* get(os, s, IPPROTO_TCP, 99)];
  }),
  given('setsockopt-1', 'in either part', ['EINVAL', 'EINVAL', 0], function* (os) {
    const s = yield* tcp(os);
    return [
      yield* set(os, s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: -1, tv_usec: 0 }),
      yield* set(os, s, SOL_SOCKET, SO_SNDTIMEO, { tv_sec: 0, tv_usec: -1000 }),
      yield* set(os, s, SOL_SOCKET, SO_SNDTIMEO, { tv_sec: 0, tv_usec: 0 }),
    ];
  }),
  given('setsockopt-2', 'and with others', ['ENODEV', 'ENODEV', 0, 0, 0], function* (os) {
    const s = yield* tcp(os);
    const answers: Answer[] = [];
    for (const name of ['en2', 'en', 'en1', 'lo0', ''])
      answers.push(yield* set(os, s, SOL_SOCKET, SO_BINDTODEVICE, name));
    return answers;
  }),
  given('setsockopt-3', 'together', [0, 'ENOMEM', 0, 0], function* (os) {
    const [s, other] = [yield* udp(os), yield* udp(os)];
    let last: Answer = -1;
    for (let i = 1; i <= 10; i++)
      last = yield* set(os, i % 2 === 0 ? s : other, IPPROTO_IP, IP_ADD_MEMBERSHIP, mreq(`224.1.1.${i}`));
    const eleventh = yield* set(os, s, IPPROTO_IP, IP_ADD_MEMBERSHIP, mreq('224.1.1.11'));
    yield* os.close(other);
    return [last, eleventh, yield* set(os, s, IPPROTO_IP, IP_ADD_MEMBERSHIP, mreq('224.1.1.11')), yield* os.close(s)];
  }),
  given(
    'setsockopt-4',
    'one after the other',
    ['EADDRNOTAVAIL', 'EADDRNOTAVAIL', 'EADDRNOTAVAIL', 0, 0, 'EADDRNOTAVAIL'],
    function* (os) {
      const s = yield* udp(os);
      const join = (group: string, netif?: string) => set(os, s, IPPROTO_IP, IP_ADD_MEMBERSHIP, mreq(group, netif));
      const leave = (group: string) => set(os, s, IPPROTO_IP, IP_DROP_MEMBERSHIP, mreq(group));
      return [
        yield* join('10.1.1.1'),
        yield* join('224.1.1.1', '10.1.1.1'),
        yield* leave('224.1.1.1'),
        yield* join('224.1.1.1', A_IP),
        yield* leave('224.1.1.1'),
        yield* leave('224.1.1.1'),
      ];
    },
  ),

  given('ioctl-1', 'on and off', [0, O_NONBLOCK | O_RDWR, 0, O_RDWR], function* (os) {
    const s = yield* udp(os);
    const answers: Answer[] = [];
    for (const value of [7, 0])
      answers.push(yield* outcome(os, os.ioctl(s, FIONBIO, { value })), yield* outcome(os, os.fcntl(s, F_GETFL)));
    return answers;
  }),
  given('ioctl-2', 'by default', ['ENOSYS', 'ENOSYS'], function* (os) {
    const s = yield* udp(os);
    return [yield* outcome(os, os.ioctl(s, FIONREAD, { value: 0 })), yield* outcome(os, os.ioctl(s, 1, { value: 0 }))];
  }),
  given('fcntl-1', 'one after the other', [O_RDWR, O_RDWR, O_RDWR | O_NONBLOCK, 0, 0], function* (os) {
    const [s, u] = [yield* connected(os), yield* udp(os)];
    const answers = [yield* outcome(os, os.fcntl(s, F_GETFL)), yield* outcome(os, os.fcntl(u, F_GETFL))];
    yield* os.fcntl(u, F_SETFL, O_NONBLOCK);
    answers.push(yield* outcome(os, os.fcntl(u, F_GETFL)));
    yield* os.shutdown(s, SHUT_WR);
    return [
      ...answers,
      yield* outcome(os, os.fcntl(s, F_GETFL)),
      yield* outcome(os, os.fcntl(yield* gone(os), F_GETFL)),
    ];
  }),
  given('fcntl-2', 'on and off', [0, 0, 0], function* (os) {
    const s = yield* tcp(os);
    const answers: Answer[] = [];
    for (const flags of [O_NONBLOCK, O_NONBLOCK | O_RDWR, 0])
      answers.push(yield* outcome(os, os.fcntl(s, F_SETFL, flags)));
    return answers;
  }),
  given('fcntl-3', 'and nothing changes', ['ENOSYS', 'ENOSYS', 'ENOSYS', O_RDWR], function* (os) {
    const s = yield* tcp(os);
    const answers: Answer[] = [];
    for (const [cmd, val] of [
      [F_SETFL, O_NONBLOCK | 8],
      [0, 0],
      [1, 0],
    ] as const)
      answers.push(yield* outcome(os, os.fcntl(s, cmd, val)));
    return [...answers, yield* outcome(os, os.fcntl(s, F_GETFL))];
  }),

  given('select-1', 'and at the limits', ['EINVAL', 'EINVAL', 0, 0], function* (os) {
    const answers: Answer[] = [];
    for (const nfds of [-1, 65, 0, 64]) answers.push(yield* outcome(os, os.select(nfds, null, null, null, NOW)));
    return answers;
  }),
  given('select-2', 'of any set, unless it is beyond nfds', ['EBADF', 'EBADF', 'EBADF', 0], function* (os) {
    const s = yield* udp(os);
    yield* os.close(s);
    const closed = () => makeFdSet(s);
    return [
      yield* outcome(os, os.select(64, closed(), null, null, SOON)),
      yield* outcome(os, os.select(64, null, closed(), null, SOON)),
      yield* outcome(os, os.select(64, null, null, closed(), SOON)),
      yield* outcome(os, os.select(s, closed(), null, null, NOW)),
    ];
  }),
  given('select-3', 'so the 256th is refused', 'EBUSY', function* (os, { also }) {
    const s = yield* udp(os);
    for (let i = 0; i < 255; i++) {
      also(function* (other) {
        yield* other.select(64, makeFdSet(s), null, null, null);
      });
    }
    yield* os.delayMs(50);
    return yield* outcome(os, os.select(64, makeFdSet(s), null, null, null));
  }),
  given('select-6', 'and they are empty', [0, 0], function* (os) {
    const set = makeFdSet(yield* udp(os));
    return [yield* outcome(os, os.select(64, set, null, null, SOON)), set.toArray().length];
  }),
  given('poll-2', 'bad descriptors and large ones', ['EBADF', 0, POLLNVAL, 2, POLLOUT, POLLNVAL], function* (os) {
    const s = yield* udp(os);
    const entry = (fd: number) => ({ fd, events: POLLIN | POLLOUT, revents: 0 });
    const closed = yield* outcome(os, os.poll([entry(60)], 10));
    const large = { ...entry(64), events: 0 };
    const none = yield* outcome(os, os.poll([large], 10));
    const [first, second] = [entry(s), entry(64)];
    return [
      closed,
      none,
      large.revents,
      yield* outcome(os, os.poll([first, second], 10)),
      first.revents,
      second.revents,
    ];
  }),

  given(
    'inet_pton-1',
    'that is AF_INET6 in the twin',
    [-1, -1],
    doing(() => [inet_pton(AF_UNSPEC, '1.2.3.4', { s_addr: 0 }), inet_pton(AF_INET6, '::1', { s_addr: 0 })]),
  ),
  given(
    'inet_pton-2',
    'or is one',
    [0, 1],
    doing(() => [inet_pton(AF_INET, '1.2.3.400', { s_addr: 0 }), inet_pton(AF_INET, '1.2.3.4', { s_addr: 0 })]),
  ),
  given(
    'inet_ntop-1',
    'as errno in place of NULL',
    106,
    doing(() => inet_ntop(AF_UNSPEC, { s_addr: 0 })),
  ),
  given('inet_ntop-2', 'by one byte', [28, '255.255.255.255'], function* () {
    const all = { s_addr: 0xffffffff };
    return [inet_ntop(AF_INET, all, 15), inet_ntop(AF_INET, all, 16)];
  }),
];
