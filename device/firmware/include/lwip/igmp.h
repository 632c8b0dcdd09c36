#pragma once

#include "lwip/ip_addr.h"
#include "lwip/opt.h"
