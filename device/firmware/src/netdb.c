/* Names of hosts. The host finds the address; the results are the board's memory. Source: lwIP netdb.c */
#include "lwip/netdb.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"

#define NAME_MAX_LENGTH 255

/* What the host has found. Port and address are in network order. */
struct found {
  int family;
  int port;
  uint32_t address[4];
};

int host_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct found *found)
    ESPB_IMPORT(getaddrinfo); /* 0 or an EAI_ number */
bool host_gethostbyname(const char *name, struct found *found, bool is_reentrant) ESPB_IMPORT(gethostbyname);

int h_errno;

/* One block for all, which freeaddrinfo() frees. */
struct result {
  struct addrinfo info;
  struct sockaddr_storage address;
  char name[];
};

static void put_address(struct result *r, const struct found *found) {
  if (found->family == AF_INET) {
    *(struct sockaddr_in *)&r->address = (struct sockaddr_in){
        .sin_len = sizeof(struct sockaddr_in),
        .sin_family = AF_INET,
        .sin_port = (in_port_t)found->port,
        .sin_addr.s_addr = found->address[0],
    };
  } else {
    struct sockaddr_in6 *sa = (struct sockaddr_in6 *)&r->address;
    *sa = (struct sockaddr_in6){.sin6_len = sizeof(*sa), .sin6_family = AF_INET6, .sin6_port = (in_port_t)found->port};
    memcpy(&sa->sin6_addr, found->address, sizeof(found->address));
  }
}

int lwip_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res) {
  if (res == NULL) {
    return EAI_FAIL;
  }
  *res = NULL;
  struct found found;
  int error = host_getaddrinfo(node, service, hints, &found);
  if (error != 0) {
    return error;
  }
  size_t length = node == NULL ? 0 : strlen(node);
  struct result *r = calloc(1, sizeof(*r) + length + 1);
  if (r == NULL) {
    return EAI_MEMORY;
  }
  put_address(r, &found);
  r->info.ai_family = found.family;
  r->info.ai_addrlen = sizeof(r->address);
  r->info.ai_addr = (struct sockaddr *)&r->address;
  if (hints != NULL) {
    r->info.ai_socktype = hints->ai_socktype;
    r->info.ai_protocol = hints->ai_protocol;
  }
  if (node != NULL) {
    memcpy(r->name, node, length);
    r->info.ai_canonname = r->name;
  }
  *res = &r->info;
  return 0;
}

void lwip_freeaddrinfo(struct addrinfo *ai) {
  while (ai != NULL) {
    struct addrinfo *next = ai->ai_next;
    free(ai);
    ai = next;
  }
}

/* What a hostent points to. */
struct host_data {
  char *no_alias;
  char *addresses[2];
  uint32_t address[5]; /* lwIP keeps a zone behind an IPv6 address */
};

static struct hostent host_entry(struct host_data *data, const struct found *found, char *name) {
  memcpy(data->address, found->address, sizeof(found->address));
  data->address[4] = 0;
  data->no_alias = NULL;
  data->addresses[0] = (char *)data->address;
  data->addresses[1] = NULL;
  return (struct hostent){
      .h_name = name,
      .h_aliases = &data->no_alias,
      .h_addrtype = found->family,
      .h_length = found->family == AF_INET ? 4 : sizeof(data->address),
      .h_addr_list = data->addresses,
  };
}

struct hostent *lwip_gethostbyname(const char *name) {
  static struct hostent entry;
  static struct host_data data;
  static char kept_name[NAME_MAX_LENGTH + 1];
  struct found found;
  if (!host_gethostbyname(name, &found, false)) {
    h_errno = HOST_NOT_FOUND;
    return NULL;
  }
  strncpy(kept_name, name, NAME_MAX_LENGTH);
  entry = host_entry(&data, &found, kept_name);
  return &entry;
}

/* lwIP wants 36 bytes of the caller's buffer for the addresses, and up to three are lost by aligning them. */
#define R_BYTES 39

int lwip_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buflen, struct hostent **result,
                         int *h_errnop) {
  int unused;
  int *error = h_errnop == NULL ? &unused : h_errnop;
  *error = EINVAL;
  if (result == NULL) {
    return -1;
  }
  *result = NULL;
  if (name == NULL || ret == NULL || buf == NULL) {
    return -1;
  }
  *error = ERANGE;
  if (buflen < R_BYTES + strlen(name) + 1) {
    return -1;
  }
  struct found found;
  *error = HOST_NOT_FOUND;
  if (!host_gethostbyname(name, &found, true)) {
    return -1;
  }
  struct host_data *data = (struct host_data *)(((uintptr_t)buf + 3) & ~(uintptr_t)3);
  *ret = host_entry(data, &found, strcpy((char *)(data + 1), name));
  *error = 0;
  *result = ret;
  return 0;
}
