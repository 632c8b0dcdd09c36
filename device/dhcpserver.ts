/** The DHCP server of a soft-AP. Source: ESP-IDF components/lwip/apps/dhcpserver/dhcpserver.c, RFC 2131 */

import { ERR_ARG, ERR_OK, type err_t } from '../stack/err.ts';
import { etharp_add_static_entry, etharp_remove_static_entry } from '../stack/etharp.ts';
import type { Netif } from '../stack/netif.ts';
import { type Pbuf, pbuf_copy_partial, pbuf_free } from '../stack/pbuf.ts';
import { getI32, getU16, putI32 } from '../stack/prot/bytes.ts';
import {
  DHCP_ACK,
  DHCP_BOOTREPLY,
  DHCP_CHADDR,
  DHCP_CIADDR,
  DHCP_COOKIE,
  DHCP_DECLINE,
  DHCP_DISCOVER,
  DHCP_FLAG_BROADCAST,
  DHCP_FLAGS,
  DHCP_GIADDR,
  DHCP_HLEN,
  DHCP_HTYPE,
  DHCP_HTYPE_ETH,
  DHCP_INFORM,
  DHCP_MAGIC_COOKIE,
  DHCP_NAK,
  DHCP_OFFER,
  DHCP_OP,
  DHCP_OPTION_BROADCAST,
  DHCP_OPTION_DNS_SERVER,
  DHCP_OPTION_END,
  DHCP_OPTION_LEASE_TIME,
  DHCP_OPTION_MESSAGE_TYPE,
  DHCP_OPTION_MTU,
  DHCP_OPTION_REQUESTED_IP,
  DHCP_OPTION_ROUTER,
  DHCP_OPTION_ROUTER_DISCOVERY,
  DHCP_OPTION_SERVER_ID,
  DHCP_OPTION_SUBNET_MASK,
  DHCP_OPTION_VENDOR_SPECIFIC,
  DHCP_OPTIONS,
  DHCP_RELEASE,
  DHCP_REQUEST,
  DHCP_YIADDR,
  LWIP_IANA_PORT_DHCP_CLIENT,
  LWIP_IANA_PORT_DHCP_SERVER,
} from '../stack/prot/dhcp.ts';
import { type EthAddr, ethAddrEquals, getEthAddr } from '../stack/prot/ethernet.ts';
import { IPADDR_ANY, IPADDR_BROADCAST, ip4_addr_net_eq } from '../stack/prot/ip4.ts';
import {
  UDP_PAYLOAD,
  type UdpPcb,
  udp_bind,
  udp_new,
  udp_recv,
  udp_remove,
  udp_sendto,
  udpFrame,
} from '../stack/udp.ts';
import { utf8 } from './utf8.ts';

/** sizeof(struct dhcps_msg): no reply is shorter. */
const SIZEOF_DHCPS_MSG = 548;
/** Longer requests are ignored. */
const REQUEST_LEN_MAX = 1500;
/** Addresses in the pool. */
const DHCPS_MAX_LEASE = 100;
/** In units of DHCPS_LEASE_UNIT. */
const DHCPS_LEASE_TIME_DEF = 120;
const DHCPS_COARSE_TIMER_MSECS = 1000;
/** The MTU that is offered, whatever the interface's is. */
const OFFERED_MTU = [0x05, 0xdc];
/** RFC 8910 */
const DHCP_OPTION_CAPTIVEPORTAL_URI = 114;
const VENDOR_SPECIFIC = [1, 4, 0, 0, 0, 2];

/** What dhcps_set_option_info() can change, addresses as int32 in host order. */
export interface DhcpsOptions {
  /** In units of DHCPS_LEASE_UNIT, minutes by default; 0 is the default, 120. */
  lease: number;
  /** First and last address to give; IPADDR_ANY: to be derived from the server's own when it starts. */
  start: number;
  end: number;
  /** Name the interface's gateway as router. */
  offerRouter: boolean;
  /** Name the DNS servers below instead of the own address. */
  offerDns: boolean;
  dnsMain: number;
  dnsBackup: number;
  /** Where a captive portal's page is (RFC 8910); '' if there is none. */
  captivePortalUri: string;
}

