/** Every way for a call to fail, and the reason that the report gives for it. */
import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  type FaultSpec,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  type Os,
  SO_KEEPALIVE,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  World,
} from '../../device/index.ts';
import { faultWords } from '../../tools/report/fault-words.ts';
import { cutMessage, reasonOf, resultWords } from '../../tools/report/reasons.ts';
import { reportData } from '../../tools/report/report.ts';
import { RunView } from '../../tools/report/run-view.ts';
import { segmentsOf } from '../../tools/report/sockets.ts';

type Program = (os: Os, sock: number) => Generator<void, unknown, void>;

interface Scene {
  readonly client: Program;
  /** Of the server, for the connection that it has accepted. */
  readonly server?: Program;
  readonly port?: number;
  readonly plan?: readonly FaultSpec[];
  readonly isServerOff?: boolean;
}

const second = 1_000_000;

/** A client that connects and goes on whatever comes of it, a server that accepts once. */
function run({ client, server, port = 80, plan = [], isServerOff = false }: Scene): RunView {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world.record({ states: true });
  if (!isServerOff) {
    world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(function* (os) {
      const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 80));
      yield* os.listen(listenSock, 1);
      const sock = yield* os.accept(listenSock);
      if (server !== undefined) yield* server(os, sock);
    }, 'main');
  }
  world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(
    function* (os) {
      const sock = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(sock, sockaddr_in('192.168.4.1', port));
      yield* client(os, sock);
    },
    'main',
    { startUs: 100_000 },
  );
  world.inflict([...plan]);
  const report = world.runSync({ until: 3000 * second });
  return new RunView(reportData(world, report));
}

/** The result of a board's last call of a function. */
function words(view: RunView, fn: string, board = 'client'): string {
  const call = view.data.calls.findLast((one) => one.board === board && one.fn === fn)!;
  return resultWords(view, call);
}

const buffer = new Uint8Array(4000);
const nothing: Program = function* () {};
const receive: Program = function* (os, sock) {
  yield* os.recv(sock, buffer);
};
const sendAndReceive: Program = function* (os, sock) {
  yield* os.send(sock, 'x');
  yield* os.recv(sock, buffer);
};
const wait: Program = function* (os) {
  yield* os.vTaskDelay(25_000);
};

