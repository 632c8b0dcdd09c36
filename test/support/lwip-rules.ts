/**
 * What lwIP does with a segment, worked out from a list of rules that recordings of the real stack show, not from our
 * code: a second, much smaller implementation, for one segment to a connection whose queues are simple.
 */

import { PEER_WINDOW, type Segment, type Situation, u32, WINDOW } from './tcp-cells.ts';
import type { Outcome, Reply } from './tcp-outcome.ts';

/**
 * The rules that the model uses: section and item in the description of lwIP's TCP that the twin was built from, the
 * rule in short, recordings that show it.
 */
export const RULES = {
  '4(4)': [
    'no pcb: RST unless it is one; seq = its ack field even without ACK flag',
    'raw/rst-no-socket',
    'segments/closed_port',
  ],
  '4.1(2)': [
    'SYN in a synchronised state: ACK, nothing else',
    'segments/syn_established',
    'segments/synack_established',
  ],
  '4.1 SYN_SENT': [
    'SYN+ACK of the SYN: ESTABLISHED; other ACKs: RST, and the SYN again at once; without ACK: ignored',
    'segments/synsent_ack_only',
    'segments/synsent_bad_ack',
    'segments/synsent_syn',
  ],
  '4.1 SYN_RCVD': [
    'good ACK: ESTABLISHED and accept, whatever the seq, then as usual; other ACKs: RST; the SYN again: SYN+ACK again; else ignored',
    'raw/accept',
    'segments/synrcvd_bad_ack',
    'segments/synrcvd_bad_seq',
    'segments/synrcvd_data',
    'segments/synrcvd_other_syn',
  ],
  '4.1 ESTABLISHED': ['FIN taken: ACK now, CLOSE_WAIT', 'raw/passive-close', 'segments/fin_bare'],
  '4.1 FIN_WAIT_1': [
    'FIN taken: ACK now, TIME_WAIT if everything is acknowledged, else CLOSING; all acknowledged without FIN: FIN_WAIT_2',
    'raw/simultaneous-close',
    'segments/fw1_finack',
    'segments/fw1_fin_only',
    'segments/fw1_ack_fin',
  ],
  '4.1 FIN_WAIT_2': ['FIN taken: ACK now, TIME_WAIT', 'raw/close-time-wait', 'segments/fw2_fin_data'],
  '4.1 CLOSING': ['all acknowledged: TIME_WAIT', 'raw/simultaneous-close', 'segments/closing_dup_fin'],
  '4.1 LAST_ACK': [
    'all acknowledged: the pcb is freed before anything is sent, ERR_CLSD unless close() was called',
    'raw/passive-close',
    'segments/la_bad_ack',
  ],
  '4.2': [
    'listener: RST ignored, ACK: RST, SYN: SYN+ACK and a new pcb, else ignored',
    'raw/listen-backlog',
    'segments/listen_syn',
    'segments/listen_ack',
    'segments/listen_data',
    'segments/listen_null',
  ],
  '4.3': [
    'TIME_WAIT: RST ignored, SYN from R to R+W: RST, then ACK for whatever takes up sequence numbers',
    'raw/simultaneous-close',
    'raw/close-time-wait',
    'segments/tw_fin',
    'segments/tw_rst',
    'segments/tw_syn_in_window',
  ],
  '6(2)': [
    'window taken if the segment begins later than the one that gave the last window, or there with a higher ack, or has the same ack and more window',
    'segments/ack_dup_wnd_change',
    'segments/wnd_persist_split',
  ],
  '6(3,4)': [
    'ack not above U: a duplicate at most, changes nothing here; from U+1 to N: U moves, whole segments are freed',
    'segments/ack_dup3',
    'segments/ack_slow',
  ],
  '6(5)': [
    'ack above N: ACK at once; the segment is processed further',
    'raw/acceptance-checks',
    'segments/ack_unsent',
  ],
  '9': [
    'without data, or after the peer has closed: ACK if the seq is outside the window, else nothing',
    'raw/acceptance-checks',
    'segments/cw_data_after_fin',
    'segments/la_bad_ack',
    'segments/closing_dup_fin',
  ],
  '9(1)': ['what begins before R is cut to R', 'raw/acceptance-checks', 'segments/data_old_partial'],
  '9(2)': ['begins outside the window: ACK at once', 'raw/acceptance-checks', 'segments/data_beyond_window'],
  '9(3)': [
    'begins at R: taken, by its length in sequence numbers; ACK of the first segment waits for the fast timer',
    'raw/delayed-ack',
    'segments/data_inorder',
    'segments/data_no_ack_flag',
  ],
  '9(4)': [
    'begins later in the window: queued, ACK at once',
    'raw/ooo-fin',
    'segments/ooo_gap_fill',
    'segments/ooo_window_edge',
  ],
  '9.4': ['data after close(): RST, ERR_ABRT', 'raw/close-data', 'segments/fw1_data'],
  '11': [
    'RST at R: reset; from R to R+W: ACK; else ignored. In SYN_SENT: reset if ack = N, with or without ACK flag',
    'raw/acceptance-checks',
    'segments/rst_exact',
    'segments/synrcvd_rst',
    'segments/synsent_rst_ack',
    'segments/synsent_rst_noack',
    'segments/fw1_rst',
    'segments/cw_rst',
  ],
} as const satisfies Record<string, readonly [string, ...string[]]>;
type Rule = keyof typeof RULES;

