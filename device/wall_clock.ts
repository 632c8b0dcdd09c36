/** The time of day of a board: it starts at 1970-01-01 00:00:00 with every boot. Source: ESP-IDF components/newlib/src/time.c */

/** adjtime() takes back one 64th of the time that passes. */
const ADJTIME_CORRECTION_DIVISOR = 64;
/** adjtime() refuses corrections of more seconds. */
const ADJTIME_LIMIT_SEC = 2146;

/** All times are whole microseconds. */
export class WallClock {
  private readonly sinceBootUs: () => number;
  /** Time of day at boot; 0 until somebody has set the clock. */
  private bootTimeUs = 0;
  /** Since boot, when the correction was last applied; 0 if none is under way. */
  private adjtimeStartUs = 0;
  /** What is still to be corrected. */
  private correctionUs = 0;

  /** @param sinceBootUs tells the microseconds since boot */
  constructor(sinceBootUs: () => number) {
    this.sinceBootUs = sinceBootUs;
  }

  /** Microseconds since 1970. */
  get nowUs(): number {
    this.adjust();
    return this.bootTimeUs + this.sinceBootUs();
  }

  /** Set the clock; a correction under way ends. Source: settimeofday() */
  set(us: number): void {
    this.adjust();
    this.adjtimeStartUs = 0;
    this.bootTimeUs = us - this.sinceBootUs();
  }

  /**
   * Correct the clock little by little, by 1/64 of the time that passes; an earlier correction ends where it is. A clock
   * that was never set is not corrected.
   * @returns false if it is too much: more than 2146 s
   * Source: adjtime()
   */
  adjtime(deltaUs: number): boolean {
    if (Math.abs(Math.trunc(deltaUs / 1_000_000)) > ADJTIME_LIMIT_SEC) return false;
    this.adjust();
    this.adjtimeStartUs = this.sinceBootUs();
    this.correctionUs = deltaUs;
    return true;
  }

  /** What adjtime() has still to correct. */
  get leftToAdjustUs(): number {
    this.adjust();
    return this.adjtimeStartUs === 0 ? 0 : this.correctionUs;
  }

  private adjust(): void {
    if (this.bootTimeUs === 0) this.adjtimeStartUs = 0;
    if (this.adjtimeStartUs === 0) return;
    const now = this.sinceBootUs();
    const step = parts(now) - parts(this.adjtimeStartUs);
    if (step <= 0) return;
    const isLast = Math.abs(this.correctionUs) <= step;
    const change = isLast ? this.correctionUs : Math.sign(this.correctionUs) * step;
    this.bootTimeUs += change;
    this.correctionUs -= change;
    this.adjtimeStartUs = isLast ? 0 : now;
  }
}

function parts(us: number): number {
  return Math.floor(us / ADJTIME_CORRECTION_DIVISOR);
}
