import { describe, expect, test } from '@jest/globals';
import {
  IPADDR_BROADCAST,
  IPADDR_LOOPBACK,
  ip4_addr_islinklocal,
  ip4_addr_isloopback,
  ip4_addr_ismulticast,
  ip4_addr_net_eq,
  ip4addr_aton,
  ip4addr_ntoa,
} from '../../stack/prot/ip4.ts';
import { fc, property } from '../support/fast-check.ts';

const ip = (text: string) => ip4addr_aton(text)!;

describe('ip4addr_aton()', () => {
  test.each([
    ['192.168.4.1', '192.168.4.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['0.0.0.0', '0.0.0.0'],
    // fewer parts: the last fills the rest
    ['1', '0.0.0.1'],
    ['3232236545', '192.168.4.1'],
    ['4294967295', '255.255.255.255'],
    ['127.1', '127.0.0.1'],
    ['10.16777215', '10.255.255.255'],
    ['172.16.65535', '172.16.255.255'],
    // octal and hexadecimal
    ['010.0.0.1', '8.0.0.1'],
    ['0377.0377.0377.0377', '255.255.255.255'],
    ['00.00.00.00', '0.0.0.0'],
    ['0xc0a80401', '192.168.4.1'],
    ['0XC0.0xA8.4.0x1', '192.168.4.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0x', '0.0.0.0'],
    ['10.0x.0.1', '10.0.0.1'],
    // white space and what is behind it
    ['192.168.4.1 ', '192.168.4.1'],
    ['192.168.4.1\t', '192.168.4.1'],
    ['192.168.4.1\r\n', '192.168.4.1'],
    ['192.168.4.1 and more', '192.168.4.1'],
    // numbers of 32 bits run over, as in C
    ['4294967296', '0.0.0.0'],
    ['4294967297', '0.0.0.1'],
    ['1.0x1000000ff', '1.0.0.255'],
  ])('%j is %s', (text, address) => {
    expect(ip4addr_aton(text)).toBeDefined();
    expect(ip4addr_ntoa(ip(text))).toBe(address);
  });

  test.each([
    ['', 'nothing'],
    [' 192.168.4.1', 'white space in front'],
    ['a.b.c.d', 'letters'],
    ['.1.2.3', 'an empty first part'],
    ['1..2', 'an empty part'],
    ['1.2.3.', 'an empty last part'],
    ['1.2.3.4.5', 'five parts'],
    ['256.0.0.1', 'a part that is too large'],
    ['1.256.0.1', 'a second part that is too large'],
    ['1.2.256.1', 'a third part that is too large'],
    ['1.2.3.256', 'a last part of 9 bits'],
    ['1.2.65536', 'a last part of 17 bits'],
    ['1.16777216', 'a last part of 25 bits'],
    ['08', 'an octal digit that is none'],
    ['1.2.3.4x', 'a letter behind it'],
    ['1.2.3.4.', 'a dot behind it'],
    ['0xg', 'a hexadecimal digit that is none'],
    ['-1', 'a sign'],
    ['::1', 'an IPv6 address'],
  ])('%j is no address: %s', (text) => {
    expect(ip4addr_aton(text)).toBeUndefined();
  });

  property('reads what ip4addr_ntoa() writes', 200, [fc.integer()], (addr) => {
    expect(ip4addr_aton(ip4addr_ntoa(addr))).toBe(addr);
  });

  property(
    'reads four parts in any mixture of bases',
    200,
    [fc.tuple(...new Array(4).fill(fc.nat(255)), fc.nat(80))],
    (x) => {
      const [a, b, c, d, bases] = x as [number, number, number, number, number];
      const spell = [(n: number) => `${n}`, (n: number) => `0${n.toString(8)}`, (n: number) => `0x${n.toString(16)}`];
      const parts = [a, b, c, d].map((part, i) => spell[Math.floor(bases / 3 ** i) % 3]!(part));
      expect(ip4addr_aton(parts.join('.'))).toBe((a << 24) | (b << 16) | (c << 8) | d);
    },
  );
});

describe('kinds of addresses', () => {
  test.each([
    ['224.0.0.0', ip4_addr_ismulticast, true],
    ['239.255.255.255', ip4_addr_ismulticast, true],
    ['223.255.255.255', ip4_addr_ismulticast, false],
    ['240.0.0.0', ip4_addr_ismulticast, false],
    ['127.0.0.1', ip4_addr_isloopback, true],
    ['127.255.255.255', ip4_addr_isloopback, true],
    ['126.255.255.255', ip4_addr_isloopback, false],
    ['128.0.0.0', ip4_addr_isloopback, false],
    ['169.254.0.0', ip4_addr_islinklocal, true],
    ['169.254.255.255', ip4_addr_islinklocal, true],
    ['169.255.0.0', ip4_addr_islinklocal, false],
  ])('%s: %p is %p', (text, is, expected) => {
    expect(is(ip(text))).toBe(expected);
  });

  test.each([
    ['192.168.4.1', '192.168.4.254', 24, true],
    ['192.168.4.1', '192.168.5.1', 24, false],
    ['192.168.4.1', '192.168.5.1', 23, true],
    ['128.0.0.0', '0.0.0.0', 1, false],
    ['1.2.3.4', '1.2.3.5', 32, false],
  ])('%s and %s under /%i: %p', (a, b, bits, same) => {
    expect(ip4_addr_net_eq(ip(a), ip(b), (0xffffffff << (32 - bits)) | 0)).toBe(same);
  });

  test('constants', () => {
    expect([ip4addr_ntoa(IPADDR_BROADCAST), ip4addr_ntoa(IPADDR_LOOPBACK)]).toEqual(['255.255.255.255', '127.0.0.1']);
  });
});
