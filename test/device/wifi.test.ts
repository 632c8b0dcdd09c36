/** A station and its access points: how it joins, why it does not, how it loses them. */

import { describe, expect, test } from '@jest/globals';
import {
  type Call,
  ESP_ERR_INVALID_ARG,
  ESP_ERR_WIFI_CONN,
  ESP_ERR_WIFI_IF,
  ESP_ERR_WIFI_MODE,
  ESP_ERR_WIFI_NOT_CONNECT,
  ESP_ERR_WIFI_NOT_INIT,
  ESP_ERR_WIFI_NOT_STARTED,
  ESP_ERR_WIFI_NOT_STOPPED,
  ESP_ERR_WIFI_PASSWORD,
  ESP_ERR_WIFI_SSID,
  ESP_ERR_WIFI_STATE,
  ESP_OK,
  type Esp32,
  esp_err_to_name,
  type Os,
  WIFI_ALL_CHANNEL_SCAN,
  WIFI_AUTH_WPA2_PSK,
  WIFI_AUTH_WPA3_PSK,
  WIFI_EVENT,
  WIFI_EVENT_SCAN_DONE,
  WIFI_EVENT_STA_BSS_RSSI_LOW,
  WIFI_IF_AP,
  WIFI_IF_STA,
  WIFI_MODE_AP,
  WIFI_MODE_STA,
  WIFI_PS_MIN_MODEM,
  World,
  type wifi_ap_record_t,
} from '../../device/index.ts';
import { type Diary, HOME, homeAndStation, startStation } from '../support/wifi.ts';

const SECOND = 1_000_000;

/** Have a task make one call. */
function at(board: Esp32, startUs: number, call: (os: Os) => Call<number>): void {
  board.xTaskCreate(
    function* (os) {
      yield* call(os);
    },
    `at ${startUs}`,
    { startUs },
  );
}

describe('joining', () => {
  test('scan up to the channel, authenticate, associate, shake hands, then DHCP', () => {
    const { world, diary } = homeAndStation();
    expect(world.runSync().outcome).toBe('ended');
    // Six channels of 120 ms, then 20 + 10 + 50 ms; DHCP checks its address for a second.
    expect(diary).toEqual(['0 start', '800 connected home 6', '1800 got 192.168.1.2 new']);
  });

  test('an open network needs no handshake', () => {
    const { world, diary } = homeAndStation({ password: '' }, { config: { ssid: 'home' } });
    world.runSync();
    expect(diary[1]).toBe('750 connected home 6');
  });

  test('a channel in the configuration is looked at first', () => {
    const { world, diary } = homeAndStation({}, { config: { ssid: 'home', password: 'open sesame', channel: 6 } });
    world.runSync();
    expect(diary[1]).toBe('200 connected home 6');
  });

  test('of several the strongest is taken if all channels are scanned, the first one otherwise', () => {
    for (const [scan_method, channel] of [
      [0, 1],
      [WIFI_ALL_CHANNEL_SCAN, 11],
    ] as const) {
      const world = new World({ seed: 1 });
      world.accessPoint({ ...HOME, name: 'near', channel: 11, rssi: -40 });
      world.accessPoint({ ...HOME, name: 'far', channel: 1, rssi: -80 });
      const diary: Diary = [];
      const config = { ssid: 'home', password: 'open sesame', scan_method };
      world.esp32('station').xTaskCreate((os) => startStation(os, diary, { config }), 'main');
      world.runSync();
      expect(diary[1]).toMatch(new RegExp(`connected home ${channel}$`));
    }
  });

  test('a BSSID in the configuration is the only one that fits', () => {
    const world = new World({ seed: 1 });
    world.accessPoint({ ...HOME, name: 'near', channel: 11, rssi: -40 });
    world.accessPoint({ ...HOME, name: 'far', channel: 3, rssi: -80, bssid: '02:00:00:00:00:99' });
    const diary: Diary = [];
    const config = { ssid: 'home', password: 'open sesame', bssid_set: true, bssid: '02:00:00:00:00:99' };
    world.esp32('station').xTaskCreate((os) => startStation(os, diary, { config }), 'main');
    world.runSync();
    expect(diary[1]).toMatch(/connected home 3$/);
  });

  test('if the strongest does not answer, the next is tried, after as many attempts as wanted', () => {
    const world = new World({ seed: 1 });
    world.accessPoint({ ...HOME, name: 'near', channel: 1, rssi: -40 }).refuse('auth');
    world.accessPoint({ ...HOME, name: 'far', channel: 3, rssi: -80 });
    const diary: Diary = [];
    const config = {
      ssid: 'home',
      password: 'open sesame',
      scan_method: WIFI_ALL_CHANNEL_SCAN,
      failure_retry_cnt: 1,
    };
    world.esp32('station').xTaskCreate((os) => startStation(os, diary, { config }), 'main');
    world.runSync();
    // 11 active and 2 passive channels, two times one second of silence, then 80 ms.
    expect(diary[1]).toBe(`${11 * 120 + 2 * 360 + 2000 + 80} connected home 3`);
  });
});

