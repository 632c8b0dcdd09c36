/* lwIP: an IPv4 address, kept in network byte order. */
#pragma once

#include "lwip/def.h"
#include "lwip/opt.h"

struct ip4_addr {
  u32_t addr;
};
typedef struct ip4_addr ip4_addr_t;

#define IPADDR_NONE ((u32_t)0xffffffffUL)
#define IPADDR_LOOPBACK ((u32_t)0x7f000001UL)
#define IPADDR_ANY ((u32_t)0x00000000UL)
#define IPADDR_BROADCAST ((u32_t)0xffffffffUL)
#define IP4ADDR_STRLEN_MAX 16

#define IP_CLASSA(a) ((((u32_t)(a)) & 0x80000000UL) == 0)
#define IP_CLASSB(a) ((((u32_t)(a)) & 0xc0000000UL) == 0x80000000UL)
#define IP_CLASSC(a) ((((u32_t)(a)) & 0xe0000000UL) == 0xc0000000UL)
#define IP_CLASSD(a) (((u32_t)(a) & 0xf0000000UL) == 0xe0000000UL)
#define IP_MULTICAST(a) IP_CLASSD(a)
#define IP_EXPERIMENTAL(a) (((u32_t)(a) & 0xf0000000UL) == 0xf0000000UL)
#define IP_BADCLASS(a) IP_EXPERIMENTAL(a)
#define IP_LOOPBACKNET 127

#define IP4_ADDR(ipaddr, a, b, c, d) ((ipaddr)->addr = PP_HTONL(LWIP_MAKEU32(a, b, c, d)))

#define ip4_addr_copy(dest, src) ((dest).addr = (src).addr)
#define ip4_addr_set(dest, src) ((dest)->addr = ((src) == NULL ? 0 : (src)->addr))
#define ip4_addr_set_zero(ipaddr) ((ipaddr)->addr = 0)
#define ip4_addr_set_any(ipaddr) ((ipaddr)->addr = IPADDR_ANY)
#define ip4_addr_set_loopback(ipaddr) ((ipaddr)->addr = PP_HTONL(IPADDR_LOOPBACK))
#define ip4_addr_set_u32(dest, src) ((dest)->addr = (src))
#define ip4_addr_get_u32(src) ((src)->addr)
#define ip4_addr_get_network(target, host, netmask) ((target)->addr = ((host)->addr & (netmask)->addr))
#define ip4_addr_net_eq(addr1, addr2, mask) (((addr1)->addr & (mask)->addr) == ((addr2)->addr & (mask)->addr))
#define ip4_addr_netcmp(addr1, addr2, mask) ip4_addr_net_eq(addr1, addr2, mask)
#define ip4_addr_eq(addr1, addr2) ((addr1)->addr == (addr2)->addr)
#define ip4_addr_cmp(addr1, addr2) ip4_addr_eq(addr1, addr2)
#define ip4_addr_isany_val(value) ((value).addr == IPADDR_ANY)
#define ip4_addr_isany(ipaddr) ((ipaddr) == NULL || ip4_addr_isany_val(*(ipaddr)))
#define ip4_addr_ismulticast(ipaddr) (((ipaddr)->addr & PP_HTONL(0xf0000000UL)) == PP_HTONL(0xe0000000UL))
#define ip4_addr_islinklocal(ipaddr) (((ipaddr)->addr & PP_HTONL(0xffff0000UL)) == PP_HTONL(0xa9fe0000UL))
#define ip4_addr_isloopback(ipaddr) (((ipaddr)->addr & PP_HTONL(0xff000000UL)) == PP_HTONL(0x7f000000UL))

#define ip4_addr_get_byte(ipaddr, idx) (((const u8_t *)(&(ipaddr)->addr))[idx])
#define ip4_addr1(ipaddr) ip4_addr_get_byte(ipaddr, 0)
#define ip4_addr2(ipaddr) ip4_addr_get_byte(ipaddr, 1)
#define ip4_addr3(ipaddr) ip4_addr_get_byte(ipaddr, 2)
#define ip4_addr4(ipaddr) ip4_addr_get_byte(ipaddr, 3)
#define ip4_addr1_16(ipaddr) ((u16_t)ip4_addr1(ipaddr))
#define ip4_addr2_16(ipaddr) ((u16_t)ip4_addr2(ipaddr))
#define ip4_addr3_16(ipaddr) ((u16_t)ip4_addr3(ipaddr))
#define ip4_addr4_16(ipaddr) ((u16_t)ip4_addr4(ipaddr))
#define ip4_addr1_val(ipaddr) ip4_addr1(&(ipaddr))
#define ip4_addr2_val(ipaddr) ip4_addr2(&(ipaddr))
#define ip4_addr3_val(ipaddr) ip4_addr3(&(ipaddr))
#define ip4_addr4_val(ipaddr) ip4_addr4(&(ipaddr))

#define ip_ntoa(ipaddr) ipaddr_ntoa(ipaddr)

__BEGIN_DECLS
u32_t ipaddr_addr(const char *cp);
int ip4addr_aton(const char *cp, ip4_addr_t *addr);
char *ip4addr_ntoa(const ip4_addr_t *addr);
char *ip4addr_ntoa_r(const ip4_addr_t *addr, char *buf, int buflen);
u8_t ip4_addr_netmask_valid(u32_t netmask);
__END_DECLS
