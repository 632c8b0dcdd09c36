/* lwIP: the UDP header. */
#pragma once

#include "lwip/arch.h"

#define UDP_HLEN 8

struct udp_hdr {
  u16_t src;
  u16_t dest;
  u16_t len;
  u16_t chksum;
} PACK_STRUCT_STRUCT;
