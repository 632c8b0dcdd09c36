/* FreeRTOS as ESP-IDF configures it: base types, and storage for objects that a program allocates itself. */
#pragma once

#include <reent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "freertos/FreeRTOSConfig.h"
#include "freertos/portmacro.h"
#include "freertos/projdefs.h"

#define tskKERNEL_VERSION_NUMBER "V10.5.1"
#define tskKERNEL_VERSION_MAJOR 10
#define tskKERNEL_VERSION_MINOR 5
#define tskKERNEL_VERSION_BUILD 1

/* Room for one object each; what is inside belongs to the kernel. */
typedef struct xSTATIC_TCB {
  void *pxReserved[88];
} StaticTask_t;
typedef struct xSTATIC_QUEUE {
  void *pxReserved[21];
} StaticQueue_t;
typedef StaticQueue_t StaticSemaphore_t;
typedef struct xSTATIC_EVENT_GROUP {
  void *pxReserved[10];
} StaticEventGroup_t;
typedef struct xSTATIC_TIMER {
  void *pxReserved[12];
} StaticTimer_t;
typedef struct xSTATIC_STREAM_BUFFER {
  void *pxReserved[12];
} StaticStreamBuffer_t;
typedef StaticStreamBuffer_t StaticMessageBuffer_t;

/* Names of FreeRTOS 7 and before, which ESP-IDF still accepts. */
#ifdef CONFIG_FREERTOS_ENABLE_BACKWARD_COMPATIBILITY
#define xTaskHandle TaskHandle_t
#define xQueueHandle QueueHandle_t
#define xSemaphoreHandle SemaphoreHandle_t
#define xTimerHandle TimerHandle_t
#define portTickType TickType_t
#define portTICK_RATE_MS portTICK_PERIOD_MS
#endif
