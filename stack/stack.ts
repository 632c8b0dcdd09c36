/** One lwIP instance: the state that lwIP keeps in globals, and what it needs from the world around it. */

import { DHCP_FINE_TIMER_MSECS, type DhcpShared, dhcp_coarse_tmr, dhcp_fine_tmr_always } from './dhcp.ts';
import type { Dns } from './dns.ts';
import type { ArpEntry } from './etharp.ts';
import { etharp_ages, etharp_tmr } from './etharp.ts';
import type { FramePool } from './frame.ts';
import { IGMP_TMR_INTERVAL, igmp_tmr } from './igmp.ts';
import { IP_TMR_INTERVAL, ip_reass_tmr, type ReassemblyQueue } from './ip4_frag.ts';
import { makeLoopif, type Netif } from './netif.ts';
import { makeOpt, type Opt } from './opt.ts';
import type { RawPcb } from './raw.ts';
import type { Sntp } from './sntp.ts';
import { Stats } from './stats.ts';
import { TCP_LOCAL_PORT_RANGE_START } from './tcp.ts';
import type { InputSegment } from './tcp_in.ts';
import { PcbIndex } from './tcp_index.ts';
import type { TcpPcb, TcpPcbListen } from './tcp_pcb.ts';
import { Timeouts } from './timeouts.ts';
import { UDP_LOCAL_PORT_RANGE_START, type UdpPcb } from './udp.ts';

/** What boards of one world share: buffers, and the record of the segment that is being processed. */
export interface SharedMemory {
  readonly frames: FramePool;
  readonly inseg: InputSegment;
}

/** Defects of lwIP in which the real stack hangs, asserts or touches freed memory. */
export type HazardName =
  | 'tcp_bind_twice'
  | 'netconn_close_after_free'
  | 'netconn_linger_after_free'
  | 'tcp_persist_without_data'
  | 'netif_poll_without_end'
  | 'sntp_mode_while_running';

/** What memory is wanted for: a descriptor's slot, what stands behind one, data to send, a received frame, a result of getaddrinfo(). */
export type MemoryKind = 'descriptor' | 'netconn' | 'pcb' | 'pbuf' | 'rx_pbuf' | 'netdb';

/** The port: everything that the stack asks of its surroundings. Source: lwIP sys_arch, lwipopts.h hooks */
export interface StackPort {
  readonly memory: SharedMemory;
  /** Milliseconds since boot, in steps of the FreeRTOS tick. */
  sys_now(): number;
  /** LWIP_RAND: a random number, 32 bits unsigned. */
  LWIP_RAND(): number;
  /** LWIP_HOOK_TCP_ISN: the first sequence number of a connection, 32 bits. Addresses in host order. */
  LWIP_HOOK_TCP_ISN(local_ip: number, local_port: number, remote_ip: number, remote_port: number): number;
  /** tcpip_try_callback: have the tcpip thread call `fn(arg)` after the current message; false if its mailbox is full. */
  tcpip_try_callback(fn: (arg: Netif) => void, arg: Netif): boolean;
  /** The program drove lwIP into one of its known defects. May not return (the board stops). */
  hazard(name: HazardName): void;
}

/** One list for all stacks without name servers. */
const NO_SERVERS: readonly number[] = [];

export class Stack {
  readonly port: StackPort;
  opt: Opt;
  /** Says that there is no memory left; null while there is enough. */
  scarcity: { lacks(of: MemoryKind): boolean } | null = null;
  readonly timeouts = new Timeouts();
  private counted: Stats | null = null;

  /** Interfaces, the last added first. */
  netif_list: Netif | null = null;
  netif_default: Netif | null = null;
  netif_num = 0;

  readonly arp_table: (ArpEntry | undefined)[];
  etharp_cached_entry = 0;

  ip_id = 0;
  reassembly: ReassemblyQueue | null = null;

  udp_pcbs: UdpPcb | null = null;
  udp_port: number;
  raw_pcbs: RawPcb | null = null;

