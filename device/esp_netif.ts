/**
 * The life of a network interface as esp_netif leads it: added, up and down, DHCP client or server, lost addresses,
 * events. Everything here runs in the tcpip thread. Source: ESP-IDF components/esp_netif/lwip/esp_netif_lwip.c
 */

import { dhcp_start, dhcp_stop } from '../stack/dhcp.ts';
import { dns_fallback_server_index, dns_getserver, dns_setserver } from '../stack/dns.ts';
import { ERR_IF, ERR_OK, type err_t } from '../stack/err.ts';
import { etharp_gratuitous } from '../stack/etharp.ts';
import type { Frame } from '../stack/frame.ts';
import {
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_ETHARP,
  NETIF_FLAG_IGMP,
  NETIF_FLAG_UP,
  Netif,
  netif_add,
  netif_remove,
  netif_set_addr,
  netif_set_down,
  netif_set_link_down,
  netif_set_link_up,
  netif_set_up,
} from '../stack/netif.ts';
import type { EthAddr } from '../stack/prot/ethernet.ts';
import { IPADDR_ANY } from '../stack/prot/ip4.ts';
import type { Stack } from '../stack/stack.ts';
import { DhcpServer, type DhcpsOptions } from './dhcpserver.ts';
import {
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED,
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED,
  ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED,
  ESP_ERR_ESP_NETIF_DHCPC_START_FAILED,
  ESP_ERR_ESP_NETIF_DHCPS_START_FAILED,
  ESP_ERR_ESP_NETIF_IF_NOT_READY,
  ESP_ERR_ESP_NETIF_INVALID_PARAMS,
  ESP_ERR_INVALID_STATE,
  ESP_FAIL,
  ESP_OK,
  type esp_err_t,
} from './esp_err.ts';
import {
  ESP_NETIF_DHCP_CLIENT,
  ESP_NETIF_DHCP_INIT,
  ESP_NETIF_DHCP_SERVER,
  ESP_NETIF_DHCP_STARTED,
  ESP_NETIF_DHCP_STOPPED,
  ESP_NETIF_FLAG_AUTOUP,
  ESP_NETIF_FLAG_GARP,
  type esp_ip6_addr_t,
  type esp_netif_dhcp_status_t,
  type IpInfo,
} from './esp_netif_types.ts';
import { LinkLocal } from './ip6_linklocal.ts';

/** Something that esp_netif posts to the event loop, or ('ip_cleared') an address that went away. */
export interface IpEvent {
  readonly event: 'ip_assigned' | 'ip_changed' | 'ip_cleared' | 'ip_lost' | 'dhcps_assigned';
  readonly info: IpInfo;
  /** The address differs from the one that was announced last. */
  readonly ip_changed: boolean;
  /** Of the client ('dhcps_assigned'). */
  readonly mac: EthAddr | null;
}

/** What an interface needs of its board. */
export interface EspNetifBoard {
  readonly stack: Stack;
  onIpEvent(esp_netif: EspNetif, event: IpEvent): void;
  /** The address from DHCP that is kept through a loss of power, int32 in host order; IPADDR_ANY if there is none. */
  lastAddress(esp_netif: EspNetif): number;
  onIp6Event(esp_netif: EspNetif, address: esp_ip6_addr_t): void;
  /** It has come up with an address, or gone down: which interface is the default one now? */
  chooseDefault(esp_netif: EspNetif, isUp: boolean): void;
}

/** The hardware below an interface. */
export interface NetifDriver {
  readonly mtu: number;
  /** Takes its own reference. */
  transmit(frame: Frame): err_t;
  /** An interface is put on top of it, or taken away. */
  attach(esp_netif: EspNetif | null): void;
}

/** What an interface is born with; addresses as int32 in host order. Source: esp_netif_inherent_config_t */
export interface EspNetifConfig {
  readonly flags: number;
  readonly mac: EthAddr;
  readonly info: IpInfo;
  readonly get_ip_event: number;
  readonly lost_ip_event: number;
  readonly if_key: string;
  readonly if_desc: string;
  readonly route_prio: number;
  /** The two letters that lwIP names it by. */
  readonly name: string;
  readonly hostname: string;
}

const ESP_NETIF_HOSTNAME_MAX_SIZE = 32;

