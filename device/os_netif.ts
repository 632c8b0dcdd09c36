/** Calls of a program to its network interfaces, through the tcpip thread as esp_netif does it. */

import { htonl, type Op } from '../sockets/index.ts';
import { dhcp_inform, dhcp_release_and_stop, dhcp_renew } from '../stack/dhcp.ts';
import { ERR_OK, type err_t } from '../stack/err.ts';
import type { Call } from './call.ts';
import { ESP_OK, type esp_err_t } from './esp_err.ts';
import type { EspNetif } from './esp_netif.ts';
import { type DhcpServerOptions, dhcpsOptions } from './netif_config.ts';
import { OsNetdb } from './os_netdb.ts';

/** Network order, as in_addr.s_addr. */
export interface esp_ip4_addr_t {
  addr: number;
}

export interface esp_netif_ip_info_t {
  ip: esp_ip4_addr_t;
  netmask: esp_ip4_addr_t;
  gw: esp_ip4_addr_t;
}

export abstract class OsNetif extends OsNetdb {
  /** The link goes down, and with it the cable unless `cableOnly` says that the stack must not hear of it. */
  linkDown({ cableOnly = false } = {}): Call<number> {
    return this.begin('linkDown', -1, this.traced && [], this.board.setLink(this.task, false, cableOnly));
  }

  linkUp({ cableOnly = false } = {}): Call<number> {
    return this.begin('linkUp', -1, this.traced && [], this.board.setLink(this.task, true, cableOnly));
  }

  /** esp_netif_down(): address gone, connections aborted. */
  netifDown(): Call<esp_err_t> {
    return this.begin('netifDown', -1, this.traced && [], this.board.setNetif(this.task, false));
  }

  /** esp_netif_action_connected(): up, with the address that the interface had, or with DHCP. */
  netifUp(): Call<esp_err_t> {
    return this.begin('netifUp', -1, this.traced && [], this.board.setNetif(this.task, true));
  }

  /** The station is connected to its access point: the cable is plugged in, then netifUp(). */
  staConnected(): Call<esp_err_t> {
    return this.begin('staConnected', -1, this.traced && [], this.board.setStation(this.task, true));
  }

  /** The station has lost its access point: the cable is pulled, then netifDown(). */
  staDisconnected(): Call<esp_err_t> {
    return this.begin('staDisconnected', -1, this.traced && [], this.board.setStation(this.task, false));
  }

  /** Wait until the interface has an address. @returns 0, or -1 after `ms` (rounded down to ticks) without one */
  waitIp(ms = Number.POSITIVE_INFINITY): Call<number> {
    const op = this.board.esp_netif.waitIp(this.task, this.pdMS_TO_TICKS(ms));
    return this.begin('waitIp', -1, this.traced && [ms], op);
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPC_START_FAILED */
  esp_netif_dhcpc_start(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcpc_start', [], (n) => n.esp_netif_dhcpc_start());
  }

  /** The address is given back. @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcpc_stop(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcpc_stop', [], (n) => n.esp_netif_dhcpc_stop());
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPS_START_FAILED */
  esp_netif_dhcps_start(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcps_start', [], (n) => n.esp_netif_dhcps_start());
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcps_stop(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcps_stop', [], (n) => n.esp_netif_dhcps_stop());
  }

  /** Change what the DHCP server gives. @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED */
  dhcpsOption(options: DhcpServerOptions): Call<esp_err_t> {
    const changes = dhcpsOptions(options);
    return this.onNetif('dhcpsOption', [], (n) => n.dhcpsOption(changes));
  }

  /** The interface's addresses while it is up, else the stored ones. @param ip_info filled in, network order */
  esp_netif_get_ip_info(ip_info: esp_netif_ip_info_t): Call<esp_err_t> {
    const { esp_netif } = this.board;
    // biome-ignore lint/correctness/useYield: a call like all others, though it never waits.
    const get = function* (): Op<esp_err_t> {
      const { ip, netmask, gw } = esp_netif.esp_netif_get_ip_info();
      ip_info.ip.addr = htonl(ip);
      ip_info.netmask.addr = htonl(netmask);
      ip_info.gw.addr = htonl(gw);
      return ESP_OK;
    };
    return this.begin('esp_netif_get_ip_info', -1, this.traced && [], get());
  }

  /** Used by the next DHCP message. @returns ESP_OK, ESP_ERR_ESP_NETIF_INVALID_PARAMS for more than 32 characters */
  esp_netif_set_hostname(hostname: string): Call<esp_err_t> {
    return this.onNetif('esp_netif_set_hostname', [hostname], (n) => n.esp_netif_set_hostname(hostname));
  }

  /** lwIP's own function, behind esp_netif's back: give the address back and stop. @returns ERR_OK */
  dhcp_release_and_stop(): Call<err_t> {
    return this.onNetif('dhcp_release_and_stop', [], (n) => {
      dhcp_release_and_stop(n.netif);
      return ERR_OK;
    });
  }

  /** lwIP's own function: prolong the lease now. @returns err_t of lwIP, ERR_ARG if the client does not run */
  dhcp_renew(): Call<err_t> {
    return this.onNetif('dhcp_renew', [], (n) => dhcp_renew(n.netif));
  }

  /** lwIP's own function: tell DHCP servers about a static address. @returns ERR_OK */
  dhcp_inform(): Call<err_t> {
    return this.onNetif('dhcp_inform', [], (n) => {
      dhcp_inform(n.netif);
      return ERR_OK;
    });
  }

  private onNetif(fn: string, args: (number | string)[], action: (esp_netif: EspNetif) => number): Call<number> {
    return this.begin(fn, -1, this.traced && args, this.board.onNetif(this.task, action));
  }

  /** esp_netif_set_ip_info(). @param ip,netmask,gw dotted decimal  @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED */
  setIp(ip: string, netmask: string, gw: string): Call<esp_err_t> {
    return this.begin('setIp', -1, this.traced && [ip, netmask, gw], this.board.setAddress(this.task, ip, netmask, gw));
  }
}