  /** Control blocks of connections, in whatever list. */
  tcp_pcb_count = 0;
  tcp_active_pcbs: TcpPcb | null = null;
  tcp_tw_pcbs: TcpPcb | null = null;
  /** Slow ticks at which TIME_WAIT pcbs end. */
  tcp_tw_due: Map<number, TcpPcb[]> | null = null;
  tcp_bound_pcbs: TcpPcb | null = null;
  tcp_listen_pcbs: TcpPcbListen | null = null;
  readonly tcp_index = new PcbIndex();
  /** A pcb was linked into tcp_bound_pcbs twice: lwIP's next walk over that list never ends. */
  tcp_bound_list_is_circular = false;
  tcp_active_pcbs_changed = false;
  tcp_input_pcb: TcpPcb | null = null;
  tcp_port: number;
  tcp_ticks = 0;
  /** First sequence number of the next connection, where the hook does not give it. */
  iss = 6510;
  tcp_timer = 0;
  tcp_timer_ctr = 0;
  tcpip_tcp_timer_active = false;

  igmp_timer_running = false;

  /** Shared by the DHCP clients of all interfaces, once one was started. */
  dhcp: DhcpShared | null = null;
  /** Main, backup and fallback name server, int32 in host order. */
  dns_servers = NO_SERVERS;
  /** The resolver, once a name was asked for. */
  dns: Dns | null = null;
  /** The SNTP client, once somebody has had to do with it. */
  sntp: Sntp | null = null;

  /** Source: lwIP lwip_init(), udp_init(), tcp_init(): the first two random numbers are the first local ports. */
  constructor(port: StackPort, opt: Opt = makeOpt()) {
    this.port = port;
    this.opt = opt;
    this.arp_table = new Array<ArpEntry | undefined>(opt.ARP_TABLE_SIZE);
    this.udp_port = UDP_LOCAL_PORT_RANGE_START + (port.LWIP_RAND() & 0x3fff);
    this.tcp_port = TCP_LOCAL_PORT_RANGE_START + (port.LWIP_RAND() & 0x3fff);
    if (opt.LWIP_HAVE_LOOPIF !== 0) makeLoopif(this);
    startCyclicTimers(this);
  }

  /** What was thrown away, and why; made when something is. */
  get stats(): Stats {
    this.counted ??= new Stats();
    return this.counted;
  }

  /** An allocation fails. */
  lacks(of: MemoryKind): boolean {
    return this.scarcity?.lacks(of) ?? false;
  }

  /** Next comes the cyclic timer of every second, and it will do nothing until somebody asks for something. */
  isIdle(): boolean {
    return this.timeouts.isFirst(everySecond) && this.dhcp === null && !etharp_ages(this);
  }

  /** An idle stack was not told of so many seconds. */
  passOver(seconds: number): void {
    this.timeouts.putOff(seconds * EVERY_SECOND);
  }

  /** Run the timers that are due. Source: lwIP sys_check_timeouts() */
  runDue(): void {
    this.timeouts.check(this.port.sys_now(), this);
  }
}

/** ARP_TMR_INTERVAL and DHCP_COARSE_TIMER_MSECS. */
const EVERY_SECOND = 1000;

/** Those that run for ever, in lwIP's order: at one instant the first of them comes first. Source: lwIP sys_timeouts_init() */
function startCyclicTimers(stack: Stack): void {
  const { opt, timeouts } = stack;
  const now = stack.port.sys_now();
  const always = opt.LWIP_TIMERS_ONDEMAND === 0;
  if (always && opt.IP_REASSEMBLY !== 0) timeouts.at(now + IP_TMR_INTERVAL, ip_reass_tmr);
  timeouts.at(now + EVERY_SECOND, everySecond);
  if (opt.DHCP_COARSE_TIMER_SECS > 1) timeouts.at(now + opt.DHCP_COARSE_TIMER_SECS * EVERY_SECOND, coarse);
  if (!always) return;
  timeouts.at(now + DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr_always);
  timeouts.at(now + IGMP_TMR_INTERVAL, igmp_tmr);
}

/** The timers of ARP and DHCP: armed one behind the other at boot, they run one behind the other for ever. */
function everySecond(stack: Stack): void {
  etharp_tmr(stack);
  stack.timeouts.again(EVERY_SECOND, everySecond);
  if (stack.dhcp !== null && stack.opt.DHCP_COARSE_TIMER_SECS === 1) dhcp_coarse_tmr(stack);
}

/** The timer of DHCP where it runs more slowly. */
function coarse(stack: Stack): void {
  stack.timeouts.again(stack.opt.DHCP_COARSE_TIMER_SECS * EVERY_SECOND, coarse);
  dhcp_coarse_tmr(stack);
}
