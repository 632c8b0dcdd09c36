/* ESP-IDF: log lines "I (1234) tag: text"; the time is the board's, in ms. */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/cdefs.h>
#include "esp_err.h"
#include "esp_log_buffer.h"
#include "esp_log_color.h"
#include "esp_log_level.h"
#include "esp_log_timestamp.h"
#include "sdkconfig.h"

typedef int (*vprintf_like_t)(const char *, va_list);

__BEGIN_DECLS
vprintf_like_t esp_log_set_vprintf(vprintf_like_t func);
void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list args);
__END_DECLS

#define LOG_FORMAT(letter, format) \
  LOG_COLOR_##letter #letter " (%" PRIu32 ") %s: " format LOG_RESET_COLOR "\n"
#define LOG_SYSTEM_TIME_FORMAT(letter, format) LOG_COLOR_##letter #letter " (%s) %s: " format LOG_RESET_COLOR "\n"

#if defined(CONFIG_LOG_TIMESTAMP_SOURCE_SYSTEM)
#define ESP_LOG_LINE_(level, letter, tag, format, ...) \
  esp_log_write(level, tag, LOG_SYSTEM_TIME_FORMAT(letter, format), esp_log_system_timestamp(), tag, ##__VA_ARGS__)
#else
#define ESP_LOG_LINE_(level, letter, tag, format, ...) \
  esp_log_write(level, tag, LOG_FORMAT(letter, format), esp_log_timestamp(), tag, ##__VA_ARGS__)
#endif

#define ESP_LOG_LEVEL(level, tag, format, ...)                                   \
  do {                                                                           \
    if ((level) == ESP_LOG_ERROR) {                                              \
      ESP_LOG_LINE_(ESP_LOG_ERROR, E, tag, format, ##__VA_ARGS__);               \
    } else if ((level) == ESP_LOG_WARN) {                                        \
      ESP_LOG_LINE_(ESP_LOG_WARN, W, tag, format, ##__VA_ARGS__);                \
    } else if ((level) == ESP_LOG_DEBUG) {                                       \
      ESP_LOG_LINE_(ESP_LOG_DEBUG, D, tag, format, ##__VA_ARGS__);               \
    } else if ((level) == ESP_LOG_VERBOSE) {                                     \
      ESP_LOG_LINE_(ESP_LOG_VERBOSE, V, tag, format, ##__VA_ARGS__);             \
    } else {                                                                     \
      ESP_LOG_LINE_(ESP_LOG_INFO, I, tag, format, ##__VA_ARGS__);                \
    }                                                                            \
  } while (0)
#define ESP_LOG_LEVEL_LOCAL(level, tag, format, ...)        \
  do {                                                      \
    if (LOG_LOCAL_LEVEL >= (level)) {                       \
      ESP_LOG_LEVEL(level, tag, format, ##__VA_ARGS__);     \
    }                                                       \
  } while (0)

#define ESP_LOGE(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_ERROR, tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_WARN, tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_INFO, tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) ESP_LOG_LEVEL_LOCAL(ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__)

/* There is no boot loader and no ROM here: early and DRAM variants are the ordinary ones. */
#define ESP_EARLY_LOGE(tag, format, ...) ESP_LOGE(tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGW(tag, format, ...) ESP_LOGW(tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGI(tag, format, ...) ESP_LOGI(tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGD(tag, format, ...) ESP_LOGD(tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGV(tag, format, ...) ESP_LOGV(tag, format, ##__VA_ARGS__)
#define ESP_DRAM_LOGE(tag, format, ...) ESP_LOGE(tag, format, ##__VA_ARGS__)
#define ESP_DRAM_LOGW(tag, format, ...) ESP_LOGW(tag, format, ##__VA_ARGS__)
#define ESP_DRAM_LOGI(tag, format, ...) ESP_LOGI(tag, format, ##__VA_ARGS__)
#define ESP_DRAM_LOGD(tag, format, ...) ESP_LOGD(tag, format, ##__VA_ARGS__)
#define ESP_DRAM_LOGV(tag, format, ...) ESP_LOGV(tag, format, ##__VA_ARGS__)
