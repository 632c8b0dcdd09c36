/* Client: a connection for each round, a line there and back. The address is configured or asked for on the console. */
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <errno.h>
#include <netdb.h>
#include <arpa/inet.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_netif.h"
#include "esp_event.h"
#include "esp_log.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"
#ifdef CONFIG_EXAMPLE_SOCKET_IP_INPUT_STDIN
#include "addr_from_stdin.h"
#endif

static const char *TAG = "tcp_client";

static int connect_to_server(void)
{
    int family = AF_INET;
    int protocol = 0;
    struct sockaddr_storage server = { 0 };
#ifdef CONFIG_EXAMPLE_SOCKET_IP_INPUT_STDIN
    ESP_ERROR_CHECK(get_addr_from_stdin(CONFIG_EXAMPLE_PORT, SOCK_STREAM, &protocol, &family, &server));
#else
    struct sockaddr_in *in = (struct sockaddr_in *)&server;
    in->sin_family = AF_INET;
    in->sin_port = htons(CONFIG_EXAMPLE_PORT);
    if (inet_pton(AF_INET, CONFIG_EXAMPLE_IPV4_ADDR, &in->sin_addr) != 1) {
        ESP_LOGE(TAG, "'%s' is no address", CONFIG_EXAMPLE_IPV4_ADDR);
        return -1;
    }
#endif
    int sock = socket(family, SOCK_STREAM, protocol);
    if (sock < 0) {
        ESP_LOGE(TAG, "no socket: errno %d", errno);
        return -1;
    }
    if (connect(sock, (struct sockaddr *)&server, sizeof(struct sockaddr_in)) != 0) {
        ESP_LOGE(TAG, "connect: errno %d (%s)", errno, strerror(errno));
        close(sock);
        return -1;
    }
    return sock;
}

static void talk(int sock, int round)
{
    char line[64];
    int length = snprintf(line, sizeof(line), "hello %d from an ESP32", round);
    if (send(sock, line, length, 0) < 0) {
        ESP_LOGE(TAG, "send: errno %d", errno);
        return;
    }
    char answer[64];
    ssize_t n = recv(sock, answer, sizeof(answer) - 1, 0);
    if (n < 0) {
        ESP_LOGE(TAG, "recv: errno %d", errno);
        return;
    }
    answer[n] = '\0';
    ESP_LOGI(TAG, "answer of %d bytes: %s", (int)n, answer);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    for (int round = 1; round <= CONFIG_EXAMPLE_ROUNDS; round++) {
        int sock = connect_to_server();
        if (sock < 0) {
            break;
        }
        talk(sock, round);
        shutdown(sock, 0);
        close(sock);
        vTaskDelay(1000 / portTICK_PERIOD_MS);
    }
    ESP_LOGI(TAG, "done");
}
