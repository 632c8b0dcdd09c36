/* ESP-IDF: time from the network, and what happens to the clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "lwip/opt.h"

typedef enum {
  SNTP_SYNC_MODE_IMMED,
  SNTP_SYNC_MODE_SMOOTH
} sntp_sync_mode_t;

typedef enum {
  SNTP_SYNC_STATUS_RESET,
  SNTP_SYNC_STATUS_COMPLETED,
  SNTP_SYNC_STATUS_IN_PROGRESS
} sntp_sync_status_t;

typedef enum {
  ESP_SNTP_OPMODE_POLL,
  ESP_SNTP_OPMODE_LISTENONLY
} esp_sntp_operatingmode_t;

typedef void (*sntp_sync_time_cb_t)(struct timeval *tv);

#define SNTP_OPMODE_POLL 0
#define SNTP_OPMODE_LISTENONLY 1

__BEGIN_DECLS
void sntp_sync_time(struct timeval *tv);
void sntp_set_sync_mode(sntp_sync_mode_t sync_mode);
sntp_sync_mode_t sntp_get_sync_mode(void);
sntp_sync_status_t sntp_get_sync_status(void);
void sntp_set_sync_status(sntp_sync_status_t sync_status);
void sntp_set_time_sync_notification_cb(sntp_sync_time_cb_t callback);
void sntp_set_sync_interval(uint32_t interval_ms);
uint32_t sntp_get_sync_interval(void);
bool sntp_restart(void);

void esp_sntp_setoperatingmode(esp_sntp_operatingmode_t operating_mode);
esp_sntp_operatingmode_t esp_sntp_getoperatingmode(void);
void esp_sntp_init(void);
void esp_sntp_stop(void);
bool esp_sntp_enabled(void);
void esp_sntp_setserver(u8_t idx, const ip_addr_t *addr);
const ip_addr_t *esp_sntp_getserver(u8_t idx);
void esp_sntp_setservername(u8_t idx, const char *server);
const char *esp_sntp_getservername(u8_t idx);
u8_t esp_sntp_getreachability(u8_t idx);
void esp_sntp_servermode_dhcp(bool enable);
__END_DECLS

#define esp_sntp_sync_time sntp_sync_time
#define esp_sntp_set_sync_mode sntp_set_sync_mode
#define esp_sntp_get_sync_mode sntp_get_sync_mode
#define esp_sntp_get_sync_status sntp_get_sync_status
#define esp_sntp_set_sync_status sntp_set_sync_status
#define esp_sntp_set_time_sync_notification_cb sntp_set_time_sync_notification_cb
#define esp_sntp_set_sync_interval sntp_set_sync_interval
#define esp_sntp_get_sync_interval sntp_get_sync_interval
#define esp_sntp_restart sntp_restart

/* Names that ESP-IDF still accepts. */
static inline void sntp_setoperatingmode(u8_t operating_mode) {
  esp_sntp_setoperatingmode((esp_sntp_operatingmode_t)operating_mode);
}
static inline void sntp_init(void) {
  esp_sntp_init();
}
static inline void sntp_stop(void) {
  esp_sntp_stop();
}
static inline u8_t sntp_enabled(void) {
  return esp_sntp_enabled();
}
static inline void sntp_setserver(u8_t idx, const ip_addr_t *addr) {
  esp_sntp_setserver(idx, addr);
}
static inline const ip_addr_t *sntp_getserver(u8_t idx) {
  return esp_sntp_getserver(idx);
}
static inline void sntp_setservername(u8_t idx, const char *server) {
  esp_sntp_setservername(idx, server);
}
static inline const char *sntp_getservername(u8_t idx) {
  return esp_sntp_getservername(idx);
}
static inline u8_t sntp_getreachability(u8_t idx) {
  return esp_sntp_getreachability(idx);
}
