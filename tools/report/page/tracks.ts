/** What the timeline draws: frames as arrows between boards, calls as bars of their tasks, log lines as dots on them. */

import type { CallRecord } from '../../../device/trace.ts';
import { printable } from '../../printable.ts';
import { itemActor } from '../item-text.ts';
import type { Item, RunView } from '../run-view.ts';
import { isFailure } from '../troubles.ts';

/** A frame on its way to one board. */
export interface Arrow {
  readonly item: Extract<Item, { kind: 'frame' }>;
  /** Between two lanes for a frame that no board has sent. */
  readonly fromLane: number;
  readonly toLane: number;
  readonly tUs: number;
  readonly endUs: number;
  /** True if it never comes there: it is lost, or nobody takes it. */
  readonly isVain: boolean;
  /** True for a question or an announcement of ARP that nobody heard. */
  readonly isQuiet: boolean;
  /** How many frames left at the same instant for the same board before it. */
  readonly nth: number;
}

/** A call, from its start to its return. */
export interface Bar {
  readonly item: Extract<Item, { kind: 'call' }>;
  readonly record: CallRecord;
  readonly row: number;
  /** When it returned, or when its task began another one; infinite if neither happened. */
  endUs: number;
  readonly isFailed: boolean;
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
  const last: Bar[] = [];
  const dots: Dot[] = [];
  for (const item of view.items) {
    if (item.kind === 'call' && (item.line.part === 'whole' || item.line.part === 'start')) {
      const { record } = item.line;
      const row = rows.of(record.board, record.task);
      const before = last[row];
      if (before !== undefined) before.endUs = Math.min(before.endUs, record.t0Us);
      const lossUs = view.lossDuring(record)?.fromUs ?? Number.POSITIVE_INFINITY;
      const endUs = record.t1Us < 0 ? lossUs : record.t1Us;
      last[row] = { item, record, row, endUs, isFailed: isFailure(view, item.line) };
      bars.push(last[row]);
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
  const usualUs = view.usualFlightUs;
  const arrows: Arrow[] = [];
  const company = new Map<number, { readonly tUs: number; readonly nth: number }>();
  for (const item of view.items) {
    if (item.kind !== 'frame') continue;
    const { line, tUs } = item;
    const heard = view.arrivalsOf(item.n);
    const isUnheard = heard.length === 0 && view.isUnheard(line);
    const isQuiet = isUnheard && line.d.arp !== undefined;
    const isVain = line.lost || isUnheard;
    const add = (toLane: number, endUs: number): void => {
      const way = line.from * lanes.size + toLane;
      const fromLane = line.isForged ? toLane + (line.from < toLane ? -0.5 : 0.5) : line.from;
      const last = company.get(way);
      const nth = last?.tUs === tUs ? last.nth + 1 : 0;
      company.set(way, { tUs, nth });
      arrows.push({ item, fromLane, toLane, tUs, endUs, isVain, isQuiet, nth });
    };
    for (const { board, tUs: endUs } of heard) add(lanes.get(board) ?? -1, endUs);
    // Of a lost frame, and in a capture, it is only known to whom it was addressed.
    if (heard.length === 0) for (const lane of line.to) add(lane, tUs + usualUs);
  }
  return arrows;
}

/** Lane of what a mark is about; -1 if that is no board. */
export function laneOfMark({ boards }: RunView, item: Item): number {
  return item.kind === 'mark' || item.kind === 'note' ? boards.indexOf(itemActor(item)) : -1;
}
