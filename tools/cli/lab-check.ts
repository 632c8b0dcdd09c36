/** What a lab file says about the search: what its programs survive, and what must hold then. */

import type { FrameMatch } from '../../device/faults/match.ts';
import type { World } from '../../device/index.ts';
import { MISFORTUNES, type Misfortune, type MisfortuneKind } from '../explore/scenario.ts';
import type { JsonValue } from './json-value.ts';
import { A_DURATION } from './settings.ts';
import { parseDuration } from './units.ts';

/** What must hold when a run is over. */
export interface LabCheck {
  /** Texts that a board must have printed. */
  readonly says: readonly (readonly [board: string, texts: readonly string[]])[];
  /** Texts that no board may print. */
  readonly neverSays: readonly string[];
  /** How many descriptors of a board may be open. */
  readonly sockets: readonly (readonly [board: string, most: number])[];
}

export const NO_CHECK: LabCheck = { says: [], neverSays: [], sockets: [] };

const KINDS = Object.keys(MISFORTUNES);
const A_MISFORTUNE = `a kind of misfortune (${KINDS.join(', ')}), or an object with "kind"`;

export function readSurvives(given: JsonValue): Misfortune[] {
  return given.items('a list of misfortunes').map((one) => {
    if (!one.isObject) return { kind: readKind(one) };
    const { kind, match, after, boards, times, max, calls } = one.members([
      'kind',
      'match',
      'after',
      'boards',
      'times',
      'max',
      'calls',
    ]);
    return {
      kind: readKind(kind ?? one),
      ...(match && { match: readMatch(match) }),
      ...(after && { after: readMatch(after) }),
      ...(boards && { boards: readTexts(boards, 'a list of names of boards') }),
      ...(times && { times: readWhole(times, 1) }),
      ...(max && { maxUs: parseDuration(max.text(A_DURATION)) ?? max.fail(A_DURATION) }),
      ...(calls && { calls: readTexts(calls, 'a list of names of calls') }),
    };
  });
}

function readKind(given: JsonValue): MisfortuneKind {
  const { value } = given;
  return typeof value === 'string' && Object.hasOwn(MISFORTUNES, value)
    ? (value as MisfortuneKind)
    : given.fail(A_MISFORTUNE);
}

/** The conditions of a fault plan; what makes no sense in them is found when the plan is carried out. */
function readMatch(given: JsonValue): FrameMatch {
  if (!given.isObject) given.fail('an object with conditions on frames, as in a fault plan');
  return given.value as FrameMatch;
}

export function readCheck(given: JsonValue): LabCheck {
  const { says, neverSays, sockets } = given.members(['says', 'neverSays', 'sockets']);
  const BOARDS = 'an object with the names of boards';
  return {
    says: says?.entries(BOARDS).map(([board, texts]) => [board, readTexts(texts, 'a text or a list of texts')]) ?? [],
    neverSays: neverSays === undefined ? [] : readTexts(neverSays, 'a text or a list of texts'),
    sockets: sockets?.entries(BOARDS).map(([board, most]) => [board, readWhole(most, 0)]) ?? [],
  };
}

function readTexts(given: JsonValue, expected: string): string[] {
  if (typeof given.value === 'string') return [given.text(expected)];
  return given.items(expected).map((one) => one.text('a text'));
}

function readWhole(given: JsonValue, least: number): number {
  const { value } = given;
  return typeof value === 'number' && Number.isInteger(value) && value >= least
    ? value
    : given.fail(`a whole number of at least ${least}`);
}

/** @param printed lines of each board  @returns what does not hold, a sentence each */
export function violationsOf(
  { says, neverSays, sockets }: LabCheck,
  world: World,
  printed: ReadonlyMap<string, readonly string[]>,
): string[] {
  const violations: string[] = [];
  const has = (board: string, text: string) => printed.get(board)?.some((line) => line.includes(text)) ?? false;
  for (const [board, texts] of says) {
    for (const text of texts) if (!has(board, text)) violations.push(`${board} did not say "${text}".`);
  }
  for (const { name } of world.boards) {
    for (const text of neverSays) if (has(name, text)) violations.push(`${name} said "${text}".`);
  }
  for (const [name, most] of sockets) {
    const board = world.boards.find((one) => one.name === name);
    const open = board?.isOn ? board.sockets.openSockets().length : 0;
    if (open > most) violations.push(`${name} has ${open} open descriptors, ${most} are allowed.`);
  }
  return violations;
}
