#pragma once

#include "esp_netif.h"
#include "esp_wifi_types.h"