export const NO_ADDRESS: IpInfo = { ip: IPADDR_ANY, netmask: IPADDR_ANY, gw: IPADDR_ANY };

export class EspNetif {
  readonly config: EspNetifConfig;
  readonly isClient: boolean;
  readonly isServer: boolean;
  route_prio: number;
  mac: EthAddr;
  hostname: string;
  driver: NetifDriver | null = null;
  /** lwIP's interface, from start() to stop(). */
  netif: Netif | null = null;
  /** Source: dhcpc_status, dhcps_status */
  dhcp_status: esp_netif_dhcp_status_t = ESP_NETIF_DHCP_INIT;
  private readonly board: EspNetifBoard;
  /** The static address, or what is remembered of the one from DHCP. */
  private ip_info: IpInfo;
  /** What was announced last. */
  private ip_info_old = NO_ADDRESS;
  /** The lost-IP timer while it runs. */
  private lostTimer: (() => void) | null = null;
  private garpTimer: (() => void) | null = null;
  private readonly dhcps: DhcpServer | null;
  private linkLocal: LinkLocal | null = null;

  constructor(config: EspNetifConfig, board: EspNetifBoard) {
    this.config = config;
    this.board = board;
    this.isClient = (config.flags & ESP_NETIF_DHCP_CLIENT) !== 0;
    this.isServer = (config.flags & ESP_NETIF_DHCP_SERVER) !== 0;
    this.route_prio = config.route_prio;
    this.mac = config.mac;
    this.hostname = config.hostname;
    this.ip_info = config.info;
    this.dhcps = this.isServer ? new DhcpServer((ip, mac) => this.onLease(ip, mac)) : null;
  }

  get isUp(): boolean {
    return this.netif !== null && (this.netif.flags & NETIF_FLAG_UP) !== 0;
  }

  get hasAddress(): boolean {
    return this.netif !== null && this.netif.ip_addr !== IPADDR_ANY;
  }

  /** What its DHCP server gives; null without one. */
  get dhcpsOptions(): DhcpsOptions | null {
    return this.dhcps === null ? null : this.dhcps.options;
  }

  /** Something will happen by itself that a program may wait for: a timer runs that ends in an event. */
  get isAboutToPost(): boolean {
    return this.linkLocal?.isTentative ?? false;
  }

  /** The lost-IP timer runs, and there was an address to lose. */
  get isLosingAddress(): boolean {
    return this.lostTimer !== null && this.ip_info_old.ip !== IPADDR_ANY;
  }

  // Coming and going

  /**
   * Add the interface to lwIP; a soft-AP's comes up and serves.
   * @param serve false: its DHCP server waits for esp_netif_dhcps_start()
   * @returns ESP_ERR_INVALID_STATE without a driver
   * Source: esp_netif_start()
   */
  esp_netif_start(serve = true): esp_err_t {
    const { config, isServer } = this;
    if (this.driver === null) return ESP_ERR_INVALID_STATE;
    if (this.netif !== null) this.remove(this.netif);
    const netif = this.add(this.driver);
    const announces = (config.flags & ESP_NETIF_FLAG_GARP) !== 0 && netif.stack.opt.ESP_GRATUITOUS_ARP !== 0;
    if (announces) this.armGarp();
    if ((config.flags & ESP_NETIF_FLAG_AUTOUP) !== 0) {
      netif_set_up(netif);
      netif_set_link_up(netif);
    }
    if (isServer && serve && this.dhcp_status !== ESP_NETIF_DHCP_STOPPED) this.esp_netif_dhcps_start();
    if (!this.isClient) this.board.chooseDefault(this, true);
    return ESP_OK;
  }

  /** Source: esp_netif_lwip_add(), ethernetif.c, wlanif.c */
  private add(driver: NetifDriver): Netif {
    const { config } = this;
    const flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_IGMP;
    const netif = new Netif(this.board.stack, config.name, this.mac, driver.mtu, flags, linkoutput);
    netif.state = this;
    this.netif = netif;
    const info = this.isServer ? this.ip_info : NO_ADDRESS;
    netif_add(netif, info.ip, info.netmask, info.gw);
    if (!this.isClient && !this.isServer) return netif;
    netif.ext_callback = () => this.onAddress();
    netif.hostname = this.hostname;
    return netif;
  }

