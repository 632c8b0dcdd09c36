/* newlib: descriptor sets of 64 bits in two words, and select() over sockets. */
#pragma once

#include <__struct_timespec.h>
#include <__struct_timeval.h>
#include <sys/cdefs.h>
#include <stddef.h>

#define FD_SETSIZE 64

typedef unsigned long fd_mask;
typedef fd_mask __fd_mask;

#define NFDBITS ((int)sizeof(fd_mask) * 8)

typedef struct fd_set {
  fd_mask __fds_bits[(FD_SETSIZE + 31) / 32];
} fd_set;

#define fds_bits __fds_bits

#define FD_SET(n, p) ((p)->__fds_bits[(n) / NFDBITS] |= (1UL << ((n) % NFDBITS)))
#define FD_CLR(n, p) ((p)->__fds_bits[(n) / NFDBITS] &= ~(1UL << ((n) % NFDBITS)))
#define FD_ISSET(n, p) (((p)->__fds_bits[(n) / NFDBITS] & (1UL << ((n) % NFDBITS))) != 0)
#define FD_ZERO(p) ((void)__builtin_memset((p), 0, sizeof(*(p))))
#define FD_COPY(from, to) ((void)(*(to) = *(from)))

__BEGIN_DECLS
int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds, struct timeval *timeout);
__END_DECLS
