/* ESP-IDF: address translation by way of esp_netif_napt_enable(). */
#pragma once

#include "lwip/opt.h"
