/** Numbers and structures of the Wi-Fi driver. Source: ESP-IDF esp_wifi_types_generic.h, esp_wifi.h */

export const WIFI_EVENT = 'WIFI_EVENT';

export const WIFI_EVENT_WIFI_READY = 0;
export const WIFI_EVENT_SCAN_DONE = 1;
export const WIFI_EVENT_STA_START = 2;
export const WIFI_EVENT_STA_STOP = 3;
export const WIFI_EVENT_STA_CONNECTED = 4;
export const WIFI_EVENT_STA_DISCONNECTED = 5;
export const WIFI_EVENT_AP_START = 12;
export const WIFI_EVENT_AP_STOP = 13;
export const WIFI_EVENT_AP_STACONNECTED = 14;
export const WIFI_EVENT_AP_STADISCONNECTED = 15;
export const WIFI_EVENT_STA_BSS_RSSI_LOW = 18;
export const WIFI_EVENT_STA_BEACON_TIMEOUT = 21;

export const WIFI_MODE_NULL = 0;
export const WIFI_MODE_STA = 1;
export const WIFI_MODE_AP = 2;
export const WIFI_MODE_APSTA = 3;

export const WIFI_IF_STA = 0;
export const WIFI_IF_AP = 1;

export const WIFI_AUTH_OPEN = 0;
export const WIFI_AUTH_WEP = 1;
export const WIFI_AUTH_WPA_PSK = 2;
export const WIFI_AUTH_WPA2_PSK = 3;
export const WIFI_AUTH_WPA_WPA2_PSK = 4;
export const WIFI_AUTH_WPA3_PSK = 6;
export const WIFI_AUTH_WPA2_WPA3_PSK = 7;

export const WIFI_PS_NONE = 0;
export const WIFI_PS_MIN_MODEM = 1;
export const WIFI_PS_MAX_MODEM = 2;

export const WIFI_STORAGE_FLASH = 0;
export const WIFI_STORAGE_RAM = 1;

export const WIFI_FAST_SCAN = 0;
export const WIFI_ALL_CHANNEL_SCAN = 1;

export const WIFI_CONNECT_AP_BY_SIGNAL = 0;
export const WIFI_CONNECT_AP_BY_SECURITY = 1;

export const WIFI_SCAN_TYPE_ACTIVE = 0;
export const WIFI_SCAN_TYPE_PASSIVE = 1;

export const WIFI_CIPHER_TYPE_NONE = 0;
export const WIFI_CIPHER_TYPE_WEP40 = 1;
export const WIFI_CIPHER_TYPE_TKIP = 3;
export const WIFI_CIPHER_TYPE_CCMP = 4;
export const WIFI_CIPHER_TYPE_TKIP_CCMP = 5;

