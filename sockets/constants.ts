/** Numbers of lwip/sockets.h and newlib as ESP-IDF compiles them. They differ from Linux. */

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const PF_UNSPEC = AF_UNSPEC;
export const PF_INET = AF_INET;
export const PF_INET6 = AF_INET6;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;

export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_UDPLITE = 136;
export const IPPROTO_RAW = 255;

export const SOL_SOCKET = 0xfff;

export const SO_DEBUG = 0x0001;
export const SO_ACCEPTCONN = 0x0002;
export const SO_REUSEADDR = 0x0004;
export const SO_KEEPALIVE = 0x0008;
export const SO_DONTROUTE = 0x0010;
export const SO_BROADCAST = 0x0020;
export const SO_USELOOPBACK = 0x0040;
export const SO_LINGER = 0x0080;
export const SO_DONTLINGER = ~SO_LINGER;
export const SO_OOBINLINE = 0x0100;
export const SO_REUSEPORT = 0x0200;
export const SO_SNDBUF = 0x1001;
export const SO_RCVBUF = 0x1002;
export const SO_SNDLOWAT = 0x1003;
export const SO_RCVLOWAT = 0x1004;
export const SO_SNDTIMEO = 0x1005;
export const SO_RCVTIMEO = 0x1006;
export const SO_ERROR = 0x1007;
export const SO_TYPE = 0x1008;
export const SO_CONTIMEO = 0x1009;
export const SO_NO_CHECK = 0x100a;
export const SO_BINDTODEVICE = 0x100b;

export const TCP_NODELAY = 1;
export const TCP_KEEPALIVE = 2;
export const TCP_KEEPIDLE = 3;
export const TCP_KEEPINTVL = 4;
export const TCP_KEEPCNT = 5;

export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_ADD_MEMBERSHIP = 3;
export const IP_DROP_MEMBERSHIP = 4;
export const IP_MULTICAST_TTL = 5;
export const IP_MULTICAST_IF = 6;
export const IP_MULTICAST_LOOP = 7;
export const IP_PKTINFO = 8;

export const MSG_PEEK = 0x01;
export const MSG_WAITALL = 0x02;
export const MSG_OOB = 0x04;
export const MSG_DONTWAIT = 0x08;
export const MSG_MORE = 0x10;
export const MSG_NOSIGNAL = 0x20;
/** In msg_flags after recvmsg(). */
export const MSG_TRUNC = 0x04;
export const MSG_CTRUNC = 0x08;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

export const F_GETFL = 3;
export const F_SETFL = 4;
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_NONBLOCK = 0x4000;
export const O_NDELAY = O_NONBLOCK;

export const FIONREAD = 0x4004667f;
export const FIONBIO = 0x8004667e;

export const POLLIN = 0x01;
export const POLLRDNORM = 0x02;
export const POLLRDBAND = 0x04;
export const POLLPRI = POLLRDBAND;
export const POLLOUT = 0x08;
export const POLLWRNORM = POLLOUT;
export const POLLWRBAND = 0x10;
export const POLLERR = 0x20;
export const POLLHUP = 0x40;
export const POLLNVAL = 0x80;

/** Host order. */
export const INADDR_ANY = 0;
export const INADDR_LOOPBACK = 0x7f000001;
export const INADDR_BROADCAST = 0xffffffff;
export const INADDR_NONE = 0xffffffff;

export const INET_ADDRSTRLEN = 16;
export const INET6_ADDRSTRLEN = 46;
export const SOMAXCONN = 128;
export const FD_SETSIZE = 64;
export const IOV_MAX = 0xffff;

/** sizeof(struct sockaddr_in), what a C caller passes as addrlen. */
export const SIZEOF_SOCKADDR_IN = 16;
export const SIZEOF_SOCKADDR_IN6 = 28;
export const SIZEOF_SOCKADDR_STORAGE = 28;

/** Flags of getaddrinfo()'s hints. */
export const AI_PASSIVE = 0x01;
export const AI_CANONNAME = 0x02;
export const AI_NUMERICHOST = 0x04;
export const AI_NUMERICSERV = 0x08;
export const AI_V4MAPPED = 0x10;
export const AI_ALL = 0x20;
export const AI_ADDRCONFIG = 0x40;

/** Results of getaddrinfo(). */
export const EAI_NONAME = 200;
export const EAI_SERVICE = 201;
export const EAI_FAIL = 202;
export const EAI_MEMORY = 203;
export const EAI_FAMILY = 204;

/** Values of h_errno; lwIP leaves the first only. */
export const HOST_NOT_FOUND = 210;
export const NO_DATA = 211;
export const NO_RECOVERY = 212;
export const TRY_AGAIN = 213;
