/** One line of words for an item of the list. */

import { printable } from '../printable.ts';
import type { Item } from './run-view.ts';

export function itemText(item: Item): string {
  switch (item.kind) {
    case 'frame':
      return item.line.label;
    case 'call':
      return item.line.text + item.line.result;
    case 'note':
      return item.text;
    case 'log':
      return printable(item.log.text);
    case 'mark':
      return `${item.mark.kind}: ${printable(item.mark.text)}`;
  }
}

/** Who acts: a board, and its task where one does. */
export function itemActor(item: Item): string {
  switch (item.kind) {
    case 'frame':
      return item.line.record.from === '' ? 'test' : item.line.record.from;
    case 'call':
      return item.line.record.board;
    case 'log':
      return item.log.board;
    case 'mark':
      return item.mark.board;
    case 'note':
      return '';
  }
}

/** Class of its row, for colours. */
export function itemLook(item: Item): string {
  if (item.kind === 'frame' || item.kind === 'call') return item.line.look;
  return item.kind === 'mark' ? item.mark.kind : item.kind;
}
