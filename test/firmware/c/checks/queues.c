#include "check.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"

static QueueHandle_t q;

struct item {
  int id;
  char text[8];
};

static void produce(void *arg) {
  for (int i = 0; i < 5; i++) {
    struct item item = {i, "abc"};
    TELL("p");
    CHECK(xQueueSend(q, &item, portMAX_DELAY) == pdTRUE);
  }
  vTaskDelete(NULL);
}

static void consume(void *arg) {
  for (int i = 0; i < 5; i++) {
    struct item item;
    CHECK(xQueueReceive(q, &item, portMAX_DELAY) == pdTRUE);
    CHECK(item.id == i && strcmp(item.text, "abc") == 0);
    TELL("c");
  }
  struct item none;
  TickType_t begin = xTaskGetTickCount();
  CHECK(xQueueReceive(q, &none, 5) == errQUEUE_EMPTY);
  CHECK(xTaskGetTickCount() - begin == 5);
  vTaskDelete(NULL);
}

/* Waits for an item that a task of higher priority snatches: the wait goes on, and ends in time. */
static void hope(void *arg) {
  int x;
  TickType_t begin = xTaskGetTickCount();
  BaseType_t got = xQueueReceive(q, &x, 10);
  TELL("hope %d after %d. ", (int)got, (int)(xTaskGetTickCount() - begin));
  vTaskDelete(NULL);
}

static void snatch(void *arg) {
  int x;
  vTaskDelay(5);
  x = 1;
  xQueueSend(q, &x, 0);
  CHECK(xQueueReceive(q, &x, 0) == pdTRUE);
  vTaskDelete(NULL);
}

void test_queues(void) {
  q = xQueueCreate(2, sizeof(struct item));
  xTaskCreate(consume, "consumer", 2048, NULL, 7, NULL);
  xTaskCreate(produce, "producer", 2048, NULL, 6, NULL);
  vTaskDelay(20);
  CHECK_STORY("pcpcpcpcpc");
  xTaskCreate(produce, "producer", 2048, NULL, 7, NULL);
  xTaskCreate(consume, "consumer", 2048, NULL, 6, NULL);
  vTaskDelay(20);
  CHECK_STORY("ppppcpcccc");
  vQueueDelete(q);

  q = xQueueCreate(3, sizeof(int));
  int x = 0;
  for (int i = 1; i <= 3; i++) {
    CHECK(xQueueSendToFront(q, &i, 0) == pdTRUE);
  }
  CHECK(xQueueSend(q, &x, 0) == errQUEUE_FULL && uxQueueSpacesAvailable(q) == 0 && uxQueueMessagesWaiting(q) == 3);
  TickType_t begin = xTaskGetTickCount();
  CHECK(xQueueSend(q, &x, 4) == errQUEUE_FULL && xTaskGetTickCount() - begin == 4);
  CHECK(xQueuePeek(q, &x, 0) == pdTRUE && x == 3 && uxQueueMessagesWaiting(q) == 3);
  CHECK(xQueueReceive(q, &x, 0) == pdTRUE && x == 3);
  CHECK(xQueueReceiveFromISR(q, &x, NULL) == pdTRUE && x == 2);
  CHECK(xQueueReset(q) == pdPASS && uxQueueMessagesWaiting(q) == 0);

  xTaskCreate(hope, "hope", 2048, NULL, 2, NULL);
  xTaskCreate(snatch, "snatch", 2048, NULL, 3, NULL);
  vTaskDelay(20);
  CHECK_STORY("hope 0 after 10. ");
  vQueueDelete(q);

  static StaticQueue_t buffer;
  static uint8_t storage[sizeof(int)];
  q = xQueueCreateStatic(1, sizeof(int), storage, &buffer);
  for (x = 0; x < 3; x++) {
    CHECK(xQueueOverwrite(q, &x) == pdPASS);
  }
  CHECK(xQueueReceive(q, &x, 0) == pdTRUE && x == 2 && uxQueueMessagesWaiting(q) == 0);
  vQueueDelete(q);
  CHECK(xQueueCreate(1000, 1000) == NULL);
}

static SemaphoreHandle_t s;

static void take(void *arg) {
  CHECK(xSemaphoreTake(s, portMAX_DELAY) == pdTRUE);
  TELL("%s", (const char *)arg);
  vTaskDelete(NULL);
}

