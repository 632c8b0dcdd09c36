/* What the files of the web server share. Source: ESP-IDF components/esp_http_server (behaviour). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/param.h>
#include "esp_http_server.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

/* So much is read from a socket at a time while a request is taken apart, and so much of the next can be kept. */
#define HTTPD_BLOCK_SIZE 128
/* Holds the request line, then the header lines, then the beginning of the response. */
#define HTTPD_SCRATCH_SIZE MAX(HTTPD_MAX_REQ_HDR_LEN, HTTPD_MAX_URI_LEN)

struct httpd_server;

/* A connection. */
typedef struct {
  int fd; /* -1: the place is free */
  struct httpd_server *server;
  void *ctx;
  httpd_free_ctx_fn_t free_ctx;
  bool ignore_ctx_changes;
  void *transport_ctx;
  httpd_free_ctx_fn_t free_transport_ctx;
  httpd_send_func_t send_fn;
  httpd_recv_func_t recv_fn;
  httpd_pending_func_t pending_fn;
  uint64_t lru_counter; /* of its latest use */
  bool is_lru_victim;
  bool is_async; /* somebody outside of the server's task answers */
  size_t pending_len;
  char pending[HTTPD_BLOCK_SIZE]; /* received and not used, at the end of the array */
#ifdef CONFIG_HTTPD_WS_SUPPORT
  bool is_websocket;
  bool is_ws_closing;
  bool wants_ws_control;
  esp_err_t (*ws_handler)(httpd_req_t *req);
  void *ws_user_ctx;
#endif
} httpd_session_t;

struct httpd_response_header {
  const char *field;
  const char *value;
};

/* What belongs to a request beside what programs see. */
typedef struct {
  httpd_session_t *session;
  size_t remaining_len; /* of the body */
  const char *status;
  const char *content_type;
  bool has_sent_head;
  unsigned request_headers;
  unsigned response_headers;
  struct httpd_response_header *headers; /* config.max_resp_headers of them */
  struct http_parser_url url;
#ifdef CONFIG_HTTPD_WS_SUPPORT
  bool is_ws_handshake;
  uint8_t ws_first; /* the first byte of a frame */
  bool has_ws_length;
  size_t ws_length;
  uint8_t ws_mask[4];
#endif
  char scratch[HTTPD_SCRATCH_SIZE + 1];
} httpd_aux_t;

typedef struct httpd_server {
  httpd_config_t config;
  int listen_fd;
  int ctrl_fd;
  int msg_fd;
  TaskHandle_t task;
  volatile bool is_stopping;
  volatile bool has_stopped;
  httpd_session_t *sessions; /* config.max_open_sockets of them */
  int open_sessions;
  uint64_t lru_counter;
  httpd_uri_t **handlers; /* config.max_uri_handlers of them, the used ones first */
  httpd_err_handler_func_t err_handlers[HTTPD_ERR_CODE_MAX];
  httpd_req_t req;
  httpd_aux_t aux;
} httpd_server_t;

void httpd_dispatch_event(int32_t event_id, const void *data, size_t size);
void httpd_free_ctx(void **ctx, httpd_free_ctx_fn_t free_fn);
esp_err_t httpd_wake(int msg_fd, uint16_t ctrl_port);

/* sessions.c */
httpd_session_t *httpd_find_session(httpd_server_t *server, int fd); /* NULL: there is none */
httpd_session_t *httpd_free_session(httpd_server_t *server);
esp_err_t httpd_open_session(httpd_server_t *server, int fd);
void httpd_close_session(httpd_session_t *session);
void httpd_close_invalid_sessions(httpd_server_t *server);
esp_err_t httpd_close_least_used(httpd_server_t *server);
bool httpd_has_pending(httpd_session_t *session);
esp_err_t httpd_serve_session(httpd_session_t *session); /* anything but ESP_OK: to be closed */

/* parse.c: from the socket to the handler's request */
esp_err_t httpd_parse_request(httpd_server_t *server);

/* headers.c */
const char *httpd_find_header(const httpd_req_t *req, const char *field); /* its value, or NULL */

/* uri.c */
esp_err_t httpd_call_handler(httpd_server_t *server);
void httpd_free_handlers(httpd_server_t *server);

/* response.c, receive.c */
esp_err_t httpd_send_all(httpd_session_t *session, const void *data, size_t length);
esp_err_t httpd_handle_error(httpd_req_t *req, httpd_err_code_t error);
int httpd_receive(httpd_session_t *session, char *buf, size_t length, bool only_pending);
bool httpd_keep_pending(httpd_session_t *session, const char *data, size_t length);
int httpd_default_send(httpd_handle_t hd, int sockfd, const char *buf, size_t buf_len, int flags);
int httpd_default_recv(httpd_handle_t hd, int sockfd, char *buf, size_t buf_len, int flags);

#ifdef CONFIG_HTTPD_WS_SUPPORT
/* ws.c */
esp_err_t httpd_ws_answer_handshake(httpd_req_t *req, const httpd_uri_t *handler);
esp_err_t httpd_ws_serve(httpd_req_t *req);
#endif
