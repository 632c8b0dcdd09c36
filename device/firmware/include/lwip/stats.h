/* lwIP: statistics are compiled out, as in ESP-IDF's default configuration. */
#pragma once

#include "lwip/opt.h"

#define LWIP_STATS 0
