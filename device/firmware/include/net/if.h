/* Interface names: "st1", "ap2", "en3", "lo0". */
#pragma once

#include <lwip/if_api.h>
#include <lwip/sockets.h>

#define IFNAMSIZ NETIF_NAMESIZE
#define IF_NAMESIZE NETIF_NAMESIZE
