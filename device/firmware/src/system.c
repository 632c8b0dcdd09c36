/* Reset and chance. Source: ESP-IDF components/esp_system */
#include "esp_random.h"
#include "esp_system.h"
#include "host.h"
#include "lwip/sys.h"

#define SHUTDOWN_HANDLERS 5

static shutdown_handler_t handlers[SHUTDOWN_HANDLERS];

esp_err_t esp_register_shutdown_handler(shutdown_handler_t handler) {
  for (int i = 0; i < SHUTDOWN_HANDLERS; i++) {
    if (handlers[i] == handler) {
      return ESP_ERR_INVALID_STATE;
    }
    if (handlers[i] == NULL) {
      handlers[i] = handler;
      return ESP_OK;
    }
  }
  return ESP_ERR_NO_MEM;
}

esp_err_t esp_unregister_shutdown_handler(shutdown_handler_t handler) {
  for (int i = 0; i < SHUTDOWN_HANDLERS; i++) {
    if (handlers[i] == handler) {
      handlers[i] = NULL;
      return ESP_OK;
    }
  }
  return ESP_ERR_INVALID_STATE;
}

void esp_restart(void) {
  for (int i = SHUTDOWN_HANDLERS - 1; i >= 0; i--) {
    if (handlers[i] != NULL) {
      handlers[i]();
    }
  }
  host_restart();
}

esp_reset_reason_t esp_reset_reason(void) { return host_reset_reason(); }

uint32_t esp_random(void) { return host_random(); }

void esp_fill_random(void *buffer, size_t length) {
  uint8_t *bytes = buffer;
  for (size_t i = 0; i < length; i++) {
    bytes[i] = (uint8_t)host_random();
  }
}

int getentropy(void *buffer, size_t length) {
  esp_fill_random(buffer, length);
  return 0;
}

u32_t sys_now(void) { return xTaskGetTickCount() * portTICK_PERIOD_MS; }

u32_t sys_jiffies(void) { return xTaskGetTickCount(); }
