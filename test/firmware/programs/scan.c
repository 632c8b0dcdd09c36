/* Which access points are there? */
#include <string.h>
#include <stdlib.h>
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "esp_wifi.h"
#include "esp_log.h"
#include "esp_event.h"
#include "nvs_flash.h"

static const char *TAG = "scan";

static const char *name_of(wifi_auth_mode_t mode)
{
    switch (mode) {
    case WIFI_AUTH_OPEN:
        return "open";
    case WIFI_AUTH_WPA_PSK:
        return "WPA";
    case WIFI_AUTH_WPA2_PSK:
        return "WPA2";
    case WIFI_AUTH_WPA_WPA2_PSK:
        return "WPA or WPA2";
    case WIFI_AUTH_WPA3_PSK:
        return "WPA3";
    case WIFI_AUTH_WPA2_WPA3_PSK:
        return "WPA2 or WPA3";
    default:
        return "other";
    }
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    esp_netif_t *sta = esp_netif_create_default_wifi_sta();
    assert(sta);
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    ESP_ERROR_CHECK(esp_wifi_init(&init));
    ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
    ESP_ERROR_CHECK(esp_wifi_start());
    ESP_ERROR_CHECK(esp_wifi_scan_start(NULL, true));

    uint16_t found = 0;
    uint16_t count = CONFIG_EXAMPLE_SCAN_LIST_SIZE;
    wifi_ap_record_t *records = calloc(count, sizeof(*records));
    ESP_ERROR_CHECK(esp_wifi_scan_get_ap_num(&found));
    ESP_ERROR_CHECK(esp_wifi_scan_get_ap_records(&count, records));
    ESP_LOGI(TAG, "%u found, %u listed", found, count);
    for (int i = 0; i < count; i++) {
        ESP_LOGI(TAG, "%-20s channel %2d, %4d dBm, %s", records[i].ssid, records[i].primary, records[i].rssi,
                 name_of(records[i].authmode));
    }
    free(records);
}
