import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CallRecord, type FrameRecord, Trace } from '../device/trace.ts';
import { ECONNRESET, ENOTCONN } from '../sockets/errno.ts';
import { formatLadder, type LadderOptions } from '../tools/ladder.ts';
import { arpFrame, IP, icmpFrame, ip4Frame, tcpFrame, udpDatagram, udpFrame } from './support/frames.ts';
import { goldenTrace, readGolden } from './support/golden-trace.ts';

/** Writes down a trace in the order of the calls made to it. */
class Script {
  readonly trace = new Trace();
  tUs = 0;
  #n = 0;

  frame(from: string, bytes: Uint8Array, more: Partial<FrameRecord> = {}): this {
    const record = { kind: 'frame', n: this.#n++, tUs: this.tUs, lan: 'lan0', from, fault: '', lost: false } as const;
    this.trace.frames.push({ ...record, bytes, ...more });
    return this;
  }

  begin(board: string, fn: string, args: (number | string)[], task = 'main'): CallRecord {
    const record: CallRecord = {
      kind: 'call',
      n0: this.#n++,
      n1: -1,
      t0Us: this.tUs,
      t1Us: -1,
      board,
      task,
      fn,
      args,
      ret: undefined,
      errno: 0,
      addr: '',
      data: undefined,
    };
    this.trace.calls.push(record);
    return record;
  }

  end(record: CallRecord, ret: number, more: Partial<Pick<CallRecord, 'errno' | 'addr' | 'data'>> = {}): this {
    Object.assign(record, { n1: this.#n++, t1Us: this.tUs, ret }, more);
    return this;
  }

  call(board: string, fn: string, args: (number | string)[], ret: number, errno = 0): this {
    return this.end(this.begin(board, fn, args), ret, { errno });
  }

  note(board: string, text: string): this {
    this.trace.notes.push({ kind: 'note', n: this.#n++, tUs: this.tUs, board, text });
    return this;
  }

  at(tUs: number): this {
    this.tUs = tUs;
    return this;
  }
}

/** A client fetches a line of text from a server; the request is lost once. */
function story(): Trace {
  const s = new Script();
  const [a, b] = [{ from: 'a' }, { from: 'b' }] as const;
  s.frame('client', arpFrame(1, IP.a, IP.a)).frame('server', arpFrame(1, IP.b, IP.b, { from: 'b' }));
  s.call('server', 'socket', ['AF_INET', 'SOCK_STREAM', 0], 54).call('server', 'listen', [54, 1], 0);
  const accept = s.begin('server', 'accept', [54]);
  s.at(10_000).call('client', 'socket', ['AF_INET', 'SOCK_STREAM', 0], 54);
  const connect = s.begin('client', 'connect', [54, '10.0.0.2:80']);
  s.frame('client', tcpFrame({ ...a, seq: 0xffffffff, flags: 2, tcpOptions: [2, 4, 5, 160] }));
  s.at(11_000).frame('server', tcpFrame({ ...b, seq: 500, ack: 0, flags: 0x12, tcpOptions: [2, 4, 5, 160] }));
  s.at(12_000)
    .frame('client', tcpFrame({ ...a, seq: 0, ack: 501 }))
    .end(connect, 0);
  const request = { ...a, seq: 0, ack: 501, flags: 0x18, data: 'GET / HTTP/1.0\r\n\r\n' };
  const send = s.begin('client', 'send', [54, 18]);
  s.frame('client', tcpFrame(request), { fault: 'drop', lost: true });
  s.end(send, 18, { data: Uint8Array.from(Buffer.from(request.data)) });
  const recv = s.begin('client', 'recv', [54, 128]);
  s.at(13_000).end(accept, 55, { addr: '10.0.0.1:5000' });
  const read = s.begin('server', 'recv', [55, 128]);
  s.at(1_500_000).note('', 'the wire is whole again').frame('client', tcpFrame(request), { fault: 'delay' });
  s.at(1_502_000).end(read, 18, { data: Uint8Array.from(Buffer.from(request.data)) });
  s.call('server', 'close', [55], 0);
  s.frame('server', tcpFrame({ ...b, seq: 501, ack: 18, flags: 0x14 }));
  s.at(1_503_000).end(recv, -1, { errno: ECONNRESET });
  s.begin('server', 'accept', [54]);
  return s.trace;
}

const golden = (name: string): Trace => goldenTrace(readGolden(`api/${name}.json`));
const lines = (trace: Trace, options?: LadderOptions): string[] => formatLadder(trace, options).split('\n');
/** The line of the only frame, without heading and time. */
const only = (script: Script, options?: LadderOptions): string => lines(script.trace, options).at(-1)!.slice(11);

describe('what the real stack did', () => {
  test('echo over TCP', () => {
    expect(formatLadder(golden('tcp_echo'))).toMatchSnapshot();
  });

  test('lost and late segments, a sequence number that wraps', () => {
    expect(formatLadder(golden('isn_wrap_loss'))).toMatchSnapshot();
  });

  test('three hosts', () => {
    expect(formatLadder(golden('three_hosts'))).toMatchSnapshot();
  });

  test('three hosts where there is no room for columns', () => {
    expect(formatLadder(golden('three_hosts'), { width: 80, until: 15_000 })).toMatchSnapshot();
  });
});

test('a story', () => {
  expect(`\n${formatLadder(story())}\n`).toMatchInlineSnapshot(`
"
 seconds  client 10.0.0.1                                                            server 10.0.0.2
0.000000  |-- ARP announcement 10.0.0.1 is-at 02:00:00:00:00:01 ---------------------------------->|
          |<---------------------------------- ARP announcement 10.0.0.2 is-at 02:00:00:00:00:02 --|
          |                                                   socket(AF_INET, SOCK_STREAM, 0) = 54 |
          |                                                                      listen(54, 1) = 0 |
          |                                                                         accept(54) ... |
0.010000  | socket(AF_INET, SOCK_STREAM, 0) = 54                                                   |
          | connect(54, 10.0.0.2:80) ...                                                           |
          |-- 5000 > 80 [S] seq 0, win 5760, options [mss 1440] ---------------------------------->|
0.011000  |<-------------------------- 80 > 5000 [S.] seq 0, ack 1, win 5760, options [mss 1440] --|
0.012000  |-- 5000 > 80 [.] ack 1, win 5760 ------------------------------------------------------>|
          | ... connect = 0                                                                        |
          | send(54, 18) = 18 "GET / HTTP/1.0\\r\\n\\r\\n"                                             |
          |-- 5000 > 80 [P.] seq 1:19, ack 1, win 5760, length 18 "GET / HTTP/1.0\\r\\n"... --X drop |
          | recv(54, 128) ...                                                                      |
0.013000  |                                                     ... accept = 55 from 10.0.0.1:5000 |
          |                                                                      recv(55, 128) ... |
1.500000  ==== the wire is whole again =============================================================
          |-- 5000 > 80 [P.] seq 1:19, ack 1, win 5760, length 18 (retransmission) ----- (delay) ->|
1.502000  |                                                 ... recv = 18 "GET / HTTP/1.0\\r\\n\\r\\n" |
          |                                                                          close(55) = 0 |
          |<--------------------------------------------- 80 > 5000 [R.] seq 1, ack 19, win 5760 --|
1.503000  | ... recv = -1 ECONNRESET                                                               |
          |                                                                         accept(54) ... |
          |                                                        ... accept(54) has not returned |
"
`);
});

describe('calls', () => {
  test('stand above the frames that they cause, and apart from what happens meanwhile', () => {
    const s = new Script().frame('a', arpFrame(1, IP.a, IP.a)).frame('b', arpFrame(1, IP.b, IP.b, { from: 'b' }));
    const own = s.begin('a', 'sendto', [54, 1]);
    s.frame('a', udpFrame({ data: 'x' }))
      .frame('a', udpFrame({ data: 'y' }))
      .end(own, 1);
    const other = s.begin('a', 'send', [54, 2]);
    s.frame('b', udpFrame({ from: 'b', data: 'z' })).end(other, 2);
    const late = s.begin('b', 'vTaskDelay', [1]);
    s.at(10_000).end(late, 0);
    expect(lines(s.trace, { width: 60 }).slice(3)).toMatchInlineSnapshot(`
[
  "          | sendto(54, 1) = 1                              |",
  "          |-- 4000 > 9 UDP, length 1 "x" ----------------->|",
  "          |-- 4000 > 9 UDP, length 1 "y" ----------------->|",
  "          | send(54, 2) ...                                |",
  "          |<----------------- 9 > 4000 UDP, length 1 "z" --|",
  "          | ... send = 2                                   |",
  "          |                              vTaskDelay(1) ... |",
  "0.010000  |                             ... vTaskDelay = 0 |",
]
`);
  });

  test('results: error, end of stream, addresses, data', () => {
    const s = new Script().frame('b', arpFrame(1, IP.b, IP.b, { from: 'b' }));
    s.call('a', 'connect', [54, '10.0.0.2:80'], -1, ECONNRESET).call('a', 'recv', [54, 9], 0, ENOTCONN);
    s.call('a', 'ioctl', [54], -1, 200).call('a', 'recv', [54, 9], 3, ENOTCONN);
    s.end(s.begin('a', 'recvfrom', [54, 9]), 3, { addr: '10.0.0.2:9', data: Uint8Array.of(97, 98, 99) });
    s.end(s.begin('a', 'getsockname', [54]), 0, { addr: '10.0.0.1:5000' });
    expect(lines(s.trace, { width: 80, boards: ['a'] }).slice(2)).toMatchInlineSnapshot(`
[
  "          | connect(54, 10.0.0.2:80) = -1 ECONNRESET                           |",
  "          | recv(54, 9) = 0 end of stream                                      |",
  "          | ioctl(54) = -1 errno 200                                           |",
  "          | recv(54, 9) = 3                                                    |",
  "          | recvfrom(54, 9) = 3 from 10.0.0.2:9 "abc"                          |",
  "          | getsockname(54) = 0 (10.0.0.1:5000)                                |",
]
`);
  });

  test('task names are shown where a board has several tasks', () => {
    const s = new Script();
    s.end(s.begin('a', 'close', [54], 'rx'), 0).end(s.begin('a', 'close', [55], 'tx\u001b[2J'), 0);
    s.end(s.begin('b', 'close', [54], 'rx'), 0);
    expect(lines(s.trace, { width: 50 })).toMatchInlineSnapshot(`
[
  " seconds  a                                      b",
  "0.000000  | rx: close(54) = 0                    |",
  "          | tx\\x1b[2J: close(55) = 0             |",
  "          |                        close(54) = 0 |",
]
`);
  });

  test('a call too long for the line keeps its result', () => {
    const s = new Script().call('a', 'getaddrinfo', ['a-very-long-host-name.example.com', '443'], -1, ECONNRESET);
    expect(only(s, { width: 60, boards: ['a', 'b'] })).toMatchInlineSnapshot(
      `" getaddrinfo(a-very-long-hos... = -1 ECONNRESET |"`,
    );
  });

  test('can be left out', () => {
    const calls = lines(story()).filter((line) => /\w\(/.test(line));
    expect(calls.length).toBeGreaterThan(5);
    expect(lines(story(), { calls: false }).filter((line) => /connect|accept|recv|close/.test(line))).toEqual([]);
  });
});

describe('frames', () => {
  const pair = (): Script =>
    new Script()
      .frame('a', arpFrame(1, IP.a, IP.a))
      .frame('b', arpFrame(1, IP.b, IP.b, { from: 'b' }))
      .at(1);

  test('what a segment is for', () => {
    const s = pair();
    const a = (o: Parameters<typeof tcpFrame>[0]) => s.frame('a', tcpFrame({ from: 'a', ...o }));
    const b = (o: Parameters<typeof tcpFrame>[0]) => s.frame('b', tcpFrame({ from: 'b', ...o }));
    a({ seq: 100, flags: 2 });
    a({ seq: 100, flags: 2 });
    b({ seq: 900, ack: 101, flags: 0x12 });
    a({ seq: 101, ack: 901 });
    a({ seq: 101, ack: 901, data: 'abcdef' });
    b({ seq: 901, ack: 101 });
    b({ seq: 901, ack: 107, wnd: 0 });
    a({ seq: 107, ack: 901, data: 'g' });
    a({ seq: 107, ack: 901, data: 'g' });
    b({ seq: 901, ack: 107, wnd: 5760 });
    a({ seq: 107, ack: 901, data: 'gh' });
    b({ seq: 901, ack: 109 });
    a({ seq: 108, ack: 901 });
    a({ seq: 100, flags: 4 });
    a({ seq: 7000, flags: 2 });
    b({ seq: 0, ack: 7001, flags: 0x14 });
    expect(lines(s.trace, { payload: 'never' }).slice(3)).toMatchInlineSnapshot(`
[
  "0.000001  |-- 5000 > 80 [S] seq 0, win 5760 ------------------------------------------------------>|",
  "          |-- 5000 > 80 [S] seq 0, win 5760 (retransmission) ------------------------------------->|",
  "          |<---------------------------------------------- 80 > 5000 [S.] seq 0, ack 1, win 5760 --|",
  "          |-- 5000 > 80 [.] ack 1, win 5760 ------------------------------------------------------>|",
  "          |-- 5000 > 80 [.] seq 1:7, ack 1, win 5760, length 6 ----------------------------------->|",
  "          |<-------------------------------------- 80 > 5000 [.] ack 1, win 5760 (duplicate ack) --|",
  "          |<--------------------------------------------------------- 80 > 5000 [.] ack 7, win 0 --|",
  "          |-- 5000 > 80 [.] seq 7:8, ack 1, win 5760, length 1 (window probe) -------------------->|",
  "          |-- 5000 > 80 [.] seq 7:8, ack 1, win 5760, length 1 (window probe) -------------------->|",
  "          |<-------------------------------------- 80 > 5000 [.] ack 7, win 5760 (window update) --|",
  "          |-- 5000 > 80 [.] seq 7:9, ack 1, win 5760, length 2 ----------------------------------->|",
  "          |<------------------------------------------------------ 80 > 5000 [.] ack 9, win 5760 --|",
  "          |-- 5000 > 80 [.] seq 8, ack 1, win 5760 (keep-alive) ---------------------------------->|",
  "          |-- 5000 > 80 [R] seq 0, win 5760 ------------------------------------------------------>|",
  "          |-- 5000 > 80 [S] seq 0, win 5760 ------------------------------------------------------>|",
  "          |<---------------------------------------------- 80 > 5000 [R.] seq 1, ack 1, win 5760 --|",
]
`);
  });

  test('a connection that began before the trace counts from 1', () => {
    const s = pair().frame('a', tcpFrame({ seq: 5000, ack: 0, data: 'x' }));
    s.frame('b', tcpFrame({ from: 'b', seq: 0xffffffff, ack: 5001 }));
    expect(lines(s.trace).slice(-2)).toMatchInlineSnapshot(`
[
  "0.000001  |-- 5000 > 80 [.] seq 1:2, ack 1, win 5760, length 1 "x" ------------------------------->|",
  "          |<---------------------------------- 80 > 5000 [.] seq 0, ack 2, win 5760 (keep-alive) --|",
]
`);
  });

  test('fragments, ICMP, unknown and broken frames', () => {
    const s = pair();
    const datagram = udpDatagram({ data: new Array<number>(40).fill(7) });
    s.frame('a', ip4Frame(17, datagram.slice(0, 24), { more: true })).frame(
      'a',
      ip4Frame(17, datagram.slice(24), { offset: 24 }),
    );
    s.frame('b', icmpFrame(8, 0, [0, 1, 0, 2], { from: 'b' })).frame('b', Uint8Array.of(1, 2, 3));
    s.frame('b', tcpFrame({ from: 'b' }).subarray(0, 40));
    expect(lines(s.trace).slice(3)).toMatchInlineSnapshot(`
[
  "0.000001  |-- 4000 > 9 UDP, length 40, fragment 0:24 of packet 1 --------------------------------->|",
  "          |-- UDP, fragment 24:48 (last) of packet 1 --------------------------------------------->|",
  "          |<------------------------------------------- ICMP echo request, id 1, seq 2, length 8 --|",
  "          |<---------------------- 3 bytes (truncated: Ethernet header of 14 bytes, 3 are there) --|",
  "          |<-- TCP, length 6 (truncated: IP packet of 40 bytes, 26 are there; truncated: TCP ... --|",
]
`);
  });

  test('an address is named unless it is the only one of its board', () => {
    const s = pair()
      .frame('a', udpFrame({ destIp: [10, 0, 0, 255] }))
      .frame('a', udpFrame({ srcIp: [10, 9, 9, 9] }));
    expect(lines(s.trace, { width: 80 })).toMatchInlineSnapshot(`
[
  " seconds  a                                                           b 10.0.0.2",
  "0.000000  |-- ARP announcement 10.0.0.1 is-at 02:00:00:00:00:01 -------------->|",
  "          |<-------------- ARP announcement 10.0.0.2 is-at 02:00:00:00:00:02 --|",
  "0.000001  |-- 10.0.0.1:4000 > 10.0.0.255:9 UDP, length 0 --------------------->|",
  "          |-- 10.9.9.9:4000 > 9 UDP, length 0 -------------------------------->|",
]
`);
  });

  test('faults, lost or not, in both directions', () => {
    const s = pair();
    for (const [fault, lost] of [
      ['drop', true],
      ['outage', true],
      ['', true],
      ['delay+dup', false],
    ] as const) {
      s.frame('a', udpFrame({ data: 'x' }), { fault, lost }).frame('b', udpFrame({ from: 'b', data: 'y' }), {
        fault,
        lost,
      });
    }
    expect(lines(s.trace, { width: 70 }).slice(3)).toMatchInlineSnapshot(`
[
  "0.000001  |-- 4000 > 9 UDP, length 1 "x" ---------------------X drop |",
  "          | drop X--------------------- 9 > 4000 UDP, length 1 "y" --|",
  "          |-- 4000 > 9 UDP, length 1 "x" -------------------X outage |",
  "          | outage X------------------- 9 > 4000 UDP, length 1 "y" --|",
  "          |-- 4000 > 9 UDP, length 1 "x" ---------------------X lost |",
  "          | lost X--------------------- 9 > 4000 UDP, length 1 "y" --|",
  "          |-- 4000 > 9 UDP, length 1 "x" ------------- (delay+dup) ->|",
  "          |<- (delay+dup) ------------- 9 > 4000 UDP, length 1 "y" --|",
]
`);
  });

  test('payloads: text by default, all or none on request', () => {
    const text = pair().frame('a', udpFrame({ data: 'say "hi"\r\n\\o/' }));
    const binary = pair().frame('a', udpFrame({ data: [0, 1, 2, 255, 65] }));
    const long = pair().frame('a', udpFrame({ data: 'The quick brown fox jumps over the lazy dog.' }));
    expect(only(text)).toContain('UDP, length 13 "say \\"hi\\"\\r\\n\\\\o/" ---');
    expect(only(binary)).toContain('UDP, length 5 ---');
    expect(only(binary, { payload: 'always' })).toContain('UDP, length 5 "\\x00\\x01\\x02\\xffA" ---');
    expect(only(text, { payload: 'never' })).toContain('UDP, length 13 ---');
    expect(only(long)).toContain('"The quick brown fox jumps over the "... ---');
    expect(only(long, { width: 60 })).toContain('UDP, length 44 "The quick br"... --');
    expect(only(long, { width: 50 })).toContain('UDP, length 44 ---');
  });

  test('injected by the test, on several segments, to nobody known', () => {
    const s = new Script().frame('a', arpFrame(1, IP.a, IP.a, { destMac: [255, 255, 255, 255, 255, 255] }));
    s.frame('', udpFrame({ from: 'b' })).frame('a', udpFrame({ destMac: [2, 9, 9, 9, 9, 9] }));
    s.frame('c', udpFrame({ from: 'b' }), { lan: 'lan1' });
    expect(lines(s.trace)).toMatchInlineSnapshot(`
[
  " seconds  a       (test)  c",
  "          a 10.0.0.1, (test) 10.0.0.2, c 10.0.0.2",
  "0.000000  o------>|       |  lan0: ARP announcement 10.0.0.1 is-at 02:00:00:00:00:01",
  "          |<------o       |  lan0: 9 > 4000 UDP, length 0",
  "          o--?    |       |  lan0: 4000 > 10.0.0.2:9 UDP, length 0",
  "          |<--------------o  lan1: 9 > 4000 UDP, length 0",
]
`);
  });

  test('of a fault stand in the column of the board whose name they bear', () => {
    const s = new Script().frame('a', tcpFrame({ flags: 2 })).frame('b', udpFrame({ from: 'b' }));
    s.frame('', tcpFrame({ flags: 4 }), { fault: 'rst' });
    const drawn = lines(s.trace);
    expect(drawn[0]).not.toContain('(test)');
    expect(drawn.at(-1)).toMatch(/\|-- .*\[R\].* \(rst\) ->\|$/);
  });

  test('of a single board go to the wire', () => {
    expect(lines(new Script().frame('a', arpFrame(1, IP.a, IP.a)).trace, { width: 70 })).toMatchInlineSnapshot(`
[
  " seconds  a 10.0.0.1                                            (wire)",
  "0.000000  |-- ARP announcement 10.0.0.1 is-at 02:00:00:00:00:01 ---->|",
]
`);
  });
});

describe('options', () => {
  test('a window of time', () => {
    const some = lines(story(), { from: 11_000, until: 12_000 });
    expect(some.map((line) => line.slice(0, 8).trim()).filter((time) => time !== '')).toEqual([
      'seconds',
      '0.011000',
      '0.012000',
    ]);
    expect(some.some((line) => line.includes('... connect = 0'))).toBe(true);
    expect(formatLadder(story(), { from: 9e9 })).toBe('(nothing happened in this time)');
    expect(formatLadder(new Trace())).toBe('(nothing happened)');
  });

  test('a limit leaves out the middle', () => {
    const all = lines(story());
    const some = lines(story(), { limit: 6 });
    expect(some.length).toBe(7);
    expect(some.slice(0, 4)).toEqual(all.slice(0, 4));
    expect(some[4]).toContain(`... ${all.length - 1 - 5} lines left out`);
    expect(some.at(-1)).toBe(all.at(-1));
    expect(lines(story(), { limit: all.length - 1 })).toEqual(all);
    expect(lines(story(), { limit: 1 }).length).toBe(2);
  });

  test('order of columns', () => {
    expect(lines(story(), { boards: ['server'] })[0]).toMatch(/^ seconds {2}server 10\.0\.0\.2 +client 10\.0\.0\.1$/);
  });

  test('colours change nothing but colours', () => {
    const colored = formatLadder(story(), { color: true });
    expect(colored).toContain('\u001b[31m|-- 5000 > 80 [P.]');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what is looked for
    expect(colored.replace(/\u001b\[\d*m/g, '').replace(/ +$/gm, '')).toBe(formatLadder(story()));
  });

  test('notes', () => {
    const s = new Script().note('a', 'powered off\nby the test').note('', 'x'.repeat(100)).call('b', 'close', [54], 0);
    expect(lines(s.trace, { width: 50 })).toMatchInlineSnapshot(`
[
  " seconds  a                                      b",
  "0.000000  ==== a: powered off\\nby the test =======",
  "          ==== xxxxxxxxxxxxxxxxxxxxxxxxxxx... ====",
  "          |                        close(54) = 0 |",
]
`);
  });

  test('that are out of range are refused', () => {
    for (const width of [39, 40.5, Number.NaN]) expect(() => formatLadder(story(), { width })).toThrow(RangeError);
    for (const limit of [0, -1, 1.5]) expect(() => formatLadder(story(), { limit })).toThrow(RangeError);
  });
});

describe('any trace', () => {
  const name = fc.oneof(fc.constantFrom('a', 'b', 'c', ''), fc.string({ unit: 'binary', maxLength: 30 }));
  const real = [...golden('tcp_echo').frames, ...golden('three_hosts').frames].map((frame) => frame.bytes);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.constantFrom(...real), fc.nat({ max: 70 }), fc.nat({ max: 255 })).map(([frame, at, value]) => {
      const copy = frame.slice();
      if (at < copy.length) copy[at] = value;
      return copy;
    }),
  );
  const time = fc.integer({ min: 0, max: 1e10 });
  const number = fc.integer({ min: 0, max: 60 });
  const frame = fc.record<FrameRecord>({
    kind: fc.constant('frame'),
    n: number,
    tUs: time,
    lan: fc.oneof(fc.constant('lan0'), name),
    from: name,
    fault: fc.oneof(fc.constant(''), name),
    lost: fc.boolean(),
    bytes,
  });
  const call = fc.record<CallRecord>({
    kind: fc.constant('call'),
    n0: number,
    n1: fc.integer({ min: -1, max: 60 }),
    t0Us: time,
    t1Us: time,
    board: name,
    task: name,
    fn: fc.oneof(fc.constantFrom('recv', 'accept'), name),
    args: fc.array(fc.oneof(name, fc.integer()), { maxLength: 4 }),
    ret: fc.option(fc.integer(), { nil: undefined }),
    errno: fc.nat({ max: 150 }),
    addr: name,
    data: fc.option(bytes, { nil: undefined }),
  });
  const note = fc.record({ kind: fc.constant('note' as const), n: number, tUs: time, board: name, text: name });
  const anyTrace = fc
    .tuple(fc.array(frame, { maxLength: 12 }), fc.array(call, { maxLength: 12 }), fc.array(note, { maxLength: 3 }))
    .map(([frames, calls, notes]) => {
      const trace = new Trace();
      trace.frames.push(...frames);
      trace.calls.push(...calls);
      trace.notes.push(...notes);
      return trace;
    });
  const anyOptions = fc.record(
    {
      width: fc.integer({ min: 40, max: 140 }),
      calls: fc.boolean(),
      payload: fc.constantFrom('text' as const, 'always' as const, 'never' as const),
      from: time,
      until: time,
      limit: fc.integer({ min: 1, max: 30 }),
      boards: fc.array(name, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );

  test('gives lines that fit, hold no control character and do not end in blanks', () => {
    fc.assert(
      fc.property(anyTrace, anyOptions, (trace, options) => {
        const text = formatLadder(trace, options);
        for (const line of text.split('\n')) {
          expect(line.length).toBeLessThanOrEqual(options.width ?? 100);
          expect(line).toMatch(/^[ -~\p{L}]+$/u);
          expect(line).not.toMatch(/ $|undefined|NaN/);
        }
        expect(formatLadder(trace, options)).toBe(text);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what is looked for
        const plain = formatLadder(trace, { ...options, color: true }).replace(/\u001b\[\d*m/g, '');
        expect(plain.replace(/ +$/gm, '')).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});
