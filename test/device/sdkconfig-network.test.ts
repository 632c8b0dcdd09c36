/** What an sdkconfig changes in sockets, packets and DHCP: one run with it, one without. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  errnoName,
  IP_ADD_MEMBERSHIP,
  IPPROTO_IP,
  IPPROTO_UDP,
  MSG_DONTWAIT,
  type SdkconfigSettings,
  SO_LINGER,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  text,
  World,
} from '../../device/index.ts';
import { A_IP, pair, type Steps, start } from '../support/worlds.ts';

describe('sockets', () => {
  test.each<[SdkconfigSettings, number, number, string]>([
    [{}, SO_REUSEADDR, 1, 'ok'],
    [{ CONFIG_LWIP_SO_REUSE: false }, SO_REUSEADDR, 1, 'ENOPROTOOPT'],
    [{}, SO_RCVBUF, 1000, 'ENOPROTOOPT'],
    [{ CONFIG_LWIP_SO_RCVBUF: true }, SO_RCVBUF, 1000, 'ok'],
  ])('%j: option %i', (sdkconfig, option, value, result) => {
    const p = pair({ a: { sdkconfig } });
    const said = start(p.a, function* (os): Steps<string> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      return (yield* os.setsockopt(s, SOL_SOCKET, option, value)) === 0 ? 'ok' : errnoName(os.errno);
    });
    p.world.runSync();
    expect(said.value).toBe(result);
  });

  test('CONFIG_LWIP_SO_LINGER offers SO_LINGER', () => {
    const p = pair({ a: { sdkconfig: { CONFIG_LWIP_SO_LINGER: true } } });
    const said = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      return yield* os.setsockopt(s, SOL_SOCKET, SO_LINGER, { l_onoff: 1, l_linger: 5 });
    });
    p.world.runSync();
    expect(said.value).toBe(0);
  });

  test.each([
    [10, 54],
    [4, 60],
    [61, 3],
  ])('CONFIG_LWIP_MAX_SOCKETS=%i: the first descriptor is %i, the last 63', (count, first) => {
    const p = pair({ a: { sdkconfig: { CONFIG_LWIP_MAX_SOCKETS: count } } });
    const fds = start(p.a, function* (os): Steps<number[]> {
      const list: number[] = [];
      for (let fd = yield* os.socket(AF_INET, SOCK_DGRAM); fd >= 0; fd = yield* os.socket(AF_INET, SOCK_DGRAM))
        list.push(fd);
      return list;
    });
    p.world.runSync();
    expect(fds.value).toEqual(Array.from({ length: count }, (_, i) => first + i));
  });

  /** Datagrams to a port of a: what two sockets there, which share it, receive. */
  function broadcast(sdkconfig: SdkconfigSettings): number {
    const p = pair({ a: { sdkconfig } });
    for (const name of ['one', 'two']) {
      start(p.a, { name }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, 1);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
        yield* os.recv(s, new Uint8Array(10));
        received++;
      });
    }
    let received = 0;
    start(p.b, { startUs: 1000 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.sendto(s, 'x', 1, 0, sockaddr_in('192.168.4.255', 9));
    });
    p.world.runSync({ until: 1e6 });
    return received;
  }

  test('CONFIG_LWIP_SO_REUSE_RXTOALL: a broadcast reaches every socket of the port', () => {
    expect(broadcast({})).toBe(2);
    expect(broadcast({ CONFIG_LWIP_SO_REUSE_RXTOALL: false })).toBe(1);
  });

  test('CONFIG_LWIP_UDP_RECVMBOX_SIZE: so many datagrams wait', () => {
    const p = pair({ a: { sdkconfig: { CONFIG_LWIP_UDP_RECVMBOX_SIZE: 8 } } });
    const got = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      yield* os.delayMs(1000);
      let n = 0;
      while ((yield* os.recv(s, new Uint8Array(10), 10, MSG_DONTWAIT)) >= 0) n++;
      return n;
    });
    start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      for (let i = 0; i < 20; i++) {
        yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 9));
        yield* os.delayMs(10);
      }
    });
    p.world.runSync();
    expect(got.value).toBe(8);
  });

  test.each([
    [{}, A_IP, 'ok'],
    [{}, '127.0.0.1', 'ok'],
    [{ CONFIG_LWIP_NETIF_LOOPBACK: false }, A_IP, 'nothing'],
    [{ CONFIG_LWIP_NETIF_LOOPBACK: false }, '127.0.0.1', 'EHOSTUNREACH'],
  ])('%j: a datagram to oneself at %s', (sdkconfig, ip, result) => {
    const p = pair({ a: { sdkconfig } });
    const said = start(p.a, function* (os): Steps<string> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      if ((yield* os.sendto(s, 'x', 1, 0, sockaddr_in(ip, 9))) < 0) return errnoName(os.errno);
      yield* os.delayMs(100);
      return (yield* os.recv(s, new Uint8Array(4), 4, MSG_DONTWAIT)) === 1 ? 'ok' : 'nothing';
    });
    p.world.runSync({ until: 20e6 });
    expect(said.value).toBe(result);
  });

  test('without the interface lo, 127.0.0.1 is behind every interface', () => {
    const p = pair({ a: { opt: { LWIP_HAVE_LOOPIF: 0 } } });
    const said = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      yield* os.sendto(s, 'x', 1, 0, sockaddr_in('127.0.0.1', 9));
      return yield* os.recv(s, new Uint8Array(4));
    });
    expect(p.world.runSync().outcome).toBe('ended');
    expect(said.value).toBe(1);
  });
});

