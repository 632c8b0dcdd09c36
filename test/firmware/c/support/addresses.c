/* What the address functions make of a text, one value a line; the test compares it with the stack's own in TypeScript. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include "esp_netif.h"
#include "lwip/inet.h"
#include "lwip/sockets.h"

void print_addresses(const char *text);

void print_addresses(const char *text) {
  struct in_addr in;
  struct in6_addr in6;
  ip_addr_t any;
  char buf[INET6_ADDRSTRLEN];
  printf("inet_addr %08lx\n", (unsigned long)ntohl(inet_addr(text)));
  printf("inet_aton %d\n", inet_aton(text, &in));
  printf("inet_ntoa %s\n", inet_aton(text, &in) ? inet_ntoa(in) : "-");
  printf("inet_pton6 %d\n", inet_pton(AF_INET6, text, &in6));
  printf("inet_ntop6 %s\n", inet_pton(AF_INET6, text, &in6) ? inet_ntop(AF_INET6, &in6, buf, sizeof buf) : "-");
  printf("ipaddr_aton %s\n", ipaddr_aton(text, &any) ? ipaddr_ntoa(&any) : "-");
}
