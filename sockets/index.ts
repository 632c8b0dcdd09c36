/** BSD sockets as on the ESP32: constants, addresses, descriptor sets, and the calls over a stack. */

export {
  lwip_accept,
  lwip_bind,
  lwip_close,
  lwip_connect,
  lwip_getpeername,
  lwip_getsockname,
  lwip_listen,
  lwip_shutdown,
  lwip_socket,
} from './connection.ts';
export * from './constants.ts';
export { CoreLock } from './core_lock.ts';
export * from './errno.ts';
export { FD_CLR, FD_ISSET, FD_SET, FD_ZERO, fd_set, makeFdSet } from './fd_set.ts';
export { lwip_fcntl, lwip_getsockopt, lwip_ioctl, lwip_setsockopt } from './modes.ts';
export {
  type AddrinfoHints,
  type addrinfo,
  type hostent,
  lwip_freeaddrinfo,
  lwip_getaddrinfo,
  lwip_gethostbyname,
  lwip_gethostbyname_r,
} from './netdb.ts';
export { lwip_readv, lwip_recvfrom, lwip_recvmsg } from './recv.ts';
export { lwip_poll, lwip_select, poll, type pollfd, type timeval } from './select.ts';
export { lwip_send, lwip_sendmsg, lwip_sendto, lwip_writev, type msghdr } from './send.ts';
export {
  formatSockaddr,
  htonl,
  htons,
  type in_addr,
  type in6_addr,
  inet_addr,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  ntohl,
  ntohs,
  type sockaddr,
  sockaddr_in,
  type sockaddr_in6,
} from './sockaddr.ts';
export { Sockets } from './sockets.ts';
export {
  checkOptionValue,
  type ip_mreq,
  type linger,
  type SockoptOut,
  type SockoptValue,
  sizeofOption,
} from './sockopt.ts';
export { type Op, type Sys, type SysThread, WaitList } from './sys_arch.ts';
export { TcpipThread } from './tcpip.ts';
