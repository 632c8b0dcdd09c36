/* The client's task: connects, receives, acknowledges, repeats what was not acknowledged, and keeps the connection alive. */
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include "esp_log.h"
#include "lwip/sockets.h"
#include "mqtt.h"

static const char *TAG = "mqtt_client";

#define POLL_MS 1000
#define EXPIRES_MS 30000

static bool is_over(TickType_t since, int ms) {
  return xTaskGetTickCount() - since >= pdMS_TO_TICKS(ms);
}

/* The handlers run here, before this returns. */
void mqtt_tell(esp_mqtt_client_handle_t client, esp_mqtt_event_t *event) {
  event->client = client;
  event->error_handle = &client->error;
  event->protocol_ver = MQTT_PROTOCOL_V_3_1_1;
  esp_event_post_to(client->loop, MQTT_EVENTS, event->event_id, event, sizeof *event, portMAX_DELAY);
  esp_event_loop_run(client->loop, 0);
}

static void tell_id(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t id, int msg_id) {
  mqtt_tell(client, &(esp_mqtt_event_t){ .event_id = id, .msg_id = msg_id });
}

void mqtt_remove(esp_mqtt_client_handle_t client, struct mqtt_packet *packet) {
  struct mqtt_packet **at = &client->outbox;
  while (*at != packet) {
    at = &(*at)->next;
  }
  *at = packet->next;
  free(packet);
}

int mqtt_flush(esp_mqtt_client_handle_t client, struct mqtt_packet *packet) {
  packet->since = xTaskGetTickCount();
  packet->is_sent = true;
  return mqtt_send(client, packet->bytes, packet->length);
}

static void lose(esp_mqtt_client_handle_t client) {
  close(client->sock);
  client->sock = -1;
  client->state = MQTT_WAITING;
  client->waits_since = xTaskGetTickCount();
  client->awaits_pong = false;
  if (client->auto_reconnect) {
    ESP_LOGD(TAG, "Reconnect after %d ms", client->reconnect_ms);
  }
  tell_id(client, MQTT_EVENT_DISCONNECTED, 0);
}

static void lose_by_error(esp_mqtt_client_handle_t client) {
  tell_id(client, MQTT_EVENT_ERROR, 0);
  lose(client);
}

static int greet(esp_mqtt_client_handle_t client) {
  uint8_t answer[4];
  struct mqtt_packet *packet = mqtt_connect_packet(client);
  if (packet == NULL) {
    return -1;
  }
  int result = mqtt_send(client, packet->bytes, packet->length);
  free(packet);
  if (result < 0 || mqtt_receive(client, answer, sizeof answer) < 0) {
    return -1;
  }
  if (answer[0] >> 4 != MQTT_CONNACK || answer[1] != 2) {
    ESP_LOGE(TAG, "Invalid MSG_TYPE response: %d, read_len: %d", answer[0] >> 4, (int)sizeof answer);
    return -1;
  }
  if (answer[3] != MQTT_CONNECTION_ACCEPTED) {
    ESP_LOGW(TAG, "Connection refused, return code %d", answer[3]);
    client->error = (esp_mqtt_error_codes_t){ .error_type = MQTT_ERROR_TYPE_CONNECTION_REFUSED,
                                              .connect_return_code = answer[3] };
    return -1;
  }
  client->state = MQTT_CONNECTED;
  mqtt_tell(client, &(esp_mqtt_event_t){ .event_id = MQTT_EVENT_CONNECTED, .session_present = answer[2] & 1 });
  return 0;
}

static void connect_client(esp_mqtt_client_handle_t client) {
  client->state = MQTT_CONNECTING;
  client->error = (esp_mqtt_error_codes_t){ 0 };
  tell_id(client, MQTT_EVENT_BEFORE_CONNECT, 0);
  if (mqtt_open(client) < 0) {
    ESP_LOGE(TAG, "Error transport connect");
    lose_by_error(client);
  } else if (greet(client) < 0) {
    ESP_LOGE(TAG, "MQTT connect failed");
    lose_by_error(client);
  }
}

static struct mqtt_packet *find_packet(const struct esp_mqtt_client *client, enum mqtt_type type, uint16_t id) {
  struct mqtt_packet *packet = client->outbox;
  while (packet != NULL && (packet->type != type || packet->msg_id != id)) {
    packet = packet->next;
  }
  return packet;
}

static int acknowledge(esp_mqtt_client_handle_t client, enum mqtt_type type, uint16_t id) {
  const uint8_t bytes[] = { (uint8_t)(type << 4 | (type == MQTT_PUBREL ? 2 : 0)), 2, (uint8_t)(id >> 8), (uint8_t)id };
  return mqtt_send(client, bytes, sizeof bytes);
}

