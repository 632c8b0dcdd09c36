/** What the reader looks at: the selected item, the filter, and who wants to know when they change. */

import { type Filter, parseFilter } from '../filter.ts';
import { itemText } from '../item-text.ts';
import type { Item, RunView } from '../run-view.ts';
import { TimeAxis } from './time-axis.ts';

export class PageState {
  readonly view: RunView;
  readonly axis: TimeAxis;
  /** Marks and notes, in order. */
  readonly marks: readonly Item[];
  /** The items that the filter lets through, in order. */
  shown: readonly Item[];
  selected: Item | undefined;
  /** What was selected before, the last one at the end. */
  readonly #past: Item[] = [];
  /** What is wrong with the filter; '' if nothing. */
  filterError = '';
  readonly #selectListeners: (() => void)[] = [];
  readonly #filterListeners: (() => void)[] = [];
  #wanted: ReadonlySet<Item> | undefined;

  constructor(view: RunView) {
    this.view = view;
    this.axis = new TimeAxis(view.times());
    this.marks = view.items.filter((item) => item.kind === 'mark' || item.kind === 'note');
    this.shown = view.items;
  }

  onSelect(listener: () => void): void {
    this.#selectListeners.push(listener);
  }

  onFilter(listener: () => void): void {
    this.#filterListeners.push(listener);
  }

  /** @param reveal bring it into view on the time axis */
  select(item: Item | undefined, reveal = true): void {
    if (this.selected !== undefined && this.selected !== item) this.#past.push(this.selected);
    this.#show(item, reveal);
  }

  get canGoBack(): boolean {
    return this.#past.length > 0;
  }

  /** Select what was selected before. */
  back(): void {
    const item = this.#past.pop();
    if (item !== undefined) this.#show(item, true);
  }

  #show(item: Item | undefined, reveal: boolean): void {
    this.selected = item;
    if (item !== undefined && reveal) this.axis.reveal(item.tUs);
    for (const listener of this.#selectListeners) listener();
  }

  /** Select what has this running number: a frame, a note, the start or the return of a call. */
  selectNumber(n: number): void {
    const item = this.view.item(n);
    if (item !== undefined) this.select(item);
  }

  /** Select the next or previous item that is shown. */
  move(by: number): void {
    const { shown, selected } = this;
    const at = selected === undefined ? -1 : shown.indexOf(selected);
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
    if (next !== undefined) this.select(next);
  }

  /** Select the next or previous item that tells of trouble: a mark, a failed call, a frame that was harmed or sent again. */
  moveToTrouble(by: 1 | -1): void {
    const { shown, selected } = this;
    const start = selected === undefined ? (by > 0 ? -1 : shown.length) : shown.indexOf(selected);
    for (let i = start + by; i >= 0 && i < shown.length; i += by) {
      if (!isTrouble(shown[i]!)) continue;
      this.select(shown[i]);
      return;
    }
  }

  /** True for an item that the filter lets through. */
  isWanted(item: Item): boolean {
    return this.#wanted === undefined || this.#wanted.has(item);
  }

  setFilter(text: string): void {
    const filter: Filter | string = parseFilter(text);
    this.filterError = typeof filter === 'string' ? filter : '';
    if (typeof filter === 'string') {
      for (const listener of this.#filterListeners) listener();
      return;
    }
    const isEverything = text.trim() === '';
    this.shown = isEverything ? this.view.items : this.view.items.filter((item) => filter(item, itemText(item)));
    this.#wanted = isEverything ? undefined : new Set(this.shown);
    for (const listener of this.#filterListeners) listener();
  }
}

function isTrouble(item: Item): boolean {
  if (item.kind === 'frame') return item.line.look !== 'frame';
  return item.kind === 'mark' || (item.kind === 'call' && item.line.look === 'failed');
}
