/* lwIP: the resolver's limits, and its servers by way of esp_netif_set_dns_info(). */
#pragma once

#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "lwip/opt.h"

#define DNS_TMR_INTERVAL 1000
#define LWIP_DNS_ADDRTYPE_IPV4 0
#define LWIP_DNS_ADDRTYPE_IPV6 1
#define LWIP_DNS_ADDRTYPE_IPV4_IPV6 2
#define LWIP_DNS_ADDRTYPE_IPV6_IPV4 3
#define LWIP_DNS_ADDRTYPE_DEFAULT LWIP_DNS_ADDRTYPE_IPV4_IPV6
