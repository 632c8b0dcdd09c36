/* Time from a server by SNTP, kept across restarts of the program's own clockwork in NVS. */
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_attr.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif_sntp.h"
#include "esp_sntp.h"
#include "esp_system.h"
#include "lwip/ip_addr.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char *TAG = "sntp_client";

static void on_time(struct timeval *tv)
{
    ESP_LOGI(TAG, "the server says %lld.%06ld", (long long)tv->tv_sec, (long)tv->tv_usec);
}

static esp_err_t remember(time_t now)
{
    nvs_handle_t store;
    esp_err_t err = nvs_open("clock", NVS_READWRITE, &store);
    if (err == ESP_OK) {
        err = nvs_set_i64(store, "last", now);
        if (err == ESP_OK) {
            err = nvs_commit(store);
        }
        nvs_close(store);
    }
    return err;
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(CONFIG_SNTP_TIME_SERVER);
    config.sync_cb = on_time;
    ESP_ERROR_CHECK(esp_netif_sntp_init(&config));

    int waits = 0;
    while (esp_netif_sntp_sync_wait(pdMS_TO_TICKS(2000)) == ESP_ERR_TIMEOUT && ++waits < 15) {
        ESP_LOGI(TAG, "waiting, %d", waits);
    }
    time_t now;
    struct tm calendar;
    char text[64];
    time(&now);
    gmtime_r(&now, &calendar);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &calendar);
    ESP_LOGI(TAG, "it is %s", text);
    ESP_ERROR_CHECK(remember(now));
    esp_netif_sntp_deinit();
}
