/** A project's configuration: reads sdkconfig files, knows the defaults, writes sdkconfig.h. */

import {
  type KconfigSymbol,
  KconfigValues,
  kconfigSymbols,
  renamedSymbols,
  type SdkconfigValue,
  todaysName,
} from './kconfig.ts';

/** Thrown for lines that mean nothing and for values that a symbol cannot have: one sentence a line, each naming its place. */
export class SdkconfigError extends Error {
  override readonly name = 'SdkconfigError';
}

/** A value that somebody has set, and where: "sdkconfig:12". */
interface Assignment {
  readonly value: SdkconfigValue;
  readonly place: string;
}

/** Settings by full name, such as { CONFIG_LWIP_TCP_MSS: 536, CONFIG_LWIP_SO_LINGER: true }. */
export type SdkconfigSettings = Readonly<Record<string, SdkconfigValue>>;

/** The configuration of a firmware: what was set, and the defaults of ESP-IDF v5.5 for an ESP32. */
export class Sdkconfig {
  private readonly assigned: ReadonlyMap<string, Assignment>;
  private readonly values: KconfigValues;

  /** Made by parseSdkconfig() and makeSdkconfig(). */
  constructor(assigned: ReadonlyMap<string, Assignment>) {
    this.assigned = assigned;
    this.values = new KconfigValues(new Map([...assigned].map(([name, { value }]) => [name, value])));
  }

  /** What was set, by full name, in the order in which it was set; old names are given as today's. */
  get settings(): SdkconfigSettings {
    return Object.fromEntries([...this.assigned].map(([name, { value }]) => [`CONFIG_${name}`, value]));
  }

  /** All assignments by name without CONFIG_, for a further layer. Used by the parser. */
  get assignments(): ReadonlyMap<string, Assignment> {
    return this.assigned;
  }

  /**
   * What a symbol is worth: as set if it can be set, else its default.
   * @param name with CONFIG_
   * @returns undefined if there is no such symbol, or what it depends on is not the case
   */
  value(name: string): SdkconfigValue | undefined {
    return this.values.value(name.replace(/^CONFIG_/, ''));
  }

  /** Where a symbol was set, as "sdkconfig:12"; undefined if it was not. @param name with CONFIG_ */
  place(name: string): string | undefined {
    return this.assigned.get(name.replace(/^CONFIG_/, ''))?.place;
  }

  /** All symbols that are worth something: the known ones in Kconfig's order, then the firmware's own. Full names. */
  entries(): [string, SdkconfigValue][] {
    const names = [
      ...kconfigSymbols().keys(),
      ...[...this.assigned.keys()].filter((name) => !kconfigSymbols().has(name)),
    ];
    const entries: [string, SdkconfigValue][] = [];
    for (const name of names) {
      const value = this.values.value(name);
      if (value !== undefined) entries.push([`CONFIG_${name}`, value]);
    }
    return entries;
  }

  /** @throws SdkconfigError for a number outside the range that holds under these settings */
  checkRanges(): this {
    const problems: string[] = [];
    for (const [name, { value, place }] of this.assigned) {
      const symbol = kconfigSymbols().get(name);
      const range = symbol === undefined ? null : this.values.range(symbol);
      if (range === null || typeof value !== 'number' || (value >= range.min && value <= range.max)) continue;
      problems.push(`${place}: CONFIG_${name} must be from ${range.min} to ${range.max}, not ${value}.`);
    }
    if (problems.length > 0) throw new SdkconfigError(problems.join('\n'));
    return this;
  }
}

/** ESP-IDF's tools repeat settings under their old names between these lines, and do not read them again. */
const DEPRECATED_BEGIN = '# Deprecated options for backward compatibility';
const DEPRECATED_END = '# End of deprecated options';

/**
 * Read an sdkconfig or sdkconfig.defaults file: CONFIG_X=y, n, a number, a "string", or "# CONFIG_X is not set".
 * @param fileName for errors
 * @param below what was set before and counts where this file is silent, as sdkconfig.defaults does for sdkconfig
 * @throws SdkconfigError naming file, line, value and what is allowed
 */
export function parseSdkconfig(text: string, fileName = 'sdkconfig', below?: Sdkconfig): Sdkconfig {
  const assigned = new Map(below?.assignments);
  const problems: string[] = [];
  let deprecated = false;
  for (const [i, line] of text.split(/\r?\n|\r/).entries()) {
    const words = line.trim();
    if (words === DEPRECATED_BEGIN || words === DEPRECATED_END) deprecated = words === DEPRECATED_BEGIN;
    if (deprecated) continue;
    const place = `${fileName}:${i + 1}`;
    const problem = parseLine(words, place, assigned);
    if (problem !== null) problems.push(`${place}: ${problem}`);
  }
  if (problems.length > 0) throw new SdkconfigError(problems.join('\n'));
  return new Sdkconfig(assigned).checkRanges();
}

/**
 * A configuration from settings of a program.
 * @throws SdkconfigError naming the symbol, its value and what is allowed
 */
