/** Every socket option: who may ask for it and set it, and what comes of wrong arguments. */

import { describe, expect, test } from '@jest/globals';
import type { Os, SockoptOut, SockoptValue } from '../../device/index.ts';
import * as so from '../../sockets/constants.ts';
import { outcome, runOne, type Steps } from '../support/worlds.ts';
import { allKinds, connected, given, gone, listening, run } from './cases/case.ts';

const KINDS = ['tcp', 'udp', 'raw'] as const;
type Kind = (typeof KINDS)[number];

interface Option {
  readonly level: number;
  readonly name: string;
  /** Kinds of sockets that answer, and that can be changed. */
  readonly get: string;
  readonly set: string;
  /** sizeof the argument. */
  readonly size: number;
  /** What a fresh socket answers, what is set, and what is answered then. */
  readonly first?: SockoptValue;
  readonly value: SockoptValue;
  readonly last?: SockoptValue;
  /** Lives in the netconn: works without a pcb. */
  readonly withoutPcb?: boolean;
}

const ALL = 'tcp udp raw';
const NONE = '';
const second = { tv_sec: 1, tv_usec: 500_000 };
const never = { tv_sec: 0, tv_usec: 0 };
const any = { s_addr: 0 };
const group = { imr_multiaddr: { s_addr: 0x010101e0 }, imr_interface: any };

function option(
  level: number,
  name: string,
  get: string,
  set: string,
  size: number,
  value: SockoptValue,
  rest: Partial<Option> = {},
): Option {
  return { level, name, get, set, size, value, ...rest };
}

const S = so.SOL_SOCKET;
const I = so.IPPROTO_IP;
const T = so.IPPROTO_TCP;

const OPTIONS: readonly Option[] = [
  option(S, 'SO_ACCEPTCONN', 'tcp', NONE, 4, 1, { first: 0 }),
  option(S, 'SO_BROADCAST', 'udp', 'udp', 4, 1, { first: 0, last: 32 }),
  option(S, 'SO_KEEPALIVE', ALL, ALL, 4, 7, { first: 0, last: 8 }),
  option(S, 'SO_REUSEADDR', ALL, ALL, 4, 1, { first: 0, last: 4 }),
  option(S, 'SO_TYPE', ALL, NONE, 4, 1, { withoutPcb: true }),
  option(S, 'SO_ERROR', ALL, NONE, 4, 1, { first: 0, withoutPcb: true }),
  option(S, 'SO_SNDTIMEO', ALL, ALL, 16, second, { first: never, withoutPcb: true }),
  option(S, 'SO_RCVTIMEO', ALL, ALL, 16, second, { first: never, withoutPcb: true }),
  option(S, 'SO_NO_CHECK', 'udp', 'udp', 4, 5, { first: 0, last: 1 }),
  option(S, 'SO_BINDTODEVICE', NONE, ALL, 6, 'en1'),
  ...[
    'SO_SNDBUF',
    'SO_RCVBUF',
    'SO_REUSEPORT',
    'SO_SNDLOWAT',
    'SO_RCVLOWAT',
    'SO_CONTIMEO',
    'SO_DEBUG',
    'SO_DONTROUTE',
    'SO_USELOOPBACK',
    'SO_OOBINLINE',
    'SO_DONTLINGER',
  ].map((name) => option(S, name, NONE, NONE, 4, 1)),
  option(S, 'SO_LINGER', NONE, NONE, 8, { l_onoff: 1, l_linger: 1 }),
  option(I, 'IP_TTL', ALL, ALL, 4, 300, { first: 64, last: 44 }),
  option(I, 'IP_TOS', ALL, ALL, 4, 0x1b8, { first: 0, last: 0xb8 }),
  option(I, 'IP_MULTICAST_TTL', 'udp', 'udp', 1, 3, { first: 64 }),
  option(I, 'IP_MULTICAST_IF', 'udp', 'udp', 4, { s_addr: 0x0104a8c0 }, { first: any }),
  option(I, 'IP_MULTICAST_LOOP', ALL, 'udp', 1, 9, { first: 0, last: 1 }),
  option(I, 'IP_ADD_MEMBERSHIP', NONE, 'udp', 8, group),
  option(I, 'IP_PKTINFO', NONE, NONE, 4, 1),
  option(T, 'TCP_NODELAY', 'tcp', 'tcp', 4, 5, { first: 0, last: 1 }),
  option(T, 'TCP_KEEPALIVE', 'tcp', 'tcp', 4, 1234, { first: 7_200_000 }),
  option(T, 'TCP_KEEPIDLE', 'tcp', 'tcp', 4, 3, { first: 7200 }),
  option(T, 'TCP_KEEPINTVL', 'tcp', 'tcp', 4, 4, { first: 75 }),
  option(T, 'TCP_KEEPCNT', 'tcp', 'tcp', 4, 5, { first: 9 }),
];

