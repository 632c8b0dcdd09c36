/* What programs call: a client is configured, started, told what to send, and stopped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "esp_log.h"
#include "esp_mac.h"
#include "http_parser.h"
#include "mqtt.h"

ESP_EVENT_DEFINE_BASE(MQTT_EVENTS);

static const char *TAG = "mqtt_client";

#define DEFAULT_PORT 1883

static int or_default(int value, int otherwise) {
  return value != 0 ? value : otherwise;
}

static bool copy_text(char **to, const char *text, size_t length) {
  free(*to);
  *to = text == NULL ? NULL : strndup(text, length);
  return text == NULL || *to != NULL;
}

static bool copy_whole(char **to, const char *text) {
  return copy_text(to, text, text == NULL ? 0 : strlen(text));
}

/* mqtt://user:password@host:port */
esp_err_t esp_mqtt_client_set_uri(esp_mqtt_client_handle_t client, const char *uri) {
  struct http_parser_url parts;
  if (client == NULL || uri == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  http_parser_url_init(&parts);
  if (http_parser_parse_url(uri, strlen(uri), 0, &parts) != 0 || (parts.field_set & (1 << UF_SCHEMA)) == 0) {
    ESP_LOGE(TAG, "Error parse uri = %s", uri);
    return ESP_FAIL;
  }
  bool is_copied = copy_text(&client->scheme, uri, parts.field_data[UF_SCHEMA].len) &&
                   copy_text(&client->host, uri + parts.field_data[UF_HOST].off, parts.field_data[UF_HOST].len);
  if (parts.field_set & (1 << UF_PORT)) {
    client->port = parts.port;
  }
  if (parts.field_set & (1 << UF_USERINFO)) {
    const char *user = uri + parts.field_data[UF_USERINFO].off;
    size_t length = parts.field_data[UF_USERINFO].len;
    const char *colon = memchr(user, ':', length);
    size_t name = colon == NULL ? length : (size_t)(colon - user);
    is_copied = is_copied && copy_text(&client->username, user, name) &&
                (colon == NULL || copy_text(&client->password, colon + 1, length - name - 1));
  }
  return is_copied ? ESP_OK : ESP_ERR_NO_MEM;
}

static bool copy_will(esp_mqtt_client_handle_t client, const esp_mqtt_client_config_t *config) {
  const char *msg = config->session.last_will.msg;
  if (config->session.last_will.topic == NULL) {
    return true;
  }
  client->will_qos = config->session.last_will.qos;
  client->will_retain = config->session.last_will.retain;
  client->will_length = config->session.last_will.msg_len > 0 ? (size_t)config->session.last_will.msg_len
                        : msg != NULL                         ? strlen(msg)
                                                              : 0;
  client->will_msg = malloc(client->will_length + 1);
  if (client->will_msg == NULL) {
    return false;
  }
  memcpy(client->will_msg, msg != NULL ? msg : "", client->will_length);
  return copy_whole(&client->will_topic, config->session.last_will.topic);
}

static bool copy_names(esp_mqtt_client_handle_t client, const esp_mqtt_client_config_t *config) {
  char id[16] = "";
  if (!config->credentials.set_null_client_id) {
    uint8_t mac[6];
    esp_read_mac(mac, ESP_MAC_WIFI_STA);
    snprintf(id, sizeof id, "ESP32_%02X%02X%02X", mac[3], mac[4], mac[5]);
  }
  return copy_whole(&client->client_id, config->credentials.client_id != NULL ? config->credentials.client_id : id) &&
         copy_whole(&client->username, config->credentials.username) &&
         copy_whole(&client->password, config->credentials.authentication.password);
}

static esp_err_t configure(esp_mqtt_client_handle_t client, const esp_mqtt_client_config_t *config) {
  client->port = config->broker.address.port != 0 ? config->broker.address.port : DEFAULT_PORT;
  client->clean_session = !config->session.disable_clean_session;
  client->keepalive_s = config->session.disable_keepalive ? 0 : or_default(config->session.keepalive, 120);
  client->retransmit_ms = or_default(config->session.message_retransmit_timeout, 1000);
  client->reconnect_ms = or_default(config->network.reconnect_timeout_ms, 10000);
  client->timeout_ms = or_default(config->network.timeout_ms, 10000);
  client->auto_reconnect = !config->network.disable_auto_reconnect;
  client->priority = or_default(config->task.priority, 5);
  client->stack_size = or_default(config->task.stack_size, 6144);
  client->buffer_size = (size_t)or_default(config->buffer.size, 1024);
  client->outbox_limit = config->outbox.limit;
  client->buffer = malloc(client->buffer_size);
  const char *scheme = config->broker.address.transport <= MQTT_TRANSPORT_OVER_TCP ? "mqtt" : "mqtts";
  if (client->buffer == NULL || !copy_whole(&client->scheme, scheme) ||
      !copy_whole(&client->host, config->broker.address.hostname) || !copy_names(client, config) ||
      !copy_will(client, config)) {
    return ESP_ERR_NO_MEM;
  }
  if (config->session.protocol_ver == MQTT_PROTOCOL_V_3_1 || config->session.protocol_ver == MQTT_PROTOCOL_V_5) {
    ESP_LOGE(TAG, "esp_mqtt_client_init() is refused: only MQTT 3.1.1 is spoken here.");
    return ESP_ERR_NOT_SUPPORTED;
  }
  return config->broker.address.uri == NULL ? ESP_OK : esp_mqtt_client_set_uri(client, config->broker.address.uri);
}

esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *config) {
  esp_mqtt_client_handle_t client = calloc(1, sizeof *client);
  const esp_event_loop_args_t loop = { .queue_size = 1 };
  if (client == NULL) {
    return NULL;
  }
  client->sock = -1;
  client->lock = xSemaphoreCreateRecursiveMutex();
  client->ended = xSemaphoreCreateBinary();
  if (client->lock == NULL || client->ended == NULL || esp_event_loop_create(&loop, &client->loop) != ESP_OK ||
      configure(client, config) != ESP_OK) {
    esp_mqtt_client_destroy(client);
    return NULL;
  }
  return client;
}

