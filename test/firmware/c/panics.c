/* Every way to die. The first line on stdin says which. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_err.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "protocol_examples_common.h"

struct record {
  int a[4];
  int value;
};

/* volatile: the compiler may not know what they hold. */
static volatile int zero;
static struct record *volatile nowhere;
static char *(*volatile get)(size_t) = (char *(*)(size_t))malloc;
static int *volatile no_number;
static int (*volatile no_function)(int);
static char *volatile block;

static void die_abort(void) { abort(); }

static void die_assert(void) { assert(zero == 1); }

static void die_error_check(void) { ESP_ERROR_CHECK(zero == 0 ? ESP_ERR_INVALID_STATE : ESP_OK); }

static void die_divide(void) { printf("%d\n", 7 / zero); }

static void die_load(void) { printf("%d\n", nowhere->value); }

static void die_store(void) { *no_number = 7; }

static void die_wild(void) { printf("%d\n", *(volatile int *)0x40000000); }

static void die_call(void) { printf("%d\n", no_function(1)); }

static void die_double_free(void) {
  char *p = get(100);
  free(p);
  free(p);
}

static void die_overrun(void) {
  block = get(100);
  for (int i = 0; i < 108; i++) {
    ((volatile char *)block)[i] = 1;
  }
  free(block);
}

static void die_free_middle(void) { free(get(100) + 8); }

static __attribute__((noinline)) int big(int n) {
  volatile char room[2500];
  for (unsigned i = 0; i < sizeof(room); i++) {
    room[i] = (char)n;
  }
  return room[n];
}

static void small_task(void *arg) {
  printf("%d\n", big(1));
  vTaskDelete(NULL);
}

static void die_stack(void) {
  xTaskCreate(small_task, "small", 2048, NULL, 5, NULL);
  vTaskDelay(1);
}

static __attribute__((noinline)) int for_ever(int n) {
  int below = zero == 1 ? 0 : for_ever(n + 1);
  return below + zero * n;
}

static void die_recursion(void) { printf("%d\n", for_ever(0)); }

static void returning_task(void *arg) {}

static void die_return(void) {
  xTaskCreate(returning_task, "returner", 2048, NULL, 5, NULL);
  vTaskDelay(1);
}

static void give_task(void *m) {
  xSemaphoreGive((SemaphoreHandle_t)m);
  vTaskDelete(NULL);
}

static void die_mutex(void) {
  SemaphoreHandle_t m = xSemaphoreCreateMutex();
  xSemaphoreTake(m, 0);
  xTaskCreate(give_task, "giver", 2048, m, 5, NULL);
  vTaskDelay(1);
}

static void die_null_queue(void) {
  int x;
  xQueueReceive(NULL, &x, 0);
}

static void die_delete_twice(void) {
  TaskHandle_t t;
  xTaskCreate(give_task, "victim", 2048, NULL, 0, &t);
  vTaskDelete(t);
  vTaskDelete(t);
}

static void die_exit(void) { exit(3); }

static void die_critical(void) {
  SemaphoreHandle_t s = xSemaphoreCreateBinary();
  vTaskSuspendAll();
  xSemaphoreTake(s, 10);
}

/* In a task that runs inside the tcpip thread, inside another task's call. */
static void die_above_tcpip_task(void *arg) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(4000), .sin_addr.s_addr = htonl(INADDR_ANY)};
  bind(s, (struct sockaddr *)&me, sizeof(me));
  char b[4];
  recv(s, b, sizeof(b), 0);
  abort();
}

static void die_above_tcpip(void) {
  xTaskCreate(die_above_tcpip_task, "high", 3072, NULL, 20, NULL);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (;;) {
    sendto(s, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
    ESP_LOGI("low", "sent");
    vTaskDelay(1);
  }
}

static const struct {
  const char *name;
  void (*run)(void);
} ways[] = {
    {"abort", die_abort},
    {"assert", die_assert},
    {"error_check", die_error_check},
    {"divide", die_divide},
    {"load", die_load},
    {"store", die_store},
    {"wild", die_wild},
    {"call", die_call},
    {"double_free", die_double_free},
    {"overrun", die_overrun},
    {"free_middle", die_free_middle},
    {"stack", die_stack},
    {"recursion", die_recursion},
    {"return", die_return},
    {"mutex", die_mutex},
    {"null_queue", die_null_queue},
    {"delete_twice", die_delete_twice},
    {"exit", die_exit},
    {"critical", die_critical},
    {"above_tcpip", die_above_tcpip},
};

void app_main(void) {
  char line[32];
  example_configure_stdin_stdout();
  fgets(line, sizeof(line), stdin);
  line[strcspn(line, "\n")] = '\0';
  for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
    if (strcmp(ways[i].name, line) == 0) {
      ways[i].run();
    }
  }
  ESP_LOGE("panics", "still alive");
}
