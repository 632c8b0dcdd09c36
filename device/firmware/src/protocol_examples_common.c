/* example_connect() and its companions. A board whose interfaces have addresses when the program starts is connected
 * already; otherwise a station is started, as the component does it. Sources: ESP-IDF
 * examples/common_components/protocol_examples_common (connect.c, wifi_connect.c; behaviour, names and log lines). */
#include "protocol_examples_common.h"
#include <stdio.h>
#include <string.h>
#include "esp_log.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#ifndef CONFIG_EXAMPLE_WIFI_SSID
#define CONFIG_EXAMPLE_WIFI_SSID "myssid"
#endif
#ifndef CONFIG_EXAMPLE_WIFI_PASSWORD
#define CONFIG_EXAMPLE_WIFI_PASSWORD "mypassword"
#endif
#ifndef CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY
#define CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY 6
#endif
#ifndef CONFIG_EXAMPLE_WIFI_SCAN_RSSI_THRESHOLD
#define CONFIG_EXAMPLE_WIFI_SCAN_RSSI_THRESHOLD -127
#endif
#ifdef CONFIG_EXAMPLE_WIFI_SCAN_METHOD_FAST
#define SCAN_METHOD WIFI_FAST_SCAN
#else
#define SCAN_METHOD WIFI_ALL_CHANNEL_SCAN
#endif
#ifdef CONFIG_EXAMPLE_WIFI_CONNECT_AP_BY_SECURITY
#define SORT_METHOD WIFI_CONNECT_AP_BY_SECURITY
#else
#define SORT_METHOD WIFI_CONNECT_AP_BY_SIGNAL
#endif

#if CONFIG_EXAMPLE_WIFI_AUTH_WEP
#define AUTH_THRESHOLD WIFI_AUTH_WEP
#elif CONFIG_EXAMPLE_WIFI_AUTH_WPA_PSK
#define AUTH_THRESHOLD WIFI_AUTH_WPA_PSK
#elif CONFIG_EXAMPLE_WIFI_AUTH_WPA2_PSK
#define AUTH_THRESHOLD WIFI_AUTH_WPA2_PSK
#elif CONFIG_EXAMPLE_WIFI_AUTH_WPA_WPA2_PSK
#define AUTH_THRESHOLD WIFI_AUTH_WPA_WPA2_PSK
#elif CONFIG_EXAMPLE_WIFI_AUTH_WPA2_ENTERPRISE
#define AUTH_THRESHOLD WIFI_AUTH_WPA2_ENTERPRISE
#elif CONFIG_EXAMPLE_WIFI_AUTH_WPA3_PSK
#define AUTH_THRESHOLD WIFI_AUTH_WPA3_PSK
#elif CONFIG_EXAMPLE_WIFI_AUTH_WPA2_WPA3_PSK
#define AUTH_THRESHOLD WIFI_AUTH_WPA2_WPA3_PSK
#elif CONFIG_EXAMPLE_WIFI_AUTH_WAPI_PSK
#define AUTH_THRESHOLD WIFI_AUTH_WAPI_PSK
#else
#define AUTH_THRESHOLD WIFI_AUTH_OPEN
#endif

#if CONFIG_EXAMPLE_CONNECT_IPV6_PREF_GLOBAL
#define PREFERRED_IPV6 ESP_IP6_ADDR_IS_GLOBAL
#elif CONFIG_EXAMPLE_CONNECT_IPV6_PREF_SITE_LOCAL
#define PREFERRED_IPV6 ESP_IP6_ADDR_IS_SITE_LOCAL
#elif CONFIG_EXAMPLE_CONNECT_IPV6_PREF_UNIQUE_LOCAL
#define PREFERRED_IPV6 ESP_IP6_ADDR_IS_UNIQUE_LOCAL
#else
#define PREFERRED_IPV6 ESP_IP6_ADDR_IS_LINK_LOCAL
#endif

#define STATION_ROUTE_PRIO 128

static const char *TAG = "example_connect";
static const char *COMMON_TAG = "example_common";

static esp_netif_t *station;
static SemaphoreHandle_t got_ip4;
static SemaphoreHandle_t got_ip6;
static int retries;

bool example_is_our_netif(const char *prefix, esp_netif_t *netif) {
  return strncmp(prefix, esp_netif_get_desc(netif), strlen(prefix) - 1) == 0;
}

static bool has_address(esp_netif_t *netif, esp_netif_ip_info_t *info) {
  return esp_netif_is_netif_up(netif) && esp_netif_get_ip_info(netif, info) == ESP_OK && info->ip.addr != 0;
}

