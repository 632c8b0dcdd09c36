/** esp_http_server and esp_http_client: C programs against raw sockets, and against each other. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  AF_INET,
  type Esp32,
  type Firmware,
  type Os,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  type World,
} from '../../device/index.ts';
import { boot, COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';
import { type Steps, start } from '../support/worlds.ts';

// A configuration of its own: what belongs to every image is compiled as well.
jest.setTimeout(3 * COMPILE_TIMEOUT_MS);

const SERVER = '192.168.4.1';
const CLIENT = '192.168.4.2';

/** What the tests need beyond the defaults; one configuration, so that everything is compiled once. */
const sdkconfig = { CONFIG_HTTPD_WS_SUPPORT: true };

/** Text to send, or milliseconds to wait. */
type Move = string | number;

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

function clientOf(world: World, name = 'client', ip = CLIENT): Esp32 {
  return world.esp32(name, { lan: world.lans[0]!, ip });
}

function linesOf(board: Esp32): string[] {
  return board.log.map(({ level, tag, text }) => `${level} ${tag}: ${text}`);
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

/** What a server of the tests answers: by path, the pieces with pauses between, and whether it closes. */
interface Page {
  readonly moves: readonly Move[];
  readonly closes?: boolean;
}

describe('esp_http_client', () => {
  let firmware: Firmware;
  beforeAll(async () => {
    firmware = await compile(['httpc.c'], { sdkconfig });
  });

  const HEAD_ONLY = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n';

  /** A server that answers from a list, one connection after the other; requests are kept. */
  function* serve(os: Os, pages: Readonly<Record<string, Page>>, requests: string[]): Steps<void> {
    const listener = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.bind(listener, sockaddr_in('0.0.0.0', 80));
    yield* os.listen(listener, 4);
    for (;;) {
      const sock = yield* os.accept(listener);
      requests.push('connected');
      for (;;) {
        const request = yield* readRequest(os, sock);
        if (request === '') break;
        requests.push(request);
        const { moves, closes } = pages[request.split(' ')[1]!.split('?')[0]!]!;
        for (const move of request.startsWith('HEAD') ? [HEAD_ONLY] : moves) {
          if (typeof move === 'number') yield* os.delayMs(move);
          else yield* os.send(sock, move, move.length);
        }
        if (closes) break;
      }
      yield* os.close(sock);
    }
  }

  function* readRequest(os: Os, sock: number): Steps<string> {
    const buffer = new Uint8Array(1000);
    let text = '';
    for (;;) {
      const n = yield* os.recv(sock, buffer, 1000);
      if (n <= 0) return '';
      text += Buffer.from(buffer.subarray(0, n)).toString('latin1');
      const [head, body] = text.split('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(text)?.[1] ?? 0);
      if (body !== undefined && body.length >= length) return `${head}\r\n\r\n${body}`;
    }
  }

  const plain = (body: string, status = '200 OK', headers = ''): string =>
    `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

  const PAGES: Readonly<Record<string, Page>> = {
    '/': { moves: [plain('hello')] },
    '/echo': { moves: [plain('echoed')] },
    '/slow': { moves: ['HTTP/1.1 200 OK\r\nContent-Le', 500, 'ngth: 6\r\n\r\nabc', 1500, 'def'] },
    '/silent': { moves: [3000, plain('late')] },
    '/chunks': {
      moves: [
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r',
        10,
        '\n5;x=y\r\ndefgh\r\n0\r\nT: x\r\n\r\n',
      ],
    },
    '/end': { moves: ['HTTP/1.0 200 OK\r\n\r\nup to the end'], closes: true },
    '/cut': { moves: ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'], closes: true },
    '/nothing': { moves: [], closes: true },
    '/garbage': { moves: ['220 mail server ready\r\n'] },
    '/moved': { moves: [plain('', '302 Found', 'Location: /\r\n')] },
    '/loop': { moves: [plain('', '301 Moved Permanently', 'Location: /loop\r\n')] },
    '/private': { moves: [plain('', '401 Unauthorized', 'WWW-Authenticate: Basic realm="x"\r\n')] },
    '/missing': { moves: [plain('none', '404 Not Found')] },
  };

  function request(lines: readonly string[]) {
    const { world, board } = boot(firmware, { hosts: { 'web.local': CLIENT } });
    const requests: string[] = [];
    start(clientOf(world), (os) => serve(os, PAGES, requests));
    board.stdin(`${lines.join('\n')}\nend\n`);
    world.runSync({ until: 60_000_000 });
    expect(board.panic).toBeNull();
    const log = linesOf(board).map((line) => line.replace('I client: ', ''));
    expect(log.pop()).toBe('done');
    return { requests, log };
  }

  const URL = `http://${CLIENT}`;

  test('one send for request line and headers; the connection stays for the next requests', () => {
    const { requests, log } = request([`several ${URL}/slow?q=1`]);
    const agent = `User-Agent: ESP32 HTTP Client/1.0\r\nHost: ${CLIENT}\r\n`;
    expect(requests).toEqual([
      'connected',
      `GET /slow?q=1 HTTP/1.1\r\n${agent}\r\n`,
      `POST /echo HTTP/1.1\r\n${agent}Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nsome text`,
      `HEAD /slow?q=1 HTTP/1.1\r\n${agent}\r\n`,
    ]);
    expect(log).toEqual([
      'data 3: abc',
      'data 3: def',
      'ESP_OK, status 200, length 6',
      'data 6: echoed',
      'ESP_OK, status 200, length 6',
      'ESP_OK, status 200, length 6',
    ]);
  });

  const OUTCOMES: readonly (readonly [string, string, readonly string[]])[] = [
    ['get', '/slow', ['data 3: abc', 'data 3: def', 'ESP_OK, status 200, length 6']],
    [
      'get',
      '/silent',
      ['W HTTP_CLIENT: Connection timed out before data was ready!', 'ESP_ERR_HTTP_EAGAIN, status -1, length -1'],
    ],
    ['get', '/chunks', ['data 3: abc', 'data 5: defgh', 'ESP_OK, status 200, length -1']],
    ['get', '/end', ['data 13: up to the end', 'ESP_OK, status 200, length -1']],
    ['get', '/cut', ['data 3: abc', 'ESP_OK, status 200, length 9']],
    [
      'get',
      '/nothing',
      ['W HTTP_CLIENT: Close connection due to FIN received', 'ESP_ERR_HTTP_CONNECTION_CLOSED, status -1, length -1'],
    ],
    ['get', '/garbage', ['ESP_ERR_HTTP_FETCH_HEADER, status -1, length -1']],
    ['get', '/missing', ['data 4: none', 'ESP_OK, status 404, length 4']],
    ['get', '/moved', ['data 5: hello', 'ESP_OK, status 200, length 5']],
    ['manual', '/moved', ['redirect', 'data 5: hello', 'ESP_OK, status 200, length 5']],
    [
      'get',
      '/loop',
      [
        'E HTTP_CLIENT: Error, reach max_redirection_count count=3',
        'E HTTP_CLIENT: Error response',
        'ESP_ERR_HTTP_MAX_REDIRECT, status 301, length 0',
      ],
    ],
    [
      'get',
      '/private',
      ['E HTTP_CLIENT: This authentication method is not supported: Basic realm="x"', 'ESP_OK, status 401, length 0'],
    ],
    [
      'stream',
      '/echo',
      ['data 6: echoed', 'ESP_OK, 10 written, length 6, chunked 0', 'read echo', 'read ed, all of it: 1'],
    ],
    ['poll', '/slow', ['data 3: abc', 'data 3: def', 'some rounds', 'ESP_OK, status 200, length 6']],
    [
      'events',
      '/',
      [
        'event 1',
        'event 2',
        'header Content-Length=5',
        'data 5: hello',
        'event 5',
        'ESP_OK, status 200, length 5',
        'event 6',
      ],
    ],
  ];

  test.each(OUTCOMES)('%s %s', (how, path, expected) => {
    expect(request([`${how} ${URL}${path}`]).log).toEqual(expected);
  });

  /** What a connection that cannot be made leaves in the log. */
  const unreachable = (said: string, code: number, name: string): string[] => [
    `E esp-tls: ${said}`,
    `E transport_base: Failed to open a new connection: ${code}`,
    'E HTTP_CLIENT: Connection failed, sock < 0',
    'ESP_ERR_HTTP_CONNECT, status -1, length -1',
    `last error ESP_ERR_ESP_TLS_${name}, 0`,
  ];

  test.each([
    [
      'a port where nobody listens',
      `${URL}:81/`,
      unreachable('[sock=54] delayed connect error: Connection reset by peer', 32_772, 'FAILED_CONNECT_TO_HOST'),
    ],
    [
      'an address that nobody has',
      'http://192.168.4.77/',
      unreachable('[sock=54] select() timeout', 32_774, 'CONNECTION_TIMEOUT'),
    ],
    [
      'a name that is not known',
      'http://nowhere.local/',
      unreachable(
        "couldn't get hostname for :nowhere.local: getaddrinfo() returns 202, addrinfo=0x0",
        32_769,
        'CANNOT_RESOLVE_HOSTNAME',
      ),
    ],
    [
      'TLS',
      'https://web.local/',
      [
        'E HTTP_CLIENT: A request to https://web.local is refused: there is no TLS here, only http:// can be asked for.',
        'ESP_ERR_HTTP_INVALID_TRANSPORT, status -1, length -1',
      ],
    ],
    [
      'no URL',
      'web.local',
      ['E HTTP_CLIENT: Error parse url web.local', 'E HTTP_CLIENT: Failed to set URL', 'no client'],
    ],
  ])('no connection: %s', (_, url, expected) => {
    expect(request([`get ${url}`]).log).toEqual(expected);
  });

  test('user and password of the URL in base64', () => {
    const { requests } = request(['basic http://me:secret@web.local/']);
    expect(requests[1]).toBe(
      'GET / HTTP/1.1\r\nUser-Agent: ESP32 HTTP Client/1.0\r\nHost: web.local\r\nAuthorization: Basic bWU6c2VjcmV0\r\n\r\n',
    );
  });
});

test('programs in the style of ESP-IDF: a client and a server, each on its board', async () => {
  const server = await compile(['../programs/http_server_simple.c'], { sdkconfig });
  const client = await compile(['../programs/http_client.c'], {
    sdkconfig: { ...sdkconfig, CONFIG_EXAMPLE_HTTP_ENDPOINT: SERVER },
  });
  const { world, board } = boot(server);
  const other = world.esp32('client', { lan: world.lans[0]!, ip: CLIENT, firmware: client });
  world.runSync({ until: 60_000_000 });
  expect([board.panic, other.panic]).toEqual([null, null]);
  const told = (each: Esp32, tag: string): string[] =>
    linesOf(each).filter((line) => line.includes(` ${tag}: `) || line.startsWith('W'));
  expect(told(other, 'http_client').map((line) => line.replace('I http_client: ', ''))).toEqual([
    'connected',
    'Content-Type: text/html',
    'Transfer-Encoding: chunked',
    'X-Greeting: Hello',
    'Hello',
    ', ',
    'board',
    '/hello?name=board: ESP_OK, 200',
    'Content-Type: text/html',
    'Transfer-Encoding: chunked',
    'a=1&b=2',
    '/echo: ESP_OK, 200',
    'Content-Type: text/html',
    'Content-Length: 0',
    '/switch: ESP_OK, 200',
    'Content-Type: text/html',
    'Content-Length: 17',
    'It may come back.',
    '/hello: ESP_OK, 404',
    'Content-Type: text/html',
    'Content-Length: 0',
    '/switch: ESP_OK, 200',
    'Content-Type: text/html',
    'Content-Length: 29',
    'Nothing matches the given URI',
    '/missing: ESP_OK, 404',
    'disconnected, ESP_OK',
    'done',
  ]);
  expect(told(board, 'simple_server').map((line) => line.replace('I simple_server: ', ''))).toEqual([
    'listening on port 80',
    `asked as ${SERVER}`,
    'posted: a=1&b=2',
    'no greeting',
    "W httpd_uri: httpd_uri: URI '/hello' not found",
    'W httpd_txrx: httpd_resp_send_err: 404 Not Found - It may come back.',
    'greeting',
    "W httpd_uri: httpd_uri: URI '/missing' not found",
    'W httpd_txrx: httpd_resp_send_err: 404 Not Found - Nothing matches the given URI',
  ]);
});
