/**
 * The Kconfig symbols of ESP-IDF v5.5 that bear on the network, and those that firmware looks at, with the defaults of an
 * ESP32. Facts from the Kconfig files of the components that head the sections.
 *
 * A row: name without CONFIG_ | type | defaults | range | depends on | bears | what it is
 * type: bool, int, hex, string, a choice, or an option of the choice above; hidden: computed, not to be set
 * defaults, range: alternatives separated by ";", the first whose condition holds counts
 * bears: + takes effect; C a value for firmware alone; =WORD changes nothing that could be seen here; -WORD is not
 * modelled. WORD is explained in sdkconfig_effects.ts.
 */
export const SDKCONFIG_SYMBOLS = `
# the chip
IDF_TARGET | string hidden | "esp32" | | | C | the chip
IDF_TARGET_ESP32 | bool hidden | y | | | C | it is an ESP32
IDF_TARGET_ARCH | string hidden | "xtensa" | | | C | its architecture
IDF_TARGET_ARCH_XTENSA | bool hidden | y | | | C | the same as a switch
IDF_FIRMWARE_CHIP_ID | hex hidden | 0x0000 | | | C | the chip in an image's header
SOC_WIFI_SUPPORTED | bool hidden | y | | | C | it has Wi-Fi
# components/lwip
LWIP_ENABLE | bool | y if !IDF_TARGET_LINUX; n if IDF_TARGET_LINUX | | | -whole | builds the lwIP component at all
LWIP_LOCAL_HOSTNAME | string | "espressif" | | | + | name that a DHCP client tells (option 12)
LWIP_TCPIP_TASK_PRIO | int | 18 | 1..24 | | + | priority of the tcpip thread
LWIP_TCPIP_CORE_LOCKING | bool | n | | | + | calls run the stack in their own task, under a lock, rather than send it a message
LWIP_TCPIP_CORE_LOCKING_INPUT | bool | n | | LWIP_TCPIP_CORE_LOCKING | + | so does the driver with received frames
LWIP_CHECK_THREAD_SAFETY | bool | n | | | =place | asserts when core functions run outside tiT / without the lock
LWIP_DNS_SUPPORT_MDNS_QUERIES | bool | y | | | + | names that end in .local are asked for by multicast
LWIP_L2_TO_L3_COPY | bool | n | | | =place | incoming Wi-Fi frame is copied to an lwIP pbuf and the driver buffer is freed at once (otherwise zero-copy custom pbuf)
LWIP_IRAM_OPTIMIZATION | bool | n | | | =place | places hot RX/TX functions in IRAM (speed only)
LWIP_EXTRA_IRAM_OPTIMIZATION | bool | n | | | =place | also TCP functions in IRAM (speed only)
LWIP_TIMERS_ONDEMAND | bool | y | | | + | timers of IGMP, DHCP and reassembly count from the event that needs them, not from boot
LWIP_ND6 | bool | y | | LWIP_IPV6 | -ipv6 | IPv6 neighbour discovery
LWIP_FORCE_ROUTER_FORWARDING | bool | n | | LWIP_ND6 | -ipv6 | router flag always set in neighbour advertisements
LWIP_MAX_SOCKETS | int | 10 | 1..253 | | + | descriptors; the last is 63
LWIP_USE_ONLY_LWIP_SELECT | bool | n | | | =place | select() goes straight to lwip_select (no VFS fds)
LWIP_SO_LINGER | bool | n | | | + | offers SO_LINGER, with which close() waits
LWIP_SO_REUSE | bool | y | | | + | offers SO_REUSEADDR
LWIP_SO_REUSE_RXTOALL | bool | y | | LWIP_SO_REUSE | + | with it, a broadcast reaches every socket of the port
LWIP_SO_RCVBUF | bool | n | | | + | offers SO_RCVBUF for datagrams, and FIONREAD
LWIP_NETBUF_RECVINFO | bool | n | | | - | enables IP_PKTINFO ancillary data in recvmsg
LWIP_IP_DEFAULT_TTL | int | 64 | 1..255 | | + | time to live of every packet
LWIP_IP4_FRAG | bool | y | | LWIP_IPV4 | + | packets longer than the MTU are cut; otherwise they go out whole
LWIP_IP6_FRAG | bool | y | | LWIP_IPV6 | -ipv6 | the same for IPv6
LWIP_IP4_REASSEMBLY | bool | n | | LWIP_IPV4 | + | fragments are put together; otherwise they are dropped
LWIP_IP6_REASSEMBLY | bool | n | | LWIP_IPV6 | -ipv6 | the same for IPv6
LWIP_IP_REASS_MAX_PBUFS | int | 10 | 10..100 | | + | fragments that wait for others
LWIP_IP_FORWARD | bool | n | | | + | packets are passed on between interfaces
LWIP_IPV4_NAPT | bool | n | | LWIP_IP_FORWARD | -napt | NAPT on forwarded packets
LWIP_IPV4_NAPT_PORTMAP | bool | y | | LWIP_IPV4_NAPT | -napt | static port maps for NAPT
LWIP_STATS | bool | n | | | =log | counters (lwip_stats)
LWIP_ESP_GRATUITOUS_ARP | bool | y | | LWIP_IPV4 | + | the own address is announced from time to time
LWIP_GARP_TMR_INTERVAL | int | 60 | | LWIP_ESP_GRATUITOUS_ARP | + | seconds between announcements
LWIP_ESP_MLDV6_REPORT | bool | y | | LWIP_IPV6 | -ipv6 | periodic MLDv1 report on netifs with the MLDV6_REPORT flag
LWIP_MLDV6_TMR_INTERVAL | int | 40 | | LWIP_ESP_MLDV6_REPORT | -ipv6 | period of that report in seconds
LWIP_TCPIP_RECVMBOX_SIZE | int | 32 | 6..64 if !LWIP_WND_SCALE; 6..1024 if LWIP_WND_SCALE | | + | messages to the tcpip thread; frames beyond are dropped
LWIP_DHCP_CHECKS_OFFERED_ADDRESS | choice | LWIP_DHCP_DOES_ARP_CHECK | | LWIP_IPV4 | | how the client checks the leased address
LWIP_DHCP_DOES_ARP_CHECK | option | | | !LWIP_AUTOIP | + | an offered address is asked for twice before it is used, which takes a second
LWIP_DHCP_DOES_ACD_CHECK | option | | | | -v22 | full RFC 5227 ACD of lwIP 2.2 (9-10 s before BOUND)
LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP | option | | | | + | it is used at once
LWIP_DHCP_DISABLE_CLIENT_ID | bool | n | | LWIP_IPV4 | + | DHCP option 61 is left out
LWIP_DHCP_DISABLE_VENDOR_CLASS_ID | bool | y | | LWIP_IPV4 | =vendor | leave out option 60 (default: left out)
LWIP_DHCP_RESTORE_LAST_IP | bool | n | | LWIP_IPV4 | + | the last address is kept through a loss of power, and asked for again
LWIP_DHCP_OPTIONS_LEN | int | 69 if LWIP_DHCP_DISABLE_VENDOR_CLASS_ID; 109 if !LWIP_DHCP_DISABLE_VENDOR_CLASS_ID | 69..255 | LWIP_IPV4 | + | bytes for options in the client's messages
LWIP_NUM_NETIF_CLIENT_DATA | int | 0 | 0..256 | | =place | extra netif_client_data slots
LWIP_DHCP_COARSE_TIMER_SECS | int | 1 | 1..10 | | + | seconds in which leases age
LWIP_DHCPS | bool | y | | LWIP_IPV4 | - | builds the soft-AP DHCP server
LWIP_DHCPS_LEASE_UNIT | int | 60 | 1..3600 | LWIP_DHCPS | + | seconds; a soft-AP gives leases of 120 units
LWIP_DHCPS_MAX_STATION_NUM | int | 8 | 1..64 | LWIP_DHCPS | + | leases that it remembers
LWIP_DHCPS_STATIC_ENTRIES | bool | y | | LWIP_DHCPS | + | it answers without asking for the client by ARP
LWIP_DHCPS_ADD_DNS | bool | y | | LWIP_DHCPS | + | it names itself as name server if it knows no other
LWIP_AUTOIP | bool | n | | LWIP_IPV4 | -autoip | IPv4 link-local
LWIP_AUTOIP_TRIES | int | 2 | 1..100 | LWIP_AUTOIP | -autoip | DISCOVERs before AutoIP starts
LWIP_AUTOIP_MAX_CONFLICTS | int | 9 | 1..100 | LWIP_AUTOIP | -autoip | conflicts before rate limiting
LWIP_AUTOIP_RATE_LIMIT_INTERVAL | int | 20 | 5..120 | LWIP_AUTOIP | -autoip | seconds between tries when limited
LWIP_IPV4 | bool | y | | | -whole | IPv4 stack
LWIP_IPV6 | bool | y | | | -ipv6 | IPv6 stack (ip_addr_t becomes a tagged union, 24 bytes)
LWIP_IPV6_AUTOCONFIG | bool | n | | LWIP_IPV6 | -ipv6 | SLAAC
LWIP_IPV6_NUM_ADDRESSES | int | 3 | | LWIP_IPV6 | -ipv6 | IPv6 addresses per netif
LWIP_IPV6_FORWARD | bool | n | | LWIP_IPV6 | -ipv6 | IPv6 routing
LWIP_IPV6_RDNSS_MAX_DNS_SERVERS | int | 0 | | LWIP_IPV6_AUTOCONFIG | -ipv6 | DNS servers taken from RA
LWIP_IPV6_DHCP6 | bool | n | | LWIP_IPV6_AUTOCONFIG | -ipv6 | DHCPv6 stateless
LWIP_NETIF_STATUS_CALLBACK | bool | n | | | =place | netif status callback pointer
LWIP_NETIF_LOOPBACK | bool | y | | | + | 127.0.0.1, and packets to the own address
LWIP_LOOPBACK_MAX_PBUFS | int | 8 | 0..16 | LWIP_NETIF_LOOPBACK | + | packets to oneself that wait
LWIP_MAX_ACTIVE_TCP | int | 16 | 1..1024 | | + | connections in all; for one more, the oldest that is closed already goes
LWIP_MAX_LISTENING_TCP | int | 16 | 1..1024 | | =heap | MEMP_NUM_TCP_PCB_LISTEN; not enforced (MEMP_MEM_MALLOC)
LWIP_TCP_HIGH_SPEED_RETRANSMISSION | bool | y | | | + | chooses the defaults of RTO_TIME and SYNMAXRTX
LWIP_TCP_MAXRTX | int | 12 | 3..12 | | + | retransmissions before a connection is given up
LWIP_TCP_SYNMAXRTX | int | 6 if !LWIP_TCP_HIGH_SPEED_RETRANSMISSION; 12 if LWIP_TCP_HIGH_SPEED_RETRANSMISSION | 3..12 | | + | the same for the SYN
LWIP_TCP_MSS | int | 1440 | 536..1460 | | + | largest segment, announced and sent
LWIP_TCP_TMR_INTERVAL | int | 250 | | | + | ms of the fast timer; the slow one is twice it
LWIP_TCP_MSL | int | 60000 | | | + | ms; TIME_WAIT lasts twice this
LWIP_TCP_FIN_WAIT_TIMEOUT | int | 20000 | | | + | ms of FIN_WAIT_2 after close()
LWIP_TCP_SND_BUF_DEFAULT | int | 5760 | 2440..65535 if !LWIP_WND_SCALE; 2440..1024000 if LWIP_WND_SCALE | | + | bytes that send() takes before it waits; first slow-start threshold
LWIP_TCP_WND_DEFAULT | int | 5760 | 2440..65535 if !LWIP_WND_SCALE; 2440..1024000 if LWIP_WND_SCALE | | + | receive window
LWIP_TCP_RECVMBOX_SIZE | int | 6 | 6..64 if !LWIP_WND_SCALE; 6..1024 if LWIP_WND_SCALE | | + | received chunks that wait per connection
LWIP_TCP_ACCEPTMBOX_SIZE | int | 6 | 1..64 if !LWIP_WND_SCALE; 1..255 if LWIP_WND_SCALE | | + | connections that wait for accept(); more are reset
LWIP_TCP_QUEUE_OOSEQ | bool | y | | | + | segments that come early are kept
LWIP_TCP_OOSEQ_TIMEOUT | int | 6 | 1..30 | LWIP_TCP_QUEUE_OOSEQ | + | they are dropped after so many time-outs of silence
LWIP_TCP_OOSEQ_MAX_PBUFS | int | 4 if !(SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND); 0 if SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND | 0..12 | LWIP_TCP_QUEUE_OOSEQ | + | so many are kept per connection; 0: all
LWIP_TCP_SACK_OUT | bool | n | | LWIP_TCP_QUEUE_OOSEQ | + | segments that come early are told to the peer (RFC 2018)
LWIP_TCP_OVERSIZE | choice | LWIP_TCP_OVERSIZE_MSS | | | | how large the pbuf of a new segment is made
LWIP_TCP_OVERSIZE_MSS | option | | | | =oversize | it has room for a whole one
LWIP_TCP_OVERSIZE_QUARTER_MSS | option | | | | =oversize | it has room for a quarter more
LWIP_TCP_OVERSIZE_DISABLE | option | | | | + | what is written later is a segment of its own
LWIP_WND_SCALE | bool | n | | SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND | + | windows above 64 KB (RFC 7323); needs external RAM
LWIP_TCP_RCV_SCALE | int | 0 | 0..14 | LWIP_WND_SCALE | + | shift of the own window
LWIP_TCP_RTO_TIME | int | 3000 if !LWIP_TCP_HIGH_SPEED_RETRANSMISSION; 1500 if LWIP_TCP_HIGH_SPEED_RETRANSMISSION | | | + | ms of the first retransmission time-out
LWIP_MAX_UDP_PCBS | int | 16 | 1..1024 | | =heap | MEMP_NUM_UDP_PCB; not enforced
LWIP_UDP_RECVMBOX_SIZE | int | 6 | 6..64 | | + | datagrams that wait per socket; more are dropped
LWIP_CHECKSUM_CHECK_IP | bool | n | | | + | IP header checksums are verified
LWIP_CHECKSUM_CHECK_UDP | bool | n | | | + | UDP checksums are verified
LWIP_CHECKSUM_CHECK_ICMP | bool | y | | | + | ICMP checksums are verified
LWIP_TCPIP_TASK_STACK_SIZE | int | 3072 | 2048..65536 if LOG_DEFAULT_LEVEL < 4; 2560..65536 if LOG_DEFAULT_LEVEL >= 4 | | =stack | stack of tiT (bytes)
LWIP_TCPIP_TASK_AFFINITY | choice | LWIP_TCPIP_TASK_AFFINITY_NO_AFFINITY | | | | core of tiT
LWIP_TCPIP_TASK_AFFINITY_NO_AFFINITY | option | | | | =core | any core
LWIP_TCPIP_TASK_AFFINITY_CPU0 | option | | | | =core | core 0
LWIP_TCPIP_TASK_AFFINITY_CPU1 | option | | | !FREERTOS_UNICORE | =core | core 1
LWIP_TCPIP_TASK_AFFINITY | hex hidden | FREERTOS_NO_AFFINITY if LWIP_TCPIP_TASK_AFFINITY_NO_AFFINITY; 0x0 if LWIP_TCPIP_TASK_AFFINITY_CPU0; 0x1 if LWIP_TCPIP_TASK_AFFINITY_CPU1 | | | =core | core of tiT
LWIP_IPV6_MEMP_NUM_ND6_QUEUE | int | 3 | 3..20 | LWIP_IPV6 | -ipv6 | packets queued while resolving
LWIP_IPV6_ND6_NUM_NEIGHBORS | int | 5 | 3..10 | LWIP_IPV6 | -ipv6 | neighbour cache size
LWIP_IPV6_ND6_NUM_PREFIXES | int | 5 | | LWIP_IPV6 | -ipv6 | prefix list size
LWIP_IPV6_ND6_NUM_ROUTERS | int | 3 | | LWIP_IPV6 | -ipv6 | default router list size
LWIP_IPV6_ND6_NUM_DESTINATIONS | int | 10 | | LWIP_IPV6 | -ipv6 | destination cache size
LWIP_IPV6_ND6_ROUTE_INFO_OPTION_SUPPORT | bool | n | | LWIP_ND6 | -ipv6 | RFC 4191 route information option
LWIP_IPV6_ND6_NUM_ROUTE_INFO | int | 10 | | LWIP_IPV6_ND6_ROUTE_INFO_OPTION_SUPPORT | -ipv6 | routes kept from that option
LWIP_PPP_SUPPORT | bool | n | | | -ppp | PPP
LWIP_PPP_ENABLE_IPV4 | bool | y | | LWIP_PPP_SUPPORT && LWIP_IPV4 | -ppp | IPCP
LWIP_PPP_ENABLE_IPV6 | bool | y | | LWIP_PPP_SUPPORT && LWIP_IPV6 | -ipv6 | IPV6CP
LWIP_PPP_NOTIFY_PHASE_SUPPORT | bool | n | | LWIP_PPP_SUPPORT | -ppp | PPP phase callback
LWIP_PPP_PAP_SUPPORT | bool | n | | LWIP_PPP_SUPPORT | -ppp | PAP
LWIP_PPP_CHAP_SUPPORT | bool | n | | LWIP_PPP_SUPPORT | -ppp | CHAP
LWIP_PPP_MSCHAP_SUPPORT | bool | n | | LWIP_PPP_SUPPORT | -ppp | MS-CHAP
LWIP_PPP_MPPE_SUPPORT | bool | n | | LWIP_PPP_SUPPORT | -ppp | MPPE
LWIP_PPP_SERVER_SUPPORT | bool | n | | LWIP_PPP_SUPPORT | -ppp | PPP server
LWIP_PPP_VJ_HEADER_COMPRESSION | bool | y | | LWIP_PPP_SUPPORT | -ppp | VJ compression
LWIP_ENABLE_LCP_ECHO | bool | n | | LWIP_PPP_SUPPORT | -ppp | LCP echo requests
LWIP_LCP_ECHOINTERVAL | int | 3 | 0..1000000 | LWIP_ENABLE_LCP_ECHO | -ppp | their period (s)
LWIP_LCP_MAXECHOFAILS | int | 3 | 0..100000 | LWIP_ENABLE_LCP_ECHO | -ppp | unanswered ones before the link is dropped
LWIP_PPP_DEBUG_ON | bool | n | | LWIP_PPP_SUPPORT | =log | PPP log
LWIP_USE_EXTERNAL_MBEDTLS | bool | n | | LWIP_PPP_SUPPORT && !LWIP_PPP_MPPE_SUPPORT && !LWIP_PPP_MSCHAP_SUPPORT | -ppp | hash/cipher from mbedTLS for PPP
LWIP_SLIP_SUPPORT | bool | n | | | -ppp | SLIP netif
LWIP_SLIP_DEBUG_ON | bool | n | | LWIP_SLIP_SUPPORT | =log | SLIP log
LWIP_ICMP | bool | y | | | + | pings are answered, closed ports told
LWIP_MULTICAST_PING | bool | n | | LWIP_ICMP6 || LWIP_ICMP | + | pings to a group are answered
LWIP_BROADCAST_PING | bool | n | | LWIP_ICMP | + | pings to a broadcast address are answered
LWIP_MAX_RAW_PCBS | int | 16 | 1..1024 | | =heap | MEMP_NUM_RAW_PCB; not enforced
LWIP_SNTP_MAX_SERVERS | int | 1 | 1..16 | | + | time servers
LWIP_DHCP_GET_NTP_SRV | bool | n | | | + | DHCP asks for time servers (option 42), which are used
LWIP_DHCP_MAX_NTP_SERVERS | int | 1 | 1..16 | LWIP_DHCP_GET_NTP_SRV | + | time servers taken from DHCP
LWIP_SNTP_UPDATE_DELAY | int | 3600000 | 15000..4294967295 | | + | ms between questions for the time
LWIP_SNTP_STARTUP_DELAY | bool | y | | | + | a random wait before the first
LWIP_SNTP_MAXIMUM_STARTUP_DELAY | int | 5000 | 100..300000 | LWIP_SNTP_STARTUP_DELAY | + | ms that it is below
LWIP_DNS_MAX_HOST_IP | int | 1 | | | -v22 | addresses kept per name (2.2.0-esp only)
LWIP_DNS_MAX_SERVERS | int | 3 | 1..4 | | + | name servers
LWIP_FALLBACK_DNS_SERVER_SUPPORT | bool | n | | LWIP_DNS_MAX_SERVERS >= 3 | + | the last name server is fixed
LWIP_FALLBACK_DNS_SERVER_ADDRESS | string | "114.114.114.114" | | LWIP_FALLBACK_DNS_SERVER_SUPPORT | + | its address
LWIP_DNS_SETSERVER_WITH_NETIF | bool | n | | | -v22 | DNS servers stored per netif (2.2.0-esp only)
LWIP_USE_ESP_GETADDRINFO | bool | n | | LWIP_IPV4 && LWIP_IPV6 | - | getaddrinfo() maps to esp_getaddrinfo() (several results, both families)
LWIP_BRIDGEIF_MAX_PORTS | int | 7 | 1..63 | | -bridge | ports of the bridge netif
LWIP_ESP_LWIP_ASSERT | bool | y | | !COMPILER_OPTIMIZATION_ASSERTIONS_DISABLE | - | LWIP_ASSERT aborts (else it is compiled out)
LWIP_HOOK_TCP_ISN | choice | LWIP_HOOK_TCP_ISN_DEFAULT | | | | who supplies the TCP ISN
LWIP_HOOK_TCP_ISN_NONE | option | | | | + | a counter
LWIP_HOOK_TCP_ISN_DEFAULT | option | | | | + | a hash that cannot be guessed
LWIP_HOOK_TCP_ISN_CUSTOM | option | | | | -hook | application supplies the hook
LWIP_HOOK_IP6_ROUTE | choice | LWIP_HOOK_IP6_ROUTE_NONE | | LWIP_IPV6 | | IPv6 route hook
LWIP_HOOK_IP6_ROUTE_NONE | option | | | | -hook | none
LWIP_HOOK_IP6_ROUTE_DEFAULT | option | | | | -hook | weak default
LWIP_HOOK_IP6_ROUTE_CUSTOM | option | | | | -hook | application's
LWIP_HOOK_ND6_GET_GW | choice | LWIP_HOOK_ND6_GET_GW_NONE | | LWIP_IPV6 | | IPv6 gateway hook
LWIP_HOOK_ND6_GET_GW_NONE | option | | | | -hook | none
LWIP_HOOK_ND6_GET_GW_DEFAULT | option | | | | -hook | weak default
LWIP_HOOK_ND6_GET_GW_CUSTOM | option | | | | -hook | application's
LWIP_HOOK_IP6_SELECT_SRC_ADDR | choice | LWIP_HOOK_IP6_SELECT_SRC_ADDR_NONE | | LWIP_IPV6 | | IPv6 source selection hook
LWIP_HOOK_IP6_SELECT_SRC_ADDR_NONE | option | | | | -hook | none
LWIP_HOOK_IP6_SELECT_SRC_ADDR_DEFAULT | option | | | | -hook | weak default
LWIP_HOOK_IP6_SELECT_SRC_ADDR_CUSTOM | option | | | | -hook | application's
LWIP_HOOK_DHCP_EXTRA_OPTION | choice | LWIP_HOOK_DHCP_EXTRA_OPTION_NONE | | | | hook for extra DHCP options
LWIP_HOOK_DHCP_EXTRA_OPTION_NONE | option | | | | -hook | none
LWIP_HOOK_DHCP_EXTRA_OPTION_DEFAULT | option | | | | -hook | weak default
LWIP_HOOK_DHCP_EXTRA_OPTION_CUSTOM | option | | | | -hook | application's
LWIP_HOOK_NETCONN_EXTERNAL_RESOLVE | choice | LWIP_HOOK_NETCONN_EXT_RESOLVE_NONE | | | | hook before DNS in netconn_gethostbyname
LWIP_HOOK_NETCONN_EXT_RESOLVE_NONE | option | | | | -hook | none
LWIP_HOOK_NETCONN_EXT_RESOLVE_DEFAULT | option | | | | -hook | weak default
LWIP_HOOK_NETCONN_EXT_RESOLVE_CUSTOM | option | | | | -hook | application's
LWIP_HOOK_DNS_EXTERNAL_RESOLVE_SELECT_CUSTOM | bool hidden | n | | | -hook | internal selector
LWIP_HOOK_DNS_EXTERNAL_RESOLVE | choice | LWIP_HOOK_DNS_EXT_RESOLVE_CUSTOM if LWIP_HOOK_DNS_EXTERNAL_RESOLVE_SELECT_CUSTOM | | | | hook inside dns.c (2.2.0-esp)
LWIP_HOOK_DNS_EXT_RESOLVE_NONE | option | | | | -hook | none
LWIP_HOOK_DNS_EXT_RESOLVE_CUSTOM | option | | | | -hook | application's
LWIP_HOOK_IP6_INPUT | choice | LWIP_HOOK_IP6_INPUT_DEFAULT | | LWIP_IPV6 | | IPv6 input hook
LWIP_HOOK_IP6_INPUT_NONE | option | | | | -hook | none
LWIP_HOOK_IP6_INPUT_DEFAULT | option | | | | -hook | drops IPv6 input on a netif that has no link-local IPv6 address yet
LWIP_HOOK_IP6_INPUT_CUSTOM | option | | | | -hook | application's
LWIP_DEBUG | bool | n | | | =log | debug log of lwIP (all *_DEBUG below need it)
LWIP_DEBUG_ESP_LOG | bool | n | | LWIP_DEBUG | =log | debug log through ESP_LOG
LWIP_NETIF_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_PBUF_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_ETHARP_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_API_LIB_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_SOCKETS_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_IP_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_ICMP_DEBUG | bool | n | | LWIP_DEBUG && LWIP_ICMP | =log | debug log switch
LWIP_DHCP_STATE_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_DHCP_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_IP6_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_ICMP6_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_TCP_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_UDP_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_SNTP_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_DNS_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_NAPT_DEBUG | bool | n | | LWIP_DEBUG && LWIP_IPV4_NAPT | =log | debug log switch
LWIP_BRIDGEIF_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_BRIDGEIF_FDB_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
LWIP_BRIDGEIF_FW_DEBUG | bool | n | | LWIP_DEBUG | =log | debug log switch
# components/esp_netif
ESP_NETIF_IP_LOST_TIMER_INTERVAL | int | 120 | 0..65535 | | + | seconds without an address until IP_EVENT_STA_LOST_IP; 0: never
ESP_NETIF_PROVIDE_CUSTOM_IMPLEMENTATION | bool | n | | | -whole | only headers of esp_netif
ESP_NETIF_USE_TCPIP_STACK_LIB | choice | ESP_NETIF_TCPIP_LWIP | | !ESP_NETIF_PROVIDE_CUSTOM_IMPLEMENTATION | | choice of stack
ESP_NETIF_TCPIP_LWIP | option | | | LWIP_ENABLE | -whole | lwIP
ESP_NETIF_LOOPBACK | option | | | | -whole | dummy loopback stack
ESP_NETIF_USES_TCPIP_WITH_BSD_API | bool hidden | y | | | -whole | hidden; set with lwIP
ESP_NETIF_REPORT_DATA_TRAFFIC | bool | y | | | =place | IP_EVENT_TX_RX events may be posted (needs esp_netif_tx_rx_event_enable per netif)
ESP_NETIF_RECEIVE_REPORT_ERRORS | bool | n | | | =log | esp_netif_receive returns errors rather than always ESP_OK
ESP_NETIF_L2_TAP | bool | | | | -l2tap | raw Ethernet fds (/dev/net/tap)
ESP_NETIF_L2_TAP_MAX_FDS | int | 5 | 1..10 | ESP_NETIF_L2_TAP | -l2tap | fds of it
ESP_NETIF_L2_TAP_RX_QUEUE_SIZE | int | 20 | 1..100 | ESP_NETIF_L2_TAP | -l2tap | receive queue of it
ESP_NETIF_BRIDGE_EN | bool | n | | ESP_NETIF_TCPIP_LWIP | -bridge | bridge netif
ESP_NETIF_SET_DNS_PER_DEFAULT_NETIF | bool | n | | | - | DNS servers follow the default netif
# components/esp_wifi
ESP_WIFI_ENABLED | bool hidden | y if SOC_WIFI_SUPPORTED | | | -radio | hidden; Wi-Fi component built
ESP_WIFI_STATIC_RX_BUFFER_NUM | int | 10 if !(SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND); 16 if SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND | 2..25 if !SOC_WIFI_HE_SUPPORT; 2..128 if SOC_WIFI_HE_SUPPORT | ESP_WIFI_ENABLED | -radio | static RX DMA buffers (about 1.6 kB each)
ESP_WIFI_DYNAMIC_RX_BUFFER_NUM | int | 32 | 0..128 if !LWIP_WND_SCALE; 0..1024 if LWIP_WND_SCALE | ESP_WIFI_ENABLED | -radio | frames that may wait above the driver (0 = no limit); full = frame dropped by the driver
ESP_WIFI_TX_BUFFER | choice | ESP_WIFI_DYNAMIC_TX_BUFFER | | ESP_WIFI_ENABLED | | static or dynamic TX buffers
ESP_WIFI_STATIC_TX_BUFFER | option | | | ESP_WIFI_ENABLED | -radio | static
ESP_WIFI_DYNAMIC_TX_BUFFER | option | | | !(SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND) && ESP_WIFI_ENABLED | -radio | dynamic
ESP_WIFI_TX_BUFFER_TYPE | int hidden | 0 if ESP_WIFI_STATIC_TX_BUFFER; 1 if ESP_WIFI_DYNAMIC_TX_BUFFER | | ESP_WIFI_ENABLED | -radio | hidden; 0 static, 1 dynamic
ESP_WIFI_STATIC_TX_BUFFER_NUM | int | 16 | 1..64 | ESP_WIFI_STATIC_TX_BUFFER && ESP_WIFI_ENABLED | -radio | count when static
ESP_WIFI_CACHE_TX_BUFFER_NUM | int | 32 | 0..128 | SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND && ESP_WIFI_ENABLED | -radio | TX cache when PSRAM is used
ESP_WIFI_DYNAMIC_TX_BUFFER_NUM | int | 32 | 1..128 | ESP_WIFI_DYNAMIC_TX_BUFFER && ESP_WIFI_ENABLED | -radio | frames in the driver at once; exhausted = esp_wifi_internal_tx returns ESP_ERR_NO_MEM, which wlanif maps to ERR_MEM
ESP_WIFI_MGMT_RX_BUFFER | choice | ESP_WIFI_STATIC_RX_MGMT_BUFFER | | ESP_WIFI_ENABLED | | RX management buffers: static or dynamic
ESP_WIFI_STATIC_RX_MGMT_BUFFER | option | | | ESP_WIFI_ENABLED | -radio | static
ESP_WIFI_DYNAMIC_RX_MGMT_BUFFER | option | | | ESP_WIFI_ENABLED | -radio | dynamic
ESP_WIFI_DYNAMIC_RX_MGMT_BUF | int hidden | 0 if ESP_WIFI_STATIC_RX_MGMT_BUFFER; 1 if ESP_WIFI_DYNAMIC_RX_MGMT_BUFFER | | ESP_WIFI_ENABLED | -radio | hidden; 0 static, 1 dynamic
ESP_WIFI_RX_MGMT_BUF_NUM_DEF | int | 5 | 1..10 | ESP_WIFI_ENABLED | -radio | count of them
ESP_WIFI_AMPDU_TX_ENABLED | bool | y | | ESP_WIFI_ENABLED | -radio | A-MPDU on transmit
ESP_WIFI_TX_BA_WIN | int | 6 | 2..32 if !SOC_WIFI_HE_SUPPORT; 2..64 if SOC_WIFI_HE_SUPPORT | ESP_WIFI_AMPDU_TX_ENABLED && ESP_WIFI_ENABLED | -radio | block-ack window on transmit
ESP_WIFI_AMPDU_RX_ENABLED | bool | y | | ESP_WIFI_ENABLED | -radio | A-MPDU on receive
ESP_WIFI_RX_BA_WIN | int | 6 if !(SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND); 16 if SPIRAM_TRY_ALLOCATE_WIFI_LWIP && !SPIRAM_IGNORE_NOTFOUND | 2..32 if !SOC_WIFI_HE_SUPPORT; 2..64 if SOC_WIFI_HE_SUPPORT | ESP_WIFI_AMPDU_RX_ENABLED && ESP_WIFI_ENABLED | -radio | block-ack window on receive
ESP_WIFI_NVS_ENABLED | bool | y | | ESP_WIFI_ENABLED | -radio | Wi-Fi configuration kept in NVS (esp_wifi_set_storage default FLASH)
ESP_WIFI_TASK_CORE_ID | choice | ESP_WIFI_TASK_PINNED_TO_CORE_0 | | !FREERTOS_UNICORE && ESP_WIFI_ENABLED | | core of the "wifi" task
ESP_WIFI_TASK_PINNED_TO_CORE_0 | option | | | ESP_WIFI_ENABLED | =core | core 0
ESP_WIFI_TASK_PINNED_TO_CORE_1 | option | | | ESP_WIFI_ENABLED | =core | core 1
ESP_WIFI_SOFTAP_BEACON_MAX_LEN | int | 752 | 752..1256 | ESP_WIFI_ENABLED | -radio | longest soft-AP beacon
ESP_WIFI_MGMT_SBUF_NUM | int | 32 | 6..32 | ESP_WIFI_ENABLED | -radio | short management buffers
ESP_WIFI_ENABLE_WPA3_SAE | bool | y | | ESP_WIFI_ENABLED | -radio | WPA3 personal
ESP_WIFI_SLP_DEFAULT_MIN_ACTIVE_TIME | int | 50 | 8..60 | ESP_WIFI_ENABLED | -radio | modem-sleep minimum active time (ms)
ESP_WIFI_SLP_DEFAULT_MAX_ACTIVE_TIME | int | 10 | 10..60 | ESP_WIFI_ENABLED | -radio | modem-sleep keep-alive time (s)
ESP_WIFI_SLP_DEFAULT_WAIT_BROADCAST_DATA_TIME | int | 15 | 10..30 | ESP_WIFI_ENABLED | -radio | wait for broadcast after DTIM (ms)
ESP_WIFI_STA_DISCONNECTED_PM_ENABLE | bool | y | | ESP_WIFI_ENABLED | -radio | modem sleep while disconnected
ESP_WIFI_SOFTAP_SUPPORT | bool | y | | ESP_WIFI_ENABLED | -radio | soft-AP mode is built
ESP_WIFI_ESPNOW_MAX_ENCRYPT_NUM | int | 2 if IDF_TARGET_ESP32C2; 7 if !IDF_TARGET_ESP32C2 | 0..4 if IDF_TARGET_ESP32C2; 0..17 if !IDF_TARGET_ESP32C2 | ESP_WIFI_ENABLED | -radio | encrypted ESP-NOW peers
# components/esp_http_server, esp_http_client
HTTPD_MAX_REQ_HDR_LEN | int | 1024 | 128..65536 | | C | bytes of all headers of a request to esp_http_server
HTTPD_MAX_URI_LEN | int | 512 | 128..65536 | | C | bytes of its URI
HTTPD_ERR_RESP_NO_DELAY | bool | y | | | C | errors are sent with TCP_NODELAY
HTTPD_PURGE_BUF_LEN | int | 32 | | | C | bytes that are skipped at a time of a body that nobody reads
HTTPD_WS_SUPPORT | bool | n | | | C | WebSocket
HTTPD_SERVER_EVENT_POST_TIMEOUT | int | 2000 | | | C | ms that the server waits for room in the event queue; -1: for ever
ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH | bool | n | | | C | a 401 is answered with user name and password
ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH | bool | n | | | - | the same with a digest
ESP_HTTP_CLIENT_EVENT_POST_TIMEOUT | int | 2000 | | | C | ms that the client waits for room in the event queue; -1: for ever
# components/vfs, esp_event, freertos, esp_system
VFS_SUPPORT_IO | bool | y | | | C | VFS layer
VFS_SUPPORT_SELECT | bool | y | | VFS_SUPPORT_IO && !LWIP_USE_ONLY_LWIP_SELECT | C | select() over VFS fds
VFS_MAX_COUNT | int | 8 | 1..20 | VFS_SUPPORT_IO | C | VFS registrations
FREERTOS_UNICORE | bool | y if IDF_TARGET_ESP32S2 || IDF_TARGET_LINUX | | | =core | single core
FREERTOS_HZ | int | 100 | 1..1000 | | + | ticks a second, to which time-outs are rounded
FREERTOS_IDLE_TASK_STACKSIZE | int | 1536 | 768..32768 | | =stack | idle stacks
FREERTOS_TIMER_TASK_PRIORITY | int | 1 | 1..25 | FREERTOS_USE_TIMERS | C | priority of "Tmr Svc"
FREERTOS_TIMER_TASK_STACK_DEPTH | int | 2053 if IDF_TARGET_LINUX; 2048 | 1536..32768 | FREERTOS_USE_TIMERS | =stack | its stack
FREERTOS_TIMER_QUEUE_LENGTH | int | 10 | 5..20 | FREERTOS_USE_TIMERS | C | its queue
ESP_EVENT_POST_FROM_ISR | bool | y | | | C | esp_event_isr_post
ESP_EVENT_POST_FROM_IRAM_ISR | bool | y | | ESP_EVENT_POST_FROM_ISR | =place | the same while flash cache is off
ESP_SYSTEM_EVENT_QUEUE_SIZE | int | 32 | | | + | events that wait in the default loop
ESP_SYSTEM_EVENT_TASK_STACK_SIZE | int | 2304 | | | =stack | stack of task sys_evt (plus TASK_EXTRA_STACK_SIZE)
ESP_MAIN_TASK_STACK_SIZE | int | 3584 | | | =stack | stack of app_main's task
ESP_MAIN_TASK_AFFINITY | choice | ESP_MAIN_TASK_AFFINITY_CPU0 | | | | core of app_main
ESP_MAIN_TASK_AFFINITY_CPU0 | option | | | | =core | core 0
ESP_MAIN_TASK_AFFINITY_CPU1 | option | | | !FREERTOS_UNICORE | =core | core 1
ESP_MAIN_TASK_AFFINITY_NO_AFFINITY | option | | | | =core | either core
ESP_MAIN_TASK_AFFINITY | hex hidden | 0x0 if ESP_MAIN_TASK_AFFINITY_CPU0; 0x1 if ESP_MAIN_TASK_AFFINITY_CPU1; FREERTOS_NO_AFFINITY if ESP_MAIN_TASK_AFFINITY_NO_AFFINITY | | | =core | core of app_main
# components/freertos, further
FREERTOS_NO_AFFINITY | hex hidden | 0x7FFFFFFF | | | C | tskNO_AFFINITY
FREERTOS_NUMBER_OF_CORES | int hidden | 1 if FREERTOS_UNICORE; 2 | | | C | cores of the scheduler
FREERTOS_USE_TIMERS | bool | y | | | C | software timers
FREERTOS_TIMER_SERVICE_TASK_NAME | string | "Tmr Svc" | | FREERTOS_USE_TIMERS | C | task that runs them
FREERTOS_MAX_TASK_NAME_LEN | int | 16 | 1..256 | | C | configMAX_TASK_NAME_LEN
FREERTOS_THREAD_LOCAL_STORAGE_POINTERS | int | 1 | 1..256 | | C | configNUM_THREAD_LOCAL_STORAGE_POINTERS
FREERTOS_TASK_NOTIFICATION_ARRAY_ENTRIES | int | 1 | 1..32 | | C | notifications of a task
FREERTOS_QUEUE_REGISTRY_SIZE | int | 0 | 0..20 | | C | configQUEUE_REGISTRY_SIZE
FREERTOS_USE_TRACE_FACILITY | bool | n | | | C | configUSE_TRACE_FACILITY
FREERTOS_GENERATE_RUN_TIME_STATS | bool | n | | | C | configGENERATE_RUN_TIME_STATS
FREERTOS_CHECK_STACKOVERFLOW | choice | FREERTOS_CHECK_STACKOVERFLOW_CANARY | | | | how a stack overflow is found
FREERTOS_CHECK_STACKOVERFLOW_NONE | option | | | | C | not at all
FREERTOS_CHECK_STACKOVERFLOW_PTRVAL | option | | | | C | by the stack pointer
FREERTOS_CHECK_STACKOVERFLOW_CANARY | option | | | | C | by bytes at its end
# components/esp_system, log, spiram
ESP_TASK_WDT_EN | bool | y | | | C | task watchdog
ESP_TASK_WDT_INIT | bool | y | | ESP_TASK_WDT_EN | C | started at boot
ESP_TASK_WDT_PANIC | bool | n | | ESP_TASK_WDT_INIT | C | it panics rather than prints
ESP_TASK_WDT_TIMEOUT_S | int | 5 | 1..60 | ESP_TASK_WDT_INIT | C | its time-out in seconds
ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0 | bool | y | | ESP_TASK_WDT_INIT | C | it watches the idle task of core 0
ESP_TASK_WDT_CHECK_IDLE_TASK_CPU1 | bool | y | | ESP_TASK_WDT_INIT && !FREERTOS_UNICORE | C | it watches the idle task of core 1
ESP_SYSTEM_PANIC | choice | ESP_SYSTEM_PANIC_PRINT_REBOOT | | | | what follows a panic
ESP_SYSTEM_PANIC_PRINT_HALT | option | | | | C | print and halt
ESP_SYSTEM_PANIC_PRINT_REBOOT | option | | | | C | print and reboot
ESP_SYSTEM_PANIC_SILENT_REBOOT | option | | | | C | reboot without a word
ESP_SYSTEM_PANIC_GDBSTUB | option | | | | C | wait for a debugger
ESP_SYSTEM_PANIC_REBOOT_DELAY_SECONDS | int | 0 | 0..99 | ESP_SYSTEM_PANIC_PRINT_REBOOT | C | seconds between the two
ESP_TIMER_TASK_STACK_SIZE | int | 3584 | 2048..65536 | | C | stack of task esp_timer
ESP_ERR_TO_NAME_LOOKUP | bool | y | | | C | esp_err_to_name() knows names
ESP_CONSOLE_UART | bool hidden | y | | | C | console on a UART
ESP_CONSOLE_UART_DEFAULT | bool | y | | | C | the default one
ESP_CONSOLE_UART_NUM | int hidden | 0 | | | C | its number
ESP_CONSOLE_UART_BAUDRATE | int | 115200 | 1200..4000000 | | C | its speed
ESP_DEFAULT_CPU_FREQ_MHZ | choice | ESP_DEFAULT_CPU_FREQ_MHZ_160 | | | | clock of the processor
ESP_DEFAULT_CPU_FREQ_MHZ_80 | option | | | | =place | 80 MHz
ESP_DEFAULT_CPU_FREQ_MHZ_160 | option | | | | =place | 160 MHz
ESP_DEFAULT_CPU_FREQ_MHZ_240 | option | | | | =place | 240 MHz
ESP_DEFAULT_CPU_FREQ_MHZ | int hidden | 80 if ESP_DEFAULT_CPU_FREQ_MHZ_80; 160 if ESP_DEFAULT_CPU_FREQ_MHZ_160; 240 if ESP_DEFAULT_CPU_FREQ_MHZ_240 | | | C | clock of the processor in MHz
COMPILER_OPTIMIZATION | choice | COMPILER_OPTIMIZATION_DEBUG | | | | what the compiler aims at
COMPILER_OPTIMIZATION_DEBUG | option | | | | =place | debugging
COMPILER_OPTIMIZATION_SIZE | option | | | | =place | size
COMPILER_OPTIMIZATION_PERF | option | | | | =place | speed
COMPILER_OPTIMIZATION_NONE | option | | | | =place | nothing
COMPILER_OPTIMIZATION_ASSERTION_LEVEL | choice | COMPILER_OPTIMIZATION_ASSERTIONS_ENABLE | | | | assert()
COMPILER_OPTIMIZATION_ASSERTIONS_ENABLE | option | | | | C | aborts and says where
COMPILER_OPTIMIZATION_ASSERTIONS_SILENT | option | | | | C | aborts
COMPILER_OPTIMIZATION_ASSERTIONS_DISABLE | option | | | | C | does nothing
LOG_DEFAULT_LEVEL | choice | LOG_DEFAULT_LEVEL_INFO | | | | ESP_LOGx() up to this level
LOG_DEFAULT_LEVEL_NONE | option | | | | C | nothing
LOG_DEFAULT_LEVEL_ERROR | option | | | | C | errors
LOG_DEFAULT_LEVEL_WARN | option | | | | C | warnings
LOG_DEFAULT_LEVEL_INFO | option | | | | C | information
LOG_DEFAULT_LEVEL_DEBUG | option | | | | C | debugging
LOG_DEFAULT_LEVEL_VERBOSE | option | | | | C | everything
LOG_DEFAULT_LEVEL | int hidden | 0 if LOG_DEFAULT_LEVEL_NONE; 1 if LOG_DEFAULT_LEVEL_ERROR; 2 if LOG_DEFAULT_LEVEL_WARN; 3 if LOG_DEFAULT_LEVEL_INFO; 4 if LOG_DEFAULT_LEVEL_DEBUG; 5 if LOG_DEFAULT_LEVEL_VERBOSE | | | C | the level as a number
LOG_MAXIMUM_LEVEL_CHOICE | choice | LOG_MAXIMUM_EQUALS_DEFAULT | | | | levels that are compiled in
LOG_MAXIMUM_EQUALS_DEFAULT | option | | | | C | those of the default level
LOG_MAXIMUM_LEVEL_ERROR | option | | | LOG_DEFAULT_LEVEL < 1 | C | up to errors
LOG_MAXIMUM_LEVEL_WARN | option | | | LOG_DEFAULT_LEVEL < 2 | C | up to warnings
LOG_MAXIMUM_LEVEL_INFO | option | | | LOG_DEFAULT_LEVEL < 3 | C | up to information
LOG_MAXIMUM_LEVEL_DEBUG | option | | | LOG_DEFAULT_LEVEL < 4 | C | up to debugging
LOG_MAXIMUM_LEVEL_VERBOSE | option | | | LOG_DEFAULT_LEVEL < 5 | C | everything
LOG_MAXIMUM_LEVEL | int hidden | 1 if LOG_MAXIMUM_LEVEL_ERROR; 2 if LOG_MAXIMUM_LEVEL_WARN; 3 if LOG_MAXIMUM_LEVEL_INFO; 4 if LOG_MAXIMUM_LEVEL_DEBUG; 5 if LOG_MAXIMUM_LEVEL_VERBOSE; LOG_DEFAULT_LEVEL | | | C | the same as a number
LOG_COLORS | bool | n | | | C | colours of the log
LOG_TIMESTAMP_SOURCE | choice | LOG_TIMESTAMP_SOURCE_RTOS | | | | time in the log
LOG_TIMESTAMP_SOURCE_RTOS | option | | | | C | milliseconds since boot
LOG_TIMESTAMP_SOURCE_SYSTEM | option | | | | C | system time
SPIRAM | bool | n | | | C | external RAM
SPIRAM_IGNORE_NOTFOUND | bool | n | | SPIRAM | C | boot without it too
SPIRAM_TRY_ALLOCATE_WIFI_LWIP | bool | n | | SPIRAM | C | Wi-Fi and lwIP allocate there first
# protocol_examples_common
EXAMPLE_CONNECT_WIFI | bool | y | | | C | example_connect() uses Wi-Fi
EXAMPLE_PROVIDE_WIFI_CONSOLE_CMD | bool | y | | EXAMPLE_CONNECT_WIFI | C | console command to join
EXAMPLE_WIFI_SSID_PWD_FROM_STDIN | bool | n | | EXAMPLE_CONNECT_WIFI | C | ask for the two below
EXAMPLE_WIFI_SSID | string | "myssid" | | EXAMPLE_CONNECT_WIFI && !EXAMPLE_WIFI_SSID_PWD_FROM_STDIN | C | name of the network
EXAMPLE_WIFI_PASSWORD | string | "mypassword" | | EXAMPLE_CONNECT_WIFI && !EXAMPLE_WIFI_SSID_PWD_FROM_STDIN | C | its password
EXAMPLE_WIFI_CONN_MAX_RETRY | int | 6 | -1..255 | EXAMPLE_CONNECT_WIFI | C | attempts to join
EXAMPLE_WIFI_SCAN_METHOD | choice | EXAMPLE_WIFI_SCAN_METHOD_ALL_CHANNEL | | EXAMPLE_CONNECT_WIFI | | how it looks for it
EXAMPLE_WIFI_SCAN_METHOD_FAST | option | | | | C | the first that fits
EXAMPLE_WIFI_SCAN_METHOD_ALL_CHANNEL | option | | | | C | all channels
EXAMPLE_WIFI_SCAN_RSSI_THRESHOLD | int | -127 | -127..0 | EXAMPLE_CONNECT_WIFI | C | weakest signal in dBm
EXAMPLE_WIFI_AUTH_MODE_THRESHOLD | choice | EXAMPLE_WIFI_AUTH_OPEN | | EXAMPLE_CONNECT_WIFI | | weakest authentication
EXAMPLE_WIFI_AUTH_OPEN | option | | | | C | none
EXAMPLE_WIFI_AUTH_WEP | option | | | | C | WEP
EXAMPLE_WIFI_AUTH_WPA_PSK | option | | | | C | WPA
EXAMPLE_WIFI_AUTH_WPA2_PSK | option | | | | C | WPA2
EXAMPLE_WIFI_AUTH_WPA_WPA2_PSK | option | | | | C | WPA or WPA2
EXAMPLE_WIFI_AUTH_WPA2_ENTERPRISE | option | | | | C | WPA2 enterprise
EXAMPLE_WIFI_AUTH_WPA3_PSK | option | | | | C | WPA3
EXAMPLE_WIFI_AUTH_WPA2_WPA3_PSK | option | | | | C | WPA2 or WPA3
EXAMPLE_WIFI_AUTH_WAPI_PSK | option | | | | C | WAPI
EXAMPLE_WIFI_CONNECT_AP_SORT_METHOD | choice | EXAMPLE_WIFI_CONNECT_AP_BY_SIGNAL | | EXAMPLE_CONNECT_WIFI | | which of several
EXAMPLE_WIFI_CONNECT_AP_BY_SIGNAL | option | | | | C | the strongest
EXAMPLE_WIFI_CONNECT_AP_BY_SECURITY | option | | | | C | the safest
EXAMPLE_CONNECT_ETHERNET | bool | n | | | C | example_connect() uses Ethernet
EXAMPLE_CONNECT_PPP | bool | n | | | C | example_connect() uses PPP
EXAMPLE_CONNECT_IPV4 | bool | y | | LWIP_IPV4 | C | it waits for an IPv4 address
EXAMPLE_CONNECT_IPV6 | bool | y | | LWIP_IPV6 | C | it waits for an IPv6 address
EXAMPLE_CONNECT_PREFERRED_IPV6 | choice | EXAMPLE_CONNECT_IPV6_PREF_LOCAL_LINK | | EXAMPLE_CONNECT_IPV6 | | of which kind
EXAMPLE_CONNECT_IPV6_PREF_LOCAL_LINK | option | | | | C | link-local
EXAMPLE_CONNECT_IPV6_PREF_GLOBAL | option | | | LWIP_IPV6_AUTOCONFIG | C | global
EXAMPLE_CONNECT_IPV6_PREF_SITE_LOCAL | option | | | LWIP_IPV6_AUTOCONFIG | C | site-local
EXAMPLE_CONNECT_IPV6_PREF_UNIQUE_LOCAL | option | | | LWIP_IPV6_AUTOCONFIG | C | unique-local
`;

