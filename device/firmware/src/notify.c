/* FreeRTOS task notifications. Source: FreeRTOS tasks.c */
#include "freertos/task.h"
#include "host.h"

enum { NOT_WAITING, WAITING, RECEIVED };

static void check_index(UBaseType_t index) {
  if (index >= configTASK_NOTIFICATION_ARRAY_ENTRIES || index >= ESP_NOTIFICATIONS) {
    esp_panic("assert", "assert failed: notification index %u, and a task has %d", index,
              configTASK_NOTIFICATION_ARRAY_ENTRIES);
  }
}

/* Tasks that wait for any index wait in one list: there is one waiter, the task itself. */
BaseType_t xTaskGenericNotify(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action,
                              uint32_t *previous) {
  check_index(index);
  if (task == NULL) {
    esp_panic("assert", "assert failed: xTaskGenericNotify(): the task is NULL");
  }
  BaseType_t result = pdPASS;
  uint32_t *to = &task->notify_value[index];
  uint8_t before = task->notify_state[index];
  if (previous != NULL) {
    *previous = *to;
  }
  task->notify_state[index] = RECEIVED;
  switch (action) {
    case eSetBits:
      *to |= value;
      break;
    case eIncrement:
      (*to)++;
      break;
    case eSetValueWithOverwrite:
      *to = value;
      break;
    case eSetValueWithoutOverwrite:
      if (before == RECEIVED) {
        result = pdFAIL;
      } else {
        *to = value;
      }
      break;
    case eNoAction:
      break;
  }
  if (before == WAITING) {
    esp_wake(&task->notify_waiters);
  }
  return result;
}

BaseType_t xTaskGenericNotifyFromISR(TaskHandle_t task, UBaseType_t index, uint32_t value, eNotifyAction action,
                                     uint32_t *previous, BaseType_t *woken) {
  (void)woken;
  return xTaskGenericNotify(task, index, value, action, previous);
}

void vTaskGenericNotifyGiveFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *woken) {
  (void)woken;
  xTaskGenericNotify(task, index, 0, eIncrement, NULL);
}

/* Wait as long as there is nothing: no notification, or for ulTaskNotifyTake() a value of 0. */
static void wait_for(UBaseType_t index, bool for_value, TickType_t ticks, const char *call) {
  struct tskTaskControlBlock *self = esp_current;
  struct esp_wait wait = ESP_WAIT(ticks);
  while (for_value ? self->notify_value[index] == 0 : self->notify_state[index] != RECEIVED) {
    self->notify_state[index] = WAITING;
    if (!esp_wait_on(&self->notify_waiters, &wait, call)) {
      return;
    }
  }
}

BaseType_t xTaskGenericNotifyWait(UBaseType_t index, uint32_t clear_on_entry, uint32_t clear_on_exit, uint32_t *value,
                                  TickType_t ticks) {
  check_index(index);
  struct tskTaskControlBlock *self = esp_current;
  if (self->notify_state[index] != RECEIVED) {
    self->notify_value[index] &= ~clear_on_entry;
    wait_for(index, false, ticks, "xTaskNotifyWait");
  }
  if (value != NULL) {
    *value = self->notify_value[index];
  }
  bool has_received = self->notify_state[index] == RECEIVED;
  if (has_received) {
    self->notify_value[index] &= ~clear_on_exit;
  }
  self->notify_state[index] = NOT_WAITING;
  return has_received;
}

uint32_t ulTaskGenericNotifyTake(UBaseType_t index, BaseType_t clear_on_exit, TickType_t ticks) {
  check_index(index);
  struct tskTaskControlBlock *self = esp_current;
  wait_for(index, true, ticks, "ulTaskNotifyTake");
  uint32_t value = self->notify_value[index];
  if (value != 0) {
    self->notify_value[index] = clear_on_exit ? 0 : value - 1;
  }
  self->notify_state[index] = NOT_WAITING;
  return value;
}

BaseType_t xTaskGenericNotifyStateClear(TaskHandle_t handle, UBaseType_t index) {
  struct tskTaskControlBlock *task = handle == NULL ? esp_current : handle;
  check_index(index);
  if (task->notify_state[index] != RECEIVED) {
    return pdFAIL;
  }
  task->notify_state[index] = NOT_WAITING;
  return pdPASS;
}

uint32_t ulTaskGenericNotifyValueClear(TaskHandle_t handle, UBaseType_t index, uint32_t bits) {
  struct tskTaskControlBlock *task = handle == NULL ? esp_current : handle;
  check_index(index);
  uint32_t before = task->notify_value[index];
  task->notify_value[index] &= ~bits;
  return before;
}
