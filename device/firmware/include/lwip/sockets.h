/* lwIP: BSD sockets. Values and layouts are those of ESP-IDF v5.5 on the ESP32. The plain names (socket, bind, ...)
 * are inline functions over lwip_*; close, read, write, fcntl, ioctl, select and poll are ordinary functions that
 * work on any descriptor. */
#pragma once

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include "lwip/err.h"
#include "lwip/errno.h"
#include "lwip/inet.h"
#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "lwip/opt.h"
#include "lwip/sys.h"

typedef u8_t sa_family_t;
typedef u16_t in_port_t;
typedef u32_t socklen_t;

#define SIN_ZERO_LEN 8

struct sockaddr_in {
  u8_t sin_len;
  sa_family_t sin_family;
  in_port_t sin_port;
  struct in_addr sin_addr;
  char sin_zero[SIN_ZERO_LEN];
};

struct sockaddr_in6 {
  u8_t sin6_len;
  sa_family_t sin6_family;
  in_port_t sin6_port;
  u32_t sin6_flowinfo;
  struct in6_addr sin6_addr;
  u32_t sin6_scope_id;
};

struct sockaddr {
  u8_t sa_len;
  sa_family_t sa_family;
  char sa_data[14];
};

struct sockaddr_storage {
  u8_t s2_len;
  sa_family_t ss_family;
  char s2_data1[2];
  u32_t s2_data2[3];
  u32_t s2_data3[3];
};

struct msghdr {
  void *msg_name;
  socklen_t msg_namelen;
  struct iovec *msg_iov;
  int msg_iovlen;
  void *msg_control;
  socklen_t msg_controllen;
  int msg_flags;
};

struct cmsghdr {
  socklen_t cmsg_len;
  int cmsg_level;
  int cmsg_type;
};

struct linger {
  int l_onoff;
  int l_linger;
};

struct in_pktinfo {
  unsigned int ipi_ifindex;
  struct in_addr ipi_addr;
};

typedef struct ip_mreq {
  struct in_addr imr_multiaddr;
  struct in_addr imr_interface;
} ip_mreq;

typedef struct ipv6_mreq {
  struct in6_addr ipv6mr_multiaddr;
  unsigned int ipv6mr_interface;
} ipv6_mreq;

struct ifreq {
  char ifr_name[NETIF_NAMESIZE];
};

#undef IOV_MAX
#define IOV_MAX 0xffff
#define LWIP_SELECT_MAXNFDS FD_SETSIZE

#define ALIGN_H(size) (((size) + sizeof(long) - 1U) & ~(sizeof(long) - 1U))
#define ALIGN_D(size) ALIGN_H(size)
#define CMSG_SPACE(length) (ALIGN_D(sizeof(struct cmsghdr)) + ALIGN_H(length))
#define CMSG_LEN(length) (ALIGN_D(sizeof(struct cmsghdr)) + (length))
#define CMSG_DATA(cmsg) ((void *)((u8_t *)(cmsg) + ALIGN_D(sizeof(struct cmsghdr))))
#define CMSG_FIRSTHDR(mhdr) \
  ((mhdr)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(mhdr)->msg_control : (struct cmsghdr *)NULL)
#define CMSG_NXTHDR(mhdr, cmsg)                                                       \
  ((cmsg) == NULL ? CMSG_FIRSTHDR(mhdr)                                               \
   : ((u8_t *)(cmsg) + ALIGN_H((cmsg)->cmsg_len) + ALIGN_D(sizeof(struct cmsghdr)) >  \
      (u8_t *)(mhdr)->msg_control + (mhdr)->msg_controllen)                           \
       ? (struct cmsghdr *)NULL                                                       \
       : (struct cmsghdr *)(void *)((u8_t *)(cmsg) + ALIGN_H((cmsg)->cmsg_len)))

/* Address families and protocols */
#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define AF_UNIX 1

#define PF_UNSPEC AF_UNSPEC
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define PF_UNIX AF_UNIX

/* Types */
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3

/* Protocols */
#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_ICMPV6 58
#define IPPROTO_UDPLITE 136
#define IPPROTO_RAW 255

