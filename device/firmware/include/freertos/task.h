/* FreeRTOS: tasks and their notifications. Stack sizes are in bytes. */
#pragma once

#include "freertos/FreeRTOS.h"
#include "freertos/list.h"

typedef struct tskTaskControlBlock *TaskHandle_t;
typedef BaseType_t (*TaskHookFunction_t)(void *arg);
typedef void (*TlsDeleteCallbackFunction_t)(int index, void *value);

typedef enum {
  eRunning = 0,
  eReady,
  eBlocked,
  eSuspended,
  eDeleted,
  eInvalid
} eTaskState;

typedef enum {
  eNoAction = 0,
  eSetBits,
  eIncrement,
  eSetValueWithOverwrite,
  eSetValueWithoutOverwrite
} eNotifyAction;

typedef struct xTIME_OUT {
  BaseType_t xOverflowCount;
  TickType_t xTimeOnEntering;
} TimeOut_t;

typedef struct xTASK_STATUS {
  TaskHandle_t xHandle;
  const char *pcTaskName;
  UBaseType_t xTaskNumber;
  eTaskState eCurrentState;
  UBaseType_t uxCurrentPriority;
  UBaseType_t uxBasePriority;
  uint32_t ulRunTimeCounter;
  StackType_t *pxStackBase;
  configSTACK_DEPTH_TYPE usStackHighWaterMark;
} TaskStatus_t;

#define tskIDLE_PRIORITY ((UBaseType_t)0U)
#define tskNO_AFFINITY ((BaseType_t)0x7FFFFFFF)
#define tskDEFAULT_INDEX_TO_NOTIFY (0)

#define taskSCHEDULER_SUSPENDED ((BaseType_t)0)
#define taskSCHEDULER_NOT_STARTED ((BaseType_t)1)
#define taskSCHEDULER_RUNNING ((BaseType_t)2)

#define taskYIELD() portYIELD()
#define taskENTER_CRITICAL(mux) portENTER_CRITICAL(mux)
#define taskEXIT_CRITICAL(mux) portEXIT_CRITICAL(mux)
#define taskENTER_CRITICAL_ISR(mux) portENTER_CRITICAL_ISR(mux)
#define taskEXIT_CRITICAL_ISR(mux) portEXIT_CRITICAL_ISR(mux)
#define taskENTER_CRITICAL_FROM_ISR() portSET_INTERRUPT_MASK_FROM_ISR()
#define taskEXIT_CRITICAL_FROM_ISR(state) portCLEAR_INTERRUPT_MASK_FROM_ISR(state)
#define taskDISABLE_INTERRUPTS() portDISABLE_INTERRUPTS()
#define taskENABLE_INTERRUPTS() portENABLE_INTERRUPTS()
#define taskVALID_CORE_ID(xCoreID) (((xCoreID) >= 0 && (xCoreID) < portNUM_PROCESSORS) ? pdTRUE : pdFALSE)

__BEGIN_DECLS
BaseType_t xTaskCreatePinnedToCore(TaskFunction_t pxTaskCode, const char *const pcName, const uint32_t ulStackDepth,
                                   void *const pvParameters, UBaseType_t uxPriority, TaskHandle_t *const pxCreatedTask,
                                   const BaseType_t xCoreID);
TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t pxTaskCode, const char *const pcName,
                                           const uint32_t ulStackDepth, void *const pvParameters,
                                           UBaseType_t uxPriority, StackType_t *const puxStackBuffer,
                                           StaticTask_t *const pxTaskBuffer, const BaseType_t xCoreID);

static inline BaseType_t xTaskCreate(TaskFunction_t pxTaskCode, const char *const pcName,
                                     const configSTACK_DEPTH_TYPE usStackDepth, void *const pvParameters,
                                     UBaseType_t uxPriority, TaskHandle_t *const pxCreatedTask) {
  return xTaskCreatePinnedToCore(pxTaskCode, pcName, usStackDepth, pvParameters, uxPriority, pxCreatedTask,
                                 tskNO_AFFINITY);
}
static inline TaskHandle_t xTaskCreateStatic(TaskFunction_t pxTaskCode, const char *const pcName,
                                             const uint32_t ulStackDepth, void *const pvParameters,
                                             UBaseType_t uxPriority, StackType_t *const puxStackBuffer,
                                             StaticTask_t *const pxTaskBuffer) {
  return xTaskCreateStaticPinnedToCore(pxTaskCode, pcName, ulStackDepth, pvParameters, uxPriority, puxStackBuffer,
                                       pxTaskBuffer, tskNO_AFFINITY);
}

