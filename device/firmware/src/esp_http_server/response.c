/* Responses. The head goes out in pieces, one call of send() each, as ESP-IDF's server sends it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "esp_log.h"
#include "httpd.h"
#include "lwip/sockets.h"

static const char *TAG = "httpd_txrx";

static const struct {
  const char *status;
  const char *message;
} errors[HTTPD_ERR_CODE_MAX] = {
  [HTTPD_500_INTERNAL_SERVER_ERROR] = { HTTPD_500, "Server has encountered an unexpected error" },
  [HTTPD_501_METHOD_NOT_IMPLEMENTED] = { "501 Method Not Implemented", "Server does not support this method" },
  [HTTPD_505_VERSION_NOT_SUPPORTED] = { "505 Version Not Supported", "HTTP version not supported by server" },
  [HTTPD_400_BAD_REQUEST] = { HTTPD_400, "Bad request syntax" },
  [HTTPD_401_UNAUTHORIZED] = { "401 Unauthorized", "No permission -- see authorization schemes" },
  [HTTPD_403_FORBIDDEN] = { "403 Forbidden", "Request forbidden -- authorization will not help" },
  [HTTPD_404_NOT_FOUND] = { HTTPD_404, "Nothing matches the given URI" },
  [HTTPD_405_METHOD_NOT_ALLOWED] = { "405 Method Not Allowed", "Specified method is invalid for this resource" },
  [HTTPD_408_REQ_TIMEOUT] = { HTTPD_408, "Server closed this connection" },
  [HTTPD_411_LENGTH_REQUIRED] = { "411 Length Required", "Client must specify Content-Length" },
  [HTTPD_413_CONTENT_TOO_LARGE] = { "413 Content Too Large", "Content is too large" },
  [HTTPD_414_URI_TOO_LONG] = { "414 URI Too Long", "URI is too long" },
  [HTTPD_431_REQ_HDR_FIELDS_TOO_LARGE] = { "431 Request Header Fields Too Large", "Header fields are too long" },
};

esp_err_t httpd_send_all(httpd_session_t *session, const void *data, size_t length) {
  const char *next = data;
  while (length > 0) {
    int sent = session->send_fn(session->server, session->fd, next, length, 0);
    if (sent < 0) {
      return ESP_FAIL;
    }
    next += sent;
    length -= (size_t)sent;
  }
  return ESP_OK;
}

static esp_err_t send_text(httpd_session_t *session, const char *text) {
  return httpd_send_all(session, text, strlen(text));
}

static esp_err_t send_headers(const httpd_aux_t *aux) {
  for (unsigned i = 0; i < aux->response_headers; i++) {
    const struct httpd_response_header *header = &aux->headers[i];
    if (send_text(aux->session, header->field) != ESP_OK || send_text(aux->session, ": ") != ESP_OK ||
        send_text(aux->session, header->value) != ESP_OK || send_text(aux->session, "\r\n") != ESP_OK) {
      return ESP_ERR_HTTPD_RESP_SEND;
    }
  }
  return send_text(aux->session, "\r\n") == ESP_OK ? ESP_OK : ESP_ERR_HTTPD_RESP_SEND;
}

/* The status line and what says where the body ends; the request's headers, which lay there, are gone. */
static esp_err_t send_head(httpd_aux_t *aux, const char *body_line) {
  aux->request_headers = 0;
  int length = snprintf(aux->scratch, HTTPD_SCRATCH_SIZE, "HTTP/1.1 %s\r\nContent-Type: %s\r\n%s\r\n", aux->status,
                        aux->content_type, body_line);
  if (length >= HTTPD_SCRATCH_SIZE) {
    return ESP_ERR_HTTPD_RESP_HDR;
  }
  if (httpd_send_all(aux->session, aux->scratch, (size_t)length) != ESP_OK) {
    return ESP_ERR_HTTPD_RESP_SEND;
  }
  esp_err_t err = send_headers(aux);
  if (err == ESP_OK) {
    httpd_dispatch_event(HTTP_SERVER_EVENT_HEADERS_SENT, &aux->session->fd, sizeof aux->session->fd);
  }
  return err;
}

static void tell_sent(const httpd_session_t *session, ssize_t length) {
  esp_http_server_event_data data = { .fd = session->fd, .data_len = (int)length };
  httpd_dispatch_event(HTTP_SERVER_EVENT_SENT_DATA, &data, sizeof data);
}

static ssize_t length_of(const char *buf, ssize_t length) {
  return length == HTTPD_RESP_USE_STRLEN ? (ssize_t)strlen(buf) : length;
}