describe('reasons', () => {
  const config = { ssid: 'home', password: 'open sesame' };
  test.each([
    [
      'no such network',
      {},
      { config: { ssid: 'other', password: 'open sesame' } },
      '2040 disconnected 201 NO_AP_FOUND',
    ],
    [
      'wrong password',
      {},
      { config: { ssid: 'home', password: 'open barley' } },
      '3750 disconnected 15 4WAY_HANDSHAKE_TIMEOUT',
    ],
    [
      'wrong password of WPA3',
      { authmode: WIFI_AUTH_WPA3_PSK },
      { config: { ssid: 'home', password: 'open barley' } },
      '740 disconnected 202 AUTH_FAIL',
    ],
    [
      'a password for an open network',
      { password: '' },
      { config },
      '2040 disconnected 210 NO_AP_FOUND_W_COMPATIBLE_SECURITY',
    ],
    [
      'no password for a protected network',
      {},
      { config: { ssid: 'home' } },
      '2040 disconnected 210 NO_AP_FOUND_W_COMPATIBLE_SECURITY',
    ],
    [
      'weaker than the threshold',
      {},
      { config: { ...config, threshold: { authmode: WIFI_AUTH_WPA3_PSK } } },
      '2040 disconnected 211 NO_AP_FOUND_IN_AUTHMODE_THRESHOLD',
    ],
    [
      'fainter than the threshold',
      { rssi: -80 },
      { config: { ...config, threshold: { rssi: -70, authmode: WIFI_AUTH_WPA2_PSK } } },
      '2040 disconnected 212 NO_AP_FOUND_IN_RSSI_THRESHOLD',
    ],
    ['full', { maxStations: 0 }, { config }, '750 disconnected 5 ASSOC_TOOMANY'],
  ] as const)('%s', (_name, ap, options, expected) => {
    const { world, diary } = homeAndStation(ap, { ...options, reconnects: false });
    world.runSync();
    expect(diary.slice(0, 2)).toEqual(['0 start', expected]);
  });

  test.each([
    ['auth', '1720 disconnected 2 AUTH_EXPIRE'],
    ['assoc', '1740 disconnected 4 ASSOC_EXPIRE'],
    ['handshake', '3750 disconnected 204 HANDSHAKE_TIMEOUT'],
  ] as const)('no answer to %s', (step, expected) => {
    const { world, home, diary } = homeAndStation({}, { reconnects: false });
    home.refuse(step);
    world.runSync();
    expect(diary.slice(0, 2)).toEqual(['0 start', expected]);
  });

  test('a station that tries for ever in vain does not keep the world from ending', () => {
    const { world, diary } = homeAndStation({ isOn: false });
    expect(world.runSync().outcome).toBe('ended');
    expect(diary.length).toBeLessThan(110);
  });
});

