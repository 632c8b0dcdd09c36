/**
 * Firmware as its authors write it, on boards that talk to each other: programs/*.c in the style of ESP-IDF's examples, told
 * by their log lines and, where the wire is the point, as a ladder.
 */
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { type Esp32, type Esp32Options, type Firmware, formatLogRecord, World } from '../../device/index.ts';
import { type BuildOptions, buildFirmware } from '../../tools/firmware/index.ts';
import { formatLadder } from '../../tools/ladder.ts';
import { sntpServer } from '../examples/sntp-server.ts';
import { COMPILE_TIMEOUT_MS } from '../support/firmware.ts';

jest.setTimeout(COMPILE_TIMEOUT_MS);

const cacheDir = join(__dirname, '..', '..', 'node_modules', '.cache', 'lwip-twin', 'firmware');

const WIFI = { EXAMPLE_WIFI_SSID: 'home', EXAMPLE_WIFI_PASSWORD: 'open sesame' };
const SERVER = { EXAMPLE_IPV4_ADDR: '192.168.4.1', EXAMPLE_PORT: 3333 };

/** Files in programs/ and their settings, without CONFIG_. */
const PROGRAMS = {
  tcpServer: [
    'tcp_server',
    {
      ...WIFI,
      EXAMPLE_PORT: 3333,
      EXAMPLE_KEEPALIVE_IDLE: 5,
      EXAMPLE_KEEPALIVE_INTERVAL: 5,
      EXAMPLE_KEEPALIVE_COUNT: 3,
    },
  ],
  tcpClient: ['tcp_client', { ...SERVER, EXAMPLE_ROUNDS: 2 }],
  askingClient: ['tcp_client', { EXAMPLE_SOCKET_IP_INPUT_STDIN: true, EXAMPLE_PORT: 3333, EXAMPLE_ROUNDS: 2 }],
  udpServer: ['udp_server', { EXAMPLE_PORT: 3333 }],
  udpClient: ['udp_client', { ...SERVER, EXAMPLE_ROUNDS: 3 }],
  multicast: [
    'udp_multicast',
    {
      EXAMPLE_NAME: 'a member',
      EXAMPLE_ROUNDS: 1,
      EXAMPLE_PORT: 3333,
      EXAMPLE_MULTICAST_IPV4_ADDR: '232.10.11.12',
      EXAMPLE_MULTICAST_TTL: 8,
    },
  ],
  nonBlockingServer: [
    'non_blocking',
    {
      EXAMPLE_TCP_SERVER: true,
      EXAMPLE_TCP_SERVER_BIND_ADDRESS: '0.0.0.0',
      EXAMPLE_TCP_SERVER_BIND_PORT: '3344',
    },
  ],
  nonBlockingClient: [
    'non_blocking',
    {
      EXAMPLE_TCP_CLIENT: true,
      EXAMPLE_TCP_CLIENT_CONNECT_ADDRESS: '192.168.4.1',
      EXAMPLE_TCP_CLIENT_CONNECT_PORT: '3344',
    },
  ],
  multiNet: [
    'tcp_client_multi_net',
    { EXAMPLE_HOST_NAME: '192.168.4.1', EXAMPLE_HOST_PORT: 3333, EXAMPLE_BIND_SOCKET_TO_NETIF_NAME: true },
  ],
  ping: ['icmp_echo', { EXAMPLE_PING_TARGET: '192.168.4.1', EXAMPLE_PING_COUNT: 3 }],
  httpServer: ['http_server', {}],
  httpRequest: ['http_request', { EXAMPLE_WEB_SERVER: 'web.example', EXAMPLE_WEB_PORT: '80', EXAMPLE_ROUNDS: 2 }],
  dnsServer: ['dns_server', {}],
  sntpClient: ['sntp_client', { SNTP_TIME_SERVER: '192.168.4.1' }],
  station: ['station', { ...WIFI, EXAMPLE_MAXIMUM_RETRY: 3 }],
  softapSta: [
    'softap_sta',
    {
      ESP_WIFI_AP_SSID: 'home',
      ESP_WIFI_AP_PASSWORD: 'open sesame',
      ESP_WIFI_REMOTE_AP_SSID: 'upstream',
      ESP_WIFI_REMOTE_AP_PASSWORD: 'mind the gap',
    },
  ],
  scan: ['scan', { EXAMPLE_SCAN_LIST_SIZE: 10 }],
  freertos: ['freertos_heavy', {}],
} satisfies Record<string, readonly [file: string, settings: Readonly<Record<string, string | number | boolean>>]>;

