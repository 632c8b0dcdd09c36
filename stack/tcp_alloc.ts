/** TCP: room for a new connection where their number is limited. Source: lwIP tcp_alloc() with Espressif's limit (2.2.0-esp) */

import type { Stack } from './stack.ts';
import { closeWithFin, tcp_abandon, tcp_abort } from './tcp.ts';
import { CLOSING, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, TcpPcb, TF_CLOSEPEND } from './tcp_pcb.ts';

/** In this order connections are given up: those of which the application has already taken leave. */
const DISPENSABLE = [LAST_ACK, CLOSING, FIN_WAIT_2, FIN_WAIT_1] as const;

/** @returns null if there are MEMP_NUM_TCP_PCB already and none can be given up */
export function tcp_alloc(stack: Stack): TcpPcb | null {
  return hasRoom(stack) || makeRoom(stack) ? new TcpPcb(stack) : null;
}

function hasRoom(stack: Stack): boolean {
  const max = stack.opt.MEMP_NUM_TCP_PCB;
  return max === 0 || stack.tcp_pcb_count < max;
}

function makeRoom(stack: Stack): boolean {
  handleClosePending(stack);
  killTimeWait(stack);
  if (hasRoom(stack)) return true;
  for (const state of DISPENSABLE) {
    killState(stack, state);
    if (hasRoom(stack)) return true;
  }
  return false;
}

/** FINs that had no room are tried again. Source: lwIP tcp_handle_closepend() */
function handleClosePending(stack: Stack): void {
  for (let pcb = stack.tcp_active_pcbs; pcb !== null; ) {
    const next = pcb.next;
    if ((pcb.flags & TF_CLOSEPEND) !== 0) {
      pcb.flags &= ~TF_CLOSEPEND;
      closeWithFin(pcb);
    }
    pcb = next;
  }
}

/** The oldest goes, of equals the last of the list. Source: lwIP tcp_kill_timewait() */
function killTimeWait(stack: Stack): void {
  const pcb = oldest(stack, stack.tcp_tw_pcbs, null);
  if (pcb !== null) tcp_abort(pcb);
}

/** The same among connections in a state; no RST, as no data is lost. Source: lwIP tcp_kill_state() */
function killState(stack: Stack, state: number): void {
  const pcb = oldest(stack, stack.tcp_active_pcbs, state);
  if (pcb !== null) tcp_abandon(pcb, false);
}

function oldest(stack: Stack, list: TcpPcb | null, state: number | null): TcpPcb | null {
  let found: TcpPcb | null = null;
  let age = 0;
  for (let pcb = list; pcb !== null; pcb = pcb.next) {
    const idle = stack.tcp_ticks - pcb.tmr;
    if ((state !== null && pcb.state !== state) || idle < age) continue;
    found = pcb;
    age = idle;
  }
  return found;
}
