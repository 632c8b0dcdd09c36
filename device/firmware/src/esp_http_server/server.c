/* The server's life: its sockets, its task, and what other tasks ask it to do over the control socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "httpd.h"
#include "lwip/sockets.h"

ESP_EVENT_DEFINE_BASE(ESP_HTTP_SERVER_EVENT);

static const char *TAG = "httpd";

#define OWN_SOCKETS 3 /* listening, control, and the one that sends to control */
#define STOP_POLL_MS 100

#if CONFIG_HTTPD_SERVER_EVENT_POST_TIMEOUT == -1
#define EVENT_PATIENCE portMAX_DELAY
#else
#define EVENT_PATIENCE pdMS_TO_TICKS(CONFIG_HTTPD_SERVER_EVENT_POST_TIMEOUT)
#endif

enum control { CONTROL_SHUTDOWN, CONTROL_WORK, CONTROL_WAKE };

struct control_message {
  enum control what;
  httpd_work_fn_t work;
  void *arg;
};

void httpd_dispatch_event(int32_t event_id, const void *data, size_t size) {
  esp_err_t err = esp_event_post(ESP_HTTP_SERVER_EVENT, event_id, data, size, EVENT_PATIENCE);
  if (err != ESP_OK) {
    ESP_LOGE(TAG, "Failed to post esp_http_server event: %s", esp_err_to_name(err));
  }
}

void httpd_free_ctx(void **ctx, httpd_free_ctx_fn_t free_fn) {
  if (*ctx != NULL) {
    (free_fn != NULL ? free_fn : free)(*ctx);
    *ctx = NULL;
  }
}

static struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){
    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
  };
}

static esp_err_t send_control(int fd, uint16_t port, const struct control_message *message) {
  struct sockaddr_in to = loopback(port);
  return sendto(fd, message, sizeof *message, 0, (struct sockaddr *)&to, sizeof to) < 0 ? ESP_FAIL : ESP_OK;
}

/* Have the server look at its sessions again. */
esp_err_t httpd_wake(int msg_fd, uint16_t ctrl_port) {
  return send_control(msg_fd, ctrl_port, &(struct control_message){ .what = CONTROL_WAKE });
}

esp_err_t httpd_queue_work(httpd_handle_t handle, httpd_work_fn_t work, void *arg) {
  httpd_server_t *server = handle;
  if (server == NULL || work == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  struct control_message message = { .what = CONTROL_WORK, .work = work, .arg = arg };
  if (send_control(server->msg_fd, server->config.ctrl_port, &message) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_queue_work: failed to queue work");
    return ESP_FAIL;
  }
  return ESP_OK;
}

static void take_control(httpd_server_t *server) {
  struct control_message message;
  int length = recv(server->ctrl_fd, &message, sizeof message, 0);
  if (length <= 0) {
    ESP_LOGW(TAG, "httpd_process_ctrl_msg: error in recv (%d)", errno);
    return;
  }
  if (length != sizeof message) {
    ESP_LOGW(TAG, "httpd_process_ctrl_msg: incomplete msg");
    return;
  }
  if (message.what == CONTROL_WORK) {
    message.work(message.arg);
  } else if (message.what == CONTROL_SHUTDOWN) {
    server->is_stopping = true;
  }
}

static void set_options(const httpd_config_t *config, int fd) {
  struct timeval recv_wait = { .tv_sec = config->recv_wait_timeout };
  struct timeval send_wait = { .tv_sec = config->send_wait_timeout };
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &recv_wait, sizeof recv_wait);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_wait, sizeof send_wait);
  if (config->keep_alive_enable) {
    int on = 1;
    int idle = config->keep_alive_idle ? config->keep_alive_idle : 5;
    int interval = config->keep_alive_interval ? config->keep_alive_interval : 5;
    int count = config->keep_alive_count ? config->keep_alive_count : 3;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  }
}

static esp_err_t accept_session(httpd_server_t *server) {
  if (server->config.lru_purge_enable && httpd_free_session(server) == NULL) {
    /* The client waits in the backlog until the place is free. */
    return httpd_close_least_used(server);
  }
  struct sockaddr_in from;
  socklen_t from_length = sizeof from;
  int fd = accept(server->listen_fd, (struct sockaddr *)&from, &from_length);
  if (fd < 0) {
    ESP_LOGW(TAG, "httpd_accept_conn: error in accept (%d)", errno);
    return ESP_FAIL;
  }
  set_options(&server->config, fd);
  if (httpd_open_session(server, fd) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_accept_conn: session creation failed");
    close(fd);
    return ESP_FAIL;
  }
  httpd_sess_update_lru_counter(server, fd);
  httpd_dispatch_event(HTTP_SERVER_EVENT_ON_CONNECTED, &fd, sizeof fd);
  return ESP_OK;
}

