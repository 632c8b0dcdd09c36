/* lwIP: UDP's callback interface is not for programs here: use sockets. */
#pragma once

#include "lwip/ip.h"
#include "lwip/opt.h"
#include "lwip/prot/udp.h"
