/** The command line, as far as it needs no lwIP: help, wrong usage, and what is said where lwIP or gcc are missing. */

import { afterEach, expect, test } from '@jest/globals';
import { differential } from '../../tools/differential/cli.ts';

const { PATH } = process.env;

afterEach(() => {
  process.env.PATH = PATH;
});

async function run(...argv: string[]): Promise<{ status: number; lines: string[] }> {
  const lines: string[] = [];
  const status = await differential(argv, (line) => lines.push(line));
  return { status, lines };
}

test('--help tells how it is used', async () => {
  const { status, lines } = await run('--help');
  expect(status).toBe(0);
  expect(lines.join('\n')).toContain('npm run differential [-- --seeds A-B]');
});

test('a range that is none is refused in a sentence', async () => {
  expect(await run('--seeds', 'many')).toEqual({
    status: 2,
    lines: ['--seeds takes a range such as 1-2000, not "many".'],
  });
});

test('without gcc one sentence says what to install, and the status is not 0', async () => {
  process.env.PATH = '/nowhere';
  const { status, lines } = await run('--seeds', '1');
  expect(status).toBe(2);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('apt-get install gcc libc6-dev liblwip-dev liblwip0');
});
