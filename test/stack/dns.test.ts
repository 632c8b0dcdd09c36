/** The resolver's corners, which no recording shows: lwIP's rules one by one, on a stack alone. */

import { describe, expect, test } from '@jest/globals';
import {
  dns_clear_cache,
  dns_getserver,
  dns_is_under_way,
  dns_setserver,
  LWIP_DNS_ADDRTYPE_IPV4,
  LWIP_DNS_ADDRTYPE_IPV4_IPV6,
  LWIP_DNS_ADDRTYPE_IPV6,
  LWIP_DNS_ADDRTYPE_IPV6_IPV4,
} from '../../stack/dns.ts';
import { ERR_ARG, ERR_MEM, ERR_VAL } from '../../stack/err.ts';
import { IPADDR_ANY } from '../../stack/prot/ip4.ts';
import { udp_bind, udp_new } from '../../stack/udp.ts';
import { address, PEER } from '../support/bare-stack.ts';
import { A, AAAA, type AnswerOptions, answer, CNAME, labels, ResolverStage, record } from '../support/resolver.ts';

const FIRST = PEER.ip;
const SECOND = '192.168.1.3';
const THIRD = '192.168.1.4';
const ip = [10, 0, 0, 5];
const ip6 = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1];

/** One question, for A only, and what this answer makes of it. */
function ask(records: readonly (readonly number[])[], o: AnswerOptions = {}, name = 'broker.example') {
  const stage = new ResolverStage();
  const lookup = stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4);
  stage.send(stage.last, answer(stage.last, records, o));
  return lookup.result;
}

/** The same for bytes. */
function askRaw(make: (stage: ResolverStage) => readonly number[], name = 'broker.example') {
  const stage = new ResolverStage();
  const lookup = stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4);
  stage.send(stage.last, make(stage));
  return lookup.result;
}

const IGNORED: undefined = undefined;
const FAILED: null = null;
const FOUND = '10.0.0.5';

describe('names', () => {
  test.each([
    ['', ERR_ARG],
    ['x'.repeat(256), ERR_ARG],
    ['localhost', '127.0.0.1'],
    ['10.1', '10.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['1234', '0.0.4.210'],
    ['fe80::1', 'FE80::1'],
    ['::ffff:1.2.3.4', '::FFFF:1.2.3.4'],
  ])('%s is settled at once', (name, result) => {
    expect(new ResolverStage([]).lookup(name).result).toBe(result);
  });

  test.each(['Localhost', 'localhost.', 'fe80::1::2', '1.2.3.4.5', '256.1.1.1', '1.2.3:4'])(
    '%s is to be asked',
    (name) => {
      const stage = new ResolverStage([]);
      expect(stage.lookup(name).result).toBe(ERR_VAL);
      expect(stage.asked).toEqual([]);
    },
  );

  test('localhost for IPv6 is ::1', () => {
    expect(new ResolverStage([]).lookup('localhost', LWIP_DNS_ADDRTYPE_IPV6).result).toBe('::1');
    expect(new ResolverStage([]).lookup('localhost', LWIP_DNS_ADDRTYPE_IPV6_IPV4).result).toBe('::1');
  });

  test('a literal of the other family is asked for as a name', () => {
    const stage = new ResolverStage();
    stage.lookup('10.0.0.1', LWIP_DNS_ADDRTYPE_IPV6);
    expect(stage.last).toMatchObject({ name: '10.0.0.1', type: AAAA });
    stage.lookup('::1', LWIP_DNS_ADDRTYPE_IPV4);
    expect(stage.last).toMatchObject({ name: '::1', type: A });
  });

  test('255 bytes are sent, and remembered', () => {
    const name = Array(4).fill('a'.repeat(63)).join('.');
    const stage = new ResolverStage();
    stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4);
    expect(stage.last.name).toBe(name);
    stage.send(stage.last, answer(stage.last, [record(A, ip)]));
    expect(stage.lookup(name.toUpperCase()).result).toBe(FOUND);
  });

  test('a dot at the end becomes an empty label, which no server can make sense of', () => {
    const stage = new ResolverStage();
    const frames: number[] = [];
    stage.lookup('a.b.', LWIP_DNS_ADDRTYPE_IPV4);
    frames.push(stage.last.type);
    // The reader stops at the empty label; what it takes for the type is the real end of the name and half the type.
    expect(stage.last.name).toBe('a.b');
    expect(frames).toEqual([0]);
  });

  test('.local goes to the group of mDNS if it ends the name and comes nowhere before', () => {
    const stage = new ResolverStage();
    for (const name of ['lamp.local', '.local', 'a.local.b.local', 'lights.LOCAL']) stage.lookup(name);
    expect(stage.asked.map((q) => q.server)).toEqual(['224.0.0.251', '224.0.0.251', FIRST, FIRST]);
  });

  test('.local in another case joins a question that is out, and so goes to the group', () => {
    const stage = new ResolverStage();
    const lookups = ['lamp.local', 'LAMP.LOCAL'].map((name) => stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4));
    expect(stage.asked).toHaveLength(1);
    stage.send(stage.last, answer(stage.last, [record(A, ip)]));
    expect(lookups.map((l) => l.result)).toEqual([FOUND, FOUND]);
  });

  test('.local needs no server, and IPv6 for it finds no route', () => {
    const stage = new ResolverStage([]);
    const lookup = stage.lookup('lamp.local', LWIP_DNS_ADDRTYPE_IPV6);
    stage.pass(6999);
    expect(lookup.result).toBeUndefined();
    stage.pass(1);
    expect(lookup.result).toBeNull();
    expect(stage.asked).toEqual([]);
  });
});

