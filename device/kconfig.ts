/** The symbols of Kconfig: what they are, which conditions they depend on, what they are worth. */

import { RENAMED, RENAMED_LWIP, SDKCONFIG_SYMBOLS } from './sdkconfig_symbols.ts';

/** y and n are booleans, hex numbers are numbers. */
export type SdkconfigValue = boolean | number | string;

/** A value, a range or a default that counts if its condition holds. */
interface Alternative {
  readonly text: string;
  readonly when: Condition | null;
}

export interface KconfigSymbol {
  /** Without CONFIG_. */
  readonly name: string;
  readonly type: 'bool' | 'int' | 'hex' | 'string';
  /** Computed from others; an assignment is ignored. */
  readonly hidden: boolean;
  readonly defaults: readonly Alternative[];
  readonly ranges: readonly Alternative[];
  readonly depends: Condition | null;
  /** The choice that it is an option of. */
  readonly choice: KconfigChoice | null;
  /** What it bears on: see sdkconfig_symbols.ts. */
  readonly bears: string;
  readonly effect: string;
}

export interface KconfigChoice {
  readonly name: string;
  readonly options: string[];
  readonly defaults: readonly Alternative[];
  readonly depends: Condition | null;
}

/** A condition as words and signs in reverse Polish order. */
type Condition = readonly string[];

let parsed: ReadonlyMap<string, KconfigSymbol> | null = null;

/** All symbols that are known, by name without CONFIG_, in the order of the table. */
export function kconfigSymbols(): ReadonlyMap<string, KconfigSymbol> {
  parsed ??= parseTable(SDKCONFIG_SYMBOLS);
  return parsed;
}

function parseTable(table: string): Map<string, KconfigSymbol> {
  const symbols = new Map<string, KconfigSymbol>();
  let choice: KconfigChoice | null = null;
  for (const row of table.split('\n')) {
    if (row === '' || row.startsWith('#')) continue;
    const cells = row.split(/\s*(?<!\|)\|(?!\|)\s*/);
    const [name = '', kind = '', defaults = '', ranges = '', depends = '', bears = '', effect = ''] = cells;
    const condition = depends === '' ? null : parseCondition(depends);
    if (kind === 'choice') {
      choice = { name, options: [], defaults: alternatives(defaults), depends: condition };
      continue;
    }
    const isOption = kind === 'option';
    if (!isOption) choice = null;
    else choice!.options.push(name);
    const [type, hidden] = isOption ? ['bool'] : kind.split(' ');
    symbols.set(name, {
      name,
      type: type as KconfigSymbol['type'],
      hidden: hidden !== undefined,
      defaults: alternatives(defaults),
      ranges: alternatives(ranges),
      depends: condition,
      choice,
      bears,
      effect,
    });
  }
  return symbols;
}

function alternatives(cell: string): Alternative[] {
  if (cell === '') return [];
  return cell.split('; ').map((part) => {
    const [text = '', when] = part.split(' if ');
    return { text, when: when === undefined ? null : parseCondition(when) };
  });
}

const PRECEDENCE: Readonly<Record<string, number>> = { '(': 0, '||': 1, '&&': 2, '<': 3, '>=': 3, '!': 4 };

/** Dijkstra's shunting yard. */
function parseCondition(text: string): Condition {
  const output: string[] = [];
  const signs: string[] = [];
  for (const token of text.match(/\w+|\|\||&&|>=|[<!()]/g)!) {
    if (/^\w/.test(token)) output.push(token);
    else if (token === ')') {
      while (signs.at(-1) !== '(') output.push(signs.pop()!);
      signs.pop();
    } else {
      const isPrefix = token === '!' || token === '(';
      while (!isPrefix && signs.length > 0 && PRECEDENCE[signs.at(-1)!]! >= PRECEDENCE[token]!)
        output.push(signs.pop()!);
      signs.push(token);
    }
  }
  return [...output, ...signs.reverse()];
}

