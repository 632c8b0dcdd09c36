/** The strip over the timeline: how much happened when, and a brush that says which part is in view. */

import { byId, Palette, sharpContext } from './dom.ts';
import type { PageState } from './state.ts';

export class Overview {
  readonly #state: PageState;
  readonly #canvas: HTMLCanvasElement;

  constructor(state: PageState) {
    this.#state = state;
    this.#canvas = byId('overview') as HTMLCanvasElement;
    state.axis.onChange(() => this.#draw());
    state.onFilter(() => this.#draw());
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
    this.#listen();
  }

  #draw(): void {
    const c = sharpContext(this.#canvas);
    if (c === undefined) return;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const palette = new Palette();
    const { counts, troubled } = this.#count(width);
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    for (const [x, count] of counts.entries()) {
      if (count === 0) continue;
      c.fillStyle = palette.get(troubled[x] === 1 ? 'lost' : 'call');
      const bar = Math.max(2, (Math.log1p(count) / Math.log1p(most)) * (height - 6));
      c.fillRect(x, height - bar, 1, bar);
    }
    const { axis } = this.#state;
    const perUnit = width / Math.max(1, axis.last - axis.first);
    const [from, to] = [(axis.from - axis.first) * perUnit, (axis.to - axis.first) * perUnit];
    c.fillStyle = palette.get('brush');
    c.fillRect(from, 0, to - from, height);
    c.strokeStyle = palette.get('selection');
    c.strokeRect(from + 0.5, 0.5, to - from - 1, height - 1);
  }

  /** How much happened in each column of pixels, and where something went wrong. */
  #count(width: number): { counts: Uint32Array; troubled: Uint8Array } {
    const { axis, view } = this.#state;
    const { first, last } = axis;
    const counts = new Uint32Array(width);
    const troubled = new Uint8Array(width);
    for (const item of view.items) {
      const x = Math.floor(((axis.toUnit(item.tUs) - first) / Math.max(1, last - first)) * width);
      const at = Math.min(width - 1, Math.max(0, x));
      if (this.#state.isWanted(item)) counts[at]!++;
      if (this.#state.troubles.has(item)) troubled[at] = 1;
    }
    return { counts, troubled };
  }

  #unit(x: number): number {
    const { first, last } = this.#state.axis;
    return first + (x / this.#canvas.clientWidth) * (last - first);
  }

  /** Drag to choose a part; a click brings the part that is in view there. */
  #listen(): void {
    const canvas = this.#canvas;
    let start: number | undefined;
    canvas.addEventListener('pointerdown', (event) => {
      start = event.offsetX;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (start === undefined || Math.abs(event.offsetX - start) < 4) return;
      const [a, b] = [this.#unit(start), this.#unit(event.offsetX)];
      this.#state.axis.view(Math.min(a, b), Math.max(a, b));
    });
    canvas.addEventListener('pointerup', (event) => {
      if (start !== undefined && Math.abs(event.offsetX - start) < 4) {
        const { axis } = this.#state;
        const half = (axis.to - axis.from) / 2;
        axis.view(this.#unit(event.offsetX) - half, this.#unit(event.offsetX) + half);
      }
      start = undefined;
    });
    canvas.addEventListener('dblclick', () => this.#state.axis.fit());
  }
}
