/**
 * The filter language of the report: `tcp.port == 80 && !lost`, `frame > 60`, `errno == ECONNRESET`, or plain words, which
 * are looked for in what the list shows. Terms are joined by && and ||, negated by !, grouped by parentheses.
 */

import { errnoName } from '../../sockets/errno.ts';
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from '../../stack/prot/tcp.ts';
import { itemActor, searchText } from './item-text.ts';
import type { Item, RunView } from './run-view.ts';

/** Says whether an item of a run is wanted. */
export type Filter = (item: Item, view: RunView) => boolean;

type Values = (item: Item, view: RunView) => readonly (string | number)[];

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
  'tcp.flags.syn': (item) => flagOf(item, TCP_SYN),
  'tcp.flags.fin': (item) => flagOf(item, TCP_FIN),
  'tcp.flags.reset': (item) => flagOf(item, TCP_RST),
  'tcp.flags.push': (item) => flagOf(item, TCP_PSH),
  'tcp.flags.ack': (item) => flagOf(item, TCP_ACK),
  'tcp.len': (item) => (item.kind === 'frame' && item.line.d.tcp ? [item.line.d.payload.length] : NOTHING),
  frame: (item) => (item.kind === 'frame' ? [item.n] : NOTHING),
  tcp: (item) => isIf(item.kind === 'frame' && item.line.d.tcp !== undefined),
  udp: (item) => isIf(item.kind === 'frame' && item.line.d.udp !== undefined),
  arp: (item) => isIf(item.kind === 'frame' && item.line.d.arp !== undefined),
  icmp: (item) => isIf(item.kind === 'frame' && item.line.d.icmp !== undefined),
  igmp: (item) => isIf(item.kind === 'frame' && item.line.d.igmp !== undefined),
  dns: (item) => isIf(item.kind === 'frame' && item.line.d.app === 'DNS'),
  dhcp: (item) => isIf(item.kind === 'frame' && item.line.d.app === 'DHCP'),
  lost: (item, view) => isIf(item.kind === 'frame' && view.isInVain(item.line)),
  fault: faultOf,
  mark: (item) =>
    item.kind === 'frame' && item.line.tcp?.mark
      ? [item.line.tcp.mark]
      : item.kind === 'mark'
        ? [item.mark.kind]
        : NOTHING,
  host: (item) => [itemActor(item)],
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

/** As in Wireshark: 1 or 0, and nothing for what is no segment. */
function flagOf(item: Item, flag: number): readonly number[] {
  if (item.kind !== 'frame' || item.line.d.tcp === undefined) return [];
  return [(item.line.d.tcp.flags & flag) === 0 ? 0 : 1];
}

/** What the wire or the fault plan did: the labels of a frame, or the kind of the plan's fault that met it. */
function faultOf(item: Item, { data }: RunView): readonly string[] {
  if (item.kind === 'frame' && item.line.fault !== '') return item.line.fault.split('+');
  if (item.kind === 'mark' || item.kind === 'log') return NOTHING;
  const n = item.kind === 'call' ? item.line.record.n0 : item.n;
  const met = data.faults.filter(({ matched }) => matched.includes(n));
  return met.map(({ text }) => (JSON.parse(text) as { readonly kind: string }).kind);
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

const WORD = /&&|\|\||[=!<>]=|[()!<>]|"[^"]*"?|(?:[^\s()!=&|"<>]|=(?!=)|&(?!&)|\|(?!\|))+/g;

/** @param values of a field, in lower case  @param wanted in lower case */
type Comparison = (values: readonly string[], wanted: string) => boolean;

const ordered =
  (isOrdered: (value: number, wanted: number) => boolean): Comparison =>
  (values, wanted) =>
    values.some((value) => isOrdered(Number(value), Number(wanted)));

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['==', (values, wanted) => values.includes(wanted)],
  ['!=', (values, wanted) => !values.includes(wanted)],
  ['<', ordered((value, wanted) => value < wanted)],
  ['<=', ordered((value, wanted) => value <= wanted)],
  ['>', ordered((value, wanted) => value > wanted)],
  ['>=', ordered((value, wanted) => value >= wanted)],
]);

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
      filter = (item, view) => left(item, view) || right(item, view);
    }
    return filter;
  }

  /** Words side by side must all be there. */
  #both(): Filter {
    let filter = this.#one();
    while (this.#take('&&') || this.#beginsTerm()) {
      const [left, right] = [filter, this.#one()];
      filter = (item, view) => left(item, view) && right(item, view);
    }
    return filter;
  }

  #beginsTerm(): boolean {
    const word = this.#words[this.#at];
    return word !== undefined && word !== ')' && word !== '||' && !COMPARISONS.has(word);
  }

  #one(): Filter {
    if (this.#take('!')) {
      const inner = this.#one();
      return (item, view) => !inner(item, view);
    }
    if (this.#take('(')) {
      const inner = this.#either();
      if (!this.#take(')')) throw new SyntaxError('A parenthesis is not closed.');
      return inner;
    }
    const word = this.#words[this.#at++];
    if (word === undefined) throw new SyntaxError('Something is missing at the end.');
    if (word === ')' || word === '&&' || word === '||' || COMPARISONS.has(word))
      throw new SyntaxError(`"${word}" is not expected here.`);
    return this.#term(word);
  }

  #term(word: string): Filter {
    const values = Object.hasOwn(FIELDS, word) ? FIELDS[word] : undefined;
    const sign = this.#words[this.#at] ?? '';
    const comparison = COMPARISONS.get(sign);
    if (comparison === undefined)
      return values === undefined ? wordFilter(word) : (item, view) => values(item, view).length > 0;
    this.#at++;
    if (values === undefined) throw new SyntaxError(noField(word, sign));
    const right = this.#words[this.#at++];
    if (right === undefined) throw new SyntaxError(`What is ${word} to be compared with?`);
    const wanted = unquoted(right).toLowerCase();
    if (/[<>]/.test(sign) && !/^\d+$/.test(wanted)) throw new SyntaxError(`"${sign}" needs a number, not "${right}".`);
    return (item, view) => {
      const found = values(item, view).map((value) => String(value).toLowerCase());
      return found.length > 0 && comparison(found, wanted);
    };
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }
}

function noField(word: string, sign: string): string {
  const isWord = sign === '<' || sign === '>' ? ' To look for these words, put them in quotes.' : '';
  return `There is no field "${word}".${isWord} There are: ${Object.keys(FIELDS).join(', ')}.`;
}

function wordFilter(word: string): Filter {
  const wanted = unquoted(word).toLowerCase();
  return (item, view) => searchText(view, item).toLowerCase().includes(wanted);
}

function unquoted(word: string): string {
  return word.replace(/^"|"$/g, '');
}
