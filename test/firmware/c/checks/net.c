#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/poll.h>
#include "check.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"

static struct sockaddr_in address(const char *ip, uint16_t port) {
  return (struct sockaddr_in){
      .sin_len = sizeof(struct sockaddr_in),
      .sin_family = AF_INET,
      .sin_port = htons(port),
      .sin_addr.s_addr = inet_addr(ip),
  };
}

static void echo(void *arg) {
  int listener = (int)(intptr_t)arg;
  int s = accept(listener, NULL, NULL);
  char b[64];
  for (int n = recv(s, b, sizeof(b), 0); n > 0; n = recv(s, b, sizeof(b), 0)) {
    send(s, b, n, 0);
  }
  close(s);
  close(listener);
  vTaskDelete(NULL);
}

static void options(int s) {
  int i = 1;
  socklen_t n = sizeof(i);
  CHECK(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &i, sizeof(i)) == 0);
  i = 0;
  CHECK(getsockopt(s, SOL_SOCKET, SO_REUSEADDR, &i, &n) == 0 && i != 0 && n == 4);
  struct timeval tv = {2, 500000};
  CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
  memset(&tv, 0, sizeof(tv));
  n = sizeof(tv);
  CHECK(sizeof(tv) == 16 && getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, &n) == 0 && tv.tv_sec == 2 && tv.tv_usec == 500000);
  CHECK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &i, sizeof(i)) == 0);
  CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, 4) == -1 && errno == EINVAL);
  CHECK(setsockopt(s, IPPROTO_IP, IP_PKTINFO, &i, sizeof(i)) == -1 && errno == ENOPROTOOPT);
  CHECK(setsockopt(60, SOL_SOCKET, SO_REUSEADDR, &i, sizeof(i)) == -1 && errno == EBADF);
}

void test_sockets(void) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in me = address("0.0.0.0", 3333), peer;
  socklen_t length = sizeof(peer);
  options(listener);
  CHECK(listener == 54);
  CHECK(bind(listener, (struct sockaddr *)&me, sizeof(me)) == 0 && listen(listener, 1) == 0);
  CHECK(bind(listener, (struct sockaddr *)&me, 4) == -1 && errno == EIO);
  struct timeval for_ever = {0, 0};
  setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof(for_ever));
  xTaskCreate(echo, "echo", 3072, (void *)(intptr_t)listener, 5, NULL);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  me = address("127.0.0.1", 3333);
  CHECK(connect(s, (struct sockaddr *)&me, sizeof(me)) == 0);
  CHECK(getpeername(s, (struct sockaddr *)&peer, &length) == 0 && length == 16);
  CHECK(peer.sin_port == htons(3333) && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && peer.sin_family == AF_INET);
  length = 4;
  memset(&peer, 0, sizeof(peer));
  CHECK(getsockname(s, (struct sockaddr *)&peer, &length) == 0 && peer.sin_addr.s_addr == 0 && peer.sin_port != 0);

  struct iovec iov[2] = {{"Hello, ", 7}, {"world", 5}};
  CHECK(lwip_writev(s, iov, 2) == 12);
  fd_set reads, writes;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_SET(s, &reads);
  FD_SET(s, &writes);
  struct timeval tv = {1, 0};
  CHECK(select(s + 1, &reads, NULL, NULL, &tv) == 1 && FD_ISSET(s, &reads));
  int available = 0;
  CHECK(ioctl(s, FIONREAD, &available) == -1 && errno == ENOSYS);
  char a[5], b[20];
  struct iovec in[2] = {{a, 5}, {b, 20}};
  struct sockaddr_in from;
  struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = in, .msg_iovlen = 2};
  CHECK(recvmsg(s, &message, 0) == 12 && memcmp(a, "Hello", 5) == 0 && memcmp(b, ", world", 7) == 0);
  CHECK(from.sin_port == htons(3333));

  tv = (struct timeval){0, 20000};
  TickType_t begin = xTaskGetTickCount();
  FD_SET(s, &reads);
  CHECK(select(s + 1, &reads, NULL, NULL, &tv) == 0 && !FD_ISSET(s, &reads) && xTaskGetTickCount() - begin == 3);
  CHECK(select(s + 1, NULL, &writes, NULL, NULL) == 1 && FD_ISSET(s, &writes));
  struct pollfd fds[1] = {{s, POLLIN | POLLOUT, 0}};
  CHECK(poll(fds, 1, 100) == 1 && fds[0].revents == POLLOUT);

  CHECK(fcntl(s, F_SETFL, fcntl(s, F_GETFL, 0) | O_NONBLOCK) == 0 && (fcntl(s, F_GETFL, 0) & O_NONBLOCK) != 0);
  CHECK(recv(s, b, sizeof(b), 0) == -1 && errno == EWOULDBLOCK);
  int off = 0;
  CHECK(ioctl(s, FIONBIO, &off) == 0 && (fcntl(s, F_GETFL, 0) & O_NONBLOCK) == 0);
  CHECK(write(s, "bye", 3) == 3 && read(s, b, sizeof(b)) == 3);
  CHECK(shutdown(s, SHUT_WR) == 0 && recv(s, b, sizeof(b), 0) == 0);
  close(s);
  CHECK(recv(s, b, sizeof(b), 0) == -1 && errno == EBADF);

  int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
  me = address("127.0.0.1", 4000);
  CHECK(bind(u, (struct sockaddr *)&me, sizeof(me)) == 0);
  CHECK(sendto(v, "datagram", 8, 0, (struct sockaddr *)&me, sizeof(me)) == 8);
  length = sizeof(from);
  CHECK(recvfrom(u, b, 4, MSG_PEEK, (struct sockaddr *)&from, &length) == 4 && length == 16);
  message = (struct msghdr){.msg_iov = (struct iovec[]){{b, 4}}, .msg_iovlen = 1};
  CHECK(recvmsg(u, &message, 0) == 8 && (message.msg_flags & MSG_TRUNC) != 0);
  uint8_t ttl = 7;
  CHECK(setsockopt(u, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, 1) == 0);
  ttl = 0;
  length = 1;
  CHECK(getsockopt(u, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, &length) == 0 && ttl == 7);
  struct ip_mreq group = {.imr_multiaddr.s_addr = inet_addr("232.10.11.12"), .imr_interface.s_addr = htonl(INADDR_ANY)};
  CHECK(setsockopt(u, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) == 0);
  close(u);
  close(v);
  int n = 0;
  while (socket(AF_INET, SOCK_DGRAM, 0) >= 0) {
    n++;
  }
  CHECK(n == 10 && errno == ENFILE);
}

