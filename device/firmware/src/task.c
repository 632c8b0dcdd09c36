/* FreeRTOS tasks. The scheduler is the host's; control blocks and stacks are the board's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "host.h"
#include "sdkconfig.h"

#define STACK_FILL 0xa5

static struct tskTaskControlBlock *all_tasks;
static struct tskTaskControlBlock *dead_tasks;
static uint32_t task_count;
static uint32_t last_number;

/* Creating and deleting */

static void free_task(struct tskTaskControlBlock *task) {
  host_forget(&task->notify_waiters);
  host_forget(&task->bits_wait.waiters);
  if (!task->is_static) {
    free(task->stack);
    free(task);
  }
}

/* The idle task's work: it has run if time has passed. */
void esp_free_dead_tasks(void) {
  while (dead_tasks != NULL && dead_tasks->died_us != host_now_us()) {
    struct tskTaskControlBlock *task = dead_tasks;
    dead_tasks = task->next;
    free_task(task);
  }
}

static void start_task(struct tskTaskControlBlock *task, TaskFunction_t fn, const char *name, void *arg,
                       UBaseType_t priority) {
  if (priority >= configMAX_PRIORITIES) {
    priority = configMAX_PRIORITIES - 1;
  }
  memset(task->stack, STACK_FILL, task->stack_size);
  if (name != NULL) {
    strncpy(task->name, name, ESP_TASK_NAME_LEN - 1);
  }
  task->priority = priority;
  task->own_priority = priority;
  task->number = ++last_number;
  task->next = all_tasks;
  all_tasks = task;
  task_count++;
  host_task_create(task, fn, arg, priority);
  esp_give_way();
}

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t fn, const char *const name, const uint32_t stack_size,
                                   void *const arg, UBaseType_t priority, TaskHandle_t *const created,
                                   const BaseType_t core) {
  (void)core;
  uint8_t *stack = malloc(stack_size);
  struct tskTaskControlBlock *task = calloc(1, sizeof(StaticTask_t));
  if (stack == NULL || task == NULL) {
    free(stack);
    free(task);
    return errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY;
  }
  task->stack = stack;
  task->stack_size = stack_size;
  if (created != NULL) {
    *created = task;
  }
  start_task(task, fn, name, arg, priority);
  return pdPASS;
}

TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t fn, const char *const name, const uint32_t stack_size,
                                           void *const arg, UBaseType_t priority, StackType_t *const stack,
                                           StaticTask_t *const buffer, const BaseType_t core) {
  (void)core;
  if (stack == NULL || buffer == NULL) {
    return NULL;
  }
  struct tskTaskControlBlock *task = memset(buffer, 0, sizeof(*buffer));
  task->stack = stack;
  task->stack_size = stack_size;
  task->is_static = true;
  start_task(task, fn, name, arg, priority);
  return task;
}

TaskHandle_t esp_service_create(TaskFunction_t fn, const char *name, uint32_t stack, UBaseType_t priority) {
  TaskHandle_t task = NULL;
  xTaskCreatePinnedToCore(fn, name, stack, NULL, priority, &task, 0);
  return task;
}

static void unlink_task(struct tskTaskControlBlock *task) {
  struct tskTaskControlBlock **link = &all_tasks;
  while (*link != NULL && *link != task) {
    link = &(*link)->next;
  }
  if (*link == NULL) {
    esp_panic("assert", "assert failed: vTaskDelete(): the task has been deleted already");
  }
  *link = task->next;
  task_count--;
}

void vTaskDelete(TaskHandle_t handle) {
  struct tskTaskControlBlock *task = handle == NULL ? esp_current : handle;
  unlink_task(task);
  esp_bits_forget(task);
  for (int i = 0; i < configNUM_THREAD_LOCAL_STORAGE_POINTERS; i++) {
    if (task->tls_delete[i] != NULL) {
      task->tls_delete[i](i, task->tls[i]);
    }
  }
  if (task != esp_current) {
    host_task_delete(task);
    free_task(task);
    return;
  }
  task->died_us = host_now_us();
  task->next = dead_tasks;
  dead_tasks = task;
  host_task_exit(task);
}

/* The only way into C besides booting: every task starts here, and is resumed here. */
ESP_EXPORT(esp_task_entry) void esp_task_entry(TaskFunction_t fn, void *arg) {
  fn(arg);
  esp_panic("abort", "FreeRTOS: FreeRTOS Task \"%s\" should not return, Aborting now!", esp_current->name);
}