describe('an answer', () => {
  test.each<[string, AnswerOptions, unknown]>([
    ['with the right id', {}, FOUND],
    ['with another id', { id: 1 }, IGNORED],
    ['that is a question', { flags: [0x01, 0x80] }, IGNORED],
    ['with no question', { questions: 0 }, IGNORED],
    ['with two questions', { questions: 2 }, IGNORED],
    ['for another type', { type: AAAA }, IGNORED],
    ['for another class', { cls: 3 }, IGNORED],
    ['in another case', { name: labels('BROKER.Example') }, FOUND],
    ['for the beginning of the name', { name: labels('broker.exa') }, FOUND],
    ['for the first label only', { name: labels('broker') }, FOUND],
    ['for a longer name', { name: labels('broker.example.com') }, IGNORED],
    ['for a longer last label', { name: labels('broker.examples') }, IGNORED],
    ['for a name with other separators', { name: [14, ...Buffer.from('broker.example'), 0] }, FOUND],
    ['for an empty label and the root', { name: [0, 0] }, FOUND],
    ['whose question is a pointer to itself', { name: [0xc0, 12] }, IGNORED],
    ['with an announced answer that is not there', { answers: 2 }, FOUND],
    ['with the truncation bit', { flags: [0x83, 0x80] }, FOUND],
    ['with error code 3', { flags: [0x81, 0x83] }, FAILED],
    ['with error code 15', { flags: [0x81, 0x8f] }, FAILED],
    ['with an error and another id', { flags: [0x81, 0x83], id: 1 }, IGNORED],
    ['with an error and another question', { flags: [0x81, 0x83], name: labels('x') }, IGNORED],
    ['with reserved bits', { flags: [0xf9, 0xf0] }, FOUND],
  ])('%s', (_what, options, result) => {
    expect(ask([record(A, ip)], options)).toBe(result);
  });

  test('is compared with what an earlier, longer name has left in the table', () => {
    const stage = new ResolverStage();
    stage.lookup('a.bcd', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [], { flags: [0x81, 0x83] }));
    const lookup = stage.lookup('a', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [record(A, ip)], { name: labels('a.bce') }));
    expect(lookup.result).toBe(IGNORED);
    stage.send(stage.last, answer(stage.last, [record(A, ip)], { name: labels('a.bcd') }));
    expect(lookup.result).toBe(FOUND);
  });

  test.each<[string, number[][], unknown]>([
    ['none', [], FAILED],
    ['a CNAME alone', [record(CNAME, labels('b.example'))], FAILED],
    [
      'a CNAME before the address',
      [record(CNAME, labels('b.example')), record(A, ip, { name: labels('b.example') })],
      FOUND,
    ],
    ['two addresses', [record(A, ip), record(A, [1, 1, 1, 1])], FOUND],
    ['an IPv6 address before the IPv4 one', [record(AAAA, ip6), record(A, ip)], FOUND],
    ['an IPv6 address alone', [record(AAAA, ip6)], FAILED],
    ['one of another class', [record(A, ip, { cls: 3 })], FAILED],
    ['an address of five bytes', [record(A, [...ip, 9])], FAILED],
    ['an address of five bytes before a good one', [record(A, [...ip, 9]), record(A, ip)], FOUND],
    ['an address that ends with the message', [record(A, ip)], FOUND],
    ['a name that points to itself', [record(A, ip, { name: [0xc0, 33] })], FOUND],
    ['a name that points beyond the message', [record(A, ip, { name: [0xff, 0xff] })], FOUND],
    ['a name of labels', [record(A, ip, { name: labels('quite.another.name') })], FOUND],
    ['a length that leads beyond the message', [record(16, [], { len: 500 }), record(A, ip)], FAILED],
    ['a length that leads beyond 65535', [record(16, [], { len: 0xffff }), record(A, ip)], IGNORED],
    ['a label that runs past the message', [[200 & 0x3f, 1, 2]], IGNORED],
    // The root's name takes the next byte with it: type, class and all that follows are read one byte too late.
    ['a root name', [record(A, ip, { name: [0] })], FAILED],
  ])('with these records: %s', (_what, records, result) => {
    expect(ask(records)).toBe(result);
  });

  test('cut anywhere before the end of the address is ignored, unless it ends with the question', () => {
    const whole = (stage: ResolverStage) => answer(stage.last, [record(A, ip)]);
    const length = 12 + 16 + 4 + 16;
    const afterQuestion = 32;
    for (let n = 0; n < length; n++) {
      const result = askRaw((stage) => whole(stage).slice(0, n));
      expect([n, result]).toEqual([n, n === afterQuestion ? FAILED : IGNORED]);
    }
    expect(askRaw(whole)).toBe(FOUND);
  });

  test('from any port, but only from the server that was asked', () => {
    const stage = new ResolverStage([FIRST, SECOND]);
    const lookup = stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4);
    const good = answer(stage.last, [record(A, ip)]);
    stage.send(stage.last, good, SECOND);
    stage.send(stage.last, good, '192.168.1.99');
    expect(lookup.result).toBe(IGNORED);
    stage.send(stage.last, good, FIRST, 9999);
    expect(lookup.result).toBe(FOUND);
  });

  test('to the port of another question counts as well: the id alone decides', () => {
    const stage = new ResolverStage();
    const lookups = ['a.example', 'b.example'].map((name) => stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4));
    const [a, b] = stage.asked;
    stage.send({ port: b!.port }, answer(a!, [record(A, ip)]));
    expect(lookups.map((l) => l.result)).toEqual([FOUND, undefined]);
  });

  test('of a neighbour counts for a name in .local, from whatever address', () => {
    const stage = new ResolverStage([FIRST]);
    const lookup = stage.lookup('lamp.local', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [record(A, ip)]), '192.168.1.77', 5353);
    expect(lookup.result).toBe(FOUND);
  });

  test('with an error ends a name in .local, even if there is a second server', () => {
    const stage = new ResolverStage([FIRST, SECOND]);
    const lookup = stage.lookup('lamp.local', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [], { flags: [0x81, 0x83] }));
    expect(lookup.result).toBeNull();
    expect(stage.asked).toHaveLength(1);
  });
});

