/* FreeRTOS: results and conversions. */
#pragma once

typedef void (*TaskFunction_t)(void *arg);

#ifndef pdMS_TO_TICKS
#define pdMS_TO_TICKS(xTimeInMs) \
  ((TickType_t)(((uint64_t)(xTimeInMs) * (uint64_t)configTICK_RATE_HZ) / (uint64_t)1000U))
#endif
#ifndef pdTICKS_TO_MS
#define pdTICKS_TO_MS(xTicks) ((uint32_t)(((uint64_t)(xTicks) * (uint64_t)1000U) / (uint64_t)configTICK_RATE_HZ))
#endif

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define pdPASS (pdTRUE)
#define pdFAIL (pdFALSE)

#define errQUEUE_EMPTY ((BaseType_t)0)
#define errQUEUE_FULL ((BaseType_t)0)
#define errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY (-1)
#define errQUEUE_BLOCKED (-4)
#define errQUEUE_YIELD (-5)

#define pdLITTLE_ENDIAN 0x00
#define pdBIG_ENDIAN 0x01
#define pdFREERTOS_LITTLE_ENDIAN pdLITTLE_ENDIAN
#define pdFREERTOS_BIG_ENDIAN pdBIG_ENDIAN
