/** The words of `explore`, `replay` and `merge`. */

import { parseDuration, parseWhole } from './units.ts';
import { UsageError } from './usage-error.ts';

export interface ExploreCommand {
  readonly kind: 'explore';
  readonly file: string;
  /** Milliseconds of the host's time; undefined: no limit. */
  readonly budgetMs: number | undefined;
  readonly runs: number | undefined;
  readonly faults: number;
  readonly shard: { readonly index: number; readonly of: number };
  /** Folder of what is found. */
  readonly out: string;
}

export interface ReplayCommand {
  readonly kind: 'replay';
  readonly file: string;
  readonly ladder: boolean;
  readonly report: string | undefined;
  /** The page is all that is wanted: whether the run fails again is no success or failure of the command. */
  readonly isForReport: boolean;
}

export interface MergeCommand {
  readonly kind: 'merge';
  readonly folders: readonly string[];
}

/** Options of these commands, for parseArgs(). */
export const EXPLORE_OPTIONS = {
  budget: { type: 'string' },
  runs: { type: 'string' },
  faults: { type: 'string' },
  shard: { type: 'string' },
  out: { type: 'string' },
  report: { type: 'string' },
} as const;

interface Values {
  readonly budget?: string | undefined;
  readonly runs?: string | undefined;
  readonly faults?: string | undefined;
  readonly shard?: string | undefined;
  readonly out?: string | undefined;
  readonly report?: string | undefined;
  readonly ladder: boolean;
}

const DEFAULT_BUDGET_US = 60e6;

/** @throws UsageError naming the option that makes no sense */
export function exploreCommand(files: readonly string[], values: Values): ExploreCommand {
  if (files.length !== 1) throw new UsageError("'explore' needs one file: a scenario, or a lab.");
  const runs = whole('runs', values.runs, 1);
  const budgetUs = values.budget === undefined ? undefined : parseDuration(values.budget);
  if (values.budget !== undefined && (budgetUs === undefined || budgetUs < 1000)) {
    throw new UsageError(`--budget must be a duration like 20s or 5min, not '${values.budget}'.`);
  }
  const limitUs = budgetUs ?? (runs === undefined ? DEFAULT_BUDGET_US : undefined);
  return {
    kind: 'explore',
    file: files[0]!,
    budgetMs: limitUs === undefined ? undefined : limitUs / 1000,
    runs,
    faults: whole('faults', values.faults, 1) ?? 2,
    shard: shardOf(values.shard),
    out: values.out ?? 'lwip-twin-findings',
  };
}

export function replayCommand(files: readonly string[], values: Values, isForReport = false): ReplayCommand {
  if (files.length !== 1) throw new UsageError("'replay' needs one replay file.");
  return { kind: 'replay', file: files[0]!, ladder: values.ladder, report: values.report, isForReport };
}

export function mergeCommand(folders: readonly string[]): MergeCommand {
  if (folders.length === 0) throw new UsageError("'merge' needs the folders of the searches.");
  return { kind: 'merge', folders };
}

function whole(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = parseWhole(text);
  if (value === undefined || value < least) {
    throw new UsageError(`--${option} must be a whole number of at least ${least}, not '${text}'.`);
  }
  return value;
}

/** "2/4": the plans n with n mod 4 = 2. CI systems that count from 1 to 4 are served as well as those that begin with 0. */
function shardOf(text: string | undefined): ExploreCommand['shard'] {
  if (text === undefined) return { index: 0, of: 1 };
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const [index, of] = [Number(i), Number(n)];
  if (i === undefined || of < 1 || index > of) {
    throw new UsageError(`--shard must be like 1/4, one of four, not '${text}'.`);
  }
  return { index: index % of, of };
}
