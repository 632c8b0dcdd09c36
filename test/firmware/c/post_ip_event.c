/* Posts events of IP_EVENT from C: one with an interface, one with none. */
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"

static void on_ip(void *arg, esp_event_base_t base, int32_t id, void *data) {
  (void)arg;
  (void)base;
  (void)id;
  const ip_event_got_ip_t *event = data;
  if (event->esp_netif == NULL) {
    ESP_LOGI("post", "no interface");
    return;
  }
  ESP_LOGI("post", "%s, " IPSTR ", changed %d", esp_netif_get_desc(event->esp_netif), IP2STR(&event->ip_info.ip),
           event->ip_changed);
}

void app_main(void) {
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_ip, NULL));
  ip_event_got_ip_t event = {.esp_netif = esp_netif_next_unsafe(NULL), .ip_changed = true};
  ESP_ERROR_CHECK(esp_netif_get_ip_info(event.esp_netif, &event.ip_info));
  ESP_ERROR_CHECK(esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &event, sizeof(event), portMAX_DELAY));
  event.esp_netif = NULL;
  ESP_ERROR_CHECK(esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &event, sizeof(event), portMAX_DELAY));
}