export const WIFI_REASON_UNSPECIFIED = 1;
export const WIFI_REASON_AUTH_EXPIRE = 2;
export const WIFI_REASON_AUTH_LEAVE = 3;
export const WIFI_REASON_ASSOC_EXPIRE = 4;
export const WIFI_REASON_DISASSOC_DUE_TO_INACTIVITY = 4;
export const WIFI_REASON_ASSOC_TOOMANY = 5;
export const WIFI_REASON_NOT_AUTHED = 6;
export const WIFI_REASON_CLASS2_FRAME_FROM_NONAUTH_STA = 6;
export const WIFI_REASON_NOT_ASSOCED = 7;
export const WIFI_REASON_CLASS3_FRAME_FROM_NONASSOC_STA = 7;
export const WIFI_REASON_ASSOC_LEAVE = 8;
export const WIFI_REASON_ASSOC_NOT_AUTHED = 9;
export const WIFI_REASON_DISASSOC_PWRCAP_BAD = 10;
export const WIFI_REASON_DISASSOC_SUPCHAN_BAD = 11;
export const WIFI_REASON_BSS_TRANSITION_DISASSOC = 12;
export const WIFI_REASON_IE_INVALID = 13;
export const WIFI_REASON_MIC_FAILURE = 14;
export const WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT = 15;
export const WIFI_REASON_GROUP_KEY_UPDATE_TIMEOUT = 16;
export const WIFI_REASON_IE_IN_4WAY_DIFFERS = 17;
export const WIFI_REASON_GROUP_CIPHER_INVALID = 18;
export const WIFI_REASON_PAIRWISE_CIPHER_INVALID = 19;
export const WIFI_REASON_AKMP_INVALID = 20;
export const WIFI_REASON_UNSUPP_RSN_IE_VERSION = 21;
export const WIFI_REASON_INVALID_RSN_IE_CAP = 22;
export const WIFI_REASON_802_1X_AUTH_FAILED = 23;
export const WIFI_REASON_CIPHER_SUITE_REJECTED = 24;
export const WIFI_REASON_TDLS_PEER_UNREACHABLE = 25;
export const WIFI_REASON_TDLS_UNSPECIFIED = 26;
export const WIFI_REASON_SSP_REQUESTED_DISASSOC = 27;
export const WIFI_REASON_NO_SSP_ROAMING_AGREEMENT = 28;
export const WIFI_REASON_BAD_CIPHER_OR_AKM = 29;
export const WIFI_REASON_NOT_AUTHORIZED_THIS_LOCATION = 30;
export const WIFI_REASON_SERVICE_CHANGE_PERCLUDES_TS = 31;
export const WIFI_REASON_UNSPECIFIED_QOS = 32;
export const WIFI_REASON_NOT_ENOUGH_BANDWIDTH = 33;
export const WIFI_REASON_MISSING_ACKS = 34;
export const WIFI_REASON_EXCEEDED_TXOP = 35;
export const WIFI_REASON_STA_LEAVING = 36;
export const WIFI_REASON_END_BA = 37;
export const WIFI_REASON_UNKNOWN_BA = 38;
export const WIFI_REASON_TIMEOUT = 39;
export const WIFI_REASON_PEER_INITIATED = 46;
export const WIFI_REASON_AP_INITIATED = 47;
export const WIFI_REASON_INVALID_FT_ACTION_FRAME_COUNT = 48;
export const WIFI_REASON_INVALID_PMKID = 49;
export const WIFI_REASON_INVALID_MDE = 50;
export const WIFI_REASON_INVALID_FTE = 51;
export const WIFI_REASON_TRANSMISSION_LINK_ESTABLISH_FAILED = 67;
export const WIFI_REASON_ALTERATIVE_CHANNEL_OCCUPIED = 68;
export const WIFI_REASON_BEACON_TIMEOUT = 200;
export const WIFI_REASON_NO_AP_FOUND = 201;
export const WIFI_REASON_AUTH_FAIL = 202;
export const WIFI_REASON_ASSOC_FAIL = 203;
export const WIFI_REASON_HANDSHAKE_TIMEOUT = 204;
export const WIFI_REASON_CONNECTION_FAIL = 205;
export const WIFI_REASON_AP_TSF_RESET = 206;
export const WIFI_REASON_ROAMING = 207;
export const WIFI_REASON_ASSOC_COMEBACK_TIME_TOO_LONG = 208;
export const WIFI_REASON_SA_QUERY_TIMEOUT = 209;
export const WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY = 210;
export const WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD = 211;
export const WIFI_REASON_NO_AP_FOUND_IN_RSSI_THRESHOLD = 212;

const REASON_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries({
    WIFI_REASON_UNSPECIFIED,
    WIFI_REASON_AUTH_EXPIRE,
    WIFI_REASON_AUTH_LEAVE,
    WIFI_REASON_ASSOC_EXPIRE,
    WIFI_REASON_ASSOC_TOOMANY,
    WIFI_REASON_NOT_AUTHED,
    WIFI_REASON_NOT_ASSOCED,
    WIFI_REASON_ASSOC_LEAVE,
    WIFI_REASON_ASSOC_NOT_AUTHED,
    WIFI_REASON_DISASSOC_PWRCAP_BAD,
    WIFI_REASON_DISASSOC_SUPCHAN_BAD,
    WIFI_REASON_BSS_TRANSITION_DISASSOC,
    WIFI_REASON_IE_INVALID,
    WIFI_REASON_MIC_FAILURE,
    WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT,
    WIFI_REASON_GROUP_KEY_UPDATE_TIMEOUT,
    WIFI_REASON_IE_IN_4WAY_DIFFERS,
    WIFI_REASON_GROUP_CIPHER_INVALID,
    WIFI_REASON_PAIRWISE_CIPHER_INVALID,
    WIFI_REASON_AKMP_INVALID,
    WIFI_REASON_UNSUPP_RSN_IE_VERSION,
    WIFI_REASON_INVALID_RSN_IE_CAP,
    WIFI_REASON_802_1X_AUTH_FAILED,
    WIFI_REASON_CIPHER_SUITE_REJECTED,
    WIFI_REASON_TDLS_PEER_UNREACHABLE,
    WIFI_REASON_TDLS_UNSPECIFIED,
    WIFI_REASON_SSP_REQUESTED_DISASSOC,
    WIFI_REASON_NO_SSP_ROAMING_AGREEMENT,
    WIFI_REASON_BAD_CIPHER_OR_AKM,
    WIFI_REASON_NOT_AUTHORIZED_THIS_LOCATION,
    WIFI_REASON_SERVICE_CHANGE_PERCLUDES_TS,
    WIFI_REASON_UNSPECIFIED_QOS,
    WIFI_REASON_NOT_ENOUGH_BANDWIDTH,
    WIFI_REASON_MISSING_ACKS,
    WIFI_REASON_EXCEEDED_TXOP,
    WIFI_REASON_STA_LEAVING,
    WIFI_REASON_END_BA,
    WIFI_REASON_UNKNOWN_BA,
    WIFI_REASON_TIMEOUT,
    WIFI_REASON_PEER_INITIATED,
    WIFI_REASON_AP_INITIATED,
    WIFI_REASON_INVALID_FT_ACTION_FRAME_COUNT,
    WIFI_REASON_INVALID_PMKID,
    WIFI_REASON_INVALID_MDE,
    WIFI_REASON_INVALID_FTE,
    WIFI_REASON_TRANSMISSION_LINK_ESTABLISH_FAILED,
    WIFI_REASON_ALTERATIVE_CHANNEL_OCCUPIED,
    WIFI_REASON_BEACON_TIMEOUT,
    WIFI_REASON_NO_AP_FOUND,
    WIFI_REASON_AUTH_FAIL,
    WIFI_REASON_ASSOC_FAIL,
    WIFI_REASON_HANDSHAKE_TIMEOUT,
    WIFI_REASON_CONNECTION_FAIL,
    WIFI_REASON_AP_TSF_RESET,
    WIFI_REASON_ROAMING,
    WIFI_REASON_ASSOC_COMEBACK_TIME_TOO_LONG,
    WIFI_REASON_SA_QUERY_TIMEOUT,
    WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY,
    WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD,
    WIFI_REASON_NO_AP_FOUND_IN_RSSI_THRESHOLD,
  }).map(([name, reason]) => [reason, name]),
);

