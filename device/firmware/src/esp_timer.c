/* esp_timer: one list by time, and a task of priority 22 that calls back. Source: ESP-IDF components/esp_timer */
#include "esp_timer.h"
#include <stdlib.h>
#include "esp_task.h"
#include "host.h"

struct esp_timer {
  struct esp_timer *next;
  int64_t alarm_us;
  uint64_t period_us; /* 0: once */
  esp_timer_cb_t callback;
  void *arg;
  const char *name;
  bool is_active;
  bool skips;
};

static struct esp_timer *timers;
static struct esp_waiters waiters;
static TaskHandle_t timer_task;

int64_t esp_timer_get_time(void) { return (int64_t)host_now_us(); }

static void insert(struct esp_timer *timer) {
  struct esp_timer **link = &timers;
  while (*link != NULL && (*link)->alarm_us <= timer->alarm_us) {
    link = &(*link)->next;
  }
  timer->next = *link;
  *link = timer;
  timer->is_active = true;
}

static void take_out(struct esp_timer *timer) {
  struct esp_timer **link = &timers;
  while (*link != timer) {
    link = &(*link)->next;
  }
  *link = timer->next;
  timer->is_active = false;
}

static void fire(struct esp_timer *timer, int64_t now) {
  take_out(timer);
  if (timer->period_us != 0) {
    timer->alarm_us += (int64_t)timer->period_us;
    if (timer->skips && timer->alarm_us <= now) {
      timer->alarm_us = now + (int64_t)timer->period_us;
    }
    insert(timer);
  }
  timer->callback(timer->arg);
}

static void run_timers(void *arg) {
  (void)arg;
  for (;;) {
    int64_t now = esp_timer_get_time();
    if (timers != NULL && timers->alarm_us <= now) {
      fire(timers, now);
      continue;
    }
    waiters.count++;
    host_wait_until(&waiters, timers == NULL ? -1 : (double)timers->alarm_us, NULL);
    waiters.count--;
  }
}

esp_err_t esp_timer_early_init(void) { return ESP_OK; }

esp_err_t esp_timer_init(void) { return ESP_ERR_INVALID_STATE; }

esp_err_t esp_timer_deinit(void) { return ESP_ERR_INVALID_STATE; }

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *handle) {
  if (args == NULL || args->callback == NULL || handle == NULL || args->dispatch_method != ESP_TIMER_TASK) {
    return ESP_ERR_INVALID_ARG;
  }
  if (timer_task == NULL) {
    timer_task = esp_service_create(run_timers, "esp_timer", ESP_TASK_TIMER_STACK, ESP_TASK_TIMER_PRIO);
  }
  struct esp_timer *timer = calloc(1, sizeof(*timer));
  if (timer == NULL || timer_task == NULL) {
    free(timer);
    return ESP_ERR_NO_MEM;
  }
  timer->callback = args->callback;
  timer->arg = args->arg;
  timer->name = args->name;
  timer->skips = args->skip_unhandled_events;
  *handle = timer;
  return ESP_OK;
}

static esp_err_t start(struct esp_timer *timer, uint64_t us, uint64_t period_us) {
  if (timer == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (timer->is_active) {
    return ESP_ERR_INVALID_STATE;
  }
  timer->alarm_us = esp_timer_get_time() + (int64_t)us;
  timer->period_us = period_us;
  insert(timer);
  if (timers == timer) {
    esp_wake(&waiters);
  }
  return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us) { return start(timer, us, 0); }

#define SHORTEST_PERIOD_US 50

esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t us) {
  uint64_t period_us = us < SHORTEST_PERIOD_US ? SHORTEST_PERIOD_US : us;
  return start(timer, period_us, period_us);
}

esp_err_t esp_timer_restart(esp_timer_handle_t timer, uint64_t us) {
  if (timer == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (!timer->is_active) {
    return ESP_ERR_INVALID_STATE;
  }
  take_out(timer);
  return timer->period_us == 0 ? esp_timer_start_once(timer, us) : esp_timer_start_periodic(timer, us);
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer) {
  if (timer == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (!timer->is_active) {
    return ESP_ERR_INVALID_STATE;
  }
  take_out(timer);
  return ESP_OK;
}

esp_err_t esp_timer_delete(esp_timer_handle_t timer) {
  if (timer == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (timer->is_active) {
    return ESP_ERR_INVALID_STATE;
  }
  free(timer);
  return ESP_OK;
}

bool esp_timer_is_active(esp_timer_handle_t timer) { return timer->is_active; }

int64_t esp_timer_get_next_alarm(void) { return timers == NULL ? INT64_MAX : timers->alarm_us; }

esp_err_t esp_timer_get_period(esp_timer_handle_t timer, uint64_t *period) {
  if (timer == NULL || period == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  *period = timer->period_us;
  return ESP_OK;
}

esp_err_t esp_timer_get_expiry_time(esp_timer_handle_t timer, uint64_t *expiry) {
  if (timer == NULL || expiry == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (timer->period_us != 0) {
    return ESP_ERR_NOT_SUPPORTED;
  }
  *expiry = (uint64_t)timer->alarm_us;
  return ESP_OK;
}

esp_err_t esp_timer_dump(FILE *stream) {
  for (struct esp_timer *t = timers; t != NULL; t = t->next) {
    fprintf(stream, "%-16s  period %-12llu  alarm %-12lld\n", t->name == NULL ? "" : t->name,
            (unsigned long long)t->period_us, (long long)t->alarm_us);
  }
  return ESP_OK;
}
