/** What went wrong, at a glance: one line for everything that a reader should not miss, each leading to its place. */

import type { CallRecord } from '../../../device/trace.ts';
import { printable } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import { sendingAfter } from '../connections.ts';
import { ruleOf } from '../explain.ts';
import { faultWords } from '../fault-words.ts';
import { isPartial, isShortSend, reasonOf, resultWords } from '../reasons.ts';
import type { ReportFault } from '../report-data.ts';
import type { Item } from '../run-view.ts';
import { byId, duration, element, link, seconds } from './dom.ts';
import { Links } from './links.ts';
import type { PageState } from './state.ts';

type Child = Node | string;
type CallItem = Extract<Item, { kind: 'call' }>;
type MarkItem = Extract<Item, { kind: 'mark' }>;

/** Lines of one section. */
const MOST_LINES = 12;
/** Links in one line. */
const MOST_LINKS = 5;

export class Summary {
  readonly #state: PageState;
  readonly #links: Links;
  readonly #panel = byId('marks');

  constructor(state: PageState) {
    this.#state = state;
    this.#links = new Links(state);
    const { view } = state;
    this.#panel.replaceChildren(element('p', 'outcome', [view.data.outcome]));
    this.#section('What did not hold', this.#marks('violation'));
    this.#section('Panics and hazards', [...this.#marks('panic'), ...this.#marks('hazard')]);
    this.#section('Findings', this.#marks('finding'));
    this.#section('Calls that failed', this.#failedCalls());
    this.#section('Calls that had not returned in the end', this.#waitingCalls());
    this.#section(
      'Calls that sent only a part',
      this.#calls('', ({ line }) => isShortSend(line.record)),
    );
    this.#section('Messages that came in parts', this.#cutMessages());
    this.#section('Frames that did not get through as they were sent', this.#harmedFrames());
    this.#section('Frames that nobody took', this.#unheardFrames());
    this.#section(
      'The fault plan',
      view.data.faults.map((fault) => this.#fault(fault)),
    );
    this.#section('Errors in the log', this.#errors());
    this.#section('Hints: what may go wrong one day', this.#marks('hint'));
    if (this.#panel.children.length === 1) this.#panel.append(element('p', 'faint', ['Nothing went wrong.']));
  }

