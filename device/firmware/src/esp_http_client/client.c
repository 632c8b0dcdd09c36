/* A request's way: connect, send, receive; and again when the server sends it elsewhere. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/param.h>
#include "client.h"
#include "esp_log.h"
#include "esp_tls.h"

ESP_EVENT_DEFINE_BASE(ESP_HTTP_CLIENT_EVENT);

static const char *TAG = "HTTP_CLIENT";

#if CONFIG_ESP_HTTP_CLIENT_EVENT_POST_TIMEOUT == -1
#define EVENT_PATIENCE portMAX_DELAY
#else
#define EVENT_PATIENCE pdMS_TO_TICKS(CONFIG_ESP_HTTP_CLIENT_EVENT_POST_TIMEOUT)
#endif

static const char *const methods[HTTP_METHOD_MAX] = {
  "GET",     "POST", "PUT",  "PATCH", "DELETE", "HEAD",     "NOTIFY",    "SUBSCRIBE", "UNSUBSCRIBE",
  "OPTIONS", "COPY", "MOVE", "LOCK",  "UNLOCK", "PROPFIND", "PROPPATCH", "MKCOL",     "REPORT",
};

/* Events */

void http_tell(esp_http_client_handle_t client, esp_http_client_event_id_t id, void *data, int length) {
  if (client->handler != NULL) {
    client->event.event_id = id;
    client->event.user_data = client->user_data;
    client->event.data = data;
    client->event.data_len = length;
    client->handler(&client->event);
  }
}

void http_tell_loop(esp_http_client_event_id_t id, const void *data, size_t size) {
  esp_err_t err = esp_event_post(ESP_HTTP_CLIENT_EVENT, id, data, size, EVENT_PATIENCE);
  if (err != ESP_OK) {
    ESP_LOGE(TAG, "Failed to post http_client event: %" PRId32 ", error: %s", (int32_t)id, esp_err_to_name(err));
  }
}

static void tell_all(esp_http_client_handle_t client, esp_http_client_event_id_t id, void *data) {
  http_tell(client, id, data, 0);
  http_tell_loop(id, &client, sizeof client);
}

void http_fail(esp_http_client_handle_t client) {
  tell_all(client, HTTP_EVENT_ERROR, &client->last_error);
}

/* Connecting */

static esp_err_t prepare(esp_http_client_handle_t client) {
  client->wants_again = false;
  free(client->location);
  free(client->auth_header);
  client->location = client->auth_header = NULL;
  http_response_begin(&client->response);
  client->is_chunked = false;
  return http_authorize(client);
}

static esp_err_t connect_client(esp_http_client_handle_t client) {
  esp_err_t err = prepare(client);
  if (err != ESP_OK) {
    ESP_LOGE(TAG, "Failed to initialize request data");
    esp_http_client_close(client);
    return err;
  }
  if (client->state >= HTTP_CONNECTED) {
    return ESP_OK;
  }
  if (strcasecmp(client->scheme, "http") != 0) {
    ESP_LOGE(TAG, "A request to %s://%s is refused: there is no TLS here, only http:// can be asked for.", client->scheme,
             client->host);
    return ESP_ERR_HTTP_INVALID_TRANSPORT;
  }
  err = http_transport_connect(client);
  if (err != ESP_OK) {
    if (err == ESP_ERR_HTTP_CONNECT) {
      ESP_LOGE(TAG, "Connection failed, sock < 0");
    }
    return err;
  }
  client->state = HTTP_CONNECTED;
  tell_all(client, HTTP_EVENT_ON_CONNECTED, NULL);
  return ESP_OK;
}

/* The event comes also if there was no connection. */
esp_err_t esp_http_client_close(esp_http_client_handle_t client) {
  if (client->state >= HTTP_INIT) {
    tell_all(client, HTTP_EVENT_DISCONNECTED, &client->last_error);
    client->state = HTTP_INIT;
    http_transport_close(client);
  }
  return ESP_OK;
}

