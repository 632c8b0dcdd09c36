/** Everything about the selected item: headers, bytes, control blocks, the rule behind it, and what it is linked to. */

import type { StateRecord, StepRecord, TcpState } from '../../../device/trace.ts';
import { isMostlyText, printable, quoted } from '../../printable.ts';
import type { CallLine, FrameLine } from '../../run-lines.ts';
import { answeredBy, answerTo, type ConnectionEnd, originalOf, stateAfter, stateBefore } from '../connections.ts';
import { resultWords, ruleOf } from '../explain.ts';
import { fieldsOf, type LayerFields } from '../fields.ts';
import type { Place } from '../run-view.ts';
import { byId, duration, element, link, seconds } from './dom.ts';
import type { PageState } from './state.ts';

type Child = Node | string;

export class Detail {
  readonly #state: PageState;
  readonly #panel = byId('detail');

  constructor(state: PageState) {
    this.#state = state;
    state.onSelect(() => this.#draw());
    this.#draw();
  }

  #draw(): void {
    const { selected } = this.#state;
    this.#panel.scrollTop = 0;
    if (selected === undefined) {
      this.#panel.replaceChildren(
        element('p', 'faint', [
          'Click an arrow, a bar or a line. Arrow keys go from line to line, the wheel zooms, dragging pans.',
        ]),
      );
      return;
    }
    switch (selected.kind) {
      case 'frame':
        this.#panel.replaceChildren(...this.#frame(selected.line));
        break;
      case 'call':
        this.#panel.replaceChildren(...this.#call(selected.line));
        break;
      case 'note':
        this.#panel.replaceChildren(element('h2', '', ['Note']), element('p', '', [selected.text]));
        break;
      case 'log':
        this.#panel.replaceChildren(
          element('h2', '', [`${printable(selected.log.board)} printed at ${seconds(selected.tUs)} s`]),
          element('pre', '', [selected.log.text]),
        );
        break;
      case 'mark':
        this.#panel.replaceChildren(
          element('h2', selected.mark.kind, [`${selected.mark.kind} at ${seconds(selected.tUs)} s`]),
          element('p', '', [
            `${printable(selected.mark.board)}${selected.mark.task === '' ? '' : `, task ${printable(selected.mark.task)}`}`,
          ]),
          element('p', '', [printable(selected.mark.text)]),
        );
    }
  }

  // Frames

  #frame(line: FrameLine): Child[] {
    const { record, d } = line;
    const rule = ruleOf(this.#state.view, line);
    const out: Child[] = [element('h2', line.look, [`Frame ${record.n}: ${line.label}`]), this.#journey(line)];
    if (rule !== undefined) out.push(why(rule.text, rule.source));
    out.push(...this.#causes(line), ...this.#connectionLinks(line));
    const place = this.#state.view.place(record.n);
    if (place !== undefined) out.push(this.#controlBlocks(line, place));
    out.push(...this.#faults(record.n));
    const dump = new HexDump(d.bytes);
    for (const layer of fieldsOf(d)) out.push(layerTable(layer, dump));
    for (const problem of d.problems) out.push(element('p', 'failed', [`${problem.kind}: ${problem.text}`]));
    out.push(dump.element);
    return out;
  }

  #journey({ record, lost, fault }: FrameLine): HTMLElement {
    const arrivals = this.#state.view.arrivalsOf(record.n).map(({ board, tUs }) => {
      const late = duration(tUs - record.tUs);
      return `reached ${printable(board)} at ${seconds(tUs)} s, ${late} later`;
    });
    const fate = lost ? `was lost (${fault})` : fault === '' ? '' : `the wire did this to it: ${fault}`;
    const from = record.from === '' ? 'the test' : printable(record.from);
    const words = [`Sent by ${from} at ${seconds(record.tUs)} s on ${printable(record.lan)}`, fate, ...arrivals].filter(
      Boolean,
    );
    return element('p', '', [`${words.join('; ')}. ${record.bytes.length} bytes.`]);
  }

  /** What made the board send it, and what it led to where it came. */
  #causes({ record }: FrameLine): Child[] {
    const { view } = this.#state;
    const out: Child[] = [];
    const step = view.stepOf(record.from, record.n);
    if (step !== undefined) out.push(element('p', 'links', ['Caused by ', this.#cause(step), '.']));
    for (const arrival of view.arrivalsOf(record.n)) {
      const sent = view.framesOf(arrival);
      const woken = view.callsWokenBy(arrival);
      if (sent.length === 0 && woken.length === 0) continue;
      const effects: Child[] = [`At ${printable(arrival.board)} it led to `];
      for (const line of sent) effects.push(this.#toFrame(line), ' ');
      for (const call of woken)
        effects.push(
          link(`${call.fn}() returning ${resultWords(view, call)}`, () => this.#state.selectNumber(call.n1)),
          ' ',
        );
      out.push(element('p', 'links', effects));
    }
    return out;
  }

  #cause(step: StepRecord): Child {
    const { view } = this.#state;
    if (step.cause === 'timer') return 'a timer of the stack';
    if (step.cause === 'frame') {
      const came = view.frame(step.ref);
      return came === undefined ? 'an injected frame' : this.#toFrame(came);
    }
    const call = step.cause === 'call' ? view.call(step.ref) : undefined;
    if (call === undefined) return 'the stack itself';
    return link(`${call.fn}(${call.args.join(', ')}) of ${call.board}`, () => this.#state.selectNumber(call.n0));
  }

  #toFrame(line: FrameLine): HTMLElement {
    return link(`frame ${line.record.n} (${line.label})`, () => this.#state.selectNumber(line.record.n));
  }

  #connectionLinks(line: FrameLine): Child[] {
    const place = this.#state.view.place(line.record.n);
    if (place === undefined) return [];
    const { connection, segment } = place;
    const out: Child[] = [];
    const original = line.tcp?.mark === 'retransmission' ? originalOf(connection, segment) : undefined;
    if (original !== undefined) out.push(element('p', 'links', ['It repeats ', this.#toFrame(original.line), '.']));
    const covered = answeredBy(connection, segment);
    if (covered.length > 0) {
      const links = covered.flatMap((one): Child[] => [this.#toFrame(one.line), ' ']);
      out.push(element('p', 'links', ['It acknowledges ', ...links]));
    }
    const answer = answerTo(connection, segment);
    if (answer !== undefined)
      out.push(element('p', 'links', ['It is acknowledged by ', this.#toFrame(answer.line), '.']));
    else if (segment.end > segment.seq) out.push(element('p', 'links', ['It was never acknowledged.']));
    return out;
  }

  /** Both ends before and after: the sender around sending, the receiver around arrival. */
  #controlBlocks(line: FrameLine, { connection, segment }: Place): HTMLElement {
    const { view } = this.#state;
    const columns: [string, StateRecord | undefined, StateRecord | undefined, ConnectionEnd, ConnectionEnd][] = [];
    const sender = connection.ends[segment.from];
    const receiver = connection.ends[segment.from === 0 ? 1 : 0];
    const { n } = line.record;
    columns.push([`sender ${sender.board}`, stateBefore(sender, n), stateAfter(sender, n), sender, receiver]);
    const [arrival] = view.arrivalsOf(n);
    if (arrival !== undefined) {
      columns.push([
        `receiver ${receiver.board}`,
        stateBefore(receiver, arrival.n0 - 1),
        stateBefore(receiver, arrival.n1),
        receiver,
        sender,
      ]);
    }
    const tables = columns
      .filter(([, before, after]) => before !== undefined || after !== undefined)
      .map(([title, before, after, own, peer]) => stateTable(title, before?.state, after?.state, own, peer));
    return element('div', 'blocks', tables);
  }

  #faults(n: number): Child[] {
    return this.#state.view.data.faults
      .filter((fault) => fault.matched.includes(n))
      .map((fault) => element('p', 'fault', [`Fault plan: ${printable(fault.text)}`]));
  }

  // Calls

  #call({ record }: CallLine): Child[] {
    const { view } = this.#state;
    const out: Child[] = [
      element('h2', record.n1 >= 0 && (record.ret ?? 0) < 0 ? 'failed' : 'call', [
        printable(`${record.fn}(${record.args.join(', ')}) = ${resultWords(view, record)}`),
      ]),
      element('p', '', [
        printable(`${record.board}, task ${record.task}. Called at ${seconds(record.t0Us)} s`) +
          (record.n1 < 0
            ? '; it has not returned.'
            : `, returned at ${seconds(record.t1Us)} s${record.t1Us === record.t0Us ? '.' : ` after waiting ${duration(record.t1Us - record.t0Us)}.`}`),
      ]),
    ];
    if (record.addr !== '') out.push(element('p', '', [`Address: ${printable(record.addr)}`]));
    const wake = record.t1Us > record.t0Us ? view.wakeOf(record) : undefined;
    if (wake !== undefined) out.push(element('p', 'links', ['It returned because of ', this.#cause(wake), '.']));
    else if (record.t1Us > record.t0Us)
      out.push(element('p', 'links', ['Its time-out ended the wait, or another task did.']));
    const sent = view.framesOfCall(record);
    if (sent.length > 0)
      out.push(element('p', 'links', ['It sent ', ...sent.flatMap((line): Child[] => [this.#toFrame(line), ' '])]));
    out.push(...this.#faults(record.n0));
    if (record.data !== undefined && record.data.length > 0) {
      if (isMostlyText(record.data)) out.push(element('pre', '', [quoted(record.data, 4000)]));
      out.push(new HexDump(record.data).element);
    }
    return out;
  }
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
  title.addEventListener('mouseenter', () => dump.mark(layer.at, layer.length));
  title.addEventListener('mouseleave', () => dump.mark(0, 0));
  return box;
}

/** Bytes in hex and as text; a range can be marked. */
class HexDump {
  readonly element = element('pre', 'hex');
  readonly #cells: HTMLElement[] = [];

  constructor(bytes: Uint8Array) {
    const shown = bytes.subarray(0, 1600);
    for (let at = 0; at < shown.length; at += 16) {
      const row = shown.subarray(at, at + 16);
      this.element.append(`${at.toString(16).padStart(4, '0')}  `);
      for (const byte of row) {
        const cell = element('span', '', [byte.toString(16).padStart(2, '0')]);
        this.#cells.push(cell);
        this.element.append(cell, ' ');
      }
      const text = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
      this.element.append(`${'   '.repeat(16 - row.length)} ${text}\n`);
    }
    if (shown.length < bytes.length) this.element.append(`… ${bytes.length - shown.length} more bytes\n`);
  }

  mark(at: number, length: number): void {
    for (const [i, cell] of this.#cells.entries()) cell.classList.toggle('marked', i >= at && i < at + length);
  }
}

/** Fields in the order in which a reader asks for them, with RFC 9293's names where it has one. */
const STATE_FIELDS: readonly (readonly [key: keyof TcpState, name: string, of: 'own' | 'peer' | 'none'])[] = [
  ['state', 'state', 'none'],
  ['lastack', 'lastack (SND.UNA)', 'own'],
  ['snd_nxt', 'snd_nxt (SND.NXT)', 'own'],
  ['snd_lbb', 'snd_lbb', 'own'],
  ['snd_wnd', 'snd_wnd (SND.WND)', 'none'],
  ['snd_buf', 'snd_buf, free', 'none'],
  ['snd_queuelen', 'snd_queuelen', 'none'],
  ['cwnd', 'cwnd', 'none'],
  ['ssthresh', 'ssthresh', 'none'],
  ['rcv_nxt', 'rcv_nxt (RCV.NXT)', 'peer'],
  ['rcv_wnd', 'rcv_wnd (RCV.WND)', 'none'],
  ['rcv_ann_right_edge', 'rcv_ann_right_edge', 'peer'],
  ['ooseq', 'ooseq', 'none'],
  ['rtoMs', 'rto, ms', 'none'],
  ['isTimed', 'retransmission timer', 'none'],
  ['nrtx', 'nrtx', 'none'],
  ['dupacks', 'dupacks', 'none'],
  ['persist_backoff', 'persist_backoff', 'none'],
  ['keep_cnt_sent', 'keep_cnt_sent', 'none'],
];

function stateTable(
  title: string,
  before: TcpState | undefined,
  after: TcpState | undefined,
  own: ConnectionEnd,
  peer: ConnectionEnd,
): HTMLElement {
  const show = (state: TcpState | undefined, key: keyof TcpState, of: 'own' | 'peer' | 'none'): string => {
    if (state === undefined) return '–';
    const value = state[key];
    if (typeof value === 'boolean') return value ? 'runs' : 'stopped';
    const base = of === 'own' ? own.base : of === 'peer' ? peer.base : -1;
    return typeof value === 'number' && base >= 0 ? String((value - base) | 0) : String(value);
  };
  const rows = STATE_FIELDS.map(([key, name, of]) => {
    const [a, b] = [show(before, key, of), show(after, key, of)];
    return element('tr', a === b ? '' : 'changed', [
      element('th', '', [name]),
      element('td', '', [a]),
      element('td', '', [b]),
    ]);
  });
  const heading = element('tr', '', [
    element('th', '', [title.trim()]),
    element('th', '', ['before']),
    element('th', '', ['after']),
  ]);
  return element('table', 'state', [heading, ...rows]);
}
