/* Every part is a function that logs what does not hold; main.c runs the one whose name comes on stdin. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define CHECK(x)                                                             \
  do {                                                                       \
    if (!(x)) {                                                              \
      ESP_LOGE("check", "%s:%d: %s", __FILE_NAME__, __LINE__, #x);           \
    }                                                                        \
  } while (0)

/* What happened, in order. */
extern char story[256];
#define TELL(...) snprintf(story + strlen(story), sizeof(story) - strlen(story), __VA_ARGS__)
#define CHECK_STORY(text)                                                                    \
  do {                                                                                       \
    if (strcmp(story, text) != 0) {                                                          \
      ESP_LOGE("check", "%s:%d: story is \"%s\"", __FILE_NAME__, __LINE__, story);           \
    }                                                                                        \
    story[0] = '\0';                                                                         \
  } while (0)

void test_tasks(void);
void test_suspend(void);
void test_queues(void);
void test_semaphores(void);
void test_mutexes(void);
void test_queue_sets(void);
void test_event_groups(void);
void test_notifications(void);
void test_timers(void);
void test_esp_timer(void);
void test_streams(void);
void test_heap(void);
void test_errno(void);
void test_clock(void);
void test_log(void);
void test_stdio(void);
void test_sockets(void);
void test_netdb(void);
void test_critical(void);
void test_events(void);
void test_netif(void);
void test_deep(void);
