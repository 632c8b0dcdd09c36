/* Messages over MQTT: subscribes, publishes with every quality of service, prints what comes, and leaves on demand. The
 * broker is typed on the console. */
#include <stdio.h>
#include <string.h>
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "mqtt_client.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char *TAG = "mqtt_tcp";

static void on_connected(esp_mqtt_client_handle_t client)
{
    ESP_LOGI(TAG, "subscribe: %d", esp_mqtt_client_subscribe(client, "board/set", 1));
    ESP_LOGI(TAG, "publish: %d", esp_mqtt_client_publish(client, "board/state", "on", 0, 1, 1));
}

static void on_data(esp_mqtt_client_handle_t client, esp_mqtt_event_handle_t event)
{
    ESP_LOGI(TAG, "%.*s: %.*s (%d of %d, qos %d)", event->topic_len, event->topic, event->data_len, event->data,
             event->data_len, event->total_data_len, event->qos);
    if (event->data_len == 3 && memcmp(event->data, "off", 3) == 0) {
        esp_mqtt_client_unsubscribe(client, "board/set");
        esp_mqtt_client_publish(client, "board/state", "off", 3, 0, 0);
        esp_mqtt_client_publish(client, "board/count", "1", 1, 2, 0);
    } else if (event->data_len == 3 && memcmp(event->data, "bye", 3) == 0) {
        esp_mqtt_client_disconnect(client);
    }
}

static void on_event(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    esp_mqtt_event_handle_t event = data;
    switch (event->event_id) {
    case MQTT_EVENT_BEFORE_CONNECT:
        break;
    case MQTT_EVENT_CONNECTED:
        ESP_LOGI(TAG, "connected");
        on_connected(event->client);
        break;
    case MQTT_EVENT_DATA:
        on_data(event->client, event);
        break;
    case MQTT_EVENT_ERROR:
        ESP_LOGI(TAG, "error: type %d, %s, errno %d, return code %d", event->error_handle->error_type,
                 esp_err_to_name(event->error_handle->esp_tls_last_esp_err),
                 event->error_handle->esp_transport_sock_errno, event->error_handle->connect_return_code);
        break;
    default:
        ESP_LOGI(TAG, "event %d, message %d", event->event_id, event->msg_id);
        break;
    }
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    char url[64];
    if (fgets(url, sizeof(url), stdin) == NULL) {
        return;
    }
    url[strcspn(url, "\n")] = '\0';

    esp_mqtt_client_config_t config = {
        .broker.address.uri = url,
        .session.keepalive = 20,
        .session.last_will = { .topic = "board/state", .msg = "lost" },
    };
    esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
    esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, on_event, NULL);
    ESP_LOGI(TAG, "start: %s", esp_err_to_name(esp_mqtt_client_start(client)));
}
