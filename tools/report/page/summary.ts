/** What went wrong, at a glance: one line for everything that a reader should not miss, each leading to its place. */

import type { CallRecord } from '../../../device/trace.ts';
import { TCP_FIN, TCP_RST } from '../../../stack/prot/tcp.ts';
import { printable } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import { bytesArrived, bytesSent, type Connection, type Segment, sendingAfter } from '../connections.ts';
import { ruleOf } from '../explain.ts';
import { faultWords } from '../fault-words.ts';
import { observationsOf } from '../observations.ts';
import { isPartial, isShortSend, reasonOf, resultWords } from '../reasons.ts';
import type { ReportFault } from '../report-data.ts';
import type { Item } from '../run-view.ts';
import { forgedWords, senderOf } from '../senders.ts';
import { portOf } from '../sockets.ts';
import { unheardWords } from '../story.ts';
import { awaitsClients, isFailure, isStuck, saysNotYet } from '../troubles.ts';
import { byId, duration, element, link, seconds } from './dom.ts';
import { legend } from './legend.ts';
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
    this.#section('What did not hold: expectations of the test or the scenario', this.#marks('violation'));
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
    this.#section('Frames that reached nobody', this.#unheardFrames());
    this.#section(
      'SYNs that were ignored, as there was no room in the queue of the listening socket',
      this.#ignoredSyns(),
    );
    this.#section('Frames that the fault plan forged', this.#forgedFrames());
    this.#section('Worth a look: closed after recv() = 0 without an answer', this.#observations());
    this.#section('Connections', this.#connections());
    this.#section(
      'The fault plan',
      view.data.faults.map((fault) => this.#fault(fault)),
    );
    this.#section('Errors in the log', this.#errors());
    this.#section('Hints: what may go wrong one day', this.#marks('hint'));
    this.#section('Calls that were not to wait and said "not yet": no trouble', this.#notYet());
    this.#section(
      'Servers that waited for the next client in the end',
      this.#calls(
        '',
        ({ line }) => line.part === 'never' && awaitsClients(view, line.record) && !view.isAbandoned(line.record),
      ),
    );
    if (this.#panel.children.length === 1) this.#panel.append(element('p', 'faint', ['Nothing went wrong.']));
    this.#panel.append(element('h2', '', ['How to read this']), ...legend());
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
      ({ line }) => line.look === 'failed' && isFailure(this.#state.view, line),
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
    return this.#calls('', ({ line }) => isStuck(this.#state.view, line));
  }

  #notYet(): HTMLElement[] {
    const { view } = this.#state;
    const isWanted = ({ line }: CallItem): boolean => saysNotYet(line.record) && !isFailure(view, line);
    return this.#calls('', (item) => item.line.part !== 'start' && isWanted(item));
  }

  #observations(): HTMLElement[] {
    const { view } = this.#state;
    return observationsOf(view).map(({ call, text }) =>
      this.#line('', view.item(call.n0)!, call.board, [printable(text)]),
    );
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
        return `${side === 0 ? client : server} has sent ${sentWords(connection, side)}`;
      });
      const words = `${client} to ${server} port ${portOf(connection.ends[1].address)}: ${sent.join(', ')}. `;
      return this.#line('', view.item(first.line.record.n)!, '', [printable(words), ...this.#ending(connection)]);
    });
  }

  #ending({ segments }: Connection): Child[] {
    const { view } = this.#state;
    const reset = segments.find((one) => (one.line.d.tcp!.flags & TCP_RST) !== 0);
    const fins = ([0, 1] as const).map((side) =>
      segments.find((one) => one.from === side && (one.line.d.tcp!.flags & TCP_FIN) !== 0),
    );
    const ends = [...fins, reset].filter((one) => one !== undefined).sort((a, b) => a.line.record.n - b.line.record.n);
    if (ends.length === 0) return ['It is not closed.'];
    const links = ends.flatMap((one): Child[] => {
      const verb = one === reset ? 'reset it' : 'closed';
      return [
        ', ',
        `${one.line.isForged ? 'the fault plan' : printable(senderOf(one.line))} ${verb} in `,
        this.#links.number(one.line),
        one.line.isForged ? ` (forged, not sent by ${printable(view.boards[one.line.from] ?? '')})` : '',
      ];
    });
    return ['Then ', ...links.slice(1), '.'];
  }

  #harmedFrames(): HTMLElement[] {
    const lines: HTMLElement[] = [];
    for (const item of this.#state.view.items) {
      if (item.kind !== 'frame' || item.line.harm === '' || item.line.isForged) continue;
      const { line } = item;
      const fate = line.lost ? 'is lost' : fateWords(line);
      const words = [
        `${line.label} ${fate} (frame ${item.n}`,
        line.lost ? `, ${line.fault}). ` : '). ',
        ...this.#sequel(line),
      ];
      lines.push(this.#line(line.look, item, senderOf(line), words));
    }
    return lines;
  }

  #forgedFrames(): HTMLElement[] {
    const lines: HTMLElement[] = [];
    for (const item of this.#state.view.items) {
      if (item.kind !== 'frame' || !item.line.isForged) continue;
      const words = printable(`${forgedWords(this.#state.view, item.line)}: `);
      lines.push(this.#line('fault', item, '', [words, item.line.label, '.']));
    }
    return lines;
  }

  #ignoredSyns(): HTMLElement[] {
    const { view } = this.#state;
    const lines: HTMLElement[] = [];
    for (const item of view.items) {
      if (item.kind !== 'frame' || !view.isIgnoredSyn(item.line)) continue;
      const words = [`${item.line.label} (frame ${item.n}). `, ...this.#sequel(item.line)];
      lines.push(this.#line('', item, senderOf(item.line), words));
    }
    return lines;
  }

  #unheardFrames(): HTMLElement[] {
    const { view } = this.#state;
    const lines: HTMLElement[] = [];
    for (const item of this.#state.view.items) {
      if (item.kind !== 'frame' || item.line.lost || !view.isInVain(item.line)) continue;
      const fate = printable(unheardWords(view, item.line));
      const words = [`${item.line.label} ${fate} (frame ${item.n}). `, ...this.#sequel(item.line)];
      lines.push(this.#line('lost', item, senderOf(item.line), words));
    }
    return lines;
  }

  /** What became of a segment that was lost, unheard or ignored. */
  #sequel(line: FrameLine): Child[] {
    const { view } = this.#state;
    const isVain = line.lost || view.isUnheard(line) || view.isIgnoredSyn(line);
    const place = isVain ? view.place(line.record.n) : undefined;
    if (place === undefined || place.segment.end === place.segment.seq) return [];
    const next = sendingAfter(place.connection, place.segment);
    if (next === undefined) return ['It was never sent again.'];
    return [`Sent again ${duration(next.line.tUs - line.tUs)} later in `, this.#links.frame(next.line), '.'];
  }

  #fault({ text, matched }: ReportFault): HTMLElement {
    const met = matched.slice(0, MOST_LINKS).flatMap((n) => this.#met(n));
    const more = matched.length > MOST_LINKS ? [`and ${matched.length - MOST_LINKS} more `] : [];
    const isMoment = matched.some((n) => this.#state.view.item(n)?.kind === 'note');
    const verdict = matched.length === 0 ? ' It never met anything. ' : isMoment ? ' It struck ' : ' It met ';
    return element('p', 'entry fault', [
      element('span', '', [
        printable(faultWords(text)),
        verdict,
        ...met,
        ...more,
        element('code', 'faint', [printable(spaced(text))]),
      ]),
    ]);
  }

  /** What a fault met: a frame, or a call. */
  #met(n: number): Child[] {
    const item = this.#state.view.item(n);
    if (item?.kind === 'frame') return [this.#links.frame(item.line), ' '];
    if (item?.kind === 'note') return [link(`at ${seconds(item.tUs)} s`, () => this.#state.select(item)), ' '];
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

/** JSON that may be broken at its commas. */
function spaced(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 1).replace(/\n\s*/g, ' ');
}

/** "9 bytes, of which 0 arrived" */
function sentWords(connection: Connection, side: 0 | 1): string {
  const sent = bytesSent(connection, side);
  if (sent === 0) return 'nothing';
  const arrived = bytesArrived(connection, side) ?? sent;
  return `${sent} bytes${arrived < sent ? `, of which ${arrived} arrived` : ''}`;
}

function fateWords({ harm }: FrameLine): string {
  return harm
    .split('+')
    .map((one) => FATES[one] ?? `is struck by "${one}"`)
    .join(' and ');
}
