/* lwIP: addresses as sockets see them, and their text. */
#pragma once

#include "lwip/def.h"
#include "lwip/ip6_addr.h"
#include "lwip/ip_addr.h"
#include "lwip/opt.h"

typedef u32_t in_addr_t;

struct in_addr {
  in_addr_t s_addr;
};

struct in6_addr {
  union {
    u32_t u32_addr[4];
    u8_t u8_addr[16];
  } un;
};
#define s6_addr un.u8_addr

#define INADDR_NONE IPADDR_NONE
#define INADDR_LOOPBACK IPADDR_LOOPBACK
#define INADDR_ANY IPADDR_ANY
#define INADDR_BROADCAST IPADDR_BROADCAST

#define IN6ADDR_ANY_INIT { { { 0, 0, 0, 0 } } }
#define IN6ADDR_LOOPBACK_INIT { { { 0, 0, 0, PP_HTONL(1) } } }

#define IN_CLASSA(a) IP_CLASSA(a)
#define IN_CLASSB(a) IP_CLASSB(a)
#define IN_CLASSC(a) IP_CLASSC(a)
#define IN_CLASSD(a) IP_CLASSD(a)
#define IN_MULTICAST(a) IP_MULTICAST(a)
#define IN_LOOPBACKNET IP_LOOPBACKNET

#define INET_ADDRSTRLEN IP4ADDR_STRLEN_MAX
#define INET6_ADDRSTRLEN IP6ADDR_STRLEN_MAX

#define inet_addr_from_ip4addr(target_inaddr, source_ipaddr) ((target_inaddr)->s_addr = ip4_addr_get_u32(source_ipaddr))
#define inet_addr_to_ip4addr(target_ipaddr, source_inaddr) (ip4_addr_set_u32(target_ipaddr, (source_inaddr)->s_addr))
#define inet6_addr_from_ip6addr(target_in6addr, source_ip6addr)         \
  do {                                                                  \
    (target_in6addr)->un.u32_addr[0] = (source_ip6addr)->addr[0];       \
    (target_in6addr)->un.u32_addr[1] = (source_ip6addr)->addr[1];       \
    (target_in6addr)->un.u32_addr[2] = (source_ip6addr)->addr[2];       \
    (target_in6addr)->un.u32_addr[3] = (source_ip6addr)->addr[3];       \
  } while (0)
#define inet6_addr_to_ip6addr(target_ip6addr, source_in6addr)           \
  IP6_ADDR(target_ip6addr, (source_in6addr)->un.u32_addr[0], (source_in6addr)->un.u32_addr[1], \
           (source_in6addr)->un.u32_addr[2], (source_in6addr)->un.u32_addr[3])

#define inet_addr(cp) ipaddr_addr(cp)
#define inet_aton(cp, addr) ip4addr_aton(cp, (ip4_addr_t *)(addr))
#define inet_ntoa(addr) ip4addr_ntoa((const ip4_addr_t *)&(addr))
#define inet_ntoa_r(addr, buf, buflen) ip4addr_ntoa_r((const ip4_addr_t *)&(addr), buf, buflen)
#define inet6_aton(cp, addr) ip6addr_aton(cp, (ip6_addr_t *)(addr))
#define inet6_ntoa(addr) ip6addr_ntoa((const ip6_addr_t *)&(addr))
#define inet6_ntoa_r(addr, buf, buflen) ip6addr_ntoa_r((const ip6_addr_t *)&(addr), buf, buflen)

__BEGIN_DECLS
extern const struct in6_addr in6addr_any;
__END_DECLS