/* The interfaces that example_connect() made, or those that the board had before. */
esp_netif_t *get_example_netif_from_desc(const char *desc) {
  const char *own_desc = strcmp(desc, EXAMPLE_NETIF_DESC_ETH) == 0 ? "eth" : "sta";
  esp_netif_t *own = NULL;
  for (esp_netif_t *netif = esp_netif_next_unsafe(NULL); netif != NULL; netif = esp_netif_next_unsafe(netif)) {
    if (strcmp(esp_netif_get_desc(netif), desc) == 0) {
      return netif;
    }
    if (own == NULL && strcmp(esp_netif_get_desc(netif), own_desc) == 0) {
      own = netif;
    }
  }
  return own;
}

void example_print_all_netif_ips(const char *prefix) {
  for (esp_netif_t *netif = esp_netif_next_unsafe(NULL); netif != NULL; netif = esp_netif_next_unsafe(netif)) {
    esp_netif_ip_info_t info;
    if ((prefix == NULL || example_is_our_netif(prefix, netif)) && has_address(netif, &info)) {
      ESP_LOGI(COMMON_TAG, "Connected to %s", esp_netif_get_desc(netif));
      ESP_LOGI(COMMON_TAG, "- IPv4 address: " IPSTR ",", IP2STR(&info.ip));
    }
  }
}

/* A station, from its start to its addresses */

static void on_got_ip(void *arg, esp_event_base_t base, int32_t id, void *data) {
  ip_event_got_ip_t *event = data;
  retries = 0;
  if (!example_is_our_netif(EXAMPLE_NETIF_DESC_STA, event->esp_netif)) {
    return;
  }
  ESP_LOGI(COMMON_TAG, "Got IPv4 event: Interface \"%s\" address: " IPSTR, esp_netif_get_desc(event->esp_netif),
           IP2STR(&event->ip_info.ip));
  if (got_ip4 != NULL) {
    xSemaphoreGive(got_ip4);
  } else {
    ESP_LOGI(COMMON_TAG, "- IPv4 address: " IPSTR ",", IP2STR(&event->ip_info.ip));
  }
}

static void on_got_ip6(void *arg, esp_event_base_t base, int32_t id, void *data) {
  static const char *const kinds[] = { "UNKNOWN",    "GLOBAL",       "LINK_LOCAL",
                                       "SITE_LOCAL", "UNIQUE_LOCAL", "IPV4_MAPPED_IPV6" };
  ip_event_got_ip6_t *event = data;
  if (!example_is_our_netif(EXAMPLE_NETIF_DESC_STA, event->esp_netif)) {
    return;
  }
  esp_ip6_addr_type_t type = esp_netif_ip6_get_addr_type(&event->ip6_info.ip);
  ESP_LOGI(COMMON_TAG, "Got IPv6 event: Interface \"%s\" address: " IPV6STR ", type: ESP_IP6_ADDR_IS_%s",
           esp_netif_get_desc(event->esp_netif), IPV62STR(event->ip6_info.ip), kinds[type]);
  if (type == PREFERRED_IPV6 && got_ip6 != NULL) {
    xSemaphoreGive(got_ip6);
  }
}

static void on_connected(void *arg, esp_event_base_t base, int32_t id, void *data) {
#ifdef CONFIG_EXAMPLE_CONNECT_IPV6
  esp_netif_create_ip6_linklocal(arg);
#endif
}

static void unregister_handlers(void);

static void on_disconnected(void *arg, esp_event_base_t base, int32_t id, void *data) {
  wifi_event_sta_disconnected_t *disconnected = data;
  retries++;
  if (CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY >= 0 && retries > CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY) {
    ESP_LOGI(COMMON_TAG, "WiFi Connect failed %d times, stop reconnect.", retries);
    if (got_ip4 != NULL) {
      xSemaphoreGive(got_ip4);
    }
    if (got_ip6 != NULL) {
      xSemaphoreGive(got_ip6);
    }
    unregister_handlers();
    esp_wifi_disconnect();
    return;
  }
  if (disconnected->reason == WIFI_REASON_ROAMING) {
    ESP_LOGD(COMMON_TAG, "station roaming, do nothing");
    return;
  }
  ESP_LOGI(COMMON_TAG, "Wi-Fi disconnected %d, trying to reconnect...", disconnected->reason);
  esp_err_t err = esp_wifi_connect();
  if (err == ESP_ERR_WIFI_NOT_STARTED) {
    return;
  }
  ESP_ERROR_CHECK(err);
}

static void register_handlers(void) {
  ESP_ERROR_CHECK(esp_event_handler_register(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &on_disconnected, NULL));
  ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, &on_got_ip, NULL));
  ESP_ERROR_CHECK(esp_event_handler_register(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, &on_connected, station));
#ifdef CONFIG_EXAMPLE_CONNECT_IPV6
  ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, IP_EVENT_GOT_IP6, &on_got_ip6, NULL));
#endif
}

static void unregister_handlers(void) {
  esp_event_handler_unregister(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &on_disconnected);
  esp_event_handler_unregister(IP_EVENT, IP_EVENT_STA_GOT_IP, &on_got_ip);
  esp_event_handler_unregister(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, &on_connected);
#ifdef CONFIG_EXAMPLE_CONNECT_IPV6
  esp_event_handler_unregister(IP_EVENT, IP_EVENT_GOT_IP6, &on_got_ip6);
#endif
}

