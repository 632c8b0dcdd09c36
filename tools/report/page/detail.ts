/** Everything about the selected item: headers, bytes, control blocks, the rule behind it, and what it is linked to. */

import type { CallRecord, StateRecord } from '../../../device/trace.ts';
import { isMostlyText, printable, quoted } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import { type Connection, type ConnectionEnd, originalOf, sendingAfter, stateBefore } from '../connections.ts';
import { IGNORED_SYN, ruleOf } from '../explain.ts';
import { faultWords } from '../fault-words.ts';
import { fieldsOf, type LayerFields } from '../fields.ts';
import { itemActor, itemText } from '../item-text.ts';
import { lossWords } from '../power.ts';
import { reasonOf, resultWords } from '../reasons.ts';
import type { Item, Place } from '../run-view.ts';
import { forgedWords } from '../senders.ts';
import { segmentsOf } from '../sockets.ts';
import { sentenceOf, unheardWords } from '../story.ts';
import { hasTimedOut, isOfFreeRtos, timeOutWords, wakingCall } from '../wakes.ts';
import { byId, duration, element, link, seconds } from './dom.ts';
import { HexDump } from './hex-dump.ts';
import { Links } from './links.ts';
import type { PageState } from './state.ts';
import { stateTable } from './state-table.ts';

type Child = Node | string;

/** Lines that lead to a mark. */
const MOST_BEFORE = 12;

export class Detail {
  readonly #state: PageState;
  readonly #links: Links;
  readonly #panel = byId('detail');

