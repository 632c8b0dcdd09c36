/* Network interfaces. They are the host's; here are their numbers, texts and structures. Source: ESP-IDF
 * components/esp_netif */
#include "esp_netif.h"
#include <stdlib.h>
#include <string.h>
#include "esp_netif_defaults.h"
#include "net.h"

int host_netif_new(const esp_netif_inherent_config_t *config) ESP_IMPORT(netif_new); /* 0: there is one of that key */
int host_netif_next(int handle) ESP_IMPORT(netif_next);                               /* of 0: the first */
int host_netif_with_key(const char *key) ESP_IMPORT(netif_with_key);
int host_netif_default(void) ESP_IMPORT(netif_default);
int host_netif_count(void) ESP_IMPORT(netif_count);
void host_netif_texts(int handle, char *key, char *desc, char *hostname) ESP_IMPORT(netif_texts);
int host_netif_flags(int handle) ESP_IMPORT(netif_flags);
int host_netif_route_prio(int handle, int route_prio, bool change) ESP_IMPORT(netif_route_prio);
bool host_netif_is_up(int handle) ESP_IMPORT(netif_is_up);
int host_netif_index(int handle) ESP_IMPORT(netif_index);
esp_err_t host_netif_impl_name(int handle, char *name) ESP_IMPORT(netif_impl_name);
void host_netif_get_mac(int handle, uint8_t *mac) ESP_IMPORT(netif_get_mac);
void host_netif_get_ip_info(int handle, esp_netif_ip_info_t *info) ESP_IMPORT(netif_get_ip_info);
int host_netif_dhcp_status(int handle, bool of_server) ESP_IMPORT(netif_dhcp_status); /* -1: it has no such thing */
int host_netif_ip6(int handle, esp_ip6_addr_t *addresses) ESP_IMPORT(netif_ip6);       /* how many */

/* What tcpip's thread does. */
enum action {
  DESTROY,
  SET_DEFAULT,
  START,
  STOP,
  CONNECTED,
  DISCONNECTED,
  DHCPC_START,
  DHCPC_STOP,
  DHCPS_START,
  DHCPS_STOP,
  IP6_LINKLOCAL
};
esp_err_t host_netif_action(int handle, enum action action) ESPB_IMPORT(netif_action);
esp_err_t host_netif_set_mac(int handle, const uint8_t *mac) ESPB_IMPORT(netif_set_mac);
esp_err_t host_netif_set_hostname(int handle, const char *hostname) ESPB_IMPORT(netif_set_hostname);
esp_err_t host_netif_set_ip_info(int handle, const esp_netif_ip_info_t *info) ESPB_IMPORT(netif_set_ip_info);
esp_err_t host_netif_set_dns(int handle, int type, uint32_t address) ESPB_IMPORT(netif_set_dns);
esp_err_t host_netif_get_dns(int handle, int type, uint32_t *address) ESPB_IMPORT(netif_get_dns);
esp_err_t host_netif_dhcps_option(int handle, int op, int id, void *value, uint32_t length)
    ESPB_IMPORT(netif_dhcps_option);

const esp_netif_inherent_config_t _g_esp_netif_inherent_sta_config = ESP_NETIF_INHERENT_DEFAULT_WIFI_STA();
const esp_netif_inherent_config_t _g_esp_netif_inherent_ap_config = ESP_NETIF_INHERENT_DEFAULT_WIFI_AP();
const esp_netif_inherent_config_t _g_esp_netif_inherent_eth_config = ESP_NETIF_INHERENT_DEFAULT_ETH();
const esp_netif_ip_info_t _g_esp_netif_soft_ap_ip = {
    .ip = {.addr = ESP_IP4TOADDR(192, 168, 4, 1)},
    .gw = {.addr = ESP_IP4TOADDR(192, 168, 4, 1)},
    .netmask = {.addr = ESP_IP4TOADDR(255, 255, 255, 0)},
};
/* There is one stack, and nothing to choose. */
const esp_netif_netstack_config_t *_g_esp_netif_netstack_default_eth;
const esp_netif_netstack_config_t *_g_esp_netif_netstack_default_wifi_sta;
const esp_netif_netstack_config_t *_g_esp_netif_netstack_default_wifi_ap;

/* Objects */

static struct esp_netif_obj *objects;

esp_netif_t *esp_netif_of_handle(int handle) {
  if (handle == 0) {
    return NULL;
  }
  for (struct esp_netif_obj *o = objects; o != NULL; o = o->next) {
    if (o->handle == handle) {
      return o;
    }
  }
  struct esp_netif_obj *o = calloc(1, sizeof(*o));
  if (o != NULL) {
    o->handle = handle;
    host_netif_texts(handle, o->key, o->desc, o->hostname);
    o->next = objects;
    objects = o;
  }
  return o;
}

