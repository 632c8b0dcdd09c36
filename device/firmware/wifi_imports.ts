/** The Wi-Fi driver for C. */

import type { Op } from '../../sockets/index.ts';
import { ESP_OK, type esp_err_t } from '../esp_err.ts';
import type { WifiDriver } from '../wifi/esp_wifi.ts';
import {
  WIFI_IF_STA,
  type wifi_ap_record_t,
  type wifi_config_t,
  type wifi_scan_config_t,
  type wifi_sta_list_t,
} from '../wifi/esp_wifi_types.ts';
import { scanOp } from '../wifi/scan_op.ts';
import type { HostFunctions, Running } from './imports.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';
import { inherentConfig, netifOf } from './netif_imports.ts';
import { bytesOf, type FieldValue, macBytes, macText, Struct, textOf } from './struct.ts';

const SSID = 32;
const PASSWORD = 64;
const MAC = 6;

/** wifi_sta_config_t up to failure_retry_cnt. */
const STA_CONFIG = new Struct({
  ssid: SSID,
  password: PASSWORD,
  scan_method: 'i32',
  bssid_set: 'u8',
  bssid: MAC,
  channel: 'u8',
  _listen_interval: 'u16',
  sort_method: 'i32',
  rssi: 'i8',
  authmode: 'i32',
  _rssi_5g_adjustment: 4,
  _pmf_cfg: 2,
  _rm_enabled: 'i32',
  _sae_pwe_h2e: 'i32',
  _sae_pk_mode: 'i32',
  failure_retry_cnt: 'u8',
});
/** wifi_ap_config_t up to max_connection. */
const AP_CONFIG = new Struct({
  ssid: SSID,
  password: PASSWORD,
  ssid_len: 'u8',
  channel: 'u8',
  authmode: 'i32',
  ssid_hidden: 'u8',
  max_connection: 'u8',
});
/** wifi_scan_config_t up to scan_time. */
const SCAN_CONFIG = new Struct({
  ssid: 'i32',
  bssid: 'i32',
  channel: 'u8',
  show_hidden: 'u8',
  scan_type: 'i32',
  min: 'i32',
  max: 'i32',
  passive: 'i32',
});
const AP_RECORD = new Struct({
  bssid: MAC,
  ssid: SSID + 1,
  primary: 'u8',
  _second: 'i32',
  rssi: 'i8',
  authmode: 'i32',
  pairwise_cipher: 'i32',
  group_cipher: 'i32',
  _ant: 'i32',
  phy: 'i32',
  _country: 6,
  _policy: 'i32',
  _he_ap: 2,
  _bandwidth: 'i32',
  _vht_channels: 2,
});
const STA_INFO = new Struct({ mac: MAC, rssi: 'i8', phy: 'i32' });
/** ESP_WIFI_MAX_CONN_NUM */
const MAX_STATIONS = 15;
/** phy_11b, phy_11g and phy_11n. */
const PHY_BGN = 7;

/** By their numbers in src/esp_wifi.c: the name of the call, how many arguments it has, and what it does. */
const CALLS: readonly (readonly [string, number, (wifi: WifiDriver, a: number, b: number) => esp_err_t])[] = [
  ['esp_wifi_init', 0, (w) => w.esp_wifi_init()],
  ['esp_wifi_deinit', 0, (w) => w.esp_wifi_deinit()],
  ['esp_wifi_set_mode', 1, (w, mode) => w.esp_wifi_set_mode(mode)],
  ['esp_wifi_set_storage', 1, (w, storage) => w.esp_wifi_set_storage(storage)],
  ['esp_wifi_restore', 0, (w) => w.esp_wifi_restore()],
  ['esp_wifi_start', 0, (w) => w.esp_wifi_start()],
  ['esp_wifi_stop', 0, (w) => w.esp_wifi_stop()],
  ['esp_wifi_connect', 0, (w) => w.esp_wifi_connect()],
  ['esp_wifi_disconnect', 0, (w) => w.esp_wifi_disconnect()],
  ['esp_wifi_set_ps', 1, (w, type) => w.esp_wifi_set_ps(type)],
  ['esp_wifi_set_inactive_time', 2, (w, ifx, sec) => w.esp_wifi_set_inactive_time(ifx, sec)],
  ['esp_wifi_set_rssi_threshold', 1, (w, rssi) => w.esp_wifi_set_rssi_threshold(rssi)],
  ['esp_wifi_scan_stop', 0, (w) => w.esp_wifi_scan_stop()],
  ['esp_wifi_clear_ap_list', 0, (w) => w.esp_wifi_clear_ap_list()],
  ['esp_wifi_deauth_sta', 1, (w, aid) => w.esp_wifi_deauth_sta(aid)],
];

