/* lwIP: its version. */
#pragma once

#include "lwip/opt.h"

#define LWIP_VERSION_MAJOR 2
#define LWIP_VERSION_MINOR 2
#define LWIP_VERSION_REVISION 0
#define LWIP_VERSION_STRING "2.2.0"
