/* lwIP: names and indices of interfaces. struct netif itself stays inside the stack: ask esp_netif instead. */
#pragma once

#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "lwip/opt.h"

#define NETIF_NAMESIZE 6
#define NETIF_MAX_HWADDR_LEN 6U
#define NETIF_NO_INDEX 0

struct netif;
