/**
 * What RFC 9293 says about a segment that arrives (section 3.10.7, with the challenge acknowledgements of RFC 5961 that
 * it takes in), for the same situations: a standard to hold lwIP's answers against. Where the RFC leaves a choice, the
 * model takes the plain one: no delay, nothing aggregated, segments ahead of RCV.NXT are kept.
 */

import { type Segment, type Situation, u32, WINDOW } from './tcp-cells.ts';
import type { Outcome, Reply } from './tcp-outcome.ts';

/** The passages that the model uses, in short. */
export const PASSAGES = {
  '.1': 'CLOSED: answer everything but a RST by RST',
  '.2': 'LISTEN: RST ignored, ACK: RST, SYN: SYN+ACK, else dropped',
  '.3': 'SYN-SENT: bad ACK: RST; good RST: reset; SYN with good ACK: ESTABLISHED; SYN alone: SYN-RECEIVED; else dropped',
  '.4 seq': 'no part in the window: ACK unless RST, drop',
  '.4 rst': 'RST at R: reset; elsewhere in the window: challenge ACK; outside: drop',
  '.4 syn': 'SYN in the window: challenge ACK; in SYN-RECEIVED after a passive open: back to LISTEN',
  '.4 no ack': 'without ACK: drop',
  '.4 ack':
    'ACK field: U < A <= N acknowledges, older is ignored, A > N: ACK and drop; bad in SYN-RECEIVED: RST; states follow when the FIN is acknowledged',
  '.4 text': 'data: taken, acknowledged, kept if early; ignored after the peer has closed',
  '.4 fin':
    'FIN in its turn: acknowledged, application told, states follow; another one later is acknowledged and changes nothing',
  '3.6.1': 'data after close(): RST',
} as const;
type Passage = keyof typeof PASSAGES;

const offset = (a: number, from: number): number => (a - from) | 0;

export function rfcSays(situation: Situation, segment: Segment): Outcome {
  const model = new Model(situation, segment);
  model.input();
  return model;
}

/** Is the window of an ACK taken ('.4 ack'), when the last one came with an ACK at R of U? Every acceptable one is newer. */
export function rfcTakesWindow({ rcv, una, nxt }: Situation, { seq, ack }: Segment): boolean {
  const start = offset(seq, rcv);
  return start >= 0 && start < WINDOW && offset(ack, una) >= 0 && offset(ack, nxt) <= 0;
}

class Model implements Outcome {
  readonly replies: Reply[] = [];
  readonly later: Reply[] = [];
  readonly app: string[] = [];
  readonly rules: Passage[] = [];
  state: string;
  isQueued = false;
  private readonly c: Situation;
  private readonly s: Segment;

  constructor(situation: Situation, segment: Segment) {
    this.c = situation;
    this.s = segment;
    this.state = situation.state;
  }

  private has(flag: string): boolean {
    return this.s.flags.includes(flag);
  }

  /** SEG.LEN */
  private get segLen(): number {
    return this.s.len + (this.has('S') ? 1 : 0) + (this.has('F') ? 1 : 0);
  }

  private cite(passage: Passage): void {
    if (!this.rules.includes(passage)) this.rules.push(passage);
  }

  private ack(advance = 0): void {
    const text = `ACK(N,R${advance === 0 ? '' : `+${advance}`})`;
    this.replies.push({ flags: 'A', seq: this.c.nxt, ack: u32(this.c.rcv + advance), win: undefined, text });
  }

  private rst(): void {
    this.replies.push({ flags: 'R', seq: this.s.ack, ack: undefined, win: undefined, text: 'RST(A)' });
  }

  input(): void {
    switch (this.c.state) {
      case 'CLOSED':
        this.closed();
        return;
      case 'LISTEN':
        this.listen();
        return;
      case 'SYN_SENT':
        this.synSent();
        return;
      default:
        this.otherwise();
    }
  }

  private closed(): void {
    this.cite('.1');
    if (this.has('R')) return;
    if (this.has('A')) this.rst();
    else {
      const ack = u32(this.s.seq + this.segLen);
      this.replies.push({ flags: 'RA', seq: 0, ack, win: undefined, text: 'RST+ACK(0,E)' });
    }
  }

  private listen(): void {
    this.cite('.2');
    if (this.has('R')) return;
    if (this.has('A')) this.rst();
    else if (this.has('S')) {
      const ack = u32(this.s.seq + 1);
      this.replies.push({ flags: 'SA', seq: this.c.iss, ack, win: undefined, text: 'SYN+ACK(ISS,E)' });
      this.state = 'SYN_RCVD';
    }
  }