/* Options of SOL_SOCKET. Those that lwIP does not know answer ENOPROTOOPT, as there. */
#define SOL_SOCKET 0xfff
#define SO_DEBUG 0x0001
#define SO_ACCEPTCONN 0x0002
#define SO_REUSEADDR 0x0004
#define SO_KEEPALIVE 0x0008
#define SO_DONTROUTE 0x0010
#define SO_BROADCAST 0x0020
#define SO_USELOOPBACK 0x0040
#define SO_LINGER 0x0080
#define SO_DONTLINGER ((int)(~SO_LINGER))
#define SO_OOBINLINE 0x0100
#define SO_REUSEPORT 0x0200
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_SNDLOWAT 0x1003
#define SO_RCVLOWAT 0x1004
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define SO_CONTIMEO 0x1009
#define SO_NO_CHECK 0x100a
#define SO_BINDTODEVICE 0x100b

/* Options of IPPROTO_TCP: TCP_KEEPALIVE in ms, TCP_KEEPIDLE and TCP_KEEPINTVL in s */
#define TCP_NODELAY 1
#define TCP_KEEPALIVE 2
#define TCP_KEEPIDLE 3
#define TCP_KEEPINTVL 4
#define TCP_KEEPCNT 5

/* Options of IPPROTO_IP */
#define IP_TOS 1
#define IP_TTL 2
#define IP_PKTINFO 8
#define IP_ADD_MEMBERSHIP 3
#define IP_DROP_MEMBERSHIP 4
#define IP_MULTICAST_TTL 5
#define IP_MULTICAST_IF 6
#define IP_MULTICAST_LOOP 7

/* Options of IPPROTO_IPV6 */
#define IPV6_JOIN_GROUP 12
#define IPV6_ADD_MEMBERSHIP 12
#define IPV6_LEAVE_GROUP 13
#define IPV6_DROP_MEMBERSHIP 13
#define IPV6_V6ONLY 27
#define IPV6_MULTICAST_IF 768
#define IPV6_MULTICAST_HOPS 769
#define IPV6_MULTICAST_LOOP 770
#define IPV6_UNICAST_HOPS 4

/* Options of IPPROTO_RAW */
#define IPV6_CHECKSUM 7

/* Type of service */
#define IPTOS_LOWDELAY 0x0010
#define IPTOS_THROUGHPUT 0x0008
#define IPTOS_RELIABILITY 0x0004
#define IPTOS_LOWCOST 0x0002
#define IPTOS_TOS_MASK 0x001e
#define IPTOS_PREC_MASK 0x00e0

#define IPTOS_TOS(tos) ((tos) & IPTOS_TOS_MASK)
#define IPTOS_PREC(tos) ((tos) & IPTOS_PREC_MASK)
#define IPTOS_MINCOST IPTOS_LOWCOST

/* Flags of send and receive, and what recvmsg() reports in msg_flags */
#define MSG_PEEK 0x01
#define MSG_WAITALL 0x02
#define MSG_OOB 0x04
#define MSG_DONTWAIT 0x08
#define MSG_MORE 0x10
#define MSG_NOSIGNAL 0x20
#define MSG_TRUNC 0x04
#define MSG_CTRUNC 0x08

/* How to shut down */
#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

#define SOMAXCONN 128
#define FIONREAD 0x4004667fL
#define FIONBIO ((long)0x8004667eUL)

#define closesocket(s) lwip_close(s)
#define ioctlsocket(s, cmd, argp) lwip_ioctl(s, cmd, argp)

