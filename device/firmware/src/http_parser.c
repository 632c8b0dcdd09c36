/* URLs taken apart, and the words of methods. Source: nodejs/http-parser 2.9 (behaviour), RFC 3986 section 3 */
#include "http_parser.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *const methods[] = {
  "DELETE",     "GET",    "HEAD",   "POST",   "PUT",       "CONNECT",     "OPTIONS",  "TRACE",  "COPY",
  "LOCK",       "MKCOL",  "MOVE",   "PROPFIND", "PROPPATCH", "SEARCH",    "UNLOCK",   "BIND",   "REBIND",
  "UNBIND",     "ACL",    "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE",    "M-SEARCH", "NOTIFY", "SUBSCRIBE",
  "UNSUBSCRIBE", "PATCH", "PURGE",  "MKCALENDAR", "LINK",    "UNLINK",    "SOURCE",
};

const char *http_method_str(enum http_method m) {
  return (unsigned)m < sizeof methods / sizeof methods[0] ? methods[m] : "<unknown>";
}

void http_parser_url_init(struct http_parser_url *u) {
  memset(u, 0, sizeof *u);
}

static void set(struct http_parser_url *u, enum http_parser_url_fields field, size_t from, size_t to) {
  if (to > from) {
    u->field_set |= (uint16_t)(1 << field);
    u->field_data[field].off = (uint16_t)from;
    u->field_data[field].len = (uint16_t)(to - from);
  }
}

/* Index of the first of these characters, or the end. */
static size_t find(const char *buf, size_t from, size_t end, const char *stops) {
  while (from < end && strchr(stops, buf[from]) == NULL) {
    from++;
  }
  return from;
}

static bool parse_port(const char *buf, size_t from, size_t end, struct http_parser_url *u) {
  unsigned long port = 0;
  for (size_t i = from; i < end; i++) {
    if (!isdigit((unsigned char)buf[i])) {
      return false;
    }
    port = port * 10 + (unsigned long)(buf[i] - '0');
    if (port > 0xffff) {
      return false;
    }
  }
  set(u, UF_PORT, from, end);
  u->port = (uint16_t)port;
  return true;
}

/* user:password@host:port */
static bool parse_server(const char *buf, size_t from, size_t end, struct http_parser_url *u) {
  for (size_t i = end; i > from; i--) {
    if (buf[i - 1] == '@') {
      set(u, UF_USERINFO, from, i - 1);
      from = i;
      break;
    }
  }
  bool is_bracketed = from < end && buf[from] == '[';
  size_t host = is_bracketed ? from + 1 : from;
  size_t host_end = find(buf, host, end, is_bracketed ? "]" : ":");
  size_t next = is_bracketed ? host_end + 1 : host_end;
  if (host_end == host || next > end || (next < end && buf[next] != ':')) {
    return false;
  }
  set(u, UF_HOST, host, host_end);
  return next >= end || parse_port(buf, next + 1, end, u);
}

/* A URL's characters: no controls, no spaces. */
static bool is_printable(const char *buf, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if ((unsigned char)buf[i] <= ' ' || buf[i] == 0x7f) {
      return false;
    }
  }
  return true;
}

/* 0, or 1 for what is no URL. A request's URL may be a path, all of one with a scheme, or for CONNECT a server. */
int http_parser_parse_url(const char *buf, size_t buflen, int is_connect, struct http_parser_url *u) {
  u->field_set = 0;
  u->port = 0;
  if (buflen == 0 || buflen > 0xffff || !is_printable(buf, buflen)) {
    return 1;
  }
  if (is_connect) {
    return !parse_server(buf, 0, buflen, u) || (u->field_set & (1 << UF_PORT)) == 0;
  }
  size_t at = 0;
  if (buf[0] != '/' && buf[0] != '*') {
    size_t colon = 0;
    while (colon < buflen && isalpha((unsigned char)buf[colon])) {
      colon++;
    }
    if (colon == 0 || buflen - colon < 3 || memcmp(buf + colon, "://", 3) != 0) {
      return 1;
    }
    set(u, UF_SCHEMA, 0, colon);
    size_t server = colon + 3;
    at = find(buf, server, buflen, "/?#");
    if (!parse_server(buf, server, at, u)) {
      return 1;
    }
  }
  size_t path_end = find(buf, at, buflen, "?#");
  set(u, UF_PATH, at, path_end);
  size_t query_end = path_end;
  if (path_end < buflen && buf[path_end] == '?') {
    query_end = find(buf, path_end + 1, buflen, "#");
    set(u, UF_QUERY, path_end + 1, query_end);
  }
  if (query_end < buflen) {
    set(u, UF_FRAGMENT, query_end + 1, buflen);
  }
  return 0;
}
