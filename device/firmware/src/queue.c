/* FreeRTOS queues, semaphores and mutexes: a queue without items counts, a mutex has a holder that inherits the
 * priority of the highest that waits for it. Source: FreeRTOS queue.c, tasks.c */
#include <stdlib.h>
#include <string.h>
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "host.h"

struct QueueDefinition {
  UBaseType_t length;
  UBaseType_t item_size;
  UBaseType_t count;
  UBaseType_t first;
  uint8_t *storage;
  struct esp_waiters receivers;
  struct esp_waiters senders;
  TaskHandle_t holder; /* of a mutex */
  UBaseType_t depth;   /* of a recursive mutex */
  struct QueueDefinition *set;
  const char *name;
  uint8_t type;
  bool is_static;
};
_Static_assert(sizeof(struct QueueDefinition) <= sizeof(StaticQueue_t), "a queue fits what programs allocate for it");

static bool is_mutex(QueueHandle_t q) {
  return q->type == queueQUEUE_TYPE_MUTEX || q->type == queueQUEUE_TYPE_RECURSIVE_MUTEX;
}

static void check(const void *handle, const char *function) {
  if (handle == NULL) {
    esp_panic("assert", "assert failed: %s(): the queue, semaphore or mutex is NULL", function);
  }
}

/* Creating and deleting */

static QueueHandle_t init(QueueHandle_t q, UBaseType_t length, UBaseType_t item_size, uint8_t *storage, uint8_t type) {
  q->length = length;
  q->item_size = item_size;
  q->storage = storage;
  q->type = type;
  return q;
}

QueueHandle_t xQueueGenericCreate(const UBaseType_t length, const UBaseType_t item_size, const uint8_t type) {
  size_t bytes;
  if (length == 0 || __builtin_mul_overflow(length, item_size, &bytes) || bytes > SIZE_MAX / 2) {
    return NULL;
  }
  uint8_t *memory = calloc(1, sizeof(StaticQueue_t) + bytes);
  return memory == NULL ? NULL : init((QueueHandle_t)memory, length, item_size, memory + sizeof(StaticQueue_t), type);
}

QueueHandle_t xQueueGenericCreateStatic(const UBaseType_t length, const UBaseType_t item_size, uint8_t *storage,
                                        StaticQueue_t *buffer, const uint8_t type) {
  if (length == 0 || buffer == NULL || (storage == NULL) != (item_size == 0)) {
    return NULL;
  }
  QueueHandle_t q = memset(buffer, 0, sizeof(*buffer));
  q->is_static = true;
  return init(q, length, item_size, storage, type);
}

void vQueueDelete(QueueHandle_t q) {
  check(q, "vQueueDelete");
  host_forget(&q->receivers);
  host_forget(&q->senders);
  if (!q->is_static) {
    free(q);
  }
}

static QueueHandle_t with_count(QueueHandle_t q, UBaseType_t count) {
  if (q != NULL) {
    q->count = count;
  }
  return q;
}

QueueHandle_t xQueueCreateMutex(const uint8_t type) { return with_count(xQueueGenericCreate(1, 0, type), 1); }

QueueHandle_t xQueueCreateMutexStatic(const uint8_t type, StaticQueue_t *buffer) {
  return with_count(xQueueGenericCreateStatic(1, 0, NULL, buffer, type), 1);
}

QueueHandle_t xQueueCreateCountingSemaphore(const UBaseType_t max, const UBaseType_t initial) {
  return initial > max ? NULL
                       : with_count(xQueueGenericCreate(max, 0, queueQUEUE_TYPE_COUNTING_SEMAPHORE), initial);
}

QueueHandle_t xQueueCreateCountingSemaphoreStatic(const UBaseType_t max, const UBaseType_t initial,
                                                  StaticQueue_t *buffer) {
  return initial > max ? NULL
                       : with_count(xQueueGenericCreateStatic(max, 0, NULL, buffer, queueQUEUE_TYPE_COUNTING_SEMAPHORE),
                                    initial);
}

/* Priority inheritance */

static void change_priority(TaskHandle_t task, UBaseType_t priority) {
  if (task->priority != priority) {
    task->priority = priority;
    host_task_priority(task, priority);
  }
}

static void inherit(QueueHandle_t q) {
  if (q->holder != NULL && q->holder->priority < esp_current->priority) {
    change_priority(q->holder, esp_current->priority);
  }
}

