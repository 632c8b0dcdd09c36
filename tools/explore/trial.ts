/** One run of a scenario under a fault plan, in a fresh world. */

import type { FaultPlan, Inflicted } from '../../device/faults/plan.ts';
import type { FrameRecord, Trace } from '../../device/trace.ts';
import type { Finding } from '../../device/watch/finding.ts';
import { type RunReport, World } from '../../device/world.ts';
import { Digest } from './digest.ts';
import type { Scenario } from './scenario.ts';

export interface Trial {
  /** What did not hold; empty if all was well. */
  readonly violations: readonly string[];
  /** The same for runs that went the same way. */
  readonly digest: string;
  readonly world: World;
  readonly report: RunReport | undefined;
  readonly inflicted: Inflicted;
}

const DEFAULT_UNTIL_US = 60_000_000;
/** Virtual time between two questions whether a run is over already. */
const LOOK_US = 1_000_000;

/**
 * @param keep record the whole run, for a report; otherwise only its digest is left of it
 * @throws what the scenario's setup or check throws
 */
export async function runTrial(scenario: Scenario, plan: FaultPlan, keep = false): Promise<Trial> {
  const { seed = 1, tickUs } = scenario;
  const world = new World(tickUs === undefined ? { seed } : { seed, tickUs });
  const digest = new Digest();
  const trace: Trace = world.record({ keep, states: keep });
  trace.onFrame((frame) => addFrame(digest, frame));
  if (scenario.findings !== 'none') world.watch();
  const check = scenario.setup(world);
  const inflicted = world.inflict(plan);
  const report = await letRun(world, scenario);
  const violations =
    world.failure === null ? [...check({ world, report }), ...foundIn(report, scenario)] : [failureSentence(world)];
  digest.add(world.nowUs);
  digest.addText(`${report?.outcome} ${violations.join(' ')}`);
  return { violations, digest: digest.toString(), world, report, inflicted };
}

function addFrame(digest: Digest, frame: FrameRecord): void {
  digest.add(frame.tUs);
  digest.add(Math.floor(frame.tUs / 0x1_0000_0000));
  digest.addText(frame.from);
  if (frame.lost) digest.add(1);
  digest.addBytes(frame.bytes);
}

/** A program that throws ends the run; everything else that goes wrong is the tool's own and is thrown on. */
async function letRun(world: World, scenario: Scenario): Promise<RunReport | undefined> {
  const { untilUs = DEFAULT_UNTIL_US, runsToEnd = false } = scenario;
  const sliceUs = scenario.isOver === undefined ? untilUs : LOOK_US;
  try {
    for (let until = sliceUs; ; until += sliceUs) {
      const report = await world.run({ until: Math.min(until, untilUs), stopWhenIdle: !runsToEnd });
      if (report.outcome !== 'until' || until >= untilUs || scenario.isOver?.(world)) return report;
    }
  } catch (error) {
    if (world.failure === null) throw error;
    return undefined;
  }
}

function failureSentence(world: World): string {
  const { board, task, error } = world.failure!;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `Task ${task} of board ${board} threw ${text}`;
}

/** What the world found by itself, as far as it counts. */
function foundIn(report: RunReport | undefined, { findings = 'all' }: Scenario): string[] {
  return (report?.findings ?? [])
    .filter(({ kind, isExpected }) => !isExpected && counts(kind, findings))
    .map(({ board, text }) => (board === '' ? text : `${board}: ${text}`));
}

function counts(kind: Finding['kind'], wanted: NonNullable<Scenario['findings']>): boolean {
  return typeof wanted === 'string' ? wanted === 'all' : (wanted as readonly string[]).includes(kind);
}
