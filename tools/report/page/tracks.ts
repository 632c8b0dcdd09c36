/** What the timeline draws: frames as arrows between boards, calls as bars of their tasks, log lines as dots on them. */

import type { CallRecord } from '../../../device/trace.ts';
import { printable } from '../../printable.ts';
import type { Item, RunView } from '../run-view.ts';

/** A frame on its way to one board. */
export interface Arrow {
  readonly item: Extract<Item, { kind: 'frame' }>;
  readonly fromLane: number;
  readonly toLane: number;
  readonly tUs: number;
  readonly endUs: number;
  /** How many frames left at the same instant for the same board before it. */
  readonly nth: number;
}

/** A call, from its start to its return. */
export interface Bar {
  readonly item: Extract<Item, { kind: 'call' }>;
  readonly record: CallRecord;
  readonly row: number;
}

/** Something printed. */
export interface Dot {
  readonly item: Extract<Item, { kind: 'log' }>;
  readonly row: number;
}

export interface Tracks {
  /** In order of sending. */
  readonly arrows: readonly Arrow[];
  /** The longest time that a frame has taken. */
  readonly longestUs: number;
  /** In order of their starts. */
  readonly bars: readonly Bar[];
  readonly dots: readonly Dot[];
  /** Names of the rows of bars. */
  readonly tasks: readonly string[];
}

export function tracksOf(view: RunView): Tracks {
  const arrows = arrowsOf(view);
  const rows = new Rows();
  const bars: Bar[] = [];
  const dots: Dot[] = [];
  for (const item of view.items) {
    if (item.kind === 'call' && (item.line.part === 'whole' || item.line.part === 'start')) {
      const { record } = item.line;
      bars.push({ item, record, row: rows.of(record.board, record.task) });
    }
    if (item.kind === 'log') dots.push({ item, row: rows.of(item.log.board, item.log.task) });
  }
  const longestUs = arrows.reduce((most, arrow) => Math.max(most, arrow.endUs - arrow.tUs), 0);
  return { arrows, longestUs, bars, dots, tasks: rows.names };
}

class Rows {
  readonly names: string[] = [];
  readonly #rows = new Map<string, number>();

  of(board: string, task: string): number {
    const key = `${board} / ${task}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.names.push(printable(key)) - 1;
      this.#rows.set(key, row);
    }
    return row;
  }
}

function arrowsOf(view: RunView): Arrow[] {
  const lanes = new Map(view.boards.map((name, i) => [name, i]));
  const usualUs = usualFlight(view);
  const arrows: Arrow[] = [];
  const company = new Map<number, { readonly tUs: number; readonly nth: number }>();
  for (const item of view.items) {
    if (item.kind !== 'frame') continue;
    const { line, tUs } = item;
    const add = (toLane: number, endUs: number): void => {
      const way = line.from * lanes.size + toLane;
      const last = company.get(way);
      const nth = last?.tUs === tUs ? last.nth + 1 : 0;
      company.set(way, { tUs, nth });
      arrows.push({ item, fromLane: line.from, toLane, tUs, endUs, nth });
    };
    const heard = view.arrivalsOf(item.n);
    for (const { board, tUs: endUs } of heard) add(lanes.get(board) ?? -1, endUs);
    // Of a lost frame, and in a capture, it is only known to whom it was addressed.
    if (heard.length === 0) for (const lane of line.to) add(lane, tUs + usualUs);
  }
  return arrows;
}

/** Lane of what a mark is about; -1 if that is no board. */
export function laneOfMark({ boards }: RunView, item: Item): number {
  return item.kind === 'mark' ? boards.indexOf(item.mark.board) : -1;
}

/** How long the frames of this run are under way as a rule: those in a capture no time at all. */
function usualFlight(view: RunView): number {
  const flights: number[] = [];
  for (const { record } of view.frameLines.slice(0, 1000)) {
    for (const { tUs } of view.arrivalsOf(record.n)) flights.push(tUs - record.tUs);
  }
  flights.sort((a, b) => a - b);
  return flights[flights.length >> 1] ?? 0;
}
