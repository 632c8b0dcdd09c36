/* lwIP: names to addresses. The plain names are inline functions over lwip_*. */
#pragma once

#include "lwip/inet.h"
#include "lwip/opt.h"
#include "lwip/sockets.h"

/* Failures of getaddrinfo() */
#define EAI_NONAME 200
#define EAI_SERVICE 201
#define EAI_FAIL 202
#define EAI_MEMORY 203
#define EAI_FAMILY 204

/* h_errno */
#define HOST_NOT_FOUND 210
#define NO_DATA 211
#define NO_RECOVERY 212
#define TRY_AGAIN 213

#define AI_PASSIVE 0x01
#define AI_CANONNAME 0x02
#define AI_NUMERICHOST 0x04
#define AI_NUMERICSERV 0x08

struct hostent {
  char *h_name;
  char **h_aliases;
  int h_addrtype;
  int h_length;
  char **h_addr_list;
};
#define h_addr h_addr_list[0]

struct addrinfo {
  int ai_flags;
  int ai_family;
  int ai_socktype;
  int ai_protocol;
  socklen_t ai_addrlen;
  struct sockaddr *ai_addr;
  char *ai_canonname;
  struct addrinfo *ai_next;
};

#define NETDB_ELEM_SIZE (sizeof(struct addrinfo) + sizeof(struct sockaddr_storage) + DNS_MAX_NAME_LENGTH + 1)

__BEGIN_DECLS
extern int h_errno;

struct hostent *lwip_gethostbyname(const char *name);
int lwip_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buflen, struct hostent **result,
                         int *h_errnop);
void lwip_freeaddrinfo(struct addrinfo *ai);
int lwip_getaddrinfo(const char *nodename, const char *servname, const struct addrinfo *hints, struct addrinfo **res);

static inline struct hostent *gethostbyname(const char *name) {
  return lwip_gethostbyname(name);
}
static inline int gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buflen,
                                  struct hostent **result, int *h_errnop) {
  return lwip_gethostbyname_r(name, ret, buf, buflen, result, h_errnop);
}
static inline void freeaddrinfo(struct addrinfo *ai) {
  lwip_freeaddrinfo(ai);
}
static inline int getaddrinfo(const char *nodename, const char *servname, const struct addrinfo *hints,
                              struct addrinfo **res) {
  return lwip_getaddrinfo(nodename, servname, hints, res);
}
__END_DECLS
