/** The link layer: from the driver into the stack, and from a packet to a frame. Source: lwIP ethernet.c */

import { ERR_IF, type err_t } from './err.ts';
import { etharp_input } from './etharp.ts';
import { FRAME_IP, FRAME_START, type Frame } from './frame.ts';
import { ip4_input } from './ip4.ts';
import { NETIF_FLAG_ETHARP, type Netif } from './netif.ts';
import { getU16, putU16 } from './prot/bytes.ts';
import {
  ETH_DEST,
  ETH_SRC,
  ETH_TYPE,
  ETHTYPE_ARP,
  ETHTYPE_IP,
  type EthAddr,
  putEthAddr,
  SIZEOF_ETH_HDR,
} from './prot/ethernet.ts';

/**
 * Take a frame from the driver, in the tcpip thread. The destination address was the driver's business.
 * Takes over the caller's reference.
 */
export function ethernet_input(frame: Frame, netif: Netif): void {
  if (frame.len <= SIZEOF_ETH_HDR) netif.stack.stats.link_lenerr++;
  else if ((netif.flags & NETIF_FLAG_ETHARP) !== 0) {
    switch (getU16(frame.bytes, FRAME_START + ETH_TYPE)) {
      case ETHTYPE_IP:
        ip4_input(netif.stack, frame, FRAME_IP, frame.len - SIZEOF_ETH_HDR, netif);
        break;
      case ETHTYPE_ARP:
        etharp_input(netif, frame);
        break;
      default:
        netif.stack.stats.link_proterr++;
    }
  }
  frame.release();
}

/** Put the link header on a packet and hand it to the driver. */
export function ethernet_output(netif: Netif, frame: Frame, dest: EthAddr, type: number): err_t {
  const b = frame.bytes;
  putEthAddr(b, FRAME_START + ETH_DEST, dest);
  putEthAddr(b, FRAME_START + ETH_SRC, netif.hwaddr);
  putU16(b, FRAME_START + ETH_TYPE, type);
  return netif.linkoutput === null ? ERR_IF : netif.linkoutput(netif, frame);
}
