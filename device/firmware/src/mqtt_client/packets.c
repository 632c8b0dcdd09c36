/* Packets as they go over the wire. Source: MQTT 3.1.1 sections 2 and 3 */
#include <stdlib.h>
#include <string.h>
#include "mqtt.h"

#define MAX_HEAD 5

/* A packet with room for its body; the position where the body begins. */
static struct mqtt_packet *begin(enum mqtt_type type, int flags, size_t body, uint16_t id, uint8_t **at) {
  struct mqtt_packet *packet = calloc(1, sizeof *packet + MAX_HEAD + body);
  if (packet == NULL) {
    return NULL;
  }
  packet->type = type;
  packet->msg_id = id;
  uint8_t *to = packet->bytes;
  *to++ = (uint8_t)(type << 4 | flags);
  size_t rest = body;
  do {
    *to++ = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  packet->length = (size_t)(to - packet->bytes) + body;
  *at = to;
  return packet;
}

static void put_number(uint8_t **at, size_t number) {
  *(*at)++ = (uint8_t)(number >> 8);
  *(*at)++ = (uint8_t)number;
}

static void put_bytes(uint8_t **at, const void *bytes, size_t length) {
  memcpy(*at, bytes, length);
  *at += length;
}

/* With its length before it. */
static void put_field(uint8_t **at, const void *bytes, size_t length) {
  put_number(at, length);
  put_bytes(at, bytes, length);
}

static size_t field_size(const char *text) {
  return text == NULL ? 0 : 2 + strlen(text);
}

static void put_text(uint8_t **at, const char *text) {
  if (text != NULL) {
    put_field(at, text, strlen(text));
  }
}

struct mqtt_packet *mqtt_connect_packet(const struct esp_mqtt_client *client) {
  static const uint8_t protocol[] = { 0, 4, 'M', 'Q', 'T', 'T', 4 };
  bool has_will = client->will_topic != NULL;
  size_t body = sizeof protocol + 3 + field_size(client->client_id) + field_size(client->username) +
                field_size(client->password) + (has_will ? field_size(client->will_topic) + 2 + client->will_length : 0);
  uint8_t *at;
  struct mqtt_packet *packet = begin(MQTT_CONNECT, 0, body, 0, &at);
  if (packet == NULL) {
    return NULL;
  }
  put_bytes(&at, protocol, sizeof protocol);
  *at++ = (uint8_t)((client->username != NULL) << 7 | (client->password != NULL) << 6 |
                    (has_will && client->will_retain) << 5 | (has_will ? client->will_qos : 0) << 3 | has_will << 2 |
                    client->clean_session << 1);
  put_number(&at, (size_t)client->keepalive_s);
  put_text(&at, client->client_id);
  if (has_will) {
    put_text(&at, client->will_topic);
    put_field(&at, client->will_msg, client->will_length);
  }
  put_text(&at, client->username);
  put_text(&at, client->password);
  return packet;
}

struct mqtt_packet *mqtt_publish_packet(const char *topic, const void *data, size_t length, int qos, bool retain,
                                        uint16_t id) {
  uint8_t *at;
  struct mqtt_packet *packet =
      begin(MQTT_PUBLISH, qos << 1 | retain, field_size(topic) + (qos > 0 ? 2 : 0) + length, id, &at);
  if (packet == NULL) {
    return NULL;
  }
  packet->qos = qos;
  put_text(&at, topic);
  if (qos > 0) {
    put_number(&at, id);
  }
  put_bytes(&at, data, length);
  return packet;
}

struct mqtt_packet *mqtt_subscribe_packet(const esp_mqtt_topic_t *topics, int count, uint16_t id) {
  size_t body = 2;
  for (int i = 0; i < count; i++) {
    body += field_size(topics[i].filter) + 1;
  }
  uint8_t *at;
  struct mqtt_packet *packet = begin(MQTT_SUBSCRIBE, 2, body, id, &at);
  if (packet == NULL) {
    return NULL;
  }
  put_number(&at, id);
  for (int i = 0; i < count; i++) {
    put_text(&at, topics[i].filter);
    *at++ = (uint8_t)topics[i].qos;
  }
  return packet;
}

struct mqtt_packet *mqtt_unsubscribe_packet(const char *topic, uint16_t id) {
  uint8_t *at;
  struct mqtt_packet *packet = begin(MQTT_UNSUBSCRIBE, 2, 2 + field_size(topic), id, &at);
  if (packet == NULL) {
    return NULL;
  }
  put_number(&at, id);
  put_text(&at, topic);
  return packet;
}
