/** The stack alone: an lwIP instance to which frames are given and which hands frames out. */

export * from './err.ts';
export { ethernet_input } from './ethernet.ts';
export { FRAME_START, FRAME_TRANSPORT, Frame, FramePool } from './frame.ts';
export {
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_ETHARP,
  NETIF_FLAG_IGMP,
  NETIF_FLAG_LINK_UP,
  NETIF_FLAG_UP,
  Netif,
  netif_add,
  netif_set_addr,
  netif_set_down,
  netif_set_link_down,
  netif_set_link_up,
  netif_set_up,
} from './netif.ts';
export { makeOpt, OPT, type Opt, type OptEntry, type OptName } from './opt.ts';
export { Pbuf, pbuf_copy_partial, pbuf_free } from './pbuf.ts';
export { type EthAddr, formatEthAddr, parseEthAddr } from './prot/ethernet.ts';
export { ip4addr_aton, ip4addr_ntoa } from './prot/ip4.ts';
export { type HazardName, type SharedMemory, Stack, type StackPort } from './stack.ts';
export { InputSegment } from './tcp_in.ts';
export { tcp_state_str } from './tcp_pcb.ts';
