/**
 * TCP: opening, receiving window, closing. Source: lwIP tcp.c with Espressif's changes, RFC 9293.
 * Control blocks are tcp_pcb.ts, timers tcp_tmr.ts, arrival of segments tcp_in.ts, departure tcp_out.ts.
 */

import {
  ERR_ABRT,
  ERR_ALREADY,
  ERR_BUF,
  ERR_CONN,
  ERR_ISCONN,
  ERR_MEM,
  ERR_OK,
  ERR_RTE,
  ERR_USE,
  ERR_VAL,
  type err_t,
} from './err.ts';
import { ip4_route } from './ip4.ts';
import { NETIF_NO_INDEX, type Netif, netif_get_by_index } from './netif.ts';
import { pbuf_free } from './pbuf.ts';
import { SOF_REUSEADDR } from './pcb.ts';
import { IP_HLEN, IPADDR_ANY } from './prot/ip4.ts';
import { TCP_HLEN, TCP_SEQ_GEQ, TCP_SEQ_GT, TCP_SYN } from './prot/tcp.ts';
import type { Stack } from './stack.ts';
import { tcp_trigger_input_pcb_close } from './tcp_in.ts';
import { tcp_enqueue_flags, tcp_output, tcp_rst, tcp_send_fin } from './tcp_out.ts';
import {
  CLOSE_WAIT,
  CLOSED,
  ESTABLISHED,
  FIN_WAIT_1,
  freeQueue,
  INITIAL_MSS,
  LAST_ACK,
  LISTEN,
  register,
  rmvActive,
  rmvBound,
  rmvTimeWait,
  SYN_RCVD,
  SYN_SENT,
  setLocalPort,
  type TcpPcb,
  TcpPcbListen,
  TF_ACK_NOW,
  TF_CLOSEPEND,
  TF_RXCLOSED,
  TIME_WAIT,
  tcp_backlog_accepted,
  type tcp_connected_fn,
  tcp_free,
  tcp_free_ooseq,
  tcp_pcb_purge,
  tcp_pcb_remove,
  tcp_reg_active,
  tcp_wnd_max,
  walkBoundList,
} from './tcp_pcb.ts';

export const TCP_LOCAL_PORT_RANGE_START = 0xc000;
const TCP_LOCAL_PORT_RANGE_END = 0xffff;

export function rstOf(pcb: TcpPcb): void {
  tcp_rst(pcb.stack, pcb, pcb.snd_nxt, pcb.rcv_nxt, pcb.local_ip, pcb.remote_ip, pcb.local_port, pcb.remote_port);
}

/**
 * Bind to a local address and port; port 0 takes a free one.
 * @returns ERR_VAL if the pcb is not CLOSED, ERR_USE if the port is taken, ERR_BUF if none is free
 */
export function tcp_bind(pcb: TcpPcb, ipaddr: number, port: number): err_t {
  const stack = pcb.stack;
  if (pcb.state !== CLOSED) return ERR_VAL;
  const wasBound = pcb.local_port !== 0;
  let chosen = port;
  if (port === 0) {
    chosen = newPort(stack);
    if (chosen === 0) return ERR_BUF;
  } else {
    walkBoundList(stack);
    if (conflicts(pcb, ipaddr, port)) return ERR_USE;
  }
  if (ipaddr !== IPADDR_ANY) pcb.local_ip = ipaddr;
  setLocalPort(pcb, chosen);
  if (wasBound) stack.tcp_bound_list_is_circular = true;
  else stack.tcp_bound_pcbs = register(pcb, stack.tcp_bound_pcbs);
  return ERR_OK;
}

/** Somebody has the port at this address, and not both allow sharing; TIME_WAIT counts unless SO_REUSEADDR is set. */
function conflicts(pcb: TcpPcb, ipaddr: number, port: number): boolean {
  const stack = pcb.stack;
  if (!stack.tcp_index.isPortTaken(port)) return false;
  const clash = (other: TcpPcb | TcpPcbListen): boolean =>
    other.local_port === port &&
    (pcb.so_options & other.so_options & SOF_REUSEADDR) === 0 &&
    (other.local_ip === IPADDR_ANY || ipaddr === IPADDR_ANY || other.local_ip === ipaddr);
  for (let p = stack.tcp_listen_pcbs; p !== null; p = p.next) if (clash(p)) return true;
  for (let p = stack.tcp_bound_pcbs; p !== null; p = p.next) if (clash(p)) return true;
  for (let p = stack.tcp_active_pcbs; p !== null; p = p.next) if (clash(p)) return true;
  if ((pcb.so_options & SOF_REUSEADDR) !== 0) return false;
  for (let p = stack.tcp_tw_pcbs; p !== null; p = p.next) if (clash(p)) return true;
  return false;
}

