/** Access points, stations and hosts of the internet in a lab.json, run as their users run it. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';

const cli = resolve(__dirname, '..', 'dist', 'tools', 'cli', 'main.js');
const dir = mkdtempSync(join(tmpdir(), 'lwip-twin-lab-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

jest.setTimeout(60_000);

const SENSOR = `
import { AF_INET, type addrinfo, errnoName, type Os, SO_RCVTIMEO, SOCK_DGRAM, SOL_SOCKET } from 'lwip-twin';

export default async function sensor(os: Os) {
  await os.esp_event_loop_create_default();
  console.log('joined', await os.example_connect({ ssid: 'home', password: 'open sesame', ipv6: false }));
  for (let n = 1; n <= 3; n++) {
    await os.waitIp();
    const res: { value: addrinfo | null } = { value: null };
    const hints = { ai_family: AF_INET, ai_socktype: SOCK_DGRAM };
    const err = await os.getaddrinfo('hub.example', '7', hints, res);
    if (err !== 0) console.log('no address', err);
    else console.log(await ask(os, res.value!));
    await os.delayMs(4000);
  }
}

async function ask(os: Os, { ai_addr }: addrinfo) {
  const sock = await os.socket(AF_INET, SOCK_DGRAM);
  await os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 1, tv_usec: 0 });
  await os.sendto(sock, 'ping', 4, 0, ai_addr);
  const n = await os.recv(sock, new Uint8Array(8));
  const result = n < 0 ? errnoName(os.errno) : 'answered';
  await os.close(sock);
  return result;
}
`;

const HUB = `
import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in } from 'lwip-twin';

export default async function hub(os: Os) {
  const sock = await os.socket(AF_INET, SOCK_DGRAM);
  await os.bind(sock, sockaddr_in('0.0.0.0', 7));
  const from = sockaddr_in();
  for (;;) {
    const n = await os.recvfrom(sock, new Uint8Array(8), 8, 0, from);
    await os.sendto(sock, 'ok', 2, 0, from);
  }
}
`;

const AP = {
  ssid: 'home',
  password: 'open sesame',
  channel: 6,
  dns: { 'hub.example': '34.1.2.3', '*': 'silent' },
  outages: [{ at: '6s', for: '3s' }],
};
const BOARDS = [
  { sources: 'sensor.ts', wifi: true },
  { sources: 'hub.ts', internet: '34.1.2.3', latency: '20ms' },
];

function run(lab: unknown) {
  writeFileSync(join(dir, 'sensor.ts'), SENSOR);
  writeFileSync(join(dir, 'hub.ts'), HUB);
  writeFileSync(join(dir, 'lab.json'), JSON.stringify(lab));
  return spawnSync(process.execPath, [cli, 'run', 'lab.json'], { cwd: dir, encoding: 'utf8' });
}

test('a station joins, asks a host behind the access point, and survives an outage', () => {
  const { status, stdout } = run({ accessPoints: [AP], boards: BOARDS });
  expect(stdout.replace(/^\[([\d.]+) sensor\] /gm, (_all, time) => `${Math.floor(Number(time))} `)).toBe(
    '3 joined 0\n3 answered\n8 EWOULDBLOCK\n12 answered\n',
  );
  expect(status).toBe(0);
});

test.each([
  [
    'a channel that there is not',
    { ...AP, channel: 14 },
    {},
    'accessPoints[0].channel must be a channel from 1 to 13, not 14',
  ],
  [
    'a word that is none',
    { ...AP, sid: 1 },
    {},
    'accessPoints[0].sid: there is no such setting; there are ssid, password',
  ],
  ['no name', {}, {}, 'accessPoints[0].ssid must be the name of a network; it is missing'],
  ['no hardware address', { ...AP, bssid: 'x' }, {}, 'accessPoints[0].bssid must be a hardware address'],
  ['no answer', { ...AP, dns: { a: 'NO' } }, {}, 'accessPoints[0].dns.a must be an address, a list of addresses'],
  ['no duration', { ...AP, outages: [{ at: 5, for: '1s' }] }, {}, 'accessPoints[0].outages[0].at must be a duration'],
  [
    'an address on the air',
    AP,
    { wifi: true, ip: '10.0.0.1' },
    'boards[0].ip must be left out for a board with "wifi"',
  ],
  [
    'two addresses',
    AP,
    { internet: '1.1.1.1', ip: '10.0.0.1' },
    'boards[0].ip must be left out for a board with "internet"',
  ],
])('%s is refused in a sentence', (_name, ap, board, sentence) => {
  const { status, stderr } = run({ accessPoints: [ap], boards: [{ sources: 'hub.ts', ...board }] });
  expect(stderr).toContain(sentence);
  expect(status).toBe(2);
});
