/* ESP-IDF: from esp_netif to lwIP's own interface, which a program here does not get. */
#pragma once

#include "esp_netif.h"
#include "lwip/netif.h"
