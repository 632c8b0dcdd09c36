/* The clocks of the C library, on virtual time. */
#include <errno.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "freertos/task.h"
#include "host.h"

#define US_PER_S 1000000

static int64_t wall_us(void) { return (int64_t)host_wall_us(); }

int gettimeofday(struct timeval *restrict tv, void *restrict tz) {
  (void)tz;
  if (tv != NULL) {
    int64_t us = wall_us();
    tv->tv_sec = us / US_PER_S;
    tv->tv_usec = us % US_PER_S;
  }
  return 0;
}

int settimeofday(const struct timeval *tv, const struct timezone *tz) {
  (void)tz;
  if (tv != NULL) {
    host_set_wall_us((double)tv->tv_sec * US_PER_S + tv->tv_usec);
  }
  return 0;
}

int adjtime(const struct timeval *delta, struct timeval *old_delta) {
  if (old_delta != NULL) {
    int64_t left = (int64_t)host_adjtime_left();
    *old_delta = (struct timeval){left / US_PER_S, left % US_PER_S};
  }
  if (delta != NULL && !host_adjtime((double)delta->tv_sec * US_PER_S + delta->tv_usec)) {
    errno = EINVAL;
    return -1;
  }
  return 0;
}

time_t time(time_t *t) {
  time_t now = wall_us() / US_PER_S;
  if (t != NULL) {
    *t = now;
  }
  return now;
}

clock_t clock(void) { return (clock_t)(host_now_us() * ((double)CLOCKS_PER_SEC / US_PER_S)); }

static int64_t now_us(clockid_t clock_id) {
  return clock_id == CLOCK_REALTIME ? wall_us() : (int64_t)host_now_us();
}

int clock_gettime(clockid_t clock_id, struct timespec *ts) {
  int64_t us = now_us(clock_id);
  ts->tv_sec = us / US_PER_S;
  ts->tv_nsec = us % US_PER_S * 1000;
  return 0;
}

int clock_getres(clockid_t clock_id, struct timespec *ts) {
  (void)clock_id;
  *ts = (struct timespec){0, 1000};
  return 0;
}

/* Whole ticks, rounded up, as ESP-IDF's usleep(); shorter waits are busy ones, which take no time here. */
static void sleep_us(uint64_t us) {
  uint64_t tick_us = US_PER_S / configTICK_RATE_HZ;
  vTaskDelay((TickType_t)((us + tick_us - 1) / tick_us));
}

int usleep(useconds_t us) {
  sleep_us(us);
  return 0;
}

unsigned sleep(unsigned seconds) {
  sleep_us((uint64_t)seconds * US_PER_S);
  return 0;
}

int nanosleep(const struct timespec *requested, struct timespec *remaining) {
  sleep_us((uint64_t)requested->tv_sec * US_PER_S + (uint64_t)requested->tv_nsec / 1000);
  if (remaining != NULL) {
    *remaining = (struct timespec){0, 0};
  }
  return 0;
}
