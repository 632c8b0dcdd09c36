/**
 * A run as a text ladder: every frame an arrow, every socket call beside the board that made it, in order.
 *
 * Meant for reading (a terminal, a README, a failed test) and for snapshots: the same trace gives the same text.
 */

import type { CallRecord, FrameRecord, Trace } from '../device/trace.ts';
import { ENOTCONN, errnoName } from '../sockets/errno.ts';
import { TCP_ACK, TCP_FIN, TCP_SYN } from '../stack/prot/tcp.ts';
import { type DescribeOptions, describeFrame } from './describe-frame.ts';
import { type Dissection, dissect, type Ip4Layer, type TcpLayer } from './dissect.ts';

export interface LadderOptions {
  /** Longest line in characters, at least 40. Default 100. */
  readonly width?: number;
  /** Show socket calls between the frames. Default true. */
  readonly calls?: boolean;
  /** Show the first bytes of payloads: of those that are mostly printable ASCII (default), of all, or of none. */
  readonly payload?: 'text' | 'always' | 'never';
  /** Show only what happened at this virtual time or later, in microseconds. */
  readonly from?: number;
  /** Show only what happened at this virtual time or earlier, in microseconds. */
  readonly until?: number;
  /** Most lines below the heading, at least 1. What is left out is left out in the middle. Default: all. */
  readonly limit?: number;
  /** Colours by ANSI escape codes (not counted in the width). Default false. */
  readonly color?: boolean;
  /** Order of the columns; boards that are not named follow in the order of their first record. */
  readonly boards?: readonly string[];
}

/**
 * Draw a trace as a ladder.
 *
 * Frames are worded as tcpdump words them. Sequence numbers are relative, and unlike tcpdump's from the very start: a
 * SYN has seq 0, the first byte of data is 1. An IP address is left out where it is the only one that its board uses;
 * the heading shows it. What a segment without new data is for is said in brackets: a retransmission, a window update.
 *
 * A call that returns at once stands in one line, above the frames that it caused: `send(54, 5) = 5`. One that blocks
 * has a line where it starts, `accept(54) ...`, and one where it returns, `... accept = 55`. Names of tasks are shown
 * if several tasks of the board make calls.
 *
 * Two boards stand left and right of the arrows. With more, each has a narrow column, or only its name if there are
 * too many. A lost frame ends in an X with the name of what happened to it. The time is the one of sending, in
 * seconds; it is blank where it is that of the line above.
 *
 * Whatever names and payloads contain, the text has no control characters but line feeds (and colours, if wanted).
 * @throws RangeError if an option is out of range
 */
export function formatLadder(trace: Trace, options: LadderOptions = {}): string {
  const width = options.width ?? 100;
  if (!(Number.isInteger(width) && width >= 40)) throw new RangeError('width must be a whole number of at least 40.');
  const limit = options.limit ?? Number.MAX_SAFE_INTEGER;
  if (!(Number.isInteger(limit) && limit >= 1)) throw new RangeError('limit must be a whole number of at least 1.');
  const from = options.from ?? Number.NEGATIVE_INFINITY;
  const until = options.until ?? Number.POSITIVE_INFINITY;

  const cast = new Cast(trace, options.boards ?? []);
  const all = storyLines(trace, cast, options.calls ?? true);
  const lines = all.filter((line) => line.tUs >= from && line.tUs <= until);
  if (lines.length === 0) return all.length === 0 ? '(nothing happened)' : '(nothing happened in this time)';

  const times = lines.map((line) => seconds(line.tUs));
  const timeWidth = times.reduce((most, time) => Math.max(most, time.length), TIME_HEADING.length);
  const layout = chooseLayout(cast.boards(), width - timeWidth - GAP.length, options.payload ?? 'text');
  const paint = options.color === true ? ansi : plain;
  const row = (time: string, body: string, look: Look): string =>
    `${paint(time.padStart(timeWidth), 'time')}${GAP}${paint(body.trimEnd(), look)}`.trimEnd();

  const out = layout.heading().map((text, i) => row(i === 0 ? TIME_HEADING : '', text, 'heading'));
  const isCut = lines.length > limit;
  const head = isCut ? Math.ceil((limit - 1) / 2) : lines.length;
  const tail = isCut ? lines.length - (limit - 1 - head) : lines.length;
  for (const [i, line] of lines.entries()) {
    if (i === head) out.push(row('', `... ${tail - head} lines left out`, 'note'));
    if (i >= head && i < tail) continue;
    const repeated = i > 0 && i !== tail && times[i] === times[i - 1];
    out.push(row(repeated ? '' : times[i]!, layout.draw(line), line.look));
  }
  return out.join('\n');
}

