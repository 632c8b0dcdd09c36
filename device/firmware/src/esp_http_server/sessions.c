/* Connections: one place each in a table, with what programs attach to them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "esp_log.h"
#include "httpd.h"
#include "lwip/sockets.h"

static const char *TAG = "httpd_sess";

httpd_session_t *httpd_find_session(httpd_server_t *server, int fd) {
  if (server == NULL || fd < 0) {
    return NULL;
  }
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    if (server->sessions[i].fd == fd) {
      return &server->sessions[i];
    }
  }
  return NULL;
}

httpd_session_t *httpd_free_session(httpd_server_t *server) {
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    if (server->sessions[i].fd < 0) {
      return &server->sessions[i];
    }
  }
  return NULL;
}

esp_err_t httpd_open_session(httpd_server_t *server, int fd) {
  httpd_session_t *session = httpd_free_session(server);
  if (session == NULL) {
    return ESP_FAIL;
  }
  memset(session, 0, sizeof *session);
  session->fd = fd;
  session->server = server;
  session->send_fn = httpd_default_send;
  session->recv_fn = httpd_default_recv;
  server->open_sessions++;
  esp_err_t err = server->config.open_fn == NULL ? ESP_OK : server->config.open_fn(server, fd);
  if (err != ESP_OK) {
    httpd_close_session(session);
  }
  return err;
}

void httpd_close_session(httpd_session_t *session) {
  if (session->fd < 0) {
    return;
  }
  httpd_server_t *server = session->server;
  if (server->config.enable_so_linger) {
    struct linger linger = { .l_onoff = true, .l_linger = server->config.linger_timeout };
    if (setsockopt(session->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0) {
      ESP_LOGW(TAG, "httpd_sess_delete: error enabling SO_LINGER (%d)", errno);
    }
  }
  if (server->config.close_fn != NULL) {
    server->config.close_fn(server, session->fd);
  } else {
    close(session->fd);
  }
  httpd_dispatch_event(HTTP_SERVER_EVENT_DISCONNECTED, &session->fd, sizeof session->fd);
  httpd_free_ctx(&session->ctx, session->free_ctx);
  httpd_free_ctx(&session->transport_ctx, session->free_transport_ctx);
  session->fd = -1;
  if (--server->open_sessions == 0) {
    server->lru_counter = 0;
  }
}

void httpd_close_invalid_sessions(httpd_server_t *server) {
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    httpd_session_t *session = &server->sessions[i];
    if (session->fd >= 0 && fcntl(session->fd, F_GETFL) < 0 && errno == EBADF) {
      ESP_LOGW(TAG, "enum_function: Closing invalid socket %d", session->fd);
      httpd_close_session(session);
    }
  }
}

static void close_later(void *arg) {
  httpd_session_t *session = arg;
  if (session->fd < 0 || (session->lru_counter == 0 && !session->is_lru_victim)) {
    return; /* The place has got another connection meanwhile. */
  }
  session->is_lru_victim = false;
  httpd_close_session(session);
}

esp_err_t httpd_sess_trigger_close(httpd_handle_t handle, int sockfd) {
  httpd_session_t *session = httpd_find_session(handle, sockfd);
  return session == NULL ? ESP_ERR_NOT_FOUND : httpd_queue_work(handle, close_later, session);
}

esp_err_t httpd_close_least_used(httpd_server_t *server) {
  httpd_session_t *victim = NULL;
  for (int i = 0; i < server->config.max_open_sockets; i++) {
    httpd_session_t *session = &server->sessions[i];
    if (session->fd < 0) {
      return ESP_OK;
    }
    if (!session->is_async && (victim == NULL || session->lru_counter < victim->lru_counter)) {
      victim = session;
    }
  }
  if (victim == NULL) {
    return ESP_OK;
  }
  victim->is_lru_victim = true;
  return httpd_queue_work(server, close_later, victim);
}

