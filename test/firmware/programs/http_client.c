/* Requests with ESP-IDF's component: a page, a post, and what is not there, over one connection. */
#include <string.h>
#include "esp_event.h"
#include "esp_http_client.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_tls.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char *TAG = "http_client";

static esp_err_t on_event(esp_http_client_event_t *event)
{
    switch (event->event_id) {
    case HTTP_EVENT_ON_CONNECTED:
        ESP_LOGI(TAG, "connected");
        break;
    case HTTP_EVENT_ON_HEADER:
        ESP_LOGI(TAG, "%s: %s", event->header_key, event->header_value);
        break;
    case HTTP_EVENT_ON_DATA:
        ESP_LOGI(TAG, "%.*s", event->data_len, (char *)event->data);
        break;
    case HTTP_EVENT_DISCONNECTED:
        ESP_LOGI(TAG, "disconnected, %s", esp_err_to_name(esp_tls_get_and_clear_last_error(event->data, NULL, NULL)));
        break;
    default:
        break;
    }
    return ESP_OK;
}

static void perform(esp_http_client_handle_t client, esp_http_client_method_t method, const char *path, const char *body)
{
    esp_http_client_set_url(client, path);
    esp_http_client_set_method(client, method);
    esp_http_client_set_post_field(client, body, body == NULL ? 0 : strlen(body));
    esp_err_t err = esp_http_client_perform(client);
    ESP_LOGI(TAG, "%s: %s, %d", path, esp_err_to_name(err), esp_http_client_get_status_code(client));
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    esp_http_client_config_t config = { .url = "http://" CONFIG_EXAMPLE_HTTP_ENDPOINT, .event_handler = on_event };
    esp_http_client_handle_t client = esp_http_client_init(&config);
    perform(client, HTTP_METHOD_GET, "/hello?name=board", NULL);
    perform(client, HTTP_METHOD_POST, "/echo", "a=1&b=2");
    perform(client, HTTP_METHOD_PUT, "/switch", "0");
    perform(client, HTTP_METHOD_GET, "/hello", NULL);
    perform(client, HTTP_METHOD_PUT, "/switch", "1");
    perform(client, HTTP_METHOD_GET, "/missing", NULL);
    esp_http_client_cleanup(client);
    ESP_LOGI(TAG, "done");
}
