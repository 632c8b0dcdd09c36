/* ESP_LOGx: levels by tag, and the line that goes to the host. Source: ESP-IDF components/log */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "esp_timer.h"
#include "host.h"

#define LINE_SIZE 1024

struct tag_level {
  struct tag_level *next;
  esp_log_level_t level;
  char tag[];
};

esp_log_level_t esp_log_default_level = ESP_LOG_DEFAULT_LEVEL;

static struct tag_level *tag_levels;
static vprintf_like_t print;
static char line[LINE_SIZE];

static struct tag_level *find(const char *tag) {
  struct tag_level *t = tag_levels;
  while (t != NULL && strcmp(t->tag, tag) != 0) {
    t = t->next;
  }
  return t;
}

void esp_log_set_default_level(esp_log_level_t level) { esp_log_default_level = level; }

esp_log_level_t esp_log_get_default_level(void) { return esp_log_default_level; }

esp_log_level_t esp_log_level_get(const char *tag) {
  struct tag_level *t = tag == NULL ? NULL : find(tag);
  return t == NULL ? esp_log_default_level : t->level;
}

static void forget_all_tags(void) {
  while (tag_levels != NULL) {
    struct tag_level *t = tag_levels;
    tag_levels = t->next;
    free(t);
  }
}

void esp_log_level_set(const char *tag, esp_log_level_t level) {
  if (strcmp(tag, "*") == 0) {
    forget_all_tags();
    esp_log_default_level = level;
    return;
  }
  struct tag_level *t = find(tag);
  if (t == NULL) {
    t = malloc(sizeof(*t) + strlen(tag) + 1);
    if (t == NULL) {
      return;
    }
    strcpy(t->tag, tag);
    t->next = tag_levels;
    tag_levels = t;
  }
  t->level = level;
}

vprintf_like_t esp_log_set_vprintf(vprintf_like_t function) {
  vprintf_like_t previous = print == NULL ? vprintf : print;
  print = function == vprintf ? NULL : function;
  return previous;
}

void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list args) {
  if (level > esp_log_level_get(tag)) {
    return;
  }
  if (print != NULL) {
    print(format, args);
    return;
  }
  int length = vsnprintf(line, sizeof(line), format, args);
  host_log(level, tag, line, length < LINE_SIZE ? length : LINE_SIZE - 1);
}

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...) {
  va_list args;
  va_start(args, format);
  esp_log_writev(level, tag, format, args);
  va_end(args);
}

uint32_t esp_log_timestamp(void) { return (uint32_t)(esp_timer_get_time() / 1000); }

uint32_t esp_log_early_timestamp(void) { return esp_log_timestamp(); }

char *esp_log_system_timestamp(void) {
  static char text[20];
  uint32_t ms = (uint32_t)(host_wall_us() / 1000);
  uint32_t s = ms / 1000;
  snprintf(text, sizeof(text), "%02u:%02u:%02u.%03u", (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
           (unsigned)(s % 60), (unsigned)(ms % 1000));
  return text;
}

/* Memory as text */

#define BYTES_PER_LINE 16

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t length, esp_log_level_t level) {
  const uint8_t *bytes = buffer;
  for (unsigned at = 0; at < length; at += BYTES_PER_LINE) {
    char text[3 * BYTES_PER_LINE + 1] = "";
    for (unsigned i = 0; i < BYTES_PER_LINE && at + i < length; i++) {
      sprintf(text + 3 * i, "%02x ", bytes[at + i]);
    }
    ESP_LOG_LEVEL(level, tag, "%s", text);
  }
}

void esp_log_buffer_char_internal(const char *tag, const void *buffer, uint16_t length, esp_log_level_t level) {
  const char *bytes = buffer;
  for (unsigned at = 0; at < length; at += BYTES_PER_LINE) {
    int n = length - at < BYTES_PER_LINE ? (int)(length - at) : BYTES_PER_LINE;
    ESP_LOG_LEVEL(level, tag, "%.*s", n, bytes + at);
  }
}

void esp_log_buffer_hexdump_internal(const char *tag, const void *buffer, uint16_t length, esp_log_level_t level) {
  const uint8_t *bytes = buffer;
  for (unsigned at = 0; at < length; at += BYTES_PER_LINE) {
    char text[16 + 4 * BYTES_PER_LINE + 8];
    char *p = text + sprintf(text, "%p  ", (const void *)(bytes + at));
    for (unsigned i = 0; i < BYTES_PER_LINE; i++) {
      p += at + i < length ? sprintf(p, " %02x", bytes[at + i]) : sprintf(p, "   ");
      if (i == 7) {
        p += sprintf(p, " ");
      }
    }
    p += sprintf(p, "  |");
    for (unsigned i = 0; i < BYTES_PER_LINE && at + i < length; i++) {
      uint8_t c = bytes[at + i];
      *p++ = (char)(c >= ' ' && c <= '~' ? c : '.');
    }
    strcpy(p, "|");
    ESP_LOG_LEVEL(level, tag, "%s", text);
  }
}