describe('families', () => {
  test.each<[string, number, number[], [number[][], number[][]], unknown]>([
    ['IPv4 then IPv6, both empty', LWIP_DNS_ADDRTYPE_IPV4_IPV6, [A, AAAA], [[], []], FAILED],
    ['IPv4 then IPv6', LWIP_DNS_ADDRTYPE_IPV4_IPV6, [A, AAAA], [[], [record(AAAA, ip6)]], '2001:DB8::1'],
    ['IPv6 then IPv4', LWIP_DNS_ADDRTYPE_IPV6_IPV4, [AAAA, A], [[], [record(A, ip)]], FOUND],
  ])('%s', (_what, type, types, [first, second], result) => {
    const stage = new ResolverStage();
    const lookup = stage.lookup('a.example', type);
    stage.send(stage.last, answer(stage.last, first));
    stage.send(stage.last, answer(stage.last, second));
    expect(lookup.result).toBe(result);
    const [a, b] = stage.asked;
    expect(stage.asked.map((q) => q.type)).toEqual(types);
    expect([b!.port === a!.port, b!.id === a!.id]).toEqual([true, false]);
  });

  test('an error ends both', () => {
    const stage = new ResolverStage();
    const lookup = stage.lookup('a.example');
    stage.send(stage.last, answer(stage.last, [], { flags: [0x81, 0x82] }));
    expect(lookup.result).toBeNull();
    expect(stage.asked).toHaveLength(1);
  });

  test('the second family is asked from the first server again', () => {
    const stage = new ResolverStage([FIRST, SECOND]);
    stage.lookup('a.example');
    stage.send(stage.last, answer(stage.last, [], { flags: [0x81, 0x82] }));
    expect(stage.last.server).toBe(SECOND);
    stage.send(stage.last, answer(stage.last, []), SECOND);
    expect(stage.last).toMatchObject({ server: FIRST, type: AAAA });
  });

  test('a remembered address serves who takes its family, and as second choice who prefers the other', () => {
    const stage = new ResolverStage();
    stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV6);
    stage.send(stage.last, answer(stage.last, [record(AAAA, ip6)]));
    expect(stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV6_IPV4).result).toBe('2001:DB8::1');
    expect(stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4_IPV6).result).toBe('2001:DB8::1');
    expect(stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4).result).toBeUndefined();
  });
});

