/** Network interfaces: addresses, flags, the loop queue. Source: lwIP netif.c */

import { type Dhcp, dhcp_network_changed } from './dhcp.ts';
import { ERR_MEM, ERR_OK, type err_t } from './err.ts';
import { etharp_cleanup_netif, etharp_gratuitous } from './etharp.ts';
import { FRAME_IP, FRAME_START, type Frame } from './frame.ts';
import { type IgmpGroup, igmp_report_groups, igmp_start } from './igmp.ts';
import { ip4_input } from './ip4.ts';
import { putU16 } from './prot/bytes.ts';
import { ETH_TYPE, ETHTYPE_IP, ETHZERO, type EthAddr, SIZEOF_ETH_HDR } from './prot/ethernet.ts';
import { IPADDR_ANY, IPADDR_LOOPBACK } from './prot/ip4.ts';
import { raw_netif_ip_addr_changed } from './raw.ts';
import type { Stack } from './stack.ts';
import { tcp_netif_ip_addr_changed } from './tcp.ts';
import { udp_netif_ip_addr_changed } from './udp.ts';

export const NETIF_FLAG_UP = 0x01;
export const NETIF_FLAG_BROADCAST = 0x02;
export const NETIF_FLAG_LINK_UP = 0x04;
export const NETIF_FLAG_ETHARP = 0x08;
export const NETIF_FLAG_IGMP = 0x20;

/** No interface (netif numbers that pcbs are bound to start at 1). */
export const NETIF_NO_INDEX = 0;

/** Hands a finished frame to the driver, which takes its own reference. */
export type netif_linkoutput_fn = (netif: Netif, frame: Frame) => err_t;

export class Netif {
  readonly stack: Stack;
  next: Netif | null = null;
  /** Two letters, and the number in order of adding. */
  readonly name: string;
  readonly num: number;
  ip_addr = IPADDR_ANY;
  netmask = IPADDR_ANY;
  gw = IPADDR_ANY;
  hwaddr: EthAddr;
  /** Largest IP packet in bytes; 0 means no limit. */
  mtu: number;
  flags: number;
  readonly linkoutput: netif_linkoutput_fn | null;
  /** The driver's own. */
  state: unknown = null;
  igmp_groups: IgmpGroup | null = null;
  /** The DHCP client, once it was started. Source: lwIP netif_dhcp_data() */
  dhcp: Dhcp | null = null;
  /** DHCP option 12; none if empty. */
  hostname = '';
  /** Told that address, mask or gateway have changed. Source: lwIP netif_add_ext_callback(), LWIP_NSC_IPV4_SETTINGS_CHANGED */
  ext_callback: ((netif: Netif) => void) | null = null;
  /** Packets to oneself that wait for the tcpip thread. */
  readonly loop: Frame[] = [];

  constructor(
    stack: Stack,
    name: string,
    hwaddr: EthAddr,
    mtu: number,
    flags: number,
    linkoutput: netif_linkoutput_fn | null,
  ) {
    this.stack = stack;
    this.name = name;
    this.num = stack.netif_num++;
    this.hwaddr = hwaddr;
    this.mtu = mtu;
    this.flags = flags;
    this.linkoutput = linkoutput;
  }

  /** 1-based number by which pcbs refer to an interface. Source: lwIP netif_get_index() */
  get index(): number {
    return this.num + 1;
  }
}

/** Up, with link and with an address: what routing asks for. */
export function netif_is_usable(netif: Netif): boolean {
  const need = NETIF_FLAG_UP | NETIF_FLAG_LINK_UP;
  return (netif.flags & need) === need && netif.ip_addr !== IPADDR_ANY;
}

/** Add an interface in front of the list, with static addresses. Source: lwIP netif_add() */
export function netif_add(netif: Netif, ip: number, netmask: number, gw: number): void {
  const stack = netif.stack;
  netif.ip_addr = ip;
  netif.netmask = netmask;
  netif.gw = gw;
  netif.next = stack.netif_list;
  stack.netif_list = netif;
  if ((netif.flags & NETIF_FLAG_IGMP) !== 0) igmp_start(netif);
}

/** Take an interface off the list; connections over its address are aborted. Source: lwIP netif_remove() */
export function netif_remove(netif: Netif): void {
  const { stack } = netif;
  setIpaddr(netif, IPADDR_ANY);
  netif.igmp_groups = null;
  netif_set_down(netif);
  netif_set_link_down(netif);
  if (stack.netif_default === netif) stack.netif_default = null;
  let prev: Netif | null = null;
  for (let n = stack.netif_list; n !== null && n !== netif; n = n.next) prev = n;
  if (prev === null) stack.netif_list = netif.next;
  else prev.next = netif.next;
}

/** The loopback interface, 127.0.0.1/8, first in every stack. Source: lwIP netif_init(), netif_loopif_init() */
export function makeLoopif(stack: Stack): void {
  const lo = new Netif(stack, 'lo', ETHZERO, 0, NETIF_FLAG_UP | NETIF_FLAG_LINK_UP, null);
  netif_add(lo, IPADDR_LOOPBACK, 0xff000000 | 0, IPADDR_LOOPBACK);
}

