/** What a TCP server and its client do. */

import type { Draw } from './draw.ts';
import type { Flow, Sides } from './generate.ts';
import type { JsonOp } from './scenario-file.ts';

/** Sizes at which segments, windows and buffers begin to behave differently. */
const SIZES = [1, 2, 536, 1000, 1459, 1460, 1461, 2920, 4380, 5840, 14_600];
const BULK = [32_767, 32_768, 65_535, 65_536, 70_000, 131_072, 200_000];
const CHUNKS = [1, 7, 100, 536, 1000, 1460, 1461, 2048, 4096, 5840, 16_384, 65_535, 70_000];

export function tcpFlow(d: Draw, flow: Flow): Sides {
  const { port, id } = flow;
  const l = `l${id}`;
  const c = `c${id}`;
  const s = `s${id}`;
  const rounds = d.percent(12) ? 2 : 1;
  const noListener = d.percent(4);
  const server: JsonOp[] = [
    ['socket', l, 'tcp'],
    ...d.maybe(20, (): JsonOp => ['setsockopt', l, 'SO_REUSEADDR', 1]),
    ...d.maybe(10, () => inherited(d, l)),
    ['bind', l, d.percent(70) ? 'any' : flow.serverIp, port],
    ...(noListener ? [] : [['listen', l, d.pick([0, 1, 2, 5])] as JsonOp]),
    ...d.maybe(15, () => pause(d)),
  ];
  const client: JsonOp[] = [];
  for (let i = 0; i < rounds; i++) {
    server.push(...accept(d, l, c), ...options(d, c), ...converse(d, c, true), ...end(d, c));
    client.push(...connect(d, s, flow), ...options(d, s), ...converse(d, s, false), ...end(d, s));
    if (d.percent(30)) client.push(pause(d));
  }
  if (d.percent(70)) server.push(['close', l]);
  return { server, client };
}

function pause(d: Draw): JsonOp {
  return ['sleep_ms', d.pick([0, 1, 5, 30, 100, 249, 250, 251, 800, 3000])];
}

function inherited(d: Draw, v: string): JsonOp {
  return d.pick<JsonOp>([
    ['setsockopt', v, 'SO_KEEPALIVE', 1],
    ['setsockopt', v, 'IP_TTL', 33],
    ['setsockopt', v, 'IP_TOS', 16],
  ]);
}

function accept(d: Draw, l: string, c: string): JsonOp[] {
  const wait = d.between(1, 10);
  if (wait === 1) {
    return [
      ['fcntl', l, 'F_SETFL', 'O_NONBLOCK'],
      ['accept', l, c],
      ['lwip_poll', [[l, 'IN']], d.pick([1, 500, 5000, -1])],
      ['accept', l, c],
      ['fcntl', l, 'F_SETFL', 0],
    ];
  }
  const limit: JsonOp[] = wait === 2 ? [['setsockopt', l, 'SO_RCVTIMEO', d.pick([1, 100, 2500, 10_000])]] : [];
  return [...limit, d.percent(10) ? ['accept', l, c, { noaddr: 1 }] : ['accept', l, c]];
}

function connect(d: Draw, s: string, { serverIp, port, clientIp }: Flow): JsonOp[] {
  const to = d.percent(4) ? `10.0.0.${d.between(1, 9)}` : serverIp;
  const ops: JsonOp[] = [
    ['socket', s, 'tcp'],
    ...d.maybe(10, (): JsonOp => ['bind', s, d.percent(50) ? 'any' : clientIp, d.pick([0, 2000])]),
  ];
  if (d.percent(20)) {
    ops.push(['fcntl', s, 'F_SETFL', 'O_NONBLOCK'], ['connect', s, to, port], ['lwip_poll', [[s, 'OUT']], 4000]);
    ops.push(['getsockopt', s, 'SO_ERROR'], ...d.maybe(20, (): JsonOp => ['connect', s, to, port]));
    if (d.percent(75)) ops.push(['fcntl', s, 'F_SETFL', 0]);
  } else ops.push(['connect', s, to, port]);
  return ops;
}

function options(d: Draw, v: string): JsonOp[] {
  return [
    ...d.maybe(25, (): JsonOp => ['setsockopt', v, 'SO_RCVTIMEO', d.pick([1, 50, 700, 3000, 15_000])]),
    ...d.maybe(10, (): JsonOp => ['setsockopt', v, 'SO_SNDTIMEO', d.pick([1, 200, 2029, 9000])]),
    ...d.maybe(20, (): JsonOp => ['setsockopt', v, 'TCP_NODELAY', 1]),
    ...d.maybe(
      8,
      (): JsonOp => [
        'setsockopt',
        v,
        'SO_LINGER',
        d.pick([
          [1, 0],
          [1, 1],
          [1, 5],
          [0, 0],
        ]),
      ],
    ),
    ...(d.percent(6) ? keepalive(d, v) : []),
    ...d.maybe(5, (): JsonOp => ['setsockopt', v, 'SO_RCVBUF', d.pick([1, 2000, 20_000])]),
    ...d.maybe(6, (): JsonOp => ['fcntl', v, 'F_GETFL']),
    ...d.maybe(
      8,
      (): JsonOp =>
        d.pick<JsonOp>([
          ['getsockname', v],
          ['getpeername', v],
          ['getsockopt', v, 'SO_TYPE'],
        ]),
    ),
  ];
}

