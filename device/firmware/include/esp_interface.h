#pragma once

#include <stdint.h>

typedef enum {
  ESP_IF_WIFI_STA = 0,
  ESP_IF_WIFI_AP,
  ESP_IF_WIFI_NAN,
  ESP_IF_ETH,
  ESP_IF_MAX
} esp_interface_t;
