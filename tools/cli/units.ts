/** Quantities with their units, as people write them: durations, bit rates, shares. */

const US_PER_UNIT: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6 };
const BITS_PER_UNIT: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/**
 * "5ms" in microseconds.
 * @param text a decimal number and us, ms, s, min or h; "0" needs no unit
 * @returns whole microseconds; undefined if the text is no duration or has a finer part
 */
export function parseDuration(text: string): number | undefined {
  return text === '0' ? 0 : inUnits(text, US_PER_UNIT);
}

/**
 * "10M" in bits per second.
 * @param text a decimal number, with k, M or G for thousands, millions or thousand millions
 * @returns whole bits per second; undefined if the text is no rate
 */
export function parseBitRate(text: string): number | undefined {
  return inUnits(text, BITS_PER_UNIT);
}

/** "0.01" or "1%". @returns 0..1; undefined if the text is no share */
export function parseShare(text: string): number | undefined {
  const match = /^(\d+|\d*\.\d+)(%?)$/.exec(text);
  if (match === null) return undefined;
  const share = Number(match[1]) / (match[2] === '%' ? 100 : 1);
  return share <= 1 ? share : undefined;
}

/** "1500". @returns undefined if the text is no whole number, or none that a number can hold */
export function parseWhole(text: string): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Virtual time in seconds with all its microseconds, as the ladder and Wireshark show it. */
export function seconds(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(Math.floor(us % 1e6)).padStart(6, '0')}`;
}

function inUnits(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+|\d*\.\d+)([a-zA-Z]*)$/.exec(text);
  const unit = match === null || !Object.hasOwn(units, match[2]!) ? undefined : units[match[2]!];
  if (unit === undefined) return undefined;
  // 0.1 * 3600e6 and the like are not exact; a real fraction of the smallest unit is farther from a whole number.
  const exact = Number(match![1]) * unit;
  const whole = Math.round(exact);
  return Math.abs(exact - whole) < 1e-3 && Number.isSafeInteger(whole) ? whole : undefined;
}