extern void app_main(void);

static void main_task(void *arg) {
  (void)arg;
  app_main();
  vTaskDelete(NULL);
}

ESP_EXPORT(esp_boot) void esp_boot(void) {
  xTaskCreatePinnedToCore(main_task, "main", CONFIG_ESP_MAIN_TASK_STACK_SIZE, NULL, 1, NULL, 0);
}

/* Delays and priorities */

void vTaskDelay(const TickType_t ticks) { host_delay(ticks); }

BaseType_t xTaskDelayUntil(TickType_t *const previous, const TickType_t increment) {
  TickType_t next = *previous + increment;
  *previous = next;
  int32_t left = (int32_t)(next - host_ticks());
  if (left <= 0) {
    return pdFALSE;
  }
  host_delay((TickType_t)left);
  return pdTRUE;
}

BaseType_t xTaskAbortDelay(TaskHandle_t task) {
  if (!host_task_abort_delay(task)) {
    return pdFAIL;
  }
  task->is_aborted = true;
  esp_give_way();
  return pdPASS;
}

static struct tskTaskControlBlock *task_or_self(TaskHandle_t handle) { return handle == NULL ? esp_current : handle; }

UBaseType_t uxTaskPriorityGet(const TaskHandle_t task) { return task_or_self(task)->priority; }

UBaseType_t uxTaskPriorityGetFromISR(const TaskHandle_t task) { return uxTaskPriorityGet(task); }

void vTaskPrioritySet(TaskHandle_t handle, UBaseType_t priority) {
  struct tskTaskControlBlock *task = task_or_self(handle);
  bool has_inherited = task->priority != task->own_priority;
  if (priority >= configMAX_PRIORITIES) {
    priority = configMAX_PRIORITIES - 1;
  }
  task->own_priority = priority;
  if (has_inherited && priority < task->priority) {
    return;
  }
  task->priority = priority;
  host_task_priority(task, priority);
  esp_give_way();
}

void vTaskSuspend(TaskHandle_t handle) {
  struct tskTaskControlBlock *task = task_or_self(handle);
  task->is_suspended = true;
  if (task == esp_current) {
    host_wait(NULL, portMAX_DELAY, "vTaskSuspend");
  } else {
    host_task_suspend(task);
  }
}

void vTaskResume(TaskHandle_t task) {
  if (task->is_suspended) {
    task->is_suspended = false;
    host_task_resume(task);
    esp_give_way();
  }
}

BaseType_t xTaskResumeFromISR(TaskHandle_t task) {
  vTaskResume(task);
  return pdFALSE;
}

/* Critical sections: no other task of the board runs in them, which holds anyway until somebody is woken. */

void vPortEnterCritical(portMUX_TYPE *mux) {
  (void)mux;
  esp_current->critical++;
}

void vPortExitCritical(portMUX_TYPE *mux) {
  (void)mux;
  if (esp_current->critical > 0 && --esp_current->critical == 0) {
    host_give_way();
  }
}

void vTaskSuspendAll(void) { esp_current->critical++; }

BaseType_t xTaskResumeAll(void) {
  vPortExitCritical(NULL);
  return pdFALSE;
}

BaseType_t xTaskGetSchedulerState(void) {
  return esp_current->critical > 0 ? taskSCHEDULER_SUSPENDED : taskSCHEDULER_RUNNING;
}

void vPortYield(void) {
  if (esp_current->critical == 0) {
    host_yield();
  }
}

BaseType_t xPortInIsrContext(void) { return pdFALSE; }

BaseType_t xPortCheckIfInISR(void) { return pdFALSE; }

BaseType_t xPortGetCoreID(void) { return 0; }

BaseType_t xPortGetTickRateHz(void) { return configTICK_RATE_HZ; }

/* Time */

TickType_t xTaskGetTickCount(void) { return host_ticks(); }

TickType_t xTaskGetTickCountFromISR(void) { return host_ticks(); }

void vTaskSetTimeOutState(TimeOut_t *const time_out) {
  time_out->xOverflowCount = 0;
  time_out->xTimeOnEntering = host_ticks();
}