esp_err_t esp_http_client_cancel_request(esp_http_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (client->state < HTTP_CONNECTED) {
    return ESP_ERR_INVALID_STATE;
  }
  http_transport_close(client);
  client->state = HTTP_INIT;
  esp_err_t err = connect_client(client);
  return err == ESP_OK || err == ESP_ERR_HTTP_CONNECTING ? ESP_OK : ESP_FAIL;
}

/* Sending */

static esp_err_t send_buffer(esp_http_client_handle_t client, int length) {
  int sent = 0;
  while (sent < length) {
    int n = http_transport_write(client, client->tx + sent, length - sent);
    if (n <= 0) {
      ESP_LOGE(TAG, "Error write request");
      esp_http_client_close(client);
      return ESP_ERR_HTTP_WRITE_DATA;
    }
    sent += n;
  }
  return ESP_OK;
}

/* The headers leave in as few pieces as the buffer allows, none of them cut. */
static esp_err_t send_headers(esp_http_client_handle_t client, int length) {
  for (const struct http_header *header = client->headers; header != NULL; header = header->next) {
    for (int is_retry = 0;; is_retry = 1) {
      int n = snprintf(client->tx + length, (size_t)(client->tx_size - length), "%s: %s\r\n", header->key, header->value);
      if (length + n + 2 < client->tx_size) {
        length += n;
        break;
      }
      if (is_retry || length == 0) {
        ESP_LOGE(TAG, "Buffer length is small to fit all the headers");
        return ESP_ERR_HTTP_WRITE_DATA;
      }
      esp_err_t err = send_buffer(client, length);
      if (err != ESP_OK) {
        return err;
      }
      length = 0;
    }
  }
  memcpy(client->tx + length, "\r\n", 2);
  return send_buffer(client, length + 2);
}

/* write_len: bytes of the body; less than 0: the program sends chunks. */
static esp_err_t send_request(esp_http_client_handle_t client, int write_len) {
  bool needs_length = client->method != HTTP_METHOD_GET && client->method != HTTP_METHOD_HEAD &&
                      client->method != HTTP_METHOD_DELETE;
  if (write_len < 0) {
    esp_http_client_set_header(client, "Transfer-Encoding", "chunked");
  } else if (write_len > 0 || needs_length) {
    char text[16];
    snprintf(text, sizeof text, "%d", write_len);
    esp_http_client_set_header(client, "Content-Length", text);
    client->says_length = true;
  } else if (client->says_length) {
    esp_http_client_delete_header(client, "Content-Length");
    client->says_length = false;
  }
  int length = snprintf(client->tx, (size_t)client->tx_size, "%s %s%s%s HTTP/1.1\r\n", methods[client->method],
                        client->path, client->query != NULL ? "?" : "", client->query != NULL ? client->query : "");
  if (length >= client->tx_size) {
    ESP_LOGE(TAG, "Out of buffer");
    return ESP_FAIL;
  }
  esp_err_t err = send_headers(client, length);
  if (err != ESP_OK) {
    return err;
  }
  client->state = HTTP_HEADERS_SENT;
  client->post_sent = 0;
  tell_all(client, HTTP_EVENT_HEADERS_SENT, NULL);
  return ESP_OK;
}

int esp_http_client_write(esp_http_client_handle_t client, const char *buffer, int len) {
  if (client->state < HTTP_HEADERS_SENT) {
    return ESP_FAIL;
  }
  int written = 0;
  while (written < len) {
    int n = http_transport_write(client, buffer + written, len - written);
    if (client->is_async || n <= 0) {
      return n;
    }
    written += n;
  }
  return written;
}

static esp_err_t send_post_data(esp_http_client_handle_t client) {
  if (client->post_data != NULL && client->post_len > client->post_sent) {
    int n = esp_http_client_write(client, client->post_data + client->post_sent, client->post_len - client->post_sent);
    if (n < 0) {
      return n;
    }
    client->post_sent += n;
    if (client->post_sent < client->post_len) {
      return ESP_ERR_HTTP_WRITE_DATA;
    }
  }
  client->state = HTTP_REQUEST_SENT;
  return ESP_OK;
}

esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len) {
  client->post_len = write_len;
  esp_err_t err = connect_client(client);
  if (err == ESP_OK) {
    err = send_request(client, write_len);
  }
  if (err != ESP_OK) {
    http_fail(client);
  }
  return err;
}

/* Receiving */

int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client) {
  if (client->state < HTTP_HEADERS_SENT) {
    return ESP_FAIL;
  }
  client->state = HTTP_REQUEST_SENT;
  client->response.status = -1;
  while (client->state < HTTP_HEADERS_RECEIVED) {
    client->sock_errno = 0;
    int n = http_transport_read(client, client->rx, client->rx_size);
    if (n == TRANSPORT_TIMEOUT) {
      ESP_LOGW(TAG, "Connection timed out before data was ready!");
      return -ESP_ERR_HTTP_EAGAIN;
    }
    if (n < 0) {
      return ESP_FAIL;
    }
    http_response_take(client, client->rx, (size_t)n);
    if (client->response.part == PART_BROKEN) {
      return ESP_FAIL;
    }
  }
  client->state = HTTP_BODY;
  if (client->response.content_length <= 0) {
    client->is_chunked = true;
    return 0;
  }
  return client->response.content_length;
}

bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client) {
  const http_response_t *response = &client->response;
  return client->is_chunked ? response->part == PART_COMPLETE : response->processed == response->content_length;
}

/* Reads once; the events have the data. */
static int get_data(esp_http_client_handle_t client) {
  if (client->state < HTTP_BODY) {
    return ESP_FAIL;
  }
  if (client->method == HTTP_METHOD_HEAD) {
    return 0;
  }
  int n = http_transport_read(client, client->rx, client->rx_size);
  if (n > 0) {
    http_response_take(client, client->rx, (size_t)n);
  } else if (n == TRANSPORT_FIN) {
    http_response_take_end(client);
  }
  return n;
}

static int take_early(esp_http_client_handle_t client, char *buffer, int len) {
  int n = MIN(len, (int)(client->early_length - client->early_at));
  if (n <= 0) {
    return 0;
  }
  memcpy(buffer, client->early + client->early_at, (size_t)n);
  client->early_at += (size_t)n;
  if (client->early_at == client->early_length) {
    free(client->early);
    client->early = NULL;
    client->early_length = client->early_at = 0;
  }
  return n;
}

/* Nothing has come: for what reason, and what does the caller get? */
static int end_read(esp_http_client_handle_t client, int result, int so_far) {
  if (result == TRANSPORT_TIMEOUT) {
    return so_far > 0 ? so_far : -ESP_ERR_HTTP_EAGAIN;
  }
  if (result == TRANSPORT_FIN) {
    http_response_take_end(client);
  } else {
    ESP_LOGE(TAG, "transport_read: error - %d | %s", ESP_FAIL, esp_err_to_name(ESP_FAIL));
  }
  if (so_far == 0 && !esp_http_client_is_complete_data_received(client)) {
    http_fail(client);
    return ESP_FAIL;
  }
  return so_far;
}

int esp_http_client_read(esp_http_client_handle_t client, char *buffer, int len) {
  int so_far = take_early(client, buffer, len);
  while (so_far < len && !esp_http_client_is_complete_data_received(client)) {
    int n = http_transport_read(client, client->rx, MIN(len - so_far, client->rx_size));
    if (n <= 0) {
      return end_read(client, n, so_far);
    }
    client->output = buffer + so_far;
    client->output_length = 0;
    http_response_take(client, client->rx, (size_t)n);
    so_far += client->output_length;
    client->output = NULL;
    if (client->response.part == PART_BROKEN) {
      return end_read(client, TRANSPORT_FAILED, so_far);
    }
  }
  return so_far;
}

int esp_http_client_read_response(esp_http_client_handle_t client, char *buffer, int len) {
  int so_far = 0;
  while (so_far < len) {
    int n = esp_http_client_read(client, buffer + so_far, len - so_far);
    if (n <= 0) {
      break;
    }
    so_far += n;
  }
  return so_far;
}

