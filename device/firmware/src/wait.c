/* Waiting in FreeRTOS's way: look, wait, look again, until the ticks are over. A waiter that is woken is handed nothing. */
#include "host.h"

bool esp_wait_on(struct esp_waiters *list, struct esp_wait *wait, const char *call) {
  TickType_t ticks = wait->ticks;
  if (ticks == 0) {
    return false;
  }
  if (ticks != portMAX_DELAY) {
    TickType_t now = host_ticks();
    if (!wait->has_begun) {
      wait->has_begun = true;
      wait->begin = now;
    }
    TickType_t elapsed = now - wait->begin;
    if (elapsed >= ticks) {
      return false;
    }
    ticks -= elapsed;
  }
  if (esp_current->critical != 0) {
    esp_panic("abort", "abort() was called: %s() would wait inside a critical section", call);
  }
  list->count++;
  host_wait(list, ticks, call);
  list->count--;
  if (esp_current->is_aborted) {
    esp_current->is_aborted = false;
    return false;
  }
  return true;
}

void esp_wake(struct esp_waiters *list) {
  if (list->count == 0) {
    return;
  }
  if (esp_current->critical != 0) {
    host_wake_silently(list);
  } else {
    host_wake(list);
  }
}

void esp_give_way(void) {
  if (esp_current->critical == 0) {
    host_give_way();
  }
}
