/* A datagram every two seconds; an echo that does not come within 1.5 s is given up. */
#include <string.h>
#include <sys/param.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_system.h"
#include "esp_event.h"
#include "esp_log.h"
#include "nvs_flash.h"
#include "esp_netif.h"
#include "protocol_examples_common.h"

#include "lwip/err.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include <lwip/netdb.h>

static const char *TAG = "udp_client";

static void client_task(void *arg)
{
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(CONFIG_EXAMPLE_PORT) };
    server.sin_addr.s_addr = inet_addr(CONFIG_EXAMPLE_IPV4_ADDR);
    struct timeval patience = { .tv_sec = 1, .tv_usec = 500000 };
    int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0) {
        ESP_LOGE(TAG, "no socket: errno %d", errno);
        vTaskDelete(NULL);
    }
    int lost = 0;
    TickType_t wake = xTaskGetTickCount();
    for (int round = 1; round <= CONFIG_EXAMPLE_ROUNDS; round++) {
        char text[32];
        int length = sprintf(text, "reading %d", round);
        if (sendto(sock, text, length, 0, (struct sockaddr *)&server, sizeof(server)) < 0) {
            ESP_LOGE(TAG, "sendto: errno %d", errno);
            break;
        }
        char echo[32];
        struct sockaddr_storage from;
        socklen_t from_len = sizeof(from);
        ssize_t n = recvfrom(sock, echo, sizeof(echo) - 1, 0, (struct sockaddr *)&from, &from_len);
        if (n < 0) {
            lost++;
            ESP_LOGW(TAG, "no echo of '%s': errno %d", text, errno);
        } else {
            echo[n] = '\0';
            ESP_LOGI(TAG, "echo from %s: %s", inet_ntoa(((struct sockaddr_in *)&from)->sin_addr), echo);
        }
        vTaskDelayUntil(&wake, pdMS_TO_TICKS(2000));
    }
    ESP_LOGI(TAG, "done, %d lost", lost);
    close(sock);
    vTaskDelete(NULL);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    xTaskCreate(client_task, "udp_client", 4096, NULL, 5, NULL);
}