int esp_netif_handle(const esp_netif_t *netif) {
  for (const struct esp_netif_obj *o = objects; o != NULL; o = o->next) {
    if (o == netif) {
      return o->handle;
    }
  }
  return 0;
}

static int handle_of(esp_netif_t *netif) { return netif == NULL ? 0 : netif->handle; }

static esp_err_t act(esp_netif_t *netif, enum action action) {
  return netif == NULL ? ESP_ERR_ESP_NETIF_INVALID_PARAMS : host_netif_action(netif->handle, action);
}

/* Coming and going */

esp_err_t esp_netif_init(void) { return ESP_OK; }

esp_err_t esp_netif_deinit(void) { return ESP_ERR_NOT_SUPPORTED; }

esp_netif_t *esp_netif_new(const esp_netif_config_t *config) {
  return config == NULL || config->base == NULL ? NULL : esp_netif_of_handle(host_netif_new(config->base));
}

void esp_netif_destroy(esp_netif_t *netif) {
  if (netif == NULL) {
    return;
  }
  host_netif_action(netif->handle, DESTROY);
  struct esp_netif_obj **link = &objects;
  while (*link != netif) {
    link = &(*link)->next;
  }
  *link = netif->next;
  free(netif);
}

void esp_netif_action_start(void *netif, esp_event_base_t base, int32_t id, void *data) { act(netif, START); }

void esp_netif_action_stop(void *netif, esp_event_base_t base, int32_t id, void *data) { act(netif, STOP); }

void esp_netif_action_connected(void *netif, esp_event_base_t base, int32_t id, void *data) { act(netif, CONNECTED); }

void esp_netif_action_disconnected(void *netif, esp_event_base_t base, int32_t id, void *data) {
  act(netif, DISCONNECTED);
}

esp_netif_t *esp_netif_next_unsafe(esp_netif_t *netif) { return esp_netif_of_handle(host_netif_next(handle_of(netif))); }

esp_netif_t *esp_netif_next(esp_netif_t *netif) { return esp_netif_next_unsafe(netif); }

esp_netif_t *esp_netif_find_if(esp_netif_find_predicate_t fn, void *ctx) {
  esp_netif_t *netif = esp_netif_next_unsafe(NULL);
  while (netif != NULL && !fn(netif, ctx)) {
    netif = esp_netif_next_unsafe(netif);
  }
  return netif;
}

esp_netif_t *esp_netif_get_handle_from_ifkey(const char *key) { return esp_netif_of_handle(host_netif_with_key(key)); }

size_t esp_netif_get_nr_of_ifs(void) { return (size_t)host_netif_count(); }

esp_netif_t *esp_netif_get_default_netif(void) { return esp_netif_of_handle(host_netif_default()); }

esp_err_t esp_netif_set_default_netif(esp_netif_t *netif) { return act(netif, SET_DEFAULT); }

/* Looking at one */

const char *esp_netif_get_ifkey(esp_netif_t *netif) { return netif == NULL ? NULL : netif->key; }

const char *esp_netif_get_desc(esp_netif_t *netif) { return netif == NULL ? NULL : netif->desc; }

esp_netif_flags_t esp_netif_get_flags(esp_netif_t *netif) { return host_netif_flags(netif->handle); }

int esp_netif_get_route_prio(esp_netif_t *netif) {
  return netif == NULL ? -1 : host_netif_route_prio(netif->handle, 0, false);
}

int esp_netif_set_route_prio(esp_netif_t *netif, int route_prio) {
  return netif == NULL ? -1 : host_netif_route_prio(netif->handle, route_prio, true);
}

bool esp_netif_is_netif_up(esp_netif_t *netif) { return netif != NULL && host_netif_is_up(netif->handle); }

int esp_netif_get_netif_impl_index(esp_netif_t *netif) { return netif == NULL ? -1 : host_netif_index(netif->handle); }

esp_err_t esp_netif_get_netif_impl_name(esp_netif_t *netif, char *name) {
  return netif == NULL || name == NULL ? ESP_ERR_ESP_NETIF_INVALID_PARAMS : host_netif_impl_name(netif->handle, name);
}

esp_err_t esp_netif_get_mac(esp_netif_t *netif, uint8_t mac[]) {
  if (netif == NULL) {
    return ESP_ERR_ESP_NETIF_IF_NOT_READY;
  }
  host_netif_get_mac(netif->handle, mac);
  return ESP_OK;
}

