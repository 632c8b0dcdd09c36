/* Restarts, and what is left of before. The first line on stdin says what to do. */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include "esp_log.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "protocol_examples_common.h"

static const char *TAG = "life";
static int boots; /* static data is new with every boot */

static void on_shutdown(void) {
  ESP_LOGI(TAG, "shutting down");
  vTaskDelay(1);
}

static void restart(void) {
  ESP_LOGI(TAG, "boot %d, reason %d, random %08x", ++boots, esp_reset_reason(), (unsigned)esp_random());
  if (esp_reset_reason() == ESP_RST_POWERON) {
    esp_register_shutdown_handler(on_shutdown);
    vTaskDelay(10);
    esp_restart();
  }
}

static void meek(void *arg) {
  for (;;) {
    vTaskDelay(10);
    ESP_LOGI(TAG, "meek at %d", (int)xTaskGetTickCount());
  }
}

/* Computes for so many ticks. */
static void spin(unsigned ticks) {
  for (TickType_t end = xTaskGetTickCount() + ticks; xTaskGetTickCount() < end;) {
    for (volatile int i = 0; i < 10000; i++) {
    }
  }
}

static void hog(void) {
  xTaskCreate(meek, "meek", 3072, NULL, 1, NULL);
  vTaskPrioritySet(NULL, 5);
  vTaskDelay(15);
  spin(20);
  ESP_LOGI(TAG, "spun until %d", (int)xTaskGetTickCount());
  vTaskDelay(15);
  spin(110);
  ESP_LOGI(TAG, "spun until %d", (int)xTaskGetTickCount());
  vTaskDelete(NULL);
}

/* A worker that waits for what a server gets. */
static QueueHandle_t work;

static void worker(void *arg) {
  char b[64];
  for (;;) {
    xQueueReceive(work, b, portMAX_DELAY);
    ESP_LOGI(TAG, "worker got %s", b);
  }
}

static void serve(void) {
  work = xQueueCreate(2, 64);
  xTaskCreate(worker, "worker", 3072, NULL, 5, NULL);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(4000), .sin_addr.s_addr = htonl(INADDR_ANY)};
  bind(s, (struct sockaddr *)&me, sizeof(me));
  for (;;) {
    char b[64] = "";
    recv(s, b, sizeof(b) - 1, 0);
    xQueueSend(work, b, portMAX_DELAY);
  }
}

static SemaphoreHandle_t left, right;

static void other_way_round(void *arg) {
  xSemaphoreTake(right, portMAX_DELAY);
  vTaskDelay(1);
  xSemaphoreTake(left, portMAX_DELAY);
}

static void deadlock(void) {
  left = xSemaphoreCreateMutex();
  right = xSemaphoreCreateMutex();
  xTaskCreate(other_way_round, "other", 3072, NULL, 5, NULL);
  xSemaphoreTake(left, portMAX_DELAY);
  vTaskDelay(1);
  xSemaphoreTake(right, portMAX_DELAY);
}

/* Above the tcpip thread: it interrupts the stack at work, and tasks in their calls. */
static void echo_above(void *arg) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(4000), .sin_addr.s_addr = htonl(INADDR_ANY)}, from;
  bind(s, (struct sockaddr *)&me, sizeof(me));
  for (;;) {
    char b[64];
    socklen_t length = sizeof(from);
    int n = recvfrom(s, b, sizeof(b), 0, (struct sockaddr *)&from, &length);
    ESP_LOGI(TAG, "%d bytes", n);
    sendto(s, b, n, 0, (struct sockaddr *)&from, length);
  }
}

static void above(void) {
  xTaskCreate(echo_above, "above", 3072, NULL, 20, NULL);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 1; i <= 3; i++) {
    char b[64] = "abcdef";
    int sent = sendto(s, b, i, 0, (struct sockaddr *)&to, sizeof(to));
    ESP_LOGI(TAG, "sent %d", sent);
    int n = recv(s, b, sizeof(b), 0);
    ESP_LOGI(TAG, "got %d", n);
  }
}

static const struct {
  const char *name;
  void (*run)(void);
} parts[] = {{"restart", restart}, {"hog", hog}, {"serve", serve}, {"deadlock", deadlock}, {"above", above}};

void app_main(void) {
  char line[32];
  example_configure_stdin_stdout();
  fgets(line, sizeof(line), stdin);
  line[strcspn(line, "\n")] = '\0';
  for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (strcmp(parts[i].name, line) == 0) {
      parts[i].run();
    }
  }
}
