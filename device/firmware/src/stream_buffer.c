/* FreeRTOS stream and message buffers: a ring of bytes for one writer and one reader. A message is preceded by its
 * length. Source: FreeRTOS stream_buffer.c */
#include "freertos/stream_buffer.h"
#include <stdlib.h>
#include <string.h>
#include "freertos/message_buffer.h"
#include "host.h"

#define LENGTH_BYTES sizeof(size_t)

struct StreamBufferDef_t {
  uint8_t *storage;
  size_t size; /* of the storage, which is one byte more than fits */
  size_t first;
  size_t count;
  size_t trigger;
  struct esp_waiters readers;
  struct esp_waiters writers;
  bool is_message;
  bool is_static;
};
_Static_assert(sizeof(struct StreamBufferDef_t) <= sizeof(StaticStreamBuffer_t),
               "a stream buffer fits what programs allocate for it");

static StreamBufferHandle_t init(StreamBufferHandle_t b, uint8_t *storage, size_t size, size_t trigger,
                                 BaseType_t is_message) {
  b->storage = storage;
  b->size = size;
  b->trigger = trigger == 0 ? 1 : trigger;
  b->is_message = is_message != pdFALSE;
  return b;
}

StreamBufferHandle_t xStreamBufferGenericCreate(size_t size, size_t trigger, BaseType_t is_message,
                                                StreamBufferCallbackFunction_t on_send,
                                                StreamBufferCallbackFunction_t on_receive) {
  (void)on_send;
  (void)on_receive;
  if (size == 0 || trigger > size) {
    return NULL;
  }
  uint8_t *memory = calloc(1, sizeof(StaticStreamBuffer_t) + size + 1);
  return memory == NULL ? NULL
                        : init((StreamBufferHandle_t)memory, memory + sizeof(StaticStreamBuffer_t), size + 1, trigger,
                               is_message);
}

StreamBufferHandle_t xStreamBufferGenericCreateStatic(size_t size, size_t trigger, BaseType_t is_message,
                                                      uint8_t *const storage, StaticStreamBuffer_t *const buffer,
                                                      StreamBufferCallbackFunction_t on_send,
                                                      StreamBufferCallbackFunction_t on_receive) {
  (void)on_send;
  (void)on_receive;
  if (storage == NULL || buffer == NULL || size <= 1 || trigger > size) {
    return NULL;
  }
  StreamBufferHandle_t b = memset(buffer, 0, sizeof(*buffer));
  b->is_static = true;
  return init(b, storage, size, trigger, is_message);
}

void vStreamBufferDelete(StreamBufferHandle_t b) {
  host_forget(&b->readers);
  host_forget(&b->writers);
  if (!b->is_static) {
    free(b);
  }
}

size_t xStreamBufferBytesAvailable(StreamBufferHandle_t b) { return b->count; }

size_t xStreamBufferSpacesAvailable(StreamBufferHandle_t b) { return b->size - 1 - b->count; }

BaseType_t xStreamBufferIsEmpty(StreamBufferHandle_t b) { return b->count == 0; }

BaseType_t xStreamBufferIsFull(StreamBufferHandle_t b) {
  return xStreamBufferSpacesAvailable(b) <= (b->is_message ? LENGTH_BYTES : 0);
}

BaseType_t xStreamBufferReset(StreamBufferHandle_t b) {
  if (b->readers.count != 0 || b->writers.count != 0) {
    return pdFAIL;
  }
  b->first = 0;
  b->count = 0;
  return pdPASS;
}

BaseType_t xStreamBufferSetTriggerLevel(StreamBufferHandle_t b, size_t trigger) {
  if (trigger >= b->size) {
    return pdFALSE;
  }
  b->trigger = trigger == 0 ? 1 : trigger;
  return pdTRUE;
}

static void put(StreamBufferHandle_t b, const void *from, size_t n) {
  size_t at = (b->first + b->count) % b->size;
  size_t part = b->size - at < n ? b->size - at : n;
  memcpy(b->storage + at, from, part);
  memcpy(b->storage, (const uint8_t *)from + part, n - part);
  b->count += n;
}

static void look(StreamBufferHandle_t b, void *to, size_t n) {
  size_t part = b->size - b->first < n ? b->size - b->first : n;
  memcpy(to, b->storage + b->first, part);
  memcpy((uint8_t *)to + part, b->storage, n - part);
}

static void take(StreamBufferHandle_t b, void *to, size_t n) {
  look(b, to, n);
  b->first = (b->first + n) % b->size;
  b->count -= n;
}

size_t xStreamBufferSend(StreamBufferHandle_t b, const void *data, size_t length, TickType_t ticks) {
  size_t needed = b->is_message ? length + LENGTH_BYTES : length;
  bool can_ever_fit = needed <= b->size - 1;
  if (b->is_message && !can_ever_fit) {
    return 0;
  }
  if (!can_ever_fit) {
    needed = b->size - 1;
  }
  struct esp_wait wait = ESP_WAIT(ticks);
  while (xStreamBufferSpacesAvailable(b) < needed) {
    if (!esp_wait_on(&b->writers, &wait, "xStreamBufferSend")) {
      break;
    }
  }
  size_t space = xStreamBufferSpacesAvailable(b);
  size_t sent = length;
  if (b->is_message) {
    if (space < needed) {
      return 0;
    }
    put(b, &length, LENGTH_BYTES);
  } else if (space < length) {
    sent = space;
  }
  put(b, data, sent);
  if (b->count >= b->trigger) {
    esp_wake(&b->readers);
  }
  return sent;
}

size_t xStreamBufferSendFromISR(StreamBufferHandle_t b, const void *data, size_t length, BaseType_t *const woken) {
  (void)woken;
  return xStreamBufferSend(b, data, length, 0);
}

size_t xStreamBufferReceive(StreamBufferHandle_t b, void *to, size_t room, TickType_t ticks) {
  struct esp_wait wait = ESP_WAIT(ticks);
  bool is_empty = b->count == 0;
  while (is_empty && b->count < b->trigger) {
    if (!esp_wait_on(&b->readers, &wait, "xStreamBufferReceive")) {
      break;
    }
  }
  if (b->count == 0) {
    return 0;
  }
  size_t n = b->count < room ? b->count : room;
  if (b->is_message) {
    look(b, &n, LENGTH_BYTES);
    if (n > room) {
      return 0;
    }
    take(b, &n, LENGTH_BYTES);
  }
  take(b, to, n);
  esp_wake(&b->writers);
  return n;
}

size_t xStreamBufferReceiveFromISR(StreamBufferHandle_t b, void *to, size_t room, BaseType_t *const woken) {
  (void)woken;
  return xStreamBufferReceive(b, to, room, 0);
}

size_t xStreamBufferNextMessageLengthBytes(StreamBufferHandle_t b) {
  size_t n = 0;
  if (b->is_message && b->count > LENGTH_BYTES) {
    look(b, &n, LENGTH_BYTES);
  }
  return n;
}
