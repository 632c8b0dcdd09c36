#pragma once

#include "esp_eth_driver.h"
#include "esp_netif.h"

typedef struct esp_eth_netif_glue_t *esp_eth_netif_glue_handle_t;