/* A waiter has given up: the holder keeps no more than the highest of those that still wait. */
static void disinherit_after_timeout(QueueHandle_t q) {
  TaskHandle_t holder = q->holder;
  if (holder == NULL || holder->mutexes_held != 1) {
    return;
  }
  int top = host_top_waiter(&q->receivers);
  UBaseType_t priority = holder->own_priority;
  if (top > (int)priority) {
    priority = (UBaseType_t)top;
  }
  if (priority < holder->priority) {
    change_priority(holder, priority);
  }
}

static void give_back(QueueHandle_t q) {
  TaskHandle_t holder = q->holder;
  q->holder = NULL;
  if (holder == NULL) {
    return;
  }
  if (holder != esp_current) {
    esp_panic("assert", "assert failed: xTaskPriorityDisinherit(): task \"%s\" gives a mutex that task \"%s\" holds",
              esp_current->name, holder->name);
  }
  if (--holder->mutexes_held == 0) {
    change_priority(holder, holder->own_priority);
  }
}

static void hold(QueueHandle_t q) {
  q->holder = esp_current;
  esp_current->mutexes_held++;
}

/* Sending */

static void put(QueueHandle_t q, const void *item, BaseType_t position) {
  if (is_mutex(q)) {
    give_back(q);
  }
  UBaseType_t at = (q->first + q->count) % q->length;
  if (position == queueOVERWRITE && q->count > 0) {
    at = q->first;
  } else {
    if (position == queueSEND_TO_FRONT) {
      q->first = (q->first + q->length - 1) % q->length;
      at = q->first;
    }
    q->count++;
  }
  if (q->item_size > 0) {
    memcpy(q->storage + at * q->item_size, item, q->item_size);
  }
}

static void announce(QueueHandle_t q, bool is_new) {
  struct QueueDefinition *set = q->set;
  if (set == NULL) {
    esp_wake(&q->receivers);
  } else if (is_new && set->count < set->length) {
    put(set, &q, queueSEND_TO_BACK);
    esp_wake(&set->receivers);
  }
  esp_give_way();
}

BaseType_t xQueueGenericSend(QueueHandle_t q, const void *const item, TickType_t ticks, const BaseType_t position) {
  check(q, "xQueueGenericSend");
  struct esp_wait wait = ESP_WAIT(ticks);
  while (q->count >= q->length && position != queueOVERWRITE) {
    if (!esp_wait_on(&q->senders, &wait, "xQueueSend")) {
      return errQUEUE_FULL;
    }
  }
  bool is_new = q->count < q->length;
  put(q, item, position);
  announce(q, is_new);
  return pdPASS;
}

BaseType_t xQueueGenericSendFromISR(QueueHandle_t q, const void *const item, BaseType_t *const woken,
                                    const BaseType_t position) {
  (void)woken;
  return xQueueGenericSend(q, item, 0, position);
}

BaseType_t xQueueGiveFromISR(QueueHandle_t q, BaseType_t *const woken) {
  (void)woken;
  return xQueueGenericSend(q, NULL, 0, queueSEND_TO_BACK);
}

/* Receiving */

static void copy_first(QueueHandle_t q, void *to) {
  if (q->item_size > 0 && to != NULL) {
    memcpy(to, q->storage + q->first * q->item_size, q->item_size);
  }
}

BaseType_t esp_queue_receive(QueueHandle_t q, void *to, TickType_t ticks, const char *call) {
  struct esp_wait wait = ESP_WAIT(ticks);
  while (q->count == 0) {
    if (!esp_wait_on(&q->receivers, &wait, call)) {
      return errQUEUE_EMPTY;
    }
  }
  copy_first(q, to);
  q->first = (q->first + 1) % q->length;
  q->count--;
  esp_wake(&q->senders);
  return pdPASS;
}

BaseType_t xQueueReceive(QueueHandle_t q, void *const to, TickType_t ticks) {
  check(q, "xQueueReceive");
  return esp_queue_receive(q, to, ticks, "xQueueReceive");
}

BaseType_t xQueueReceiveFromISR(QueueHandle_t q, void *const to, BaseType_t *const woken) {
  (void)woken;
  return xQueueReceive(q, to, 0);
}

BaseType_t xQueuePeek(QueueHandle_t q, void *const to, TickType_t ticks) {
  check(q, "xQueuePeek");
  struct esp_wait wait = ESP_WAIT(ticks);
  while (q->count == 0) {
    if (!esp_wait_on(&q->receivers, &wait, "xQueuePeek")) {
      return errQUEUE_EMPTY;
    }
  }
  copy_first(q, to);
  esp_wake(&q->receivers); /* the item is still there for the next one */
  return pdPASS;
}

