/* ESP-IDF's esp-mqtt: a client for MQTT 3.1.1, over plain TCP only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "esp_err.h"
#include "esp_event.h"
#include "sys/socket.h"

__BEGIN_DECLS
ESP_EVENT_DECLARE_BASE(MQTT_EVENTS);

typedef struct esp_mqtt_client *esp_mqtt_client_handle_t;

typedef enum esp_mqtt_event_id_t {
  MQTT_EVENT_ANY = -1,
  MQTT_EVENT_ERROR = 0,    /* error_handle */
  MQTT_EVENT_CONNECTED,    /* session_present */
  MQTT_EVENT_DISCONNECTED,
  MQTT_EVENT_SUBSCRIBED,   /* msg_id; data: the results, one byte for each topic */
  MQTT_EVENT_UNSUBSCRIBED, /* msg_id */
  MQTT_EVENT_PUBLISHED,    /* msg_id; of QoS 1 and 2 */
  MQTT_EVENT_DATA,         /* long messages in pieces; the topic comes with the first */
  MQTT_EVENT_BEFORE_CONNECT,
  MQTT_EVENT_DELETED, /* msg_id; waited too long for its acknowledgement */
  MQTT_USER_EVENT,
} esp_mqtt_event_id_t;

typedef enum esp_mqtt_connect_return_code_t {
  MQTT_CONNECTION_ACCEPTED = 0,
  MQTT_CONNECTION_REFUSE_PROTOCOL,
  MQTT_CONNECTION_REFUSE_ID_REJECTED,
  MQTT_CONNECTION_REFUSE_SERVER_UNAVAILABLE,
  MQTT_CONNECTION_REFUSE_BAD_USERNAME,
  MQTT_CONNECTION_REFUSE_NOT_AUTHORIZED
} esp_mqtt_connect_return_code_t;

typedef enum esp_mqtt_error_type_t {
  MQTT_ERROR_TYPE_NONE = 0,
  MQTT_ERROR_TYPE_TCP_TRANSPORT,
  MQTT_ERROR_TYPE_CONNECTION_REFUSED,
  MQTT_ERROR_TYPE_SUBSCRIBE_FAILED
} esp_mqtt_error_type_t;
#define MQTT_ERROR_TYPE_ESP_TLS MQTT_ERROR_TYPE_TCP_TRANSPORT

typedef enum esp_mqtt_transport_t {
  MQTT_TRANSPORT_UNKNOWN = 0x0,
  MQTT_TRANSPORT_OVER_TCP,
  MQTT_TRANSPORT_OVER_SSL,
  MQTT_TRANSPORT_OVER_WS,
  MQTT_TRANSPORT_OVER_WSS
} esp_mqtt_transport_t;

typedef enum esp_mqtt_protocol_ver_t {
  MQTT_PROTOCOL_UNDEFINED = 0,
  MQTT_PROTOCOL_V_3_1,
  MQTT_PROTOCOL_V_3_1_1,
  MQTT_PROTOCOL_V_5,
} esp_mqtt_protocol_ver_t;

typedef struct esp_mqtt_error_codes {
  esp_err_t esp_tls_last_esp_err;
  int esp_tls_stack_err;
  int esp_tls_cert_verify_flags;
  esp_mqtt_error_type_t error_type;
  esp_mqtt_connect_return_code_t connect_return_code;
  int esp_transport_sock_errno;
} esp_mqtt_error_codes_t;

typedef struct esp_mqtt_event_t {
  esp_mqtt_event_id_t event_id;
  esp_mqtt_client_handle_t client;
  char *data;
  int data_len;
  int total_data_len;
  int current_data_offset;
  char *topic;
  int topic_len;
  int msg_id;
  int session_present;
  esp_mqtt_error_codes_t *error_handle;
  bool retain;
  int qos;
  bool dup;
  esp_mqtt_protocol_ver_t protocol_ver;
} esp_mqtt_event_t;
typedef esp_mqtt_event_t *esp_mqtt_event_handle_t;