  private synSent(): void {
    this.cite('.3');
    const { nxt, una } = this.c;
    const goodAck = offset(this.s.ack, una) > 0 && offset(this.s.ack, nxt) <= 0;
    if (this.has('A') && !goodAck) {
      if (!this.has('R')) this.rst();
      return;
    }
    if (this.has('R')) {
      if (!this.has('A')) return;
      this.state = 'CLOSED';
      this.app.push('ERR_RST');
    } else if (this.has('S')) {
      const ack = u32(this.s.seq + 1);
      if (this.has('A')) {
        this.state = 'ESTABLISHED';
        this.app.push('connected');
        this.replies.push({ flags: 'A', seq: nxt, ack, win: undefined, text: 'ACK(N,E)' });
      } else {
        this.state = 'SYN_RCVD';
        this.replies.push({ flags: 'SA', seq: una, ack, win: undefined, text: 'SYN+ACK(U,E)' });
      }
    }
  }

  /** 3.10.7.4 in its eight steps; security and urgent data have none. */
  private otherwise(): void {
    const start = offset(this.s.seq, this.c.rcv);
    const end = start + Math.max(this.segLen, 1);
    const inWindow = start >= 0 && start < WINDOW;
    if (!inWindow && !(this.segLen > 0 && end > 0 && end <= WINDOW)) {
      this.cite('.4 seq');
      if (!this.has('R')) this.ack();
      return;
    }
    if (this.has('R')) this.reset(start);
    else if (this.has('S')) this.synInWindow();
    else if (!this.has('A')) this.cite('.4 no ack');
    else if (this.acknowledgement()) this.textAndFin(start);
  }

  private reset(start: number): void {
    this.cite('.4 rst');
    if (start !== 0) {
      this.ack();
      return;
    }
    if (this.c.state === 'SYN_RCVD') {
      this.state = 'LISTEN';
      return;
    }
    this.state = 'CLOSED';
    if (!['CLOSING', 'LAST_ACK', 'TIME_WAIT'].includes(this.c.state)) this.app.push('ERR_RST');
  }

  private synInWindow(): void {
    this.cite('.4 syn');
    if (this.c.state === 'SYN_RCVD') this.state = 'LISTEN';
    else this.ack();
  }

  /** @returns false if the segment is dropped */
  private acknowledgement(): boolean {
    this.cite('.4 ack');
    const acked = offset(this.s.ack, this.c.una);
    const unsent = offset(this.s.ack, this.c.nxt) > 0;
    if (this.c.state === 'SYN_RCVD') {
      if (acked <= 0 || unsent) {
        this.rst();
        return false;
      }
      this.state = 'ESTABLISHED';
      this.app.push('accept');
      return true;
    }
    if (unsent) {
      this.ack();
      return false;
    }
    const { dataInFlight } = this.c;
    if (dataInFlight > 0 && acked >= dataInFlight) this.app.push(`sent ${dataInFlight}`);
    const finAcked = this.s.ack === this.c.nxt;
    switch (this.c.state) {
      case 'FIN_WAIT_1':
        if (finAcked) this.state = 'FIN_WAIT_2';
        return true;
      case 'CLOSING':
        if (finAcked) this.state = 'TIME_WAIT';
        return finAcked;
      case 'LAST_ACK':
        if (finAcked) this.state = 'CLOSED';
        return !finAcked;
      default:
        return true;
    }
  }

  private textAndFin(start: number): void {
    const open = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'].includes(this.state);
    const { len } = this.s;
    const usable = Math.min(len, len + start);
    if (len > 0 && open) {
      this.cite('.4 text');
      if (this.c.closed) {
        this.cite('3.6.1');
        this.replies.push({ flags: 'R', seq: this.c.nxt, ack: undefined, win: undefined, text: 'RST(N)' });
        this.state = 'CLOSED';
        this.app.push('ERR_ABRT');
      } else if (start > 0) {
        this.isQueued = true;
        this.ack();
      } else {
        this.app.push(`${usable} bytes`);
        this.ack(usable);
      }
      return;
    }
    if (len > 0) this.cite('.4 text');
    if (this.has('F')) this.fin(start);
  }

  private fin(start: number): void {
    this.cite('.4 fin');
    const open = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'].includes(this.state);
    if (!open || start > 0) {
      this.isQueued = open;
      this.ack();
      return;
    }
    this.ack(1);
    this.app.push('FIN');
    if (this.state === 'ESTABLISHED') this.state = 'CLOSE_WAIT';
    else this.state = this.state === 'FIN_WAIT_1' ? 'CLOSING' : 'TIME_WAIT';
  }
}
