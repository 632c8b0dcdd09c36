/* lwIP's calls and the plain names over them. Arguments are checked here as lwIP does; the calls are the host's. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/poll.h>
#include "host.h"
#include "lwip/sockets.h"

enum { SEND, WRITE, SENDTO };
enum { RECV, READ, RECVFROM };
enum { SENDMSG, WRITEV };

int host_socket(int domain, int type, int protocol) ESPB_IMPORT(socket);
int host_bind(int s, const struct sockaddr_in *name, socklen_t namelen) ESPB_IMPORT(bind);
int host_connect(int s, const struct sockaddr_in *name, socklen_t namelen) ESPB_IMPORT(connect);
int host_listen(int s, int backlog) ESPB_IMPORT(listen);
int host_accept(int s, struct sockaddr_in *name) ESPB_IMPORT(accept); /* name may be NULL; else it is filled in */
int host_shutdown(int s, int how) ESPB_IMPORT(shutdown);
int host_close(int s) ESPB_IMPORT(close);
int host_sendto(int s, const void *data, size_t size, int flags, const struct sockaddr_in *to, int name)
    ESPB_IMPORT(sendto); /* name: SEND, WRITE, SENDTO */
int host_recvfrom(int s, void *mem, size_t len, int flags, struct sockaddr_in *from, int name)
    ESPB_IMPORT(recvfrom); /* name: RECV, READ, RECVFROM */
int host_sendmsg(int s, const struct sockaddr_in *to, const struct iovec *iov, int count, int flags, int name)
    ESPB_IMPORT(sendmsg); /* name: SENDMSG, WRITEV */
int host_recvmsg(int s, struct sockaddr_in *from, const struct iovec *iov, int count, int flags,
                 struct msghdr *message) ESPB_IMPORT(recvmsg); /* message: gets msg_flags; NULL for readv() */
int host_setsockopt(int s, int level, int optname, const void *value, socklen_t optlen) ESPB_IMPORT(setsockopt);
int host_getsockopt(int s, int level, int optname, void *value, socklen_t optlen) ESPB_IMPORT(getsockopt);
int host_fcntl(int s, int cmd, int val) ESPB_IMPORT(fcntl);
int host_ioctl(int s, int cmd, int *arg) ESPB_IMPORT(ioctl);
int host_select(int nfds, fd_set *readset, fd_set *writeset, fd_set *exceptset, bool has_timeout, int sec, int usec)
    ESPB_IMPORT(select);
int host_poll(struct pollfd *fds, nfds_t nfds, int timeout, bool is_lwip) ESPB_IMPORT(poll);
int host_getsockname(int s, struct sockaddr_in *name) ESPB_IMPORT(getsockname);
int host_getpeername(int s, struct sockaddr_in *name) ESPB_IMPORT(getpeername);

static int fail(int error) {
  errno = error;
  return -1;
}

/* Hand an address to the caller, cut to the room that there is. */
static void put_address(const struct sockaddr_in *from, struct sockaddr *to, socklen_t *length) {
  socklen_t n = *length < sizeof(*from) ? *length : sizeof(*from);
  memcpy(to, from, n);
  *length = sizeof(*from);
}

int lwip_socket(int domain, int type, int protocol) { return host_socket(domain, type, protocol); }

int lwip_bind(int s, const struct sockaddr *name, socklen_t namelen) {
  return name == NULL ? fail(EINVAL) : host_bind(s, (const struct sockaddr_in *)name, namelen);
}

int lwip_connect(int s, const struct sockaddr *name, socklen_t namelen) {
  return name == NULL ? fail(EINVAL) : host_connect(s, (const struct sockaddr_in *)name, namelen);
}

int lwip_listen(int s, int backlog) { return host_listen(s, backlog); }

int lwip_accept(int s, struct sockaddr *addr, socklen_t *addrlen) {
  if (addr == NULL || addrlen == NULL) {
    return host_accept(s, NULL);
  }
  struct sockaddr_in name;
  int ret = host_accept(s, &name);
  if (ret >= 0) {
    put_address(&name, addr, addrlen);
  }
  return ret;
}

int lwip_shutdown(int s, int how) { return host_shutdown(s, how); }

int lwip_close(int s) { return host_close(s); }

int lwip_getsockname(int s, struct sockaddr *name, socklen_t *namelen) {
  struct sockaddr_in own;
  int ret = host_getsockname(s, &own);
  if (ret == 0) {
    put_address(&own, name, namelen);
  }
  return ret;
}

int lwip_getpeername(int s, struct sockaddr *name, socklen_t *namelen) {
  struct sockaddr_in peer;
  int ret = host_getpeername(s, &peer);
  if (ret == 0) {
    put_address(&peer, name, namelen);
  }
  return ret;
}

