/* Works that are only measured: programs in C over the same sockets, driver and wire, without records. */

#include "oracle.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PORT 5001
#define CHUNK 8192
#define SHORT 64
#define BURST 100
#define TICK_MS 10
#define NEVER (INT64_C(1) << 60)

/* One work at a time. */
static struct {
  int64_t amount; /* bytes, cycles or datagrams */
  int64_t done;
  size_t size;
  bool is_wrong;
} work;

static uint8_t pattern[256 + (1 << 16)];

static void check(const uint8_t *bytes, int64_t length, int64_t offset) {
  if (length <= 0 || memcmp(bytes, pattern + (offset & 255), (size_t)length) != 0) work.is_wrong = true;
}

static struct lwip *lwip(void) {
  return self->host->lwip;
}

static struct sockaddr_in address(const char *ip) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = inet_addr(ip)};
}

static int bound(int type) {
  struct sockaddr_in any = address("0.0.0.0");
  int s = lwip()->lwip_socket(AF_INET, type, 0);
  lwip()->lwip_bind(s, (struct sockaddr *)&any, sizeof any);
  return s;
}

static int connected(void) {
  struct sockaddr_in server = address("10.0.0.1");
  int s = lwip()->lwip_socket(AF_INET, SOCK_STREAM, 0);
  if (lwip()->lwip_connect(s, (struct sockaddr *)&server, sizeof server) != 0) work.is_wrong = true;
  return s;
}

/* Bulk: one sends, one receives and compares. */

static void receive_bulk(void *unused) {
  static uint8_t buffer[CHUNK];
  (void)unused;
  int listener = bound(SOCK_STREAM);
  lwip()->lwip_listen(listener, 1);
  int s = lwip()->lwip_accept(listener, NULL, NULL);
  while (work.done < work.amount) {
    ssize_t n = lwip()->lwip_recv(s, buffer, sizeof buffer, 0);
    check(buffer, n, work.done);
    if (n <= 0) break;
    work.done += n;
  }
}

static void send_bulk(void *unused) {
  (void)unused;
  int s = connected();
  for (int64_t sent = 0; sent < work.amount;) {
    ssize_t n = lwip()->lwip_send(s, pattern + (sent & 255), CHUNK, 0);
    if (n <= 0) break;
    sent += n;
  }
}

/* Short connections, one after the other: 64 bytes there, 64 bytes back. */

static void serve(void *unused) {
  uint8_t buffer[SHORT];
  (void)unused;
  int listener = bound(SOCK_STREAM);
  lwip()->lwip_listen(listener, 5);
  for (;;) {
    int s = lwip()->lwip_accept(listener, NULL, NULL);
    check(buffer, lwip()->lwip_recv(s, buffer, SHORT, 0), 0);
    lwip()->lwip_send(s, pattern + SHORT, SHORT, 0);
    lwip()->lwip_recv(s, buffer, SHORT, 0);
    lwip()->lwip_close(s);
  }
}

static void connect_again_and_again(void *unused) {
  uint8_t buffer[SHORT];
  (void)unused;
  for (; work.done < work.amount; work.done++) {
    int s = connected();
    lwip()->lwip_send(s, pattern, SHORT, 0);
    check(buffer, lwip()->lwip_recv(s, buffer, SHORT, 0), SHORT);
    lwip()->lwip_close(s);
    task_block(NULL, deadline_in(1));
  }
}

/* Datagrams: so many a tick. */

static void receive_datagrams(void *unused) {
  static uint8_t buffer[2048];
  struct sockaddr_in from;
  (void)unused;
  int s = bound(SOCK_DGRAM);
  while (work.done < work.amount) {
    socklen_t length = sizeof from;
    check(buffer, lwip()->lwip_recvfrom(s, buffer, work.size, 0, (struct sockaddr *)&from, &length), work.done);
    work.done++;
  }
}

static void send_datagrams(void *unused) {
  struct sockaddr_in to = address("10.0.0.1");
  (void)unused;
  int s = lwip()->lwip_socket(AF_INET, SOCK_DGRAM, 0);
  int64_t sent = 0;
  lwip()->lwip_sendto(s, pattern, work.size, 0, (struct sockaddr *)&to, sizeof to);
  for (sent = 1; sent < work.amount;) {
    task_block(NULL, deadline_in(1));
    for (int i = 0; i < BURST && sent < work.amount; i++, sent++) {
      lwip()->lwip_sendto(s, pattern + (sent & 255), work.size, 0, (struct sockaddr *)&to, sizeof to);
    }
  }
}

static void start(int host, void (*body)(void *), int64_t at) {
  task_start_at(task_new(&hosts[host], "bench", 5, body, NULL), at);
}

/* Two hosts are up; run the work that is asked for, until it is done. */
void bench_run(const char *name, int64_t amount, int64_t size) {
  for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = (uint8_t)(i * 131 + 17);
  memset(&work, 0, sizeof work);
  work.amount = amount;
  work.size = (size_t)size;
  bool is_connect = strcmp(name, "connect") == 0, is_udp = strcmp(name, "udp") == 0;
  start(0, is_connect ? serve : is_udp ? receive_datagrams : receive_bulk, 0);
  start(1, is_connect ? connect_again_and_again : is_udp ? send_datagrams : send_bulk, 10000);
  while (work.done < work.amount && now_us < NEVER && !work.is_wrong) run_until(now_us + 1000000);
  if (work.is_wrong) give_up("what was received is not what was sent");
}