export function makeSdkconfig(settings: SdkconfigSettings = {}): Sdkconfig {
  const assigned = new Map<string, Assignment>();
  for (const [fullName, value] of Object.entries(settings)) {
    const name = /^CONFIG_(\w+)$/.exec(fullName)?.[1];
    if (name === undefined)
      throw new SdkconfigError(`sdkconfig: '${fullName}' is not a symbol; they begin with CONFIG_.`);
    const problem = set(assigned, name, value, 'sdkconfig');
    if (problem !== null) throw new SdkconfigError(`sdkconfig: ${problem}`);
  }
  return new Sdkconfig(assigned).checkRanges();
}

/** The file that parseSdkconfig() reads as the same settings. */
export function formatSdkconfig(config: Sdkconfig): string {
  return [...config.assignments]
    .map(([name, { value }]) => {
      if (value === false) return `# CONFIG_${name} is not set\n`;
      return `CONFIG_${name}=${value === true ? 'y' : literal(name, value)}\n`;
    })
    .join('');
}

/** The C header sdkconfig.h: every symbol that is worth something, and the old names of those that were renamed. */
export function sdkconfigHeader(config: Sdkconfig): string {
  const lines = [
    '/* Made by lwip-twin from an sdkconfig and the defaults of ESP-IDF v5.5 for an ESP32. */',
    '#pragma once',
  ];
  for (const [name, value] of config.entries()) {
    if (value !== false) lines.push(`#define ${name} ${value === true ? 1 : literal(name.slice(7), value)}`);
  }
  for (const [old, today] of renamedSymbols()) {
    const value = config.value(today);
    if (value !== undefined && value !== false) lines.push(`#define CONFIG_${old} CONFIG_${today}`);
  }
  return `${lines.join('\n')}\n`;
}

/** As Kconfig and C write it. */
function literal(name: string, value: number | string): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  return kconfigSymbols().get(name)?.type === 'hex' ? `0x${value.toString(16).toUpperCase()}` : String(value);
}

/** @returns what is wrong with the line, or null */
function parseLine(line: string, place: string, assigned: Map<string, Assignment>): string | null {
  const unset = /^# CONFIG_(\w+) is not set$/.exec(line)?.[1];
  if (unset !== undefined) return unsetSymbol(assigned, unset, place);
  if (line === '' || line.startsWith('#')) return null;
  const [, name, text] = /^CONFIG_(\w+)=(.*)$/s.exec(line) ?? [];
  if (name === undefined || text === undefined) return `'${line}' is neither CONFIG_NAME=VALUE nor a comment.`;
  const symbol = kconfigSymbols().get(todaysName(name));
  const value = parseValue(text, symbol?.type);
  if (value === undefined) return `CONFIG_${name} must be ${expected(symbol)}, not ${text === '' ? 'nothing' : text}.`;
  return set(assigned, name, value, place);
}

/** A switch is off; a number or a string that is not set has its default. */
function unsetSymbol(assigned: Map<string, Assignment>, name: string, place: string): string | null {
  const type = kconfigSymbols().get(todaysName(name))?.type ?? 'bool';
  if (type === 'bool') return set(assigned, name, false, place);
  assigned.delete(todaysName(name));
  return null;
}

/** @param type undefined for a symbol of the firmware's own, whose value tells its type */
function parseValue(text: string, type?: KconfigSymbol['type']): SdkconfigValue | undefined {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(text)?.[1];
  if (quoted !== undefined)
    return type === undefined || type === 'string' ? quoted.replace(/\\(.)/gs, '$1') : undefined;
  if (type === 'string') return undefined;
  if (text === 'y' || text === 'n') return type === undefined || type === 'bool' ? text === 'y' : undefined;
  if (type === 'bool') return undefined;
  const isHex = /^0[xX][\da-fA-F]+$/.test(text) || (type === 'hex' && /^[\da-fA-F]+$/.test(text));
  if (type === 'hex' ? !isHex : !isHex && !/^-?\d+$/.test(text)) return undefined;
  if (type === 'int' && isHex) return undefined;
  const value = isHex ? Number.parseInt(text, 16) : Number(text);
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}

/** @returns what is wrong with the value, or null */
function set(assigned: Map<string, Assignment>, name: string, value: SdkconfigValue, place: string): string | null {
  const today = todaysName(name);
  const symbol = kconfigSymbols().get(today);
  if (!fits(value, symbol)) return `CONFIG_${name} must be ${expected(symbol)}, not ${JSON.stringify(value)}.`;
  // What was set last is last in the order: of the options of a choice that one counts.
  assigned.delete(today);
  assigned.set(today, { value, place });
  return null;
}

function fits(value: SdkconfigValue, symbol: KconfigSymbol | undefined): boolean {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return false;
  if (typeof value === 'string' && /[\r\n]/.test(value)) return false;
  const type = typeof value;
  if (symbol === undefined) return type === 'boolean' || type === 'number' || type === 'string';
  if (symbol.type === 'hex' && Number(value) < 0) return false;
  return type === { bool: 'boolean', int: 'number', hex: 'number', string: 'string' }[symbol.type];
}

function expected(symbol: KconfigSymbol | undefined): string {
  switch (symbol?.type) {
    case 'bool':
      return 'y or n';
    case 'int':
      return 'a whole number';
    case 'hex':
      return 'a hexadecimal number like 0x1F';
    case 'string':
      return 'a string in double quotes';
    default:
      return 'y, n, a whole number or a string in double quotes';
  }
}
