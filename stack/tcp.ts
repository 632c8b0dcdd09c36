/**
 * TCP: control blocks, lists, timers, opening and closing. Source: lwIP tcp.c with Espressif's changes, RFC 9293.
 * Arrival of segments is tcp_in.ts, departure tcp_out.ts.
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
import type { Frame } from './frame.ts';
import { ip4_route } from './ip4.ts';
import { NETIF_NO_INDEX, type Netif, netif_get_by_index } from './netif.ts';
import { type Pbuf, pbuf_free } from './pbuf.ts';
import { IP_HLEN, IPADDR_ANY } from './prot/ip4.ts';
import { TCP_HLEN, TCP_SEQ_GEQ, TCP_SEQ_GT, TCP_SYN } from './prot/tcp.ts';
import type { Stack } from './stack.ts';
import { tcp_process_refused_data, tcp_trigger_input_pcb_close } from './tcp_in.ts';
import {
  tcp_enqueue_flags,
  tcp_keepalive,
  tcp_output,
  tcp_rexmit_rto_commit,
  tcp_rexmit_rto_prepare,
  tcp_rst,
  tcp_send_fin,
  tcp_split_unsent_seg,
  tcp_zero_window_probe,
} from './tcp_out.ts';
import { SOF_KEEPALIVE, SOF_REUSEADDR } from './udp.ts';

export const TCP_LOCAL_PORT_RANGE_START = 0xc000;
const TCP_LOCAL_PORT_RANGE_END = 0xffff;

/** States, in lwIP's order (RFC 9293 3.3.2). */
export const CLOSED = 0;
export const LISTEN = 1;
export const SYN_SENT = 2;
export const SYN_RCVD = 3;
export const ESTABLISHED = 4;
export const FIN_WAIT_1 = 5;
export const FIN_WAIT_2 = 6;
export const CLOSE_WAIT = 7;
export const CLOSING = 8;
export const LAST_ACK = 9;
export const TIME_WAIT = 10;

/** Names of the states, by number. */
export const tcp_state_str = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RCVD',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
] as const;

/** pcb.flags */
export const TF_ACK_DELAY = 0x01;
export const TF_ACK_NOW = 0x02;
export const TF_INFR = 0x04;
export const TF_CLOSEPEND = 0x08;
export const TF_RXCLOSED = 0x10;
export const TF_FIN = 0x20;
export const TF_NODELAY = 0x40;
export const TF_NAGLEMEMERR = 0x80;
export const TF_BACKLOGPEND = 0x200;
export const TF_RTO = 0x800;

const TCP_PRIO_NORMAL = 64;
/** MSS of a peer that names none (RFC 9293 3.7.1). */
const INITIAL_MSS = 536;
/** The retransmission time-out grows by these shifts, per retransmission. */
const tcp_backoff = [1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7];
/** Slow ticks between zero-window probes. */
const tcp_persist_backoff = [3, 6, 12, 24, 48, 96, 120];
const TIMER_MAX = 0x7fff;

/** Data or FIN (`p` null) for the application. ERR_MEM refuses it; TCP offers it again. */
export type tcp_recv_fn = (arg: never, pcb: TcpPcb, p: Pbuf | null, err: err_t) => err_t;
/** So many bytes were acknowledged. */
export type tcp_sent_fn = (arg: never, pcb: TcpPcb, len: number) => err_t;
export type tcp_poll_fn = (arg: never, pcb: TcpPcb) => err_t;
/** The pcb is gone. */
export type tcp_err_fn = (arg: never, err: err_t) => void;
export type tcp_connected_fn = (arg: never, pcb: TcpPcb, err: err_t) => err_t;
/** A connection was completed; null if there was no memory for it. */
export type tcp_accept_fn = (arg: never, pcb: TcpPcb | null, err: err_t) => err_t;

/** A segment on its way out; the frame has room for a whole MSS. */
export class TcpSeg {
  next: TcpSeg | null = null;
  frame: Frame;
  seqno: number;
  /** Payload bytes, without SYN and FIN. */
  len = 0;
  /** TCP header flags. */
  flags: number;
  /** Carries the MSS option (lwIP: TF_SEG_OPTS_MSS). */
  readonly hasMss: boolean;