/* The packet that this acknowledges has arrived. */
static void end_packet(esp_mqtt_client_handle_t client, enum mqtt_type type, uint16_t id, esp_mqtt_event_t event) {
  struct mqtt_packet *packet = find_packet(client, type, id);
  if (packet == NULL) {
    ESP_LOGW(TAG, "An acknowledgement of message %d came, which nobody awaits", id);
    return;
  }
  mqtt_remove(client, packet);
  event.msg_id = id;
  mqtt_tell(client, &event);
}

static int take_pubrec(esp_mqtt_client_handle_t client, uint16_t id) {
  struct mqtt_packet *packet = find_packet(client, MQTT_PUBLISH, id);
  if (packet != NULL) {
    packet->awaits_comp = true;
    packet->since = xTaskGetTickCount();
  }
  return acknowledge(client, MQTT_PUBREL, id);
}

/* A message may be longer than the buffer: it is told in pieces. */
static int take_publish(esp_mqtt_client_handle_t client, uint8_t first, size_t length) {
  uint8_t number[2];
  int qos = first >> 1 & 3;
  if (length < 2 || mqtt_receive(client, number, 2) < 0) {
    return -1;
  }
  size_t topic_length = (size_t)number[0] << 8 | number[1];
  size_t head = 2 + topic_length + (qos > 0 ? 2 : 0);
  if (head > length || topic_length >= client->buffer_size) {
    ESP_LOGE(TAG, "The topic of a message is too long: %d bytes", (int)topic_length);
    return -1;
  }
  if (mqtt_receive(client, client->buffer, topic_length) < 0 || (qos > 0 && mqtt_receive(client, number, 2) < 0)) {
    return -1;
  }
  uint16_t id = qos > 0 ? (uint16_t)(number[0] << 8 | number[1]) : 0;
  size_t total = length - head;
  size_t at = 0;
  do {
    uint8_t *data = client->buffer + (at == 0 ? topic_length : 0);
    size_t n = MIN(total - at, client->buffer_size - (at == 0 ? topic_length : 0));
    if (mqtt_receive(client, data, n) < 0) {
      return -1;
    }
    mqtt_tell(client, &(esp_mqtt_event_t){ .event_id = MQTT_EVENT_DATA,
                                           .data = (char *)data,
                                           .data_len = (int)n,
                                           .total_data_len = (int)total,
                                           .current_data_offset = (int)at,
                                           .topic = at == 0 ? (char *)client->buffer : NULL,
                                           .topic_len = at == 0 ? (int)topic_length : 0,
                                           .msg_id = id,
                                           .retain = first & 1,
                                           .qos = qos,
                                           .dup = (first & 8) != 0 });
    at += n;
  } while (at < total);
  return qos == 0 ? 0 : acknowledge(client, qos == 1 ? MQTT_PUBACK : MQTT_PUBREC, id);
}

static int take_short(esp_mqtt_client_handle_t client, enum mqtt_type type, size_t length) {
  if (length > client->buffer_size || mqtt_receive(client, client->buffer, length) < 0) {
    return -1;
  }
  if (type == MQTT_PINGRESP) {
    client->awaits_pong = false;
    return 0;
  }
  if (length < 2) {
    return -1;
  }
  uint16_t id = (uint16_t)(client->buffer[0] << 8 | client->buffer[1]);
  esp_mqtt_event_t event = { .event_id = MQTT_EVENT_PUBLISHED };
  switch (type) {
    case MQTT_PUBREC:
      return take_pubrec(client, id);
    case MQTT_PUBREL:
      return acknowledge(client, MQTT_PUBCOMP, id);
    case MQTT_PUBACK:
    case MQTT_PUBCOMP:
      end_packet(client, MQTT_PUBLISH, id, event);
      return 0;
    case MQTT_SUBACK:
      event.event_id = MQTT_EVENT_SUBSCRIBED;
      event.data = (char *)client->buffer + 2;
      event.data_len = event.total_data_len = (int)length - 2;
      client->error.error_type =
          memchr(event.data, 0x80, length - 2) != NULL ? MQTT_ERROR_TYPE_SUBSCRIBE_FAILED : MQTT_ERROR_TYPE_NONE;
      end_packet(client, MQTT_SUBSCRIBE, id, event);
      return 0;
    case MQTT_UNSUBACK:
      event.event_id = MQTT_EVENT_UNSUBSCRIBED;
      end_packet(client, MQTT_UNSUBSCRIBE, id, event);
      return 0;
    default:
      ESP_LOGE(TAG, "A packet of type %d is not for a client", type);
      return -1;
  }
}

