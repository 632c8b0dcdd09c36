/* What the board cannot do, it does not pretend to: the function says so in the log and fails. tools/firmware/api.ts
 * reads the sentences from here. */
#pragma once

#include "esp_log.h"

#define REFUSE(sentence) ESP_LOGE("lwip-twin", "%s() is refused: " sentence, __func__)

/* Defines a function of the headers that only refuses: its results are esp_err_t. */
#define REFUSED(function, parameters, sentence) \
  esp_err_t function parameters {               \
    REFUSE(sentence);                           \
    return ESP_ERR_NOT_SUPPORTED;               \
  }
