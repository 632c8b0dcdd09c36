/* ESP-IDF (newlib component): poll() over select(). */
#pragma once

#include <sys/cdefs.h>

#define POLLIN (1u << 0)
#define POLLRDNORM (1u << 1)
#define POLLRDBAND (1u << 2)
#define POLLPRI (1u << 2)
#define POLLOUT (1u << 3)
#define POLLWRNORM (1u << 3)
#define POLLWRBAND (1u << 4)
#define POLLERR (1u << 5)
#define POLLHUP (1u << 6)
#define POLLNVAL (1u << 7)

typedef unsigned int nfds_t;

struct pollfd {
  int fd;
  short events;
  short revents;
};

__BEGIN_DECLS
int poll(struct pollfd *fds, nfds_t nfds, int timeout);
__END_DECLS
