/* ESP-IDF's FreeRTOS configuration, as far as a program can see it. */
#pragma once

#include <assert.h>
#include "sdkconfig.h"

#define configTICK_RATE_HZ CONFIG_FREERTOS_HZ
#define configMAX_PRIORITIES 25
#ifdef CONFIG_FREERTOS_IDLE_TASK_STACKSIZE
#define configMINIMAL_STACK_SIZE CONFIG_FREERTOS_IDLE_TASK_STACKSIZE
#else
#define configMINIMAL_STACK_SIZE 1536
#endif
#ifdef CONFIG_FREERTOS_MAX_TASK_NAME_LEN
#define configMAX_TASK_NAME_LEN CONFIG_FREERTOS_MAX_TASK_NAME_LEN
#else
#define configMAX_TASK_NAME_LEN 16
#endif
#ifdef CONFIG_FREERTOS_TASK_NOTIFICATION_ARRAY_ENTRIES
#define configTASK_NOTIFICATION_ARRAY_ENTRIES CONFIG_FREERTOS_TASK_NOTIFICATION_ARRAY_ENTRIES
#else
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 1
#endif
#ifdef CONFIG_FREERTOS_THREAD_LOCAL_STORAGE_POINTERS
#define configNUM_THREAD_LOCAL_STORAGE_POINTERS CONFIG_FREERTOS_THREAD_LOCAL_STORAGE_POINTERS
#else
#define configNUM_THREAD_LOCAL_STORAGE_POINTERS 1
#endif
#define configSTACK_DEPTH_TYPE uint32_t
#define configSTACK_ALLOCATION_FROM_SEPARATE_HEAP 1
#define configNUMBER_OF_CORES 2
#define configNUM_CORES configNUMBER_OF_CORES
#define configUSE_PREEMPTION 1
#define configUSE_TIME_SLICING 1
#define configUSE_MUTEXES 1
#define configUSE_RECURSIVE_MUTEXES 1
#define configUSE_COUNTING_SEMAPHORES 1
#define configUSE_TASK_NOTIFICATIONS 1
#define configUSE_QUEUE_SETS 1
#define configUSE_TIMERS 1
#define configUSE_16_BIT_TICKS 0
#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 1
#ifdef CONFIG_FREERTOS_TIMER_TASK_PRIORITY
#define configTIMER_TASK_PRIORITY CONFIG_FREERTOS_TIMER_TASK_PRIORITY
#else
#define configTIMER_TASK_PRIORITY 1
#endif
#ifdef CONFIG_FREERTOS_TIMER_QUEUE_LENGTH
#define configTIMER_QUEUE_LENGTH CONFIG_FREERTOS_TIMER_QUEUE_LENGTH
#else
#define configTIMER_QUEUE_LENGTH 10
#endif
#ifdef CONFIG_FREERTOS_TIMER_TASK_STACK_DEPTH
#define configTIMER_TASK_STACK_DEPTH CONFIG_FREERTOS_TIMER_TASK_STACK_DEPTH
#else
#define configTIMER_TASK_STACK_DEPTH 2048
#endif
#define configASSERT(expression) assert(expression)

#define INCLUDE_vTaskDelete 1
#define INCLUDE_vTaskDelay 1
#define INCLUDE_xTaskDelayUntil 1
#define INCLUDE_vTaskPrioritySet 1
#define INCLUDE_uxTaskPriorityGet 1
#define INCLUDE_vTaskSuspend 1
#define INCLUDE_xTaskAbortDelay 1
#define INCLUDE_uxTaskGetStackHighWaterMark 1
#define INCLUDE_eTaskGetState 1
#define INCLUDE_xTaskGetHandle 1
#define INCLUDE_xTaskGetCurrentTaskHandle 1
#define INCLUDE_xTaskGetSchedulerState 1
