/** What a run is told of its world, by options of the command line and by lab.json in the same words. */

import { parseBitRate, parseDuration, parseShare, parseWhole } from './units.ts';

export interface RunSettings {
  readonly seed: number;
  readonly untilUs: number;
  readonly latencyUs: number;
  /** 0: infinitely fast. */
  readonly bitsPerSecond: number;
  /** Share of the frames that are lost, 0..1. */
  readonly loss: number;
  readonly mtu: number;
  readonly tickUs: number;
}

interface Setting {
  readonly field: keyof RunSettings;
  /** Completes "must be ...". */
  readonly expected: string;
  readonly parse: (text: string) => number | undefined;
  readonly min: number;
  readonly max: number;
}

export const A_DURATION = 'a duration like 500us, 5ms, 2s, 3min or 1h';
/** Virtual time that a number of microseconds can count. */
const MAX_UNTIL_US = 3.6e15;

/** By the name that people write. */
export const SETTINGS = {
  seed: {
    field: 'seed',
    expected: 'a whole number',
    parse: parseWhole,
    min: Number.MIN_SAFE_INTEGER,
    max: Number.MAX_SAFE_INTEGER,
  },
  until: {
    field: 'untilUs',
    expected: `${A_DURATION}, from 1us to 1000000h`,
    parse: parseDuration,
    min: 1,
    max: MAX_UNTIL_US,
  },
  latency: { field: 'latencyUs', expected: `${A_DURATION}, from 1us to 1h`, parse: parseDuration, min: 1, max: 3600e6 },
  rate: {
    field: 'bitsPerSecond',
    expected: 'a number of bits per second like 500k or 10M',
    parse: parseBitRate,
    min: 1,
    max: 1e12,
  },
  loss: { field: 'loss', expected: 'a probability from 0 to 1, or a percentage', parse: parseShare, min: 0, max: 1 },
  mtu: { field: 'mtu', expected: 'a whole number of bytes from 68 to 1500', parse: parseWhole, min: 68, max: 1500 },
  tick: { field: 'tickUs', expected: `${A_DURATION}, from 1ms to 1s`, parse: parseDuration, min: 1000, max: 1e6 },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** A program with an endless loop never comes to rest by itself. */
export const DEFAULTS: RunSettings = {
  seed: 1,
  untilUs: 600e6,
  latencyUs: 1000,
  bitsPerSecond: 0,
  loss: 0,
  mtu: 1500,
  tickUs: 10_000,
};

/** @returns undefined if the text is not what the setting can be */
export function parseSetting(name: SettingName, text: string): number | undefined {
  const { parse, min, max }: Setting = SETTINGS[name];
  const value = parse(text);
  return value === undefined || value < min || value > max ? undefined : value;
}