  #section(title: string, lines: readonly HTMLElement[]): void {
    if (lines.length === 0) return;
    this.#panel.append(element('h2', '', [title]), ...lines.slice(0, MOST_LINES));
    const more = lines.length - MOST_LINES;
    if (more > 0) this.#panel.append(element('p', 'faint', [`and ${more} more`]));
  }

  /** A line that leads to an item. */
  #line(look: string, item: Item, who: string, words: readonly Child[]): HTMLElement {
    const actor = who === '' ? '' : `${printable(who)}: `;
    return element('p', `entry ${look}`, [
      element('span', 'time', [link(`${seconds(item.tUs)} s`, () => this.#state.select(item))]),
      element('span', '', [actor, ...words]),
    ]);
  }

  #marks(kind: MarkItem['mark']['kind']): HTMLElement[] {
    const items = this.#state.marks.filter((item): item is MarkItem => item.kind === 'mark' && item.mark.kind === kind);
    return items.map((item) => this.#line(kind, item, item.mark.board, [printable(item.mark.text)]));
  }

  #failedCalls(): HTMLElement[] {
    return this.#calls(
      'failed',
      ({ line }) => line.look === 'failed',
      (call) => this.#because(call),
    );
  }

  /** Why the frame was sent that made a call fail. */
  #because(call: CallRecord): Child[] {
    const { view } = this.#state;
    const frame = reasonOf(view, call)?.frame;
    const line = frame === undefined ? undefined : view.frame(frame);
    const rule = line && ruleOf(view, line);
    if (line === undefined || rule === undefined) return [];
    return [element('span', 'faint', [printable(` ${line.record.from} sent it for this: ${rule.text}`)])];
  }

  #waitingCalls(): HTMLElement[] {
    const { view } = this.#state;
    const waits = ({ record, part }: CallItem['line']): boolean =>
      part === 'never' && record.fn !== 'vTaskDelay' && !view.isAbandoned(record);
    return this.#calls('', ({ line }) => waits(line));
  }

  #cutMessages(): HTMLElement[] {
    const { view } = this.#state;
    const ends = (part: string): boolean => part === 'whole' || part === 'return';
    return this.#calls('', ({ line }) => ends(line.part) && isPartial(view, line.record));
  }

  /** Calls that have the same result for the same reason share a line. */
  #calls(
    look: string,
    isWanted: (item: CallItem) => boolean,
    more: (call: CallRecord) => Child[] = () => [],
  ): HTMLElement[] {
    const groups = new Map<string, CallItem[]>();
    for (const item of this.#state.view.items) {
      if (item.kind !== 'call' || !isWanted(item)) continue;
      const key = this.#kindOf(item.line.record);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
    return [...groups.values()].map((items) => {
      const [first] = items as [CallItem];
      const { record } = first.line;
      return this.#line(look, first, record.board, [this.#callWords(record), ...more(record), ...this.#others(items)]);
    });
  }

  #kindOf(call: CallRecord): string {
    const { text = '' } = reasonOf(this.#state.view, call) ?? {};
    return [call.board, call.fn, call.args, call.ret, call.errno, text.replace(/[\d.]+/g, '')].join(' ');
  }

  #others(items: readonly CallItem[]): Child[] {
    const last = items.at(-1)!;
    if (items.length < 2) return [];
    const lead = link(`${seconds(last.tUs)} s`, () => this.#state.select(last));
    return [`; the same ${items.length === 2 ? 'once' : `${items.length - 1} times`} more, last at `, lead];
  }

  #callWords(call: CallRecord): string {
    return printable(
      `${call.fn}(${call.args.join(', ')})${call.n1 < 0 ? '' : ' ='} ${resultWords(this.#state.view, call)}`,
    );
  }

  #harmedFrames(): HTMLElement[] {
    const lines: HTMLElement[] = [];
    for (const item of this.#state.view.items) {
      if (item.kind !== 'frame' || item.line.record.fault === '') continue;
      const { line } = item;
      const fate = line.lost ? 'is lost' : fateWords(line);
      const words = [
        `${line.label} ${fate} (frame ${item.n}`,
        line.lost ? `, ${line.fault}). ` : '). ',
        ...this.#sequel(line),
      ];
      lines.push(this.#line(line.look, item, line.record.from === '' ? 'a fault' : line.record.from, words));
    }
    return lines;
  }

  /** Questions and announcements to everybody need nobody to be there. */
  #unheardFrames(): HTMLElement[] {
    const lines: HTMLElement[] = [];
    for (const item of this.#state.view.items) {
      if (item.kind !== 'frame' || item.line.d.ip4 === undefined || !this.#state.view.isUnheard(item.line)) continue;
      const words = [`${item.line.label} comes to nobody (frame ${item.n}). `, ...this.#sequel(item.line)];
      lines.push(this.#line('lost', item, item.line.record.from, words));
    }
    return lines;
  }

  /** What became of the bytes of a segment that was lost or unheard. */
  #sequel(line: FrameLine): Child[] {
    const { view } = this.#state;
    const isVain = line.lost || view.isUnheard(line);
    const place = isVain ? view.place(line.record.n) : undefined;
    if (place === undefined || place.segment.end === place.segment.seq) return [];
    const next = sendingAfter(place.connection, place.segment);
    if (next === undefined) return ['It was never sent again.'];
    return [`Sent again ${duration(next.line.tUs - line.tUs)} later in `, this.#links.frame(next.line), '.'];
  }

  #fault({ text, matched }: ReportFault): HTMLElement {
    const met = matched.slice(0, MOST_LINKS).flatMap((n) => this.#met(n));
    const more = matched.length > MOST_LINKS ? [`and ${matched.length - MOST_LINKS} more `] : [];
    const verdict = matched.length === 0 ? ' It never met anything. ' : met.length === 0 ? ' ' : ' It met ';
    return element('p', 'entry fault', [
      element('span', '', [
        printable(faultWords(text)),
        verdict,
        ...met,
        ...more,
        element('code', 'faint', [printable(text)]),
      ]),
    ]);
  }

  /** What a fault met: a frame, or a call. */
  #met(n: number): Child[] {
    const item = this.#state.view.item(n);
    if (item?.kind === 'frame') return [this.#links.frame(item.line), ' '];
    if (item?.kind !== 'call') return [];
    return [link(this.#callWords(item.line.record), () => this.#state.select(item)), ' '];
  }

  #errors(): HTMLElement[] {
    const lines: HTMLElement[] = [];
    for (const item of this.#state.view.items) {
      if (item.kind !== 'log' || item.log.level !== 'E') continue;
      lines.push(this.#line('log', item, item.log.board, [printable(item.log.text)]));
    }
    return lines;
  }
}

const FATES: Readonly<Record<string, string>> = {
  delay: 'is late',
  reorder: 'is late',
  jitter: 'is late',
  rate: 'waits for the line',
  dup: 'arrives more than once',
  duplicate: 'arrives more than once',
  corrupt: 'is changed on the way',
  truncate: 'is cut on the way',
};

function fateWords({ record, fault }: FrameLine): string {
  if (record.from === '') return 'is made by the fault plan';
  return fault
    .split('+')
    .map((one) => FATES[one] ?? `is struck by "${one}"`)
    .join(' and ');
}
