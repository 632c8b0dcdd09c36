/* Time from the network. lwIP runs SNTP inside the tcpip thread; here it is a task of its own with a UDP socket, which
 * sends the same requests at the same intervals. Sources: lwIP apps/sntp/sntp.c, ESP-IDF components/lwip/apps/sntp. */
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "esp_random.h"
#include "esp_sntp.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/netdb.h"
#include "lwip/prot/iana.h"
#include "lwip/sockets.h"

#define PACKET_BYTES 48
#define LI_VN_MODE_CLIENT 0x23 /* no leap warning, version 4, client */
#define MODE_MASK 0x07
#define MODE_SERVER 4
#define STRATUM_OFFSET 1
#define TRANSMIT_TIME_OFFSET 40
#define SECONDS_1900_TO_1970 2208988800UL
#define RETRY_MS 15000
#define RETRY_MAX_MS 150000
#define MIN_INTERVAL_MS 15000
#define TASK_STACK (2048 + TASK_EXTRA_STACK_SIZE)

#ifdef CONFIG_LWIP_SNTP_UPDATE_DELAY
#define DEFAULT_INTERVAL_MS CONFIG_LWIP_SNTP_UPDATE_DELAY
#else
#define DEFAULT_INTERVAL_MS 3600000
#endif
#ifdef CONFIG_LWIP_SNTP_MAXIMUM_STARTUP_DELAY
#define MAX_STARTUP_DELAY_MS CONFIG_LWIP_SNTP_MAXIMUM_STARTUP_DELAY
#else
#define MAX_STARTUP_DELAY_MS 5000
#endif

typedef struct {
  TaskHandle_t task;
  int sock;
  volatile bool is_stopped;
} client_t;

static struct {
  const char *name;
  ip_addr_t addr;
  u8_t reachability; /* one bit for each of the last eight requests */
} servers[SNTP_MAX_SERVERS];

static client_t *client; /* while SNTP is on */
static esp_sntp_operatingmode_t mode = ESP_SNTP_OPMODE_POLL;
static sntp_sync_mode_t sync_mode = SNTP_SYNC_MODE_IMMED;
static sntp_sync_status_t sync_status = SNTP_SYNC_STATUS_RESET;
static sntp_sync_time_cb_t on_sync;
static uint32_t interval_ms = DEFAULT_INTERVAL_MS;

/* The clock */

void sntp_set_sync_mode(sntp_sync_mode_t new_mode) {
  sync_mode = new_mode;
}

sntp_sync_mode_t sntp_get_sync_mode(void) {
  return sync_mode;
}

void sntp_set_sync_status(sntp_sync_status_t status) {
  sync_status = status;
}

/* "Completed" is told once. */
sntp_sync_status_t sntp_get_sync_status(void) {
  sntp_sync_status_t status = sync_status;
  if (status == SNTP_SYNC_STATUS_IN_PROGRESS) {
    struct timeval rest = { 0 };
    adjtime(NULL, &rest);
    if (rest.tv_sec == 0 && rest.tv_usec == 0) {
      status = SNTP_SYNC_STATUS_COMPLETED;
    }
  }
  if (status == SNTP_SYNC_STATUS_COMPLETED) {
    sync_status = SNTP_SYNC_STATUS_RESET;
  }
  return status;
}

void sntp_set_time_sync_notification_cb(sntp_sync_time_cb_t callback) {
  on_sync = callback;
}

void sntp_set_sync_interval(uint32_t ms) {
  interval_ms = ms < MIN_INTERVAL_MS ? MIN_INTERVAL_MS : ms;
}

uint32_t sntp_get_sync_interval(void) {
  return interval_ms;
}

/* A program may define its own. */
__attribute__((weak)) void sntp_sync_time(struct timeval *tv) {
  if (sync_mode == SNTP_SYNC_MODE_SMOOTH) {
    struct timeval now;
    struct timeval delta;
    gettimeofday(&now, NULL);
    timersub(tv, &now, &delta);
    sync_status = SNTP_SYNC_STATUS_IN_PROGRESS;
    if (adjtime(&delta, NULL) != 0) {
      settimeofday(tv, NULL);
      sync_status = SNTP_SYNC_STATUS_COMPLETED;
    }
  } else {
    settimeofday(tv, NULL);
    sync_status = SNTP_SYNC_STATUS_COMPLETED;
  }
  if (on_sync != NULL) {
    on_sync(tv);
  }
}

/* The servers */

void esp_sntp_setserver(u8_t idx, const ip_addr_t *addr) {
  if (idx >= SNTP_MAX_SERVERS) {
    return;
  }
  servers[idx].name = NULL;
  if (addr != NULL) {
    servers[idx].addr = *addr;
  } else {
    ip_addr_set_zero(&servers[idx].addr);
  }
}

const ip_addr_t *esp_sntp_getserver(u8_t idx) {
  return idx < SNTP_MAX_SERVERS ? &servers[idx].addr : IP_ADDR_ANY;
}

void esp_sntp_setservername(u8_t idx, const char *server) {
  if (idx < SNTP_MAX_SERVERS) {
    servers[idx].name = server;
  }
}

const char *esp_sntp_getservername(u8_t idx) {
  return idx < SNTP_MAX_SERVERS ? servers[idx].name : NULL;
}

u8_t esp_sntp_getreachability(u8_t idx) {
  return idx < SNTP_MAX_SERVERS ? servers[idx].reachability : 0;
}

void esp_sntp_setoperatingmode(esp_sntp_operatingmode_t operating_mode) {
  mode = operating_mode;
}

