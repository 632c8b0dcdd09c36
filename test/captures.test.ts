/** What somebody sees who opens the capture of a run in Wireshark: nothing malformed, no wrong checksum, the story as it was. */

import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  ESP_NETIF_SNTP_DEFAULT_CONFIG,
  IP_ADD_MEMBERSHIP,
  IPPROTO_ICMP,
  IPPROTO_IP,
  inet_addr,
  type Os,
  portMAX_DELAY,
  SO_BROADCAST,
  SO_NO_CHECK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
} from '../device/index.ts';
import { toPcap } from '../tools/pcap-writer.ts';
import { fc, property } from './support/fast-check.ts';
import { randomTasks, startTasks } from './support/programs.ts';
import { nameServer, timeServer } from './support/servers.ts';
import { blow, exchange, TALK_US } from './support/traffic.ts';
import { type Capture, loadWireshark, openCapture, WIRESHARK_LOAD_MS } from './support/wireshark.ts';
import {
  A_IP,
  acceptOne,
  B_IP,
  connectTo,
  type Pair,
  type PairOptions,
  pair,
  pattern,
  recvAll,
  type Steps,
  sendAll,
  start,
} from './support/worlds.ts';

/** Build a world, run it, and open what was on its wire. */
async function captureOf(options: PairOptions, build: (p: Pair) => void, until = 60_000_000): Promise<Capture> {
  const p = pair(options);
  build(p);
  p.world.runSync({ until });
  return await openCapture(toPcap(p.trace.frames));
}

function* echo(os: Os): Steps<void> {
  const s = yield* acceptOne(os, 7);
  const buffer = new Uint8Array(1500);
  for (let n = yield* os.recv(s, buffer); n > 0; n = yield* os.recv(s, buffer)) yield* os.send(s, buffer, n);
  yield* os.close(s);
}

function* udp(os: Os, port = 0): Steps<number> {
  const s = yield* os.socket(AF_INET, SOCK_DGRAM);
  if (port !== 0) yield* os.bind(s, sockaddr_in('0.0.0.0', port));
  return s;
}

const infos = (capture: Capture, filter: string) => capture.packets(filter).map((packet) => packet.info);

beforeAll(loadWireshark, WIRESHARK_LOAD_MS);

