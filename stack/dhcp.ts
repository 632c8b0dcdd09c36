/** DHCP client of an interface: states, messages, timers. Source: lwIP dhcp.c with Espressif's options and timers, RFC 2131 */

import { dns_fallback_server_index, dns_setserver } from './dns.ts';
import { ERR_ARG, ERR_MEM, ERR_OK, type err_t } from './err.ts';
import { etharp_query } from './etharp.ts';
import type { Frame } from './frame.ts';
import { NETIF_FLAG_LINK_UP, NETIF_FLAG_UP, type Netif, netif_set_addr } from './netif.ts';
import { type Pbuf, pbuf_free } from './pbuf.ts';
import { SOF_BROADCAST } from './pcb.ts';
import { getI32, putI32 } from './prot/bytes.ts';
import {
  DHCP_ACK,
  DHCP_BOOTREPLY,
  DHCP_BOOTREQUEST,
  DHCP_CHADDR,
  DHCP_CIADDR,
  DHCP_COOKIE,
  DHCP_DECLINE,
  DHCP_DISCOVER,
  DHCP_HLEN,
  DHCP_HTYPE,
  DHCP_HTYPE_ETH,
  DHCP_INFORM,
  DHCP_MAGIC_COOKIE,
  DHCP_NAK,
  DHCP_OFFER,
  DHCP_OP,
  DHCP_OPTION_BROADCAST,
  DHCP_OPTION_CLIENT_ID,
  DHCP_OPTION_DNS_SERVER,
  DHCP_OPTION_END,
  DHCP_OPTION_HOSTNAME,
  DHCP_OPTION_MAX_MSG_SIZE,
  DHCP_OPTION_MESSAGE_TYPE,
  DHCP_OPTION_MTU,
  DHCP_OPTION_NTP,
  DHCP_OPTION_PARAMETER_REQUEST_LIST,
  DHCP_OPTION_REQUESTED_IP,
  DHCP_OPTION_ROUTER,
  DHCP_OPTION_SERVER_ID,
  DHCP_OPTION_SUBNET_MASK,
  DHCP_OPTIONS,
  DHCP_RELEASE,
  DHCP_REQUEST,
  DHCP_SNAME,
  DHCP_XID,
  DHCP_YIADDR,
  type DhcpReply,
  LWIP_IANA_PORT_DHCP_CLIENT,
  LWIP_IANA_PORT_DHCP_SERVER,
  parseReply,
} from './prot/dhcp.ts';
import { ethAddrEquals, getEthAddr, putEthAddr } from './prot/ethernet.ts';
import { IPADDR_ANY, IPADDR_BROADCAST } from './prot/ip4.ts';
import { dhcp_set_ntp_servers } from './sntp.ts';
import type { Stack } from './stack.ts';
import type { sys_timeout_handler } from './timeouts.ts';
import {
  UDP_PAYLOAD,
  type UdpPcb,
  udp_bind,
  udp_connect,
  udp_new,
  udp_recv,
  udp_remove,
  udp_sendto_if,
  udp_sendto_if_src,
  udpFrame,
} from './udp.ts';

const DHCP_STATE_OFF = 0;
const DHCP_STATE_REQUESTING = 1;
const DHCP_STATE_INIT = 2;
const DHCP_STATE_REBOOTING = 3;
const DHCP_STATE_REBINDING = 4;
const DHCP_STATE_RENEWING = 5;
export const DHCP_STATE_SELECTING = 6;
const DHCP_STATE_INFORMING = 7;
const DHCP_STATE_CHECKING = 8;
export const DHCP_STATE_BOUND = 10;
const DHCP_STATE_BACKING_OFF = 12;

export const DHCP_FINE_TIMER_MSECS = 500;

/** The smallest MTU with which DHCP works. */
const DHCP_MAX_MSG_LEN_MIN_REQUIRED = 576;
/** Options of an outgoing message: as many bytes at least, at most. */
const DHCP_MIN_OPTIONS_LEN = 68;
const DHCP_MIN_REPLY_LEN = DHCP_SNAME;
/** ESP-IDF's hook takes over an MTU from here on. */
const DHCP_MTU_MIN = 68;

const REQUEST_TRIES = 5;
const REBOOT_TRIES = 2;
const BACKING_OFF_MSECS = 10_000;
/** Seconds: without a lease time, and below which an attempt to prolong a lease is not followed by another. */
const DEFAULT_LEASE = 120;
const DHCP_NEXT_TIMEOUT_THRESHOLD = 3;
const INFINITE = 0xffffffff;

