/* Requests: request line and headers, read in blocks and taken apart as they come, so that what is wrong is answered at
 * once. A chunked body is not taken apart: the handler is called with content_len 0 and the chunks are taken for the next
 * request, as ESP-IDF's server does. Source: ESP-IDF components/esp_http_server, nodejs/http-parser 2.9 (behaviour) */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "esp_log.h"
#include "httpd.h"

static const char *TAG = "httpd_parse";

/* http_parser's numbers, which the log shows. */
enum parser_error {
  INVALID_VERSION = 14,
  INVALID_METHOD = 16,
  INVALID_URL = 17,
  LF_EXPECTED = 23,
  INVALID_HEADER_TOKEN = 24,
  INVALID_CONTENT_LENGTH = 25,
  UNEXPECTED_CONTENT_LENGTH = 26,
  INVALID_CHUNK_SIZE = 27,
  INVALID_CONSTANT = 28,
};

/* What the next character belongs to. */
enum part {
  METHOD,
  BEFORE_URL,
  URL,
  VERSION,
  VERSION_LF,
  FIELD_START,
  FIELD,
  BEFORE_VALUE,
  VALUE,
  VALUE_LF,
  HEADERS_LF,
  CHUNK_SIZE,
  COMPLETE
};

struct parser {
  httpd_req_t *req;
  httpd_aux_t *aux;
  size_t length; /* of what is in the scratch buffer */
  size_t at;     /* the character that comes next */
  enum part part;
  size_t begin;  /* of the method, the URL, the version or the value */
  size_t url;
  size_t url_length;
  int version_major;
  int version_minor;
  size_t headers_end;
  size_t chunk_size;
  int wrong;              /* enum parser_error; 0: nothing */
  httpd_err_code_t error; /* for the client, if there is something wrong or too long */
};

/* A step takes one character. False: the request is refused, for the reason in wrong or error. */
static bool refuse(struct parser *parser, enum parser_error wrong) {
  parser->wrong = wrong;
  parser->error = HTTPD_400_BAD_REQUEST;
  return false;
}

static bool is_method(const char *text, size_t length, bool is_whole, int *method) {
  for (int i = HTTP_DELETE; i <= HTTP_SOURCE; i++) {
    const char *name = http_method_str(i);
    if (strncmp(name, text, length) == 0 && (!is_whole || name[length] == '\0')) {
      *method = i;
      return true;
    }
  }
  return false;
}

static bool take_method(struct parser *parser, char c) {
  const char *text = parser->aux->scratch + parser->begin;
  size_t length = parser->at - parser->begin;
  if (length == 0 && (c == '\r' || c == '\n')) {
    parser->begin++;
    return true;
  }
  if (c == ' ' && length > 0) {
    parser->part = BEFORE_URL;
    return is_method(text, length, true, &parser->req->method) || refuse(parser, INVALID_METHOD);
  }
  int any;
  return is_method(text, length + 1, false, &any) || refuse(parser, INVALID_METHOD);
}

static bool end_url(struct parser *parser, enum part next) {
  parser->url_length = parser->at - parser->url;
  parser->begin = parser->at + 1;
  parser->part = next;
  return true;
}

static bool take_url(struct parser *parser, char c) {
  if (parser->part == BEFORE_URL) {
    if (c == ' ') {
      return true;
    }
    parser->url = parser->at;
    parser->part = URL;
    if (c != '/' && c != '*' && !isalpha((unsigned char)c)) {
      return refuse(parser, INVALID_URL);
    }
  }
  if (c == ' ') {
    return end_url(parser, VERSION);
  }
  if (c == '\r' || c == '\n') {
    /* No version: HTTP/0.9. */
    parser->version_minor = 9;
    return end_url(parser, c == '\r' ? VERSION_LF : FIELD_START);
  }
  if ((unsigned char)c < ' ' || c == 0x7f) {
    return refuse(parser, INVALID_URL);
  }
  if (parser->at - parser->url >= HTTPD_MAX_URI_LEN) {
    ESP_LOGW(TAG, "cb_url: URI length (%d) greater than supported (%d)", (int)(parser->at - parser->url + 1),
             HTTPD_MAX_URI_LEN);
    parser->error = HTTPD_414_URI_TOO_LONG;
    return false;
  }
  return true;
}

/* "HTTP/1.1" */
static bool take_version(struct parser *parser, char c) {
  static const char form[] = "HTTP/d.d";
  size_t index = parser->at - parser->begin;
  if (index == sizeof form - 1) {
    parser->part = c == '\r' ? VERSION_LF : FIELD_START;
    return c == '\r' || c == '\n' || refuse(parser, INVALID_VERSION);
  }
  if (form[index] != 'd') {
    return c == form[index] || refuse(parser, index < 5 ? INVALID_CONSTANT : INVALID_VERSION);
  }
  if (!isdigit((unsigned char)c)) {
    return refuse(parser, INVALID_VERSION);
  }
  *(index == 5 ? &parser->version_major : &parser->version_minor) = c - '0';
  return true;
}

