/** One line of words for an item of the list. */

import { isMostlyText, printable, quoted } from '../printable.ts';
import type { Item, RunView } from './run-view.ts';
import { senderOf } from './senders.ts';
import { saysNotYet } from './troubles.ts';

/** Bytes of payload in which words are looked for. */
const MOST_SEARCHED = 4000;

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

/** How a frame fared, before its words: "→", "✗ drop", "✗ unheard", "⇢ dup". */
export function fatePrefix(view: RunView, item: Item): string {
  if (item.kind !== 'frame') return '';
  const { lost, fault, harm, isForged } = item.line;
  if (lost) return `✗ lost ${fault} `;
  if (isForged) return `⇢ forged ${fault} `;
  if (view.isInVain(item.line)) return '✗ unheard ';
  return harm === '' ? '→ ' : `⇢ ${harm} `;
}

/** What a frame or a call carries, in quotes and with a space before it; '' if it is no text. */
export function payloadWords(item: Item, most: number): string {
  if (item.kind !== 'frame' && item.kind !== 'call') return '';
  const { payload } = item.line;
  return payload.length > 0 && isMostlyText(payload) ? ` ${quoted(payload, most)}` : '';
}

/** Everything that the list shows of an item, or would if there was room. */
export function searchText(view: RunView, item: Item): string {
  const fault = item.kind === 'frame' ? item.line.fault : '';
  return `${itemActor(item)} ${fatePrefix(view, item)}${itemText(item)}${payloadWords(item, MOST_SEARCHED)} ${fault}`;
}

/** Who acts: a board, and its task where one does. */
export function itemActor(item: Item): string {
  switch (item.kind) {
    case 'frame':
      return senderOf(item.line);
    case 'call':
      return item.line.record.board;
    case 'log':
      return item.log.board;
    case 'mark':
      return item.mark.board;
    case 'note':
      return item.board;
  }
}

/** Class of its row, for colours. */
export function itemLook(item: Item): string {
  if (item.kind === 'call' && saysNotYet(item.line.record)) return 'call';
  if (item.kind === 'frame' || item.kind === 'call') return item.line.look;
  return item.kind === 'mark' ? item.mark.kind : item.kind;
}
