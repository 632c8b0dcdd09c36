/** The smallest plan that still shows the same violation: fewer faults, then shorter and milder ones. */

import type { FrameMatch } from '../../device/faults/match.ts';
import type { FaultPlan, FaultSpec } from '../../device/faults/plan.ts';

type Spec = FaultSpec<FrameMatch>;

/**
 * @param fails runs a plan and says whether the violation is still there
 * @param attempts runs at most
 */
export async function shrinkPlan(
  plan: FaultPlan,
  fails: (plan: FaultPlan) => Promise<boolean>,
  attempts: number,
): Promise<FaultPlan> {
  let best = plan;
  let left = attempts;
  for (let improved = true; improved && left > 0; ) {
    improved = false;
    for (const candidate of simplerPlans(best)) {
      if (left-- <= 0) break;
      if (!(await fails(candidate))) continue;
      best = candidate;
      improved = true;
      break;
    }
  }
  return best;
}

/** Plans with one fault less, then with one fault made milder. */
function* simplerPlans(plan: FaultPlan): Generator<FaultPlan> {
  for (let i = 0; i < plan.length && plan.length > 1; i++) yield plan.filter((_, k) => k !== i);
  for (const [i, spec] of plan.entries()) {
    for (const milder of milderSpecs(spec)) yield plan.map((one, k) => (k === i ? milder : one));
  }
}

const LEAST_US = 100_000;

function* milderSpecs(spec: Spec): Generator<Spec> {
  if ('again' in spec && spec.again !== undefined && spec.again > 0) yield { ...spec, again: spec.again - 1 };
  if ('forUs' in spec && spec.forUs !== undefined && spec.forUs > LEAST_US) yield { ...spec, forUs: half(spec.forUs) };
  if (spec.kind === 'delay' && spec.us > LEAST_US) yield { ...spec, us: half(spec.us) };
  if ('untilUs' in spec && spec.untilUs !== undefined) {
    const sinceUs = spec.sinceUs ?? 0;
    if (spec.untilUs - sinceUs > LEAST_US) yield { ...spec, untilUs: sinceUs + half(spec.untilUs - sinceUs) };
  }
}

function half(us: number): number {
  return Math.ceil(us / 2);
}