describe('time', () => {
  test('a lookup asks at 0, 1, 2 and 4 s and gives up at 7 s; the port closes then', () => {
    const stage = new ResolverStage();
    const lookup = stage.lookup('a.example');
    stage.pass(6999);
    expect(stage.asked.map((q) => q.atMs)).toEqual([0, 1000, 2000, 4000]);
    expect([lookup.result, stage.ports.length, dns_is_under_way(stage.stack)]).toEqual([undefined, 1, true]);
    stage.pass(1);
    expect([lookup.result, stage.ports.length, dns_is_under_way(stage.stack)]).toEqual([null, 0, false]);
  });

  test('the ticks are those of the first question: a later one is repeated sooner', () => {
    const stage = new ResolverStage();
    stage.lookup('a.example');
    stage.pass(700);
    stage.lookup('b.example');
    stage.pass(400);
    expect(stage.asked.map((q) => [q.name, q.atMs])).toEqual([
      ['a.example', 0],
      ['b.example', 700],
      ['a.example', 1000],
      ['b.example', 1000],
    ]);
  });

  test('the timer stops with the last entry and starts anew with the next', () => {
    const stage = new ResolverStage();
    stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [record(A, ip, { ttl: 0 })]));
    stage.pass(1500);
    stage.lookup('b.example');
    stage.pass(1000);
    expect(stage.asked.map((q) => q.atMs)).toEqual([0, 1500, 2500]);
  });

  test('while a name is remembered the timer runs on', () => {
    const stage = new ResolverStage();
    stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [record(A, ip)]));
    stage.pass(1500);
    stage.lookup('b.example');
    stage.pass(500);
    expect(stage.asked.map((q) => q.atMs)).toEqual([0, 1500, 2000]);
  });

  test.each<[number, number]>([
    [1, 1],
    [60, 60],
    [604_800, 604_800],
    [604_801, 604_800],
    [0xffffffff, 604_800],
  ])('a time to live of %d s is one of %d s', (ttl, seconds) => {
    const stage = new ResolverStage();
    stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [record(A, ip, { ttl })]));
    stage.pass(seconds * 1000 - 1);
    expect(stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4).result).toBe(FOUND);
    stage.pass(1);
    expect(stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4).result).toBeUndefined();
  });

  test('a time to live of 0 serves all who wait, and nobody later', () => {
    const stage = new ResolverStage();
    const lookups = [1, 2].map(() => stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4));
    stage.send(stage.last, answer(stage.last, [record(A, ip, { ttl: 0 })]));
    expect(lookups.map((l) => l.result)).toEqual([FOUND, FOUND]);
    expect(stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4).result).toBeUndefined();
    expect(stage.asked).toHaveLength(2);
  });
});

