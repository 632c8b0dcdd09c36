#pragma once

#include "lwip/def.h"
#include "lwip/err.h"
#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/opt.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
