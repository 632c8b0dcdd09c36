/** TCP: control blocks, segments, and the lists that they live in. Source: lwIP tcp.h, tcp_priv.h, tcp.c */

import type { err_t } from './err.ts';
import type { Frame } from './frame.ts';
import { NETIF_NO_INDEX } from './netif.ts';
import { type Pbuf, pbuf_free } from './pbuf.ts';
import { IPADDR_ANY } from './prot/ip4.ts';
import type { Stack } from './stack.ts';
import { tcp_output } from './tcp_out.ts';
import type { SackRange } from './tcp_sack.ts';
import { scheduleEndOfTimeWait, tcp_timer_needed } from './tcp_tmr.ts';

const TCP_PRIO_NORMAL = 64;
/** What the window field of a header can say by itself. */
export const WND_MAX_UNSCALED = 0xffff;

/** MSS of a peer that names none (RFC 9293 3.7.1). */
export const INITIAL_MSS = 536;

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
export const TF_WND_SCALE = 0x100;
export const TF_BACKLOGPEND = 0x200;
export const TF_RTO = 0x800;
export const TF_SACK = 0x1000;

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

/** seg.opts */
export const TF_SEG_OPTS_MSS = 0x01;
export const TF_SEG_OPTS_WND_SCALE = 0x08;
export const TF_SEG_OPTS_SACK_PERM = 0x10;

/** A segment on its way out; the frame has room for a whole MSS. */
export class TcpSeg {
  next: TcpSeg | null = null;
  frame: Frame;
  seqno: number;
  /** Payload bytes, without SYN and FIN. */
  len = 0;
  /** TCP header flags. */
  flags: number;
  /** Options that it carries: TF_SEG_OPTS_... */
  readonly opts: number;

  constructor(frame: Frame, seqno: number, flags: number, opts: number) {
    this.frame = frame;
    this.seqno = seqno;
    this.flags = flags;
    this.opts = opts;
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
  /** What of it the peer is told, the latest first (TF_SACK). */
  rcv_sacks: readonly SackRange[] | null = null;

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
  /** Shifts of the peer's windows and of ours, 0 without scaling (RFC 7323). */
  snd_scale = 0;
  rcv_scale = 0;
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
    stack.tcp_pcb_count++;
    this.ttl = opt.TCP_TTL;
    this.last_timer = stack.tcp_timer_ctr;
    this.tmr = stack.tcp_ticks;
    this.rcv_wnd = tcp_wnd_max(this);
    this.rcv_ann_wnd = this.rcv_wnd;
    this.sv = rto;
    this.rto = rto;
    this.ssthresh = opt.TCP_SND_BUF;
    this.snd_buf = opt.TCP_SND_BUF;
    this.keep_idle = opt.TCP_KEEPIDLE_DEFAULT;
    this.keep_intvl = opt.TCP_KEEPINTVL_DEFAULT;
    this.keep_cnt = opt.TCP_KEEPCNT_DEFAULT;
  }
}

/** The whole receive window: 64 KB at most unless scaling was agreed. Source: lwIP TCP_WND_MAX */
export function tcp_wnd_max(pcb: TcpPcb): number {
  const { TCP_WND } = pcb.stack.opt;
  return TCP_WND > WND_MAX_UNSCALED && (pcb.flags & TF_WND_SCALE) === 0 ? WND_MAX_UNSCALED : TCP_WND;
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

export function register(pcb: TcpPcb, head: TcpPcb | null): TcpPcb {
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

export function rmvActive(pcb: TcpPcb): void {
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

export function rmvTimeWait(pcb: TcpPcb): void {
  const stack = pcb.stack;
  stack.tcp_tw_pcbs = unregister(pcb, stack.tcp_tw_pcbs);
  stack.tcp_index.remove(pcb);
}

export function rmvBound(pcb: TcpPcb): void {
  const stack = pcb.stack;
  walkBoundList(stack);
  stack.tcp_bound_pcbs = unregister(pcb, stack.tcp_bound_pcbs);
}

/** lwIP walks tcp_bound_pcbs here; if a pcb was linked twice, that walk never ends. */
export function walkBoundList(stack: Stack): void {
  if (!stack.tcp_bound_list_is_circular) return;
  stack.tcp_bound_list_is_circular = false;
  stack.port.hazard('tcp_bind_twice');
}

export function setLocalPort(pcb: TcpPcb, port: number): void {
  const index = pcb.stack.tcp_index;
  index.givePort(pcb.local_port);
  index.takePort(port);
  pcb.local_port = port;
}

/** The pcb is out of every list and gives its port back. */
export function tcp_free(pcb: TcpPcb): void {
  setLocalPort(pcb, 0);
  if (!pcb.isFreed) pcb.stack.tcp_pcb_count--;
  pcb.state = CLOSED;
  pcb.isFreed = true;
}

/** The accepted connection counts against the backlog (again) until tcp_backlog_accepted(). */
export function tcp_backlog_delayed(pcb: TcpPcb): void {
  if ((pcb.flags & TF_BACKLOGPEND) !== 0 || pcb.listener === null) return;
  if (pcb.stack.opt.TCP_LISTEN_BACKLOG === 0) return;
  pcb.listener.accepts_pending++;
  pcb.flags |= TF_BACKLOGPEND;
}

/** The application took the connection: room for another. */
export function tcp_backlog_accepted(pcb: TcpPcb): void {
  if ((pcb.flags & TF_BACKLOGPEND) === 0) return;
  if (pcb.listener !== null) pcb.listener.accepts_pending--;
  pcb.flags &= ~TF_BACKLOGPEND;
}

export function tcp_free_ooseq(pcb: TcpPcb): void {
  tcp_segs_free(pcb.ooseq);
  pcb.ooseq = null;
  pcb.rcv_sacks = null;
}

/** Give up a list of segments that arrived out of order. */
export function tcp_segs_free(seg: OoseqSeg | null): void {
  for (let s = seg; s !== null; s = s.next) pbuf_free(s.p);
}

export function freeQueue(seg: TcpSeg | null): void {
  for (let s = seg; s !== null; s = s.next) s.frame.release();
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
