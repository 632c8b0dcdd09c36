/** The search itself: plan after plan, each in a fresh world, what was found grouped by cause and shrunk. */

import type { FaultPlan } from '../../device/faults/plan.ts';
import type { World } from '../../device/world.ts';
import { firstDifference } from './determinism.ts';
import { type BoardPlace, type PlainRun, placesOf } from './places.ts';
import { Plans } from './plans.ts';
import { misfortunesOf, type Scenario } from './scenario.ts';
import { shrinkPlan } from './shrink.ts';
import { runTrial, type Trial } from './trial.ts';

export interface ExploreOptions {
  /** Milliseconds of the host's time after which the search ends; no limit if left out. */
  readonly budgetMs?: number;
  /** Runs to make, the plain one included, whatever time it takes; one for every plan that there is if left out. */
  readonly runs?: number;
  /** Faults in a plan at most; 2 if left out. */
  readonly faults?: number;
  /** Search the plans n with n mod `of` = `index` only; all if left out. */
  readonly shard?: { readonly index: number; readonly of: number };
  /** Ends the search as soon as possible; what was found so far is kept. */
  readonly signal?: AbortSignal;
  /** Told of the search's progress now and then. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told of every cause as soon as it was found and shrunk. */
  readonly onFinding?: (finding: Finding) => void;
}

export interface Progress {
  readonly runs: number;
  readonly skipped: number;
  readonly findings: number;
  readonly elapsedMs: number;
}

/** A cause: runs that went wrong in the same way. */
export interface Finding {
  /** What did not hold. */
  readonly violation: string;
  /** The smallest plan that shows it. */
  readonly plan: FaultPlan;
  /** Number of the first plan that showed it, and how many runs it took to come there. */
  readonly number: number;
  readonly afterRuns: number;
  /** Runs that went wrong like this. */
  count: number;
}

export interface ExploreResult {
  readonly scenario: string;
  readonly findings: readonly Finding[];
  /** Runs made, the plain one included; plans that could not show anything new; places that a misfortune can strike. */
  readonly runs: number;
  readonly skipped: number;
  readonly places: number;
  readonly elapsedMs: number;
  /** All plans were tried. */
  readonly isComplete: boolean;
}

const SHRINK_ATTEMPTS = 60;
/** Milliseconds between two looks at the rest of the process. */
const YIELD_MS = 50;

/**
 * Look for the smallest misfortune that breaks a scenario.
 * @throws Error if two plain runs differ, naming the first difference
 */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<ExploreResult> {
  const search = new Search(scenario, options);
  return search.run();
}

class Search {
  private readonly scenario: Scenario;
  private readonly options: ExploreOptions;
  private readonly startedAt = performance.now();
  private yieldedAt = this.startedAt;
  private readonly findings = new Map<string, Finding>();
  private readonly digests = new Set<string>();
  /** Places that alone led to a run that had been seen before. */
  private readonly idle = new Set<number>();
  private runs = 0;
  private skipped = 0;

  constructor(scenario: Scenario, options: ExploreOptions) {
    this.scenario = scenario;
    this.options = options;
  }

  async run(): Promise<ExploreResult> {
    const { scenario, options } = this;
    const { plain, trial } = await plainRun(scenario);
    this.runs = 1;
    this.digests.add(trial.digest);
    const places = placesOf(misfortunesOf(scenario), plain);
    const plans = new Plans(places, options.faults ?? 2, scenario.seed ?? 1);
    if (trial.violations.length > 0) await this.found(trial.violations[0]!, [], 0);
    const isComplete = await this.tryAll(plans);
    return {
      scenario: scenario.name,
      findings: [...this.findings.values()],
      runs: this.runs,
      skipped: this.skipped,
      places: places.length,
      elapsedMs: performance.now() - this.startedAt,
      isComplete,
    };
  }

  private async tryAll(plans: Plans): Promise<boolean> {
    const { index, of } = this.options.shard ?? { index: 0, of: 1 };
    const { runs: most = Number.POSITIVE_INFINITY } = this.options;
    for (let number = index; ; number += of) {
      if (number === 0) continue;
      const places = plans.placesOf(number);
      if (places === undefined) return true;
      if (this.runs >= most || this.isOver()) return false;
      if (places.length > 1 && places.some((place) => this.idle.has(place))) {
        this.skipped++;
        continue;
      }
      await this.tryPlan(plans, number, places);
      if (performance.now() - this.yieldedAt > YIELD_MS) await this.yieldToOthers();
    }
  }

  private async tryPlan(plans: Plans, number: number, places: readonly number[]): Promise<void> {
    const plan = plans.planOf(places);
    const trial = await runTrial(this.scenario, plan);
    this.runs++;
    const isNew = !this.digests.has(trial.digest);
    this.digests.add(trial.digest);
    if (!isNew && places.length === 1) this.idle.add(places[0]!);
    if (trial.violations.length > 0) await this.found(trial.violations[0]!, plan, number);
  }

  private async found(violation: string, plan: FaultPlan, number: number): Promise<void> {
    const key = causeOf(violation);
    const known = this.findings.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const afterRuns = this.runs;
    const shrunk =
      plan.length === 0 ? plan : await shrinkPlan(plan, (one) => this.stillFails(one, key), SHRINK_ATTEMPTS);
    const finding: Finding = { violation, plan: shrunk, number, afterRuns, count: 1 };
    this.findings.set(key, finding);
    this.options.onFinding?.(finding);
  }

  private async stillFails(plan: FaultPlan, key: string): Promise<boolean> {
    const trial = await runTrial(this.scenario, plan);
    return trial.violations.some((violation) => causeOf(violation) === key);
  }

  private isOver(): boolean {
    const { budgetMs, signal } = this.options;
    return signal?.aborted === true || (budgetMs !== undefined && performance.now() - this.startedAt >= budgetMs);
  }

  private async yieldToOthers(): Promise<void> {
    this.options.onProgress?.({
      runs: this.runs,
      skipped: this.skipped,
      findings: this.findings.size,
      elapsedMs: performance.now() - this.startedAt,
    });
    await new Promise((resolve) => setImmediate(resolve));
    this.yieldedAt = performance.now();
  }
}

/** Violations whose sentences differ in numbers only have the same cause. */
function causeOf(violation: string): string {
  return violation.replace(/-?\d+(?:\.\d+)?/g, '#');
}

/** The run without misfortunes, made twice. @throws Error if it does not repeat itself */
async function plainRun(scenario: Scenario): Promise<{ readonly plain: PlainRun; readonly trial: Trial }> {
  const trial = await runTrial(scenario, [{ kind: 'schedule', swaps: [] }], true);
  const again = await runTrial(scenario, [], true);
  const difference = firstDifference(trial.world.trace!, again.world.trace!);
  if (difference !== undefined || trial.digest !== again.digest) {
    throw new Error(
      `Scenario "${scenario.name}" does not repeat itself: ${difference ?? 'two plain runs ended differently'}. ` +
        'Its programs may depend on virtual time, on world.random() and on each other, and on nothing else.',
    );
  }
  const { frames, calls } = trial.world.trace!;
  const choices = trial.inflicted.faults[0]!.matches;
  return { plain: { boards: boardsOf(trial.world), frames, calls, choices, endUs: trial.world.nowUs }, trial };
}

function boardsOf(world: World): BoardPlace[] {
  return world.boards.map(({ name, options }) => ({ name, ip: options.ip ?? '' }));
}
