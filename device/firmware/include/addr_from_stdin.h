/* ESP-IDF's examples/common_components: ask for an address on the console. */
#pragma once

#include "lwip/sockets.h"

__BEGIN_DECLS
int get_addr_from_stdin(int port, int sock_type, int *ip_protocol, int *addr_family, struct sockaddr_storage *dest_addr);
__END_DECLS
