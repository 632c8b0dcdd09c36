#pragma once

#include "lwip/ip_addr.h"
#include "lwip/opt.h"
#include "lwip/prot/icmp.h"
