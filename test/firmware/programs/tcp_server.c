/* Echo server: one client at a time, watched by keepalive. */
#include <string.h>
#include <sys/param.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "esp_event.h"
#include "esp_log.h"
#include "nvs_flash.h"
#include "esp_netif.h"
#include "protocol_examples_common.h"

#include "lwip/err.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include <lwip/netdb.h>

static const char *TAG = "tcp_server";

static bool set_option(int sock, int level, int name, int value)
{
    if (setsockopt(sock, level, name, &value, sizeof(value)) != 0) {
        ESP_LOGE(TAG, "option %d of level %d: errno %d", name, level, errno);
        return false;
    }
    return true;
}

static int open_listener(uint16_t port)
{
    struct sockaddr_storage any;
    bzero(&any, sizeof(any));
    struct sockaddr_in *in = (struct sockaddr_in *)&any;
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_ANY);
    in->sin_port = htons(port);

    int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
    if (listener < 0) {
        ESP_LOGE(TAG, "no socket: errno %d", errno);
        return -1;
    }
    set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(listener, (struct sockaddr *)&any, sizeof(*in)) != 0 || listen(listener, 1) != 0) {
        ESP_LOGE(TAG, "cannot listen on port %d: errno %d", port, errno);
        close(listener);
        return -1;
    }
    ESP_LOGI(TAG, "listening on port %d", port);
    return listener;
}

static bool send_all(int sock, const char *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = send(sock, data + done, size - done, 0);
        if (n < 0) {
            ESP_LOGE(TAG, "send: errno %d", errno);
            return false;
        }
        done += n;
    }
    return true;
}

static void serve(int sock)
{
    char text[128];
    for (;;) {
        ssize_t n = recv(sock, text, sizeof(text) - 1, 0);
        if (n == 0) {
            ESP_LOGW(TAG, "client has closed");
            return;
        }
        if (n < 0) {
            ESP_LOGE(TAG, "recv: errno %d", errno);
            return;
        }
        text[n] = '\0';
        ESP_LOGI(TAG, "%d bytes: %s", (int)n, text);
        if (!send_all(sock, text, n)) {
            return;
        }
    }
}

static void server_task(void *arg)
{
    int listener = open_listener((uint16_t)(uintptr_t)arg);
    while (listener >= 0) {
        struct sockaddr_storage from;
        socklen_t from_len = sizeof(from);
        int sock = accept(listener, (struct sockaddr *)&from, &from_len);
        if (sock < 0) {
            ESP_LOGE(TAG, "accept: errno %d", errno);
            break;
        }
        set_option(sock, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_option(sock, IPPROTO_TCP, TCP_KEEPIDLE, CONFIG_EXAMPLE_KEEPALIVE_IDLE);
        set_option(sock, IPPROTO_TCP, TCP_KEEPINTVL, CONFIG_EXAMPLE_KEEPALIVE_INTERVAL);
        set_option(sock, IPPROTO_TCP, TCP_KEEPCNT, CONFIG_EXAMPLE_KEEPALIVE_COUNT);
        char name[INET_ADDRSTRLEN] = "?";
        if (from.ss_family == PF_INET) {
            inet_ntoa_r(((struct sockaddr_in *)&from)->sin_addr, name, sizeof(name));
        }
        ESP_LOGI(TAG, "client %s", name);
        serve(sock);
        shutdown(sock, SHUT_RDWR);
        close(sock);
    }
    if (listener >= 0) {
        close(listener);
    }
    vTaskDelete(NULL);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    xTaskCreate(server_task, "tcp_server", 4096, (void *)CONFIG_EXAMPLE_PORT, 5, NULL);
}
