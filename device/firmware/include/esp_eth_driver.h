/* ESP-IDF: the Ethernet driver's handle. The board brings its interface itself, so there is no driver to install. */
#pragma once

#include "esp_eth_com.h"

typedef void *esp_eth_handle_t;

__BEGIN_DECLS
esp_err_t esp_eth_start(esp_eth_handle_t hdl);
esp_err_t esp_eth_stop(esp_eth_handle_t hdl);
esp_err_t esp_eth_ioctl(esp_eth_handle_t hdl, esp_eth_io_cmd_t cmd, void *data);
__END_DECLS
