/* What the chip, the image, the heap and the ROM say of themselves, and what needs nothing to be done here. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "esp_app_desc.h"
#include "esp_chip_info.h"
#include "esp_cpu.h"
#include "esp_heap_caps.h"
#include "esp_idf_version.h"
#include "esp_netif.h"
#include "esp_rom_sys.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/sockets.h"

#define CPU_TICKS_PER_US 160

const char *esp_get_idf_version(void) {
  return "v5.5";
}

void esp_chip_info(esp_chip_info_t *out_info) {
  *out_info = (esp_chip_info_t){ .model = CHIP_ESP32,
                                 .features = CHIP_FEATURE_WIFI_BGN | CHIP_FEATURE_BT | CHIP_FEATURE_BLE,
                                 .revision = 300,
                                 .cores = portNUM_PROCESSORS };
}

/* The image has no build time: the same sources make the same image. */
const esp_app_desc_t *esp_app_get_description(void) {
  static const esp_app_desc_t description = {
    .magic_word = ESP_APP_DESC_MAGIC_WORD, .version = "1", .project_name = "firmware", .idf_ver = "v5.5"
  };
  return &description;
}

esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void) {
  return (esp_cpu_cycle_count_t)(esp_timer_get_time() * CPU_TICKS_PER_US);
}

int esp_cpu_get_core_id(void) {
  return 0;
}

int esp_rom_printf(const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int length = vprintf(fmt, args);
  va_end(args);
  return length;
}

/* Code takes no time here, so the wait is one of whole ticks, rounded down: what is shorter takes none. */
void esp_rom_delay_us(uint32_t us) {
  TickType_t ticks = us / (1000 * portTICK_PERIOD_MS);
  if (ticks > 0) {
    vTaskDelay(ticks);
  }
}

uint32_t esp_rom_get_cpu_ticks_per_us(void) {
  return CPU_TICKS_PER_US;
}

void heap_caps_print_heap_info(uint32_t caps) {
  multi_heap_info_t info;
  heap_caps_get_info(&info, caps);
  printf("Heap summary for capabilities 0x%08" PRIX32 ":\n", caps);
  printf("  free %u, allocated %u, minimum free %u, largest free block %u\n", (unsigned)info.total_free_bytes,
         (unsigned)info.total_allocated_bytes, (unsigned)info.minimum_free_bytes, (unsigned)info.largest_free_block);
}

/* A program cannot reach into the stack, so it does not matter which task makes the call. */
esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn fn, void *ctx) {
  return fn(ctx);
}

/* A task's semaphore for socket calls is the host's. */
void lwip_socket_thread_init(void) {
}

void lwip_socket_thread_cleanup(void) {
}