void vTaskDelete(TaskHandle_t xTaskToDelete);
void vTaskDelay(const TickType_t xTicksToDelay);
BaseType_t xTaskDelayUntil(TickType_t *const pxPreviousWakeTime, const TickType_t xTimeIncrement);
BaseType_t xTaskAbortDelay(TaskHandle_t xTask);
UBaseType_t uxTaskPriorityGet(const TaskHandle_t xTask);
UBaseType_t uxTaskPriorityGetFromISR(const TaskHandle_t xTask);
eTaskState eTaskGetState(TaskHandle_t xTask);
void vTaskGetInfo(TaskHandle_t xTask, TaskStatus_t *pxTaskStatus, BaseType_t xGetFreeStackSpace, eTaskState eState);
void vTaskPrioritySet(TaskHandle_t xTask, UBaseType_t uxNewPriority);
void vTaskSuspend(TaskHandle_t xTaskToSuspend);
void vTaskResume(TaskHandle_t xTaskToResume);
BaseType_t xTaskResumeFromISR(TaskHandle_t xTaskToResume);
void vTaskSuspendAll(void);
BaseType_t xTaskResumeAll(void);
TickType_t xTaskGetTickCount(void);
TickType_t xTaskGetTickCountFromISR(void);
UBaseType_t uxTaskGetNumberOfTasks(void);
char *pcTaskGetName(TaskHandle_t xTaskToQuery);
TaskHandle_t xTaskGetHandle(const char *pcNameToQuery);
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask);
configSTACK_DEPTH_TYPE uxTaskGetStackHighWaterMark2(TaskHandle_t xTask);
void vTaskSetThreadLocalStoragePointer(TaskHandle_t xTaskToSet, BaseType_t xIndex, void *pvValue);
void *pvTaskGetThreadLocalStoragePointer(TaskHandle_t xTaskToQuery, BaseType_t xIndex);
void vTaskSetThreadLocalStoragePointerAndDelCallback(TaskHandle_t xTaskToSet, BaseType_t xIndex, void *pvValue,
                                                     TlsDeleteCallbackFunction_t pvDelCallback);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TaskHandle_t xTaskGetCurrentTaskHandleForCore(BaseType_t xCoreID);
TaskHandle_t xTaskGetIdleTaskHandle(void);
BaseType_t xTaskGetCoreID(TaskHandle_t xTask);
BaseType_t xTaskGetSchedulerState(void);
void vTaskSetTimeOutState(TimeOut_t *const pxTimeOut);
BaseType_t xTaskCheckForTimeOut(TimeOut_t *const pxTimeOut, TickType_t *const pxTicksToWait);
UBaseType_t uxTaskGetSystemState(TaskStatus_t *const pxTaskStatusArray, const UBaseType_t uxArraySize,
                                 uint32_t *const pulTotalRunTime);
void vTaskList(char *pcWriteBuffer);

BaseType_t xTaskGenericNotify(TaskHandle_t xTaskToNotify, UBaseType_t uxIndexToNotify, uint32_t ulValue,
                              eNotifyAction eAction, uint32_t *pulPreviousNotificationValue);
BaseType_t xTaskGenericNotifyFromISR(TaskHandle_t xTaskToNotify, UBaseType_t uxIndexToNotify, uint32_t ulValue,
                                     eNotifyAction eAction, uint32_t *pulPreviousNotificationValue,
                                     BaseType_t *pxHigherPriorityTaskWoken);
BaseType_t xTaskGenericNotifyWait(UBaseType_t uxIndexToWaitOn, uint32_t ulBitsToClearOnEntry,
                                  uint32_t ulBitsToClearOnExit, uint32_t *pulNotificationValue,
                                  TickType_t xTicksToWait);
void vTaskGenericNotifyGiveFromISR(TaskHandle_t xTaskToNotify, UBaseType_t uxIndexToNotify,
                                   BaseType_t *pxHigherPriorityTaskWoken);
