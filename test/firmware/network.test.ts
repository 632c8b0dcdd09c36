/** The network life of a board as its firmware sees it: Wi-Fi, events, addresses. */
import { expect, jest, test } from '@jest/globals';
import { World } from '../../device/index.ts';
import { COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';

jest.setTimeout(COMPILE_TIMEOUT_MS);

test('a station scans, connects, gets an address, and connects again when its access point was away', async () => {
  const firmware = await compile(['station.c']);
  const world = new World();
  world.accessPoint({ ssid: 'other', channel: 6, rssi: -70 });
  const home = world.accessPoint({ ssid: 'home', password: 'open sesame' });
  const board = world.esp32('board', { firmware });
  world.at(20_000_000, () => home.deauth('board', 8));
  world.runSync({ until: 60_000_000 });
  expect(board.panic).toBeNull();
  expect(board.log.map(({ task, text }) => `${task}: ${text}`)).toEqual([
    'sys_evt: start',
    'main: scan: home channel 1 rssi -50 authmode 3',
    'main: scan: other channel 6 rssi -70 authmode 0',
    'sys_evt: connected to home, channel 1, authmode 3',
    'sys_evt: WIFI_STA_DEF has 192.168.1.2, gateway 192.168.1.1',
    'main: home is home, threshold 3',
    'sys_evt: disconnected from home, reason 8',
    'sys_evt: connected to home, channel 1, authmode 3',
    'sys_evt: WIFI_STA_DEF has 192.168.1.2, gateway 192.168.1.1',
    'main: again',
  ]);
});

test('a program posts an IP_EVENT of its own: the handler gets the interface it named', async () => {
  const firmware = await compile(['post_ip_event.c']);
  const world = new World();
  const board = world.esp32('board', { lan: world.lan(), ip: '192.168.4.1/24', firmware });
  world.runSync({ until: 1_000_000 });
  expect(board.panic).toBeNull();
  expect(board.log.map(({ task, text }) => `${task}: ${text}`)).toEqual([
    'sys_evt: sta, 192.168.4.1, changed 1',
    'sys_evt: no interface',
  ]);
});
