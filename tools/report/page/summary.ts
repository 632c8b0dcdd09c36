/** What went wrong, at a glance: one line for everything that a reader should not miss, each leading to its place. */

import type { CallRecord } from '../../../device/trace.ts';
import { TCP_FIN, TCP_RST } from '../../../stack/prot/tcp.ts';
import { printable } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import { bytesSent, type Connection, type Segment, sendingAfter } from '../connections.ts';
import { ruleOf } from '../explain.ts';
import { faultWords } from '../fault-words.ts';
import { isPartial, isShortSend, reasonOf, resultWords } from '../reasons.ts';
import type { ReportFault } from '../report-data.ts';
import type { Item } from '../run-view.ts';
import { portOf } from '../sockets.ts';
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

const LEGEND: readonly string[] = [
  'Time goes to the right. Arrows are frames from board to board: [S] asks for a connection, [S.] accepts it, [.] acknowledges, [P.] 5 carries 5 bytes of data, [F.] says that no more will ' +
    'come, [R.] resets. Dashed red ones with a cross never arrive, violet ones are sent again.',
  'Bars are calls of programs, from call to return: pale while they wait, red if they fail. Dots are lines that were printed, diamonds what was found or noted. Grey ground is time in ' +
    'which nothing happens, drawn short.',
  'Click anything to see what it is, why it happened and what it led to. The story tells the whole run in sentences.',
];

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
    this.#section('Connections', this.#connections());
    this.#section(
      'The fault plan',
      view.data.faults.map((fault) => this.#fault(fault)),
    );
    this.#section('Errors in the log', this.#errors());
    this.#section('Hints: what may go wrong one day', this.#marks('hint'));
    if (this.#panel.children.length === 1) this.#panel.append(element('p', 'faint', ['Nothing went wrong.']));
    this.#panel.append(element('h2', '', ['How to read this']), ...LEGEND.map((text) => element('p', 'faint', [text])));
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
    return [element('span', 'faint', [printable(`. ${line.record.from} sent it for this: ${rule.text}`)])];
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

  /** Who talked to whom, how much each has sent, and who ended it. */
  #connections(): HTMLElement[] {
    const { view } = this.#state;
    return view.connections.map((connection) => {
      const [first] = connection.segments as [Segment];
      const [client, server] = connection.ends.map(({ board, address }) => (board === '' ? address : board));
      const sent = ([0, 1] as const).map((side) => {
        const bytes = bytesSent(connection, side);
        return `${side === 0 ? client : server} has sent ${bytes === 0 ? 'nothing' : `${bytes} bytes`}`;
      });
      const words = `${client} to ${server} port ${portOf(connection.ends[1].address)}: ${sent.join(', ')}. `;
      return this.#line('', view.item(first.line.record.n)!, '', [printable(words), ...this.#ending(connection)]);
    });
  }

  #ending({ segments }: Connection): Child[] {
    const reset = segments.find((one) => (one.line.d.tcp!.flags & TCP_RST) !== 0);
    const fins = ([0, 1] as const).map((side) =>
      segments.find((one) => one.from === side && (one.line.d.tcp!.flags & TCP_FIN) !== 0),
    );
    const ends = [...fins, reset].filter((one) => one !== undefined).sort((a, b) => a.line.record.n - b.line.record.n);
    if (ends.length === 0) return ['It is not closed.'];
    const links = ends.flatMap((one): Child[] => {
      const { record } = one.line;
      const verb = one === reset ? 'reset it' : 'closed';
      return [
        ', ',
        `${printable(record.from === '' ? 'the fault plan' : record.from)} ${verb} in `,
        this.#links.number(one.line),
      ];
    });
    return ['Then ', ...links.slice(1), '.'];
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
  rst: 'brings in a RST',
  fin: 'brings in a FIN',
};

function fateWords({ record, fault }: FrameLine): string {
  if (record.from === '') return 'is made by the fault plan';
  return fault
    .split('+')
    .map((one) => FATES[one] ?? `is struck by "${one}"`)
    .join(' and ');
}
