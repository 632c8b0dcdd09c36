/**
 * The cells of the TCP state table: a connection in a certain state meets one segment at a certain place. Here are the
 * axes, the way into each state, and the observation of what our stack does. What should happen is not known here.
 */

import { ERR_OK, type err_t, pbuf_free, tcp_state_str } from '../../stack/index.ts';
import {
  tcp_bind,
  tcp_close,
  tcp_connect,
  tcp_listen_with_backlog,
  tcp_recved,
  tcp_shutdown,
} from '../../stack/tcp.ts';
import { tcp_output, tcp_write } from '../../stack/tcp_out.ts';
import { TcpPcb, TcpPcbListen, type TcpSeg } from '../../stack/tcp_pcb.ts';
import { address, BareStack, flagBits, HOST, PEER, pattern, readSegment, type SentSegment } from './bare-stack.ts';
import { tcpFrame } from './frames.ts';

export type StateName =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'SYN_RCVD'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT';

/** One table of the file: a state, and whether the application has called close() or only shut down its sending side. */
export interface TableState {
  readonly state: StateName;
  readonly closed: boolean;
  /** How the state was reached, for the reader. */
  readonly story: string;
}

const DATA = 100;
export const WINDOW = 5760;

const state = (name: StateName, story: string, closed = false): TableState => ({ state: name, closed, story });

export const TABLE_STATES: readonly TableState[] = [
  state('CLOSED', 'no pcb at all; the positions are those of a connection that has been'),
  state('LISTEN', 'a listener with a free backlog; the positions mean nothing to it'),
  state('SYN_SENT', 'SYN sent (U is its number); R stands for any number of the peer, as nothing is known of it'),
  state('SYN_RCVD', 'SYN received by a listener, SYN+ACK sent (U is its number)'),
  state('ESTABLISHED', '100 bytes in flight'),
  state('FIN_WAIT_1', '100 bytes and a FIN in flight, after shutdown(SHUT_WR)'),
  state('FIN_WAIT_1', '100 bytes and a FIN in flight, after close()', true),
  state('FIN_WAIT_2', 'FIN acknowledged, after shutdown(SHUT_WR)'),
  state('FIN_WAIT_2', 'FIN acknowledged, after close()', true),
  state('CLOSE_WAIT', "peer's FIN received, 100 bytes in flight"),
  state('CLOSING', '100 bytes and a FIN in flight, peer has sent its FIN without acknowledging any of it'),
  state('LAST_ACK', "peer's FIN received, 100 bytes and a FIN in flight, after shutdown(SHUT_WR)"),
  state('LAST_ACK', "peer's FIN received, 100 bytes and a FIN in flight, after close()", true),
  state('TIME_WAIT', 'both FINs exchanged and acknowledged'),
];

/** The variables of RFC 9293 3.3.1 that a segment is measured with, as they are when it arrives; uint32. */
export interface Situation extends TableState {
  /** SND.UNA, SND.NXT */
  readonly una: number;
  readonly nxt: number;
  /** RCV.NXT, and the right edge of the window as the peer was told it. */
  readonly rcv: number;
  readonly edge: number;
  /** Initial sequence number that a new connection would take. */
  readonly iss: number;
  /** Bytes of data in flight; a SYN or FIN behind or before them is not counted. */
  readonly dataInFlight: number;
}

/** Initial sequence numbers: what the ISN hook returns, what the peer begins with. */
export interface Numbers {
  readonly isn: number;
  readonly irs: number;
}

export const u32 = (n: number): number => n >>> 0;

/** By the story of the state alone, without asking the stack. An active open counts from ISN-1, a passive one from ISN. */
export function situationOf(table: TableState, { isn, irs }: Numbers): Situation {
  const passive = table.state === 'SYN_RCVD' || table.state === 'LISTEN';
  const first = passive ? isn + 1 : isn;
  const rcvFirst = irs + 1;
  const finSent = ['FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'].includes(table.state);
  const finReceived = ['CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'].includes(table.state);
  const allAcked = table.state === 'FIN_WAIT_2' || table.state === 'TIME_WAIT';
  const handshake = table.state === 'SYN_SENT' || table.state === 'SYN_RCVD';
  const dataInFlight = allAcked || handshake ? 0 : DATA;
  const nxt = first + dataInFlight + (finSent ? 1 : 0);
  let una = allAcked ? nxt : first;
  if (handshake) una = first - 1;
  return {
    ...table,
    una: u32(una),
    nxt: u32(nxt),
    rcv: u32(rcvFirst + (finReceived ? 1 : 0)),
    edge: u32(rcvFirst + WINDOW),
    iss: u32(isn),
    dataInFlight,
  };
}

