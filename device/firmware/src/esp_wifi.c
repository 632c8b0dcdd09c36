/* The Wi-Fi driver. It is the host's; here its structures are taken apart. What the twin's driver does not have is
 * refused. Source: ESP-IDF esp_wifi.h, wifi_default.c */
#include "esp_wifi.h"
#include <string.h>
#include "net.h"
#include "refused.h"

/* Calls without arguments but numbers, by number: wifi_imports.ts has the same list. */
enum wifi_call {
  INIT,
  DEINIT,
  SET_MODE,
  SET_STORAGE,
  RESTORE,
  START,
  STOP,
  CONNECT,
  DISCONNECT,
  SET_PS,
  SET_INACTIVE_TIME,
  SET_RSSI_THRESHOLD,
  SCAN_STOP,
  CLEAR_AP_LIST,
  DEAUTH_STA
};
/* Calls that give one number. */
enum wifi_number { MODE, PS, INACTIVE_TIME, RSSI, AID, AP_NUM };

esp_err_t host_wifi_call(enum wifi_call call, int a, int b) ESPB_IMPORT(wifi_call);
esp_err_t host_wifi_number(enum wifi_number number, int arg, int *out) ESPB_IMPORT(wifi_number);
esp_err_t host_wifi_set_config(int ifx, const wifi_config_t *config) ESPB_IMPORT(wifi_set_config);
esp_err_t host_wifi_get_config(int ifx, wifi_config_t *config) ESPB_IMPORT(wifi_get_config);
esp_err_t host_wifi_get_mac(int ifx, uint8_t *mac) ESPB_IMPORT(wifi_get_mac);
esp_err_t host_wifi_scan_start(const wifi_scan_config_t *config, bool block) ESPB_IMPORT(wifi_scan_start);
esp_err_t host_wifi_ap_records(int max, wifi_ap_record_t *records, int *count) ESPB_IMPORT(wifi_ap_records);
esp_err_t host_wifi_ap_info(wifi_ap_record_t *record) ESPB_IMPORT(wifi_ap_info);
esp_err_t host_wifi_sta_list(wifi_sta_list_t *list) ESPB_IMPORT(wifi_sta_list);
esp_err_t host_wifi_sta_aid(const uint8_t *mac, int *aid) ESPB_IMPORT(wifi_sta_aid);
int host_wifi_netif(int ifx, const esp_netif_inherent_config_t *config) ESP_IMPORT(wifi_netif); /* over the driver */
esp_err_t host_wifi_attach(int handle, int ifx) ESP_IMPORT(wifi_attach);
esp_err_t host_wifi_handlers(int ifx) ESPB_IMPORT(wifi_handlers);             /* the default ones */
esp_err_t host_wifi_clear(int handle) ESPB_IMPORT(wifi_clear);  /* driver and handlers of an interface */

/* The driver */

esp_err_t esp_wifi_init(const wifi_init_config_t *config) {
  if (config == NULL || config->magic != WIFI_INIT_CONFIG_MAGIC) {
    return ESP_ERR_INVALID_ARG;
  }
  return host_wifi_call(INIT, 0, 0);
}

esp_err_t esp_wifi_deinit(void) { return host_wifi_call(DEINIT, 0, 0); }

esp_err_t esp_wifi_set_mode(wifi_mode_t mode) { return host_wifi_call(SET_MODE, mode, 0); }

esp_err_t esp_wifi_set_storage(wifi_storage_t storage) { return host_wifi_call(SET_STORAGE, storage, 0); }

esp_err_t esp_wifi_restore(void) { return host_wifi_call(RESTORE, 0, 0); }

esp_err_t esp_wifi_start(void) { return host_wifi_call(START, 0, 0); }

esp_err_t esp_wifi_stop(void) { return host_wifi_call(STOP, 0, 0); }

esp_err_t esp_wifi_connect(void) { return host_wifi_call(CONNECT, 0, 0); }

esp_err_t esp_wifi_disconnect(void) { return host_wifi_call(DISCONNECT, 0, 0); }

esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) { return host_wifi_call(SET_PS, type, 0); }

esp_err_t esp_wifi_set_inactive_time(wifi_interface_t ifx, uint16_t sec) {
  return host_wifi_call(SET_INACTIVE_TIME, ifx, sec);
}

esp_err_t esp_wifi_set_rssi_threshold(int32_t rssi) { return host_wifi_call(SET_RSSI_THRESHOLD, rssi, 0); }

esp_err_t esp_wifi_scan_stop(void) { return host_wifi_call(SCAN_STOP, 0, 0); }

esp_err_t esp_wifi_clear_ap_list(void) { return host_wifi_call(CLEAR_AP_LIST, 0, 0); }

esp_err_t esp_wifi_deauth_sta(uint16_t aid) { return host_wifi_call(DEAUTH_STA, aid, 0); }

/* What it says */

