/* ESP-IDF: addresses as esp_netif has them, in network byte order; esp_ip_addr_t is lwIP's ip_addr_t. */
#pragma once

#include <stdint.h>
#include <sys/cdefs.h>
#include "sdkconfig.h"

struct esp_ip6_addr {
  uint32_t addr[4];
  uint8_t zone;
};
typedef struct esp_ip6_addr esp_ip6_addr_t;

struct esp_ip4_addr {
  uint32_t addr;
};
typedef struct esp_ip4_addr esp_ip4_addr_t;

typedef struct _ip_addr {
  union {
    esp_ip6_addr_t ip6;
    esp_ip4_addr_t ip4;
  } u_addr;
  uint8_t type;
} esp_ip_addr_t;

typedef enum {
  ESP_IP6_ADDR_IS_UNKNOWN = 0,
  ESP_IP6_ADDR_IS_GLOBAL,
  ESP_IP6_ADDR_IS_LINK_LOCAL,
  ESP_IP6_ADDR_IS_SITE_LOCAL,
  ESP_IP6_ADDR_IS_UNIQUE_LOCAL,
  ESP_IP6_ADDR_IS_IPV4_MAPPED_IPV6
} esp_ip6_addr_type_t;

#define ESP_IPADDR_TYPE_V4 0U
#define ESP_IPADDR_TYPE_V6 6U
#define ESP_IPADDR_TYPE_ANY 46U

#define esp_netif_htonl(x) ((uint32_t)__builtin_bswap32(x))
#define esp_netif_ip4_makeu32(a, b, c, d) \
  (((uint32_t)((a) & 0xff) << 24) | ((uint32_t)((b) & 0xff) << 16) | ((uint32_t)((c) & 0xff) << 8) | (uint32_t)((d) & 0xff))
#define ESP_IP4TOUINT32(a, b, c, d) esp_netif_ip4_makeu32(a, b, c, d)
#define ESP_IP4TOADDR(a, b, c, d) esp_netif_htonl(ESP_IP4TOUINT32(a, b, c, d))
#define ESP_IP4ADDR_INIT(a, b, c, d) { .type = ESP_IPADDR_TYPE_V4, .u_addr = { .ip4 = { .addr = ESP_IP4TOADDR(a, b, c, d) } } }
#define ESP_IP6ADDR_INIT(a, b, c, d) { .type = ESP_IPADDR_TYPE_V6, .u_addr = { .ip6 = { .addr = { a, b, c, d }, .zone = 0 } } }
#define IP4ADDR_STRLEN_MAX 16
#define IP6_NO_ZONE 0

#define esp_ip4_addr_get_byte(ipaddr, idx) (((const uint8_t *)(&(ipaddr)->addr))[idx])
#define esp_ip4_addr1(ipaddr) esp_ip4_addr_get_byte(ipaddr, 0)
#define esp_ip4_addr2(ipaddr) esp_ip4_addr_get_byte(ipaddr, 1)
#define esp_ip4_addr3(ipaddr) esp_ip4_addr_get_byte(ipaddr, 2)
#define esp_ip4_addr4(ipaddr) esp_ip4_addr_get_byte(ipaddr, 3)
#define esp_ip4_addr1_16(ipaddr) ((uint16_t)esp_ip4_addr1(ipaddr))
#define esp_ip4_addr2_16(ipaddr) ((uint16_t)esp_ip4_addr2(ipaddr))
#define esp_ip4_addr3_16(ipaddr) ((uint16_t)esp_ip4_addr3(ipaddr))
#define esp_ip4_addr4_16(ipaddr) ((uint16_t)esp_ip4_addr4(ipaddr))

#define IP2STR(ipaddr) \
  esp_ip4_addr1_16(ipaddr), esp_ip4_addr2_16(ipaddr), esp_ip4_addr3_16(ipaddr), esp_ip4_addr4_16(ipaddr)
#define IPSTR "%d.%d.%d.%d"

#define ESP_IP6_ADDR_BLOCK1(ip6addr) ((uint16_t)((esp_netif_htonl((ip6addr)->addr[0]) >> 16) & 0xffff))
#define ESP_IP6_ADDR_BLOCK2(ip6addr) ((uint16_t)(esp_netif_htonl((ip6addr)->addr[0]) & 0xffff))
#define ESP_IP6_ADDR_BLOCK3(ip6addr) ((uint16_t)((esp_netif_htonl((ip6addr)->addr[1]) >> 16) & 0xffff))
#define ESP_IP6_ADDR_BLOCK4(ip6addr) ((uint16_t)(esp_netif_htonl((ip6addr)->addr[1]) & 0xffff))
#define ESP_IP6_ADDR_BLOCK5(ip6addr) ((uint16_t)((esp_netif_htonl((ip6addr)->addr[2]) >> 16) & 0xffff))
#define ESP_IP6_ADDR_BLOCK6(ip6addr) ((uint16_t)(esp_netif_htonl((ip6addr)->addr[2]) & 0xffff))
#define ESP_IP6_ADDR_BLOCK7(ip6addr) ((uint16_t)((esp_netif_htonl((ip6addr)->addr[3]) >> 16) & 0xffff))
#define ESP_IP6_ADDR_BLOCK8(ip6addr) ((uint16_t)(esp_netif_htonl((ip6addr)->addr[3]) & 0xffff))

#define IPV62STR(ipaddr)                                                                              \
  ESP_IP6_ADDR_BLOCK1(&(ipaddr)), ESP_IP6_ADDR_BLOCK2(&(ipaddr)), ESP_IP6_ADDR_BLOCK3(&(ipaddr)),     \
      ESP_IP6_ADDR_BLOCK4(&(ipaddr)), ESP_IP6_ADDR_BLOCK5(&(ipaddr)), ESP_IP6_ADDR_BLOCK6(&(ipaddr)), \
      ESP_IP6_ADDR_BLOCK7(&(ipaddr)), ESP_IP6_ADDR_BLOCK8(&(ipaddr))
#define IPV6STR "%04x:%04x:%04x:%04x:%04x:%04x:%04x:%04x"

#define esp_ip4_addr_isany_val(value) ((value).addr == 0x00000000UL)

__BEGIN_DECLS
esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t *ip6_addr);
void esp_netif_ip_addr_copy(esp_ip_addr_t *dest, const esp_ip_addr_t *src);
__END_DECLS