/** Kinds of segments: name, flags, bytes of data. */
export const KINDS = {
  SYN: { flags: 'S', len: 0 },
  'SYN+ACK': { flags: 'SA', len: 0 },
  ACK: { flags: 'A', len: 0 },
  'FIN+ACK': { flags: 'FA', len: 0 },
  RST: { flags: 'R', len: 0 },
  'RST+ACK': { flags: 'RA', len: 0 },
  data: { flags: 'PA', len: DATA },
  none: { flags: '', len: 0 },
  'data without ACK': { flags: 'P', len: DATA },
  'FIN without ACK': { flags: 'F', len: 0 },
} as const;
export type KindName = keyof typeof KINDS;

/** Where the segment begins, seen from RCV.NXT. */
export const SEQ_POSITIONS = {
  left: -1000,
  'R-1': -1,
  R: 0,
  inside: 1000,
  last: WINDOW - 1,
  edge: WINDOW,
  beyond: WINDOW + 1000,
} as const;
export type SeqPosition = keyof typeof SEQ_POSITIONS;

export type AckPosition = 'old' | 'current' | 'part' | 'new' | 'unsent';

/** What the acknowledgement field can say in a situation. */
export function ackPositions(s: Situation): ReadonlyMap<AckPosition, number> {
  const inFlight = u32(s.nxt - s.una);
  const positions = new Map<AckPosition, number>([
    ['old', u32(s.una - 50)],
    ['current', s.una],
  ]);
  // All data, but not the FIN behind it; half of the data if there is no FIN.
  if (inFlight > 1) positions.set('part', u32(s.una + (inFlight > DATA ? DATA : DATA / 2)));
  if (inFlight > 0) positions.set('new', s.nxt);
  positions.set('unsent', u32(s.nxt + 1000));
  return positions;
}

export interface Segment {
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly len: number;
  /** The window that it announces; PEER_WINDOW if left out. */
  readonly win?: number;
}

/** What our stack did. */
export interface Observation {
  /** Segments sent at once, and those of the next 250 ms. */
  readonly replies: readonly SentSegment[];
  readonly later: readonly SentSegment[];
  readonly state: string;
  readonly app: readonly string[];
  /** The segment waits in the out-of-order queue. */
  readonly isQueued: boolean;
  /** Sequence numbers that are kept for retransmission. */
  readonly outstanding: number;
  /** The peer's window as the sender now sees it; undefined without a pcb. */
  readonly sndWnd: number | undefined;
}

const PORT = 80;
const PEER_PORT = 5000;
/** The window that the peer announces while a situation is arranged. */
export const PEER_WINDOW = 5840;
const MSS_1460 = [2, 4, 5, 0xb4];
const ERR_NAMES: Readonly<Record<number, string>> = { [-13]: 'ERR_ABRT', [-14]: 'ERR_RST', [-15]: 'ERR_CLSD' };

const ENDS = {
  from: 'b',
  srcIp: PEER.ip.split('.').map(Number),
  destIp: HOST.ip.split('.').map(Number),
  destMac: HOST.mac.split(':').map((h) => Number.parseInt(h, 16)),
} as const;

/** One connection, brought into a situation, then shown a segment. */
class Cell {
  private readonly host: BareStack;
  private readonly situation: Situation;
  private readonly numbers: Numbers;
  private readonly isListening: boolean;
  private pcb: TcpPcb | null = null;
  private app: string[] = [];
  private sent: SentSegment[] = [];

  constructor(situation: Situation, numbers: Numbers) {
    this.situation = situation;
    this.numbers = numbers;
    this.isListening = situation.state === 'LISTEN' || situation.state === 'SYN_RCVD';
    this.host = new BareStack({
      isn: () => numbers.isn,
      // An active open takes the port that the peer of all cells speaks to; the index of random number 1 is TCP's.
      rand: (n) => (n === 1 ? LOCAL_PORT - 1 - 0xc000 : 0),
      onFrame: (bytes) => this.sent.push(readSegment(bytes)!),
    });
    this.arrange();
    this.check();
    this.app = [];
    this.sent = [];
  }

  private get localPort(): number {
    return this.isListening ? PORT : LOCAL_PORT;
  }

  private segment(flags: string, seq: number, ack: number, len = 0, wnd = PEER_WINDOW): void {
    const frame = tcpFrame({
      ...ENDS,
      ports: [PEER_PORT, this.localPort],
      seq: u32(seq),
      ack: u32(ack),
      flags: flagBits(flags),
      wnd,
      tcpOptions: flags.includes('S') ? MSS_1460 : [],
      data: [...pattern(0, len)],
    });
    this.host.input(frame);
  }

