/* newlib: the wall clock, and arithmetic on struct timeval. */
#pragma once

#include <sys/cdefs.h>
#include <sys/select.h>
#include <sys/types.h>
#include <time.h>

struct timezone {
  int tz_minuteswest;
  int tz_dsttime;
};

#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2

#define timerclear(tvp) ((tvp)->tv_sec = (tvp)->tv_usec = 0)
#define timerisset(tvp) ((tvp)->tv_sec || (tvp)->tv_usec)
#define timercmp(a, b, cmp) \
  (((a)->tv_sec == (b)->tv_sec) ? ((a)->tv_usec cmp(b)->tv_usec) : ((a)->tv_sec cmp(b)->tv_sec))
#define timeradd(a, b, sum)                                  \
  do {                                                       \
    (sum)->tv_sec = (a)->tv_sec + (b)->tv_sec;               \
    (sum)->tv_usec = (a)->tv_usec + (b)->tv_usec;            \
    if ((sum)->tv_usec >= 1000000) {                         \
      (sum)->tv_sec++;                                       \
      (sum)->tv_usec -= 1000000;                             \
    }                                                        \
  } while (0)
#define timersub(a, b, difference)                           \
  do {                                                       \
    (difference)->tv_sec = (a)->tv_sec - (b)->tv_sec;        \
    (difference)->tv_usec = (a)->tv_usec - (b)->tv_usec;     \
    if ((difference)->tv_usec < 0) {                         \
      (difference)->tv_sec--;                                \
      (difference)->tv_usec += 1000000;                      \
    }                                                        \
  } while (0)

__BEGIN_DECLS
int gettimeofday(struct timeval *tv, void *tz);
int settimeofday(const struct timeval *tv, const struct timezone *tz);
int adjtime(const struct timeval *delta, struct timeval *olddelta);
__END_DECLS
