/**
 * The picture of the run: a lane per board with frames as arrows between them, and below a bar for every call of every
 * task, from its start to its return. Drawn on a canvas, each look in one stroke, so that 50,000 frames stay smooth.
 */

import type { CallRecord } from '../../../device/trace.ts';
import { printable } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import type { Item } from '../run-view.ts';
import { byId, color, duration, seconds, sharpContext } from './dom.ts';
import type { PageState } from './state.ts';

const GUTTER = 110;
const AXIS_HEIGHT = 22;
const LEAST_LANE = 44;
const BAR_HEIGHT = 12;
const BAR_STEP = 16;
/** Pixels within which a click means an item. */
const REACH = 7;
const LABEL_ROOM = 70;

interface Arrow {
  readonly item: Extract<Item, { kind: 'frame' }>;
  readonly fromLane: number;
  readonly toLane: number;
  readonly tUs: number;
  readonly endUs: number;
}

interface Bar {
  readonly item: Item;
  readonly record: CallRecord;
  readonly row: number;
}

export class Timeline {
  readonly #state: PageState;
  readonly #canvas: HTMLCanvasElement;
  readonly #tip = byId('tip');
  readonly #arrows: readonly Arrow[];
  readonly #bars: readonly Bar[];
  readonly #tasks: readonly string[];
  #isQueued = false;

