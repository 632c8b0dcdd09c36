/* ping: CONFIG_EXAMPLE_PING_COUNT requests to a host, and what became of them. */
#include <stdio.h>
#include <string.h>
#include "sdkconfig.h"
#include "lwip/inet.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "esp_event.h"
#include "esp_check.h"
#include "esp_netif.h"
#include "nvs_flash.h"
#include "ping/ping_sock.h"
#include "protocol_examples_common.h"

static const char *TAG = "ping";

static void on_reply(esp_ping_handle_t session, void *args)
{
    uint16_t number;
    uint8_t ttl;
    uint32_t bytes, ms;
    ip_addr_t from;
    esp_ping_get_profile(session, ESP_PING_PROF_SEQNO, &number, sizeof(number));
    esp_ping_get_profile(session, ESP_PING_PROF_TTL, &ttl, sizeof(ttl));
    esp_ping_get_profile(session, ESP_PING_PROF_SIZE, &bytes, sizeof(bytes));
    esp_ping_get_profile(session, ESP_PING_PROF_TIMEGAP, &ms, sizeof(ms));
    esp_ping_get_profile(session, ESP_PING_PROF_IPADDR, &from, sizeof(from));
    printf("%u: %" PRIu32 " bytes from %s, ttl %u, %" PRIu32 " ms\n", number, bytes, ipaddr_ntoa(&from), ttl, ms);
}

static void on_timeout(esp_ping_handle_t session, void *args)
{
    uint16_t number;
    esp_ping_get_profile(session, ESP_PING_PROF_SEQNO, &number, sizeof(number));
    printf("%u: no reply\n", number);
}

static void on_end(esp_ping_handle_t session, void *args)
{
    uint32_t sent, received, ms;
    esp_ping_get_profile(session, ESP_PING_PROF_REQUEST, &sent, sizeof(sent));
    esp_ping_get_profile(session, ESP_PING_PROF_REPLY, &received, sizeof(received));
    esp_ping_get_profile(session, ESP_PING_PROF_DURATION, &ms, sizeof(ms));
    printf("%" PRIu32 " sent, %" PRIu32 " received, %.0f%% lost, %" PRIu32 " ms\n", sent, received,
           100.0f * (sent - received) / sent, ms);
    esp_ping_delete_session(session);
}

static esp_err_t ping(const char *host)
{
    esp_ping_config_t config = ESP_PING_DEFAULT_CONFIG();
    config.count = CONFIG_EXAMPLE_PING_COUNT;
    struct addrinfo *found = NULL;
    struct addrinfo hints;
    memset(&hints, 0, sizeof(hints));
    ESP_RETURN_ON_FALSE(getaddrinfo(host, NULL, &hints, &found) == 0, ESP_ERR_NOT_FOUND, TAG, "unknown host %s", host);
    struct in_addr addr = ((struct sockaddr_in *)found->ai_addr)->sin_addr;
    freeaddrinfo(found);
    inet_addr_to_ip4addr(ip_2_ip4(&config.target_addr), &addr);
    IP_SET_TYPE(&config.target_addr, IPADDR_TYPE_V4);

    esp_ping_callbacks_t callbacks = {
        .on_ping_success = on_reply,
        .on_ping_timeout = on_timeout,
        .on_ping_end = on_end,
    };
    esp_ping_handle_t session;
    ESP_RETURN_ON_ERROR(esp_ping_new_session(&config, &callbacks, &session), TAG, "no session");
    return esp_ping_start(session);
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    ESP_ERROR_CHECK(ping(CONFIG_EXAMPLE_PING_TARGET));
}
