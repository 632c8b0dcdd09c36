/* The environment, which is the program's own, and local time by TZ in POSIX notation ("CET-1CEST,M3.5.0,M10.5.0/3"),
 * as newlib has it. The C library below knows neither. Source: POSIX.1-2017 8.3, newlib tzset(), mktime(). */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400
#define NAME_BYTES 11

/* The environment */

struct variable {
  struct variable *next;
  char *value; /* behind the name */
  char name[];
};

static struct variable *variables;

static bool is_name(const char *name) {
  return name != NULL && name[0] != '\0' && strchr(name, '=') == NULL;
}

static struct variable **find(const char *name) {
  struct variable **link = &variables;
  while (*link != NULL && strcmp((*link)->name, name) != 0) {
    link = &(*link)->next;
  }
  return link;
}

char *getenv(const char *name) {
  struct variable *variable = *find(name);
  return variable == NULL ? NULL : variable->value;
}

int unsetenv(const char *name) {
  if (!is_name(name)) {
    errno = EINVAL;
    return -1;
  }
  struct variable **link = find(name);
  if (*link != NULL) {
    struct variable *removed = *link;
    *link = removed->next;
    free(removed);
  }
  return 0;
}

int setenv(const char *name, const char *value, int overwrite) {
  if (!is_name(name)) {
    errno = EINVAL;
    return -1;
  }
  if (*find(name) != NULL && !overwrite) {
    return 0;
  }
  size_t name_bytes = strlen(name) + 1;
  struct variable *variable = malloc(sizeof *variable + name_bytes + strlen(value) + 1);
  if (variable == NULL) {
    errno = ENOMEM;
    return -1;
  }
  unsetenv(name);
  variable->value = variable->name + name_bytes;
  strcpy(variable->name, name);
  strcpy(variable->value, value);
  variable->next = variables;
  variables = variable;
  return 0;
}

/* The zone */

/* When daylight saving time begins or ends in a year. */
struct rule {
  char kind; /* 'M': day of a week of a month. 'J': day 1..365 without 29 February. 'D': day 0..365 */
  int month, week, day;
  int seconds; /* after midnight */
};

static struct {
  char name[NAME_BYTES];
  char dst_name[NAME_BYTES];
  int offset_s; /* west of Greenwich */
  int dst_offset_s;
  bool has_dst;
  struct rule begin, end;
} zone = { "UTC", "UTC", 0, 0, false, { 0 }, { 0 } };

static const struct rule us_begin = { 'M', 3, 2, 0, 7200 };
static const struct rule us_end = { 'M', 11, 1, 0, 7200 };

static bool read_name(const char **at, char *name) {
  bool is_quoted = **at == '<';
  const char *from = *at + is_quoted;
  size_t length = 0;
  while (is_quoted ? from[length] != '>' && from[length] != '\0' : isalpha((unsigned char)from[length])) {
    length++;
  }
  if (length < 3 || length >= NAME_BYTES || (is_quoted && from[length] != '>')) {
    return false;
  }
  memcpy(name, from, length);
  name[length] = '\0';
  *at = from + length + is_quoted;
  return true;
}

static bool read_number(const char **at, int *number) {
  char *end;
  if (!isdigit((unsigned char)**at)) {
    return false;
  }
  *number = (int)strtol(*at, &end, 10);
  *at = end;
  return true;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **at, int *seconds) {
  int sign = 1;
  int hours, minutes = 0, rest = 0;
  if (**at == '-' || **at == '+') {
    sign = *(*at)++ == '-' ? -1 : 1;
  }
  if (!read_number(at, &hours)) {
    return false;
  }
  if (**at == ':' && (++*at, !read_number(at, &minutes))) {
    return false;
  }
  if (**at == ':' && (++*at, !read_number(at, &rest))) {
    return false;
  }
  *seconds = sign * (hours * 3600 + minutes * 60 + rest);
  return true;
}

static bool read_rule(const char **at, struct rule *rule) {
  if (*(*at)++ != ',') {
    return false;
  }
  *rule = (struct rule){ .kind = 'D', .seconds = 7200 };
  if (**at == 'M' || **at == 'J') {
    rule->kind = *(*at)++;
  }
  if (rule->kind == 'M') {
    if (!read_number(at, &rule->month) || *(*at)++ != '.' || !read_number(at, &rule->week) || *(*at)++ != '.') {
      return false;
    }
  }
  if (!read_number(at, &rule->day)) {
    return false;
  }
  return **at != '/' || (++*at, read_time(at, &rule->seconds));
}

