/** esp_netif as a program sees it, with ESP-IDF's names, arguments and results. */

import { htonl, ntohl, type Op } from '../sockets/index.ts';
import { formatEthAddr, parseEthAddr } from '../stack/prot/ethernet.ts';
import { ip4addr_ntoa } from '../stack/prot/ip4.ts';
import type { Call } from './call.ts';
import { ESP_ERR_ESP_NETIF_INVALID_PARAMS, ESP_ERR_INVALID_ARG, ESP_OK, type esp_err_t } from './esp_err.ts';
import type { NetifDriver } from './esp_netif.ts';
import {
  type esp_ip6_addr_t,
  type esp_netif_dns_info_t,
  type esp_netif_inherent_config_t,
  type esp_netif_ip_info_t,
  type esp_netif_t,
  fromIpInfo,
  toIpInfo,
} from './esp_netif_types.ts';
import { dhcpsOption, getDns, netifConfigOf, type OptionValue, setDns } from './netif_options.ts';
import { OsWired } from './os_wired.ts';

/** Where a call puts what a C program's pointer says. */
export interface ValueOut<T> {
  value: T;
}

export abstract class OsNetif extends OsWired {
  /** The stack runs since boot. @returns ESP_OK */
  esp_netif_init(): Call<esp_err_t> {
    return this.netifCall('esp_netif_init', [], () => ESP_OK);
  }

  // Interfaces

  /** @returns an interface that is not attached to hardware yet; null if there is one of that key */
  esp_netif_new(config: esp_netif_inherent_config_t): esp_netif_t | null {
    return this.board.netifs.create(netifConfigOf(config, this.board.localHostname));
  }