/** A datagram of so many bytes from b to a, where nobody listens or somebody does; the frames of both. */
function datagram(sdkconfig: SdkconfigSettings, { size = 1, listens = false, mtu = 1500, dest = A_IP } = {}) {
  const p = pair({ board: { sdkconfig, mtu } });
  const got = start(p.a, function* (os): Steps<number> {
    if (!listens) return -1;
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
    return yield* os.recv(s, new Uint8Array(4000));
  });
  start(p.b, { startUs: 1000 }, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.sendto(s, new Uint8Array(size), size, 0, sockaddr_in(dest, 9));
  });
  p.world.runSync({ until: 2e6 });
  const protocols = (from: string) =>
    p.trace.frames.flatMap((f) => (f.from === from && f.bytes[13] === 0 ? [f.bytes[23]!] : []));
  return { got: got.isThere ? got.value : -1, fromA: protocols('a'), fromB: protocols('b') };
}

describe('packets', () => {
  test('CONFIG_LWIP_ICMP: somebody tells of closed ports', () => {
    expect(datagram({}).fromA).toEqual([1]);
    expect(datagram({ CONFIG_LWIP_ICMP: false }).fromA).toEqual([]);
  });

  test('CONFIG_LWIP_IP4_FRAG and CONFIG_LWIP_IP4_REASSEMBLY: long packets go in pieces, and are put together', () => {
    const long = { size: 2000, listens: true };
    expect(datagram({}, long)).toMatchObject({ got: -1, fromB: [17, 17] });
    expect(datagram({ CONFIG_LWIP_IP4_REASSEMBLY: true }, long)).toMatchObject({ got: 2000, fromB: [17, 17] });
    expect(datagram({ CONFIG_LWIP_IP4_FRAG: false }, long).fromB).toEqual([17]);
  });

  test.each([
    [{}, 3],
    [{ CONFIG_LWIP_ESP_GRATUITOUS_ARP: false }, 1],
    [{ CONFIG_LWIP_GARP_TMR_INTERVAL: 30 }, 5],
  ])('%j: %i announcements in two minutes', (sdkconfig, count) => {
    const world = new World();
    const trace = world.record();
    world.esp32('a', { lan: world.lan(), ip: A_IP, sdkconfig });
    world.runSync({ until: 120e6, stopWhenIdle: false });
    expect(trace.frames.length).toBe(count);
  });

  test('CONFIG_LWIP_TIMERS_ONDEMAND: a report’s delay counts from joining, or in steps from boot', () => {
    const delays = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ a: { sdkconfig, LWIP_RAND: () => 1 } });
      start(p.a, { startUs: 130_000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        const group = { imr_multiaddr: sockaddr_in('239.1.1.1').sin_addr, imr_interface: { s_addr: 0 } };
        yield* os.setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, group);
      });
      p.world.runSync({ until: 1e6, stopWhenIdle: false });
      const reports = p.trace.frames.filter(({ from, bytes }) => from === 'a' && bytes[23] === 2);
      return reports[1]!.tUs / 1000;
    };
    expect(delays({})).toBe(230);
    expect(delays({ CONFIG_LWIP_TIMERS_ONDEMAND: false })).toBe(200);
  });

  test('a full ARP queue refuses what comes, or drops its oldest', () => {
    const arrived = (ESP_LWIP: number): string => {
      const p = pair({ b: { opt: { ESP_LWIP, ARP_QUEUE_LEN: 2 } } });
      const got = start(p.a, function* (os): Steps<string> {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
        const buffer = new Uint8Array(1);
        let all = '';
        for (let i = 0; i < 2; i++) {
          yield* os.recv(s, buffer);
          all += text(buffer);
        }
        return all;
      });
      start(p.b, { startUs: 1000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        for (const letter of 'abcd') yield* os.sendto(s, letter, 1, 0, sockaddr_in(A_IP, 9));
      });
      p.world.runSync();
      return got.value;
    };
    expect(arrived(1)).toBe('ab');
    expect(arrived(0)).toBe('cd');
  });
});

