import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeFrame } from '../tools/describe-frame.ts';
import { type Dissection, dissect, verifyChecksums } from '../tools/dissect.ts';
import {
  arpFrame,
  ethFrame,
  IP,
  icmpFrame,
  igmpFrame,
  ip4Frame,
  tcpFrame,
  tcpSegment,
  udpDatagram,
  udpFrame,
} from './support/frames.ts';
import { goldenTrace, readGolden } from './support/golden-trace.ts';
import { A, AAAA, type Asked, answer, CNAME, labels, record } from './support/resolver.ts';

const BROADCAST = [255, 255, 255, 255, 255, 255];
const words = (frame: Uint8Array): string => describeFrame(dissect(frame));
const problems = (frame: Uint8Array): string[] => dissect(frame).problems.map((p) => `${p.layer} ${p.kind}: ${p.text}`);
const states = (frame: Uint8Array): string =>
  verifyChecksums(dissect(frame))
    .map((c) => `${c.layer} ${c.state}`)
    .join();

const goldenFrames = ['tcp_echo', 'three_hosts', 'isn_wrap_loss'].flatMap(
  (name) => goldenTrace(readGolden(`api/${name}.json`)).frames,
);

describe('the layers of a frame', () => {
  test('TCP with options and data', () => {
    const tcpOptions = [2, 4, 5, 160, 1, 1, 4, 2, 8, 10, 0, 0, 0, 1, 255, 255, 255, 255, 99, 3, 7, 0, 0, 0];
    const o = { from: 'b', seq: 0xfffffff0, ack: 0x80000001, flags: 0x1a, wnd: 2920, tcpOptions } as const;
    const d = dissect(tcpFrame({ ...o, data: 'hello', padding: 3 }));
    expect(d.eth).toEqual({
      at: 0,
      headerLength: 14,
      dest: '02:00:00:00:00:01',
      src: '02:00:00:00:00:02',
      type: 0x0800,
    });
    expect(d.ip4).toMatchObject({ at: 14, headerLength: 20, totalLength: 69, proto: 6, ttl: 64, isFragment: false });
    expect(d.ip4).toMatchObject({ src: '10.0.0.2', dest: '10.0.0.1', dontFragment: false, tos: 0, id: 1 });
    expect(d.tcp).toMatchObject({ at: 34, headerLength: 44, srcPort: 80, destPort: 5000 });
    expect(d.tcp).toMatchObject({ seqno: 0xfffffff0, ackno: 0x80000001, flags: 0x1a, wnd: 2920, urgp: 0, mss: 1440 });
    expect(d.tcp?.options.map((option) => [option.kind, ...option.data])).toEqual([
      [2, 5, 160],
      [1],
      [1],
      [4],
      [8, 0, 0, 0, 1, 255, 255, 255, 255],
      [99, 7],
      [0],
    ]);
    expect(Buffer.from(d.payload).toString()).toBe('hello');
    expect(d.paddingLength).toBe(3);
    expect(d.problems).toEqual([]);
    expect(describeFrame(d)).toBe(
      '10.0.0.2:80 > 10.0.0.1:5000 [SP.] seq 4294967280:4294967285, ack 2147483649, win 2920, options ' +
        '[mss 1440, nop, nop, sackOK, TS val 1 ecr 4294967295, unknown-99 0x07, eol], length 5',
    );
  });

  test('ARP', () => {
    const d = dissect(arpFrame(2, IP.a, IP.b, { padding: 18 }));
    expect(d.arp).toEqual({
      at: 14,
      headerLength: 28,
      oper: 2,
      sha: '02:00:00:00:00:01',
      spa: '10.0.0.1',
      tha: '00:00:00:00:00:00',
      tpa: '10.0.0.2',
    });
    expect([d.payload.length, d.paddingLength]).toEqual([0, 18]);
  });

  test('a header with IP options', () => {
    const d = dissect(udpFrame({ ipOptions: [148, 4, 0, 0], data: 'x' }));
    expect(d.ip4).toMatchObject({ headerLength: 24, options: Uint8Array.of(148, 4, 0, 0) });
    expect(d.udp).toMatchObject({ at: 38, srcPort: 4000, destPort: 9, length: 9 });
  });

  test('the packet that an ICMP error quotes', () => {
    const quoted = [...udpFrame({ data: 'x' }).subarray(14, 14 + 28)];
    expect(dissect(icmpFrame(3, 3, [0, 0, 0, 0, ...quoted], { from: 'b' })).icmp?.quoted).toEqual({
      src: '10.0.0.1',
      dest: '10.0.0.2',
      proto: 17,
      srcPort: 4000,
      destPort: 9,
    });
    const cut = icmpFrame(3, 3, [0, 0, 0, 0, ...quoted.slice(0, 22)], { from: 'b' });
    expect(dissect(cut).icmp?.quoted).toMatchObject({ proto: 17, srcPort: undefined, destPort: undefined });
    expect(dissect(icmpFrame(3, 3, [0, 0, 0, 0, ...quoted.slice(0, 19)])).icmp?.quoted).toBeUndefined();
  });

  test('fragments: only the first one has a transport header', () => {
    const datagram = udpDatagram({ data: new Array<number>(40).fill(7) });
    const first = dissect(ip4Frame(17, datagram.slice(0, 24), { more: true, id: 9 }));
    const last = dissect(ip4Frame(17, datagram.slice(24), { offset: 24, id: 9 }));
    expect(first.ip4).toMatchObject({ isFragment: true, moreFragments: true, fragmentOffset: 0 });
    expect(first.udp).toMatchObject({ length: 48 });
    expect(last.ip4).toMatchObject({ isFragment: true, moreFragments: false, fragmentOffset: 24 });
    expect(last.udp).toBeUndefined();
    expect(last.payload.length).toBe(24);
    expect([...first.problems, ...last.problems]).toEqual([]);
    expect(problems(ip4Frame(6, tcpSegment({}).slice(0, 8), { more: true }))).toEqual([]);
  });

  test('an application is recognised by its port', () => {
    const app = (ports: [number, number]): string => dissect(udpFrame({ ports })).app;
    expect([app([68, 67]), app([49153, 53]), app([5353, 5353])]).toEqual(['DHCP', 'DNS', 'mDNS']);
    expect([app([49153, 123]), app([4000, 9])]).toEqual(['SNTP', '']);
    expect(dissect(tcpFrame({ ports: [53, 5000] })).app).toBe('DNS');
  });
});

