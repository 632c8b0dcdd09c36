/* A client that tells what each of its calls gives, for faults on calls and for what is found in C programs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"

static const char *TAG = "client";

static void say(const char *call, int ret) { ESP_LOGI(TAG, "%s = %d, errno %d", call, ret, ret < 0 ? errno : 0); }

void app_main(void) {
  char buffer[100];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(3333)};
  to.sin_addr.s_addr = inet_addr("192.168.4.2");

  int sock = socket(AF_INET, SOCK_STREAM, 0);
  say("socket", sock);
  if (sock < 0) {
    sock = socket(AF_INET, SOCK_STREAM, 0);
    say("socket", sock);
  }
  if (sock < 0) abort();
  say("connect", connect(sock, (struct sockaddr *)&to, sizeof(to)));
  say("send", send(sock, "0123456789", 10, 0));
  say("recv", recv(sock, buffer, sizeof(buffer), 0));
  say("close", close(sock));
  say("close", close(sock));
  ESP_LOGE(TAG, "out of ideas");
}