  /** Take the interface out of lwIP. @returns ESP_ERR_ESP_NETIF_IF_NOT_READY if it is not up. Source: esp_netif_stop() */
  esp_netif_stop(): esp_err_t {
    const { netif } = this;
    if (netif === null) return ESP_ERR_ESP_NETIF_IF_NOT_READY;
    if (!this.isUp) {
      this.remove(netif);
      return ESP_ERR_ESP_NETIF_IF_NOT_READY;
    }
    if (this.dhcps !== null) {
      this.dhcps.stop();
      if (this.dhcp_status !== ESP_NETIF_DHCP_STOPPED) this.dhcp_status = ESP_NETIF_DHCP_INIT;
    } else if (this.isClient) {
      // A static address is forgotten as well: the next start asks for one.
      this.releaseAddress(netif);
      this.dhcp_status = ESP_NETIF_DHCP_INIT;
    }
    netif_set_down(netif);
    this.remove(netif);
    this.board.chooseDefault(this, false);
    return ESP_OK;
  }

  private remove(netif: Netif): void {
    const { timeouts } = netif.stack;
    if (this.garpTimer !== null) timeouts.cancel(this.garpTimer);
    this.garpTimer = null;
    this.forgetLinkLocal();
    netif.ext_callback = null;
    netif_remove(netif);
    this.netif = null;
  }

  /** The end. Source: esp_netif_destroy() */
  destroy(): void {
    if (this.netif !== null) {
      this.dhcps?.stop();
      if (this.dhcp_status === ESP_NETIF_DHCP_STARTED && this.isClient) dhcp_stop(this.netif);
      this.remove(this.netif);
    }
    this.stopLostTimer();
    this.board.chooseDefault(this, false);
  }

  transmit(frame: Frame): err_t {
    return this.driver === null ? ERR_IF : this.driver.transmit(frame);
  }

  /** The periodic gratuitous ARP. Source: netif_send_garp() */
  private armGarp(): void {
    const { timeouts, port, opt } = this.board.stack;
    const interval = opt.ESP_GRATUITOUS_ARP_INTERVAL * 1000;
    this.garpTimer = (): void => {
      if (this.isUp && this.hasAddress) etharp_gratuitous(this.netif!);
      timeouts.at(port.sys_now() + interval, this.garpTimer!);
    };
    timeouts.at(port.sys_now() + interval, this.garpTimer);
  }

  // Up and down

  /** With the last or the static address. Source: esp_netif_up() */
  esp_netif_up(): esp_err_t {
    const { netif, ip_info } = this;
    if (netif === null) return ESP_ERR_ESP_NETIF_IF_NOT_READY;
    netif_set_addr(netif, ip_info.ip, ip_info.netmask, ip_info.gw);
    netif_set_up(netif);
    netif_set_link_up(netif);
    if (!this.isClient) this.board.chooseDefault(this, true);
    return ESP_OK;
  }

  /** The address goes, and with it all connections. Source: esp_netif_down() */
  esp_netif_down(): esp_err_t {
    const { netif, isClient } = this;
    if (netif === null) return ESP_ERR_ESP_NETIF_IF_NOT_READY;
    if (isClient && this.dhcp_status === ESP_NETIF_DHCP_STARTED) {
      this.releaseAddress(netif);
      this.dhcp_status = ESP_NETIF_DHCP_INIT;
    }
    this.forgetLinkLocal();
    netif_set_addr(netif, IPADDR_ANY, IPADDR_ANY, IPADDR_ANY);
    netif_set_down(netif);
    netif_set_link_down(netif);
    if (isClient) this.startLostTimer();
    this.board.chooseDefault(this, false);
    return ESP_OK;
  }

  private releaseAddress(netif: Netif): void {
    dhcp_stop(netif);
    this.ip_info = NO_ADDRESS;
  }

  /**
   * The second half of esp_netif_action_connected(), once the interface is up: the client asks for an address, or a
   * static one is announced.
   */
  afterConnected(): esp_err_t {
    if (!this.isClient) return ESP_OK;
    if (this.dhcp_status === ESP_NETIF_DHCP_INIT) return this.esp_netif_dhcpc_start();
    const { ip_info } = this;
    const isStatic = this.dhcp_status === ESP_NETIF_DHCP_STOPPED;
    if (isStatic && ip_info.ip !== IPADDR_ANY && ip_info.netmask !== IPADDR_ANY) this.announce('ip_assigned');
    return ESP_OK;
  }