esp_err_t httpd_sess_update_lru_counter(httpd_handle_t handle, int sockfd) {
  httpd_server_t *server = handle;
  if (server == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  httpd_session_t *session = httpd_find_session(server, sockfd);
  if (session == NULL) {
    return ESP_ERR_NOT_FOUND;
  }
  session->lru_counter = ++server->lru_counter;
  return ESP_OK;
}

bool httpd_has_pending(httpd_session_t *session) {
  if (session->pending_fn != NULL && session->pending_fn(session->server, session->fd) > 0) {
    return true;
  }
  return session->pending_len > 0;
}

/* Back from the request to the session. */
static void end_request(httpd_server_t *server) {
  httpd_req_t *req = &server->req;
  httpd_session_t *session = server->aux.session;
  if (!req->ignore_sess_ctx_changes && session->ctx != req->sess_ctx) {
    httpd_free_ctx(&session->ctx, session->free_ctx);
  }
#ifdef CONFIG_HTTPD_WS_SUPPORT
  if (session->is_ws_closing) {
    httpd_sess_trigger_close(server, session->fd);
  }
#endif
  session->ctx = req->sess_ctx;
  session->free_ctx = req->free_ctx;
  session->ignore_ctx_changes = req->ignore_sess_ctx_changes;
  server->aux.session = NULL;
  req->handle = NULL;
  req->aux = NULL;
  req->user_ctx = NULL;
}

static void begin_request(httpd_session_t *session) {
  httpd_server_t *server = session->server;
  httpd_aux_t *aux = &server->aux;
  struct httpd_response_header *headers = aux->headers;
  memset(aux, 0, sizeof *aux);
  aux->headers = headers;
  aux->session = session;
  aux->status = HTTPD_200;
  aux->content_type = HTTPD_TYPE_TEXT;
  memset((void *)&server->req, 0, sizeof server->req);
  server->req.handle = server;
  server->req.aux = aux;
  server->req.sess_ctx = session->ctx;
  server->req.free_ctx = session->free_ctx;
  server->req.ignore_sess_ctx_changes = session->ignore_ctx_changes;
}

/* What the handler left of the body is read, so that the next request begins where it should. */
static esp_err_t skip_body(httpd_req_t *req) {
  const httpd_aux_t *aux = req->aux;
  while (aux->remaining_len > 0) {
    char dump[CONFIG_HTTPD_PURGE_BUF_LEN];
    if (httpd_req_recv(req, dump, sizeof dump) <= 0) {
      return ESP_FAIL;
    }
  }
  return ESP_OK;
}

esp_err_t httpd_serve_session(httpd_session_t *session) {
  httpd_server_t *server = session->server;
  begin_request(session);
  esp_err_t err;
#ifdef CONFIG_HTTPD_WS_SUPPORT
  if (session->is_websocket) {
    err = httpd_ws_serve(&server->req);
  } else
#endif
  {
    err = httpd_parse_request(server);
  }
  if (err == ESP_OK) {
    err = skip_body(&server->req);
  }
  end_request(server);
  if (err == ESP_OK) {
    session->lru_counter = ++server->lru_counter;
  }
  return err;
}

/* Is this the session whose request is being handled? Then the request has the context. */
static bool is_current(const httpd_server_t *server, const httpd_session_t *session) {
  return server->aux.session == session;
}

void *httpd_sess_get_ctx(httpd_handle_t handle, int sockfd) {
  httpd_server_t *server = handle;
  httpd_session_t *session = httpd_find_session(server, sockfd);
  if (session == NULL) {
    return NULL;
  }
  return is_current(server, session) ? server->req.sess_ctx : session->ctx;
}

void httpd_sess_set_ctx(httpd_handle_t handle, int sockfd, void *ctx, httpd_free_ctx_fn_t free_fn) {
  httpd_server_t *server = handle;
  httpd_session_t *session = httpd_find_session(server, sockfd);
  if (session == NULL) {
    return;
  }
  if (is_current(server, session)) {
    httpd_req_t *req = &server->req;
    if (req->sess_ctx != ctx && req->sess_ctx != session->ctx) {
      httpd_free_ctx(&req->sess_ctx, req->free_ctx);
    }
    req->sess_ctx = ctx;
    req->free_ctx = free_fn;
    return;
  }
  if (session->ctx != ctx) {
    httpd_free_ctx(&session->ctx, session->free_ctx);
    session->ctx = ctx;
  }
  session->free_ctx = free_fn;
}

void *httpd_sess_get_transport_ctx(httpd_handle_t handle, int sockfd) {
  const httpd_session_t *session = httpd_find_session(handle, sockfd);
  return session == NULL ? NULL : session->transport_ctx;
}

void httpd_sess_set_transport_ctx(httpd_handle_t handle, int sockfd, void *ctx, httpd_free_ctx_fn_t free_fn) {
  httpd_session_t *session = httpd_find_session(handle, sockfd);
  if (session == NULL) {
    return;
  }
  if (session->transport_ctx != ctx) {
    httpd_free_ctx(&session->transport_ctx, session->free_transport_ctx);
    session->transport_ctx = ctx;
  }
  session->free_transport_ctx = free_fn;
}

esp_err_t httpd_sess_set_send_override(httpd_handle_t hd, int sockfd, httpd_send_func_t send_func) {
  httpd_session_t *session = httpd_find_session(hd, sockfd);
  if (session == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  session->send_fn = send_func;
  return ESP_OK;
}

esp_err_t httpd_sess_set_recv_override(httpd_handle_t hd, int sockfd, httpd_recv_func_t recv_func) {
  httpd_session_t *session = httpd_find_session(hd, sockfd);
  if (session == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  session->recv_fn = recv_func;
  return ESP_OK;
}

esp_err_t httpd_sess_set_pending_override(httpd_handle_t hd, int sockfd, httpd_pending_func_t pending_func) {
  httpd_session_t *session = httpd_find_session(hd, sockfd);
  if (session == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  session->pending_fn = pending_func;
  return ESP_OK;
}