ssize_t lwip_send(int s, const void *data, size_t size, int flags) {
  return host_sendto(s, data, size, flags, NULL, SEND);
}

ssize_t lwip_write(int s, const void *data, size_t size) { return host_sendto(s, data, size, 0, NULL, WRITE); }

ssize_t lwip_sendto(int s, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t tolen) {
  if (to != NULL && tolen != sizeof(struct sockaddr_in)) {
    return fail(to->sa_family == AF_INET ? EIO : EINVAL);
  }
  return host_sendto(s, data, size, flags, (const struct sockaddr_in *)to, SENDTO);
}

ssize_t lwip_recv(int s, void *mem, size_t len, int flags) { return host_recvfrom(s, mem, len, flags, NULL, RECV); }

ssize_t lwip_read(int s, void *mem, size_t len) { return host_recvfrom(s, mem, len, 0, NULL, READ); }

ssize_t lwip_recvfrom(int s, void *mem, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen) {
  if (from == NULL || fromlen == NULL) {
    return host_recvfrom(s, mem, len, flags, NULL, RECVFROM);
  }
  struct sockaddr_in name;
  ssize_t ret = host_recvfrom(s, mem, len, flags, &name, RECVFROM);
  if (ret >= 0) {
    put_address(&name, from, fromlen);
  }
  return ret;
}

ssize_t lwip_sendmsg(int s, const struct msghdr *message, int flags) {
  return message == NULL ? fail(EINVAL)
                         : host_sendmsg(s, message->msg_name, message->msg_iov, message->msg_iovlen, flags, SENDMSG);
}

ssize_t lwip_writev(int s, const struct iovec *iov, int count) { return host_sendmsg(s, NULL, iov, count, 0, WRITEV); }

/* There is no control data: IP_PKTINFO cannot be switched on. */
ssize_t lwip_recvmsg(int s, struct msghdr *message, int flags) {
  struct sockaddr_in name;
  bool wants_name = message->msg_name != NULL;
  ssize_t ret = host_recvmsg(s, wants_name ? &name : NULL, message->msg_iov, message->msg_iovlen, flags, message);
  if (ret >= 0) {
    message->msg_controllen = 0;
    if (wants_name) {
      put_address(&name, message->msg_name, &message->msg_namelen);
    }
  }
  return ret;
}

ssize_t lwip_readv(int s, const struct iovec *iov, int count) { return host_recvmsg(s, NULL, iov, count, 0, NULL); }

int lwip_setsockopt(int s, int level, int optname, const void *value, socklen_t optlen) {
  return value == NULL ? fail(EFAULT) : host_setsockopt(s, level, optname, value, optlen);
}

int lwip_getsockopt(int s, int level, int optname, void *value, socklen_t *optlen) {
  return value == NULL || optlen == NULL ? fail(EFAULT) : host_getsockopt(s, level, optname, value, *optlen);
}

int lwip_fcntl(int s, int cmd, int val) { return host_fcntl(s, cmd, val); }

int lwip_ioctl(int s, long cmd, void *argp) {
  int none = 0;
  return host_ioctl(s, (int)cmd, argp == NULL ? &none : argp);
}

int lwip_select(int nfds, fd_set *readset, fd_set *writeset, fd_set *exceptset, struct timeval *timeout) {
  bool has = timeout != NULL;
  return host_select(nfds, readset, writeset, exceptset, has, has ? (int)timeout->tv_sec : 0,
                     has ? (int)timeout->tv_usec : 0);
}

int lwip_poll(struct pollfd *fds, nfds_t nfds, int timeout) { return host_poll(fds, nfds, timeout, true); }

/* The plain names that are not inline in the headers. Descriptors below LWIP_SOCKET_OFFSET are the console's. */

int select(int nfds, fd_set *readset, fd_set *writeset, fd_set *exceptset, struct timeval *timeout) {
  return lwip_select(nfds, readset, writeset, exceptset, timeout);
}

int poll(struct pollfd *fds, nfds_t nfds, int timeout) {
  return fds == NULL ? fail(ENOENT) : host_poll(fds, nfds, timeout, false);
}

int fcntl(int fd, int cmd, ...) {
  va_list args;
  va_start(args, cmd);
  int val = cmd == F_SETFL ? va_arg(args, int) : 0;
  va_end(args);
  return lwip_fcntl(fd, cmd, val);
}

int ioctl(int fd, int request, ...) {
  va_list args;
  va_start(args, request);
  void *arg = va_arg(args, void *);
  va_end(args);
  return lwip_ioctl(fd, request, arg);
}