/** The name that a symbol has today. @param name without CONFIG_ */
export function todaysName(name: string): string {
  if (Object.hasOwn(RENAMED, name)) return RENAMED[name]!;
  return RENAMED_LWIP.split(' ').includes(name) ? `LWIP_${name}` : name;
}

/** Old name and today's of every symbol that was renamed, both without CONFIG_. */
export function renamedSymbols(): readonly (readonly [string, string])[] {
  return [...RENAMED_LWIP.split(' ').map((name) => [name, `LWIP_${name}`] as const), ...Object.entries(RENAMED)];
}

/** What symbols are worth once some have been assigned: assignments where conditions allow them, defaults elsewhere. */
export class KconfigValues {
  private readonly assigned: ReadonlyMap<string, SdkconfigValue>;
  private readonly found = new Map<string, SdkconfigValue | undefined>();

  /** @param assigned by name without CONFIG_; of the options of a choice the last that is true is chosen */
  constructor(assigned: ReadonlyMap<string, SdkconfigValue>) {
    this.assigned = assigned;
  }

  /** @returns undefined if there is no such symbol here, or what it depends on is not the case */
  value(name: string): SdkconfigValue | undefined {
    if (this.found.has(name)) return this.found.get(name);
    const symbol = kconfigSymbols().get(name);
    const value = symbol === undefined ? this.assigned.get(name) : this.compute(symbol);
    this.found.set(name, value);
    return value;
  }

  /** The limits of a number that hold here. */
  range(symbol: KconfigSymbol): { readonly min: number; readonly max: number } | null {
    const found = symbol.ranges.find(({ when }) => this.holds(when));
    if (found === undefined) return null;
    const [min, max] = found.text.split('..').map(Number);
    return { min: min!, max: max! };
  }

  private compute(symbol: KconfigSymbol): SdkconfigValue | undefined {
    if (!this.holds(symbol.depends)) return symbol.type === 'bool' ? false : undefined;
    if (symbol.choice !== null) return this.chosen(symbol.choice) === symbol.name;
    const assigned = symbol.hidden ? undefined : this.assigned.get(symbol.name);
    return assigned ?? this.default(symbol);
  }

  private default({ type, defaults }: KconfigSymbol): SdkconfigValue | undefined {
    const text = defaults.find(({ when }) => this.holds(when))?.text;
    if (text === undefined) return type === 'bool' ? false : undefined;
    if (type === 'bool') return text === 'y';
    if (type === 'string') return text.slice(1, -1);
    return /^[A-Z]/.test(text) ? this.value(text) : Number(text);
  }

  private chosen(choice: KconfigChoice): string | undefined {
    if (!this.holds(choice.depends)) return undefined;
    let last: string | undefined;
    for (const [name, value] of this.assigned) {
      if (value === true && choice.options.includes(name) && this.holds(kconfigSymbols().get(name)!.depends))
        last = name;
    }
    return last ?? choice.defaults.find(({ when }) => this.holds(when))?.text ?? choice.options[0];
  }

  private holds(condition: Condition | null): boolean {
    if (condition === null) return true;
    const stack: number[] = [];
    for (const token of condition) {
      if (/^\w/.test(token)) stack.push(this.number(token));
      else if (token === '!') stack.push(stack.pop() === 0 ? 1 : 0);
      else {
        const b = stack.pop()!;
        const a = stack.pop()!;
        stack.push(Number(combine(token, a, b)));
      }
    }
    return stack[0] !== 0;
  }

  private number(word: string): number {
    return Number(/^\d/.test(word) ? word : (this.value(word) ?? 0));
  }
}

function combine(sign: string, a: number, b: number): boolean {
  switch (sign) {
    case '&&':
      return a !== 0 && b !== 0;
    case '||':
      return a !== 0 || b !== 0;
    case '<':
      return a < b;
    default:
      return a >= b;
  }
}
