/* lwIP: kinds of netconn, which hooks get to see. Netconns themselves are behind sockets here. */
#pragma once

#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "lwip/opt.h"
#include "lwip/sys.h"

#define NETCONN_DNS_DEFAULT NETCONN_DNS_IPV4_IPV6
#define NETCONN_DNS_IPV4 0
#define NETCONN_DNS_IPV6 1
#define NETCONN_DNS_IPV4_IPV6 2
#define NETCONN_DNS_IPV6_IPV4 3

enum netconn_type {
  NETCONN_INVALID = 0,
  NETCONN_TCP = 0x10,
  NETCONN_TCP_IPV6 = 0x18,
  NETCONN_UDP = 0x20,
  NETCONN_UDPLITE = 0x21,
  NETCONN_UDPNOCHKSUM = 0x22,
  NETCONN_UDP_IPV6 = 0x28,
  NETCONN_RAW = 0x40,
  NETCONN_RAW_IPV6 = 0x48
};
