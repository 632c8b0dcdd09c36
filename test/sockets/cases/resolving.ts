/** gethostbyname(), gethostbyname_r(), getaddrinfo() */

import {
  type AddrinfoHints,
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_PASSIVE,
  AI_V4MAPPED,
  type addrinfo,
  EAI_FAIL,
  EAI_FAMILY,
  EAI_MEMORY,
  EAI_NONAME,
  EAI_SERVICE,
  EINVAL,
  ERANGE,
  formatSockaddr,
  HOST_NOT_FOUND,
  type hostent,
  inet_ntoa,
  type Os,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../../../device/index.ts';
import type { Steps } from '../../support/worlds.ts';
import { type Answer, type Case, given } from './case.ts';

/** What gethostbyname() gives: the address, or what h_errno says. */
function* byName(os: Os, name: string): Steps<Answer> {
  const host = yield* os.gethostbyname(name);
  const addr = host?.h_addr_list[0];
  if (addr === undefined) return os.h_errno;
  return 's_addr' in addr ? inet_ntoa(addr) : `${addr.s6_addr.length} bytes`;
}

const EMPTY: hostent = { h_name: '', h_aliases: [], h_addrtype: 0, h_length: 0, h_addr_list: [] };

/** Result of gethostbyname_r() with a buffer of so many bytes, and what h_errnop got. */
function* byNameR(os: Os, name: string | null, buflen: number): Steps<readonly Answer[]> {
  const h_errnop = { value: 0 };
  const ret = yield* os.gethostbyname_r(name, { ...EMPTY }, new Uint8Array(buflen), buflen, { value: null }, h_errnop);
  return [ret, h_errnop.value];
}

/** What getaddrinfo() gives: its result, and the address if there is one. */
function* info(
  os: Os,
  node: string | null,
  service: string | null,
  hints: AddrinfoHints | null = null,
): Steps<readonly Answer[]> {
  const res: { value: addrinfo | null } = { value: null };
  const ret = yield* os.getaddrinfo(node, service, hints, res);
  const found = res.value;
  os.freeaddrinfo(found);
  return found === null ? [ret] : [ret, formatSockaddr(found.ai_addr)];
}

const inet = { ai_family: AF_INET };
const inet6 = { ai_family: AF_INET6 };

export const resolving: readonly Case[] = [
  given('netdb-1', 'no name server', HOST_NOT_FOUND, (os) => byName(os, 'broker.example')),
  given('netdb-1', 'an empty name', HOST_NOT_FOUND, (os) => byName(os, '')),
  given('netdb-1', 'a name of 256 bytes', HOST_NOT_FOUND, (os) => byName(os, 'x'.repeat(256))),
  given('netdb-1', 'errno is not touched', [HOST_NOT_FOUND, 7], function* (os) {
    os.errno = 7;
    return [yield* byName(os, 'x'), os.errno];
  }),
  given('netdb-1', 'a numeric name is no failure', ['1.2.3.4', 0], function* (os) {
    return [yield* byName(os, '1.2.3.4'), os.h_errno];
  }),

  given('netdb-2', 'no result', [-1, EINVAL], function* (os) {
    const h_errnop = { value: 0 };
    return [yield* os.gethostbyname_r('x', EMPTY, new Uint8Array(99), 99, null, h_errnop), h_errnop.value];
  }),
  given('netdb-2', 'no name', [-1, EINVAL], (os) => byNameR(os, null, 99)),
  given('netdb-2', 'no hostent, and nobody asks why', -1, function* (os) {
    return yield* os.gethostbyname_r('x', null, new Uint8Array(99), 99, { value: null });
  }),
  given('netdb-2', 'no buffer', [-1, EINVAL], function* (os) {
    const h_errnop = { value: 0 };
    return [yield* os.gethostbyname_r('x', EMPTY, null, 0, { value: null }, h_errnop), h_errnop.value];
  }),

  given('netdb-3', 'one byte less than helper, alignment, name and zero take', [-1, ERANGE], (os) =>
    byNameR(os, '10.0.0.1', 36 + 3 + 8),
  ),
  given('netdb-3', 'the same with that byte', [0, 0], (os) => byNameR(os, '10.0.0.1', 36 + 3 + 9)),
  given('netdb-4', 'no name server', [-1, HOST_NOT_FOUND], (os) => byNameR(os, 'broker.example', 200)),

  given('netdb-5', 'before anything else is looked at', EAI_FAIL, function* (os) {
    return yield* os.getaddrinfo(null, null, null, null);
  }),
  given('netdb-6', 'whatever the hints', EAI_NONAME, (os) => info(os, null, null, { ai_family: 99 })),
  given('netdb-7', '99, and a service that is none', EAI_FAMILY, (os) => info(os, 'x', 'http', { ai_family: 99 })),

  ...['http', '', ' 0', '+0', '-1', '65536', '99999999999999999999'].map((service) =>
    given('netdb-8', `"${service}"`, EAI_SERVICE, (os) => info(os, '1.2.3.4', service)),
  ),
  ...(
    [
      ['0', 0],
      ['0x50', 0],
      ['80', 80],
      [' +80', 80],
      ['80/tcp', 80],
      ['65535', 65_535],
    ] as const
  ).map(([service, port]) =>
    given('netdb-12', `"${service}" is a port`, [0, `1.2.3.4:${port}`], (os) => info(os, '1.2.3.4', service)),
  ),

  given('netdb-9', 'a name', EAI_NONAME, (os) => info(os, 'x.example', '80', { ai_flags: AI_NUMERICHOST })),
  given('netdb-9', 'IPv4 for AF_INET6', EAI_NONAME, (os) =>
    info(os, '1.2.3.4', '80', { ...inet6, ai_flags: AI_NUMERICHOST | AI_V4MAPPED }),
  ),
  given('netdb-9', 'IPv6 for AF_INET', EAI_NONAME, (os) =>
    info(os, '::1', '80', { ...inet, ai_flags: AI_NUMERICHOST }),
  ),
  given('netdb-10', 'no name server', EAI_FAIL, (os) => info(os, 'broker.example', '80')),
  given('netdb-10', 'a name of 256 bytes', EAI_FAIL, (os) => info(os, 'x'.repeat(256), '80')),
  given('netdb-10', 'an address with more white space than a name may have', EAI_FAIL, (os) =>
    info(os, `1.2.3.4${' '.repeat(250)}`, '80', { ai_flags: AI_NUMERICHOST }),
  ),
  given('netdb-12', 'an address with as much white space as a name may have', [0, '1.2.3.4:80'], (os) =>
    info(os, `1.2.3.4${' '.repeat(249)}`, '80', { ai_flags: AI_NUMERICHOST }),
  ),
  given('netdb-11', 'for the result', [EAI_MEMORY, 0, '1.2.3.4:80'], function* (os, { world }) {
    world.inflict([{ kind: 'noMemory', board: 'a', of: 'netdb' }]);
    return [...(yield* info(os, '1.2.3.4', '80')), ...(yield* info(os, '1.2.3.4', '80'))];
  }),
  given('netdb-10', 'no memory for a pcb', [EAI_FAIL], function* (os, { world }) {
    yield* os.dns_setserver(0, '192.168.4.2');
    world.inflict([{ kind: 'noMemory', board: 'a', of: 'pcb' }]);
    return yield* info(os, 'broker.example', '80');
  }),
  given('netdb-12', 'no node', [0, '127.0.0.1:80'], (os) => info(os, null, '80')),
  given('netdb-12', 'no node, AI_PASSIVE', [0, '0.0.0.0:80'], (os) => info(os, null, '80', { ai_flags: AI_PASSIVE })),
  given('netdb-12', 'no node, AF_INET6', [0, '[::1]:80'], (os) => info(os, null, '80', inet6)),
  given('netdb-12', 'no node, AF_INET6, AI_PASSIVE', [0, '[::]:80'], (os) =>
    info(os, null, '80', { ...inet6, ai_flags: AI_PASSIVE }),
  ),
  given('netdb-12', 'IPv4 for AF_INET6 with AI_V4MAPPED', [0, '[::FFFF:1.2.3.4]:80'], (os) =>
    info(os, '1.2.3.4', '80', { ...inet6, ai_flags: AI_V4MAPPED }),
  ),
  given(
    'netdb-12',
    'what the hints say is passed on',
    [0, SOCK_DGRAM, 17, AF_INET, 28, 'localhost', 0],
    function* (os) {
      const res: { value: addrinfo | null } = { value: null };
      const hints = { ai_family: AF_UNSPEC, ai_socktype: SOCK_DGRAM, ai_protocol: 17, ai_flags: AI_CANONNAME };
      const ret = yield* os.getaddrinfo('localhost', null, hints, res);
      const { ai_socktype, ai_protocol, ai_family, ai_addrlen, ai_canonname, ai_flags } = res.value!;
      return [ret, ai_socktype, ai_protocol, ai_family, ai_addrlen, ai_canonname!, ai_flags];
    },
  ),
  given('netdb-12', 'what is found can be connected to', [0, 0], function* (os) {
    const res: { value: addrinfo | null } = { value: null };
    const ret = yield* os.getaddrinfo('192.168.4.2', '7', { ...inet, ai_socktype: SOCK_STREAM }, res);
    const { ai_family, ai_socktype, ai_addr, ai_addrlen } = res.value!;
    const s = yield* os.socket(ai_family, ai_socktype);
    return [ret, yield* os.connect(s, ai_addr, ai_addrlen)];
  }),
  given('connect-1', 'an IPv6 address that getaddrinfo() found', 'EINVAL', function* (os) {
    const res: { value: addrinfo | null } = { value: null };
    yield* os.getaddrinfo('fe80::1', '7', null, res);
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    const ret = yield* os.connect(s, res.value!.ai_addr, res.value!.ai_addrlen);
    return ret === -1 && os.errno === EINVAL ? 'EINVAL' : ret;
  }),
];
