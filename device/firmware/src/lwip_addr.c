/* Addresses and their text, as lwIP reads and writes them. Sources: lwIP ip4_addr.c, ip6_addr.c, ip.c, inet_ntop() and
 * inet_pton() of sockets.c; ESP-IDF's esp_netif_ip_addr. stack/prot/ip4.ts and ip6.ts are the same in TypeScript. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "esp_netif.h"
#include "lwip/sockets.h"

const ip_addr_t ip_addr_any = IPADDR4_INIT(IPADDR_ANY);
const ip_addr_t ip_addr_broadcast = IPADDR4_INIT(IPADDR_BROADCAST);
const ip_addr_t ip6_addr_any = IPADDR6_INIT(0ul, 0ul, 0ul, 0ul);
const ip_addr_t ip_addr_any_type = IPADDR_ANY_TYPE_INIT;
const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;

/* One part of an address: decimal, octal (0...) or hexadecimal (0x...), taken modulo 2^32. False: it is none. */
static bool parse_part(const char **at, u32_t *value) {
  const char *c = *at;
  unsigned base = 10;
  if (!isalnum((unsigned char)*c)) {
    return false;
  }
  if (*c == '0') {
    base = 8;
    if (c[1] == 'x' || c[1] == 'X') {
      base = 16;
      c += 2;
    }
  }
  *value = 0;
  for (; isalnum((unsigned char)*c); c++) {
    unsigned digit = isdigit((unsigned char)*c) ? (unsigned)(*c - '0') : (unsigned)((*c | 0x20) - 'a' + 10);
    if (digit >= base) {
      return false;
    }
    *value = *value * base + digit;
  }
  *at = c;
  return true;
}

/* One to four parts; the last fills the bytes that remain. White space may follow. */
int ip4addr_aton(const char *cp, ip4_addr_t *addr) {
  u32_t result = 0;
  for (int parts = 0;; parts++) {
    u32_t value;
    if (!parse_part(&cp, &value)) {
      return 0;
    }
    if (*cp != '.') {
      if ((*cp != '\0' && !isspace((unsigned char)*cp)) || value > 0xffffffffUL >> (8 * parts)) {
        return 0;
      }
      result |= value;
      break;
    }
    if (parts == 3 || value > 255) {
      return 0;
    }
    result |= value << (24 - 8 * parts);
    cp++;
  }
  if (addr != NULL) {
    addr->addr = lwip_htonl(result);
  }
  return 1;
}

u32_t ipaddr_addr(const char *cp) {
  ip4_addr_t addr;
  return ip4addr_aton(cp, &addr) ? addr.addr : IPADDR_NONE;
}

char *ip4addr_ntoa_r(const ip4_addr_t *addr, char *buf, int buflen) {
  char text[IP4ADDR_STRLEN_MAX];
  int length = snprintf(text, sizeof text, "%u.%u.%u.%u", ip4_addr1(addr), ip4_addr2(addr), ip4_addr3(addr), ip4_addr4(addr));
  return length < buflen ? strcpy(buf, text) : NULL;
}

char *ip4addr_ntoa(const ip4_addr_t *addr) {
  static char text[IP4ADDR_STRLEN_MAX];
  return ip4addr_ntoa_r(addr, text, sizeof text);
}

u8_t ip4_addr_netmask_valid(u32_t netmask) {
  u32_t host_bits = ~lwip_htonl(netmask);
  return (host_bits & (host_bits + 1)) == 0;
}

/* How many blocks a "::" stands for, and whether the last two are written as IPv4. False: a dot is misplaced. */
static bool ip6_shape(const char *cp, int *zero_blocks, bool *ends_in_ip4) {
  *zero_blocks = 8;
  *ends_in_ip4 = false;
  for (; *cp != '\0'; cp++) {
    if (*cp == ':') {
      (*zero_blocks)--;
    } else if (*cp == '.') {
      if (*zero_blocks != 5 && *zero_blocks != 2) {
        return false;
      }
      (*zero_blocks)--;
      *ends_in_ip4 = true;
      return true;
    } else if (!isxdigit((unsigned char)*cp)) {
      return true;
    }
  }
  return true;
}

