/** What is behind an access point, boards that are access points themselves, several interfaces, Ethernet. */

import { describe, expect, test } from '@jest/globals';
import {
  type AccessPointOptions,
  AF_INET,
  type addrinfo,
  EAI_FAIL,
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED,
  ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED,
  ESP_ERR_NOT_FOUND,
  ESP_EVENT_ANY_ID,
  ESP_FAIL,
  ESP_NETIF_DNS_MAIN,
  ESP_NETIF_DOMAIN_NAME_SERVER,
  ESP_NETIF_INHERENT_DEFAULT_ETH,
  ESP_NETIF_OP_SET,
  ESP_OK,
  ETH_EVENT,
  type esp_eth_handle_t,
  type HandleOut,
  htonl,
  IP_EVENT,
  IP_EVENT_AP_STAIPASSIGNED,
  IP_EVENT_GOT_IP6,
  IP_EVENT_STA_GOT_IP,
  inet_addr,
  inet_ntoa,
  type ip_event_got_ip6_t,
  type Os,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  WIFI_AUTH_WPA2_PSK,
  WIFI_EVENT,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  WIFI_IF_AP,
  WIFI_MODE_AP,
  WIFI_MODE_APSTA,
  World,
  type wifi_event_ap_stadisconnected_t,
  type wifi_sta_list_t,
} from '../../device/index.ts';
import { type Diary, HOME, homeAndStation, startStation } from '../support/wifi.ts';

const SECOND = 1_000_000;

/** Ask for a name. @returns the address, or the error and how many milliseconds it took */
function* resolve(os: Os, name: string) {
  const res: { value: addrinfo | null } = { value: null };
  const begin = os.xTaskGetTickCount();
  const err = yield* os.getaddrinfo(name, null, { ai_family: AF_INET, ai_socktype: SOCK_STREAM }, res);
  if (err !== 0) return `${err} after ${(os.xTaskGetTickCount() - begin) * 10} ms`;
  const { ai_addr } = res.value!;
  return 'sin_addr' in ai_addr ? inet_ntoa(ai_addr.sin_addr) : 'IPv6';
}

describe('the name server of an access point', () => {
  test.each([
    ['an address', '34.1.2.3', '34.1.2.3'],
    ['no such name', 'NXDOMAIN', `${EAI_FAIL} after 0 ms`],
    ['out of order', 'SERVFAIL', `${EAI_FAIL} after 0 ms`],
    ['not willing', 'REFUSED', `${EAI_FAIL} after 0 ms`],
    ['silent', 'silent', `${EAI_FAIL} after 7000 ms`],
    ['slow', { ip: '34.1.2.3', delayUs: 3 * SECOND }, '34.1.2.3'],
    ['another question', { ip: '34.1.2.3', wrong: 'question' }, `${EAI_FAIL} after 7000 ms`],
    ['another number', { ip: '34.1.2.3', wrong: 'id' }, `${EAI_FAIL} after 7000 ms`],
  ] as const)('%s', (_name, answer, expected) => {
    const { world, station } = homeAndStation({ dns: { 'broker.example': answer } });
    let result = '';
    station.xTaskCreate(function* (os) {
      yield* os.waitIp();
      result = yield* resolve(os, 'broker.example');
    }, 'asks');
    world.runSync();
    expect(result.replace(/ [1-9]?\d ms/, ' 0 ms')).toBe(expected);
  });

  test('names that end in .local are asked for by multicast, and answered; a star stands for all others', () => {
    const { world, home, station } = homeAndStation({ dns: { '*': '10.9.9.9' } });
    home.dns.set('broker.local', '10.0.0.5');
    const results: string[] = [];
    station.xTaskCreate(function* (os) {
      yield* os.waitIp();
      results.push(yield* resolve(os, 'broker.local'), yield* resolve(os, 'anything.example'));
    }, 'asks');
    world.runSync();
    expect(results).toEqual(['10.0.0.5', '10.9.9.9']);
  });
});

