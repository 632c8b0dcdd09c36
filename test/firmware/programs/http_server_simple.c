/* A web server of ESP-IDF's component: a greeting with query and header, an echo of what is posted, and a switch that
 * takes the greeting away. */
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include "esp_event.h"
#include "esp_http_server.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char *TAG = "simple_server";

/* A header of the request, to be freed; NULL if it is not there. */
static char *header_of(httpd_req_t *req, const char *field)
{
    size_t size = httpd_req_get_hdr_value_len(req, field) + 1;
    char *value = size > 1 ? malloc(size) : NULL;
    if (value != NULL) {
        ESP_ERROR_CHECK(httpd_req_get_hdr_value_str(req, field, value, size));
    }
    return value;
}

static esp_err_t hello_get(httpd_req_t *req)
{
    char *host = header_of(req, "Host");
    ESP_LOGI(TAG, "asked as %s", host != NULL ? host : "nobody");
    free(host);

    char name[32] = "world";
    char query[64];
    if (httpd_req_get_url_query_str(req, query, sizeof(query)) == ESP_OK) {
        httpd_query_key_value(query, "name", name, sizeof(name));
    }
    httpd_resp_set_hdr(req, "X-Greeting", req->user_ctx);
    httpd_resp_sendstr_chunk(req, req->user_ctx);
    httpd_resp_sendstr_chunk(req, ", ");
    httpd_resp_sendstr_chunk(req, name);
    return httpd_resp_sendstr_chunk(req, NULL);
}

static const httpd_uri_t hello = { .uri = "/hello", .method = HTTP_GET, .handler = hello_get, .user_ctx = "Hello" };

static esp_err_t echo_post(httpd_req_t *req)
{
    char piece[100];
    int left = req->content_len;
    while (left > 0) {
        int n = httpd_req_recv(req, piece, MIN(left, (int)sizeof(piece)));
        if (n == HTTPD_SOCK_ERR_TIMEOUT) {
            continue;
        }
        if (n <= 0) {
            return ESP_FAIL;
        }
        ESP_LOGI(TAG, "posted: %.*s", n, piece);
        httpd_resp_send_chunk(req, piece, n);
        left -= n;
    }
    return httpd_resp_send_chunk(req, NULL, 0);
}

static const httpd_uri_t echo = { .uri = "/echo", .method = HTTP_POST, .handler = echo_post };

static esp_err_t on_not_found(httpd_req_t *req, httpd_err_code_t error)
{
    httpd_resp_send_err(req, HTTPD_404_NOT_FOUND, "It may come back.");
    return strcmp(req->uri, hello.uri) == 0 ? ESP_OK : ESP_FAIL;
}

/* "0" takes the greeting away, anything else brings it back. */
static esp_err_t switch_put(httpd_req_t *req)
{
    char c;
    if (httpd_req_recv(req, &c, 1) != 1) {
        return ESP_FAIL;
    }
    if (c == '0') {
        ESP_LOGI(TAG, "no greeting");
        httpd_unregister_uri(req->handle, hello.uri);
        httpd_register_err_handler(req->handle, HTTPD_404_NOT_FOUND, on_not_found);
    } else {
        ESP_LOGI(TAG, "greeting");
        httpd_register_uri_handler(req->handle, &hello);
        httpd_register_err_handler(req->handle, HTTPD_404_NOT_FOUND, NULL);
    }
    return httpd_resp_send(req, NULL, 0);
}

static const httpd_uri_t greeting_switch = { .uri = "/switch", .method = HTTP_PUT, .handler = switch_put };

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    httpd_handle_t server;
    httpd_config_t config = HTTPD_DEFAULT_CONFIG();
    config.lru_purge_enable = true;
    ESP_ERROR_CHECK(httpd_start(&server, &config));
    httpd_register_uri_handler(server, &hello);
    httpd_register_uri_handler(server, &echo);
    httpd_register_uri_handler(server, &greeting_switch);
    ESP_LOGI(TAG, "listening on port %d", config.server_port);
}
