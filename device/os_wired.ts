/** Calls of a program to the interface that its board's options describe: its cable, and lwIP's own functions. */

import type { Op } from '../sockets/index.ts';
import { dhcp_inform, dhcp_release_and_stop, dhcp_renew } from '../stack/dhcp.ts';
import { ERR_OK, type err_t } from '../stack/err.ts';
import type { Netif } from '../stack/netif.ts';
import type { Call } from './call.ts';
import type { esp_err_t } from './esp_err.ts';
import { type DhcpServerOptions, dhcpsOptions, parseIp } from './netif_config.ts';
import { OsNetdb } from './os_netdb.ts';

export abstract class OsWired extends OsNetdb {
  /** The link goes down, and with it the cable unless `cableOnly` says that the stack must not hear of it. */
  linkDown({ cableOnly = false } = {}): Call<number> {
    return this.begin('linkDown', -1, this.traced && [], this.board.wired.setLink(this.inTcpip, false, cableOnly));
  }

  linkUp({ cableOnly = false } = {}): Call<number> {
    return this.begin('linkUp', -1, this.traced && [], this.board.wired.setLink(this.inTcpip, true, cableOnly));
  }

  /** esp_netif_down(): address gone, connections aborted. */
  netifDown(): Call<esp_err_t> {
    return this.begin('netifDown', -1, this.traced && [], this.board.wired.setNetif(this.inTcpip, false));
  }

  /** esp_netif_action_connected(): up, with the address that the interface had, or with DHCP. */
  netifUp(): Call<esp_err_t> {
    return this.begin('netifUp', -1, this.traced && [], this.board.wired.setNetif(this.inTcpip, true));
  }

  /** The station is connected to its access point: the cable is plugged in, then netifUp(). */
  staConnected(): Call<esp_err_t> {
    return this.begin('staConnected', -1, this.traced && [], this.board.wired.setStation(this.inTcpip, true));
  }

  /** The station has lost its access point: the cable is pulled, then netifDown(). */
  staDisconnected(): Call<esp_err_t> {
    return this.begin('staDisconnected', -1, this.traced && [], this.board.wired.setStation(this.inTcpip, false));
  }

  /** Change what the DHCP server gives. @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED */
  dhcpsOption(options: DhcpServerOptions): Call<esp_err_t> {
    const changes = dhcpsOptions(options);
    const { esp_netif } = this.board;
    return this.begin(
      'dhcpsOption',
      -1,
      this.traced && [],
      this.inTcpip(() => esp_netif.dhcpsOption(changes)),
    );
  }

  /** esp_netif_set_ip_info(). @param ip,netmask,gw dotted decimal  @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED */
  setIp(ip: string, netmask: string, gw: string): Call<esp_err_t> {
    const info = { ip: parseIp('ip', ip), netmask: parseIp('netmask', netmask), gw: parseIp('gw', gw) };
    const op = this.board.wired.setAddress(this.inTcpip, info);
    return this.begin('setIp', -1, this.traced && [ip, netmask, gw], op);
  }

  /** lwIP's own function, behind esp_netif's back: give the address back and stop. @returns ERR_OK */
  dhcp_release_and_stop(): Call<err_t> {
    return this.onLwip('dhcp_release_and_stop', (netif) => {
      dhcp_release_and_stop(netif);
      return ERR_OK;
    });
  }

  /** lwIP's own function: prolong the lease now. @returns err_t of lwIP, ERR_ARG if the client does not run */
  dhcp_renew(): Call<err_t> {
    return this.onLwip('dhcp_renew', dhcp_renew);
  }

  /** lwIP's own function: tell DHCP servers about a static address. @returns ERR_OK */
  dhcp_inform(): Call<err_t> {
    return this.onLwip('dhcp_inform', (netif) => {
      dhcp_inform(netif);
      return ERR_OK;
    });
  }

  private onLwip(fn: string, action: (netif: Netif) => err_t): Call<err_t> {
    const netif = this.board.esp_netif.netif!;
    return this.begin(
      fn,
      -1,
      this.traced && [],
      this.inTcpip(() => action(netif)),
    );
  }

  /** Have the tcpip thread do something for this task. */
  protected readonly inTcpip = <T>(action: () => T): Op<T> => this.sockets.inTcpipThread(this.task, action);
}
