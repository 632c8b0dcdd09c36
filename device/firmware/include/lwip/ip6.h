#pragma once

#include "lwip/def.h"
#include "lwip/ip6_addr.h"
#include "lwip/opt.h"
