/**
 * What happened in a run, as plain data: every frame that was sent and every socket call that was made, in order.
 * Ladders, captures, the conformance runner and reports are all fed from these records.
 */

/** One frame that a board handed to its driver. */
export interface FrameRecord {
  readonly kind: 'frame';
  /** Running number, shared with the starts and returns of calls: it orders what happens at one instant. */
  readonly n: number;
  /** Virtual time of sending in microseconds. */
  readonly tUs: number;
  /** Name of the Ethernet segment. */
  readonly lan: string;
  /** Name of the sending board; '' for a frame that was injected by the test. */
  readonly from: string;
  /** What the wire did to it, '' if nothing: drop, delay, dup, corrupt, outage, nocable, joined by '+'. */
  readonly fault: string;
  /** True if no other board will ever see this frame. */
  readonly lost: boolean;
  /** Running number of the start of the call that made the board send it; left out if something else did, or if calls are not kept. */
  readonly call?: number;
  /**
   * The frame as it was sent (before any corruption), from the destination MAC on, all checksums filled in. In a trace that
   * keeps nothing it is only valid during the listener's call: copy what is to be kept.
   */
  readonly bytes: Uint8Array;
}

/** One call of a program into the board's operating system. */
export interface CallRecord {
  readonly kind: 'call';
  /** Running number of the start of the call. */
  readonly n0: number;
  /** Running number of its return; -1 while the call is blocked. */
  n1: number;
  readonly t0Us: number;
  /** Virtual time of the return in microseconds; -1 while the call is blocked. */
  t1Us: number;
  readonly board: string;
  readonly task: string;
  /** Name of the call as in C: socket, bind, accept, ... */
  readonly fn: string;
  /** Arguments as a C programmer would print them; buffers are left out, addresses are "ip:port". */
  readonly args: readonly (number | string)[];
  /** Return value; undefined while the call is blocked. */
  ret: number | undefined;
  /** errno as the call left it if it failed (or if recv() returned 0), else 0. */
  errno: number;
  /** Address that the call filled in (accept, recvfrom, getsockname, getpeername) as "ip:port"; '' if none. */
  addr: string;
  /** Bytes sent (as many as were taken) or received; undefined if the call moves none. */
  data: Uint8Array | undefined;
}

/** A board was powered off or on, a link went down: something a reader of the trace must know. */
export interface NoteRecord {
  readonly kind: 'note';
  readonly n: number;
  readonly tUs: number;
  /** Board concerned; '' for the whole world. */
  readonly board: string;
  readonly text: string;
}

/** An address came or went on a board with a DHCP client or server: what esp_netif posts to the event loop. */
export interface EventRecord {
  readonly kind: 'event';
  /** Running number, shared with frames and calls. */
  readonly n: number;
  readonly tUs: number;
  readonly board: string;
  /**
   * `ip_assigned`, `ip_changed`: GOT_IP, there was none before, or another one. `ip_cleared`: the address is gone (not an
   * event of ESP-IDF; address, mask and gateway are the old ones). `ip_lost`: LOST_IP. `dhcps_assigned`:
   * AP_STAIPASSIGNED, `ip` and `mac` are the station's.
   */
  readonly event: 'ip_assigned' | 'ip_changed' | 'ip_cleared' | 'ip_lost' | 'dhcps_assigned';
  /** Dotted decimal; "0.0.0.0" where the event has none. */
  readonly ip: string;
  readonly netmask: string;
  readonly gw: string;
  /** Main, backup and fallback name server. */
  readonly dns: readonly string[];
  /** ESP-IDF's flag: the address differs from the one that was announced last. */
  readonly ip_changed: boolean;
  /** '' but for `dhcps_assigned`. */
  readonly mac: string;
}

/** Why a board's tcpip thread did something: a frame came, a task made a call, a timer was due, lwIP had put it off. */
export type StepCause = 'frame' | 'call' | 'timer' | 'other';

/** One thing that a board's tcpip thread did, from one message or timer to the next. Recorded with `states: true`. */
export interface StepRecord {
  readonly kind: 'step';
  /** What the board recorded in between has the running numbers from n0 to before n1. */
  readonly n0: number;
  readonly n1: number;
  readonly tUs: number;
  readonly board: string;
  readonly cause: StepCause;
  /** Running number of the frame that had come, or of the start of the call; -1 if there is none. */
  readonly ref: number;
}

/** A control block as it stands after a step, under lwIP's names. Sequence numbers are absolute and unsigned. */
export interface TcpState {
  /** Of RFC 9293; CLOSED once lwIP has freed the control block. */
  readonly state: string;
  /** SND.UNA */
  readonly lastack: number;
  readonly snd_nxt: number;
  /** Sequence number of the next byte that send() will buffer. */
  readonly snd_lbb: number;
  readonly snd_wnd: number;
  /** Free room in the send buffer, bytes; and segments queued. */
  readonly snd_buf: number;
  readonly snd_queuelen: number;
  readonly cwnd: number;
  readonly ssthresh: number;
  readonly rcv_nxt: number;
  readonly rcv_wnd: number;
  readonly rcv_ann_right_edge: number;
  /** Segments that wait for earlier ones, "from:to" relative to RCV.NXT. */
  readonly ooseq: string;
  /** Retransmission time-out in milliseconds, and whether the timer runs. */
  readonly rtoMs: number;
  readonly isTimed: boolean;
  /** Retransmissions in a row. */
  readonly nrtx: number;
  readonly dupacks: number;
  readonly persist_backoff: number;
  readonly keep_cnt_sent: number;
  /** TF_ bits of lwIP. */
  readonly flags: number;
}

/** A control block changed. Recorded with `states: true`. */
export interface StateRecord {
  readonly kind: 'state';
  /** It holds after everything with a lower running number. */
  readonly n: number;
  readonly tUs: number;
  readonly board: string;
  /** "ip:port" */
  readonly local: string;
  readonly remote: string;
  readonly state: TcpState;
}

/** The recorded life of a world. Records are appended in order of their running number. */
export class Trace {
  /** False: frames and calls are shown to the listeners only, so that a run of any length needs no memory for them. */
  readonly keep: boolean;
  readonly frames: FrameRecord[] = [];
  /** In order of call start; a blocked call's record is completed when it returns. */
  readonly calls: CallRecord[] = [];
  readonly notes: NoteRecord[] = [];
  readonly events: EventRecord[] = [];
  /** True: `steps` and `states` are recorded too. */
  readonly withStates: boolean;
  readonly steps: StepRecord[] = [];
  readonly states: StateRecord[] = [];
  private readonly listeners: ((frame: FrameRecord) => void)[] = [];

  constructor(keep = true, withStates = false) {
    this.keep = keep;
    this.withStates = withStates;
  }

  /** Be told of every frame at the moment it is sent, for instance to write it to a capture. */
  onFrame(listener: (frame: FrameRecord) => void): void {
    this.listeners.push(listener);
  }

  /** Used by the device. */
  addFrame(frame: FrameRecord): void {
    if (this.keep) this.frames.push(frame);
    for (const listener of this.listeners) listener(frame);
  }

  /** Used by the device. */
  addEvent(event: EventRecord): void {
    if (this.keep) this.events.push(event);
  }

  /** Used by the device. */
  addCall(call: CallRecord): void {
    if (this.keep) this.calls.push(call);
  }
}