const REQUESTED_OPTIONS = [DHCP_OPTION_SUBNET_MASK, DHCP_OPTION_ROUTER, DHCP_OPTION_BROADCAST, DHCP_OPTION_DNS_SERVER];

/** The client of one interface. Addresses are int32 in host order; times are seconds, 32 bits unsigned. */
export class Dhcp {
  state = DHCP_STATE_OFF;
  /** Messages sent in this state. */
  tries = 0;
  /** Fine ticks until the answer is overdue; 0 if none is awaited. */
  request_timeout = 0;
  fine_timer_enabled = false;
  xid = 0;
  pcb_allocated = false;
  subnet_mask_given = false;
  server_ip_addr = IPADDR_ANY;
  offered_ip_addr = IPADDR_ANY;
  offered_sn_mask = IPADDR_ANY;
  offered_gw_addr = IPADDR_ANY;
  offered_t0_lease = 0;
  offered_t1_renew = 0;
  offered_t2_rebind = 0;
  /** Seconds since the lease was confirmed, and when it ends, is renewed, is asked for from anybody. */
  lease_used = 0;
  t0_timeout = 0;
  t1_timeout = 0;
  t2_timeout = 0;
  /** Seconds until the next attempt to renew or rebind. */
  t1_renew_time = 0;
  t2_rebind_time = 0;
  /** The fine timer of the interface, the same through all restarts. */
  readonly fine_tmr: sys_timeout_handler;

  constructor(fine_tmr: sys_timeout_handler) {
    this.fine_tmr = fine_tmr;
  }
}

/** What the clients of all interfaces share: the pcb on port 68 and the last transaction number. */
export class DhcpShared {
  pcb: UdpPcb | null = null;
  users = 0;
  xid = 0;
}

// Starting and stopping

/**
 * Ask for an address, or wait for a link to do so.
 * @param last the address of before, which the client asks to have confirmed first; IPADDR_ANY if there is none
 * @returns ERR_ARG if the interface is down, ERR_MEM if its MTU is below 576
 * Source: lwIP dhcp_start()
 */
export function dhcp_start(netif: Netif, last = IPADDR_ANY): err_t {
  if ((netif.flags & NETIF_FLAG_UP) === 0) return ERR_ARG;
  if (netif.mtu < DHCP_MAX_MSG_LEN_MIN_REQUIRED) return ERR_MEM;
  if (netif.dhcp?.pcb_allocated) releasePcb(netif.stack);
  const dhcp = new Dhcp(netif.dhcp?.fine_tmr ?? (() => dhcp_fine_tmr(netif)));
  netif.dhcp = dhcp;
  usePcb(netif.stack);
  dhcp.pcb_allocated = true;
  dhcp.offered_ip_addr = last;
  if ((netif.flags & NETIF_FLAG_LINK_UP) === 0) setState(dhcp, DHCP_STATE_INIT);
  else if (last !== IPADDR_ANY) reboot(netif, dhcp);
  else discover(netif, dhcp);
  return ERR_OK;
}

/** Give the address back (RELEASE), if there is one from DHCP, and stop. Source: lwIP dhcp_release_and_stop() */
export function dhcp_release_and_stop(netif: Netif): void {
  const { dhcp } = netif;
  if (dhcp === null || dhcp.state === DHCP_STATE_OFF) return;
  const server = dhcp.server_ip_addr;
  const isSupplied = dhcp_supplied_address(netif);
  setState(dhcp, DHCP_STATE_OFF);
  forgetLease(dhcp);
  if (isSupplied) {
    const msg = createMessage(netif, dhcp, DHCP_RELEASE);
    putAddress(msg, DHCP_OPTION_SERVER_ID, server);
    putClientId(msg, netif);
    send(msg, netif, server);
    netif_set_addr(netif, IPADDR_ANY, IPADDR_ANY, IPADDR_ANY);
  }
  stopFineTimer(netif.stack, dhcp);
  if (!dhcp.pcb_allocated) return;
  releasePcb(netif.stack);
  dhcp.pcb_allocated = false;
}

function forgetLease(dhcp: Dhcp): void {
  dhcp.server_ip_addr = IPADDR_ANY;
  dhcp.offered_ip_addr = IPADDR_ANY;
  dhcp.offered_sn_mask = IPADDR_ANY;
  dhcp.offered_gw_addr = IPADDR_ANY;
  dhcp.offered_t0_lease = 0;
  dhcp.offered_t1_renew = 0;
  dhcp.offered_t2_rebind = 0;
  dhcp.lease_used = 0;
  dhcp.t0_timeout = 0;
  dhcp.t1_renew_time = 0;
  dhcp.t2_rebind_time = 0;
}