/** Answers every datagram with its text and where it came from. */
function* echo(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(sock, sockaddr_in('0.0.0.0', 7));
  const buffer = new Uint8Array(64);
  const from = sockaddr_in();
  for (;;) {
    const n = yield* os.recvfrom(sock, buffer, buffer.length, 0, from);
    yield* os.sendto(sock, buffer, n, 0, from);
  }
}

/** Milliseconds until the echo of a datagram is back; -1 if it does not come within two seconds. */
function* ping(os: Os, ip: string) {
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.setsockopt(sock, 0xfff, 0x1006, { tv_sec: 2, tv_usec: 0 });
  const begin = os.board.world.scheduler.nowUs;
  yield* os.sendto(sock, 'ping', 4, 0, sockaddr_in(ip, 7));
  const n = yield* os.recv(sock, new Uint8Array(64));
  yield* os.close(sock);
  return n < 0 ? -1 : (os.board.world.scheduler.nowUs - begin) / 1000;
}

describe('the internet', () => {
  test('each host has its own distance; who is not there does not answer; the way can be closed', () => {
    const { world, home, station } = homeAndStation({ latencyUs: 1000 });
    world.internetHost('near', { ip: '34.1.2.3', latencyUs: 10_000 }).xTaskCreate(echo, 'echo');
    world.internetHost('far', { ip: '8.8.8.8', latencyUs: 100_000 }).xTaskCreate(echo, 'echo');
    const times: number[] = [];
    station.xTaskCreate(function* (os) {
      yield* os.waitIp();
      yield* ping(os, '34.1.2.3');
      for (const ip of ['34.1.2.3', '8.8.8.8', '1.1.1.1']) times.push(yield* ping(os, ip));
      home.hasInternet = false;
      times.push(yield* ping(os, '34.1.2.3'));
      home.hasInternet = true;
      times.push(yield* ping(os, '34.1.2.3'));
    }, 'pings');
    world.runSync();
    expect(times).toEqual([22, 202, -1, -1, 22]);
  });

  test('hosts reach each other, and stations of access points with the same addresses', () => {
    const world = new World({ seed: 1 });
    const results: number[] = [];
    for (const name of ['a', 'b']) {
      world.accessPoint({ ...HOME, ssid: name });
      const config = { ssid: name, password: 'open sesame' };
      const station = world.esp32(`station ${name}`);
      station.xTaskCreate((os) => startStation(os, [], { config }), 'main');
      station.xTaskCreate(
        function* (os) {
          yield* os.waitIp();
          yield* ping(os, '34.1.2.3');
          results.push(yield* ping(os, '34.1.2.3'));
        },
        'pings',
        { startUs: name === 'a' ? 0 : 5 * SECOND },
      );
    }
    world.internetHost('host', { ip: '34.1.2.3' }).xTaskCreate(echo, 'echo');
    world.internetHost('other', { ip: '34.1.2.4' }).xTaskCreate(function* (os) {
      results.push(yield* ping(os, '34.1.2.3'));
    }, 'pings');
    world.runSync();
    expect(results).toEqual([80, 42, 42]);
  });

  test('an address is taken only once', () => {
    const world = new World();
    world.internetHost('a', { ip: '34.1.2.3' });
    expect(() => world.internetHost('b', { ip: '34.1.2.3' })).toThrow('There is a host at 34.1.2.3 already.');
  });
});

test('an access point without DHCP gives no address, and may begin to', () => {
  const { world, home, diary } = homeAndStation({ dhcp: false });
  world.at(20 * SECOND, () => {
    home.setDhcpOptions({ start: '192.168.1.77', end: '192.168.1.80' });
    home.setDhcp(true);
  });
  world.runSync();
  expect(diary[2]).toMatch(/^2\d{4} got 192.168.1.77 new$/);
});

test('options that make no sense are refused in sentences', () => {
  const world = new World();
  const make = (options: AccessPointOptions) => () => world.accessPoint(options);
  expect(make({ ssid: 'x', channel: 14 })).toThrow('from 1 to 13, not 14');
  expect(make({ ssid: 'x', authmode: WIFI_AUTH_WPA2_PSK })).toThrow('"x" is protected but has no password');
  expect(make({ ssid: 'x', dns: { a: '1.2.3' + '.x' } })).toThrow('must be an IPv4 address');
  make({ ssid: 'x' })();
  expect(make({ ssid: 'x' })).toThrow('There is an access point named "x" already');
});

