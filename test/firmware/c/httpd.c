/* A web server with a handler for everything that a test may ask of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_event.h"
#include "esp_http_server.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

static const char *TAG = "httpd_test";
static httpd_handle_t server;

/* What the server understood of the request, as text. */
static esp_err_t about_handler(httpd_req_t *req) {
  char text[512];
  int length = snprintf(text, sizeof text, "%s %s %u", http_method_str(req->method), req->uri, (unsigned)req->content_len);
  char value[32];
  if (httpd_req_get_hdr_value_str(req, "X-Test", value, sizeof value) == ESP_OK) {
    length += snprintf(text + length, sizeof text - length, " x-test=%s(%u)", value,
                       (unsigned)httpd_req_get_hdr_value_len(req, "x-TEST"));
  }
  char query[64];
  if (httpd_req_get_url_query_len(req) > 0 && httpd_req_get_url_query_str(req, query, sizeof query) == ESP_OK) {
    esp_err_t a = httpd_query_key_value(query, "a", value, sizeof value);
    length += snprintf(text + length, sizeof text - length, " a=%s", a == ESP_OK ? value : esp_err_to_name(a));
    esp_err_t b = httpd_query_key_value(query, "b", value, 3);
    length += snprintf(text + length, sizeof text - length, " b=%s", b == ESP_OK ? value : esp_err_to_name(b));
  }
  size_t size = sizeof value;
  if (httpd_req_get_cookie_val(req, "id", value, &size) == ESP_OK) {
    length += snprintf(text + length, sizeof text - length, " id=%s(%u)", value, (unsigned)size);
  }
  httpd_resp_set_type(req, "text/plain");
  httpd_resp_set_hdr(req, "X-Context", req->user_ctx);
  return httpd_resp_send(req, text, length);
}

static esp_err_t echo_handler(httpd_req_t *req) {
  char piece[100];
  size_t left = req->content_len;
  httpd_resp_set_type(req, HTTPD_TYPE_OCTET);
  while (left > 0) {
    int n = httpd_req_recv(req, piece, left < sizeof piece ? left : sizeof piece);
    if (n == HTTPD_SOCK_ERR_TIMEOUT) {
      httpd_resp_send_408(req);
      return ESP_FAIL;
    }
    if (n <= 0) {
      return ESP_FAIL;
    }
    ESP_LOGI(TAG, "%d bytes", n);
    httpd_resp_send_chunk(req, piece, n);
    left -= n;
  }
  return httpd_resp_send_chunk(req, NULL, 0);
}

/* Counts the requests of a connection. */
static esp_err_t count_handler(httpd_req_t *req) {
  int *count = req->sess_ctx;
  if (count == NULL) {
    count = req->sess_ctx = calloc(1, sizeof *count);
  }
  char text[16];
  snprintf(text, sizeof text, "%d", ++*count);
  return httpd_resp_sendstr(req, text);
}

static esp_err_t ignore_handler(httpd_req_t *req) {
  httpd_resp_set_status(req, HTTPD_204);
  return httpd_resp_send(req, NULL, 0);
}

static esp_err_t fail_handler(httpd_req_t *req) {
  httpd_resp_send_custom_err(req, "418 Teapot", "short and stout");
  return ESP_FAIL;
}

static void push(void *arg) {
  int fd = (int)(intptr_t)arg;
  httpd_socket_send(server, fd, "pushed", 6, 0);
  httpd_sess_trigger_close(server, fd);
}

static esp_err_t push_handler(httpd_req_t *req) {
  httpd_queue_work(req->handle, push, (void *)(intptr_t)httpd_req_to_sockfd(req));
  return httpd_resp_sendstr(req, "later ");
}

static void answer_task(void *arg) {
  httpd_req_t *req = arg;
  vTaskDelay(pdMS_TO_TICKS(2000));
  httpd_resp_sendstr_chunk(req, "at ");
  httpd_resp_sendstr_chunk(req, "last");
  httpd_resp_sendstr_chunk(req, NULL);
  httpd_req_async_handler_complete(req);
  vTaskDelete(NULL);
}

static esp_err_t async_handler(httpd_req_t *req) {
  httpd_req_t *copy;
  ESP_ERROR_CHECK(httpd_req_async_handler_begin(req, &copy));
  xTaskCreate(answer_task, "answer", 4096, copy, 5, NULL);
  return ESP_OK;
}

static esp_err_t clients_handler(httpd_req_t *req) {
  int fds[7];
  size_t count = 7;
  esp_err_t err = httpd_get_client_list(req->handle, &count, fds);
  char text[64];
  snprintf(text, sizeof text, "%d clients, %s, %s", (int)count, esp_err_to_name(err),
           (const char *)httpd_get_global_user_ctx(req->handle));
  return httpd_resp_sendstr(req, text);
}

