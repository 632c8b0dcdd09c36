/* Responses: status line, headers, and bodies of known length, in chunks, or up to the end of the connection.
 * Source: RFC 9112 sections 4 to 7, nodejs/http-parser 2.9 (behaviour) */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/param.h>
#include "client.h"

void http_response_begin(http_response_t *response) {
  free(response->line);
  *response = (http_response_t){ .content_length = -1, .status = -1 };
}

void http_response_free(http_response_t *response) {
  free(response->line);
  response->line = NULL;
}

static void take_body(esp_http_client_handle_t client, const char *data, size_t length) {
  client->response.processed += (int64_t)length;
  if (client->output != NULL) {
    memcpy(client->output + client->output_length, data, length);
    client->output_length += (int)length;
  } else if (client->keeps_early && client->state < HTTP_BODY) {
    char *more = realloc(client->early, client->early_length + length);
    if (more == NULL) {
      client->response.part = PART_BROKEN;
      return;
    }
    memcpy(more + client->early_length, data, length);
    client->early = more;
    client->early_length += length;
  }
  http_tell(client, HTTP_EVENT_ON_DATA, (void *)data, (int)length);
  esp_http_client_on_data_t on_data = { .client = client, .data_process = client->response.processed };
  http_tell_loop(HTTP_EVENT_ON_DATA, &on_data, sizeof on_data);
}

/* "HTTP/1.1 200 OK" */
static void take_status(http_response_t *response) {
  int major;
  int minor;
  if (sscanf(response->line, "HTTP/%d.%d %d", &major, &minor, &response->status) != 3) {
    response->part = PART_BROKEN;
    return;
  }
  response->keep_alive = major > 1 || (major == 1 && minor >= 1);
  response->part = PART_HEADER;
}

static bool has_word(const char *list, const char *word) {
  return strcasestr(list, word) != NULL;
}

static void take_header(esp_http_client_handle_t client) {
  http_response_t *response = &client->response;
  char *value = strchr(response->line, ':');
  if (value == NULL) {
    response->part = PART_BROKEN;
    return;
  }
  *value++ = '\0';
  while (*value == ' ' || *value == '\t') {
    value++;
  }
  const char *key = response->line;
  if (strcasecmp(key, "Content-Length") == 0) {
    response->has_length = true;
    response->content_length = strtoll(value, NULL, 10);
  } else if (strcasecmp(key, "Transfer-Encoding") == 0) {
    response->says_chunked = strcasecmp(value, "chunked") == 0;
  } else if (strcasecmp(key, "Connection") == 0) {
    response->keep_alive = has_word(value, "close") ? false : response->keep_alive || has_word(value, "keep-alive");
  } else if (strcasecmp(key, "Location") == 0) {
    http_set_string(&client->location, value, strlen(value));
  } else if (strcasecmp(key, "WWW-Authenticate") == 0) {
    http_set_string(&client->auth_header, value, strlen(value));
  }
  client->event.header_key = response->line;
  client->event.header_value = value;
  http_tell(client, HTTP_EVENT_ON_HEADER, NULL, 0);
  http_tell_loop(HTTP_EVENT_ON_HEADER, &client, sizeof client);
}

/* Which body follows? */
static void end_headers(esp_http_client_handle_t client) {
  http_response_t *response = &client->response;
  client->state = HTTP_HEADERS_RECEIVED;
  bool has_none = client->method == HTTP_METHOD_HEAD || response->status / 100 == 1 || response->status == 204 ||
                  response->status == 304;
  if (response->says_chunked) {
    response->content_length = -1;
    response->has_length = false;
  }
  if (has_none || (response->has_length && response->content_length == 0)) {
    response->part = PART_COMPLETE;
  } else if (response->says_chunked) {
    response->part = PART_CHUNK_SIZE;
  } else if (response->has_length) {
    response->part = PART_BODY;
    response->left = response->content_length;
  } else {
    response->part = PART_TO_END;
    response->keep_alive = false;
  }
}

static void take_line(esp_http_client_handle_t client) {
  http_response_t *response = &client->response;
  size_t length = response->line_length;
  if (length > 0 && response->line[length - 1] == '\r') {
    response->line[--length] = '\0';
  }
  bool is_empty = length == 0;
  switch (response->part) {
    case PART_STATUS:
      if (!is_empty) {
        take_status(response);
      }
      break;
    case PART_HEADER:
      if (is_empty) {
        end_headers(client);
      } else {
        take_header(client);
      }
      break;
    case PART_CHUNK_SIZE:
      response->left = strtoll(response->line, NULL, 16);
      response->chunk_length = (int)response->left;
      response->part = !isxdigit((unsigned char)response->line[0]) ? PART_BROKEN
                       : response->left == 0                        ? PART_TRAILER
                                                                    : PART_CHUNK;
      break;
    case PART_CHUNK_END:
      response->part = is_empty ? PART_CHUNK_SIZE : PART_BROKEN;
      break;
    case PART_TRAILER:
      if (is_empty) {
        response->part = PART_COMPLETE;
      }
      break;
    default:
      break;
  }
  response->line_length = 0;
}

/* Adds to the line; what was used of the data. */
static size_t take_text(esp_http_client_handle_t client, const char *data, size_t length) {
  http_response_t *response = &client->response;
  const char *end = memchr(data, '\n', length);
  size_t used = end == NULL ? length : (size_t)(end - data);
  char *line = realloc(response->line, response->line_length + used + 1);
  if (line == NULL) {
    response->part = PART_BROKEN;
    return length;
  }
  memcpy(line + response->line_length, data, used);
  response->line = line;
  response->line_length += used;
  line[response->line_length] = '\0';
  if (end == NULL) {
    return used;
  }
  take_line(client);
  return used + 1;
}

void http_response_take(esp_http_client_handle_t client, const char *data, size_t length) {
  http_response_t *response = &client->response;
  while (length > 0 && response->part != PART_COMPLETE && response->part != PART_BROKEN) {
    size_t used = length;
    if (response->part == PART_TO_END) {
      take_body(client, data, used);
    } else if (response->part == PART_BODY || response->part == PART_CHUNK) {
      used = (size_t)MIN((int64_t)length, response->left);
      response->left -= (int64_t)used;
      take_body(client, data, used);
      if (response->left == 0 && response->part != PART_BROKEN) {
        response->part = response->part == PART_BODY ? PART_COMPLETE : PART_CHUNK_END;
      }
    } else {
      used = take_text(client, data, length);
    }
    data += used;
    length -= used;
  }
}

void http_response_take_end(esp_http_client_handle_t client) {
  if (client->response.part == PART_TO_END) {
    client->response.part = PART_COMPLETE;
  }
}
