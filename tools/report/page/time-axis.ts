/** The one time axis that all panels share: zoom, pan, and quiet time that is drawn short. */

/** A long silence takes the room of so many times the usual gap between two events. */
const QUIET_FACTOR = 6;
const LEAST_GAP_US = 500;

export class TimeAxis {
  /** What is in view, in units of the axis. */
  from = 0;
  to = 1;
  /** Ends of the whole run in units. */
  readonly #listeners: (() => void)[] = [];
  readonly #times: readonly number[];
  #us: number[] = [];
  #units: number[] = [];
  #skipsQuiet = false;

  /** @param times of everything that happened, in microseconds, ascending */
  constructor(times: readonly number[]) {
    this.#times = times.filter((time, i) => i === 0 || time !== times[i - 1]);
    if (this.#times.length === 0) this.#times = [0];
    this.#measure();
    const span = this.#times.at(-1)! - this.#times[0]!;
    this.skipsQuiet = span > 20 * this.#usualGap() * this.#times.length || span > 10 * this.last;
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

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #usualGap(): number {
    const gaps = this.#times.slice(1).map((time, i) => time - this.#times[i]!);
    gaps.sort((a, b) => a - b);
    return Math.max(LEAST_GAP_US, gaps[Math.floor(gaps.length * 0.7)] ?? LEAST_GAP_US);
  }

  #measure(): void {
    const limit = this.#skipsQuiet ? this.#usualGap() * QUIET_FACTOR : Number.POSITIVE_INFINITY;
    let unit = 0;
    this.#us = [];
    this.#units = [];
    for (const [i, time] of this.#times.entries()) {
      if (i > 0) unit += Math.min(time - this.#times[i - 1]!, limit);
      this.#us.push(time);
      this.#units.push(unit);
    }
  }

  toUnit(us: number): number {
    return interpolate(this.#us, this.#units, us);
  }

  toUs(unit: number): number {
    return interpolate(this.#units, this.#us, unit);
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

/** Piecewise linear, going on beyond the ends with slope 1. */
function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
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
