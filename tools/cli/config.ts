/** `lwip-twin config`: what an sdkconfig says about the network, beside ESP-IDF's defaults, and what each value changes. */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  makeOpt,
  makeSdkconfig,
  type Opt,
  type OptName,
  parseSdkconfig,
  type Sdkconfig,
  SdkconfigError,
  type SdkconfigValue,
  sdkconfigNotes,
  type World,
} from '../../device/index.ts';
import { kconfigSymbols } from '../../device/kconfig.ts';
import { sdkconfigOpt } from '../../device/sdkconfig_effects.ts';
import { UsageError } from './usage-error.ts';

/** One symbol in the report. `value` and `default` are null where what it depends on is not the case. */
interface Row {
  readonly symbol: string;
  readonly value: SdkconfigValue | null;
  readonly default: SdkconfigValue | null;
  readonly changed: boolean;
  /** "sdkconfig:12"; null if nobody has set it. */
  readonly place: string | null;
  readonly effect: string;
}

/** What lwIP computes from the values. */
interface Derived {
  readonly macro: OptName;
  readonly value: number;
  readonly default: number;
}

interface Report {
  readonly symbols: readonly Row[];
  readonly derived: readonly Derived[];
  /** Settings that differ from the default and have no effect here, one sentence each. */
  readonly notes: readonly string[];
}

const DERIVED: readonly OptName[] = [
  'TCP_SND_QUEUELEN',
  'TCP_SNDLOWAT',
  'TCP_SNDQUEUELOWAT',
  'TCP_WND_UPDATE_THRESHOLD',
  'LWIP_SOCKET_OFFSET',
];

/** Settings of the boards of a world that have no effect, each once: for the end of a run. */
export function configurationNotes(world: World): Iterable<string> {
  return new Set(world.boards.flatMap(({ sdkconfig }) => sdkconfigNotes(sdkconfig)));
}

/**
 * @param words the command line behind "config": files, the later over the earlier, --changed, --json
 * @returns what is to be printed
 * @throws UsageError for a command line or a file that is no good
 */
export function config(words: readonly string[]): string {
  const { files, changed, json } = commandLine(words);
  const report = reportOn(read(files));
  const shown = changed ? changesOf(report) : report;
  return json ? `${JSON.stringify(shown, null, 2)}\n` : table(shown);
}

function changesOf({ symbols, derived, notes }: Report): Report {
  return {
    symbols: symbols.filter((row) => row.changed),
    derived: derived.filter((row) => row.value !== row.default),
    notes,
  };
}

function commandLine(words: readonly string[]): {
  readonly files: readonly string[];
  readonly changed: boolean;
  readonly json: boolean;
} {
  const options = { changed: { type: 'boolean' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true, strict: false });
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(options, name));
  if (unknown !== undefined) throw new UsageError(`'config' has no option '--${unknown}', only --changed and --json.`);
  if (positionals.length === 0) throw new UsageError("'config' needs the name of an sdkconfig file.");
  return { files: positionals, changed: values.changed === true, json: values.json === true };
}

function read(files: readonly string[]): Sdkconfig {
  let read = makeSdkconfig();
  try {
    for (const file of files) read = parseSdkconfig(textOf(file), file, read);
    // Also what Kconfig allows can be more than is modelled.
    sdkconfigOpt(read);
  } catch (error) {
    if (error instanceof SdkconfigError) throw new UsageError(error.message);
    throw error;
  }
  return read;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`'${file}' cannot be read: ${(error as Error).message}.`);
  }
}

function reportOn(config: Sdkconfig): Report {
  const defaults = makeSdkconfig();
  const symbols: Row[] = [];
  for (const { name, bears, effect } of kconfigSymbols().values()) {
    if (bears !== '+') continue;
    const symbol = `CONFIG_${name}`;
    const [value, usual] = [config.value(symbol) ?? null, defaults.value(symbol) ?? null];
    const place = config.place(symbol) ?? null;
    symbols.push({ symbol, value, default: usual, changed: value !== usual, place, effect });
  }
  const [opt, usual]: [Opt, Opt] = [makeOpt(sdkconfigOpt(config)), makeOpt()];
  const derived = DERIVED.map((macro) => ({ macro, value: opt[macro], default: usual[macro] }));
  return { symbols, derived, notes: sdkconfigNotes(config) };
}

function table({ symbols, derived, notes }: Report): string {
  const lines = [['', 'symbol', 'value', 'default', 'what it is']];
  for (const row of symbols) {
    lines.push([row.changed ? '*' : '', row.symbol, word(row.value), word(row.default), row.effect]);
  }
  for (const row of derived) {
    const mark = row.value === row.default ? '' : '*';
    lines.push([mark, row.macro, String(row.value), String(row.default), 'computed by lwIP']);
  }
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const said = notes.length === 0 ? [] : ['', ...notes];
  return `${[...text, ...said].join('\n')}\n`;
}

/** As it stands in an sdkconfig. */
function word(value: SdkconfigValue | null): string {
  if (value === null) return '-';
  if (typeof value === 'boolean') return value ? 'y' : 'n';
  return typeof value === 'string' ? `"${value}"` : String(value);
}