esp_err_t esp_mqtt_client_destroy(esp_mqtt_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (client->is_running) {
    esp_mqtt_client_stop(client);
  }
  while (client->outbox != NULL) {
    mqtt_remove(client, client->outbox);
  }
  if (client->loop != NULL) {
    esp_event_loop_delete(client->loop);
  }
  if (client->lock != NULL) {
    vSemaphoreDelete(client->lock);
  }
  if (client->ended != NULL) {
    vSemaphoreDelete(client->ended);
  }
  void *const owned[] = { client->host,     client->scheme,     client->client_id, client->username,
                          client->password, client->will_topic, client->will_msg,  client->buffer };
  for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
    free(owned[i]);
  }
  free(client);
  return ESP_OK;
}

esp_err_t esp_mqtt_client_start(esp_mqtt_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (client->is_running) {
    ESP_LOGE(TAG, "Client has started");
    return ESP_FAIL;
  }
  if (strcasecmp(client->scheme, "mqtt") != 0) {
    ESP_LOGE(TAG, "esp_mqtt_client_start() is refused: %s:// needs TLS or WebSocket, only mqtt:// is there.", client->scheme);
    return ESP_ERR_NOT_SUPPORTED;
  }
  if (client->host == NULL) {
    ESP_LOGE(TAG, "No scheme found");
    return ESP_FAIL;
  }
  client->is_running = true;
  client->state = MQTT_WAITING;
  if (xTaskCreate(mqtt_task, "mqtt_task", (uint32_t)client->stack_size, client, (UBaseType_t)client->priority,
                  &client->task) != pdPASS) {
    client->is_running = false;
    ESP_LOGE(TAG, "Error create mqtt task");
    return ESP_FAIL;
  }
  return ESP_OK;
}

esp_err_t esp_mqtt_client_stop(esp_mqtt_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (client->is_running && xTaskGetCurrentTaskHandle() == client->task) {
    ESP_LOGE(TAG, "Client cannot be stopped from MQTT task");
    return ESP_FAIL;
  }
  if (!client->is_running) {
    ESP_LOGW(TAG, "Client asked to stop, but was not started");
    return ESP_FAIL;
  }
  client->is_running = false;
  xSemaphoreTake(client->ended, portMAX_DELAY);
  return ESP_OK;
}

esp_err_t esp_mqtt_client_disconnect(esp_mqtt_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  client->auto_reconnect = false;
  client->wants_disconnect = client->state == MQTT_CONNECTED;
  return ESP_OK;
}

esp_err_t esp_mqtt_client_reconnect(esp_mqtt_client_handle_t client) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (client->state != MQTT_WAITING) {
    return ESP_FAIL;
  }
  client->wants_reconnect = true;
  return ESP_OK;
}

/* Messages */

/* 1 to 65535, one after the other. */
static uint16_t next_id(esp_mqtt_client_handle_t client) {
  client->last_id = (uint16_t)(client->last_id + 1 == 0x10000 ? 1 : client->last_id + 1);
  return client->last_id;
}