  constructor(frame: Frame, seqno: number, flags: number, hasMss: boolean) {
    this.frame = frame;
    this.seqno = seqno;
    this.flags = flags;
    this.hasMss = hasMss;
  }
}

/** A segment that arrived ahead of its turn. */
export class OoseqSeg {
  next: OoseqSeg | null = null;
  p: Pbuf;
  seqno: number;
  /** Payload bytes, without FIN. */
  len: number;
  /** TCP header flags. */
  flags: number;

  constructor(p: Pbuf, seqno: number, len: number, flags: number) {
    this.p = p;
    this.seqno = seqno;
    this.len = len;
    this.flags = flags;
  }
}

/** A connection. Field names are lwIP's; sequence numbers are int32. */
export class TcpPcb {
  readonly stack: Stack;
  /** Neighbours in the active, TIME_WAIT or bound list. */
  next: TcpPcb | null = null;
  prev: TcpPcb | null = null;
  index_next: TcpPcb | null = null;

  local_ip = IPADDR_ANY;
  remote_ip = IPADDR_ANY;
  local_port = 0;
  remote_port = 0;
  so_options = 0;
  tos = 0;
  ttl: number;
  netif_idx = NETIF_NO_INDEX;

  state = CLOSED;
  /** lwIP has freed the memory of this pcb; a pointer to it that is left somewhere dangles. */
  isFreed = false;
  prio = TCP_PRIO_NORMAL;
  flags = 0;

  callback_arg: unknown = null;
  recv: tcp_recv_fn | null = null;
  sent: tcp_sent_fn | null = null;
  poll: tcp_poll_fn | null = null;
  errf: tcp_err_fn | null = null;
  connected: tcp_connected_fn | null = null;
  /** Poll callback every so many slow ticks, and ticks since the last. */
  pollinterval = 0;
  polltmr = 0;
  last_timer: number;
  /** Slow tick of the last accepted segment. */
  tmr: number;

  /** Receiver: RCV.NXT, RCV.WND, and what the peer was told of it. */
  rcv_nxt = 0;
  rcv_wnd: number;
  rcv_ann_wnd: number;
  rcv_ann_right_edge = 0;
  refused_data: Pbuf | null = null;
  ooseq: OoseqSeg | null = null;

  /** Retransmission timer in slow ticks, -1 while stopped. */
  rtime = -1;
  mss = INITIAL_MSS;
  /** Round trip being measured: slow tick of sending, 0 if none; the sequence number that is timed. */
  rttest = 0;
  rtseq = 0;
  /** Smoothed estimate and deviation, scaled by 8 and 4 (Jacobson). */
  sa = 0;
  sv: number;
  rto: number;
  nrtx = 0;
  dupacks = 0;
  lastack = 0; // SND.UNA
  rto_end = 0;

  cwnd = 1;
  ssthresh: number;
  bytes_acked = 0;

  snd_nxt = 0;
  snd_wl1 = 0;
  snd_wl2 = 0;
  /** Sequence number of the next byte to be buffered. */
  snd_lbb = 0;
  snd_wnd = 0;
  snd_wnd_max = 0;
  /** Free send buffer in bytes, and segments queued. */
  snd_buf: number;
  snd_queuelen = 0;
  /** Spare room in the frame of the last unsent segment. */
  unsent_oversize = 0;
  unsent: TcpSeg | null = null;
  unacked: TcpSeg | null = null;
  /** Last of `unacked`, so that appending needs no walk. */
  unackedTail: TcpSeg | null = null;

  listener: TcpPcbListen | null = null;

  keep_idle: number;
  keep_intvl: number;
  keep_cnt: number;
  keep_cnt_sent = 0;
  /** A keepalive probe was answered since this was last asked: the peer lives, and will again. */
  keepaliveAnswered = false;

  persist_cnt = 0;
  persist_backoff = 0;
  persist_probe = 0;

