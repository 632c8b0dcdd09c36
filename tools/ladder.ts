/**
 * A run as a text ladder: every frame an arrow, every socket call beside the board that made it, in order.
 *
 * Meant for reading (a terminal, a README, a failed test) and for snapshots: the same trace gives the same text.
 */

import type { Trace } from '../device/trace.ts';
import { isMostlyText, quoted } from './printable.ts';
import { type Board, type CallLine, Cast, type FrameLine, type Line, type Look, runLines } from './run-lines.ts';

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
  const all = runLines(trace, cast, options.calls ?? true);
  const lines = all.filter((line) => line.tUs >= from && line.tUs <= until);
  if (lines.length === 0) return all.length === 0 ? '(nothing happened)' : '(nothing happened in this time)';

  const times = lines.map((line) => seconds(line.tUs));
  const timeWidth = times.reduce((most, time) => Math.max(most, time.length), TIME_HEADING.length);
  const layout = chooseLayout(cast.boards(), width - timeWidth - GAP.length, options.payload ?? 'text');
  const paint = options.color === true ? ansi : plain;
  const row = (time: string, body: string, look: Style): string =>
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

type Style = Look | 'heading' | 'time';

const ANSI: Readonly<Record<Style, string>> = {
  heading: '1',
  time: '2',
  frame: '',
  reset: '',
  again: '',
  fault: '33',
  lost: '31',
  call: '36',
  failed: '35',
  note: '1',
};

function ansi(text: string, look: Style): string {
  return ANSI[look] === '' || text.trim() === '' ? text : `\u001b[${ANSI[look]}m${text}\u001b[0m`;
}

function plain(text: string): string {
  return text;
}

function seconds(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(Math.floor(us % 1e6)).padStart(6, '0')}`;
}

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

function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  return room <= 3 ? '...'.slice(0, Math.max(0, room)) : `${text.slice(0, room - 3)}...`;
}