BaseType_t xTaskCheckForTimeOut(TimeOut_t *const time_out, TickType_t *const ticks) {
  TickType_t elapsed = host_ticks() - time_out->xTimeOnEntering;
  if (*ticks == portMAX_DELAY) {
    return pdFALSE;
  }
  if (elapsed >= *ticks) {
    *ticks = 0;
    return pdTRUE;
  }
  *ticks -= elapsed;
  vTaskSetTimeOutState(time_out);
  return pdFALSE;
}

/* Looking at tasks */

TaskHandle_t xTaskGetCurrentTaskHandle(void) { return esp_current; }

TaskHandle_t xTaskGetCurrentTaskHandleForCore(BaseType_t core) { return core == 0 ? esp_current : NULL; }

BaseType_t xTaskGetCoreID(TaskHandle_t task) {
  (void)task;
  return 0;
}

char *pcTaskGetName(TaskHandle_t task) { return task_or_self(task)->name; }

TaskHandle_t xTaskGetHandle(const char *name) {
  struct tskTaskControlBlock *task = all_tasks;
  while (task != NULL && strncmp(task->name, name, ESP_TASK_NAME_LEN) != 0) {
    task = task->next;
  }
  return task;
}

UBaseType_t uxTaskGetNumberOfTasks(void) { return task_count; }

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t handle) {
  struct tskTaskControlBlock *task = task_or_self(handle);
  uint32_t unused = 0;
  while (unused < task->stack_size && task->stack[unused] == STACK_FILL) {
    unused++;
  }
  return unused;
}

configSTACK_DEPTH_TYPE uxTaskGetStackHighWaterMark2(TaskHandle_t task) { return uxTaskGetStackHighWaterMark(task); }

eTaskState eTaskGetState(TaskHandle_t task) {
  if (task == esp_current) {
    return eRunning;
  }
  for (struct tskTaskControlBlock *t = all_tasks; t != NULL; t = t->next) {
    if (t == task) {
      return task->is_suspended ? eSuspended : host_task_state(task);
    }
  }
  return eDeleted;
}

void vTaskGetInfo(TaskHandle_t handle, TaskStatus_t *status, BaseType_t with_stack, eTaskState state) {
  struct tskTaskControlBlock *task = task_or_self(handle);
  *status = (TaskStatus_t){
      .xHandle = task,
      .pcTaskName = task->name,
      .xTaskNumber = task->number,
      .eCurrentState = state == eInvalid ? eTaskGetState(task) : state,
      .uxCurrentPriority = task->priority,
      .uxBasePriority = task->own_priority,
      .pxStackBase = task->stack,
      .usStackHighWaterMark = with_stack ? uxTaskGetStackHighWaterMark(task) : 0,
  };
}

UBaseType_t uxTaskGetSystemState(TaskStatus_t *const array, const UBaseType_t size, uint32_t *const total_run_time) {
  if (size < task_count) {
    return 0;
  }
  UBaseType_t n = 0;
  for (struct tskTaskControlBlock *task = all_tasks; task != NULL; task = task->next) {
    vTaskGetInfo(task, &array[n++], pdTRUE, eInvalid);
  }
  if (total_run_time != NULL) {
    *total_run_time = 0;
  }
  return n;
}

void vTaskList(char *buffer) {
  static const char letters[] = "XRBSD";
  *buffer = '\0';
  for (struct tskTaskControlBlock *task = all_tasks; task != NULL; task = task->next) {
    buffer += sprintf(buffer, "%-15s\t%c\t%u\t%u\t%u\r\n", task->name, letters[eTaskGetState(task)], task->priority,
                      uxTaskGetStackHighWaterMark(task), (unsigned)task->number);
  }
}

/* Thread-local pointers */

void vTaskSetThreadLocalStoragePointer(TaskHandle_t task, BaseType_t index, void *value) {
  vTaskSetThreadLocalStoragePointerAndDelCallback(task, index, value, NULL);
}

void vTaskSetThreadLocalStoragePointerAndDelCallback(TaskHandle_t task, BaseType_t index, void *value,
                                                     TlsDeleteCallbackFunction_t callback) {
  if (index >= 0 && index < configNUM_THREAD_LOCAL_STORAGE_POINTERS) {
    task_or_self(task)->tls[index] = value;
    task_or_self(task)->tls_delete[index] = callback;
  }
}

void *pvTaskGetThreadLocalStoragePointer(TaskHandle_t task, BaseType_t index) {
  return index >= 0 && index < configNUM_THREAD_LOCAL_STORAGE_POINTERS ? task_or_self(task)->tls[index] : NULL;
}
