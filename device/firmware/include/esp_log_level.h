/* ESP-IDF: log levels. */
#pragma once

#include <sys/cdefs.h>
#include "sdkconfig.h"

typedef enum {
  ESP_LOG_NONE = 0,
  ESP_LOG_ERROR = 1,
  ESP_LOG_WARN = 2,
  ESP_LOG_INFO = 3,
  ESP_LOG_DEBUG = 4,
  ESP_LOG_VERBOSE = 5,
  ESP_LOG_MAX
} esp_log_level_t;

#ifndef LOG_LOCAL_LEVEL
#ifdef CONFIG_LOG_MAXIMUM_LEVEL
#define LOG_LOCAL_LEVEL CONFIG_LOG_MAXIMUM_LEVEL
#else
#define LOG_LOCAL_LEVEL ESP_LOG_INFO
#endif
#endif

#ifdef CONFIG_LOG_DEFAULT_LEVEL
#define ESP_LOG_DEFAULT_LEVEL CONFIG_LOG_DEFAULT_LEVEL
#else
#define ESP_LOG_DEFAULT_LEVEL ESP_LOG_INFO
#endif

__BEGIN_DECLS
extern esp_log_level_t esp_log_default_level;

void esp_log_level_set(const char *tag, esp_log_level_t level);
esp_log_level_t esp_log_level_get(const char *tag);
void esp_log_set_default_level(esp_log_level_t level);
esp_log_level_t esp_log_get_default_level(void);
__END_DECLS
