/**
 * The filter language of the report: `tcp.port == 80 && !lost`, `host == server`, `errno == ECONNRESET`, or plain words,
 * which are looked for in the text. Terms are joined by && and ||, negated by !, grouped by parentheses.
 */

import { errnoName } from '../../sockets/errno.ts';
import type { Item } from './run-view.ts';

/** Says whether an item is wanted. @param text the item's words as the list shows them */
export type Filter = (item: Item, text: string) => boolean;

type Values = (item: Item) => readonly (string | number)[];

const NOTHING: readonly string[] = [];
const isIf = (yes: boolean): readonly (string | number)[] => (yes ? [1] : NOTHING);

/** What can be compared. A field that stands alone asks whether it is there. */
const FIELDS: Readonly<Record<string, Values>> = {
  'tcp.port': (item) =>
    item.kind === 'frame' && item.line.d.tcp ? [item.line.d.tcp.srcPort, item.line.d.tcp.destPort] : NOTHING,
  'udp.port': (item) =>
    item.kind === 'frame' && item.line.d.udp ? [item.line.d.udp.srcPort, item.line.d.udp.destPort] : NOTHING,
  'ip.addr': (item) =>
    item.kind === 'frame' && item.line.d.ip4 ? [item.line.d.ip4.src, item.line.d.ip4.dest] : NOTHING,
  'ip.src': (item) => (item.kind === 'frame' && item.line.d.ip4 ? [item.line.d.ip4.src] : NOTHING),
  'ip.dst': (item) => (item.kind === 'frame' && item.line.d.ip4 ? [item.line.d.ip4.dest] : NOTHING),
  'tcp.len': (item) => (item.kind === 'frame' && item.line.d.tcp ? [item.line.d.payload.length] : NOTHING),
  frame: (item) => (item.kind === 'frame' ? [item.n] : NOTHING),
  tcp: (item) => isIf(item.kind === 'frame' && item.line.d.tcp !== undefined),
  udp: (item) => isIf(item.kind === 'frame' && item.line.d.udp !== undefined),
  arp: (item) => isIf(item.kind === 'frame' && item.line.d.arp !== undefined),
  icmp: (item) => isIf(item.kind === 'frame' && item.line.d.icmp !== undefined),
  igmp: (item) => isIf(item.kind === 'frame' && item.line.d.igmp !== undefined),
  dns: (item) => isIf(item.kind === 'frame' && item.line.d.app === 'DNS'),
  dhcp: (item) => isIf(item.kind === 'frame' && item.line.d.app === 'DHCP'),
  lost: (item) => isIf(item.kind === 'frame' && item.line.lost),
  fault: (item) => (item.kind === 'frame' && item.line.fault !== '' ? [item.line.fault] : NOTHING),
  mark: (item) =>
    item.kind === 'frame' && item.line.tcp?.mark
      ? [item.line.tcp.mark]
      : item.kind === 'mark'
        ? [item.mark.kind]
        : NOTHING,
  host: (item) => [hostOf(item)],
  task: (item) => (item.kind === 'call' ? [item.line.record.task] : item.kind === 'log' ? [item.log.task] : NOTHING),
  call: (item) => (item.kind === 'call' ? [item.line.record.fn] : NOTHING),
  fd: (item) =>
    item.kind === 'call' && typeof item.line.record.args[0] === 'number' ? [item.line.record.args[0]] : NOTHING,
  errno: (item) =>
    item.kind === 'call' && (item.line.record.ret ?? 0) < 0
      ? [item.line.record.errno, errnoName(item.line.record.errno)]
      : NOTHING,
  log: (item) => (item.kind === 'log' ? [item.log.level] : NOTHING),
};

function hostOf(item: Item): string {
  switch (item.kind) {
    case 'frame':
      return item.line.record.from;
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

/**
 * Understand a filter.
 * @returns the filter, or what is wrong with it, a sentence
 */
export function parseFilter(text: string): Filter | string {
  const words = text.match(WORD) ?? [];
  if (words.length === 0) return () => true;
  const parser = new Parser(words);
  try {
    return parser.all();
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

const WORD = /&&|\|\||==|!=|[()!]|"[^"]*"?|(?:[^\s()!=&|"]|=(?!=)|&(?!&)|\|(?!\|))+/g;

class Parser {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  all(): Filter {
    const filter = this.#either();
    if (this.#at < this.#words.length) throw new SyntaxError(`"${this.#words[this.#at]}" is not expected here.`);
    return filter;
  }

  #either(): Filter {
    let filter = this.#both();
    while (this.#take('||')) {
      const [left, right] = [filter, this.#both()];
      filter = (item, text) => left(item, text) || right(item, text);
    }
    return filter;
  }

  /** Words side by side must all be there. */
  #both(): Filter {
    let filter = this.#one();
    while (this.#take('&&') || this.#beginsTerm()) {
      const [left, right] = [filter, this.#one()];
      filter = (item, text) => left(item, text) && right(item, text);
    }
    return filter;
  }

  #beginsTerm(): boolean {
    const word = this.#words[this.#at];
    return word !== undefined && word !== ')' && word !== '||' && word !== '==' && word !== '!=';
  }

  #one(): Filter {
    if (this.#take('!')) {
      const inner = this.#one();
      return (item, text) => !inner(item, text);
    }
    if (this.#take('(')) {
      const inner = this.#either();
      if (!this.#take(')')) throw new SyntaxError('A parenthesis is not closed.');
      return inner;
    }
    const word = this.#words[this.#at++];
    if (word === undefined) throw new SyntaxError('Something is missing at the end.');
    if (!/^["\w.*-]/u.test(word) && /^[&|=!)]/.test(word)) throw new SyntaxError(`"${word}" is not expected here.`);
    return this.#term(word);
  }

  #term(word: string): Filter {
    const values = Object.hasOwn(FIELDS, word) ? FIELDS[word] : undefined;
    const isEqual = this.#take('==');
    if (!isEqual && !this.#take('!=')) {
      if (values !== undefined) return (item) => values(item).length > 0;
      const wanted = unquoted(word).toLowerCase();
      return (_item, text) => text.toLowerCase().includes(wanted);
    }
    if (values === undefined) {
      throw new SyntaxError(`There is no field "${word}". There are: ${Object.keys(FIELDS).join(', ')}.`);
    }
    const right = this.#words[this.#at++];
    if (right === undefined) throw new SyntaxError(`What is ${word} to be compared with?`);
    const wanted = unquoted(right).toLowerCase();
    return (item) => {
      const found = values(item);
      return found.length > 0 && found.some((value) => String(value).toLowerCase() === wanted) === isEqual;
    };
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }
}

function unquoted(word: string): string {
  return word.replace(/^"|"$/g, '');
}
