/* ESP-IDF: how stdin and stdout treat the ends of lines, and whether reading waits. */
#pragma once

#include "esp_err.h"
#include "esp_vfs_common_types.h"

__BEGIN_DECLS
void uart_vfs_dev_use_nonblocking(int uart_num);
void uart_vfs_dev_use_driver(int uart_num);
int uart_vfs_dev_port_set_rx_line_endings(int uart_num, esp_line_endings_t mode);
int uart_vfs_dev_port_set_tx_line_endings(int uart_num, esp_line_endings_t mode);
__END_DECLS

#define esp_vfs_dev_uart_use_nonblocking(uart_num) uart_vfs_dev_use_nonblocking(uart_num)
#define esp_vfs_dev_uart_use_driver(uart_num) uart_vfs_dev_use_driver(uart_num)
#define esp_vfs_dev_uart_port_set_rx_line_endings(uart_num, mode) uart_vfs_dev_port_set_rx_line_endings(uart_num, mode)
#define esp_vfs_dev_uart_port_set_tx_line_endings(uart_num, mode) uart_vfs_dev_port_set_tx_line_endings(uart_num, mode)
