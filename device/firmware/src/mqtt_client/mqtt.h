/* What the files of the MQTT client share. Sources: MQTT 3.1.1 (OASIS), ESP-IDF's esp-mqtt (behaviour). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "mqtt_client.h"

enum mqtt_type {
  MQTT_CONNECT = 1,
  MQTT_CONNACK,
  MQTT_PUBLISH,
  MQTT_PUBACK,
  MQTT_PUBREC,
  MQTT_PUBREL,
  MQTT_PUBCOMP,
  MQTT_SUBSCRIBE,
  MQTT_SUBACK,
  MQTT_UNSUBSCRIBE,
  MQTT_UNSUBACK,
  MQTT_PINGREQ,
  MQTT_PINGRESP,
  MQTT_DISCONNECT
};

/* A packet that waits to be sent, or for its acknowledgement. */
struct mqtt_packet {
  struct mqtt_packet *next;
  enum mqtt_type type;
  uint16_t msg_id;
  int qos;
  bool is_sent;
  bool awaits_comp; /* QoS 2: PUBREL has been sent */
  TickType_t born;
  TickType_t since; /* sent the last time */
  size_t length;
  uint8_t bytes[];
};

enum mqtt_state { MQTT_STOPPED, MQTT_WAITING, MQTT_CONNECTING, MQTT_CONNECTED };

struct esp_mqtt_client {
  /* Configuration */
  char *host;
  uint32_t port;
  char *scheme;
  char *client_id;
  char *username;
  char *password;
  char *will_topic;
  uint8_t *will_msg;
  size_t will_length;
  int will_qos;
  bool will_retain;
  bool clean_session;
  int keepalive_s;
  int retransmit_ms;
  int reconnect_ms;
  int timeout_ms;
  bool auto_reconnect;
  int priority;
  int stack_size;
  size_t buffer_size;
  uint64_t outbox_limit;
  /* The task and what it does */
  SemaphoreHandle_t lock; /* recursive: handlers publish */
  SemaphoreHandle_t ended;
  esp_event_loop_handle_t loop;
  TaskHandle_t task;
  volatile bool is_running;
  volatile bool wants_disconnect;
  volatile bool wants_reconnect;
  enum mqtt_state state;
  int sock;
  TickType_t waits_since;
  TickType_t sent_at;
  TickType_t received_at;
  bool awaits_pong;
  uint16_t last_id;
  struct mqtt_packet *outbox;
  uint8_t *buffer;
  esp_mqtt_error_codes_t error;
};

/* packets.c: packets for the outbox; NULL: no memory */
struct mqtt_packet *mqtt_connect_packet(const struct esp_mqtt_client *client);
struct mqtt_packet *mqtt_publish_packet(const char *topic, const void *data, size_t length, int qos, bool retain,
                                        uint16_t id);
struct mqtt_packet *mqtt_subscribe_packet(const esp_mqtt_topic_t *topics, int count, uint16_t id);
struct mqtt_packet *mqtt_unsubscribe_packet(const char *topic, uint16_t id);

/* connection.c: the socket, with time limits; -1: it is lost */
int mqtt_open(esp_mqtt_client_handle_t client);
int mqtt_send(esp_mqtt_client_handle_t client, const uint8_t *bytes, size_t length);
int mqtt_receive(esp_mqtt_client_handle_t client, uint8_t *bytes, size_t length);
int mqtt_poll(esp_mqtt_client_handle_t client, int timeout_ms); /* 1: there is something to receive */

/* task.c */
void mqtt_task(void *client);
void mqtt_tell(esp_mqtt_client_handle_t client, esp_mqtt_event_t *event);
int mqtt_flush(esp_mqtt_client_handle_t client, struct mqtt_packet *packet); /* sends it now */
void mqtt_remove(esp_mqtt_client_handle_t client, struct mqtt_packet *packet);
