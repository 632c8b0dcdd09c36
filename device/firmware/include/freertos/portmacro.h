/* ESP-IDF's FreeRTOS port: types, critical sections, yielding. One task runs at a time, so a critical section only
 * counts how deep it is nested. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/cdefs.h>
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOSConfig.h"

#define portBASE_TYPE int
#define portSTACK_TYPE uint8_t

typedef portSTACK_TYPE StackType_t;
typedef portBASE_TYPE BaseType_t;
typedef unsigned portBASE_TYPE UBaseType_t;
typedef uint32_t TickType_t;

#define portMAX_DELAY ((TickType_t)0xffffffffUL)
#define portTICK_PERIOD_MS ((TickType_t)1000 / configTICK_RATE_HZ)
#define portTICK_TYPE_IS_ATOMIC 1
#define portBYTE_ALIGNMENT 16
#define portSTACK_GROWTH (-1)
#define portNUM_PROCESSORS configNUMBER_OF_CORES

#define SPINLOCK_FREE 0xB33FFFFF
typedef struct {
  uint32_t owner;
  uint32_t count;
} spinlock_t;
#define SPINLOCK_INITIALIZER { .owner = SPINLOCK_FREE, .count = 0 }

typedef spinlock_t portMUX_TYPE;
#define portMUX_FREE_VAL SPINLOCK_FREE
#define portMUX_NO_TIMEOUT (-1)
#define portMUX_TRY_LOCK 0
#define portMUX_INITIALIZER_UNLOCKED SPINLOCK_INITIALIZER
#define portMUX_INITIALIZE(mux) spinlock_initialize(mux)

static inline void spinlock_initialize(spinlock_t *lock) {
  lock->owner = SPINLOCK_FREE;
  lock->count = 0;
}

__BEGIN_DECLS
void vPortEnterCritical(portMUX_TYPE *mux);
void vPortExitCritical(portMUX_TYPE *mux);
void vPortYield(void);
BaseType_t xPortInIsrContext(void);
BaseType_t xPortCheckIfInISR(void);
BaseType_t xPortGetCoreID(void);
BaseType_t xPortGetTickRateHz(void);
size_t xPortGetFreeHeapSize(void);
size_t xPortGetMinimumEverFreeHeapSize(void);
void *pvPortMalloc(size_t size);
void vPortFree(void *block);
__END_DECLS

#define portENTER_CRITICAL(mux) vPortEnterCritical(mux)
#define portEXIT_CRITICAL(mux) vPortExitCritical(mux)
#define portENTER_CRITICAL_ISR(mux) vPortEnterCritical(mux)
#define portEXIT_CRITICAL_ISR(mux) vPortExitCritical(mux)
#define portENTER_CRITICAL_SAFE(mux) vPortEnterCritical(mux)
#define portEXIT_CRITICAL_SAFE(mux) vPortExitCritical(mux)
#define portTRY_ENTER_CRITICAL(mux, timeout) (vPortEnterCritical(mux), pdPASS)

#define portDISABLE_INTERRUPTS() vPortEnterCritical(NULL)
#define portENABLE_INTERRUPTS() vPortExitCritical(NULL)
#define portSET_INTERRUPT_MASK_FROM_ISR() (vPortEnterCritical(NULL), (UBaseType_t)0)
#define portCLEAR_INTERRUPT_MASK_FROM_ISR(state) ((void)(state), vPortExitCritical(NULL))

#define portYIELD() vPortYield()
#define portYIELD_WITHIN_API() portYIELD()
#define portYIELD_CORE(xCoreID) portYIELD()
#define portEND_SWITCHING_ISR(xSwitchRequired) ((xSwitchRequired) ? portYIELD() : (void)0)
#define portYIELD_FROM_ISR(...) ((1 __VA_OPT__(&&(__VA_ARGS__))) ? portYIELD() : (void)0)
#define portTASK_FUNCTION_PROTO(vFunction, pvParameters) void vFunction(void *pvParameters)
#define portTASK_FUNCTION(vFunction, pvParameters) void vFunction(void *pvParameters)
#define portMEMORY_BARRIER() __asm volatile("" ::: "memory")
#define portNOP() ((void)0)
#define portGET_RUN_TIME_COUNTER_VALUE() ((uint32_t)esp_timer_get_time())