#define GIVE_NUMBER(number, arg, out)                     \
  do {                                                    \
    int value = 0;                                        \
    if ((out) == NULL) {                                  \
      return ESP_ERR_INVALID_ARG;                         \
    }                                                     \
    esp_err_t err = host_wifi_number(number, arg, &value); \
    if (err == ESP_OK) {                                  \
      *(out) = value;                                     \
    }                                                     \
    return err;                                           \
  } while (0)

esp_err_t esp_wifi_get_mode(wifi_mode_t *mode) { GIVE_NUMBER(MODE, 0, mode); }

esp_err_t esp_wifi_get_ps(wifi_ps_type_t *type) { GIVE_NUMBER(PS, 0, type); }

esp_err_t esp_wifi_get_inactive_time(wifi_interface_t ifx, uint16_t *sec) { GIVE_NUMBER(INACTIVE_TIME, ifx, sec); }

esp_err_t esp_wifi_sta_get_rssi(int *rssi) { GIVE_NUMBER(RSSI, 0, rssi); }

esp_err_t esp_wifi_sta_get_aid(uint16_t *aid) { GIVE_NUMBER(AID, 0, aid); }

esp_err_t esp_wifi_scan_get_ap_num(uint16_t *number) { GIVE_NUMBER(AP_NUM, 0, number); }

esp_err_t esp_wifi_set_config(wifi_interface_t ifx, wifi_config_t *config) {
  return config == NULL ? ESP_ERR_INVALID_ARG : host_wifi_set_config(ifx, config);
}