const numbers = so as unknown as Readonly<Record<string, number>>;

function* get(os: Os, s: number, o: Option, optlen = o.size): Steps<SockoptValue> {
  const out: SockoptOut = { value: 'nothing' };
  const ret = yield* outcome(os, os.getsockopt(s, o.level, numbers[o.name]!, out, optlen));
  return ret === 0 ? out.value : ret;
}

function* set(os: Os, s: number, o: Option, optlen = o.size, value = o.value): Steps<number | string> {
  return yield* outcome(os, os.setsockopt(s, o.level, numbers[o.name]!, value, optlen));
}

const may = (kinds: string, kind: Kind) => kinds.split(' ').includes(kind);

describe.each(OPTIONS)('$name', (o) => {
  test.each(KINDS)('on a %s socket', (kind) => {
    const seen = runOne(function* (os) {
      const s = (yield* allKinds(os))[kind];
      return [yield* get(os, s, o), yield* set(os, s, o), yield* get(os, s, o)];
    });
    const type = o.name === 'SO_TYPE' ? KINDS.indexOf(kind) + 1 : undefined;
    const changes = may(o.set, kind);
    const refused = 'ENOPROTOOPT';
    expect(seen).toEqual([
      may(o.get, kind) ? (type ?? o.first) : refused,
      changes ? 0 : refused,
      may(o.get, kind) ? (type ?? (changes ? (o.last ?? o.value) : o.first)) : refused,
    ]);
  });

  test('with an argument that is too short, or longer than it need be', () => {
    const seen = runOne(function* (os) {
      const sockets = yield* allKinds(os);
      const [getter, setter] = [KINDS.find((k) => may(o.get, k)), KINDS.find((k) => may(o.set, k))];
      const answers: unknown[] = [];
      for (const len of [o.size - 1, o.size + 10]) {
        if (getter !== undefined) answers.push(typeof (yield* get(os, sockets[getter], o, len)) === 'string');
        if (setter !== undefined) answers.push(yield* set(os, sockets[setter], o, len));
      }
      return answers;
    });
    const both = [o.get, o.set].filter((kinds) => kinds !== NONE).length;
    const short = [o.get === NONE ? null : true, o.set === NONE ? null : 'EINVAL'].filter((x) => x !== null);
    const long = [o.get === NONE ? null : false, o.set === NONE ? null : 0].filter((x) => x !== null);
    expect(seen).toEqual([...short, ...long]);
    expect(seen.length).toBe(2 * both);
  });

  test('at a level that is not its own', () => {
    const elsewhere = runOne(function* (os) {
      const { tcp, udp } = yield* allKinds(os);
      const [ipv6, tcpLevel] = [
        { ...o, level: 41, size: 99 },
        { ...o, level: T, size: 99 },
      ];
      return [
        yield* get(os, tcp, ipv6),
        yield* set(os, udp, ipv6),
        yield* get(os, udp, tcpLevel),
        yield* set(os, udp, { ...tcpLevel, value: 1 }),
      ];
    });
    expect(new Set(elsewhere)).toEqual(new Set(['ENOPROTOOPT']));
  });

  // lwIP hands SO_BINDTODEVICE a missing pcb on and crashes.
  if (may(`${o.get} ${o.set}`, 'tcp') && o.name !== 'SO_BINDTODEVICE') {
    test('when the connection is gone', () => {
      const seen = run(
        given('-', '', [], function* (os) {
          const s = yield* gone(os);
          const got = may(o.get, 'tcp') ? yield* get(os, s, o) : 'not asked';
          const put = may(o.set, 'tcp') ? yield* set(os, s, o) : 'not set';
          return [typeof got === 'string' ? got : 'answered', put];
        }),
      );
      const [answered, changed] = o.withoutPcb ? ['answered', 0] : ['EINVAL', 'EINVAL'];
      expect(seen).toEqual([may(o.get, 'tcp') ? answered : 'not asked', may(o.set, 'tcp') ? changed : 'not set']);
    });
  }
});

