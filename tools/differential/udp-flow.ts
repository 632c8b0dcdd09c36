/** What programs with datagrams and raw sockets do. */

import type { Draw } from './draw.ts';
import type { Flow, Sides } from './generate.ts';
import type { JsonOp } from './scenario-file.ts';

const SIZES = [0, 1, 64, 548, 1000, 1400, 1471, 1472, 1473, 2952, 4000, 9000, 20_000];
const GROUP = '239.1.2.3';

export function udpFlow(d: Draw, flow: Flow): Sides {
  const r = `r${flow.id}`;
  const s = `u${flow.id}`;
  const multicast = d.percent(15);
  const server: JsonOp[] = [
    ['socket', r, 'udp'],
    ...d.maybe(10, (): JsonOp => ['setsockopt', r, 'SO_REUSEADDR', 1]),
    ['bind', r, d.percent(75) ? 'any' : flow.serverIp, flow.port],
    ...d.maybe(80, (): JsonOp => ['setsockopt', r, 'SO_RCVTIMEO', d.pick([1, 100, 2000])]),
    ...d.maybe(8, (): JsonOp => ['setsockopt', r, 'SO_RCVBUF', d.pick([100, 2000, 5000])]),
    ...(multicast
      ? [['setsockopt', r, 'IP_ADD_MEMBERSHIP', [GROUP, d.percent(50) ? '0.0.0.0' : flow.serverIp]] as JsonOp]
      : []),
    ...d.maybe(10, (): JsonOp => ['connect', r, flow.clientIp, d.pick([2000, 3000])]),
    ...d.list(1, 8, () => receive(d, r)),
    ...d.maybe(20, (): JsonOp => ['sendto', r, d.pick(SIZES), flow.clientIp, 2000]),
    ...(multicast && d.percent(50) ? [['setsockopt', r, 'IP_DROP_MEMBERSHIP', [GROUP, '0.0.0.0']] as JsonOp] : []),
    ...d.maybe(80, (): JsonOp => ['close', r]),
  ];
  const to = multicast ? GROUP : d.percent(10) ? 'broadcast' : d.percent(5) ? '10.0.0.255' : flow.serverIp;
  const connected = d.percent(25);
  const client: JsonOp[] = [
    ['socket', s, 'udp'],
    ...d.maybe(40, (): JsonOp => ['bind', s, 'any', 2000]),
    ...d.maybe(20, (): JsonOp => ['setsockopt', s, 'SO_BROADCAST', 1]),
    ...(multicast ? multicastOptions(d, s, flow) : []),
    ...d.maybe(5, (): JsonOp => ['setsockopt', s, 'SO_NO_CHECK', 1]),
    ...(connected ? [['connect', s, to, flow.port] as JsonOp] : []),
    ['setsockopt', s, 'SO_RCVTIMEO', d.pick([1, 50, 300])],
    ...d.list(1, 10, () => emit(d, s, to, d.percent(5) ? flow.port + 1 : flow.port, connected)),
    ...d.maybe(10, (): JsonOp => ['connect', s, 'unspec', 0]),
    ...d.maybe(40, () => receive(d, s)),
    ...d.maybe(80, (): JsonOp => ['close', s]),
  ];
  return { server, client };
}

function multicastOptions(d: Draw, s: string, flow: Flow): JsonOp[] {
  return [
    ...d.maybe(50, (): JsonOp => ['setsockopt', s, 'IP_MULTICAST_TTL', d.pick([1, 4])]),
    ...d.maybe(40, (): JsonOp => ['setsockopt', s, 'IP_MULTICAST_LOOP', d.between(0, 1)]),
    ...d.maybe(20, (): JsonOp => ['setsockopt', s, 'IP_MULTICAST_IF', flow.clientIp]),
  ];
}

function receive(d: Draw, v: string): JsonOp {
  switch (d.between(1, 8)) {
    case 1:
      return ['recv', v, d.pick(SIZES) + 1];
    case 2:
      return ['recvfrom', v, 2000, { flags: d.pick(['MSG_PEEK', 'MSG_DONTWAIT']) }];
    case 3:
      return ['recvmsg', v, d.list(1, 3, () => d.between(1, 900)), { from: 1 }];
    case 4:
      return ['lwip_poll', [[v, 'IN']], d.pick([0, 10, 1000])];
    case 5:
      return ['sleep_ms', d.pick([1, 20, 400])];
    default:
      return ['recvfrom', v, 30_000];
  }
}

function emit(d: Draw, v: string, to: string, port: number, connected: boolean): JsonOp {
  const size = d.percent(70) ? d.pick(SIZES) : d.between(1, 3000);
  switch (d.between(1, 8)) {
    case 1:
      return ['sleep_ms', d.pick([0, 1, 7, 1500])];
    case 2:
      return connected ? ['send', v, size] : ['sendmsg', v, [d.between(1, 900), d.between(1, 900)], { to: [to, port] }];
    case 3:
      return connected ? ['write', v, size] : ['sendto', v, { text: 'hello' }, to, port];
    case 4:
      return connected ? ['sendto', v, size] : ['sendto', v, size, to, port, { flags: 'MSG_DONTWAIT' }];
    case 5:
      return ['repeat', d.between(2, 14), [['sendto', v, d.pick([1, 100, 1472]), to, port]]];
    default:
      return ['sendto', v, size, to, port];
  }
}

/** An ICMP echo request with its checksum; the bytes are those of the pattern "identification, number, zeros". */
function ping(size: number): { readonly hex: string } {
  const bytes = new Uint8Array(8 + size);
  bytes[0] = 8;
  bytes[4] = 0x12;
  bytes[7] = size & 0xff;
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  const folded = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  bytes[2] = folded >> 8;
  bytes[3] = folded & 0xff;
  return { hex: Buffer.from(bytes).toString('hex') };
}

export function rawFlow(d: Draw, flow: Flow): Sides {
  const p = `p${flow.id}`;
  const q = `q${flow.id}`;
  return {
    server: [
      ['socket', q, 'raw', { proto: d.pick(['udp', 'tcp', 'icmp']) }],
      ['setsockopt', q, 'SO_RCVTIMEO', 1000],
      ...d.list(1, 4, (): JsonOp => ['recvfrom', q, 2000]),
      ['close', q],
    ],
    client: [
      ['socket', p, 'raw', { proto: 'icmp' }],
      ['setsockopt', p, 'SO_RCVTIMEO', 500],
      ...d
        .list(1, 4, (): JsonOp[] => [
          ['sendto', p, ping(d.pick([0, 1, 32, 56, 1000, 2000])), flow.serverIp, 0],
          ['recvfrom', p, 3000],
        ])
        .flat(),
      ['close', p],
    ],
  };
}
