/** Where things are on the timeline's canvas, in pixels. */

import type { TimeAxis } from './time-axis.ts';
import type { Arrow } from './tracks.ts';

export const AXIS_HEIGHT = 22;
export const BAR_HEIGHT = 14;
export const BAR_STEP = 18;
const GUTTER = 110;
/** Room at the right for the words of what comes last. */
const MARGIN = 64;
/** Pixels from one arrow to the next of the same instant. */
const MOST_SHIFT = 12;
const LEAST_LANE = 44;
/** Room over the first lane and under the last one. */
const LANE_MARGIN = 18;

export class Geometry {
  readonly left = GUTTER;
  /** Where the view ends in time, and where the canvas does. */
  readonly right: number;
  readonly edge: number;
  readonly height: number;
  /** Top of the bars of the first task. */
  readonly barsTop: number;
  readonly #axis: TimeAxis;
  readonly #lanes: number;

  constructor(canvas: HTMLCanvasElement, axis: TimeAxis, lanes: number, rows: number) {
    this.edge = canvas.clientWidth;
    this.right = Math.max(GUTTER + 1, this.edge - MARGIN);
    this.height = canvas.clientHeight;
    this.#axis = axis;
    this.#lanes = lanes;
    this.barsTop = Math.max(
      this.height - rows * BAR_STEP - 6,
      AXIS_HEIGHT + 2 * LANE_MARGIN + LEAST_LANE * (lanes - 1),
    );
  }

  /** Height that shows every lane and every task. */
  static neededHeight(lanes: number, rows: number): number {
    return AXIS_HEIGHT + 2 * LANE_MARGIN + LEAST_LANE * Math.max(1, lanes - 1) + rows * BAR_STEP + 6;
  }

  get width(): number {
    return this.right - this.left;
  }

  x(us: number): number {
    return this.xOfUnit(this.#axis.toUnit(us));
  }

  xOfUnit(unit: number): number {
    const { from, to } = this.#axis;
    return this.left + ((unit - from) / (to - from)) * this.width;
  }

  /** Both ends of an arrow. Those of one instant stand side by side where there is room. */
  ends({ tUs, endUs, nth }: Arrow): readonly [number, number] {
    const [x0, x1] = [this.x(tUs), this.x(endUs)];
    const shift = Math.min(nth * Math.min(MOST_SHIFT, (x1 - x0) / 10), x1 - x0);
    return [x0 + shift, x1 + shift];
  }

  unitAt(x: number): number {
    const { from, to } = this.#axis;
    return from + ((x - this.left) / this.width) * (to - from);
  }

  laneY(lane: number): number {
    const top = AXIS_HEIGHT + LANE_MARGIN;
    const room = this.barsTop - top - LANE_MARGIN;
    return this.#lanes < 2 ? top + room / 2 : top + (room * lane) / (this.#lanes - 1);
  }

  /** Of a mark: on its board's lane, over all of them if it has none. */
  markY(lane: number): number {
    return lane < 0 ? AXIS_HEIGHT + 8 : this.laneY(lane);
  }

  rowY(row: number): number {
    return this.barsTop + row * BAR_STEP;
  }
}