describe('the reason of', () => {
  test.each<[string, Scene, string, RegExp]>([
    [
      'a refused connect()',
      { client: nothing, port: 99 },
      'connect',
      /^-1 ECONNRESET: refused by the RST of server, frame \d+$/,
    ],
    [
      'a connect() whose SYN nobody answers',
      { client: nothing, plan: [{ kind: 'blackhole', match: { proto: 'tcp' } }] },
      'connect',
      /^-1 ECONNABORTED: nobody answered the SYN, which was sent 13 times$/,
    ],
    [
      'a connect() to nobody',
      { client: nothing, isServerOff: true },
      'connect',
      /^-1 ECONNABORTED: no SYN could leave, because nobody answered ARP$/,
    ],
    [
      'a recv() after retransmissions in vain',
      { client: sendAndReceive, server: wait, plan: [{ kind: 'blackhole', match: { proto: 'tcp', data: true } }] },
      'recv',
      /^-1 ECONNABORTED: nobody acknowledged a segment that was sent 13 times$/,
    ],
    [
      'a recv() whose keepalive probes nobody answers',
      {
        client: function* (os, sock) {
          yield* os.setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, 1);
          yield* os.setsockopt(sock, IPPROTO_TCP, TCP_KEEPIDLE, 5);
          yield* os.setsockopt(sock, IPPROTO_TCP, TCP_KEEPINTVL, 1);
          yield* os.setsockopt(sock, IPPROTO_TCP, TCP_KEEPCNT, 3);
          yield* os.recv(sock, buffer);
        },
        server: wait,
        plan: [{ kind: 'powerOff', board: 'server', atUs: second }],
      },
      'recv',
      /^-1 ECONNABORTED: the other end did not answer 3 keepalive probes$/,
    ],
    [
      'a recv() that waits in vain for a peer that is gone',
      {
        client: receive,
        server: wait,
        plan: [{ kind: 'rst', match: { flags: 'S.' }, toward: 'sender', replace: false, delayUs: 2500 }],
      },
      'recv',
      /^has not returned: this end is still ESTABLISHED, that of server is gone since 0\.\d+ s, and client was not told; keepalive is off$/,
    ],
    [
      'a recv() that waits for a keepalive probe',
      {
        client: function* (os, sock) {
          yield* os.setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, 1);
          yield* os.setsockopt(sock, IPPROTO_TCP, TCP_KEEPIDLE, 5000);
          yield* os.recv(sock, buffer);
        },
        server: wait,
        plan: [{ kind: 'rst', match: { flags: 'S.' }, toward: 'sender', replace: false, delayUs: 2500 }],
      },
      'recv',
      /client was not told; the first keepalive probe is due after 5000 s of silence \(the unit is seconds: 5000 s is longer than this run\)$/,
    ],
    [
      'a recv() with a time-out',
      {
        client: function* (os, sock) {
          yield* os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 2, tv_usec: 0 });
          yield* os.recv(sock, buffer);
        },
        server: wait,
      },
      'recv',
      /^-1 EWOULDBLOCK: nothing came for 1\.996 s \(SO_RCVTIMEO\)$/,
    ],
    [
      'a recv() that must not wait',
      {
        client: function* (os, sock) {
          yield* os.recv(sock, buffer, buffer.length, MSG_DONTWAIT);
        },
        server: wait,
      },
      'recv',
      /^-1 EWOULDBLOCK: nothing was there, and it was not to wait$/,
    ],
    [
      'a recv() whose connection is reset',
      { client: sendAndReceive, server: wait, plan: [{ kind: 'rst', match: { from: 'client', data: true } }] },
      'recv',
      /^-1 ECONNRESET: a forged RST, frame \d+ \(fault plan\), not sent by server$/,
    ],
    [
      'a recv() whose interface loses its address',
      { client: receive, server: wait, plan: [{ kind: 'interfaceDown', board: 'client', atUs: second }] },
      'recv',
      /^-1 ECONNABORTED: its interface lost the address/,
    ],
    [
      'the end of a stream',
      { client: receive, server: (os, sock) => os.close(sock) as never },
      'recv',
      /^0: the FIN of server, frame \d+$/,
    ],
    [
      'a call that the fault plan has struck',
      { client: receive, server: wait, plan: [{ kind: 'callFails', fn: 'recv', errno: 'ENOMEM' }] },
      'recv',
      /^-1 ENOMEM: the fault plan made it fail$/,
    ],
  ])('%s', (_name, scene, fn, expected) => {
    expect(words(run(scene), fn)).toMatch(expected);
  });

  test('a frame that a reason names is the one, and its rule has a source', () => {
    const view = run({ client: nothing, port: 99 });
    const call = view.data.calls.find((one) => one.fn === 'connect')!;
    const reason = reasonOf(view, call)!;
    expect(view.frame(reason.frame!)?.label).toContain('[R.]');
    expect(reason.rule?.source).toBe('tcp_process(), err_tcp()');
  });

  test('a call of a board that was switched off, and what nobody took meanwhile', () => {
    const view = run({
      client: function* (os, sock) {
        yield* os.vTaskDelay(200);
        yield* os.send(sock, 'x');
      },
      server: receive,
      plan: [{ kind: 'reboot', board: 'server', atUs: second, forUs: 10 * second }],
    });
    const waits = view.data.calls.find((one) => one.board === 'server' && one.n1 < 0)!;
    expect(resultWords(view, waits)).toBe('has not returned: its board was switched off meanwhile');
    const unheard = view.frameLines.filter((line) => line.d.tcp !== undefined && view.isUnheard(line));
    expect(unheard.map((line) => line.d.payload.length)).toEqual(expect.arrayContaining([1]));
    expect(view.frameLines.some((line) => line.lost)).toBe(false);
  });

  test('a message that comes in parts: the call that sent it, and the frames that it came in', () => {
    const view = run({
      client: receive,
      server: function* (os, sock) {
        yield* os.send(sock, 'x'.repeat(2000));
        yield* os.vTaskDelay(100);
      },
    });
    const recv = view.data.calls.find((one) => one.fn === 'recv')!;
    const send = view.data.calls.find((one) => one.fn === 'send')!;
    expect(cutMessage(view, recv)).toBe(send);
    expect(resultWords(view, recv)).toMatch(/^1440: the first part of 2000 bytes that one send\(\) had sent/);
    expect(segmentsOf(view.sockets.useOf(recv)!, recv).map(({ seq, end }) => [seq, end])).toEqual([[1, 1441]]);
    expect(segmentsOf(view.sockets.useOf(send)!, send)).toHaveLength(2);
  });

  test('a message in three parts: which of them it is', () => {
    const view = run({
      client: function* (os, sock) {
        for (let i = 0; i < 3; i++) yield* os.recv(sock, new Uint8Array(2000));
      },
      server: function* (os, sock) {
        yield* os.send(sock, 'x'.repeat(3000));
        yield* os.vTaskDelay(100);
      },
    });
    const parts = view.data.calls.filter((one) => one.fn === 'recv');
    expect(parts.map((one) => resultWords(view, one))).toEqual([
      expect.stringMatching(/^1440: the first part of 3000 bytes that one send\(\) had sent/),
      expect.stringMatching(/^1440: bytes 1441 to 2880 of the 3000 bytes that one send\(\) had sent/),
      '120',
    ]);
  });
});

describe('a fault in words', () => {
  test.each<[FaultSpec, string]>([
    [
      { kind: 'drop', match: { from: 'client', proto: 'tcp', data: true }, nth: 2 },
      'The 2nd TCP segment with data from client is lost.',
    ],
    [{ kind: 'outage', sinceUs: second, untilUs: 4 * second }, 'Every frame is lost from 1 s on until 4 s.'],
    [{ kind: 'delay', match: { proto: 'udp' }, us: 500_000 }, 'Every UDP datagram arrives 0.5 s late.'],
    [
      { kind: 'rst', match: { to: 'server', dstPort: 80 }, nth: 1, toward: 'sender' },
      'The 1st frame to server with dstPort 80 is replaced by a forged RST, for the end that had sent it.',
    ],
    [
      { kind: 'reboot', board: 'server', after: { call: 'send', nth: 3, board: 'client' }, forUs: second },
      'server reboots for 1 s after the 3rd send() of client.',
    ],
    [
      { kind: 'callFails', fn: ['recv', 'read'], board: 'client', nth: 11, errno: 'EAGAIN' },
      'The 11th recv() or read() of client fails with EAGAIN and does nothing.',
    ],
    [{ kind: 'drop', chance: 0.1 }, 'Every frame by chance (10 %) is lost.'],
  ])('%j', (spec, expected) => {
    expect(faultWords(JSON.stringify(spec))).toBe(expected);
  });
});