/* What cannot be read means UTC. */
static bool read_zone(const char *at) {
  if (!read_name(&at, zone.name) || !read_time(&at, &zone.offset_s)) {
    return false;
  }
  if (*at == '\0') {
    return true;
  }
  if (!read_name(&at, zone.dst_name)) {
    return false;
  }
  zone.has_dst = true;
  zone.dst_offset_s = zone.offset_s - 3600;
  if (*at != ',' && *at != '\0' && !read_time(&at, &zone.dst_offset_s)) {
    return false;
  }
  zone.begin = us_begin;
  zone.end = us_end;
  return *at == '\0' || (read_rule(&at, &zone.begin) && read_rule(&at, &zone.end) && *at == '\0');
}

void tzset(void) {
  const char *tz = getenv("TZ");
  zone.has_dst = false;
  zone.offset_s = 0;
  if (tz == NULL || !read_zone(tz)) {
    zone.has_dst = false;
    zone.offset_s = 0;
    strcpy(zone.name, "UTC");
  }
}

/* Local time */

static bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* 00:00 UTC of 1 January. @param year such as 2026 */
static int64_t start_of_year(int year) {
  int64_t y = year - 1;
  return (365 * (y - 1969) + (y / 4 - 492) - (y / 100 - 19) + (y / 400 - 4)) * DAY_S;
}

static int day_of_month_rule(const struct rule *rule, int year, int first_weekday) {
  static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
  bool leap = is_leap(year);
  int begin = before[rule->month - 1] + (leap && rule->month > 2);
  int end = before[rule->month] + (leap && rule->month >= 2);
  int day = begin + (rule->day - (first_weekday + begin) % 7 + 7) % 7 + 7 * (rule->week - 1);
  return day < end ? day : day - 7;
}

/* Seconds since 1970 at which a rule takes effect. @param offset_s of the time that was valid until then */
static int64_t instant(const struct rule *rule, int year, int offset_s) {
  int64_t start = start_of_year(year);
  int day = rule->day;
  if (rule->kind == 'M') {
    day = day_of_month_rule(rule, year, (int)((start / DAY_S + 4) % 7));
  } else if (rule->kind == 'J') {
    day = rule->day - 1 + (is_leap(year) && rule->day > 59);
  }
  return start + (int64_t)day * DAY_S + rule->seconds + offset_s;
}

static bool is_dst(int64_t t, int year) {
  if (!zone.has_dst) {
    return false;
  }
  int64_t begin = instant(&zone.begin, year, zone.offset_s);
  int64_t end = instant(&zone.end, year, zone.dst_offset_s);
  return begin < end ? t >= begin && t < end : t < end || t >= begin;
}

struct tm *localtime_r(const time_t *restrict t, struct tm *restrict result) {
  struct tm utc;
  tzset();
  time_t standard = *t - zone.offset_s;
  gmtime_r(&standard, &utc);
  bool dst = is_dst(*t, utc.tm_year + 1900);
  int offset = dst ? zone.dst_offset_s : zone.offset_s;
  time_t local = *t - offset;
  gmtime_r(&local, result);
  result->tm_isdst = dst;
  result->__tm_gmtoff = -offset;
  result->__tm_zone = dst ? zone.dst_name : zone.name;
  return result;
}

struct tm *localtime(const time_t *t) {
  static struct tm result;
  return localtime_r(t, &result);
}

/* tm_isdst < 0: whatever is valid then. */
time_t mktime(struct tm *tm) {
  tzset();
  struct tm as_utc = *tm;
  time_t local = timegm(&as_utc);
  time_t t = local + zone.offset_s;
  if (zone.has_dst && (tm->tm_isdst > 0 || (tm->tm_isdst < 0 && is_dst(local + zone.dst_offset_s, as_utc.tm_year + 1900)))) {
    t = local + zone.dst_offset_s;
  }
  localtime_r(&t, tm);
  return t;
}
