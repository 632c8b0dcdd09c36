/**
 * What Debian's lwIP did in some scenarios, replayed without it: `random` as generated, `found` small ones that once diverged.
 * Recorded with npm run differential -- --record FOLDER, carried here with npm run conformance -- --pack.
 */

import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findScenarioFiles } from '../../tools/conformance/golden.ts';
import { explain } from '../../tools/conformance/report.ts';
import { runFiles } from '../../tools/conformance/runner.ts';

const folder = join(__dirname, '..', 'liblwip');

describe.each(['found', 'random'])('%s', (group) => {
  const paths = findScenarioFiles([join(folder, group)]);

  test('is there', () => {
    expect(paths.length).toBeGreaterThan(10);
  });

  test('is replayed frame by frame and call by call', () => {
    const others = [...runFiles(paths)].filter(({ status }) => status !== 'identical');
    expect(others.flatMap((result) => explain(result, false))).toEqual([]);
  });
});