/** Source: lwIP dhcp_stop() */
export function dhcp_stop(netif: Netif): void {
  dhcp_release_and_stop(netif);
}

/** The interface holds an address that DHCP gave. Source: lwIP dhcp_supplied_address() */
function dhcp_supplied_address(netif: Netif): boolean {
  const state = netif.dhcp?.state;
  return state === DHCP_STATE_BOUND || state === DHCP_STATE_RENEWING || state === DHCP_STATE_REBINDING;
}

/** The link is back: confirm the address, or begin anew. Source: lwIP dhcp_network_changed() */
export function dhcp_network_changed(netif: Netif): void {
  const { dhcp } = netif;
  if (dhcp === null || dhcp.state === DHCP_STATE_OFF) return;
  dhcp.tries = 0;
  if (dhcp_supplied_address(netif) || dhcp.state === DHCP_STATE_REBOOTING) reboot(netif, dhcp);
  else discover(netif, dhcp);
}

/** True while an answer could soon give an interface its address. */
export function dhcp_is_under_way(stack: Stack): boolean {
  for (let n = stack.netif_list; n !== null; n = n.next) {
    const { dhcp } = n;
    if (dhcp === null || dhcp.request_timeout === 0 || dhcp_supplied_address(n)) continue;
    // A server that has not answered so often is not there.
    if (dhcp.state !== DHCP_STATE_SELECTING || dhcp.tries <= REQUEST_TRIES) return true;
  }
  return false;
}

function usePcb(stack: Stack): UdpPcb {
  stack.dhcp ??= new DhcpShared();
  const shared = stack.dhcp;
  shared.users++;
  if (shared.pcb !== null) return shared.pcb;
  const pcb = udp_new(stack);
  pcb.so_options |= SOF_BROADCAST;
  udp_bind(pcb, IPADDR_ANY, LWIP_IANA_PORT_DHCP_CLIENT);
  udp_connect(pcb, IPADDR_ANY, LWIP_IANA_PORT_DHCP_SERVER);
  udp_recv(pcb, receive, stack);
  shared.pcb = pcb;
  return pcb;
}

function releasePcb(stack: Stack): void {
  const shared = stack.dhcp!;
  if (--shared.users > 0) return;
  udp_remove(shared.pcb!);
  shared.pcb = null;
}

/** Source: lwIP dhcp_set_state() */
function setState(dhcp: Dhcp, state: number): void {
  if (dhcp.state === state) return;
  dhcp.state = state;
  dhcp.tries = 0;
  dhcp.request_timeout = 0;
}

// Messages sent

/** An outgoing message: `at` is where its next option goes. */
interface OutMessage {
  readonly frame: Frame;
  at: number;
}

/** The fixed part of a message, and its type. Source: lwIP dhcp_create_msg() */
function createMessage(netif: Netif, dhcp: Dhcp, type: number): OutMessage {
  const { stack } = netif;
  const shared = stack.dhcp!;
  if (type !== DHCP_REQUEST || dhcp.state === DHCP_STATE_REBOOTING) {
    if (dhcp.tries === 0) shared.xid = stack.port.LWIP_RAND() | 0;
    dhcp.xid = shared.xid;
  }
  const frame = udpFrame(stack, DHCP_OPTIONS + stack.opt.DHCP_OPTIONS_LEN);
  const b = frame.bytes;
  b.fill(0, UDP_PAYLOAD, UDP_PAYLOAD + DHCP_OPTIONS + stack.opt.DHCP_OPTIONS_LEN);
  b[UDP_PAYLOAD + DHCP_OP] = DHCP_BOOTREQUEST;
  b[UDP_PAYLOAD + DHCP_HTYPE] = DHCP_HTYPE_ETH;
  b[UDP_PAYLOAD + DHCP_HLEN] = 6;
  putI32(b, UDP_PAYLOAD + DHCP_XID, dhcp.xid);
  if (tellsOwnAddress(dhcp, type)) putI32(b, UDP_PAYLOAD + DHCP_CIADDR, netif.ip_addr);
  putEthAddr(b, UDP_PAYLOAD + DHCP_CHADDR, netif.hwaddr);
  putI32(b, UDP_PAYLOAD + DHCP_COOKIE, DHCP_MAGIC_COOKIE);
  const msg = { frame, at: UDP_PAYLOAD + DHCP_OPTIONS };
  putBytes(msg, DHCP_OPTION_MESSAGE_TYPE, [type]);
  return msg;
}

