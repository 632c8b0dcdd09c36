/**
 * The interface that a board's options describe: it is there when the board has booted, with a static address, as a DHCP
 * client or as a soft-AP's DHCP server (rules S1 and B1).
 */

import type { Op } from '../sockets/sys_arch.ts';
import { dns_setserver } from '../stack/dns.ts';
import { netif_set_link_down, netif_set_link_up } from '../stack/netif.ts';
import type { DhcpsOptions } from './dhcpserver.ts';
import { ESP_OK, type esp_err_t } from './esp_err.ts';
import type { EspNetif, EspNetifConfig } from './esp_netif.ts';
import type { IpInfo } from './esp_netif_types.ts';
import type { Plug } from './plug.ts';

/** What the options of a board say about its interface. */
export interface WiredConfig {
  readonly netif: EspNetifConfig;
  /** A client is connected at boot, a server serves from boot on. */
  readonly autostart: boolean;
  /** Name servers, int32 in host order. */
  readonly dns: readonly number[];
  readonly dhcps: Partial<DhcpsOptions>;
}

/** Has the tcpip thread do something. */
export type InTcpipThread = <T>(action: () => T) => Op<T>;

export class WiredInterface {
  readonly plug: Plug;
  readonly esp_netif: EspNetif;
  private readonly config: WiredConfig;
  private readonly onReturn: () => void;

  /** @param onReturn told that an interface with a static address has come back, in the tcpip thread */
  constructor(plug: Plug, esp_netif: EspNetif, config: WiredConfig, onReturn: () => void) {
    this.onReturn = onReturn;
    this.plug = plug;
    this.esp_netif = esp_netif;
    this.config = config;
    esp_netif.driver = plug;
    plug.attach(esp_netif);
    plug.cable = !esp_netif.isClient || config.autostart;
  }

  /** Bring it up, in the tcpip thread. */
  boot(): void {
    const { esp_netif, config } = this;
    esp_netif.dhcpsOption(config.dhcps);
    esp_netif.esp_netif_start(config.autostart);
    if (!esp_netif.isServer && config.autostart) {
      esp_netif.esp_netif_up();
      esp_netif.afterConnected();
    }
    config.dns.forEach((addr, n) => {
      dns_setserver(esp_netif.netif!.stack, n, addr);
    });
  }

  // What os.linkDown() and its like do: the cable at once, the rest in the tcpip thread.

  *setLink(inTcpipThread: InTcpipThread, up: boolean, cableOnly: boolean): Op<number> {
    const netif = this.esp_netif.netif!;
    this.plug.cable = up;
    if (cableOnly) return 0;
    yield* inTcpipThread(() => (up ? netif_set_link_up(netif) : netif_set_link_down(netif)));
    return 0;
  }

  /** Up means connected: a DHCP client asks for an address, a static one is announced. */
  *setNetif(inTcpipThread: InTcpipThread, up: boolean): Op<esp_err_t> {
    const { esp_netif } = this;
    yield* inTcpipThread(() => (up ? this.up() : esp_netif.esp_netif_down()));
    if (!up || !esp_netif.isClient) return ESP_OK;
    return yield* inTcpipThread(() => esp_netif.afterConnected());
  }

  /** Up again; a static address is there at once. In the tcpip thread. */
  up(): void {
    const { esp_netif } = this;
    esp_netif.esp_netif_up();
    if (!esp_netif.isClient && !esp_netif.isServer) this.onReturn();
  }

  *setStation(inTcpipThread: InTcpipThread, connected: boolean): Op<esp_err_t> {
    this.plug.cable = connected;
    return yield* this.setNetif(inTcpipThread, connected);
  }

  setAddress(inTcpipThread: InTcpipThread, info: IpInfo): Op<esp_err_t> {
    return inTcpipThread(() => this.esp_netif.esp_netif_set_ip_info(info));
  }
}
