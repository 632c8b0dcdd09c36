/** TCP: the fast and the slow timer, and all the ways in which a connection dies of old age. Source: lwIP tcp.c */

import { ERR_ABRT, ERR_OK } from './err.ts';
import { SOF_KEEPALIVE } from './pcb.ts';
import type { Stack } from './stack.ts';
import { closeWithFin, rstOf } from './tcp.ts';
import { tcp_process_refused_data } from './tcp_in.ts';
import {
  tcp_keepalive,
  tcp_output,
  tcp_rexmit_rto_commit,
  tcp_rexmit_rto_prepare,
  tcp_split_unsent_seg,
  tcp_zero_window_probe,
} from './tcp_out.ts';
import {
  CLOSE_WAIT,
  ESTABLISHED,
  FIN_WAIT_2,
  LAST_ACK,
  rmvActive,
  rmvTimeWait,
  SYN_RCVD,
  SYN_SENT,
  type TcpPcb,
  TF_ACK_DELAY,
  TF_ACK_NOW,
  TF_CLOSEPEND,
  TF_RXCLOSED,
  TIME_WAIT,
  tcp_free,
  tcp_free_ooseq,
  tcp_pcb_purge,
} from './tcp_pcb.ts';

/** The retransmission time-out grows by these shifts, per retransmission. */
const tcp_backoff = [1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7];
/** Slow ticks between zero-window probes. */
const tcp_persist_backoff = [3, 6, 12, 24, 48, 96, 120];
const TIMER_MAX = 0x7fff;

/** Note at which slow tick a TIME_WAIT pcb has to be looked at. lwIP looks at all of them at every tick, to the same effect. */
export function scheduleEndOfTimeWait(pcb: TcpPcb, due: Map<number, TcpPcb[]>): void {
  const { stack } = pcb;
  const tick = Math.max(pcb.tmr + slowTicks(stack, 2 * stack.opt.TCP_MSL), stack.tcp_ticks) + 1;
  const others = due.get(tick);
  if (others === undefined) due.set(tick, [pcb]);
  else others.push(pcb);
}

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
function tcp_tmr(stack: Stack): void {
  tcp_fasttmr(stack);
  stack.tcp_timer = (stack.tcp_timer + 1) & 0xff;
  if ((stack.tcp_timer & 1) !== 0) tcp_slowtmr(stack);
}

/** Delayed ACKs, delayed FINs, data that the application refused. Source: lwIP tcp_fasttmr() */
function tcp_fasttmr(stack: Stack): void {
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
function tcp_slowtmr(stack: Stack): void {
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
  // Espressif: nor does the time-out of a SYN+ACK grow.
  if (pcb.state !== SYN_SENT && (pcb.state !== SYN_RCVD || pcb.stack.opt.ESP_LWIP === 0)) {
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