describe('Wireshark finds no fault with', () => {
  test('names and the time', async () => {
    const capture = await captureOf({ a: { dns: [B_IP], opt: { SNTP_STARTUP_DELAY: 0 } } }, (p) => {
      start(p.b, (os) => nameServer(os, { 'time.example': B_IP, 'lamp.local': B_IP }));
      start(p.b, { name: 'time' }, (os) => timeServer(os, 1_800_000_000));
      start(p.a, function* (os) {
        yield* os.delayMs(20);
        yield* os.esp_netif_sntp_init(ESP_NETIF_SNTP_DEFAULT_CONFIG('time.example'));
        yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY);
        yield* os.gethostbyname('nowhere.example');
        yield* os.gethostbyname('lamp.local');
      });
    });
    expect(capture.complaints()).toEqual([]);
    const withoutIds = infos(capture, 'dns').map((info) => info.replace(/0x[0-9a-f]+/, 'ID'));
    expect(withoutIds.slice(0, 4)).toEqual([
      'Standard query ID A time.example',
      `Standard query response ID A time.example A ${B_IP}`,
      'Standard query ID A nowhere.example',
      'Standard query response ID No such name A nowhere.example',
    ]);
    expect(infos(capture, 'mdns')[0]).toMatch(/^Standard query 0x[0-9a-f]+ A lamp.local, "QM" question$/);
    expect(infos(capture, 'ntp')).toEqual(['NTP Version 4, client', 'NTP Version 4, server']);
  });

  test('an echo', async () => {
    const capture = await captureOf({}, (p) => {
      start(p.b, echo);
      start(p.a, function* (os) {
        yield* os.delayMs(20);
        const s = yield* connectTo(os, B_IP, 7);
        yield* os.send(s, 'Hello');
        yield* os.recv(s, new Uint8Array(10));
        yield* os.close(s);
      });
    });
    expect(capture.complaints()).toEqual([]);
    expect(infos(capture, 'arp')).toEqual([
      `ARP Announcement for ${A_IP}`,
      `ARP Announcement for ${B_IP}`,
      `Who has ${B_IP}? Tell ${A_IP}`,
      `${B_IP} is at 24:0a:c4:00:00:02`,
    ]);
    const flags = capture
      .packets('tcp')
      .map(({ number }) => capture.values(number, 'tcp.flags.str')[0]!.replaceAll('·', ''));
    expect(flags).toEqual(['S', 'AS', 'A', 'AP', 'AP', 'AF', 'A', 'AF', 'A']);
    expect(capture.packets('tcp.analysis.flags')).toEqual([]);
  });

  test('a bulk transfer over a bad wire', async () => {
    const capture = await captureOf({ seed: 3 }, (p) => {
      blow(
        p,
        { seed: 3, lossPermille: 80, dupPermille: 50, delayPermille: 100, delayMaxUs: 20_000, corruptPermille: 20 },
        TALK_US,
      );
      const much = { bytes: 60_000, sendChunk: 3000, recvChunk: 2000, pauseMs: 0, readPauseMs: 0, isNodelay: false };
      exchange(p, much, much);
    });
    expect(capture.complaints()).toEqual([]);
    expect(capture.packets('tcp.analysis.retransmission || tcp.analysis.fast_retransmission').length).toBeGreaterThan(
      5,
    );
    expect(capture.packets('tcp.len > 1440')).toEqual([]);
  });

  test('fragments', async () => {
    const capture = await captureOf({ board: { opt: { IP_REASSEMBLY: 1 } } }, (p) => {
      start(p.b, function* (os) {
        yield* os.recv(yield* udp(os, 4000), new Uint8Array(9000));
      });
      start(p.a, function* (os) {
        const s = yield* udp(os);
        yield* os.sendto(s, '', 0, 0, sockaddr_in(B_IP, 9));
        yield* os.delayMs(50);
        yield* os.sendto(s, pattern(4000), 4000, 0, sockaddr_in(B_IP, 4000));
      });
    });
    expect(capture.complaints()).toEqual([]);
    const [datagram] = capture.packets('udp.dstport == 4000');
    expect(capture.values(datagram!.number, 'ip.reassembled.length')).toEqual(['4008']);
    expect(capture.values(datagram!.number, 'udp.checksum.status')).toEqual(['Good']);
    expect(capture.packets('ip.flags.mf == 1 || ip.frag_offset > 0').length).toBe(3);
  });

  test('datagrams without checksum, broadcasts and answers to closed ports', async () => {
    const capture = await captureOf({}, ({ a }) => {
      start(a, function* (os) {
        const s = yield* udp(os);
        yield* os.setsockopt(s, SOL_SOCKET, SO_BROADCAST, 1);
        yield* os.sendto(s, 'all', 3, 0, sockaddr_in('255.255.255.255', 9));
        yield* os.sendto(s, 'here', 4, 0, sockaddr_in('192.168.4.255', 9));
        yield* os.setsockopt(s, SOL_SOCKET, SO_NO_CHECK, 1);
        yield* os.sendto(s, 'you', 3, 0, sockaddr_in(B_IP, 9));
        yield* os.delayMs(100);
      });
    });
    expect(capture.complaints()).toEqual([]);
    expect(infos(capture, 'icmp')).toEqual(['Destination unreachable (Port unreachable)']);
    expect(capture.packets('udp.checksum == 0 && !icmp').length).toBe(1);
    expect(capture.packets('eth.dst == ff:ff:ff:ff:ff:ff && udp').length).toBe(2);
  });

  test('pings', async () => {
    const request = Uint8Array.of(8, 0, 0, 0, 0x12, 0x34, 0, 1, ...pattern(31));
    let sum = 0;
    for (let i = 0; i < request.length; i += 2) sum += request[i]! * 256 + (request[i + 1] ?? 0);
    const folded = 0xffff - ((sum & 0xffff) + (sum >> 16));
    request.set([folded >> 8, folded & 255], 2);
    const capture = await captureOf({}, ({ a }) => {
      start(a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
        yield* os.sendto(s, request, request.length, 0, sockaddr_in(B_IP));
        yield* os.recv(s, new Uint8Array(100));
      });
    });
    expect(capture.complaints()).toEqual([]);
    const [question, answer] = capture.packets('icmp');
    expect([question?.info, answer?.info]).toEqual([
      `Echo (ping) request  id=0x1234, seq=1/256, ttl=64 (reply in ${answer?.number})`,
      `Echo (ping) reply    id=0x1234, seq=1/256, ttl=64 (request in ${question?.number})`,
    ]);
  });

  test('groups', async () => {
    const group = '224.1.2.3';
    const mreq = { imr_multiaddr: { s_addr: inet_addr(group) }, imr_interface: { s_addr: 0 } };
    const capture = await captureOf({}, ({ a, b }) => {
      start(b, function* (os) {
        const s = yield* udp(os, 5000);
        yield* os.setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, mreq);
        yield* os.recv(s, new Uint8Array(10));
        yield* os.delayMs(1000);
        yield* os.close(s);
      });
      start(a, function* (os) {
        yield* os.delayMs(500);
        yield* os.sendto(yield* udp(os), 'hi', 2, 0, sockaddr_in(group, 5000));
      });
    });
    expect(capture.complaints()).toEqual([]);
    const report = `Membership Report group ${group}`;
    expect(infos(capture, 'igmp')).toEqual([report, report, `Leave Group ${group}`]);
    expect(capture.packets('eth.dst == 01:00:5e:01:02:03 && udp').length).toBe(1);
  });

  test('resets, keepalives and closed windows', async () => {
    const capture = await captureOf({}, ({ a, b }) => {
      start(b, function* (os) {
        const s = yield* acceptOne(os, 80);
        yield* os.delayMs(20_000);
        yield* recvAll(os, s, 1000);
        yield* os.close(s);
      });
      start(a, function* (os) {
        yield* os.delayMs(20);
        const refused = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(refused, sockaddr_in(B_IP, 81));
        yield* sendAll(os, yield* connectTo(os, B_IP, 80), pattern(20_000));
      });
    });
    expect(capture.complaints()).toEqual([]);
    expect(capture.packets('tcp.flags.reset == 1').length).toBe(2);
    expect(capture.packets('tcp.analysis.zero_window_probe').length).toBeGreaterThan(1);
  });

  property('whatever programs do', 8, [randomTasks, fc.integer({ min: 1, max: 1000 })], async (tasks, seed) => {
    const p = pair({ seed, hazards: 'continue' });
    startTasks(p, tasks);
    p.world.runSync({ until: 5_000_000 });
    // What they write through a raw socket is their own: it need not be ICMP as Wireshark knows it.
    const isIcmp = (b: Uint8Array) => b[12] === 8 && b[13] === 0 && b[23] === IPPROTO_ICMP;
    const capture = await openCapture(toPcap(p.trace.frames.filter(({ bytes }) => !isIcmp(bytes))));
    expect(capture.complaints()).toEqual([]);
  });
});
