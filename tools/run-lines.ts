/**
 * What happened in a run, line by line and in words: the model behind the text ladder and the report. A line says who
 * sent what to whom, or which call was made with which result; how it is drawn is the business of others.
 */

import type { CallRecord, FrameRecord, NoteRecord } from '../device/trace.ts';
import { ENOTCONN, errnoName } from '../sockets/errno.ts';
import { eaiName } from '../sockets/names.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../stack/prot/tcp.ts';
import { appWords } from './describe-app.ts';
import { type DescribeOptions, describeFrame } from './describe-frame.ts';
import { type Dissection, dissect, type Ip4Layer, type TcpLayer } from './dissect.ts';
import { printable } from './printable.ts';

/** What the lines are made from: a trace, or what is left of one in a file. */
export interface RunRecords {
  readonly frames: readonly FrameRecord[];
  readonly calls: readonly CallRecord[];
  readonly notes: readonly NoteRecord[];
}

// ---------------------------------------------------------------------------------------------------------------
// Who takes part

export interface Board {
  readonly name: string;
  /** The one IP address that it sends from; '' if there is none or more than one. */
  readonly address: string;
}

/** Frames that no board sent come from here. */
const INJECTED = '(test)';
/** The far end of a board that is alone. */
const WIRE = '(wire)';

/** The boards of a trace in the order of their columns, and what their frames tell about them. */
export class Cast {
  readonly #names: string[];
  readonly #addresses = new Map<string, Set<string>>();
  readonly #ownerOfMac = new Map<string, string>();
  readonly #onLan = new Map<string, Set<string>>();
  readonly #tasks = new Map<string, Set<string>>();
  /** Of frames that a fault has put on the wire in a board's name. */
  readonly #impersonated = new Map<FrameRecord, string>();
  /** The frames in order. */
  readonly frames: readonly FrameRecord[];