describe('words as tcpdump has them', () => {
  test.each<[string, Uint8Array]>([
    ['ARP who-has 10.0.0.2 tell 10.0.0.1', arpFrame(1, IP.a, IP.b)],
    ['ARP reply 10.0.0.2 is-at 02:00:00:00:00:02', arpFrame(2, IP.b, IP.a, { from: 'b' })],
    ['ARP announcement 10.0.0.1 is-at 02:00:00:00:00:01', arpFrame(1, IP.a, IP.a, { destMac: BROADCAST })],
    ['ARP probe who-has 10.0.0.2', arpFrame(1, [0, 0, 0, 0], IP.b)],
    ['ARP operation 3 from 10.0.0.1', arpFrame(3, IP.a, IP.b)],
    ['10.0.0.1:5000 > 10.0.0.2:80 [S] seq 7, win 5760', tcpFrame({ seq: 7, flags: 2 })],
    ['10.0.0.1:5000 > 10.0.0.2:80 [.] ack 8, win 0', tcpFrame({ seq: 7, ack: 8, wnd: 0 })],
    ['10.0.0.1:5000 > 10.0.0.2:80 [F.] seq 7, ack 8, win 5760', tcpFrame({ seq: 7, ack: 8, flags: 0x11 })],
    ['10.0.0.1:5000 > 10.0.0.2:80 [R] seq 7, win 5760', tcpFrame({ seq: 7, ack: 8, flags: 4 })],
    ['10.0.0.1:5000 > 10.0.0.2:80 [none] win 5760', tcpFrame({ flags: 0 })],
    ['10.0.0.1:5000 > 10.0.0.2:80 [FSRP.UEW] seq 7, ack 8, win 5760, urg 0', tcpFrame({ seq: 7, ack: 8, flags: 255 })],
    [
      '10.0.0.1:5000 > 10.0.0.2:80 [.] seq 4294967295:4, ack 8, win 5760, length 5',
      tcpFrame({ seq: -1, ack: 8, data: 'hello' }),
    ],
    ['10.0.0.1:4000 > 10.0.0.2:9 UDP, length 5', udpFrame({ data: 'hello' })],
    [
      '10.0.0.1:68 > 255.255.255.255:67 UDP DHCP, length 0',
      udpFrame({ ports: [68, 67], destIp: [255, 255, 255, 255] }),
    ],
    ['10.0.0.1 > 10.0.0.2 ICMP echo request, id 1, seq 2, length 12', icmpFrame(8, 0, [0, 1, 0, 2, 9, 9, 9, 9])],
    ['10.0.0.1 > 10.0.0.2 ICMP echo reply, id 1, seq 2, length 8', icmpFrame(0, 0, [0, 1, 0, 2])],
    ['10.0.0.1 > 10.0.0.2 ICMP destination unreachable, code 3, length 8', icmpFrame(3, 3, [0, 0, 0, 0])],
    ['10.0.0.1 > 10.0.0.2 ICMP redirect ? to 10.0.0.9, length 8', icmpFrame(5, 1, [10, 0, 0, 9])],
    ['10.0.0.1 > 10.0.0.2 ICMP type 13 code 1, length 8', icmpFrame(13, 1, [0, 0, 0, 0])],
    [
      '10.0.0.1 > 224.0.0.22 IGMP type 0x22, group 224.0.0.5',
      igmpFrame(0x22, 0, [224, 0, 0, 5], { destIp: [224, 0, 0, 22] }),
    ],
    [
      '10.0.0.1 > 224.0.0.1 IGMP v2 query, max response 10 s',
      igmpFrame(0x11, 100, [0, 0, 0, 0], { destIp: [224, 0, 0, 1] }),
    ],
    ['10.0.0.1 > 239.1.2.3 IGMP v1 query 239.1.2.3', igmpFrame(0x11, 0, [239, 1, 2, 3])],
    ['10.0.0.1 > 239.1.2.3 IGMP v2 report 239.1.2.3', igmpFrame(0x16, 0, [239, 1, 2, 3])],
    ['10.0.0.1 > 239.1.2.3 IGMP v1 report 239.1.2.3', igmpFrame(0x12, 0, [239, 1, 2, 3])],
    ['10.0.0.1 > 239.1.2.3 IGMP leave 239.1.2.3', igmpFrame(0x17, 0, [239, 1, 2, 3])],
    ['10.0.0.1 > 10.0.0.2 IP protocol 47, length 3', ip4Frame(47, [1, 2, 3])],
    [
      '10.0.0.1 > 10.0.0.2 TCP, fragment 16:24 of packet 5',
      ip4Frame(6, new Array<number>(8).fill(0), { offset: 16, more: true, id: 5 }),
    ],
    ['10.0.0.1 > 10.0.0.2 UDP, fragment 16:19 (last) of packet 5', ip4Frame(17, [1, 2, 3], { offset: 16, id: 5 })],
    [
      '10.0.0.1:4000 > 10.0.0.2:9 UDP, length 40, fragment 0:24 of packet 1',
      ip4Frame(17, udpDatagram({ data: new Array<number>(40).fill(0) }).slice(0, 24), { more: true }),
    ],
    ['IP6, length 2', ethFrame([1, 2], { type: 0x86dd })],
    ['802.3, length 2', ethFrame([1, 2], { type: 46 })],
    ['ethertype 0x88cc, length 2', ethFrame([1, 2], { type: 0x88cc })],
  ])('%s', (text, frame) => {
    expect(words(frame)).toBe(text);
  });

  test.each<[string, number, number]>([
    ['net 10.0.0.2 unreachable', 3, 0],
    ['host 10.0.0.2 unreachable', 3, 1],
    ['10.0.0.2 udp unreachable', 3, 2],
    ['10.0.0.2 udp port 9 unreachable', 3, 3],
    ['10.0.0.2 unreachable, need to fragment (mtu 1400)', 3, 4],
    ['10.0.0.2 unreachable, code 13', 3, 13],
    ['source quench for 10.0.0.2 udp port 9', 4, 0],
    ['redirect 10.0.0.2 to 0.0.5.120', 5, 1],
    ['time in transit exceeded for 10.0.0.2 udp port 9', 11, 0],
    ['reassembly time exceeded for 10.0.0.2 udp port 9', 11, 1],
    ['parameter problem for 10.0.0.2 udp port 9', 12, 0],
  ])('ICMP %s', (text, type, code) => {
    const quoted = [...udpFrame({ data: 'x' }).subarray(14, 14 + 28)];
    const d = dissect(icmpFrame(type, code, [0, 0, 5, 120, ...quoted], { from: 'b' }));
    expect(describeFrame(d, { hideSrc: true, hideDest: true })).toBe(`ICMP ${text}, length 36`);
  });

  test('known addresses are hidden and numbers replaced on demand', () => {
    const d = dissect(tcpFrame({ seq: 1000, ack: 2000 }));
    expect(describeFrame(d, { hideSrc: true, hideDest: true, seq: 1, ack: 2, showSeq: true })).toBe(
      '5000 > 80 [.] seq 1, ack 2, win 5760',
    );
    expect(describeFrame(d, { hideDest: true })).toBe('10.0.0.1:5000 > 80 [.] ack 2000, win 5760');
  });
});

