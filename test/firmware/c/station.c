/* A station that tells what it hears of the network, scans the air, and connects again when it has lost its access point. */
#include <stdio.h>
#include <string.h>
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_wifi.h"
#include "freertos/event_groups.h"
#include "nvs_flash.h"

static const char *TAG = "station";
static EventGroupHandle_t group;
#define GOT_IP BIT0

static void on_wifi(void *arg, esp_event_base_t base, int32_t id, void *data) {
  if (id == WIFI_EVENT_STA_START) {
    ESP_LOGI(TAG, "start");
  } else if (id == WIFI_EVENT_STA_CONNECTED) {
    wifi_event_sta_connected_t *event = data;
    ESP_LOGI(TAG, "connected to %.*s, channel %d, authmode %d", event->ssid_len, event->ssid, event->channel,
             event->authmode);
  } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
    wifi_event_sta_disconnected_t *event = data;
    ESP_LOGI(TAG, "disconnected from %s, reason %d", event->ssid, event->reason);
    esp_wifi_connect();
  }
}

static void on_ip(void *arg, esp_event_base_t base, int32_t id, void *data) {
  ip_event_got_ip_t *event = data;
  if (id == IP_EVENT_STA_GOT_IP) {
    ESP_LOGI(TAG, "%s has " IPSTR ", gateway " IPSTR, esp_netif_get_ifkey(event->esp_netif), IP2STR(&event->ip_info.ip),
             IP2STR(&event->ip_info.gw));
    if (event->esp_netif != esp_netif_get_handle_from_ifkey("WIFI_STA_DEF")) {
      ESP_LOGE(TAG, "not the same interface");
    }
    xEventGroupSetBits(group, GOT_IP);
  }
}

static void scan(void) {
  uint16_t number = 4;
  wifi_ap_record_t records[4];
  ESP_ERROR_CHECK(esp_wifi_scan_start(NULL, true));
  ESP_ERROR_CHECK(esp_wifi_scan_get_ap_records(&number, records));
  for (int i = 0; i < number; i++) {
    ESP_LOGI(TAG, "scan: %s channel %d rssi %d authmode %d", records[i].ssid, records[i].primary, records[i].rssi,
             records[i].authmode);
  }
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  group = xEventGroupCreate();
  esp_netif_create_default_wifi_sta();
  wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
  ESP_ERROR_CHECK(esp_wifi_init(&init));
  ESP_ERROR_CHECK(esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL, NULL));
  ESP_ERROR_CHECK(esp_event_handler_instance_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_ip, NULL, NULL));
  wifi_config_t config = {.sta = {.ssid = "home", .password = "open sesame", .threshold.authmode = WIFI_AUTH_WPA2_PSK}};
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_STA, &config));
  ESP_ERROR_CHECK(esp_wifi_start());
  scan();
  ESP_ERROR_CHECK(esp_wifi_connect());
  xEventGroupWaitBits(group, GOT_IP, pdTRUE, pdTRUE, portMAX_DELAY);
  wifi_config_t read;
  ESP_ERROR_CHECK(esp_wifi_get_config(WIFI_IF_STA, &read));
  wifi_ap_record_t ap;
  ESP_ERROR_CHECK(esp_wifi_sta_get_ap_info(&ap));
  ESP_LOGI(TAG, "%s is %s, threshold %d", read.sta.ssid, ap.ssid, read.sta.threshold.authmode);
  xEventGroupWaitBits(group, GOT_IP, pdTRUE, pdTRUE, portMAX_DELAY);
  ESP_LOGI(TAG, "again");
}