/** Sequence arithmetic: signed 32-bit differences. */
const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
const between = (a: number, low: number, high: number): boolean => !before(a, low) && !before(high, a);

/** Every RST is RST+ACK; its window of 5760 has the bytes the wrong way round. */
const RST_WINDOW = 0x8016;

export function lwipDoes(situation: Situation, segment: Segment): LwipOutcome {
  const model = new Model(situation, segment);
  model.input();
  return model;
}

export interface LwipOutcome extends Outcome {
  /** Sequence numbers that are kept for retransmission. */
  readonly outstanding: number;
}

/** Rule 6(2): the window of an ACK, when the last one came with an ACK at R of U. */
export function lwipTakesWindow(situation: Situation, { seq, ack, win = PEER_WINDOW }: Segment): boolean {
  const { rcv, una } = situation;
  return before(rcv, seq) || (seq === rcv && before(una, ack)) || (ack === una && win > PEER_WINDOW);
}

class Model implements LwipOutcome {
  readonly replies: Reply[] = [];
  readonly later: Reply[] = [];
  readonly app: string[] = [];
  readonly rules: Rule[] = [];
  state: string;
  isQueued = false;
  private readonly c: Situation;
  private readonly s: Segment;
  private una: number;
  private rcv: number;
  private ackNow = false;
  private ackDelay = false;
  private data = 0;
  private gotFin = false;

  constructor(situation: Situation, segment: Segment) {
    this.c = situation;
    this.s = segment;
    this.state = situation.state;
    this.una = situation.una;
    this.rcv = situation.rcv;
  }

  /** Data and what stands behind it are segments of their own; a segment is kept until all of it is acknowledged. */
  get outstanding(): number {
    const { una, nxt, dataInFlight } = this.c;
    if (['CLOSED', 'LISTEN', 'TIME_WAIT'].includes(this.state) || this.c.state === 'LISTEN') return 0;
    const acked = u32(this.una - una);
    const all = u32(nxt - una);
    if (acked >= all) return 0;
    return acked >= dataInFlight ? all - dataInFlight : all;
  }

  private has(flag: string): boolean {
    return this.s.flags.includes(flag);
  }

  /** Length in sequence numbers: one for SYN or FIN (section 4, item 2). */
  private get tcplen(): number {
    return this.s.len + (this.has('S') || this.has('F') ? 1 : 0);
  }

  private cite(rule: Rule): void {
    if (!this.rules.includes(rule)) this.rules.push(rule);
  }

  // Segments that are sent

  private rcvName(): string {
    const moved = u32(this.rcv - this.c.rcv);
    return moved === 0 ? 'R' : `R+${moved}`;
  }

