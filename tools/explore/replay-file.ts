/** A finding as a file that repeats it: which scenario, which plan, what did not hold. */

import { readFileSync } from 'node:fs';
import type { FaultPlan } from '../../device/faults/plan.ts';
import { packageVersion } from '../package-info.ts';
import type { Finding } from './search.ts';

export interface ReplayFile {
  readonly format: 1;
  /** Version of lwip-twin that found it. */
  readonly version: string;
  readonly scenario: ScenarioRef;
  readonly violation: string;
  readonly plan: FaultPlan;
  /** Number of the plan that showed it first. */
  readonly number: number;
}

/** Where a scenario came from. */
export interface ScenarioRef {
  readonly name: string;
  /** The file, relative to the folder of the replay file. */
  readonly file: string;
  /** Of the programs, in hexadecimal: whoever replays with others is told. */
  readonly sha256: string;
}

export function replayOf(scenario: ScenarioRef, { violation, plan, number }: Finding): ReplayFile {
  return { format: 1, version: packageVersion(), scenario, violation, plan, number };
}

/** @throws Error naming the file and what is wrong with it */
export function readReplay(file: string): ReplayFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`'${file}' cannot be read: ${(error as Error).message}.`);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error(`'${file}' is not JSON: ${(error as Error).message}.`);
  }
  const replay = data as Partial<ReplayFile>;
  if (replay?.format !== 1 || !Array.isArray(replay.plan) || typeof replay.scenario?.file !== 'string') {
    throw new Error(`'${file}' is not a replay file of lwip-twin: it lacks "format": 1, "scenario" or "plan".`);
  }
  return replay as ReplayFile;
}