__BEGIN_DECLS
int lwip_socket(int domain, int type, int protocol);
int lwip_bind(int s, const struct sockaddr *name, socklen_t namelen);
int lwip_listen(int s, int backlog);
int lwip_accept(int s, struct sockaddr *addr, socklen_t *addrlen);
int lwip_connect(int s, const struct sockaddr *name, socklen_t namelen);
int lwip_shutdown(int s, int how);
int lwip_close(int s);
int lwip_getpeername(int s, struct sockaddr *name, socklen_t *namelen);
int lwip_getsockname(int s, struct sockaddr *name, socklen_t *namelen);
int lwip_getsockopt(int s, int level, int optname, void *optval, socklen_t *optlen);
int lwip_setsockopt(int s, int level, int optname, const void *optval, socklen_t optlen);
ssize_t lwip_recv(int s, void *mem, size_t len, int flags);
ssize_t lwip_recvfrom(int s, void *mem, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen);
ssize_t lwip_recvmsg(int s, struct msghdr *message, int flags);
ssize_t lwip_send(int s, const void *dataptr, size_t size, int flags);
ssize_t lwip_sendto(int s, const void *dataptr, size_t size, int flags, const struct sockaddr *to, socklen_t tolen);
ssize_t lwip_sendmsg(int s, const struct msghdr *message, int flags);
ssize_t lwip_read(int s, void *mem, size_t len);
ssize_t lwip_readv(int s, const struct iovec *iov, int iovcnt);
ssize_t lwip_write(int s, const void *dataptr, size_t size);
ssize_t lwip_writev(int s, const struct iovec *iov, int iovcnt);
int lwip_select(int maxfdp1, fd_set *readset, fd_set *writeset, fd_set *exceptset, struct timeval *timeout);
int lwip_poll(struct pollfd *fds, nfds_t nfds, int timeout);
int lwip_ioctl(int s, long cmd, void *argp);
int lwip_fcntl(int s, int cmd, int val);
const char *lwip_inet_ntop(int af, const void *src, char *dst, socklen_t size);
int lwip_inet_pton(int af, const char *src, void *dst);
void lwip_socket_thread_init(void);
void lwip_socket_thread_cleanup(void);

static inline int socket(int domain, int type, int protocol) {
  return lwip_socket(domain, type, protocol);
}
static inline int bind(int s, const struct sockaddr *name, socklen_t namelen) {
  return lwip_bind(s, name, namelen);
}
static inline int listen(int s, int backlog) {
  return lwip_listen(s, backlog);
}
static inline int accept(int s, struct sockaddr *addr, socklen_t *addrlen) {
  return lwip_accept(s, addr, addrlen);
}
static inline int connect(int s, const struct sockaddr *name, socklen_t namelen) {
  return lwip_connect(s, name, namelen);
}
static inline int shutdown(int s, int how) {
  return lwip_shutdown(s, how);
}
static inline int getpeername(int s, struct sockaddr *name, socklen_t *namelen) {
  return lwip_getpeername(s, name, namelen);
}
static inline int getsockname(int s, struct sockaddr *name, socklen_t *namelen) {
  return lwip_getsockname(s, name, namelen);
}
static inline int getsockopt(int s, int level, int optname, void *optval, socklen_t *optlen) {
  return lwip_getsockopt(s, level, optname, optval, optlen);
}
static inline int setsockopt(int s, int level, int optname, const void *optval, socklen_t optlen) {
  return lwip_setsockopt(s, level, optname, optval, optlen);
}
static inline ssize_t recv(int s, void *mem, size_t len, int flags) {
  return lwip_recv(s, mem, len, flags);
}
static inline ssize_t recvfrom(int s, void *mem, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen) {
  return lwip_recvfrom(s, mem, len, flags, from, fromlen);
}
static inline ssize_t recvmsg(int s, struct msghdr *message, int flags) {
  return lwip_recvmsg(s, message, flags);
}
static inline ssize_t send(int s, const void *dataptr, size_t size, int flags) {
  return lwip_send(s, dataptr, size, flags);
}
static inline ssize_t sendto(int s, const void *dataptr, size_t size, int flags, const struct sockaddr *to, socklen_t tolen) {
  return lwip_sendto(s, dataptr, size, flags, to, tolen);
}
static inline ssize_t sendmsg(int s, const struct msghdr *message, int flags) {
  return lwip_sendmsg(s, message, flags);
}
static inline const char *inet_ntop(int af, const void *src, char *dst, socklen_t size) {
  return lwip_inet_ntop(af, src, dst, size);
}
static inline int inet_pton(int af, const char *src, void *dst) {
  return lwip_inet_pton(af, src, dst);
}
__END_DECLS
