/** The command line: words in, a command with checked values out. */

import { parseArgs } from 'node:util';
import { checkAddress } from './board-plan.ts';
import {
  EXPLORE_OPTIONS,
  type ExploreCommand,
  exploreCommand,
  type MergeCommand,
  mergeCommand,
  type ReplayCommand,
  replayCommand,
} from './explore-args.ts';
import type { ReportCommand } from './report.ts';
import { parseSetting, type RunSettings, SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | RunCommand
  | BuildCommand
  | ExploreCommand
  | ReplayCommand
  | MergeCommand
  | ReportCommand;

/** `lwip-twin run`: boards, their network, and what to write. */
export interface RunCommand extends SourceOptions {
  readonly kind: 'run';
  /** One for each board, in their order; or a lab file alone. */
  readonly programs: readonly BoardArgument[];
  /** Capture file; undefined: none. */
  readonly pcap: string | undefined;
  readonly ladder: boolean;
  /** HTML file that shows the run; undefined: none. */
  readonly report: string | undefined;
  /** File of a fault plan; undefined: none. */
  readonly plan: string | undefined;
  readonly strictChecksums: boolean;
  /** Those that were given. */
  readonly settings: Partial<RunSettings>;
}

/** `lwip-twin build`: sources, and the image that is to be made of them. */
export interface BuildCommand extends SourceOptions {
  readonly kind: 'build';
  readonly sources: readonly string[];
  readonly output: string;
}

/** How C and C++ are compiled. */
export interface SourceOptions {
  /** Path of an sdkconfig; undefined: what the project of the sources has. */
  readonly sdkconfig: string | undefined;
  readonly include: readonly string[];
  readonly optimize: '0' | 's' | '2';
  readonly checked: boolean;
}

/** A word that stands for a board: FILE or FILE@ADDRESS. */
export interface BoardArgument {
  readonly file: string;
  /** "192.168.4.1/24"; undefined: the next one that is free. */
  readonly ip: string | undefined;
}

const OPTIONS = {
  pcap: { type: 'string' },
  ladder: { type: 'boolean', default: false },
  plan: { type: 'string' },
  seed: { type: 'string' },
  until: { type: 'string' },
  latency: { type: 'string' },
  loss: { type: 'string' },
  rate: { type: 'string' },
  mtu: { type: 'string' },
  tick: { type: 'string' },
  strict: { type: 'boolean', default: false },
  sdkconfig: { type: 'string' },
  include: { type: 'string', short: 'I', multiple: true },
  optimize: { type: 'string', short: 'O', default: 's' },
  unchecked: { type: 'boolean', default: false },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'V', default: false },
  ...EXPLORE_OPTIONS,
} as const;

type Values = ReturnType<typeof split>['values'];

const SEE_HELP = 'See "lwip-twin --help".';

/**
 * Understand a command line.
 * @param words without node and the script
 * @throws UsageError that names the word it stumbled over
 */
export function parseCommandLine(words: readonly string[]): Command {
  const { values, positionals } = split(words);
  const [command, ...files] = positionals;
  if (values.help || (command === 'help' && files.length === 0)) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  switch (command) {
    case undefined:
      throw new UsageError(`No command was given. ${SEE_HELP}`);
    case 'run':
      return runCommand(files, values);
    case 'build':
      return buildCommand(files, values);
    case 'explore':
      return exploreCommand(files, values);
    case 'replay':
      return replayCommand(files, values);
    case 'merge':
      return mergeCommand(files);
    case 'report':
      return files[0]?.endsWith('.json')
        ? replayCommand(files, { ...values, report: reportOutput(values) }, true)
        : reportCommand(files, values);
    default: {
      const hint = /\.(?:[cm]?[jt]s|c|cpp|wasm|json)(?:@|$)/.test(command)
        ? ` To run a program, write "lwip-twin run ${command}".`
        : '';
      throw new UsageError(`There is no command '${command}'.${hint} ${SEE_HELP}`);
    }
  }
}

function reportCommand(files: readonly string[], values: Values): ReportCommand {
  if (files.length !== 1) throw new UsageError(`'report' needs one capture or replay file. ${SEE_HELP}`);
  return { kind: 'report', file: files[0]!, output: reportOutput(values) };
}

function reportOutput({ output }: Values): string {
  if (output === undefined || output === '') throw new UsageError(`'report' needs -o FILE.html. ${SEE_HELP}`);
  return output;
}

function runCommand(files: readonly string[], values: Values): RunCommand {
  if (files.length === 0) throw new UsageError(`'run' needs the files of the programs. ${SEE_HELP}`);
  if (values.pcap === '') throw new UsageError('--pcap needs the name of a file.');
  if (values.plan === '') throw new UsageError('--plan needs the name of a file.');
  if (values.report === '') throw new UsageError('--report needs the name of a file.');
  refuse('run', { output: values.output });
  const settings: Partial<Record<keyof RunSettings, number>> = {};
  for (const name of SETTING_NAMES) {
    const value = read(name, values[name]);
    if (value !== undefined) settings[SETTINGS[name].field] = value;
  }
  return {
    kind: 'run',
    programs: files.map(boardArgument),
    pcap: values.pcap,
    ladder: values.ladder,
    report: values.report,
    plan: values.plan,
    strictChecksums: values.strict,
    settings,
    ...sourceOptions(values),
  };
}

function buildCommand(files: readonly string[], values: Values): BuildCommand {
  if (files.length === 0) throw new UsageError(`'build' needs the sources of the firmware. ${SEE_HELP}`);
  const { pcap, plan, seed, until, latency, loss, rate, mtu, tick, output } = values;
  refuse('build', { pcap, plan, seed, until, latency, loss, rate, mtu, tick });
  if (output === undefined || output === '') {
    throw new UsageError(`'build' needs the name of the image, such as -o firmware.wasm. ${SEE_HELP}`);
  }
  return { kind: 'build', sources: files, output, ...sourceOptions(values) };
}

function sourceOptions({ sdkconfig, include, optimize, unchecked }: Values): SourceOptions {
  if (optimize !== '0' && optimize !== 's' && optimize !== '2') {
    throw new UsageError(`--optimize must be 0, s or 2, not '${optimize}'.`);
  }
  return { sdkconfig, include: include ?? [], optimize, checked: !unchecked };
}

function refuse(command: string, options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) throw new UsageError(`'${command}' has no option '--${name}'. ${SEE_HELP}`);
  }
}

function split(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    const option = /'(?:-\w, )?(-[^ '=]*)/.exec(message)?.[1] ?? '';
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(`There is no option '${option}'. ${SEE_HELP}`);
    if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') throw error;
    const takesNone = message.includes('does not take');
    throw new UsageError(
      takesNone
        ? `'${option}' takes no value.`
        : `'${option}' needs a value; one that begins with a dash is written ${option}=VALUE.`,
    );
  }
}

function read(name: SettingName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = parseSetting(name, text);
  if (value === undefined) throw new UsageError(`--${name} must be ${SETTINGS[name].expected}, not '${text}'.`);
  return value;
}

function boardArgument(word: string): BoardArgument {
  const [, file = word, ip] = /^(.+)@(\d[\d./]*)$/.exec(word) ?? [];
  if (ip === undefined) return { file, ip };
  const address = checkAddress(ip);
  if (address === undefined) {
    throw new UsageError(
      `'${ip}' in '${word}' is not the address of a board; write it like 192.168.4.77 or 10.0.0.2/8.`,
    );
  }
  return { file, ip: address };
}
