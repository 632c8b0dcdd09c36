/* The DNS server of a captive portal: whatever is asked for, it is this board. */
#include <inttypes.h>
#include <string.h>
#include <sys/param.h>
#include "esp_log.h"
#include "esp_check.h"
#include "esp_event.h"
#include "esp_mac.h"
#include "esp_system.h"
#include "esp_netif.h"
#include "nvs_flash.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/err.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include "lwip/netdb.h"
#include "protocol_examples_common.h"

#define TYPE_A 1
#define CLASS_IN 1
#define RESPONSE 0x8000
#define OPCODE 0x7800
#define NAME_AT_12 0xc00c
#define TTL_S 60

static const char *TAG = "dns_server";

struct __attribute__((packed)) header {
    uint16_t id, flags, questions, answers, authorities, additional;
};

struct __attribute__((packed)) question_end {
    uint16_t type, class;
};

struct __attribute__((packed)) answer {
    uint16_t name, type, class;
    uint32_t ttl;
    uint16_t length;
    uint32_t addr;
};

/* The labels of a name, joined by dots. @returns what follows it, NULL if it leaves the packet */
static const uint8_t *read_name(const uint8_t *at, const uint8_t *end, char *name, size_t size)
{
    size_t used = 0;
    while (at < end && *at != 0) {
        size_t label = *at++;
        if (label > 63 || at + label > end || used + label + 1 > size) {
            return NULL;
        }
        memcpy(name + used, at, label);
        used += label;
        name[used++] = '.';
        at += label;
    }
    if (at >= end || used == 0) {
        return NULL;
    }
    name[used - 1] = '\0';
    return at + 1;
}

/* One question in, its answer appended. @returns the length of the reply, 0: none */
static size_t make_reply(uint8_t *packet, size_t length, size_t room, uint32_t own_addr)
{
    struct header *header = (struct header *)packet;
    char name[64];
    if (length < sizeof(*header) || (ntohs(header->flags) & (RESPONSE | OPCODE)) != 0 || ntohs(header->questions) != 1) {
        return 0;
    }
    const uint8_t *end = packet + length;
    const uint8_t *after = read_name(packet + sizeof(*header), end, name, sizeof(name));
    struct question_end asked;
    if (after == NULL || after + sizeof(asked) > end) {
        return 0;
    }
    memcpy(&asked, after, sizeof(asked));
    ESP_LOGI(TAG, "%s, type %d", name, ntohs(asked.type));
    header->flags = htons(ntohs(header->flags) | RESPONSE);
    if (ntohs(asked.type) != TYPE_A) {
        return length;
    }
    struct answer answer = {
        .name = htons(NAME_AT_12),
        .type = htons(TYPE_A),
        .class = htons(CLASS_IN),
        .ttl = htonl(TTL_S),
        .length = htons(sizeof(own_addr)),
        .addr = own_addr,
    };
    if (length + sizeof(answer) > room) {
        return 0;
    }
    header->answers = htons(1);
    memcpy(packet + length, &answer, sizeof(answer));
    return length + sizeof(answer);
}

static void dns_task(void *arg)
{
    static uint8_t packet[256];
    esp_netif_ip_info_t own;
    ESP_ERROR_CHECK(esp_netif_get_ip_info(get_example_netif(), &own));

    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_ANY) };
    int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    if (sock < 0 || bind(sock, (struct sockaddr *)&any, sizeof(any)) != 0) {
        ESP_LOGE(TAG, "bind: errno %d", errno);
        vTaskDelete(NULL);
    }
    ESP_LOGI(TAG, "every name is " IPSTR, IP2STR(&own.ip));
    for (;;) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof(from);
        ssize_t n = recvfrom(sock, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_len);
        if (n < 0) {
            ESP_LOGE(TAG, "recvfrom: errno %d", errno);
            break;
        }
        size_t length = make_reply(packet, n, sizeof(packet), own.ip.addr);
        if (length == 0) {
            ESP_LOGW(TAG, "%d bytes from %s are no question", (int)n, inet_ntoa(from.sin_addr));
            continue;
        }
        if (sendto(sock, packet, length, 0, (struct sockaddr *)&from, sizeof(from)) < 0) {
            ESP_LOGE(TAG, "sendto: errno %d", errno);
        }
    }
    close(sock);
    vTaskDelete(NULL);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    xTaskCreate(dns_task, "dns_server", 4096, NULL, 5, NULL);
}
