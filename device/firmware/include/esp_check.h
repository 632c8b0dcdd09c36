/* ESP-IDF: leave a function with a log line when a call failed or a condition does not hold. */
#pragma once

#include "esp_err.h"
#include "esp_log.h"

#define ESP_CHECK_LOG_(log_tag, format, ...) \
  ESP_LOGE(log_tag, "%s(%d): " format, __FUNCTION__, __LINE__, ##__VA_ARGS__)

#define ESP_RETURN_ON_ERROR(x, log_tag, format, ...)              \
  do {                                                            \
    esp_err_t err_rc_ = (x);                                      \
    if (unlikely(err_rc_ != ESP_OK)) {                            \
      ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);             \
      return err_rc_;                                             \
    }                                                             \
  } while (0)
#define ESP_RETURN_VOID_ON_ERROR(x, log_tag, format, ...)         \
  do {                                                            \
    esp_err_t err_rc_ = (x);                                      \
    if (unlikely(err_rc_ != ESP_OK)) {                            \
      ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);             \
      return;                                                     \
    }                                                             \
  } while (0)
#define ESP_GOTO_ON_ERROR(x, goto_tag, log_tag, format, ...)      \
  do {                                                            \
    esp_err_t err_rc_ = (x);                                      \
    if (unlikely(err_rc_ != ESP_OK)) {                            \
      ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);             \
      ret = err_rc_;                                              \
      goto goto_tag;                                              \
    }                                                             \
  } while (0)
#define ESP_RETURN_ON_FALSE(a, err_code, log_tag, format, ...)    \
  do {                                                            \
    if (unlikely(!(a))) {                                         \
      ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);             \
      return err_code;                                            \
    }                                                             \
  } while (0)
#define ESP_RETURN_VOID_ON_FALSE(a, log_tag, format, ...)         \
  do {                                                            \
    if (unlikely(!(a))) {                                         \
      ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);             \
      return;                                                     \
    }                                                             \
  } while (0)
#define ESP_GOTO_ON_FALSE(a, err_code, goto_tag, log_tag, format, ...) \
  do {                                                            \
    if (unlikely(!(a))) {                                         \
      ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);             \
      ret = err_code;                                             \
      goto goto_tag;                                              \
    }                                                             \
  } while (0)

#define ESP_RETURN_ON_ERROR_ISR(x, log_tag, format, ...) ESP_RETURN_ON_ERROR(x, log_tag, format, ##__VA_ARGS__)
#define ESP_GOTO_ON_ERROR_ISR(x, goto_tag, log_tag, format, ...) \
  ESP_GOTO_ON_ERROR(x, goto_tag, log_tag, format, ##__VA_ARGS__)
#define ESP_RETURN_ON_FALSE_ISR(a, err_code, log_tag, format, ...) \
  ESP_RETURN_ON_FALSE(a, err_code, log_tag, format, ##__VA_ARGS__)
#define ESP_GOTO_ON_FALSE_ISR(a, err_code, goto_tag, log_tag, format, ...) \
  ESP_GOTO_ON_FALSE(a, err_code, goto_tag, log_tag, format, ##__VA_ARGS__)