/** A board that is an access point. */
function* startSoftAp(os: Os, events: string[], mode = WIFI_MODE_AP) {
  yield* os.esp_event_loop_create_default();
  const esp_netif = yield* os.esp_netif_create_default_wifi_ap();
  yield* os.esp_wifi_init();
  yield* os.esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, (_arg, _base, id, data: never) => {
    const { mac = '', aid = '', reason = '' } = (data ?? {}) as Partial<wifi_event_ap_stadisconnected_t>;
    events.push(`${id} ${mac} ${aid} ${reason}`.trim());
  });
  yield* os.esp_event_handler_register(IP_EVENT, IP_EVENT_AP_STAIPASSIGNED, (_arg, _base, _id, { ip, mac }) => {
    events.push(`${inet_ntoa({ s_addr: ip.addr })} for ${mac}`);
  });
  yield* os.esp_wifi_set_mode(mode);
  yield* os.esp_wifi_set_config(WIFI_IF_AP, {
    ap: { ssid: 'home', password: 'open sesame', authmode: WIFI_AUTH_WPA2_PSK, channel: 6 },
  });
  yield* os.esp_wifi_start();
  return esp_netif;
}

describe('a board as an access point', () => {
  test('stations join it, get addresses, are counted and sent away', () => {
    const world = new World({ seed: 1 });
    const events: string[] = [];
    const diary: Diary = [];
    const list: wifi_sta_list_t = { sta: [], num: 0 };
    const ap = world.esp32('ap');
    ap.xTaskCreate((os) => startSoftAp(os, events), 'main');
    ap.xTaskCreate(
      function* (os) {
        yield* os.esp_wifi_ap_get_sta_list(list);
        yield* os.esp_wifi_deauth_sta(1);
      },
      'later',
      { startUs: 10 * SECOND },
    );
    world.esp32('station').xTaskCreate((os) => startStation(os, diary, { reconnects: false }), 'main');
    world.runSync();
    const mac = '24:0a:c4:00:00:02';
    expect(events).toEqual(['12', `14 ${mac} 1`, `192.168.4.2 for ${mac}`, `15 ${mac} 1 2`]);
    expect(list).toEqual({ sta: [{ mac, rssi: -40 }], num: 1 });
    expect(diary.slice(1, 4)).toEqual([
      '800 connected home 6',
      '1800 got 192.168.4.2 new',
      '10000 disconnected 2 AUTH_EXPIRE',
    ]);
  });

  test('without power it is missed like any other', () => {
    const world = new World({ seed: 1 });
    const diary: Diary = [];
    const ap = world.esp32('ap');
    ap.xTaskCreate((os) => startSoftAp(os, []), 'main');
    world.esp32('station').xTaskCreate((os) => startStation(os, diary, { reconnects: false }), 'main');
    world.at(10 * SECOND, () => ap.powerOff());
    world.runSync();
    expect(diary).toContain('18500 disconnected 200 BEACON_TIMEOUT');
  });

  test('a reboot of either side: the other one notices, and they find each other again on the same wire', () => {
    const world = new World({ seed: 1 });
    const events: string[] = [];
    const diary: Diary = [];
    const ap = world.esp32('ap');
    ap.xTaskCreate((os) => startSoftAp(os, events), 'main');
    const station = world.esp32('station');
    station.xTaskCreate((os) => startStation(os, diary), 'main');
    world.at(10 * SECOND, () => ap.powerOff());
    world.at(11 * SECOND, () => ap.powerOn());
    world.at(20 * SECOND, () => station.powerOff());
    world.at(21 * SECOND, () => station.powerOn());
    world.runSync();
    expect(diary.map((line) => line.replace(/ 192.*/, ''))).toEqual([
      '0 start',
      '800 connected home 6',
      '1800 got',
      '11102 disconnected 206 AP_TSF_RESET',
      '11902 connected home 6',
      '12900 got',
      '21000 start',
      '21800 connected home 6',
      '22800 got',
    ]);
    expect(world.lans).toHaveLength(1);
    expect(events.filter((line) => line.startsWith('14'))).toHaveLength(3);
  });

  test('both at once: station interface first in line for packets that go elsewhere', () => {
    const world = new World({ seed: 1 });
    world.accessPoint({ ...HOME, ssid: 'out' });
    const seen: string[] = [];
    const board = world.esp32('board');
    board.xTaskCreate(function* (os) {
      const apNetif = yield* startSoftAp(os, [], WIFI_MODE_APSTA);
      seen.push(os.esp_netif_get_default_netif()?.config.if_key ?? 'none');
      yield* os.esp_netif_create_default_wifi_sta();
      const name = { value: '' };
      os.esp_netif_get_netif_impl_name(apNetif, name);
      seen.push(`${name.value} ${os.esp_netif_get_netif_impl_index(apNetif)}`);
      yield* os.esp_wifi_stop();
      yield* os.esp_wifi_set_config(0, { sta: { ssid: 'out', password: 'open sesame' } });
      yield* os.esp_wifi_start();
      yield* os.esp_wifi_connect();
      yield* os.waitIp();
      const sta = os.esp_netif_get_handle_from_ifkey('WIFI_STA_DEF')!;
      os.esp_netif_get_netif_impl_name(sta, name);
      seen.push(name.value, os.esp_netif_get_default_netif()!.config.if_key);
      yield* os.esp_wifi_disconnect();
      seen.push(os.esp_netif_get_default_netif()!.config.if_key);
      for (let n = os.esp_netif_next_unsafe(null); n !== null; n = os.esp_netif_next_unsafe(n)) {
        seen.push(`${os.esp_netif_get_desc(n)} ${os.esp_netif_is_netif_up(n)} ${os.esp_netif_get_route_prio(n)}`);
      }
    }, 'main');
    world.runSync();
    expect(seen).toEqual(['WIFI_AP_DEF', 'ap1 2', 'st2', 'WIFI_STA_DEF', 'WIFI_AP_DEF', 'sta false 100', 'ap true 10']);
  });
});

