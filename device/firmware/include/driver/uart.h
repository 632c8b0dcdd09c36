/* ESP-IDF: the UART driver as far as the console needs it: UART 0 is the board's stdin and stdout. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "esp_err.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "sdkconfig.h"

typedef enum {
  UART_NUM_0,
  UART_NUM_1,
  UART_NUM_2,
  UART_NUM_MAX
} uart_port_t;

#define UART_PIN_NO_CHANGE (-1)

__BEGIN_DECLS
esp_err_t uart_driver_install(uart_port_t uart_num, int rx_buffer_size, int tx_buffer_size, int queue_size,
                              QueueHandle_t *uart_queue, int intr_alloc_flags);
esp_err_t uart_driver_delete(uart_port_t uart_num);
bool uart_is_driver_installed(uart_port_t uart_num);
__END_DECLS
