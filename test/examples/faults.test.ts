import { expect, test } from '@jest/globals';
import {
  AF_INET,
  errnoName,
  type FaultSpec,
  type Os,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  World,
} from 'lwip-twin';

async function server(os: Os) {
  const listenSock = await os.socket(AF_INET, SOCK_STREAM);
  await os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  await os.listen(listenSock, 1);
  for (;;) {
    const sock = await os.accept(listenSock);
    const buffer = new Uint8Array(1000);
    for (let n = await os.recv(sock, buffer); n > 0; n = await os.recv(sock, buffer)) await os.send(sock, buffer, n);
    await os.close(sock);
  }
}

/** Three echoes of 1000 bytes, one a second. Gives up at the first surprise. @returns what that was, or "fine" */
async function client(os: Os): Promise<string> {
  const sock = await os.socket(AF_INET, SOCK_STREAM);
  if (sock < 0) return `socket: ${errnoName(os.errno)}`;
  await os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 10, tv_usec: 0 });
  if ((await os.connect(sock, sockaddr_in('192.168.4.1', 3333))) < 0) return `connect: ${errnoName(os.errno)}`;
  const buffer = new Uint8Array(1000);
  for (let i = 0; i < 3; i++) {
    const sent = await os.send(sock, new Uint8Array(1000));
    if (sent !== 1000) return `send: ${sent < 0 ? errnoName(os.errno) : sent}`;
    const got = await os.recv(sock, buffer);
    if (got !== 1000) return `recv: ${got < 0 ? errnoName(os.errno) : got}`;
    await os.delayMs(1000);
  }
  await os.close(sock);
  return 'fine';
}

const data = { from: 'client', proto: 'tcp', data: true } as const; // the client's segments with payload
const second = 1_000_000;

/** Every kind of misfortune, and what the client says. */
const misfortunes: [FaultSpec, string][] = [
  // Frames. Which: match (fields, or a function in code), nth and count, chance or burst, sinceUs, untilUs, after.
  [{ kind: 'drop', match: { proto: 'tcp', flags: 'S', to: 'server', dstPort: 3333 }, nth: 1 }, 'fine'],
  [{ kind: 'drop', match: ({ tcp, to }) => tcp?.flags.syn && to('server'), count: 'all' }, 'connect: ECONNABORTED'],
  [{ kind: 'drop', match: data, nth: 2, again: 3 }, 'recv: EWOULDBLOCK'], // and its first three retransmissions
  [{ kind: 'drop', match: { proto: 'tcp' }, chance: 0.1, seed: 7 }, 'fine'],
  [{ kind: 'drop', match: { proto: 'tcp' }, burst: { enter: 0.1, leave: 0.6 } }, 'fine'],
  [{ kind: 'outage', sinceUs: second, untilUs: 4 * second }, 'fine'],
  [{ kind: 'blackhole', match: { from: 'server', to: 'client' }, sinceUs: second }, 'recv: EWOULDBLOCK'],
  [{ kind: 'delay', match: data, nth: 2, us: 500_000 }, 'fine'],
  [{ kind: 'duplicate', match: data, copies: 2, gapUs: 100 }, 'fine'],
  [{ kind: 'reorder', match: { from: 'client', flags: '.', data: false }, nth: 1, behind: 1 }, 'fine'],
  [{ kind: 'corrupt', match: data, nth: 1, layer: 'payload', offset: 99, bit: 3 }, 'fine'], // noticed: sent again
  [{ kind: 'corrupt', match: data, nth: 1, layer: 'payload', offset: 99, checksums: 'right' }, 'fine'], // not noticed
  [{ kind: 'truncate', match: data, nth: 1, length: 500, checksums: 'right' }, 'recv: 446'],
  [{ kind: 'rate', bitsPerSecond: 64_000, queueBytes: 20_000 }, 'fine'], // bufferbloat
  [{ kind: 'jitter', minUs: 1000, maxUs: 80_000, distribution: 'tail' }, 'fine'],
  [{ kind: 'stall', match: { from: 'client' }, afterBytes: 2500 }, 'recv: EWOULDBLOCK'],
  [{ kind: 'rst', match: data, nth: 2 }, 'recv: ECONNRESET'],
  [{ kind: 'rst', match: { flags: 'S!.' } }, 'connect: ECONNRESET'], // refused
  [{ kind: 'fin', match: data, nth: 2, toward: 'sender' }, 'recv: 0'],
  [{ kind: 'inject', to: 'client', atUs: second, bytes: 'ffffffffffff02000000000988b5'.padEnd(120, '0') }, 'fine'],
  // Boards, at a time or after a frame or call.
  [{ kind: 'powerOff', board: 'server', atUs: second }, 'recv: EWOULDBLOCK'],
  [{ kind: 'reboot', board: 'server', after: { call: 'send', board: 'server', nth: 1 } }, 'send: ECONNRESET'],
  [{ kind: 'linkDown', board: 'client', atUs: second, forUs: 2 * second }, 'send: EHOSTUNREACH'],
  [{ kind: 'interfaceDown', board: 'client', atUs: second, forUs: 2 * second }, 'send: ECONNABORTED'],
  [{ kind: 'addressChange', board: 'client', atUs: second, ip: '192.168.4.9/24' }, 'send: ECONNABORTED'],
  [{ kind: 'freeze', board: 'server', atUs: second, forUs: 5 * second }, 'fine'],
  // Memory and queues.
  [{ kind: 'noMemory', board: 'client', of: 'descriptor' }, 'socket: ENFILE'],
  [{ kind: 'noMemory', board: 'client', of: 'rx_pbuf', nth: 4, count: 2 }, 'fine'],
  [{ kind: 'queueSize', board: 'server', of: 'accept', size: 0, atUs: 0 }, 'recv: ECONNRESET'],
  // Calls, of C firmware too.
  [{ kind: 'callFails', fn: 'connect', errno: 'EHOSTUNREACH' }, 'connect: EHOSTUNREACH'],
  [{ kind: 'callFails', fn: 'recv', board: 'client', nth: 2, count: 5, errno: 'EAGAIN' }, 'recv: EWOULDBLOCK'],
  [{ kind: 'shortTransfer', fn: 'send', board: 'client', bytes: 300 }, 'send: 300'],
  [{ kind: 'slowCall', fn: 'accept', us: 300_000 }, 'fine'],
  // Orders that nothing guarantees.
  [{ kind: 'schedule', seed: 3 }, 'fine'],
];

test.each(misfortunes)('%j', async (misfortune, expected) => {
  const world = new World();
  const lan = world.lan();
  let said = '';
  world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(server, 'server');
  world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(async (os) => (said = await client(os)), 'client', {
    startUs: 10_000,
  });

  const [fault] = world.inflict([misfortune]).faults;
  await world.run({ until: 120 * second });

  expect(said).toBe(expected);
  expect(fault?.matched).toBe(true);
});