test('interfaces that a program makes: each network through its wire, everything else through the best', () => {
  const world = new World({ seed: 1 });
  const lans = [world.lan({ name: 'lan a' }), world.lan({ name: 'lan b' })];
  const board = world.esp32('board');
  const trace = world.record();
  board.xTaskCreate(function* (os) {
    yield* os.esp_netif_init();
    for (const [i, lan] of lans.entries()) {
      const esp_netif = os.esp_netif_new({
        flags: 0,
        ip_info: {
          ip: { addr: inet_addr(`10.0.${i}.2`) },
          netmask: { addr: inet_addr('255.255.255.0') },
          gw: { addr: inet_addr(`10.0.${i}.1`) },
        },
        get_ip_event: 0,
        lost_ip_event: 0,
        if_key: `OWN_${i}`,
        if_desc: `own ${i}`,
        route_prio: 10 * (i + 1),
      })!;
      yield* os.esp_netif_attach(esp_netif, board.plugInto(lan, `24:0a:c4:00:01:0${i}`));
      yield* os.esp_netif_action_start(esp_netif);
      yield* os.esp_netif_action_connected(esp_netif);
    }
    const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
    for (const ip of ['10.0.0.255', '10.0.1.255', '8.8.8.8']) yield* os.sendto(sock, 'x', 1, 0, sockaddr_in(ip, 9));
    const first = os.esp_netif_get_handle_from_ifkey('OWN_0')!;
    yield* os.esp_netif_set_default_netif(first);
    yield* os.sendto(sock, 'x', 1, 0, sockaddr_in('9.9.9.9', 9));
    yield* os.esp_netif_destroy(first);
    yield* os.sendto(sock, 'x', 1, 0, sockaddr_in('10.0.0.255', 9));
  }, 'main');
  world.runSync();
  const asks = trace.frames.map(({ lan, bytes }) => {
    const isArp = bytes[13] === 6;
    return `${lan}: ${isArp ? `who-has ${bytes.subarray(38, 42).join('.')}` : bytes.subarray(30, 34).join('.')}`;
  });
  expect([...new Set(asks)]).toEqual([
    'lan a: who-has 10.0.0.2',
    'lan b: who-has 10.0.1.2',
    'lan a: 10.0.0.255',
    'lan b: 10.0.1.255',
    'lan b: who-has 10.0.1.1',
    'lan a: who-has 10.0.0.1',
  ]);
});

