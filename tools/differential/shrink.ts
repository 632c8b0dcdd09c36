/** Making a scenario smaller as long as it still does what it was found for. */

import type { JsonOp, JsonTask, ScenarioFile } from './scenario-file.ts';

/** Tries before a scenario is taken as small enough. */
const MAX_TRIES = 400;

/**
 * Leave out tasks, ops, faults and injections, and make numbers smaller, greedily.
 * @param isStill true if a smaller scenario is still what we look for
 */
export async function shrink(
  scenario: ScenarioFile,
  isStill: (smaller: ScenarioFile) => Promise<boolean>,
): Promise<ScenarioFile> {
  let best = scenario;
  let tries = 0;
  for (let improved = true; improved && tries < MAX_TRIES; ) {
    improved = false;
    for (const smaller of candidates(best)) {
      if (++tries > MAX_TRIES) break;
      if (!(await isStill(smaller))) continue;
      best = smaller;
      improved = true;
      break;
    }
  }
  return best;
}

/** Scenarios that are one step smaller, the largest steps first. */
export function* candidates(scenario: ScenarioFile): Generator<ScenarioFile> {
  const { tasks, injections, link } = scenario;
  for (const without of leaveOut(tasks)) yield { ...scenario, tasks: without };
  if (injections.length > 1) yield { ...scenario, injections: [] };
  for (const without of leaveOut(injections)) yield { ...scenario, injections: without };
  if (link.faults.length > 1) yield { ...scenario, link: { ...link, faults: [] } };
  for (const without of leaveOut(link.faults)) yield { ...scenario, link: { ...link, faults: without } };
  for (const without of leaveOut(link.outages)) yield { ...scenario, link: { ...link, outages: without } };
  for (const [i, task] of tasks.entries()) {
    for (const smaller of smallerTasks(task)) yield { ...scenario, tasks: tasks.with(i, smaller) };
  }
  if (scenario.end_us > 2_000_000) yield { ...scenario, end_us: Math.floor(scenario.end_us / 2e6) * 1_000_000 };
  if (scenario.tick_ms !== 1) yield { ...scenario, tick_ms: 1 };
  if (link.latency_us !== 1000) yield { ...scenario, link: { ...link, latency_us: 1000 } };
}

function* leaveOut<T>(list: readonly T[]): Generator<T[]> {
  for (let i = list.length - 1; i >= 0; i--) yield list.toSpliced(i, 1);
}

function* smallerTasks(task: JsonTask): Generator<JsonTask> {
  const { ops, priority, ...rest } = task;
  for (let i = ops.length - 1; i >= 0; i--) {
    if (ops.length - i > 1) yield { ...task, ops: ops.slice(0, i) };
    yield { ...task, ops: ops.toSpliced(i, 1) };
  }
  if (priority !== undefined) yield { ...rest, ops };
  if (task.start_us > 0) yield { ...task, start_us: 0 };
  for (const [i, op] of ops.entries()) {
    for (const smaller of smallerOps(op)) yield { ...task, ops: ops.with(i, smaller) };
  }
}

/** Sizes and times halved, options left out. */
function* smallerOps(op: JsonOp): Generator<JsonOp> {
  const last = op.at(-1);
  if (op.length > 2 && typeof last === 'object' && last !== null && !Array.isArray(last) && !('hex' in last)) {
    yield op.slice(0, -1);
  }
  if (op[0] === 'bind' || op[0] === 'connect') return;
  for (const [i, part] of op.entries()) {
    if (typeof part === 'number' && part > 1) yield op.with(i, Math.floor(part / 2));
  }
}
