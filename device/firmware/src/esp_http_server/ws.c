/* WebSocket: the handshake, and frames in both directions. Sources: RFC 6455, ESP-IDF components/esp_http_server
 * (behaviour) */
#include "httpd.h"

#ifdef CONFIG_HTTPD_WS_SUPPORT

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "esp_tls_crypto.h"

static const char *TAG = "httpd_ws";

#define FIN 0x80
#define OPCODE 0x0f
#define MASKED 0x80
#define LENGTH 0x7f
#define LENGTH_16 126
#define LENGTH_64 127

/* Handshake */

static esp_err_t accept_key(httpd_req_t *req, char accept[32]) {
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char text[24 + sizeof guid];
  unsigned char hash[20];
  size_t length;
  char version[4];
  if (httpd_req_get_hdr_value_str(req, "Sec-WebSocket-Version", version, sizeof version) != ESP_OK ||
      strcmp(version, "13") != 0) {
    ESP_LOGW(TAG, "httpd_ws_respond_server_handshake: \"Sec-WebSocket-Version\" is not \"13\"");
    return ESP_ERR_INVALID_VERSION;
  }
  if (httpd_req_get_hdr_value_len(req, "Sec-WebSocket-Key") != 24) {
    ESP_LOGW(TAG, "httpd_ws_respond_server_handshake: Cannot find client key");
    return ESP_ERR_NOT_FOUND;
  }
  httpd_req_get_hdr_value_str(req, "Sec-WebSocket-Key", text, 25);
  memcpy(text + 24, guid, sizeof guid);
  esp_crypto_sha1((const unsigned char *)text, 24 + sizeof guid - 1, hash);
  esp_crypto_base64_encode((unsigned char *)accept, 32, &length, hash, sizeof hash);
  return ESP_OK;
}

/* Does the client offer what the handler speaks? The offers are words with commas between them. */
static bool is_offered(const httpd_req_t *req, const char *wanted) {
  const char *offers = httpd_find_header(req, "Sec-WebSocket-Protocol");
  size_t length = strlen(wanted);
  while (offers != NULL) {
    offers += strspn(offers, " ,");
    size_t word = strcspn(offers, " ,");
    if (word == length && strncmp(offers, wanted, word) == 0) {
      return true;
    }
    offers = word == 0 ? NULL : offers + word;
  }
  return false;
}

esp_err_t httpd_ws_answer_handshake(httpd_req_t *req, const httpd_uri_t *handler) {
  httpd_aux_t *aux = req->aux;
  httpd_session_t *session = aux->session;
  char accept[32];
  esp_err_t err = accept_key(req, accept);
  if (err != ESP_OK) {
    httpd_handle_error(req, HTTPD_400_BAD_REQUEST);
    return err;
  }
  char answer[256];
  const char *protocol = handler->supported_subprotocol;
  bool speaks = protocol != NULL && is_offered(req, protocol);
  int length = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
                        accept, speaks ? "Sec-WebSocket-Protocol: " : "", speaks ? protocol : "", speaks ? "\r\n" : "");
  if (length >= (int)sizeof answer) {
    return ESP_ERR_HTTPD_RESP_HDR;
  }
  if (httpd_send_all(session, answer, (size_t)length) != ESP_OK) {
    return ESP_FAIL;
  }
  session->is_websocket = true;
  session->ws_handler = handler->handler;
  session->ws_user_ctx = handler->user_ctx;
  session->wants_ws_control = handler->handle_ws_control_frames;
  return ESP_OK;
}

/* Receiving */

static esp_err_t receive_all(httpd_session_t *session, void *to, size_t length) {
  char *next = to;
  while (length > 0) {
    int n = httpd_receive(session, next, length, false);
    if (n <= 0) {
      return ESP_FAIL;
    }
    next += n;
    length -= (size_t)n;
  }
  return ESP_OK;
}

