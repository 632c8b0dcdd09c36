/* lwIP: protocol numbers of IP. */
#pragma once

#include "lwip/arch.h"

#define IP_PROTO_ICMP 1
#define IP_PROTO_IGMP 2
#define IP_PROTO_UDP 17
#define IP_PROTO_UDPLITE 136
#define IP_PROTO_TCP 6

#define IP_HDR_GET_VERSION(ptr) ((*(const u8_t *)(ptr)) >> 4)
