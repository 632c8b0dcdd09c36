/**
 * What ESP-IDF does by default between the Wi-Fi driver and esp_netif: interfaces for station and soft-AP, and handlers
 * that start, connect, disconnect and stop them. Source: ESP-IDF components/esp_wifi/src/wifi_default.c, wifi_netif.c
 */

import type { Op, SysThread } from '../../sockets/sys_arch.ts';
import { ESP_ERR_INVALID_ARG, ESP_OK, type esp_err_t } from '../esp_err.ts';
import { BuiltInHandler, type DefaultLoop } from '../esp_event.ts';
import type { EspNetif } from '../esp_netif.ts';
import type { esp_netif_inherent_config_t } from '../esp_netif_types.ts';
import type { EspNetifs } from '../esp_netifs.ts';
import { netifConfigOf } from '../netif_options.ts';
import type { WifiDriver } from './esp_wifi.ts';
import {
  WIFI_EVENT,
  WIFI_EVENT_AP_START,
  WIFI_EVENT_AP_STOP,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  WIFI_EVENT_STA_START,
  WIFI_EVENT_STA_STOP,
  WIFI_IF_AP,
  WIFI_IF_STA,
} from './esp_wifi_types.ts';

/** What the default handlers need of their board. */
export interface WifiDefaultBoard {
  readonly netifs: EspNetifs;
  readonly defaultLoop: DefaultLoop;
  readonly wifi: WifiDriver;
  /** CONFIG_LWIP_LOCAL_HOSTNAME */
  readonly localHostname: string;
  inTcpipThread<T>(thread: SysThread, action: () => T): Op<T>;
}

interface DefaultHandler {
  readonly event_id: number;
  readonly handler: BuiltInHandler;
}

export class WifiDefault {
  private readonly board: WifiDefaultBoard;
  private readonly handlers: Readonly<Record<number, readonly DefaultHandler[]>>;

  constructor(board: WifiDefaultBoard) {
    this.board = board;
    const on = (event_id: number, run: (thread: SysThread) => Op<void>): DefaultHandler => ({
      event_id,
      handler: new BuiltInHandler(run),
    });
    this.handlers = {
      [WIFI_IF_STA]: [
        on(WIFI_EVENT_STA_START, (thread) => this.start(thread, WIFI_IF_STA)),
        on(WIFI_EVENT_STA_STOP, (thread) => this.onNetif(thread, WIFI_IF_STA, (n) => n.esp_netif_stop())),
        on(WIFI_EVENT_STA_CONNECTED, (thread) => this.stationConnected(thread)),
        on(WIFI_EVENT_STA_DISCONNECTED, (thread) => this.onNetif(thread, WIFI_IF_STA, (n) => n.esp_netif_down())),
      ],
      [WIFI_IF_AP]: [
        on(WIFI_EVENT_AP_START, (thread) => this.start(thread, WIFI_IF_AP)),
        on(WIFI_EVENT_AP_STOP, (thread) => this.onNetif(thread, WIFI_IF_AP, (n) => n.esp_netif_stop())),
      ],
    };
  }

  /** An interface over the station or the soft-AP. @returns null if there is one of that key. Source: esp_netif_create_wifi() */
  create(wifi_if: number, config: esp_netif_inherent_config_t): EspNetif | null {
    const esp_netif = this.board.netifs.create(netifConfigOf(config, this.board.localHostname));
    if (esp_netif !== null) this.attach(wifi_if, esp_netif);
    return esp_netif;
  }

  /** Source: esp_netif_attach_wifi_station(), esp_netif_attach_wifi_ap() */
  attach(wifi_if: number, esp_netif: EspNetif): void {
    const { station, softAp } = this.board.wifi;
    const radio = wifi_if === WIFI_IF_STA ? station : softAp;
    esp_netif.driver = radio;
    radio.attach(esp_netif);
  }

  /** @returns ESP_ERR_INVALID_STATE without the default loop. Source: esp_wifi_set_default_wifi_sta_handlers() and its like */
  *setHandlers(thread: SysThread, wifi_if: number): Op<esp_err_t> {
    for (const { event_id, handler } of this.handlers[wifi_if] ?? []) {
      const register = this.board.defaultLoop.with((loop) =>
        loop.register(thread, WIFI_EVENT, event_id, handler, null),
      );
      const err = yield* register;
      if (err !== ESP_OK) return err;
    }
    return ESP_OK;
  }

  /** @returns ESP_ERR_INVALID_ARG for an interface that is not Wi-Fi's. Source: esp_wifi_clear_default_wifi_driver_and_handlers() */
  *clear(thread: SysThread, esp_netif: EspNetif): Op<esp_err_t> {
    const { station, softAp } = this.board.wifi;
    const wifi_if = esp_netif === station.esp_netif ? WIFI_IF_STA : WIFI_IF_AP;
    if (wifi_if === WIFI_IF_AP && esp_netif !== softAp.esp_netif) return ESP_ERR_INVALID_ARG;
    for (const { event_id, handler } of this.handlers[wifi_if]!) {
      yield* this.board.defaultLoop.with((loop) => loop.unregister(thread, WIFI_EVENT, event_id, handler));
    }
    (wifi_if === WIFI_IF_STA ? station : softAp).attach(null);
    esp_netif.driver = null;
    return ESP_OK;
  }

  private netifOf(wifi_if: number): EspNetif | null {
    const { station, softAp } = this.board.wifi;
    return wifi_if === WIFI_IF_STA ? station.esp_netif : softAp.esp_netif;
  }

  private *onNetif(thread: SysThread, wifi_if: number, action: (esp_netif: EspNetif) => esp_err_t): Op<void> {
    const esp_netif = this.netifOf(wifi_if);
    if (esp_netif !== null) yield* this.board.inTcpipThread(thread, () => action(esp_netif));
  }

  /** Source: wifi_start() */
  private start(thread: SysThread, wifi_if: number): Op<void> {
    const { station, softAp } = this.board.wifi;
    return this.onNetif(thread, wifi_if, (esp_netif) => {
      esp_netif.mac = wifi_if === WIFI_IF_STA ? station.mac : softAp.mac;
      return esp_netif.esp_netif_start();
    });
  }

  /** Source: wifi_default_action_sta_connected() */
  private *stationConnected(thread: SysThread): Op<void> {
    yield* this.onNetif(thread, WIFI_IF_STA, (esp_netif) => esp_netif.esp_netif_up());
    yield* this.onNetif(thread, WIFI_IF_STA, (esp_netif) => esp_netif.afterConnected());
  }
}