/* Length and mask, the first time that they are asked for. */
static esp_err_t receive_length(httpd_aux_t *aux) {
  uint8_t bytes[8];
  if (aux->has_ws_length) {
    return ESP_OK;
  }
  if (receive_all(aux->session, bytes, 1) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_ws_recv_frame: Failed to receive the second byte");
    return ESP_FAIL;
  }
  if ((bytes[0] & MASKED) == 0) {
    ESP_LOGW(TAG, "httpd_ws_recv_frame: WS frame is not properly masked.");
    return ESP_ERR_INVALID_STATE;
  }
  uint64_t length = bytes[0] & LENGTH;
  size_t more = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
  if (receive_all(aux->session, bytes, more) != ESP_OK || receive_all(aux->session, aux->ws_mask, 4) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_ws_recv_frame: Failed to receive length or mask");
    return ESP_FAIL;
  }
  if (more > 0) {
    length = 0;
    for (size_t i = 0; i < more; i++) {
      length = length << 8 | bytes[i];
    }
  }
  if (length > SIZE_MAX) {
    return ESP_ERR_INVALID_SIZE;
  }
  aux->ws_length = (size_t)length;
  aux->has_ws_length = true;
  return ESP_OK;
}

/* With max_len 0 only type and length are told; then again with room for the payload. */
esp_err_t httpd_ws_recv_frame(httpd_req_t *req, httpd_ws_frame_t *pkt, size_t max_len) {
  if (req == NULL || pkt == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  httpd_aux_t *aux = req->aux;
  if (!aux->session->is_websocket) {
    return ESP_ERR_INVALID_STATE;
  }
  pkt->type = aux->ws_first & OPCODE;
  pkt->final = (aux->ws_first & FIN) != 0;
  esp_err_t err = receive_length(aux);
  if (err != ESP_OK) {
    return err;
  }
  pkt->len = aux->ws_length;
  if (max_len == 0) {
    return ESP_OK;
  }
  if (aux->ws_length > max_len) {
    ESP_LOGW(TAG, "httpd_ws_recv_frame: WS Message too long");
    return ESP_ERR_INVALID_SIZE;
  }
  if (pkt->payload == NULL) {
    return ESP_FAIL;
  }
  if (receive_all(aux->session, pkt->payload, pkt->len) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_ws_recv_frame: Failed to receive payload");
    return ESP_FAIL;
  }
  for (size_t i = 0; i < pkt->len; i++) {
    pkt->payload[i] ^= aux->ws_mask[i % 4];
  }
  return ESP_OK;
}

/* Answers a control frame for a handler that does not want to: a ping by a pong, a close by a close. */
static esp_err_t answer_control(httpd_req_t *req, httpd_ws_type_t type) {
  uint8_t payload[125];
  httpd_ws_frame_t frame = { .payload = payload };
  esp_err_t err = httpd_ws_recv_frame(req, &frame, sizeof payload);
  if (err != ESP_OK || type == HTTPD_WS_TYPE_PONG) {
    return err;
  }
  frame.final = true;
  if (type == HTTPD_WS_TYPE_PING) {
    frame.type = HTTPD_WS_TYPE_PONG;
  } else {
    frame.len = 0;
    frame.type = HTTPD_WS_TYPE_CLOSE;
  }
  return httpd_ws_send_frame(req, &frame);
}

/* A frame has begun to come. */
esp_err_t httpd_ws_serve(httpd_req_t *req) {
  httpd_aux_t *aux = req->aux;
  httpd_session_t *session = aux->session;
  if (session->is_ws_closing) {
    return ESP_OK;
  }
  req->user_ctx = session->ws_user_ctx;
  req->method = 0; /* not the handshake */
  if (receive_all(session, &aux->ws_first, 1) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_ws_get_frame_type: Failed to read header byte (socket FD invalid), closing socket now");
    return ESP_FAIL;
  }
  httpd_ws_type_t type = aux->ws_first & OPCODE;
  session->is_ws_closing = type == HTTPD_WS_TYPE_CLOSE;
  if (type >= HTTPD_WS_TYPE_CLOSE && !session->wants_ws_control) {
    return answer_control(req, type);
  }
  return session->ws_handler(req);
}

/* Sending */

esp_err_t httpd_ws_send_frame_async(httpd_handle_t hd, int fd, httpd_ws_frame_t *frame) {
  if (frame == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  httpd_session_t *session = httpd_find_session(hd, fd);
  if (session == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  uint8_t head[10];
  size_t size = 2;
  head[0] = (uint8_t)(frame->type | (!frame->fragmented || frame->final ? FIN : 0));
  if (frame->len < LENGTH_16) {
    head[1] = (uint8_t)frame->len;
  } else {
    size_t bytes = frame->len <= UINT16_MAX ? 2 : 8;
    head[1] = bytes == 2 ? LENGTH_16 : LENGTH_64;
    for (size_t i = 0; i < bytes; i++) {
      head[2 + i] = (uint8_t)((uint64_t)frame->len >> 8 * (bytes - 1 - i));
    }
    size += bytes;
  }
  if (httpd_send_all(session, head, size) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_ws_send_frame_async: Failed to send WS header");
    return ESP_FAIL;
  }
  if (frame->len > 0 && frame->payload != NULL && httpd_send_all(session, frame->payload, frame->len) != ESP_OK) {
    ESP_LOGW(TAG, "httpd_ws_send_frame_async: Failed to send WS payload");
    return ESP_FAIL;
  }
  return ESP_OK;
}

esp_err_t httpd_ws_send_frame(httpd_req_t *req, httpd_ws_frame_t *pkt) {
  return req == NULL ? ESP_ERR_INVALID_ARG : httpd_ws_send_frame_async(req->handle, httpd_req_to_sockfd(req), pkt);
}

/* A frame that the server's task sends. */
struct transfer {
  httpd_handle_t handle;
  int fd;
  httpd_ws_frame_t *frame;
  transfer_complete_cb callback;
  void *arg;
  TaskHandle_t waiter; /* NULL: nobody waits */
  esp_err_t *result;
};

static void transfer_now(void *arg) {
  struct transfer *transfer = arg;
  esp_err_t err = httpd_ws_send_frame_async(transfer->handle, transfer->fd, transfer->frame);
  if (transfer->callback != NULL) {
    transfer->callback(err, transfer->fd, transfer->arg);
  }
  if (transfer->waiter != NULL) {
    *transfer->result = err;
    xTaskNotifyGive(transfer->waiter);
  }
  free(transfer);
}

static esp_err_t queue_transfer(struct transfer wanted) {
  struct transfer *transfer = malloc(sizeof *transfer);
  if (transfer == NULL) {
    return ESP_ERR_NO_MEM;
  }
  *transfer = wanted;
  esp_err_t err = httpd_queue_work(wanted.handle, transfer_now, transfer);
  if (err != ESP_OK) {
    free(transfer);
  }
  return err;
}

/* The frame stays the caller's until the callback has been called. */
esp_err_t httpd_ws_send_data_async(httpd_handle_t handle, int socket, httpd_ws_frame_t *frame,
                                   transfer_complete_cb callback, void *arg) {
  return queue_transfer(
      (struct transfer){ .handle = handle, .fd = socket, .frame = frame, .callback = callback, .arg = arg });
}

esp_err_t httpd_ws_send_data(httpd_handle_t handle, int socket, httpd_ws_frame_t *frame) {
  esp_err_t result = ESP_FAIL;
  esp_err_t err = queue_transfer((struct transfer){
      .handle = handle, .fd = socket, .frame = frame, .waiter = xTaskGetCurrentTaskHandle(), .result = &result });
  if (err != ESP_OK) {
    return err;
  }
  ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
  return result;
}

httpd_ws_client_info_t httpd_ws_get_fd_info(httpd_handle_t hd, int fd) {
  const httpd_session_t *session = httpd_find_session(hd, fd);
  if (session == NULL) {
    return HTTPD_WS_CLIENT_INVALID;
  }
  return session->is_websocket && !session->is_ws_closing ? HTTPD_WS_CLIENT_WEBSOCKET : HTTPD_WS_CLIENT_HTTP;
}

#endif