function tellsOwnAddress(dhcp: Dhcp, type: number): boolean {
  if (type === DHCP_REQUEST) return dhcp.state === DHCP_STATE_RENEWING || dhcp.state === DHCP_STATE_REBINDING;
  return type === DHCP_INFORM || type === DHCP_DECLINE || type === DHCP_RELEASE;
}

function putBytes(msg: OutMessage, option: number, value: ArrayLike<number>): void {
  const b = msg.frame.bytes;
  b[msg.at] = option;
  b[msg.at + 1] = value.length;
  b.set(value, msg.at + 2);
  msg.at += 2 + value.length;
}

function putAddress(msg: OutMessage, option: number, addr: number): void {
  const b = msg.frame.bytes;
  b[msg.at] = option;
  b[msg.at + 1] = 4;
  putI32(b, msg.at + 2, addr);
  msg.at += 6;
}

function putMaxSize(msg: OutMessage, size: number): void {
  putBytes(msg, DHCP_OPTION_MAX_MSG_SIZE, [size >> 8, size & 0xff]);
}

function putRequestList(msg: OutMessage, netif: Netif): void {
  const ntp = netif.stack.opt.LWIP_DHCP_GET_NTP_SRV === 0 ? [] : [DHCP_OPTION_NTP];
  putBytes(msg, DHCP_OPTION_PARAMETER_REQUEST_LIST, [...REQUESTED_OPTIONS, ...ntp]);
}

/** An empty name is left out; one that is too long is cut. Source: lwIP dhcp_option_hostname() */
function putHostname(msg: OutMessage, netif: Netif): void {
  const { hostname } = netif;
  const room = UDP_PAYLOAD + DHCP_OPTIONS + netif.stack.opt.DHCP_OPTIONS_LEN - 3 - msg.at;
  const codes = Array.from(hostname.slice(0, room), (c) => c.charCodeAt(0));
  if (codes.length > 0) putBytes(msg, DHCP_OPTION_HOSTNAME, codes);
}

/** Hardware type and address. Left out if it does not fit. Source: esp-lwip dhcp_append_extra_opts() */
function putClientId(msg: OutMessage, netif: Netif): void {
  const { ESP_DHCP_DISABLE_CLIENT_ID, DHCP_OPTIONS_LEN } = netif.stack.opt;
  const size = 9;
  if (ESP_DHCP_DISABLE_CLIENT_ID !== 0) return;
  if (msg.at + size >= UDP_PAYLOAD + DHCP_OPTIONS + DHCP_OPTIONS_LEN) return;
  putBytes(msg, DHCP_OPTION_CLIENT_ID, [DHCP_HTYPE_ETH, 0, 0, 0, 0, 0, 0]);
  putEthAddr(msg.frame.bytes, msg.at - 6, netif.hwaddr);
}

/** END and padding. @param room DHCP_OPTIONS_LEN. Source: lwIP dhcp_option_trailer() */
function finish(msg: OutMessage, room: number): Frame {
  const { frame } = msg;
  const start = UDP_PAYLOAD + DHCP_OPTIONS;
  frame.bytes[msg.at++] = DHCP_OPTION_END;
  let len = msg.at - start;
  while ((len < DHCP_MIN_OPTIONS_LEN || (len & 3) !== 0) && len < room) len++;
  frame.len -= room - len;
  return frame;
}

/** Send from the address of the interface. */
function send(msg: OutMessage, netif: Netif, dest: number): err_t {
  const frame = finish(msg, netif.stack.opt.DHCP_OPTIONS_LEN);
  const err = udp_sendto_if(netif.stack.dhcp!.pcb!, frame, dest, LWIP_IANA_PORT_DHCP_SERVER, netif);
  frame.release();
  return err;
}

/** Send to everybody from 0.0.0.0. */
function broadcastWithoutAddress(msg: OutMessage, netif: Netif): void {
  const frame = finish(msg, netif.stack.opt.DHCP_OPTIONS_LEN);
  const pcb = netif.stack.dhcp!.pcb!;
  udp_sendto_if_src(pcb, frame, IPADDR_BROADCAST, LWIP_IANA_PORT_DHCP_SERVER, netif, IPADDR_ANY);
  frame.release();
}

