/* lwIP: the raw callback interface is not for programs here: use sockets of SOCK_RAW. */
#pragma once

#include "lwip/ip.h"
#include "lwip/opt.h"
