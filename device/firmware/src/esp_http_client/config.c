/* What is asked of whom: URL, headers, user, and the rest of a client's configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "client.h"
#include "esp_log.h"
#include "esp_tls_crypto.h"
#include "http_parser.h"

static const char *TAG = "HTTP_CLIENT";

#define HTTP_PORT 80
#define HTTPS_PORT 443

/* A copy of so much of a text; false: there is no memory, and nothing has changed. */
bool http_set_string(char **to, const char *text, size_t length) {
  char *copy = strndup(text, length);
  if (copy == NULL) {
    return false;
  }
  free(*to);
  *to = copy;
  return true;
}

/* NULL for a text takes it away. */
static esp_err_t set_text(char **to, const char *text) {
  if (text == NULL) {
    free(*to);
    *to = NULL;
    return ESP_OK;
  }
  return http_set_string(to, text, strlen(text)) ? ESP_OK : ESP_ERR_NO_MEM;
}

/* Request headers */

static struct http_header **find_header(esp_http_client_handle_t client, const char *key) {
  struct http_header **at = &client->headers;
  while (*at != NULL && strcasecmp((*at)->key, key) != 0) {
    at = &(*at)->next;
  }
  return at;
}

static void free_header(struct http_header *header) {
  free(header->key);
  free(header->value);
  free(header);
}

esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char *key) {
  if (client == NULL || key == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  struct http_header **at = find_header(client, key);
  struct http_header *header = *at;
  if (header == NULL) {
    return ESP_ERR_NOT_FOUND;
  }
  *at = header->next;
  free_header(header);
  return ESP_OK;
}

/* A header keeps its place among the others when its value changes. */
esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key, const char *value) {
  if (client == NULL || key == NULL || value == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  struct http_header **at = find_header(client, key);
  if (*at != NULL) {
    return set_text(&(*at)->value, value);
  }
  struct http_header *header = calloc(1, sizeof *header);
  if (header == NULL || set_text(&header->key, key) != ESP_OK || set_text(&header->value, value) != ESP_OK) {
    if (header != NULL) {
      free_header(header);
    }
    return ESP_ERR_NO_MEM;
  }
  *at = header;
  return ESP_OK;
}

esp_err_t esp_http_client_get_header(esp_http_client_handle_t client, const char *key, char **value) {
  if (client == NULL || key == NULL || value == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  struct http_header *header = *find_header(client, key);
  *value = header == NULL ? NULL : header->value;
  return ESP_OK;
}

void http_free_headers(esp_http_client_handle_t client) {
  while (client->headers != NULL) {
    struct http_header *header = client->headers;
    client->headers = header->next;
    free_header(header);
  }
}

esp_err_t esp_http_client_delete_all_headers(esp_http_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  http_free_headers(client);
  return ESP_OK;
}

/* URL */

static esp_err_t set_part(char **to, const char *url, const struct http_parser_url *parts, int field) {
  return http_set_string(to, url + parts->field_data[field].off, parts->field_data[field].len) ? ESP_OK : ESP_ERR_NO_MEM;
}

static esp_err_t set_user(esp_http_client_handle_t client, const char *url, const struct http_parser_url *parts) {
  const char *user = url + parts->field_data[UF_USERINFO].off;
  size_t length = parts->field_data[UF_USERINFO].len;
  const char *colon = memchr(user, ':', length);
  size_t name = colon == NULL ? length : (size_t)(colon - user);
  if (!http_set_string(&client->username, user, name) ||
      (colon != NULL && !http_set_string(&client->password, colon + 1, length - name - 1))) {
    return ESP_ERR_NO_MEM;
  }
  return ESP_OK;
}

static void close_if(esp_http_client_handle_t client, bool is_elsewhere) {
  if (is_elsewhere) {
    free(client->early);
    client->early = NULL;
    client->early_length = client->early_at = 0;
    esp_http_client_close(client);
  }
}

static esp_err_t set_host(esp_http_client_handle_t client, const char *url, const struct http_parser_url *parts) {
  char *old = client->host;
  client->host = NULL;
  esp_err_t err = set_part(&client->host, url, parts, UF_HOST);
  bool is_other = err == ESP_OK && old != NULL && strcasecmp(old, client->host) != 0;
  free(old);
  if (is_other) {
    err = esp_http_client_set_header(client, "Host", client->host);
    close_if(client, true);
  }
  return err;
}

static void set_port(esp_http_client_handle_t client, const struct http_parser_url *parts) {
  int old = client->port;
  if (parts->field_set & (1 << UF_SCHEMA)) {
    client->port = strcasecmp(client->scheme, "https") == 0  ? HTTPS_PORT
                   : strcasecmp(client->scheme, "http") == 0 ? HTTP_PORT
                                                             : client->port;
  }
  if (parts->field_set & (1 << UF_PORT)) {
    client->port = parts->port;
  }
  close_if(client, old != client->port);
}

/* A URL without host means the host of the last one. */
esp_err_t esp_http_client_set_url(esp_http_client_handle_t client, const char *url) {
  if (client == NULL || url == NULL) {
    ESP_LOGE(TAG, "client or url must not NULL");
    return ESP_ERR_INVALID_ARG;
  }
  struct http_parser_url parts;
  http_parser_url_init(&parts);
  if (http_parser_parse_url(url, strlen(url), 0, &parts) != 0) {
    ESP_LOGE(TAG, "Error parse url %s", url);
    return ESP_ERR_INVALID_ARG;
  }
  esp_err_t err = ESP_OK;
  if (parts.field_set & (1 << UF_HOST)) {
    err = set_host(client, url, &parts);
  }
  if (err == ESP_OK && parts.field_set & (1 << UF_SCHEMA)) {
    err = set_part(&client->scheme, url, &parts, UF_SCHEMA);
  }
  if (err != ESP_OK) {
    return err;
  }
  set_port(client, &parts);
  if (parts.field_set & (1 << UF_USERINFO)) {
    err = set_user(client, url, &parts);
  }
  if (err == ESP_OK) {
    err = parts.field_set & (1 << UF_PATH) ? set_part(&client->path, url, &parts, UF_PATH) : set_text(&client->path, "/");
  }
  if (err == ESP_OK) {
    err = parts.field_set & (1 << UF_QUERY) ? set_part(&client->query, url, &parts, UF_QUERY)
                                            : set_text(&client->query, NULL);
  }
  return err;
}

esp_err_t esp_http_client_get_url(esp_http_client_handle_t client, char *url, const int len) {
  if (client == NULL || url == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  snprintf(url, (size_t)len, "%s://%s%s", client->scheme, client->host, client->path);
  return ESP_OK;
}

/* Beginning and end */

static esp_err_t copy_config(esp_http_client_handle_t client, const esp_http_client_config_t *config) {
  bool is_ssl = config->transport_type == HTTP_TRANSPORT_OVER_SSL;
  client->port = config->port != 0 ? config->port : is_ssl ? HTTPS_PORT : HTTP_PORT;
  client->method = config->method;
  client->auth_type = config->auth_type;
  client->handler = config->event_handler;
  client->user_data = config->user_data;
  client->timeout_ms = config->timeout_ms != 0 ? config->timeout_ms : 5000;
  client->max_redirects = config->max_redirection_count != 0 ? config->max_redirection_count : 10;
  client->max_authorizations = config->max_authorization_retries == 0    ? 10
                               : config->max_authorization_retries == -1 ? 0
                                                                         : config->max_authorization_retries;
  client->disable_auto_redirect = config->disable_auto_redirect;
  client->is_async = config->is_async;
  client->keep_alive_enable = config->keep_alive_enable;
  client->keep_alive_idle = config->keep_alive_idle != 0 ? config->keep_alive_idle : 5;
  client->keep_alive_interval = config->keep_alive_interval != 0 ? config->keep_alive_interval : 5;
  client->keep_alive_count = config->keep_alive_count != 0 ? config->keep_alive_count : 3;
  client->rx_size = config->buffer_size != 0 ? config->buffer_size : DEFAULT_HTTP_BUF_SIZE;
  client->tx_size = config->buffer_size_tx != 0 ? config->buffer_size_tx : DEFAULT_HTTP_BUF_SIZE;
  client->rx = malloc((size_t)client->rx_size);
  client->tx = malloc((size_t)client->tx_size + 1);
  if (config->if_name != NULL) {
    client->if_name = malloc(sizeof *client->if_name);
    if (client->if_name == NULL) {
      return ESP_ERR_NO_MEM;
    }
    *client->if_name = *config->if_name;
  }
  if (client->rx == NULL || client->tx == NULL || set_text(&client->scheme, is_ssl ? "https" : "http") != ESP_OK ||
      set_text(&client->path, config->path != NULL ? config->path : "/") != ESP_OK ||
      set_text(&client->host, config->host) != ESP_OK || set_text(&client->query, config->query) != ESP_OK ||
      set_text(&client->username, config->username) != ESP_OK ||
      set_text(&client->password, config->password) != ESP_OK) {
    return ESP_ERR_NO_MEM;
  }
  return ESP_OK;
}

static esp_err_t set_default_headers(esp_http_client_handle_t client, const char *user_agent) {
  char host[128];
  bool is_default = client->port == HTTP_PORT || client->port == HTTPS_PORT;
  int length = is_default ? snprintf(host, sizeof host, "%s", client->host)
                          : snprintf(host, sizeof host, "%s:%d", client->host, client->port);
  if (length >= (int)sizeof host) {
    return ESP_ERR_INVALID_ARG;
  }
  esp_err_t err =
      esp_http_client_set_header(client, "User-Agent", user_agent != NULL ? user_agent : "ESP32 HTTP Client/1.0");
  return err == ESP_OK ? esp_http_client_set_header(client, "Host", host) : err;
}

static esp_err_t begin(esp_http_client_handle_t client, const esp_http_client_config_t *config) {
  if (copy_config(client, config) != ESP_OK) {
    ESP_LOGE(TAG, "Allocation failed");
    return ESP_ERR_NO_MEM;
  }
  if (config->host == NULL || config->path == NULL) {
    if (config->url == NULL) {
      ESP_LOGE(TAG, "config should have either URL or host & path");
      return ESP_ERR_INVALID_ARG;
    }
    if (esp_http_client_set_url(client, config->url) != ESP_OK) {
      ESP_LOGE(TAG, "Failed to set URL");
      return ESP_ERR_INVALID_ARG;
    }
    if (client->host == NULL) {
      ESP_LOGE(TAG, "invalid host");
      return ESP_ERR_INVALID_ARG;
    }
  }
  if (set_default_headers(client, config->user_agent) != ESP_OK) {
    ESP_LOGE(TAG, "Error while setting default configurations");
    return ESP_FAIL;
  }
  return ESP_OK;
}

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config) {
  esp_http_client_handle_t client = calloc(1, sizeof *client);
  if (client == NULL) {
    ESP_LOGE(TAG, "Error allocate memory");
    return NULL;
  }
  client->sock = -1;
  client->keeps_early = true;
  client->event.client = client;
  http_response_begin(&client->response);
  if (begin(client, config) != ESP_OK) {
    esp_http_client_cleanup(client);
    return NULL;
  }
  client->state = HTTP_INIT;
  return client;
}

esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client) {
  if (client == NULL) {
    return ESP_FAIL;
  }
  esp_http_client_close(client);
  http_free_headers(client);
  http_response_free(&client->response);
  void *const owned[] = { client->scheme,   client->host,     client->path,        client->query,
                          client->username, client->password, client->location,    client->auth_header,
                          client->rx,       client->tx,       client->early,       client->if_name };
  for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
    free(owned[i]);
  }
  free(client);
  return ESP_OK;
}

