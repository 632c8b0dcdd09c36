/** Names on boards: calls that wait for a name server, what they share, and how a run shows them. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  AF_INET6,
  type addrinfo,
  EAI_FAIL,
  HOST_NOT_FOUND,
  type hostent,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  type Os,
  SOCK_DGRAM,
} from '../../device/index.ts';
import { formatLadder } from '../../tools/ladder.ts';
import { nameServer, type Zone } from '../support/servers.ts';
import { A_IP, B_IP, type PairOptions, pair, type Steps, start } from '../support/worlds.ts';

const ZONE: Zone = { 'broker.example': '192.168.4.2', 'bücher.example': '10.0.0.7' };

/** Board b is the name server of board a: it knows a zone, and answers after so many milliseconds. */
function stage(options: PairOptions & { readonly zone?: Zone; readonly delayMs?: number } = {}) {
  const { zone = ZONE, delayMs = 0 } = options;
  const p = pair({ ...options, a: { dns: [B_IP], ...options.a } });
  const questions: string[] = [];
  p.b.xTaskCreate((os) => nameServer(os, zone, questions, delayMs), 'dns');
  return { ...p, questions };
}

function run<T>(program: (os: Os) => Steps<T>, options: Parameters<typeof stage>[0] = {}): T {
  const s = stage(options);
  const result = start(s.a, { startUs: 1000 }, program);
  s.world.runSync();
  return result.value;
}

function* address(os: Os, name: string): Steps<string | null> {
  const host = yield* os.gethostbyname(name);
  const addr = host?.h_addr_list[0];
  return addr === undefined ? null : String(inet_ntop(host!.h_addrtype, addr));
}

describe('a name server', () => {
  test('is asked once; then the name is remembered', () => {
    const s = stage();
    const result = start(s.a, { startUs: 1000 }, function* (os) {
      return [yield* address(os, 'broker.example'), yield* address(os, 'BROKER.example')];
    });
    expect(s.world.runSync().outcome).toBe('idle');
    expect(result.value).toEqual([B_IP, B_IP]);
    expect(s.questions).toEqual(['broker.example']);
  });

  test('is asked again after dns_clear_cache()', () => {
    const s = stage();
    start(s.a, { startUs: 1000 }, function* (os) {
      yield* address(os, 'broker.example');
      yield* os.dns_clear_cache();
      yield* address(os, 'broker.example');
    });
    s.world.runSync();
    expect(s.questions).toHaveLength(2);
  });

  test('gets names beyond ASCII in UTF-8', () => {
    expect(run((os) => address(os, 'bücher.example'))).toBe('10.0.0.7');
  });

  test('that does not know the name: NULL, and h_errno for the whole board', () => {
    const seen = run(function* (os) {
      const host = yield* os.gethostbyname('nowhere.example');
      const before = os.h_errno;
      os.h_errno = 0;
      return [host, before, os.h_errno, os.errno];
    });
    expect(seen).toEqual([null, HOST_NOT_FOUND, 0, 0]);
  });

  test('can be set and read', () => {
    const seen = run(function* (os) {
      yield* os.dns_setserver(1, '10.0.0.1');
      return [0, 1, 2, 3].map((n) => os.dns_getserver(n));
    });
    expect(seen).toEqual([B_IP, '10.0.0.1', '0.0.0.0', '0.0.0.0']);
  });

  test('is the fourth of four, if the configuration allows so many', () => {
    const dns = ['10.0.0.1', '10.0.0.2', '10.0.0.3', B_IP];
    const seen = run((os) => address(os, 'broker.example'), { a: { dns: dns.slice(3), opt: { DNS_MAX_SERVERS: 1 } } });
    expect(seen).toBe(B_IP);
  });

  test('of last resort comes from the configuration, and DHCP leaves it alone', () => {
    const sdkconfig = { CONFIG_LWIP_FALLBACK_DNS_SERVER_SUPPORT: true, CONFIG_LWIP_FALLBACK_DNS_SERVER_ADDRESS: B_IP };
    const seen = run(
      function* (os) {
        return [os.dns_getserver(0), os.dns_getserver(2), yield* address(os, 'broker.example')];
      },
      { a: { dns: [], sdkconfig } },
    );
    expect(seen).toEqual(['0.0.0.0', B_IP, B_IP]);
  });

  test('is not asked for names in .local, unless the configuration has no multicast', () => {
    const zone = { 'lamp.local': '10.0.0.9' };
    expect(run((os) => address(os, 'lamp.local'), { zone })).toBeNull();
    expect(run((os) => address(os, 'lamp.local'), { zone, a: { opt: { LWIP_DNS_SUPPORT_MDNS_QUERIES: 0 } } })).toBe(
      '10.0.0.9',
    );
  });
});