esp_err_t esp_wifi_get_config(wifi_interface_t ifx, wifi_config_t *config) {
  if (config == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  memset(config, 0, sizeof(*config));
  return host_wifi_get_config(ifx, config);
}

esp_err_t esp_wifi_get_mac(wifi_interface_t ifx, uint8_t mac[6]) {
  return mac == NULL ? ESP_ERR_INVALID_ARG : host_wifi_get_mac(ifx, mac);
}

esp_err_t esp_wifi_scan_start(const wifi_scan_config_t *config, bool block) {
  return host_wifi_scan_start(config, block);
}

esp_err_t esp_wifi_scan_get_ap_records(uint16_t *number, wifi_ap_record_t *records) {
  if (number == NULL || records == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  int count = 0;
  memset(records, 0, *number * sizeof(*records));
  esp_err_t err = host_wifi_ap_records(*number, records, &count);
  if (err == ESP_OK) {
    *number = (uint16_t)count;
  }
  return err;
}

esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *record) {
  if (record == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  memset(record, 0, sizeof(*record));
  return host_wifi_ap_info(record);
}

esp_err_t esp_wifi_ap_get_sta_list(wifi_sta_list_t *list) {
  if (list == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  memset(list, 0, sizeof(*list));
  return host_wifi_sta_list(list);
}

esp_err_t esp_wifi_ap_get_sta_aid(const uint8_t mac[6], uint16_t *aid) {
  int value = 0;
  esp_err_t err = mac == NULL || aid == NULL ? ESP_ERR_INVALID_ARG : host_wifi_sta_aid(mac, &value);
  if (err == ESP_OK) {
    *aid = (uint16_t)value;
  }
  return err;
}

/* Interfaces over it */

esp_netif_t *esp_netif_create_wifi(wifi_interface_t ifx, const esp_netif_inherent_config_t *config) {
  return config == NULL ? NULL : esp_netif_of_handle(host_wifi_netif(ifx, config));
}

static esp_netif_t *create_default(wifi_interface_t ifx, const esp_netif_inherent_config_t *config) {
  esp_netif_t *netif = esp_netif_create_wifi(ifx, config);
  if (netif == NULL) {
    esp_panic("assert", "assert failed: esp_netif_create_default_wifi(): there is an interface \"%s\" already",
              config->if_key);
  }
  ESP_ERROR_CHECK(host_wifi_handlers(ifx));
  return netif;
}

esp_netif_t *esp_netif_create_default_wifi_sta(void) {
  return create_default(WIFI_IF_STA, ESP_NETIF_BASE_DEFAULT_WIFI_STA);
}

esp_netif_t *esp_netif_create_default_wifi_ap(void) {
  return create_default(WIFI_IF_AP, ESP_NETIF_BASE_DEFAULT_WIFI_AP);
}

esp_err_t esp_netif_attach_wifi_station(esp_netif_t *netif) {
  return netif == NULL ? ESP_ERR_INVALID_ARG : host_wifi_attach(netif->handle, WIFI_IF_STA);
}

esp_err_t esp_netif_attach_wifi_ap(esp_netif_t *netif) {
  return netif == NULL ? ESP_ERR_INVALID_ARG : host_wifi_attach(netif->handle, WIFI_IF_AP);
}

esp_err_t esp_wifi_set_default_wifi_sta_handlers(void) { return host_wifi_handlers(WIFI_IF_STA); }

esp_err_t esp_wifi_set_default_wifi_ap_handlers(void) { return host_wifi_handlers(WIFI_IF_AP); }

esp_err_t esp_wifi_clear_default_wifi_driver_and_handlers(void *netif) {
  return netif == NULL ? ESP_ERR_INVALID_ARG : host_wifi_clear(((esp_netif_t *)netif)->handle);
}

void esp_netif_destroy_default_wifi(void *netif) {
  if (netif != NULL) {
    host_wifi_clear(((esp_netif_t *)netif)->handle);
    esp_netif_destroy(netif);
  }
}

/* Refused */

#define NOT_MODELLED "the radio itself is not modelled: no channels, countries, rates, power or protocols."

REFUSED(esp_wifi_clear_fast_connect, (void), NOT_MODELLED)
REFUSED(esp_wifi_set_scan_parameters, (const wifi_scan_default_params_t *config), NOT_MODELLED)
REFUSED(esp_wifi_get_scan_parameters, (wifi_scan_default_params_t *config), NOT_MODELLED)
REFUSED(esp_wifi_scan_get_ap_record, (wifi_ap_record_t *ap_record), NOT_MODELLED)
REFUSED(esp_wifi_set_protocol, (wifi_interface_t ifx, uint8_t protocol_bitmap), NOT_MODELLED)
REFUSED(esp_wifi_get_protocol, (wifi_interface_t ifx, uint8_t *protocol_bitmap), NOT_MODELLED)
REFUSED(esp_wifi_set_bandwidth, (wifi_interface_t ifx, wifi_bandwidth_t bw), NOT_MODELLED)
REFUSED(esp_wifi_get_bandwidth, (wifi_interface_t ifx, wifi_bandwidth_t *bw), NOT_MODELLED)
REFUSED(esp_wifi_set_channel, (uint8_t primary, wifi_second_chan_t second), NOT_MODELLED)
REFUSED(esp_wifi_get_channel, (uint8_t *primary, wifi_second_chan_t *second), NOT_MODELLED)
REFUSED(esp_wifi_get_home_channel, (uint8_t *primary, wifi_second_chan_t *second), NOT_MODELLED)
REFUSED(esp_wifi_set_country, (const wifi_country_t *country), NOT_MODELLED)
REFUSED(esp_wifi_get_country, (wifi_country_t *country), NOT_MODELLED)
REFUSED(esp_wifi_set_mac, (wifi_interface_t ifx, const uint8_t mac[6]), NOT_MODELLED)
REFUSED(esp_wifi_set_max_tx_power, (int8_t power), NOT_MODELLED)
REFUSED(esp_wifi_get_max_tx_power, (int8_t *power), NOT_MODELLED)
REFUSED(esp_wifi_set_event_mask, (uint32_t mask), NOT_MODELLED)
REFUSED(esp_wifi_get_event_mask, (uint32_t *mask), NOT_MODELLED)
REFUSED(esp_wifi_statis_dump, (uint32_t modules), NOT_MODELLED)
REFUSED(esp_wifi_config_11b_rate, (wifi_interface_t ifx, bool disable), NOT_MODELLED)
REFUSED(esp_wifi_connectionless_module_set_wake_interval, (uint16_t wake_interval), NOT_MODELLED)
REFUSED(esp_wifi_force_wakeup_acquire, (void), NOT_MODELLED)
REFUSED(esp_wifi_force_wakeup_release, (void), NOT_MODELLED)
REFUSED(esp_wifi_set_country_code, (const char *country, bool ieee80211d_enabled), NOT_MODELLED)
REFUSED(esp_wifi_get_country_code, (char *country), NOT_MODELLED)
REFUSED(esp_wifi_disable_pmf_config, (wifi_interface_t ifx), NOT_MODELLED)
REFUSED(esp_wifi_sta_get_negotiated_phymode, (wifi_phy_mode_t *phymode), NOT_MODELLED)
REFUSED(esp_wifi_set_dynamic_cs, (bool enabled), NOT_MODELLED)
REFUSED(esp_wifi_set_band, (wifi_band_t band), NOT_MODELLED)
REFUSED(esp_wifi_get_band, (wifi_band_t *band), NOT_MODELLED)
REFUSED(esp_wifi_set_band_mode, (wifi_band_mode_t band_mode), NOT_MODELLED)
REFUSED(esp_wifi_get_band_mode, (wifi_band_mode_t *band_mode), NOT_MODELLED)
REFUSED(esp_wifi_coex_pwr_configure, (bool enabled), NOT_MODELLED)
REFUSED(esp_wifi_beacon_offset_sample_beacon, (void), NOT_MODELLED)

int64_t esp_wifi_get_tsf_time(wifi_interface_t interface) {
  REFUSE(NOT_MODELLED);
  return 0;
}
