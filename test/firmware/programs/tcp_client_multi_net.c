/* The same page fetched through each interface in turn: a socket bound to an interface by name, or by its address. */
#include <string.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_netif.h"
#include "esp_event.h"
#include "esp_log.h"
#include "nvs_flash.h"
#include "netdb.h"
#include "net/if.h"
#include "sys/socket.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

static const char *TAG = "multi_net";

static bool bind_to(int sock, esp_netif_t *netif)
{
#ifdef CONFIG_EXAMPLE_BIND_SOCKET_TO_NETIF_NAME
    struct ifreq ifr;
    if (if_indextoname(esp_netif_get_netif_impl_index(netif), ifr.ifr_name) == NULL) {
        return false;
    }
    ESP_LOGI(TAG, "by name: %s", ifr.ifr_name);
    return setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE, (void *)&ifr, sizeof(ifr)) == 0;
#else
    esp_netif_ip_info_t info;
    if (esp_netif_get_ip_info(netif, &info) != ESP_OK) {
        return false;
    }
    struct sockaddr_in own = { .sin_family = AF_INET };
    own.sin_addr.s_addr = info.ip.addr;
    ESP_LOGI(TAG, "by address: " IPSTR, IP2STR(&info.ip));
    return bind(sock, (struct sockaddr *)&own, sizeof(own)) == 0;
#endif
}

static void ask(esp_netif_t *netif)
{
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(CONFIG_EXAMPLE_HOST_PORT) };
    server.sin_addr.s_addr = inet_addr(CONFIG_EXAMPLE_HOST_NAME);
    ESP_LOGI(TAG, "through '%s'", esp_netif_get_desc(netif));
    int sock = socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
    if (sock < 0) {
        return;
    }
    if (!bind_to(sock, netif) || connect(sock, (struct sockaddr *)&server, sizeof(server)) != 0) {
        ESP_LOGE(TAG, "errno %d", errno);
    } else {
        static const char *question = "which way?";
        char answer[32];
        send(sock, question, strlen(question), 0);
        int n = recv(sock, answer, sizeof(answer) - 1, 0);
        answer[n < 0 ? 0 : n] = '\0';
        ESP_LOGI(TAG, "%d bytes: %s", n, answer);
    }
    close(sock);
}

static void ask_task(void *arg)
{
    esp_netif_t *netif = NULL;
    while ((netif = esp_netif_next_unsafe(netif)) != NULL) {
        ask(netif);
        vTaskDelay(pdMS_TO_TICKS(500));
    }
    vTaskDelete(NULL);
}

void app_main(void)
{
    esp_err_t ret = nvs_flash_init();
    if (ret == ESP_ERR_NVS_NO_FREE_PAGES || ret == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        ESP_ERROR_CHECK(nvs_flash_erase());
        ret = nvs_flash_init();
    }
    ESP_ERROR_CHECK(ret);
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    xTaskCreate(ask_task, "ask", 4096, NULL, 5, NULL);
}