test('roaming: a weak signal is told once; the program leaves and takes the stronger network', () => {
  const world = new World({ seed: 1 });
  const near = world.accessPoint({ ...HOME, name: 'near', channel: 1, rssi: -40, gateway: '192.168.1.1' });
  world.accessPoint({ ...HOME, name: 'far', channel: 11, rssi: -70, gateway: '192.168.2.1' });
  const diary: Diary = [];
  const station = world.esp32('station');
  const config = { ssid: 'home', password: 'open sesame', scan_method: WIFI_ALL_CHANNEL_SCAN };
  station.xTaskCreate(function* (os) {
    yield* startStation(os, diary, { config });
    yield* os.esp_wifi_set_rssi_threshold(-75);
    yield* os.waitEvent(WIFI_EVENT, WIFI_EVENT_STA_BSS_RSSI_LOW);
    yield* os.esp_wifi_disconnect();
  }, 'main');
  world.at(10 * SECOND, () => near.setRssi(-60, 'station'));
  world.at(11 * SECOND, () => near.setRssi(-80, 'station'));
  world.at(12 * SECOND, () => near.setRssi(-85, 'station'));
  world.runSync();
  expect(diary.slice(1)).toEqual([
    '2120 connected home 1',
    '3120 got 192.168.1.2 new',
    '11000 event 18',
    '11000 disconnected 8 ASSOC_LEAVE',
    '13120 connected home 11',
    '14120 got 192.168.2.2 new',
  ]);
});

describe('losing', () => {
  test('an access point without power is missed after six seconds and five probes; a new one is joined', () => {
    const { world, home, diary } = homeAndStation();
    world.at(10 * SECOND, () => home.powerOff());
    world.at(30 * SECOND, () => home.powerOn());
    world.runSync({ until: 40 * SECOND });
    expect(diary.filter((line) => !line.includes('NO_AP_FOUND'))).toEqual([
      '0 start',
      '800 connected home 6',
      '1800 got 192.168.1.2 new',
      '16000 event 21',
      '18500 disconnected 200 BEACON_TIMEOUT',
      expect.stringMatching(/^3\d{4} connected home 6$/),
      expect.stringMatching(/^3\d{4} got 192.168.1.2 same$/),
    ]);
  });

  test('the inactive time can be set', () => {
    const { world, home, station, diary } = homeAndStation({}, { reconnects: false });
    at(station, SECOND, (os) => os.esp_wifi_set_inactive_time(WIFI_IF_STA, 3));
    world.at(10 * SECOND, () => home.powerOff());
    world.runSync();
    expect(diary.at(-2)).toBe('15500 disconnected 200 BEACON_TIMEOUT');
  });

  test('one that is back before is seen to have begun anew', () => {
    const { world, home, diary } = homeAndStation({}, { reconnects: false });
    world.at(10 * SECOND, () => home.reboot(2 * SECOND));
    world.runSync();
    expect(diary.at(-2)).toBe('12102 disconnected 206 AP_TSF_RESET');
  });

  test('out of range, and back in time: nothing is noticed but a pause', () => {
    const { world, home, diary } = homeAndStation();
    world.at(10 * SECOND, () => home.setRssi(null, 'station'));
    world.at(14 * SECOND, () => home.setRssi(-70, 'station'));
    world.runSync();
    expect(diary).toHaveLength(3);
  });

  test('sent away, with the reason that the access point gives', () => {
    const { world, home, diary } = homeAndStation({}, { reconnects: false });
    world.at(10 * SECOND, () => expect(home.deauth('station', 7)).toBe(true));
    world.at(11 * SECOND, () => expect(home.deauth('station')).toBe(false));
    world.runSync();
    expect(diary.at(-2)).toBe('10000 disconnected 7 NOT_ASSOCED');
  });

  test('its own disconnect, and stop', () => {
    const { world, station, diary } = homeAndStation({}, { reconnects: false });
    at(station, 5 * SECOND, (os) => os.esp_wifi_disconnect());
    at(station, 6 * SECOND, (os) => os.esp_wifi_connect());
    at(station, 9 * SECOND, (os) => os.esp_wifi_stop());
    world.runSync();
    expect(diary.slice(3, -1)).toEqual([
      '5000 disconnected 8 ASSOC_LEAVE',
      '6800 connected home 6',
      '7800 got 192.168.1.2 same',
      '9000 disconnected 8 ASSOC_LEAVE',
      '9000 event 3',
    ]);
  });

  test('lost for two minutes, the address is lost', () => {
    const { world, home, diary } = homeAndStation({}, { reconnects: false });
    world.at(10 * SECOND, () => home.powerOff());
    world.runSync();
    // The timer started with the DHCP client, at 0.8 s.
    expect(diary.at(-1)).toBe('120800 lost');
  });

  test('no frame leaves a station that is not connected', () => {
    const { world, home, station } = homeAndStation({}, { reconnects: false });
    const trace = world.record();
    world.at(10 * SECOND, () => home.deauth('station'));
    station.xTaskCreate(
      function* (os) {
        const sock = yield* os.socket(2, 2);
        yield* os.sendto(sock, 'x', 1, 0, { sin_family: 2, sin_port: 1, sin_addr: { s_addr: 0x0101a8c0 } } as never);
      },
      'late',
      { startUs: 11 * SECOND },
    );
    world.runSync();
    expect(trace.frames.filter((f) => f.from === 'station' && f.tUs > 10 * SECOND)).toEqual([]);
  });
});

