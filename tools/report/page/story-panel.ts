/** The run in sentences, for readers who are new to sockets. */

import { printable } from '../../printable.ts';
import { sentenceOf } from '../story.ts';
import { byId, element, link, seconds } from './dom.ts';
import type { PageState } from './state.ts';

/** Sentences before and after the selected one. */
const AROUND = 12;

/** The run in sentences; stepping through it selects what each one is about. */
export class Story {
  readonly #state: PageState;
  readonly #panel = byId('story');
  readonly #sentences = element('ol', 'sentences');

  constructor(state: PageState) {
    this.#state = state;
    const step = (by: number) => () => state.move(by);
    this.#panel.append(
      element('p', 'choice', [
        link('◀ back', step(-1)),
        ' ',
        link('forwards ▶', step(1)),
        element('span', 'faint', ['  or the arrow keys']),
      ]),
      this.#sentences,
    );
    state.onSelect(() => this.draw());
    state.onFilter(() => this.draw());
  }

  draw(): void {
    if (this.#panel.hidden) return;
    const { shown, selected, view } = this.#state;
    const at = selected === undefined ? 0 : Math.max(0, shown.indexOf(selected));
    const first = Math.max(0, at - AROUND);
    const rows = shown.slice(first, at + AROUND).map((item) => {
      const row = element('li', item === selected ? 'selected' : '', [
        element('span', 'time', [seconds(item.tUs)]),
        ` ${printable(sentenceOf(view, item))}`,
      ]);
      row.addEventListener('click', () => this.#state.select(item));
      return row;
    });
    this.#sentences.start = first + 1;
    this.#sentences.replaceChildren(...rows);
    this.#sentences.querySelector('.selected')?.scrollIntoView({ block: 'nearest' });
  }
}