/* Everything that select() waits for. New clients are only let in while there is room for them. */
static int fill_set(httpd_server_t *server, fd_set *set) {
  FD_ZERO(set);
  FD_SET(server->ctrl_fd, set);
  int highest = MAX(server->ctrl_fd, server->listen_fd);
  if (server->config.lru_purge_enable || httpd_free_session(server) != NULL) {
    FD_SET(server->listen_fd, set);
  }
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    const httpd_session_t *session = &server->sessions[i];
    if (session->fd >= 0 && !session->is_async) {
      FD_SET(session->fd, set);
      highest = MAX(highest, session->fd);
    }
  }
  return highest;
}

static void serve_sessions(httpd_server_t *server, const fd_set *set) {
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    httpd_session_t *session = &server->sessions[i];
    if (session->fd < 0 || session->is_async) {
      continue;
    }
    if ((FD_ISSET(session->fd, set) || httpd_has_pending(session)) && httpd_serve_session(session) != ESP_OK) {
      httpd_close_session(session);
    }
  }
}

static void server_task(void *arg) {
  httpd_server_t *server = arg;
  while (!server->is_stopping) {
    fd_set set;
    int highest = fill_set(server, &set);
    if (select(highest + 1, &set, NULL, NULL, NULL) < 0) {
      ESP_LOGE(TAG, "httpd_server: error in select (%d)", errno);
      httpd_close_invalid_sessions(server);
      continue;
    }
    if (FD_ISSET(server->ctrl_fd, &set)) {
      take_control(server);
      if (server->is_stopping) {
        break;
      }
    }
    serve_sessions(server, &set);
    if (FD_ISSET(server->listen_fd, &set) && accept_session(server) != ESP_OK) {
      ESP_LOGW(TAG, "httpd_server: error accepting new connection");
    }
  }
  close(server->msg_fd);
  close(server->ctrl_fd);
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    httpd_close_session(&server->sessions[i]);
  }
  close(server->listen_fd);
  server->has_stopped = true;
  vTaskDelete(NULL);
}

static esp_err_t listen_for_clients(httpd_server_t *server) {
  int on = 1;
  struct sockaddr_in name = {
    .sin_family = AF_INET, .sin_port = htons(server->config.server_port), .sin_addr.s_addr = htonl(INADDR_ANY)
  };
  server->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
  if (server->listen_fd < 0) {
    ESP_LOGE(TAG, "httpd_server_init: error in socket (%d)", errno);
    return ESP_FAIL;
  }
  if (setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) {
    ESP_LOGW(TAG, "httpd_server_init: error in setsockopt SO_REUSEADDR (%d)", errno);
  }
  if (bind(server->listen_fd, (struct sockaddr *)&name, sizeof name) < 0) {
    ESP_LOGE(TAG, "httpd_server_init: error in bind (%d)", errno);
    return ESP_FAIL;
  }
  if (listen(server->listen_fd, server->config.backlog_conn) < 0) {
    ESP_LOGE(TAG, "httpd_server_init: error in listen (%d)", errno);
    return ESP_FAIL;
  }
  return ESP_OK;
}

static esp_err_t open_control(httpd_server_t *server) {
  struct sockaddr_in name = loopback(server->config.ctrl_port);
  server->ctrl_fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (server->ctrl_fd < 0 || bind(server->ctrl_fd, (struct sockaddr *)&name, sizeof name) < 0) {
    ESP_LOGE(TAG, "httpd_server_init: error in creating ctrl socket (%d)", errno);
    return ESP_FAIL;
  }
  server->msg_fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (server->msg_fd < 0) {
    ESP_LOGE(TAG, "httpd_server_init: error in creating msg socket (%d)", errno);
    return ESP_FAIL;
  }
  return ESP_OK;
}

static void close_sockets(httpd_server_t *server) {
  const int fds[OWN_SOCKETS] = { server->listen_fd, server->ctrl_fd, server->msg_fd };
  for (int i = 0; i < OWN_SOCKETS; i++) {
    if (fds[i] >= 0) {
      close(fds[i]);
    }
  }
}

