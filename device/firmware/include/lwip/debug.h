/* lwIP: assertions; debug output is compiled out, as in ESP-IDF's default configuration. */
#pragma once

#include "lwip/arch.h"

#define LWIP_DBG_ON 0x80U
#define LWIP_DBG_OFF 0x00U
#define LWIP_DBG_LEVEL_ALL 0x00
#define LWIP_DBG_LEVEL_WARNING 0x01
#define LWIP_DBG_LEVEL_SERIOUS 0x02
#define LWIP_DBG_LEVEL_SEVERE 0x03

#define LWIP_ASSERT(message, assertion) assert(assertion)
#define LWIP_ERROR(message, expression, handler) \
  do {                                           \
    if (!(expression)) {                         \
      handler;                                   \
    }                                            \
  } while (0)
#define LWIP_DEBUGF(debug, message) ((void)0)
#define LWIP_PLATFORM_DIAG(x) \
  do {                        \
    printf x;                 \
  } while (0)
