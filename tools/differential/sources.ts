/** Where scenarios come from, seeds or files, and what lwIP does in each; lwIP works ahead while the twin computes. */

import { readFileSync } from 'node:fs';
import { type Outcome, parseScenario } from '../conformance/scenario.ts';
import { generateScenario } from './generate.ts';
import { withInjections } from './mutate.ts';
import type { Oracle } from './oracle.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** Scenarios under way in the oracle while the twin computes. */
const AHEAD = 32;
/** The oracle's reason when a scenario makes more records than anybody wants. */
const TOO_MUCH = 'too much happens';

/** A scenario and what lwIP does in it. */
export interface Expected {
  readonly scenario: ScenarioFile;
  readonly expect: Outcome;
}

/** Seeds from the first to the last, in order. */
export function fromSeeds(oracle: Oracle, first: number, last: number): AsyncGenerator<Expected> {
  return ahead(first, last, (seed) => expectedOf(oracle, seed));
}

/**
 * Scenario files, in order; what is expected in them does not matter.
 * @throws ScenarioError if one of them is not a scenario for the packaged lwIP
 */
export function fromFiles(oracle: Oracle, paths: readonly string[]): AsyncGenerator<Expected> {
  return ahead(0, paths.length - 1, (i) => {
    const { expect: _, ...scenario } = JSON.parse(readFileSync(paths[i]!, 'utf8')) as ScenarioFile & {
      expect?: unknown;
    };
    const { plan } = parseScenario(scenario);
    if (plan.config !== 'liblwip') throw new RangeError(`${paths[i]} is not of the configuration "liblwip".`);
    return endingInTime(oracle, scenario);
  });
}

async function* ahead(first: number, last: number, ask: (i: number) => Promise<Expected>): AsyncGenerator<Expected> {
  const queue: Promise<Expected>[] = [];
  let next = first;
  const fill = () => {
    for (; next <= last && queue.length < AHEAD; next++) {
      const expected = ask(next);
      // It is awaited below; until then nobody else is to complain.
      expected.catch(() => undefined);
      queue.push(expected);
    }
  };
  for (fill(); queue.length > 0; fill()) yield await queue.shift()!;
}

/** What lwIP does with a seed's scenario. Every second seed injects what is sent without injections. */
async function expectedOf(oracle: Oracle, seed: number): Promise<Expected> {
  const plain = await endingInTime(oracle, generateScenario(seed));
  if (seed % 2 !== 0) return plain;
  return endingInTime(oracle, withInjections(plain.scenario, seed, plain.expect));
}

/** If too much happens, the scenario ends before it does. */
async function endingInTime(oracle: Oracle, scenario: ScenarioFile): Promise<Expected> {
  const expect = await oracle.run(scenario);
  if (expect.final.abort !== TOO_MUCH) return { scenario, expect };
  return endingInTime(oracle, { ...scenario, end_us: Number(expect.final.end_us) - 1 });
}