static void free_server(httpd_server_t *server) {
  if (server->handlers != NULL) {
    httpd_free_handlers(server);
  }
  free(server->handlers);
  free(server->sessions);
  free(server->aux.headers);
  free(server);
}

static httpd_server_t *make_server(const httpd_config_t *config) {
  httpd_server_t *server = calloc(1, sizeof *server);
  if (server == NULL) {
    ESP_LOGE(TAG, "httpd_create: Failed to allocate memory for HTTP server instance");
    return NULL;
  }
  server->config = *config;
  server->handlers = calloc(config->max_uri_handlers, sizeof *server->handlers);
  server->sessions = calloc(config->max_open_sockets, sizeof *server->sessions);
  server->aux.headers = calloc(config->max_resp_headers, sizeof *server->aux.headers);
  if (server->handlers == NULL || server->sessions == NULL || server->aux.headers == NULL) {
    ESP_LOGE(TAG, "httpd_create: Failed to allocate memory for HTTP server instance");
    free_server(server);
    return NULL;
  }
  for (int i = 0; i < config->max_open_sockets; i++) {
    server->sessions[i].fd = -1;
  }
  server->listen_fd = server->ctrl_fd = server->msg_fd = -1;
  return server;
}

esp_err_t httpd_start(httpd_handle_t *handle, const httpd_config_t *config) {
  if (handle == NULL || config == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (CONFIG_LWIP_MAX_SOCKETS < config->max_open_sockets + OWN_SOCKETS) {
    ESP_LOGE(TAG,
             "max_open_sockets is %d, but %d is the most that CONFIG_LWIP_MAX_SOCKETS (%d) allows: "
             "the server needs %d sockets for itself",
             config->max_open_sockets, CONFIG_LWIP_MAX_SOCKETS - OWN_SOCKETS, CONFIG_LWIP_MAX_SOCKETS, OWN_SOCKETS);
    return ESP_ERR_INVALID_ARG;
  }
  httpd_server_t *server = make_server(config);
  if (server == NULL) {
    return ESP_ERR_HTTPD_ALLOC_MEM;
  }
  if (listen_for_clients(server) != ESP_OK || open_control(server) != ESP_OK) {
    close_sockets(server);
    free_server(server);
    return ESP_FAIL;
  }
  if (xTaskCreatePinnedToCore(server_task, "httpd", config->stack_size, server, config->task_priority, &server->task,
                              config->core_id) != pdPASS) {
    close_sockets(server);
    free_server(server);
    return ESP_ERR_HTTPD_TASK;
  }
  *handle = server;
  httpd_dispatch_event(HTTP_SERVER_EVENT_START, NULL, 0);
  return ESP_OK;
}

esp_err_t httpd_stop(httpd_handle_t handle) {
  httpd_server_t *server = handle;
  if (server == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  struct control_message message = { .what = CONTROL_SHUTDOWN };
  if (send_control(server->msg_fd, server->config.ctrl_port, &message) != ESP_OK) {
    ESP_LOGE(TAG, "httpd_stop: failed to send shutdown signal");
    return ESP_FAIL;
  }
  while (!server->has_stopped) {
    vTaskDelay(pdMS_TO_TICKS(STOP_POLL_MS));
  }
  httpd_free_ctx(&server->config.global_user_ctx, server->config.global_user_ctx_free_fn);
  httpd_free_ctx(&server->config.global_transport_ctx, server->config.global_transport_ctx_free_fn);
  free_server(server);
  httpd_dispatch_event(HTTP_SERVER_EVENT_STOP, NULL, 0);
  return ESP_OK;
}

esp_err_t httpd_get_client_list(httpd_handle_t handle, size_t *fds, int *client_fds) {
  httpd_server_t *server = handle;
  if (server == NULL || fds == NULL || *fds == 0 || client_fds == NULL || *fds < server->config.max_open_sockets) {
    return ESP_ERR_INVALID_ARG;
  }
  *fds = 0;
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    if (server->sessions[i].fd >= 0) {
      client_fds[(*fds)++] = server->sessions[i].fd;
    }
  }
  return ESP_OK;
}

void *httpd_get_global_user_ctx(httpd_handle_t handle) {
  return ((httpd_server_t *)handle)->config.global_user_ctx;
}

void *httpd_get_global_transport_ctx(httpd_handle_t handle) {
  return ((httpd_server_t *)handle)->config.global_transport_ctx;
}
