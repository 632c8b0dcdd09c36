/* Headers, query and cookies of a request. The headers lie in the scratch buffer, with zeros where their lines ended. */
#include <string.h>
#include <strings.h>
#include "httpd.h"

/* The value of a header of the request, or NULL. */
const char *httpd_find_header(const httpd_req_t *req, const char *field) {
  const httpd_aux_t *aux = req->aux;
  const char *line = aux->scratch;
  size_t length = strlen(field);
  for (unsigned i = 0; i < aux->request_headers; i++) {
    while (*line == '\0') {
      line++;
    }
    if (strncasecmp(line, field, length) == 0 && line[length] == ':') {
      const char *value = line + length + 1;
      while (*value == ' ') {
        value++;
      }
      return value;
    }
    line += strlen(line);
  }
  return NULL;
}

/* Copies a text, as far as there is room. */
static esp_err_t give(const char *text, size_t length, char *to, size_t size) {
  if (size > 0) {
    size_t n = MIN(length, size - 1);
    memcpy(to, text, n);
    to[n] = '\0';
  }
  return length < size ? ESP_OK : ESP_ERR_HTTPD_RESULT_TRUNC;
}

size_t httpd_req_get_hdr_value_len(httpd_req_t *r, const char *field) {
  const char *value = r == NULL || field == NULL ? NULL : httpd_find_header(r, field);
  return value == NULL ? 0 : strlen(value);
}

esp_err_t httpd_req_get_hdr_value_str(httpd_req_t *r, const char *field, char *val, size_t val_size) {
  if (r == NULL || field == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  const char *value = httpd_find_header(r, field);
  return value == NULL ? ESP_ERR_NOT_FOUND : give(value, strlen(value), val, val_size);
}

size_t httpd_req_get_url_query_len(httpd_req_t *r) {
  if (r == NULL) {
    return 0;
  }
  const struct http_parser_url *url = &((const httpd_aux_t *)r->aux)->url;
  return url->field_set & (1 << UF_QUERY) ? url->field_data[UF_QUERY].len : 0;
}

esp_err_t httpd_req_get_url_query_str(httpd_req_t *r, char *buf, size_t buf_len) {
  if (r == NULL || buf == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  size_t length = httpd_req_get_url_query_len(r);
  if (length == 0) {
    return ESP_ERR_NOT_FOUND;
  }
  return give(r->uri + ((const httpd_aux_t *)r->aux)->url.field_data[UF_QUERY].off, length, buf, buf_len);
}

/* The value of a key in "key=value" pairs, with what lies between the pairs. NULL: it is not there. */
static const char *find_value(const char *pairs, const char *key, char between, char stop, size_t *length) {
  size_t key_length = strlen(key);
  const char *pair = pairs;
  for (;;) {
    const char *value = strchr(pair, '=');
    if (value == NULL) {
      return NULL;
    }
    if ((size_t)(value - pair) == key_length && strncasecmp(pair, key, key_length) == 0) {
      const char *end = strchr(++value, stop);
      *length = end == NULL ? strlen(value) : (size_t)(end - value);
      return value;
    }
    pair = strchr(value, between);
    if (pair == NULL) {
      return NULL;
    }
    pair++;
  }
}

esp_err_t httpd_query_key_value(const char *qry, const char *key, char *val, size_t val_size) {
  if (qry == NULL || key == NULL || val == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  size_t length;
  const char *value = find_value(qry, key, '&', '&', &length);
  return value == NULL ? ESP_ERR_NOT_FOUND : give(value, length, val, val_size);
}

/* val_size: room; then what was used of it, or is needed, with the zero at the end. */
esp_err_t httpd_req_get_cookie_val(httpd_req_t *req, const char *cookie_name, char *val, size_t *val_size) {
  if (req == NULL || cookie_name == NULL || val == NULL || val_size == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  const char *cookies = httpd_find_header(req, "Cookie");
  size_t length;
  const char *value = cookies == NULL ? NULL : find_value(cookies, cookie_name, ' ', ';', &length);
  if (value == NULL) {
    return ESP_ERR_NOT_FOUND;
  }
  esp_err_t err = give(value, length, val, *val_size);
  *val_size = length + 1;
  return err;
}
