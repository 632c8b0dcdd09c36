/** lab.json: boards, their programs and their network in one file. `lwip-twin --help` describes it. */

import { dirname, resolve } from 'node:path';
import type { SdkconfigValue } from '../../device/index.ts';
import type { Misfortune } from '../explore/scenario.ts';
import type { SdkconfigSource } from '../firmware/build.ts';
import { nameOf } from '../firmware/sources.ts';
import { checkAddress, type Typed, type WantedBoard } from './board-plan.ts';
import { type JsonValue, readJson } from './json-value.ts';
import { readAccessPoint, type WantedAccessPoint } from './lab-air.ts';
import { type LabCheck, NO_CHECK, readCheck, readSurvives } from './lab-check.ts';
import { programOf } from './program-of.ts';
import { A_DURATION, parseSetting, type RunSettings, SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';
import { parseDuration } from './units.ts';

/** What a lab file says. */
export interface Lab {
  readonly boards: readonly WantedBoard[];
  readonly settings: Partial<RunSettings>;
  /** Names that resolve without a server, with their addresses. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly accessPoints: readonly WantedAccessPoint[];
  /** For the search: what the programs must withstand, and what must hold then. */
  readonly survives: readonly Misfortune[];
  readonly check: LabCheck;
}

const BOARD_SETTINGS = [
  'name',
  'sources',
  'sdkconfig',
  'include',
  'optimize',
  'checked',
  'ip',
  'gw',
  'wifi',
  'internet',
  'latency',
  'boot',
  'priority',
  'stdin',
] as const;
type BoardSettings = Partial<Readonly<Record<(typeof BOARD_SETTINGS)[number], JsonValue>>>;

const AN_ADDRESS = 'the address of a board, such as "192.168.4.77" or "10.0.0.2/8"';
const A_PROGRAM =
  'a program: a .ts, .js or .wasm file, the folder of an ESP-IDF project, or one .c or .cpp file or a list of them';
const MAX_PRIORITY = 24;
const A_PRIORITY = `a priority from 0 to ${MAX_PRIORITY}`;

/** @throws UsageError naming the file, the place in it, what is wrong and what would be right */
export function readLab(file: string): Lab {
  const json = readJson(file);
  const whole = json.members(['boards', 'hosts', 'accessPoints', 'survives', 'check', ...SETTING_NAMES]);
  const folder = dirname(file);
  const settings: Partial<Record<keyof RunSettings, number>> = {};
  for (const name of SETTING_NAMES) {
    const given = whole[name];
    if (given !== undefined) settings[SETTINGS[name].field] = readSetting(name, given);
  }
  const boards = (whole.boards ?? json.missing('boards')).items('a list with one board or more');
  return {
    boards: boards.map((board) => readBoard(board, folder)),
    settings,
    hosts: whole.hosts === undefined ? {} : readHosts(whole.hosts),
    accessPoints: whole.accessPoints?.items('a list of access points').map(readAccessPoint) ?? [],
    survives: whole.survives === undefined ? [] : readSurvives(whole.survives),
    check: whole.check === undefined ? NO_CHECK : readCheck(whole.check),
  };
}

function readSetting(name: SettingName, given: JsonValue): number {
  const { value } = given;
  const text = typeof value === 'number' ? String(value) : value;
  return (typeof text === 'string' ? parseSetting(name, text) : undefined) ?? given.fail(SETTINGS[name].expected);
}

function readBoard(board: JsonValue, folder: string): WantedBoard {
  const settings: BoardSettings = board.members(BOARD_SETTINGS);
  const sources = settings.sources ?? board.missing('sources');
  const files = readPaths(sources, folder, A_PROGRAM);
  const { name, gw, boot, stdin, priority, sdkconfig, include, optimize, checked } = settings;
  const program = programOf(
    files,
    {
      sdkconfig: sdkconfig === undefined ? undefined : readSdkconfig(sdkconfig, folder),
      include: include === undefined ? [] : readPaths(include, folder, 'a folder or a list of them'),
      optimize: optimize === undefined ? 's' : readOptimize(optimize),
      checked: checked?.boolean() ?? true,
    },
    priority === undefined ? undefined : priority.whole(0, MAX_PRIORITY, A_PRIORITY),
    () => sources.fail(A_PROGRAM),
  );
  return {
    program,
    file: files[0]!,
    name: name?.text('the name of a board'),
    ...readNetwork(settings),
    gw: gw === undefined ? undefined : (checkAddress(gw.text(AN_ADDRESS))?.split('/')[0] ?? gw.fail(AN_ADDRESS)),
    bootUs: boot === undefined ? undefined : readDuration(boot),
    stdin: stdin === undefined ? undefined : readTyped(stdin),
  };
}

/** What the board is connected to, and its address there. */
function readNetwork({
  ip,
  wifi,
  internet,
  latency,
}: BoardSettings): Pick<WantedBoard, 'ip' | 'network' | 'latencyUs'> {
  const address = (given: JsonValue) => checkAddress(given.text(AN_ADDRESS)) ?? given.fail(AN_ADDRESS);
  if (wifi?.boolean()) {
    ip?.fail('left out for a board with "wifi": its address comes from an access point');
    return { network: 'wifi' };
  }
  if (internet === undefined) return { ip: ip && address(ip) };
  ip?.fail('left out for a board with "internet", which is its address');
  return { ip: address(internet), network: 'internet', latencyUs: latency && readDuration(latency) };
}

/** One path or a list of them, relative to the folder of the lab file. @param expected completes "must be ..." */
function readPaths(given: JsonValue, folder: string, expected: string): string[] {
  const texts = typeof given.value === 'string' ? [given] : given.items(expected);
  return texts.map((text) => nameOf(resolve(folder, text.text(expected))));
}

/** A path, settings, or a list of both. */
function readSdkconfig(given: JsonValue, folder: string): SdkconfigSource[] {
  const expected = 'the path of an sdkconfig file, an object with CONFIG_ symbols, or a list of them';
  const layers = Array.isArray(given.value) ? given.items(expected) : [given];
  return layers.map((layer) => {
    if (!layer.isObject) return nameOf(resolve(folder, layer.text(expected)));
    const settings: Record<string, SdkconfigValue> = {};
    for (const [symbol, { value }] of layer.entries(expected)) {
      if (!/^CONFIG_\w+$/.test(symbol)) layer.fail('an object whose names begin with CONFIG_');
      settings[symbol] = isScalar(value) ? value : layer.fail('an object with texts, numbers, true and false');
    }
    return settings;
  });
}

function isScalar(value: unknown): value is SdkconfigValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function readOptimize(given: JsonValue): '0' | 's' | '2' {
  const text = String(given.value);
  return text === '0' || text === 's' || text === '2' ? text : given.fail('"0", "s" or "2"');
}

function readDuration(given: JsonValue): number {
  const { value } = given;
  return parseDuration(typeof value === 'string' ? value : String(value === 0 ? 0 : '')) ?? given.fail(A_DURATION);
}

/** A text that is there from the beginning, or texts with the times at which they are typed. */
function readTyped(given: JsonValue): Typed[] {
  if (typeof given.value === 'string') return [{ atUs: 0, text: given.value }];
  return given.items('a text, or a list of objects with "at" and "text"').map((item) => {
    const { at, text } = item.members(['at', 'text']);
    return {
      atUs: at === undefined ? 0 : readDuration(at),
      text: (text ?? item.missing('text')).text('a text to be typed'),
    };
  });
}

function readHosts(given: JsonValue): Record<string, string> {
  const hosts: Record<string, string> = {};
  for (const [name, address] of given.entries('an object with names and their addresses')) {
    const expected = 'an IPv4 address, such as "192.168.4.1"';
    hosts[name] = checkAddress(address.text(expected))?.split('/')[0] ?? address.fail(expected);
  }
  return hosts;
}