  constructor(state: PageState) {
    this.#state = state;
    this.#canvas = byId('timeline') as HTMLCanvasElement;
    this.#arrows = arrowsOf(state);
    const { bars, tasks } = barsOf(state);
    this.#bars = bars;
    this.#tasks = tasks;
    state.axis.onChange(() => this.draw());
    state.onSelect(() => this.draw());
    state.onFilter(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
    this.#listen();
  }

  /** Draw before the next screen refresh. */
  draw(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    requestAnimationFrame(() => {
      this.#isQueued = false;
      const context = sharpContext(this.#canvas);
      if (context !== undefined) this.#paint(context);
    });
  }

  // Geometry

  get #width(): number {
    return this.#canvas.clientWidth - GUTTER;
  }

  get #barsTop(): number {
    return Math.max(this.#canvas.clientHeight - this.#tasks.length * BAR_STEP - 6, AXIS_HEIGHT + LEAST_LANE);
  }

  #x(us: number): number {
    const { from, to } = this.#state.axis;
    return GUTTER + ((this.#state.axis.toUnit(us) - from) / (to - from)) * this.#width;
  }

  #laneY(lane: number): number {
    const lanes = this.#state.view.boards.length;
    const top = AXIS_HEIGHT + 18;
    const room = Math.max(LEAST_LANE * Math.max(1, lanes - 1), this.#barsTop - top - 18);
    return lanes < 2 ? top + room / 2 : top + (room * lane) / (lanes - 1);
  }

  // Painting

  #paint(c: CanvasRenderingContext2D): void {
    const { clientWidth, clientHeight } = this.#canvas;
    c.clearRect(0, 0, clientWidth, clientHeight);
    c.font = '12px system-ui, sans-serif';
    this.#paintAxis(c, clientHeight);
    this.#paintLanes(c, clientWidth);
    c.save();
    c.beginPath();
    c.rect(GUTTER, 0, clientWidth - GUTTER, clientHeight);
    c.clip();
    this.#paintBars(c);
    this.#paintArrows(c);
    this.#paintMarks(c);
    this.#paintSelection(c);
    c.restore();
  }

  #paintAxis(c: CanvasRenderingContext2D, height: number): void {
    const { axis } = this.#state;
    c.fillStyle = color('faint');
    c.strokeStyle = color('grid');
    c.beginPath();
    const ticks = Math.max(2, Math.floor(this.#width / 130));
    for (let i = 0; i <= ticks; i++) {
      const x = GUTTER + (this.#width * i) / ticks;
      c.moveTo(x, AXIS_HEIGHT - 4);
      c.lineTo(x, height);
      const us = axis.toUs(axis.from + ((axis.to - axis.from) * i) / ticks);
      if (us >= 0 && i < ticks) c.fillText(`${seconds(us)} s`, x + 3, AXIS_HEIGHT - 8);
    }
    c.stroke();
  }

  #paintLanes(c: CanvasRenderingContext2D, width: number): void {
    c.fillStyle = color('text');
    c.strokeStyle = color('lane');
    c.lineWidth = 2;
    c.beginPath();
    for (const [i, name] of this.#state.view.boards.entries()) {
      const y = this.#laneY(i);
      c.fillText(name, 6, y + 4, GUTTER - 12);
      c.moveTo(GUTTER, y);
      c.lineTo(width, y);
    }
    c.stroke();
    c.lineWidth = 1;
    c.fillStyle = color('faint');
    for (const [i, task] of this.#tasks.entries()) {
      c.fillText(task, 6, this.#barsTop + i * BAR_STEP + 10, GUTTER - 12);
    }
  }

  #paintBars(c: CanvasRenderingContext2D): void {
    const right = GUTTER + this.#width;
    for (const bar of this.#bars) {
      const { record } = bar;
      const x = this.#x(record.t0Us);
      if (x > right) break;
      const end = record.t1Us < 0 ? right : this.#x(record.t1Us);
      if (end < GUTTER) continue;
      const failed = record.n1 >= 0 && (record.ret ?? 0) < 0;
      const waits = record.t1Us !== record.t0Us;
      c.globalAlpha = this.#state.isWanted(bar.item) ? 1 : 0.2;
      c.fillStyle = color(failed ? 'failed' : waits ? 'waits' : 'call');
      const y = this.#barsTop + bar.row * BAR_STEP;
      const width = Math.max(2, end - x);
      c.fillRect(x, y, width, BAR_HEIGHT);
      if (width > 50) {
        c.fillStyle = color('bartext');
        c.fillText(printable(record.fn), Math.max(x, GUTTER) + 3, y + 10, end - Math.max(x, GUTTER) - 6);
      }
    }
    c.globalAlpha = 1;
  }

  #paintArrows(c: CanvasRenderingContext2D): void {
    const right = GUTTER + this.#width;
    const paths = new Map<string, Path2D>();
    const labels: [Arrow, number, number][] = [];
    let lastKey = '';
    for (const arrow of this.#arrows) {
      const x0 = this.#x(arrow.tUs);
      const x1 = this.#x(arrow.endUs);
      if (x0 > right) break;
      if (x1 < GUTTER) continue;
      const { line } = arrow.item;
      const look = this.#state.isWanted(arrow.item) ? line.look : 'dim';
      // What would be drawn over the pixel of the arrow before it is not drawn.
      const key = `${Math.round(x0)} ${Math.round(x1)} ${arrow.fromLane} ${arrow.toLane} ${look}`;
      if (key === lastKey) continue;
      lastKey = key;
      let path = paths.get(look);
      if (path === undefined) {
        path = new Path2D();
        paths.set(look, path);
      }
      this.#addArrow(path, arrow, x0, x1);
      if (labels.length < 400) labels.push([arrow, x0, x1]);
    }
    for (const [look, path] of paths) {
      c.strokeStyle = color(look);
      c.setLineDash(look === 'lost' ? [4, 3] : look === 'fault' ? [7, 3] : []);
      c.stroke(path);
    }
    c.setLineDash([]);
    this.#paintLabels(c, labels);
  }

  #addArrow(path: Path2D, arrow: Arrow, x0: number, x1: number): void {
    const y0 = this.#laneY(arrow.fromLane);
    const y1 = this.#laneY(arrow.toLane);
    const { lost } = arrow.item.line;
    const [xe, ye] = lost ? [(x0 + x1) / 2, (y0 + y1) / 2] : [x1, y1];
    path.moveTo(x0, y0);
    path.lineTo(xe, ye);
    if (lost) {
      path.moveTo(xe - 4, ye - 4);
      path.lineTo(xe + 4, ye + 4);
      path.moveTo(xe + 4, ye - 4);
      path.lineTo(xe - 4, ye + 4);
      return;
    }
    const length = Math.hypot(xe - x0, ye - y0) || 1;
    const [dx, dy] = [(xe - x0) / length, (ye - y0) / length];
    path.moveTo(xe - 7 * dx - 3 * dy, ye - 7 * dy + 3 * dx);
    path.lineTo(xe, ye);
    path.lineTo(xe - 7 * dx + 3 * dy, ye - 7 * dy - 3 * dx);
  }