/** The interface of that name ("en1": letters and number), or undefined. Source: lwIP netif_find() */
export function netif_find(stack: Stack, name: string): Netif | undefined {
  for (let n = stack.netif_list; n !== null; n = n.next) {
    if (n.name + n.num === name) return n;
  }
  return undefined;
}

export function netif_get_by_index(stack: Stack, index: number): Netif | null {
  let n = stack.netif_list;
  while (n !== null && n.index !== index) n = n.next;
  return n;
}

/**
 * Give an interface its addresses; connections over the old one are aborted, datagram sockets follow.
 * @param ip,netmask,gw int32, host order
 * Source: lwIP netif_set_addr()
 */
export function netif_set_addr(netif: Netif, ip: number, netmask: number, gw: number): void {
  const isChange = netif.ip_addr !== ip || netif.netmask !== netmask || netif.gw !== gw;
  // Taking the address away comes first, so that it is gone before mask and gateway change.
  if (ip === IPADDR_ANY) setIpaddr(netif, ip);
  netif.netmask = netmask;
  netif.gw = gw;
  if (ip !== IPADDR_ANY) setIpaddr(netif, ip);
  if (isChange) netif.ext_callback?.(netif);
}

function setIpaddr(netif: Netif, ip: number): void {
  const old = netif.ip_addr;
  if (old === ip) return;
  tcp_netif_ip_addr_changed(netif.stack, old, ip);
  udp_netif_ip_addr_changed(netif.stack, old, ip);
  raw_netif_ip_addr_changed(netif.stack, old, ip);
  netif.ip_addr = ip;
  issueReports(netif);
}

export function netif_set_up(netif: Netif): void {
  if ((netif.flags & NETIF_FLAG_UP) !== 0) return;
  netif.flags |= NETIF_FLAG_UP;
  issueReports(netif);
}

export function netif_set_down(netif: Netif): void {
  if ((netif.flags & NETIF_FLAG_UP) === 0) return;
  netif.flags &= ~NETIF_FLAG_UP;
  if ((netif.flags & NETIF_FLAG_ETHARP) !== 0) etharp_cleanup_netif(netif);
}

export function netif_set_link_up(netif: Netif): void {
  if ((netif.flags & NETIF_FLAG_LINK_UP) !== 0) return;
  netif.flags |= NETIF_FLAG_LINK_UP;
  dhcp_network_changed(netif);
  issueReports(netif);
}

export function netif_set_link_down(netif: Netif): void {
  netif.flags &= ~NETIF_FLAG_LINK_UP;
}

/** Tell the neighbours who we are once there is a link and an address. Source: lwIP netif_issue_reports() */
function issueReports(netif: Netif): void {
  if (!netif_is_usable(netif)) return;
  if ((netif.flags & NETIF_FLAG_ETHARP) !== 0) etharp_gratuitous(netif);
  if ((netif.flags & NETIF_FLAG_IGMP) !== 0) igmp_report_groups(netif);
}

/**
 * A packet to oneself: a copy waits in the interface's queue until the tcpip thread has finished its message.
 * @param frame packet with its IP header at FRAME_IP
 * @returns ERR_MEM if the queue is full
 * Source: lwIP netif_loop_output()
 */
export function netif_loop_output(netif: Netif, frame: Frame): err_t {
  const max = netif.stack.opt.LWIP_LOOPBACK_MAX_PBUFS;
  if (max !== 0 && netif.loop.length >= max) return ERR_MEM;
  const copy = frame.clone();
  // No Ethernet header is written on this way, but its type says what the checksums cover.
  putU16(copy.bytes, FRAME_START + ETH_TYPE, ETHTYPE_IP);
  netif.loop.push(copy);
  if (netif.loop.length === 1) netif.stack.port.tcpip_try_callback(netif_poll, netif);
  return ERR_OK;
}

/** No exchange of a board with itself takes so many packets before a task gets its turn: its windows are full long before. */
const LOOP_STORM_PACKETS = 10_000;

/** Deliver the loop queue, also what is added meanwhile. Source: lwIP netif_poll() */
function netif_poll(netif: Netif): void {
  let count = 0;
  for (let frame = netif.loop.shift(); frame !== undefined; frame = netif.loop.shift()) {
    if (++count > LOOP_STORM_PACKETS) {
      endLoopStorm(netif, frame);
      return;
    }
    ip4_input(netif.stack, frame, FRAME_IP, frame.len - SIZEOF_ETH_HDR, netif);
    frame.release();
  }
}

/** Two ends that acknowledge each other's acknowledgements do so for ever. */
function endLoopStorm(netif: Netif, frame: Frame): void {
  frame.release();
  for (const waiting of netif.loop.splice(0)) waiting.release();
  netif.stack.port.hazard('netif_poll_without_end');
}