/** Next free local port, 0 if there is none. Source: lwIP tcp_new_port() */
function newPort(stack: Stack): number {
  walkBoundList(stack);
  for (let n = TCP_LOCAL_PORT_RANGE_START; n <= TCP_LOCAL_PORT_RANGE_END; n++) {
    // 16 bits, as in lwIP: a counter that starts at 65535 runs over to 0, which means "none", and then to small ports.
    stack.tcp_port = (stack.tcp_port + 1) & 0xffff;
    if (stack.tcp_port === TCP_LOCAL_PORT_RANGE_END) stack.tcp_port = TCP_LOCAL_PORT_RANGE_START;
    if (!stack.tcp_index.isPortTaken(stack.tcp_port)) return stack.tcp_port;
  }
  return 0;
}

/**
 * Make a pcb passive.
 * @returns the listening pcb, which replaces the given one; or ERR_USE if another listener has the same address (only
 * asked with SO_REUSEADDR), ERR_ALREADY if it listens, ERR_MEM without memory
 */
export function tcp_listen_with_backlog(pcb: TcpPcb, backlog: number): TcpPcbListen | err_t {
  const stack = pcb.stack;
  if (pcb.state === LISTEN) return ERR_ALREADY;
  if ((pcb.so_options & SOF_REUSEADDR) !== 0) {
    for (let p = stack.tcp_listen_pcbs; p !== null; p = p.next) {
      if (p.local_port === pcb.local_port && p.local_ip === pcb.local_ip) return ERR_USE;
    }
  }
  if (stack.lacks('pcb')) return ERR_MEM;
  const lpcb = new TcpPcbListen(pcb, backlog);
  if (pcb.local_port !== 0) rmvBound(pcb);
  stack.tcp_index.takePort(lpcb.local_port);
  tcp_free(pcb);
  lpcb.next = stack.tcp_listen_pcbs;
  stack.tcp_listen_pcbs = lpcb;
  return lpcb;
}

/**
 * Open actively: the SYN goes out (or waits for ARP) before this returns.
 * @returns ERR_ISCONN if not CLOSED, ERR_RTE without route, ERR_BUF without free port, ERR_USE if the four-tuple exists
 * Source: lwIP tcp_connect(). Differs from the RFC: the SYN carries ISN-1, so the first data byte has the number ISN.
 */
export function tcp_connect(pcb: TcpPcb, ipaddr: number, port: number, connected: tcp_connected_fn): err_t {
  const { stack } = pcb;
  if (pcb.state !== CLOSED) return ERR_ISCONN;
  pcb.remote_ip = ipaddr;
  pcb.remote_port = port;
  const netif = tcp_route(pcb);
  if (netif === null) return ERR_RTE;
  if (pcb.local_ip === IPADDR_ANY) pcb.local_ip = netif.ip_addr;
  const wasBound = pcb.local_port !== 0;
  if (!wasBound) {
    const chosen = newPort(stack);
    if (chosen === 0) return ERR_BUF;
    setLocalPort(pcb, chosen);
  } else if ((pcb.so_options & SOF_REUSEADDR) !== 0 && fourTupleExists(pcb)) {
    return ERR_USE;
  }
  const iss = tcp_next_iss(pcb);
  pcb.rcv_nxt = 0;
  pcb.snd_nxt = iss;
  pcb.lastack = (iss - 1) | 0;
  pcb.snd_wl2 = pcb.lastack;
  pcb.snd_lbb = pcb.lastack;
  pcb.rcv_wnd = tcp_wnd_max(pcb);
  pcb.rcv_ann_wnd = pcb.rcv_wnd;
  pcb.rcv_ann_right_edge = 0;
  pcb.snd_wnd = stack.opt.TCP_WND;
  pcb.mss = tcp_eff_send_mss(INITIAL_MSS, netif);
  pcb.cwnd = 1;
  pcb.connected = connected;
  const err = tcp_enqueue_flags(pcb, TCP_SYN);
  if (err !== ERR_OK) return err;
  pcb.state = SYN_SENT;
  if (wasBound) rmvBound(pcb);
  tcp_reg_active(pcb);
  tcp_output(pcb);
  return ERR_OK;
}

function fourTupleExists(pcb: TcpPcb): boolean {
  const { stack, remote_ip, remote_port, local_port, local_ip } = pcb;
  for (let p = stack.tcp_index.chain(remote_ip, remote_port, local_port); p !== null; p = p.index_next) {
    if (
      p.remote_ip === remote_ip &&
      p.remote_port === remote_port &&
      p.local_port === local_port &&
      p.local_ip === local_ip
    ) {
      return true;
    }
  }
  return false;
}

