/* lwIP: an address of either family with its type. */
#pragma once

#include "lwip/def.h"
#include "lwip/ip4_addr.h"
#include "lwip/ip6_addr.h"
#include "lwip/opt.h"

enum lwip_ip_addr_type {
  IPADDR_TYPE_V4 = 0U,
  IPADDR_TYPE_V6 = 6U,
  IPADDR_TYPE_ANY = 46U
};

typedef struct ip_addr {
  union {
    ip6_addr_t ip6;
    ip4_addr_t ip4;
  } u_addr;
  u8_t type;
} ip_addr_t;

#define IPADDR_STRLEN_MAX IP6ADDR_STRLEN_MAX

#define IPADDR4_INIT(u32val) { { { { u32val, 0ul, 0ul, 0ul }, IP6_NO_ZONE } }, IPADDR_TYPE_V4 }
#define IPADDR4_INIT_BYTES(a, b, c, d) IPADDR4_INIT(PP_HTONL(LWIP_MAKEU32(a, b, c, d)))
#define IPADDR6_INIT(a, b, c, d) { { { { a, b, c, d }, IP6_NO_ZONE } }, IPADDR_TYPE_V6 }
#define IPADDR6_INIT_HOST(a, b, c, d) IPADDR6_INIT(PP_HTONL(a), PP_HTONL(b), PP_HTONL(c), PP_HTONL(d))
#define IPADDR_ANY_TYPE_INIT { { { { 0ul, 0ul, 0ul, 0ul }, IP6_NO_ZONE } }, IPADDR_TYPE_ANY }

#define IP_IS_ANY_TYPE_VAL(ipaddr) (IP_GET_TYPE(&(ipaddr)) == IPADDR_TYPE_ANY)
#define IP_IS_V4_VAL(ipaddr) (IP_GET_TYPE(&(ipaddr)) == IPADDR_TYPE_V4)
#define IP_IS_V6_VAL(ipaddr) (IP_GET_TYPE(&(ipaddr)) == IPADDR_TYPE_V6)
#define IP_IS_V4(ipaddr) ((ipaddr) == NULL || IP_IS_V4_VAL(*(ipaddr)))
#define IP_IS_V6(ipaddr) ((ipaddr) != NULL && IP_IS_V6_VAL(*(ipaddr)))
#define IP_SET_TYPE_VAL(ipaddr, iptype) ((ipaddr).type = (u8_t)(iptype))
#define IP_SET_TYPE(ipaddr, iptype)         \
  do {                                      \
    if ((ipaddr) != NULL) {                 \
      IP_SET_TYPE_VAL(*(ipaddr), iptype);   \
    }                                       \
  } while (0)
#define IP_GET_TYPE(ipaddr) ((ipaddr)->type)
#define IP_ADDR_RAW_SIZE(ipaddr) (IP_GET_TYPE(&(ipaddr)) == IPADDR_TYPE_V4 ? sizeof(ip4_addr_t) : sizeof(ip6_addr_t))

#define ip_2_ip4(ipaddr) (&((ipaddr)->u_addr.ip4))
#define ip_2_ip6(ipaddr) (&((ipaddr)->u_addr.ip6))

#define IP_ADDR4(ipaddr, a, b, c, d)                 \
  do {                                               \
    IP4_ADDR(ip_2_ip4(ipaddr), a, b, c, d);          \
    IP_SET_TYPE_VAL(*(ipaddr), IPADDR_TYPE_V4);      \
  } while (0)
#define IP_ADDR6(ipaddr, i0, i1, i2, i3)             \
  do {                                               \
    IP6_ADDR(ip_2_ip6(ipaddr), i0, i1, i2, i3);      \
    IP_SET_TYPE_VAL(*(ipaddr), IPADDR_TYPE_V6);      \
  } while (0)

#define ip_addr_copy(dest, src) ((dest) = (src))
#define ip_addr_copy_from_ip4(dest, src)             \
  do {                                               \
    ip4_addr_copy(*ip_2_ip4(&(dest)), src);          \
    IP_SET_TYPE_VAL(dest, IPADDR_TYPE_V4);           \
  } while (0)