  private emptyAck(): Reply {
    this.ackNow = false;
    this.ackDelay = false;
    const win = u32(this.c.edge - this.rcv);
    return { flags: 'A', seq: this.c.nxt, ack: this.rcv, win, text: `ACK(N,${this.rcvName()},${win})` };
  }

  private rst(seq: number, ack: number, names: string): void {
    this.replies.push({ flags: 'RA', seq, ack, win: RST_WINDOW, text: `RST+ACK(${names},${RST_WINDOW})` });
  }

  /** The answer to a segment that cannot be right. */
  private rstToSender(): void {
    this.rst(this.s.ack, u32(this.s.seq + this.tcplen), 'A,E');
  }

  private syn(flags: string, seq: number, ack: number, text: string): void {
    this.replies.push({ flags, seq, ack, win: WINDOW, text });
  }

  // Arrival

  input(): void {
    switch (this.c.state) {
      case 'CLOSED':
        this.cite('4(4)');
        if (!this.has('R')) this.rstToSender();
        return;
      case 'LISTEN':
        this.listen();
        return;
      case 'TIME_WAIT':
        this.timeWait();
        return;
      default:
        this.connection();
    }
  }

  private listen(): void {
    this.cite('4.2');
    if (this.has('R')) return;
    if (this.has('A')) this.rstToSender();
    else if (this.has('S')) {
      this.syn('SA', this.c.iss, u32(this.s.seq + 1), `SYN+ACK(ISS,E,${WINDOW})`);
      this.state = 'SYN_RCVD';
    }
  }

  private timeWait(): void {
    this.cite('4.3');
    if (this.has('R')) return;
    if (this.has('S') && between(this.s.seq, this.rcv, u32(this.rcv + WINDOW))) this.rstToSender();
    else if (this.tcplen > 0) this.replies.push(this.emptyAck());
  }

  /** Section 4.1, then 4, item 6. */
  private connection(): void {
    if (this.has('R')) {
      this.reset();
      if (this.state === 'CLOSED' || this.state === 'LISTEN') return;
    } else if (this.has('S') && this.c.state !== 'SYN_SENT' && this.c.state !== 'SYN_RCVD') {
      this.cite('4.1(2)');
      this.ackNow = true;
    } else {
      this.byState();
    }
    if (this.state === 'CLOSED') return;
    if (this.data > 0) {
      if (this.c.closed) {
        this.cite('9.4');
        this.rst(this.c.nxt, this.rcv, `N,${this.rcvName()}`);
        this.app.push('ERR_ABRT');
        this.state = 'CLOSED';
        return;
      }
      this.app.push(`${this.data} bytes`);
    }
    if (this.gotFin) this.app.push('FIN');
    if (this.ackNow) this.replies.push(this.emptyAck());
    if (this.ackDelay) this.later.push(this.emptyAck());
  }

  private reset(): void {
    this.cite('11');
    const { seq, ack } = this.s;
    const synSent = this.c.state === 'SYN_SENT';
    if (synSent ? ack === this.c.nxt : seq === this.rcv) {
      // Nobody has accepted a connection in SYN_RCVD, so nobody is told; its listener listens on.
      this.state = this.c.state === 'SYN_RCVD' ? 'LISTEN' : 'CLOSED';
      if (this.state === 'CLOSED') this.app.push('ERR_RST');
    } else if (!synSent && between(seq, this.rcv, u32(this.rcv + WINDOW))) {
      this.ackNow = true;
    }
  }

  private byState(): void {
    switch (this.c.state) {
      case 'SYN_SENT':
        this.synSent();
        return;
      case 'SYN_RCVD':
        this.synRcvd();
        return;
      default:
        this.receive();
        this.synchronised();
    }
  }

