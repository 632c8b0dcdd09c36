/* ESP-IDF's port of lwIP: semaphores, mutexes and mailboxes are FreeRTOS queues, a thread is a task. */
#pragma once

#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "lwip/arch.h"

typedef SemaphoreHandle_t sys_sem_t;
typedef SemaphoreHandle_t sys_mutex_t;
typedef TaskHandle_t sys_thread_t;
typedef struct sys_mbox_s {
  QueueHandle_t os_mbox;
  void *owner;
} * sys_mbox_t;
typedef int sys_prot_t;
