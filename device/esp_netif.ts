/**
 * The life of a board's network interface as esp_netif leads it: up and down, DHCP client or server, lost addresses,
 * events. Everything here runs in the tcpip thread. Source: ESP-IDF components/esp_netif/lwip/esp_netif_lwip.c
 */

import { type Op, type Sys, type SysThread, WaitList } from '../sockets/sys_arch.ts';
import { dhcp_start, dhcp_stop } from '../stack/dhcp.ts';
import { dns_fallback_server_index, dns_getserver, dns_setserver } from '../stack/dns.ts';
import { ERR_OK } from '../stack/err.ts';
import { etharp_gratuitous } from '../stack/etharp.ts';
import {
  NETIF_FLAG_UP,
  type Netif,
  netif_add,
  netif_set_addr,
  netif_set_down,
  netif_set_link_down,
  netif_set_link_up,
  netif_set_up,
} from '../stack/netif.ts';
import type { EthAddr } from '../stack/prot/ethernet.ts';
import { IPADDR_ANY } from '../stack/prot/ip4.ts';
import { DhcpServer, type DhcpsOptions } from './dhcpserver.ts';
import {
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED,
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED,
  ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED,
  ESP_ERR_ESP_NETIF_DHCPC_START_FAILED,
  ESP_ERR_ESP_NETIF_DHCPS_START_FAILED,
  ESP_ERR_ESP_NETIF_INVALID_PARAMS,
  ESP_OK,
  type esp_err_t,
} from './esp_err.ts';

/** Address, mask and gateway, int32 in host order. */
export interface IpInfo {
  readonly ip: number;
  readonly netmask: number;
  readonly gw: number;
}

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
  readonly sys: Sys;
  onIpEvent(event: IpEvent): void;
}

/** How an interface gets its address, and how it starts. */
export interface EspNetifConfig {
  readonly kind: 'static' | 'dhcp' | 'dhcps';
  readonly info: IpInfo;
  readonly garp: boolean;
  /** dhcp: connected at boot. dhcps: serving from boot on. */
  readonly autostart: boolean;
  readonly hostname: string;
  readonly dns: readonly number[];
  readonly dhcps: Partial<DhcpsOptions>;
}

type esp_netif_dhcp_status_t = number;
const ESP_NETIF_DHCP_INIT = 0;
const ESP_NETIF_DHCP_STARTED = 1;
const ESP_NETIF_DHCP_STOPPED = 2;

const ESP_NETIF_HOSTNAME_MAX_SIZE = 32;

const NO_ADDRESS: IpInfo = { ip: IPADDR_ANY, netmask: IPADDR_ANY, gw: IPADDR_ANY };

/** A task in waitIp(). */
class IpWaiter {
  readonly list = new WaitList();
  hasAddress = false;
}

export class EspNetif {
  readonly netif: Netif;
  /** Source: dhcpc_status, dhcps_status */
  dhcp_status: esp_netif_dhcp_status_t = ESP_NETIF_DHCP_INIT;
  private readonly config: EspNetifConfig;
  private readonly board: EspNetifBoard;
  /** The static address, or what is remembered of the one from DHCP. */
  private ip_info: IpInfo;
  /** What was announced last. */
  private ip_info_old = NO_ADDRESS;
  /** The lost-IP timer while it runs. */
  private lostTimer: (() => void) | null = null;
  private dhcps: DhcpServer | null = null;
  private waiters: (IpWaiter | undefined)[] | null = null;

  constructor(config: EspNetifConfig, netif: Netif, board: EspNetifBoard) {
    this.config = config;
    this.netif = netif;
    this.board = board;
    this.ip_info = config.info;
  }

  private get isUp(): boolean {
    return (this.netif.flags & NETIF_FLAG_UP) !== 0;
  }

  // Coming up

  /** What happens at boot (rules S1 and B1). Source: esp_netif_start(), the default handlers of the Wi-Fi driver */
  start(): void {
    const { config, netif } = this;
    const info = config.kind === 'dhcps' ? config.info : NO_ADDRESS;
    netif_add(netif, info.ip, info.netmask, info.gw);
    if (config.garp) this.armGarp();
    if (config.kind === 'dhcp') this.startClient();
    else if (config.kind === 'dhcps') this.startServer();
    else this.startStatic();
    config.dns.forEach((addr, n) => {
      dns_setserver(netif.stack, n, addr);
    });
  }

  private startStatic(): void {
    this.esp_netif_up();
    this.netif.stack.netif_default = this.netif;
  }

  private startClient(): void {
    const { netif, config } = this;
    netif.ext_callback = () => this.onAddress();
    netif.hostname = config.hostname;
    if (!config.autostart) return;
    this.esp_netif_up();
    this.esp_netif_dhcpc_start();
  }

