/** The run as a list of lines. Only the rows in view exist, so a hundred thousand lines cost no more than fifty. */

import { fatePrefix, itemActor, itemLook, itemText, payloadWords } from '../item-text.ts';
import type { Item } from '../run-view.ts';
import { byId, element, seconds } from './dom.ts';
import type { PageState } from './state.ts';

const ROW_HEIGHT = 20;
const SPARE_ROWS = 10;
/** Bytes of payload in a line, and beside the pointer. */
const PREVIEW = 24;
const TIP_PAYLOAD = 400;
/** Of a long run, paper gets so many lines. */
const MOST_PRINTED = 2000;

export class List {
  readonly #state: PageState;
  readonly #scroller = byId('list');
  readonly #rows = element('div', 'rows');
  readonly #hues: ReadonlyMap<string, number>;

  constructor(state: PageState) {
    this.#state = state;
    this.#hues = new Map(state.view.boards.map((name, i) => [name, i]));
    this.#scroller.append(this.#rows);
    this.#scroller.addEventListener('scroll', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.#scroller);
    state.onFilter(() => this.draw());
    state.onSelect(() => this.#reveal());
    this.draw();
  }

  draw(): void {
    const { shown, selected } = this.#state;
    this.#rows.style.height = `${shown.length * ROW_HEIGHT}px`;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
    const count = Math.ceil(this.#scroller.clientHeight / ROW_HEIGHT) + 2 * SPARE_ROWS;
    const rows = shown.slice(first, first + count).map((item, i) => this.#row(item, first + i, item === selected));
    this.#rows.replaceChildren(...rows);
  }

  /** For paper, which does not scroll. */
  drawForPrint(): void {
    const rows = this.#state.shown.slice(0, MOST_PRINTED).map((item, i) => this.#row(item, i, false));
    this.#rows.style.height = 'auto';
    this.#rows.replaceChildren(...rows);
  }

  #row(item: Item, index: number, isSelected: boolean): HTMLElement {
    const { view, shown } = this.#state;
    const previous = shown[index - 1];
    const time = previous?.tUs === item.tUs ? '' : seconds(item.tUs);
    const actor = itemActor(item);
    const look = item.kind === 'frame' && view.isInVain(item.line) ? 'lost' : itemLook(item);
    const row = element('div', `row ${look}${isSelected ? ' selected' : ''}`, [
      element('span', 'number', [item.kind === 'frame' ? String(item.n) : '']),
      element('span', 'time', [time]),
      element('span', `actor board${(this.#hues.get(actor) ?? 0) % 6}`, [actor]),
      element('span', 'text', [`${fatePrefix(view, item)}${withPayload(item)}`]),
    ]);
    row.title = `${itemText(item)}${payloadWords(item, TIP_PAYLOAD)}`;
    row.style.top = `${index * ROW_HEIGHT}px`;
    row.dataset.n = String(item.n);
    row.addEventListener('click', () => this.#state.select(item));
    return row;
  }

  #reveal(): void {
    const { shown, selected } = this.#state;
    const index = selected === undefined ? -1 : shown.indexOf(selected);
    if (index >= 0) {
      const top = index * ROW_HEIGHT;
      const { scrollTop, clientHeight } = this.#scroller;
      if (top < scrollTop || top + ROW_HEIGHT > scrollTop + clientHeight) {
        this.#scroller.scrollTop = top - clientHeight / 2;
      }
    }
    this.draw();
  }
}

/** The words of an item with what it carries: of a segment right behind its flags, where no narrow list cuts it off. */
function withPayload(item: Item): string {
  const payload = payloadWords(item, PREVIEW);
  const text = itemText(item);
  const flags = item.kind === 'frame' && item.line.d.tcp !== undefined ? text.indexOf(']') + 1 : 0;
  return flags === 0 ? `${text}${payload}` : `${text.slice(0, flags)}${payload}${text.slice(flags)}`;
}