esp_sntp_operatingmode_t esp_sntp_getoperatingmode(void) {
  return mode;
}

void esp_sntp_servermode_dhcp(bool enable) {
  if (enable) {
    ESP_LOGE("sntp", "esp_sntp_servermode_dhcp(true) is refused: servers do not come from DHCP here.");
  }
}

/* One request and its answer */

static bool resolve(u8_t idx, struct sockaddr_in *to) {
  *to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(LWIP_IANA_PORT_SNTP) };
  if (servers[idx].name == NULL) {
    to->sin_addr.s_addr = ip_addr_get_ip4_u32(&servers[idx].addr);
    return to->sin_addr.s_addr != 0;
  }
  struct addrinfo hints = { .ai_family = AF_INET };
  struct addrinfo *found = NULL;
  if (getaddrinfo(servers[idx].name, NULL, &hints, &found) != 0 || found == NULL) {
    return false;
  }
  to->sin_addr = ((struct sockaddr_in *)found->ai_addr)->sin_addr;
  freeaddrinfo(found);
  ip_addr_set_ip4_u32_val(servers[idx].addr, to->sin_addr.s_addr);
  return true;
}

static u32_t word_at(const u8_t *packet, int offset) {
  return LWIP_MAKEU32(packet[offset], packet[offset + 1], packet[offset + 2], packet[offset + 3]);
}

/* A server's answer with a stratum: zero is a kiss of death. */
static bool is_answer(const u8_t *packet, ssize_t length) {
  return length == PACKET_BYTES && (packet[0] & MODE_MASK) == MODE_SERVER && packet[STRATUM_OFFSET] != 0;
}

static bool ask(client_t *self, u8_t idx) {
  u8_t packet[PACKET_BYTES] = { LI_VN_MODE_CLIENT };
  struct sockaddr_in to;
  if (!resolve(idx, &to) || self->is_stopped) {
    return false;
  }
  sendto(self->sock, packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to);
  ssize_t length = recv(self->sock, packet, sizeof packet, 0);
  if (self->is_stopped || !is_answer(packet, length)) {
    return false;
  }
  u32_t seconds = word_at(packet, TRANSMIT_TIME_OFFSET) - SECONDS_1900_TO_1970;
  u32_t fraction = word_at(packet, TRANSMIT_TIME_OFFSET + 4);
  struct timeval tv = { .tv_sec = seconds, .tv_usec = (suseconds_t)(((u64_t)fraction * 1000000) >> 32) };
  sntp_sync_time(&tv);
  return true;
}

static void wait_ms(uint32_t ms) {
  ulTaskNotifyTake(pdTRUE, pdMS_TO_TICKS(ms));
}

/* The next server that is set, from this one on; SNTP_MAX_SERVERS: none. */
static u8_t next_server(u8_t from) {
  for (u8_t i = 0; i < SNTP_MAX_SERVERS; i++) {
    u8_t idx = (u8_t)((from + i) % SNTP_MAX_SERVERS);
    if (servers[idx].name != NULL || !ip_addr_isany_val(servers[idx].addr)) {
      return idx;
    }
  }
  return SNTP_MAX_SERVERS;
}

static void client_task(void *arg) {
  client_t *self = arg;
  u8_t current = 0;
  uint32_t retry_ms = RETRY_MS;
#ifdef CONFIG_LWIP_SNTP_STARTUP_DELAY
  wait_ms(esp_random() % MAX_STARTUP_DELAY_MS);
#endif
  while (!self->is_stopped) {
    u8_t idx = next_server(current);
    if (idx == SNTP_MAX_SERVERS) {
      wait_ms(retry_ms);
      continue;
    }
    bool is_done = ask(self, idx);
    servers[idx].reachability = (u8_t)(servers[idx].reachability << 1 | is_done);
    if (is_done) {
      retry_ms = RETRY_MS;
      current = idx;
      wait_ms(interval_ms);
    } else if (!self->is_stopped) {
      current = (u8_t)(idx + 1);
      wait_ms(retry_ms);
      retry_ms = LWIP_MIN(2 * retry_ms, RETRY_MAX_MS);
    }
  }
  free(self);
  vTaskDelete(NULL);
}

void esp_sntp_init(void) {
  if (client != NULL) {
    return;
  }
  if (mode != ESP_SNTP_OPMODE_POLL) {
    ESP_LOGE("sntp", "esp_sntp_init() is refused: it can ask servers, it cannot listen for their broadcasts.");
    return;
  }
  client_t *self = calloc(1, sizeof *self);
  if (self == NULL) {
    return;
  }
  self->sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
  struct timeval timeout = { .tv_sec = RETRY_MS / 1000 };
  if (self->sock < 0 || setsockopt(self->sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0 ||
      xTaskCreate(client_task, "sntp", TASK_STACK, self, ESP_TASK_TCPIP_PRIO - 1, &self->task) != pdPASS) {
    ESP_LOGE("sntp", "esp_sntp_init() failed: there is no socket or no memory left.");
    if (self->sock >= 0) {
      close(self->sock);
    }
    free(self);
    return;
  }
  client = self;
}

/* The client's task ends itself as soon as it notices. */
void esp_sntp_stop(void) {
  client_t *self = client;
  if (self == NULL) {
    return;
  }
  client = NULL;
  self->is_stopped = true;
  close(self->sock);
  xTaskNotifyGive(self->task);
}

bool esp_sntp_enabled(void) {
  return client != NULL;
}

bool sntp_restart(void) {
  if (client == NULL) {
    return false;
  }
  esp_sntp_stop();
  esp_sntp_init();
  return true;
}
