/* ESP-IDF: memory as log lines. */
#pragma once

#include <stdint.h>
#include <sys/cdefs.h>
#include "esp_log_level.h"

__BEGIN_DECLS
void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level);
void esp_log_buffer_char_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level);
void esp_log_buffer_hexdump_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level);
__END_DECLS

#define ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, level)              \
  do {                                                                      \
    if (LOG_LOCAL_LEVEL >= (level)) {                                       \
      esp_log_buffer_hex_internal((tag), (buffer), (buff_len), (level));    \
    }                                                                       \
  } while (0)
#define ESP_LOG_BUFFER_CHAR_LEVEL(tag, buffer, buff_len, level)             \
  do {                                                                      \
    if (LOG_LOCAL_LEVEL >= (level)) {                                       \
      esp_log_buffer_char_internal((tag), (buffer), (buff_len), (level));   \
    }                                                                       \
  } while (0)
#define ESP_LOG_BUFFER_HEXDUMP(tag, buffer, buff_len, level)                \
  do {                                                                      \
    if (LOG_LOCAL_LEVEL >= (level)) {                                       \
      esp_log_buffer_hexdump_internal((tag), (buffer), (buff_len), (level)); \
    }                                                                       \
  } while (0)
#define ESP_LOG_BUFFER_HEX(tag, buffer, buff_len) ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, ESP_LOG_INFO)
#define ESP_LOG_BUFFER_CHAR(tag, buffer, buff_len) ESP_LOG_BUFFER_CHAR_LEVEL(tag, buffer, buff_len, ESP_LOG_INFO)
