#include "check.h"
#include "esp_timer.h"
#include "freertos/event_groups.h"
#include "freertos/message_buffer.h"
#include "freertos/timers.h"

static EventGroupHandle_t group;

static void wait_any(void *arg) {
  EventBits_t bits = xEventGroupWaitBits(group, 0x03, pdFALSE, pdFALSE, portMAX_DELAY);
  TELL("any %x ", (unsigned)bits);
  vTaskDelete(NULL);
}

static void wait_all(void *arg) {
  EventBits_t bits = xEventGroupWaitBits(group, 0x03, pdTRUE, pdTRUE, portMAX_DELAY);
  TELL("all %x ", (unsigned)bits);
  vTaskDelete(NULL);
}

static void sync(void *arg) {
  EventBits_t own = (EventBits_t)(uintptr_t)arg;
  vTaskDelay(own);
  xEventGroupSync(group, own, 0x07, portMAX_DELAY);
  TELL("s%d@%d ", (int)own, (int)xTaskGetTickCount());
  vTaskDelete(NULL);
}

void test_event_groups(void) {
  group = xEventGroupCreate();
  xTaskCreate(wait_any, "any", 2048, NULL, 5, NULL);
  xTaskCreate(wait_all, "all", 2048, NULL, 5, NULL);
  CHECK(xEventGroupSetBits(group, 0x11) == 0x11);
  CHECK_STORY("any 11 ");
  xEventGroupSetBits(group, 0x02);
  CHECK_STORY("all 13 ");
  CHECK(xEventGroupGetBits(group) == 0x10);
  CHECK(xEventGroupClearBits(group, 0x10) == 0x10);
  TickType_t begin = xTaskGetTickCount();
  CHECK(xEventGroupWaitBits(group, 0x04, pdTRUE, pdFALSE, 3) == 0 && xTaskGetTickCount() - begin == 3);
  TaskHandle_t t;
  xTaskCreate(wait_any, "any", 2048, NULL, 5, &t);
  vTaskDelete(t);
  xEventGroupSetBits(group, 0x01);
  CHECK_STORY("");
  xEventGroupClearBits(group, 0x01);
  begin = xTaskGetTickCount();
  xTaskCreate(sync, "s1", 2048, (void *)1, 5, NULL);
  xTaskCreate(sync, "s2", 2048, (void *)2, 5, NULL);
  xTaskCreate(sync, "s4", 2048, (void *)4, 5, NULL);
  vTaskDelay(10);
  char expected[64];
  snprintf(expected, sizeof(expected), "s4@%d s1@%d s2@%d ", (int)begin + 4, (int)begin + 4, (int)begin + 4);
  CHECK_STORY(expected);
  CHECK(xEventGroupGetBits(group) == 0);
  vEventGroupDelete(group);
}

static void receive(void *arg) {
  uint32_t value;
  for (int i = 0; i < 4; i++) {
    BaseType_t got = xTaskNotifyWait(0, 0xffffffff, &value, 5);
    TELL("%d:%x ", (int)got, (unsigned)value);
  }
  for (int i = 0; i < 3; i++) {
    uint32_t n = ulTaskNotifyTake(i > 0, i == 0 ? portMAX_DELAY : 1);
    TELL("take %u ", (unsigned)n);
  }
  vTaskDelete(NULL);
}

void test_notifications(void) {
  TaskHandle_t t;
  uint32_t before;
  xTaskCreate(receive, "receive", 2048, NULL, 5, &t);
  xTaskNotify(t, 0x05, eSetBits);
  xTaskNotify(t, 0x77, eSetValueWithOverwrite);
  CHECK(xTaskNotify(t, 0x88, eSetValueWithoutOverwrite) == pdPASS);
  vTaskDelay(6);
  CHECK_STORY("1:5 1:77 1:88 0:0 ");
  vTaskSuspendAll();
  xTaskNotifyGive(t);
  CHECK(xTaskNotifyAndQuery(t, 0, eIncrement, &before) == pdPASS && before == 1);
  vTaskNotifyGiveFromISR(t, NULL);
  xTaskResumeAll();
  vTaskDelay(3);
  CHECK_STORY("take 3 take 2 take 0 ");
  xTaskNotify(xTaskGetCurrentTaskHandle(), 9, eSetValueWithOverwrite);
  CHECK(xTaskNotify(xTaskGetCurrentTaskHandle(), 8, eSetValueWithoutOverwrite) == pdFAIL);
  CHECK(xTaskNotifyStateClear(NULL) == pdPASS && xTaskNotifyStateClear(NULL) == pdFAIL);
  CHECK(ulTaskNotifyValueClear(NULL, 1) == 9 && ulTaskNotifyValueClear(NULL, 0) == 8);
}

static void tick(TimerHandle_t timer) {
  TELL("%s@%d ", pcTimerGetName(timer), (int)xTaskGetTickCount());
  CHECK(strcmp(pcTaskGetName(NULL), "Tmr Svc") == 0);
  int *left = pvTimerGetTimerID(timer);
  if (left != NULL && --*left == 0) {
    xTimerStop(timer, 0);
  }
}

static void pended(void *arg, uint32_t n) {
  TELL("%s%u ", (const char *)arg, (unsigned)n);
}

