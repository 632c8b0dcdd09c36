/* Names and services over lwip/netdb.h; getnameinfo() comes from ESP-IDF's sock_utils component. */
#pragma once

#include <lwip/netdb.h>

#define NI_NUMERICHOST 0x01
#define NI_NUMERICSERV 0x08
#define NI_DGRAM 0x10
#define NI_MAXHOST 1025
#define NI_MAXSERV 32

#define EAI_AGAIN 2
#define EAI_BADFLAGS 3
#define EAI_SOCKTYPE 10

#define AI_V4MAPPED 0x10
#define AI_ALL 0x20
#define AI_ADDRCONFIG 0x40

__BEGIN_DECLS
int getnameinfo(const struct sockaddr *addr, socklen_t addrlen, char *host, socklen_t hostlen, char *serv,
                socklen_t servlen, int flags);
const char *gai_strerror(int ecode);
__END_DECLS