static bool take_line_feed(struct parser *parser, char c, enum part next) {
  parser->part = next;
  return c == '\n' || refuse(parser, LF_EXPECTED);
}

static bool is_token(char c) {
  return isalnum((unsigned char)c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* The request line is complete: what follows, which begins with the headers, moves to the front of the buffer. */
static bool keep_request_line(struct parser *parser) {
  httpd_req_t *req = parser->req;
  httpd_aux_t *aux = parser->aux;
  memcpy((char *)req->uri, aux->scratch + parser->url, parser->url_length);
  ((char *)req->uri)[parser->url_length] = '\0';
  if (parser->version_major != 1 && parser->version_minor != 1) {
    ESP_LOGW(TAG, "verify_url: unsupported HTTP version = %d.%d", parser->version_major, parser->version_minor);
    parser->error = HTTPD_505_VERSION_NOT_SUPPORTED;
    return false;
  }
  http_parser_url_init(&aux->url);
  if (http_parser_parse_url(req->uri, parser->url_length, req->method == HTTP_CONNECT, &aux->url) != 0) {
    ESP_LOGW(TAG, "verify_url: http_parser_parse_url failed with errno = 0");
    parser->error = HTTPD_400_BAD_REQUEST;
    return false;
  }
  parser->length -= parser->at;
  memmove(aux->scratch, aux->scratch + parser->at, parser->length);
  parser->at = 0;
  parser->url_length = 0;
  parser->url = SIZE_MAX;
  return true;
}

static bool take_field(struct parser *parser, char c) {
  if (parser->part == FIELD_START) {
    if (parser->url != SIZE_MAX && !keep_request_line(parser)) {
      return false;
    }
    if (c == '\r' || c == '\n') {
      parser->part = c == '\r' ? HEADERS_LF : COMPLETE;
      return true;
    }
    parser->part = FIELD;
  } else if (c == ':') {
    parser->part = BEFORE_VALUE;
    return true;
  }
  return is_token(c) || refuse(parser, INVALID_HEADER_TOKEN);
}

static void end_value(struct parser *parser, size_t at) {
  memset(parser->aux->scratch + parser->begin, '\0', at - parser->begin);
  parser->aux->request_headers++;
}

static bool take_value(struct parser *parser, char c) {
  if (c == '\r' || c == '\n') {
    parser->begin = parser->at;
    if (c == '\n') {
      end_value(parser, parser->at + 1);
    }
    parser->part = c == '\r' ? VALUE_LF : FIELD_START;
    return true;
  }
  parser->part = VALUE;
  return ((unsigned char)c >= ' ' && c != 0x7f) || c == '\t' || refuse(parser, INVALID_HEADER_TOKEN);
}

static bool take_chunk_size(struct parser *parser, char c) {
  if (isxdigit((unsigned char)c)) {
    parser->chunk_size = parser->chunk_size * 16 + (size_t)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
    return true;
  }
  if (c == '\n') {
    parser->part = COMPLETE;
    if (parser->chunk_size > 0) {
      parser->headers_end = parser->at + 1;
    }
    return true;
  }
  return c == '\r' || c == ';' || c == ' ' || refuse(parser, INVALID_CHUNK_SIZE);
}

static bool has_header(httpd_req_t *req, const char *field, const char *value) {
  char text[32];
  return httpd_req_get_hdr_value_str(req, field, text, sizeof text) == ESP_OK && strcasecmp(text, value) == 0;
}

/* Headers are complete: how long is the body, and does it go on as HTTP? */
static bool end_headers(struct parser *parser) {
  httpd_req_t *req = parser->req;
  httpd_aux_t *aux = parser->aux;
  char text[24];
  parser->headers_end = parser->at + 1;
  bool is_chunked = has_header(req, "Transfer-Encoding", "chunked");
  esp_err_t found = httpd_req_get_hdr_value_str(req, "Content-Length", text, sizeof text);
  if (found != ESP_ERR_NOT_FOUND) {
    char *end;
    req->content_len = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || found != ESP_OK) {
      return refuse(parser, INVALID_CONTENT_LENGTH);
    }
    if (is_chunked) {
      return refuse(parser, UNEXPECTED_CONTENT_LENGTH);
    }
  }
  const char *connection = httpd_find_header(req, "Connection");
  bool is_upgrade = httpd_find_header(req, "Upgrade") != NULL && connection != NULL &&
                    strcasestr(connection, "upgrade") != NULL;
  if (is_upgrade || req->method == HTTP_CONNECT) {
#ifdef CONFIG_HTTPD_WS_SUPPORT
    aux->is_ws_handshake = has_header(req, "Upgrade", "websocket");
#endif
    parser->error = HTTPD_400_BAD_REQUEST;
#ifdef CONFIG_HTTPD_WS_SUPPORT
    if (!aux->is_ws_handshake)
#endif
      return false;
  }
  aux->remaining_len = req->content_len;
  httpd_dispatch_event(HTTP_SERVER_EVENT_ON_HEADER, &aux->session->fd, sizeof aux->session->fd);
  parser->part = is_chunked ? CHUNK_SIZE : COMPLETE;
  return true;
}

static bool take(struct parser *parser, char c) {
  bool is_fine = true;
  switch (parser->part) {
    case METHOD:
      return take_method(parser, c);
    case BEFORE_URL:
    case URL:
      return take_url(parser, c);
    case VERSION:
      return take_version(parser, c);
    case VERSION_LF:
      return take_line_feed(parser, c, FIELD_START);
    case FIELD_START:
    case FIELD:
      is_fine = take_field(parser, c);
      return is_fine && parser->part == COMPLETE ? end_headers(parser) : is_fine;
    case BEFORE_VALUE:
    case VALUE:
      return take_value(parser, c);
    case VALUE_LF:
      end_value(parser, parser->at + 1);
      return take_line_feed(parser, c, FIELD_START);
    case HEADERS_LF:
      return take_line_feed(parser, c, COMPLETE) && end_headers(parser);
    case CHUNK_SIZE:
      return take_chunk_size(parser, c);
    case COMPLETE:
      break;
  }
  return true;
}

/* Nothing fits into the buffer any more. */
static httpd_err_code_t too_long(enum part part) {
  ESP_LOGW(TAG, "parse_block: request URI/header too long");
  if (part == URL || part == BEFORE_URL) {
    return HTTPD_414_URI_TOO_LONG;
  }
  if (part >= FIELD_START && part <= HEADERS_LF) {
    return HTTPD_431_REQ_HDR_FIELDS_TOO_LARGE;
  }
  ESP_LOGE(TAG, "parse_block: unexpected state");
  return HTTPD_500_INTERNAL_SERVER_ERROR;
}

/* Takes what is there. False: refused. */
static bool take_block(struct parser *parser) {
  size_t from = parser->at;
  while (parser->at < parser->length && parser->part != COMPLETE) {
    size_t before = parser->at;
    if (!take(parser, parser->aux->scratch[parser->at])) {
      if (parser->wrong != 0) {
        ESP_LOGW(TAG, "parse_block: incomplete (%d/%d) with parser error = %d", (int)(parser->at - from),
                 (int)(parser->length - from), parser->wrong);
      } else {
        ESP_LOGW(TAG, "parse_block: parsing failed");
      }
      return false;
    }
    if (parser->at < before) {
      from = 0;
    }
    parser->at++;
  }
  return true;
}

/* Reads on. ESP_ERR_TIMEOUT: the program's handler wants to wait longer; ESP_FAIL: the connection is at its end. */
static esp_err_t read_block(struct parser *parser) {
  httpd_aux_t *aux = parser->aux;
  size_t room = MIN(HTTPD_BLOCK_SIZE, HTTPD_SCRATCH_SIZE - parser->length);
  int received = httpd_receive(aux->session, aux->scratch + parser->length, room, true);
  if (received == HTTPD_SOCK_ERR_TIMEOUT) {
    return httpd_handle_error(parser->req, HTTPD_408_REQ_TIMEOUT) == ESP_OK ? ESP_ERR_TIMEOUT : ESP_FAIL;
  }
  if (received <= 0) {
    return ESP_FAIL;
  }
  parser->length += (size_t)received;
  return ESP_OK;
}

esp_err_t httpd_parse_request(httpd_server_t *server) {
  struct parser parser = { .req = &server->req, .aux = &server->aux };
  while (parser.part != COMPLETE) {
    if (parser.length == HTTPD_SCRATCH_SIZE) {
      return httpd_handle_error(parser.req, too_long(parser.part));
    }
    esp_err_t err = read_block(&parser);
    if (err == ESP_ERR_TIMEOUT) {
      continue;
    }
    if (err != ESP_OK) {
      return err;
    }
    if (!take_block(&parser)) {
      return httpd_handle_error(parser.req, parser.error);
    }
  }
  httpd_keep_pending(server->aux.session, server->aux.scratch + parser.headers_end, parser.length - parser.headers_end);
  return httpd_call_handler(server);
}
