/* lwIP: byte order and small helpers. */
#pragma once

#include "lwip/arch.h"
#include "lwip/opt.h"

#define LWIP_MAX(x, y) (((x) > (y)) ? (x) : (y))
#define LWIP_MIN(x, y) (((x) < (y)) ? (x) : (y))
#define LWIP_ARRAYSIZE(x) (sizeof(x) / sizeof((x)[0]))
#define LWIP_MAKEU32(a, b, c, d) (((u32_t)((a) & 0xff) << 24) | ((u32_t)((b) & 0xff) << 16) | ((u32_t)((c) & 0xff) << 8) | (u32_t)((d) & 0xff))

#define PP_HTONS(x) ((u16_t)((((x) & 0x00ffU) << 8) | (((x) & 0xff00U) >> 8)))
#define PP_NTOHS(x) PP_HTONS(x)
#define PP_HTONL(x) \
  ((((x) & 0x000000ffUL) << 24) | (((x) & 0x0000ff00UL) << 8) | (((x) & 0x00ff0000UL) >> 8) | (((x) & 0xff000000UL) >> 24))
#define PP_NTOHL(x) PP_HTONL(x)

#define lwip_htons(x) ((u16_t)__builtin_bswap16(x))
#define lwip_ntohs(x) lwip_htons(x)
#define lwip_htonl(x) ((u32_t)__builtin_bswap32(x))
#define lwip_ntohl(x) lwip_htonl(x)

#define htons(x) lwip_htons(x)
#define ntohs(x) lwip_ntohs(x)
#define htonl(x) lwip_htonl(x)
#define ntohl(x) lwip_ntohl(x)

__BEGIN_DECLS
void lwip_itoa(char *result, size_t bufsize, int number);
int lwip_strnicmp(const char *str1, const char *str2, size_t len);
int lwip_stricmp(const char *str1, const char *str2);
char *lwip_strnstr(const char *buffer, const char *token, size_t n);
__END_DECLS