test('an address without a wire is refused', () => {
  expect(() => new World().esp32('board', { ip: '10.0.0.1' })).toThrow('Board board has the option ip but no lan');
});

test('what may be changed while a DHCP client or server runs', () => {
  const { world, station, netif } = homeAndStation();
  const results: number[] = [];
  station.xTaskCreate(function* (os) {
    yield* os.waitIp();
    const sta = netif.value!;
    const info = {
      ip: { addr: inet_addr('192.168.1.50') },
      netmask: { addr: inet_addr('255.255.255.0') },
      gw: { addr: inet_addr('192.168.1.1') },
    };
    results.push(yield* os.esp_netif_set_ip_info(sta, info));
    results.push(yield* os.esp_netif_dhcpc_stop(sta));
    results.push(yield* os.esp_netif_set_ip_info(sta, info));
    const dns = { ip: { u_addr: { ip4: { addr: htonl(0x08080808) } }, type: 0 } };
    results.push(yield* os.esp_netif_set_dns_info(sta, ESP_NETIF_DNS_MAIN, dns));
    dns.ip.u_addr.ip4.addr = 0;
    yield* os.esp_netif_get_dns_info(sta, ESP_NETIF_DNS_MAIN, dns);
    results.push(dns.ip.u_addr.ip4.addr);
    const ap = os.esp_netif_create_wifi(WIFI_IF_AP, {
      ...ESP_NETIF_INHERENT_DEFAULT_ETH,
      flags: 6,
      if_key: 'OWN',
      ip_info: info,
    })!;
    results.push(yield* os.esp_netif_dhcps_option(ap, ESP_NETIF_OP_SET, ESP_NETIF_DOMAIN_NAME_SERVER, { value: 2 }));
    yield* os.esp_netif_action_start(ap);
    results.push(yield* os.esp_netif_dhcps_option(ap, ESP_NETIF_OP_SET, ESP_NETIF_DOMAIN_NAME_SERVER, { value: 0 }));
  }, 'asks');
  world.runSync();
  expect(results).toEqual([
    ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED,
    ESP_OK,
    ESP_OK,
    ESP_OK,
    0x08080808,
    ESP_OK,
    ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED,
  ]);
});

test('a static address survives a lost connection and a stop of the driver, but not a stop of the interface while it is up', () => {
  const { world, home, station, netif, diary } = homeAndStation();
  station.xTaskCreate(function* (os) {
    yield* os.waitIp();
    const sta = netif.value!;
    yield* os.esp_netif_dhcpc_stop(sta);
    yield* os.esp_netif_set_ip_info(sta, {
      ip: { addr: inet_addr('192.168.1.50') },
      netmask: { addr: inet_addr('255.255.255.0') },
      gw: { addr: inet_addr('192.168.1.1') },
    });
    yield* os.delayMs(5000);
    home.deauth('station');
    yield* os.delayMs(5000);
    yield* os.esp_wifi_stop();
    yield* os.esp_wifi_start();
    yield* os.delayMs(5000);
    yield* os.esp_netif_action_stop(sta);
    yield* os.esp_netif_action_start(sta);
    yield* os.esp_netif_action_connected(sta);
  }, 'asks');
  world.runSync();
  const addresses = diary.filter((line) => line.includes('got')).map((line) => line.replace(/^\d+ /, ''));
  expect(addresses).toEqual([
    'got 192.168.1.2 new',
    'got 192.168.1.50 new',
    'got 192.168.1.50 same',
    'got 192.168.1.50 same',
    'got 192.168.1.2 new',
  ]);
});