/** An address given to a client. Source: struct dhcps_pool */
interface Lease {
  readonly ip: number;
  readonly mac: EthAddr;
  /** Seconds left. */
  lease_timer: number;
}

/** What a request asks for. */
interface Request {
  readonly type: number;
  /** Option 50, undefined if not given. */
  readonly requested: number | undefined;
}

/** Told of every address that a client was confirmed. */
export type DhcpsLeaseCallback = (ip: number, mac: EthAddr) => void;

export class DhcpServer {
  readonly options: DhcpsOptions = {
    lease: DHCPS_LEASE_TIME_DEF,
    start: IPADDR_ANY,
    end: IPADDR_ANY,
    offerRouter: true,
    offerDns: false,
    dnsMain: IPADDR_ANY,
    dnsBackup: IPADDR_ANY,
    captivePortalUri: '',
  };
  /** Set by start(). */
  private netif!: Netif;
  private readonly onLease: DhcpsLeaseCallback;
  private pcb: UdpPcb | null = null;
  private server_address = IPADDR_ANY;
  private dhcps_mask = IPADDR_ANY;
  /** The address of the client that is being served, and the one that the next new client gets. */
  private client_address = IPADDR_ANY;
  private client_address_plus = IPADDR_ANY;
  private has_declined_ip = false;
  /** Sorted by address. */
  private leases: Lease[] = [];
  private readonly timer = (): void => this.tick();

  constructor(onLease: DhcpsLeaseCallback) {
    this.onLease = onLease;
  }

  private get leaseSeconds(): number {
    return (this.options.lease || DHCPS_LEASE_TIME_DEF) * this.netif.stack.opt.DHCPS_LEASE_UNIT;
  }

  /** Serve, with an empty list. @returns ERR_ARG without an address. Source: dhcps_start() */
  start(netif: Netif, ip: number, netmask: number): err_t {
    if (ip === IPADDR_ANY) return ERR_ARG;
    const { stack } = netif;
    this.netif = netif;
    this.server_address = ip;
    this.dhcps_mask = netmask;
    this.setPool();
    this.client_address_plus = this.options.start;
    this.pcb = udp_new(stack);
    udp_bind(this.pcb, netif.ip_addr, LWIP_IANA_PORT_DHCP_SERVER);
    udp_recv(this.pcb, receive, this);
    stack.timeouts.at(stack.port.sys_now() + DHCPS_COARSE_TIMER_MSECS, this.timer);
    return ERR_OK;
  }

  /** Stop serving and forget all leases. Source: dhcps_stop() */
  stop(): void {
    if (this.pcb === null) return;
    udp_remove(this.pcb);
    this.pcb = null;
    this.leases = [];
    this.netif.stack.timeouts.cancel(this.timer);
  }

  /**
   * The configured range stays if it is usable; else it becomes the larger side of the subnet, seen from the server.
   * Source: dhcps_poll_set()
   */
  private setPool(): void {
    const { start, end } = this.options;
    const ip = this.server_address >>> 0;
    const mask = this.dhcps_mask;
    const first = start >>> 0;
    const last = end >>> 0;
    const fits =
      start !== IPADDR_ANY &&
      ip4_addr_net_eq(start, this.server_address, mask) &&
      ip4_addr_net_eq(end, this.server_address, mask) &&
      (last - first + 1) >>> 0 <= DHCPS_MAX_LEASE &&
      (ip < first || ip > last);
    if (fits) return;
    const network = (this.server_address & mask) >>> 0;
    const broadcast = (network | ~mask) >>> 0;
    const below = ip - network > broadcast - ip;
    const from = below ? network + 1 : ip + 1;
    const to = below ? ip - 1 : broadcast - 1;
    this.options.start = from | 0;
    this.options.end = Math.min(to, from + DHCPS_MAX_LEASE - 1) | 0;
  }

