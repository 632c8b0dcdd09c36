/* lwIP: the Internet checksum, as raw sockets need it. */
#pragma once

#include "lwip/ip_addr.h"
#include "lwip/opt.h"

__BEGIN_DECLS
u16_t inet_chksum(const void *dataptr, u16_t len);
__END_DECLS
