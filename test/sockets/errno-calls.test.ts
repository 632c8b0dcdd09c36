/** Every answer of every call, situation by situation. */

import { describe, expect, test } from '@jest/globals';
import { EAFNOSUPPORT, ENOSPC } from '../../sockets/errno.ts';
import { type Answer, type Case, run } from './cases/case.ts';
import { connectingCases } from './cases/connecting.ts';
import { opening } from './cases/opening.ts';
import { receiving } from './cases/receiving.ts';
import { resolving } from './cases/resolving.ts';
import { sending } from './cases/sending.ts';
import { waiting } from './cases/waiting.ts';
import { NOT_IN_THE_TWIN, ROWS } from './errno-rows.ts';

const cases: readonly Case[] = [...opening, ...connectingCases, ...sending, ...receiving, ...resolving, ...waiting];
const rows = new Map(ROWS.map(([id, call, situation, answer]) => [id, { call, situation, answer }]));

describe('answers', () => {
  for (const c of cases) {
    const { call, situation } = rows.get(c.row) ?? { call: '?', situation: c.row };
    test(`${c.row}: ${call}: ${situation}: ${c.when}`, () => {
      expect(run(c)).toEqual(c.answers);
    });
  }
});

describe('coverage', () => {
  test('every row is shown by a case, or listed with the reason why it cannot happen', () => {
    const shown = new Set(cases.map((c) => c.row));
    const known = ROWS.map(([id]) => id);
    expect(known.filter((id) => !shown.has(id) && !(id in NOT_IN_THE_TWIN))).toEqual([]);
    expect([...shown, ...Object.keys(NOT_IN_THE_TWIN)].filter((id) => !known.includes(id))).toEqual([]);
    expect([...shown].filter((id) => id in NOT_IN_THE_TWIN)).toEqual([]);
    expect(new Set(known).size).toBe(153);
  });

  test('a case answers what its row says', () => {
    const numbers: Readonly<Record<string, Answer>> = { EAFNOSUPPORT: EAFNOSUPPORT, ENOSPC: ENOSPC };
    const isPlain = /^(E[A-Z]+|0|-16)$/;
    for (const { row, answers } of cases) {
      const { call, answer } = rows.get(row)!;
      if (!isPlain.test(answer) || call === 'inet_pton') continue;
      const expected = call === 'inet_ntop' ? numbers[answer] : answer.startsWith('E') ? answer : Number(answer);
      expect([row, answers]).toEqual([row, expect.arrayContaining([expected])]);
    }
  });
});
