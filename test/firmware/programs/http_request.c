/* Fetches a page over a plain socket and prints it as it comes. */
#include <string.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "esp_event.h"
#include "esp_log.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

#include "lwip/err.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include "lwip/netdb.h"
#include "lwip/dns.h"
#include "sdkconfig.h"

#define HOST CONFIG_EXAMPLE_WEB_SERVER
#define PORT CONFIG_EXAMPLE_WEB_PORT

static const char *TAG = "http_request";
static const char *REQUEST = "GET / HTTP/1.0\r\n"
                             "Host: " HOST ":" PORT "\r\n"
                             "\r\n";

static int open_connection(void)
{
    const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *server;
    int failed = getaddrinfo(HOST, PORT, &hints, &server);
    if (failed) {
        ESP_LOGE(TAG, "%s is not known: %d", HOST, failed);
        return -1;
    }
    ESP_LOGI(TAG, "%s is %s", HOST, inet_ntoa(((struct sockaddr_in *)server->ai_addr)->sin_addr));
    int sock = socket(server->ai_family, server->ai_socktype, 0);
    if (sock >= 0 && connect(sock, server->ai_addr, server->ai_addrlen) != 0) {
        ESP_LOGE(TAG, "connect: errno %d", errno);
        close(sock);
        sock = -1;
    }
    freeaddrinfo(server);
    return sock;
}

static void fetch(int sock)
{
    struct timeval patience = { .tv_sec = 5 };
    if (write(sock, REQUEST, strlen(REQUEST)) < 0 ||
        setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0) {
        ESP_LOGE(TAG, "write: errno %d", errno);
        return;
    }
    char piece[64];
    int total = 0;
    int n;
    do {
        bzero(piece, sizeof(piece));
        n = read(sock, piece, sizeof(piece) - 1);
        for (int i = 0; i < n; i++) {
            putchar(piece[i]);
        }
        total += n > 0 ? n : 0;
    } while (n > 0);
    ESP_LOGI(TAG, "%d bytes, the last read returned %d", total, n);
}

static void fetch_task(void *arg)
{
    for (int round = 0; round < CONFIG_EXAMPLE_ROUNDS; round++) {
        int sock = open_connection();
        if (sock >= 0) {
            fetch(sock);
            close(sock);
        }
        vTaskDelay(1000 / portTICK_PERIOD_MS);
    }
    vTaskDelete(NULL);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    xTaskCreate(&fetch_task, "fetch", 4096, NULL, 5, NULL);
}
