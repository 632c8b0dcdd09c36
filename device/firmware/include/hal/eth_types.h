#pragma once

#define ETH_ADDR_LEN 6
#define ETH_MAX_PAYLOAD_LEN 1500
#define ETH_MIN_PAYLOAD_LEN 46
#define ETH_HEADER_LEN 14
#define ETH_CRC_LEN 4
#define ETH_VLAN_TAG_LEN 4

typedef enum {
  ETH_SPEED_10M,
  ETH_SPEED_100M,
  ETH_SPEED_MAX
} eth_speed_t;

typedef enum {
  ETH_LINK_UP,
  ETH_LINK_DOWN
} eth_link_t;

typedef enum {
  ETH_DUPLEX_HALF,
  ETH_DUPLEX_FULL
} eth_duplex_t;
