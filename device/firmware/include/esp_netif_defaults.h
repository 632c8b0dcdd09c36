/* ESP-IDF: how the usual interfaces are configured. */
#pragma once

#include <sys/cdefs.h>
#include "esp_netif_types.h"

#define ESP_NETIF_INHERENT_DEFAULT_WIFI_STA()                                                              \
  {                                                                                                        \
    .flags = (esp_netif_flags_t)(ESP_NETIF_DHCP_CLIENT | ESP_NETIF_FLAG_GARP |                             \
                                 ESP_NETIF_FLAG_EVENT_IP_MODIFIED | ESP_NETIF_FLAG_MLDV6_REPORT),          \
    .mac = { 0 }, .ip_info = NULL, .get_ip_event = IP_EVENT_STA_GOT_IP, .lost_ip_event = IP_EVENT_STA_LOST_IP, \
    .if_key = "WIFI_STA_DEF", .if_desc = "sta", .route_prio = 100, .bridge_info = NULL                     \
  }
#define ESP_NETIF_INHERENT_DEFAULT_WIFI_AP()                                                               \
  {                                                                                                        \
    .flags = (esp_netif_flags_t)(ESP_NETIF_DHCP_SERVER | ESP_NETIF_FLAG_AUTOUP), .mac = { 0 },             \
    .ip_info = &_g_esp_netif_soft_ap_ip, .get_ip_event = 0, .lost_ip_event = 0, .if_key = "WIFI_AP_DEF",   \
    .if_desc = "ap", .route_prio = 10, .bridge_info = NULL                                                 \
  }
#define ESP_NETIF_INHERENT_DEFAULT_ETH()                                                                   \
  {                                                                                                        \
    .flags = (esp_netif_flags_t)(ESP_NETIF_DHCP_CLIENT | ESP_NETIF_FLAG_GARP |                             \
                                 ESP_NETIF_FLAG_EVENT_IP_MODIFIED),                                        \
    .mac = { 0 }, .ip_info = NULL, .get_ip_event = IP_EVENT_ETH_GOT_IP, .lost_ip_event = IP_EVENT_ETH_LOST_IP, \
    .if_key = "ETH_DEF", .if_desc = "eth", .route_prio = 50, .bridge_info = NULL                           \
  }

#define ESP_NETIF_DEFAULT_WIFI_STA() \
  { .base = ESP_NETIF_BASE_DEFAULT_WIFI_STA, .driver = NULL, .stack = ESP_NETIF_NETSTACK_DEFAULT_WIFI_STA }
#define ESP_NETIF_DEFAULT_WIFI_AP() \
  { .base = ESP_NETIF_BASE_DEFAULT_WIFI_AP, .driver = NULL, .stack = ESP_NETIF_NETSTACK_DEFAULT_WIFI_AP }
#define ESP_NETIF_DEFAULT_ETH() \
  { .base = ESP_NETIF_BASE_DEFAULT_ETH, .driver = NULL, .stack = ESP_NETIF_NETSTACK_DEFAULT_ETH }

#define ESP_NETIF_BASE_DEFAULT_WIFI_STA &_g_esp_netif_inherent_sta_config
#define ESP_NETIF_BASE_DEFAULT_WIFI_AP &_g_esp_netif_inherent_ap_config
#define ESP_NETIF_BASE_DEFAULT_ETH &_g_esp_netif_inherent_eth_config
#define ESP_NETIF_NETSTACK_DEFAULT_WIFI_STA _g_esp_netif_netstack_default_wifi_sta
#define ESP_NETIF_NETSTACK_DEFAULT_WIFI_AP _g_esp_netif_netstack_default_wifi_ap
#define ESP_NETIF_NETSTACK_DEFAULT_ETH _g_esp_netif_netstack_default_eth

__BEGIN_DECLS
extern const esp_netif_netstack_config_t *_g_esp_netif_netstack_default_eth;
extern const esp_netif_netstack_config_t *_g_esp_netif_netstack_default_wifi_sta;
extern const esp_netif_netstack_config_t *_g_esp_netif_netstack_default_wifi_ap;
extern const esp_netif_inherent_config_t _g_esp_netif_inherent_sta_config;
extern const esp_netif_inherent_config_t _g_esp_netif_inherent_ap_config;
extern const esp_netif_inherent_config_t _g_esp_netif_inherent_eth_config;
extern const esp_netif_ip_info_t _g_esp_netif_soft_ap_ip;
__END_DECLS
