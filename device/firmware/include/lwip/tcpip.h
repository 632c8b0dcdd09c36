/* lwIP: the tcpip thread's own calls are not for programs here: use sockets and esp_netif_tcpip_exec(). */
#pragma once

#include "lwip/err.h"
#include "lwip/netif.h"
#include "lwip/opt.h"
#include "lwip/sys.h"

#define LOCK_TCPIP_CORE()
#define UNLOCK_TCPIP_CORE()
