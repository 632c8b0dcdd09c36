/* Time from the network in three calls, over sntp.c. Source: ESP-IDF components/esp_netif/lwip/esp_netif_sntp.c */
#include "esp_netif_sntp.h"
#include "esp_event.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

static esp_sntp_config_t config;
static bool is_initialized;
static SemaphoreHandle_t is_synced;

static void on_synced(struct timeval *tv) {
  if (is_synced != NULL) {
    xSemaphoreGive(is_synced);
  }
  if (config.sync_cb != NULL) {
    config.sync_cb(tv);
  }
}

static void set_servers(void) {
  for (size_t i = 0; i < config.num_of_servers; i++) {
    esp_sntp_setservername((u8_t)(config.index_of_first_server + i), config.servers[i]);
  }
}

static void on_new_ip(void *arg, esp_event_base_t base, int32_t id, void *data) {
  set_servers();
  sntp_restart();
}

esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *wanted) {
  if (wanted == NULL || wanted->num_of_servers + wanted->index_of_first_server > SNTP_MAX_SERVERS) {
    return ESP_ERR_INVALID_ARG;
  }
  if (is_initialized || esp_sntp_enabled()) {
    return ESP_ERR_INVALID_STATE;
  }
  if (wanted->server_from_dhcp) {
    ESP_LOGE("esp_netif_sntp", "esp_netif_sntp_init() is refused: servers do not come from DHCP here.");
    return ESP_ERR_NOT_SUPPORTED;
  }
  config = *wanted;
  if (config.wait_for_sync && (is_synced = xSemaphoreCreateBinary()) == NULL) {
    return ESP_ERR_NO_MEM;
  }
  is_initialized = true;
  sntp_set_sync_mode(config.smooth_sync ? SNTP_SYNC_MODE_SMOOTH : SNTP_SYNC_MODE_IMMED);
  sntp_set_time_sync_notification_cb(on_synced);
  esp_sntp_setoperatingmode(ESP_SNTP_OPMODE_POLL);
  set_servers();
  if (config.renew_servers_after_new_IP) {
    esp_err_t err = esp_event_handler_register(IP_EVENT, config.ip_event_to_renew, on_new_ip, NULL);
    if (err != ESP_OK) {
      esp_netif_sntp_deinit();
      return err;
    }
  }
  return config.start ? esp_netif_sntp_start() : ESP_OK;
}

esp_err_t esp_netif_sntp_start(void) {
  if (!is_initialized) {
    return ESP_ERR_INVALID_STATE;
  }
  esp_sntp_init();
  return esp_sntp_enabled() ? ESP_OK : ESP_FAIL;
}

void esp_netif_sntp_deinit(void) {
  if (!is_initialized) {
    return;
  }
  esp_sntp_stop();
  sntp_set_time_sync_notification_cb(NULL);
  if (config.renew_servers_after_new_IP) {
    esp_event_handler_unregister(IP_EVENT, config.ip_event_to_renew, on_new_ip);
  }
  if (is_synced != NULL) {
    vSemaphoreDelete(is_synced);
    is_synced = NULL;
  }
  is_initialized = false;
}

esp_err_t esp_netif_sntp_sync_wait(TickType_t tout) {
  if (is_synced == NULL) {
    return ESP_ERR_INVALID_STATE;
  }
  if (xSemaphoreTake(is_synced, tout) != pdTRUE) {
    return ESP_ERR_TIMEOUT;
  }
  return sntp_get_sync_mode() == SNTP_SYNC_MODE_SMOOTH && sntp_get_sync_status() == SNTP_SYNC_STATUS_IN_PROGRESS
             ? ESP_ERR_NOT_FINISHED
             : ESP_OK;
}

esp_err_t esp_netif_sntp_reachability(unsigned int index, unsigned int *reachability) {
  if (!is_initialized) {
    return ESP_ERR_INVALID_STATE;
  }
  if (reachability == NULL || index >= SNTP_MAX_SERVERS) {
    return ESP_ERR_INVALID_ARG;
  }
  *reachability = esp_sntp_getreachability((u8_t)index);
  return ESP_OK;
}