  constructor(trace: RunRecords, first: readonly string[]) {
    this.frames = [...trace.frames].sort((a, b) => a.n - b.n);
    for (const record of this.frames) this.#learn(record, dissect(record.bytes));
    for (const record of this.frames) this.#learnInjected(record);
    for (const call of trace.calls) addTo(this.#tasks, partyOf(call.board), call.task);

    const seen = new FirstSeen();
    for (const frame of this.frames) seen.add(this.senderOf(frame), frame.n);
    for (const call of trace.calls) seen.add(partyOf(call.board), call.n0);
    for (const note of trace.notes) if (note.board !== '') seen.add(note.board, note.n);
    this.#names = [...new Set([...first.map(partyOf), ...seen.inOrder()])];
    if (this.#names.length === 1) this.#names.push(WIRE);
  }

  /** A RST of a fault stands in the column of the board whose address it bears. */
  #learnInjected(record: FrameRecord): void {
    if (record.from !== '' || record.fault === '') return;
    const { eth } = dissect(record.bytes);
    const owner = eth && this.#ownerOfMac.get(eth.src);
    if (owner !== undefined) this.#impersonated.set(record, owner);
  }

  /** The party that a frame comes from, or pretends to come from. */
  senderOf(record: FrameRecord): string {
    return this.#impersonated.get(record) ?? partyOf(record.from);
  }

  #learn(record: FrameRecord, d: Dissection): void {
    if (record.from === '' && record.fault !== '') return;
    const sender = partyOf(record.from);
    addTo(this.#onLan, record.lan, sender);
    if (d.eth === undefined) return;
    const owner = this.#ownerOfMac.get(d.eth.src);
    if (owner === undefined || owner === INJECTED) this.#ownerOfMac.set(d.eth.src, sender);
    const address = d.ip4?.src ?? d.arp?.spa ?? '0.0.0.0';
    if (address !== '0.0.0.0') addTo(this.#addresses, sender, address);
  }

  boards(): Board[] {
    return this.#names.map((name) => ({
      name: printable(name.trim() === '' ? `"${name}"` : name),
      address: this.addressOf(name),
    }));
  }

  /** Column of a record's board. */
  index(board: string): number {
    return this.#names.indexOf(partyOf(board));
  }

  addressOf(board: string): string {
    const addresses = this.#addresses.get(partyOf(board));
    if (addresses?.size !== 1) return '';
    const [only] = addresses;
    return only!;
  }

  /** Names of the boards by the addresses that they have sent from. */
  addressNames(): Map<string, string> {
    const names = new Map<string, string>();
    for (const [board, addresses] of this.#addresses) {
      if (board === INJECTED) continue;
      for (const address of addresses) if (!names.has(address)) names.set(address, board);
    }
    return names;
  }

  get hasSeveralLans(): boolean {
    return this.#onLan.size > 1;
  }

  hasSeveralTasks(board: string): boolean {
    return (this.#tasks.get(partyOf(board))?.size ?? 0) > 1;
  }

  /** Boards to which a frame is addressed. */
  receivers(record: FrameRecord, d: Dissection): string[] {
    const sender = this.senderOf(record);
    const others = this.#names.filter((name) => name !== sender);
    if (others.length === 1) return others;
    if (d.eth !== undefined && isGroup(d.bytes)) {
      return others.filter((name) => this.#onLan.get(record.lan)?.has(name));
    }
    const owner = d.eth && this.#ownerOfMac.get(d.eth.dest);
    return owner === undefined || owner === sender ? [] : [owner];
  }
}

/** Names in the order of the lowest number that each was seen with. */
class FirstSeen {
  readonly #first = new Map<string, number>();

  add(name: string, n: number): void {
    if (n < (this.#first.get(name) ?? Number.POSITIVE_INFINITY)) this.#first.set(name, n);
  }

  inOrder(): string[] {
    return [...this.#first].sort((a, b) => a[1] - b[1]).map(([name]) => name);
  }
}

/** Who a record's board name stands for. */
function partyOf(board: string): string {
  return board === '' ? INJECTED : board;
}

/** The lowest bit of the first byte marks multicast and broadcast. */
function isGroup(frame: Uint8Array): boolean {
  return (frame[0]! & 1) === 1;
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

// ---------------------------------------------------------------------------------------------------------------
// What happened, line by line

/** What kind of line it is, for colours. */
export type Look = 'frame' | 'reset' | 'again' | 'fault' | 'lost' | 'call' | 'failed' | 'note';

/** A frame. What its bytes say is worked out when somebody reads it: a run of 50,000 frames is shown fifty at a time. */
export class FrameLine {
  readonly kind = 'frame';
  readonly record: FrameRecord;
  /** Columns. */
  readonly from: number;
  readonly to: readonly number[];
  /** What a TCP segment is, with relative numbers. */
  readonly tcp: TcpWords | undefined;
  readonly #words: DescribeOptions;
  /** Name of the wire, where there are several. */
  readonly #lan: string;
  #d: Dissection | undefined;
  #label: string | undefined;

  constructor(
    record: FrameRecord,
    from: number,
    to: readonly number[],
    lan: string,
    words: DescribeOptions,
    tcp: TcpWords | undefined,
  ) {
    this.record = record;
    this.from = from;
    this.to = to;
    this.#lan = lan;
    this.#words = words;
    this.tcp = tcp;
  }

  get tUs(): number {
    return this.record.tUs;
  }

  get look(): Look {
    if (this.record.lost) return 'lost';
    if (this.harm !== '') return 'fault';
    if (this.tcp?.isReset) return 'reset';
    return this.tcp?.mark === 'retransmission' ? 'again' : 'frame';
  }

  get lost(): boolean {
    return this.record.lost;
  }

  get fault(): string {
    return printable(this.record.fault);
  }

  /** True for a frame that no board has sent, but a fault in the name of one. */
  get isForged(): boolean {
    return this.record.from === '' && this.record.fault !== '';
  }

  /** What the wire did to this very frame: a RST or FIN that a fault adds behind it leaves it as it is. */
  get harm(): string {
    if (this.record.fault === '' || this.lost || this.isForged) return this.fault;
    return this.fault
      .split('+')
      .filter((one) => one !== 'rst' && one !== 'fin')
      .join('+');
  }

  get d(): Dissection {
    this.#d ??= dissect(this.record.bytes);
    return this.#d;
  }

  /** The frame in one line of words. */
  get label(): string {
    if (this.#label === undefined) {
      const mark = this.tcp === undefined || this.tcp.mark === '' ? '' : ` (${this.tcp.mark})`;
      const lan = this.#lan === '' ? '' : `${printable(this.#lan)}: `;
      this.#label = lan + describeFrame(this.d, this.#words) + mark;
    }
    return this.#label;
  }

  /** What TCP or UDP carry, unless the words say it already. */
  get payload(): Uint8Array {
    const { d } = this;
    const hasText = d.ip4 !== undefined && d.icmp === undefined && d.igmp === undefined && appWords(d) === '';
    return hasText ? d.payload : NOTHING;
  }
}

/** A call, its start or its return. The words are made when somebody reads them, like those of a frame. */
export class CallLine {
  readonly kind = 'call';
  readonly tUs: number;
  readonly look: Look;
  /** Column. */
  readonly board: number;
  /** The whole call in one line, its start, its return, or that it never did. */
  readonly part: 'whole' | 'start' | 'return' | 'never';
  readonly record: CallRecord;
  readonly #showTask: boolean;

  constructor(record: CallRecord, part: CallLine['part'], tUs: number, cast: Cast) {
    this.record = record;
    this.part = part;
    this.tUs = tUs;
    this.board = cast.index(record.board);
    this.look = this.#hasReturned && this.hasFailed ? 'failed' : 'call';
    this.#showTask = cast.hasSeveralTasks(record.board);
  }

  /** True if the call returned an error, or will. */
  get hasFailed(): boolean {
    return hasFailed(this.record);
  }

  get #hasReturned(): boolean {
    return this.part === 'whole' || this.part === 'return';
  }

  /** Shortened if the line is too long ... */
  get text(): string {
    const { record, part } = this;
    const task = this.#showTask ? `${printable(record.task)}: ` : '';
    if (part === 'return') return `${task}... ${printable(record.fn)}`;
    return `${task}${part === 'never' ? '... ' : ''}${callText(record)}`;
  }

  /** ... before this is. */
  get result(): string {
    if (this.part === 'start') return ' ...';
    return this.part === 'never' ? ' has not returned' : callResult(this.record);
  }

  get payload(): Uint8Array {
    return this.#hasReturned ? (this.record.data ?? NOTHING) : NOTHING;
  }
}

export interface NoteLine {
  readonly kind: 'note';
  readonly tUs: number;
  readonly look: Look;
  readonly text: string;
  readonly record: NoteRecord;
}

export type Line = FrameLine | CallLine | NoteLine;

const NOTHING = new Uint8Array(0);

/** A line, or a call's start or return, which becomes one. */
interface Event {
  readonly n: number;
  readonly line: FrameLine | NoteLine | undefined;
  readonly call: CallRecord | undefined;
  readonly isStart: boolean;
}

export function runLines(trace: RunRecords, cast: Cast, showCalls: boolean): Line[] {
  const events = eventsOf(trace, cast, showCalls);
  const lines: Line[] = [];
  const told = new Set<CallRecord>();
  for (const [i, { line, call, isStart }] of events.entries()) {
    if (call === undefined) {
      lines.push(line!);
    } else if (isStart && returnsAtOnce(events, i, call, cast)) {
      lines.push(new CallLine(call, 'whole', call.t0Us, cast));
      told.add(call);
    } else if (!told.has(call)) {
      lines.push(
        isStart ? new CallLine(call, 'start', call.t0Us, cast) : new CallLine(call, 'return', call.t1Us, cast),
      );
    }
  }
  const endUs = lines.reduce((latest, line) => Math.max(latest, line.tUs), 0);
  const blocked = showCalls ? trace.calls.filter((call) => call.n1 < 0) : [];
  for (const call of blocked) lines.push(new CallLine(call, 'never', endUs, cast));
  return lines;
}

function eventsOf(trace: RunRecords, cast: Cast, showCalls: boolean): Event[] {
  const tcp = new TcpView();
  const events: Event[] = [];
  const add = (n: number, line: Event['line'], call?: CallRecord, isStart = false): void => {
    events.push({ n, line, call, isStart });
  };
  for (const record of cast.frames) add(record.n, frameLine(record, cast, tcp));
  for (const note of trace.notes) {
    const text = printable(note.board === '' ? note.text : `${note.board}: ${note.text}`);
    add(note.n, { kind: 'note', tUs: note.tUs, look: 'note', text, record: note });
  }
  for (const call of showCalls ? trace.calls : []) {
    add(call.n0, undefined, call, true);
    if (call.n1 >= 0) add(call.n1, undefined, call);
  }
  return events.sort((a, b) => a.n - b.n);
}

/** True if nothing happened between start and return but that the call's own board sent frames, at the same instant; or a note. */
function returnsAtOnce(events: readonly Event[], start: number, record: CallRecord, cast: Cast): boolean {
  if (record.t1Us !== record.t0Us) return false;
  const own = cast.index(record.board);
  for (let i = start + 1; i < events.length; i++) {
    const { line, call } = events[i]!;
    if (call !== undefined) return call === record;
    if (line?.kind === 'frame' && line.from !== own) return false;
  }
  return false;
}

function frameLine(record: FrameRecord, cast: Cast, tcp: TcpView): FrameLine {
  const d = dissect(record.bytes);
  const receivers = cast.receivers(record, d);
  const words: { -readonly [K in keyof DescribeOptions]: DescribeOptions[K] } = {
    hideSrc: d.ip4?.src === cast.addressOf(cast.senderOf(record)),
    hideDest: receivers.length === 1 && d.ip4?.dest === cast.addressOf(receivers[0]!),
  };
  let segment: TcpWords | undefined;
  if (d.ip4 !== undefined && d.tcp !== undefined && !d.ip4.isFragment) {
    const isHeard = !record.lost && !record.fault.includes('corrupt');
    const isForged = record.from === '' && record.fault !== '';
    segment = tcp.look(record.lan, d.ip4, d.tcp, d.payload.length, isHeard, isForged);
    words.seq = segment.seq;
    words.ack = segment.ack;
    words.showSeq = segment.isOutOfLine;
  }
  const to = receivers.map((name) => cast.index(name));
  const from = cast.index(cast.senderOf(record));
  return new FrameLine(record, from, to, cast.hasSeveralLans ? record.lan : '', words, segment);
}

function callText(record: CallRecord): string {
  return printable(`${record.fn}(${record.args.join(', ')})`);
}

/** Calls whose filled-in address is where something came from; of the others it is the answer itself. */
const TAKES_FROM: ReadonlySet<string> = new Set(['accept', 'recvfrom', 'recvmsg']);

/** Calls that give an address or NULL, and no number. */
const GIVES_HOST: ReadonlySet<string> = new Set(['gethostbyname']);

function callResult(record: CallRecord): string {
  const ret = record.ret ?? 0;
  if (GIVES_HOST.has(record.fn)) return printable(` = ${ret < 0 ? 'NULL' : record.addr}`);
  if (record.fn === 'getaddrinfo' && ret > 0) return ` = ${ret} ${eaiName(ret)}`;
  const parts = [` = ${ret}`];
  if (ret < 0 && record.errno !== 0) parts.push(errnoName(record.errno));
  if (ret === 0 && record.errno === ENOTCONN) parts.push('end of stream');
  if (record.addr !== '') parts.push(TAKES_FROM.has(record.fn) ? `from ${record.addr}` : `(${record.addr})`);
  return printable(parts.join(' '));
}

function hasFailed({ fn, ret = 0 }: CallRecord): boolean {
  return ret < 0 || (fn === 'getaddrinfo' && ret > 0);
}

// ---------------------------------------------------------------------------------------------------------------
// TCP as a reader wants it

/** What one direction of a connection has sent. */
interface Direction {
  /** Sequence number of the SYN, shown as 0. */
  base: number;
  /** Next sequence number that was never used. */
  next: number;
  /** Window and acknowledgement number that this side announced last; -1 if it has not. */
  wnd: number;
  ack: number;
  /** The last window that was not lost on its way. */
  heardWnd: number;
}

export interface TcpWords {
  readonly seq: number;
  readonly ack: number;
  /** Without data and yet not at the place where the direction's next data belongs. */
  readonly isOutOfLine: boolean;
  readonly isReset: boolean;
  readonly mark: '' | 'retransmission' | 'keep-alive' | 'window probe' | 'window update' | 'duplicate ack';
}

/** Follows the connections of a trace, for relative numbers and for what a segment is. */
class TcpView {
  readonly #directions = new Map<string, Direction>();

  /** @param isForged no end has sent it, so that none goes on from there */
  look(lan: string, ip4: Ip4Layer, tcp: TcpLayer, length: number, isHeard: boolean, isForged: boolean): TcpWords {
    const there = `${lan} ${ip4.src}:${tcp.srcPort} ${ip4.dest}:${tcp.destPort}`;
    const back = `${lan} ${ip4.dest}:${tcp.destPort} ${ip4.src}:${tcp.srcPort}`;
    const isSyn = (tcp.flags & TCP_SYN) !== 0;
    const hasAck = (tcp.flags & TCP_ACK) !== 0;

    let own = this.#directions.get(there);
    if (own !== undefined && isSyn && own.base !== tcp.seqno) {
      own = undefined;
      if (!hasAck) this.#directions.delete(back);
    }
    if (own === undefined) {
      const base = isSyn ? tcp.seqno : (tcp.seqno - 1) >>> 0;
      own = { base, next: tcp.seqno, wnd: -1, ack: -1, heardWnd: -1 };
      this.#directions.set(there, own);
    }
    let peer = this.#directions.get(back);
    if (peer === undefined && hasAck) {
      peer = { base: (tcp.ackno - 1) >>> 0, next: tcp.ackno, wnd: -1, ack: -1, heardWnd: -1 };
      this.#directions.set(back, peer);
    }

    const size = length + (isSyn ? 1 : 0) + ((tcp.flags & TCP_FIN) === 0 ? 0 : 1);
    const ahead = (tcp.seqno - own.next) | 0;
    const isProbe = peer?.heardWnd === 0 && length === 1 && ahead <= 0;
    let mark: TcpWords['mark'] = '';
    if (isProbe) mark = 'window probe';
    else if (size > 0 && ahead < 0) mark = 'retransmission';
    else if (size === 0 && tcp.flags === TCP_ACK && ahead === -1) mark = 'keep-alive';
    else if (size === 0 && tcp.flags === TCP_ACK && ahead === 0 && tcp.ackno === own.ack) {
      const isAwaited = peer !== undefined && ((peer.next - tcp.ackno) | 0) > 0;
      if (tcp.wnd !== own.wnd) mark = 'window update';
      else if (isAwaited) mark = 'duplicate ack';
    }
    if (size + ahead > 0 && !isProbe && !isForged) own.next = (tcp.seqno + size) >>> 0;
    if (!isForged) own.wnd = tcp.wnd;
    if (isHeard) own.heardWnd = tcp.wnd;
    if (hasAck && !isForged) own.ack = tcp.ackno;
    const seq = relative(tcp.seqno, own.base);
    return {
      seq,
      ack: relative(tcp.ackno, peer?.base ?? 0),
      isOutOfLine: ahead !== 0,
      isReset: (tcp.flags & TCP_RST) !== 0,
      mark,
    };
  }
}

/** Distance of two sequence numbers; numbers a little before the base come out negative. */
function relative(value: number, base: number): number {
  const distance = (value - base) >>> 0;
  return distance >= 0xc000_0000 ? distance - 2 ** 32 : distance;
}