  // DHCP client

  /** @returns ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPC_START_FAILED if the MTU is below 576 */
  esp_netif_dhcpc_start(): esp_err_t {
    const { netif } = this;
    if (!this.isClient) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STARTED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
    this.ip_info = NO_ADDRESS;
    this.clearDnsServers();
    if (netif === null || !this.isUp) {
      this.dhcp_status = ESP_NETIF_DHCP_INIT;
      return ESP_OK;
    }
    // Behind lwIP's back: connections of a static address are not told that it is gone.
    netif.ip_addr = IPADDR_ANY;
    netif.netmask = IPADDR_ANY;
    netif.gw = IPADDR_ANY;
    this.stopLostTimer();
    this.startLostTimer();
    if (dhcp_start(netif, this.board.lastAddress(this)) !== ERR_OK) return ESP_ERR_ESP_NETIF_DHCPC_START_FAILED;
    this.dhcp_status = ESP_NETIF_DHCP_STARTED;
    return ESP_OK;
  }

  /** Give the address back. @returns ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcpc_stop(): esp_err_t {
    if (!this.isClient) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STOPPED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED;
    if (this.dhcp_status === ESP_NETIF_DHCP_STARTED) {
      this.releaseAddress(this.netif!);
      this.startLostTimer();
    }
    this.dhcp_status = ESP_NETIF_DHCP_STOPPED;
    return ESP_OK;
  }

  // DHCP server

  /** @returns ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPS_START_FAILED without an address */
  esp_netif_dhcps_start(): esp_err_t {
    const { dhcps, ip_info, netif } = this;
    if (dhcps === null) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STARTED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
    this.dhcp_status = ESP_NETIF_DHCP_INIT;
    if (netif === null || !this.isUp) return ESP_OK;
    if (dhcps.start(netif, ip_info.ip, ip_info.netmask) !== ERR_OK) return ESP_ERR_ESP_NETIF_DHCPS_START_FAILED;
    this.dhcp_status = ESP_NETIF_DHCP_STARTED;
    return ESP_OK;
  }

