/** A fault plan from a file. */

import { readFileSync } from 'node:fs';
import type { FaultPlan, InflictedFault, World } from '../../device/index.ts';
import { UsageError } from './usage-error.ts';

/** Carry out the plan in a JSON file. @throws UsageError if there is none, or one that makes no sense */
export function inflictFile(world: World, path: string): readonly InflictedFault[] {
  let plan: unknown;
  try {
    plan = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`'${path}' is no fault plan: ${sentence(error)}`);
  }
  if (!Array.isArray(plan)) throw new UsageError(`'${path}' is no fault plan: it must be a JSON list of faults.`);
  try {
    return world.inflict(plan as FaultPlan).faults;
  } catch (error) {
    throw new UsageError(`'${path}': ${sentence(error)}`);
  }
}

function sentence(error: unknown): string {
  return (error as Error).message.split('\n')[0]!.replace(/\.?$/, '.');
}

/** Faults that came to nothing: most often a mistake in the plan. */
export function idleFaults(faults: readonly InflictedFault[]): string[] {
  return faults.flatMap(({ matched, spec }, i) =>
    matched ? [] : [`  fault ${i} of the plan never found anything to do: ${JSON.stringify(spec)}`],
  );
}