/** Old names, without CONFIG_: those of lwIP's symbols that only lack LWIP_ today, and others with what they are called now. */
export const RENAMED_LWIP =
  'L2_TO_L3_COPY ESP_GRATUITOUS_ARP GARP_TMR_INTERVAL TCPIP_RECVMBOX_SIZE TCP_MAXRTX TCP_SYNMAXRTX TCP_MSS ' +
  'TCP_MSL TCP_SND_BUF_DEFAULT TCP_WND_DEFAULT TCP_RECVMBOX_SIZE TCP_QUEUE_OOSEQ TCP_OVERSIZE_MSS ' +
  'TCP_OVERSIZE_QUARTER_MSS TCP_OVERSIZE_DISABLE UDP_RECVMBOX_SIZE TCPIP_TASK_STACK_SIZE ' +
  'TCPIP_TASK_AFFINITY_NO_AFFINITY TCPIP_TASK_AFFINITY_CPU0 TCPIP_TASK_AFFINITY_CPU1 TCPIP_TASK_AFFINITY ' +
  'USE_ONLY_LWIP_SELECT PPP_SUPPORT PPP_NOTIFY_PHASE_SUPPORT PPP_PAP_SUPPORT PPP_CHAP_SUPPORT ' +
  'PPP_MSCHAP_SUPPORT PPP_MPPE_SUPPORT PPP_DEBUG_ON';