  /** @returns ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcps_stop(): esp_err_t {
    if (this.dhcps === null) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STOPPED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED;
    this.dhcps.stop();
    this.dhcp_status = ESP_NETIF_DHCP_STOPPED;
    return ESP_OK;
  }

  /** Change how the server serves, while it does not. Source: dhcps_set_option_info(), dhcps_dns_setserver_by_type() */
  dhcpsOption(options: Partial<DhcpsOptions>): esp_err_t {
    if (this.dhcps === null) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STARTED) return ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED;
    Object.assign(this.dhcps.options, options);
    return ESP_OK;
  }

  // Addresses and names

  /**
   * Set a static address, which an interface that is down gets when it comes up.
   * @returns ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED while the DHCP client or server runs
   */
  esp_netif_set_ip_info(info: IpInfo): esp_err_t {
    const { netif, isClient } = this;
    const hasDhcp = isClient || this.isServer;
    if (hasDhcp && this.dhcp_status !== ESP_NETIF_DHCP_STOPPED) return ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED;
    if (isClient) this.clearDnsServers();
    const hadAddress = this.ip_info.ip !== IPADDR_ANY;
    this.ip_info = info;
    if (netif === null || (hasDhcp && !this.isUp)) return ESP_OK;
    netif_set_addr(netif, info.ip, info.netmask, info.gw);
    if (isClient && info.ip !== IPADDR_ANY) this.announce(hadAddress ? 'ip_changed' : 'ip_assigned');
    return ESP_OK;
  }

  /** The interface's addresses while it is up, else the stored ones. */
  esp_netif_get_ip_info(): IpInfo {
    const { netif } = this;
    return netif !== null && this.isUp ? { ip: netif.ip_addr, netmask: netif.netmask, gw: netif.gw } : this.ip_info;
  }

  /** @returns ESP_ERR_ESP_NETIF_INVALID_PARAMS for more than 32 characters */
  esp_netif_set_hostname(hostname: string): esp_err_t {
    if (hostname.length > ESP_NETIF_HOSTNAME_MAX_SIZE) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    this.hostname = hostname;
    if (this.netif !== null) this.netif.hostname = hostname;
    return ESP_OK;
  }

  /** Main, backup and fallback name server, int32 in host order. */
  dnsServers(): number[] {
    const { stack } = this.board;
    return Array.from({ length: stack.opt.DNS_MAX_SERVERS }, (_, n) => dns_getserver(stack, n));
  }

  private clearDnsServers(): void {
    const { stack } = this.board;
    for (let n = 0; n < dns_fallback_server_index(stack); n++) dns_setserver(stack, n, IPADDR_ANY);
  }

  // IPv6

  /**
   * Give the interface the link-local address that its MAC makes. @returns ESP_FAIL if it is not up
   * Source: esp_netif_create_ip6_linklocal()
   */
  esp_netif_create_ip6_linklocal(): esp_err_t {
    const { netif, board } = this;
    if (netif === null || !this.isUp) return ESP_FAIL;
    this.forgetLinkLocal();
    this.linkLocal = new LinkLocal(netif, (address) => board.onIp6Event(this, address));
    return ESP_OK;
  }

  /** Its preferred addresses. */
  ip6Addresses(): esp_ip6_addr_t[] {
    return this.linkLocal === null || this.linkLocal.isTentative ? [] : [this.linkLocal.address];
  }

  private forgetLinkLocal(): void {
    this.linkLocal?.cancel();
    this.linkLocal = null;
  }

  // Events

  private onLease(ip: number, mac: EthAddr): void {
    this.board.onIpEvent(this, { event: 'dhcps_assigned', info: { ...NO_ADDRESS, ip }, ip_changed: false, mac });
  }

  /** lwIP has changed the addresses. Source: esp_netif_internal_dhcpc_cb() */
  private onAddress(): void {
    const { ip_info } = this;
    const netif = this.netif!;
    if (netif.ip_addr !== IPADDR_ANY) {
      const info: IpInfo = { ip: netif.ip_addr, netmask: netif.netmask, gw: netif.gw };
      if (equals(info, ip_info)) return;
      this.ip_info = info;
      this.announce(ip_info.ip === IPADDR_ANY ? 'ip_assigned' : 'ip_changed');
      return;
    }
    if (ip_info.ip === IPADDR_ANY) return;
    this.startLostTimer();
    // A static address, and that of a server, comes back with the interface.
    if (this.isClient && this.dhcp_status !== ESP_NETIF_DHCP_STOPPED) this.ip_info = NO_ADDRESS;
    this.board.onIpEvent(this, { event: 'ip_cleared', info: ip_info, ip_changed: false, mac: null });
  }

  /** Post GOT_IP for the address that is remembered now. */
  private announce(event: 'ip_assigned' | 'ip_changed'): void {
    const { ip_info } = this;
    const ip_changed = !equals(ip_info, this.ip_info_old);
    this.ip_info_old = ip_info;
    this.board.chooseDefault(this, true);
    this.board.onIpEvent(this, { event, info: ip_info, ip_changed, mac: null });
  }

  /** Unless it runs: getting an address does not stop it. Source: esp_netif_start_ip_lost_timer() */
  private startLostTimer(): void {
    const { timeouts, port, opt } = this.board.stack;
    if (this.lostTimer !== null || opt.ESP_NETIF_IP_LOST_TIMER_INTERVAL === 0) return;
    this.lostTimer = () => this.onLost();
    timeouts.at(port.sys_now() + opt.ESP_NETIF_IP_LOST_TIMER_INTERVAL * 1000, this.lostTimer);
  }

  private stopLostTimer(): void {
    if (this.lostTimer !== null) this.board.stack.timeouts.cancel(this.lostTimer);
    this.lostTimer = null;
  }

  /** Source: esp_netif_ip_lost_timer() */
  private onLost(): void {
    this.lostTimer = null;
    if (this.hasAddress) return;
    this.ip_info_old = NO_ADDRESS;
    if (!this.isClient) return;
    this.board.onIpEvent(this, { event: 'ip_lost', info: NO_ADDRESS, ip_changed: false, mac: null });
  }
}

function linkoutput(netif: Netif, frame: Frame): err_t {
  return (netif.state as EspNetif).transmit(frame);
}

function equals(a: IpInfo, b: IpInfo): boolean {
  return a.ip === b.ip && a.netmask === b.netmask && a.gw === b.gw;
}
