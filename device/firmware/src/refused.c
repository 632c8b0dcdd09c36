/* Functions that the headers declare and that no board here can do. */
#include "refused.h"
#include "esp_eth.h"
#include "esp_event.h"
#include "esp_heap_caps.h"
#include "esp_netif.h"
#include "esp_pm.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "esp_wifi.h"
#include "freertos/task.h"

ESP_EVENT_DEFINE_BASE(ETH_EVENT);

#define NO_SLEEP "the board does not sleep; use vTaskDelay() or esp_restart()."
#define NO_POWER "there is no power management, as without CONFIG_PM_ENABLE."
#define NO_WATCHDOG_API "the task watchdog is the board's own and cannot be configured by the program."
#define NO_ETH_DRIVER "the board's Ethernet interface has no driver that a program could reach."
#define NO_NETIF_DRIVER "the drivers of the board's interfaces are its own."
#define NO_IP6 "interfaces have no IPv6 addresses but the link-local one, and there are no IPv6 sockets."
#define NO_NAPT "there is no address translation."
#define NO_BRIDGE "there are no bridges of interfaces."
#define NOT_KNOWN "the twin does not keep this."

REFUSED(esp_sleep_enable_timer_wakeup, (uint64_t time_in_us), NO_SLEEP)
REFUSED(esp_sleep_disable_wakeup_source, (esp_sleep_source_t source), NO_SLEEP)
REFUSED(esp_light_sleep_start, (void), NO_SLEEP)

REFUSED(esp_pm_configure, (const void *config), NO_POWER)
REFUSED(esp_pm_get_configuration, (void *config), NO_POWER)
REFUSED(esp_pm_lock_create, (esp_pm_lock_type_t lock_type, int arg, const char *name, esp_pm_lock_handle_t *out_handle),
        NO_POWER)
REFUSED(esp_pm_lock_acquire, (esp_pm_lock_handle_t handle), NO_POWER)
REFUSED(esp_pm_lock_release, (esp_pm_lock_handle_t handle), NO_POWER)
REFUSED(esp_pm_lock_delete, (esp_pm_lock_handle_t handle), NO_POWER)
REFUSED(esp_pm_dump_locks, (FILE *stream), NO_POWER)

REFUSED(esp_task_wdt_init, (const esp_task_wdt_config_t *config), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_reconfigure, (const esp_task_wdt_config_t *config), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_deinit, (void), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_add, (TaskHandle_t task_handle), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_add_user, (const char *user_name, esp_task_wdt_user_handle_t *user_handle_ret), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_reset, (void), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_reset_user, (esp_task_wdt_user_handle_t user_handle), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_delete, (TaskHandle_t task_handle), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_delete_user, (esp_task_wdt_user_handle_t user_handle), NO_WATCHDOG_API)
REFUSED(esp_task_wdt_status, (TaskHandle_t task_handle), NO_WATCHDOG_API)

REFUSED(esp_eth_start, (esp_eth_handle_t hdl), NO_ETH_DRIVER)
REFUSED(esp_eth_stop, (esp_eth_handle_t hdl), NO_ETH_DRIVER)
REFUSED(esp_eth_ioctl, (esp_eth_handle_t hdl, esp_eth_io_cmd_t cmd, void *data), NO_ETH_DRIVER)

REFUSED(esp_netif_set_driver_config, (esp_netif_t *esp_netif, const esp_netif_driver_ifconfig_t *driver_config),
        NO_NETIF_DRIVER)