esp_err_t esp_netif_set_mac(esp_netif_t *netif, uint8_t mac[]) {
  return netif == NULL ? ESP_ERR_ESP_NETIF_IF_NOT_READY : host_netif_set_mac(netif->handle, mac);
}

/* Addresses and names */

esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *info) {
  if (netif == NULL || info == NULL) {
    return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  host_netif_get_ip_info(netif->handle, info);
  return ESP_OK;
}

esp_err_t esp_netif_set_ip_info(esp_netif_t *netif, const esp_netif_ip_info_t *info) {
  return netif == NULL || info == NULL ? ESP_ERR_ESP_NETIF_INVALID_PARAMS : host_netif_set_ip_info(netif->handle, info);
}

esp_err_t esp_netif_set_hostname(esp_netif_t *netif, const char *hostname) {
  if (netif == NULL || hostname == NULL) {
    return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  esp_err_t err = host_netif_set_hostname(netif->handle, hostname);
  if (err == ESP_OK) {
    strncpy(netif->hostname, hostname, sizeof(netif->hostname) - 1);
  }
  return err;
}

esp_err_t esp_netif_get_hostname(esp_netif_t *netif, const char **hostname) {
  if (netif == NULL || hostname == NULL) {
    return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  *hostname = netif->hostname;
  return ESP_OK;
}

esp_err_t esp_netif_set_dns_info(esp_netif_t *netif, esp_netif_dns_type_t type, esp_netif_dns_info_t *dns) {
  if (netif == NULL || dns == NULL || dns->ip.type != ESP_IPADDR_TYPE_V4) {
    return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  return host_netif_set_dns(netif->handle, type, dns->ip.u_addr.ip4.addr);
}

esp_err_t esp_netif_get_dns_info(esp_netif_t *netif, esp_netif_dns_type_t type, esp_netif_dns_info_t *dns) {
  if (netif == NULL || dns == NULL) {
    return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  memset(dns, 0, sizeof(*dns));
  return host_netif_get_dns(netif->handle, type, &dns->ip.u_addr.ip4.addr);
}

esp_err_t esp_netif_create_ip6_linklocal(esp_netif_t *netif) { return act(netif, IP6_LINKLOCAL); }

int esp_netif_get_all_ip6(esp_netif_t *netif, esp_ip6_addr_t addresses[]) {
  return netif == NULL ? 0 : host_netif_ip6(netif->handle, addresses);
}

int esp_netif_get_all_preferred_ip6(esp_netif_t *netif, esp_ip6_addr_t addresses[]) {
  return esp_netif_get_all_ip6(netif, addresses);
}

esp_err_t esp_netif_get_ip6_linklocal(esp_netif_t *netif, esp_ip6_addr_t *address) {
  esp_ip6_addr_t addresses[3];
  if (netif == NULL || host_netif_ip6(netif->handle, addresses) == 0) {
    return ESP_FAIL;
  }
  *address = addresses[0];
  return ESP_OK;
}

/* DHCP */

esp_err_t esp_netif_dhcpc_start(esp_netif_t *netif) { return act(netif, DHCPC_START); }

esp_err_t esp_netif_dhcpc_stop(esp_netif_t *netif) { return act(netif, DHCPC_STOP); }

esp_err_t esp_netif_dhcps_start(esp_netif_t *netif) { return act(netif, DHCPS_START); }

esp_err_t esp_netif_dhcps_stop(esp_netif_t *netif) { return act(netif, DHCPS_STOP); }

static esp_err_t dhcp_status(esp_netif_t *netif, esp_netif_dhcp_status_t *status, bool of_server) {
  int found = netif == NULL || status == NULL ? -1 : host_netif_dhcp_status(netif->handle, of_server);
  if (found < 0) {
    return ESP_ERR_INVALID_ARG;
  }
  *status = found;
  return ESP_OK;
}

esp_err_t esp_netif_dhcpc_get_status(esp_netif_t *netif, esp_netif_dhcp_status_t *status) {
  return dhcp_status(netif, status, false);
}

esp_err_t esp_netif_dhcps_get_status(esp_netif_t *netif, esp_netif_dhcp_status_t *status) {
  return dhcp_status(netif, status, true);
}

esp_err_t esp_netif_dhcps_option(esp_netif_t *netif, esp_netif_dhcp_option_mode_t op, esp_netif_dhcp_option_id_t id,
                                 void *value, uint32_t length) {
  return netif == NULL || value == NULL ? ESP_ERR_ESP_NETIF_INVALID_PARAMS
                                        : host_netif_dhcps_option(netif->handle, op, id, value, length);
}