  constructor(state: PageState) {
    this.#state = state;
    this.#links = new Links(state);
    state.onSelect(() => this.#draw());
    this.#draw();
  }

  #draw(): void {
    const { selected } = this.#state;
    this.#panel.scrollTop = 0;
    if (selected === undefined) {
      this.#panel.replaceChildren(
        element('p', 'faint', [
          'Click an arrow, a bar or a line. Arrow keys go from line to line, the wheel zooms, dragging pans; ? shows all keys.',
        ]),
      );
      return;
    }
    switch (selected.kind) {
      case 'frame':
        this.#panel.replaceChildren(...this.#frame(selected.line));
        break;
      case 'call':
        this.#panel.replaceChildren(...this.#call(selected));
        break;
      case 'note':
        this.#panel.replaceChildren(
          element('h2', 'note', [`Note at ${seconds(selected.tUs)} s`]),
          element('p', '', [selected.text]),
        );
        break;
      case 'log':
        this.#panel.replaceChildren(
          element('h2', '', [`${printable(selected.log.board)} printed at ${seconds(selected.tUs)} s`]),
          element('pre', '', [selected.log.text]),
        );
        break;
      case 'mark':
        this.#panel.replaceChildren(...this.#mark(selected));
    }
  }

  #mark(item: Extract<Item, { kind: 'mark' }>): Child[] {
    const { kind, board, task, text } = item.mark;
    const who = [board, task && `task ${task}`].filter(Boolean).map(printable).join(', ');
    const before = this.#before(item);
    return [
      element('h2', kind, [`${kind} at ${seconds(item.tUs)} s`]),
      ...(who === '' ? [] : [element('p', '', [who])]),
      element('p', '', [printable(text)]),
      ...(before.length === 0 ? [] : [element('h2', '', ['What happened before'])]),
      ...before,
    ];
  }

  /** What the board of a mark did and got last. */
  #before(item: Extract<Item, { kind: 'mark' }>): Child[] {
    const { items } = this.#state.view;
    const isAbout = (one: Item): boolean => item.mark.board === '' || itemActor(one) === item.mark.board;
    const last = items.slice(0, items.indexOf(item)).filter((one) => one.kind !== 'mark' && isAbout(one));
    return last
      .slice(-MOST_BEFORE)
      .map((one) =>
        element('p', 'entry', [
          element('span', 'time', [seconds(one.tUs)]),
          link(`${itemActor(one)} ${itemText(one)}`, () => this.#state.select(one)),
        ]),
      );
  }

  // Frames

  #frame(line: FrameLine): Child[] {
    const { record, d } = line;
    const rule = ruleOf(this.#state.view, line);
    const out: Child[] = [element('h2', line.look, [`Frame ${record.n}: ${line.label}`]), this.#journey(line)];
    if (rule !== undefined) out.push(why(rule.text, rule.source));
    if (this.#state.view.isIgnoredSyn(line)) out.push(why(IGNORED_SYN.text, IGNORED_SYN.source));
    out.push(...this.#causes(line), ...this.#connectionLinks(line));
    const place = this.#state.view.place(record.n);
    if (place !== undefined) out.push(this.#controlBlocks(line, place));
    out.push(...this.#faults(record.n));
    for (const problem of d.problems) out.push(element('p', 'failed', [`${problem.kind}: ${problem.text}`]));
    const dump = new HexDump(d.bytes, 8);
    const layers = fieldsOf(d).map((layer) => layerTable(layer, dump));
    out.push(element('div', 'decoded', [element('div', '', layers), dump.element]));
    return out;
  }

  #journey(line: FrameLine): HTMLElement {
    const { view } = this.#state;
    const { record, lost, fault, harm } = line;
    const arrivals = view.arrivalsOf(record.n).map(({ board, tUs }) => {
      const late = duration(tUs - record.tUs);
      return `reached ${printable(board)} at ${seconds(tUs)} s, ${late} later`;
    });
    const fate = lost
      ? `was lost (${fault})`
      : view.isUnheard(line)
        ? printable(unheardWords(view, line))
        : harm === '' || line.isForged
          ? ''
          : `the wire did this to it: ${harm}`;
    const from = record.from === '' ? 'the test' : record.from;
    const sent = line.isForged ? upperFirst(forgedWords(view, line)) : `Sent by ${from}`;
    const where = `${printable(sent)} at ${seconds(record.tUs)} s on ${printable(record.lan)}`;
    const words = [where, fate, ...arrivals].filter(Boolean);
    return element('p', '', [`${words.join('; ')}. ${record.bytes.length} bytes.`]);
  }

  /** What made the board send it, and what it led to where it came. */
  #causes(line: FrameLine): Child[] {
    const { view } = this.#state;
    const { record } = line;
    const out: Child[] = [];
    const step = view.stepOf(record.from, record.n);
    if (step !== undefined) out.push(element('p', 'links', ['Caused by ', this.#links.cause(step, line), '.']));
    for (const arrival of view.arrivalsOf(record.n)) {
      const sent = view.framesOf(arrival);
      const woken = view.callsWokenBy(arrival);
      if (sent.length === 0 && woken.length === 0) continue;
      const effects: Child[] = [`At ${printable(arrival.board)} it led to `];
      for (const one of sent) effects.push(this.#links.frame(one), ' ');
      for (const call of woken) effects.push(this.#links.returning(call), ' ');
      out.push(element('p', 'links', effects));
    }
    return out;
  }

  #connectionLinks(line: FrameLine): Child[] {
    const place = this.#state.view.place(line.record.n);
    if (place === undefined) return [];
    const { connection, segment } = place;
    const out: Child[] = [];
    const original = line.tcp?.mark === 'retransmission' ? originalOf(connection, segment) : undefined;
    if (original !== undefined) out.push(element('p', 'links', ['It repeats ', this.#links.frame(original.line), '.']));
    const again = sendingAfter(connection, segment);
    if (again !== undefined)
      out.push(element('p', 'links', ['It is sent again in ', this.#links.frame(again.line), '.']));
    const covered = this.#state.view.answeredBy(place);
    if (covered.length > 0) {
      const links = covered.flatMap((one): Child[] => [this.#links.frame(one.line), ' ']);
      out.push(element('p', 'links', ['It acknowledges ', ...links]));
    }
    const answer = this.#state.view.answerTo(place);
    if (answer !== undefined)
      out.push(element('p', 'links', ['It is acknowledged by ', this.#links.frame(answer.line), '.']));
    else if (segment.end > segment.seq && again === undefined)
      out.push(element('p', 'links', ['It was never acknowledged.']));
    return out;
  }

  /** Both ends before and after: the sender around sending, the receiver around arrival. */
  #controlBlocks(line: FrameLine, { connection, segment }: Place): HTMLElement {
    const { view } = this.#state;
    const sender = connection.ends[segment.from];
    const receiver = connection.ends[segment.from === 0 ? 1 : 0];
    const { n } = line.record;
    const tables: HTMLElement[] = [];
    const add = (title: string, states: StatePair, own: ConnectionEnd, other: ConnectionEnd): void => {
      if (states.before === undefined && states.after === undefined) return;
      tables.push(
        stateTable(this.#titleOf(title, own, connection, n), states.before?.state, states.after?.state, own, other),
      );
    };
    // The board whose name a forged frame bears has no part in it.
    if (!line.isForged) add('sender', view.statesAround(sender, n), sender, receiver);
    const [arrival] = view.arrivalsOf(n);
    if (arrival !== undefined) {
      const [before, after] = [stateBefore(receiver, arrival.n0 - 1), stateBefore(receiver, arrival.n1)];
      add('receiver', { before, after }, receiver, sender);
    }
    return element('div', 'blocks', tables);
  }

  /** "sender peer (peer rebooted at 0.5045 s)" */
  #titleOf(role: string, { board }: ConnectionEnd, connection: Connection, n: number): string {
    const loss = this.#state.view.lossOf(connection, board, n);
    return printable(`${role} ${board}${loss === undefined ? '' : ` (${lossWords(loss)})`}`);
  }

  #faults(n: number): Child[] {
    return this.#state.view.data.faults
      .filter((fault) => fault.matched.includes(n))
      .map((fault) => element('p', 'fault', [`Fault plan: ${printable(faultWords(fault.text))}`]));
  }

  // Calls

  #call(item: Extract<Item, { kind: 'call' }>): Child[] {
    const { view } = this.#state;
    const { record } = item.line;
    const out: Child[] = [
      element('h2', record.n1 >= 0 && (record.ret ?? 0) < 0 ? 'failed' : 'call', [
        printable(`${record.fn}(${record.args.join(', ')})${record.n1 < 0 ? '' : ' ='} ${resultWords(view, record)}`),
      ]),
      element('p', '', [callTimes(record)]),
    ];
    if (record.addr !== '') out.push(element('p', '', [`Address: ${printable(record.addr)}`]));
    if (reasonOf(view, record) === undefined) out.push(element('p', 'why', [printable(sentenceOf(view, item))]));
    out.push(...this.#reason(record), ...this.#wake(record), ...this.#traffic(record), ...this.#faults(record.n0));
    out.push(...this.#blocksOfCall(record));
    if (record.data !== undefined && record.data.length > 0) {
      if (isMostlyText(record.data)) out.push(element('pre', '', [quoted(record.data, 4000)]));
      out.push(new HexDump(record.data).element);
    }
    return out;
  }

  /** Both ends of its connection when it was called and when it returned. */
  #blocksOfCall(call: CallRecord): Child[] {
    const use = this.#state.view.sockets.useOf(call);
    if (use === undefined) return [];
    const { ends } = use.connection;
    const [own, other] = [ends[use.side], ends[use.side === 0 ? 1 : 0]];
    const hasReturned = call.n1 >= 0;
    const n1 = hasReturned ? call.n1 : Number.MAX_SAFE_INTEGER;
    const heads = ['when called', hasReturned ? 'when it returned' : 'in the end'] as const;
    const table = (role: string, end: ConnectionEnd, far: ConnectionEnd): HTMLElement =>
      stateTable(
        this.#titleOf(role, end, use.connection, n1),
        stateBefore(end, call.n0)?.state,
        stateBefore(end, n1)?.state,
        end,
        far,
        heads,
        hasReturned,
      );
    const words = hasReturned ? 'What changed meanwhile' : 'What has changed since; the call did none of it';
    return [
      element('p', 'faint', [`${words}:`]),
      element('div', 'blocks', [table('caller', own, other), table('other end', other, own)]),
    ];
  }

  #reason(call: CallRecord): Child[] {
    const { view } = this.#state;
    const reason = reasonOf(view, call);
    if (reason === undefined) return [];
    const out: Child[] = reason.rule === undefined ? [] : [why(reason.rule.text, reason.rule.source)];
    const line = reason.frame === undefined ? undefined : view.frame(reason.frame);
    if (line === undefined) return out;
    const rule = ruleOf(view, line);
    out.push(element('p', 'links', ['The reason: ', this.#links.frame(line), '.']));
    if (rule !== undefined) out.push(why(`${printable(line.record.from)} sent it for this: ${rule.text}`, rule.source));
    return out;
  }

  #wake(call: CallRecord): Child[] {
    const { view } = this.#state;
    if (call.t1Us <= call.t0Us) return [];
    const wake = view.wakeOf(call);
    const other = hasTimedOut(call) ? undefined : wakingCall(view, call);
    if (wake !== undefined && (other === undefined || !isOfFreeRtos(call)))
      return [element('p', 'links', ['It returned because of ', this.#links.cause(wake), '.'])];
    if (other === undefined) return [element('p', 'links', [timeOutWords(call)])];
    return [
      element('p', 'links', ['It returned because of ', this.#links.call(other), ` in task ${printable(other.task)}.`]),
    ];
  }

  /** The frames that carried its bytes, those that it sent at once, and its connection. */
  #traffic(call: CallRecord): Child[] {
    const { view } = this.#state;
    const sent = view.framesOfCall(call);
    const out = sent.length > 0 ? [element('p', 'links', ['It sent at once: ', ...this.#links.frames(sent)])] : [];
    const use = view.sockets.useOf(call);
    if (use === undefined) return out;
    const carried = segmentsOf(use, call).map(({ line }) => line);
    const own = use.connection.ends[use.side];
    const other = use.connection.ends[use.side === 0 ? 1 : 0];
    if (carried.length > 0)
      out.push(element('p', 'links', ['Its bytes travelled in: ', ...this.#links.frames(carried)]));
    out.push(element('p', 'faint', [printable(`Connection ${own.address} with ${other.address} (${other.board}).`)]));
    return out;
  }
}

interface StatePair {
  readonly before: StateRecord | undefined;
  readonly after: StateRecord | undefined;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function callTimes(record: CallRecord): string {
  const called = `${record.board}, task ${record.task}. Called at ${seconds(record.t0Us)} s`;
  if (record.n1 < 0) return printable(`${called}; it has not returned.`);
  const waited = record.t1Us === record.t0Us ? '.' : ` after waiting ${duration(record.t1Us - record.t0Us)}.`;
  return printable(`${called}, returned at ${seconds(record.t1Us)} s${waited}`);
}

function why(text: string, source: string): HTMLElement {
  return element('p', 'why', [text, ' ', element('code', '', [source])]);
}

function layerTable(layer: LayerFields, dump: HexDump): HTMLElement {
  const title = element('summary', '', [`${layer.name}, ${layer.length} bytes`]);
  const rows = layer.fields.map(([name, value]) =>
    element('tr', '', [element('th', '', [name]), element('td', '', [value])]),
  );
  const box = element('details', 'layer', [title, element('table', '', rows)]);
  box.open = layer.name !== 'Data' && layer.name !== 'Ethernet II';
  for (const begin of ['mouseenter', 'focusin']) box.addEventListener(begin, () => dump.mark(layer.at, layer.length));
  for (const end of ['mouseleave', 'focusout']) box.addEventListener(end, () => dump.mark(0, 0));
  return box;
}