describe('tasks', () => {
  test('that ask for one name wait for one answer, and go on in the order of asking', () => {
    const s = stage({ delayMs: 100 });
    const order: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      start(s.a, { name, startUs: 1000 }, function* (os) {
        order.push(`${name} ${yield* address(os, 'broker.example')}`);
      });
    }
    s.world.runSync();
    expect(order).toEqual(['first', 'second', 'third'].map((name) => `${name} ${B_IP}`));
    expect(s.questions).toHaveLength(1);
  });

  test('above the tcpip thread go on before the answer has been dealt with', () => {
    const s = stage({ delayMs: 100 });
    const order: string[] = [];
    for (const [name, priority] of [
      ['low', 5],
      ['high', 20],
    ] as const) {
      start(s.a, { name, priority, startUs: 1000 }, function* (os) {
        yield* address(os, 'broker.example');
        order.push(name);
      });
    }
    s.world.runSync();
    expect(order).toEqual(['high', 'low']);
  });

  test('that are deleted while they wait leave nothing behind', () => {
    const s = stage({ delayMs: 100 });
    start(s.a, { startUs: 1000 }, function* (os) {
      const task = yield* os.xTaskCreate((child: Os) => address(child, 'broker.example'), 'child');
      yield* os.delayMs(50);
      yield* os.vTaskDelete(task);
      return yield* address(os, 'broker.example');
    });
    expect(s.world.runSync().outcome).toBe('idle');
    expect(s.a.stack.udp_pcbs).toBeNull();
  });

  test('keep the world alive until the resolver gives up', () => {
    const s = stage();
    s.world.at(0, () => s.b.powerOff());
    const result = start(s.a, { startUs: 1000 }, (os) => address(os, 'broker.example'));
    expect(s.world.runSync().outcome).toBe('ended');
    expect(result.value).toBeNull();
    expect(s.world.nowUs).toBe(7_000_000);
  });

  test('whose question was forgotten hang, and it is said on what', () => {
    const s = stage();
    s.world.at(0, () => s.b.powerOff());
    start(s.a, { startUs: 1000 }, (os) => os.gethostbyname('broker.example') as unknown as Steps<hostent | null>);
    start(s.a, { name: 'other', startUs: 500_000 }, function* (os) {
      yield* os.dns_clear_cache();
    });
    const report = s.world.runSync();
    expect(report.outcome).toBe('hang');
    expect(report.blocked[0]).toMatchObject({ call: 'gethostbyname()', waitsFor: 'the address of a host' });
  });
});

