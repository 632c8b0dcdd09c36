/* A station that joins its access point again whenever it has lost it, CONFIG_EXAMPLE_MAXIMUM_RETRY times in a row. */
#include <string.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "freertos/event_groups.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "esp_event.h"
#include "esp_log.h"
#include "nvs_flash.h"

#include "lwip/err.h"
#include "lwip/sys.h"

#define JOINED BIT0
#define GAVE_UP BIT1

static const char *TAG = "station";
static EventGroupHandle_t outcome;
static int attempts;

static void on_wifi(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    if (id == WIFI_EVENT_STA_START) {
        ESP_ERROR_CHECK(esp_wifi_connect());
    } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
        wifi_event_sta_disconnected_t *lost = data;
        ESP_LOGW(TAG, "not connected, reason %d", lost->reason);
        if (attempts++ < CONFIG_EXAMPLE_MAXIMUM_RETRY) {
            esp_wifi_connect();
        } else {
            xEventGroupSetBits(outcome, GAVE_UP);
        }
    }
}

static void on_ip(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    ip_event_got_ip_t *got = data;
    ESP_LOGI(TAG, "address " IPSTR "%s", IP2STR(&got->ip_info.ip), got->ip_changed ? ", a new one" : "");
    attempts = 0;
    xEventGroupSetBits(outcome, JOINED);
}

static void start_station(void)
{
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    esp_netif_create_default_wifi_sta();
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    ESP_ERROR_CHECK(esp_wifi_init(&init));

    esp_event_handler_instance_t any_wifi, got_ip;
    ESP_ERROR_CHECK(esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID, &on_wifi, NULL, &any_wifi));
    ESP_ERROR_CHECK(esp_event_handler_instance_register(IP_EVENT, IP_EVENT_STA_GOT_IP, &on_ip, NULL, &got_ip));

    wifi_config_t config = {
        .sta = {
            .ssid = CONFIG_EXAMPLE_WIFI_SSID,
            .password = CONFIG_EXAMPLE_WIFI_PASSWORD,
            .threshold.authmode = WIFI_AUTH_WPA2_PSK,
            .sae_pwe_h2e = WPA3_SAE_PWE_BOTH,
        },
    };
    ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
    ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_STA, &config));
    ESP_ERROR_CHECK(esp_wifi_start());
}

void app_main(void)
{
    esp_err_t ret = nvs_flash_init();
    if (ret == ESP_ERR_NVS_NO_FREE_PAGES || ret == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        ESP_ERROR_CHECK(nvs_flash_erase());
        ret = nvs_flash_init();
    }
    ESP_ERROR_CHECK(ret);

    outcome = xEventGroupCreate();
    start_station();
    EventBits_t bits = xEventGroupWaitBits(outcome, JOINED | GAVE_UP, pdFALSE, pdFALSE, portMAX_DELAY);
    if (bits & JOINED) {
        ESP_LOGI(TAG, "joined %s", CONFIG_EXAMPLE_WIFI_SSID);
    } else {
        ESP_LOGE(TAG, "could not join %s", CONFIG_EXAMPLE_WIFI_SSID);
    }
}
