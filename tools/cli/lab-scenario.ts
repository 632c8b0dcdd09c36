/** A lab file as a scenario for the search. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as device from '../../device/index.ts';
import { World } from '../../device/index.ts';
import { planBoards } from './board-plan.ts';
import { type Site, Workbench } from './boards.ts';
import { readLab } from './lab.ts';
import { setUp } from './lab-air.ts';
import { violationsOf } from './lab-check.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { ProgramFiles } from './program-file.ts';
import { DEFAULTS } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** A search wants runs that end; a minute is long in virtual time. */
const UNTIL_US = 60_000_000;

/**
 * @param print told what boards print, with the world that they are in
 * @throws UsageError if the lab or one of its programs is not right, or nothing is said to be survived
 */
export async function loadLab(
  file: string,
  print: (world: World | null, stream: 'stdout' | 'stderr', text: string) => void,
): Promise<LoadedScenario> {
  const lab = readLab(file);
  if (lab.survives.length === 0) {
    throw new UsageError(`${file}: a search needs "survives", the misfortunes that the programs must withstand.`);
  }
  const settings = { ...DEFAULTS, untilUs: UNTIL_US, ...lab.settings };
  const files = new ProgramFiles(new Map([['lwip-twin', Object.keys(device)]]), (text) =>
    print(null, 'stderr', `${text}\n`),
  );
  const printed = new Map<string, string[]>();
  let world: World | null = null;
  const bench = new Workbench(
    files,
    (board, line, stream) => {
      const lines = printed.get(board);
      if (lines === undefined) printed.set(board, [line]);
      else lines.push(line);
      print(world, stream, `[${board}] ${line}\n`);
    },
    (text) => print(null, 'stderr', text),
  );
  const site = (one: World): Site => ({ world: one, lan: one.lan(settings), hosts: lab.hosts });
  bench.enter(site(new World(settings)));
  const boards = await bench.load(planBoards(lab.boards));
  return {
    sha256: hashOf(
      file,
      lab.boards.flatMap(({ program, file: first }) =>
        program.kind === 'sources' ? program.options.sources : [first],
      ),
    ),
    scenario: {
      name: basename(file),
      survives: lab.survives,
      untilUs: settings.untilUs,
      seed: settings.seed,
      tickUs: settings.tickUs,
      setup(one) {
        world = one;
        printed.clear();
        const place = site(one);
        if (settings.loss > 0) place.lan.faults.loss(settings.loss, one.random('loss'));
        for (const wanted of lab.accessPoints) setUp(one, wanted);
        bench.enter(place);
        bench.placeAll(boards);
        return () => violationsOf(lab.check, one, printed);
      },
    },
  };
}

/** Of the lab and of every program in it. */
function hashOf(lab: string, programs: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of [lab, ...programs]) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
