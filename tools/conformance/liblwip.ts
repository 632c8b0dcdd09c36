/** lwIP 2.1.3 as Debian's package liblwip0 was compiled: what differs from ESP-IDF. Source: its lwipopts.h, lwIP opt.h */

import type { Opt } from '../../stack/opt.ts';

export const LIBLWIP: Partial<Opt> = {
  ESP_LWIP: 0,
  TCP_MSS: 1460,
  TCP_WND: 65535,
  TCP_SND_BUF: 65535,
  LWIP_WND_SCALE: 1,
  TCP_RCV_SCALE: 1,
  TCP_LISTEN_BACKLOG: 0,
  TCP_SYNMAXRTX: 6,
  LWIP_TCP_RTO_TIME: 3000,
  TCP_OOSEQ_MAX_PBUFS: 0,
  TCP_TTL: 255,
  UDP_TTL: 255,
  RAW_TTL: 255,
  ICMP_TTL: 255,
  ARP_QUEUE_LEN: 10,
  ETHARP_SUPPORT_STATIC_ENTRIES: 0,
  IP_REASSEMBLY: 1,
  IP_REASS_MAXAGE: 15,
  CHECKSUM_CHECK_IP: 1,
  CHECKSUM_CHECK_UDP: 1,
  LWIP_HAVE_LOOPIF: 0,
  LWIP_LOOPBACK_MAX_PBUFS: 0,
  LWIP_TIMERS_ONDEMAND: 0,
  LWIP_DHCP: 0,
  ESP_GRATUITOUS_ARP: 0,
  // The library has more, but an fd_set of newlib ends at 63.
  MAX_SOCKETS: 61,
  LWIP_SOCKET_OFFSET: 1,
  LWIP_TCPIP_CORE_LOCKING: 1,
  LWIP_NETCONN_FULLDUPLEX: 0,
  SO_REUSE_RXTOALL: 0,
  LWIP_SO_LINGER: 1,
  LWIP_SO_RCVBUF: 1,
};
