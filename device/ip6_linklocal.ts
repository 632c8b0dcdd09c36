/**
 * The one IPv6 address that examples wait for: link-local, made of the MAC. The twin sends no IPv6 packet; the address
 * becomes preferred when lwIP's duplicate address detection would have found it free.
 * Source: lwIP netif_create_ip6_linklocal_address(), nd6_tmr()
 */

import { htonl } from '../sockets/sockaddr.ts';
import type { Netif } from '../stack/netif.ts';
import type { Stack } from '../stack/stack.ts';
import type { esp_ip6_addr_t } from './esp_netif_types.ts';

/** ND6_TMR_INTERVAL: at the first tick the neighbours would be asked, at the second the address is nobody else's. */
const ND6_TMR_INTERVAL_MS = 1000;
const TICKS = 2;

export class LinkLocal {
  readonly address: esp_ip6_addr_t;
  isTentative = true;
  private readonly stack: Stack;
  private readonly timer: () => void;

  /** @param onPreferred told the address when it may be used */
  constructor(netif: Netif, onPreferred: (address: esp_ip6_addr_t) => void) {
    const { hi, lo } = netif.hwaddr;
    this.stack = netif.stack;
    this.address = {
      addr: [
        htonl(0xfe800000),
        0,
        htonl(((hi ^ 0x0200) << 16) | ((lo >>> 16) & 0xff00) | 0xff),
        htonl(0xfe000000 | (lo & 0xffffff)),
      ],
      zone: netif.index,
    };
    this.timer = () => {
      this.isTentative = false;
      onPreferred(this.address);
    };
    // The timer ticks from boot on, whether there is something to do or not.
    const { timeouts, port } = this.stack;
    timeouts.at((Math.floor(port.sys_now() / ND6_TMR_INTERVAL_MS) + TICKS) * ND6_TMR_INTERVAL_MS, this.timer);
  }

  /** The interface has lost it. */
  cancel(): void {
    this.stack.timeouts.cancel(this.timer);
  }
}