  /** Words along the arrows where there is room for them. */
  #paintLabels(c: CanvasRenderingContext2D, labels: readonly (readonly [Arrow, number, number])[]): void {
    if (labels.length > 60) return;
    c.fillStyle = color('faint');
    const ends = new Map<number, number>();
    for (const [arrow, x0, x1] of labels) {
      const y0 = this.#laneY(arrow.fromLane);
      const y1 = this.#laneY(arrow.toLane);
      const y = Math.round(y0 + (y1 - y0) * 0.3);
      const x = x0 + (x1 - x0) * 0.3 + 6;
      if (x < (ends.get(y) ?? 0)) continue;
      const words = shortWords(arrow.item.line);
      ends.set(y, x + Math.min(LABEL_ROOM, c.measureText(words).width) + 8);
      c.fillText(words, x, y + 4, LABEL_ROOM);
    }
  }

  #paintMarks(c: CanvasRenderingContext2D): void {
    for (const item of this.#state.view.items) {
      if (item.kind !== 'mark' && item.kind !== 'note') continue;
      const x = this.#x(item.tUs);
      if (x < GUTTER || x > GUTTER + this.#width) continue;
      const y = item.kind === 'mark' ? this.#boardY(item.mark.board) : AXIS_HEIGHT + 4;
      c.fillStyle = color(item.kind === 'mark' ? item.mark.kind : 'note');
      c.beginPath();
      c.moveTo(x, y - 7);
      c.lineTo(x + 6, y);
      c.lineTo(x, y + 7);
      c.lineTo(x - 6, y);
      c.fill();
    }
  }

  #boardY(name: string): number {
    const lane = this.#state.view.boards.indexOf(name);
    return lane < 0 ? AXIS_HEIGHT + 4 : this.#laneY(lane);
  }

  #paintSelection(c: CanvasRenderingContext2D): void {
    const { selected } = this.#state;
    if (selected === undefined) return;
    const x = this.#x(selected.tUs);
    c.strokeStyle = color('selection');
    c.globalAlpha = 0.5;
    c.beginPath();
    c.moveTo(x, AXIS_HEIGHT);
    c.lineTo(x, this.#canvas.clientHeight);
    c.stroke();
    c.globalAlpha = 1;
    c.lineWidth = 3;
    const arrow = this.#arrows.find((one) => one.item === selected);
    if (arrow !== undefined) {
      const path = new Path2D();
      this.#addArrow(path, arrow, this.#x(arrow.tUs), this.#x(arrow.endUs));
      c.stroke(path);
    }
    const bar = selected.kind === 'call' ? this.#bars.find((one) => one.record === selected.line.record) : undefined;
    if (bar !== undefined) {
      const from = this.#x(bar.record.t0Us);
      const to = bar.record.t1Us < 0 ? GUTTER + this.#width : this.#x(bar.record.t1Us);
      c.strokeRect(from - 1, this.#barsTop + bar.row * BAR_STEP - 1, Math.max(4, to - from + 2), BAR_HEIGHT + 2);
    }
    c.lineWidth = 1;
  }

  // The reader's hand

  #listen(): void {
    const canvas = this.#canvas;
    let dragFrom: number | undefined;
    let hasMoved = false;
    canvas.addEventListener('pointerdown', (event) => {
      dragFrom = event.offsetX;
      hasMoved = false;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (dragFrom === undefined) {
        this.#showTip(event);
        return;
      }
      const by = dragFrom - event.offsetX;
      if (!hasMoved && Math.abs(by) < 4) return;
      hasMoved = true;
      dragFrom = event.offsetX;
      this.#state.axis.pan(by / this.#width);
    });
    canvas.addEventListener('pointerup', (event) => {
      if (!hasMoved) this.#state.select(this.#itemAt(event.offsetX, event.offsetY), false);
      dragFrom = undefined;
    });
    canvas.addEventListener('pointerleave', () => {
      this.#tip.hidden = true;
    });
    canvas.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        const { axis } = this.#state;
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) axis.pan(event.deltaX / this.#width);
        else {
          const at = axis.from + ((event.offsetX - GUTTER) / this.#width) * (axis.to - axis.from);
          axis.zoom(event.deltaY > 0 ? 1.25 : 0.8, at);
        }
      },
      { passive: false },
    );
  }

  #showTip(event: PointerEvent): void {
    const item = this.#itemAt(event.offsetX, event.offsetY);
    this.#tip.hidden = item === undefined;
    this.#canvas.style.cursor = item === undefined ? 'grab' : 'pointer';
    if (item === undefined) return;
    this.#tip.textContent = tipOf(item);
    this.#tip.style.left = `${Math.min(event.clientX + 14, window.innerWidth - 420)}px`;
    this.#tip.style.top = `${event.clientY + 14}px`;
  }

  #itemAt(x: number, y: number): Item | undefined {
    if (y >= this.#barsTop - 2) {
      const row = Math.floor((y - this.#barsTop) / BAR_STEP);
      const hits = this.#bars.filter((bar) => bar.row === row && this.#covers(bar, x));
      return hits.at(-1)?.item;
    }
    let best: Item | undefined;
    let distance = REACH;
    for (const arrow of this.#arrows) {
      const x0 = this.#x(arrow.tUs);
      if (x0 > x + REACH) break;
      const x1 = this.#x(arrow.endUs);
      if (x1 < x - REACH) continue;
      const d = distanceTo(x, y, x0, this.#laneY(arrow.fromLane), x1, this.#laneY(arrow.toLane));
      if (d < distance) [distance, best] = [d, arrow.item];
    }
    for (const item of this.#state.view.items) {
      if (item.kind !== 'mark') continue;
      const d = Math.hypot(x - this.#x(item.tUs), y - this.#boardY(item.mark.board));
      if (d < distance + 3) [distance, best] = [d, item];
    }
    return best;
  }

  #covers({ record }: Bar, x: number): boolean {
    const end = record.t1Us < 0 ? Number.POSITIVE_INFINITY : this.#x(record.t1Us);
    return x >= this.#x(record.t0Us) - 2 && x <= end + 3;
  }
}

function arrowsOf({ view }: PageState): Arrow[] {
  const arrows: Arrow[] = [];
  for (const item of view.items) {
    if (item.kind !== 'frame') continue;
    const { line } = item;
    const arrivals = view.arrivalsOf(item.n);
    const heard = arrivals.map(({ board, tUs }) => [view.boards.indexOf(board), tUs] as const);
    // Without steps, as in a capture, it is only known to whom a frame was addressed.
    const ends = heard.length > 0 ? heard : line.to.map((lane) => [lane, line.tUs] as const);
    for (const [toLane, endUs] of ends) arrows.push({ item, fromLane: line.from, toLane, tUs: line.tUs, endUs });
  }
  return arrows;
}

function barsOf({ view }: PageState): { bars: Bar[]; tasks: string[] } {
  const rows = new Map<string, number>();
  const bars: Bar[] = [];
  for (const item of view.items) {
    if (item.kind !== 'call' || item.line.part === 'return' || item.line.part === 'never') continue;
    const { record } = item.line;
    const task = `${record.board} / ${record.task}`;
    if (!rows.has(task)) rows.set(task, rows.size);
    bars.push({ item, record, row: rows.get(task)! });
  }
  return { bars, tasks: [...rows.keys()].map(printable) };
}

/** "[S.]", "[P.] 13", "ARP", "DNS": what fits beside an arrow. */
function shortWords(line: FrameLine): string {
  const { d } = line;
  if (d.arp !== undefined) return 'ARP';
  if (d.tcp === undefined) return d.app || (d.udp ? `UDP ${d.payload.length}` : d.icmp ? 'ICMP' : 'IP');
  const flags = /\[[^\]]*\]/.exec(line.label)?.[0] ?? '';
  return d.payload.length > 0 ? `${flags} ${d.payload.length}` : flags;
}

function tipOf(item: Item): string {
  if (item.kind === 'frame') return `${seconds(item.tUs)} s  ${item.line.label}${item.line.lost ? '  (lost)' : ''}`;
  if (item.kind === 'call') {
    const { record } = item.line;
    const took = record.t1Us < 0 ? 'has not returned' : `took ${duration(record.t1Us - record.t0Us)}`;
    return `${seconds(record.t0Us)} s  ${printable(`${record.fn}(${record.args.join(', ')}) = ${record.ret ?? '?'}`)}, ${took}`;
  }
  return item.kind === 'mark' ? printable(item.mark.text) : item.kind === 'log' ? printable(item.log.text) : item.text;
}

function distanceTo(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2 || 1;
  const t = Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length));
  return Math.hypot(x - (x0 + t * (x1 - x0)), y - (y0 + t * (y1 - y0)));
}
