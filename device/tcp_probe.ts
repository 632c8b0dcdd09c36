/**
 * Looks over a tcpip thread's shoulder for the trace: what it did and why, and how the control blocks of its connections
 * changed. Nothing of this is made, and nothing is paid, unless a world records with `states: true`.
 */

import { ApiMsg } from '../sockets/api_msg.ts';
import type { TcpipObserver } from '../sockets/tcpip.ts';
import { Frame } from '../stack/frame.ts';
import { ip4addr_ntoa } from '../stack/prot/ip4.ts';
import type { Stack } from '../stack/stack.ts';
import { type TcpPcb, tcp_state_str } from '../stack/tcp_pcb.ts';
import type { Task } from './freertos.ts';
import type { StateRecord, StepCause, TcpState, Trace } from './trace.ts';

/** What the probe needs of its board. */
export interface ProbeOwner {
  readonly name: string;
  readonly stack: Stack;
  readonly scheduler: { readonly nowUs: number };
  /** The running number that the trace's next record will get. */
  readonly nextNumber: number;
}

/** Knows on behalf of which call a tcpip thread works: what a trace needs in any case. */
export class CallNote implements TcpipObserver {
  /** Running number of the start of the call, -1 if the message is none. */
  callNumber = -1;

  messageBegins(a: unknown): void {
    this.callNumber = a instanceof ApiMsg ? (a.thread as Task).callNumber : -1;
  }

  timersBegin(): void {
    this.callNumber = -1;
  }

  ended(): void {
    this.callNumber = -1;
  }
}

export class TcpProbe extends CallNote {
  private readonly owner: ProbeOwner;
  private readonly trace: Trace;
  /** Of the step under way. */
  private cause: StepCause = 'other';
  private ref = -1;
  private from = 0;
  /** The last state that was recorded of each connection that lwIP still knows. */
  private last = new Map<TcpPcb, StateRecord>();

  constructor(owner: ProbeOwner, trace: Trace) {
    super();
    this.owner = owner;
    this.trace = trace;
  }

  override messageBegins(a: unknown): void {
    super.messageBegins(a);
    this.begin(...causeOf(a));
  }

  override timersBegin(): void {
    super.timersBegin();
    this.begin('timer', -1);
  }

  private begin(cause: StepCause, ref: number): void {
    this.cause = cause;
    this.ref = ref;
    this.from = this.owner.nextNumber;
  }

  override ended(): void {
    super.ended();
    const { owner, trace, cause, ref, from } = this;
    const to = owner.nextNumber;
    const changed = this.sample(to);
    // Most ticks of a timer, and most segments of a stranger, change nothing.
    if (!changed && to === from && cause !== 'frame') return;
    trace.steps.push({ kind: 'step', n0: from, n1: to, tUs: owner.scheduler.nowUs, board: owner.name, cause, ref });
  }

  /** Record the control blocks that differ from when they were last seen. @returns whether any did */
  private sample(n: number): boolean {
    const { states } = this.trace;
    const recorded = states.length;
    const seen = new Map<TcpPcb, StateRecord>();
    for (const pcb of connections(this.owner.stack)) {
      const before = this.last.get(pcb);
      const state = snapshot(pcb);
      if (before !== undefined && isSame(before.state, state)) seen.set(pcb, before);
      else seen.set(pcb, this.push(n, addressed(pcb), state));
    }
    for (const [pcb, before] of this.last) {
      if (!seen.has(pcb)) this.push(n, before, { ...before.state, state: 'CLOSED' });
    }
    this.last = seen;
    return states.length > recorded;
  }

  private push(n: number, { local, remote }: Ends, state: TcpState): StateRecord {
    const { owner, trace } = this;
    const tUs = owner.scheduler.nowUs;
    const record: StateRecord = { kind: 'state', n, tUs, board: owner.name, local, remote, state };
    trace.states.push(record);
    return record;
  }
}

type Ends = Pick<StateRecord, 'local' | 'remote'>;

function addressed(pcb: TcpPcb): Ends {
  return {
    local: `${ip4addr_ntoa(pcb.local_ip)}:${pcb.local_port}`,
    remote: `${ip4addr_ntoa(pcb.remote_ip)}:${pcb.remote_port}`,
  };
}

function causeOf(a: unknown): [StepCause, number] {
  if (a instanceof Frame) return ['frame', a.number];
  if (a instanceof ApiMsg) return ['call', (a.thread as Task).callNumber];
  return ['other', -1];
}

function* connections(stack: Stack): Generator<TcpPcb> {
  for (let pcb = stack.tcp_active_pcbs; pcb !== null; pcb = pcb.next) yield pcb;
  for (let pcb = stack.tcp_tw_pcbs; pcb !== null; pcb = pcb.next) yield pcb;
}

function isSame(a: TcpState, b: TcpState): boolean {
  return (Object.keys(a) as (keyof TcpState)[]).every((key) => a[key] === b[key]);
}

/** The fields of a control block that explain what it does next; sequence numbers are unsigned. */
function snapshot(pcb: TcpPcb): TcpState {
  const slowMs = 2 * pcb.stack.opt.TCP_TMR_INTERVAL;
  return {
    state: tcp_state_str[pcb.state]!,
    lastack: pcb.lastack >>> 0,
    snd_nxt: pcb.snd_nxt >>> 0,
    snd_lbb: pcb.snd_lbb >>> 0,
    snd_wnd: pcb.snd_wnd,
    snd_buf: pcb.snd_buf,
    snd_queuelen: pcb.snd_queuelen,
    cwnd: pcb.cwnd,
    ssthresh: pcb.ssthresh,
    rcv_nxt: pcb.rcv_nxt >>> 0,
    rcv_wnd: pcb.rcv_wnd,
    rcv_ann_right_edge: pcb.rcv_ann_right_edge >>> 0,
    ooseq: outOfOrder(pcb),
    rtoMs: pcb.rto * slowMs,
    isTimed: pcb.rtime >= 0,
    nrtx: pcb.nrtx,
    dupacks: pcb.dupacks,
    persist_backoff: pcb.persist_backoff,
    keep_cnt_sent: pcb.keep_cnt_sent,
    flags: pcb.flags,
  };
}

/** "1441:2881 4321:5761", relative to RCV.NXT. */
function outOfOrder(pcb: TcpPcb): string {
  const ranges: string[] = [];
  for (let seg = pcb.ooseq; seg !== null; seg = seg.next) {
    const from = (seg.seqno - pcb.rcv_nxt) | 0;
    ranges.push(`${from}:${from + seg.len}`);
  }
  return ranges.join(' ');
}