describe('servers', () => {
  test('three are asked in turn, 7 s each', () => {
    const stage = new ResolverStage([FIRST, SECOND, THIRD]);
    const lookup = stage.lookup('a.example');
    stage.pass(20_999);
    expect(lookup.result).toBeUndefined();
    stage.pass(1);
    expect(lookup.result).toBeNull();
    expect(stage.asked.filter((q) => q.server === FIRST).map((q) => q.atMs)).toEqual([0, 1000, 2000, 4000]);
  });

  test.each<[string, string[], number[]]>([
    ['the first is empty', ['0.0.0.0', FIRST], [0, 1000, 2000, 4000]],
    ['the second is empty', [FIRST, '0.0.0.0', THIRD], [0, 1000, 2000, 4000]],
    ['only the last is set', ['0.0.0.0', '0.0.0.0', FIRST], [0, 1000, 2000, 4000]],
  ])('%s', (_what, servers, times) => {
    const stage = new ResolverStage(servers);
    stage.lookup('a.example');
    stage.pass(6999);
    expect(stage.asked.filter((q) => q.server === FIRST).map((q) => q.atMs)).toEqual(times);
  });

  test('silence skips an empty slot, an error does not', () => {
    const silent = new ResolverStage([FIRST, '0.0.0.0', FIRST]);
    silent.lookup('a.example');
    silent.pass(7000);
    expect(silent.asked).toHaveLength(5);
    const refused = new ResolverStage([FIRST, '0.0.0.0', FIRST]);
    const lookup = refused.lookup('a.example');
    refused.send(refused.last, answer(refused.last, [], { flags: [0x81, 0x85] }));
    expect([lookup.result, refused.asked.length]).toEqual([null, 1]);
  });

  test('a server that is taken away while it is asked ends the question at the next repetition', () => {
    const stage = new ResolverStage();
    const lookup = stage.lookup('a.example');
    dns_setserver(stage.stack, 0, IPADDR_ANY);
    stage.pass(999);
    expect(lookup.result).toBeUndefined();
    stage.pass(1);
    expect(lookup.result).toBeNull();
    expect(stage.ports).toEqual([]);
  });

  test('a server that is exchanged while it is asked gets the repetition, and its answer counts', () => {
    const stage = new ResolverStage(['192.168.1.99']);
    const lookup = stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4);
    dns_setserver(stage.stack, 0, address(FIRST));
    stage.pass(1000);
    expect(stage.last.server).toBe(FIRST);
    stage.send(stage.last, answer(stage.last, [record(A, ip)]), '192.168.1.99');
    expect(lookup.result).toBeUndefined();
    stage.send(stage.last, answer(stage.last, [record(A, ip)]), FIRST);
    expect(lookup.result).toBe(FOUND);
  });

  test('a slot that does not exist is never written, and reads as none', () => {
    const { stack } = new ResolverStage([FIRST]);
    dns_setserver(stack, 3, address(SECOND));
    expect([0, 1, 2, 3].map((n) => dns_getserver(stack, n))).toEqual([address(FIRST), 0, 0, 0]);
  });
});

