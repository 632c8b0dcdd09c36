/* ESP-IDF: the Wi-Fi driver. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "esp_err.h"
#include "esp_event.h"
#include "esp_wifi_default.h"
#include "esp_wifi_types.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"

#define ESP_ERR_WIFI_NOT_INIT 0x3001
#define ESP_ERR_WIFI_NOT_STARTED 0x3002
#define ESP_ERR_WIFI_NOT_STOPPED 0x3003
#define ESP_ERR_WIFI_IF 0x3004
#define ESP_ERR_WIFI_MODE 0x3005
#define ESP_ERR_WIFI_STATE 0x3006
#define ESP_ERR_WIFI_CONN 0x3007
#define ESP_ERR_WIFI_NVS 0x3008
#define ESP_ERR_WIFI_MAC 0x3009
#define ESP_ERR_WIFI_SSID 0x300a
#define ESP_ERR_WIFI_PASSWORD 0x300b
#define ESP_ERR_WIFI_TIMEOUT 0x300c
#define ESP_ERR_WIFI_WAKE_FAIL 0x300d
#define ESP_ERR_WIFI_WOULD_BLOCK 0x300e
#define ESP_ERR_WIFI_NOT_CONNECT 0x300f
#define ESP_ERR_WIFI_POST 0x3012
#define ESP_ERR_WIFI_INIT_STATE 0x3013
#define ESP_ERR_WIFI_STOP_STATE 0x3014
#define ESP_ERR_WIFI_NOT_ASSOC 0x3015
#define ESP_ERR_WIFI_TX_DISALLOW 0x3016
#define ESP_ERR_WIFI_TWT_FULL 0x3017
#define ESP_ERR_WIFI_TWT_SETUP_TIMEOUT 0x3018
#define ESP_ERR_WIFI_TWT_SETUP_TXFAIL 0x3019
#define ESP_ERR_WIFI_TWT_SETUP_REJECT 0x301a
#define ESP_ERR_WIFI_DISCARD 0x301b
#define ESP_ERR_WIFI_ROC_IN_PROGRESS 0x301c

#define WIFI_INIT_CONFIG_MAGIC 0x1F2F3F4F

typedef struct {
  void *osi_funcs;
  int static_rx_buf_num;
  int dynamic_rx_buf_num;
  int tx_buf_type;
  int static_tx_buf_num;
  int dynamic_tx_buf_num;
  int rx_mgmt_buf_type;
  int rx_mgmt_buf_num;
  int cache_tx_buf_num;
  int csi_enable;
  int ampdu_rx_enable;
  int ampdu_tx_enable;
  int amsdu_tx_enable;
  int nvs_enable;
  int nano_enable;
  int rx_ba_win;
  int wifi_task_core_id;
  int beacon_max_len;
  int mgmt_sbuf_num;
  uint64_t feature_caps;
  bool sta_disconnected_pm;
  int espnow_max_encrypt_num;
  int tx_hetb_queue_num;
  bool dump_hesigb_enable;
  int magic;
} wifi_init_config_t;

#define WIFI_INIT_CONFIG_DEFAULT()                                                                              \
  {                                                                                                             \
    .osi_funcs = NULL, .static_rx_buf_num = 10, .dynamic_rx_buf_num = 32, .tx_buf_type = 1,                     \
    .static_tx_buf_num = 0, .dynamic_tx_buf_num = 32, .rx_mgmt_buf_type = 0, .rx_mgmt_buf_num = 5,              \
    .cache_tx_buf_num = 0, .csi_enable = 0, .ampdu_rx_enable = 1, .ampdu_tx_enable = 1, .amsdu_tx_enable = 0,   \
    .nvs_enable = 1, .nano_enable = 0, .rx_ba_win = 6, .wifi_task_core_id = 0, .beacon_max_len = 752,           \
    .mgmt_sbuf_num = 32, .feature_caps = 0, .sta_disconnected_pm = true, .espnow_max_encrypt_num = 7,           \
    .tx_hetb_queue_num = 0, .dump_hesigb_enable = false, .magic = WIFI_INIT_CONFIG_MAGIC                        \
  }

__BEGIN_DECLS
esp_err_t esp_wifi_init(const wifi_init_config_t *config);
esp_err_t esp_wifi_deinit(void);
esp_err_t esp_wifi_set_mode(wifi_mode_t mode);
esp_err_t esp_wifi_get_mode(wifi_mode_t *mode);
esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_stop(void);
esp_err_t esp_wifi_restore(void);
esp_err_t esp_wifi_connect(void);
esp_err_t esp_wifi_disconnect(void);
esp_err_t esp_wifi_clear_fast_connect(void);
esp_err_t esp_wifi_deauth_sta(uint16_t aid);
esp_err_t esp_wifi_scan_start(const wifi_scan_config_t *config, bool block);
esp_err_t esp_wifi_set_scan_parameters(const wifi_scan_default_params_t *config);
esp_err_t esp_wifi_get_scan_parameters(wifi_scan_default_params_t *config);
esp_err_t esp_wifi_scan_stop(void);
esp_err_t esp_wifi_scan_get_ap_num(uint16_t *number);
esp_err_t esp_wifi_scan_get_ap_records(uint16_t *number, wifi_ap_record_t *ap_records);
esp_err_t esp_wifi_scan_get_ap_record(wifi_ap_record_t *ap_record);
esp_err_t esp_wifi_clear_ap_list(void);
esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *ap_info);
esp_err_t esp_wifi_set_ps(wifi_ps_type_t type);
esp_err_t esp_wifi_get_ps(wifi_ps_type_t *type);
esp_err_t esp_wifi_set_protocol(wifi_interface_t ifx, uint8_t protocol_bitmap);
esp_err_t esp_wifi_get_protocol(wifi_interface_t ifx, uint8_t *protocol_bitmap);
esp_err_t esp_wifi_set_bandwidth(wifi_interface_t ifx, wifi_bandwidth_t bw);
esp_err_t esp_wifi_get_bandwidth(wifi_interface_t ifx, wifi_bandwidth_t *bw);
esp_err_t esp_wifi_set_channel(uint8_t primary, wifi_second_chan_t second);
esp_err_t esp_wifi_get_channel(uint8_t *primary, wifi_second_chan_t *second);
esp_err_t esp_wifi_get_home_channel(uint8_t *primary, wifi_second_chan_t *second);
esp_err_t esp_wifi_set_country(const wifi_country_t *country);
esp_err_t esp_wifi_get_country(wifi_country_t *country);
esp_err_t esp_wifi_set_mac(wifi_interface_t ifx, const uint8_t mac[6]);
esp_err_t esp_wifi_get_mac(wifi_interface_t ifx, uint8_t mac[6]);
esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *conf);
esp_err_t esp_wifi_get_config(wifi_interface_t interface, wifi_config_t *conf);
esp_err_t esp_wifi_ap_get_sta_list(wifi_sta_list_t *sta);
esp_err_t esp_wifi_ap_get_sta_aid(const uint8_t mac[6], uint16_t *aid);
esp_err_t esp_wifi_set_storage(wifi_storage_t storage);
esp_err_t esp_wifi_set_max_tx_power(int8_t power);
esp_err_t esp_wifi_get_max_tx_power(int8_t *power);
esp_err_t esp_wifi_set_event_mask(uint32_t mask);
esp_err_t esp_wifi_get_event_mask(uint32_t *mask);
int64_t esp_wifi_get_tsf_time(wifi_interface_t interface);
esp_err_t esp_wifi_set_inactive_time(wifi_interface_t ifx, uint16_t sec);
esp_err_t esp_wifi_get_inactive_time(wifi_interface_t ifx, uint16_t *sec);
esp_err_t esp_wifi_statis_dump(uint32_t modules);
esp_err_t esp_wifi_set_rssi_threshold(int32_t rssi);
esp_err_t esp_wifi_config_11b_rate(wifi_interface_t ifx, bool disable);
esp_err_t esp_wifi_connectionless_module_set_wake_interval(uint16_t wake_interval);
esp_err_t esp_wifi_force_wakeup_acquire(void);
esp_err_t esp_wifi_force_wakeup_release(void);
esp_err_t esp_wifi_set_country_code(const char *country, bool ieee80211d_enabled);
esp_err_t esp_wifi_get_country_code(char *country);
esp_err_t esp_wifi_disable_pmf_config(wifi_interface_t ifx);
esp_err_t esp_wifi_sta_get_aid(uint16_t *aid);
esp_err_t esp_wifi_sta_get_negotiated_phymode(wifi_phy_mode_t *phymode);
esp_err_t esp_wifi_set_dynamic_cs(bool enabled);
esp_err_t esp_wifi_sta_get_rssi(int *rssi);
esp_err_t esp_wifi_set_band(wifi_band_t band);
esp_err_t esp_wifi_get_band(wifi_band_t *band);
esp_err_t esp_wifi_set_band_mode(wifi_band_mode_t band_mode);
esp_err_t esp_wifi_get_band_mode(wifi_band_mode_t *band_mode);
esp_err_t esp_wifi_coex_pwr_configure(bool enabled);
esp_err_t esp_wifi_beacon_offset_sample_beacon(void);
__END_DECLS
