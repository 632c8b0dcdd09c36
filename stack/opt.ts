/**
 * Every tunable of the stack: lwIP's macro, ESP-IDF's Kconfig symbol, the default of ESP-IDF v5.5 for the ESP32,
 * unit and range. Booleans are 0 and 1 as in lwipopts.h. The classes read the finished object `Opt`.
 */

export interface OptEntry {
  /** Kconfig symbol that sets it, '' if ESP-IDF fixes the value in lwipopts.h. */
  readonly config: string;
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 's' | 'count' | 'bool' | 'ticks' | 'factor';
  readonly min: number;
  readonly max: number;
  /** The limit with LWIP_WND_SCALE, if it is another. */
  readonly scaledMax?: number;
  /** What it changes. */
  readonly effect: string;
}

function entry(
  config: string,
  value: number,
  unit: OptEntry['unit'],
  min: number,
  max: number,
  effect: string,
  scaledMax = max,
): OptEntry {
  return { config: config === '' ? '' : `CONFIG_LWIP_${config}`, value, unit, min, max, effect, scaledMax };
}

/** The table. Keys are lwIP's macro names. */
export const OPT = {
  TCP_MSS: entry('TCP_MSS', 1440, 'bytes', 536, 1460, 'largest segment sent and announced'),
  TCP_WND: entry('TCP_WND_DEFAULT', 5760, 'bytes', 2440, 65535, 'receive window', 1024000),
  TCP_SND_BUF: entry(
    'TCP_SND_BUF_DEFAULT',
    5760,
    'bytes',
    2440,
    65535,
    'send buffer, and first slow-start threshold',
    1024000,
  ),
  TCP_SND_QUEUELEN: entry('', 16, 'count', 2, 65535, 'segments queued per connection, sent or not'),
  TCP_SNDLOWAT: entry('', 2881, 'bytes', 1, 65535, 'a socket is writable above this much free buffer'),
  TCP_SNDQUEUELOWAT: entry('', 8, 'count', 1, 65535, 'and below this many queued segments'),
  TCP_WND_UPDATE_THRESHOLD: entry('', 1440, 'bytes', 1, 65535, 'window growth that is announced at once'),
  LWIP_WND_SCALE: entry('WND_SCALE', 0, 'bool', 0, 1, 'scaled windows (RFC 7323), larger than 64 KB'),
  TCP_RCV_SCALE: entry('TCP_RCV_SCALE', 0, 'count', 0, 14, 'shift that is announced for the receive window'),
  LWIP_TCP_SACK_OUT: entry('TCP_SACK_OUT', 0, 'bool', 0, 1, 'tell what has come early (RFC 2018)'),
  TCP_OVERSIZE: entry('', 1, 'bool', 0, 1, 'the last unsent segment takes what is written later'),
  TCP_LISTEN_BACKLOG: entry('', 1, 'bool', 0, 1, 'the backlog of listen() counts'),
  MEMP_NUM_TCP_PCB: entry('', 0, 'count', 0, 1024, 'connections in all, passive ones apart; 0: no limit'),
  LWIP_HOOK_TCP_ISN: entry('', 1, 'bool', 0, 1, 'first sequence numbers cannot be guessed; 0: a counter'),
  ESP_LWIP: entry('', 1, 'bool', 0, 1, "Espressif's changes of lwIP; 0: lwIP 2.1.3 as it was released"),
  TCP_MAXRTX: entry('TCP_MAXRTX', 12, 'count', 3, 12, 'retransmissions before a connection is given up'),
  TCP_SYNMAXRTX: entry('TCP_SYNMAXRTX', 12, 'count', 3, 12, 'the same for the SYN'),
  TCP_TMR_INTERVAL: entry('TCP_TMR_INTERVAL', 250, 'ms', 10, 10000, 'fast timer; the slow one is twice it'),
  TCP_MSL: entry('TCP_MSL', 60000, 'ms', 1, 3600000, 'maximum segment lifetime; TIME_WAIT lasts twice this'),
  TCP_FIN_WAIT_TIMEOUT: entry('TCP_FIN_WAIT_TIMEOUT', 20000, 'ms', 1, 3600000, 'life of FIN_WAIT_2 after close()'),
  TCP_SYN_RCVD_TIMEOUT: entry('', 20000, 'ms', 1, 3600000, 'life of SYN_RCVD'),
  LWIP_TCP_RTO_TIME: entry('TCP_RTO_TIME', 1500, 'ms', 500, 60000, 'first retransmission time-out'),
  TCP_QUEUE_OOSEQ: entry('TCP_QUEUE_OOSEQ', 1, 'bool', 0, 1, 'keep segments that arrive out of order'),
  TCP_OOSEQ_TIMEOUT: entry('TCP_OOSEQ_TIMEOUT', 6, 'factor', 1, 30, 'they are dropped after this many RTOs'),
  TCP_OOSEQ_MAX_PBUFS: entry('TCP_OOSEQ_MAX_PBUFS', 4, 'count', 0, 12, 'so many are kept per connection; 0: no limit'),
  TCP_KEEPIDLE_DEFAULT: entry('', 7200000, 'ms', 1, 4294967295, 'silence before the first keepalive probe'),
  TCP_KEEPINTVL_DEFAULT: entry('', 75000, 'ms', 1, 4294967295, 'time between probes'),
  TCP_KEEPCNT_DEFAULT: entry('', 9, 'count', 1, 4294967295, 'unanswered probes before the connection is reset'),
  LWIP_TCP_CLOSE_TIMEOUT_MS_DEFAULT: entry('', 20000, 'ms', 1, 3600000, 'close() waits so long for room for its FIN'),
  TCP_TTL: entry('', 64, 'count', 1, 255, 'time to live of segments'),
  UDP_TTL: entry('', 64, 'count', 1, 255, 'time to live of datagrams, multicast too'),
  RAW_TTL: entry('', 64, 'count', 1, 255, 'time to live of raw packets'),
  ICMP_TTL: entry('', 64, 'count', 1, 255, 'time to live of ICMP messages'),
  ARP_TABLE_SIZE: entry('', 10, 'count', 1, 127, 'entries of the ARP table'),
  ARP_MAXAGE: entry('', 300, 's', 31, 65535, 'life of a resolved entry'),
  ARP_MAXPENDING: entry('', 5, 's', 1, 255, 'life of an entry that nobody answers'),
  ARP_QUEUE_LEN: entry('', 3, 'count', 0, 255, 'packets that wait for one address'),
  ESP_LWIP_ARP: entry('', 1, 'bool', 0, 1, 'a packet too many is refused; 0: the oldest is dropped for it'),
  ETHARP_SUPPORT_STATIC_ENTRIES: entry(
    'DHCPS_STATIC_ENTRIES',
    1,
    'bool',
    0,
    1,
    'the DHCP server fixes the addresses of its clients',
  ),
  IP_FRAG: entry('IP4_FRAG', 1, 'bool', 0, 1, 'cut packets that are too long; otherwise they go out whole'),
  IP_FORWARD: entry('IP_FORWARD', 0, 'bool', 0, 1, 'pass packets on between interfaces'),
  IP_REASSEMBLY: entry('IP4_REASSEMBLY', 0, 'bool', 0, 1, 'put fragments together; otherwise they are dropped'),
  IP_REASS_MAXAGE: entry('', 3, 's', 1, 255, 'time to complete a datagram'),
  IP_REASS_MAX_PBUFS: entry('IP_REASS_MAX_PBUFS', 10, 'count', 10, 100, 'fragments kept in all'),
  CHECKSUM_CHECK_IP: entry('CHECKSUM_CHECK_IP', 0, 'bool', 0, 1, 'verify IP header checksums'),
  CHECKSUM_CHECK_UDP: entry('CHECKSUM_CHECK_UDP', 0, 'bool', 0, 1, 'verify UDP checksums'),
  CHECKSUM_CHECK_ICMP: entry('CHECKSUM_CHECK_ICMP', 1, 'bool', 0, 1, 'verify ICMP checksums'),
  LWIP_ICMP: entry('ICMP', 1, 'bool', 0, 1, 'answer pings, and tell of closed ports and unknown protocols'),
  LWIP_BROADCAST_PING: entry('BROADCAST_PING', 0, 'bool', 0, 1, 'answer pings to a broadcast address'),
  LWIP_MULTICAST_PING: entry('MULTICAST_PING', 0, 'bool', 0, 1, 'answer pings to a group'),
  DNS_MAX_SERVERS: entry(
    'DNS_MAX_SERVERS',
    3,
    'count',
    1,
    4,
    'name servers; the last is the fallback that DHCP leaves alone',
  ),
  DNS_TABLE_SIZE: entry('', 4, 'count', 1, 255, 'names that are asked for or remembered at a time'),
  DNS_MAX_RETRIES: entry('', 4, 'count', 1, 255, 'questions to one name server before the next is asked'),
  LWIP_DNS_SUPPORT_MDNS_QUERIES: entry(
    'DNS_SUPPORT_MDNS_QUERIES',
    1,
    'bool',
    0,
    1,
    'ask for names in .local by multicast',
  ),
  SNTP_MAX_SERVERS: entry('SNTP_MAX_SERVERS', 1, 'count', 1, 16, 'time servers'),
  SNTP_UPDATE_DELAY: entry(
    'SNTP_UPDATE_DELAY',
    3600000,
    'ms',
    15000,
    4294967295,
    'time from an answer to the next question',
  ),
  SNTP_STARTUP_DELAY: entry('SNTP_STARTUP_DELAY', 1, 'bool', 0, 1, 'wait for a random time before the first question'),
  SNTP_MAXIMUM_STARTUP_DELAY: entry('SNTP_MAXIMUM_STARTUP_DELAY', 5000, 'ms', 100, 300000, 'that time is below this'),
  LWIP_DHCP: entry('', 1, 'bool', 0, 1, 'take datagrams for port 68, and packets from 0.0.0.0'),
  DHCP_DOES_ARP_CHECK: entry(
    'DHCP_DOES_ARP_CHECK',
    1,
    'bool',
    0,
    1,
    'the DHCP client asks whether somebody has its address',
  ),
  DHCP_OPTIONS_LEN: entry('DHCP_OPTIONS_LEN', 69, 'bytes', 69, 255, 'room for options in its messages'),
  DHCP_COARSE_TIMER_SECS: entry('DHCP_COARSE_TIMER_SECS', 1, 's', 1, 10, 'step in which its leases age'),
  ESP_DHCP_DISABLE_CLIENT_ID: entry('DHCP_DISABLE_CLIENT_ID', 0, 'bool', 0, 1, 'it leaves out option 61'),
  LWIP_DHCP_GET_NTP_SRV: entry('DHCP_GET_NTP_SRV', 0, 'bool', 0, 1, 'it asks for time servers (option 42)'),
  LWIP_DHCP_MAX_NTP_SERVERS: entry('DHCP_MAX_NTP_SERVERS', 1, 'count', 1, 16, 'so many of those are taken'),
  DHCPS_LEASE_UNIT: entry('DHCPS_LEASE_UNIT', 60, 's', 1, 3600, 'unit of the leases that the DHCP server gives'),
  DHCPS_MAX_STATION_NUM: entry('DHCPS_MAX_STATION_NUM', 8, 'count', 1, 64, 'leases that it remembers'),
  DHCPS_ADD_DNS: entry('DHCPS_ADD_DNS', 1, 'bool', 0, 1, 'it names itself as name server if it knows no other'),
  LWIP_NETIF_LOOPBACK: entry('NETIF_LOOPBACK', 1, 'bool', 0, 1, 'deliver packets to oneself'),
  LWIP_HAVE_LOOPIF: entry('', 1, 'bool', 0, 1, 'the interface 127.0.0.1'),
  LWIP_LOOPBACK_MAX_PBUFS: entry(
    'LOOPBACK_MAX_PBUFS',
    8,
    'count',
    0,
    16,
    'packets queued to oneself per interface; 0: no limit',
  ),
  LWIP_TIMERS_ONDEMAND: entry(
    'TIMERS_ONDEMAND',
    1,
    'bool',
    0,
    1,
    'timers of IGMP, DHCP, DNS and fragments run only when needed',
  ),
  ESP_GRATUITOUS_ARP: entry('ESP_GRATUITOUS_ARP', 1, 'bool', 0, 1, 'announce the own address from time to time'),
  ESP_GRATUITOUS_ARP_INTERVAL: entry('GARP_TMR_INTERVAL', 60, 's', 1, 86400, 'period of the gratuitous ARP'),
  ESP_NETIF_IP_LOST_TIMER_INTERVAL: {
    config: 'CONFIG_ESP_NETIF_IP_LOST_TIMER_INTERVAL',
    value: 120,
    unit: 's',
    min: 0,
    max: 65535,
    effect: 'time without an address until it counts as lost; 0: it never does',
  },
  MAX_SOCKETS: entry('MAX_SOCKETS', 10, 'count', 1, 61, 'descriptors; they end at 63'),
  LWIP_SOCKET_OFFSET: entry('', 54, 'count', 0, 63, 'the first descriptor'),
  TCPIP_MBOX_SIZE: entry('TCPIP_RECVMBOX_SIZE', 32, 'count', 1, 64, 'mailbox of the tcpip thread', 1024),
  TCPIP_THREAD_PRIO: entry('TCPIP_TASK_PRIO', 18, 'count', 1, 24, 'priority of the tcpip thread'),
  LWIP_TCPIP_CORE_LOCKING: entry(
    'TCPIP_CORE_LOCKING',
    0,
    'bool',
    0,
    1,
    'calls run in their task under a lock, without a message',
  ),
  LWIP_TCPIP_CORE_LOCKING_INPUT: entry(
    'TCPIP_CORE_LOCKING_INPUT',
    0,
    'bool',
    0,
    1,
    'so do received frames, in the driver',
  ),
  LWIP_NETCONN_FULLDUPLEX: entry('', 1, 'bool', 0, 1, 'a socket may be closed while another task waits in it'),
  DEFAULT_TCP_RECVMBOX_SIZE: entry(
    'TCP_RECVMBOX_SIZE',
    6,
    'count',
    1,
    64,
    'received chunks queued per TCP socket',
    1024,
  ),
  DEFAULT_UDP_RECVMBOX_SIZE: entry('UDP_RECVMBOX_SIZE', 6, 'count', 1, 64, 'datagrams queued per UDP socket'),
  DEFAULT_RAW_RECVMBOX_SIZE: entry('', 6, 'count', 1, 64, 'packets queued per raw socket'),
  DEFAULT_ACCEPTMBOX_SIZE: entry('TCP_ACCEPTMBOX_SIZE', 6, 'count', 1, 64, 'connections that wait for accept()', 255),
  SO_REUSE: entry('SO_REUSE', 1, 'bool', 0, 1, 'offer SO_REUSEADDR'),
  SO_REUSE_RXTOALL: entry('SO_REUSE_RXTOALL', 1, 'bool', 0, 1, 'with it, broadcasts reach every socket of the port'),
  LWIP_SO_LINGER: entry('SO_LINGER', 0, 'bool', 0, 1, 'offer SO_LINGER'),
  LWIP_SO_RCVBUF: entry('SO_RCVBUF', 0, 'bool', 0, 1, 'offer SO_RCVBUF and FIONREAD'),
} as const satisfies Record<string, OptEntry>;