/** A message is out: count it, and wait for the answer. @param ms may depend on the number of tries */
function awaitAnswer(stack: Stack, dhcp: Dhcp, ms: (tries: number) => number): void {
  if (dhcp.tries < 255) dhcp.tries++;
  dhcp.request_timeout = Math.ceil(ms(dhcp.tries) / DHCP_FINE_TIMER_MSECS);
  startFineTimer(stack, dhcp);
}

const requestBackoff = (tries: number): number => (tries < 5 ? 1 << tries : 16) * 250;
const secondPerTry = (tries: number): number => Math.min(tries, 10) * 1000;
const twoSecondsPerTry = (tries: number): number => Math.min(tries, 10) * 2000;
const checkPause = (): number => DHCP_FINE_TIMER_MSECS;
const backingOff = (): number => BACKING_OFF_MSECS;

/** Look for servers. Source: lwIP dhcp_discover() */
function discover(netif: Netif, dhcp: Dhcp): void {
  dhcp.offered_ip_addr = IPADDR_ANY;
  setState(dhcp, DHCP_STATE_SELECTING);
  const msg = createMessage(netif, dhcp, DHCP_DISCOVER);
  putMaxSize(msg, netif.mtu);
  putHostname(msg, netif);
  putRequestList(msg, netif);
  putClientId(msg, netif);
  broadcastWithoutAddress(msg, netif);
  awaitAnswer(netif.stack, dhcp, requestBackoff);
}

/** Accept an offer. Source: lwIP dhcp_select() */
function select(netif: Netif, dhcp: Dhcp): void {
  setState(dhcp, DHCP_STATE_REQUESTING);
  const msg = createMessage(netif, dhcp, DHCP_REQUEST);
  putMaxSize(msg, netif.mtu);
  putAddress(msg, DHCP_OPTION_REQUESTED_IP, dhcp.offered_ip_addr);
  putAddress(msg, DHCP_OPTION_SERVER_ID, dhcp.server_ip_addr);
  putRequestList(msg, netif);
  putHostname(msg, netif);
  putClientId(msg, netif);
  broadcastWithoutAddress(msg, netif);
  awaitAnswer(netif.stack, dhcp, requestBackoff);
}

/**
 * Prolong the lease, by unicast.
 * @returns ERR_ARG if there is no client, else what sending returned
 * Source: lwIP dhcp_renew()
 */
export function dhcp_renew(netif: Netif): err_t {
  const { dhcp } = netif;
  if (dhcp === null || !dhcp.pcb_allocated) return ERR_ARG;
  setState(dhcp, DHCP_STATE_RENEWING);
  const err = prolong(netif, dhcp, dhcp.server_ip_addr);
  awaitAnswer(netif.stack, dhcp, twoSecondsPerTry);
  return err;
}

/** Prolong the lease with any server. Source: lwIP dhcp_rebind() */
function rebind(netif: Netif, dhcp: Dhcp): void {
  setState(dhcp, DHCP_STATE_REBINDING);
  prolong(netif, dhcp, IPADDR_BROADCAST);
  awaitAnswer(netif.stack, dhcp, secondPerTry);
}

function prolong(netif: Netif, dhcp: Dhcp, server: number): err_t {
  const msg = createMessage(netif, dhcp, DHCP_REQUEST);
  putMaxSize(msg, netif.mtu);
  putRequestList(msg, netif);
  putHostname(msg, netif);
  putClientId(msg, netif);
  return send(msg, netif, server);
}

/** Have the address of before the loss of the link confirmed. Source: lwIP dhcp_reboot() */
function reboot(netif: Netif, dhcp: Dhcp): void {
  setState(dhcp, DHCP_STATE_REBOOTING);
  const msg = createMessage(netif, dhcp, DHCP_REQUEST);
  putMaxSize(msg, DHCP_MAX_MSG_LEN_MIN_REQUIRED);
  putAddress(msg, DHCP_OPTION_REQUESTED_IP, dhcp.offered_ip_addr);
  putRequestList(msg, netif);
  putHostname(msg, netif);
  putClientId(msg, netif);
  send(msg, netif, IPADDR_BROADCAST);
  awaitAnswer(netif.stack, dhcp, secondPerTry);
}

/** Somebody else has the address. Source: lwIP dhcp_decline() */
function decline(netif: Netif, dhcp: Dhcp): void {
  setState(dhcp, DHCP_STATE_BACKING_OFF);
  const msg = createMessage(netif, dhcp, DHCP_DECLINE);
  putAddress(msg, DHCP_OPTION_REQUESTED_IP, dhcp.offered_ip_addr);
  putClientId(msg, netif);
  broadcastWithoutAddress(msg, netif);
  awaitAnswer(netif.stack, dhcp, backingOff);
}