const TIME_HEADING = 'seconds';
const GAP = '  ';

type Look = 'heading' | 'time' | 'frame' | 'fault' | 'lost' | 'call' | 'failed' | 'note';

const ANSI: Readonly<Record<Look, string>> = {
  heading: '1',
  time: '2',
  frame: '',
  fault: '33',
  lost: '31',
  call: '36',
  failed: '35',
  note: '1',
};

function ansi(text: string, look: Look): string {
  return ANSI[look] === '' || text.trim() === '' ? text : `\u001b[${ANSI[look]}m${text}\u001b[0m`;
}

function plain(text: string): string {
  return text;
}

function seconds(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(Math.floor(us % 1e6)).padStart(6, '0')}`;
}

// ---------------------------------------------------------------------------------------------------------------
// Who takes part

interface Board {
  readonly name: string;
  /** The one IP address that it sends from; '' if there is none or more than one. */
  readonly address: string;
}

/** Frames that no board sent come from here. */
const INJECTED = '(test)';
/** The far end of a board that is alone. */
const WIRE = '(wire)';

/** The boards of a trace in the order of their columns, and what their frames tell about them. */
class Cast {
  readonly #names: string[];
  readonly #addresses = new Map<string, Set<string>>();
  readonly #ownerOfMac = new Map<string, string>();
  readonly #onLan = new Map<string, Set<string>>();
  readonly #tasks = new Map<string, Set<string>>();
  /** The frames in order, decoded. */
  readonly frames: readonly { readonly record: FrameRecord; readonly d: Dissection }[];

  constructor(trace: Trace, first: readonly string[]) {
    this.frames = trace.frames
      .map((record) => ({ record, d: dissect(record.bytes) }))
      .sort((a, b) => a.record.n - b.record.n);
    for (const { record, d } of this.frames) this.#learn(record, d);
    for (const call of trace.calls) addTo(this.#tasks, partyOf(call.board), call.task);

    const seen = [
      ...trace.frames.map((frame) => ({ n: frame.n, name: partyOf(frame.from) })),
      ...trace.calls.map((call) => ({ n: call.n0, name: partyOf(call.board) })),
      ...trace.notes.filter((note) => note.board !== '').map((note) => ({ n: note.n, name: note.board })),
    ].sort((a, b) => a.n - b.n);
    this.#names = [...new Set([...first.map(partyOf), ...seen.map((one) => one.name)])];
    if (this.#names.length === 1) this.#names.push(WIRE);
  }

  #learn(record: FrameRecord, d: Dissection): void {
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
    const addresses = [...(this.#addresses.get(partyOf(board)) ?? [])];
    return addresses.length === 1 ? addresses[0]! : '';
  }

  get hasSeveralLans(): boolean {
    return this.#onLan.size > 1;
  }

  hasSeveralTasks(board: string): boolean {
    return (this.#tasks.get(partyOf(board))?.size ?? 0) > 1;
  }

  /** Boards to which a frame is addressed. */
  receivers(record: FrameRecord, d: Dissection): string[] {
    const sender = partyOf(record.from);
    const others = this.#names.filter((name) => name !== sender);
    if (others.length === 1) return others;
    if (d.eth !== undefined && isGroup(d.bytes)) {
      return others.filter((name) => this.#onLan.get(record.lan)?.has(name));
    }
    const owner = d.eth && this.#ownerOfMac.get(d.eth.dest);
    return owner === undefined || owner === sender ? [] : [owner];
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

interface FrameLine {
  readonly kind: 'frame';
  readonly tUs: number;
  readonly look: Look;
  /** Columns. */
  readonly from: number;
  readonly to: readonly number[];
  readonly label: string;
  readonly payload: Uint8Array;
  readonly fault: string;
  readonly lost: boolean;
}

interface CallLine {
  readonly kind: 'call';
  readonly tUs: number;
  readonly look: Look;
  /** Column. */
  readonly board: number;
  /** Shortened if the line is too long ... */
  readonly text: string;
  /** ... before this is. */
  readonly result: string;
  readonly payload: Uint8Array;
}

interface NoteLine {
  readonly kind: 'note';
  readonly tUs: number;
  readonly look: Look;
  readonly text: string;
}

type Line = FrameLine | CallLine | NoteLine;

const NOTHING = new Uint8Array(0);

interface Event {
  readonly n: number;
  readonly line: Line;
  /** Of a call's start and its return. */
  readonly call?: { readonly record: CallRecord; readonly isStart: boolean };
}

function storyLines(trace: Trace, cast: Cast, showCalls: boolean): Line[] {
  const tcp = new TcpView();
  const events: Event[] = cast.frames.map(({ record, d }) => ({ n: record.n, line: frameLine(record, d, cast, tcp) }));
  for (const note of trace.notes) {
    const text = printable(note.board === '' ? note.text : `${note.board}: ${note.text}`);
    events.push({ n: note.n, line: { kind: 'note', tUs: note.tUs, look: 'note', text } });
  }
  const blocked: CallRecord[] = [];
  for (const record of showCalls ? trace.calls : []) {
    events.push({ n: record.n0, line: callStart(record, cast), call: { record, isStart: true } });
    if (record.n1 < 0) blocked.push(record);
    else events.push({ n: record.n1, line: callReturn(record, cast), call: { record, isStart: false } });
  }
  events.sort((a, b) => a.n - b.n);

  const lines: Line[] = [];
  const told = new Set<CallRecord>();
  for (const [i, { line, call }] of events.entries()) {
    if (call === undefined) {
      lines.push(line);
    } else if (call.isStart && returnsAtOnce(events, i, call.record, cast)) {
      lines.push(wholeCall(call.record, cast));
      told.add(call.record);
    } else if (!told.has(call.record)) {
      lines.push(line);
    }
  }
  const endUs = lines.reduce((latest, line) => Math.max(latest, line.tUs), 0);
  for (const record of blocked) lines.push(callBlocked(record, cast, endUs));
  return lines;
}

/** True if nothing happened between start and return but that the call's own board sent frames, at the same instant. */
function returnsAtOnce(events: readonly Event[], start: number, record: CallRecord, cast: Cast): boolean {
  if (record.t1Us !== record.t0Us) return false;
  const own = cast.index(record.board);
  for (let i = start + 1; i < events.length; i++) {
    const { line, call } = events[i]!;
    if (call?.record === record) return true;
    if (line.kind !== 'frame' || line.from !== own) return false;
  }
  return false;
}

function frameLine(record: FrameRecord, d: Dissection, cast: Cast, tcp: TcpView): FrameLine {
  const receivers = cast.receivers(record, d);
  const words: { -readonly [K in keyof DescribeOptions]: DescribeOptions[K] } = {
    hideSrc: d.ip4?.src === cast.addressOf(record.from),
    hideDest: receivers.length === 1 && d.ip4?.dest === cast.addressOf(receivers[0]!),
  };
  let mark = '';
  if (d.ip4 !== undefined && d.tcp !== undefined && !d.ip4.isFragment) {
    const isHeard = !record.lost && !record.fault.includes('corrupt');
    const view = tcp.look(record.lan, d.ip4, d.tcp, d.payload.length, isHeard);
    words.seq = view.seq;
    words.ack = view.ack;
    words.showSeq = view.isOutOfLine;
    mark = view.mark === '' ? '' : ` (${view.mark})`;
  }
  const lan = cast.hasSeveralLans ? `${printable(record.lan)}: ` : '';
  const hasText = d.ip4 !== undefined && d.icmp === undefined && d.igmp === undefined;
  return {
    kind: 'frame',
    tUs: record.tUs,
    look: record.lost ? 'lost' : record.fault === '' ? 'frame' : 'fault',
    from: cast.index(record.from),
    to: receivers.map((name) => cast.index(name)),
    label: lan + describeFrame(d, words) + mark,
    payload: hasText ? d.payload : NOTHING,
    fault: printable(record.fault),
    lost: record.lost,
  };
}

function callText(record: CallRecord): string {
  return printable(`${record.fn}(${record.args.join(', ')})`);
}

function taskPrefix(record: CallRecord, cast: Cast): string {
  return cast.hasSeveralTasks(record.board) ? `${printable(record.task)}: ` : '';
}

/** Calls whose filled-in address is where something came from; of the others it is the answer itself. */
const TAKES_FROM: ReadonlySet<string> = new Set(['accept', 'recvfrom', 'recvmsg']);

function callResult(record: CallRecord): string {
  const ret = record.ret ?? 0;
  const parts = [` = ${ret}`];
  if (ret < 0 && record.errno !== 0) parts.push(errnoName(record.errno));
  if (ret === 0 && record.errno === ENOTCONN) parts.push('end of stream');
  if (record.addr !== '') parts.push(TAKES_FROM.has(record.fn) ? `from ${record.addr}` : `(${record.addr})`);
  return printable(parts.join(' '));
}

function callLine(
  record: CallRecord,
  cast: Cast,
  tUs: number,
  text: string,
  result: string,
  returned: boolean,
): CallLine {
  return {
    kind: 'call',
    tUs,
    look: returned && (record.ret ?? 0) < 0 ? 'failed' : 'call',
    board: cast.index(record.board),
    text: taskPrefix(record, cast) + text,
    result,
    payload: returned ? (record.data ?? NOTHING) : NOTHING,
  };
}

function wholeCall(record: CallRecord, cast: Cast): CallLine {
  return callLine(record, cast, record.t0Us, callText(record), callResult(record), true);
}

function callStart(record: CallRecord, cast: Cast): CallLine {
  return callLine(record, cast, record.t0Us, callText(record), ' ...', false);
}

function callReturn(record: CallRecord, cast: Cast): CallLine {
  return callLine(record, cast, record.t1Us, `... ${printable(record.fn)}`, callResult(record), true);
}

function callBlocked(record: CallRecord, cast: Cast, endUs: number): CallLine {
  return callLine(record, cast, endUs, `... ${callText(record)}`, ' has not returned', false);
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

interface TcpWords {
  readonly seq: number;
  readonly ack: number;
  /** Without data and yet not at the place where the direction's next data belongs. */
  readonly isOutOfLine: boolean;
  readonly mark: '' | 'retransmission' | 'keep-alive' | 'window probe' | 'window update' | 'duplicate ack';
}

/** Follows the connections of a trace, for relative numbers and for what a segment is. */
class TcpView {
  readonly #directions = new Map<string, Direction>();

  look(lan: string, ip4: Ip4Layer, tcp: TcpLayer, length: number, isHeard: boolean): TcpWords {
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
    if (size + ahead > 0 && !isProbe) own.next = (tcp.seqno + size) >>> 0;
    own.wnd = tcp.wnd;
    if (isHeard) own.heardWnd = tcp.wnd;
    if (hasAck) own.ack = tcp.ackno;
    const seq = relative(tcp.seqno, own.base);
    return { seq, ack: relative(tcp.ackno, peer?.base ?? 0), isOutOfLine: ahead !== 0, mark };
  }
}

/** Distance of two sequence numbers; numbers a little before the base come out negative. */
function relative(value: number, base: number): number {
  const distance = (value - base) >>> 0;
  return distance >= 0xc000_0000 ? distance - 2 ** 32 : distance;
}

// ---------------------------------------------------------------------------------------------------------------
// How a line is drawn

interface Layout {
  heading(): string[];
  draw(line: Line): string;
}

type Preview = NonNullable<LadderOptions['payload']>;

/** Least room for words beside narrow columns. */
const LEAST_WORDS = 56;
const LEAST_COLUMN = 6;

function chooseLayout(boards: readonly Board[], width: number, preview: Preview): Layout {
  if (boards.length === 2) return twoSides(boards[0]!, boards[1]!, width, preview);
  const longest = boards.slice(0, -1).reduce((most, board) => Math.max(most, board.name.length), 0);
  const column = Math.max(LEAST_COLUMN, longest + 2);
  const lanes = column * (boards.length - 1) + 1;
  const last = boards.at(-1)?.name.length ?? 0;
  if (boards.length > 2 && Math.max(lanes, lanes - 1 + last) + GAP.length + LEAST_WORDS <= width) {
    return narrowColumns(boards, column, width, preview);
  }
  return namesOnly(boards, width, preview);
}

/** Two boards left and right, arrows and words between them, each line on the side of the board that acts. */
function twoSides(left: Board, right: Board, width: number, preview: Preview): Layout {
  const inner = width - 2;
  const title = (board: Board): string => `${board.name} ${board.address}`.trim();
  return {
    heading() {
      const a = cut(title(left), Math.floor(width / 2) - 1);
      return [a + cut(title(right), width - a.length - 2).padStart(width - a.length)];
    },
    draw(line) {
      if (line.kind === 'note') return fullWidth(line.text, width);
      if (line.kind === 'call') {
        const words = callWords(line, inner - 2, preview);
        return line.board === 0 ? `| ${words.padEnd(inner - 2)} |` : `| ${words.padStart(inner - 2)} |`;
      }
      const fault = cut(line.fault === '' ? 'lost' : line.fault, Math.max(4, inner >> 2));
      const toRight = line.from === 0;
      let end = toRight ? '->' : '<-';
      if (line.lost) end = toRight ? `-X ${fault} ` : ` ${fault} X-`;
      else if (line.fault !== '') end = toRight ? `- (${fault}) ->` : `<- (${fault}) -`;
      const words = withPayload(line.label, line.payload, inner - end.length - '--  -'.length, preview);
      const shaft = '-'.repeat(Math.max(1, inner - end.length - words.length - '--  '.length));
      return toRight ? `|-- ${words} ${shaft}${end}|` : `|${end}${shaft} ${words} --|`;
    },
  };
}

/** A narrow column for each board, words to the right of them. */
function narrowColumns(boards: readonly Board[], column: number, width: number, preview: Preview): Layout {
  const lanes = column * (boards.length - 1) + 1;
  const room = width - lanes - GAP.length;
  const rails = (): string[] => Array.from({ length: lanes }, (_, i) => (i % column === 0 ? '|' : ' '));
  const stroke = (rail: string[], from: number, to: number, tip: string): void => {
    const step = to > from ? 1 : -1;
    for (let x = from + step; x !== to; x += step) if (rail[x] === ' ' || rail[x] === '|') rail[x] = '-';
    rail[to - step] = tip;
  };
  return {
    heading: () => [
      boards.map((board, i) => (i === boards.length - 1 ? board.name : board.name.padEnd(column))).join(''),
      ...addressLines(boards, width),
    ],
    draw(line) {
      if (line.kind === 'note') return fullWidth(line.text, width);
      const rail = rails();
      if (line.kind === 'call') {
        rail[line.board * column] = '*';
        return rail.join('') + GAP + callWords(line, room, preview);
      }
      const at = line.from * column;
      for (const end of [...line.to].sort((a, b) => Math.abs(b - line.from) - Math.abs(a - line.from))) {
        stroke(rail, at, end * column, line.lost ? 'X' : end > line.from ? '>' : '<');
        rail[end * column] = '|';
      }
      if (line.to.length === 0) {
        const step = line.from < boards.length - 1 ? 1 : -1;
        for (const [i, sign] of ['-', '-', line.lost ? 'X' : '?'].entries()) rail[at + step * (i + 1)] = sign;
      }
      rail[at] = 'o';
      return rail.join('') + GAP + frameWords(line, room, preview);
    },
  };
}

/** No columns: each line starts with the names of the boards. */
function namesOnly(boards: readonly Board[], width: number, preview: Preview): Layout {
  const longest = boards.reduce((most, board) => Math.max(most, board.name.length), 1);
  const nameWidth = Math.min(longest, 16, Math.floor(width / 4));
  const name = (i: number): string => cut(boards[i]?.name ?? '', nameWidth).padEnd(nameWidth);
  const ends = 2 * nameWidth + ' > '.length;
  const room = width - ends - GAP.length;
  return {
    heading: () => addressLines(boards, width),
    draw(line) {
      if (line.kind === 'note') return fullWidth(line.text, width);
      if (line.kind === 'call') return name(line.board).padEnd(ends) + GAP + callWords(line, room, preview);
      const others = line.to.length === 1 ? name(line.to[0]!) : (line.to.length === 0 ? '?' : '*').padEnd(nameWidth);
      return `${name(line.from)} ${line.lost ? 'X' : '>'} ${others}${GAP}${frameWords(line, room, preview)}`;
    },
  };
}

/** "client 192.168.4.2, server 192.168.4.1", in as many lines as it takes. */
function addressLines(boards: readonly Board[], width: number): string[] {
  const lines: string[] = [];
  for (const board of boards) {
    const text = cut(`${board.name} ${board.address}`.trim(), width - 1);
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + text.length < width) lines[lines.length - 1] = `${last}, ${text}`;
    else lines.push(text);
  }
  return lines.map((line, i) => (i < lines.length - 1 ? `${line},` : line));
}

function fullWidth(text: string, width: number): string {
  return `==== ${cut(text, width - 10)} `.padEnd(width, '=');
}

/** Words of a frame where the arrow has no room for the fault's name. */
function frameWords(line: FrameLine, room: number, preview: Preview): string {
  const fault = line.lost ? line.fault || 'lost' : line.fault;
  const end = fault === '' ? '' : cut(` (${fault})`, room >> 1);
  return withPayload(line.label, line.payload, room - end.length, preview) + end;
}

function callWords(line: CallLine, room: number, preview: Preview): string {
  const result = cut(line.result, room);
  const words = cut(line.text, room - result.length) + result;
  return withPayload(words, line.payload, room, preview);
}

const LONGEST_PREVIEW = 40;
const LEAST_PREVIEW = 10;

/** The words, and as much of the payload as there is room for. */
function withPayload(words: string, payload: Uint8Array, room: number, preview: Preview): string {
  const left = Math.min(room - words.length - 1, LONGEST_PREVIEW);
  const wanted = preview === 'always' || (preview === 'text' && isMostlyText(payload));
  if (left < LEAST_PREVIEW || !wanted || payload.length === 0) return cut(words, room);
  return `${words} ${quoted(payload, left)}`;
}

/** At least four of five bytes, of the first 64, are printable ASCII or white space. */
function isMostlyText(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 64);
  const good = start.reduce((count, x) => count + ((x >= 32 && x < 127) || x === 9 || x === 10 || x === 13 ? 1 : 0), 0);
  return good * 5 >= start.length * 4;
}

/** Bytes between quotes, escaped as in C; three dots follow if there are more than fit. */
function quoted(bytes: Uint8Array, room: number): string {
  const chars = Array.from(bytes.subarray(0, room), escapeByte);
  const whole = `"${chars.join('')}"`;
  if (bytes.length === chars.length && whole.length <= room) return whole;
  let text = '';
  for (const char of chars) {
    if (text.length + char.length + '""...'.length > room) break;
    text += char;
  }
  return `"${text}"...`;
}

const C_ESCAPES: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' };

function escapeByte(byte: number): string {
  const short = C_ESCAPES[byte];
  if (short !== undefined) return short;
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/**
 * Text from outside, safe to print: ASCII and the letters of the Latin, Greek and Cyrillic alphabets stay, all of which
 * are one column wide; everything else (control characters, bidirectional marks, emoji) is escaped.
 */
function printable(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if ((code >= 32 && code < 127) || (code >= 0xa0 && code < 0x530 && /\p{L}/u.test(char))) out += char;
    else if (code < 128) out += C_ESCAPES[code] ?? `\\x${code.toString(16).padStart(2, '0')}`;
    else out += `\\u{${code.toString(16)}}`;
  }
  return out;
}

function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  return room <= 3 ? '...'.slice(0, Math.max(0, room)) : `${text.slice(0, room - 3)}...`;
}