describe('the table', () => {
  const names = ['n0', 'n1', 'n2', 'n3'];
  const fill = (stage: ResolverStage, ttl: number) => {
    for (const name of names) {
      stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4);
      stage.send(stage.last, answer(stage.last, [record(A, ip, { ttl })]));
    }
  };

  test('four questions fill it, and a fifth name is refused; a known name is not', () => {
    const stage = new ResolverStage();
    for (const name of names) stage.lookup(name);
    expect(stage.lookup('n4').result).toBe(ERR_MEM);
    expect(stage.lookup('localhost').result).toBe('127.0.0.1');
  });

  test('four callers fill the other table, even if they ask for the same name', () => {
    const stage = new ResolverStage();
    const lookups = Array.from({ length: 5 }, () => stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4));
    expect(stage.asked).toHaveLength(1);
    expect(lookups[4]!.result).toBe(ERR_MEM);
    expect(stage.lookup('b.example').result).toBe(ERR_MEM);
    stage.send(stage.last, answer(stage.last, [record(A, ip)]));
    expect(lookups.map((l) => l.result)).toEqual([FOUND, FOUND, FOUND, FOUND, ERR_MEM]);
  });

  test('the same name for another family is a question of its own', () => {
    const stage = new ResolverStage();
    stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4);
    stage.lookup('A.EXAMPLE', LWIP_DNS_ADDRTYPE_IPV4);
    stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4_IPV6);
    stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV6);
    expect(stage.asked).toHaveLength(3);
  });

  test('a new name takes the place of the one that was asked for longest ago', () => {
    const stage = new ResolverStage();
    fill(stage, 60);
    // Being used does not make an entry younger.
    expect(stage.lookup('n0').result).toBe(FOUND);
    stage.lookup('n4', LWIP_DNS_ADDRTYPE_IPV4);
    expect(stage.lookup('n1').result).toBe(FOUND);
    expect(stage.lookup('n0').result).toBeUndefined();
  });

  test('an entry that was asked for exactly 256 questions ago counts as the youngest', () => {
    const stage = new ResolverStage();
    const succeed = (name: string) => {
      stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4);
      stage.send(stage.last, answer(stage.last, [record(A, ip)]));
    };
    succeed('n0');
    for (let i = 1; i <= 252; i++) {
      stage.lookup('nowhere', LWIP_DNS_ADDRTYPE_IPV4);
      stage.send(stage.last, answer(stage.last, []));
    }
    for (const name of ['n1', 'n2', 'n3']) succeed(name);
    stage.lookup('x', LWIP_DNS_ADDRTYPE_IPV4);
    expect(stage.lookup('n0').result).toBe(FOUND);
    expect(stage.lookup('n1').result).toBeUndefined();
  });

  test('cleared while it is asked, who waits is forgotten, and served with the next name in the same place', () => {
    const stage = new ResolverStage();
    const forgotten = stage.lookup('a.example', LWIP_DNS_ADDRTYPE_IPV4);
    const before = stage.last;
    dns_clear_cache(stage.stack);
    stage.send(before, answer(before, [record(A, ip)]));
    stage.pass(10_000);
    expect([forgotten.result, stage.asked.length, stage.ports.length]).toEqual([undefined, 1, 1]);
    const next = stage.lookup('b.example', LWIP_DNS_ADDRTYPE_IPV4);
    stage.send(stage.last, answer(stage.last, [record(A, [1, 2, 3, 4])]));
    expect([forgotten.result, next.result]).toEqual(['1.2.3.4', '1.2.3.4']);
  });

  test('a table that was never used can be cleared', () => {
    const stage = new ResolverStage();
    dns_clear_cache(stage.stack);
    expect(stage.stack.dns).toBeNull();
  });

  test('ports that a clearing has left open are used again, in turn', () => {
    const stage = new ResolverStage();
    for (const name of names) stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4);
    const ports = stage.asked.map((q) => q.port);
    dns_clear_cache(stage.stack);
    expect(stage.lookup('x').result).toBe(ERR_MEM);
    expect(stage.ports).toHaveLength(4);
    expect(new Set(ports).size).toBe(4);
  });
});

