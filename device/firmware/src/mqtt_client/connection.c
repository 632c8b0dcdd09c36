/* The connection to the broker. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include "esp_log.h"
#include "esp_tls_errors.h"
#include "lwip/sockets.h"
#include "mqtt.h"

static const char *TAG = "mqtt_client";

static int fail(esp_mqtt_client_handle_t client, esp_err_t reason, int error) {
  client->error = (esp_mqtt_error_codes_t){
    .esp_tls_last_esp_err = reason, .error_type = MQTT_ERROR_TYPE_TCP_TRANSPORT, .esp_transport_sock_errno = error
  };
  return -1;
}

static struct timeval to_timeval(int ms) {
  return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

/* A connection that takes too long is given up. */
static int connect_within(int sock, const struct sockaddr_in *address, int timeout_ms) {
  int on = 1;
  int off = 0;
  ioctl(sock, FIONBIO, &on);
  int error = connect(sock, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    fd_set writable;
    FD_ZERO(&writable);
    FD_SET(sock, &writable);
    struct timeval patience = to_timeval(timeout_ms);
    socklen_t size = sizeof error;
    if (select(sock + 1, NULL, &writable, NULL, &patience) <= 0) {
      return ETIMEDOUT;
    }
    getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  ioctl(sock, FIONBIO, &off);
  return error;
}

int mqtt_open(esp_mqtt_client_handle_t client) {
  const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  int err = getaddrinfo(client->host, NULL, &hints, &found);
  if (err != 0 || found == NULL) {
    ESP_LOGE("esp-tls", "couldn't get hostname for :%s: getaddrinfo() returns %d, addrinfo=0x%x", client->host, err,
             (unsigned)(uintptr_t)found);
    return fail(client, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME, 0);
  }
  struct sockaddr_in address;
  memcpy(&address, found->ai_addr, sizeof address);
  address.sin_port = htons((uint16_t)client->port);
  freeaddrinfo(found);
  client->sock = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (client->sock < 0) {
    return fail(client, ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET, errno);
  }
  struct timeval patience = to_timeval(client->timeout_ms);
  setsockopt(client->sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(client->sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  int error = connect_within(client->sock, &address, client->timeout_ms);
  if (error != 0) {
    ESP_LOGE("esp-tls", "[sock=%d] delayed connect error: %s", client->sock, strerror(error));
    return fail(client, error == ETIMEDOUT ? ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT : ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST,
                error);
  }
  return 0;
}

int mqtt_send(esp_mqtt_client_handle_t client, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    int sent = send(client->sock, bytes, length, 0);
    if (sent <= 0) {
      ESP_LOGE(TAG, "Writing failed: errno=%d", errno);
      return fail(client, ESP_FAIL, errno);
    }
    bytes += sent;
    length -= (size_t)sent;
  }
  client->sent_at = xTaskGetTickCount();
  return 0;
}

/* All of it. */
int mqtt_receive(esp_mqtt_client_handle_t client, uint8_t *bytes, size_t length) {
  while (length > 0) {
    int received = recv(client->sock, bytes, length, 0);
    if (received <= 0) {
      ESP_LOGE(TAG, "mqtt_message_receive: transport_read() error: errno=%d", received == 0 ? ENOTCONN : errno);
      return fail(client, received == 0 ? ESP_ERR_ESP_TLS_TCP_CLOSED_FIN : ESP_FAIL, received == 0 ? ENOTCONN : errno);
    }
    bytes += received;
    length -= (size_t)received;
  }
  client->received_at = xTaskGetTickCount();
  return 0;
}

int mqtt_poll(esp_mqtt_client_handle_t client, int timeout_ms) {
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(client->sock, &readable);
  struct timeval patience = to_timeval(timeout_ms);
  return select(client->sock + 1, &readable, NULL, NULL, &patience);
}