  private startServer(): void {
    const { netif, config } = this;
    netif.ext_callback = () => this.onAddress();
    netif.hostname = config.hostname;
    netif_set_up(netif);
    netif_set_link_up(netif);
    this.dhcps = new DhcpServer(netif, (ip, mac) => {
      this.board.onIpEvent({ event: 'dhcps_assigned', info: { ...NO_ADDRESS, ip }, ip_changed: false, mac });
    });
    Object.assign(this.dhcps.options, config.dhcps);
    if (config.autostart) this.esp_netif_dhcps_start();
    netif.stack.netif_default = netif;
  }

  /** The periodic gratuitous ARP. Source: netif_send_garp() */
  private armGarp(): void {
    const { netif } = this;
    const { timeouts, port, opt } = netif.stack;
    const interval = opt.ESP_GRATUITOUS_ARP_INTERVAL * 1000;
    const send = (): void => {
      if (this.isUp && netif.ip_addr !== IPADDR_ANY) etharp_gratuitous(netif);
      timeouts.at(port.sys_now() + interval, send);
    };
    timeouts.at(port.sys_now() + interval, send);
  }

  // Up and down

  /** With the last or the static address. Source: esp_netif_up() */
  esp_netif_up(): void {
    const { netif, ip_info } = this;
    netif_set_addr(netif, ip_info.ip, ip_info.netmask, ip_info.gw);
    netif_set_up(netif);
    netif_set_link_up(netif);
  }

  /** The address goes, and with it all connections. Source: esp_netif_down() */
  esp_netif_down(): void {
    const { netif } = this;
    const isClient = this.config.kind === 'dhcp';
    if (isClient && this.dhcp_status === ESP_NETIF_DHCP_STARTED) {
      dhcp_stop(netif);
      this.dhcp_status = ESP_NETIF_DHCP_INIT;
      this.ip_info = NO_ADDRESS;
    }
    netif_set_addr(netif, IPADDR_ANY, IPADDR_ANY, IPADDR_ANY);
    netif_set_down(netif);
    netif_set_link_down(netif);
    if (isClient) this.startLostTimer();
  }

  /**
   * The second half of esp_netif_action_connected(), once the interface is up: the client asks for an address, or a
   * static one is announced.
   */
  afterConnected(): esp_err_t {
    if (this.config.kind !== 'dhcp') return ESP_OK;
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
    if (this.config.kind !== 'dhcp') return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STARTED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
    this.ip_info = NO_ADDRESS;
    this.clearDnsServers();
    if (!this.isUp) {
      this.dhcp_status = ESP_NETIF_DHCP_INIT;
      return ESP_OK;
    }
    // Behind lwIP's back: connections of a static address are not told that it is gone.
    netif.ip_addr = IPADDR_ANY;
    netif.netmask = IPADDR_ANY;
    netif.gw = IPADDR_ANY;
    this.stopLostTimer();
    this.startLostTimer();
    if (dhcp_start(netif) !== ERR_OK) return ESP_ERR_ESP_NETIF_DHCPC_START_FAILED;
    this.dhcp_status = ESP_NETIF_DHCP_STARTED;
    return ESP_OK;
  }