export type OptName = keyof typeof OPT;

/** The values in force in one stack. */
export type Opt = Readonly<Record<OptName, number>>;

/** Descriptors that an fd_set of newlib has room for. */
const FD_SETSIZE = 64;

/** The values that lwIP computes from others unless they are given. Source: lwIP opt.h */
function derived(opt: Opt): Partial<Opt> {
  const { TCP_MSS, TCP_SND_BUF, TCP_WND } = opt;
  const TCP_SND_QUEUELEN = Math.trunc((4 * TCP_SND_BUF + TCP_MSS - 1) / TCP_MSS);
  return {
    TCP_SND_QUEUELEN,
    TCP_SNDLOWAT: Math.min(Math.max(Math.trunc(TCP_SND_BUF / 2), 2 * TCP_MSS + 1), TCP_SND_BUF - 1),
    TCP_SNDQUEUELOWAT: Math.max(Math.trunc(TCP_SND_QUEUELEN / 2), 5),
    LWIP_SOCKET_OFFSET: FD_SETSIZE - opt.MAX_SOCKETS,
    TCP_WND_UPDATE_THRESHOLD: Math.min(Math.trunc(TCP_WND / 4), 4 * TCP_MSS),
  };
}

/**
 * ESP-IDF's defaults with some values changed, and what lwIP computes from those.
 * @throws RangeError naming the option if a value is outside its range, TypeError for an unknown name
 */