  constructor(stack: Stack) {
    const opt = stack.opt;
    const rto = opt.LWIP_TCP_RTO_TIME / (2 * opt.TCP_TMR_INTERVAL);
    this.stack = stack;
    this.ttl = opt.TCP_TTL;
    this.last_timer = stack.tcp_timer_ctr;
    this.tmr = stack.tcp_ticks;
    this.rcv_wnd = opt.TCP_WND;
    this.rcv_ann_wnd = opt.TCP_WND;
    this.sv = rto;
    this.rto = rto;
    this.ssthresh = opt.TCP_SND_BUF;
    this.snd_buf = opt.TCP_SND_BUF;
    this.keep_idle = opt.TCP_KEEPIDLE_DEFAULT;
    this.keep_intvl = opt.TCP_KEEPINTVL_DEFAULT;
    this.keep_cnt = opt.TCP_KEEPCNT_DEFAULT;
  }
}

/** A passive socket's pcb. */
export class TcpPcbListen {
  readonly stack: Stack;
  next: TcpPcbListen | null = null;
  readonly state = LISTEN;
  local_ip: number;
  readonly local_port: number;
  so_options: number;
  tos: number;
  ttl: number;
  netif_idx: number;
  readonly prio: number;
  callback_arg: unknown;
  accept: tcp_accept_fn | null = null;
  backlog: number;
  accepts_pending = 0;

  constructor(pcb: TcpPcb, backlog: number) {
    this.stack = pcb.stack;
    this.local_ip = pcb.local_ip;
    this.local_port = pcb.local_port;
    this.so_options = pcb.so_options;
    this.tos = pcb.tos;
    this.ttl = pcb.ttl;
    this.netif_idx = pcb.netif_idx;
    this.prio = pcb.prio;
    this.callback_arg = pcb.callback_arg;
    this.backlog = backlog;
  }
}

export function tcp_new(stack: Stack): TcpPcb {
  return new TcpPcb(stack);
}

// Lists. A pcb is in at most one; new ones go to the head.

function register(pcb: TcpPcb, head: TcpPcb | null): TcpPcb {
  pcb.prev = null;
  pcb.next = head;
  if (head !== null) head.prev = pcb;
  return pcb;
}

function unregister(pcb: TcpPcb, head: TcpPcb | null): TcpPcb | null {
  const { prev, next } = pcb;
  if (next !== null) next.prev = prev;
  if (prev !== null) prev.next = next;
  pcb.next = null;
  pcb.prev = null;
  return head === pcb ? next : head;
}

/** Source: lwIP TCP_REG_ACTIVE */
export function tcp_reg_active(pcb: TcpPcb): void {
  const stack = pcb.stack;
  stack.tcp_active_pcbs = register(pcb, stack.tcp_active_pcbs);
  stack.tcp_active_pcbs_changed = true;
  stack.tcp_index.add(pcb);
  tcp_timer_needed(stack);
}

function rmvActive(pcb: TcpPcb): void {
  const stack = pcb.stack;
  stack.tcp_active_pcbs = unregister(pcb, stack.tcp_active_pcbs);
  stack.tcp_active_pcbs_changed = true;
  stack.tcp_index.remove(pcb);
}

/** Found by input: first in the list next time. */
export function tcp_move_to_front(pcb: TcpPcb): void {
  const stack = pcb.stack;
  if (stack.tcp_active_pcbs === pcb) return;
  const rest = unregister(pcb, stack.tcp_active_pcbs);
  stack.tcp_active_pcbs = register(pcb, rest);
}

/** From active to TIME_WAIT: its queues are not needed any more. */
export function tcp_enter_time_wait(pcb: TcpPcb): void {
  const stack = pcb.stack;
  tcp_pcb_purge(pcb);
  stack.tcp_active_pcbs = unregister(pcb, stack.tcp_active_pcbs);
  stack.tcp_active_pcbs_changed = true;
  pcb.state = TIME_WAIT;
  stack.tcp_tw_pcbs = register(pcb, stack.tcp_tw_pcbs);
  stack.tcp_tw_due ??= new Map();
  scheduleEndOfTimeWait(pcb, stack.tcp_tw_due);
  tcp_timer_needed(stack);
}

/** Note at which slow tick a TIME_WAIT pcb has to be looked at. lwIP looks at all of them at every tick, to the same effect. */
function scheduleEndOfTimeWait(pcb: TcpPcb, due: Map<number, TcpPcb[]>): void {
  const { stack } = pcb;
  const tick = Math.max(pcb.tmr + slowTicks(stack, 2 * stack.opt.TCP_MSL), stack.tcp_ticks) + 1;
  const others = due.get(tick);
  if (others === undefined) due.set(tick, [pcb]);
  else others.push(pcb);
}