export const RENAMED: Readonly<Record<string, string>> = {
  IP_LOST_TIMER_INTERVAL: 'ESP_NETIF_IP_LOST_TIMER_INTERVAL',
  TCPIP_LWIP: 'ESP_NETIF_TCPIP_LWIP',
  SYSTEM_EVENT_QUEUE_SIZE: 'ESP_SYSTEM_EVENT_QUEUE_SIZE',
  SYSTEM_EVENT_TASK_STACK_SIZE: 'ESP_SYSTEM_EVENT_TASK_STACK_SIZE',
  MAIN_TASK_STACK_SIZE: 'ESP_MAIN_TASK_STACK_SIZE',
  TASK_WDT: 'ESP_TASK_WDT_EN',
  TASK_WDT_PANIC: 'ESP_TASK_WDT_PANIC',
  TASK_WDT_TIMEOUT_S: 'ESP_TASK_WDT_TIMEOUT_S',
  TASK_WDT_CHECK_IDLE_TASK_CPU0: 'ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0',
  TASK_WDT_CHECK_IDLE_TASK_CPU1: 'ESP_TASK_WDT_CHECK_IDLE_TASK_CPU1',
  TIMER_TASK_PRIORITY: 'FREERTOS_TIMER_TASK_PRIORITY',
  TIMER_TASK_STACK_DEPTH: 'FREERTOS_TIMER_TASK_STACK_DEPTH',
  TIMER_QUEUE_LENGTH: 'FREERTOS_TIMER_QUEUE_LENGTH',
  ESP32_WIFI_STATIC_RX_BUFFER_NUM: 'ESP_WIFI_STATIC_RX_BUFFER_NUM',
  ESP32_WIFI_DYNAMIC_RX_BUFFER_NUM: 'ESP_WIFI_DYNAMIC_RX_BUFFER_NUM',
  ESP32_WIFI_STATIC_TX_BUFFER: 'ESP_WIFI_STATIC_TX_BUFFER',
  ESP32_WIFI_DYNAMIC_TX_BUFFER: 'ESP_WIFI_DYNAMIC_TX_BUFFER',
  ESP32_WIFI_STATIC_TX_BUFFER_NUM: 'ESP_WIFI_STATIC_TX_BUFFER_NUM',
  ESP32_WIFI_DYNAMIC_TX_BUFFER_NUM: 'ESP_WIFI_DYNAMIC_TX_BUFFER_NUM',
  ESP32_WIFI_AMPDU_TX_ENABLED: 'ESP_WIFI_AMPDU_TX_ENABLED',
  ESP32_WIFI_TX_BA_WIN: 'ESP_WIFI_TX_BA_WIN',
  ESP32_WIFI_AMPDU_RX_ENABLED: 'ESP_WIFI_AMPDU_RX_ENABLED',
  ESP32_WIFI_RX_BA_WIN: 'ESP_WIFI_RX_BA_WIN',
  ESP32_WIFI_NVS_ENABLED: 'ESP_WIFI_NVS_ENABLED',
  ESP32_WIFI_MGMT_SBUF_NUM: 'ESP_WIFI_MGMT_SBUF_NUM',
  ESP32_WIFI_SOFTAP_BEACON_MAX_LEN: 'ESP_WIFI_SOFTAP_BEACON_MAX_LEN',
};