uint32_t ulTaskGenericNotifyTake(UBaseType_t uxIndexToWaitOn, BaseType_t xClearCountOnExit, TickType_t xTicksToWait);
BaseType_t xTaskGenericNotifyStateClear(TaskHandle_t xTask, UBaseType_t uxIndexToClear);
uint32_t ulTaskGenericNotifyValueClear(TaskHandle_t xTask, UBaseType_t uxIndexToClear, uint32_t ulBitsToClear);
__END_DECLS

#define vTaskDelayUntil(pxPreviousWakeTime, xTimeIncrement) \
  do {                                                      \
    (void)xTaskDelayUntil(pxPreviousWakeTime, xTimeIncrement); \
  } while (0)

#define xTaskNotifyIndexed(task, index, value, action) xTaskGenericNotify((task), (index), (value), (action), NULL)
#define xTaskNotify(task, value, action) xTaskGenericNotify((task), tskDEFAULT_INDEX_TO_NOTIFY, (value), (action), NULL)
#define xTaskNotifyAndQueryIndexed(task, index, value, action, previous) \
  xTaskGenericNotify((task), (index), (value), (action), (previous))
#define xTaskNotifyAndQuery(task, value, action, previous) \
  xTaskGenericNotify((task), tskDEFAULT_INDEX_TO_NOTIFY, (value), (action), (previous))
#define xTaskNotifyIndexedFromISR(task, index, value, action, woken) \
  xTaskGenericNotifyFromISR((task), (index), (value), (action), NULL, (woken))
#define xTaskNotifyFromISR(task, value, action, woken) \
  xTaskGenericNotifyFromISR((task), tskDEFAULT_INDEX_TO_NOTIFY, (value), (action), NULL, (woken))
#define xTaskNotifyAndQueryFromISR(task, value, action, previous, woken) \
  xTaskGenericNotifyFromISR((task), tskDEFAULT_INDEX_TO_NOTIFY, (value), (action), (previous), (woken))
#define xTaskNotifyWaitIndexed(index, clearOnEntry, clearOnExit, value, ticks) \
  xTaskGenericNotifyWait((index), (clearOnEntry), (clearOnExit), (value), (ticks))
#define xTaskNotifyWait(clearOnEntry, clearOnExit, value, ticks) \
  xTaskGenericNotifyWait(tskDEFAULT_INDEX_TO_NOTIFY, (clearOnEntry), (clearOnExit), (value), (ticks))
#define xTaskNotifyGiveIndexed(task, index) xTaskGenericNotify((task), (index), 0, eIncrement, NULL)
#define xTaskNotifyGive(task) xTaskGenericNotify((task), tskDEFAULT_INDEX_TO_NOTIFY, 0, eIncrement, NULL)
#define vTaskNotifyGiveIndexedFromISR(task, index, woken) vTaskGenericNotifyGiveFromISR((task), (index), (woken))
#define vTaskNotifyGiveFromISR(task, woken) vTaskGenericNotifyGiveFromISR((task), tskDEFAULT_INDEX_TO_NOTIFY, (woken))
#define ulTaskNotifyTakeIndexed(index, clearOnExit, ticks) ulTaskGenericNotifyTake((index), (clearOnExit), (ticks))
#define ulTaskNotifyTake(clearOnExit, ticks) ulTaskGenericNotifyTake(tskDEFAULT_INDEX_TO_NOTIFY, (clearOnExit), (ticks))
#define xTaskNotifyStateClearIndexed(task, index) xTaskGenericNotifyStateClear((task), (index))
#define xTaskNotifyStateClear(task) xTaskGenericNotifyStateClear((task), tskDEFAULT_INDEX_TO_NOTIFY)
#define ulTaskNotifyValueClearIndexed(task, index, bits) ulTaskGenericNotifyValueClear((task), (index), (bits))
#define ulTaskNotifyValueClear(task, bits) ulTaskGenericNotifyValueClear((task), tskDEFAULT_INDEX_TO_NOTIFY, (bits))

#define xTaskGetAffinity(task) xTaskGetCoreID(task)
#define pcTaskGetTaskName(task) pcTaskGetName(task)