void test_timers(void) {
  int left = 3;
  TimerHandle_t once = xTimerCreate("once", 5, pdFALSE, NULL, tick);
  TimerHandle_t cyclic = xTimerCreate("cyclic", 3, pdTRUE, &left, tick);
  vTaskDelay(10 - xTaskGetTickCount());
  CHECK(xTimerStart(once, 0) && xTimerStart(cyclic, 0));
  vTaskDelay(1);
  CHECK(xTimerIsTimerActive(once) && xTimerGetPeriod(once) == 5);
  vTaskDelay(19);
  CHECK_STORY("cyclic@13 once@15 cyclic@16 cyclic@19 ");
  CHECK(!xTimerIsTimerActive(once) && !xTimerIsTimerActive(cyclic));
  xTimerChangePeriod(once, 2, 0);
  vTaskDelay(1);
  xTimerReset(once, 0);
  xTimerPendFunctionCall(pended, "p", 4, 0);
  vTaskDelay(5);
  CHECK_STORY("p4 once@33 ");
  xTimerDelete(once, 0);
  xTimerDelete(cyclic, 0);
  vTaskDelay(1);
}

static void alarm_rings(void *arg) {
  TELL("%s@%lld ", (const char *)arg, (long long)esp_timer_get_time() % 1000000);
  CHECK(strcmp(pcTaskGetName(NULL), "esp_timer") == 0 && uxTaskPriorityGet(NULL) == 22);
}

void test_esp_timer(void) {
  esp_timer_handle_t once, cyclic;
  esp_timer_create_args_t args = {.callback = alarm_rings, .arg = "o", .name = "once"};
  CHECK(esp_timer_create(&args, &once) == ESP_OK);
  args.arg = "c";
  CHECK(esp_timer_create(&args, &cyclic) == ESP_OK);
  vTaskDelay(100 - xTaskGetTickCount() % 100);
  CHECK(esp_timer_start_once(once, 1234) == ESP_OK);
  CHECK(esp_timer_start_once(once, 1234) == ESP_ERR_INVALID_STATE && esp_timer_is_active(once));
  CHECK(esp_timer_start_periodic(cyclic, 400) == ESP_OK);
  CHECK(esp_timer_delete(cyclic) == ESP_ERR_INVALID_STATE);
  vTaskDelay(0);
  TELL("m ");
  vTaskPrioritySet(NULL, 23);
  vTaskPrioritySet(NULL, 1);
  while (esp_timer_get_time() % 1000000 < 1500) {
    vTaskDelay(1);
    esp_timer_stop(cyclic);
  }
  CHECK(strncmp(story, "m c@400 c@800 c@1200 o@1234 c@1600 ", 34) == 0);
  story[0] = '\0';
  CHECK(esp_timer_stop(cyclic) == ESP_ERR_INVALID_STATE && esp_timer_delete(cyclic) == ESP_OK);
  CHECK(esp_timer_delete(once) == ESP_OK);
}

static StreamBufferHandle_t stream;

static void read_stream(void *arg) {
  char buffer[16];
  for (int i = 0; i < 3; i++) {
    size_t n = xStreamBufferReceive(stream, buffer, sizeof(buffer), 5);
    TELL("%.*s,", (int)n, buffer);
  }
  vTaskDelete(NULL);
}

void test_streams(void) {
  stream = xStreamBufferCreate(8, 4);
  xTaskCreate(read_stream, "reader", 2048, NULL, 5, NULL);
  CHECK(xStreamBufferSend(stream, "ab", 2, 0) == 2);
  CHECK_STORY("");
  CHECK(xStreamBufferSend(stream, "cdef", 4, 0) == 4);
  CHECK_STORY("abcdef,");
  xStreamBufferSend(stream, "xy", 2, 0);
  vTaskDelay(12);
  CHECK_STORY("xy,,");
  CHECK(xStreamBufferSend(stream, "0123456789", 10, 2) == 8 && xStreamBufferIsFull(stream));
  char buffer[16];
  CHECK(xStreamBufferReceive(stream, buffer, 3, 0) == 3 && memcmp(buffer, "012", 3) == 0);
  CHECK(xStreamBufferBytesAvailable(stream) == 5 && xStreamBufferSpacesAvailable(stream) == 3);
  CHECK(xStreamBufferReset(stream) && xStreamBufferIsEmpty(stream));
  vStreamBufferDelete(stream);

  MessageBufferHandle_t messages = xMessageBufferCreate(32);
  CHECK(xMessageBufferSend(messages, "hello", 5, 0) == 5 && xMessageBufferSend(messages, "you", 3, 0) == 3);
  CHECK(xMessageBufferNextLengthBytes(messages) == 5);
  CHECK(xMessageBufferReceive(messages, buffer, 4, 0) == 0);
  CHECK(xMessageBufferReceive(messages, buffer, sizeof(buffer), 0) == 5 && memcmp(buffer, "hello", 5) == 0);
  CHECK(xMessageBufferReceive(messages, buffer, sizeof(buffer), 0) == 3 && memcmp(buffer, "you", 3) == 0);
  CHECK(xMessageBufferReceive(messages, buffer, sizeof(buffer), 2) == 0);
  vMessageBufferDelete(messages);
}