export function makeOpt(changes: Partial<Opt> = {}): Opt {
  const opt = { ...defaults };
  for (const [name, value] of Object.entries(changes) as [OptName, number][]) {
    const known: OptEntry | undefined = Object.hasOwn(OPT, name) ? OPT[name] : undefined;
    if (known === undefined) throw new TypeError(`There is no lwIP option named ${name}.`);
    const max = changes.LWIP_WND_SCALE === 1 ? (known.scaledMax ?? known.max) : known.max;
    if (!Number.isInteger(value) || value < known.min || value > max) {
      throw new RangeError(`${name} must be a whole number from ${known.min} to ${max}, not ${value}.`);
    }
    opt[name] = value;
  }
  if (opt.LWIP_WND_SCALE !== 0 && opt.TCP_WND >> opt.TCP_RCV_SCALE > 0xffff) {
    throw new RangeError(
      `A TCP_WND of ${opt.TCP_WND} cannot be announced with a TCP_RCV_SCALE of ${opt.TCP_RCV_SCALE}.`,
    );
  }
  return Object.keys(changes).length === 0 ? defaults : { ...opt, ...derived(opt), ...changes };
}

const defaults = Object.fromEntries(Object.entries(OPT).map(([name, e]) => [name, e.value])) as Record<OptName, number>;
