/** Shrinking: smaller, still what was looked for, and no larger step is left. */

import { expect, test } from '@jest/globals';
import { parseScenario } from '../../tools/conformance/scenario.ts';
import { generateScenario } from '../../tools/differential/generate.ts';
import type { ScenarioFile } from '../../tools/differential/scenario-file.ts';
import { candidates, shrink } from '../../tools/differential/shrink.ts';

const hasShutdown = (scenario: ScenarioFile): Promise<boolean> =>
  Promise.resolve(scenario.tasks.some(({ ops }) => ops.some(([name]) => name === 'shutdown')));

test('what is left is only what the search needs', async () => {
  const seeds = Array.from({ length: 40 }, (_, i) => generateScenario(i + 1));
  const found: ScenarioFile[] = [];
  for (const scenario of seeds) if (await hasShutdown(scenario)) found.push(scenario);
  expect(found.length).toBeGreaterThan(3);
  for (const scenario of found.slice(0, 4)) {
    const small = await shrink(scenario, hasShutdown);
    expect(small.tasks).toHaveLength(1);
    expect(small.tasks[0]!.ops.map(([name]) => name)).toEqual(['shutdown']);
    expect(small.link).toMatchObject({ faults: [], outages: [] });
    expect(small.injections).toEqual([]);
  }
});

test('a scenario that cannot be made smaller stays as it is', async () => {
  const scenario = generateScenario(3);
  expect(await shrink(scenario, () => Promise.resolve(false))).toBe(scenario);
});

test('every step is a scenario, and another one', () => {
  for (const scenario of [1, 2, 3, 4].map(generateScenario)) {
    for (const smaller of candidates(scenario)) {
      expect(JSON.stringify(smaller)).not.toBe(JSON.stringify(scenario));
      expect(() => parseScenario(JSON.parse(JSON.stringify(smaller)))).not.toThrow();
    }
  }
});