REFUSED(esp_netif_attach, (esp_netif_t *esp_netif, esp_netif_iodriver_handle driver_handle), NO_NETIF_DRIVER)
REFUSED(esp_netif_receive, (esp_netif_t *esp_netif, void *buffer, size_t len, void *eb), NO_NETIF_DRIVER)
REFUSED(esp_netif_tx_rx_event_enable, (esp_netif_t *esp_netif), NO_NETIF_DRIVER)
REFUSED(esp_netif_tx_rx_event_disable, (esp_netif_t *esp_netif), NO_NETIF_DRIVER)
REFUSED(esp_netif_join_ip6_multicast_group, (esp_netif_t *esp_netif, const esp_ip6_addr_t *addr), NO_IP6)
REFUSED(esp_netif_leave_ip6_multicast_group, (esp_netif_t *esp_netif, const esp_ip6_addr_t *addr), NO_IP6)
REFUSED(esp_netif_add_ip6_address, (esp_netif_t *esp_netif, const esp_ip6_addr_t addr, bool preferred), NO_IP6)
REFUSED(esp_netif_remove_ip6_address, (esp_netif_t *esp_netif, const esp_ip6_addr_t *addr), NO_IP6)
REFUSED(esp_netif_get_ip6_global, (esp_netif_t *esp_netif, esp_ip6_addr_t *if_ip6), NO_IP6)
REFUSED(esp_netif_napt_enable, (esp_netif_t *esp_netif), NO_NAPT)
REFUSED(esp_netif_napt_disable, (esp_netif_t *esp_netif), NO_NAPT)
REFUSED(esp_netif_bridge_add_port, (esp_netif_t *esp_netif_br, esp_netif_t *esp_netif_port), NO_BRIDGE)
REFUSED(esp_netif_bridge_fdb_add, (esp_netif_t *esp_netif_br, uint8_t *addr, uint64_t ports_mask), NO_BRIDGE)
REFUSED(esp_netif_bridge_fdb_remove, (esp_netif_t *esp_netif_br, uint8_t *addr), NO_BRIDGE)
REFUSED(esp_netif_dhcpc_option,
        (esp_netif_t *esp_netif, esp_netif_dhcp_option_mode_t opt_op, esp_netif_dhcp_option_id_t opt_id, void *opt_val,
         uint32_t opt_len),
        NOT_KNOWN)
REFUSED(esp_netif_dhcps_get_clients_by_mac, (esp_netif_t *esp_netif, int num, esp_netif_pair_mac_ip_t *mac_ip_pair),
        NOT_KNOWN)
REFUSED(esp_netif_arp_get_client_by_mac, (esp_netif_t *esp_netif, esp_netif_pair_mac_ip_t *mac_ip_pair), NOT_KNOWN)
REFUSED(esp_netif_get_old_ip_info, (esp_netif_t *esp_netif, esp_netif_ip_info_t *ip_info), NOT_KNOWN)
REFUSED(esp_netif_set_old_ip_info, (esp_netif_t *esp_netif, const esp_netif_ip_info_t *ip_info), NOT_KNOWN)
REFUSED(esp_event_dump, (FILE *file), NOT_KNOWN)
REFUSED(heap_caps_register_failed_alloc_callback, (esp_alloc_failed_hook_t callback), NOT_KNOWN)

/* Handlers of events that do not come here. */

void esp_netif_action_got_ip(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data) {
  REFUSE(NO_NETIF_DRIVER);
}

void esp_netif_action_join_ip6_multicast_group(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data) {
  REFUSE(NO_IP6);
}

void esp_netif_action_leave_ip6_multicast_group(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data) {
  REFUSE(NO_IP6);
}

void esp_netif_action_add_ip6_address(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data) {
  REFUSE(NO_IP6);
}

void esp_netif_action_remove_ip6_address(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data) {
  REFUSE(NO_IP6);
}

void esp_netif_netstack_buf_ref(void *netstack_buf) {
  REFUSE(NO_NETIF_DRIVER);
}

void esp_netif_netstack_buf_free(void *netstack_buf) {
  REFUSE(NO_NETIF_DRIVER);
}

esp_netif_iodriver_handle esp_netif_get_io_driver(esp_netif_t *esp_netif) {
  REFUSE(NO_NETIF_DRIVER);
  return NULL;
}

int32_t esp_netif_get_event_id(esp_netif_t *esp_netif, esp_netif_ip_event_type_t event_type) {
  REFUSE(NOT_KNOWN);
  return -1;
}

TaskHandle_t xTaskGetIdleTaskHandle(void) {
  REFUSE("the idle task is no task here.");
  return NULL;
}

esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void) {
  return ESP_SLEEP_WAKEUP_UNDEFINED;
}

void esp_deep_sleep(uint64_t time_in_us) {
  esp_system_abort("esp_deep_sleep() is refused: " NO_SLEEP);
}

void esp_deep_sleep_start(void) {
  esp_system_abort("esp_deep_sleep_start() is refused: " NO_SLEEP);
}