void test_netdb(void) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *res;
  CHECK(getaddrinfo("192.168.4.2", "80", &hints, &res) == 0);
  CHECK(((struct sockaddr_in *)res->ai_addr)->sin_port == htons(80) && res->ai_socktype == SOCK_STREAM);
  CHECK(((struct sockaddr_in *)res->ai_addr)->sin_addr.s_addr == inet_addr("192.168.4.2") && res->ai_next == NULL);
  freeaddrinfo(res);
  CHECK(getaddrinfo("Peer.Local", NULL, &hints, &res) == 0);
  CHECK(((struct sockaddr_in *)res->ai_addr)->sin_addr.s_addr == inet_addr("192.168.4.9"));
  CHECK(strcmp(res->ai_canonname, "Peer.Local") == 0);
  freeaddrinfo(res);
  CHECK(getaddrinfo("1.2.3.4", "http", &hints, &res) == EAI_SERVICE && res == NULL);
  CHECK(getaddrinfo("nobody.example", "80", &hints, &res) == EAI_FAIL);
  struct hostent *host = gethostbyname("peer.local");
  CHECK(host != NULL && host->h_length == 4 && *(uint32_t *)host->h_addr == inet_addr("192.168.4.9"));
  CHECK(host->h_aliases[0] == NULL && host->h_addr_list[1] == NULL);
  CHECK(gethostbyname("nobody.example") == NULL && h_errno == HOST_NOT_FOUND);
  struct hostent ret, *result;
  char buffer[100];
  int error;
  CHECK(gethostbyname_r("1.2.3.4", &ret, buffer, sizeof(buffer), &result, &error) == 0 && result == &ret);
  CHECK(*(uint32_t *)ret.h_addr == inet_addr("1.2.3.4") && strcmp(ret.h_name, "1.2.3.4") == 0);
  CHECK(gethostbyname_r("1.2.3.4", &ret, buffer, 40, &result, &error) == -1 && error == ERANGE && result == NULL);
}
