/** The command line: words in, a command with checked values out. */

import { basename, extname } from 'node:path';
import { parseArgs } from 'node:util';
import {
  EXPLORE_OPTIONS,
  type ExploreCommand,
  exploreCommand,
  type MergeCommand,
  mergeCommand,
  type ReplayCommand,
  replayCommand,
} from './explore-args.ts';
import { parseBitRate, parseDuration, parseShare, parseWhole } from './units.ts';
import { UsageError } from './usage-error.ts';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | RunCommand
  | ExploreCommand
  | ReplayCommand
  | MergeCommand;

/** `lwip-twin run`: boards, their network, and what to write. */
export interface RunCommand {
  readonly kind: 'run';
  readonly programs: readonly ProgramSpec[];
  /** Capture file; undefined: none. */
  readonly pcap: string | undefined;
  readonly ladder: boolean;
  /** File of a fault plan; undefined: none. */
  readonly plan: string | undefined;
  readonly seed: number;
  readonly untilUs: number;
  /** Nobody has asked for this limit. */
  readonly untilIsDefault: boolean;
  readonly latencyUs: number;
  /** Share of the frames that are lost, 0..1. */
  readonly loss: number;
  /** 0: infinitely fast. */
  readonly bitsPerSecond: number;
  readonly mtu: number;
  readonly tickUs: number;
  readonly strictChecksums: boolean;
}

/** One program and its board. */
export interface ProgramSpec {
  readonly file: string;
  /** Name of the board: that of the file without its extension, with a number if the name is taken. */
  readonly board: string;
  /** "192.168.4.1/24" */
  readonly ip: string;
}

/** A program with an endless loop never comes to rest by itself. */
const DEFAULT_UNTIL_US = 600e6;

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
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'V', default: false },
  ...EXPLORE_OPTIONS,
} as const;

/**
 * Understand a command line.
 * @param words without node and the script
 * @throws UsageError that names the word it stumbled over
 */
export function parseCommandLine(words: readonly string[]): Command {
  const { values, positionals } = split(words);
  const [command, ...programs] = positionals;
  if (values.help || (command === 'help' && programs.length === 0)) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  if (command === undefined) throw new UsageError(`No command was given. ${SEE_HELP}`);
  if (command === 'explore') return exploreCommand(programs, values);
  if (command === 'replay') return replayCommand(programs, values);
  if (command === 'merge') return mergeCommand(programs);
  if (command !== 'run') {
    const hint = /\.[cm]?[jt]s(?:@|$)/.test(command) ? ` To run a program, write "lwip-twin run ${command}".` : '';
    throw new UsageError(`There is no command '${command}'.${hint} ${SEE_HELP}`);
  }
  if (programs.length === 0) throw new UsageError(`'run' needs the files of the programs. ${SEE_HELP}`);
  if (values.pcap === '') throw new UsageError('--pcap needs the name of a file.');
  if (values.plan === '') throw new UsageError('--plan needs the name of a file.');
  return {
    kind: 'run',
    programs: boardsFor(programs),
    pcap: values.pcap,
    ladder: values.ladder,
    plan: values.plan,
    seed: read('seed', values.seed, parseWhole, 'a whole number', 1, Number.MIN_SAFE_INTEGER),
    untilUs: read(
      'until',
      values.until,
      parseDuration,
      `${A_DURATION} from 1us to 1000000h`,
      DEFAULT_UNTIL_US,
      1,
      3.6e15,
    ),
    untilIsDefault: values.until === undefined,
    latencyUs: read('latency', values.latency, parseDuration, `${A_DURATION} from 1us to 1h`, 1000, 1, 3600e6),
    loss: read('loss', values.loss, parseShare, 'a probability from 0 to 1, or a percentage', 0),
    bitsPerSecond: read('rate', values.rate, parseBitRate, 'a number of bits per second like 500k or 10M', 0, 1, 1e12),
    mtu: read('mtu', values.mtu, parseWhole, 'a whole number of bytes from 68 to 1500', 1500, 68, 1500),
    tickUs: read('tick', values.tick, parseDuration, `${A_DURATION} from 1ms to 1s`, 10_000, 1000, 1e6),
    strictChecksums: values.strict,
  };
}

const SEE_HELP = 'See "lwip-twin --help".';
const A_DURATION = 'a duration like 500us, 5ms, 2s, 3min or 1h,';

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

function read(
  option: string,
  text: string | undefined,
  parse: (text: string) => number | undefined,
  expected: string,
  ifAbsent: number,
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (text === undefined) return ifAbsent;
  const value = parse(text);
  if (value === undefined || value < min || value > max) {
    throw new UsageError(`--${option} must be ${expected.replace(/,$/, '')}, not '${text}'.`);
  }
  return value;
}

const PROGRAM_FILE = /\.[cm]?[jt]s$/;

function boardsFor(words: readonly string[]): ProgramSpec[] {
  const wanted = words.map((word) => {
    const [, file = word, ip] = /^(.+)@(\d[\d./]*)$/.exec(word) ?? [];
    if (!PROGRAM_FILE.test(file)) throw new UsageError(`'${file}' is not a program: it must be a .ts or .js file.`);
    return { file, ip: ip === undefined ? undefined : checkAddress(word, ip) };
  });

  const names = new Set<string>();
  const addresses = new Map<string, string>();
  for (const { file, ip } of wanted) if (ip !== undefined) take(addresses, ip, file);
  let host = 0;
  const nextAddress = (): string => {
    do host++;
    while (addresses.has(`192.168.4.${host}`));
    if (host > 254) throw new UsageError('There are not enough addresses for so many boards: give some with "@".');
    return `192.168.4.${host}/24`;
  };
  return wanted.map(({ file, ip = nextAddress() }) => {
    return { file, board: freeName(names, basename(file, extname(file))), ip };
  });
}

function take(addresses: Map<string, string>, ip: string, file: string): void {
  const other = addresses.get(addressOf(ip));
  if (other !== undefined)
    throw new UsageError(`'${other}' and '${file}' cannot both have the address ${addressOf(ip)}.`);
  addresses.set(addressOf(ip), file);
}

function addressOf(ip: string): string {
  return ip.split('/')[0]!;
}

function freeName(names: Set<string>, wanted: string): string {
  let name = wanted;
  for (let n = 2; names.has(name); n++) name = `${wanted}${n}`;
  names.add(name);
  return name;
}

/** @returns the address with its prefix length */
function checkAddress(word: string, ip: string): string {
  const [, a, b, c, d, prefix = '24'] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(ip) ?? [];
  const bytes = [a, b, c, d].map(Number);
  // Of what could not be a host's own: 0.x.x.x, the loopback net, multicast and beyond.
  const isHost = bytes.every((byte) => byte <= 255) && bytes[0]! > 0 && bytes[0] !== 127 && bytes[0]! < 224;
  if (!isHost || Number(prefix) < 1 || Number(prefix) > 30) {
    throw new UsageError(
      `'${ip}' in '${word}' is not the address of a board; write it like 192.168.4.77 or 10.0.0.2/8.`,
    );
  }
  return `${bytes.join('.')}/${Number(prefix)}`;
}