test('calls in the wrong state', () => {
  const results: string[] = [];
  const world = new World({ seed: 1 });
  world.accessPoint(HOME);
  world.esp32('station').xTaskCreate(function* (os: Os) {
    const note = (err: number): void => void results.push(esp_err_to_name(err).replace('ESP_ERR_', ''));
    const sta = { sta: { ssid: 'home', password: 'open sesame' } };
    note(yield* os.esp_wifi_start());
    note(yield* os.esp_wifi_connect());
    note(yield* os.esp_wifi_set_mode(WIFI_MODE_STA));
    note(yield* os.esp_wifi_set_config(WIFI_IF_STA, sta));
    yield* os.esp_wifi_init();
    note(yield* os.esp_wifi_connect());
    note(yield* os.esp_wifi_scan_start(null, true));
    note(yield* os.esp_wifi_set_mode(9));
    note(yield* os.esp_wifi_set_config(WIFI_IF_AP, { ap: { ssid: 'x' } }));
    note(yield* os.esp_wifi_set_config(7, sta));
    note(yield* os.esp_wifi_set_config(WIFI_IF_STA, { sta: { ssid: 'x'.repeat(33) } }));
    note(yield* os.esp_wifi_set_config(WIFI_IF_STA, { sta: { ssid: 'x', password: 'x'.repeat(65) } }));
    yield* os.esp_wifi_start();
    note(yield* os.esp_wifi_connect());
    note(yield* os.esp_wifi_deinit());
    yield* os.esp_wifi_set_config(WIFI_IF_STA, sta);
    note(yield* os.esp_wifi_sta_get_ap_info({ value: null }));
    note(yield* os.esp_wifi_connect());
    note(yield* os.esp_wifi_connect());
    note(yield* os.esp_wifi_scan_start(null, true));
    note(yield* os.esp_wifi_set_config(WIFI_IF_STA, sta));
    note(yield* os.esp_wifi_deauth_sta(1));
    yield* os.delayMs(2000);
    note(yield* os.esp_wifi_connect());
    note(yield* os.esp_wifi_stop());
    note(yield* os.esp_wifi_connect());
    yield* os.esp_wifi_set_mode(WIFI_MODE_AP);
    note(yield* os.esp_wifi_set_config(WIFI_IF_AP, { ap: { ssid: 'x', password: 'short', authmode: 3 } }));
    note(yield* os.esp_wifi_set_config(WIFI_IF_AP, { ap: { ssid: '' } }));
    yield* os.esp_wifi_start();
    note(yield* os.esp_wifi_connect());
    note(yield* os.esp_wifi_stop());
    note(yield* os.esp_wifi_deinit());
  }, 'main');
  world.runSync();
  const name = (...codes: number[]) => codes.map((code) => esp_err_to_name(code).replace('ESP_ERR_', ''));
  expect(results).toEqual([
    ...name(ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_INIT),
    ...name(ESP_ERR_WIFI_NOT_STARTED, ESP_ERR_WIFI_NOT_STARTED, ESP_ERR_INVALID_ARG, ESP_ERR_WIFI_MODE),
    ...name(ESP_ERR_WIFI_IF, ESP_ERR_WIFI_SSID, ESP_ERR_WIFI_PASSWORD, ESP_ERR_WIFI_SSID, ESP_ERR_WIFI_NOT_STOPPED),
    ...name(ESP_ERR_WIFI_NOT_CONNECT, ESP_OK, ESP_ERR_WIFI_CONN, ESP_ERR_WIFI_STATE, ESP_ERR_WIFI_STATE),
    ...name(ESP_ERR_WIFI_MODE, ESP_ERR_WIFI_CONN, ESP_OK, ESP_ERR_WIFI_NOT_STARTED),
    ...name(ESP_ERR_WIFI_PASSWORD, ESP_ERR_WIFI_SSID, ESP_ERR_WIFI_MODE, ESP_OK, ESP_OK),
  ]);
});

