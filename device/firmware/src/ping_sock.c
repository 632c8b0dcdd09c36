/* Ping sessions: a task each, which sends an echo request on a raw socket and waits for its reply before the next.
 * Source: ESP-IDF components/lwip/apps/ping/ping_sock.c (behaviour). The identifier counts sessions, so that the same
 * program sends the same bytes however it was compiled; the chip takes it from an address. */
#include "ping/ping_sock.h"
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/icmp.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip4.h"
#include "lwip/sockets.h"
#include "net/if.h"

#define IP_AND_ICMP_BYTES (IP_HLEN_MAX + sizeof(struct icmp_echo_hdr))

static const char *TAG = "ping_sock";

typedef struct {
  esp_ping_config_t config;
  esp_ping_callbacks_t callbacks;
  TaskHandle_t task;
  int sock;
  struct sockaddr_in target;
  struct icmp_echo_hdr *request; /* followed by config.data_size bytes */
  size_t request_size;
  uint8_t *reply;
  size_t reply_size;
  volatile bool is_started;
  volatile bool is_deleted;
  uint32_t transmitted;
  uint32_t received;
  uint32_t time_gap_ms;
  uint32_t total_ms;
  struct timeval sent_at;
  uint8_t reply_ttl;
  uint8_t reply_tos;
  uint32_t reply_data_size;
  ip_addr_t reply_from;
} ping_session_t;

static void free_session(ping_session_t *session) {
  if (session->sock >= 0) {
    close(session->sock);
  }
  free(session->request);
  free(session->reply);
  free(session);
}

static void send_request(ping_session_t *session) {
  struct icmp_echo_hdr *request = session->request;
  request->seqno = htons((u16_t)(ntohs(request->seqno) + 1));
  request->chksum = 0;
  request->chksum = inet_chksum(request, (u16_t)session->request_size);
  session->transmitted++;
  gettimeofday(&session->sent_at, NULL);
  if (sendto(session->sock, request, session->request_size, 0, (struct sockaddr *)&session->target,
             sizeof session->target) != (ssize_t)session->request_size) {
    int sock_err = 0;
    socklen_t length = sizeof sock_err;
    getsockopt(session->sock, SOL_SOCKET, SO_ERROR, &sock_err, &length);
    ESP_LOGE(TAG, "send error=%d", sock_err);
  }
}

static uint32_t ms_since(const struct timeval *begin) {
  struct timeval now;
  gettimeofday(&now, NULL);
  return (uint32_t)((now.tv_sec - begin->tv_sec) * 1000 + (now.tv_usec - begin->tv_usec) / 1000);
}

/* Does this packet answer the latest request? */
static bool take_reply(ping_session_t *session, ssize_t length, const struct sockaddr_in *from) {
  const struct ip_hdr *ip = (const struct ip_hdr *)session->reply;
  size_t ip_bytes = IPH_HL_BYTES(ip);
  if ((size_t)length < ip_bytes + sizeof(struct icmp_echo_hdr)) {
    return false;
  }
  const struct icmp_echo_hdr *reply = (const struct icmp_echo_hdr *)(session->reply + ip_bytes);
  if (reply->type != ICMP_ER || reply->id != session->request->id || reply->seqno != session->request->seqno) {
    return false;
  }
  session->received++;
  session->reply_ttl = IPH_TTL(ip);
  session->reply_tos = IPH_TOS(ip);
  session->reply_data_size = (uint32_t)(ntohs(IPH_LEN(ip)) - ip_bytes - sizeof *reply);
  IP_SET_TYPE_VAL(session->reply_from, IPADDR_TYPE_V4);
  inet_addr_to_ip4addr(ip_2_ip4(&session->reply_from), &from->sin_addr);
  return true;
}

/* Waits until the reply is there or the time is up; other packets of raw ICMP are passed over. */
static bool receive_reply(ping_session_t *session) {
  for (;;) {
    struct sockaddr_in from;
    socklen_t from_length = sizeof from;
    ssize_t length =
        recvfrom(session->sock, session->reply, session->reply_size, 0, (struct sockaddr *)&from, &from_length);
    session->time_gap_ms = ms_since(&session->sent_at);
    if (length < 0) {
      return false;
    }
    if (take_reply(session, length, &from)) {
      return true;
    }
    if (session->time_gap_ms >= session->config.timeout_ms) {
      return false;
    }
  }
}

static bool goes_on(const ping_session_t *session) {
  return session->is_started && !session->is_deleted &&
         (session->config.count == ESP_PING_COUNT_INFINITE || session->transmitted < session->config.count);
}

static void call(void (*callback)(esp_ping_handle_t, void *), ping_session_t *session) {
  if (callback != NULL) {
    callback(session, session->callbacks.cb_args);
  }
}

static void ping_rounds(ping_session_t *session) {
  TickType_t last_wake = xTaskGetTickCount();
  TickType_t interval = pdMS_TO_TICKS(session->config.interval_ms);
  while (goes_on(session)) {
    send_request(session);
    bool has_reply = receive_reply(session);
    if (has_reply) {
      session->total_ms += session->time_gap_ms;
    }
    call(has_reply ? session->callbacks.on_ping_success : session->callbacks.on_ping_timeout, session);
    if (interval > 0) {
      vTaskDelayUntil(&last_wake, interval);
    }
  }
}

static void ping_task(void *arg) {
  ping_session_t *session = arg;
  while (!session->is_deleted) {
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    if (session->is_deleted) {
      break;
    }
    session->request->seqno = 0;
    session->transmitted = 0;
    session->received = 0;
    session->total_ms = 0;
    ping_rounds(session);
    if (!session->is_deleted) {
      session->is_started = false;
      call(session->callbacks.on_ping_end, session);
    }
  }
  free_session(session);
  vTaskDelete(NULL);
}