  private synSent(): void {
    this.cite('4.1 SYN_SENT');
    if (!this.has('A')) return;
    if (this.has('S') && this.s.ack === u32(this.c.una + 1)) {
      this.state = 'ESTABLISHED';
      this.una = this.s.ack;
      this.app.push('connected');
      // Only now is there a RCV.NXT; its name is the end of the SYN.
      const ack = u32(this.s.seq + 1);
      this.replies.push({ flags: 'A', seq: this.c.nxt, ack, win: WINDOW, text: `ACK(N,E,${WINDOW})` });
      return;
    }
    this.rstToSender();
    this.syn('S', this.c.una, 0, `SYN(U,0,${WINDOW})`);
  }

  private synRcvd(): void {
    this.cite('4.1 SYN_RCVD');
    if (!this.has('A')) {
      if (this.has('S') && this.s.seq === u32(this.rcv - 1))
        this.syn('SA', this.c.una, this.rcv, `SYN+ACK(U,R,${WINDOW})`);
      return;
    }
    if (!between(this.s.ack, u32(this.c.una + 1), this.c.nxt)) {
      this.rstToSender();
      return;
    }
    this.state = 'ESTABLISHED';
    this.app.push('accept');
    this.receive();
    this.synchronised();
  }

  /** What the states make of the segment once it was received. */
  private synchronised(): void {
    const allAcked = this.has('A') && this.s.ack === this.c.nxt;
    if (this.gotFin) this.ackNow = true;
    switch (this.state) {
      case 'ESTABLISHED':
        if (!this.gotFin) break;
        this.cite('4.1 ESTABLISHED');
        this.state = 'CLOSE_WAIT';
        break;
      case 'FIN_WAIT_1':
        if (!this.gotFin && !allAcked) break;
        this.cite('4.1 FIN_WAIT_1');
        if (!this.gotFin) this.state = 'FIN_WAIT_2';
        else this.state = allAcked ? 'TIME_WAIT' : 'CLOSING';
        break;
      case 'FIN_WAIT_2':
        if (!this.gotFin) break;
        this.cite('4.1 FIN_WAIT_2');
        this.state = 'TIME_WAIT';
        break;
      case 'CLOSING':
        if (!allAcked) break;
        this.cite('4.1 CLOSING');
        this.state = 'TIME_WAIT';
        break;
      case 'LAST_ACK':
        if (!allAcked) break;
        this.cite('4.1 LAST_ACK');
        this.state = 'CLOSED';
        if (!this.c.closed) this.app.push('ERR_CLSD');
        break;
    }
  }

  /** Sections 6 and 9. */
  private receive(): void {
    if (this.has('A')) this.acknowledgement();
    if (this.tcplen > 0 && ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'].includes(this.state)) this.payload();
    else {
      this.cite('9');
      if (!this.isInWindow(this.s.seq)) this.ackNow = true;
    }
  }

  private isInWindow(seq: number): boolean {
    return between(seq, this.rcv, u32(this.rcv + WINDOW - 1));
  }

  private acknowledgement(): void {
    const { ack } = this.s;
    if (before(this.c.nxt, ack)) {
      this.cite('6(5)');
      this.replies.push(this.emptyAck());
      return;
    }
    this.cite('6(3,4)');
    const { dataInFlight, una } = this.c;
    if (!before(una, ack)) return;
    this.una = ack;
    if (dataInFlight > 0 && u32(ack - una) >= dataInFlight) this.app.push(`sent ${dataInFlight}`);
  }

  private payload(): void {
    let { seq } = this.s;
    let { tcplen } = this;
    let { len } = this.s;
    if (between(this.rcv, u32(seq + 1), u32(seq + tcplen - 1))) {
      this.cite('9(1)');
      const cut = u32(this.rcv - seq);
      seq = this.rcv;
      len -= cut;
      tcplen -= cut;
    } else if (before(seq, this.rcv)) this.ackNow = true;
    if (!this.isInWindow(seq)) {
      this.cite('9(2)');
      this.replies.push(this.emptyAck());
    } else if (seq !== this.rcv) {
      this.cite('9(4)');
      this.isQueued = true;
      this.replies.push(this.emptyAck());
    } else {
      this.cite('9(3)');
      this.rcv = u32(this.rcv + tcplen);
      this.data = len;
      this.gotFin = this.has('F');
      this.ackDelay = true;
    }
  }
}