test('a scan finds what is on the air, the strongest first; what is hidden only for who asks', () => {
  const world = new World({ seed: 1 });
  world.accessPoint({ ...HOME, rssi: -60 });
  world.accessPoint({ ssid: 'cafe', channel: 11, rssi: -45 });
  world.accessPoint({ ssid: 'secret', channel: 1, hidden: true });
  world.accessPoint({ ssid: 'far', channel: 1 }).setRssi(null);
  const found: string[] = [];
  world.esp32('station').xTaskCreate(function* (os) {
    yield* os.esp_wifi_init();
    yield* os.esp_wifi_start();
    for (const config of [null, { show_hidden: true }, { channel: 6 }, { ssid: 'secret' }]) {
      yield* os.esp_wifi_scan_start(config, true);
      const number = { value: 0 };
      yield* os.esp_wifi_scan_get_ap_num(number);
      const records: wifi_ap_record_t[] = [];
      yield* os.esp_wifi_scan_get_ap_records(number, records);
      const names = records.map((r) => `${r.ssid} ${r.primary} ${r.rssi} ${r.authmode}`);
      found.push(`${os.xTaskGetTickCount()}: ${names.join(', ')}`);
    }
    yield* os.esp_wifi_set_ps(WIFI_PS_MIN_MODEM);
  }, 'main');
  const trace = world.record();
  world.runSync();
  expect(found).toEqual([
    '204: cafe 11 -45 0, home 6 -60 3',
    '408: cafe 11 -45 0, secret 1 -50 0, home 6 -60 3',
    '420: home 6 -60 3',
    '624: secret 1 -50 0',
  ]);
  expect(trace.notes.map((n) => n.text).join()).toMatch(/power save is not modelled/);
});

test('who is connected scans between visits to the own channel, and is told by an event', () => {
  const { world, station } = homeAndStation();
  const seen: number[] = [];
  station.xTaskCreate(function* (os) {
    yield* os.waitIp();
    const begin = world.nowUs;
    yield* os.esp_wifi_scan_start({ scan_time: { active: { min: 0, max: 50 } } }, false);
    const done = yield* os.waitEvent(WIFI_EVENT, WIFI_EVENT_SCAN_DONE);
    seen.push((world.nowUs - begin) / 1000, done!.data.number, done!.data.status);
    yield* os.esp_wifi_scan_start(null, false);
    yield* os.esp_wifi_scan_stop();
    const stopped = yield* os.waitEvent(WIFI_EVENT, WIFI_EVENT_SCAN_DONE, 100);
    seen.push(stopped === null ? -1 : stopped.data.status);
  }, 'scans');
  world.runSync();
  expect(seen).toEqual([13 * 80, 1, 0, -1]);
});

test('what was configured is in the flash, unless it was only for this time', () => {
  const world = new World({ seed: 1 });
  const seen: string[] = [];
  const board = world.esp32('station');
  board.xTaskCreate(function* (os) {
    yield* os.esp_wifi_init();
    const conf: Parameters<Os['esp_wifi_get_config']>[1] = {};
    yield* os.esp_wifi_get_config(WIFI_IF_STA, conf);
    seen.push(conf.sta!.ssid);
    yield* os.esp_wifi_set_config(WIFI_IF_STA, { sta: { ssid: 'kept' } });
    yield* os.esp_wifi_set_storage(1);
    yield* os.esp_wifi_set_config(WIFI_IF_STA, { sta: { ssid: 'not kept' } });
  }, 'main');
  world.at(SECOND, () => board.powerOff());
  world.at(2 * SECOND, () => board.powerOn());
  world.runSync();
  expect(seen).toEqual(['', 'kept']);
});
