/* Sends four messages, waits for the echo of each, and says so. */
#include <string.h>
#include "esp_log.h"
#include "lwip/sockets.h"
#include "protocol_examples_common.h"

void app_main(void) {
  ESP_ERROR_CHECK(example_connect());
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = inet_addr("10.0.0.1")};
  int s = socket(AF_INET, SOCK_STREAM, 0);
  connect(s, (struct sockaddr *)&to, sizeof(to));
  char message[64], echo[64];
  int good = 0;
  for (int i = 0; i < 4; i++) {
    memset(message, 'a' + i, sizeof(message));
    send(s, message, sizeof(message), 0);
    int got = 0;
    while (got < (int)sizeof(echo)) {
      int n = recv(s, echo + got, sizeof(echo) - got, 0);
      if (n <= 0) {
        break;
      }
      got += n;
    }
    good += got == (int)sizeof(echo) && memcmp(message, echo, sizeof(echo)) == 0;
  }
  close(s);
  ESP_LOGI("echo", "%d of 4", good);
}
