/* Wi-Fi: a board without an access point has no driver; every call says so. Interfaces with static addresses are there
 * from the beginning. */
#include "esp_wifi.h"
#include "refused.h"

ESP_EVENT_DEFINE_BASE(WIFI_EVENT);

#define NO_WIFI "this board has no Wi-Fi driver; its interfaces have static addresses."

REFUSED(esp_wifi_init, (const wifi_init_config_t *config), NO_WIFI)
REFUSED(esp_wifi_deinit, (void), NO_WIFI)
REFUSED(esp_wifi_set_mode, (wifi_mode_t mode), NO_WIFI)
REFUSED(esp_wifi_get_mode, (wifi_mode_t *mode), NO_WIFI)
REFUSED(esp_wifi_start, (void), NO_WIFI)
REFUSED(esp_wifi_stop, (void), NO_WIFI)
REFUSED(esp_wifi_restore, (void), NO_WIFI)
REFUSED(esp_wifi_connect, (void), NO_WIFI)
REFUSED(esp_wifi_disconnect, (void), NO_WIFI)
REFUSED(esp_wifi_clear_fast_connect, (void), NO_WIFI)
REFUSED(esp_wifi_deauth_sta, (uint16_t aid), NO_WIFI)
REFUSED(esp_wifi_scan_start, (const wifi_scan_config_t *config, bool block), NO_WIFI)
REFUSED(esp_wifi_set_scan_parameters, (const wifi_scan_default_params_t *config), NO_WIFI)
REFUSED(esp_wifi_get_scan_parameters, (wifi_scan_default_params_t *config), NO_WIFI)
REFUSED(esp_wifi_scan_stop, (void), NO_WIFI)
REFUSED(esp_wifi_scan_get_ap_num, (uint16_t *number), NO_WIFI)
REFUSED(esp_wifi_scan_get_ap_records, (uint16_t *number, wifi_ap_record_t *ap_records), NO_WIFI)
REFUSED(esp_wifi_scan_get_ap_record, (wifi_ap_record_t *ap_record), NO_WIFI)
REFUSED(esp_wifi_clear_ap_list, (void), NO_WIFI)
REFUSED(esp_wifi_sta_get_ap_info, (wifi_ap_record_t *ap_info), NO_WIFI)
REFUSED(esp_wifi_set_ps, (wifi_ps_type_t type), NO_WIFI)
REFUSED(esp_wifi_get_ps, (wifi_ps_type_t *type), NO_WIFI)
REFUSED(esp_wifi_set_protocol, (wifi_interface_t ifx, uint8_t protocol_bitmap), NO_WIFI)
REFUSED(esp_wifi_get_protocol, (wifi_interface_t ifx, uint8_t *protocol_bitmap), NO_WIFI)
REFUSED(esp_wifi_set_bandwidth, (wifi_interface_t ifx, wifi_bandwidth_t bw), NO_WIFI)
REFUSED(esp_wifi_get_bandwidth, (wifi_interface_t ifx, wifi_bandwidth_t *bw), NO_WIFI)
REFUSED(esp_wifi_set_channel, (uint8_t primary, wifi_second_chan_t second), NO_WIFI)
REFUSED(esp_wifi_get_channel, (uint8_t *primary, wifi_second_chan_t *second), NO_WIFI)
REFUSED(esp_wifi_get_home_channel, (uint8_t *primary, wifi_second_chan_t *second), NO_WIFI)
REFUSED(esp_wifi_set_country, (const wifi_country_t *country), NO_WIFI)
REFUSED(esp_wifi_get_country, (wifi_country_t *country), NO_WIFI)
REFUSED(esp_wifi_set_mac, (wifi_interface_t ifx, const uint8_t mac[6]), NO_WIFI)
REFUSED(esp_wifi_get_mac, (wifi_interface_t ifx, uint8_t mac[6]), NO_WIFI)
REFUSED(esp_wifi_set_config, (wifi_interface_t interface, wifi_config_t *conf), NO_WIFI)
REFUSED(esp_wifi_get_config, (wifi_interface_t interface, wifi_config_t *conf), NO_WIFI)
REFUSED(esp_wifi_ap_get_sta_list, (wifi_sta_list_t *sta), NO_WIFI)
REFUSED(esp_wifi_ap_get_sta_aid, (const uint8_t mac[6], uint16_t *aid), NO_WIFI)
REFUSED(esp_wifi_set_storage, (wifi_storage_t storage), NO_WIFI)
REFUSED(esp_wifi_set_max_tx_power, (int8_t power), NO_WIFI)
REFUSED(esp_wifi_get_max_tx_power, (int8_t *power), NO_WIFI)
REFUSED(esp_wifi_set_event_mask, (uint32_t mask), NO_WIFI)
REFUSED(esp_wifi_get_event_mask, (uint32_t *mask), NO_WIFI)
REFUSED(esp_wifi_set_inactive_time, (wifi_interface_t ifx, uint16_t sec), NO_WIFI)
REFUSED(esp_wifi_get_inactive_time, (wifi_interface_t ifx, uint16_t *sec), NO_WIFI)
REFUSED(esp_wifi_statis_dump, (uint32_t modules), NO_WIFI)
REFUSED(esp_wifi_set_rssi_threshold, (int32_t rssi), NO_WIFI)
REFUSED(esp_wifi_config_11b_rate, (wifi_interface_t ifx, bool disable), NO_WIFI)
REFUSED(esp_wifi_connectionless_module_set_wake_interval, (uint16_t wake_interval), NO_WIFI)
REFUSED(esp_wifi_force_wakeup_acquire, (void), NO_WIFI)
REFUSED(esp_wifi_force_wakeup_release, (void), NO_WIFI)
REFUSED(esp_wifi_set_country_code, (const char *country, bool ieee80211d_enabled), NO_WIFI)
REFUSED(esp_wifi_get_country_code, (char *country), NO_WIFI)
REFUSED(esp_wifi_disable_pmf_config, (wifi_interface_t ifx), NO_WIFI)
REFUSED(esp_wifi_sta_get_aid, (uint16_t *aid), NO_WIFI)
REFUSED(esp_wifi_sta_get_negotiated_phymode, (wifi_phy_mode_t *phymode), NO_WIFI)
REFUSED(esp_wifi_set_dynamic_cs, (bool enabled), NO_WIFI)
REFUSED(esp_wifi_sta_get_rssi, (int *rssi), NO_WIFI)
REFUSED(esp_wifi_set_band, (wifi_band_t band), NO_WIFI)
REFUSED(esp_wifi_get_band, (wifi_band_t *band), NO_WIFI)
REFUSED(esp_wifi_set_band_mode, (wifi_band_mode_t band_mode), NO_WIFI)
REFUSED(esp_wifi_get_band_mode, (wifi_band_mode_t *band_mode), NO_WIFI)
REFUSED(esp_wifi_coex_pwr_configure, (bool enabled), NO_WIFI)
REFUSED(esp_wifi_beacon_offset_sample_beacon, (void), NO_WIFI)
REFUSED(esp_netif_attach_wifi_station, (esp_netif_t *esp_netif), NO_WIFI)
REFUSED(esp_netif_attach_wifi_ap, (esp_netif_t *esp_netif), NO_WIFI)
REFUSED(esp_wifi_set_default_wifi_sta_handlers, (void), NO_WIFI)
REFUSED(esp_wifi_set_default_wifi_ap_handlers, (void), NO_WIFI)
REFUSED(esp_wifi_clear_default_wifi_driver_and_handlers, (void *esp_netif), NO_WIFI)

int64_t esp_wifi_get_tsf_time(wifi_interface_t interface) {
  REFUSE(NO_WIFI);
  return 0;
}

esp_netif_t *esp_netif_create_default_wifi_ap(void) {
  REFUSE(NO_WIFI);
  return NULL;
}

esp_netif_t *esp_netif_create_default_wifi_sta(void) {
  REFUSE(NO_WIFI);
  return NULL;
}

esp_netif_t *esp_netif_create_wifi(wifi_interface_t wifi_if, const esp_netif_inherent_config_t *esp_netif_config) {
  REFUSE(NO_WIFI);
  return NULL;
}

void esp_netif_destroy_default_wifi(void *esp_netif) {
  REFUSE(NO_WIFI);
}
