/** Results of esp_netif calls. Source: ESP-IDF esp_err.h, esp_netif_types.h */

export type esp_err_t = number;

export const ESP_OK = 0;
export const ESP_ERR_ESP_NETIF_INVALID_PARAMS = 0x5001;
export const ESP_ERR_ESP_NETIF_IF_NOT_READY = 0x5002;
export const ESP_ERR_ESP_NETIF_DHCPC_START_FAILED = 0x5003;
export const ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED = 0x5004;
export const ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED = 0x5005;
export const ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED = 0x5007;
export const ESP_ERR_ESP_NETIF_DHCPS_START_FAILED = 0x500d;

const NAMES: ReadonlyMap<esp_err_t, string> = new Map([
  [ESP_OK, 'ESP_OK'],
  [ESP_ERR_ESP_NETIF_INVALID_PARAMS, 'ESP_ERR_ESP_NETIF_INVALID_PARAMS'],
  [ESP_ERR_ESP_NETIF_IF_NOT_READY, 'ESP_ERR_ESP_NETIF_IF_NOT_READY'],
  [ESP_ERR_ESP_NETIF_DHCPC_START_FAILED, 'ESP_ERR_ESP_NETIF_DHCPC_START_FAILED'],
  [ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, 'ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED'],
  [ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED, 'ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED'],
  [ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED, 'ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED'],
  [ESP_ERR_ESP_NETIF_DHCPS_START_FAILED, 'ESP_ERR_ESP_NETIF_DHCPS_START_FAILED'],
]);

/** The name of a result, "ESP_OK"; "UNKNOWN ERROR" for numbers that esp_netif does not return. Source: esp_err_to_name() */
export function esp_err_to_name(code: esp_err_t): string {
  return NAMES.get(code) ?? 'UNKNOWN ERROR';
}
