/** mqtt_client: a C program against a broker of the test. */
import { expect, jest, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in } from '../../device/index.ts';
import { boot, COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';
import { type Steps, start } from '../support/worlds.ts';

jest.setTimeout(3 * COMPILE_TIMEOUT_MS);

const BROKER = '192.168.4.2';
const TYPES = [
  '',
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
];

/** A packet: its first byte, and what follows its length. */
interface Packet {
  readonly first: number;
  readonly body: Buffer;
}

function* receiveAll(os: Os, sock: number, length: number): Steps<Buffer | null> {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const piece = new Uint8Array(length - at);
    const n = yield* os.recv(sock, piece, piece.length);
    if (n <= 0) return null;
    bytes.set(piece.subarray(0, n), at);
    at += n;
  }
  return bytes;
}

function* receivePacket(os: Os, sock: number): Steps<Packet | null> {
  const head = yield* receiveAll(os, sock, 2);
  if (head === null) return null;
  const body = yield* receiveAll(os, sock, head[1]!);
  return body === null ? null : { first: head[0]!, body };
}

const sendPacket = (os: Os, sock: number, first: number, body: string) =>
  os.send(sock, Buffer.from(`${String.fromCharCode(first, body.length)}${body}`, 'latin1'), body.length + 2);

/** What the broker answers to a packet, as first byte and body; null: it closes the connection. */
type Answers = (name: string, packet: Packet, count: number) => readonly (readonly [number, string])[] | null;

/** Accepts one connection after the other, writes down what comes. */
function* broker(os: Os, answers: Answers, seen: string[]): Steps<void> {
  const listener = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listener, sockaddr_in('0.0.0.0', 1883));
  yield* os.listen(listener, 2);
  for (let count = 1; ; count++) {
    const sock = yield* os.accept(listener);
    for (;;) {
      const packet = yield* receivePacket(os, sock);
      const tS = os.xTaskGetTickCount() / 100;
      if (packet === null) {
        seen.push(`${tS} closed`);
        break;
      }
      const name = TYPES[packet.first >> 4]!;
      seen.push(`${tS} ${name} ${packet.first & 15} ${JSON.stringify(packet.body.toString('latin1'))}`);
      const answer = answers(name, packet, count);
      if (answer === null) break;
      for (const [first, body] of answer) yield* sendPacket(os, sock, first, body);
    }
    yield* os.close(sock);
  }
}

/** A message of QoS 0, or with its identifier. */
const message = (qos: number, topic: string, text: string): readonly [number, string] => [
  0x30 | (qos << 1),
  `\0${String.fromCharCode(topic.length)}${topic}${qos > 0 ? '\0\x07' : ''}${text}`,
];

async function run(answers: Answers, seconds: number, url = `mqtt://user:pass@${BROKER}`) {
  const firmware = await compile(['../programs/mqtt_tcp.c'], {
    sdkconfig: { CONFIG_HTTPD_WS_SUPPORT: true },
    onWarning: (text) => expect(text).toBe(''),
  });
  const { world, board } = boot(firmware);
  board.stdin(`${url}\n`);
  const seen: string[] = [];
  start(world.esp32('broker', { lan: world.lans[0]!, ip: BROKER }), (os) => broker(os, answers, seen));
  world.runSync({ until: seconds * 1_000_000 });
  expect(board.panic).toBeNull();
  const log = board.log.map(({ level, tag, text }) => (tag === 'mqtt_tcp' ? text : `${level} ${tag}: ${text}`));
  return { seen, log };
}

/** Everything is acknowledged. */
const willing: Answers = (name, { first, body }) => {
  const id = body.subarray(0, 2).toString('latin1');
  if (name === 'CONNECT') return [[0x20, '\0\0']];
  if (name === 'SUBSCRIBE')
    return [[0x90, `${id}\x01`], message(1, 'board/set', 'hello'), message(2, 'board/set', 'off')];
  if (name === 'UNSUBSCRIBE') return [[0xb0, id]];
  if (name === 'PINGREQ') return [[0xd0, ''], message(0, 'board/set', 'bye')];
  if (name === 'PUBREC') return [[0x62, id]];
  if (name === 'PUBREL') return [[0x70, id]];
  if (name !== 'PUBLISH' || (first & 6) === 0) return [];
  const topic = body.readUInt16BE(0);
  const messageId = body.subarray(2 + topic, 4 + topic).toString('latin1');
  return [[(first & 6) === 2 ? 0x40 : 0x50, messageId]];
};