/** The interface to the peer: the one the pcb is bound to, or by routing. */
export function tcp_route(pcb: TcpPcb): Netif | null {
  if (pcb.netif_idx !== NETIF_NO_INDEX) return netif_get_by_index(pcb.stack, pcb.netif_idx);
  return ip4_route(pcb.stack, pcb.local_ip, pcb.remote_ip);
}

/** First sequence number, from the hook or from a counter. Source: lwIP tcp_next_iss() */
export function tcp_next_iss(pcb: TcpPcb): number {
  const { stack } = pcb;
  if (stack.opt.LWIP_HOOK_TCP_ISN === 0) {
    stack.iss = (stack.iss + stack.tcp_ticks) >>> 0;
    return stack.iss | 0;
  }
  return stack.port.LWIP_HOOK_TCP_ISN(pcb.local_ip, pcb.local_port, pcb.remote_ip, pcb.remote_port) | 0;
}

/** The smaller of an MSS and what the interface can carry. */
export function tcp_eff_send_mss(sendmss: number, netif: Netif): number {
  return netif.mtu === 0 ? sendmss : Math.min(sendmss, netif.mtu - IP_HLEN - TCP_HLEN);
}

/** Initial congestion window (RFC 3390). Source: lwIP LWIP_TCP_CALC_INITIAL_CWND */
export function tcp_initial_cwnd(mss: number): number {
  return Math.min(4 * mss, Math.max(2 * mss, 4380));
}

/**
 * How much window to announce: it is kept from shrinking, and opened only in steps worth a segment
 * (RFC 9293 3.8.6.2.2, receiver's silly window avoidance).
 * @returns by how much the right edge moved
 */
export function tcp_update_rcv_ann_wnd(pcb: TcpPcb): number {
  const newEdge = (pcb.rcv_nxt + pcb.rcv_wnd) | 0;
  const step = Math.min(pcb.stack.opt.TCP_WND >> 1, pcb.mss);
  if (TCP_SEQ_GEQ(newEdge, (pcb.rcv_ann_right_edge + step) | 0)) {
    pcb.rcv_ann_wnd = pcb.rcv_wnd;
    return (newEdge - pcb.rcv_ann_right_edge) | 0;
  }
  pcb.rcv_ann_wnd = TCP_SEQ_GT(pcb.rcv_nxt, pcb.rcv_ann_right_edge) ? 0 : (pcb.rcv_ann_right_edge - pcb.rcv_nxt) >>> 0;
  return 0;
}

/** The application took `len` bytes: the window opens; a big step is told at once. Source: lwIP tcp_recved() */
export function tcp_recved(pcb: TcpPcb, len: number): void {
  const opt = pcb.stack.opt;
  pcb.rcv_wnd = Math.min(pcb.rcv_wnd + len, tcp_wnd_max(pcb));
  if (tcp_update_rcv_ann_wnd(pcb) >= opt.TCP_WND_UPDATE_THRESHOLD) {
    pcb.flags |= TF_ACK_NOW;
    tcp_output(pcb);
  }
}

/**
 * Close for good: no callback will come, unread data resets the connection.
 * @returns ERR_OK even if there was no memory for the FIN, which is then sent later
 * Source: lwIP tcp_close(), tcp_close_ext()
 * @param rst_on_unacked_data false: unread data does not matter (SO_LINGER)
 */
export function tcp_close(pcb: TcpPcb | TcpPcbListen, rst_on_unacked_data = true): err_t {
  if (pcb instanceof TcpPcbListen) {
    closeListener(pcb);
    return ERR_OK;
  }
  pcb.flags |= TF_RXCLOSED;
  return closeShutdown(pcb, rst_on_unacked_data);
}

function closeListener(lpcb: TcpPcbListen): void {
  const stack = lpcb.stack;
  for (let pcb = stack.tcp_active_pcbs; pcb !== null; pcb = pcb.next) {
    if (pcb.listener === lpcb) pcb.listener = null;
  }
  if (stack.tcp_listen_pcbs === lpcb) stack.tcp_listen_pcbs = lpcb.next;
  for (let p = stack.tcp_listen_pcbs; p !== null; p = p.next) {
    if (p.next === lpcb) p.next = lpcb.next;
  }
  stack.tcp_index.givePort(lpcb.local_port);
}

