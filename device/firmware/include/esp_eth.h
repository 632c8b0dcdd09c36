/* ESP-IDF: events of Ethernet, and the driver's handle as esp_netif takes it. */
#pragma once

#include "esp_eth_com.h"
#include "esp_eth_driver.h"
#include "esp_eth_netif_glue.h"
