/* What comes from the sockets of sessions, raw and as bodies of requests; requests that are answered later. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "httpd.h"
#include "lwip/sockets.h"

static const char *TAG = "httpd_txrx";

static int socket_error(const char *call) {
  ESP_LOGW(TAG, "httpd_sock_err: error in %s : %d", call, errno);
  switch (errno) {
    case EAGAIN:
    case EINTR:
      return HTTPD_SOCK_ERR_TIMEOUT;
    case EINVAL:
    case EBADF:
    case EFAULT:
    case ENOTSOCK:
      return HTTPD_SOCK_ERR_INVALID;
    default:
      return HTTPD_SOCK_ERR_FAIL;
  }
}

int httpd_default_send(httpd_handle_t hd, int sockfd, const char *buf, size_t buf_len, int flags) {
  (void)hd;
  if (buf == NULL) {
    return HTTPD_SOCK_ERR_INVALID;
  }
  int sent = send(sockfd, buf, buf_len, flags);
  return sent < 0 ? socket_error("send") : sent;
}

int httpd_default_recv(httpd_handle_t hd, int sockfd, char *buf, size_t buf_len, int flags) {
  (void)hd;
  if (buf == NULL) {
    return HTTPD_SOCK_ERR_INVALID;
  }
  int received = recv(sockfd, buf, buf_len, flags);
  return received < 0 ? socket_error("recv") : received;
}

/* First what is pending; then, unless that is all that is wanted, one call of recv() for the rest. */
int httpd_receive(httpd_session_t *session, char *buf, size_t length, bool only_pending) {
  size_t taken = MIN(session->pending_len, length);
  if (taken > 0) {
    memcpy(buf, session->pending + sizeof session->pending - session->pending_len, taken);
    session->pending_len -= taken;
    if (taken == length || only_pending) {
      return (int)taken;
    }
  }
  int received = session->recv_fn(session->server, session->fd, buf + taken, length - taken, 0);
  if (received == HTTPD_SOCK_ERR_TIMEOUT && taken > 0) {
    return (int)taken;
  }
  return received < 0 ? received : received + (int)taken;
}

/* Received too early: it comes first when something is received next. */
bool httpd_keep_pending(httpd_session_t *session, const char *data, size_t length) {
  if (length > sizeof session->pending) {
    return false;
  }
  session->pending_len = length;
  memcpy(session->pending + sizeof session->pending - length, data, length);
  return true;
}

int httpd_req_recv(httpd_req_t *r, char *buf, size_t buf_len) {
  if (r == NULL || buf == NULL) {
    return HTTPD_SOCK_ERR_INVALID;
  }
  httpd_aux_t *aux = r->aux;
  size_t length = MIN(buf_len, aux->remaining_len);
  if (length == 0) {
    return 0;
  }
  int received = httpd_receive(aux->session, buf, length, false);
  if (received < 0) {
    return received;
  }
  aux->remaining_len -= (size_t)received;
  esp_http_server_event_data data = { .fd = aux->session->fd, .data_len = received };
  httpd_dispatch_event(HTTP_SERVER_EVENT_ON_DATA, &data, sizeof data);
  return received;
}

int httpd_req_to_sockfd(httpd_req_t *r) {
  return r == NULL ? -1 : ((httpd_aux_t *)r->aux)->session->fd;
}

int httpd_send(httpd_req_t *r, const char *buf, size_t buf_len) {
  if (r == NULL || buf == NULL) {
    return HTTPD_SOCK_ERR_INVALID;
  }
  const httpd_session_t *session = ((httpd_aux_t *)r->aux)->session;
  return session->send_fn(session->server, session->fd, buf, buf_len, 0);
}

int httpd_socket_send(httpd_handle_t hd, int sockfd, const char *buf, size_t buf_len, int flags) {
  const httpd_session_t *session = httpd_find_session(hd, sockfd);
  return session == NULL ? ESP_ERR_INVALID_ARG : session->send_fn(hd, sockfd, buf, buf_len, flags);
}

int httpd_socket_recv(httpd_handle_t hd, int sockfd, char *buf, size_t buf_len, int flags) {
  const httpd_session_t *session = httpd_find_session(hd, sockfd);
  return session == NULL ? ESP_ERR_INVALID_ARG : session->recv_fn(hd, sockfd, buf, buf_len, flags);
}

/* A copy of the request that outlives the handler. Until it is completed the server does not listen to the client. */
esp_err_t httpd_req_async_handler_begin(httpd_req_t *r, httpd_req_t **out) {
  if (r == NULL || out == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  const httpd_server_t *server = r->handle;
  httpd_aux_t *aux = r->aux;
  size_t headers_size = server->config.max_resp_headers * sizeof *aux->headers;
  httpd_req_t *copy = malloc(sizeof *copy);
  httpd_aux_t *aux_copy = malloc(sizeof *aux_copy);
  struct httpd_response_header *headers = malloc(headers_size);
  if (copy == NULL || aux_copy == NULL || headers == NULL) {
    free(copy);
    free(aux_copy);
    free(headers);
    return ESP_ERR_NO_MEM;
  }
  memcpy((void *)copy, r, sizeof *copy);
  memcpy(aux_copy, aux, sizeof *aux_copy);
  memcpy(headers, aux->headers, headers_size);
  copy->aux = aux_copy;
  aux_copy->headers = headers;
  aux->remaining_len = 0; /* The body is the copy's to read. */
  aux->session->is_async = true;
  *out = copy;
  return ESP_OK;
}

esp_err_t httpd_req_async_handler_complete(httpd_req_t *r) {
  if (r == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  const httpd_server_t *server = r->handle;
  httpd_aux_t *aux = r->aux;
  int msg_fd = server->msg_fd;
  uint16_t ctrl_port = server->config.ctrl_port;
  aux->session->is_async = false;
  free(aux->headers);
  free(aux);
  free((void *)r);
  return httpd_wake(msg_fd, ctrl_port);
}
