/* What the C support code and the WebAssembly host know of each other. abi.ts and imports.ts are the other side.
 * Imports of module "esp" return without a task switch; those of module "espb" may suspend the calling task. Errors
 * of socket calls are left in the task's errno by the host. Times are double: whole microseconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define ESP_IMPORT(name) __attribute__((import_module("esp"), import_name(#name)))
#define ESPB_IMPORT(name) __attribute__((import_module("espb"), import_name(#name)))
#define ESP_EXPORT(name) __attribute__((used, export_name(#name)))

#define ESP_NOTIFICATIONS 8
#define ESP_TASK_NAME_LEN 16

/* A wait list: its address is its name on the other side. The count saves calls when nobody waits. */
struct esp_waiters {
  uint32_t count;
};

/* What an event group's waiter waits for; in its task, so that it goes with it. */
struct esp_bits_wait {
  struct EventGroupDef_t *group;
  struct tskTaskControlBlock *next;
  uint32_t bits;
  uint32_t value;
  bool for_all;
  bool clear;
  bool is_done;
  struct esp_waiters waiters;
};

/* A task. The host reads the first four fields. */
struct tskTaskControlBlock {
  int err;
  uint8_t *stack;
  uint32_t stack_size;
  char name[ESP_TASK_NAME_LEN];
  struct tskTaskControlBlock *next; /* of all tasks, or of those that are to be freed */
  uint32_t number;
  UBaseType_t priority; /* now; higher than its own while it holds a mutex that a higher one waits for */
  UBaseType_t own_priority;
  uint32_t mutexes_held;
  uint32_t critical; /* depth of critical sections and of vTaskSuspendAll() */
  bool is_static;
  bool is_aborted; /* xTaskAbortDelay() ended its wait */
  bool is_suspended;
  double died_us;
  uint32_t notify_value[ESP_NOTIFICATIONS];
  uint8_t notify_state[ESP_NOTIFICATIONS];
  struct esp_waiters notify_waiters;
  struct esp_bits_wait bits_wait;
  void *tls[configNUM_THREAD_LOCAL_STORAGE_POINTERS];
  TlsDeleteCallbackFunction_t tls_delete[configNUM_THREAD_LOCAL_STORAGE_POINTERS];
};
_Static_assert(sizeof(struct tskTaskControlBlock) <= sizeof(StaticTask_t), "a task fits what programs allocate for it");

/* Addresses that the host needs, in the order of abi.ts. */
struct esp_abi {
  void *scratch; /* where suspended tasks' wasm stacks go */
  uint32_t scratch_size;
  int *libc_errno; /* the C library's own errno, in the numbers of WASI */
  struct tskTaskControlBlock **current;
  int *fuel; /* edges until the running task is charged a tick */
  uint8_t *heap; /* the rest is of no interest to the host */
  uint32_t heap_size;
};
extern struct esp_abi esp_abi;
extern struct tskTaskControlBlock *esp_current; /* the running task; before the scheduler starts a stand-in */

/* module esp: tasks */
void host_task_create(struct tskTaskControlBlock *task, TaskFunction_t fn, void *arg, UBaseType_t priority)
    ESP_IMPORT(task_create); /* it is ready */
void host_task_delete(struct tskTaskControlBlock *task) ESP_IMPORT(task_delete); /* another task */
_Noreturn void host_task_exit(struct tskTaskControlBlock *task) ESP_IMPORT(task_exit); /* the calling task */
void host_task_priority(struct tskTaskControlBlock *task, UBaseType_t priority) ESP_IMPORT(task_priority);
void host_task_suspend(struct tskTaskControlBlock *task) ESP_IMPORT(task_suspend); /* another task */
void host_task_resume(struct tskTaskControlBlock *task) ESP_IMPORT(task_resume);
bool host_task_abort_delay(struct tskTaskControlBlock *task) ESP_IMPORT(task_abort_delay); /* false: it does not wait */
eTaskState host_task_state(struct tskTaskControlBlock *task) ESP_IMPORT(task_state);
void host_wake_silently(struct esp_waiters *list) ESP_IMPORT(wake_silently); /* the first waiter, without a switch */
int host_top_waiter(struct esp_waiters *list) ESP_IMPORT(top_waiter); /* priority of the first waiter, or -1 */
void host_forget(struct esp_waiters *list) ESP_IMPORT(forget); /* the list's memory is freed */
TickType_t host_ticks(void) ESP_IMPORT(ticks);

/* module esp: the rest */
void host_log(int level, const char *tag, const char *line, int length) ESP_IMPORT(log); /* a line of ESP_LOGx */
void host_write(const char *text, int length) ESP_IMPORT(write); /* stdout and stderr */
_Noreturn void host_panic(const char *reason, const char *message) ESP_IMPORT(panic); /* NULL: an exception's text */
_Noreturn void host_restart(void) ESP_IMPORT(restart);
int host_reset_reason(void) ESP_IMPORT(reset_reason);
uint32_t host_random(void) ESP_IMPORT(random);
double host_now_us(void) ESP_IMPORT(now_us); /* since boot */
double host_wall_us(void) ESP_IMPORT(wall_us); /* since 1970 */
void host_set_wall_us(double us) ESP_IMPORT(set_wall_us);
bool host_adjtime(double us) ESP_IMPORT(adjtime); /* false: too much */
double host_adjtime_left(void) ESP_IMPORT(adjtime_left); /* what it has still to correct */
uint32_t host_mac_high(void) ESP_IMPORT(mac_high); /* first two bytes of the base address, big endian */
uint32_t host_mac_low(void) ESP_IMPORT(mac_low); /* last four */

/* module espb: tasks */
void host_wait(struct esp_waiters *list, TickType_t ticks, const char *call) ESPB_IMPORT(wait); /* woken or timed out */
void host_wait_until(struct esp_waiters *list, double us, const char *call) ESPB_IMPORT(wait_until); /* since boot */
void host_wake(struct esp_waiters *list) ESPB_IMPORT(wake); /* the first waiter, which runs now if it outranks us */
void host_give_way(void) ESPB_IMPORT(give_way); /* to tasks of higher priority */
void host_delay(TickType_t ticks) ESPB_IMPORT(delay);
void host_yield(void) ESPB_IMPORT(yield); /* to tasks of the same priority */
void host_out_of_fuel(void) ESPB_IMPORT(out_of_fuel);
int host_stdin(char *to, int length, bool blocking) ESPB_IMPORT(stdin); /* bytes, or -1 and EAGAIN */

/* wait.c */
struct QueueDefinition;
struct esp_wait {
  TickType_t begin;
  TickType_t ticks;
  bool has_begun;
};
#define ESP_WAIT(ticks) { 0, (ticks), false }
bool esp_wait_on(struct esp_waiters *list, struct esp_wait *wait, const char *call); /* false: the time is up */
void esp_wake(struct esp_waiters *list); /* the first waiter; it runs now unless a critical section forbids it */
void esp_give_way(void);

/* panic.c */
_Noreturn void esp_panic(const char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void esp_assert_failed(const char *file, int line, const char *function, const char *expression);

/* stdio.c */
void esp_stdin_blocking(bool blocking); /* as after installing a UART driver; before, an empty stdin is EAGAIN */

/* task.c */
TaskHandle_t esp_service_create(TaskFunction_t fn, const char *name, uint32_t stack, UBaseType_t priority);
void esp_free_dead_tasks(void);

/* queue.c */
BaseType_t esp_queue_receive(struct QueueDefinition *queue, void *to, TickType_t ticks, const char *call);

/* event_groups.c */
void esp_bits_forget(struct tskTaskControlBlock *task);