#define ip_addr_copy_from_ip6(dest, src)             \
  do {                                               \
    ip6_addr_copy(*ip_2_ip6(&(dest)), src);          \
    IP_SET_TYPE_VAL(dest, IPADDR_TYPE_V6);           \
  } while (0)
#define ip_addr_set_ip4_u32(ipaddr, val)             \
  do {                                               \
    ip_2_ip4(ipaddr)->addr = (val);                  \
    IP_SET_TYPE(ipaddr, IPADDR_TYPE_V4);             \
  } while (0)
#define ip_addr_set_ip4_u32_val(ipaddr, val) ip_addr_set_ip4_u32(&(ipaddr), val)
#define ip_addr_get_ip4_u32(ipaddr) (IP_IS_V4(ipaddr) && (ipaddr) != NULL ? ip_2_ip4(ipaddr)->addr : 0)
#define ip_addr_set_zero(ipaddr)                     \
  do {                                               \
    ip6_addr_set_zero(ip_2_ip6(ipaddr));             \
    IP_SET_TYPE(ipaddr, 0);                          \
  } while (0)
#define ip_addr_set_zero_ip4(ipaddr)                 \
  do {                                               \
    ip6_addr_set_zero(ip_2_ip6(ipaddr));             \
    IP_SET_TYPE(ipaddr, IPADDR_TYPE_V4);             \
  } while (0)
#define ip_addr_set_any(is_ipv6, ipaddr)                                 \
  do {                                                                   \
    ip6_addr_set_zero(ip_2_ip6(ipaddr));                                 \
    IP_SET_TYPE(ipaddr, (is_ipv6) ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);    \
  } while (0)
#define ip_addr_eq(a, b)                                    \
  (IP_GET_TYPE(a) == IP_GET_TYPE(b) &&                      \
   (IP_IS_V6_VAL(*(a)) ? ip6_addr_eq(ip_2_ip6(a), ip_2_ip6(b)) : ip4_addr_eq(ip_2_ip4(a), ip_2_ip4(b))))
#define ip_addr_cmp(a, b) ip_addr_eq(a, b)
#define ip_addr_isany(ipaddr) ((ipaddr) == NULL || ip_addr_isany_val(*(ipaddr)))
#define ip_addr_isany_val(ipaddr) \
  (IP_IS_V6_VAL(ipaddr) ? ip6_addr_isany(ip_2_ip6(&(ipaddr))) : ip4_addr_isany(ip_2_ip4(&(ipaddr))))
#define ip_addr_isloopback(ipaddr) \
  (IP_IS_V6(ipaddr) ? ip6_addr_isloopback(ip_2_ip6(ipaddr)) : ip4_addr_isloopback(ip_2_ip4(ipaddr)))
#define ip_addr_islinklocal(ipaddr) \
  (IP_IS_V6(ipaddr) ? ip6_addr_islinklocal(ip_2_ip6(ipaddr)) : ip4_addr_islinklocal(ip_2_ip4(ipaddr)))
#define ip_addr_ismulticast(ipaddr) \
  (IP_IS_V6(ipaddr) ? ip6_addr_ismulticast(ip_2_ip6(ipaddr)) : ip4_addr_ismulticast(ip_2_ip4(ipaddr)))

__BEGIN_DECLS
extern const ip_addr_t ip_addr_any;
extern const ip_addr_t ip_addr_broadcast;
extern const ip_addr_t ip6_addr_any;
extern const ip_addr_t ip_addr_any_type;

char *ipaddr_ntoa(const ip_addr_t *addr);
char *ipaddr_ntoa_r(const ip_addr_t *addr, char *buf, int buflen);
int ipaddr_aton(const char *cp, ip_addr_t *addr);
__END_DECLS

#define IP_ADDR_ANY (&ip_addr_any)
#define IP4_ADDR_ANY (&ip_addr_any)
#define IP4_ADDR_ANY4 (ip_2_ip4(&ip_addr_any))
#define IP_ANY_TYPE (&ip_addr_any_type)
#define IP_ADDR_BROADCAST (&ip_addr_broadcast)
#define IP4_ADDR_BROADCAST (ip_2_ip4(&ip_addr_broadcast))
#define IP6_ADDR_ANY (&ip6_addr_any)
#define IP6_ADDR_ANY6 (ip_2_ip6(&ip6_addr_any))
