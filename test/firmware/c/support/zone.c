#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include "../checks/check.h"

void test_zone(void);

static void expect(time_t t, const char *text) {
  struct tm local;
  char buf[64];
  localtime_r(&t, &local);
  strftime(buf, sizeof buf, "%F %T %Z", &local);
  if (strcmp(buf, text) != 0) {
    ESP_LOGE("check", "%lld is %s, not %s", (long long)t, buf, text);
  }
  struct tm again = local;
  again.tm_isdst = local.tm_isdst;
  if (mktime(&again) != t) {
    ESP_LOGE("check", "%s is not %lld any more", text, (long long)t);
  }
}

static void zone(const char *tz) {
  CHECK(setenv("TZ", tz, 1) == 0);
  tzset();
}

void test_zone(void) {
  expect(0, "1970-01-01 00:00:00 UTC");
  zone("CST-8");
  expect(1700000000, "2023-11-15 06:13:20 CST");
  zone("EST5EDT,M3.2.0/2,M11.1.0");
  expect(1678604399, "2023-03-12 01:59:59 EST");
  expect(1678604400, "2023-03-12 03:00:00 EDT");
  expect(1699163999, "2023-11-05 01:59:59 EDT");
  expect(1699164000, "2023-11-05 01:00:00 EST");
  zone("CET-1CEST,M3.5.0,M10.5.0/3");
  expect(1774745999, "2026-03-29 01:59:59 CET");
  expect(1774746000, "2026-03-29 03:00:00 CEST");
  expect(1792889999, "2026-10-25 02:59:59 CEST");
  expect(1792890000, "2026-10-25 02:00:00 CET");
  zone("AEST-10AEDT,M10.1.0,M4.1.0/3");
  expect(1767225600, "2026-01-01 11:00:00 AEDT");
  expect(1782864000, "2026-07-01 10:00:00 AEST");
  zone("<+0530>-5:30");
  expect(0, "1970-01-01 05:30:00 +0530");
  zone("XXX3YYY2,J60/0,J300");
  expect(1709251200, "2024-02-29 21:00:00 XXX");
  expect(1709262000, "2024-03-01 01:00:00 YYY");
  zone("nonsense");
  expect(951782400, "2000-02-29 00:00:00 UTC");
  CHECK(setenv("A=B", "x", 1) == -1 && setenv("NAME", "one", 0) == 0 && setenv("NAME", "two", 0) == 0);
  CHECK(strcmp(getenv("NAME"), "one") == 0 && unsetenv("NAME") == 0 && getenv("NAME") == NULL);
  struct tm tm = { .tm_year = 126, .tm_mon = 6, .tm_mday = 1, .tm_hour = 12, .tm_isdst = -1 };
  zone("CET-1CEST,M3.5.0,M10.5.0/3");
  CHECK(mktime(&tm) == 1782900000 && tm.tm_isdst == 1 && tm.tm_wday == 3);
}