#ifdef CONFIG_HTTPD_WS_SUPPORT
static void tell_later(void *arg) {
  int fd = (int)(intptr_t)arg;
  httpd_ws_frame_t frame = { .type = HTTPD_WS_TYPE_TEXT, .payload = (uint8_t *)"later", .len = 5 };
  ESP_ERROR_CHECK(httpd_ws_send_frame_async(server, fd, &frame));
  ESP_LOGI(TAG, "client is %d", httpd_ws_get_fd_info(server, fd));
}

/* Says everything twice. */
static esp_err_t ws_handler(httpd_req_t *req) {
  if (req->method == HTTP_GET) {
    ESP_LOGI(TAG, "handshake");
    return ESP_OK;
  }
  httpd_ws_frame_t frame = { 0 };
  ESP_ERROR_CHECK(httpd_ws_recv_frame(req, &frame, 0));
  frame.payload = calloc(1, frame.len + 1);
  esp_err_t err = httpd_ws_recv_frame(req, &frame, frame.len);
  ESP_LOGI(TAG, "type %d, final %d, %d bytes", frame.type, frame.final, (int)frame.len);
  if (strcmp((char *)frame.payload, "later") == 0) {
    httpd_queue_work(req->handle, tell_later, (void *)(intptr_t)httpd_req_to_sockfd(req));
  } else {
    frame.fragmented = true;
    frame.final = false;
    httpd_ws_send_frame(req, &frame);
    frame.final = true;
    frame.type = HTTPD_WS_TYPE_CONTINUE;
    err = httpd_ws_send_frame(req, &frame);
  }
  free(frame.payload);
  return err;
}
#endif

static void stop_task(void *arg) {
  esp_err_t err = httpd_stop(server);
  ESP_LOGI(TAG, "stopped: %s", esp_err_to_name(err));
  vTaskDelete(NULL);
}

static esp_err_t stop_handler(httpd_req_t *req) {
  xTaskCreate(stop_task, "stop", 4096, NULL, 5, NULL);
  return httpd_resp_sendstr(req, "bye");
}

static esp_err_t not_found(httpd_req_t *req, httpd_err_code_t error) {
  httpd_resp_send_err(req, error, "there is nothing of that name");
  return strncmp(req->uri, "/stay", 5) == 0 ? ESP_OK : ESP_FAIL;
}

static void on_event(void *arg, esp_event_base_t base, int32_t id, void *data) {
  ESP_LOGI(TAG, "event %d", (int)id);
}

void app_main(void) {
  char how[8] = "";
  fgets(how, sizeof how, stdin);
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  esp_event_handler_register(ESP_HTTP_SERVER_EVENT, how[0] == 'e' ? ESP_EVENT_ANY_ID : HTTP_SERVER_EVENT_STOP, on_event,
                             NULL);
  const httpd_uri_t uris[] = {
    { .uri = "/about?", .method = HTTP_ANY, .handler = about_handler, .user_ctx = "any" },
    { .uri = "/files/*", .method = HTTP_GET, .handler = about_handler, .user_ctx = "file" },
    { .uri = "/echo", .method = HTTP_POST, .handler = echo_handler },
    { .uri = "/count", .method = HTTP_GET, .handler = count_handler },
    { .uri = "/ignore", .method = HTTP_PUT, .handler = ignore_handler },
    { .uri = "/fail", .method = HTTP_GET, .handler = fail_handler },
    { .uri = "/push", .method = HTTP_GET, .handler = push_handler },
    { .uri = "/async", .method = HTTP_GET, .handler = async_handler },
    { .uri = "/clients", .method = HTTP_GET, .handler = clients_handler },
    { .uri = "/stop", .method = HTTP_GET, .handler = stop_handler },
#ifdef CONFIG_HTTPD_WS_SUPPORT
    { .uri = "/ws", .method = HTTP_GET, .handler = ws_handler, .is_websocket = true, .supported_subprotocol = "chat" },
#endif
  };
  const int count = sizeof uris / sizeof uris[0];
  httpd_config_t config = HTTPD_DEFAULT_CONFIG();
  config.uri_match_fn = httpd_uri_match_wildcard;
  config.max_uri_handlers = count;
  config.global_user_ctx = strdup("global");
  config.lru_purge_enable = how[0] == 'l';
  if (config.lru_purge_enable) {
    config.max_open_sockets = 2;
  }
  ESP_ERROR_CHECK(httpd_start(&server, &config));
  for (int i = 0; i < count; i++) {
    ESP_ERROR_CHECK(httpd_register_uri_handler(server, &uris[i]));
  }
  if (how[0] == 'n') {
    httpd_register_err_handler(server, HTTPD_404_NOT_FOUND, not_found);
  }
}