function rmvTimeWait(pcb: TcpPcb): void {
  const stack = pcb.stack;
  stack.tcp_tw_pcbs = unregister(pcb, stack.tcp_tw_pcbs);
  stack.tcp_index.remove(pcb);
}

function rmvBound(pcb: TcpPcb): void {
  const stack = pcb.stack;
  walkBoundList(stack);
  stack.tcp_bound_pcbs = unregister(pcb, stack.tcp_bound_pcbs);
}

/** lwIP walks tcp_bound_pcbs here; if a pcb was linked twice, that walk never ends. */
function walkBoundList(stack: Stack): void {
  if (!stack.tcp_bound_list_is_circular) return;
  stack.tcp_bound_list_is_circular = false;
  stack.port.hazard('tcp_bind_twice');
}

function setLocalPort(pcb: TcpPcb, port: number): void {
  const index = pcb.stack.tcp_index;
  index.givePort(pcb.local_port);
  index.takePort(port);
  pcb.local_port = port;
}

/** The pcb is out of every list and gives its port back. */
export function tcp_free(pcb: TcpPcb): void {
  setLocalPort(pcb, 0);
  pcb.state = CLOSED;
  pcb.isFreed = true;
}

// Timers

/** Start the TCP timer unless it runs. Source: lwIP tcp_timer_needed() */
export function tcp_timer_needed(stack: Stack): void {
  if (stack.tcpip_tcp_timer_active) return;
  stack.tcpip_tcp_timer_active = true;
  stack.timeouts.at(stack.port.sys_now() + stack.opt.TCP_TMR_INTERVAL, tcpip_tcp_timer);
}

function tcpip_tcp_timer(stack: Stack): void {
  tcp_tmr(stack);
  if (stack.tcp_active_pcbs !== null || stack.tcp_tw_pcbs !== null) {
    stack.timeouts.at(stack.port.sys_now() + stack.opt.TCP_TMR_INTERVAL, tcpip_tcp_timer);
  } else {
    stack.tcpip_tcp_timer_active = false;
  }
}

/** Every 250 ms the fast timer, every second time the slow one; the parity outlives a stop of the timer. */
export function tcp_tmr(stack: Stack): void {
  tcp_fasttmr(stack);
  stack.tcp_timer = (stack.tcp_timer + 1) & 0xff;
  if ((stack.tcp_timer & 1) !== 0) tcp_slowtmr(stack);
}

/** Delayed ACKs, delayed FINs, data that the application refused. Source: lwIP tcp_fasttmr() */
export function tcp_fasttmr(stack: Stack): void {
  stack.tcp_timer_ctr = (stack.tcp_timer_ctr + 1) & 0xff;
  let pcb = stack.tcp_active_pcbs;
  while (pcb !== null) {
    if (pcb.last_timer === stack.tcp_timer_ctr) {
      pcb = pcb.next;
      continue;
    }
    pcb.last_timer = stack.tcp_timer_ctr;
    if ((pcb.flags & TF_ACK_DELAY) !== 0) {
      pcb.flags |= TF_ACK_NOW;
      tcp_output(pcb);
      pcb.flags &= ~(TF_ACK_DELAY | TF_ACK_NOW);
    }
    if ((pcb.flags & TF_CLOSEPEND) !== 0) {
      pcb.flags &= ~TF_CLOSEPEND;
      closeWithFin(pcb);
    }
    const next: TcpPcb | null = pcb.next;
    if (pcb.refused_data !== null) {
      stack.tcp_active_pcbs_changed = false;
      tcp_process_refused_data(pcb);
      if (stack.tcp_active_pcbs_changed) {
        pcb = stack.tcp_active_pcbs;
        continue;
      }
    }
    pcb = next;
  }
}

/** Retransmission, persist, keepalive and all the ways in which a connection dies of old age. Source: lwIP tcp_slowtmr() */
export function tcp_slowtmr(stack: Stack): void {
  stack.tcp_ticks++;
  stack.tcp_timer_ctr = (stack.tcp_timer_ctr + 1) & 0xff;
  let pcb = stack.tcp_active_pcbs;
  while (pcb !== null) {
    if (pcb.last_timer === stack.tcp_timer_ctr) {
      pcb = pcb.next;
      continue;
    }
    pcb.last_timer = stack.tcp_timer_ctr;
    const fate = ageActive(pcb);
    const next: TcpPcb | null = pcb.next;
    stack.tcp_active_pcbs_changed = false;
    if (fate === KEEP) poll(pcb);
    else removeAged(pcb, fate === RESET);
    pcb = stack.tcp_active_pcbs_changed ? stack.tcp_active_pcbs : next;
  }
  ageTimeWait(stack);
}

