/**
 * The bug zoo (README.md here): 33 pairs of programs that differ by one bug, on two boards. Without misfortunes, a pair whose
 * bug needs one behaves; a pair whose bug needs none shows it, and its corrected half behaves.
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runTrial } from '../../tools/explore/trial.ts';
import { buildZooCase, type ZooImages } from '../../tools/zoo/boards.ts';
import { readZooCase, type ZooVariant } from '../../tools/zoo/case.ts';
import { zooScenario } from '../../tools/zoo/scenario.ts';

const cases = join(__dirname, 'cases');
const zoo = readdirSync(cases).map((name) => readZooCase(join(cases, name)));

const variants: readonly ZooVariant[] = ['buggy', 'fixed'];
const images = new Map<string, Promise<ZooImages>>();

jest.setTimeout(300_000);

beforeAll(() => {
  // Names of sources in panics, and what the compiler has in its cache, are the same wherever the tests are started.
  process.chdir(resolve(__dirname, '..', '..'));
  for (const each of zoo) {
    for (const variant of variants) {
      const built = buildZooCase(each, variant);
      // Whoever runs it hears of it.
      built.catch(() => undefined);
      images.set(`${each.name} ${variant}`, built);
    }
  }
});

test('all cases are here', () => {
  expect(zoo).toHaveLength(33);
});

describe.each(zoo.map((each) => [each.name, each] as const))('%s', (name, each) => {
  test.each(variants)('%s', async (variant) => {
    const scenario = zooScenario(each, await images.get(`${name} ${variant}`)!, `${name} ${variant}`);
    const { violations } = await runTrial(scenario, []);
    if (each.minFaults === 0 && variant === 'buggy') expect(violations).not.toEqual([]);
    else expect(violations).toEqual([]);
  });
});
