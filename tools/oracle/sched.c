/* Virtual time, one queue of events (rules E1..E5), and tasks as coroutines under FreeRTOS' priorities (rules T1..T5). */

#include "oracle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STACK_SIZE (128 * 1024)
#define MAX_STACKS 256

enum event_kind { EVENT_START, EVENT_TIMEOUT, EVENT_ARRIVAL, EVENT_INJECTION };

struct event {
  int64_t at;
  uint64_t order;
  enum event_kind kind;
  void *subject; /* task or host */
  struct frame *frame;
};

int64_t now_us, tick_us;
struct task *self;
struct host *event_host;

static jmp_buf scheduler;
static struct event *heap;
static size_t heap_count, heap_room;
static uint64_t next_order;
static struct task *ready_heads[MAX_PRIORITY], *ready_tails[MAX_PRIORITY];
static uint32_t ready_mask;
static void *stacks[MAX_STACKS];
static int stacks_used;

struct host *current_host(void) {
  return self != NULL ? self->host : event_host;
}

/* End of a wait of n ticks that begins now (rule C3). */
int64_t deadline_in(int64_t ticks) {
  return (now_us / tick_us + ticks) * tick_us;
}

/* Events */

static bool is_before(const struct event *a, const struct event *b) {
  return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static uint64_t schedule(enum event_kind kind, void *subject, struct frame *frame, int64_t at) {
  if (heap_count == heap_room) {
    heap_room = 2 * heap_room + 64;
    heap = realloc(heap, heap_room * sizeof *heap);
  }
  struct event event = {at, ++next_order, kind, subject, frame};
  size_t i = heap_count++;
  for (; i > 0 && is_before(&event, &heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = event;
  return event.order;
}

static struct event take_event(void) {
  struct event first = heap[0], last = heap[--heap_count];
  size_t i = 0;
  for (;;) {
    size_t child = 2 * i + 1;
    if (child >= heap_count) break;
    if (child + 1 < heap_count && is_before(&heap[child + 1], &heap[child])) child++;
    if (!is_before(&heap[child], &last)) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = last;
  return first;
}

void arrival_at(struct host *to, struct frame *frame, bool is_injected, int64_t at) {
  schedule(is_injected ? EVENT_INJECTION : EVENT_ARRIVAL, to, frame, at);
}

/* Ready lists */

static void push_tail(struct task *task) {
  int p = task->priority;
  task->prev = ready_tails[p];
  task->next = NULL;
  if (task->prev == NULL) ready_heads[p] = task;
  else task->prev->next = task;
  ready_tails[p] = task;
  ready_mask |= 1u << p;
}

static void push_head(struct task *task) {
  int p = task->priority;
  task->next = ready_heads[p];
  task->prev = NULL;
  if (task->next == NULL) ready_tails[p] = task;
  else task->next->prev = task;
  ready_heads[p] = task;
  ready_mask |= 1u << p;
}

static void unlink_ready(struct task *task) {
  int p = task->priority;
  if (task->prev == NULL) ready_heads[p] = task->next;
  else task->prev->next = task->next;
  if (task->next == NULL) ready_tails[p] = task->prev;
  else task->next->prev = task->prev;
  if (ready_heads[p] == NULL) ready_mask &= ~(1u << p);
}

static int top_priority(void) {
  return ready_mask == 0 ? -1 : 31 - __builtin_clz(ready_mask);
}

void task_make_ready(struct task *task) {
  task->state = TASK_READY;
  push_tail(task);
}

/* Coroutines */

static void enter(void) {
  struct task *task = self;
  task->body(task->argument);
  task->state = TASK_DONE;
  _longjmp(scheduler, 1);
}

static void *take_stack(void) {
  if (stacks_used == MAX_STACKS) give_up("there are too many tasks");
  void **stack = &stacks[stacks_used++];
  if (*stack == NULL) *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return *stack;
}

struct task *task_new(struct host *host, const char *name, int priority, void (*body)(void *), void *argument) {
  struct task *task = arena_alloc(sizeof *task);
  memset(task, 0, sizeof *task);
  task->host = host;
  task->name = name;
  task->priority = task->base_priority = priority;
  task->body = body;
  task->argument = argument;
  return task;
}

void task_start_at(struct task *task, int64_t at) {
  schedule(EVENT_START, task, NULL, at);
}

static void resume(struct task *task) {
  self = task;
  task->state = TASK_RUNNING;
  errno = task->saved_errno;
  if (_setjmp(scheduler) == 0) {
    if (task->entered) _longjmp(task->context, 1);
    task->entered = true;
    getcontext(&task->entry);
    task->stack = take_stack();
    task->entry.uc_stack.ss_sp = task->stack;
    task->entry.uc_stack.ss_size = STACK_SIZE;
    makecontext(&task->entry, enter, 0);
    setcontext(&task->entry);
  }
  self = NULL;
}

static void leave_processor(void) {
  self->saved_errno = errno;
  if (_setjmp(self->context) == 0) _longjmp(scheduler, 1);
}

void preempt_if_higher(void) {
  if (self == NULL || top_priority() <= self->priority) return;
  self->state = TASK_READY;
  push_head(self);
  leave_processor();
}

void task_yield(void) {
  task_make_ready(self);
  leave_processor();
}

/* Waiting */

static void wait_add(struct wait_list *list, struct task *task) {
  struct task **link = &list->head;
  while (*link != NULL && (*link)->priority >= task->priority) link = &(*link)->wait_next;
  task->wait_next = *link;
  *link = task;
  task->waits_in = list;
}

static void wait_remove(struct task *task) {
  struct task **link = &task->waits_in->head;
  while (*link != task) link = &(*link)->wait_next;
  *link = task->wait_next;
  task->waits_in = NULL;
}

/* The running task waits until it is woken or the deadline has come; false if it has passed already. */
bool task_block(struct wait_list *list, int64_t deadline) {
  if (deadline <= now_us) return false;
  self->state = TASK_BLOCKED;
  if (list != NULL) wait_add(list, self);
  self->wake_order = deadline == FOREVER ? 0 : schedule(EVENT_TIMEOUT, self, NULL, deadline);
  leave_processor();
  return true;
}

/* Waking does not hand anything over: the task takes it when it runs (rule T4). */
void task_wake_first(struct wait_list *list) {
  struct task *task = list->head;
  if (task == NULL) return;
  wait_remove(task);
  task->wake_order = 0;
  task_make_ready(task);
}

static void set_priority(struct task *task, int priority) {
  bool is_listed = task->state == TASK_READY;
  if (is_listed) unlink_ready(task);
  task->priority = priority;
  if (is_listed) push_tail(task);
}

void mutex_lock(struct sys_mutex *mutex) {
  if (self == NULL) return;
  while (mutex->owner != NULL) {
    if (mutex->owner->priority < self->priority) set_priority(mutex->owner, self->priority);
    task_block(&mutex->waiters, FOREVER);
  }
  mutex->owner = self;
}

void mutex_unlock(struct sys_mutex *mutex) {
  if (self == NULL) return;
  mutex->owner = NULL;
  self->priority = self->base_priority;
  task_wake_first(&mutex->waiters);
  preempt_if_higher();
}

/* The loop */

void run_ready(void) {
  while (ready_mask != 0) {
    struct task *task = ready_heads[top_priority()];
    unlink_ready(task);
    resume(task);
  }
}

static void handle(struct event *event) {
  struct task *task = event->subject;
  switch (event->kind) {
    case EVENT_START:
      task_make_ready(task);
      break;
    case EVENT_TIMEOUT:
      if (task->waits_in != NULL) wait_remove(task);
      task->wake_order = 0;
      task_make_ready(task);
      break;
    case EVENT_ARRIVAL:
    case EVENT_INJECTION:
      event_host = event->subject;
      host_receive(event_host, event->frame, event->kind == EVENT_INJECTION);
      event_host = NULL;
      break;
  }
}

/* One event, then everything that it made ready; events at the very end still happen. */
void run_until(int64_t end) {
  run_ready();
  while (heap_count > 0 && heap[0].at <= end) {
    struct event event = take_event();
    if (event.kind == EVENT_TIMEOUT && ((struct task *)event.subject)->wake_order != event.order) continue;
    now_us = event.at;
    handle(&event);
    run_ready();
  }
  now_us = end;
}

void scheduler_reset(void) {
  now_us = 0;
  self = NULL;
  event_host = NULL;
  heap_count = 0;
  next_order = 0;
  stacks_used = 0;
  ready_mask = 0;
  memset(ready_heads, 0, sizeof ready_heads);
  memset(ready_tails, 0, sizeof ready_tails);
}