  /** Every second: leases end; of too many, the one with the least time left goes. Source: dhcps_tmr() */
  private tick(): void {
    const { stack } = this.netif;
    stack.timeouts.at(stack.port.sys_now() + DHCPS_COARSE_TIMER_MSECS, this.timer);
    for (const lease of this.leases) lease.lease_timer--;
    this.leases = this.leases.filter((lease) => lease.lease_timer !== 0);
    if (this.leases.length <= stack.opt.DHCPS_MAX_STATION_NUM) return;
    let oldest = this.leases[0]!;
    for (const lease of this.leases) if (lease.lease_timer < oldest.lease_timer) oldest = lease;
    this.remove(oldest);
  }

  private remove(lease: Lease): void {
    this.leases.splice(this.leases.indexOf(lease), 1);
  }

  /** Take a request; the answer is written over it. Source: handle_dhcp() */
  handle(p: Pbuf): void {
    const len = p.tot_len;
    if (len > REQUEST_LEN_MAX) return;
    const m = new Uint8Array(Math.max(SIZEOF_DHCPS_MSG, len));
    pbuf_copy_partial(p, m, 0, len, 0);
    if (getI32(m, DHCP_COOKIE) !== (DHCP_MAGIC_COOKIE | 0)) return;
    const request = parseRequest(m, len);
    if (request.type === DHCP_INFORM) {
      this.inform(m);
      return;
    }
    const answer = this.serve(m, request);
    if (answer === 0) return;
    this.fillIn(m, answer);
    if (answer === DHCP_NAK) this.sendNak(m);
    else this.sendLease(m, answer);
  }

  /** Find or make the client's lease, and decide. @returns type of the answer, 0 for none. Source: parse_msg() */
  private serve(m: Uint8Array, request: Request): number {
    const mac = getEthAddr(m, DHCP_CHADDR);
    const known = this.findLease(mac);
    const renews = known !== undefined && known.ip === getI32(m, DHCP_CIADDR);
    const lease = known ?? this.newLease(mac);
    if (lease === undefined) return DHCP_NAK;
    if (isAbove(lease.ip, this.options.end)) {
      this.remove(lease);
      return DHCP_NAK;
    }
    const answer = decide(request, lease, renews);
    if (answer === DHCP_NAK || request.type === DHCP_RELEASE || request.type === DHCP_DECLINE) {
      this.remove(lease);
      this.client_address = IPADDR_ANY;
      this.has_declined_ip = request.type === DHCP_DECLINE;
    }
    return answer;
  }

  /** The client's lease, from now on a full one. On the way to it the next address moves past those that are taken. */
  private findLease(mac: EthAddr): Lease | undefined {
    for (const lease of this.leases) {
      if (ethAddrEquals(lease.mac, mac)) {
        this.client_address = lease.ip;
        lease.lease_timer = this.leaseSeconds;
        return lease;
      }
      if (lease.ip === this.client_address_plus) this.client_address_plus = (lease.ip + 1) | 0;
    }
    return undefined;
  }

  /** The first address that nobody has, perhaps behind the end of the pool. */
  private firstFree(): number {
    let free = this.options.start;
    for (const { ip } of this.leases) {
      if (isAbove(ip, free)) break;
      free = (free + 1) | 0;
    }
    return free;
  }

  /**
   * An address for a new client: the one behind the last given, or the first free one when the end is reached; undefined
   * if there is none. With an empty list it is the first of all, unless it has just been declined.
   */
  private newLease(mac: EthAddr): Lease | undefined {
    this.client_address = this.client_address_plus;
    if (this.leases.length === 0 && !this.has_declined_ip) this.client_address = this.options.start;
    this.has_declined_ip = false;
    if (isAbove(this.client_address_plus, this.options.end)) this.client_address = this.firstFree();
    if (isAbove(this.client_address, this.options.end)) {
      this.client_address_plus = this.options.start;
      return undefined;
    }
    const lease: Lease = { ip: this.client_address, mac, lease_timer: this.leaseSeconds };
    this.insert(lease);
    this.client_address_plus = lease.ip === this.options.end ? this.options.start : (lease.ip + 1) | 0;
    return lease;
  }

