/** What the conformance runner prints. */

import { describeFrame } from '../describe-frame.ts';
import { dissect } from '../dissect.ts';
import type { Difference, Divergence, Moment } from './compare.ts';
import { timeline } from './compare.ts';
import type { GoldenRecord, Outcome } from './scenario.ts';

/** What became of one scenario file. */
export interface Result {
  readonly path: string;
  /** Name of the folder that the file lies in. */
  readonly group: string;
  readonly description: string;
  /**
   * `different`: the replay is not what was recorded. `error`: the file is not a scenario, or the replay failed.
   * `no expectation`: there is nothing to compare with.
   */
  readonly status: 'identical' | 'different' | 'error' | 'no expectation';
  /** What went wrong. */
  readonly reason: string;
  readonly differences: readonly Difference[];
  readonly divergence: Divergence | undefined;
}

/** Statuses that count: the scenario was to be replayed and compared. */
const COMPARED = new Set<Result['status']>(['identical', 'different', 'error']);

/** How many of the results count, and how many of those are identical. */
export function count(results: readonly Result[]): { readonly identical: number; readonly compared: number } {
  return {
    identical: results.filter(({ status }) => status === 'identical').length,
    compared: results.filter(({ status }) => COMPARED.has(status)).length,
  };
}

/** "0.012345 s" */
function seconds(us: number): string {
  return `${(us / 1e6).toFixed(6)} s`;
}

/** A frame in words. All that this folder knows of the decoding of frames is here. */
function frameWords(hex: string): string {
  return describeFrame(dissect(Buffer.from(hex, 'hex')));
}

function fieldWords(fields: GoldenRecord): string[] {
  return Object.entries(fields).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
}

/** One moment as one line: number, time, who, what. */
function momentLine(moment: Moment): string {
  const { record, fields } = moment;
  const head = `${String(moment.n).padStart(5)}  ${seconds(moment.tUs).padStart(16)}  `;
  if (moment.kind === 'frame') {
    const fault = record.fault === undefined ? '' : `  [${record.fault}]`;
    return `${head}${String(record.from).padEnd(5)} ${frameWords(String(record.hex))}${fault}`;
  }
  if (moment.kind === 'event') {
    const { host, event, ...rest } = fields;
    return `${head}${String(host).padEnd(5)} ${[`event ${event}`, ...fieldWords(rest)].join(', ')}`;
  }
  const { task, fn, op, k, ret, ...shown } = fields;
  const words = fieldWords(shown);
  if (moment.kind === 'start') return `${head}${String(task).padEnd(5)} ${fn}(${words.join(', ')})  op ${op}.${k}`;
  return `${head}${String(task).padEnd(5)} ${fn} = ${JSON.stringify(ret)}${words.map((word) => `, ${word}`).join('')}`;
}

/** A whole outcome, one line per frame, call, return and event. */
export function story(outcome: Outcome): string[] {
  const tasks = JSON.stringify(outcome.final.tasks);
  return [...timeline(outcome).map(momentLine), `end at ${seconds(Number(outcome.final.end_us))}, tasks ${tasks}`];
}

/** The lines that explain a scenario that is not identical. */
export function explain(result: Result, verbose: boolean): string[] {
  const lines = [`${result.path}: ${result.description}`];
  if (result.status === 'error') return [...lines, `  error: ${result.reason}`, ''];
  const { divergence, differences } = result;
  if (divergence !== undefined) {
    const { before, expected, actual } = divergence;
    lines.push(...before.map((moment) => `             ${momentLine(moment)}`));
    lines.push(`  recorded   ${expected === undefined ? 'nothing more' : momentLine(expected)}`);
    lines.push(`  replayed   ${actual === undefined ? 'nothing more' : momentLine(actual)}`);
    if (expected?.kind === 'frame' && actual?.kind === 'frame') {
      lines.push(...frameBytes(String(expected.record.hex), String(actual.record.hex)));
    }
  }
  const shown = verbose ? differences : differences.slice(0, divergence === undefined ? 5 : 0);
  lines.push(...shown.map(differenceLine));
  const rest = differences.length - shown.length;
  if (rest > 0) lines.push(rest === 1 ? '  1 field differs' : `  ${rest} fields differ`);
  return [...lines, ''];
}

function differenceLine({ where, expected, actual }: Difference): string {
  return `  ${where}: recorded ${JSON.stringify(expected)}, replayed ${JSON.stringify(actual)}`;
}

/** The bytes around the first one that differs; nothing if the frames are the same (then their times differ). */
function frameBytes(expected: string, actual: string): string[] {
  if (expected === actual) return [];
  let at = 0;
  while (expected.slice(at, at + 2) === actual.slice(at, at + 2)) at += 2;
  const from = Math.max(0, at - 16);
  const cut = (hex: string) => `${hex.slice(from, at)}|${hex.slice(at, at + 32)}`;
  return [
    `  bytes      from offset ${from / 2}, first difference at ${at / 2}, lengths ${expected.length / 2} and ${actual.length / 2}`,
    `  recorded   ${cut(expected)}`,
    `  replayed   ${cut(actual)}`,
  ];
}

/** The table at the end: a line per group, what was left out, and the sum as the last line. */
export function summary(results: readonly Result[]): string[] {
  const lines: string[] = [];
  for (const [group, members] of groups(results)) {
    const { identical, compared } = count(members);
    if (compared > 0) lines.push(`${group.padEnd(22)} ${String(identical).padStart(5)} / ${compared}`);
  }
  const open = results.filter(({ status }) => status === 'no expectation');
  if (open.length > 0) lines.push(`without expectation: ${open.map(({ path }) => path).join(', ')}`);
  const { identical, compared } = count(results);
  return [...lines, `${identical} of ${compared} identical`];
}

function groups(results: readonly Result[]): Map<string, Result[]> {
  const byGroup = new Map<string, Result[]>();
  for (const result of results) byGroup.set(result.group, [...(byGroup.get(result.group) ?? []), result]);
  return byGroup;
}
