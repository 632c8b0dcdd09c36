#include "check.h"

static void say(void *arg) {
  TELL("%s", (const char *)arg);
  vTaskDelete(NULL);
}

static void say_for_ever(void *arg) {
  for (;;) {
    TELL("%s", (const char *)arg);
    vTaskDelay(1);
  }
}

static void yield_twice(void *arg) {
  for (int i = 0; i < 2; i++) {
    TELL("%s", (const char *)arg);
    taskYIELD();
  }
  vTaskDelete(NULL);
}

static void own_name(void *arg) {
  TELL("%s %d ", pcTaskGetName(NULL), (int)uxTaskPriorityGet(NULL));
  CHECK(xTaskGetCurrentTaskHandle() == *(TaskHandle_t *)arg);
  vTaskDelete(NULL);
}

static StackType_t static_stack[2048];
static StaticTask_t static_task;

void test_tasks(void) {
  CHECK(strcmp(pcTaskGetName(NULL), "main") == 0);
  CHECK(uxTaskPriorityGet(NULL) == 1);
  /* A task of higher priority runs at once, one of the same when this one waits, in order of creation. */
  xTaskCreate(say, "high", 2048, "h", 5, NULL);
  xTaskCreate(say, "same", 2048, "1", 1, NULL);
  xTaskCreate(say, "same", 2048, "2", 1, NULL);
  xTaskCreate(say, "above tcpip", 2048, "H", 20, NULL);
  TELL("m");
  vTaskDelay(1);
  CHECK_STORY("hHm12");

  xTaskCreate(yield_twice, "a", 2048, "a", 5, NULL);
  vTaskPrioritySet(NULL, 6);
  xTaskCreate(yield_twice, "b", 2048, "b", 5, NULL);
  xTaskCreate(yield_twice, "c", 2048, "c", 5, NULL);
  TELL("m");
  vTaskPrioritySet(NULL, 1);
  CHECK_STORY("aambcbc");

  TaskHandle_t t;
  CHECK(xTaskCreate(say_for_ever, "loop", 2048, "l", 2, &t) == pdPASS);
  vTaskDelay(3);
  vTaskDelete(t);
  vTaskDelay(3);
  CHECK_STORY("lll");
  CHECK(uxTaskGetNumberOfTasks() == 1);

  TaskHandle_t s = xTaskCreateStatic(own_name, "a name that is too long", sizeof(static_stack), &s, 0, static_stack,
                                     &static_task);
  CHECK(s == (TaskHandle_t)&static_task && xTaskGetHandle("a name that is ") == s);
  CHECK(eTaskGetState(s) == eReady && eTaskGetState(NULL == s ? NULL : xTaskGetCurrentTaskHandle()) == eRunning);
  vTaskDelay(1);
  CHECK_STORY("a name that is  0 ");

  TickType_t begin = xTaskGetTickCount();
  vTaskDelay(7);
  CHECK(xTaskGetTickCount() - begin == 7);
  TickType_t wake = xTaskGetTickCount();
  for (int i = 0; i < 3; i++) {
    vTaskDelay(2);
    vTaskDelayUntil(&wake, 5);
  }
  CHECK(xTaskGetTickCount() - begin == 7 + 15);
  CHECK(uxTaskGetStackHighWaterMark(NULL) > 500 && uxTaskGetStackHighWaterMark(NULL) < 3584);
  /* More than the heap has. */
  CHECK(xTaskCreate(say, "huge", 1000000, "x", 5, NULL) == errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY);
}

static void wait_long(void *arg) {
  uint32_t n = ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
  TELL("%d", (int)n);
  vTaskDelete(NULL);
}

static void suspend_self(void *arg) {
  TELL("a");
  vTaskSuspend(NULL);
  TELL("b");
  vTaskDelete(NULL);
}

static void delay_long(void *arg) {
  vTaskDelay(1000);
  TELL("z");
  vTaskDelete(NULL);
}

void test_suspend(void) {
  TaskHandle_t t;
  xTaskCreate(suspend_self, "self", 2048, NULL, 5, &t);
  TELL("m");
  CHECK(eTaskGetState(t) == eSuspended);
  vTaskResume(t);
  CHECK_STORY("amb");
  /* Suspended while it waits: what it waited for comes meanwhile. */
  xTaskCreate(wait_long, "wait", 2048, NULL, 5, &t);
  CHECK(eTaskGetState(t) == eBlocked);
  vTaskSuspend(t);
  xTaskNotifyGive(t);
  TELL("m");
  vTaskResume(t);
  CHECK_STORY("m1");
  xTaskCreate(delay_long, "delay", 2048, NULL, 5, &t);
  TickType_t begin = xTaskGetTickCount();
  CHECK(xTaskAbortDelay(t) == pdPASS);
  CHECK(xTaskGetTickCount() == begin);
  CHECK_STORY("z");
}

static void helper(void *arg) {
  TELL("h");
  vTaskDelete(NULL);
}

void test_critical(void) {
  static portMUX_TYPE mux = portMUX_INITIALIZER_UNLOCKED;
  taskENTER_CRITICAL(&mux);
  taskENTER_CRITICAL(&mux);
  taskEXIT_CRITICAL(&mux);
  TELL("c");
  taskEXIT_CRITICAL(&mux);
  vTaskSuspendAll();
  CHECK(xTaskGetSchedulerState() == taskSCHEDULER_SUSPENDED);
  xTaskCreate(helper, "h", 2048, NULL, 5, NULL);
  TELL("m");
  xTaskResumeAll();
  TELL("e");
  CHECK_STORY("cmhe");
}

/* Locals of every kind survive being suspended at any depth. */
static double deep(int n, long long a, double d, float f, char c, const char *s) {
  char room[24];
  memset(room, n, sizeof(room));
  if (n % 3 == 0) {
    vTaskDelay(1);
  }
  double below = n == 0 ? 0 : deep(n - 1, a * 3 + 1, d * 1.5, f + 1, c + 1, s);
  for (unsigned i = 0; i < sizeof(room); i++) {
    CHECK(room[i] == n);
  }
  CHECK(strcmp(s, "text") == 0);
  return below + (double)(a % 1000) + d + f + c;
}

static double deep_without_waiting(int n, long long a, double d, float f, char c) {
  double below = n == 0 ? 0 : deep_without_waiting(n - 1, a * 3 + 1, d * 1.5, f + 1, c + 1);
  return below + (double)(a % 1000) + d + f + c;
}

static void many(void *arg) {
  double *sum = arg;
  *sum = deep(20, 1, 2, 3, 'A', "text");
  vTaskDelete(NULL);
}

void test_deep(void) {
  static double sums[20];
  for (int i = 0; i < 20; i++) {
    xTaskCreate(many, "deep", 6144, &sums[i], 3, NULL);
  }
  vTaskDelay(20);
  for (int i = 0; i < 20; i++) {
    CHECK(sums[i] == deep_without_waiting(20, 1, 2, 3, 'A'));
  }
}