static void add(esp_mqtt_client_handle_t client, struct mqtt_packet *packet) {
  struct mqtt_packet **at = &client->outbox;
  while (*at != NULL) {
    at = &(*at)->next;
  }
  packet->born = xTaskGetTickCount();
  *at = packet;
}

int esp_mqtt_client_get_outbox_size(esp_mqtt_client_handle_t client) {
  int size = 0;
  xSemaphoreTakeRecursive(client->lock, portMAX_DELAY);
  for (const struct mqtt_packet *packet = client->outbox; packet != NULL; packet = packet->next) {
    size += (int)packet->length;
  }
  xSemaphoreGiveRecursive(client->lock);
  return size;
}

/* Sends a packet that is answered, at once; what is sent now is found in the outbox until then. */
static int request(esp_mqtt_client_handle_t client, struct mqtt_packet *packet) {
  if (packet == NULL) {
    return -1;
  }
  int id = packet->msg_id;
  add(client, packet);
  return mqtt_flush(client, packet) < 0 ? -1 : id;
}

static bool is_connected(const struct esp_mqtt_client *client, const char *what) {
  if (client->state == MQTT_CONNECTED) {
    return true;
  }
  ESP_LOGE(TAG, "Client has not connected, cannot %s", what);
  return false;
}

int esp_mqtt_client_subscribe_multiple(esp_mqtt_client_handle_t client, const esp_mqtt_topic_t *topic_list, int size) {
  if (client == NULL || topic_list == NULL || size <= 0) {
    return -1;
  }
  xSemaphoreTakeRecursive(client->lock, portMAX_DELAY);
  int id = !is_connected(client, "subscribe") ? -1
                                              : request(client, mqtt_subscribe_packet(topic_list, size, next_id(client)));
  xSemaphoreGiveRecursive(client->lock);
  return id;
}

int esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *topic, int qos) {
  const esp_mqtt_topic_t only = { .filter = topic, .qos = qos };
  return topic == NULL ? -1 : esp_mqtt_client_subscribe_multiple(client, &only, 1);
}

int esp_mqtt_client_unsubscribe(esp_mqtt_client_handle_t client, const char *topic) {
  if (client == NULL || topic == NULL) {
    return -1;
  }
  xSemaphoreTakeRecursive(client->lock, portMAX_DELAY);
  int id = !is_connected(client, "unsubscribe") ? -1 : request(client, mqtt_unsubscribe_packet(topic, next_id(client)));
  xSemaphoreGiveRecursive(client->lock);
  return id;
}

/* Of QoS 0 a message is sent or lost, unless it is to be stored; of QoS 1 and 2 it waits for a connection. */
static int put_message(esp_mqtt_client_handle_t client, struct mqtt_packet *packet, bool stores, bool sends) {
  if (packet == NULL) {
    return -1;
  }
  int id = packet->msg_id;
  bool now = sends && client->state == MQTT_CONNECTED;
  if (packet->qos == 0 && !stores) {
    int sent = now ? mqtt_send(client, packet->bytes, packet->length) : -1;
    free(packet);
    return sent;
  }
  if (client->outbox_limit > 0 && (uint64_t)esp_mqtt_client_get_outbox_size(client) + packet->length > client->outbox_limit) {
    free(packet);
    return -2;
  }
  add(client, packet);
  if (now) {
    mqtt_flush(client, packet);
  }
  return id;
}

static int publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos, int retain,
                   bool stores, bool sends) {
  if (client == NULL || topic == NULL || (data == NULL && len > 0)) {
    return -1;
  }
  size_t length = data == NULL ? 0 : len > 0 ? (size_t)len : strlen(data);
  xSemaphoreTakeRecursive(client->lock, portMAX_DELAY);
  uint16_t id = qos > 0 ? next_id(client) : 0;
  int result =
      put_message(client, mqtt_publish_packet(topic, data, length, qos, retain != 0, id), stores, sends);
  xSemaphoreGiveRecursive(client->lock);
  return result;
}

int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain) {
  return publish(client, topic, data, len, qos, retain, false, true);
}

/* The client's task sends it. */
int esp_mqtt_client_enqueue(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain, bool store) {
  return publish(client, topic, data, len, qos, retain, store, false);
}

/* Handlers */

esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                         esp_event_handler_t event_handler, void *event_handler_arg) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  return esp_event_handler_register_with(client->loop, MQTT_EVENTS, event, event_handler, event_handler_arg);
}

esp_err_t esp_mqtt_client_unregister_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                           esp_event_handler_t event_handler) {
  if (client == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  return esp_event_handler_unregister_with(client->loop, MQTT_EVENTS, event, event_handler);
}