/** Likewise: calls that give a number. */
const NUMBERS: readonly (readonly [string, (wifi: WifiDriver, arg: number, out: { value: number }) => esp_err_t])[] = [
  ['esp_wifi_get_mode', (w, _, out) => w.esp_wifi_get_mode(out)],
  ['esp_wifi_get_ps', (w, _, out) => w.esp_wifi_get_ps(out)],
  ['esp_wifi_get_inactive_time', (w, ifx, out) => w.esp_wifi_get_inactive_time(ifx, out)],
  ['esp_wifi_sta_get_rssi', (w, _, out) => w.esp_wifi_sta_get_rssi(out)],
  ['esp_wifi_sta_get_aid', (w, _, out) => w.esp_wifi_sta_get_aid(out)],
  ['esp_wifi_scan_get_ap_num', (w, _, out) => w.esp_wifi_scan_get_ap_num(out)],
];

/** Module esp. */
export function wifiImports(on: Running): HostFunctions {
  return {
    wifi_netif: (ifx, configAt) => {
      const m = on.machine;
      return m.handles.of(m.board.wifiDefault.create(ifx, inherentConfig(m, configAt)));
    },
    wifi_attach: (handle, ifx) => {
      const m = on.machine;
      m.board.wifiDefault.attach(ifx, netifOf(m, handle));
      return ESP_OK;
    },
  };
}

/** Module espb. */
export function waitingWifiImports(on: Running): HostFunctions {
  return {
    wifi_call: (number, a, b) => {
      const [fn, count, run] = CALLS[number]!;
      return call(on.machine, fn, [a, b].slice(0, count), (wifi) => run(wifi, a, b));
    },
    wifi_number: (number, arg, outAt) => {
      const m = on.machine;
      const [fn, run] = NUMBERS[number]!;
      return call(m, fn, [], (wifi) => {
        const out = { value: 0 };
        const err = run(wifi, arg, out);
        if (err === ESP_OK) m.memory.setWord(outAt, out.value);
        return err;
      });
    },
    wifi_set_config: (ifx, configAt) => {
      const m = on.machine;
      const config = configOf(m.memory, ifx, configAt);
      const { ssid = '' } = (ifx === WIFI_IF_STA ? config.sta : config.ap) ?? {};
      return call(m, 'esp_wifi_set_config', [ifx, ssid], (wifi) => wifi.esp_wifi_set_config(ifx, config));
    },
    wifi_get_config: (ifx, configAt) => {
      const m = on.machine;
      return call(m, 'esp_wifi_get_config', [ifx], (wifi) => {
        const config: wifi_config_t = {};
        const err = wifi.esp_wifi_get_config(ifx, config);
        if (err === ESP_OK) m.memory.u8.set(configBytes(config, ifx), configAt >>> 0);
        return err;
      });
    },
    wifi_get_mac: (ifx, macAt) => {
      const m = on.machine;
      return call(m, 'esp_wifi_get_mac', [ifx], (wifi) => {
        const mac = { value: '' };
        const err = wifi.esp_wifi_get_mac(ifx, mac);
        if (err === ESP_OK) m.memory.u8.set(macBytes(mac.value), macAt >>> 0);
        return err;
      });
    },
    wifi_scan_start: (configAt, block) => {
      const m = on.machine;
      const config = configAt === 0 ? {} : scanConfigOf(m.memory, configAt);
      const op = scanOp(m.board.wifi, m.board.sys, m.task, config, block !== 0);
      return m.call('esp_wifi_scan_start', -1, op, m.isTraced && [block === 0 ? '' : 'block']);
    },
    wifi_ap_records: (max, recordsAt, countAt) => {
      const m = on.machine;
      return call(m, 'esp_wifi_scan_get_ap_records', [], (wifi) => {
        const number = { value: max };
        const records: wifi_ap_record_t[] = [];
        const err = wifi.esp_wifi_scan_get_ap_records(number, records);
        records.forEach((record, i) => {
          m.memory.u8.set(recordBytes(record), (recordsAt >>> 0) + i * AP_RECORD.size);
        });
        m.memory.setWord(countAt, number.value);
        return err;
      });
    },
    wifi_ap_info: (recordAt) => {
      const m = on.machine;
      return call(m, 'esp_wifi_sta_get_ap_info', [], (wifi) => {
        const out: { value: wifi_ap_record_t | null } = { value: null };
        const err = wifi.esp_wifi_sta_get_ap_info(out);
        if (out.value !== null) m.memory.u8.set(recordBytes(out.value), recordAt >>> 0);
        return err;
      });
    },
    wifi_sta_list: (listAt) => {
      const m = on.machine;
      return call(m, 'esp_wifi_ap_get_sta_list', [], (wifi) => {
        const list: wifi_sta_list_t = { sta: [], num: 0 };
        const err = wifi.esp_wifi_ap_get_sta_list(list);
        list.sta.forEach(({ mac, rssi }, i) => {
          const bytes = STA_INFO.encode({ mac: macBytes(mac), rssi, phy: PHY_BGN });
          m.memory.u8.set(bytes, (listAt >>> 0) + i * STA_INFO.size);
        });
        m.memory.setWord(listAt + MAX_STATIONS * STA_INFO.size, list.num);
        return err;
      });
    },
    wifi_sta_aid: (macAt, aidAt) => {
      const m = on.machine;
      const mac = macText(m.memory.bytes(macAt, MAC));
      return call(m, 'esp_wifi_ap_get_sta_aid', [mac], (wifi) => {
        const aid = { value: 0 };
        const err = wifi.esp_wifi_ap_get_sta_aid(mac, aid);
        m.memory.setWord(aidAt, aid.value);
        return err;
      });
    },
    wifi_handlers: (ifx) => {
      const m = on.machine;
      const fn = `esp_wifi_set_default_wifi_${ifx === WIFI_IF_STA ? 'sta' : 'ap'}_handlers`;
      return m.call(fn, -1, m.board.wifiDefault.setHandlers(m.task, ifx), m.isTraced && []);
    },
    wifi_clear: (handle) => {
      const m = on.machine;
      const op = m.board.wifiDefault.clear(m.task, netifOf(m, handle));
      return m.call('esp_wifi_clear_default_wifi_driver_and_handlers', -1, op, m.isTraced && []);
    },
  };
}