describe('what is wrong with a frame', () => {
  const patched = (frame: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = frame.slice();
    copy[at] = value;
    return copy;
  };
  const tcp = tcpFrame({ data: 'hello' });

  test.each<[string, Uint8Array]>([
    ['eth truncated: Ethernet header of 14 bytes, 13 are there', tcp.subarray(0, 13)],
    ['arp truncated: ARP header of 28 bytes, 27 are there', arpFrame(1, IP.a, IP.b).subarray(0, 41)],
    ['arp malformed: ARP is not for IPv4 over Ethernet', patched(arpFrame(1, IP.a, IP.b), 18, 8)],
    ['ip4 truncated: IP header of 20 bytes, 0 are there', tcp.subarray(0, 14)],
    ['ip4 malformed: IP version 6 where 4 was announced', patched(tcp, 14, 0x65)],
    ['ip4 malformed: IP header of 16 bytes, the least is 20', patched(tcp, 14, 0x44)],
    ['ip4 truncated: IP header of 60 bytes, 45 are there', patched(tcp, 14, 0x4f)],
    ['ip4 malformed: IP length 19 is less than its header of 20', ip4Frame(6, [], { totalLength: 19 })],
    ['ip4 truncated: IP packet of 45 bytes, 44 are there', tcp.subarray(0, tcp.length - 1)],
    ['tcp malformed: TCP header of 20 bytes, 8 are there', ip4Frame(6, tcpSegment({}).slice(0, 8))],
    ['tcp malformed: TCP header of 20 bytes, 8 are there', ip4Frame(6, tcpSegment({}).slice(0, 8), { padding: 30 })],
    ['tcp malformed: TCP header of 16 bytes, the least is 20', patched(tcp, 46, 0x40)],
    ['tcp malformed: TCP header of 32 bytes, 25 are there', patched(tcp, 46, 0x80)],
    ['tcp malformed: TCP option 2 has a wrong length', tcpFrame({ tcpOptions: [2, 5, 0, 0] })],
    ['tcp malformed: TCP option 2 has a wrong length', tcpFrame({ tcpOptions: [1, 1, 1, 2] })],
    ['tcp malformed: TCP option 3 has a wrong length', tcpFrame({ tcpOptions: [3, 0, 0, 0] })],
    ['udp malformed: UDP header of 8 bytes, 7 are there', ip4Frame(17, [1, 2, 3, 4, 5, 6, 7])],
    ['udp malformed: UDP length 7, the least is 8', udpFrame({ length: 7, data: 'x' })],
    ['udp malformed: UDP length 10 in an IP packet that carries 9', udpFrame({ length: 10, data: 'x' })],
    ['icmp malformed: ICMP header of 8 bytes, 4 are there', icmpFrame(8, 0, [])],
    ['igmp malformed: IGMP header of 8 bytes, 4 are there', igmpFrame(0x16, 0, [], { destIp: IP.b })],
  ])('%s', (problem, frame) => {
    expect(problems(frame)).toEqual([problem]);
    expect(words(frame)).toContain(`(${problem.slice(problem.indexOf(' ') + 1)})`);
  });

  test('two things at once', () => {
    expect(problems(tcp.subarray(0, 40))).toEqual([
      'ip4 truncated: IP packet of 45 bytes, 26 are there',
      'tcp truncated: TCP header of 20 bytes, 6 are there',
    ]);
  });

  test('every cut of a good frame is reported as truncated and nothing else', () => {
    for (const frame of [tcp, udpFrame({ data: 'hello' }), icmpFrame(8, 0, [0, 1, 0, 2]), arpFrame(1, IP.a, IP.b)]) {
      for (let length = 0; length < frame.length; length++) {
        const kinds = new Set(dissect(frame.subarray(0, length)).problems.map((problem) => problem.kind));
        expect([...kinds]).toEqual(['truncated']);
      }
    }
  });
});

