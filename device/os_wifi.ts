/** The Wi-Fi driver as a program sees it, with ESP-IDF's names, arguments and results. */

import type { Op } from '../sockets/index.ts';
import type { Call } from './call.ts';
import { ESP_OK, type esp_err_t, esp_err_to_name } from './esp_err.ts';
import {
  ESP_NETIF_INHERENT_DEFAULT_WIFI_AP,
  ESP_NETIF_INHERENT_DEFAULT_WIFI_STA,
  type esp_netif_inherent_config_t,
  type esp_netif_t,
} from './esp_netif_types.ts';
import { OsEth } from './os_eth.ts';
import type { ValueOut } from './os_netif.ts';
import type { WifiDriver } from './wifi/esp_wifi.ts';
import {
  WIFI_IF_AP,
  WIFI_IF_STA,
  type wifi_ap_record_t,
  type wifi_config_t,
  type wifi_scan_config_t,
  type wifi_sta_list_t,
} from './wifi/esp_wifi_types.ts';
import { scanOp } from './wifi/scan_op.ts';

export abstract class OsWifi extends OsEth {
  // Interfaces

  /** The usual interface over the station, with the default handlers. @throws Error where ESP-IDF aborts: without the default event loop, a second time */
  esp_netif_create_default_wifi_sta(): Call<esp_netif_t> {
    return this.createDefault('esp_netif_create_default_wifi_sta', WIFI_IF_STA, ESP_NETIF_INHERENT_DEFAULT_WIFI_STA);
  }

  /** The same over the soft-AP. */
  esp_netif_create_default_wifi_ap(): Call<esp_netif_t> {
    return this.createDefault('esp_netif_create_default_wifi_ap', WIFI_IF_AP, ESP_NETIF_INHERENT_DEFAULT_WIFI_AP);
  }

  private createDefault(fn: string, wifi_if: number, config: esp_netif_inherent_config_t): Call<esp_netif_t> {
    const { wifiDefault } = this.board;
    const { task } = this;
    const create = function* (): Op<esp_netif_t> {
      const esp_netif = wifiDefault.create(wifi_if, config);
      if (esp_netif === null) throw new Error(`${fn}() aborts: there is an interface ${config.if_key} already.`);
      const err = yield* wifiDefault.setHandlers(task, wifi_if);
      if (err !== ESP_OK) {
        throw new Error(`${fn}() aborts with ${esp_err_to_name(err)}: call esp_event_loop_create_default() before.`);
      }
      return esp_netif;
    };
    return this.begin(fn, -1, this.traced && [], create());
  }

  /** @param wifi_if WIFI_IF_STA or WIFI_IF_AP  @returns null if there is an interface of that key */
  esp_netif_create_wifi(wifi_if: number, config: esp_netif_inherent_config_t): esp_netif_t | null {
    return this.board.wifiDefault.create(wifi_if, config);
  }

  /** @returns ESP_OK, ESP_ERR_INVALID_STATE without the default event loop */
  esp_wifi_set_default_wifi_sta_handlers(): Call<esp_err_t> {
    const op = this.board.wifiDefault.setHandlers(this.task, WIFI_IF_STA);
    return this.begin('esp_wifi_set_default_wifi_sta_handlers', -1, this.traced && [], op);
  }

  esp_wifi_set_default_wifi_ap_handlers(): Call<esp_err_t> {
    const op = this.board.wifiDefault.setHandlers(this.task, WIFI_IF_AP);
    return this.begin('esp_wifi_set_default_wifi_ap_handlers', -1, this.traced && [], op);
  }

  /** @returns ESP_OK, ESP_ERR_INVALID_ARG for an interface that is not Wi-Fi's */
  esp_wifi_clear_default_wifi_driver_and_handlers(esp_netif: esp_netif_t): Call<esp_err_t> {
    const op = this.board.wifiDefault.clear(this.task, esp_netif);
    return this.begin('esp_wifi_clear_default_wifi_driver_and_handlers', -1, this.traced && [], op);
  }

  /** The interface goes, and its default handlers. */
  esp_netif_destroy_default_wifi(esp_netif: esp_netif_t): Call<esp_err_t> {
    const self = this;
    const destroy = function* (): Op<esp_err_t> {
      yield* self.board.wifiDefault.clear(self.task, esp_netif);
      yield* self.inTcpip(() => self.board.netifs.destroy(esp_netif));
      return ESP_OK;
    };
    return this.begin('esp_netif_destroy_default_wifi', -1, this.traced && [], destroy());
  }

  // The driver. Results are listed at the functions of WifiDriver.

  /** @returns ESP_OK. The numbers of buffers in C's configuration do not matter here. */
  esp_wifi_init(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_init', [], (wifi) => wifi.esp_wifi_init());
  }

  /** @returns ESP_OK, ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_STOPPED */
  esp_wifi_deinit(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_deinit', [], (wifi) => wifi.esp_wifi_deinit());
  }

