/* lwIP: an IPv6 address, kept in network byte order, with its zone. Text conversion works; IPv6 sockets do not. */
#pragma once

#include "lwip/def.h"
#include "lwip/opt.h"

struct ip6_addr {
  u32_t addr[4];
  u8_t zone;
};
typedef struct ip6_addr ip6_addr_t;

#define IP6ADDR_STRLEN_MAX 46
#define LWIP_IPV6_NUM_ADDRESSES 3
#define IP6_NO_ZONE 0

#define IP6_ADDR_PART(ip6addr, index, a, b, c, d) ((ip6addr)->addr[index] = PP_HTONL(LWIP_MAKEU32(a, b, c, d)))
#define IP6_ADDR(ip6addr, idx0, idx1, idx2, idx3) \
  do {                                            \
    (ip6addr)->addr[0] = (idx0);                  \
    (ip6addr)->addr[1] = (idx1);                  \
    (ip6addr)->addr[2] = (idx2);                  \
    (ip6addr)->addr[3] = (idx3);                  \
    (ip6addr)->zone = IP6_NO_ZONE;                \
  } while (0)

#define IP6_ADDR_BLOCK1(ip6addr) ((u16_t)((lwip_htonl((ip6addr)->addr[0]) >> 16) & 0xffff))
#define IP6_ADDR_BLOCK2(ip6addr) ((u16_t)(lwip_htonl((ip6addr)->addr[0]) & 0xffff))
#define IP6_ADDR_BLOCK3(ip6addr) ((u16_t)((lwip_htonl((ip6addr)->addr[1]) >> 16) & 0xffff))
#define IP6_ADDR_BLOCK4(ip6addr) ((u16_t)(lwip_htonl((ip6addr)->addr[1]) & 0xffff))
#define IP6_ADDR_BLOCK5(ip6addr) ((u16_t)((lwip_htonl((ip6addr)->addr[2]) >> 16) & 0xffff))
#define IP6_ADDR_BLOCK6(ip6addr) ((u16_t)(lwip_htonl((ip6addr)->addr[2]) & 0xffff))
#define IP6_ADDR_BLOCK7(ip6addr) ((u16_t)((lwip_htonl((ip6addr)->addr[3]) >> 16) & 0xffff))
#define IP6_ADDR_BLOCK8(ip6addr) ((u16_t)(lwip_htonl((ip6addr)->addr[3]) & 0xffff))

#define ip6_addr_copy(dest, src) ((dest) = (src))
#define ip6_addr_set_zero(ip6addr) IP6_ADDR(ip6addr, 0, 0, 0, 0)
#define ip6_addr_set_any(ip6addr) ip6_addr_set_zero(ip6addr)
#define ip6_addr_isany(ip6addr) \
  (((ip6addr)->addr[0] | (ip6addr)->addr[1] | (ip6addr)->addr[2] | (ip6addr)->addr[3]) == 0)
#define ip6_addr_isany_val(ip6addr) ip6_addr_isany(&(ip6addr))
#define ip6_addr_zoneless_eq(a, b) \
  ((a)->addr[0] == (b)->addr[0] && (a)->addr[1] == (b)->addr[1] && (a)->addr[2] == (b)->addr[2] && (a)->addr[3] == (b)->addr[3])
#define ip6_addr_eq(a, b) (ip6_addr_zoneless_eq(a, b) && (a)->zone == (b)->zone)
#define ip6_addr_cmp(a, b) ip6_addr_eq(a, b)
#define ip6_addr_isloopback(a) \
  ((a)->addr[0] == 0 && (a)->addr[1] == 0 && (a)->addr[2] == 0 && (a)->addr[3] == PP_HTONL(0x00000001UL))
#define ip6_addr_isglobal(a) (((a)->addr[0] & PP_HTONL(0xe0000000UL)) == PP_HTONL(0x20000000UL))
#define ip6_addr_islinklocal(a) (((a)->addr[0] & PP_HTONL(0xffc00000UL)) == PP_HTONL(0xfe800000UL))
#define ip6_addr_issitelocal(a) (((a)->addr[0] & PP_HTONL(0xffc00000UL)) == PP_HTONL(0xfec00000UL))
#define ip6_addr_isuniquelocal(a) (((a)->addr[0] & PP_HTONL(0xfe000000UL)) == PP_HTONL(0xfc000000UL))
#define ip6_addr_isipv4mappedipv6(a) ((a)->addr[0] == 0 && (a)->addr[1] == 0 && (a)->addr[2] == PP_HTONL(0x0000ffffUL))
#define ip6_addr_ismulticast(a) (((a)->addr[0] & PP_HTONL(0xff000000UL)) == PP_HTONL(0xff000000UL))

__BEGIN_DECLS
int ip6addr_aton(const char *cp, ip6_addr_t *addr);
char *ip6addr_ntoa(const ip6_addr_t *addr);
char *ip6addr_ntoa_r(const ip6_addr_t *addr, char *buf, int buflen);
__END_DECLS