/* Who asks */

/* "Basic " and user:password in base64 (RFC 7617), if that is how the client shows who it is. */
esp_err_t http_authorize(esp_http_client_handle_t client) {
  if (client->username == NULL || client->auth_type == HTTP_AUTH_TYPE_NONE) {
    return ESP_OK;
  }
  if (client->auth_type != HTTP_AUTH_TYPE_BASIC) {
    ESP_LOGE(TAG, "Digest authentication is refused: there is no cryptography here; use HTTP_AUTH_TYPE_BASIC.");
    return ESP_ERR_NOT_SUPPORTED;
  }
  char user[128];
  unsigned char code[192] = "Basic ";
  size_t length;
  int size = snprintf(user, sizeof user, "%s:%s", client->username, client->password != NULL ? client->password : "");
  if (size >= (int)sizeof user ||
      esp_crypto_base64_encode(code + 6, sizeof code - 6, &length, (const unsigned char *)user, (size_t)size) != 0) {
    return ESP_ERR_INVALID_SIZE;
  }
  return esp_http_client_set_header(client, "Authorization", (const char *)code);
}

esp_err_t esp_http_client_get_username(esp_http_client_handle_t client, char **value) {
  if (client == NULL || value == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  *value = client->username;
  return ESP_OK;
}

esp_err_t esp_http_client_set_username(esp_http_client_handle_t client, const char *username) {
  return client == NULL ? ESP_ERR_INVALID_ARG : set_text(&client->username, username);
}

esp_err_t esp_http_client_get_password(esp_http_client_handle_t client, char **value) {
  if (client == NULL || value == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  *value = client->password;
  return ESP_OK;
}

esp_err_t esp_http_client_set_password(esp_http_client_handle_t client, const char *password) {
  return client == NULL ? ESP_ERR_INVALID_ARG : set_text(&client->password, password);
}

esp_err_t esp_http_client_set_authtype(esp_http_client_handle_t client, esp_http_client_auth_type_t auth_type) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  client->auth_type = auth_type;
  return ESP_OK;
}

esp_err_t esp_http_client_set_auth_data(esp_http_client_handle_t client, const char *auth_data, int len) {
  if (client == NULL || auth_data == NULL || len <= 0) {
    return ESP_ERR_INVALID_ARG;
  }
  return http_set_string(&client->auth_header, auth_data, (size_t)len) ? ESP_OK : ESP_ERR_NO_MEM;
}

/* What else there is to set and to get */

esp_err_t esp_http_client_get_user_data(esp_http_client_handle_t client, void **data) {
  if (client == NULL || data == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  *data = client->user_data;
  return ESP_OK;
}

esp_err_t esp_http_client_set_user_data(esp_http_client_handle_t client, void *data) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  client->user_data = data;
  return ESP_OK;
}

esp_err_t esp_http_client_set_method(esp_http_client_handle_t client, esp_http_client_method_t method) {
  client->method = method;
  return ESP_OK;
}

esp_err_t esp_http_client_set_timeout_ms(esp_http_client_handle_t client, int timeout_ms) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  client->timeout_ms = timeout_ms;
  return ESP_OK;
}

/* The data stays the program's. */
esp_err_t esp_http_client_set_post_field(esp_http_client_handle_t client, const char *data, int len) {
  client->post_data = data;
  client->post_len = data == NULL ? 0 : len;
  if (data == NULL) {
    esp_http_client_delete_header(client, "Content-Type");
    return ESP_OK;
  }
  char *type;
  esp_http_client_get_header(client, "Content-Type", &type);
  return type != NULL ? ESP_OK : esp_http_client_set_header(client, "Content-Type", "application/x-www-form-urlencoded");
}

int esp_http_client_get_post_field(esp_http_client_handle_t client, char **data) {
  if (client->post_data == NULL) {
    return 0;
  }
  *data = (char *)client->post_data;
  return client->post_len;
}
