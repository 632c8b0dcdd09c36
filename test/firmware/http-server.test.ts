/** esp_http_server: a C program against raw sockets. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  AF_INET,
  type Firmware,
  type Os,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
} from '../../device/index.ts';
import { boot, COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';
import { clientOf, linesOf, type Move, SERVER, sdkconfig } from '../support/http.ts';
import { type Steps, start } from '../support/worlds.ts';

// A configuration of its own: what belongs to every image is compiled as well.
jest.setTimeout(3 * COMPILE_TIMEOUT_MS);

/** What a connection brought, and whether the other side has closed it. */
interface Outcome {
  readonly text: string;
  readonly end: 'closed' | 'open' | 'reset';
  readonly tMs: number;
}

/** Make the moves, then listen until the other side closes or is silent for so long. */
function* converse(os: Os, moves: readonly Move[], silenceS = 20): Steps<Outcome> {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in(SERVER, 80));
  for (const move of moves) {
    if (typeof move === 'number') yield* os.delayMs(move);
    else yield* os.send(sock, Buffer.from(move, 'latin1'), move.length);
  }
  return yield* listen(os, sock, silenceS);
}

function* listen(os: Os, sock: number, silenceS: number): Steps<Outcome> {
  yield* os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: silenceS, tv_usec: 0 });
  const buffer = new Uint8Array(1000);
  let text = '';
  let tMs = 0;
  for (;;) {
    const n = yield* os.recv(sock, buffer, 1000);
    if (n > 0) text += Buffer.from(buffer.subarray(0, n)).toString('latin1');
    if (n > 0 || n === 0 || os.errno !== 11) tMs = os.xTaskGetTickCount() * 10;
    if (n <= 0) {
      yield* os.close(sock);
      return { text, end: n === 0 ? 'closed' : os.errno === 11 ? 'open' : 'reset', tMs };
    }
  }
}

/** A response with a body of known length. */
function response(status: string, type: string, body: string, headers = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
}
const ok = (body: string) => response('200 OK', 'text/html', body);
const error = (status: string, message: string) => response(status, 'text/html', message);
const about = (body: string, context = 'any') => response('200 OK', 'text/plain', body, `X-Context: ${context}\r\n`);

