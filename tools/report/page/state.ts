/** What the reader looks at: the selected item, the filter, and who wants to know when they change. */

import { type Filter, parseFilter } from '../filter.ts';
import type { Item, RunView } from '../run-view.ts';
import { isTrouble } from '../troubles.ts';
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
  readonly #past: (Item | undefined)[] = [];
  /** What is wrong with the filter; '' if nothing. */
  filterError = '';
  readonly #selectListeners: (() => void)[] = [];
  readonly #filterListeners: (() => void)[] = [];
  #troubles: ReadonlySet<Item> | undefined;
  #wanted: ReadonlySet<Item> | undefined;

  constructor(view: RunView) {
    this.view = view;
    this.axis = new TimeAxis(view.times());
    this.marks = view.items.filter((item) => item.kind === 'mark' || item.kind === 'note');
    this.shown = view.items;
  }

  /** What a reader should be led to. */
  get troubles(): ReadonlySet<Item> {
    this.#troubles ??= new Set(this.view.items.filter((item) => isTrouble(this.view, item)));
    return this.#troubles;
  }

  onSelect(listener: () => void): void {
    this.#selectListeners.push(listener);
  }

  onFilter(listener: () => void): void {
    this.#filterListeners.push(listener);
  }

  /** @param reveal bring it into view on the time axis */
  select(item: Item | undefined, reveal = true): void {
    if (this.selected !== item) this.#past.push(this.selected);
    this.#show(item, reveal);
  }

  get canGoBack(): boolean {
    return this.#past.length > 0;
  }

  /** Select what was selected before: nothing, in the end. */
  back(): void {
    if (this.canGoBack) this.#show(this.#past.pop(), true);
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

  /**
   * Select the next or previous item that tells of trouble, of those that are shown; behind the last comes the first.
   * @returns what a reader should know of it, a sentence; '' if nothing
   */
  moveToTrouble(by: 1 | -1): string {
    const { shown, selected, troubles } = this;
    const places = [...shown.keys()].filter((i) => troubles.has(shown[i]!));
    if (places.length === 0) return 'There is no trouble in what is shown.';
    const at = selected === undefined ? (by > 0 ? -1 : shown.length) : shown.indexOf(selected);
    const next = by > 0 ? places.findIndex((i) => i > at) : places.findLastIndex((i) => i < at);
    const found = next >= 0 ? next : by > 0 ? 0 : places.length - 1;
    this.select(shown[places[found]!]);
    const place = `Trouble ${found + 1} of ${places.length}.`;
    if (next >= 0) return place;
    return by > 0
      ? `There was no more trouble, so from the beginning: ${place}`
      : `There was none before, so from the end: ${place}`;
  }

  /** Zoom on what is selected, if it is in view. */
  zoom(factor: number): void {
    const { axis, selected } = this;
    const at = selected === undefined ? Number.NaN : axis.toUnit(selected.tUs);
    if (at >= axis.from && at <= axis.to) axis.zoom(factor, at);
    else axis.zoom(factor);
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
    this.shown = isEverything ? this.view.items : this.view.items.filter((item) => filter(item, this.view));
    this.#wanted = isEverything ? undefined : new Set(this.shown);
    for (const listener of this.#filterListeners) listener();
  }
}