const KEEP = 0;
const REMOVE = 1;
const RESET = 2;

function slowTicks(stack: Stack, ms: number): number {
  return Math.floor(ms / (2 * stack.opt.TCP_TMR_INTERVAL));
}

function ageActive(pcb: TcpPcb): number {
  const { stack } = pcb;
  const opt = stack.opt;
  const age = stack.tcp_ticks - pcb.tmr;
  let fate = KEEP;
  if (pcb.nrtx >= (pcb.state === SYN_SENT ? opt.TCP_SYNMAXRTX : opt.TCP_MAXRTX) || pcb.nrtx >= opt.TCP_MAXRTX) {
    fate = REMOVE;
  } else if (pcb.persist_backoff > 0) {
    fate = persist(pcb);
  } else {
    retransmit(pcb);
  }
  if (pcb.state === FIN_WAIT_2 && (pcb.flags & TF_RXCLOSED) !== 0 && age > slowTicks(stack, opt.TCP_FIN_WAIT_TIMEOUT)) {
    fate = REMOVE;
  }
  if ((pcb.so_options & SOF_KEEPALIVE) !== 0 && (pcb.state === ESTABLISHED || pcb.state === CLOSE_WAIT)) {
    if (age > slowTicks(stack, pcb.keep_idle + pcb.keep_cnt * pcb.keep_intvl)) fate = RESET;
    else if (age > slowTicks(stack, pcb.keep_idle + pcb.keep_cnt_sent * pcb.keep_intvl)) {
      if (tcp_keepalive(pcb) === ERR_OK) pcb.keep_cnt_sent++;
    }
  }
  if (pcb.ooseq !== null && age >= pcb.rto * opt.TCP_OOSEQ_TIMEOUT) tcp_free_ooseq(pcb);
  if (pcb.state === SYN_RCVD && age > slowTicks(stack, opt.TCP_SYN_RCVD_TIMEOUT)) fate = Math.max(fate, REMOVE);
  if (pcb.state === LAST_ACK && age > slowTicks(stack, 2 * opt.TCP_MSL)) fate = Math.max(fate, REMOVE);
  return fate;
}

/** The peer's window is too small for the next segment: probe it. Source: lwIP tcp_slowtmr() */
function persist(pcb: TcpPcb): number {
  if (pcb.persist_probe >= pcb.stack.opt.TCP_MAXRTX) return REMOVE;
  if (pcb.unsent === null || pcb.unacked !== null) {
    // lwIP asserts that there is unsent data only; a window that shrinks after an RTO breaks that.
    pcb.stack.port.hazard('tcp_persist_without_data');
    pcb.persist_backoff = 0;
    return KEEP;
  }
  const wait = tcp_persist_backoff[pcb.persist_backoff - 1]!;
  if (pcb.persist_cnt < wait) pcb.persist_cnt++;
  if (pcb.persist_cnt < wait) return KEEP;
  let nextSlot = true;
  if (pcb.snd_wnd === 0) {
    nextSlot = tcp_zero_window_probe(pcb) === ERR_OK;
  } else if (tcp_split_unsent_seg(pcb, pcb.snd_wnd) === ERR_OK && tcp_output(pcb) === ERR_OK) {
    nextSlot = false;
  }
  if (nextSlot) {
    pcb.persist_cnt = 0;
    if (pcb.persist_backoff < tcp_persist_backoff.length) pcb.persist_backoff++;
  }
  return KEEP;
}