static void start_station(void) {
  wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
  ESP_ERROR_CHECK(esp_wifi_init(&init));
  esp_netif_inherent_config_t netif_config = ESP_NETIF_INHERENT_DEFAULT_WIFI_STA();
  netif_config.if_desc = EXAMPLE_NETIF_DESC_STA;
  netif_config.route_prio = STATION_ROUTE_PRIO;
  station = esp_netif_create_wifi(WIFI_IF_STA, &netif_config);
  ESP_ERROR_CHECK(esp_wifi_set_default_wifi_sta_handlers());
  ESP_ERROR_CHECK(esp_wifi_set_storage(WIFI_STORAGE_RAM));
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  ESP_ERROR_CHECK(esp_wifi_start());
}

static void stop_station(void) {
  if (esp_wifi_stop() == ESP_ERR_WIFI_NOT_INIT) {
    return;
  }
  ESP_ERROR_CHECK(esp_wifi_deinit());
  ESP_ERROR_CHECK(esp_wifi_clear_default_wifi_driver_and_handlers(station));
  esp_netif_destroy(station);
  station = NULL;
}

static void delete_semaphores(void) {
  if (got_ip4 != NULL) {
    vSemaphoreDelete(got_ip4);
    got_ip4 = NULL;
  }
  if (got_ip6 != NULL) {
    vSemaphoreDelete(got_ip6);
    got_ip6 = NULL;
  }
}

static void disconnect_station(void) {
  unregister_handlers();
  esp_wifi_disconnect();
  delete_semaphores();
  stop_station();
}

/* Waits without limit for the addresses that the configuration asks for. */
static esp_err_t connect_station(void) {
  wifi_config_t config = { .sta = { .ssid = CONFIG_EXAMPLE_WIFI_SSID,
                                    .password = CONFIG_EXAMPLE_WIFI_PASSWORD,
                                    .scan_method = SCAN_METHOD,
                                    .sort_method = SORT_METHOD,
                                    .threshold = { .rssi = CONFIG_EXAMPLE_WIFI_SCAN_RSSI_THRESHOLD,
                                                   .authmode = AUTH_THRESHOLD } } };
  ESP_LOGI(TAG, "Start example_connect.");
  start_station();
  got_ip4 = xSemaphoreCreateBinary();
#ifdef CONFIG_EXAMPLE_CONNECT_IPV6
  got_ip6 = xSemaphoreCreateBinary();
#endif
  if (got_ip4 == NULL) {
    return ESP_ERR_NO_MEM;
  }
  retries = 0;
  register_handlers();
  ESP_LOGI(COMMON_TAG, "Connecting to %s...", config.sta.ssid);
  ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_STA, &config));
  esp_err_t err = esp_wifi_connect();
  if (err != ESP_OK) {
    ESP_LOGE(COMMON_TAG, "WiFi connect failed! ret:%x", err);
    return err;
  }
  ESP_LOGI(COMMON_TAG, "Waiting for IP(s)");
  xSemaphoreTake(got_ip4, portMAX_DELAY);
  if (got_ip6 != NULL) {
    xSemaphoreTake(got_ip6, portMAX_DELAY);
  }
  bool has_failed = CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY >= 0 && retries > CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY;
  delete_semaphores();
  return has_failed ? ESP_FAIL : ESP_OK;
}

/* Is there an interface with an address that this program did not ask for? Handlers hear of it as of any other. */
static bool is_connected_already(void) {
  for (esp_netif_t *netif = esp_netif_next_unsafe(NULL); netif != NULL; netif = esp_netif_next_unsafe(netif)) {
    esp_netif_ip_info_t info;
    if (has_address(netif, &info)) {
      ip_event_got_ip_t event = { .esp_netif = netif, .ip_info = info, .ip_changed = true };
      esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &event, sizeof event, portMAX_DELAY);
      return true;
    }
  }
  return false;
}

esp_err_t example_connect(void) {
  if (station != NULL) {
    return ESP_ERR_INVALID_STATE;
  }
  if (is_connected_already()) {
    example_print_all_netif_ips(NULL);
    return ESP_OK;
  }
  if (connect_station() != ESP_OK) {
    return ESP_FAIL;
  }
  ESP_ERROR_CHECK(esp_register_shutdown_handler(&disconnect_station));
  example_print_all_netif_ips(EXAMPLE_NETIF_DESC_STA);
  return ESP_OK;
}

esp_err_t example_disconnect(void) {
  if (station == NULL) {
    return ESP_OK;
  }
  disconnect_station();
  ESP_ERROR_CHECK(esp_unregister_shutdown_handler(&disconnect_station));
  return ESP_OK;
}
