/** A connection over time: sequence numbers as tcptrace draws them, windows, buffers and the retransmission time-out. */

import uPlot from 'uplot';
import type { StateRecord, TcpState } from '../../../device/trace.ts';
import { TCP_RST } from '../../../stack/prot/tcp.ts';
import { printable } from '../../printable.ts';
import { bytesSent, type Connection, type ConnectionEnd, type Segment } from '../connections.ts';
import { lossWords } from '../power.ts';
import { byId, element, Palette, seconds } from './dom.ts';
import type { PageState } from './state.ts';

type Column = (number | null)[];

export class Plots {
  readonly #state: PageState;
  readonly #panel = byId('connection');
  readonly #charts = element('div', 'charts');
  readonly #select = element('select');
  readonly #side = element('select');
  #plots: uPlot[] = [];
  #isFollowing = false;
  #palette = new Palette();

  constructor(state: PageState) {
    this.#state = state;
    this.#panel.append(element('p', 'choice', [this.#select, ' data sent by ', this.#side]), this.#charts);
    this.#select.addEventListener('change', () => this.#chooseConnection());
    this.#side.addEventListener('change', () => this.draw());
    state.onSelect(() => this.#follow());
    state.axis.onChange(() => this.#rescale());
  }

  /** Fill the choice of connections when the panel is first opened. */
  open(): void {
    if (this.#panel.hidden) return;
    if (this.#select.options.length > 0) {
      this.draw();
      return;
    }
    const { connections } = this.#state.view;
    if (connections.length === 0) {
      this.#panel.replaceChildren(element('p', 'faint', ['There is no TCP connection in this run.']));
      return;
    }
    for (const connection of connections) {
      this.#select.append(new Option(connection.ends.map(endName).join(' ↔ '), String(connection.id)));
    }
    this.#chooseConnection();
    this.#follow();
  }

  #chooseConnection(): void {
    const connection = this.#connection();
    this.#side.replaceChildren(...connection.ends.map((end, i) => new Option(endName(end), String(i))));
    this.#side.value = bytesSent(connection, 0) >= bytesSent(connection, 1) ? '0' : '1';
    this.draw();
  }

  /** The connection of the selected segment or call comes up. */
  #follow(): void {
    if (this.#panel.hidden) return;
    const { selected, view } = this.#state;
    const place = selected?.kind === 'frame' ? view.place(selected.n) : undefined;
    const use = selected?.kind === 'call' ? view.sockets.useOf(selected.line.record) : undefined;
    const connection = (place ?? use)?.connection;
    if (connection === undefined || String(connection.id) === this.#select.value) return;
    this.#select.value = String(connection.id);
    this.#chooseConnection();
  }

  #connection(): Connection {
    return this.#state.view.connections[Number(this.#select.value)]!;
  }

  /** Draw anew: another connection, or another scheme. */
  draw(): void {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    this.#palette = new Palette();
    this.#charts.replaceChildren();
    if (this.#panel.hidden || this.#select.value === '') return;
    const connection = this.#connection();
    const side = this.#side.value === '0' ? 0 : 1;
    this.#states(connection);
    this.#aboutTime();
    this.#sequence(connection, side);
    const own = connection.ends[side];
    this.#fields(own, 'Windows of the sender, bytes', ['cwnd', 'ssthresh', 'snd_wnd']);
    this.#fields(own, 'Free send buffer and receive window of the sender, bytes', ['snd_buf', 'rcv_wnd']);
    this.#fields(own, 'Retransmission time-out, ms', ['rtoMs']);
    this.#outOfOrder(connection.ends[side === 0 ? 1 : 0]);
    this.#rescale();
  }

  #sequence(connection: Connection, side: 0 | 1): void {
    if (bytesSent(connection, side) === 0) {
      const { board, address } = connection.ends[side];
      this.#charts.append(element('p', '', [printable(`${board || address} sent no data on this connection.`)]));
      return;
    }
    const rows = connection.segments.filter(isOrderly).map((segment) => this.#sequenceRow(segment, side));
    // What was acknowledged last stays so until the end.
    const known = rows.findLast(([, values]) => values[3] !== null);
    const end = this.#state.axis.toUnit(connection.segments.at(-1)!.line.tUs);
    if (known !== undefined) rows.push([end, [null, null, null, known[1][3]!, known[1][4]!]]);
    this.#plot('Sequence numbers, relative', rows, [
      dots('sent', this.#palette.get('frame')),
      dots('sent again', this.#palette.get('again')),
      dots('lost', this.#palette.get('lost')),
      stairs('acknowledged', this.#palette.get('call')),
      stairs('window edge', this.#palette.get('faint')),
    ]);
  }

  /** When, and: sent, sent again, lost, acknowledged, window edge. */
  #sequenceRow(segment: Segment, side: 0 | 1): [number, Column] {
    const { axis, view } = this.#state;
    const { line, from, seq, end, ack, wnd } = segment;
    const x = axis.toUnit(line.tUs);
    if (from !== side) return [x, [null, null, null, ack < 0 ? null : ack, ack < 0 ? null : ack + wnd]];
    if (end === seq) return [x, [null, null, null, null, null]];
    const place = view.isInVain(line) ? 2 : line.tcp?.mark === 'retransmission' ? 1 : 0;
    return [x, [0, 1, 2, 3, 4].map((i) => (i === place ? end : null))];
  }

  /** The plots share the timeline's axis, also where that draws silences short. */
  #aboutTime(): void {
    if (!this.#state.axis.skipsQuiet) return;
    this.#charts.append(
      element('p', 'faint', ['Time goes as in the picture above: where nothing happens for long, it is drawn short.']),
    );
  }

  #fields(end: ConnectionEnd, title: string, keys: readonly (keyof TcpState)[]): void {
    if (end.states.length === 0) return;
    const rows = end.states.map(({ tUs, state }): [number, Column] => [
      this.#state.axis.toUnit(tUs),
      keys.map((key) => Number(state[key])),
    ]);
    const colors = ['call', 'failed', 'faint'];
    this.#plot(
      title,
      rows,
      keys.map((key, i) => stairs(key, this.#palette.get(colors[i]!))),
    );
  }

  /** What waits at the receiver for something before it. */
  #outOfOrder(end: ConnectionEnd): void {
    if (end.states.every(({ state }) => state.ooseq === '')) return;
    const rows = end.states.map(({ tUs, state }): [number, Column] => [this.#state.axis.toUnit(tUs), [waiting(state)]]);
    this.#plot('Out-of-order queue of the receiver, bytes', rows, [stairs('ooseq', this.#palette.get('again'))]);
  }

  #states(connection: Connection): void {
    for (const end of connection.ends) {
      const names = end.states.filter((record, i) => record.state.state !== end.states[i - 1]?.state.state);
      if (names.length === 0) continue;
      const steps = names.map((record) => this.#stateWords(connection, end, record)).join(' → ');
      this.#charts.append(element('p', '', [`${printable(endName(end))}: ${steps}`]));
    }
  }

  #stateWords(connection: Connection, end: ConnectionEnd, { state, tUs, n }: StateRecord): string {
    const loss = state.state === 'CLOSED' ? this.#state.view.lossOf(connection, end.board, n) : undefined;
    return loss?.fromUs === tUs ? `gone: ${printable(lossWords(loss))}` : `${state.state} at ${seconds(tUs)} s`;
  }

  #plot(title: string, rows: [number, Column][], series: uPlot.Series[]): void {
    rows.sort((a, b) => a[0] - b[0]);
    const columns = series.map((_, i) => rows.map(([, values]) => values[i] ?? null));
    const box = element('div', 'chart');
    this.#charts.append(box);
    const axis = {
      stroke: this.#palette.get('faint'),
      grid: { stroke: this.#palette.get('grid') },
      ticks: { stroke: this.#palette.get('grid') },
    };
    const plot = new uPlot(
      {
        title,
        width: Math.max(200, this.#panel.clientWidth - 24),
        height: 180,
        scales: { x: { time: false } },
        legend: { live: false },
        cursor: { drag: { x: true, y: false, setScale: true } },
        axes: [
          {
            ...axis,
            values: (_plot, units) => units.map((unit) => seconds(Math.max(0, this.#state.axis.toUs(unit)))),
            space: 90,
          },
          { ...axis, size: 64 },
        ],
        series: [{}, ...series],
        hooks: { setScale: [(one, key) => key === 'x' && this.#zoomed(one)] },
      },
      [rows.map(([x]) => x), ...columns] as uPlot.AlignedData,
      box,
    );
    this.#plots.push(plot);
  }

  /** Zooming in a plot moves the common axis. */
  #zoomed(plot: uPlot): void {
    const { min, max } = plot.scales.x!;
    if (this.#isFollowing || min == null || max == null) return;
    this.#state.axis.view(min, max);
  }

  #rescale(): void {
    const { from, to } = this.#state.axis;
    this.#isFollowing = true;
    for (const plot of this.#plots) plot.setScale('x', { min: from, max: to });
    this.#isFollowing = false;
  }
}

/** False for a RST, whose window and acknowledgement say nothing of the stream. */
function isOrderly({ line }: Segment): boolean {
  return (line.d.tcp!.flags & TCP_RST) === 0;
}

/** Bytes of "1441:2881 4321:5761". */
function waiting({ ooseq }: TcpState): number {
  const ranges = ooseq.split(' ').filter(Boolean);
  return ranges.map((range) => range.split(':').map(Number)).reduce((sum, [from, to]) => sum + to! - from!, 0);
}

function dots(label: string, color: string): uPlot.Series {
  return { label, stroke: color, paths: () => null, points: { show: true, size: 5, fill: color } };
}

function stairs(label: string, color: string): uPlot.Series {
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return {
    label,
    stroke: color,
    spanGaps: true,
    points: { show: false },
    ...(paths === undefined ? {} : { paths }),
  };
}

function endName(end: ConnectionEnd): string {
  return end.board === '' ? end.address : `${end.board} ${end.address}`;
}
