/** The reader's hand on the timeline: pointing, clicking, dragging, the wheel. */

import { printable } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import { itemText, payloadWords } from '../item-text.ts';
import type { Item, RunView } from '../run-view.ts';
import { forgedWords } from '../senders.ts';
import { unheardWords } from '../story.ts';
import { byId, duration, seconds } from './dom.ts';
import { BAR_HEIGHT, BAR_STEP, type Geometry } from './geometry.ts';
import type { PageState } from './state.ts';
import { type Bar, laneOfMark, type Tracks } from './tracks.ts';

/** Pixels within which a click means an item. */
const REACH = 7;
/** Pixels of a drag that are still a click. */
const TREMBLE = 4;
/** Bytes of payload that are shown beside the pointer. */
const TIP_PAYLOAD = 120;

export class Hand {
  readonly #state: PageState;
  readonly #canvas: HTMLCanvasElement;
  readonly #tracks: Tracks;
  readonly #geometry: () => Geometry;
  readonly #tip = byId('tip');

  constructor(state: PageState, canvas: HTMLCanvasElement, tracks: Tracks, geometry: () => Geometry) {
    this.#state = state;
    this.#canvas = canvas;
    this.#tracks = tracks;
    this.#geometry = geometry;
    this.#listenToDrags();
    canvas.addEventListener('pointerleave', () => {
      this.#tip.hidden = true;
    });
    canvas.addEventListener('wheel', (event) => this.#turn(event), { passive: false });
  }

  #listenToDrags(): void {
    let dragFrom: number | undefined;
    let hasMoved = false;
    this.#canvas.addEventListener('pointerdown', (event) => {
      dragFrom = event.offsetX;
      hasMoved = false;
      this.#canvas.setPointerCapture(event.pointerId);
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (dragFrom === undefined) {
        this.#showTip(event);
        return;
      }
      const by = dragFrom - event.offsetX;
      if (!hasMoved && Math.abs(by) < TREMBLE) return;
      hasMoved = true;
      dragFrom = event.offsetX;
      this.#state.axis.pan(by / this.#geometry().width);
    });
    this.#canvas.addEventListener('pointerup', (event) => {
      if (!hasMoved) this.#state.select(this.#itemAt(event.offsetX, event.offsetY), false);
      dragFrom = undefined;
    });
  }

  #turn(event: WheelEvent): void {
    event.preventDefault();
    const { axis } = this.#state;
    const geometry = this.#geometry();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) axis.pan(event.deltaX / geometry.width);
    else axis.zoom(event.deltaY > 0 ? 1.25 : 0.8, geometry.unitAt(event.offsetX));
  }

  #showTip(event: PointerEvent): void {
    const item = this.#itemAt(event.offsetX, event.offsetY);
    this.#tip.hidden = item === undefined;
    this.#canvas.style.cursor = item === undefined ? 'grab' : 'pointer';
    if (item === undefined) return;
    this.#tip.textContent = tipOf(this.#state.view, item);
    this.#tip.style.left = `${Math.max(0, Math.min(event.clientX + 14, window.innerWidth - 420))}px`;
    this.#tip.style.top = `${event.clientY + 14}px`;
  }

  #itemAt(x: number, y: number): Item | undefined {
    const geometry = this.#geometry();
    if (x < geometry.left) return undefined;
    return y >= geometry.barsTop - 2 ? this.#inRow(geometry, x, y) : this.#onWire(geometry, x, y);
  }

  #inRow(geometry: Geometry, x: number, y: number): Item | undefined {
    const row = Math.floor((y - geometry.barsTop) / BAR_STEP);
    if (y > geometry.rowY(row) + BAR_HEIGHT + 2) return undefined;
    const dot = this.#tracks.dots.find((one) => one.row === row && Math.abs(geometry.x(one.item.tUs) - x) <= 4);
    if (dot !== undefined) return dot.item;
    const hits = this.#tracks.bars.filter((bar) => bar.row === row && covers(geometry, bar, x));
    return (hits.findLast((bar) => bar.isFailed) ?? hits.at(-1))?.item;
  }

  #onWire(geometry: Geometry, x: number, y: number): Item | undefined {
    for (const item of this.#state.marks) {
      const markY = geometry.markY(laneOfMark(this.#state.view, item));
      if (Math.hypot(x - geometry.x(item.tUs), y - markY) < REACH + 2) return item;
    }
    let best: Item | undefined;
    let distance = REACH;
    for (const arrow of this.#tracks.arrows) {
      if (geometry.x(arrow.tUs) > x + REACH) break;
      const [x0, x1] = geometry.ends(arrow);
      if (x1 < x - REACH) continue;
      const d = distanceTo(x, y, x0, geometry.laneY(arrow.fromLane), x1, geometry.laneY(arrow.toLane));
      if (d < distance) [distance, best] = [d, arrow.item];
    }
    return best;
  }
}

function covers(geometry: Geometry, { record, endUs }: Bar, x: number): boolean {
  return x >= geometry.x(record.t0Us) - 2 && x <= geometry.x(endUs) + 3;
}

function tipOf(view: RunView, item: Item): string {
  const text = `${seconds(item.tUs)} s  ${itemText(item)}`;
  if (item.kind === 'frame') return `${text}${fateOf(view, item.line)}${payloadWords(item, TIP_PAYLOAD)}`;
  if (item.kind !== 'call') return text;
  const { record } = item.line;
  const took = record.t1Us < 0 ? 'has not returned' : `took ${duration(record.t1Us - record.t0Us)}`;
  const call = printable(`${record.fn}(${record.args.join(', ')}) = ${record.ret ?? '?'}`);
  return `${seconds(record.t0Us)} s  ${call}, ${took}`;
}

function fateOf(view: RunView, line: FrameLine): string {
  if (line.isForged) return `  (${printable(forgedWords(view, line))})`;
  return line.lost ? '  (lost)' : view.isUnheard(line) ? `  (${printable(unheardWords(view, line))})` : '';
}

/** Of a point from a line. */
function distanceTo(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2 || 1;
  const t = Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length));
  return Math.hypot(x - (x0 + t * (x1 - x0)), y - (y0 + t * (y1 - y0)));
}
