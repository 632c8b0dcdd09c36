/* ESP-IDF: the console's descriptors; see driver/uart_vfs.h. */
#pragma once

#include "driver/uart_vfs.h"
#include "esp_vfs.h"
