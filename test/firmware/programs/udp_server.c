/* Datagrams are sent back to where they come from; after ten quiet seconds the socket is made anew. */
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

static const char *TAG = "udp_server";

static int open_socket(void)
{
    int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    if (sock < 0) {
        ESP_LOGE(TAG, "no socket: errno %d", errno);
        return -1;
    }
    struct timeval patience = { .tv_sec = 10 };
    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(CONFIG_EXAMPLE_PORT) };
    own.sin_addr.s_addr = htonl(INADDR_ANY);
    if (bind(sock, (struct sockaddr *)&own, sizeof(own)) != 0) {
        ESP_LOGE(TAG, "bind: errno %d", errno);
        close(sock);
        return -1;
    }
    ESP_LOGI(TAG, "port %d is open", CONFIG_EXAMPLE_PORT);
    return sock;
}

/* False: nothing came in time, or it failed. */
static bool echo_one(int sock)
{
    char data[128];
    struct sockaddr_storage from;
    socklen_t from_len = sizeof(from);
    ssize_t n = recvfrom(sock, data, sizeof(data) - 1, 0, (struct sockaddr *)&from, &from_len);
    if (n < 0) {
        ESP_LOGE(TAG, "recvfrom: errno %d (%s)", errno, strerror(errno));
        return false;
    }
    data[n] = '\0';
    char name[INET_ADDRSTRLEN] = "?";
    if (from.ss_family == PF_INET) {
        inet_ntoa_r(((struct sockaddr_in *)&from)->sin_addr, name, sizeof(name));
    }
    ESP_LOGI(TAG, "%s says: %s", name, data);
    return sendto(sock, data, n, 0, (struct sockaddr *)&from, sizeof(struct sockaddr_in)) == n;
}

static void server_task(void *arg)
{
    int sock;
    while ((sock = open_socket()) >= 0) {
        while (echo_one(sock)) {
        }
        shutdown(sock, 0);
        close(sock);
    }
    vTaskDelete(NULL);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    xTaskCreate(server_task, "udp_server", 4096, NULL, 5, NULL);
}