static esp_err_t open_socket(ping_session_t *session) {
  const esp_ping_config_t *config = &session->config;
  if (!IP_IS_V4(&config->target_addr)) {
    ESP_LOGE(TAG, "esp_ping_new_session() is refused: a target of IPv6 cannot be pinged, there are no IPv6 sockets");
    return ESP_ERR_NOT_SUPPORTED;
  }
  session->sock = socket(AF_INET, SOCK_RAW, IP_PROTO_ICMP);
  if (session->sock < 0) {
    ESP_LOGE(TAG, "create socket failed: %d", session->sock);
    return ESP_FAIL;
  }
  if (config->interface != 0) {
    struct ifreq iface;
    if (if_indextoname(config->interface, iface.ifr_name) == NULL ||
        setsockopt(session->sock, SOL_SOCKET, SO_BINDTODEVICE, &iface, sizeof iface) != 0) {
      ESP_LOGE(TAG, "fail to find the interface of index %" PRIu32, config->interface);
      return ESP_FAIL;
    }
  }
  struct timeval timeout = { .tv_sec = config->timeout_ms / 1000, .tv_usec = (config->timeout_ms % 1000) * 1000 };
  setsockopt(session->sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(session->sock, IPPROTO_IP, IP_TOS, &config->tos, sizeof config->tos);
  setsockopt(session->sock, IPPROTO_IP, IP_TTL, &config->ttl, sizeof config->ttl);
  session->target.sin_family = AF_INET;
  inet_addr_from_ip4addr(&session->target.sin_addr, ip_2_ip4(&config->target_addr));
  return ESP_OK;
}

static esp_err_t make_packets(ping_session_t *session) {
  static u16_t sessions;
  session->request_size = sizeof(struct icmp_echo_hdr) + session->config.data_size;
  session->reply_size = IP_AND_ICMP_BYTES + session->config.data_size;
  session->request = calloc(1, session->request_size);
  session->reply = malloc(session->reply_size);
  if (session->request == NULL || session->reply == NULL) {
    return ESP_ERR_NO_MEM;
  }
  session->request->type = ICMP_ECHO;
  session->request->id = htons(++sessions);
  u8_t *data = (u8_t *)(session->request + 1);
  for (uint32_t i = 0; i < session->config.data_size; i++) {
    data[i] = (u8_t)('A' + i);
  }
  return ESP_OK;
}

esp_err_t esp_ping_new_session(const esp_ping_config_t *config, const esp_ping_callbacks_t *cbs,
                               esp_ping_handle_t *hdl_out) {
  if (config == NULL || hdl_out == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  ping_session_t *session = calloc(1, sizeof *session);
  if (session == NULL) {
    return ESP_ERR_NO_MEM;
  }
  session->config = *config;
  session->sock = -1;
  if (cbs != NULL) {
    session->callbacks = *cbs;
  }
  esp_err_t err = make_packets(session);
  if (err == ESP_OK) {
    err = open_socket(session);
  }
  if (err == ESP_OK && xTaskCreate(ping_task, "ping", config->task_stack_size, session, config->task_prio,
                                   &session->task) != pdPASS) {
    err = ESP_ERR_NO_MEM;
  }
  if (err != ESP_OK) {
    free_session(session);
    return err;
  }
  *hdl_out = session;
  return ESP_OK;
}

/* The session's own task ends it, as soon as it is out of its calls. */
esp_err_t esp_ping_delete_session(esp_ping_handle_t hdl) {
  ping_session_t *session = hdl;
  if (session == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  session->is_deleted = true;
  xTaskNotifyGive(session->task);
  return ESP_OK;
}

esp_err_t esp_ping_start(esp_ping_handle_t hdl) {
  ping_session_t *session = hdl;
  if (session == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  session->is_started = true;
  xTaskNotifyGive(session->task);
  return ESP_OK;
}

esp_err_t esp_ping_stop(esp_ping_handle_t hdl) {
  ping_session_t *session = hdl;
  if (session == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  session->is_started = false;
  return ESP_OK;
}

static esp_err_t give(void *data, uint32_t size, const void *value, size_t value_size) {
  if (size < value_size) {
    return ESP_ERR_INVALID_SIZE;
  }
  memcpy(data, value, value_size);
  return ESP_OK;
}

esp_err_t esp_ping_get_profile(esp_ping_handle_t hdl, esp_ping_profile_t profile, void *data, uint32_t size) {
  const ping_session_t *session = hdl;
  if (session == NULL || data == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  u16_t seqno = ntohs(session->request->seqno);
  switch (profile) {
    case ESP_PING_PROF_SEQNO:
      return give(data, size, &seqno, sizeof seqno);
    case ESP_PING_PROF_TOS:
      return give(data, size, &session->reply_tos, sizeof session->reply_tos);
    case ESP_PING_PROF_TTL:
      return give(data, size, &session->reply_ttl, sizeof session->reply_ttl);
    case ESP_PING_PROF_REQUEST:
      return give(data, size, &session->transmitted, sizeof session->transmitted);
    case ESP_PING_PROF_REPLY:
      return give(data, size, &session->received, sizeof session->received);
    case ESP_PING_PROF_IPADDR:
      return give(data, size, &session->reply_from, sizeof session->reply_from);
    case ESP_PING_PROF_SIZE:
      return give(data, size, &session->reply_data_size, sizeof session->reply_data_size);
    case ESP_PING_PROF_TIMEGAP:
      return give(data, size, &session->time_gap_ms, sizeof session->time_gap_ms);
    case ESP_PING_PROF_DURATION:
      return give(data, size, &session->total_ms, sizeof session->total_ms);
    default:
      return ESP_ERR_INVALID_ARG;
  }
}
