/* ESP-IDF's examples/common_components: the board's connection as examples ask for it. */
#pragma once

#include "esp_err.h"
#include "esp_event.h"
#include "esp_netif.h"
#include "lwip/sockets.h"
#include "sdkconfig.h"

#define EXAMPLE_NETIF_DESC_STA "example_netif_sta"
#define EXAMPLE_NETIF_DESC_ETH "example_netif_eth"
#define EXAMPLE_NETIF_DESC_PPP "example_netif_ppp"

#ifndef EXAMPLE_INTERFACE
#ifdef CONFIG_EXAMPLE_CONNECT_ETHERNET
#define EXAMPLE_INTERFACE get_example_netif_from_desc(EXAMPLE_NETIF_DESC_ETH)
#else
#define EXAMPLE_INTERFACE get_example_netif_from_desc(EXAMPLE_NETIF_DESC_STA)
#endif
#endif
#define get_example_netif() EXAMPLE_INTERFACE

__BEGIN_DECLS
esp_err_t example_connect(void);
esp_err_t example_disconnect(void);
esp_err_t example_configure_stdin_stdout(void);
esp_netif_t *get_example_netif_from_desc(const char *desc);
void example_print_all_netif_ips(const char *prefix);
bool example_is_our_netif(const char *prefix, esp_netif_t *netif);
void example_register_wifi_connect_commands(void);
__END_DECLS
