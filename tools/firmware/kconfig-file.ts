/**
 * A project's own Kconfig files (Kconfig.projbuild): the defaults of symbols that nobody has set, as menuconfig would write
 * them into sdkconfig. What they depend on is looked up among what is set and what ESP-IDF has by default.
 */

import { readFileSync } from 'node:fs';
import type { Sdkconfig, SdkconfigSettings, SdkconfigValue } from '../../device/index.ts';
import { holds, type LookUp } from './kconfig-expression.ts';

interface Default {
  readonly value: string;
  /** Condition; null: always. */
  readonly when: string | null;
}

/** A symbol, or a choice of several. */
interface Entry {
  readonly name: string;
  type: string;
  readonly depends: string[];
  readonly defaults: Default[];
  /** Of a choice: the names of its options. */
  readonly options: string[];
}

/**
 * @param files paths of Kconfig files
 * @param config what is set
 * @returns settings by full name for symbols that are not set there
 */
export function kconfigDefaults(files: readonly string[], config: Sdkconfig): SdkconfigSettings {
  const settings: Record<string, SdkconfigValue> = {};
  const lookUp: LookUp = (name) => config.value(`CONFIG_${name}`) ?? settings[`CONFIG_${name}`];
  const define = (name: string, value: SdkconfigValue) => {
    if (config.value(`CONFIG_${name}`) === undefined) settings[`CONFIG_${name}`] = value;
  };
  for (const entry of files.flatMap((file) => new KconfigReader().read(readFileSync(file, 'utf8')))) {
    if (!entry.depends.every((condition) => holds(condition, lookUp))) continue;
    const found = entry.defaults.find(({ when }) => when === null || holds(when, lookUp))?.value;
    if (entry.options.length > 0) {
      const isChosen = entry.options.some((name) => lookUp(name) === true);
      for (const name of entry.options) define(name, !isChosen && name === (found ?? entry.options[0]));
    } else if (entry.type !== '') {
      define(entry.name, parseValue(entry.type, found ?? '', lookUp));
    }
  }
  return settings;
}

/** @param text a constant with or without quotes, or another symbol */
function parseValue(type: string, text: string, lookUp: LookUp): SdkconfigValue {
  const other = /^[A-Z]\w*$/.test(text) ? lookUp(text) : undefined;
  if (other !== undefined) return other;
  const plain = text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
  if (type === 'string') return plain;
  return type === 'bool' ? plain === 'y' : Number(plain);
}

/** Goes through a file line by line. */
class KconfigReader {
  private readonly entries: Entry[] = [];
  /** Of the menus and ifs around. */
  private readonly conditions: string[][] = [];
  /** What the next attributes belong to; null: the menu. */
  private entry: Entry | null = null;
  private choice: Entry | null = null;

  /** @returns entries in the order of the file; an option of a choice is no entry of its own */
  read(text: string): Entry[] {
    let helpIndent = Number.POSITIVE_INFINITY;
    for (const line of text.split(/\r?\n/)) {
      const indent = line.search(/\S/);
      if (indent < 0 || indent > helpIndent) continue;
      const [, keyword = '', rest = ''] = /^\s*(\w+)\s*(.*)$/.exec(line) ?? [];
      helpIndent = keyword === 'help' ? indent : Number.POSITIVE_INFINITY;
      this.line(keyword, rest);
    }
    return this.entries;
  }

  private line(keyword: string, rest: string): void {
    switch (keyword) {
      case 'config':
      case 'menuconfig':
        this.begin(rest);
        return;
      case 'choice':
        this.begin(rest);
        this.choice = this.entry;
        return;
      case 'endchoice':
        this.choice = null;
        this.entry = null;
        return;
      case 'if':
      case 'menu':
        this.conditions.push(keyword === 'if' ? [rest] : []);
        this.entry = null;
        return;
      case 'endif':
      case 'endmenu':
        this.conditions.pop();
        this.entry = null;
        return;
      default:
        this.attribute(keyword, rest);
    }
  }

  private begin(name: string): void {
    this.entry = { name, type: '', depends: this.conditions.flat(), defaults: [], options: [] };
    if (this.choice === null) this.entries.push(this.entry);
    else this.choice.options.push(name);
  }

  private attribute(keyword: string, rest: string): void {
    switch (keyword) {
      case 'bool':
      case 'int':
      case 'hex':
      case 'string':
        if (this.entry !== null) this.entry.type = keyword;
        return;
      case 'depends':
        // Below a menu it holds for everything that is in the menu.
        (this.entry?.depends ?? this.conditions.at(-1))?.push(rest.replace(/^on\s+/, ''));
        return;
      case 'default': {
        const [, value = '', when = null] = /^("(?:[^"\\]|\\.)*"|\S+)(?:\s+if\s+(.*))?$/.exec(rest) ?? [];
        this.entry?.defaults.push({ value, when });
      }
    }
  }
}