type Program = keyof typeof PROGRAMS;

function build(program: Program, options: Partial<BuildOptions> = {}): Promise<Firmware> {
  const [file, settings] = PROGRAMS[program];
  const symbols = Object.entries(settings).map(([name, value]) => [`CONFIG_${name}`, value] as const);
  return buildFirmware({
    sources: [join(__dirname, 'programs', `${file}.c`)],
    sdkconfig: Object.fromEntries(symbols),
    cacheDir,
    onWarning: (text) => expect(text).toBe(''),
    ...options,
  });
}

const AT_FIRST = '192.168.4.1/24';
const AT_SECOND = '192.168.4.2/24';

/** What a board printed. */
function log(board: Esp32): string[] {
  expect(board.panic).toBeNull();
  return board.log.map((record) => formatLogRecord(record, board.bootUs));
}

/** Two boards on a segment, 192.168.4.1 and .2, for so many seconds. */
async function pair(
  first: Promise<Firmware>,
  second: Promise<Firmware>,
  { seconds = 10, options = {} }: { seconds?: number; options?: Partial<Esp32Options> } = {},
) {
  const world = new World({ seed: 1 });
  const lan = world.lan({ latencyUs: 1000 });
  const trace = world.record();
  const one = world.esp32('first', { lan, ip: AT_FIRST, firmware: await first });
  const other = world.esp32('second', { lan, ip: AT_SECOND, firmware: await second, ...options });
  world.runSync({ until: seconds * 1_000_000 });
  return { first: log(one), second: log(other), trace, wire: formatLadder(trace, { calls: false }) };
}

describe('sockets', () => {
  test('tcp_server and tcp_client', async () => {
    const { first, second, wire } = await pair(build('tcpServer'), build('tcpClient'));
    expect({ first, second }).toMatchSnapshot();
    expect(wire).toMatchSnapshot();
  });

  test('the same log and the same bytes however they are compiled', async () => {
    const runs: { first: string[]; second: string[]; frames: string[] }[] = [];
    for (const optimize of ['0', 's'] as const) {
      const { first, second, trace } = await pair(build('tcpServer', { optimize }), build('tcpClient', { optimize }));
      runs.push({
        first,
        second,
        frames: trace.frames.map(({ tUs, bytes }) => `${tUs} ${Buffer.from(bytes).toString('hex')}`),
      });
    }
    expect(runs[1]).toEqual(runs[0]);
  });

  test('an address that is typed', async () => {
    const world = new World({ seed: 1 });
    const lan = world.lan();
    world.esp32('server', { lan, ip: AT_FIRST, firmware: await build('tcpServer') });
    const client = world.esp32('client', { lan, ip: AT_SECOND, firmware: await build('askingClient') });
    world.at(2_000_000, () => client.stdin('192.168.4.1\n'));
    world.at(5_000_000, () => client.stdin('nowhere.example\n'));
    world.runSync({ until: 30_000_000 });
    expect(client.log.slice(2).map((record) => formatLogRecord(record, 0))).toMatchSnapshot();
    expect(client.panic?.reason).toBe('ESP_ERROR_CHECK');
  });

  test('udp_server and udp_client', async () => {
    const { first, second, wire } = await pair(build('udpServer'), build('udpClient'), { seconds: 20 });
    expect({ first, second }).toMatchSnapshot();
    expect(wire).toMatchSnapshot();
  });

  test('udp_multicast', async () => {
    const member = build('multicast');
    const { first, second, wire } = await pair(member, member, { seconds: 20 });
    expect({ first, second }).toMatchSnapshot();
    expect(wire).toMatchSnapshot();
  });

  test('non_blocking', async () => {
    const { first, second, wire } = await pair(build('nonBlockingServer'), build('nonBlockingClient'));
    expect({ first, second }).toMatchSnapshot();
    expect(wire).toMatchSnapshot();
  });

  test('tcp_client_multi_net: a socket bound to an interface', async () => {
    const { second } = await pair(build('tcpServer'), build('multiNet'));
    expect(second).toMatchSnapshot();
  });
});

