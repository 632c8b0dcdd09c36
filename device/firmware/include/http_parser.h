/* The part of http_parser that ESP-IDF's programs use: methods, and URLs taken apart. Source: nodejs/http-parser 2.9 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

enum http_method {
  HTTP_DELETE = 0,
  HTTP_GET = 1,
  HTTP_HEAD = 2,
  HTTP_POST = 3,
  HTTP_PUT = 4,
  HTTP_CONNECT = 5,
  HTTP_OPTIONS = 6,
  HTTP_TRACE = 7,
  HTTP_COPY = 8,
  HTTP_LOCK = 9,
  HTTP_MKCOL = 10,
  HTTP_MOVE = 11,
  HTTP_PROPFIND = 12,
  HTTP_PROPPATCH = 13,
  HTTP_SEARCH = 14,
  HTTP_UNLOCK = 15,
  HTTP_BIND = 16,
  HTTP_REBIND = 17,
  HTTP_UNBIND = 18,
  HTTP_ACL = 19,
  HTTP_REPORT = 20,
  HTTP_MKACTIVITY = 21,
  HTTP_CHECKOUT = 22,
  HTTP_MERGE = 23,
  HTTP_MSEARCH = 24,
  HTTP_NOTIFY = 25,
  HTTP_SUBSCRIBE = 26,
  HTTP_UNSUBSCRIBE = 27,
  HTTP_PATCH = 28,
  HTTP_PURGE = 29,
  HTTP_MKCALENDAR = 30,
  HTTP_LINK = 31,
  HTTP_UNLINK = 32,
  HTTP_SOURCE = 33
};

enum http_parser_url_fields {
  UF_SCHEMA = 0,
  UF_HOST = 1,
  UF_PORT = 2,
  UF_PATH = 3,
  UF_QUERY = 4,
  UF_FRAGMENT = 5,
  UF_USERINFO = 6,
  UF_MAX = 7
};

struct http_parser_url {
  uint16_t field_set; /* bits 1 << UF_x */
  uint16_t port;
  struct {
    uint16_t off;
    uint16_t len;
  } field_data[UF_MAX];
};

__BEGIN_DECLS
const char *http_method_str(enum http_method m);
void http_parser_url_init(struct http_parser_url *u);
int http_parser_parse_url(const char *buf, size_t buflen, int is_connect, struct http_parser_url *u);
__END_DECLS
