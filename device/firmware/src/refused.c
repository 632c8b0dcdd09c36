/* Functions that the headers declare and that no board here can do. */
#include "refused.h"
#include "esp_eth.h"
#include "esp_netif.h"
#include "esp_pm.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "esp_wifi.h"

ESP_EVENT_DEFINE_BASE(ETH_EVENT);

#define NO_SLEEP "the board does not sleep; use vTaskDelay() or esp_restart()."
#define NO_POWER "there is no power management, as without CONFIG_PM_ENABLE."
#define NO_WATCHDOG_API "the task watchdog is the board's own and cannot be configured by the program."
#define NO_ETH_DRIVER "the board's Ethernet interface has no driver that a program could reach."

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

esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void) {
  return ESP_SLEEP_WAKEUP_UNDEFINED;
}

void esp_deep_sleep(uint64_t time_in_us) {
  esp_system_abort("esp_deep_sleep() is refused: " NO_SLEEP);
}

void esp_deep_sleep_start(void) {
  esp_system_abort("esp_deep_sleep_start() is refused: " NO_SLEEP);
}
