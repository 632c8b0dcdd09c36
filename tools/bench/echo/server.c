/* Echoes the bytes of one connection. */
#include "esp_log.h"
#include "lwip/sockets.h"
#include "protocol_examples_common.h"

void app_main(void) {
  ESP_ERROR_CHECK(example_connect());
  struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(INADDR_ANY)};
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  bind(listener, (struct sockaddr *)&me, sizeof(me));
  listen(listener, 1);
  int s = accept(listener, NULL, NULL);
  char buffer[64];
  for (int n = recv(s, buffer, sizeof(buffer), 0); n > 0; n = recv(s, buffer, sizeof(buffer), 0)) {
    send(s, buffer, n, 0);
  }
  close(s);
  close(listener);
}
