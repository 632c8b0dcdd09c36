/* Event loops. The host keeps handlers and queues; the task of a loop fetches one call of a handler after the other and
 * makes it. Source: ESP-IDF components/esp_event */
#include "esp_event.h"
#include <stdlib.h>
#include <string.h>
#include "esp_eth.h"
#include "esp_netif.h"
#include "esp_task.h"
#include "esp_wifi.h"
#include "net.h"

/* The next call of a handler. */
struct handler_call {
  esp_event_handler_t handler;
  void *arg;
  int base;
  int32_t id;
  uint32_t data_size;
};

int host_event_loop_create(int queue_size) ESP_IMPORT(event_loop_create);
int host_event_default(bool create) ESP_IMPORT(event_default);   /* 0: there is none, or already one */
void host_event_own(int loop) ESP_IMPORT(event_own);             /* the calling task runs this loop */
void host_event_data(void *to) ESP_IMPORT(event_data);           /* of the call fetched last */
esp_err_t host_event_isr_post(int loop, int base, int32_t id, const void *data, size_t size) ESP_IMPORT(event_isr_post);
struct tskTaskControlBlock *host_event_loop_delete(int loop) ESPB_IMPORT(event_loop_delete); /* its task, or NULL */
bool host_event_next(int loop, TickType_t end, bool has_end, struct handler_call *call)
    ESPB_IMPORT(event_next); /* false: the time is up */
esp_err_t host_event_register(int loop, int base, int32_t id, esp_event_handler_t handler, void *arg, bool every_time,
                              int *instance) ESPB_IMPORT(event_register);
esp_err_t host_event_unregister(int loop, int base, int32_t id, esp_event_handler_t handler, int instance)
    ESPB_IMPORT(event_unregister); /* by the instance if it is not 0 */
esp_err_t host_event_post(int loop, int base, int32_t id, const void *data, size_t size, TickType_t ticks)
    ESPB_IMPORT(event_post);

ESP_EVENT_DEFINE_BASE(IP_EVENT);
ESP_EVENT_DEFINE_BASE(WIFI_EVENT);

enum { ANY_BASE, IP_BASE, WIFI_BASE, ETH_BASE };
#define DEFAULT_LOOP 0

int esp_event_base_number(esp_event_base_t base) {
  if (base == IP_EVENT) {
    return IP_BASE;
  }
  if (base == WIFI_EVENT) {
    return WIFI_BASE;
  }
  return base == ETH_EVENT ? ETH_BASE : (int)(intptr_t)base;
}

static esp_event_base_t base_of_number(int number) {
  switch (number) {
    case IP_BASE:
      return IP_EVENT;
    case WIFI_BASE:
      return WIFI_EVENT;
    case ETH_BASE:
      return ETH_EVENT;
    default:
      return (esp_event_base_t)(intptr_t)number;
  }
}

static int loop_number(esp_event_loop_handle_t loop) { return (int)(intptr_t)loop; }

/* Running a loop */

static void make(const struct handler_call *call) {
  void *data = NULL;
  if (call->data_size > 0) {
    data = malloc(call->data_size);
    if (data == NULL) {
      esp_panic("abort", "abort() was called: no memory for the %u bytes of an event's data", (unsigned)call->data_size);
    }
    host_event_data(data);
    if (call->base == IP_BASE && call->data_size >= sizeof(esp_netif_t *)) {
      *(esp_netif_t **)data = esp_netif_of_handle(*(int *)data);
    }
  }
  call->handler(call->arg, base_of_number(call->base), call->id, data);
  free(data);
}

esp_err_t esp_event_loop_run(esp_event_loop_handle_t loop, TickType_t ticks) {
  bool has_end = ticks != portMAX_DELAY;
  TickType_t end = xTaskGetTickCount() + ticks;
  struct handler_call call;
  while (host_event_next(loop_number(loop), end, has_end, &call)) {
    make(&call);
  }
  return ESP_OK;
}

static void run_for_ever(void *loop) {
  host_event_own(loop_number(loop));
  esp_event_loop_run(loop, portMAX_DELAY);
}

static esp_err_t start_task(int loop, const char *name, uint32_t stack, UBaseType_t priority) {
  void *arg = (void *)(intptr_t)loop;
  return xTaskCreatePinnedToCore(run_for_ever, name, stack, arg, priority, NULL, 0) == pdPASS ? ESP_OK : ESP_FAIL;
}

/* Loops */

esp_err_t esp_event_loop_create_default(void) {
  int loop = host_event_default(true);
  return loop == 0 ? ESP_ERR_INVALID_STATE
                   : start_task(loop, "sys_evt", ESP_TASKD_EVENT_STACK, ESP_TASKD_EVENT_PRIO);
}

static esp_err_t delete_loop(int loop) {
  struct tskTaskControlBlock *task = host_event_loop_delete(loop);
  if (task != NULL) {
    vTaskDelete(task);
  }
  return ESP_OK;
}

esp_err_t esp_event_loop_delete_default(void) {
  return host_event_default(false) == 0 ? ESP_ERR_INVALID_STATE : delete_loop(DEFAULT_LOOP);
}