/** The driver does its part at once; tasks that its events wake run before the call returns. */
function call(
  m: Machine,
  fn: string,
  args: readonly (number | string)[],
  action: (wifi: WifiDriver) => esp_err_t,
): number {
  const { wifi, scheduler } = m.board;
  const run = function* (): Op<esp_err_t> {
    const err = action(wifi);
    if (scheduler.switchPending) yield;
    return err;
  };
  return m.call(fn, -1, run(), m.isTraced && args);
}

// Structures

function configOf(memory: Memory, ifx: number, at: number): wifi_config_t {
  const struct = ifx === WIFI_IF_STA ? STA_CONFIG : AP_CONFIG;
  const number = (name: string): number => struct.get(memory, at, name);
  const ssid = textOf(struct.bytes(memory, at, 'ssid'));
  const password = textOf(struct.bytes(memory, at, 'password'));
  if (ifx !== WIFI_IF_STA) {
    const length = number('ssid_len');
    return {
      ap: {
        ssid: length === 0 ? ssid : ssid.slice(0, length),
        password,
        channel: number('channel'),
        authmode: number('authmode'),
        ssid_hidden: number('ssid_hidden'),
        max_connection: number('max_connection'),
      },
    };
  }
  return {
    sta: {
      ssid,
      password,
      scan_method: number('scan_method'),
      bssid_set: number('bssid_set') !== 0,
      bssid: macText(struct.bytes(memory, at, 'bssid')),
      channel: number('channel'),
      sort_method: number('sort_method'),
      threshold: { rssi: number('rssi'), authmode: number('authmode') },
      failure_retry_cnt: number('failure_retry_cnt'),
    },
  };
}

function configBytes({ sta, ap }: wifi_config_t, ifx: number): Uint8Array {
  if (ifx === WIFI_IF_STA) {
    const { ssid = '', password = '', bssid = '', threshold = {}, bssid_set = false, ...numbers } = sta ?? {};
    const { rssi = 0, authmode = 0 } = threshold;
    const texts = { ssid: bytesOf(ssid), password: bytesOf(password), bssid: bssid === '' ? NO_MAC : macBytes(bssid) };
    return STA_CONFIG.encode({ ...given(numbers), ...texts, bssid_set: Number(bssid_set), rssi, authmode });
  }
  const { ssid = '', password = '', ...numbers } = ap ?? {};
  const texts = { ssid: bytesOf(ssid), password: bytesOf(password), ssid_len: ssid.length };
  return AP_CONFIG.encode({ ...given(numbers), ...texts });
}

const NO_MAC = new Uint8Array(MAC);

/** Without what is left out. */
function given(values: Readonly<Record<string, number | undefined>>): Record<string, FieldValue> {
  const result: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) result[name] = value;
  return result;
}

function scanConfigOf(memory: Memory, at: number): wifi_scan_config_t {
  const number = (name: string): number => SCAN_CONFIG.get(memory, at, name);
  const [ssidAt, bssidAt] = [number('ssid'), number('bssid')];
  return {
    ssid: ssidAt === 0 ? null : memory.string(ssidAt),
    bssid: bssidAt === 0 ? null : macText(memory.bytes(bssidAt, MAC)),
    channel: number('channel'),
    show_hidden: number('show_hidden') !== 0,
    scan_type: number('scan_type'),
    scan_time: { active: { min: number('min'), max: number('max') }, passive: number('passive') },
  };
}

function recordBytes({ bssid, ssid, ...numbers }: wifi_ap_record_t): Uint8Array {
  return AP_RECORD.encode({ ...numbers, bssid: macBytes(bssid), ssid: bytesOf(ssid), phy: PHY_BGN });
}
