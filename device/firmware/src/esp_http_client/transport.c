/* The connection: a socket that is connected without blocking, then used with time limits. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include "client.h"
#include "esp_log.h"
#include "lwip/sockets.h"

static const char *TAG = "esp-tls";

static struct timeval to_timeval(int ms) {
  return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

static esp_err_t fail(esp_http_client_handle_t client, esp_err_t reason) {
  client->last_error.last_error = reason;
  http_transport_close(client);
  ESP_LOGE("transport_base", "Failed to open a new connection: %d", reason);
  return ESP_ERR_HTTP_CONNECT;
}

static esp_err_t resolve(esp_http_client_handle_t client, struct sockaddr_in *address) {
  const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  int err = getaddrinfo(client->host, NULL, &hints, &found);
  if (err != 0 || found == NULL) {
    ESP_LOGE(TAG, "couldn't get hostname for :%s: getaddrinfo() returns %d, addrinfo=0x%x", client->host, err,
             (unsigned)(uintptr_t)found);
    return ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
  }
  memcpy(address, found->ai_addr, sizeof *address);
  address->sin_port = htons((uint16_t)client->port);
  freeaddrinfo(found);
  return ESP_OK;
}

static esp_err_t set_options(const struct esp_http_client *client) {
  int sock = client->sock;
  struct timeval patience = to_timeval(client->timeout_ms);
  if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) {
    ESP_LOGE(TAG, "Fail to setsockopt SO_RCVTIMEO/SO_SNDTIMEO");
    return ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
  }
  if (client->keep_alive_enable) {
    int on = 1;
    if (setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0 ||
        setsockopt(sock, IPPROTO_TCP, TCP_KEEPIDLE, &client->keep_alive_idle, sizeof(int)) != 0 ||
        setsockopt(sock, IPPROTO_TCP, TCP_KEEPINTVL, &client->keep_alive_interval, sizeof(int)) != 0 ||
        setsockopt(sock, IPPROTO_TCP, TCP_KEEPCNT, &client->keep_alive_count, sizeof(int)) != 0) {
      ESP_LOGE(TAG, "Fail to setsockopt SO_KEEPALIVE");
      return ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
    }
  }
  if (client->if_name != NULL && setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE, client->if_name, sizeof(struct ifreq)) != 0) {
    ESP_LOGE(TAG, "Bind [sock=%d] to interface %s fail", sock, client->if_name->ifr_name);
    return ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
  }
  return ESP_OK;
}

/* ESP_ERR_HTTP_CONNECTING: the other side has not answered within the time that is given to it. */
static esp_err_t await_connection(esp_http_client_handle_t client, int timeout_ms) {
  fd_set writable;
  FD_ZERO(&writable);
  FD_SET(client->sock, &writable);
  struct timeval patience = to_timeval(timeout_ms);
  int ready = select(client->sock + 1, NULL, &writable, NULL, &patience);
  if (ready == 0) {
    return ESP_ERR_HTTP_CONNECTING;
  }
  int error = errno;
  socklen_t size = sizeof error;
  if (ready > 0) {
    getsockopt(client->sock, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (ready < 0 || error != 0) {
    client->sock_errno = error;
    ESP_LOGE(TAG, "[sock=%d] delayed connect error: %s", client->sock, strerror(error));
    return ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
  }
  client->is_connecting = false;
  fcntl(client->sock, F_SETFL, fcntl(client->sock, F_GETFL, 0) & ~O_NONBLOCK);
  return ESP_OK;
}

static esp_err_t begin_connection(esp_http_client_handle_t client) {
  struct sockaddr_in address;
  esp_err_t err = resolve(client, &address);
  if (err != ESP_OK) {
    return err;
  }
  client->sock = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (client->sock < 0) {
    ESP_LOGE(TAG, "Failed to create socket (family 2 socktype 1 protocol 6)");
    return ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET;
  }
  err = set_options(client);
  if (err != ESP_OK) {
    return err;
  }
  fcntl(client->sock, F_SETFL, fcntl(client->sock, F_GETFL, 0) | O_NONBLOCK);
  if (connect(client->sock, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
    client->sock_errno = errno;
    ESP_LOGE(TAG, "[sock=%d] connect() error: %s", client->sock, strerror(errno));
    return ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
  }
  client->is_connecting = true;
  return ESP_OK;
}

esp_err_t http_transport_connect(esp_http_client_handle_t client) {
  esp_err_t err = client->is_connecting ? ESP_OK : begin_connection(client);
  if (err == ESP_OK) {
    err = await_connection(client, client->is_async ? 0 : client->timeout_ms);
  }
  if (err == ESP_ERR_HTTP_CONNECTING && !client->is_async) {
    ESP_LOGE(TAG, "[sock=%d] select() timeout", client->sock);
    err = ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
  }
  return err == ESP_OK || err == ESP_ERR_HTTP_CONNECTING ? err : fail(client, err);
}

/* 1: ready; 0: the time is up; less: an error. */
static int await(esp_http_client_handle_t client, bool to_write) {
  fd_set set;
  fd_set errors;
  FD_ZERO(&set);
  FD_ZERO(&errors);
  FD_SET(client->sock, &set);
  FD_SET(client->sock, &errors);
  struct timeval patience = to_timeval(client->timeout_ms);
  return select(client->sock + 1, to_write ? NULL : &set, to_write ? &set : NULL, &errors, &patience);
}

int http_transport_read(esp_http_client_handle_t client, char *buffer, int length) {
  if (client->sock < 0) {
    return TRANSPORT_FAILED;
  }
  int ready = await(client, false);
  if (ready == 0) {
    return TRANSPORT_TIMEOUT;
  }
  int received = ready < 0 ? -1 : recv(client->sock, buffer, (size_t)length, 0);
  if (received > 0) {
    return received;
  }
  client->sock_errno = received == 0 ? ENOTCONN : errno;
  if (received == 0) {
    return TRANSPORT_FIN;
  }
  ESP_LOGE("transport_base", "tcp_read error, errno=%s", strerror(errno));
  return errno == EAGAIN ? TRANSPORT_TIMEOUT : TRANSPORT_FAILED;
}

int http_transport_write(esp_http_client_handle_t client, const char *data, int length) {
  if (client->sock < 0) {
    return TRANSPORT_FAILED;
  }
  int ready = await(client, true);
  if (ready <= 0) {
    ESP_LOGW("transport_base", "Poll timeout or error, errno=%s, fd=%d, timeout_ms=%d", strerror(errno), client->sock,
             client->timeout_ms);
    return ready;
  }
  int sent = send(client->sock, data, (size_t)length, 0);
  if (sent < 0) {
    client->sock_errno = errno;
    ESP_LOGE("transport_base", "tcp_write error, errno=%s", strerror(errno));
  }
  return sent;
}

void http_transport_close(esp_http_client_handle_t client) {
  if (client->sock >= 0) {
    close(client->sock);
    client->sock = -1;
  }
  client->is_connecting = false;
}
