#pragma once

#include "lwip/netif.h"

__BEGIN_DECLS
unsigned int lwip_if_nametoindex(const char *ifname);
char *lwip_if_indextoname(unsigned int ifindex, char *ifname);

static inline unsigned int if_nametoindex(const char *ifname) {
  return lwip_if_nametoindex(ifname);
}
static inline char *if_indextoname(unsigned int ifindex, char *ifname) {
  return lwip_if_indextoname(ifindex, ifname);
}
__END_DECLS
