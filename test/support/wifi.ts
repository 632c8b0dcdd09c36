/** Stations in TypeScript: the beginning that all of them share, and a diary of the events that they meet. */

import {
  type AccessPointOptions,
  ESP_EVENT_ANY_ID,
  type Esp32,
  type esp_netif_t,
  type HandleOut,
  IP_EVENT,
  inet_ntoa,
  type ip_event_got_ip_t,
  type Os,
  reasonName,
  WIFI_EVENT,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  WIFI_EVENT_STA_START,
  WIFI_IF_STA,
  WIFI_MODE_STA,
  World,
  type wifi_event_sta_connected_t,
  type wifi_event_sta_disconnected_t,
  type wifi_sta_config_t,
} from '../../device/index.ts';

export const HOME: AccessPointOptions = { ssid: 'home', password: 'open sesame', channel: 6 };

/** Milliseconds and words. */
export type Diary = string[];

export interface StationOptions {
  readonly config?: wifi_sta_config_t;
  /** Connect again whenever the connection is lost; true if left out. */
  readonly reconnects?: boolean;
}

/** Everything up to esp_wifi_start(), with a handler that connects and writes down what happens. */
export function* startStation(os: Os, diary: Diary, options: StationOptions = {}) {
  const { config = { ssid: 'home', password: 'open sesame' }, reconnects = true } = options;
  yield* os.esp_netif_init();
  yield* os.esp_event_loop_create_default();
  const esp_netif = yield* os.esp_netif_create_default_wifi_sta();
  yield* os.esp_wifi_init();
  yield* os.esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, function* (_arg, _base, id, data: never, sysOs) {
    diary.push(`${Math.round(sysOs.board.world.scheduler.nowUs / 1000)} ${wordsOf(id, data)}`);
    const lost = id === WIFI_EVENT_STA_DISCONNECTED && reconnects;
    if (id === WIFI_EVENT_STA_START || lost) yield* sysOs.esp_wifi_connect();
  });
  yield* os.esp_event_handler_register(
    IP_EVENT,
    ESP_EVENT_ANY_ID,
    (_arg, _base, id, data: ip_event_got_ip_t, sysOs) => {
      const ms = Math.round(sysOs.board.world.scheduler.nowUs / 1000);
      const name = ['got', 'lost', 'gave', 'got6'][id];
      const changed = id === 0 ? ` ${data.ip_changed ? 'new' : 'same'}` : '';
      diary.push(`${ms} ${name}${id === 0 ? ` ${inet_ntoa({ s_addr: data.ip_info.ip.addr })}` : ''}${changed}`);
    },
  );
  yield* os.esp_wifi_set_mode(WIFI_MODE_STA);
  yield* os.esp_wifi_set_config(WIFI_IF_STA, { sta: config });
  yield* os.esp_wifi_start();
  return esp_netif;
}

function wordsOf(id: number, data: wifi_event_sta_connected_t | wifi_event_sta_disconnected_t): string {
  switch (id) {
    case WIFI_EVENT_STA_START:
      return 'start';
    case WIFI_EVENT_STA_CONNECTED:
      return `connected ${data.ssid} ${'channel' in data ? data.channel : ''}`;
    case WIFI_EVENT_STA_DISCONNECTED:
      return `disconnected ${'reason' in data ? `${data.reason} ${reasonName(data.reason)}` : ''}`;
    default:
      return `event ${id}`;
  }
}

/** A world with one access point and one station. */
export function homeAndStation(ap: Partial<AccessPointOptions> = {}, options: StationOptions = {}) {
  const world = new World({ seed: 1 });
  const home = world.accessPoint({ ...HOME, ...ap });
  const diary: Diary = [];
  const netif: HandleOut<esp_netif_t> = { value: null };
  const station: Esp32 = world.esp32('station');
  station.xTaskCreate(function* (os) {
    netif.value = yield* startStation(os, diary, options);
  }, 'main');
  return { world, home, station, diary, netif };
}
