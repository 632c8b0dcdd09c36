/* A small web server on plain sockets: a task for each client, a counter behind a mutex. */
#include <stdio.h>
#include <string.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "freertos/semphr.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_timer.h"
#include "nvs_flash.h"
#include "lwip/sockets.h"
#include "protocol_examples_common.h"

static const char *TAG = "http_server";
static SemaphoreHandle_t lock;
static int visits;

static void client_task(void *arg)
{
    int sock = (int)(intptr_t)arg;
    char request[256];
    int len = recv(sock, request, sizeof(request) - 1, 0);
    if (len > 0) {
        request[len] = '\0';
        char *end = strstr(request, "\r\n");
        if (end != NULL) {
            *end = '\0';
        }
        xSemaphoreTake(lock, portMAX_DELAY);
        int visit = ++visits;
        xSemaphoreGive(lock);
        ESP_LOGI(TAG, "[%d] %s", visit, request);

        char body[64];
        int body_len = snprintf(body, sizeof(body), "<p>visit %d after %lld ms</p>\n", visit, esp_timer_get_time() / 1000);
        char reply[192];
        int reply_len = snprintf(reply, sizeof(reply), "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s",
                                 body_len, body);
        send(sock, reply, reply_len, 0);
    }
    shutdown(sock, SHUT_WR);
    close(sock);
    vTaskDelete(NULL);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    lock = xSemaphoreCreateMutex();
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = INADDR_ANY };
    if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(listener, 4) != 0) {
        ESP_LOGE(TAG, "cannot listen: errno %d", errno);
        return;
    }
    ESP_LOGI(TAG, "listening on port 80");
    while (1) {
        int sock = accept(listener, NULL, NULL);
        if (sock < 0) {
            ESP_LOGE(TAG, "accept failed: errno %d", errno);
            break;
        }
        if (xTaskCreate(client_task, "client", 4096, (void *)(intptr_t)sock, 4, NULL) != pdPASS) {
            close(sock);
        }
    }
}