static void store_block(u32_t *words, int *block, u32_t value) {
  u32_t *word = &words[*block >> 1];
  *word = (*block & 1) == 0 ? value << 16 : *word | value;
  (*block)++;
}

/* Eight blocks of hexadecimal digits in host order. What follows the first other character is not looked at. */
static bool parse_ip6(const char *cp, u32_t *words) {
  int zero_blocks;
  bool ends_in_ip4;
  int block = 0;
  u32_t value = 0;
  if (!ip6_shape(cp, &zero_blocks, &ends_in_ip4)) {
    return false;
  }
  for (; *cp != '\0'; cp++) {
    if (*cp != ':') {
      if (!isxdigit((unsigned char)*cp)) {
        break;
      }
      value = (value << 4) | (u32_t)(isdigit((unsigned char)*cp) ? *cp - '0' : (*cp | 0x20) - 'a' + 10);
      continue;
    }
    store_block(words, &block, value);
    value = 0;
    ip4_addr_t ip4;
    if (ends_in_ip4 && block == 6 && ip4addr_aton(cp + 1, &ip4)) {
      words[3] = lwip_ntohl(ip4.addr);
      return true;
    }
    if (block > 7) {
      return false;
    }
    if (cp[1] != ':') {
      continue;
    }
    if (cp[2] == ':') {
      return false;
    }
    cp++;
    for (; zero_blocks > 0; zero_blocks--) {
      store_block(words, &block, 0);
      if (block > 7) {
        return false;
      }
    }
  }
  store_block(words, &block, value);
  return block == 8;
}

int ip6addr_aton(const char *cp, ip6_addr_t *addr) {
  u32_t words[4] = { 0 };
  if (!parse_ip6(cp, words)) {
    return 0;
  }
  if (addr != NULL) {
    IP6_ADDR(addr, lwip_htonl(words[0]), lwip_htonl(words[1]), lwip_htonl(words[2]), lwip_htonl(words[3]));
  }
  return 1;
}

static u16_t block_of(const ip6_addr_t *addr, int block) {
  u32_t word = lwip_ntohl(addr->addr[block >> 1]);
  return (u16_t)((block & 1) == 0 ? word >> 16 : word);
}

/* Upper case; the first run of two or more zero blocks is "::", a mapped address ends as IPv4 does. */
static void format_ip6(const ip6_addr_t *addr, char *text) {
  bool is_mapped = ip6_addr_isipv4mappedipv6(addr);
  int blocks = is_mapped ? 6 : 8;
  bool has_gap = false;
  for (int block = 0; block < blocks; block++) {
    if (!has_gap && block_of(addr, block) == 0 && block + 1 < blocks && block_of(addr, block + 1) == 0) {
      while (block + 1 < blocks && block_of(addr, block + 1) == 0) {
        block++;
      }
      has_gap = true;
      text += sprintf(text, block == blocks - 1 ? "::" : ":");
      continue;
    }
    text += sprintf(text, block == 0 ? "%X" : ":%X", block_of(addr, block));
  }
  if (is_mapped) {
    const u8_t *ip4 = (const u8_t *)&addr->addr[3];
    sprintf(text, ":%u.%u.%u.%u", ip4[0], ip4[1], ip4[2], ip4[3]);
  }
}

char *ip6addr_ntoa_r(const ip6_addr_t *addr, char *buf, int buflen) {
  char text[IP6ADDR_STRLEN_MAX];
  format_ip6(addr, text);
  return (int)strlen(text) < buflen ? strcpy(buf, text) : NULL;
}

char *ip6addr_ntoa(const ip6_addr_t *addr) {
  static char text[IP6ADDR_STRLEN_MAX];
  return ip6addr_ntoa_r(addr, text, sizeof text);
}