describe('esp_http_server', () => {
  let firmware: Firmware;
  beforeAll(async () => {
    firmware = await compile(['httpd.c'], { sdkconfig });
  });

  function ask(moves: readonly Move[], how = '') {
    const { world, board } = boot(firmware);
    board.stdin(`${how}\n`);
    const outcome = start(clientOf(world), (os) => converse(os, moves));
    world.runSync({ until: 60_000_000 });
    expect(board.panic).toBeNull();
    return { ...outcome.value, log: linesOf(board) };
  }

  const ANSWERS: readonly (readonly [string, string, string])[] = [
    ['a path', 'GET /about HTTP/1.1\r\n\r\n', about('GET /about 0')],
    ['any method', 'PATCH /about HTTP/1.1\r\nHost: x\r\n\r\n', about('PATCH /about 0')],
    [
      'HTTP/1.0, lines that end in LF only',
      'GET /abou HTTP/1.0\nX-Test:  a b \n\n',
      about('GET /abou 0 x-test=a b (4)'),
    ],
    [
      'query, header, cookie',
      'GET /files/x/y?a=1&b=two HTTP/1.1\r\nx-tEst: v\r\nCookie: k=1; id=me; l=2\r\n\r\n',
      about('GET /files/x/y?a=1&b=two 0 x-test=v(1) a=1 b=ESP_ERR_HTTPD_RESULT_TRUNC id=me(3)', 'file'),
    ],
    [
      'a query without the key',
      'GET /about?c HTTP/1.1\r\n\r\n',
      about('GET /about?c 0 a=ESP_ERR_NOT_FOUND b=ESP_ERR_NOT_FOUND'),
    ],
    [
      'a body that nobody reads, then another request',
      'PUT /ignore HTTP/1.1\r\nContent-Length: 40\r\n\r\n0123456789012345678901234567890123456789',
      response('204 No Content', 'text/html', ''),
    ],
    [
      'a body in chunks',
      `POST /echo HTTP/1.1\r\nContent-Length: 150\r\n\r\n${'x'.repeat(150)}`,
      `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n${'x'.repeat(100)}\r\n32\r\n${'x'.repeat(50)}\r\n0\r\n\r\n`,
    ],
    [
      'a handler on another task',
      'GET /async HTTP/1.1\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nat \r\n4\r\nlast\r\n0\r\n\r\n',
    ],
    ['who is there', 'GET /clients HTTP/1.1\r\n\r\n', ok('1 clients, ESP_OK, global')],
  ];

  test.each(ANSWERS)('%s', (_, request, answer) => {
    expect(ask([request])).toMatchObject({ text: answer, end: 'open' });
  });

  const REFUSALS: readonly (readonly [string, string, string, readonly string[]])[] = [
    [
      'unknown path',
      'GET /x HTTP/1.1\r\n\r\n',
      '404 Not Found - Nothing matches the given URI',
      ["W httpd_uri: httpd_uri: URI '/x' not found"],
    ],
    [
      'method without handler',
      'GET /echo HTTP/1.1\r\n\r\n',
      '405 Method Not Allowed - Specified method is invalid for this resource',
      ["W httpd_uri: httpd_uri: Method '1' not allowed for URI '/echo'"],
    ],
    [
      'no method',
      'HELLO',
      '400 Bad Request - Bad request syntax',
      ['W httpd_parse: parse_block: incomplete (2/5) with parser error = 16'],
    ],
    [
      'no version of HTTP',
      'GET / HTXP/1.1\r\n\r\n',
      '400 Bad Request - Bad request syntax',
      ['W httpd_parse: parse_block: incomplete (8/18) with parser error = 28'],
    ],
    [
      'another version',
      'GET / HTTP/2.0\r\n\r\n',
      '505 Version Not Supported - HTTP version not supported by server',
      ['W httpd_parse: verify_url: unsupported HTTP version = 2.0', 'W httpd_parse: parse_block: parsing failed'],
    ],
    [
      'a header without a name',
      'GET / HTTP/1.1\r\n: x\r\n\r\n',
      '400 Bad Request - Bad request syntax',
      ['W httpd_parse: parse_block: incomplete (0/7) with parser error = 24'],
    ],
    [
      'a length that is none',
      'PUT /ignore HTTP/1.1\r\nContent-Length: 4x\r\n\r\n',
      '400 Bad Request - Bad request syntax',
      [expect.stringMatching(/^W httpd_parse: parse_block: incomplete .* = 25$/) as unknown as string],
    ],
    [
      'a URI that is too long',
      `GET /${'u'.repeat(600)} HTTP/1.1\r\n\r\n`,
      '414 URI Too Long - URI is too long',
      [
        'W httpd_parse: cb_url: URI length (513) greater than supported (512)',
        'W httpd_parse: parse_block: parsing failed',
      ],
    ],
    [
      'headers that are too long',
      `GET /about HTTP/1.1\r\nX: ${'h'.repeat(1100)}\r\n\r\n`,
      '431 Request Header Fields Too Large - Header fields are too long',
      ['W httpd_parse: parse_block: request URI/header too long'],
    ],
    [
      'upgrade to what there is not',
      'GET /about HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n\r\n',
      '400 Bad Request - Bad request syntax',
      ['W httpd_parse: parse_block: parsing failed'],
    ],
  ];

  test.each(REFUSALS)('refused and closed: %s', (_, request, said, log) => {
    const [status, message] = said.split(' - ') as [string, string];
    const outcome = ask([request]);
    expect(outcome.text).toBe(error(status, message));
    expect(outcome.end).not.toBe('open');
    expect(outcome.log).toEqual([...log, `W httpd_txrx: httpd_resp_send_err: ${said}`]);
  });

  test('an error in words of the handler, which closes the connection', () => {
    const { text, end, log } = ask(['GET /fail HTTP/1.1\r\n\r\n']);
    expect({ text, end }).toEqual({ text: error('418 Teapot', 'short and stout'), end: 'closed' });
    expect(log).toEqual([
      'W httpd_txrx: httpd_resp_send_err: 418 Teapot - short and stout',
      'W httpd_uri: httpd_uri: uri handler execution failed',
    ]);
  });

  test.each([
    ['/stay', 'open'],
    ['/go', 'closed'],
  ])('an error handler of the program decides whether the connection stays: %s', (path, end) => {
    const outcome = ask([`GET ${path} HTTP/1.1\r\n\r\n`], 'n');
    expect(outcome).toMatchObject({ text: error('404 Not Found', 'there is nothing of that name'), end });
  });

  test('a request that stops in the middle is answered with 408 after five seconds', () => {
    const { text, end, tMs, log } = ask(['GET /about HTTP/1.1\r\nX-Te', 3000, 'st: slow']);
    expect(text).toBe(error('408 Request Timeout', 'Server closed this connection'));
    expect({ end, tMs }).toEqual({ end: 'closed', tMs: 8000 });
    expect(log[0]).toBe('W httpd_txrx: httpd_sock_err: error in recv : 11');
  });

  test('a body that does not come: the handler is told', () => {
    const { text, tMs } = ask(['POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\n', 1000, 'abc', 1000, 'd']);
    expect(text).toContain('3\r\nabc\r\n1\r\nd\r\n');
    expect(text).toContain('408 Request Timeout');
    expect(tMs).toBe(7000);
  });

  test('requests in pieces of one byte, one after the other on the same connection', () => {
    const request = 'GET /count HTTP/1.1\r\nHost: x\r\n\r\n';
    const { text, end } = ask([...request.split('').flatMap((c) => [c, 10]), 100, request, 100, request]);
    expect({ text, end }).toEqual({ text: ok('1') + ok('2') + ok('3'), end: 'open' });
  });

  test('of two requests in one segment the second waits until something else happens', () => {
    const request = 'GET /count HTTP/1.1\r\n\r\n';
    const alone = ask([request + request]);
    expect(alone.text).toBe(ok('1'));
    const helped = ask([request + request, 1000, request]);
    expect(helped.text).toBe(ok('1') + ok('2') + ok('3'));
  });

  test('the chunks of a chunked body are taken for the next request', () => {
    const { text, end } = ask([
      'POST /about HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n',
      100,
      '5\r\n',
      100,
      'hello\r\n0\r\n\r\n',
      100,
      '\r\n',
    ]);
    expect(text).toBe(about('POST /about 0') + error('400 Bad Request', 'Bad request syntax'));
    expect(end).not.toBe('open');
  });

  test('work that is queued runs in the task of the server, which closes what it is asked to', () => {
    expect(ask(['GET /push HTTP/1.1\r\n\r\n'])).toMatchObject({ text: `${ok('later ')}pushed`, end: 'closed' });
  });

  test('httpd_stop() closes everything; the port can be used again', () => {
    const { text, end, log } = ask(['GET /stop HTTP/1.1\r\n\r\n']);
    expect({ text, end }).toEqual({ text: ok('bye'), end: 'closed' });
    expect(log).toEqual(['I httpd_test: event 8', 'I httpd_test: stopped: ESP_OK']);
  });

  test('events: start, connection, headers, data, end of the connection', () => {
    const { log } = ask(['POST /echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi'], 'e');
    expect(log.filter((line) => line.includes('event'))).toEqual(
      [1, 2, 3, 5, 4, 6, 6, 7].map((id) => `I httpd_test: event ${id}`),
    );
  });

  test('with lru_purge_enable the connection that was used longest ago makes room', () => {
    const { world, board } = boot(firmware);
    board.stdin('l\n');
    const request = 'GET /count HTTP/1.1\r\n\r\n';
    const outcomes = [0, 1, 2].map((i) =>
      start(clientOf(world, `client${i}`, `192.168.4.${10 + i}`), function* (os) {
        yield* os.delayMs(100 * i);
        return yield* converse(os, i === 0 ? [request, 150, request] : [request]);
      }),
    );
    world.runSync({ until: 30_000_000 });
    expect(outcomes.map(({ value }) => ({ text: value.text, end: value.end }))).toEqual([
      { text: ok('1') + ok('2'), end: 'open' },
      { text: ok('1'), end: 'closed' },
      { text: ok('1'), end: 'open' },
    ]);
  });

  test('lost segments delay a request and change nothing else', () => {
    const { world, board } = boot(firmware);
    board.stdin('\n');
    world.lans[0]!.faults.loss(0.2, world.random('loss'));
    const body = 'y'.repeat(5000);
    const outcome = start(clientOf(world), (os) =>
      converse(os, [`POST /echo HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`, body], 100),
    );
    world.runSync({ until: 300_000_000 });
    const chunks = outcome.value.text.split('\r\n\r\n').slice(1).join('\r\n\r\n');
    expect(chunks.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').trimEnd()).toBe(body);
  });

  /** A frame as a client sends it: masked. */
  function frame(first: number, payload: string): string {
    const mask = [1, 2, 3, 4];
    const masked = [...payload].map((c, i) => c.charCodeAt(0) ^ mask[i % 4]!);
    const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
    return String.fromCharCode(first, 0x80 | length[0]!, ...length.slice(1), ...mask, ...masked);
  }

  const UPGRADE =
    'GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: a, chat\r\n\r\n';

  test('WebSocket: handshake of RFC 6455, frames, fragments, ping, close', () => {
    const { text, end, log } = ask([
      UPGRADE,
      100,
      frame(0x81, 'hi'),
      100,
      frame(0x89, 'ping'),
      100,
      frame(0x81, 'later'),
      100,
      frame(0x88, ''),
    ]);
    const [head, frames] = text.split('\r\n\r\n') as [string, string];
    expect(head.split('\r\n')).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'Sec-WebSocket-Protocol: chat',
    ]);
    expect(frames).toBe('\x01\x02hi\x80\x02hi\x8a\x04ping\x81\x05later\x88\x00');
    expect(end).toBe('closed');
    expect(log.map((line) => line.replace('I httpd_test: ', ''))).toEqual([
      'handshake',
      'type 1, final 1, 2 bytes',
      'type 1, final 1, 5 bytes',
      'client is 2',
    ]);
  });
});