  esp_netif_destroy(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_destroy', [nameOf(esp_netif)], () => {
      this.board.netifs.destroy(esp_netif);
      return ESP_OK;
    });
  }

  /** @param driver what carries its frames @returns ESP_OK */
  esp_netif_attach(esp_netif: esp_netif_t, driver: NetifDriver): Call<esp_err_t> {
    return this.netifCall('esp_netif_attach', [nameOf(esp_netif)], () => {
      esp_netif.driver = driver;
      driver.attach(esp_netif);
      return ESP_OK;
    });
  }

  /** @param if_key "WIFI_STA_DEF", "WIFI_AP_DEF", "ETH_DEF"; "LAN_DEF" is the interface of the board's options  @returns null if there is none */
  esp_netif_get_handle_from_ifkey(if_key: string): esp_netif_t | null {
    return this.board.netifs.withKey(if_key);
  }

  /** @returns the interface behind this one, the first one behind null; null behind the last */
  esp_netif_next_unsafe(esp_netif: esp_netif_t | null): esp_netif_t | null {
    return this.board.netifs.next(esp_netif);
  }

  esp_netif_get_nr_of_ifs(): number {
    return this.board.netifs.all.length;
  }

  esp_netif_get_ifkey(esp_netif: esp_netif_t): string {
    return esp_netif.config.if_key;
  }

  esp_netif_get_desc(esp_netif: esp_netif_t): string {
    return esp_netif.config.if_desc;
  }

  esp_netif_get_flags(esp_netif: esp_netif_t): number {
    return esp_netif.config.flags;
  }

  esp_netif_get_route_prio(esp_netif: esp_netif_t): number {
    return esp_netif.route_prio;
  }

  /** @returns the priority that it had */
  esp_netif_set_route_prio(esp_netif: esp_netif_t, route_prio: number): number {
    const before = esp_netif.route_prio;
    esp_netif.route_prio = route_prio;
    return before;
  }

  esp_netif_is_netif_up(esp_netif: esp_netif_t): boolean {
    return esp_netif.isUp;
  }

  /** @returns lwIP's number of it, -1 while lwIP does not know it */
  esp_netif_get_netif_impl_index(esp_netif: esp_netif_t): number {
    return esp_netif.netif?.index ?? -1;
  }

  /** @param name filled in, "st1"  @returns ESP_OK, ESP_ERR_ESP_NETIF_INVALID_PARAMS while lwIP does not know it */
  esp_netif_get_netif_impl_name(esp_netif: esp_netif_t, name: ValueOut<string>): esp_err_t {
    const { netif } = esp_netif;
    if (netif === null) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    name.value = `${netif.name}${netif.num}`;
    return ESP_OK;
  }

  esp_netif_get_default_netif(): esp_netif_t | null {
    return this.board.netifs.default;
  }

  /** Whatever comes up later: this is the default interface. @returns ESP_OK */
  esp_netif_set_default_netif(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_set_default_netif', [nameOf(esp_netif)], () => {
      this.board.netifs.pin(esp_netif);
      return ESP_OK;
    });
  }

  /** @param mac filled in, "24:0a:c4:00:00:01" */
  esp_netif_get_mac(esp_netif: esp_netif_t, mac: ValueOut<string>): esp_err_t {
    mac.value = formatEthAddr(esp_netif.mac);
    return ESP_OK;
  }

  esp_netif_set_mac(esp_netif: esp_netif_t, mac: string): Call<esp_err_t> {
    const addr = parseEthAddr(mac);
    return this.netifCall('esp_netif_set_mac', [nameOf(esp_netif), mac], () => {
      esp_netif.mac = addr;
      if (esp_netif.netif !== null) esp_netif.netif.hwaddr = addr;
      return ESP_OK;
    });
  }

  // Actions: what default handlers do

  esp_netif_action_start(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_action_start', [nameOf(esp_netif)], () => esp_netif.esp_netif_start());
  }

  esp_netif_action_stop(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_action_stop', [nameOf(esp_netif)], () => esp_netif.esp_netif_stop());
  }

  /** Up; then a client asks for an address, and a static one is announced. */
  esp_netif_action_connected(esp_netif: esp_netif_t): Call<esp_err_t> {
    const self = this;
    const connect = function* (): Op<esp_err_t> {
      yield* self.inTcpip(() => esp_netif.esp_netif_up());
      return yield* self.inTcpip(() => esp_netif.afterConnected());
    };
    return this.begin('esp_netif_action_connected', -1, this.traced && [nameOf(esp_netif)], connect());
  }

  esp_netif_action_disconnected(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_action_disconnected', [nameOf(esp_netif)], () => esp_netif.esp_netif_down());
  }

  // Addresses and names

  /** The interface's addresses while it is up, else the stored ones. @param ip_info filled in, network order */
  esp_netif_get_ip_info(esp_netif: esp_netif_t, ip_info: esp_netif_ip_info_t): Call<esp_err_t> {
    // biome-ignore lint/correctness/useYield: a call like all others, though it never waits.
    const get = function* (): Op<esp_err_t> {
      Object.assign(ip_info, fromIpInfo(esp_netif.esp_netif_get_ip_info()));
      return ESP_OK;
    };
    return this.begin('esp_netif_get_ip_info', -1, this.traced && [], get());
  }

  /**
   * Set a static address, which an interface that is down gets when it comes up.
   * @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED while the DHCP client or server runs
   */
  esp_netif_set_ip_info(esp_netif: esp_netif_t, ip_info: esp_netif_ip_info_t): Call<esp_err_t> {
    const info = toIpInfo(ip_info);
    const args = [nameOf(esp_netif), ip4addr_ntoa(info.ip), ip4addr_ntoa(info.netmask), ip4addr_ntoa(info.gw)];
    return this.netifCall('esp_netif_set_ip_info', args, () => esp_netif.esp_netif_set_ip_info(info));
  }

  /** Wait until the board has an address. @returns 0, or -1 after `ms` (rounded down to ticks) without one */
  waitIp(ms = Number.POSITIVE_INFINITY): Call<number> {
    const op = this.board.netifs.waitIp(this.task, this.pdMS_TO_TICKS(ms));
    return this.begin('waitIp', -1, this.traced && [ms], op);
  }

  /** Used by the next DHCP message. @returns ESP_OK, ESP_ERR_ESP_NETIF_INVALID_PARAMS for more than 32 characters */
  esp_netif_set_hostname(esp_netif: esp_netif_t, hostname: string): Call<esp_err_t> {
    return this.netifCall('esp_netif_set_hostname', [hostname], () => esp_netif.esp_netif_set_hostname(hostname));
  }

  esp_netif_get_hostname(esp_netif: esp_netif_t, hostname: ValueOut<string>): esp_err_t {
    hostname.value = esp_netif.hostname;
    return ESP_OK;
  }

  /**
   * A client's: a slot of the resolver, which all interfaces share. A server's: what it tells its clients.
   * @param type ESP_NETIF_DNS_MAIN, _BACKUP, _FALLBACK
   * @returns ESP_OK, ESP_ERR_ESP_NETIF_INVALID_PARAMS for 0.0.0.0 and for a server's fallback
   */
  esp_netif_set_dns_info(esp_netif: esp_netif_t, type: number, dns: esp_netif_dns_info_t): Call<esp_err_t> {
    const addr = ntohl(dns.ip.u_addr.ip4.addr) | 0;
    return this.netifCall('esp_netif_set_dns_info', [nameOf(esp_netif), type, ip4addr_ntoa(addr)], () =>
      setDns(esp_netif, this.board.stack, type, addr),
    );
  }

  /** @param dns filled in */
  esp_netif_get_dns_info(esp_netif: esp_netif_t, type: number, dns: esp_netif_dns_info_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_get_dns_info', [nameOf(esp_netif), type], () => {
      dns.ip = { u_addr: { ip4: { addr: htonl(getDns(esp_netif, type)) } }, type: 0 };
      return ESP_OK;
    });
  }

  /** The link-local address that the MAC makes; IP_EVENT_GOT_IP6 follows when it is known to be free. @returns ESP_OK, ESP_FAIL unless up */
  esp_netif_create_ip6_linklocal(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_create_ip6_linklocal', [nameOf(esp_netif)], () =>
      esp_netif.esp_netif_create_ip6_linklocal(),
    );
  }

  /** @param if_ip6 filled with the preferred addresses  @returns how many there are */
  esp_netif_get_all_ip6(esp_netif: esp_netif_t, if_ip6: esp_ip6_addr_t[]): number {
    const addresses = esp_netif.ip6Addresses();
    addresses.forEach((address, i) => {
      if_ip6[i] = address;
    });
    return addresses.length;
  }

  // DHCP

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPC_START_FAILED */
  esp_netif_dhcpc_start(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_dhcpc_start', [], () => esp_netif.esp_netif_dhcpc_start());
  }

  /** The address is given back. @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcpc_stop(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_dhcpc_stop', [], () => esp_netif.esp_netif_dhcpc_stop());
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPS_START_FAILED */
  esp_netif_dhcps_start(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_dhcps_start', [], () => esp_netif.esp_netif_dhcps_start());
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcps_stop(esp_netif: esp_netif_t): Call<esp_err_t> {
    return this.netifCall('esp_netif_dhcps_stop', [], () => esp_netif.esp_netif_dhcps_stop());
  }

  /** @param status filled in  @returns ESP_OK, ESP_ERR_INVALID_ARG for a server */
  esp_netif_dhcpc_get_status(esp_netif: esp_netif_t, status: ValueOut<number>): esp_err_t {
    if (esp_netif.isServer) return ESP_ERR_INVALID_ARG;
    status.value = esp_netif.dhcp_status;
    return ESP_OK;
  }

  esp_netif_dhcps_get_status(esp_netif: esp_netif_t, status: ValueOut<number>): esp_err_t {
    if (esp_netif.isClient) return ESP_ERR_INVALID_ARG;
    status.value = esp_netif.dhcp_status;
    return ESP_OK;
  }

  /**
   * Look at or change what a DHCP server gives.
   * @param opt_op ESP_NETIF_OP_SET or ESP_NETIF_OP_GET  @param opt_id ESP_NETIF_DOMAIN_NAME_SERVER and its like
   * @param opt_val a number (flags; minutes of a lease), a dhcps_lease_t, or the URI
   * @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, _ALREADY_STOPPED, ESP_ERR_ESP_NETIF_INVALID_PARAMS
   */
  esp_netif_dhcps_option(
    esp_netif: esp_netif_t,
    opt_op: number,
    opt_id: number,
    opt_val: OptionValue,
  ): Call<esp_err_t> {
    return this.netifCall('esp_netif_dhcps_option', [opt_op, opt_id], () =>
      dhcpsOption(esp_netif, opt_op, opt_id, opt_val),
    );
  }

  protected netifCall(fn: string, args: (number | string)[], action: () => number): Call<number> {
    return this.begin(fn, -1, this.traced && args, this.inTcpip(action));
  }
}

function nameOf(esp_netif: esp_netif_t): string {
  return esp_netif.config.if_key;
}
