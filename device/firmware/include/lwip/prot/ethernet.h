/* lwIP: the Ethernet header. */
#pragma once

#include "lwip/arch.h"
#include "lwip/prot/ieee.h"

#define ETH_HWADDR_LEN 6
#define ETH_PAD_SIZE 0
#define SIZEOF_ETH_HDR (14 + ETH_PAD_SIZE)

struct eth_addr {
  u8_t addr[ETH_HWADDR_LEN];
} PACK_STRUCT_STRUCT;

struct eth_hdr {
  struct eth_addr dest;
  struct eth_addr src;
  u16_t type;
} PACK_STRUCT_STRUCT;