describe('DHCP', () => {
  /** Options of the client's DISCOVER by number, and when it had its address. */
  function station(sdkconfig: SdkconfigSettings, ap: SdkconfigSettings = {}) {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('ap', { lan, dhcps: true, sdkconfig: ap });
    const sta = world.esp32('sta', { lan, dhcp: true, sdkconfig });
    start(sta, function* (os) {
      yield* os.waitIp(20_000);
    });
    world.runSync({ until: 20e6 });
    const messages = (from: string) =>
      trace.frames
        .filter((f) => f.from === from && f.bytes[23] === 17 && f.bytes[13] === 0)
        .map(({ bytes }) => bytes.subarray(42));
    const boundMs = trace.events.find(({ board, event }) => board === 'sta' && event === 'ip_assigned')!.tUs / 1000;
    return { discover: messages('sta')[0]!, offer: messages('ap')[0]!, boundMs };
  }

  function options(message: Uint8Array): Map<number, number[]> {
    const found = new Map<number, number[]>();
    for (let at = 240; message[at] !== 255; at += 2 + message[at + 1]!) {
      found.set(message[at]!, [...message.subarray(at + 2, at + 2 + message[at + 1]!)]);
    }
    return found;
  }

  test('CONFIG_LWIP_LOCAL_HOSTNAME is option 12', () => {
    const { discover } = station({ CONFIG_LWIP_LOCAL_HOSTNAME: 'oven' });
    expect(Buffer.from(options(discover).get(12)!).toString()).toBe('oven');
  });

  test('CONFIG_LWIP_DHCP_DISABLE_CLIENT_ID leaves out option 61', () => {
    expect(options(station({}).discover).has(61)).toBe(true);
    expect(options(station({ CONFIG_LWIP_DHCP_DISABLE_CLIENT_ID: true }).discover).has(61)).toBe(false);
  });

  test('CONFIG_LWIP_DHCP_GET_NTP_SRV asks for option 42', () => {
    expect(options(station({}).discover).get(55)).not.toContain(42);
    expect(options(station({ CONFIG_LWIP_DHCP_GET_NTP_SRV: true }).discover).get(55)).toContain(42);
  });

  test('CONFIG_LWIP_DHCP_OPTIONS_LEN: a long name is cut no sooner', () => {
    const CONFIG_LWIP_LOCAL_HOSTNAME = 'n'.repeat(60);
    const length = (more: SdkconfigSettings) =>
      options(station({ CONFIG_LWIP_LOCAL_HOSTNAME, ...more }).discover).get(12)!.length;
    expect(length({})).toBeLessThan(60);
    expect(length({ CONFIG_LWIP_DHCP_OPTIONS_LEN: 109 })).toBe(60);
  });

  test('CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: the address is there at once', () => {
    expect(station({}).boundMs).toBeGreaterThan(900);
    expect(station({ CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: true }).boundMs).toBeLessThan(100);
  });

  test.each([
    [{}, [1, 3, 1, 3]],
    [{ CONFIG_LWIP_DHCP_RESTORE_LAST_IP: true }, [1, 3, 3]],
  ])('%j: messages of two boots', (sdkconfig, types) => {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('ap', { lan, dhcps: true });
    const sta = world.esp32('sta', { lan, dhcp: true, sdkconfig });
    world.at(5e6, () => sta.powerOff());
    world.at(6e6, () => sta.powerOn());
    world.runSync({ until: 12e6, stopWhenIdle: false });
    const sent = trace.frames.filter(({ from, bytes }) => from === 'sta' && bytes[23] === 17 && bytes[13] === 0);
    expect(sent.map(({ bytes }) => options(bytes.subarray(42)).get(53)![0])).toEqual(types);
    expect(trace.events.filter(({ board, event }) => board === 'sta' && event === 'ip_assigned').length).toBe(2);
  });

  test('CONFIG_LWIP_DHCPS_LEASE_UNIT and CONFIG_LWIP_DHCPS_ADD_DNS are seen in the offer', () => {
    const usual = options(station({}).offer);
    const other = options(station({}, { CONFIG_LWIP_DHCPS_LEASE_UNIT: 1, CONFIG_LWIP_DHCPS_ADD_DNS: false }).offer);
    expect([usual.get(51), usual.has(6)]).toEqual([[0, 0, 28, 32], true]);
    expect([other.get(51), other.has(6)]).toEqual([[0, 0, 0, 120], false]);
  });

  test('CONFIG_LWIP_DHCPS_STATIC_ENTRIES: without it the server asks for the client by ARP', () => {
    const asked = (ap: SdkconfigSettings): number => {
      const world = new World();
      const trace = world.record();
      const lan = world.lan();
      world.esp32('ap', { lan, dhcps: true, sdkconfig: ap });
      start(world.esp32('sta', { lan, dhcp: true }), function* (os) {
        yield* os.waitIp(5000);
      });
      world.runSync({ until: 5e6 });
      return trace.frames.filter(({ from, bytes, tUs }) => from === 'ap' && bytes[13] === 6 && tUs > 0).length;
    };
    expect(asked({})).toBe(0);
    expect(asked({ CONFIG_LWIP_DHCPS_STATIC_ENTRIES: false })).toBeGreaterThan(0);
  });

  test.each([
    [{}, 120],
    [{ CONFIG_ESP_NETIF_IP_LOST_TIMER_INTERVAL: 10 }, 10],
    [{ CONFIG_ESP_NETIF_IP_LOST_TIMER_INTERVAL: 0 }, undefined],
  ])('%j: an address counts as lost after %p s', (sdkconfig, seconds) => {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('sta', { lan, dhcp: true, sdkconfig });
    world.runSync({ until: 200e6, stopWhenIdle: false });
    const lost = trace.events.find(({ event }) => event === 'ip_lost');
    expect(lost === undefined ? undefined : Math.round(lost.tUs / 1e6)).toBe(seconds);
  });

  test.each([
    [1, [6, 11, 16]],
    [4, [8, 16, 24]],
  ])('CONFIG_LWIP_DHCP_COARSE_TIMER_SECS=%i: a lease of ten seconds is renewed at %j s', (secs, renewedS) => {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('ap', { lan, dhcps: { leaseMinutes: 10 }, sdkconfig: { CONFIG_LWIP_DHCPS_LEASE_UNIT: 1 } });
    world.esp32('sta', { lan, dhcp: true, sdkconfig: { CONFIG_LWIP_DHCP_COARSE_TIMER_SECS: secs } });
    world.runSync({ until: 30e6, stopWhenIdle: false });
    const renewals = trace.frames.filter(({ from, bytes, tUs }) => from === 'sta' && bytes[23] === 17 && tUs > 1.5e6);
    expect(renewals.slice(0, 3).map(({ tUs }) => Math.round(tUs / 1e6))).toEqual(renewedS);
  });
});