describe('without memory', () => {
  /** From now on, so many of these are not there. */
  const without = ({ stack }: ResolverStage, what: string, count: number) => {
    stack.scarcity = { lacks: (of) => of === what && count-- > 0 };
  };

  test('for a first port, a name is refused and its place is free again', () => {
    const stage = new ResolverStage();
    without(stage, 'pcb', 1);
    expect(stage.lookup('a.example').result).toBe(ERR_MEM);
    for (const name of ['n0', 'n1', 'n2', 'n3']) stage.lookup(name);
    expect(stage.asked).toHaveLength(4);
  });

  test('for another port, the ports that are there are shared in turn, and close with their last question', () => {
    const stage = new ResolverStage();
    stage.lookup('n0', LWIP_DNS_ADDRTYPE_IPV4);
    stage.lookup('n1', LWIP_DNS_ADDRTYPE_IPV4);
    without(stage, 'pcb', 2);
    stage.lookup('n2', LWIP_DNS_ADDRTYPE_IPV4);
    stage.lookup('n3', LWIP_DNS_ADDRTYPE_IPV4);
    const [first, second, third, fourth] = stage.asked;
    expect([third!.port, fourth!.port]).toEqual([first!.port, second!.port]);
    stage.send(first!, answer(first!, [record(A, ip)]));
    expect(stage.ports).toHaveLength(2);
    stage.send(third!, answer(third!, [record(A, ip)]));
    expect(stage.ports).toEqual([second!.port]);
  });

  test('for the message, the question counts as sent', () => {
    const stage = new ResolverStage();
    without(stage, 'pbuf', 2);
    stage.lookup('a.example');
    stage.pass(6999);
    expect(stage.asked.map((q) => q.atMs)).toEqual([2000, 4000]);
  });
});

describe('ids and ports', () => {
  test('a port below 1024 or in use is drawn again; so is an id that is out', () => {
    // The first two numbers are the stack's own; then port 1023 (too low), 5000; id 7; port 5000 (in use), 6000; id 7, 8.
    const numbers = [0, 0, 1023, 5000, 7, 5000, 6000, 7, 8];
    const stage = new ResolverStage([FIRST], (n) => numbers[n] ?? 9000 + n);
    for (const name of ['a.example', 'b.example']) stage.lookup(name, LWIP_DNS_ADDRTYPE_IPV4);
    expect(stage.asked.map((q) => [q.port, q.id])).toEqual([
      [5000, 7],
      [6000, 8],
    ]);
  });

  test('a port that a program has bound is not taken', () => {
    const numbers = [0, 0, 4000, 4001, 1];
    const stage = new ResolverStage([FIRST], (n) => numbers[n]!);
    udp_bind(udp_new(stage.stack), IPADDR_ANY, 4000);
    stage.lookup('a.example');
    expect(stage.last.port).toBe(4001);
  });

  test('only 16 bits of a number count', () => {
    const numbers = [0, 0, 0xffff_0001, 0xabcd_0400, 0x1234_ffff];
    const stage = new ResolverStage([FIRST], (n) => numbers[n]!);
    stage.lookup('a.example');
    expect(stage.last).toMatchObject({ port: 0x400, id: 0xffff });
  });

  test('all repetitions keep both', () => {
    const stage = new ResolverStage([FIRST, FIRST]);
    stage.lookup('a.example');
    stage.pass(13_999);
    expect(stage.asked).toHaveLength(8);
    expect(new Set(stage.asked.map((q) => `${q.port} ${q.id}`)).size).toBe(1);
  });
});