/** The retransmission timer: everything unacknowledged goes out again, slower, into a window of one segment. */
function retransmit(pcb: TcpPcb): void {
  if (pcb.rtime >= 0 && pcb.rtime < TIMER_MAX) pcb.rtime++;
  if (pcb.rtime < pcb.rto) return;
  const prepared = tcp_rexmit_rto_prepare(pcb) === ERR_OK;
  if (!prepared && (pcb.unacked !== null || pcb.unsent === null)) return;
  if (pcb.state !== SYN_SENT && pcb.state !== SYN_RCVD) {
    const shift = tcp_backoff[Math.min(pcb.nrtx, tcp_backoff.length - 1)]!;
    pcb.rto = Math.min(((pcb.sa >> 3) + pcb.sv) << shift, TIMER_MAX);
  }
  pcb.rtime = 0;
  tcp_halve_ssthresh(pcb);
  pcb.cwnd = pcb.mss;
  pcb.bytes_acked = 0;
  tcp_rexmit_rto_commit(pcb);
}

/** Half of what is in flight, at least two segments (RFC 5681 3.1). */
export function tcp_halve_ssthresh(pcb: TcpPcb): void {
  pcb.ssthresh = Math.max(Math.min(pcb.cwnd, pcb.snd_wnd) >> 1, 2 * pcb.mss);
}

function removeAged(pcb: TcpPcb, reset: boolean): void {
  const { errf, callback_arg } = pcb;
  tcp_pcb_purge(pcb);
  rmvActive(pcb);
  if (reset) rstOf(pcb);
  pcb.stack.tcp_active_pcbs_changed = false;
  tcp_free(pcb);
  if (errf !== null) errf(callback_arg as never, ERR_ABRT);
}

function rstOf(pcb: TcpPcb): void {
  tcp_rst(pcb.stack, pcb, pcb.snd_nxt, pcb.rcv_nxt, pcb.local_ip, pcb.remote_ip, pcb.local_port, pcb.remote_port);
}

function poll(pcb: TcpPcb): void {
  if (++pcb.polltmr < pcb.pollinterval) return;
  pcb.polltmr = 0;
  const err = pcb.poll === null ? ERR_OK : pcb.poll(pcb.callback_arg as never, pcb);
  if (err === ERR_OK && !pcb.stack.tcp_active_pcbs_changed) tcp_output(pcb);
}

/** End the TIME_WAIT pcbs whose time has come; a FIN that came again has put some off. */
function ageTimeWait(stack: Stack): void {
  const due = stack.tcp_tw_due;
  const pcbs = due?.get(stack.tcp_ticks);
  if (due === null || pcbs === undefined) return;
  due.delete(stack.tcp_ticks);
  const limit = slowTicks(stack, 2 * stack.opt.TCP_MSL);
  for (const pcb of pcbs) {
    if (pcb.state !== TIME_WAIT) continue;
    if (stack.tcp_ticks - pcb.tmr <= limit) {
      scheduleEndOfTimeWait(pcb, due);
      continue;
    }
    rmvTimeWait(pcb);
    tcp_free(pcb);
  }
}

// Opening

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
    stack.tcp_port++;
    if (stack.tcp_port === TCP_LOCAL_PORT_RANGE_END) stack.tcp_port = TCP_LOCAL_PORT_RANGE_START;
    if (!stack.tcp_index.isPortTaken(stack.tcp_port)) return stack.tcp_port;
  }
  return 0;
}

/**
 * Make a pcb passive.
 * @returns the listening pcb, which replaces the given one; or ERR_USE if another listener has the same address (only
 * asked with SO_REUSEADDR), ERR_ALREADY if it listens
 */
export function tcp_listen_with_backlog(pcb: TcpPcb, backlog: number): TcpPcbListen | err_t {
  const stack = pcb.stack;
  if (pcb.state === LISTEN) return ERR_ALREADY;
  if ((pcb.so_options & SOF_REUSEADDR) !== 0) {
    for (let p = stack.tcp_listen_pcbs; p !== null; p = p.next) {
      if (p.local_port === pcb.local_port && p.local_ip === pcb.local_ip) return ERR_USE;
    }
  }
  const lpcb = new TcpPcbListen(pcb, backlog);
  if (pcb.local_port !== 0) rmvBound(pcb);
  stack.tcp_index.takePort(lpcb.local_port);
  tcp_free(pcb);
  lpcb.next = stack.tcp_listen_pcbs;
  stack.tcp_listen_pcbs = lpcb;
  return lpcb;
}