  /** @param mode WIFI_MODE_STA, _AP, _APSTA, _NULL */
  esp_wifi_set_mode(mode: number): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_set_mode', [mode], (wifi) => wifi.esp_wifi_set_mode(mode));
  }

  esp_wifi_get_mode(mode: ValueOut<number>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_get_mode', [], (wifi) => wifi.esp_wifi_get_mode(mode));
  }

  /** @param ifx WIFI_IF_STA or WIFI_IF_AP, which says whether conf.sta or conf.ap is meant */
  esp_wifi_set_config(ifx: number, conf: wifi_config_t): Call<esp_err_t> {
    const { ssid = '' } = (ifx === WIFI_IF_STA ? conf.sta : conf.ap) ?? {};
    return this.wifiCall('esp_wifi_set_config', [ifx, ssid], (wifi) => wifi.esp_wifi_set_config(ifx, conf));
  }

  esp_wifi_get_config(ifx: number, conf: wifi_config_t): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_get_config', [ifx], (wifi) => wifi.esp_wifi_get_config(ifx, conf));
  }

  /** @param storage WIFI_STORAGE_FLASH: modes and configurations survive a reset; WIFI_STORAGE_RAM */
  esp_wifi_set_storage(storage: number): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_set_storage', [storage], (wifi) => wifi.esp_wifi_set_storage(storage));
  }

  esp_wifi_restore(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_restore', [], (wifi) => wifi.esp_wifi_restore());
  }

  esp_wifi_start(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_start', [], (wifi) => wifi.esp_wifi_start());
  }

  esp_wifi_stop(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_stop', [], (wifi) => wifi.esp_wifi_stop());
  }

  /** Returns at once; WIFI_EVENT_STA_CONNECTED or WIFI_EVENT_STA_DISCONNECTED follows. */
  esp_wifi_connect(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_connect', [], (wifi) => wifi.esp_wifi_connect());
  }

  esp_wifi_disconnect(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_disconnect', [], (wifi) => wifi.esp_wifi_disconnect());
  }

  /** Nothing but what esp_wifi_get_ps() returns: the radio is always awake. The trace says so once. */
  esp_wifi_set_ps(type: number): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_set_ps', [type], (wifi) => wifi.esp_wifi_set_ps(type));
  }

  esp_wifi_get_ps(type: ValueOut<number>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_get_ps', [], (wifi) => wifi.esp_wifi_get_ps(type));
  }

  esp_wifi_get_mac(ifx: number, mac: ValueOut<string>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_get_mac', [ifx], (wifi) => wifi.esp_wifi_get_mac(ifx, mac));
  }

  esp_wifi_set_inactive_time(ifx: number, sec: number): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_set_inactive_time', [ifx, sec], (w) => w.esp_wifi_set_inactive_time(ifx, sec));
  }

  esp_wifi_get_inactive_time(ifx: number, sec: ValueOut<number>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_get_inactive_time', [ifx], (wifi) => wifi.esp_wifi_get_inactive_time(ifx, sec));
  }

  esp_wifi_set_rssi_threshold(rssi: number): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_set_rssi_threshold', [rssi], (wifi) => wifi.esp_wifi_set_rssi_threshold(rssi));
  }

  esp_wifi_sta_get_ap_info(ap_info: ValueOut<wifi_ap_record_t | null>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_sta_get_ap_info', [], (wifi) => wifi.esp_wifi_sta_get_ap_info(ap_info));
  }

  esp_wifi_sta_get_rssi(rssi: ValueOut<number>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_sta_get_rssi', [], (wifi) => wifi.esp_wifi_sta_get_rssi(rssi));
  }

  esp_wifi_sta_get_aid(aid: ValueOut<number>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_sta_get_aid', [], (wifi) => wifi.esp_wifi_sta_get_aid(aid));
  }

  /**
   * Look who is on the air.
   * @param block wait until it is over; else WIFI_EVENT_SCAN_DONE tells
   */
  esp_wifi_scan_start(config: wifi_scan_config_t | null, block: boolean): Call<esp_err_t> {
    const scan = scanOp(this.board.wifi, this.board.sys, this.task, config ?? {}, block);
    return this.begin('esp_wifi_scan_start', -1, this.traced && [block ? 'block' : ''], scan);
  }

  esp_wifi_scan_stop(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_scan_stop', [], (wifi) => wifi.esp_wifi_scan_stop());
  }

  esp_wifi_scan_get_ap_num(number: ValueOut<number>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_scan_get_ap_num', [], (wifi) => wifi.esp_wifi_scan_get_ap_num(number));
  }

  /** @param number how many are wanted; filled with how many there are  @param ap_records filled, the strongest first */
  esp_wifi_scan_get_ap_records(number: ValueOut<number>, ap_records: wifi_ap_record_t[]): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_scan_get_ap_records', [], (w) => w.esp_wifi_scan_get_ap_records(number, ap_records));
  }

  esp_wifi_clear_ap_list(): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_clear_ap_list', [], (wifi) => wifi.esp_wifi_clear_ap_list());
  }

  esp_wifi_ap_get_sta_list(sta: wifi_sta_list_t): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_ap_get_sta_list', [], (wifi) => wifi.esp_wifi_ap_get_sta_list(sta));
  }

  esp_wifi_ap_get_sta_aid(mac: string, aid: ValueOut<number>): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_ap_get_sta_aid', [mac], (wifi) => wifi.esp_wifi_ap_get_sta_aid(mac, aid));
  }

  /** @param aid 0 for all */
  esp_wifi_deauth_sta(aid: number): Call<esp_err_t> {
    return this.wifiCall('esp_wifi_deauth_sta', [aid], (wifi) => wifi.esp_wifi_deauth_sta(aid));
  }

  /** The driver does its part at once; tasks that its events wake run before the call returns. */
  private wifiCall(fn: string, args: (number | string)[], action: (wifi: WifiDriver) => esp_err_t): Call<esp_err_t> {
    const { wifi, scheduler } = this.board;
    const run = function* (): Op<esp_err_t> {
      const err = action(wifi);
      if (scheduler.switchPending) yield;
      return err;
    };
    return this.begin(fn, -1, this.traced && args, run());
  }
}