/** Tell the servers about an address from elsewhere; answers are ignored. Source: lwIP dhcp_inform() */
export function dhcp_inform(netif: Netif): void {
  usePcb(netif.stack);
  const dhcp = new Dhcp(() => undefined);
  setState(dhcp, DHCP_STATE_INFORMING);
  const msg = createMessage(netif, dhcp, DHCP_INFORM);
  putMaxSize(msg, netif.mtu);
  send(msg, netif, IPADDR_BROADCAST);
  releasePcb(netif.stack);
}

/** Does anybody have the address already? Source: lwIP dhcp_check() */
function check(netif: Netif, dhcp: Dhcp): void {
  setState(dhcp, DHCP_STATE_CHECKING);
  etharp_query(netif, dhcp.offered_ip_addr, null);
  awaitAnswer(netif.stack, dhcp, checkPause);
}

// Messages received

/** Somebody answered for an address. Source: lwIP dhcp_arp_reply() */
export function dhcp_arp_reply(netif: Netif, addr: number): void {
  const { dhcp } = netif;
  if (dhcp !== null && dhcp.state === DHCP_STATE_CHECKING && dhcp.offered_ip_addr === addr) decline(netif, dhcp);
}

/** Take a reply from a server. Source: lwIP dhcp_recv() */
function receive(stack: Stack, _pcb: UdpPcb, p: Pbuf): void {
  const netif = netifOf(stack, p);
  if (netif !== null) {
    const dhcp = netif.dhcp!;
    const { LWIP_DHCP_GET_NTP_SRV, LWIP_DHCP_MAX_NTP_SERVERS } = netif.stack.opt;
    const onUnknown = (option: number, at: number, len: number): void => {
      if (option === DHCP_OPTION_MTU) takeMtu(netif, p, at, len);
    };
    const ntpServersMax = LWIP_DHCP_GET_NTP_SRV === 0 ? 0 : LWIP_DHCP_MAX_NTP_SERVERS;
    const reply = parseReply(p.frame.bytes, p.at, p.len, onUnknown, ntpServersMax);
    if (reply !== null) handle(netif, dhcp, reply, getI32(p.frame.bytes, p.at + DHCP_YIADDR));
  }
  pbuf_free(p);
}

/** The interface whose client has asked for this reply, by hardware address and transaction number; null if none has. */
function netifOf(stack: Stack, p: Pbuf): Netif | null {
  const b = p.frame.bytes;
  if (p.len < DHCP_MIN_REPLY_LEN || b[p.at + DHCP_OP] !== DHCP_BOOTREPLY) return null;
  const chaddr = getEthAddr(b, p.at + DHCP_CHADDR);
  const xid = getI32(b, p.at + DHCP_XID);
  let n = stack.netif_list;
  while (n !== null && !(n.dhcp?.pcb_allocated && n.dhcp.xid === xid && ethAddrEquals(n.hwaddr, chaddr))) n = n.next;
  return n;
}

function handle(netif: Netif, dhcp: Dhcp, reply: DhcpReply, yiaddr: number): void {
  const { state } = dhcp;
  const prolongs = state === DHCP_STATE_REBOOTING || state === DHCP_STATE_REBINDING || state === DHCP_STATE_RENEWING;
  if (reply.type === DHCP_OFFER && state === DHCP_STATE_SELECTING) {
    if (reply.server_id === undefined) return;
    dhcp.request_timeout = 0;
    dhcp.server_ip_addr = reply.server_id;
    dhcp.offered_ip_addr = yiaddr;
    select(netif, dhcp);
  } else if (reply.type === DHCP_ACK && state === DHCP_STATE_REQUESTING) {
    takeLease(netif.stack, dhcp, reply, yiaddr);
    if (netif.stack.opt.DHCP_DOES_ARP_CHECK !== 0) check(netif, dhcp);
    else bind(netif, dhcp);
  } else if (reply.type === DHCP_ACK && prolongs) {
    takeLease(netif.stack, dhcp, reply, yiaddr);
    bind(netif, dhcp);
  } else if (reply.type === DHCP_NAK && (prolongs || state === DHCP_STATE_REQUESTING)) {
    setState(dhcp, DHCP_STATE_BACKING_OFF);
    netif_set_addr(netif, IPADDR_ANY, IPADDR_ANY, IPADDR_ANY);
    discover(netif, dhcp);
  }
}

