import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  AF_INET6,
  INADDR_BROADCAST,
  INADDR_LOOPBACK,
  INADDR_NONE,
  INET_ADDRSTRLEN,
} from '../../sockets/constants.ts';
import { EAFNOSUPPORT, ENOSPC } from '../../sockets/errno.ts';
import {
  formatSockaddr,
  htonl,
  htons,
  inet_addr,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  ntohl,
  ntohs,
  sockaddr_in,
} from '../../sockets/sockaddr.ts';
import { fc, property } from '../support/fast-check.ts';

describe('byte order', () => {
  test('is that of a little-endian processor', () => {
    expect([htons(0x1234), htons(80), htonl(0x12345678), htonl(INADDR_LOOPBACK)]).toEqual([
      0x3412, 0x5000, 0x78563412, 0x0100007f,
    ]);
    expect([htonl(0xff), htonl(-1), htonl(0x80000000 | 0)]).toEqual([0xff000000, 0xffffffff, 0x80]);
  });

  property('there and back is nothing', 200, [fc.nat(0xffff), fc.integer({ min: 0, max: 0xffffffff })], (s, l) => {
    expect([ntohs(htons(s)), ntohl(htonl(l))]).toEqual([s, l]);
  });
});

describe('sockaddr_in()', () => {
  test('is what C would fill in', () => {
    expect(sockaddr_in('192.168.4.1', 3333)).toEqual({
      sin_len: 16,
      sin_family: AF_INET,
      sin_port: htons(3333),
      sin_addr: { s_addr: 0x0104a8c0 },
    });
    expect(sockaddr_in()).toEqual(sockaddr_in('0.0.0.0', 0));
  });

  property('is printed as it was made', 100, [fc.integer(), fc.nat(0xffff)], (addr, port) => {
    const ip = inet_ntoa({ s_addr: htonl(addr) });
    expect(formatSockaddr(sockaddr_in(ip, port))).toBe(`${ip}:${port}`);
  });

  test.each(['', '1.2.3.4.5', 'example.com', '::1'])('takes no address like %j', (ip) => {
    expect(() => sockaddr_in(ip)).toThrow(`"${ip}" is not an IPv4 address.`);
  });

  test.each([-1, 65_536, 1.5, Number.NaN])('takes no port like %p', (port) => {
    expect(() => sockaddr_in('1.2.3.4', port)).toThrow(RangeError);
  });
});

describe('addresses as text', () => {
  test('inet_addr() and its one ambiguous answer', () => {
    expect([inet_addr('127.0.0.1'), inet_addr('255.255.255.255'), inet_addr('x')]).toEqual([
      0x0100007f,
      INADDR_NONE,
      INADDR_NONE,
    ]);
    expect(INADDR_NONE).toBe(INADDR_BROADCAST);
  });

  test('inet_aton() leaves the address alone if it fails', () => {
    const addr = { s_addr: 7 };
    expect([inet_aton('300.1.1.1', addr), addr.s_addr]).toEqual([0, 7]);
    expect([inet_aton('1.2.3.4', addr), addr.s_addr]).toEqual([1, 0x04030201]);
  });

  test('inet_pton()', () => {
    const addr = { s_addr: 7 };
    expect([inet_pton(AF_INET6, '::1', addr), inet_pton(AF_INET, 'x', addr), addr.s_addr]).toEqual([-1, 0, 7]);
    expect([inet_pton(AF_INET, '10.0.0.1', addr), addr.s_addr]).toEqual([1, 0x0100000a]);
  });

  test('inet_ntop() wants room for the zero at the end', () => {
    const addr = { s_addr: inet_addr('10.0.0.1') };
    expect([inet_ntop(AF_INET, addr), inet_ntop(AF_INET, addr, 9), inet_ntop(AF_INET, addr, 8)]).toEqual([
      '10.0.0.1',
      '10.0.0.1',
      ENOSPC,
    ]);
    expect(inet_ntop(AF_INET6, addr)).toBe(EAFNOSUPPORT);
    expect(inet_ntop(AF_INET, { s_addr: 0xffffffff }, INET_ADDRSTRLEN)).toBe('255.255.255.255');
  });
});
