/* Non-blocking sockets on both sides: CONFIG_EXAMPLE_TCP_SERVER polls its clients, CONFIG_EXAMPLE_TCP_CLIENT waits in
 * select() until it is connected. */
#include <string.h>
#include "sys/socket.h"
#include "netdb.h"
#include "errno.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_system.h"
#include "esp_event.h"
#include "esp_log.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

#define NOBODY (-1)
#define PAUSE_MS 50

enum outcome { NOTHING_YET = 0, GONE = -1 };

static bool make_non_blocking(int sock)
{
    int flags = fcntl(sock, F_GETFL, 0);
    return flags != -1 && fcntl(sock, F_SETFL, flags | O_NONBLOCK) != -1;
}

static bool is_not_yet(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINPROGRESS;
}

/* Bytes, or NOTHING_YET, or GONE. */
static int receive(const char *tag, int sock, char *to, size_t size)
{
    int n = recv(sock, to, size, 0);
    if (n > 0) {
        return n;
    }
    if (n < 0 && is_not_yet(errno)) {
        return NOTHING_YET;
    }
    if (n < 0 && errno != ENOTCONN) {
        ESP_LOGE(tag, "%d: recv: %s", sock, strerror(errno));
    }
    return GONE;
}

static bool transmit(const char *tag, int sock, const char *from, size_t size)
{
    while (size > 0) {
        int n = send(sock, from, size, 0);
        if (n < 0 && !is_not_yet(errno)) {
            ESP_LOGE(tag, "%d: send: %s", sock, strerror(errno));
            return false;
        }
        if (n <= 0) {
            vTaskDelay(pdMS_TO_TICKS(PAUSE_MS));
            continue;
        }
        from += n;
        size -= n;
    }
    return true;
}

#ifdef CONFIG_EXAMPLE_TCP_CLIENT
static const char *CLIENT = "client";

static bool wait_until_connected(int sock)
{
    fd_set writable;
    FD_ZERO(&writable);
    FD_SET(sock, &writable);
    if (select(sock + 1, NULL, &writable, NULL, NULL) != 1) {
        return false;
    }
    int error = 0;
    socklen_t length = sizeof(error);
    if (getsockopt(sock, SOL_SOCKET, SO_ERROR, (void *)&error, &length) != 0 || error != 0) {
        ESP_LOGE(CLIENT, "not connected: %s", strerror(error));
        return false;
    }
    return true;
}

static void ask(int sock)
{
    static const char *question = "how are you?";
    static char answer[64];
    if (!transmit(CLIENT, sock, question, strlen(question))) {
        return;
    }
    int n;
    while ((n = receive(CLIENT, sock, answer, sizeof(answer))) == NOTHING_YET) {
        vTaskDelay(pdMS_TO_TICKS(PAUSE_MS));
    }
    if (n > 0) {
        ESP_LOGI(CLIENT, "answer: %.*s", n, answer);
    }
}

static void client_task(void *arg)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *server = NULL;
    int failed = getaddrinfo(CONFIG_EXAMPLE_TCP_CLIENT_CONNECT_ADDRESS, CONFIG_EXAMPLE_TCP_CLIENT_CONNECT_PORT, &hints,
                             &server);
    if (failed || server == NULL) {
        ESP_LOGE(CLIENT, "getaddrinfo: %d", failed);
        vTaskDelete(NULL);
    }
    int sock = socket(server->ai_family, server->ai_socktype, server->ai_protocol);
    if (sock >= 0 && make_non_blocking(sock)) {
        int ret = connect(sock, server->ai_addr, server->ai_addrlen);
        ESP_LOGI(CLIENT, "connect returns %d, errno %d", ret, ret == 0 ? 0 : errno);
        if (ret == 0 || (errno == EINPROGRESS && wait_until_connected(sock))) {
            ask(sock);
        }
    }
    if (sock >= 0) {
        close(sock);
    }
    freeaddrinfo(server);
    vTaskDelete(NULL);
}
#endif

#ifdef CONFIG_EXAMPLE_TCP_SERVER
#define CLIENTS (CONFIG_LWIP_MAX_SOCKETS - 1)

static const char *SERVER = "server";
static int clients[CLIENTS];

static int open_listener(void)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *own;
    int failed = getaddrinfo(CONFIG_EXAMPLE_TCP_SERVER_BIND_ADDRESS, CONFIG_EXAMPLE_TCP_SERVER_BIND_PORT, &hints, &own);
    assert(!failed);
    int listener = socket(own->ai_family, own->ai_socktype, own->ai_protocol);
    if (listener >= 0 && (!make_non_blocking(listener) || bind(listener, own->ai_addr, own->ai_addrlen) != 0 ||
                          listen(listener, CLIENTS) != 0)) {
        close(listener);
        listener = NOBODY;
    }
    freeaddrinfo(own);
    return listener;
}

static void welcome(int listener)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof(from);
    int sock = accept(listener, (struct sockaddr *)&from, &length);
    if (sock < 0) {
        if (!is_not_yet(errno)) {
            ESP_LOGE(SERVER, "accept: %s", strerror(errno));
        }
        return;
    }
    char name[INET_ADDRSTRLEN] = "?";
    if (from.ss_family == PF_INET) {
        inet_ntoa_r(((struct sockaddr_in *)&from)->sin_addr, name, sizeof(name));
    }
    for (int i = 0; i < CLIENTS; i++) {
        if (clients[i] == NOBODY && make_non_blocking(sock)) {
            ESP_LOGI(SERVER, "%d: welcome %s", sock, name);
            clients[i] = sock;
            return;
        }
    }
    close(sock);
}

static void look_after(int *client)
{
    static char text[64];
    int n = receive(SERVER, *client, text, sizeof(text));
    if (n > 0) {
        ESP_LOGI(SERVER, "%d: %.*s", *client, n, text);
    }
    if (n == GONE || (n > 0 && !transmit(SERVER, *client, text, n))) {
        ESP_LOGI(SERVER, "%d: goodbye", *client);
        close(*client);
        *client = NOBODY;
    }
}

static void server_task(void *arg)
{
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = NOBODY;
    }
    int listener = open_listener();
    while (listener >= 0) {
        welcome(listener);
        for (int i = 0; i < CLIENTS; i++) {
            if (clients[i] != NOBODY) {
                look_after(&clients[i]);
            }
        }
        vTaskDelay(pdMS_TO_TICKS(PAUSE_MS));
    }
    vTaskDelete(NULL);
}
#endif

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

#ifdef CONFIG_EXAMPLE_TCP_SERVER
    xTaskCreate(server_task, "tcp_server", 4096, NULL, 5, NULL);
#endif
#ifdef CONFIG_EXAMPLE_TCP_CLIENT
    xTaskCreate(client_task, "tcp_client", 4096, NULL, 5, NULL);
#endif
}