/** The accepted connection counts against the backlog (again) until tcp_backlog_accepted(). */
export function tcp_backlog_delayed(pcb: TcpPcb): void {
  if ((pcb.flags & TF_BACKLOGPEND) !== 0 || pcb.listener === null) return;
  pcb.listener.accepts_pending++;
  pcb.flags |= TF_BACKLOGPEND;
}

/** The application took the connection: room for another. */
export function tcp_backlog_accepted(pcb: TcpPcb): void {
  if ((pcb.flags & TF_BACKLOGPEND) === 0) return;
  if (pcb.listener !== null) pcb.listener.accepts_pending--;
  pcb.flags &= ~TF_BACKLOGPEND;
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
  pcb.rcv_wnd = stack.opt.TCP_WND;
  pcb.rcv_ann_wnd = stack.opt.TCP_WND;
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

/** First sequence number, from the hook. Source: lwIP tcp_next_iss() */
export function tcp_next_iss(pcb: TcpPcb): number {
  return pcb.stack.port.LWIP_HOOK_TCP_ISN(pcb.local_ip, pcb.local_port, pcb.remote_ip, pcb.remote_port) | 0;
}

/** The smaller of an MSS and what the interface can carry. */
export function tcp_eff_send_mss(sendmss: number, netif: Netif): number {
  return netif.mtu === 0 ? sendmss : Math.min(sendmss, netif.mtu - IP_HLEN - TCP_HLEN);
}

/** Initial congestion window (RFC 3390). Source: lwIP LWIP_TCP_CALC_INITIAL_CWND */
export function tcp_initial_cwnd(mss: number): number {
  return Math.min(4 * mss, Math.max(2 * mss, 4380));
}

// Receiving

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
  pcb.rcv_ann_wnd = TCP_SEQ_GT(pcb.rcv_nxt, pcb.rcv_ann_right_edge)
    ? 0
    : (pcb.rcv_ann_right_edge - pcb.rcv_nxt) & 0xffff;
  return 0;
}

/** The application took `len` bytes: the window opens; a big step is told at once. Source: lwIP tcp_recved() */
export function tcp_recved(pcb: TcpPcb, len: number): void {
  const opt = pcb.stack.opt;
  pcb.rcv_wnd = Math.min(pcb.rcv_wnd + len, opt.TCP_WND);
  if (tcp_update_rcv_ann_wnd(pcb) >= opt.TCP_WND_UPDATE_THRESHOLD) {
    pcb.flags |= TF_ACK_NOW;
    tcp_output(pcb);
  }
}

export function tcp_free_ooseq(pcb: TcpPcb): void {
  tcp_segs_free(pcb.ooseq);
  pcb.ooseq = null;
}

/** Give up a list of segments that arrived out of order. */
export function tcp_segs_free(seg: OoseqSeg | null): void {
  for (let s = seg; s !== null; s = s.next) pbuf_free(s.p);
}

function freeQueue(seg: TcpSeg | null): void {
  for (let s = seg; s !== null; s = s.next) s.frame.release();
}

// Closing

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
    if (pcb.refused_data !== null || pcb.rcv_wnd !== stack.opt.TCP_WND) {
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
function closeWithFin(pcb: TcpPcb): err_t {
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

/** Free all that a connection holds. Source: lwIP tcp_pcb_purge() */
export function tcp_pcb_purge(pcb: TcpPcb): void {
  if (pcb.state === CLOSED || pcb.state === TIME_WAIT) return;
  tcp_backlog_accepted(pcb);
  pbuf_free(pcb.refused_data);
  pcb.refused_data = null;
  tcp_free_ooseq(pcb);
  pcb.rtime = -1;
  freeQueue(pcb.unsent);
  freeQueue(pcb.unacked);
  pcb.unacked = null;
  pcb.unackedTail = null;
  pcb.unsent = null;
  pcb.unsent_oversize = 0;
}

/** Take an active pcb out of its list; an ACK that was put off goes out first. Source: lwIP tcp_pcb_remove() */
export function tcp_pcb_remove(pcb: TcpPcb): void {
  rmvActive(pcb);
  tcp_pcb_purge(pcb);
  if (pcb.state !== TIME_WAIT && (pcb.flags & TF_ACK_DELAY) !== 0) {
    pcb.flags |= TF_ACK_NOW;
    tcp_output(pcb);
  }
  pcb.state = CLOSED;
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
