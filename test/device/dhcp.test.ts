/** A station gets its address from a soft-AP, uses it, loses it and gets it back. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED,
  ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED,
  ESP_ERR_ESP_NETIF_INVALID_PARAMS,
  ESP_OK,
  type EventRecord,
  esp_err_to_name,
  IPPROTO_IP,
  inet_ntoa,
  type Os,
  SOCK_STREAM,
  sockaddr_in,
  World,
} from '../../device/index.ts';

const SECOND = 1_000_000;

function softApAndStation(options: { autoConnect?: boolean } = {}) {
  const world = new World({ seed: 1 });
  const trace = world.record();
  const lan = world.lan();
  const ap = world.esp32('ap', { lan, dhcps: true });
  const station = world.esp32('station', { lan, dhcp: true, ...options });
  return { world, trace, ap, station };
}

function story(events: readonly EventRecord[]): string[] {
  return events.map(({ tUs, board, event, ip }) => `${Math.round(tUs / 1000)} ms ${board} ${event} ${ip}`);
}

function* ownAddress(os: Os) {
  const info = { ip: { addr: 0 }, netmask: { addr: 0 }, gw: { addr: 0 } };
  yield* os.esp_netif_get_ip_info(os.board.esp_netif, info);
  return inet_ntoa({ s_addr: info.ip.addr });
}

describe('a station and a soft-AP', () => {
  test('the station gets an address and talks to the access point', () => {
    const { world, trace, ap, station } = softApAndStation();
    const said: string[] = [];
    ap.xTaskCreate(function* (os) {
      const listener = yield* os.socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
      yield* os.bind(listener, sockaddr_in('0.0.0.0', 3333));
      yield* os.listen(listener, 1);
      const peer = sockaddr_in();
      const sock = yield* os.accept(listener, peer);
      said.push(`connection from ${inet_ntoa(peer.sin_addr)}`);
      yield* os.close(sock);
    }, 'server');
    station.xTaskCreate(function* (os) {
      expect(yield* os.waitIp(10_000)).toBe(0);
      said.push(`I am ${yield* ownAddress(os)}`);
      const sock = yield* os.socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
      expect(yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333))).toBe(0);
      yield* os.close(sock);
    }, 'client');

    expect(world.runSync({ until: 10 * SECOND }).outcome).toBe('ended');

    expect(said).toEqual(['I am 192.168.4.2', 'connection from 192.168.4.2']);
    expect(story(trace.events)).toEqual([
      '3 ms ap dhcps_assigned 192.168.4.2',
      '1000 ms station ip_assigned 192.168.4.2',
    ]);
    expect(trace.events[1]).toMatchObject({ netmask: '255.255.255.0', gw: '192.168.4.1', ip_changed: true });
    expect(trace.events[1]?.dns).toEqual(['192.168.4.1', '0.0.0.0', '0.0.0.0']);
  });

  test('a station that comes back keeps its address; one that stays away has lost it after two minutes', () => {
    const { world, trace, station } = softApAndStation({ autoConnect: false });
    station.xTaskCreate(function* (os) {
      for (const awayMs of [5000, 130_000]) {
        expect(yield* os.staConnected()).toBe(ESP_OK);
        expect(yield* os.waitIp(10_000)).toBe(0);
        expect(yield* os.staDisconnected()).toBe(ESP_OK);
        expect(yield* ownAddress(os)).toBe('0.0.0.0');
        yield* os.delayMs(awayMs);
      }
      expect(yield* os.staConnected()).toBe(ESP_OK);
      expect(yield* os.waitIp()).toBe(0);
    }, 'wifi');

    world.runSync({ until: 200 * SECOND });

    const assigned = trace.events.filter((e) => e.event === 'ip_assigned');
    expect(assigned.map((e) => [e.ip, e.ip_changed])).toEqual([
      ['192.168.4.2', true],
      ['192.168.4.2', false],
      ['192.168.4.2', true],
    ]);
    expect(trace.events.filter((e) => e.event === 'ip_lost')).toHaveLength(1);
  });

  test('esp_netif refuses what ESP-IDF refuses', () => {
    const { world, ap, station } = softApAndStation();
    const results: string[] = [];
    station.xTaskCreate(function* (os) {
      results.push(esp_err_to_name(yield* os.esp_netif_dhcpc_start(os.board.esp_netif)));
      results.push(esp_err_to_name(yield* os.setIp('192.168.4.9', '255.255.255.0', '192.168.4.1')));
      results.push(esp_err_to_name(yield* os.esp_netif_set_hostname(os.board.esp_netif, 'x'.repeat(33))));
      results.push(esp_err_to_name(yield* os.esp_netif_dhcps_start(os.board.esp_netif)));
    }, 'station');
    ap.xTaskCreate(function* (os) {
      results.push(esp_err_to_name(yield* os.dhcpsOption({ leaseMinutes: 5 })));
    }, 'ap');

    world.runSync();

    expect(results).toEqual(
      [
        ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED,
        ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED,
        ESP_ERR_ESP_NETIF_INVALID_PARAMS,
        ESP_ERR_ESP_NETIF_INVALID_PARAMS,
        ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED,
      ].map(esp_err_to_name),
    );
  });

  test('without a server a world comes to rest by itself', () => {
    const world = new World({ seed: 1 });
    const station = world.esp32('station', { lan: world.lan(), dhcp: true });
    let result: number | undefined;
    station.xTaskCreate(function* (os) {
      result = yield* os.waitIp();
    }, 'app');

    const report = world.runSync();

    expect(report.outcome).toBe('hang');
    expect(report.nowUs).toBeLessThan(60 * SECOND);
    expect(report.blocked[0]?.waitsFor).toBe('an address');
    expect(result).toBeUndefined();
  });

  test('options that contradict each other are refused', () => {
    const world = new World();
    const lan = world.lan();
    expect(() => world.esp32('a', { lan })).toThrow('A board needs an address');
    expect(() => world.esp32('b', { lan, dhcp: true, dhcps: true })).toThrow('cannot have both');
    expect(() => world.esp32('c', { lan, dhcps: { start: 'x' } })).toThrow('start must be an IPv4 address');
  });
});
