/* ESP-IDF (sock_utils component): the addresses of the board's interfaces as a list. */
#pragma once

#include <lwip/sockets.h>

struct ifaddrs {
  struct ifaddrs *ifa_next;
  char *ifa_name;
  struct sockaddr *ifa_addr;
  unsigned int ifa_flags;
};

__BEGIN_DECLS
int getifaddrs(struct ifaddrs **ifap);
void freeifaddrs(struct ifaddrs *ifa);
__END_DECLS