describe('ping, names, pages, time', () => {
  test('icmp_echo', async () => {
    const ping = build('ping');
    const there = await pair(build('tcpServer'), ping);
    expect(there.second).toMatchSnapshot();
    expect(there.wire).toMatchSnapshot();
    const world = new World({ seed: 1 });
    const alone = world.esp32('alone', { lan: world.lan(), ip: AT_SECOND, firmware: await ping });
    world.runSync({ until: 10_000_000 });
    expect(log(alone)).toMatchSnapshot();
  });

  test('http_server and http_request', async () => {
    const options = { hosts: { 'web.example': '192.168.4.1' } };
    const { first, second, wire } = await pair(build('httpServer'), build('httpRequest'), { options });
    expect({ first, second }).toMatchSnapshot();
    expect(wire).toMatchSnapshot();
  });

  test('dns_server of a captive portal', async () => {
    const options = { dns: ['192.168.4.1'] };
    const { first, second, wire } = await pair(build('dnsServer'), build('httpRequest'), { options });
    expect({ first, second }).toMatchSnapshot();
    expect(wire).toMatchSnapshot();
  });

  test('sntp_client', async () => {
    const world = new World({ seed: 1 });
    const lan = world.lan();
    const server = world.esp32('server', { lan, ip: AT_FIRST });
    server.xTaskCreate(sntpServer({ tv_sec: 1_800_000_000, tv_usec: 0 }), 'sntp');
    const firmware = await build('sntpClient');
    const board = world.esp32('board', { lan, ip: AT_SECOND, firmware });
    const trace = world.record();
    await world.run({ until: 30_000_000 });
    expect(log(board)).toMatchSnapshot();
    expect(formatLadder(trace, { calls: false })).toMatchSnapshot();
  });
});

describe('Wi-Fi', () => {
  test('station: joins, and joins again when the access point has been away', async () => {
    const world = new World({ seed: 1 });
    const home = world.accessPoint({ ssid: 'home', password: 'open sesame', channel: 6 });
    const board = world.esp32('board', { firmware: await build('station') });
    world.at(20_000_000, () => home.reboot(3_000_000));
    world.runSync({ until: 60_000_000 });
    expect(log(board)).toMatchSnapshot();
  });

  test('station: gives up with a wrong password', async () => {
    const world = new World({ seed: 1 });
    world.accessPoint({ ssid: 'home', password: 'close sesame', channel: 6 });
    const board = world.esp32('board', { firmware: await build('station') });
    world.runSync({ until: 60_000_000 });
    expect(log(board)).toMatchSnapshot();
  });

  test('softap_sta: an access point of its own, and a station', async () => {
    const world = new World({ seed: 1 });
    world.accessPoint({ ssid: 'upstream', password: 'mind the gap', channel: 1 });
    const firmware = await build('softapSta');
    const board = world.esp32('board', { firmware });
    const guest = world.esp32('guest', { firmware: await build('station') });
    world.runSync({ until: 20_000_000 });
    expect({ board: log(board), guest: log(guest) }).toMatchSnapshot();
  });

  test('scan', async () => {
    const world = new World({ seed: 1 });
    world.accessPoint({ ssid: 'home', password: 'open sesame', channel: 6 });
    world.accessPoint({ ssid: 'cafe', channel: 11 });
    const board = world.esp32('board', { firmware: await build('scan') });
    world.runSync({ until: 30_000_000 });
    expect(log(board)).toMatchSnapshot();
  });

  test('example_connect() joins the network of the configuration', async () => {
    const world = new World({ seed: 1 });
    world.accessPoint({ ssid: 'home', password: 'open sesame', channel: 6 });
    const firmware = await build('tcpServer');
    const board = world.esp32('board', { firmware });
    world.runSync({ until: 60_000_000 });
    expect(log(board)).toMatchSnapshot();
  });
});

test('freertos_heavy', async () => {
  const world = new World({ seed: 1 });
  const board = world.esp32('board', { lan: world.lan(), ip: AT_FIRST, firmware: await build('freertos') });
  world.runSync({ until: 30_000_000 });
  expect(log(board)).toMatchSnapshot();
});