char *ipaddr_ntoa_r(const ip_addr_t *addr, char *buf, int buflen) {
  if (addr == NULL) {
    return NULL;
  }
  return IP_IS_V6(addr) ? ip6addr_ntoa_r(ip_2_ip6(addr), buf, buflen) : ip4addr_ntoa_r(ip_2_ip4(addr), buf, buflen);
}

char *ipaddr_ntoa(const ip_addr_t *addr) {
  static char text[IPADDR_STRLEN_MAX];
  return ipaddr_ntoa_r(addr, text, sizeof text);
}

/* IPv4 or IPv6, whichever the text's first colon or dot announces. */
int ipaddr_aton(const char *cp, ip_addr_t *addr) {
  if (cp == NULL) {
    return 0;
  }
  bool is_ip6 = cp[strcspn(cp, ":.")] == ':';
  if (addr != NULL) {
    IP_SET_TYPE_VAL(*addr, is_ip6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
  }
  return is_ip6 ? ip6addr_aton(cp, addr == NULL ? NULL : ip_2_ip6(addr))
                : ip4addr_aton(cp, addr == NULL ? NULL : ip_2_ip4(addr));
}

const char *lwip_inet_ntop(int af, const void *src, char *dst, socklen_t size) {
  const char *text = NULL;
  if (af == AF_INET) {
    text = ip4addr_ntoa_r(src, dst, (int)size);
  } else if (af == AF_INET6) {
    ip6_addr_t addr;
    inet6_addr_to_ip6addr(&addr, (const struct in6_addr *)src);
    text = ip6addr_ntoa_r(&addr, dst, (int)size);
  } else {
    errno = EAFNOSUPPORT;
    return NULL;
  }
  if (text == NULL) {
    errno = ENOSPC;
  }
  return text;
}

int lwip_inet_pton(int af, const char *src, void *dst) {
  if (af == AF_INET) {
    return ip4addr_aton(src, dst);
  }
  if (af != AF_INET6) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  ip6_addr_t addr;
  if (!ip6addr_aton(src, &addr)) {
    return 0;
  }
  inet6_addr_from_ip6addr((struct in6_addr *)dst, &addr);
  return 1;
}

void esp_netif_set_ip4_addr(esp_ip4_addr_t *addr, uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  addr->addr = ESP_IP4TOADDR(a, b, c, d);
}

char *esp_ip4addr_ntoa(const esp_ip4_addr_t *addr, char *buf, int buflen) {
  return ip4addr_ntoa_r((const ip4_addr_t *)addr, buf, buflen);
}

uint32_t esp_ip4addr_aton(const char *addr) {
  return ipaddr_addr(addr);
}

esp_err_t esp_netif_str_to_ip4(const char *src, esp_ip4_addr_t *dst) {
  if (src == NULL || dst == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  return lwip_inet_pton(AF_INET, src, dst) == 1 ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_netif_str_to_ip6(const char *src, esp_ip6_addr_t *dst) {
  if (src == NULL || dst == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  return lwip_inet_pton(AF_INET6, src, dst) == 1 ? ESP_OK : ESP_FAIL;
}

void esp_netif_ip_addr_copy(esp_ip_addr_t *dest, const esp_ip_addr_t *src) {
  *dest = *src;
}

esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t *ip6_addr) {
  const ip6_addr_t *addr = (const ip6_addr_t *)ip6_addr;
  if (ip6_addr_isglobal(addr)) {
    return ESP_IP6_ADDR_IS_GLOBAL;
  }
  if (ip6_addr_islinklocal(addr)) {
    return ESP_IP6_ADDR_IS_LINK_LOCAL;
  }
  if (ip6_addr_issitelocal(addr)) {
    return ESP_IP6_ADDR_IS_SITE_LOCAL;
  }
  if (ip6_addr_isuniquelocal(addr)) {
    return ESP_IP6_ADDR_IS_UNIQUE_LOCAL;
  }
  return ip6_addr_isipv4mappedipv6(addr) ? ESP_IP6_ADDR_IS_IPV4_MAPPED_IPV6 : ESP_IP6_ADDR_IS_UNKNOWN;
}