void test_semaphores(void) {
  s = xSemaphoreCreateBinary();
  CHECK(xSemaphoreTake(s, 2) == pdFALSE);
  CHECK(xSemaphoreGive(s) == pdTRUE && xSemaphoreGive(s) == pdFALSE);
  CHECK(xSemaphoreTake(s, 0) == pdTRUE);
  /* The highest priority first, the first among equals. */
  xTaskCreate(take, "low", 2048, "l", 2, NULL);
  xTaskCreate(take, "mid", 2048, "1", 3, NULL);
  xTaskCreate(take, "mid", 2048, "2", 3, NULL);
  xTaskCreate(take, "high", 2048, "h", 4, NULL);
  for (int i = 0; i < 4; i++) {
    xSemaphoreGiveFromISR(s, NULL);
  }
  CHECK_STORY("h12l");
  vSemaphoreDelete(s);
  s = xSemaphoreCreateCounting(3, 1);
  CHECK(uxSemaphoreGetCount(s) == 1);
  CHECK(xSemaphoreGive(s) && xSemaphoreGive(s) && !xSemaphoreGive(s));
  for (int i = 0; i < 3; i++) {
    CHECK(xSemaphoreTake(s, 0));
  }
  CHECK(!xSemaphoreTake(s, 0));
  vSemaphoreDelete(s);
}

static SemaphoreHandle_t m;

static void low(void *arg) {
  xSemaphoreTake(m, portMAX_DELAY);
  TELL("l%d ", (int)uxTaskPriorityGet(NULL));
  vTaskDelay(2);
  TELL("l%d ", (int)uxTaskPriorityGet(NULL));
  xSemaphoreGive(m);
  TELL("l%d ", (int)uxTaskPriorityGet(NULL));
  vTaskDelete(NULL);
}

/* Would keep the low one from running if that had not inherited a higher priority. */
static void middle(void *arg) {
  vTaskDelay(1);
  for (TickType_t end = xTaskGetTickCount() + 5; xTaskGetTickCount() < end;) {
    vTaskDelay(0);
  }
  TELL("m ");
  vTaskDelete(NULL);
}

static void high(void *arg) {
  vTaskDelay(1);
  BaseType_t got = xSemaphoreTake(m, (TickType_t)(uintptr_t)arg);
  TELL("h%d ", (int)got);
  if (got) {
    xSemaphoreGive(m);
  }
  vTaskDelete(NULL);
}

void test_mutexes(void) {
  m = xSemaphoreCreateMutex();
  xTaskCreate(low, "low", 2048, NULL, 2, NULL);
  xTaskCreate(high, "high", 2048, (void *)(uintptr_t)portMAX_DELAY, 6, NULL);
  xTaskCreate(middle, "middle", 2048, NULL, 4, NULL);
  vTaskDelay(20);
  CHECK_STORY("l2 l6 h1 m l2 ");
  /* Who gives up waiting takes its priority back. */
  xSemaphoreTake(m, portMAX_DELAY);
  xTaskCreate(high, "high", 2048, (void *)2, 6, NULL);
  vTaskDelay(1);
  CHECK(uxTaskPriorityGet(NULL) == 6 && xSemaphoreGetMutexHolder(m) == xTaskGetCurrentTaskHandle());
  vTaskDelay(3);
  CHECK(uxTaskPriorityGet(NULL) == 1);
  xSemaphoreGive(m);
  CHECK_STORY("h0 ");
  CHECK(xSemaphoreTake(m, 0) && !xSemaphoreTake(m, 1) && xSemaphoreGive(m));
  vSemaphoreDelete(m);
  m = xSemaphoreCreateRecursiveMutex();
  CHECK(xSemaphoreTakeRecursive(m, 0) && xSemaphoreTakeRecursive(m, 0));
  CHECK(xSemaphoreGiveRecursive(m) && xSemaphoreGetMutexHolder(m) != NULL);
  CHECK(xSemaphoreGiveRecursive(m) && xSemaphoreGetMutexHolder(m) == NULL && !xSemaphoreGiveRecursive(m));
  vSemaphoreDelete(m);
}

static void feed(void *arg) {
  int x = 7;
  vTaskDelay(1);
  xSemaphoreGive(s);
  vTaskDelay(1);
  xQueueSend(q, &x, 0);
  vTaskDelete(NULL);
}

void test_queue_sets(void) {
  QueueSetHandle_t set = xQueueCreateSet(3);
  q = xQueueCreate(2, sizeof(int));
  s = xSemaphoreCreateBinary();
  CHECK(xQueueAddToSet(q, set) && xQueueAddToSet(s, set) && !xQueueAddToSet(q, set));
  CHECK(xQueueSelectFromSet(set, 1) == NULL);
  xTaskCreate(feed, "feed", 2048, NULL, 5, NULL);
  CHECK(xQueueSelectFromSet(set, 10) == s && xSemaphoreTake(s, 0));
  CHECK(xQueueSelectFromSet(set, 10) == q);
  int x = 0;
  CHECK(xQueueReceive(q, &x, 0) && x == 7);
  CHECK(xQueueRemoveFromSet(q, set) == pdPASS);
}