/** Source: lwIP dhcp_handle_ack() */
function takeLease(stack: Stack, dhcp: Dhcp, reply: DhcpReply, yiaddr: number): void {
  if (reply.lease_time !== undefined) dhcp.offered_t0_lease = reply.lease_time >>> 0;
  const t0 = dhcp.offered_t0_lease;
  dhcp.offered_t1_renew = reply.t1 === undefined ? Math.floor(t0 / 2) : reply.t1 >>> 0;
  // The product is cut to 32 bits, as in lwIP.
  dhcp.offered_t2_rebind = reply.t2 === undefined ? (Math.imul(t0, 7) >>> 0) >>> 3 : reply.t2 >>> 0;
  dhcp.offered_ip_addr = yiaddr;
  dhcp.subnet_mask_given = reply.subnet_mask !== undefined;
  dhcp.offered_sn_mask = reply.subnet_mask ?? IPADDR_ANY;
  dhcp.offered_gw_addr = reply.router ?? IPADDR_ANY;
  dhcp_set_ntp_servers(stack, reply.ntp);
  reply.dns.slice(0, dns_fallback_server_index(stack)).forEach((addr, n) => {
    dns_setserver(stack, n, addr);
  });
}

/** A smaller MTU is taken over as soon as the option is read. Source: ESP-IDF dhcp_options.c dhcp_parse_extra_opts() */
function takeMtu(netif: Netif, p: Pbuf, at: number, len: number): void {
  const { state } = netif.dhcp!;
  const asks = state === DHCP_STATE_REQUESTING || state === DHCP_STATE_REBOOTING;
  if (!asks && state !== DHCP_STATE_RENEWING && state !== DHCP_STATE_REBINDING) return;
  if (len !== 2 || at + 2 > p.at + p.len) return;
  const b = p.frame.bytes;
  const mtu = (b[at]! << 8) | b[at + 1]!;
  if (mtu >= DHCP_MTU_MIN && mtu < netif.mtu) netif.mtu = mtu;
}

/** The address is ours. Source: lwIP dhcp_bind(), ESP-IDF's DHCP_SET_TIMEOUT_FROM_OFFERED_... */
function bind(netif: Netif, dhcp: Dhcp): void {
  startLease(dhcp, netif.stack.opt.DHCP_COARSE_TIMER_SECS);
  const ip = dhcp.offered_ip_addr;
  const mask = dhcp.subnet_mask_given ? dhcp.offered_sn_mask : classMask(ip);
  setState(dhcp, DHCP_STATE_BOUND);
  stopFineTimer(netif.stack, dhcp);
  netif_set_addr(netif, ip, mask, dhcp.offered_gw_addr);
}

/** Times in ticks of the coarse timer. An infinite time leaves its timer as it is. */
function startLease(dhcp: Dhcp, tickSecs: number): void {
  const ticks = (offered: number, otherwise: number): number => Math.ceil((offered || otherwise) / tickSecs);
  dhcp.lease_used = 0;
  if (dhcp.offered_t0_lease !== INFINITE) dhcp.t0_timeout = ticks(dhcp.offered_t0_lease, DEFAULT_LEASE);
  if (dhcp.offered_t1_renew !== INFINITE) {
    dhcp.t1_timeout = ticks(dhcp.offered_t1_renew, dhcp.t0_timeout >>> 1);
    dhcp.t1_renew_time = dhcp.t1_timeout;
  }
  if (dhcp.offered_t2_rebind !== INFINITE) {
    dhcp.t2_timeout = ticks(dhcp.offered_t2_rebind, (dhcp.t0_timeout >>> 3) * 7);
    dhcp.t2_rebind_time = dhcp.t2_timeout;
  }
  if (dhcp.t1_timeout >= dhcp.t2_timeout && dhcp.t2_timeout > 0) dhcp.t1_timeout = 0;
}

/** The mask of the address' class, if the server gave none. @param ip int32, host order */
function classMask(ip: number): number {
  const first = ip >>> 24;
  if (first <= 127) return 0xff000000 | 0;
  return first >= 192 ? 0xffffff00 | 0 : 0xffff0000 | 0;
}

// Timers

/** The one-second timer: ends and renewals of leases, at most one of them a tick. Source: lwIP dhcp_coarse_tmr() */
export function dhcp_coarse_tmr(stack: Stack): void {
  for (let n = stack.netif_list; n !== null; n = n.next) {
    const { dhcp } = n;
    if (dhcp === null || dhcp.state === DHCP_STATE_OFF) continue;
    if (dhcp.t0_timeout !== 0 && ++dhcp.lease_used === dhcp.t0_timeout) {
      dhcp_release_and_stop(n);
      dhcp_start(n);
    } else if (dhcp.t2_rebind_time !== 0 && dhcp.t2_rebind_time-- === 1) {
      t2Timeout(n, dhcp);
    } else if (dhcp.t1_renew_time !== 0 && dhcp.t1_renew_time-- === 1) {
      t1Timeout(n, dhcp);
    }
  }
}