esp_err_t esp_http_client_flush_response(esp_http_client_handle_t client, int *len) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  int skipped = 0;
  while (!esp_http_client_is_complete_data_received(client)) {
    int n = get_data(client);
    if (n < 0) {
      return ESP_FAIL;
    }
    skipped += n;
  }
  if (len != NULL) {
    *len = skipped;
  }
  return ESP_OK;
}

/* Elsewhere and again */

esp_err_t esp_http_client_set_redirection(esp_http_client_handle_t client) {
  if (client == NULL || client->location == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  esp_err_t err = esp_http_client_set_url(client, client->location);
  if (err == ESP_OK) {
    client->redirects++;
    client->wants_again = true;
  }
  return err;
}

esp_err_t esp_http_client_reset_redirect_counter(esp_http_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  client->redirects = 0;
  return ESP_OK;
}

void esp_http_client_add_auth(esp_http_client_handle_t client) {
  if (client == NULL || client->state != HTTP_BODY) {
    return;
  }
  if (client->redirects >= client->max_authorizations) {
    ESP_LOGE(TAG, "Error, reached max_authorization_retries count=%d", client->redirects);
    return;
  }
  if (client->auth_header == NULL) {
    client->auth_type = HTTP_AUTH_TYPE_NONE;
    ESP_LOGW(TAG, "This request requires authentication, but does not provide header information for that");
    return;
  }
  client->redirects++;
#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH
  if (strncasecmp(client->auth_header, "Basic", 5) == 0) {
    client->auth_type = HTTP_AUTH_TYPE_BASIC;
    client->wants_again = true;
    return;
  }
#endif
  client->auth_type = HTTP_AUTH_TYPE_NONE;
  ESP_LOGE(TAG, "This authentication method is not supported: %s", client->auth_header);
}

static bool is_redirect(int status) {
  return status == HttpStatus_MovedPermanently || status == HttpStatus_Found || status == HttpStatus_SeeOther ||
         status == HttpStatus_TemporaryRedirect || status == HttpStatus_PermanentRedirect;
}

static esp_err_t check_status(esp_http_client_handle_t client) {
  int status = client->response.status;
  if (status >= HttpStatus_Ok && status < HttpStatus_MultipleChoices) {
    client->redirects = 0;
    return ESP_OK;
  }
  if (client->redirects >= client->max_redirects) {
    ESP_LOGE(TAG, "Error, reach max_redirection_count count=%d", client->redirects);
    return ESP_ERR_HTTP_MAX_REDIRECT;
  }
  if (status == HttpStatus_Unauthorized) {
    esp_http_client_add_auth(client);
  }
  if (is_redirect(status)) {
    if (client->disable_auto_redirect) {
      http_tell(client, HTTP_EVENT_REDIRECT, NULL, 0);
    } else if (esp_http_client_set_redirection(client) != ESP_OK) {
      return ESP_FAIL;
    }
    esp_http_client_redirect_event_data_t data = { .client = client, .status_code = status };
    http_tell_loop(HTTP_EVENT_REDIRECT, &data, sizeof data);
  }
  return ESP_OK;
}

/* The headers of the response, with what perform() answers if there are none. */
static esp_err_t await_headers(esp_http_client_handle_t client) {
  client->keeps_early = false;
  int64_t result = esp_http_client_fetch_headers(client);
  if (result >= 0) {
    client->keeps_early = true;
    return ESP_OK;
  }
  if (result == -ESP_ERR_HTTP_EAGAIN) {
    return ESP_ERR_HTTP_EAGAIN;
  }
  client->keeps_early = true;
  if (client->sock_errno == ENOTCONN) {
    ESP_LOGW(TAG, "Close connection due to FIN received");
    esp_http_client_close(client);
    return ESP_ERR_HTTP_CONNECTION_CLOSED;
  }
  return ESP_ERR_HTTP_FETCH_HEADER;
}

/* From where it stands up to the headers of the response. */
static esp_err_t advance(esp_http_client_handle_t client) {
  esp_err_t err = ESP_OK;
  if (client->state == HTTP_INIT) {
    err = connect_client(client);
  }
  if (err == ESP_OK && client->state == HTTP_CONNECTED) {
    err = send_request(client, client->post_len);
  }
  if (err == ESP_OK && client->state == HTTP_HEADERS_SENT) {
    err = send_post_data(client);
  }
  if (err == ESP_OK && client->state == HTTP_REQUEST_SENT) {
    err = await_headers(client);
  }
  if (err == ESP_ERR_HTTP_CONNECTING || (client->is_async && err == ESP_ERR_HTTP_WRITE_DATA && errno == EAGAIN)) {
    return ESP_ERR_HTTP_EAGAIN;
  }
  if (err == ESP_OK) {
    err = check_status(client);
    if (err != ESP_OK) {
      ESP_LOGE(TAG, "Error response");
    }
  }
  if (err != ESP_OK && err != ESP_ERR_HTTP_EAGAIN) {
    http_fail(client);
  }
  return err;
}

static bool has_more(const struct esp_http_client *client) {
  const http_response_t *response = &client->response;
  return (client->is_chunked && response->part != PART_COMPLETE && response->part != PART_BROKEN) ||
         response->processed < response->content_length;
}

esp_err_t esp_http_client_perform(esp_http_client_handle_t client) {
  do {
    if (client->wants_again || client->state == HTTP_CONNECTED) {
      esp_err_t err = prepare(client);
      if (err != ESP_OK) {
        return err;
      }
    }
    esp_err_t err = advance(client);
    if (err != ESP_OK) {
      return err;
    }
    while (has_more(client)) {
      int n = get_data(client);
      if (n == TRANSPORT_TIMEOUT && client->is_async) {
        return ESP_ERR_HTTP_EAGAIN;
      }
      if (n <= 0) {
        break;
      }
    }
    tell_all(client, HTTP_EVENT_ON_FINISH, NULL);
    if (!client->response.keep_alive) {
      esp_http_client_close(client);
    } else if (client->state > HTTP_CONNECTED) {
      client->state = HTTP_CONNECTED;
    }
  } while (client->wants_again);
  return ESP_OK;
}

/* Answers */

int esp_http_client_get_errno(esp_http_client_handle_t client) {
  if (client == NULL) {
    ESP_LOGE(TAG, "Invalid client handle");
    return -1;
  }
  return client->sock_errno;
}

esp_err_t esp_http_client_get_and_clear_last_tls_error(esp_http_client_handle_t client, int *esp_tls_error_code,
                                                       int *esp_tls_flags) {
  return client == NULL ? ESP_ERR_INVALID_ARG
                        : esp_tls_get_and_clear_last_error(&client->last_error, esp_tls_error_code, esp_tls_flags);
}

int esp_http_client_get_status_code(esp_http_client_handle_t client) {
  return client->response.status;
}

int64_t esp_http_client_get_content_length(esp_http_client_handle_t client) {
  return client->response.content_length;
}

bool esp_http_client_is_chunked_response(esp_http_client_handle_t client) {
  return client->is_chunked;
}

esp_err_t esp_http_client_get_chunk_length(esp_http_client_handle_t client, int *len) {
  if (client == NULL || len == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (!client->is_chunked) {
    ESP_LOGE(TAG, "Response is not chunked");
    return ESP_FAIL;
  }
  *len = client->response.chunk_length;
  return ESP_OK;
}

esp_http_client_transport_t esp_http_client_get_transport_type(esp_http_client_handle_t client) {
  return strcasecmp(client->scheme, "https") == 0  ? HTTP_TRANSPORT_OVER_SSL
         : strcasecmp(client->scheme, "http") == 0 ? HTTP_TRANSPORT_OVER_TCP
                                                   : HTTP_TRANSPORT_UNKNOWN;
}
