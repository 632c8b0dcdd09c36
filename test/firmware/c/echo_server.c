/* An echo server whose peer decides when it ends: one connection after the other. */
#include <string.h>
#include <sys/param.h>
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/sockets.h"

static const char *TAG = "echo";

static void serve(int s) {
  char b[600];
  unsigned total = 0;
  int n;
  while ((n = recv(s, b, sizeof(b), 0)) > 0) {
    total += n;
    for (int sent = 0; sent < n;) {
      int m = send(s, b + sent, n - sent, 0);
      if (m < 0) {
        ESP_LOGE(TAG, "send: errno %d", errno);
        return;
      }
      sent += m;
    }
  }
  ESP_LOGI(TAG, "%u bytes, then %d, errno %d", total, n, n < 0 ? errno : 0);
}

static void echo_task(void *arg) {
  struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(3333), .sin_addr.s_addr = htonl(INADDR_ANY)};
  int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
  bind(listener, (struct sockaddr *)&me, sizeof(me));
  listen(listener, 1);
  for (;;) {
    struct sockaddr_in peer;
    socklen_t length = sizeof(peer);
    int s = accept(listener, (struct sockaddr *)&peer, &length);
    char text[16];
    ESP_LOGI(TAG, "from %s", inet_ntoa_r(peer.sin_addr, text, sizeof(text)));
    serve(s);
    close(s);
  }
}

void app_main(void) { xTaskCreate(echo_task, "echo", 4096, NULL, 5, NULL); }