BaseType_t xQueuePeekFromISR(QueueHandle_t q, void *const to) { return xQueuePeek(q, to, 0); }

BaseType_t xQueueGenericReset(QueueHandle_t q, BaseType_t is_new) {
  (void)is_new;
  check(q, "xQueueGenericReset");
  q->count = 0;
  q->first = 0;
  esp_wake(&q->senders);
  return pdPASS;
}

/* Semaphores and mutexes */

BaseType_t xQueueSemaphoreTake(QueueHandle_t q, TickType_t ticks) {
  check(q, "xQueueSemaphoreTake");
  struct esp_wait wait = ESP_WAIT(ticks);
  bool has_waited = false;
  while (q->count == 0) {
    if (is_mutex(q) && ticks != 0) {
      inherit(q);
    }
    if (!esp_wait_on(&q->receivers, &wait, "xSemaphoreTake")) {
      if (has_waited && is_mutex(q)) {
        disinherit_after_timeout(q);
      }
      return errQUEUE_EMPTY;
    }
    has_waited = true;
  }
  q->count--;
  if (is_mutex(q)) {
    hold(q);
  }
  return pdPASS;
}

BaseType_t xQueueTakeMutexRecursive(QueueHandle_t q, TickType_t ticks) {
  check(q, "xQueueTakeMutexRecursive");
  if (q->holder != esp_current && xQueueSemaphoreTake(q, ticks) != pdPASS) {
    return pdFAIL;
  }
  q->depth++;
  return pdPASS;
}

BaseType_t xQueueGiveMutexRecursive(QueueHandle_t q) {
  check(q, "xQueueGiveMutexRecursive");
  if (q->holder != esp_current) {
    return pdFAIL;
  }
  if (--q->depth == 0) {
    xQueueGenericSend(q, NULL, 0, queueSEND_TO_BACK);
  }
  return pdPASS;
}

TaskHandle_t xQueueGetMutexHolder(QueueHandle_t q) { return is_mutex(q) ? q->holder : NULL; }

TaskHandle_t xQueueGetMutexHolderFromISR(QueueHandle_t q) { return xQueueGetMutexHolder(q); }

/* Looking at queues */

UBaseType_t uxQueueMessagesWaiting(const QueueHandle_t q) { return q->count; }

UBaseType_t uxQueueMessagesWaitingFromISR(const QueueHandle_t q) { return q->count; }

UBaseType_t uxQueueSpacesAvailable(const QueueHandle_t q) { return q->length - q->count; }

BaseType_t xQueueIsQueueEmptyFromISR(const QueueHandle_t q) { return q->count == 0; }

BaseType_t xQueueIsQueueFullFromISR(const QueueHandle_t q) { return q->count == q->length; }

void vQueueAddToRegistry(QueueHandle_t q, const char *name) { q->name = name; }

void vQueueUnregisterQueue(QueueHandle_t q) { q->name = NULL; }

const char *pcQueueGetName(QueueHandle_t q) { return q->name; }

/* Queue sets: a queue of the queues that have got something. */

QueueSetHandle_t xQueueCreateSet(const UBaseType_t length) {
  return xQueueGenericCreate(length, sizeof(QueueHandle_t), queueQUEUE_TYPE_SET);
}

BaseType_t xQueueAddToSet(QueueSetMemberHandle_t q, QueueSetHandle_t set) {
  if (q->set != NULL || q->count != 0) {
    return pdFAIL;
  }
  q->set = set;
  return pdPASS;
}

BaseType_t xQueueRemoveFromSet(QueueSetMemberHandle_t q, QueueSetHandle_t set) {
  if (q->set != set || q->count != 0) {
    return pdFAIL;
  }
  q->set = NULL;
  return pdPASS;
}

QueueSetMemberHandle_t xQueueSelectFromSet(QueueSetHandle_t set, const TickType_t ticks) {
  QueueSetMemberHandle_t q = NULL;
  return esp_queue_receive(set, &q, ticks, "xQueueSelectFromSet") == pdPASS ? q : NULL;
}

QueueSetMemberHandle_t xQueueSelectFromSetFromISR(QueueSetHandle_t set) { return xQueueSelectFromSet(set, 0); }
