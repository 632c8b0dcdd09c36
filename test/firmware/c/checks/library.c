#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "check.h"
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "lwip/sockets.h"

/* The compiler knows malloc() and would leave out what it thinks is of no effect. */
static void *(*volatile get)(size_t) = malloc;
static void *(*volatile get_zeroed)(size_t, size_t) = calloc;
static void *(*volatile resize)(void *, size_t) = realloc;

void test_heap(void) {
  size_t begin = esp_get_free_heap_size();
  CHECK(begin > 280 * 1024 && begin < 300 * 1024);
  void *p = get(100);
  CHECK(esp_get_free_heap_size() == begin - 104);
  CHECK(malloc_usable_size(p) == 100);
  p = resize(p, 5000);
  CHECK(esp_get_free_heap_size() == begin - 5004);
  free(p);
  CHECK(esp_get_free_heap_size() == begin && esp_get_minimum_free_heap_size() <= begin - 5004);
  errno = 0;
  CHECK(get(400 * 1024) == NULL && errno == ENOMEM);
  CHECK(get_zeroed(0x10000, 0x10001) == NULL);
  CHECK(heap_caps_malloc(10, MALLOC_CAP_SPIRAM) == NULL && heap_caps_get_total_size(MALLOC_CAP_SPIRAM) == 0);
  uint8_t *aligned = heap_caps_aligned_alloc(256, 1000, MALLOC_CAP_DEFAULT);
  CHECK(aligned != NULL && ((uintptr_t)aligned & 255) == 0);
  memset(aligned, 1, 1000);
  free(aligned);
  CHECK(esp_get_free_heap_size() == begin);
  /* Any order of any sizes: nothing is lost, nothing overlaps. */
  static struct {
    uint8_t *p;
    size_t n;
  } blocks[50];
  uint32_t x = 1;
  for (int round = 0; round < 3000; round++) {
    x = x * 1664525u + 1013904223u;
    int i = (x >> 16) % 50;
    if (blocks[i].p != NULL) {
      for (size_t k = 0; k < blocks[i].n; k++) {
        if (blocks[i].p[k] != (uint8_t)i) {
          CHECK(!"a block was overwritten");
          return;
        }
      }
    }
    size_t n = (x >> 8) % 9 == 0 ? 0 : (x >> 4) % 3000;
    if (n == 0) {
      free(blocks[i].p);
      blocks[i].p = NULL;
      continue;
    }
    uint8_t *q = realloc(blocks[i].p, n);
    if (q != NULL) {
      blocks[i].p = memset(q, i, n);
      blocks[i].n = n;
    }
  }
  CHECK(heap_caps_check_integrity_all(true));
  for (int i = 0; i < 50; i++) {
    free(blocks[i].p);
  }
  CHECK(esp_get_free_heap_size() == begin && heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT) == begin - 4);
}

static int errors;

static void fail_close(void *arg) {
  for (int i = 0; i < 5; i++) {
    if (close(60) != -1 || errno != EBADF) {
      errors++;
    }
    vTaskDelay(1);
    if (errno != EBADF) {
      errors++;
    }
  }
  vTaskDelete(NULL);
}

static void fail_strtol(void *arg) {
  for (int i = 0; i < 5; i++) {
    errno = 0;
    strtol("99999999999999999999", NULL, 10);
    vTaskDelay(1);
    if (errno != ERANGE || errno != 34) {
      errors++;
    }
  }
  vTaskDelete(NULL);
}

void test_errno(void) {
  errno = 5;
  xTaskCreate(fail_close, "close", 2048, NULL, 5, NULL);
  xTaskCreate(fail_strtol, "strtol", 2048, NULL, 5, NULL);
  vTaskDelay(10);
  CHECK(errors == 0);
  CHECK(errno == 5);
  strtol("99999999999999999999", NULL, 10);
  xTaskCreate(fail_close, "close", 2048, NULL, 5, NULL);
  CHECK(errno == ERANGE);
}

void test_clock(void) {
  struct timeval tv;
  vTaskDelay(5);
  gettimeofday(&tv, NULL);
  CHECK(tv.tv_sec * 1000000LL + tv.tv_usec == esp_timer_get_time());
  CHECK(time(NULL) == 0);
  tv = (struct timeval){1700000000, 250000};
  CHECK(settimeofday(&tv, NULL) == 0);
  vTaskDelay(100);
  gettimeofday(&tv, NULL);
  CHECK(tv.tv_sec == 1700000001 && tv.tv_usec == 250000);
  time_t t = time(NULL);
  struct tm tm;
  char text[40];
  gmtime_r(&t, &tm);
  strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
  CHECK(strcmp(text, "2023-11-14 22:13:21") == 0);
  int64_t begin = esp_timer_get_time();
  usleep(15000);
  CHECK(esp_timer_get_time() - begin == 20000);
  sleep(2);
  CHECK(esp_timer_get_time() - begin == 2020000);
  CHECK(clock() == (clock_t)(esp_timer_get_time() * (CLOCKS_PER_SEC / 1000) / 1000));
  struct timespec ts;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0 && ts.tv_sec * 1000000LL + ts.tv_nsec / 1000 == esp_timer_get_time());
  CHECK(esp_random() != esp_random());
}

static char captured[64];

static int capture(const char *format, va_list args) {
  return vsnprintf(captured, sizeof(captured), format, args);
}

void test_log(void) {
  ESP_LOGE("tag", "an error %d", 1);
  ESP_LOGW("tag", "a warning");
  ESP_LOGI("tag", "µ: %s", "text");
  ESP_LOGD("tag", "not shown");
  esp_log_level_set("tag", ESP_LOG_WARN);
  ESP_LOGI("tag", "not shown");
  ESP_LOGI("other", "shown");
  CHECK(esp_log_level_get("tag") == ESP_LOG_WARN);
  esp_log_level_set("*", ESP_LOG_INFO);
  ESP_LOGI("tag", "shown again");
  ESP_LOG_BUFFER_HEX("hex", "Hello", 5);
  ESP_LOG_BUFFER_CHAR("char", "Hello", 5);
  vprintf_like_t before = esp_log_set_vprintf(capture);
  ESP_LOGI("tag", "captured");
  esp_log_set_vprintf(before);
  CHECK(strstr(captured, ") tag: captured\n") != NULL);
}

void test_stdio(void) {
  char b[128];
  snprintf(b, sizeof(b), "%lld %llu", (long long)INT64_MIN, (unsigned long long)UINT64_MAX);
  CHECK(strcmp(b, "-9223372036854775808 18446744073709551615") == 0);
  snprintf(b, sizeof(b), "%.3f %g %e", 3.14159, 1e10, 12345.678);
  CHECK(strcmp(b, "3.142 1e+10 1.234568e+04") == 0);
  snprintf(b, sizeof(b), "%" PRIu32 " %zu %p %-5d|%05d", (uint32_t)4000000000u, sizeof(long), (void *)16, 42, 42);
  CHECK(strcmp(b, "4000000000 4 0x10 42   |00042") == 0);
  int i;
  double d;
  CHECK(sscanf("2.5 42", "%lf %d", &d, &i) == 2 && d == 2.5 && i == 42);
  CHECK(sqrt(2.0) > 1.4142 && sqrt(2.0) < 1.4143);
  printf("one ");
  printf("line %d\n", 1);
  puts("another");
  fprintf(stderr, "to stderr\n");
  putchar('x');
  putchar('\n');
  fflush(stdout);
  errno = EINVAL;
  perror("perror");
  CHECK(fgets(b, sizeof(b), stdin) != NULL && strcmp(b, "typed\n") == 0);
  CHECK(getchar() == 'z');
}