esp_err_t esp_event_loop_create(const esp_event_loop_args_t *args, esp_event_loop_handle_t *loop) {
  if (args == NULL || loop == NULL || args->queue_size < 1) {
    return ESP_ERR_INVALID_ARG;
  }
  int number = host_event_loop_create(args->queue_size);
  *loop = (void *)(intptr_t)number;
  return args->task_name == NULL ? ESP_OK
                                 : start_task(number, args->task_name, args->task_stack_size, args->task_priority);
}

esp_err_t esp_event_loop_delete(esp_event_loop_handle_t loop) {
  return loop == NULL ? ESP_ERR_INVALID_ARG : delete_loop(loop_number(loop));
}

/* Handlers */

static esp_err_t add(int loop, esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *arg,
                     bool every_time, esp_event_handler_instance_t *instance) {
  if (handler == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  int number = 0;
  esp_err_t err = host_event_register(loop, esp_event_base_number(base), id, handler, arg, every_time, &number);
  if (instance != NULL && err == ESP_OK) {
    *instance = (void *)(intptr_t)number;
  }
  return err;
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *arg) {
  return add(DEFAULT_LOOP, base, id, handler, arg, false, NULL);
}

esp_err_t esp_event_handler_register_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                          esp_event_handler_t handler, void *arg) {
  return loop == NULL ? ESP_ERR_INVALID_ARG : add(loop_number(loop), base, id, handler, arg, false, NULL);
}

esp_err_t esp_event_handler_instance_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *arg,
                                              esp_event_handler_instance_t *instance) {
  return add(DEFAULT_LOOP, base, id, handler, arg, true, instance);
}

esp_err_t esp_event_handler_instance_register_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                                   esp_event_handler_t handler, void *arg,
                                                   esp_event_handler_instance_t *instance) {
  return loop == NULL ? ESP_ERR_INVALID_ARG : add(loop_number(loop), base, id, handler, arg, true, instance);
}

static esp_err_t strike(int loop, esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                        esp_event_handler_instance_t instance) {
  if (handler == NULL && instance == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  return host_event_unregister(loop, esp_event_base_number(base), id, handler, (int)(intptr_t)instance);
}

esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t id, esp_event_handler_t handler) {
  return strike(DEFAULT_LOOP, base, id, handler, NULL);
}

esp_err_t esp_event_handler_unregister_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                            esp_event_handler_t handler) {
  return loop == NULL ? ESP_ERR_INVALID_ARG : strike(loop_number(loop), base, id, handler, NULL);
}

esp_err_t esp_event_handler_instance_unregister(esp_event_base_t base, int32_t id,
                                                esp_event_handler_instance_t instance) {
  return strike(DEFAULT_LOOP, base, id, NULL, instance);
}

esp_err_t esp_event_handler_instance_unregister_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                                     esp_event_handler_instance_t instance) {
  return loop == NULL ? ESP_ERR_INVALID_ARG : strike(loop_number(loop), base, id, NULL, instance);
}

/* Events. Their data is copied, as on the chip. That of IP_EVENT begins with an interface: the host's copy has its handle,
 * as the host's own events have. */

static esp_err_t post(int loop, esp_event_base_t base, int32_t id, const void *data, size_t size, TickType_t ticks) {
  int number = esp_event_base_number(base);
  if (data == NULL) {
    return host_event_post(loop, number, id, NULL, 0, ticks);
  }
  if (number != IP_BASE || size < sizeof(esp_netif_t *)) {
    return host_event_post(loop, number, id, data, size, ticks);
  }
  void *copy = malloc(size);
  if (copy == NULL) {
    return ESP_ERR_NO_MEM;
  }
  memcpy(copy, data, size);
  *(int *)copy = esp_netif_handle(*(esp_netif_t *const *)data);
  esp_err_t err = host_event_post(loop, number, id, copy, size, ticks);
  free(copy);
  return err;
}

esp_err_t esp_event_post(esp_event_base_t base, int32_t id, const void *data, size_t size, TickType_t ticks) {
  return post(DEFAULT_LOOP, base, id, data, size, ticks);
}

esp_err_t esp_event_post_to(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id, const void *data,
                            size_t size, TickType_t ticks) {
  return loop == NULL ? ESP_ERR_INVALID_ARG : post(loop_number(loop), base, id, data, size, ticks);
}

/* An interrupt carries four bytes at most. */
#define ISR_DATA_SIZE 4

esp_err_t esp_event_isr_post(esp_event_base_t base, int32_t id, const void *data, size_t size,
                             BaseType_t *task_unblocked) {
  (void)task_unblocked;
  return size > ISR_DATA_SIZE ? ESP_ERR_INVALID_ARG
                              : host_event_isr_post(DEFAULT_LOOP, esp_event_base_number(base), id, data, size);
}

esp_err_t esp_event_isr_post_to(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id, const void *data,
                                size_t size, BaseType_t *task_unblocked) {
  (void)task_unblocked;
  return loop == NULL || size > ISR_DATA_SIZE
             ? ESP_ERR_INVALID_ARG
             : host_event_isr_post(loop_number(loop), esp_event_base_number(base), id, data, size);
}