describe('options of TCP', () => {
  const ask = (program: (os: Os) => Steps<readonly (number | string)[]>) => run(given('-', '', [], program));

  test('SO_ACCEPTCONN tells a listener', () => {
    const accept = OPTIONS.find((o) => o.name === 'SO_ACCEPTCONN')!;
    expect(
      ask(function* (os) {
        return [(yield* get(os, yield* listening(os), accept)) as number];
      }),
    ).toEqual([1]);
  });

  test('SO_ERROR is told once', () => {
    const error = OPTIONS.find((o) => o.name === 'SO_ERROR')!;
    const seen = ask(function* (os) {
      const s = yield* gone(os);
      return [(yield* get(os, s, error)) as number, (yield* get(os, s, error)) as number];
    });
    expect(seen).toEqual([104, 0]);
  });

  test('flags are taken away by zero', () => {
    for (const name of ['SO_KEEPALIVE', 'SO_REUSEADDR', 'TCP_NODELAY']) {
      const o = OPTIONS.find((x) => x.name === name)!;
      const seen = ask(function* (os) {
        const s = yield* connected(os);
        const on = [yield* set(os, s, o), (yield* get(os, s, o)) as number];
        return [...on, yield* set(os, s, o, 4, 0), (yield* get(os, s, o)) as number];
      });
      expect(seen).toEqual([0, o.last, 0, 0]);
    }
  });

  test('TCP_KEEPIDLE is seconds of the milliseconds of TCP_KEEPALIVE', () => {
    const [ms, s] = ['TCP_KEEPALIVE', 'TCP_KEEPIDLE'].map((name) => OPTIONS.find((o) => o.name === name)!);
    const seen = ask(function* (os) {
      const c = yield* connected(os);
      yield* set(os, c, ms!, 4, 2999);
      const idle = (yield* get(os, c, s!)) as number;
      yield* set(os, c, s!, 4, 5);
      return [idle, (yield* get(os, c, ms!)) as number];
    });
    expect(seen).toEqual([2, 5000]);
  });
});

describe('with CONFIG_LWIP_SO_LINGER and CONFIG_LWIP_SO_RCVBUF', () => {
  const board = { opt: { LWIP_SO_LINGER: 1, LWIP_SO_RCVBUF: 1 } };
  const linger = OPTIONS.find((o) => o.name === 'SO_LINGER')!;
  const rcvbuf = OPTIONS.find((o) => o.name === 'SO_RCVBUF')!;

  test('SO_LINGER is there', () => {
    const values = [
      { l_onoff: 5, l_linger: 3 },
      { l_onoff: 1, l_linger: 40_000 },
      { l_onoff: 0, l_linger: 3 },
      { l_onoff: 1, l_linger: -1 },
    ];
    const seen = runOne(
      function* (os) {
        const { tcp } = yield* allKinds(os);
        const answers: unknown[] = [
          yield* get(os, tcp, linger),
          yield* set(os, tcp, linger, 7),
          yield* get(os, tcp, linger, 7),
        ];
        for (const value of values) answers.push(yield* set(os, tcp, linger, 8, value), yield* get(os, tcp, linger));
        return answers;
      },
      { board },
    );
    const off = { l_onoff: 0, l_linger: 0 };
    expect(seen).toEqual([
      off,
      'EINVAL',
      'EINVAL',
      0,
      { l_onoff: 1, l_linger: 3 },
      0,
      { l_onoff: 1, l_linger: 0x7fff },
      0,
      off,
      'EINVAL',
      off,
    ]);
  });

  test('SO_RCVBUF and FIONREAD are there', () => {
    const seen = runOne(
      function* (os) {
        const { udp } = yield* allKinds(os);
        const argp = { value: -1 };
        const answers = [
          yield* get(os, udp, rcvbuf),
          yield* set(os, udp, rcvbuf, 4, 5000),
          yield* get(os, udp, rcvbuf),
        ];
        return [
          ...answers,
          yield* outcome(os, os.ioctl(udp, so.FIONREAD, argp)),
          argp.value,
          yield* get(os, udp, rcvbuf, 3),
          yield* set(os, udp, rcvbuf, 3),
        ];
      },
      { board },
    );
    expect(seen).toEqual([0x7fffffff, 0, 5000, 0, 0, 'EINVAL', 'EINVAL']);
  });
});
