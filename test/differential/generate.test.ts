/** Generated scenarios: well formed, the same from the same seed, various, and runnable by the twin without lwIP. */

import { describe, expect, test } from '@jest/globals';
import { parseScenario } from '../../tools/conformance/scenario.ts';
import { generateScenario } from '../../tools/differential/generate.ts';
import { compare, runTwin } from '../../tools/differential/judge.ts';
import { withInjections } from '../../tools/differential/mutate.ts';
import type { ScenarioFile } from '../../tools/differential/scenario-file.ts';

const seeds = Array.from({ length: 300 }, (_, i) => i + 1);
const scenarios = seeds.map(generateScenario);

/** What the twin does; the test fails if it throws. */
function outcomeOf(scenario: ScenarioFile) {
  const outcome = runTwin(scenario);
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

describe('a generated scenario', () => {
  test('follows the format of scenario files', () => {
    for (const scenario of scenarios) {
      const { plan, expect: recorded } = parseScenario(JSON.parse(JSON.stringify(scenario)));
      expect([plan.config, recorded]).toEqual(['liblwip', undefined]);
    }
  });

  test('is the same from the same seed and another one from another seed', () => {
    expect(seeds.map(generateScenario)).toEqual(scenarios);
    const different = new Set(scenarios.map(({ name, description, ...rest }) => JSON.stringify(rest)));
    expect(different.size).toBe(scenarios.length);
  });

  test('draws from everything there is', () => {
    const ops = new Set(scenarios.flatMap(({ tasks }) => tasks.flatMap((task) => task.ops.map(([name]) => name))));
    for (const op of [
      'connect',
      'accept',
      'sendall',
      'recvall',
      'echo',
      'shutdown',
      'lwip_poll',
      'sendmsg',
      'sendto',
    ]) {
      expect(ops).toContain(op);
    }
    // The packaged lwIP has no select().
    expect(ops).not.toContain('select');
    const actions = new Set(scenarios.flatMap(({ link }) => link.faults.map(({ action }) => action)));
    expect([...actions].sort()).toEqual(['corrupt', 'delay', 'drop', 'dup']);
    expect(new Set(scenarios.map(({ hosts }) => hosts.length))).toEqual(new Set([2, 3]));
    expect(scenarios.some(({ link }) => link.outages.length > 0)).toBe(true);
  });

  test('runs on the twin the same way every time', () => {
    for (const scenario of scenarios.slice(0, 4)) {
      const outcome = outcomeOf(scenario);
      expect(outcomeOf(scenario)).toEqual(outcome);
      expect(outcome.frames.length).toBeGreaterThan(0);
    }
  });
});

describe('injected frames', () => {
  test('derive from what was sent, in order of time, the same from the same seed', () => {
    for (const scenario of scenarios.slice(0, 6)) {
      const outcome = outcomeOf(scenario);
      const injected = withInjections(scenario, 7, outcome);
      expect(withInjections(scenario, 7, outcome)).toEqual(injected);
      expect(injected.injections.length).toBeGreaterThan(0);
      const times = injected.injections.map(({ t_us }) => t_us);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(() => parseScenario(JSON.parse(JSON.stringify(injected)))).not.toThrow();
    }
  });

  test('are not invented where nothing was sent', () => {
    const scenario = scenarios[0]!;
    expect(withInjections(scenario, 1, { calls: [], frames: [], final: {} })).toBe(scenario);
  });
});

describe('a verdict', () => {
  const scenario = scenarios[0]!;
  const outcome = outcomeOf(scenario);

  test('is "no difference" between two equal outcomes', () => {
    expect(compare(scenario, outcome, outcomeOf(scenario))).toMatchObject({ differences: [], defect: undefined });
  });

  test('names what differs', () => {
    const [first, ...rest] = outcome.frames;
    const other = { ...outcome, frames: [{ ...first, hex: 'ffff' }, ...rest] };
    expect(compare(scenario, other, outcome).differences).toEqual([
      { where: 'frames[0].hex', expected: 'ffff', actual: first!.hex },
    ]);
  });

  test('keeps what the twin throws', () => {
    expect(compare(scenario, outcome, new Error('no'))).toMatchObject({
      defect: undefined,
      differences: [{ where: 'final', actual: 'no' }],
    });
  });

  test('compares only what happened before lwIP met a defect', () => {
    const endUs = 1000;
    const loops = { ...outcome.final, abort: 'endless loop', end_us: endUs };
    const before = outcome.frames.filter(({ t_us }) => Number(t_us) < endUs);
    const calls = outcome.calls.filter(({ t0_us }) => Number(t0_us) < endUs);
    const cut = { calls, frames: before, final: loops };
    expect(compare(scenario, cut, outcome)).toMatchObject({
      differences: [],
      defect: { lwip: 'endless loop', twin: undefined },
    });
    const other = { ...cut, frames: before.map((frame) => ({ ...frame, hex: '' })) };
    expect(compare(scenario, other, outcome).differences.length).toBe(before.length);
    const stopped = { ...outcome, final: { ...outcome.final, abort: 'tcp_bind_twice', abort_us: 0 } };
    expect(compare(scenario, other, stopped)).toMatchObject({ differences: [], defect: { twin: 'tcp_bind_twice' } });
  });
});
