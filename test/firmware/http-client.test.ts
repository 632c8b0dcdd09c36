/** esp_http_client: a C program against a server of the test, and against esp_http_server. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { AF_INET, type Esp32, type Firmware, type Os, SOCK_STREAM, sockaddr_in } from '../../device/index.ts';
import { boot, COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';
import { CLIENT, clientOf, linesOf, type Move, SERVER, sdkconfig } from '../support/http.ts';
import { type Steps, start } from '../support/worlds.ts';

// A configuration of its own: what belongs to every image is compiled as well.
jest.setTimeout(3 * COMPILE_TIMEOUT_MS);

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
