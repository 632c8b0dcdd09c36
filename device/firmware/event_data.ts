/** The data of the system's events as C has them. Source: ESP-IDF esp_netif_types.h, esp_wifi_types_generic.h */

import type { esp_event_base_t } from '../esp_event.ts';
import {
  IP_EVENT,
  IP_EVENT_AP_STAIPASSIGNED,
  IP_EVENT_GOT_IP6,
  type ip_event_ap_staipassigned_t,
  type ip_event_got_ip_t,
  type ip_event_got_ip6_t,
} from '../esp_netif_types.ts';
import {
  WIFI_EVENT,
  WIFI_EVENT_AP_STACONNECTED,
  WIFI_EVENT_AP_STADISCONNECTED,
  WIFI_EVENT_SCAN_DONE,
  WIFI_EVENT_STA_BSS_RSSI_LOW,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  type wifi_event_ap_stadisconnected_t,
  type wifi_event_bss_rssi_low_t,
  type wifi_event_sta_connected_t,
  type wifi_event_sta_disconnected_t,
  type wifi_event_sta_scan_done_t,
} from '../wifi/esp_wifi_types.ts';
import type { Handles } from './handles.ts';
import { bytesOf, macBytes, Struct } from './struct.ts';

const SSID = 32;
const MAC = 6;

const GOT_IP = new Struct({ esp_netif: 'i32', ip: 'i32', netmask: 'i32', gw: 'i32', ip_changed: 'u8' });
const GOT_IP6 = new Struct({
  esp_netif: 'i32',
  addr0: 'i32',
  addr1: 'i32',
  addr2: 'i32',
  addr3: 'i32',
  zone: 'u8',
  ip_index: 'i32',
});
const STAIPASSIGNED = new Struct({ esp_netif: 'i32', ip: 'i32', mac: MAC });
const SCAN_DONE = new Struct({ status: 'i32', number: 'u8', scan_id: 'u8' });
const STA_CONNECTED = new Struct({
  ssid: SSID,
  ssid_len: 'u8',
  bssid: MAC,
  channel: 'u8',
  authmode: 'i32',
  aid: 'u16',
});
const STA_DISCONNECTED = new Struct({ ssid: SSID, ssid_len: 'u8', bssid: MAC, reason: 'u8', rssi: 'i8' });
const AP_STACONNECTED = new Struct({ mac: MAC, aid: 'u8', is_mesh_child: 'u8' });
const AP_STADISCONNECTED = new Struct({ mac: MAC, aid: 'u8', is_mesh_child: 'u8', reason: 'u16' });
const RSSI_LOW = new Struct({ rssi: 'i32' });

/** The bytes that a C handler finds behind event_data; an interface is its handle. Null if there are none. */
export function eventBytes(base: esp_event_base_t, id: number, data: unknown, handles: Handles): Uint8Array | null {
  if (data === null || data === undefined) return null;
  if (data instanceof Uint8Array) return data;
  if (base === IP_EVENT) return ipEvent(id, data, handles);
  if (base === WIFI_EVENT) return wifiEvent(id, data);
  throw new TypeError(
    `An event of base ${base} was posted with data that is neither null nor a Uint8Array; a handler in C cannot read it.`,
  );
}

function ipEvent(id: number, data: unknown, handles: Handles): Uint8Array {
  if (id === IP_EVENT_AP_STAIPASSIGNED) {
    const { esp_netif, ip, mac } = data as ip_event_ap_staipassigned_t;
    return STAIPASSIGNED.encode({ esp_netif: handles.of(esp_netif), ip: ip.addr, mac: macBytes(mac) });
  }
  if (id === IP_EVENT_GOT_IP6) {
    const { esp_netif, ip6_info, ip_index } = data as ip_event_got_ip6_t;
    const [addr0, addr1, addr2, addr3] = ip6_info.ip.addr;
    return GOT_IP6.encode({
      esp_netif: handles.of(esp_netif),
      addr0,
      addr1,
      addr2,
      addr3,
      zone: ip6_info.ip.zone,
      ip_index,
    });
  }
  const { esp_netif, ip_info, ip_changed } = data as ip_event_got_ip_t;
  return GOT_IP.encode({
    esp_netif: handles.of(esp_netif),
    ip: ip_info.ip.addr,
    netmask: ip_info.netmask.addr,
    gw: ip_info.gw.addr,
    ip_changed: Number(ip_changed),
  });
}

function wifiEvent(id: number, data: unknown): Uint8Array | null {
  switch (id) {
    case WIFI_EVENT_SCAN_DONE: {
      const { status, number, scan_id } = data as wifi_event_sta_scan_done_t;
      return SCAN_DONE.encode({ status, number, scan_id });
    }
    case WIFI_EVENT_STA_CONNECTED: {
      const { ssid, ssid_len, bssid, channel, authmode, aid } = data as wifi_event_sta_connected_t;
      return STA_CONNECTED.encode({
        ssid: bytesOf(ssid),
        ssid_len,
        bssid: macBytes(bssid),
        channel,
        authmode,
        aid,
      });
    }
    case WIFI_EVENT_STA_DISCONNECTED: {
      const { ssid, ssid_len, bssid, reason, rssi } = data as wifi_event_sta_disconnected_t;
      return STA_DISCONNECTED.encode({ ssid: bytesOf(ssid), ssid_len, bssid: macBytes(bssid), reason, rssi });
    }
    case WIFI_EVENT_AP_STACONNECTED:
    case WIFI_EVENT_AP_STADISCONNECTED: {
      const { mac, aid, is_mesh_child, reason } = data as wifi_event_ap_stadisconnected_t;
      const values = { mac: macBytes(mac), aid, is_mesh_child: Number(is_mesh_child) };
      return id === WIFI_EVENT_AP_STACONNECTED
        ? AP_STACONNECTED.encode(values)
        : AP_STADISCONNECTED.encode({ ...values, reason });
    }
    case WIFI_EVENT_STA_BSS_RSSI_LOW:
      return RSSI_LOW.encode({ rssi: (data as wifi_event_bss_rssi_low_t).rssi });
    default:
      return null;
  }
}
