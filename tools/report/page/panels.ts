/** The panels beside the detail: the run as a story, and the list of what a reader should not miss. */

import { printable } from '../../printable.ts';
import type { Item } from '../run-view.ts';
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

/** Findings, hazards, panics, hints and the fault plan, each leading to its place. */
export function showMarks(state: PageState): void {
  const panel = byId('marks');
  const { marks, faults } = state.view.data;
  const items = state.view.items.filter((item): item is Extract<Item, { kind: 'mark' }> => item.kind === 'mark');
  byId('tab-marks').textContent = `Findings (${marks.length})`;
  if (marks.length === 0) panel.append(element('p', 'faint', ['Nothing was found.']));
  for (const item of items) {
    const where = `${item.mark.board}${item.mark.task === '' ? '' : ` / ${item.mark.task}`}`;
    const text = printable(`${seconds(item.tUs)} s  ${item.mark.kind}, ${where}: ${item.mark.text}`);
    panel.append(element('p', item.mark.kind, [link(text, () => state.select(item))]));
  }
  if (faults.length > 0) panel.append(element('h2', '', ['Fault plan']));
  for (const fault of faults) {
    const matched = fault.matched.flatMap((n) => [link(`${n}`, () => state.selectNumber(n)), ' ']);
    const verdict = fault.matched.length === 0 ? 'never matched' : 'matched ';
    panel.append(element('p', 'fault', [`${printable(fault.text)}: ${verdict}`, ...matched]));
  }
}