typedef struct esp_mqtt_client_config_t {
  struct broker_t {
    struct address_t {
      const char *uri; /* or the rest of this */
      const char *hostname;
      esp_mqtt_transport_t transport;
      const char *path;
      uint32_t port; /* 0: 1883 */
    } address;
    struct verification_t {
      bool use_global_ca_store;
      esp_err_t (*crt_bundle_attach)(void *conf);
      const char *certificate;
      size_t certificate_len;
      bool skip_cert_common_name_check;
      const char *common_name;
    } verification;
  } broker;
  struct credentials_t {
    const char *username;
    const char *client_id; /* NULL: "ESP32_" and the end of the MAC address */
    bool set_null_client_id;
    struct authentication_t {
      const char *password;
      const char *certificate;
      size_t certificate_len;
      const char *key;
      size_t key_len;
      const char *key_password;
      int key_password_len;
    } authentication;
  } credentials;
  struct session_t {
    struct last_will_t {
      const char *topic;
      const char *msg;
      int msg_len; /* 0: that of the text */
      int qos;
      int retain;
    } last_will;
    bool disable_clean_session;
    int keepalive; /* s; 0: 120 */
    bool disable_keepalive;
    esp_mqtt_protocol_ver_t protocol_ver;
    int message_retransmit_timeout; /* ms; 0: 1000 */
  } session;
  struct network_t {
    int reconnect_timeout_ms; /* 0: 10000 */
    int timeout_ms;           /* 0: 10000 */
    int refresh_connection_after_ms;
    bool disable_auto_reconnect;
    struct ifreq *if_name;
  } network;
  struct task_t {
    int priority;   /* 0: 5 */
    int stack_size; /* bytes; 0: 6144 */
  } task;
  struct buffer_t {
    int size;     /* bytes; 0: 1024 */
    int out_size; /* 0: the same */
  } buffer;
  struct outbox_config_t {
    uint64_t limit; /* bytes of messages that wait; 0: none */
  } outbox;
} esp_mqtt_client_config_t;

typedef struct topic_t {
  const char *filter;
  int qos;
} esp_mqtt_topic_t;

esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *config);
esp_err_t esp_mqtt_client_set_uri(esp_mqtt_client_handle_t client, const char *uri);
esp_err_t esp_mqtt_client_start(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_reconnect(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_disconnect(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_stop(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_destroy(esp_mqtt_client_handle_t client);
int esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *topic, int qos);
int esp_mqtt_client_subscribe_multiple(esp_mqtt_client_handle_t client, const esp_mqtt_topic_t *topic_list, int size);
int esp_mqtt_client_unsubscribe(esp_mqtt_client_handle_t client, const char *topic);
int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain);
int esp_mqtt_client_enqueue(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain, bool store);
int esp_mqtt_client_get_outbox_size(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                         esp_event_handler_t event_handler, void *event_handler_arg);
esp_err_t esp_mqtt_client_unregister_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                           esp_event_handler_t event_handler);
__END_DECLS

#ifdef __cplusplus
static inline int esp_mqtt_client_subscribe(esp_mqtt_client_handle_t client, const char *topic, int qos) {
  return esp_mqtt_client_subscribe_single(client, topic, qos);
}
static inline int esp_mqtt_client_subscribe(esp_mqtt_client_handle_t client, const esp_mqtt_topic_t *topic_list,
                                            int size) {
  return esp_mqtt_client_subscribe_multiple(client, topic_list, size);
}
#else
#define esp_mqtt_client_subscribe(client_handle, topic_type, qos_or_size)     \
  _Generic((topic_type),                                                      \
      char *: esp_mqtt_client_subscribe_single,                               \
      const char *: esp_mqtt_client_subscribe_single,                         \
      esp_mqtt_topic_t *: esp_mqtt_client_subscribe_multiple,                 \
      const esp_mqtt_topic_t *: esp_mqtt_client_subscribe_multiple)(client_handle, topic_type, qos_or_size)
#endif
