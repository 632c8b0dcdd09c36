/* FreeRTOS software timers: commands go to the task "Tmr Svc" through a queue. Source: FreeRTOS timers.c */
#include "freertos/timers.h"
#include <stdlib.h>
#include <string.h>
#include "freertos/queue.h"
#include "host.h"

#define SERVICE_NAME "Tmr Svc"

struct tmrTimerControl {
  const char *name;
  struct tmrTimerControl *next;
  TickType_t period;
  TickType_t expiry;
  void *id;
  TimerCallbackFunction_t callback;
  bool reloads;
  bool is_active;
  bool is_static;
};
_Static_assert(sizeof(struct tmrTimerControl) <= sizeof(StaticTimer_t), "a timer fits what programs allocate for it");

struct command {
  BaseType_t id;
  union {
    struct {
      TimerHandle_t timer;
      TickType_t value;
    };
    struct {
      PendedFunction_t function;
      void *arg1;
      uint32_t arg2;
    };
  };
};

static struct tmrTimerControl *active; /* the next to expire first */
static QueueHandle_t commands;
static TaskHandle_t service;

static void insert(TimerHandle_t timer) {
  struct tmrTimerControl **link = &active;
  while (*link != NULL && (int32_t)((*link)->expiry - timer->expiry) <= 0) {
    link = &(*link)->next;
  }
  timer->next = *link;
  *link = timer;
  timer->is_active = true;
}

static void take_out(TimerHandle_t timer) {
  struct tmrTimerControl **link = &active;
  while (*link != NULL && *link != timer) {
    link = &(*link)->next;
  }
  if (*link != NULL) {
    *link = timer->next;
  }
  timer->is_active = false;
}

/* Call back for every expiry up to now. */
static void expire(TimerHandle_t timer) {
  take_out(timer);
  if (timer->reloads) {
    timer->expiry += timer->period;
    insert(timer);
  }
  timer->callback(timer);
}

static void start(TimerHandle_t timer, TickType_t since) {
  take_out(timer);
  timer->expiry = since + timer->period;
  insert(timer);
}

static void handle(const struct command *command) {
  TimerHandle_t timer = command->timer;
  switch (command->id) {
    case tmrCOMMAND_EXECUTE_CALLBACK:
      command->function(command->arg1, command->arg2);
      break;
    case tmrCOMMAND_START:
    case tmrCOMMAND_RESET:
      start(timer, command->value);
      break;
    case tmrCOMMAND_STOP:
      take_out(timer);
      break;
    case tmrCOMMAND_CHANGE_PERIOD:
      timer->period = command->value;
      start(timer, host_ticks());
      break;
    case tmrCOMMAND_DELETE:
      take_out(timer);
      if (!timer->is_static) {
        free(timer);
      }
      break;
  }
}

static void run_timers(void *arg) {
  (void)arg;
  for (;;) {
    TickType_t ticks = portMAX_DELAY;
    if (active != NULL) {
      int32_t left = (int32_t)(active->expiry - host_ticks());
      if (left <= 0) {
        expire(active);
        continue;
      }
      ticks = (TickType_t)left;
    }
    struct command command;
    if (esp_queue_receive(commands, &command, ticks, NULL)) {
      handle(&command);
    }
  }
}

static bool has_service(void) {
  if (service == NULL) {
    commands = xQueueCreate(configTIMER_QUEUE_LENGTH, sizeof(struct command));
    service = commands == NULL ? NULL
                               : esp_service_create(run_timers, SERVICE_NAME, configTIMER_TASK_STACK_DEPTH,
                                                    configTIMER_TASK_PRIORITY);
  }
  return service != NULL;
}

static TimerHandle_t init(TimerHandle_t timer, const char *name, TickType_t period, BaseType_t reloads, void *id,
                          TimerCallbackFunction_t callback) {
  if (period == 0) {
    esp_panic("assert", "assert failed: xTimerCreate(): the period of a timer is at least one tick");
  }
  timer->name = name;
  timer->period = period;
  timer->reloads = reloads != pdFALSE;
  timer->id = id;
  timer->callback = callback;
  return timer;
}

TimerHandle_t xTimerCreate(const char *const name, const TickType_t period, const BaseType_t reloads, void *const id,
                           TimerCallbackFunction_t callback) {
  TimerHandle_t timer = has_service() ? calloc(1, sizeof(StaticTimer_t)) : NULL;
  return timer == NULL ? NULL : init(timer, name, period, reloads, id, callback);
}

TimerHandle_t xTimerCreateStatic(const char *const name, const TickType_t period, const BaseType_t reloads,
                                 void *const id, TimerCallbackFunction_t callback, StaticTimer_t *buffer) {
  if (buffer == NULL || !has_service()) {
    return NULL;
  }
  TimerHandle_t timer = memset(buffer, 0, sizeof(*buffer));
  timer->is_static = true;
  return init(timer, name, period, reloads, id, callback);
}

BaseType_t xTimerGenericCommand(TimerHandle_t timer, const BaseType_t id, const TickType_t value,
                                BaseType_t *const woken, const TickType_t ticks) {
  (void)woken;
  if (timer == NULL) {
    esp_panic("assert", "assert failed: xTimerGenericCommand(): the timer is NULL");
  }
  BaseType_t plain = id >= tmrFIRST_FROM_ISR_COMMAND ? id - tmrFIRST_FROM_ISR_COMMAND + tmrCOMMAND_START : id;
  struct command command = {.id = plain, .timer = timer, .value = value};
  return xQueueSend(commands, &command, ticks);
}

BaseType_t xTimerPendFunctionCall(PendedFunction_t function, void *arg1, uint32_t arg2, TickType_t ticks) {
  struct command command = {.id = tmrCOMMAND_EXECUTE_CALLBACK, .function = function, .arg1 = arg1, .arg2 = arg2};
  return has_service() ? xQueueSend(commands, &command, ticks) : pdFAIL;
}

BaseType_t xTimerPendFunctionCallFromISR(PendedFunction_t function, void *arg1, uint32_t arg2, BaseType_t *woken) {
  (void)woken;
  return xTimerPendFunctionCall(function, arg1, arg2, 0);
}

void *pvTimerGetTimerID(const TimerHandle_t timer) { return timer->id; }

void vTimerSetTimerID(TimerHandle_t timer, void *id) { timer->id = id; }

BaseType_t xTimerIsTimerActive(TimerHandle_t timer) { return timer->is_active; }

TaskHandle_t xTimerGetTimerDaemonTaskHandle(void) { return has_service() ? service : NULL; }

const char *pcTimerGetName(TimerHandle_t timer) { return timer->name; }

void vTimerSetReloadMode(TimerHandle_t timer, const BaseType_t reloads) { timer->reloads = reloads != pdFALSE; }

BaseType_t xTimerGetReloadMode(TimerHandle_t timer) { return timer->reloads; }

UBaseType_t uxTimerGetReloadMode(TimerHandle_t timer) { return timer->reloads; }

TickType_t xTimerGetPeriod(TimerHandle_t timer) { return timer->period; }

TickType_t xTimerGetExpiryTime(TimerHandle_t timer) { return timer->expiry; }