describe('checksums', () => {
  test('are right in what the real stack sent', () => {
    for (const frame of goldenFrames) {
      const wrong = verifyChecksums(dissect(frame.bytes)).filter((result) => result.state !== 'good');
      expect(wrong).toEqual([]);
    }
    expect(goldenFrames.length).toBeGreaterThan(70);
  });

  test('state of each kind of frame', () => {
    expect(states(arpFrame(1, IP.a, IP.b))).toBe('');
    expect(states(tcpFrame({ data: 'odd', padding: 4 }))).toBe('ip4 good,tcp good');
    expect(states(udpFrame({ data: 'odd', padding: 4 }))).toBe('ip4 good,udp good');
    expect(states(udpFrame({ noChecksum: true }))).toBe('ip4 good,udp absent');
    expect(states(icmpFrame(8, 0, [0, 1, 0, 2, 3]))).toBe('ip4 good,icmp good');
    expect(states(igmpFrame(0x16, 0, [239, 1, 2, 3]))).toBe('ip4 good,igmp good');
    expect(states(ip4Frame(47, [1, 2]))).toBe('ip4 good');
    const datagram = udpDatagram({ data: new Array<number>(40).fill(7) });
    expect(states(ip4Frame(17, datagram.slice(0, 24), { more: true }))).toBe('ip4 good,udp unknown');
    expect(states(ip4Frame(17, datagram.slice(24), { offset: 24 }))).toBe('ip4 good');
    expect(states(tcpFrame({ data: 'hello' }).subarray(0, 56))).toBe('ip4 good,tcp unknown');
    expect(states(udpFrame({ data: 'x', length: 10, padding: 9 }))).toBe('ip4 good,udp unknown');
    expect(states(udpFrame({ data: 'x', length: 7 }))).toBe('ip4 good,udp unknown');
  });

  test('a wrong one is shown with the right value', () => {
    const frame = tcpFrame({ data: 'hello' });
    const right = dissect(frame).tcp!.chksum;
    frame[54]! ^= 0x40;
    frame[14 + 10] = 0xab;
    const results = verifyChecksums(dissect(frame));
    expect(results.map((result) => result.state)).toEqual(['bad', 'bad']);
    expect(results[1]).toEqual({ layer: 'tcp', state: 'bad', found: right, expected: (right + 0x4000) % 0xffff });
    for (const { expected } of results.slice(0, 1)) frame.set([expected >> 8, expected & 255], 14 + 10);
    expect(states(frame)).toBe('ip4 good,tcp bad');
  });

  test('any changed bit of a packet is noticed', () => {
    const frame = udpFrame({ data: 'hello, world' });
    const lengths = [14, 16, 17, 20, 21, 38, 39];
    fc.assert(
      fc.property(fc.integer({ min: 14, max: frame.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        fc.pre(!lengths.includes(at) && at !== 23);
        const copy = frame.slice();
        copy[at]! ^= 1 << bit;
        expect(states(copy)).toContain('bad');
      }),
    );
  });
});

describe('any bytes', () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(...goldenFrames.map((frame) => frame.bytes)),
      fc.array(fc.tuple(fc.nat({ max: 80 }), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      fc.option(fc.nat({ max: 80 }), { nil: undefined }),
    )
    .map(([bytes, changes, length]) => {
      const copy = bytes.slice(0, length);
      for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
      return copy;
    });
  const anyFrame = fc.oneof(fc.uint8Array({ maxLength: 120 }), mutated);

  const isInside = (d: Dissection): void => {
    for (const layer of [d.eth, d.arp, d.ip4, d.icmp, d.igmp, d.udp, d.tcp]) {
      if (layer !== undefined) expect(layer.at + layer.headerLength).toBeLessThanOrEqual(d.bytes.length);
    }
    const start = d.payload.byteOffset - d.bytes.byteOffset;
    expect(start).toBeGreaterThanOrEqual(0);
    expect(start + d.payload.length + d.paddingLength).toBeLessThanOrEqual(d.bytes.length);
  };

  test('are decoded without a throw, inside the frame, into printable words and defined numbers', () => {
    fc.assert(
      fc.property(anyFrame, (bytes) => {
        const before = bytes.slice();
        const d = dissect(bytes);
        isInside(d);
        expect(describeFrame(d)).toMatch(/^[ -~]+$/);
        expect(describeFrame(d)).not.toMatch(/NaN|undefined/);
        for (const result of verifyChecksums(d)) {
          expect(Number.isInteger(result.expected) && result.expected >= 0 && result.expected <= 0xffff).toBe(true);
        }
        expect(bytes).toEqual(before);
      }),
      { numRuns: 2000 },
    );
  });

  test('a frame inside a larger buffer is decoded as if it stood alone', () => {
    fc.assert(
      fc.property(anyFrame, fc.uint8Array({ maxLength: 40 }), (bytes, around) => {
        const buffer = Uint8Array.from([...around, ...bytes, ...around]);
        const view = buffer.subarray(around.length, around.length + bytes.length);
        expect(describeFrame(dissect(view))).toBe(describeFrame(dissect(bytes)));
        expect(verifyChecksums(dissect(view))).toEqual(verifyChecksums(dissect(bytes)));
      }),
    );
  });

  test('what is built is read again', () => {
    const u16 = fc.integer({ min: 0, max: 0xffff });
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(
        u16,
        u16,
        u32,
        u32,
        fc.nat({ max: 255 }),
        u16,
        fc.uint8Array(),
        (src, dest, seq, ack, flags, wnd, data) => {
          const d = dissect(tcpFrame({ ports: [src, dest], seq, ack, flags, wnd, data: [...data] }));
          expect(d.tcp).toMatchObject({ srcPort: src, destPort: dest, seqno: seq, ackno: ack, flags, wnd });
          expect(Array.from(d.payload)).toEqual(Array.from(data));
          expect(d.problems).toEqual([]);
          expect(states(d.bytes)).toBe('ip4 good,tcp good');
        },
      ),
    );
  });
});