  private insert(lease: Lease): void {
    const behind = this.leases.findIndex((l) => isAbove(l.ip, lease.ip));
    if (behind < 0) this.leases.push(lease);
    else this.leases.splice(behind, 0, lease);
  }

  /** A client with an address of its own asks for the rest; it must be of our subnet. */
  private inform(m: Uint8Array): void {
    const ciaddr = getI32(m, DHCP_CIADDR);
    if (ciaddr === IPADDR_ANY || !ip4_addr_net_eq(ciaddr, this.server_address, this.dhcps_mask)) return;
    this.client_address = IPADDR_ANY;
    this.fillIn(m, DHCP_ACK, false);
    const giaddr = getI32(m, DHCP_GIADDR);
    this.send(m, giaddr === IPADDR_ANY ? ciaddr : giaddr);
  }

  /** Turn a request into the answer. What stood behind its END stays. Source: create_msg(), add_offer_options() */
  private fillIn(m: Uint8Array, type: number, hasLeaseTime = true): void {
    m[DHCP_OP] = DHCP_BOOTREPLY;
    m[DHCP_HTYPE] = DHCP_HTYPE_ETH;
    m[DHCP_HLEN] = 6;
    putI32(m, DHCP_YIADDR, this.client_address);
    const out = new OptionWriter(m);
    out.bytes(DHCP_OPTION_MESSAGE_TYPE, [type]);
    if (type !== DHCP_NAK) this.putOffer(out, hasLeaseTime);
    m[out.at] = DHCP_OPTION_END;
  }

  private putOffer(out: OptionWriter, hasLeaseTime: boolean): void {
    const { options, server_address, dhcps_mask, netif } = this;
    out.words(DHCP_OPTION_SUBNET_MASK, dhcps_mask);
    if (hasLeaseTime) out.words(DHCP_OPTION_LEASE_TIME, this.leaseSeconds);
    out.words(DHCP_OPTION_SERVER_ID, server_address);
    if (options.offerRouter && netif.gw !== IPADDR_ANY) out.words(DHCP_OPTION_ROUTER, netif.gw);
    if (!options.offerDns) {
      if (netif.stack.opt.DHCPS_ADD_DNS !== 0) out.words(DHCP_OPTION_DNS_SERVER, server_address);
    } else if (options.dnsBackup === IPADDR_ANY) out.words(DHCP_OPTION_DNS_SERVER, options.dnsMain);
    else out.words(DHCP_OPTION_DNS_SERVER, options.dnsMain, options.dnsBackup);
    out.words(DHCP_OPTION_BROADCAST, (server_address & dhcps_mask) | ~dhcps_mask);
    out.bytes(DHCP_OPTION_MTU, OFFERED_MTU);
    if (options.captivePortalUri !== '') out.bytes(DHCP_OPTION_CAPTIVEPORTAL_URI, [...utf8(options.captivePortalUri)]);
    out.bytes(DHCP_OPTION_ROUTER_DISCOVERY, [0]);
    out.bytes(DHCP_OPTION_VENDOR_SPECIFIC, VENDOR_SPECIFIC);
  }

  /** OFFER or ACK, to a client that may not have its address yet. Source: send_offer(), send_ack(), dhcps_response_ip_set() */
  private sendLease(m: Uint8Array, type: number): void {
    const mac = getEthAddr(m, DHCP_CHADDR);
    const dest = replyAddress(m);
    const err = this.sendTo(m, dest);
    if (type === DHCP_ACK && err === ERR_OK) this.onLease(this.client_address, mac);
  }

  /** Source: send_nak() */
  private sendNak(m: Uint8Array): void {
    const giaddr = getI32(m, DHCP_GIADDR);
    const dest = giaddr === IPADDR_ANY ? IPADDR_BROADCAST : giaddr;
    this.sendTo(m, dest);
  }