  /** Give the address back. @returns ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcpc_stop(): esp_err_t {
    if (this.config.kind !== 'dhcp') return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STOPPED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED;
    if (this.dhcp_status === ESP_NETIF_DHCP_STARTED) {
      dhcp_stop(this.netif);
      this.ip_info = NO_ADDRESS;
      this.startLostTimer();
    }
    this.dhcp_status = ESP_NETIF_DHCP_STOPPED;
    return ESP_OK;
  }

  // DHCP server

  /** @returns ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPS_START_FAILED without an address */
  esp_netif_dhcps_start(): esp_err_t {
    const { dhcps, ip_info } = this;
    if (dhcps === null) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    if (this.dhcp_status === ESP_NETIF_DHCP_STARTED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
    this.dhcp_status = ESP_NETIF_DHCP_INIT;
    if (!this.isUp) return ESP_OK;
    if (dhcps.start(ip_info.ip, ip_info.netmask) !== ERR_OK) return ESP_ERR_ESP_NETIF_DHCPS_START_FAILED;
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
    const { netif } = this;
    const { kind } = this.config;
    if (kind !== 'static' && this.dhcp_status !== ESP_NETIF_DHCP_STOPPED) return ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED;
    if (kind === 'dhcp') this.clearDnsServers();
    const hadAddress = this.ip_info.ip !== IPADDR_ANY;
    this.ip_info = info;
    if (kind !== 'static' && !this.isUp) return ESP_OK;
    netif_set_addr(netif, info.ip, info.netmask, info.gw);
    if (kind === 'dhcp' && info.ip !== IPADDR_ANY) this.announce(hadAddress ? 'ip_changed' : 'ip_assigned');
    return ESP_OK;
  }

  /** The interface's addresses while it is up, else the stored ones. */
  esp_netif_get_ip_info(): IpInfo {
    const { netif } = this;
    return this.isUp ? { ip: netif.ip_addr, netmask: netif.netmask, gw: netif.gw } : this.ip_info;
  }

  /** @returns ESP_ERR_ESP_NETIF_INVALID_PARAMS for more than 32 characters */
  esp_netif_set_hostname(hostname: string): esp_err_t {
    if (hostname.length > ESP_NETIF_HOSTNAME_MAX_SIZE) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    this.netif.hostname = hostname;
    return ESP_OK;
  }

  /** Main, backup and fallback name server, int32 in host order. */
  dnsServers(): number[] {
    const { stack } = this.netif;
    return Array.from({ length: stack.opt.DNS_MAX_SERVERS }, (_, n) => dns_getserver(stack, n));
  }

  private clearDnsServers(): void {
    const { stack } = this.netif;
    for (let n = 0; n < dns_fallback_server_index(stack); n++) dns_setserver(stack, n, IPADDR_ANY);
  }

  // Events

  /** lwIP has changed the addresses. Source: esp_netif_internal_dhcpc_cb() */
  private onAddress(): void {
    const { netif, ip_info } = this;
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
    if (this.config.kind === 'dhcp' && this.dhcp_status !== ESP_NETIF_DHCP_STOPPED) this.ip_info = NO_ADDRESS;
    this.board.onIpEvent({ event: 'ip_cleared', info: ip_info, ip_changed: false, mac: null });
  }

  /** Post GOT_IP for the address that is remembered now. */
  private announce(event: 'ip_assigned' | 'ip_changed'): void {
    const { netif, ip_info } = this;
    const ip_changed = !equals(ip_info, this.ip_info_old);
    this.ip_info_old = ip_info;
    netif.stack.netif_default = netif;
    this.board.onIpEvent({ event, info: ip_info, ip_changed, mac: null });
    this.wakeWaiters();
  }

  /** Unless it runs: getting an address does not stop it. Source: esp_netif_start_ip_lost_timer() */
  private startLostTimer(): void {
    if (this.lostTimer !== null) return;
    const { timeouts, port, opt } = this.netif.stack;
    this.lostTimer = () => this.onLost();
    timeouts.at(port.sys_now() + opt.ESP_NETIF_IP_LOST_TIMER_INTERVAL * 1000, this.lostTimer);
  }

  private stopLostTimer(): void {
    if (this.lostTimer !== null) this.netif.stack.timeouts.cancel(this.lostTimer);
    this.lostTimer = null;
  }

  /** Source: esp_netif_ip_lost_timer() */
  private onLost(): void {
    this.lostTimer = null;
    if (this.netif.ip_addr !== IPADDR_ANY) return;
    this.ip_info_old = NO_ADDRESS;
    if (this.config.kind !== 'dhcp') return;
    this.board.onIpEvent({ event: 'ip_lost', info: NO_ADDRESS, ip_changed: false, mac: null });
  }

  // Waiting for an address

  /** Wait until the interface has an address. @returns 0, or -1 after `ticks` without one */
  *waitIp(thread: SysThread, ticks: number): Op<number> {
    if (this.netif.ip_addr !== IPADDR_ANY) return 0;
    const waiter = new IpWaiter();
    const slot = this.slotFor(waiter);
    const deadlineUs = ticks === Number.POSITIVE_INFINITY ? ticks : this.board.sys.deadline(ticks);
    while (!waiter.hasAddress && this.board.sys.block(thread, waiter.list, deadlineUs)) yield;
    this.waiters![slot] = undefined;
    return waiter.hasAddress ? 0 : -1;
  }

  /** The first free place: those who wait are woken in order of their places. */
  private slotFor(waiter: IpWaiter): number {
    this.waiters ??= [];
    const free = this.waiters.indexOf(undefined);
    const slot = free < 0 ? this.waiters.length : free;
    this.waiters[slot] = waiter;
    return slot;
  }

  private wakeWaiters(): void {
    if (this.waiters === null) return;
    for (const waiter of this.waiters) {
      if (waiter === undefined || waiter.list.head === null) continue;
      waiter.hasAddress = true;
      this.board.sys.wake(waiter.list);
      this.board.sys.preemptIfHigher();
    }
  }
}

function equals(a: IpInfo, b: IpInfo): boolean {
  return a.ip === b.ip && a.netmask === b.netmask && a.gw === b.gw;
}