esp_err_t httpd_resp_send(httpd_req_t *r, const char *buf, ssize_t buf_len) {
  if (r == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  httpd_aux_t *aux = r->aux;
  ssize_t length = length_of(buf, buf_len);
  char line[32];
  snprintf(line, sizeof line, "Content-Length: %d", (int)length);
  esp_err_t err = send_head(aux, line);
  if (err != ESP_OK) {
    return err;
  }
  if (buf != NULL && length > 0 && httpd_send_all(aux->session, buf, (size_t)length) != ESP_OK) {
    return ESP_ERR_HTTPD_RESP_SEND;
  }
  tell_sent(aux->session, length);
  return ESP_OK;
}

esp_err_t httpd_resp_send_chunk(httpd_req_t *r, const char *buf, ssize_t buf_len) {
  if (r == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  httpd_aux_t *aux = r->aux;
  ssize_t length = length_of(buf, buf_len);
  aux->request_headers = 0;
  if (!aux->has_sent_head) {
    esp_err_t err = send_head(aux, "Transfer-Encoding: chunked");
    if (err != ESP_OK) {
      return err;
    }
    aux->has_sent_head = true;
  }
  char size[12];
  snprintf(size, sizeof size, "%x\r\n", (unsigned)length);
  if (send_text(aux->session, size) != ESP_OK ||
      (buf != NULL && httpd_send_all(aux->session, buf, (size_t)length) != ESP_OK) ||
      send_text(aux->session, "\r\n") != ESP_OK) {
    return ESP_ERR_HTTPD_RESP_SEND;
  }
  tell_sent(aux->session, length);
  return ESP_OK;
}

/* Without delay the text leaves before the connection is closed. */
esp_err_t httpd_resp_send_custom_err(httpd_req_t *req, const char *status, const char *msg) {
  if (req == NULL || status == NULL || msg == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  ESP_LOGW(TAG, "httpd_resp_send_err: %s - %s", status, msg);
  httpd_resp_set_status(req, status);
  httpd_resp_set_type(req, HTTPD_TYPE_TEXT);
#ifdef CONFIG_HTTPD_ERR_RESP_NO_DELAY
  const httpd_aux_t *aux = req->aux;
  int on = 1;
  int off = 0;
  bool is_at_once = setsockopt(aux->session->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  if (!is_at_once) {
    ESP_LOGW(TAG, "httpd_resp_send_err: error calling setsockopt : %d", errno);
  }
  esp_err_t err = httpd_resp_send(req, msg, HTTPD_RESP_USE_STRLEN);
  if (is_at_once && setsockopt(aux->session->fd, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off) < 0) {
    ESP_LOGE(TAG, "httpd_resp_send_err: error calling setsockopt : %d", errno);
    return ESP_ERR_INVALID_STATE;
  }
  return err;
#else
  return httpd_resp_send(req, msg, HTTPD_RESP_USE_STRLEN);
#endif
}

esp_err_t httpd_resp_send_err(httpd_req_t *req, httpd_err_code_t error, const char *msg) {
  httpd_err_code_t code = error < HTTPD_ERR_CODE_MAX ? error : HTTPD_500_INTERNAL_SERVER_ERROR;
  esp_err_t err = httpd_resp_send_custom_err(req, errors[code].status, msg != NULL ? msg : errors[code].message);
  httpd_dispatch_event(HTTP_SERVER_EVENT_ERROR, &error, sizeof error);
  return err;
}

esp_err_t httpd_register_err_handler(httpd_handle_t handle, httpd_err_code_t error,
                                     httpd_err_handler_func_t handler_fn) {
  httpd_server_t *server = handle;
  if (server == NULL || error >= HTTPD_ERR_CODE_MAX) {
    return ESP_ERR_INVALID_ARG;
  }
  server->err_handlers[error] = handler_fn;
  return ESP_OK;
}

/* ESP_OK if the program's own handler wants the connection to stay. */
esp_err_t httpd_handle_error(httpd_req_t *req, httpd_err_code_t error) {
  const httpd_server_t *server = req->handle;
  if (server->err_handlers[error] == NULL) {
    httpd_resp_send_err(req, error, NULL);
    return ESP_FAIL;
  }
  esp_err_t err = server->err_handlers[error](req, error);
  return error == HTTPD_500_INTERNAL_SERVER_ERROR ? ESP_FAIL : err;
}

esp_err_t httpd_resp_set_hdr(httpd_req_t *r, const char *field, const char *value) {
  if (r == NULL || field == NULL || value == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  httpd_aux_t *aux = r->aux;
  const httpd_server_t *server = r->handle;
  if (aux->response_headers >= server->config.max_resp_headers) {
    return ESP_ERR_HTTPD_RESP_HDR;
  }
  aux->headers[aux->response_headers++] = (struct httpd_response_header){ .field = field, .value = value };
  return ESP_OK;
}

esp_err_t httpd_resp_set_status(httpd_req_t *r, const char *status) {
  if (r == NULL || status == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  ((httpd_aux_t *)r->aux)->status = status;
  return ESP_OK;
}

esp_err_t httpd_resp_set_type(httpd_req_t *r, const char *type) {
  if (r == NULL || type == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  ((httpd_aux_t *)r->aux)->content_type = type;
  return ESP_OK;
}