/** The name of a reason without its prefix, "BEACON_TIMEOUT"; the number as text for one that ESP-IDF has no name for. */
export function reasonName(reason: number): string {
  return REASON_NAMES.get(reason)?.replace('WIFI_REASON_', '') ?? String(reason);
}

export interface wifi_scan_threshold_t {
  /** dBm; 0 or left out: any. */
  readonly rssi?: number;
  /** The weakest that is accepted; WIFI_AUTH_OPEN if left out. */
  readonly authmode?: number;
}

/** What a station looks for. Everything but the SSID may be left out, as zeros are in C. */
export interface wifi_sta_config_t {
  readonly ssid: string;
  readonly password?: string;
  readonly scan_method?: number;
  readonly bssid_set?: boolean;
  /** "24:0a:c4:00:00:01" */
  readonly bssid?: string;
  /** Where a scan begins; 0 for anywhere. */
  readonly channel?: number;
  readonly sort_method?: number;
  readonly threshold?: wifi_scan_threshold_t;
  /** So often an access point is tried again before the next one is; with WIFI_ALL_CHANNEL_SCAN. */
  readonly failure_retry_cnt?: number;
}

export interface wifi_ap_config_t {
  readonly ssid: string;
  readonly password?: string;
  readonly channel?: number;
  /** WIFI_AUTH_OPEN if left out. */
  readonly authmode?: number;
  readonly ssid_hidden?: number;
  /** 4 if left out or 0. */
  readonly max_connection?: number;
}

/** A union in C: the interface says which of the two is meant. */
export interface wifi_config_t {
  sta?: wifi_sta_config_t;
  ap?: wifi_ap_config_t;
}

export interface wifi_scan_config_t {
  readonly ssid?: string | null;
  readonly bssid?: string | null;
  /** 0: all. */
  readonly channel?: number;
  readonly show_hidden?: boolean;
  readonly scan_type?: number;
  /** Milliseconds per channel. */
  readonly scan_time?: { readonly active?: { readonly min: number; readonly max: number }; readonly passive?: number };
}

export interface wifi_ap_record_t {
  readonly bssid: string;
  readonly ssid: string;
  /** Channel. */
  readonly primary: number;
  readonly rssi: number;
  readonly authmode: number;
  readonly pairwise_cipher: number;
  readonly group_cipher: number;
}

export interface wifi_sta_info_t {
  readonly mac: string;
  readonly rssi: number;
}

export interface wifi_sta_list_t {
  sta: readonly wifi_sta_info_t[];
  num: number;
}

export interface wifi_event_sta_scan_done_t {
  /** 0: success, 1: failure. */
  readonly status: number;
  readonly number: number;
  readonly scan_id: number;
}

export interface wifi_event_sta_connected_t {
  readonly ssid: string;
  readonly ssid_len: number;
  readonly bssid: string;
  readonly channel: number;
  readonly authmode: number;
  readonly aid: number;
}

export interface wifi_event_sta_disconnected_t {
  readonly ssid: string;
  readonly ssid_len: number;
  readonly bssid: string;
  readonly reason: number;
  readonly rssi: number;
}

export interface wifi_event_ap_staconnected_t {
  readonly mac: string;
  readonly aid: number;
  readonly is_mesh_child: boolean;
}

export interface wifi_event_ap_stadisconnected_t extends wifi_event_ap_staconnected_t {
  readonly reason: number;
}

export interface wifi_event_bss_rssi_low_t {
  readonly rssi: number;
}
