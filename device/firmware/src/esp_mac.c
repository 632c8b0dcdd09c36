/* MAC addresses: the base address is the board's, the others follow from it. Source: ESP-IDF mac_addr.c with the
 * ESP32's default of four universal addresses. */
#include "esp_mac.h"
#include <stdbool.h>
#include <string.h>
#include "host.h"

#define MAC_BYTES 6
#define LOCAL_BIT 0x02
#define OTHER_LOCAL_BIT 0x04
#define INTERFACES (ESP_MAC_ETH + 1)

static uint8_t base[MAC_BYTES];
static bool has_base;
static uint8_t own[INTERFACES][MAC_BYTES];
static bool has_own[INTERFACES];

static bool is_unicast(const uint8_t *mac) {
  return (mac[0] & 1) == 0;
}

esp_err_t esp_efuse_mac_get_default(uint8_t *mac) {
  if (mac == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  uint32_t high = host_mac_high();
  uint32_t low = host_mac_low();
  for (int i = 0; i < 2; i++) {
    mac[i] = (uint8_t)(high >> (8 - 8 * i));
  }
  for (int i = 0; i < 4; i++) {
    mac[2 + i] = (uint8_t)(low >> (24 - 8 * i));
  }
  return ESP_OK;
}

esp_err_t esp_base_mac_addr_set(const uint8_t *mac) {
  if (mac == NULL || !is_unicast(mac)) {
    return ESP_ERR_INVALID_ARG;
  }
  memcpy(base, mac, MAC_BYTES);
  has_base = true;
  return ESP_OK;
}

esp_err_t esp_base_mac_addr_get(uint8_t *mac) {
  if (mac == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (!has_base) {
    return esp_efuse_mac_get_default(mac);
  }
  memcpy(mac, base, MAC_BYTES);
  return ESP_OK;
}

esp_err_t esp_iface_mac_addr_set(const uint8_t *mac, esp_mac_type_t type) {
  if (type == ESP_MAC_BASE) {
    return esp_base_mac_addr_set(mac);
  }
  if (mac == NULL || type >= INTERFACES || !is_unicast(mac)) {
    return ESP_ERR_INVALID_ARG;
  }
  memcpy(own[type], mac, MAC_BYTES);
  has_own[type] = true;
  return ESP_OK;
}

esp_err_t esp_read_mac(uint8_t *mac, esp_mac_type_t type) {
  if (mac == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  switch (type) {
    case ESP_MAC_EFUSE_FACTORY:
      return esp_efuse_mac_get_default(mac);
    case ESP_MAC_BASE:
      return esp_base_mac_addr_get(mac);
    case ESP_MAC_WIFI_STA:
    case ESP_MAC_WIFI_SOFTAP:
    case ESP_MAC_BT:
    case ESP_MAC_ETH:
      break;
    default:
      return ESP_ERR_NOT_SUPPORTED;
  }
  if (has_own[type]) {
    memcpy(mac, own[type], MAC_BYTES);
    return ESP_OK;
  }
  esp_base_mac_addr_get(mac);
  mac[MAC_BYTES - 1] += (uint8_t)type;
  return ESP_OK;
}

esp_err_t esp_derive_local_mac(uint8_t *local_mac, const uint8_t *universal_mac) {
  if (local_mac == NULL || universal_mac == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  memmove(local_mac, universal_mac, MAC_BYTES);
  local_mac[0] |= LOCAL_BIT;
  if (local_mac[0] == universal_mac[0]) {
    local_mac[0] ^= OTHER_LOCAL_BIT;
  }
  return ESP_OK;
}

size_t esp_mac_addr_len_get(esp_mac_type_t type) {
  return type == ESP_MAC_IEEE802154 ? 8 : MAC_BYTES;
}