/** Time to renew; again after half of what is left until rebinding. Source: lwIP dhcp_t1_timeout() */
function t1Timeout(netif: Netif, dhcp: Dhcp): void {
  const { state } = dhcp;
  if (state !== DHCP_STATE_REQUESTING && state !== DHCP_STATE_BOUND && state !== DHCP_STATE_RENEWING) return;
  dhcp_renew(netif);
  const next = (dhcp.t2_timeout - dhcp.lease_used) >>> 1;
  if (next >= DHCP_NEXT_TIMEOUT_THRESHOLD) dhcp.t1_renew_time = next;
}

/** Time to rebind; again after half of what is left of the lease. Source: lwIP dhcp_t2_timeout() */
function t2Timeout(netif: Netif, dhcp: Dhcp): void {
  if (!dhcp_supplied_address(netif) && dhcp.state !== DHCP_STATE_REQUESTING) return;
  rebind(netif, dhcp);
  const next = (dhcp.t0_timeout - dhcp.lease_used) >>> 1;
  if (next >= DHCP_NEXT_TIMEOUT_THRESHOLD) dhcp.t2_rebind_time = next;
}

function startFineTimer(stack: Stack, dhcp: Dhcp): void {
  if (dhcp.fine_timer_enabled || stack.opt.LWIP_TIMERS_ONDEMAND === 0) return;
  dhcp.fine_timer_enabled = true;
  stack.timeouts.at(stack.port.sys_now() + DHCP_FINE_TIMER_MSECS, dhcp.fine_tmr);
}

function stopFineTimer(stack: Stack, dhcp: Dhcp): void {
  if (!dhcp.fine_timer_enabled) return;
  dhcp.fine_timer_enabled = false;
  stack.timeouts.cancel(dhcp.fine_tmr);
}

/**
 * The half-second timer, which runs while answers are awaited. A client that starts anew from within gets a second
 * timer and from then on counts twice as fast, as Espressif's does.
 * Source: esp-lwip dhcp_fine_tmr(), ESP_LWIP_DHCP_FINE_TIMERS_ONDEMAND
 */
function dhcp_fine_tmr(netif: Netif): void {
  const { stack } = netif;
  const dhcp = netif.dhcp!;
  if (dhcp.request_timeout === 0) {
    stopFineTimer(stack, dhcp);
    return;
  }
  if (--dhcp.request_timeout === 0) overdue(netif, dhcp);
  if (!netif.dhcp!.fine_timer_enabled) return;
  stack.timeouts.at(stack.port.sys_now() + DHCP_FINE_TIMER_MSECS, dhcp.fine_tmr);
}

/** The half-second timer of all interfaces, which always runs without LWIP_TIMERS_ONDEMAND. Source: lwIP dhcp_fine_tmr() */
export function dhcp_fine_tmr_always(stack: Stack): void {
  stack.timeouts.again(DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr_always);
  for (let n = stack.netif_list; n !== null; n = n.next) {
    const { dhcp } = n;
    if (dhcp !== null && dhcp.request_timeout > 0 && --dhcp.request_timeout === 0) overdue(n, dhcp);
  }
}

/** No answer in time. Source: lwIP dhcp_timeout() */
function overdue(netif: Netif, dhcp: Dhcp): void {
  switch (dhcp.state) {
    case DHCP_STATE_SELECTING:
    case DHCP_STATE_BACKING_OFF:
      discover(netif, dhcp);
      break;
    case DHCP_STATE_REQUESTING:
      if (dhcp.tries <= REQUEST_TRIES) select(netif, dhcp);
      else {
        dhcp_release_and_stop(netif);
        dhcp_start(netif);
      }
      break;
    case DHCP_STATE_CHECKING:
      if (dhcp.tries <= 1) check(netif, dhcp);
      else bind(netif, dhcp);
      break;
    case DHCP_STATE_REBOOTING:
      if (dhcp.tries < REBOOT_TRIES) reboot(netif, dhcp);
      else discover(netif, dhcp);
      break;
    case DHCP_STATE_REBINDING:
      dhcp.t2_rebind_time = 1;
      break;
  }
}
