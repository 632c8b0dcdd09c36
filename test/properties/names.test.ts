import { describe, expect, test } from '@jest/globals';
import {
  DNS_RRTYPE_A,
  DNS_RRTYPE_AAAA,
  DNS_RRTYPE_CNAME,
  type DnsMessageParts,
  encodeDnsMessage,
  parseDnsMessage,
  putDnsName,
  readDnsName,
} from '../../stack/prot/dns.ts';
import { ip6addr_aton, ip6addr_ntoa } from '../../stack/prot/ip6.ts';
import { answers } from '../fuzz/targets.ts';
import { fc, property } from '../support/fast-check.ts';
import { labels } from '../support/resolver.ts';

property(answers.name, 500, answers.arbitraries, answers.check);

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,63}$/);
const name = fc
  .array(label, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('.'))
  .filter((text) => text.length <= 253);

property(
  'a name that was written is read again, and written as others write it',
  300,
  [name, fc.nat(20)],
  (text, at) => {
    const m = new Uint8Array(at + text.length + 2);
    expect(putDnsName(m, at, Buffer.from(text, 'latin1'))).toBe(m.length);
    expect([...m.subarray(at)]).toEqual(labels(text));
    expect(readDnsName(m, at)).toEqual({ name: text, end: m.length });
  },
);

const question = fc.record({ name, type: fc.nat(0xffff), cls: fc.nat(0xffff) });
const ttl = fc.nat(0xffffffff);
const resource = fc.oneof(
  fc.record({
    name,
    type: fc.constant(DNS_RRTYPE_A),
    cls: fc.constant(1),
    ttl,
    data: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  }),
  fc.record({ name, type: fc.constant(DNS_RRTYPE_CNAME), cls: fc.constant(1), ttl, data: name }),
  fc.record({
    name,
    type: fc.constant(DNS_RRTYPE_AAAA),
    cls: fc.constant(1),
    ttl,
    data: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  }),
);
const message: fc.Arbitrary<DnsMessageParts> = fc.record({
  id: fc.nat(0xffff),
  isResponse: fc.boolean(),
  isAuthoritative: fc.boolean(),
  isTruncated: fc.boolean(),
  rcode: fc.nat(15),
  questions: fc.array(question, { maxLength: 2 }),
  answers: fc.array(resource, { maxLength: 4 }),
  others: fc.array(resource, { maxLength: 2 }),
});

property('a message that was written is read again', 300, [message, fc.boolean()], (parts, ownName) => {
  const [asked] = parts.questions;
  const list = parts.answers ?? [];
  const answered = ownName && asked !== undefined ? list.map((r) => ({ ...r, name: asked.name })) : list;
  const whole = { ...parts, answers: answered };
  expect(parseDnsMessage(encodeDnsMessage(whole))).toEqual({ ...whole, isCut: false });
});

property('any bytes can be read as a message', 2000, [fc.uint8Array({ maxLength: 200 })], (bytes) => {
  const read = parseDnsMessage(bytes);
  expect(read === undefined).toBe(bytes.length < 12);
});

property(
  'an IPv6 address survives its text',
  500,
  [fc.array(fc.constantFrom(0, 0, 1, 0xff, 0x20), { minLength: 16, maxLength: 16 })],
  (bytes) => {
    const addr = Uint8Array.from(bytes);
    expect(ip6addr_aton(ip6addr_ntoa(addr))).toEqual(addr);
  },
);

describe('names', () => {
  const pointers = (...targets: number[]) => Uint8Array.from(targets.flatMap((to) => [0xc0, to]));

  test('a pointer must lead back, and further back than the one before', () => {
    expect(readDnsName(pointers(0), 0)).toBeUndefined();
    expect(readDnsName(pointers(2, 0), 0)).toBeUndefined();
    expect(readDnsName(pointers(2, 0), 2)).toBeUndefined();
    expect(readDnsName(Uint8Array.from([1, 97, 0, 0xc0, 0, 0xc0, 3]), 5)).toEqual({ name: 'a', end: 7 });
  });

  test.each([
    ['a label beyond the end', [5, 97, 98]],
    ['no end', [1, 97]],
    ['half a pointer', [1, 97, 0xc0]],
    ['nothing', []],
    [
      'more than 512 bytes',
      [
        ...Array(9)
          .fill([63, ...Array(63).fill(97)])
          .flat(),
        0,
      ],
    ],
  ])('%s cannot be read', (_what, bytes) => {
    expect(readDnsName(Uint8Array.from(bytes), 0)).toBeUndefined();
  });

  test.each(['a..b', '.', 'a.', 'x'.repeat(64)])('"%s" cannot be written into a message', (text) => {
    const questions = [{ name: text, type: 1, cls: 1 }];
    expect(() => encodeDnsMessage({ id: 1, isResponse: false, questions })).toThrow(RangeError);
  });
});

describe('the text of an IPv6 address', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8:0:0:0:0:0:1', '2001:DB8::1'],
    ['1:0:0:2:0:0:0:3', '1::2:0:0:0:3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80::1%en1', 'FE80::1'],
    ['::ffff:10.1.1.1', '::FFFF:10.1.1.1'],
    ['0:0:0:0:0:ffff:1.2.3.4', '::FFFF:1.2.3.4'],
    ['::ffff:1.2.3', '::FFFF:1.2.0.3'],
    ['12345::', '2345::'],
  ])('%s is %s', (text, written) => {
    expect(ip6addr_ntoa(ip6addr_aton(text)!)).toBe(written);
  });

  test.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::1.2.3.4',
    '1::2::3',
    'g::',
    '::ffff:1.2.3.4.5',
  ])('"%s" is none', (text) => {
    expect(ip6addr_aton(text)).toBeUndefined();
  });
});