  /** Send to a client that may not answer ARP yet: its hardware address is in the message. */
  private sendTo(m: Uint8Array, dest: number): err_t {
    const { stack } = this.netif;
    if (stack.opt.ETHARP_SUPPORT_STATIC_ENTRIES === 0) return this.send(m, dest);
    if (dest !== IPADDR_BROADCAST) etharp_add_static_entry(stack, dest, getEthAddr(m, DHCP_CHADDR));
    const err = this.send(m, dest);
    etharp_remove_static_entry(stack, dest);
    return err;
  }

  private send(m: Uint8Array, dest: number): err_t {
    const frame = udpFrame(this.netif.stack, m.length);
    frame.bytes.set(m, UDP_PAYLOAD);
    const err = udp_sendto(this.pcb!, frame, dest, LWIP_IANA_PORT_DHCP_CLIENT);
    frame.release();
    return err;
  }
}

class OptionWriter {
  private readonly m: Uint8Array;
  at = DHCP_OPTIONS;

  constructor(m: Uint8Array) {
    this.m = m;
  }

  bytes(option: number, value: readonly number[]): void {
    this.m[this.at] = option;
    this.m[this.at + 1] = value.length;
    this.m.set(value, this.at + 2);
    this.at += 2 + value.length;
  }

  words(option: number, ...values: number[]): void {
    this.m[this.at] = option;
    this.m[this.at + 1] = 4 * values.length;
    this.at += 2;
    for (const value of values) {
      putI32(this.m, this.at, value);
      this.at += 4;
    }
  }
}

function receive(server: DhcpServer, _pcb: UdpPcb, p: Pbuf): void {
  server.handle(p);
  pbuf_free(p);
}

/**
 * Type and requested address. Every option counts as having a length, PAD too; the last occurrence counts.
 * Source: parse_options()
 */
function parseRequest(m: Uint8Array, len: number): Request {
  let type = 0;
  let requested: number | undefined;
  for (let at = DHCP_OPTIONS; at < len && m[at] !== DHCP_OPTION_END; at += (m[at + 1] ?? 0) + 2) {
    if (m[at] === DHCP_OPTION_MESSAGE_TYPE) type = m[at + 2] ?? 0;
    else if (m[at] === DHCP_OPTION_REQUESTED_IP && at + 6 <= m.length) requested = getI32(m, at + 2);
  }
  return { type, requested };
}

/**
 * What to answer. A message of no or a strange type is answered too if it asks for an address.
 * @param renews the client says that it has the address of its lease
 * @returns type of the answer, 0 for none
 * Source: parse_options()
 */
function decide({ type, requested }: Request, lease: Lease, renews: boolean): number {
  switch (type) {
    case DHCP_DISCOVER:
      return DHCP_OFFER;
    case DHCP_DECLINE:
    case DHCP_RELEASE:
      return 0;
    case DHCP_REQUEST:
      if (requested === undefined) return renews ? DHCP_ACK : DHCP_NAK;
      break;
  }
  if (requested === undefined) return 0;
  return requested === lease.ip ? DHCP_ACK : DHCP_NAK;
}

function replyAddress(m: Uint8Array): number {
  const giaddr = getI32(m, DHCP_GIADDR);
  if (giaddr !== IPADDR_ANY) return giaddr;
  const ciaddr = getI32(m, DHCP_CIADDR);
  if (ciaddr !== IPADDR_ANY) return ciaddr;
  return (getU16(m, DHCP_FLAGS) & DHCP_FLAG_BROADCAST) === 0 ? getI32(m, DHCP_YIADDR) : IPADDR_BROADCAST;
}

/** ESP-IDF compares addresses as the processor reads them, last byte first. */
function isAbove(a: number, b: number): boolean {
  return asLittleEndian(a) > asLittleEndian(b);
}

function asLittleEndian(ip: number): number {
  return (((ip & 0xff) << 24) | ((ip & 0xff00) << 8) | ((ip >>> 8) & 0xff00) | (ip >>> 24)) >>> 0;
}