describe('what applications say', () => {
  const asked: Asked = { atMs: 0, server: '10.0.0.2', port: 1274, id: 1411, name: 'broker.local', type: A };
  const dns = (data: readonly number[], ports: [number, number] = [53, 1274]) =>
    words(udpFrame({ from: 'b', ports, data })).replace(/^\S+ > \S+ /, '');
  const question = [5, 0x83, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels('broker.local'), 0, 1, 0, 1];
  const ip6 = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1];

  test.each<[string, readonly number[]]>([
    ['DNS query 1411 A broker.local, length 30', question],
    ['DNS answer 1411 A broker.local: 10.0.0.5 (60 s), length 46', answer(asked, [record(A, [10, 0, 0, 5])])],
    [
      'DNS answer 1411 A broker.local: CNAME b.local (9 s), 10.0.0.5 (60 s), length 67',
      answer(asked, [record(CNAME, labels('b.local'), { ttl: 9 }), record(A, [10, 0, 0, 5])]),
    ],
    [
      'DNS answer 1411 AAAA x: 2001:DB8::1 (60 s), length 47',
      answer({ ...asked, name: 'x', type: AAAA }, [record(AAAA, ip6)]),
    ],
    ['DNS answer 1411 A broker.local: NXDOMAIN, length 30', answer(asked, [], { flags: [0x81, 0x83] })],
    ['DNS answer 1411 A broker.local: error 9, length 30', answer(asked, [], { flags: [0x81, 0x89] })],
    ['DNS answer 1411 A broker.local: no address, length 30', answer(asked, [])],
    ['DNS answer 1411 A broker.local: truncated, length 30', answer(asked, [], { flags: [0x83, 0x80] })],
    ['DNS answer 1411 A broker.local: malformed, length 30', answer(asked, [], { answers: 1 })],
    [
      'DNS answer 1411 CLASS3 TYPE16 x: TYPE16 of 2 bytes (60 s), length 33',
      answer({ ...asked, name: 'x', type: 16 }, [record(16, [1, 2])], { cls: 3 }),
    ],
    ['DNS answer 1411 A a\\x1b[2J: no address, length 23', answer({ ...asked, name: 'a\x1b[2J' }, [])],
    ['UDP DNS, length 11', question.slice(0, 11)],
    ['UDP DNS, length 20', question.slice(0, 20)],
  ])('%s', (text, data) => {
    expect(dns(data)).toBe(text);
  });

  test('mDNS has the same words', () => {
    expect(dns(question, [1274, 5353])).toBe('mDNS query 1411 A broker.local, length 30');
  });

  test.each<[string, Record<number, number>]>([
    ['SNTP request, length 48', { 0: 0x23 }],
    ['SNTP answer: kiss of death, length 48', { 0: 0x24 }],
    ['SNTP answer 2036-02-07 06:28:16.000000, length 48', { 0: 0x24, 1: 1 }],
    ['SNTP answer 2036-02-07 06:28:17.500000, length 48', { 0: 0x24, 1: 1, 43: 1, 44: 0x80 }],
    ['SNTP broadcast 2036-02-07 06:28:16.000000, length 48', { 0: 0x25, 1: 1 }],
    ['UDP SNTP, length 48', { 0: 0x26 }],
  ])('%s', (text, bytes) => {
    const data = Array.from({ length: 48 }, (_, i) => bytes[i] ?? 0);
    expect(dns(data, [123, 4000])).toBe(text);
    expect(dns(data.slice(0, 47), [123, 4000])).toBe('UDP SNTP, length 47');
  });
});