static int take_packet(esp_mqtt_client_handle_t client) {
  uint8_t first;
  uint8_t byte;
  size_t length = 0;
  if (mqtt_receive(client, &first, 1) < 0) {
    return -1;
  }
  int shift = 0;
  do {
    if (shift > 21 || mqtt_receive(client, &byte, 1) < 0) {
      return -1;
    }
    length |= (size_t)(byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  enum mqtt_type type = first >> 4;
  return type == MQTT_PUBLISH ? take_publish(client, first, length) : take_short(client, type, length);
}

static int repeat_packet(esp_mqtt_client_handle_t client, struct mqtt_packet *packet) {
  if (packet->awaits_comp) {
    packet->since = xTaskGetTickCount();
    return acknowledge(client, MQTT_PUBREL, packet->msg_id);
  }
  if (packet->is_sent && packet->type == MQTT_PUBLISH) {
    packet->bytes[0] |= 8; /* once more */
  }
  return mqtt_flush(client, packet);
}

/* Sends what has not been sent yet, and again what waits too long. */
static int care_for_outbox(esp_mqtt_client_handle_t client) {
  struct mqtt_packet *next;
  for (struct mqtt_packet *packet = client->outbox; packet != NULL; packet = next) {
    next = packet->next;
    if (is_over(packet->born, EXPIRES_MS)) {
      uint16_t id = packet->msg_id;
      mqtt_remove(client, packet);
      tell_id(client, MQTT_EVENT_DELETED, id);
      return 0; /* A handler may have changed the outbox. */
    }
    if (packet->is_sent && !is_over(packet->since, client->retransmit_ms)) {
      continue;
    }
    if (repeat_packet(client, packet) < 0) {
      return -1;
    }
    if (packet->type == MQTT_PUBLISH && packet->qos == 0) {
      mqtt_remove(client, packet);
    }
  }
  return 0;
}

static int keep_alive(esp_mqtt_client_handle_t client) {
  static const uint8_t ping[] = { MQTT_PINGREQ << 4, 0 };
  int half_ms = client->keepalive_s * 500;
  if (client->keepalive_s == 0 || !is_over(client->sent_at, half_ms)) {
    return 0;
  }
  if (client->awaits_pong) {
    ESP_LOGE(TAG, "No PING_RESP, disconnected");
    client->error = (esp_mqtt_error_codes_t){ .error_type = MQTT_ERROR_TYPE_TCP_TRANSPORT };
    return -1;
  }
  client->awaits_pong = true;
  return mqtt_send(client, ping, sizeof ping);
}

static void say_goodbye(esp_mqtt_client_handle_t client) {
  static const uint8_t goodbye[] = { MQTT_DISCONNECT << 4, 0 };
  mqtt_send(client, goodbye, sizeof goodbye);
  client->wants_disconnect = false;
  lose(client);
}

/* What is done while the connection stands, except for waiting. */
static void serve(esp_mqtt_client_handle_t client, bool has_input) {
  if (client->wants_disconnect) {
    say_goodbye(client);
  } else if ((has_input && take_packet(client) < 0) || care_for_outbox(client) < 0 || keep_alive(client) < 0) {
    lose_by_error(client);
  }
}

void mqtt_task(void *arg) {
  esp_mqtt_client_handle_t client = arg;
  xSemaphoreTakeRecursive(client->lock, portMAX_DELAY);
  connect_client(client);
  while (client->is_running) {
    bool is_connected = client->state == MQTT_CONNECTED;
    xSemaphoreGiveRecursive(client->lock);
    int ready = is_connected ? mqtt_poll(client, POLL_MS) : (vTaskDelay(pdMS_TO_TICKS(POLL_MS) / 10), 0);
    xSemaphoreTakeRecursive(client->lock, portMAX_DELAY);
    if (!client->is_running) {
      break;
    }
    if (client->state == MQTT_CONNECTED) {
      serve(client, ready != 0);
    } else if (client->wants_reconnect || (client->auto_reconnect && is_over(client->waits_since, client->reconnect_ms))) {
      client->wants_reconnect = false;
      connect_client(client);
    }
  }
  if (client->state == MQTT_CONNECTED) {
    say_goodbye(client);
  }
  client->state = MQTT_STOPPED;
  xSemaphoreGiveRecursive(client->lock);
  xSemaphoreGive(client->ended);
  vTaskDelete(NULL);
}