function keepalive(d: Draw, v: string): JsonOp[] {
  return [
    ['setsockopt', v, 'SO_KEEPALIVE', 1],
    ['setsockopt', v, 'TCP_KEEPIDLE', d.pick([1, 3])],
    ['setsockopt', v, 'TCP_KEEPINTVL', d.pick([1, 2])],
    ['setsockopt', v, 'TCP_KEEPCNT', d.between(1, 4)],
  ];
}

/** Some exchanges, which need not fit those of the other side. Two that echo would never end. */
function converse(d: Draw, v: string, mayEcho: boolean): JsonOp[] {
  return d.list(1, 4, () => exchange(d, v, mayEcho)).flat();
}

function loop(d: Draw): unknown[] {
  if (d.percent(70)) return [];
  return [{ sleep_ms: d.pick([1, 3, 20, 260]), ...(d.percent(30) && { on_eagain_sleep_ms: d.pick([249, 1000]) }) }];
}

function exchange(d: Draw, v: string, mayEcho: boolean): JsonOp[] {
  const total = d.percent(12) ? d.pick(BULK) : d.size(SIZES, 20_000);
  const wide = total > 20_000;
  // A chunk of a few bytes would make a bulk transfer endless work.
  const chunk = d.pick(CHUNKS.filter((size) => size >= (wide ? 1000 : total / 60)));
  switch (d.between(1, 20)) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      return [['sendall', v, total, chunk, ...(wide ? [] : loop(d))]];
    case 6:
    case 7:
    case 8:
      return [['recvn', v, total, chunk, ...(wide ? [] : loop(d))]];
    case 9:
    case 10:
      return [['recvall', v, Math.max(chunk, 100), ...loop(d)]];
    case 11:
      return [[mayEcho ? 'echo' : 'recvall', v, Math.max(chunk, 100)]];
    case 12:
      return [
        ['send', v, d.size(SIZES, 3000)],
        ['recv', v, d.size(SIZES, 3000)],
      ];
    case 13:
      return [
        ['recv', v, d.size(SIZES, 3000)],
        ['send', v, d.size(SIZES, 3000)],
      ];
    case 14:
      return [
        d.percent(50) ? ['writev', v, parts(d)] : ['sendmsg', v, parts(d), ...flags(d, ['MSG_DONTWAIT', 'MSG_MORE'])],
      ];
    case 15:
      return [
        d.percent(50) ? ['readv', v, parts(d)] : ['recvmsg', v, parts(d), ...flags(d, ['MSG_PEEK', 'MSG_DONTWAIT'])],
      ];
    case 16:
      return [['recv', v, d.size(SIZES, 3000), ...flags(d, ['MSG_PEEK', 'MSG_DONTWAIT', 'MSG_WAITALL'])]];
    case 17:
      return [['send', v, d.size(SIZES, 9000), ...flags(d, ['MSG_MORE', 'MSG_DONTWAIT', 'MSG_OOB'])]];
    case 18:
      return [['lwip_poll', [[v, d.pick(['IN', 'OUT', 'IN|OUT'])]], d.pick([0, 1, 300, 5000])]];
    case 19:
      return [['ioctl', v, 'FIONREAD'], pause(d)];
    default:
      return [['shutdown', v, d.pick(['wr', 'wr', 'wr', 'rd', 'rdwr'])]];
  }
}

function parts(d: Draw): number[] {
  return d.list(1, 4, () => d.size(SIZES, 2000));
}

function flags(d: Draw, names: readonly string[]): unknown[] {
  return d.percent(40) ? [] : [{ flags: d.pick(names) }];
}

function end(d: Draw, v: string): JsonOp[] {
  switch (d.between(1, 12)) {
    case 1:
      return [
        ['shutdown', v, 'wr'],
        ['recvall', v, 2000],
        ['close', v],
      ];
    case 2:
      return [
        ['recvall', v, 4096],
        ['close', v],
      ];
    case 3:
      return [];
    case 4:
      return [pause(d), ['close', v]];
    case 5:
      return [
        ['close', v],
        ['send', v, 10],
        ['recv', v, 10],
      ];
    default:
      return [['close', v]];
  }
}
