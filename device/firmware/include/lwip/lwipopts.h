/* ESP-IDF's lwIP options that a program can see, and the headers that it gets along with any lwIP header. */
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include "esp_random.h"
#include "esp_task.h"
#include "sdkconfig.h"

#define NO_SYS 0
#define SYS_LIGHTWEIGHT_PROT 1
#define LWIP_TCPIP_CORE_LOCKING 0
#define LWIP_SOCKET 1
#define LWIP_NETCONN 1
#define LWIP_COMPAT_SOCKETS 0
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_DNS 1
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_RAW 1
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_DHCP 1
#define LWIP_ICMP 1
#define LWIP_IGMP 1
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_SO_SNDTIMEO 1
#define LWIP_SO_RCVTIMEO 1
#define LWIP_NETIF_API 1
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETCONN_FULLDUPLEX 1
#define LWIP_NETCONN_SEM_PER_THREAD 1
#define SO_REUSE 1
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 4

#define MEMP_NUM_NETCONN CONFIG_LWIP_MAX_SOCKETS
#define LWIP_SOCKET_OFFSET (FD_SETSIZE - CONFIG_LWIP_MAX_SOCKETS)

#ifdef CONFIG_LWIP_TCP_MSS
#define TCP_MSS CONFIG_LWIP_TCP_MSS
#else
#define TCP_MSS 1440
#endif
#ifdef CONFIG_LWIP_TCP_WND_DEFAULT
#define TCP_WND CONFIG_LWIP_TCP_WND_DEFAULT
#else
#define TCP_WND 5760
#endif
#ifdef CONFIG_LWIP_TCP_SND_BUF_DEFAULT
#define TCP_SND_BUF CONFIG_LWIP_TCP_SND_BUF_DEFAULT
#else
#define TCP_SND_BUF 5760
#endif
#ifdef CONFIG_LWIP_SNTP_MAX_SERVERS
#define SNTP_MAX_SERVERS CONFIG_LWIP_SNTP_MAX_SERVERS
#else
#define SNTP_MAX_SERVERS 1
#endif
#define DNS_MAX_SERVERS 3
#define DNS_MAX_NAME_LENGTH 256
#define IP_DEFAULT_TTL 64
#define TCPIP_THREAD_NAME "tiT"
#define TCPIP_THREAD_PRIO ESP_TASK_TCPIP_PRIO
#define TCPIP_THREAD_STACKSIZE ESP_TASK_TCPIP_STACK