/** Source: lwIP tcp_close_shutdown() */
function closeShutdown(pcb: TcpPcb, rst_on_unacked_data: boolean): err_t {
  const stack = pcb.stack;
  if (rst_on_unacked_data && (pcb.state === ESTABLISHED || pcb.state === CLOSE_WAIT)) {
    if (pcb.refused_data !== null || pcb.rcv_wnd !== tcp_wnd_max(pcb)) {
      rstOf(pcb);
      tcp_pcb_purge(pcb);
      rmvActive(pcb);
      if (stack.tcp_input_pcb === pcb) tcp_trigger_input_pcb_close(stack);
      tcp_free(pcb);
      return ERR_OK;
    }
  }
  switch (pcb.state) {
    case CLOSED:
      if (pcb.local_port !== 0) rmvBound(pcb);
      tcp_free(pcb);
      return ERR_OK;
    case SYN_SENT:
      tcp_pcb_remove(pcb);
      tcp_free(pcb);
      return ERR_OK;
    default:
      return closeWithFin(pcb);
  }
}

/** Queue the FIN and change state. Source: lwIP tcp_close_shutdown_fin() */
export function closeWithFin(pcb: TcpPcb): err_t {
  let next: number;
  switch (pcb.state) {
    case SYN_RCVD:
    case ESTABLISHED:
      next = FIN_WAIT_1;
      break;
    case CLOSE_WAIT:
      next = LAST_ACK;
      break;
    default:
      return ERR_OK;
  }
  const err = tcp_send_fin(pcb);
  if (err === ERR_OK) {
    if (pcb.state === SYN_RCVD) tcp_backlog_accepted(pcb);
    pcb.state = next;
    tcp_output(pcb);
    return ERR_OK;
  }
  if (err !== ERR_MEM) return err;
  pcb.flags |= TF_CLOSEPEND;
  return ERR_OK;
}

/**
 * Close one or both directions.
 * @returns ERR_CONN if the pcb listens, or if there is nothing to shut down for sending
 */
export function tcp_shutdown(pcb: TcpPcb | TcpPcbListen, shut_rx: boolean, shut_tx: boolean): err_t {
  if (pcb instanceof TcpPcbListen) return ERR_CONN;
  if (shut_rx) {
    pcb.flags |= TF_RXCLOSED;
    if (shut_tx) return closeShutdown(pcb, true);
    if (pcb.refused_data !== null) {
      pbuf_free(pcb.refused_data);
      pcb.refused_data = null;
    }
  }
  if (!shut_tx) return ERR_OK;
  switch (pcb.state) {
    case SYN_RCVD:
    case ESTABLISHED:
    case CLOSE_WAIT:
      return closeShutdown(pcb, shut_rx);
    default:
      return ERR_CONN;
  }
}

/** End a connection at once, with a RST if the peer knows of it. The error callback gets ERR_ABRT. */
export function tcp_abort(pcb: TcpPcb): void {
  tcp_abandon(pcb, true);
}

/** Source: lwIP tcp_abandon() */
export function tcp_abandon(pcb: TcpPcb, reset: boolean): void {
  if (pcb.state === TIME_WAIT) {
    rmvTimeWait(pcb);
    tcp_free(pcb);
    return;
  }
  const { stack, snd_nxt, rcv_nxt, errf, callback_arg, local_port } = pcb;
  let sendRst = false;
  if (pcb.state === CLOSED) {
    if (local_port !== 0) rmvBound(pcb);
  } else {
    sendRst = reset;
    tcp_pcb_remove(pcb);
  }
  freeQueue(pcb.unacked);
  freeQueue(pcb.unsent);
  pcb.unacked = null;
  pcb.unackedTail = null;
  pcb.unsent = null;
  tcp_free_ooseq(pcb);
  tcp_backlog_accepted(pcb);
  if (sendRst) tcp_rst(stack, pcb, snd_nxt, rcv_nxt, pcb.local_ip, pcb.remote_ip, local_port, pcb.remote_port);
  tcp_free(pcb);
  if (errf !== null) errf(callback_arg as never, ERR_ABRT);
}

/** Abort what is bound to an address that is gone; listeners move to the new one. Source: lwIP tcp_netif_ip_addr_changed() */
export function tcp_netif_ip_addr_changed(stack: Stack, old_addr: number, new_addr: number): void {
  if (old_addr === IPADDR_ANY) return;
  abortAllOf(stack.tcp_active_pcbs, old_addr);
  walkBoundList(stack);
  abortAllOf(stack.tcp_bound_pcbs, old_addr);
  if (new_addr === IPADDR_ANY) return;
  for (let p = stack.tcp_listen_pcbs; p !== null; p = p.next) {
    if (p.local_ip === old_addr) p.local_ip = new_addr;
  }
}

function abortAllOf(list: TcpPcb | null, addr: number): void {
  for (let pcb = list; pcb !== null; ) {
    const next = pcb.next;
    if (pcb.local_ip === addr) tcp_abort(pcb);
    pcb = next;
  }
}
