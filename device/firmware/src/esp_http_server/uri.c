/* From a request's URI and method to its handler. */
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "httpd.h"

static const char *TAG = "httpd_uri";

static bool match_equal(const char *reference, const char *uri, size_t length) {
  return strlen(reference) == length && strncmp(reference, uri, length) == 0;
}

/* "/a/" followed by "?": the last character may be missing; by "*": anything may follow; the two may be combined. */
bool httpd_uri_match_wildcard(const char *uri_template, const char *uri_to_match, size_t match_upto) {
  size_t length = strlen(uri_template);
  bool any_end = false;
  bool is_optional = false;
  for (int i = 0; i < 2 && length > 0; i++) {
    char last = uri_template[length - 1];
    if (last == '*' && !any_end) {
      any_end = true;
    } else if (last == '?' && !is_optional) {
      is_optional = true;
    } else {
      break;
    }
    length--;
  }
  if (is_optional) {
    if (length == 0) {
      return false;
    }
    length--;
  }
  if (match_upto < length || strncmp(uri_template, uri_to_match, length) != 0) {
    return false;
  }
  size_t rest = match_upto - length;
  if (is_optional && rest > 0) {
    return uri_to_match[length] == uri_template[length] && (any_end || rest == 1);
  }
  return any_end || rest == 0;
}

/* The handler, or NULL with the error that says why there is none. */
static httpd_uri_t *find_handler(const httpd_server_t *server, const char *uri, size_t length, int method,
                                 httpd_err_code_t *error) {
  httpd_uri_match_func_t match = server->config.uri_match_fn != NULL ? server->config.uri_match_fn : match_equal;
  *error = HTTPD_404_NOT_FOUND;
  for (int i = 0; i < server->config.max_uri_handlers && server->handlers[i] != NULL; i++) {
    httpd_uri_t *handler = server->handlers[i];
    if (match(handler->uri, uri, length)) {
      if ((int)handler->method == method || (int)handler->method == HTTP_ANY) {
        return handler;
      }
      *error = HTTPD_405_METHOD_NOT_ALLOWED;
    }
  }
  return NULL;
}

esp_err_t httpd_call_handler(httpd_server_t *server) {
  httpd_req_t *req = &server->req;
  const struct http_parser_url *url = &server->aux.url;
  httpd_uri_t *handler = NULL;
  httpd_err_code_t error = HTTPD_404_NOT_FOUND;
  if (url->field_set & (1 << UF_PATH)) {
    handler = find_handler(server, req->uri + url->field_data[UF_PATH].off, url->field_data[UF_PATH].len, req->method,
                           &error);
  }
  if (handler == NULL) {
    if (error == HTTPD_404_NOT_FOUND) {
      ESP_LOGW(TAG, "httpd_uri: URI '%s' not found", req->uri);
    } else {
      ESP_LOGW(TAG, "httpd_uri: Method '%d' not allowed for URI '%s'", req->method, req->uri);
    }
    return httpd_handle_error(req, error);
  }
  req->user_ctx = handler->user_ctx;
#ifdef CONFIG_HTTPD_WS_SUPPORT
  if (server->aux.is_ws_handshake && handler->is_websocket) {
    esp_err_t err = httpd_ws_answer_handshake(req, handler);
    if (err != ESP_OK) {
      return err;
    }
  }
#endif
  if (handler->handler(req) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_uri: uri handler execution failed");
    return ESP_FAIL;
  }
  return ESP_OK;
}

static void free_handler(httpd_uri_t *handler) {
  free((char *)handler->uri);
  free(handler);
}

void httpd_free_handlers(httpd_server_t *server) {
  for (int i = 0; i < server->config.max_uri_handlers && server->handlers[i] != NULL; i++) {
    free_handler(server->handlers[i]);
    server->handlers[i] = NULL;
  }
}

esp_err_t httpd_register_uri_handler(httpd_handle_t handle, const httpd_uri_t *uri_handler) {
  httpd_server_t *server = handle;
  if (server == NULL || uri_handler == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  const char *uri = uri_handler->uri;
  httpd_err_code_t error;
  if (find_handler(server, uri, strlen(uri), uri_handler->method, &error) != NULL) {
    ESP_LOGW(TAG, "httpd_register_uri_handler: handler %s with method %d already registered", uri, uri_handler->method);
    return ESP_ERR_HTTPD_HANDLER_EXISTS;
  }
  for (int i = 0; i < server->config.max_uri_handlers; i++) {
    if (server->handlers[i] != NULL) {
      continue;
    }
    httpd_uri_t *copy = malloc(sizeof *copy);
    char *uri_copy = strdup(uri);
    if (copy == NULL || uri_copy == NULL) {
      free(copy);
      free(uri_copy);
      return ESP_ERR_HTTPD_ALLOC_MEM;
    }
    *copy = *uri_handler;
    copy->uri = uri_copy;
    server->handlers[i] = copy;
    return ESP_OK;
  }
  ESP_LOGW(TAG, "httpd_register_uri_handler: no slots left for registering handler");
  return ESP_ERR_HTTPD_HANDLERS_FULL;
}

/* Those that are left move up, in their order. */
static int remove_handlers(httpd_server_t *server, const char *uri, bool any_method, int method) {
  int kept = 0;
  int removed = 0;
  for (int i = 0; i < server->config.max_uri_handlers && server->handlers[i] != NULL; i++) {
    httpd_uri_t *handler = server->handlers[i];
    server->handlers[i] = NULL;
    if (strcmp(handler->uri, uri) == 0 && (any_method || (int)handler->method == method)) {
      free_handler(handler);
      removed++;
    } else {
      server->handlers[kept++] = handler;
    }
  }
  return removed;
}

esp_err_t httpd_unregister_uri_handler(httpd_handle_t handle, const char *uri, httpd_method_t method) {
  if (handle == NULL || uri == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (remove_handlers(handle, uri, false, method) == 0) {
    ESP_LOGW(TAG, "httpd_unregister_uri_handler: handler %s with method %d not found", uri, method);
    return ESP_ERR_NOT_FOUND;
  }
  return ESP_OK;
}

esp_err_t httpd_unregister_uri(httpd_handle_t handle, const char *uri) {
  if (handle == NULL || uri == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (remove_handlers(handle, uri, true, 0) == 0) {
    ESP_LOGW(TAG, "httpd_unregister_uri: no handler found for URI %s", uri);
    return ESP_ERR_NOT_FOUND;
  }
  return ESP_OK;
}
