/** The helper by which ESP-IDF's examples get onto the network. */

import { type Op, type Sys, type SysThread, WaitList } from '../sockets/sys_arch.ts';
import { ESP_FAIL, ESP_OK, type esp_err_t } from './esp_err.ts';
import {
  ESP_NETIF_INHERENT_DEFAULT_WIFI_STA,
  type esp_netif_t,
  IP_EVENT,
  IP_EVENT_GOT_IP6,
  IP_EVENT_STA_GOT_IP,
} from './esp_netif_types.ts';
import type { esp_event_handler_t } from './os_event.ts';
import { OsWifi } from './os_wifi.ts';
import { ProgramPart } from './program.ts';
import {
  WIFI_ALL_CHANNEL_SCAN,
  WIFI_EVENT,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  WIFI_IF_STA,
  WIFI_MODE_STA,
  WIFI_REASON_ROAMING,
  WIFI_STORAGE_RAM,
  type wifi_event_sta_disconnected_t,
} from './wifi/esp_wifi_types.ts';

/** What menuconfig asks for in "Example Connection Configuration". */
export interface ExampleConnectOptions {
  /** CONFIG_EXAMPLE_WIFI_SSID */
  readonly ssid: string;
  /** CONFIG_EXAMPLE_WIFI_PASSWORD */
  readonly password?: string;
  /** CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY, 6 if left out. */
  readonly maxRetry?: number;
  /** CONFIG_EXAMPLE_CONNECT_IPV6: wait for the link-local address too; true if left out, as in ESP-IDF. */
  readonly ipv6?: boolean;
}

/** CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY */
const MAX_RETRY_DEFAULT = 6;

type Handler = esp_event_handler_t<never>;

/** Handlers of the event loop tell a program of lower priority that it may go on. */
class Signal {
  private readonly sys: Sys;
  private readonly waiters = new WaitList();
  private isRaised = false;

  constructor(sys: Sys) {
    this.sys = sys;
  }

  raise(): void {
    this.isRaised = true;
    if (this.waiters.head !== null) this.sys.wake(this.waiters);
  }

  *take(thread: SysThread): Op<number> {
    while (!this.isRaised) {
      this.sys.block(thread, this.waiters, Number.POSITIVE_INFINITY);
      yield;
    }
    return 0;
  }
}

export abstract class OsConnect extends OsWifi {
  /**
   * Join a network as a station and wait for the addresses; connections that are lost later are made again.
   * The default event loop must exist. `yield*` or `await` it.
   * @returns ESP_OK; ESP_FAIL when the network could not be joined so often
   * Source: ESP-IDF examples/common_components/protocol_examples_common/{connect,wifi_connect}.c
   */
  example_connect(options: ExampleConnectOptions): ProgramPart<esp_err_t> {
    return new ProgramPart(this.runner, () => this.connectSteps(options));
  }

  private *connectSteps({ ssid, password = '', maxRetry = MAX_RETRY_DEFAULT, ipv6 = true }: ExampleConnectOptions) {
    const esp_netif = yield* this.startWifi();
    const done = new Signal(this.board.sys);
    let retries = 0;
    let hasFailed = false;
    let missing = ipv6 ? 2 : 1;
    const onDisconnect: Handler = function* (_arg, _base, _id, { reason }: wifi_event_sta_disconnected_t, os) {
      if (reason === WIFI_REASON_ROAMING) return;
      if (++retries <= maxRetry) {
        yield* os.esp_wifi_connect();
        return;
      }
      hasFailed = true;
      done.raise();
    };
    const onConnect: Handler = function* (_arg, _base, _id, _data, os) {
      if (ipv6) yield* os.esp_netif_create_ip6_linklocal(esp_netif);
    };
    const onGotIp: Handler = () => {
      retries = 0;
      if (--missing === 0) done.raise();
    };
    const onGotIp6: Handler = () => {
      if (--missing === 0) done.raise();
    };
    const handlers: readonly (readonly [string, number, Handler])[] = [
      [WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, onDisconnect],
      [IP_EVENT, IP_EVENT_STA_GOT_IP, onGotIp],
      [WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, onConnect],
      [IP_EVENT, IP_EVENT_GOT_IP6, onGotIp6],
    ];
    for (const [base, id, handler] of handlers) yield* this.esp_event_handler_register(base, id, handler);
    const sta = { ssid, password, scan_method: WIFI_ALL_CHANNEL_SCAN };
    yield* this.esp_wifi_set_config(WIFI_IF_STA, { sta });
    yield* this.esp_wifi_connect();
    yield* this.begin('example_connect', -1, this.traced && [ssid], done.take(this.task));
    if (!hasFailed) return ESP_OK;
    for (const [base, id, handler] of handlers) yield* this.esp_event_handler_unregister(base, id, handler);
    yield* this.esp_wifi_disconnect();
    return ESP_FAIL;
  }

  private *startWifi() {
    yield* this.esp_wifi_init();
    const esp_netif: esp_netif_t | null = this.esp_netif_create_wifi(WIFI_IF_STA, {
      ...ESP_NETIF_INHERENT_DEFAULT_WIFI_STA,
      if_desc: 'example_netif_sta',
      route_prio: 128,
    });
    if (esp_netif === null) throw new Error('example_connect() aborts: there is an interface WIFI_STA_DEF already.');
    yield* this.esp_wifi_set_default_wifi_sta_handlers();
    yield* this.esp_wifi_set_storage(WIFI_STORAGE_RAM);
    yield* this.esp_wifi_set_mode(WIFI_MODE_STA);
    yield* this.esp_wifi_start();
    return esp_netif;
  }
}