  /** The way into the state. */
  private arrange(): void {
    const { state: name, closed } = this.situation;
    const { isn, irs } = this.numbers;
    if (name === 'CLOSED') return;
    if (this.isListening) {
      this.listen();
      if (name === 'SYN_RCVD') {
        this.segment('S', irs, 0);
        this.pcb = this.host.stack.tcp_active_pcbs;
      }
      return;
    }
    this.connect();
    if (name === 'SYN_SENT') return;
    this.segment('SA', irs, isn);
    const pcb = this.pcb!;
    const end = (): err_t => (closed ? tcp_close(pcb) : tcp_shutdown(pcb, false, true));
    const peerFin = (ack: number): void => this.segment('FA', irs + 1, ack);
    switch (name) {
      case 'ESTABLISHED':
        this.sendData();
        break;
      case 'FIN_WAIT_1':
        this.sendData();
        end();
        break;
      case 'FIN_WAIT_2':
      case 'TIME_WAIT':
        end();
        this.segment('A', irs + 1, isn + 1);
        if (name === 'TIME_WAIT') peerFin(isn + 1);
        break;
      case 'CLOSE_WAIT':
      case 'LAST_ACK':
        peerFin(isn);
        this.sendData();
        if (name === 'LAST_ACK') end();
        break;
      case 'CLOSING':
        this.sendData();
        end();
        peerFin(isn);
        break;
    }
  }

  /** The stack is where the situation says. */
  private check(): void {
    const { una, nxt, rcv, state: name } = this.situation;
    const { pcb } = this;
    if (pcb === null) return;
    const here = [tcp_state_str[pcb.state], u32(pcb.lastack), u32(pcb.snd_nxt), pcb.rcv_wnd];
    const there = [name, una, nxt, WINDOW];
    if (name !== 'SYN_SENT') {
      here.push(u32(pcb.rcv_nxt));
      there.push(rcv);
    }
    if (here.join() !== there.join()) throw new Error(`Arranged ${here.join()} instead of ${there.join()}.`);
  }

  private listen(): void {
    const bound = new TcpPcb(this.host.stack);
    tcp_bind(bound, 0, PORT);
    const listener = tcp_listen_with_backlog(bound, 5);
    if (!(listener instanceof TcpPcbListen)) throw new Error(`listen() failed: ${listener}`);
    listener.accept = (_arg: never, pcb) => {
      this.app.push('accept');
      this.attach(pcb!);
      return ERR_OK;
    };
  }

  private connect(): void {
    this.pcb = new TcpPcb(this.host.stack);
    this.attach(this.pcb);
    tcp_connect(this.pcb, address(PEER.ip), PEER_PORT, () => {
      this.app.push('connected');
      return ERR_OK;
    });
  }

  private attach(pcb: TcpPcb): void {
    pcb.errf = (_arg: never, err) => this.app.push(ERR_NAMES[err]!);
    pcb.recv = (_arg: never, _pcb, p) => {
      this.app.push(p === null ? 'FIN' : `${p.tot_len} bytes`);
      if (p === null) return ERR_OK;
      tcp_recved(pcb, p.tot_len);
      pbuf_free(p);
      return ERR_OK;
    };
    pcb.sent = (_arg: never, _pcb, len) => {
      this.app.push(`sent ${len}`);
      return ERR_OK;
    };
  }

  private sendData(): void {
    tcp_write(this.pcb!, pattern(0, DATA), 0, DATA, 0);
    tcp_output(this.pcb!);
  }

  observe(...segments: readonly Segment[]): Observation {
    this.host.runTo(10);
    for (const { flags, seq, ack, len, win } of segments) this.segment(flags, seq, ack, len, win);
    const replies = this.sent;
    const pcb = this.pcb?.isFreed === false ? this.pcb : null;
    const seen = {
      replies,
      state: this.stateName(),
      app: [...this.app],
      isQueued: pcb !== null && pcb.ooseq !== null,
      outstanding: pcb === null ? 0 : sequenceNumbers(pcb.unacked) + sequenceNumbers(pcb.unsent),
      sndWnd: pcb?.snd_wnd,
    };
    this.sent = [];
    this.host.runTo(250);
    return { ...seen, later: this.sent };
  }

  private stateName(): string {
    const { tcp_active_pcbs, tcp_tw_pcbs, tcp_listen_pcbs } = this.host.stack;
    const pcb = tcp_active_pcbs ?? tcp_tw_pcbs;
    if (pcb !== null) return tcp_state_str[pcb.state]!;
    return tcp_listen_pcbs === null ? 'CLOSED' : 'LISTEN';
  }
}

function sequenceNumbers(queue: TcpSeg | null): number {
  let count = 0;
  for (let seg = queue; seg !== null; seg = seg.next) count += seg.len + ((seg.flags & flagBits('SF')) === 0 ? 0 : 1);
  return count;
}

/** Port of an active open: the first that the counter gives. */
const LOCAL_PORT = 65_201;

/** Let segments, most often one, arrive in a situation. */
export function observe(situation: Situation, numbers: Numbers, ...segments: readonly Segment[]): Observation {
  return new Cell(situation, numbers).observe(...segments);
}