describe('results of getaddrinfo()', () => {
  const res = (): { value: addrinfo | null } => ({ value: null });

  test('are given back once', () => {
    const seen = run(function* (os) {
      const out = res();
      yield* os.getaddrinfo('1.2.3.4', '80', null, out);
      const { allocated } = os.board.sockets.netdb;
      const before = allocated.size;
      os.freeaddrinfo(out.value);
      os.freeaddrinfo(null);
      expect(() => os.freeaddrinfo(out.value)).toThrow(TypeError);
      expect(() => os.freeaddrinfo({ ...out.value! })).toThrow('freeaddrinfo() was given something that');
      return [before, allocated.size];
    });
    expect(seen).toEqual([1, 0]);
  });

  test('are of the server, or EAI_FAIL', () => {
    const seen = run(function* (os) {
      const out = res();
      const found = yield* os.getaddrinfo('broker.example', '1883', { ai_family: AF_INET }, out);
      const { ai_addr } = out.value!;
      const ip = 'sin_addr' in ai_addr ? inet_ntoa(ai_addr.sin_addr) : '';
      const lost = yield* os.getaddrinfo('nowhere.example', '1883', null, out);
      return [found, ip, lost, out.value];
    });
    expect(seen).toEqual([0, B_IP, EAI_FAIL, null]);
  });

  test('a buffer shorter than its length is refused', () => {
    const s = stage();
    start(s.a, function* (os) {
      yield* os.gethostbyname_r('x', null, new Uint8Array(10), 11, null);
    });
    expect(() => s.world.runSync()).toThrow('gethostbyname_r() was given a buffer of 10 bytes and a length of 11.');
  });
});

test('a ladder shows names, addresses and what went wrong', () => {
  const s = stage();
  start(s.a, { startUs: 1000 }, function* (os) {
    yield* os.gethostbyname('broker.example');
    yield* os.gethostbyname('nowhere.example');
    const out: { value: addrinfo | null } = { value: null };
    yield* os.getaddrinfo('broker.example', '1883', { ai_family: AF_INET, ai_socktype: SOCK_DGRAM }, out);
    yield* os.getaddrinfo(null, null, null, out);
    yield* os.getaddrinfo('fe80::1', '80', { ai_flags: 4 }, out);
    yield* os.gethostbyname_r('broker.example', { ...EMPTY }, new Uint8Array(99), 99, { value: null });
  });
  s.world.runSync();
  const lines = formatLadder(s.trace, { width: 130 }).split('\n');
  const shown = lines
    .filter((line) => /gethost|getaddr|DNS/.test(line))
    .map((line) => line.replace(/^[\d. ]+\|?|[-<>|]+|\s+/g, ' '));
  expect(shown.map((line) => line.replace(/\s+/g, ' ').trim())).toEqual([
    'gethostbyname("broker.example") ...',
    expect.stringMatching(/^\d+ 53 DNS query \d+ A broker\.example, length 32$/),
    expect.stringMatching(/^53 \d+ DNS answer \d+ A broker\.example: 192\.168\.4\.2 \(60 s\), length 48$/),
    '... gethostbyname = 192.168.4.2',
    'gethostbyname("nowhere.example") ...',
    expect.stringMatching(/^\d+ 53 DNS query \d+ A nowhere\.example, length 33$/),
    expect.stringMatching(/^53 \d+ DNS answer \d+ A nowhere\.example: NXDOMAIN, length 33$/),
    '... gethostbyname = NULL',
    'getaddrinfo("broker.example", "1883", {AF_INET, SOCK_DGRAM}) = 0 (192.168.4.2:1883)',
    'getaddrinfo(NULL, NULL, NULL) = 200 EAI_NONAME',
    'getaddrinfo("fe80::1", "80", {AF_UNSPEC, AI_NUMERICHOST}) = 0 ([FE80::1]:80)',
    'gethostbyname_r("broker.example") = 0 (192.168.4.2)',
  ]);
});

const EMPTY: hostent = { h_name: '', h_aliases: [], h_addrtype: 0, h_length: 0, h_addr_list: [] };

test('inet_ntop() and inet_pton() know both families', () => {
  const dst = { s6_addr: new Uint8Array(16) };
  expect(inet_pton(AF_INET6, 'fe80::1', dst)).toBe(1);
  expect(inet_ntop(AF_INET6, dst)).toBe('FE80::1');
  expect(inet_ntop(AF_INET6, dst, 7)).toBe(28);
  expect(inet_pton(AF_INET6, 'fe80', dst)).toBe(0);
  expect(inet_pton(AF_INET6, A_IP, { s_addr: 0 })).toBe(-1);
  expect(inet_ntop(AF_INET, dst)).toBe(106);
});
