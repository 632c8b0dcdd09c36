/* What ESP-IDF's sock_utils component adds to lwIP's sockets, and names of interfaces. Sources: sock_utils
 * (getnameinfo, ifaddrs, gai_strerror), components/lwip/port/if_index.c. */
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_netif.h"
#include "lwip/if_api.h"

unsigned int lwip_if_nametoindex(const char *ifname) {
  for (esp_netif_t *netif = esp_netif_next_unsafe(NULL); netif != NULL; netif = esp_netif_next_unsafe(netif)) {
    char name[NETIF_NAMESIZE];
    if (esp_netif_get_netif_impl_name(netif, name) == ESP_OK && strcmp(name, ifname) == 0) {
      return (unsigned)esp_netif_get_netif_impl_index(netif);
    }
  }
  return NETIF_NO_INDEX;
}

char *lwip_if_indextoname(unsigned int ifindex, char *ifname) {
  for (esp_netif_t *netif = esp_netif_next_unsafe(NULL); netif != NULL; netif = esp_netif_next_unsafe(netif)) {
    if (esp_netif_get_netif_impl_index(netif) == (int)ifindex && esp_netif_get_netif_impl_name(netif, ifname) == ESP_OK) {
      return ifname;
    }
  }
  errno = ENXIO;
  return NULL;
}

/* Numbers only, as there: with NI_NUMERICHOST an address, with NI_NUMERICSERV a port. */
int getnameinfo(const struct sockaddr *addr, socklen_t addrlen, char *host, socklen_t hostlen, char *serv,
                socklen_t servlen, int flags) {
  const struct sockaddr_in *name = (const struct sockaddr_in *)addr;
  if (flags & ~(NI_NUMERICHOST | NI_NUMERICSERV | NI_DGRAM)) {
    return EAI_BADFLAGS;
  }
  if (addr == NULL || addrlen < sizeof *name || addr->sa_family != AF_INET) {
    return EAI_FAMILY;
  }
  if (host != NULL && hostlen > 0) {
    if (!(flags & NI_NUMERICHOST)) {
      return EAI_NONAME;
    }
    if (inet_ntop(AF_INET, &name->sin_addr, host, hostlen) == NULL) {
      return EOVERFLOW;
    }
  }
  if (serv != NULL && servlen > 0 && snprintf(serv, servlen, "%u", ntohs(name->sin_port)) >= (int)servlen) {
    return EOVERFLOW;
  }
  return 0;
}

const char *gai_strerror(int ecode) {
  switch (ecode) {
    case 0:
      return "Success";
    case EAI_NONAME:
      return "Name does not resolve";
    case EAI_SERVICE:
      return "Service is not a number";
    case EAI_FAIL:
      return "Name could not be resolved";
    case EAI_MEMORY:
      return "Out of memory";
    case EAI_FAMILY:
      return "Address family is not supported";
    case EAI_AGAIN:
      return "Temporary failure";
    case EAI_BADFLAGS:
      return "Flags are not supported";
    case EAI_SOCKTYPE:
      return "Socket type is not supported";
    default:
      return "Unknown error";
  }
}

/* One element of the list in one piece of memory. */
struct element {
  struct ifaddrs ifa;
  struct sockaddr_in addr;
  char name[NETIF_NAMESIZE];
};

static struct element *element_of(esp_netif_t *netif) {
  struct element *element = calloc(1, sizeof *element);
  esp_netif_ip_info_t info;
  if (element == NULL || esp_netif_get_netif_impl_name(netif, element->name) != ESP_OK ||
      esp_netif_get_ip_info(netif, &info) != ESP_OK) {
    free(element);
    return NULL;
  }
  element->addr = (struct sockaddr_in){ .sin_len = sizeof element->addr, .sin_family = AF_INET };
  element->addr.sin_addr.s_addr = info.ip.addr;
  element->ifa.ifa_name = element->name;
  element->ifa.ifa_addr = (struct sockaddr *)&element->addr;
  return element;
}

/* IPv4 only: one element for each interface that is up. */
int getifaddrs(struct ifaddrs **ifap) {
  if (ifap == NULL) {
    errno = EINVAL;
    return -1;
  }
  struct ifaddrs **end = ifap;
  *end = NULL;
  for (esp_netif_t *netif = esp_netif_next_unsafe(NULL); netif != NULL; netif = esp_netif_next_unsafe(netif)) {
    if (!esp_netif_is_netif_up(netif)) {
      continue;
    }
    struct element *element = element_of(netif);
    if (element == NULL) {
      freeifaddrs(*ifap);
      *ifap = NULL;
      errno = ENOMEM;
      return -1;
    }
    *end = &element->ifa;
    end = &element->ifa.ifa_next;
  }
  return 0;
}

void freeifaddrs(struct ifaddrs *ifa) {
  while (ifa != NULL) {
    struct ifaddrs *next = ifa->ifa_next;
    free(ifa);
    ifa = next;
  }
}
