/* JSON, as much as scenarios need: whole numbers, strings without \u escapes. */

#include "oracle.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json *parse_value(char **at);

static void skip_space(char **at) {
  while (isspace((unsigned char)**at)) (*at)++;
}

static void refuse(const char *at) {
  fprintf(stderr, "The scenario is not JSON at: %.40s\n", at);
  exit(2);
}

static void expect(char **at, char wanted) {
  skip_space(at);
  if (**at != wanted) refuse(*at);
  (*at)++;
}

/* Unescapes in place. */
static const char *parse_string(char **at) {
  char *from = *at + 1, *to = from;
  const char *string = from;
  while (*from != '"') {
    if (*from == '\0') refuse(*at);
    if (*from == '\\') {
      from++;
      *to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from == 'r' ? '\r' : *from;
      from++;
    } else *to++ = *from++;
  }
  *at = from + 1;
  *to = '\0';
  return string;
}

static void parse_members(char **at, struct json *parent, char end) {
  struct json **link = &parent->first;
  (*at)++;
  skip_space(at);
  if (**at == end) {
    (*at)++;
    return;
  }
  for (;;) {
    const char *key = NULL;
    skip_space(at);
    if (end == '}') {
      if (**at != '"') refuse(*at);
      key = parse_string(at);
      expect(at, ':');
    }
    *link = parse_value(at);
    (*link)->key = key;
    link = &(*link)->next;
    skip_space(at);
    if (**at == end) break;
    expect(at, ',');
  }
  (*at)++;
}

static bool take_word(char **at, const char *word) {
  size_t length = strlen(word);
  if (strncmp(*at, word, length) != 0) return false;
  *at += length;
  return true;
}

static struct json *parse_value(char **at) {
  struct json *value = arena_alloc(sizeof *value);
  memset(value, 0, sizeof *value);
  skip_space(at);
  if (**at == '{') {
    value->type = JSON_OBJECT;
    parse_members(at, value, '}');
  } else if (**at == '[') {
    value->type = JSON_LIST;
    parse_members(at, value, ']');
  } else if (**at == '"') {
    value->type = JSON_STRING;
    value->string = parse_string(at);
  } else if (take_word(at, "null")) {
    value->type = JSON_NULL;
  } else if (take_word(at, "true")) {
    value->type = JSON_NUMBER;
    value->number = 1;
  } else if (take_word(at, "false")) {
    value->type = JSON_NUMBER;
  } else if (**at == '-' || isdigit((unsigned char)**at)) {
    value->type = JSON_NUMBER;
    value->number = strtoll(*at, at, 10);
  } else refuse(*at);
  return value;
}

/* The text is changed. */
struct json *json_parse(char *text) {
  return parse_value(&text);
}

struct json *json_member(const struct json *object, const char *key) {
  if (object == NULL || object->type != JSON_OBJECT) return NULL;
  for (struct json *member = object->first; member != NULL; member = member->next) {
    if (strcmp(member->key, key) == 0) return member;
  }
  return NULL;
}

struct json *json_at(const struct json *list, int index) {
  struct json *item = list == NULL ? NULL : list->first;
  while (item != NULL && index-- > 0) item = item->next;
  return item;
}

int json_length(const struct json *list) {
  int length = 0;
  for (struct json *item = list == NULL ? NULL : list->first; item != NULL; item = item->next) length++;
  return length;
}

int64_t json_number(const struct json *object, const char *key, int64_t otherwise) {
  const struct json *member = json_member(object, key);
  return member == NULL ? otherwise : member->number;
}

const char *json_string(const struct json *object, const char *key, const char *otherwise) {
  const struct json *member = json_member(object, key);
  return member == NULL ? otherwise : member->string;
}

static void make_room(struct text *t, size_t more) {
  if (t->length + more < t->room) return;
  size_t room = 2 * t->room + more + 64;
  char *bytes = arena_alloc(room);
  if (t->length > 0) memcpy(bytes, t->bytes, t->length);
  if (t->bytes != NULL) arena_free(t->bytes);
  t->bytes = bytes;
  t->room = room;
}

void text_put(struct text *t, const char *bytes, size_t length) {
  make_room(t, length);
  memcpy(t->bytes + t->length, bytes, length);
  t->length += length;
}

void text_add(struct text *t, const char *format, ...) {
  va_list arguments;
  make_room(t, 200);
  va_start(arguments, format);
  int length = vsnprintf(t->bytes + t->length, t->room - t->length, format, arguments);
  va_end(arguments);
  if ((size_t)length >= t->room - t->length) {
    make_room(t, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(t->bytes + t->length, t->room - t->length, format, arguments);
    va_end(arguments);
  }
  t->length += (size_t)length;
}

void text_hex(struct text *t, const uint8_t *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  make_room(t, 2 * length);
  for (size_t i = 0; i < length; i++) {
    t->bytes[t->length++] = digits[bytes[i] >> 4];
    t->bytes[t->length++] = digits[bytes[i] & 15];
  }
}

/* A value as it was read. */
void text_json(struct text *t, const struct json *value) {
  bool is_object = value->type == JSON_OBJECT;
  switch (value->type) {
    case JSON_NULL:
      text_add(t, "null");
      break;
    case JSON_NUMBER:
      text_add(t, "%lld", (long long)value->number);
      break;
    case JSON_STRING:
      text_add(t, "\"%s\"", value->string);
      break;
    case JSON_LIST:
    case JSON_OBJECT:
      text_add(t, is_object ? "{" : "[");
      for (const struct json *item = value->first; item != NULL; item = item->next) {
        if (is_object) text_add(t, "\"%s\":", item->key);
        text_json(t, item);
        if (item->next != NULL) text_add(t, ",");
      }
      text_add(t, is_object ? "}" : "]");
      break;
  }
}
