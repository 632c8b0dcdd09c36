/** The one time axis that all panels share: zoom, pan, and quiet time that is drawn short. */

/** A long silence takes the room of so many times the usual gap between two events. */
const QUIET_FACTOR = 6;
const LEAST_GAP_US = 500;
/** Silences are drawn short where that makes the whole so many times shorter. */
const WORTH_IT = 3;

/** A silence that is drawn short. */
export interface Quiet {
  readonly from: number;
  readonly to: number;
  readonly us: number;
}

export class TimeAxis {
  /** What is in view, in units of the axis. */
  from = 0;
  to = 1;
  readonly #listeners: (() => void)[] = [];
  /** When something happened, and where that is on the axis; both ascending, without equals. */
  readonly #us: Float64Array;
  #units: Float64Array;
  #quiet: Quiet[] = [];
  readonly #usualGap: number;
  #skipsQuiet = false;

  /** @param times of everything that happened, in microseconds */
  constructor(times: Float64Array) {
    this.#us = distinct(times);
    this.#units = this.#us;
    this.#usualGap = usualGap(this.#us);
    this.#measure();
    const trueToScale = this.last;
    this.skipsQuiet = true;
    if (trueToScale < WORTH_IT * this.last) this.skipsQuiet = false;
    this.fit();
  }

  get skipsQuiet(): boolean {
    return this.#skipsQuiet;
  }

  /** Draw silences short, or true to scale. What is in view stays in view. */
  set skipsQuiet(yes: boolean) {
    const [from, to] = [this.toUs(this.from), this.toUs(this.to)];
    this.#skipsQuiet = yes;
    this.#measure();
    this.view(this.toUnit(from), this.toUnit(to));
  }

  get first(): number {
    return this.#units[0]!;
  }

  get last(): number {
    return this.#units.at(-1)!;
  }

  /** The silences that are drawn short, in order. */
  get quiet(): readonly Quiet[] {
    return this.#quiet;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #measure(): void {
    const limit = this.#skipsQuiet ? this.#usualGap * QUIET_FACTOR : Number.POSITIVE_INFINITY;
    this.#units = new Float64Array(this.#us.length);
    this.#quiet = [];
    for (let i = 1; i < this.#us.length; i++) {
      const us = this.#us[i]! - this.#us[i - 1]!;
      const from = this.#units[i - 1]!;
      const to = from + Math.min(us, limit);
      this.#units[i] = to;
      if (us > limit) this.#quiet.push({ from, to, us });
    }
  }

  toUnit(us: number): number {
    return interpolate(this.#us, this.#units, us);
  }

  toUs(unit: number): number {
    return interpolate(this.#units, this.#us, unit);
  }

  /** When the first thing happened at or after a place; undefined behind the last one. */
  eventAt(unit: number): number | undefined {
    const units = this.#units;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (units[mid]! < unit) low = mid + 1;
      else high = mid;
    }
    return this.#us[low];
  }

  /** Show this part. */
  view(from: number, to: number): void {
    const whole = Math.max(1, this.last - this.first);
    const span = Math.min(Math.max(to - from, 50), whole * 1.1);
    const middle = (from + to) / 2;
    this.from = Math.max(this.first - whole * 0.05, Math.min(middle - span / 2, this.last + whole * 0.05 - span));
    this.to = this.from + span;
    for (const listener of this.#listeners) listener();
  }

  fit(): void {
    const margin = Math.max(1, (this.last - this.first) * 0.03);
    this.view(this.first - margin, this.last + margin);
  }

  /** @param at the unit that stays where it is */
  zoom(factor: number, at = (this.from + this.to) / 2): void {
    this.view(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  pan(share: number): void {
    const by = (this.to - this.from) * share;
    this.view(this.from + by, this.to + by);
  }

  /** Bring a time into view if it is not there. */
  reveal(us: number): void {
    const unit = this.toUnit(us);
    const margin = (this.to - this.from) * 0.05;
    if (unit >= this.from + margin && unit <= this.to - margin) return;
    const half = (this.to - this.from) / 2;
    this.view(unit - half, unit + half);
  }
}

/** Ascending, each once; 0 if there is nothing. */
function distinct(times: Float64Array): Float64Array {
  const sorted = times.slice().sort();
  let count = 0;
  for (const time of sorted) if (count === 0 || time !== sorted[count - 1]) sorted[count++] = time;
  return count === 0 ? new Float64Array(1) : sorted.subarray(0, count);
}

/** Between two events, as a rule. */
function usualGap(times: Float64Array): number {
  const gaps = new Float64Array(times.length - 1);
  for (let i = 0; i < gaps.length; i++) gaps[i] = times[i + 1]! - times[i]!;
  gaps.sort();
  return Math.max(LEAST_GAP_US, gaps[gaps.length >> 1] ?? LEAST_GAP_US);
}

/** Piecewise linear, going on beyond the ends with slope 1. */
function interpolate(xs: Float64Array, ys: Float64Array, x: number): number {
  const last = xs.length - 1;
  if (x <= xs[0]!) return ys[0]! + (x - xs[0]!);
  if (x >= xs[last]!) return ys[last]! + (x - xs[last]!);
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (xs[mid]! <= x) low = mid;
    else high = mid;
  }
  const span = xs[high]! - xs[low]!;
  return span === 0 ? ys[low]! : ys[low]! + ((x - xs[low]!) / span) * (ys[high]! - ys[low]!);
}
