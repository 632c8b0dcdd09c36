/* FreeRTOS event groups. Setting bits decides at once for whom it is enough. Source: FreeRTOS event_groups.c */
#include "freertos/event_groups.h"
#include <stdlib.h>
#include <string.h>
#include "host.h"

#define EVENT_BITS 0x00ffffffu

struct EventGroupDef_t {
  EventBits_t bits;
  TaskHandle_t waiting; /* in order of their coming */
  bool is_static;
};
_Static_assert(sizeof(struct EventGroupDef_t) <= sizeof(StaticEventGroup_t), "a group fits what programs allocate for it");

EventGroupHandle_t xEventGroupCreate(void) { return calloc(1, sizeof(StaticEventGroup_t)); }

EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *buffer) {
  if (buffer == NULL) {
    return NULL;
  }
  EventGroupHandle_t group = memset(buffer, 0, sizeof(*buffer));
  group->is_static = true;
  return group;
}

static void unlink_waiter(TaskHandle_t task) {
  TaskHandle_t *link = &task->bits_wait.group->waiting;
  while (*link != NULL && *link != task) {
    link = &(*link)->bits_wait.next;
  }
  if (*link != NULL) {
    *link = task->bits_wait.next;
  }
}

void esp_bits_forget(TaskHandle_t task) {
  if (task->bits_wait.group != NULL) {
    unlink_waiter(task);
    task->bits_wait.group = NULL;
  }
}

static bool is_enough(EventBits_t bits, EventBits_t wanted, bool for_all) {
  return for_all ? (bits & wanted) == wanted : (bits & wanted) != 0;
}

/* End a wait. Its task runs when the caller gives way. */
static void answer(TaskHandle_t task, EventBits_t bits) {
  unlink_waiter(task);
  task->bits_wait.group = NULL;
  task->bits_wait.value = bits;
  task->bits_wait.is_done = true;
  host_wake_silently(&task->bits_wait.waiters);
}

static void set(EventGroupHandle_t group, EventBits_t bits) {
  EventBits_t to_clear = 0;
  group->bits |= bits & EVENT_BITS;
  for (TaskHandle_t task = group->waiting, next; task != NULL; task = next) {
    next = task->bits_wait.next;
    if (is_enough(group->bits, task->bits_wait.bits, task->bits_wait.for_all)) {
      to_clear |= task->bits_wait.clear ? task->bits_wait.bits : 0;
      answer(task, group->bits);
    }
  }
  group->bits &= ~to_clear;
}

/* Wait to be answered. @returns false if the time is up */
static bool wait_for(EventGroupHandle_t group, EventBits_t bits, bool for_all, bool clear, TickType_t ticks,
                     const char *call) {
  struct tskTaskControlBlock *self = esp_current;
  struct esp_bits_wait *own = &self->bits_wait;
  struct esp_wait wait = ESP_WAIT(ticks);
  *own = (struct esp_bits_wait){.group = group, .bits = bits, .for_all = for_all, .clear = clear};
  TaskHandle_t *last = &group->waiting;
  while (*last != NULL) {
    last = &(*last)->bits_wait.next;
  }
  *last = self;
  while (!own->is_done && esp_wait_on(&own->waiters, &wait, call)) {
  }
  if (!own->is_done) {
    esp_bits_forget(self);
  }
  return own->is_done;
}

EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, const EventBits_t bits, const BaseType_t clear,
                                const BaseType_t for_all, TickType_t ticks) {
  if (group == NULL || bits == 0 || (bits & ~EVENT_BITS) != 0) {
    esp_panic("assert", "assert failed: xEventGroupWaitBits(): no group, no bits, or bits above 24");
  }
  EventBits_t now = group->bits;
  if (!is_enough(now, bits, for_all)) {
    if (ticks == 0) {
      return now;
    }
    if (wait_for(group, bits, for_all, clear, ticks, "xEventGroupWaitBits")) {
      return esp_current->bits_wait.value;
    }
    now = group->bits;
  }
  if (clear && is_enough(now, bits, for_all)) {
    group->bits &= ~bits;
  }
  return now;
}

EventBits_t xEventGroupSetBits(EventGroupHandle_t group, const EventBits_t bits) {
  if (group == NULL) {
    esp_panic("assert", "assert failed: xEventGroupSetBits(): the group is NULL");
  }
  set(group, bits);
  EventBits_t now = group->bits;
  esp_give_way();
  return now;
}

BaseType_t xEventGroupSetBitsFromISR(EventGroupHandle_t group, const EventBits_t bits, BaseType_t *woken) {
  (void)woken;
  xEventGroupSetBits(group, bits);
  return pdPASS;
}

EventBits_t xEventGroupClearBits(EventGroupHandle_t group, const EventBits_t bits) {
  EventBits_t before = group->bits;
  group->bits &= ~bits;
  return before;
}

BaseType_t xEventGroupClearBitsFromISR(EventGroupHandle_t group, const EventBits_t bits) {
  xEventGroupClearBits(group, bits);
  return pdPASS;
}

EventBits_t xEventGroupGetBitsFromISR(EventGroupHandle_t group) { return group->bits; }

EventBits_t xEventGroupSync(EventGroupHandle_t group, const EventBits_t bits, const EventBits_t wanted,
                            TickType_t ticks) {
  EventBits_t before = group->bits;
  set(group, bits);
  if (is_enough(before | bits, wanted, true)) {
    group->bits &= ~wanted;
    esp_give_way();
    return before | bits;
  }
  if (ticks != 0 && wait_for(group, wanted, true, true, ticks, "xEventGroupSync")) {
    return esp_current->bits_wait.value;
  }
  EventBits_t now = group->bits;
  if (is_enough(now, wanted, true)) {
    group->bits &= ~wanted;
  }
  return now;
}

void vEventGroupDelete(EventGroupHandle_t group) {
  while (group->waiting != NULL) {
    answer(group->waiting, 0);
  }
  if (!group->is_static) {
    free(group);
  }
  esp_give_way();
}
