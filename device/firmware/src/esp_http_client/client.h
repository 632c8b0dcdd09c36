/* What the files of the HTTP client share. Source: ESP-IDF components/esp_http_client, tcp_transport (behaviour). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "esp_http_client.h"
#include "esp_tls_errors.h"

/* A request header. */
struct http_header {
  struct http_header *next;
  char *key;
  char *value;
};

/* How far a request has come. */
enum http_state {
  HTTP_UNINIT,
  HTTP_INIT,
  HTTP_CONNECTED,
  HTTP_HEADERS_SENT,
  HTTP_REQUEST_SENT,
  HTTP_HEADERS_RECEIVED,
  HTTP_BODY
};

/* What the next character of a response belongs to. */
enum http_part {
  PART_STATUS,
  PART_HEADER,
  PART_BODY,
  PART_TO_END,
  PART_CHUNK_SIZE,
  PART_CHUNK,
  PART_CHUNK_END,
  PART_TRAILER,
  PART_COMPLETE,
  PART_BROKEN
};

/* A response, taken apart as it comes. */
typedef struct {
  enum http_part part;
  char *line; /* as far as it has come */
  size_t line_length;
  int status;
  bool has_length;
  int64_t content_length; /* -1: not said */
  int64_t processed;      /* bytes of the body */
  bool says_chunked;
  int64_t left; /* of the body or the chunk */
  int chunk_length;
  bool keep_alive;
} http_response_t;

struct esp_http_client {
  enum http_state state;
  int sock; /* -1: there is none */
  bool is_connecting;
  esp_tls_last_error_t last_error;
  int sock_errno;
  struct http_header *headers;
  char *scheme;
  char *host;
  int port;
  char *path;
  char *query;
  char *username;
  char *password;
  esp_http_client_auth_type_t auth_type;
  esp_http_client_method_t method;
  const char *post_data;
  int post_len;
  int post_sent;
  bool says_length; /* among the headers, of the last request */
  char *location;
  char *auth_header;
  bool wants_again;
  int redirects;
  int max_redirects;
  int max_authorizations;
  bool disable_auto_redirect;
  bool is_async;
  int timeout_ms;
  bool keep_alive_enable;
  int keep_alive_idle;
  int keep_alive_interval;
  int keep_alive_count;
  struct ifreq *if_name;
  char *rx;
  int rx_size;
  char *tx;
  int tx_size;
  char *early; /* body that came with the headers, for esp_http_client_read() */
  size_t early_length;
  size_t early_at;
  bool keeps_early;
  char *output; /* of esp_http_client_read() */
  int output_length;
  bool is_chunked; /* or of unknown length */
  http_response_t response;
  http_event_handle_cb handler;
  void *user_data;
  esp_http_client_event_t event;
};

void http_tell(esp_http_client_handle_t client, esp_http_client_event_id_t id, void *data, int length);
void http_fail(esp_http_client_handle_t client); /* HTTP_EVENT_ERROR */
void http_tell_loop(esp_http_client_event_id_t id, const void *data, size_t size);
bool http_set_string(char **to, const char *text, size_t length);

/* transport.c: a socket with a time limit for every step */
#define TRANSPORT_TIMEOUT 0
#define TRANSPORT_FIN (-1)
#define TRANSPORT_FAILED (-2)
esp_err_t http_transport_connect(esp_http_client_handle_t client); /* ESP_ERR_HTTP_CONNECTING: not yet */
int http_transport_read(esp_http_client_handle_t client, char *buffer, int length);
int http_transport_write(esp_http_client_handle_t client, const char *data, int length);
void http_transport_close(esp_http_client_handle_t client);

/* response.c */
void http_response_begin(http_response_t *response);
void http_response_free(http_response_t *response);
void http_response_take(esp_http_client_handle_t client, const char *data, size_t length);
void http_response_take_end(esp_http_client_handle_t client); /* the server has closed */

/* config.c */
void http_free_headers(esp_http_client_handle_t client);
esp_err_t http_authorize(esp_http_client_handle_t client);