const CONNECT =
  'CONNECT 0 "\\u0000\\u0004MQTT\\u0004Æ\\u0000\\u0014\\u0000\\fESP32_000001\\u0000\\u000bboard/state\\u0000\\u0004lost\\u0000\\u0004user\\u0000\\u0004pass"';
const STARTED = [
  'I example_common: Connected to sta',
  'I example_common: - IPv4 address: 192.168.4.1,',
  'start: ESP_OK',
];

test('connects, subscribes, publishes with every quality of service, keeps the connection alive, leaves', async () => {
  const { seen, log } = await run(willing, 60);
  expect(seen.map((line) => line.replace(/^[\d.]+ /, ''))).toEqual([
    CONNECT,
    'SUBSCRIBE 2 "\\u0000\\u0001\\u0000\\tboard/set\\u0001"',
    'PUBLISH 3 "\\u0000\\u000bboard/state\\u0000\\u0002on"',
    'PUBACK 0 "\\u0000\\u0007"',
    'UNSUBSCRIBE 2 "\\u0000\\u0003\\u0000\\tboard/set"',
    'PUBLISH 0 "\\u0000\\u000bboard/stateoff"',
    'PUBLISH 4 "\\u0000\\u000bboard/count\\u0000\\u00041"',
    'PUBREC 0 "\\u0000\\u0007"',
    'PUBREL 2 "\\u0000\\u0004"',
    'PUBCOMP 0 "\\u0000\\u0007"',
    'PINGREQ 0 ""',
    'DISCONNECT 0 ""',
    'closed',
  ]);
  expect(log).toEqual([
    ...STARTED,
    'connected',
    'subscribe: 1',
    'publish: 2',
    'event 3, message 1',
    'board/set: hello (5 of 5, qos 1)',
    'board/set: off (3 of 3, qos 2)',
    'event 5, message 2',
    'event 4, message 3',
    'event 5, message 4',
    'board/set: bye (3 of 3, qos 0)',
    'event 2, message 0',
  ]);
});

test('what is not acknowledged is sent again; a lost connection comes back', async () => {
  const { seen, log } = await run((name, packet, count) => {
    if (name === 'PUBLISH' && count === 1) return (packet.first & 8) === 0 ? [] : null;
    return willing(name, packet, count);
  }, 15);
  const publishes = seen
    .filter((line) => / (?:CONNECT|PUBLISH) /.test(line))
    .map((line) => line.replace(/ "(.*)"$/, ''));
  expect(publishes).toEqual([
    '0 CONNECT 0',
    '0 PUBLISH 3',
    '0.25 PUBLISH 0',
    '0.25 PUBLISH 4',
    '1.51 PUBLISH 11',
    '11.51 CONNECT 0',
    '11.51 PUBLISH 3',
    '11.51 PUBLISH 11',
    '11.51 PUBLISH 12',
    '11.52 PUBLISH 0',
    '11.52 PUBLISH 4',
  ]);
  expect(log.filter((line) => /connected|error|event 2/.test(line))).toEqual([
    'connected',
    'E mqtt_client: mqtt_message_receive: transport_read() error: errno=128',
    'error: type 1, ESP_ERR_ESP_TLS_TCP_CLOSED_FIN, errno 128, return code 0',
    'event 2, message 0',
    'connected',
  ]);
});

test('a broker that refuses', async () => {
  const { log } = await run((name) => (name === 'CONNECT' ? [[0x20, '\0\x05']] : []), 5);
  expect(log).toEqual([
    ...STARTED,
    'W mqtt_client: Connection refused, return code 5',
    'E mqtt_client: MQTT connect failed',
    'error: type 2, ESP_OK, errno 0, return code 5',
    'event 2, message 0',
  ]);
});

test('no broker', async () => {
  const { log } = await run(willing, 15, 'mqtt://192.168.4.77:8883');
  expect(log).toEqual([
    ...STARTED,
    'E esp-tls: [sock=54] delayed connect error: Connection timed out',
    'E mqtt_client: Error transport connect',
    'error: type 1, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, errno 116, return code 0',
    'event 2, message 0',
  ]);
});

test('TLS is refused', async () => {
  const { log } = await run(willing, 5, `mqtts://${BROKER}`);
  expect(log).toEqual([
    ...STARTED.slice(0, 2),
    'E mqtt_client: esp_mqtt_client_start() is refused: mqtts:// needs TLS or WebSocket, only mqtt:// is there.',
    'start: ESP_ERR_NOT_SUPPORTED',
  ]);
});
