/* Requests of all kinds: each line of stdin names one, with the address of the server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_event.h"
#include "esp_http_client.h"
#include "esp_log.h"
#include "esp_tls.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

static const char *TAG = "client";
static bool shows_all;

static esp_err_t on_event(esp_http_client_event_t *event) {
  switch (event->event_id) {
    case HTTP_EVENT_ON_DATA:
      ESP_LOGI(TAG, "data %d: %.*s", event->data_len, event->data_len, (const char *)event->data);
      break;
    case HTTP_EVENT_ON_HEADER:
      if (shows_all) {
        ESP_LOGI(TAG, "header %s=%s", event->header_key, event->header_value);
      }
      break;
    case HTTP_EVENT_REDIRECT:
      ESP_LOGI(TAG, "redirect");
      esp_http_client_set_redirection(event->client);
      break;
    case HTTP_EVENT_DISCONNECTED: {
      int code = 1;
      esp_err_t err = esp_tls_get_and_clear_last_error(event->data, &code, NULL);
      if (err != ESP_OK) {
        ESP_LOGI(TAG, "last error %s, %d", esp_err_to_name(err), code);
      }
    }
      __attribute__((fallthrough));
    default:
      if (shows_all) {
        ESP_LOGI(TAG, "event %d", event->event_id);
      }
  }
  return ESP_OK;
}

static void report(esp_http_client_handle_t client, esp_err_t err) {
  ESP_LOGI(TAG, "%s, status %d, length %lld", esp_err_to_name(err), esp_http_client_get_status_code(client),
           (long long)esp_http_client_get_content_length(client));
}

static void perform(esp_http_client_handle_t client) {
  report(client, esp_http_client_perform(client));
}

/* One connection for several requests. */
static void several(esp_http_client_handle_t client, const char *url) {
  perform(client);
  esp_http_client_set_url(client, "/echo");
  esp_http_client_set_method(client, HTTP_METHOD_POST);
  esp_http_client_set_header(client, "Content-Type", "text/plain");
  esp_http_client_set_post_field(client, "some text", 9);
  perform(client);
  esp_http_client_set_method(client, HTTP_METHOD_HEAD);
  esp_http_client_set_post_field(client, NULL, 0);
  esp_http_client_set_url(client, url);
  perform(client);
}

static void stream(esp_http_client_handle_t client) {
  esp_http_client_set_method(client, HTTP_METHOD_POST);
  esp_err_t err = esp_http_client_open(client, 10);
  int written = esp_http_client_write(client, "0123456789", 10);
  int64_t length = esp_http_client_fetch_headers(client);
  ESP_LOGI(TAG, "%s, %d written, length %lld, chunked %d", esp_err_to_name(err), written, (long long)length,
           esp_http_client_is_chunked_response(client));
  char text[32];
  int n = esp_http_client_read(client, text, 4);
  ESP_LOGI(TAG, "read %.*s", n, text);
  n = esp_http_client_read_response(client, text, sizeof text);
  ESP_LOGI(TAG, "read %.*s, all of it: %d", n, text, esp_http_client_is_complete_data_received(client));
  esp_http_client_close(client);
}

/* Until there is an answer, something else is done. */
static void ask_again(esp_http_client_handle_t client) {
  int rounds = 0;
  esp_err_t err;
  while ((err = esp_http_client_perform(client)) == ESP_ERR_HTTP_EAGAIN) {
    rounds++;
    vTaskDelay(1);
  }
  ESP_LOGI(TAG, "%s rounds", rounds == 0 ? "no" : "some");
  report(client, err);
}

static void run(const char *what, const char *url) {
  esp_http_client_config_t config = {
    .url = url, .event_handler = on_event, .timeout_ms = 2000, .is_async = strcmp(what, "poll") == 0,
    .disable_auto_redirect = strcmp(what, "manual") == 0, .max_redirection_count = 3,
    .auth_type = strcmp(what, "basic") == 0 ? HTTP_AUTH_TYPE_BASIC : HTTP_AUTH_TYPE_NONE,
  };
  shows_all = strcmp(what, "events") == 0;
  esp_http_client_handle_t client = esp_http_client_init(&config);
  if (client == NULL) {
    ESP_LOGI(TAG, "no client");
    return;
  }
  if (strcmp(what, "several") == 0) {
    several(client, url);
  } else if (strcmp(what, "stream") == 0) {
    stream(client);
  } else if (strcmp(what, "poll") == 0) {
    ask_again(client);
  } else {
    perform(client);
  }
  esp_http_client_cleanup(client);
}

void app_main(void) {
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  char line[128];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *url = strchr(line, ' ');
    if (url == NULL) {
      break;
    }
    *url++ = '\0';
    url[strcspn(url, "\n")] = '\0';
    run(line, url);
  }
  ESP_LOGI(TAG, "done");
}