test('the link-local address of IPv6 comes with the second tick of its timer', () => {
  const { world, station, netif } = homeAndStation();
  let got: ip_event_got_ip6_t | null = null;
  let ms = 0;
  const results: number[] = [];
  station.xTaskCreate(function* (os) {
    results.push(yield* os.esp_netif_create_ip6_linklocal(netif.value!));
    yield* os.esp_event_handler_register(IP_EVENT, IP_EVENT_GOT_IP6, (_arg, _base, _id, data) => {
      got = data;
      ms = world.nowUs / 1000;
    });
    yield* os.waitIp();
    results.push(yield* os.esp_netif_create_ip6_linklocal(netif.value!));
  }, 'asks');
  world.runSync();
  expect(results).toEqual([ESP_FAIL, ESP_OK]);
  expect(ms).toBe(3000);
  const bytes = new Uint8Array(Uint32Array.from(got!.ip6_info.ip.addr).buffer);
  expect(Buffer.from(bytes).toString('hex')).toBe('fe80000000000000260ac4fffe000001');
});

describe('example_connect()', () => {
  test.each([
    ['with the link-local address, as by default', {}, 4000],
    ['without IPv6', { ipv6: false }, 3120],
  ])('%s', async (_name, options, ms) => {
    for (const kind of ['async', 'generator']) {
      const world = new World({ seed: 1 });
      world.accessPoint(HOME);
      const results: number[] = [];
      const login = { ssid: 'home', password: 'open sesame', ...options };
      world.esp32('board').xTaskCreate(
        kind === 'async'
          ? async (os: Os) => {
              await os.esp_event_loop_create_default();
              results.push(await os.example_connect(login), world.nowUs / 1000);
            }
          : function* (os: Os) {
              yield* os.esp_event_loop_create_default();
              results.push(yield* os.example_connect(login), world.nowUs / 1000);
            },
        'main',
      );
      expect((await world.run()).outcome).toBe('ended');
      // 13 channels in 2.04 s, 80 ms to join; then a second for DHCP to check its address, or two ticks for IPv6.
      expect(results).toEqual([ESP_OK, ms]);
    }
  });

  test('gives up after so many attempts, and leaves nothing behind', () => {
    const world = new World({ seed: 1 });
    const results: number[] = [];
    world.esp32('board').xTaskCreate(function* (os) {
      yield* os.esp_event_loop_create_default();
      results.push(yield* os.example_connect({ ssid: 'nowhere', maxRetry: 2 }), Math.round(world.nowUs / 1000));
    }, 'main');
    expect(world.runSync().outcome).toBe('ended');
    expect(results).toEqual([ESP_FAIL, 3 * 2040]);
  });
});

test('waitEvent() waits for one event, after its handlers, and no longer than wanted', () => {
  const { world, home, station } = homeAndStation({}, { reconnects: false });
  const seen: (string | number)[] = [];
  station.xTaskCreate(function* (os) {
    seen.push(
      (yield* os.waitEvent(IP_EVENT, IP_EVENT_STA_GOT_IP, 500)) === null ? 'nothing' : 'something',
      world.nowUs,
    );
    const got = yield* os.waitEvent(IP_EVENT, IP_EVENT_STA_GOT_IP);
    seen.push(inet_ntoa({ s_addr: got!.data.ip_info.ip.addr }));
    const lost = yield* os.waitEvent(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED);
    seen.push(lost!.data.reason);
  }, 'waits');
  world.at(5 * SECOND, () => home.deauth('station', 4));
  expect(world.runSync().outcome).toBe('ended');
  expect(seen).toEqual(['nothing', 500_000, '192.168.1.2', 4]);
});

test('a task that waits for an event which cannot come is stuck', () => {
  const { world, station } = homeAndStation({ isOn: false });
  station.xTaskCreate(function* (os) {
    yield* os.waitEvent(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED);
  }, 'waits');
  const { outcome, blocked } = world.runSync();
  expect(outcome).toBe('hang');
  expect(blocked.map((b) => `${b.task}: ${b.waitsFor}`)).toEqual(['waits: an event']);
});

