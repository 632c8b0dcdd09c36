/* Members of a multicast group: each greets the group when it has been quiet for two seconds. */
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

static const char *TAG = "multicast";

static esp_err_t join(int sock)
{
    struct ip_mreq member = { 0 };
    esp_netif_ip_info_t own;
    ESP_ERROR_CHECK(esp_netif_get_ip_info(get_example_netif(), &own));
    inet_addr_from_ip4addr(&member.imr_interface, &own.ip);
    if (inet_aton(CONFIG_EXAMPLE_MULTICAST_IPV4_ADDR, &member.imr_multiaddr.s_addr) != 1 ||
        !IP_MULTICAST(ntohl(member.imr_multiaddr.s_addr))) {
        ESP_LOGE(TAG, "'%s' is no multicast address", CONFIG_EXAMPLE_MULTICAST_IPV4_ADDR);
        return ESP_ERR_INVALID_ARG;
    }
    uint8_t ttl = CONFIG_EXAMPLE_MULTICAST_TTL;
    if (setsockopt(sock, IPPROTO_IP, IP_MULTICAST_IF, &member.imr_interface, sizeof(struct in_addr)) != 0 ||
        setsockopt(sock, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) != 0 ||
        setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof(member)) != 0) {
        ESP_LOGE(TAG, "cannot join: errno %d", errno);
        return ESP_FAIL;
    }
    ESP_LOGI(TAG, "member of %s on " IPSTR, inet_ntoa(member.imr_multiaddr.s_addr), IP2STR(&own.ip));
    return ESP_OK;
}

static int open_socket(void)
{
    struct sockaddr_in any = { .sin_family = PF_INET, .sin_port = htons(CONFIG_EXAMPLE_PORT) };
    any.sin_addr.s_addr = htonl(INADDR_ANY);
    int sock = socket(PF_INET, SOCK_DGRAM, IPPROTO_IP);
    if (sock < 0) {
        return -1;
    }
    if (bind(sock, (struct sockaddr *)&any, sizeof(any)) != 0 || join(sock) != ESP_OK) {
        close(sock);
        return -1;
    }
    return sock;
}

static void hear(int sock)
{
    char text[48];
    char name[INET_ADDRSTRLEN];
    struct sockaddr_storage from;
    socklen_t from_len = sizeof(from);
    ssize_t n = recvfrom(sock, text, sizeof(text) - 1, 0, (struct sockaddr *)&from, &from_len);
    if (n >= 0) {
        text[n] = '\0';
        inet_ntoa_r(((struct sockaddr_in *)&from)->sin_addr, name, sizeof(name));
        ESP_LOGI(TAG, "%s: %s", name, text);
    }
}

static void group_task(void *arg)
{
    int sock = open_socket();
    struct sockaddr_in group = { .sin_family = PF_INET, .sin_port = htons(CONFIG_EXAMPLE_PORT) };
    inet_aton(CONFIG_EXAMPLE_MULTICAST_IPV4_ADDR, &group.sin_addr.s_addr);
    for (int greetings = 0; sock >= 0 && greetings < CONFIG_EXAMPLE_ROUNDS;) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(sock, &readable);
        struct timeval quiet = { .tv_sec = 2 };
        int ready = select(sock + 1, &readable, NULL, NULL, &quiet);
        if (ready < 0) {
            ESP_LOGE(TAG, "select: errno %d", errno);
            break;
        }
        if (ready > 0 && FD_ISSET(sock, &readable)) {
            hear(sock);
            continue;
        }
        char text[48];
        int length = snprintf(text, sizeof(text), "greeting %d of %s", ++greetings, CONFIG_EXAMPLE_NAME);
        if (sendto(sock, text, length, 0, (struct sockaddr *)&group, sizeof(group)) < 0) {
            ESP_LOGE(TAG, "sendto: errno %d", errno);
            break;
        }
    }
    if (sock >= 0) {
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

    xTaskCreate(&group_task, "group", 4096, NULL, 5, NULL);
}