test('world.when() does something once, when the frame passes for the count-th time', () => {
  const { world } = homeAndStation();
  const times: number[] = [];
  const note = (): void => void times.push(Math.round(world.nowUs / 1000));
  world.when({ proto: 'dhcp', from: 'station' }, { count: 2 }, note);
  world.when(({ arp }) => arp?.op === 'request', {}, note);
  world.when({ dstPort: 9 }, {}, note);
  world.runSync();
  // The station's REQUEST, and its first question whether somebody has the address.
  expect(times).toEqual([802, 804]);
  expect(() => world.when({}, { count: 0 }, note)).toThrow('count is a whole number from 1 on, not 0.');
  expect(() => world.when({ port: 1, colour: 2 } as never, {}, note)).toThrow('cannot be matched by "colour"');
});

test('an access point forgets a station that has gone without a word after five minutes', () => {
  const world = new World({ seed: 1 });
  const events: string[] = [];
  world.esp32('ap').xTaskCreate((os) => startSoftAp(os, events), 'main');
  const station = world.esp32('station');
  station.xTaskCreate((os) => startStation(os, [], {}), 'main');
  world.at(10 * SECOND, () => station.powerOff());
  world.runSync({ until: 309 * SECOND, stopWhenIdle: false });
  expect(events).toHaveLength(3);
  world.runSync({ until: 311 * SECOND, stopWhenIdle: false });
  expect(events.at(-1)).toBe('15 24:0a:c4:00:00:02 1 4');
});

test('the default loop has the queue of the configuration', () => {
  const world = new World({ seed: 1 });
  let posted = 0;
  world.esp32('board', { sdkconfig: { CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE: 4 } }).xTaskCreate(function* (os) {
    yield* os.esp_event_loop_create_default();
    yield* os.esp_event_handler_register('B', 1, function* (_arg, _base, _id, _data: null, sysOs) {
      yield* sysOs.delayMs(1000);
    });
    while ((yield* os.esp_event_post('B', 1, null, 0)) === ESP_OK) posted++;
  }, 'main');
  world.runSync();
  expect(posted).toBe(5);
});

test('Ethernet: the driver looks every two seconds whether there is a link', () => {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world.esp32('server', { lan, dhcps: true });
  const board = world.esp32('board', { eth: lan });
  const events: string[] = [];
  const ms = () => Math.round(world.nowUs / 1000);
  board.xTaskCreate(function* (os) {
    yield* os.esp_event_loop_create_default();
    const handle: HandleOut<esp_eth_handle_t> = { value: null };
    yield* os.esp_eth_driver_install(handle);
    const esp_netif = os.esp_netif_new(ESP_NETIF_INHERENT_DEFAULT_ETH)!;
    yield* os.esp_netif_attach(esp_netif, yield* os.esp_eth_new_netif_glue(handle.value!));
    for (const base of [ETH_EVENT, IP_EVENT]) {
      yield* os.esp_event_handler_register(base, ESP_EVENT_ANY_ID, (_arg, _base, id) => {
        events.push(`${ms()} ${base} ${id}`);
      });
    }
    yield* os.esp_eth_start(handle.value!);
    yield* os.delayMs(9000);
    yield* os.esp_eth_stop(handle.value!);
  }, 'main');
  world.esp32('none', { lan, ip: '192.168.4.9' }).xTaskCreate(function* (os) {
    expect(yield* os.esp_eth_driver_install({ value: null })).toBe(ESP_ERR_NOT_FOUND);
  }, 'main');
  world.at(5_500_000, () => {
    board.eth!.cable = false;
  });
  expect(world.runSync().outcome).toBe('ended');
  expect(events).toEqual([
    '0 ETH_EVENT 0',
    '2000 ETH_EVENT 2',
    '3000 IP_EVENT 4',
    '6000 ETH_EVENT 3',
    '9000 ETH_EVENT 1',
    '122000 IP_EVENT 5',
  ]);
});
