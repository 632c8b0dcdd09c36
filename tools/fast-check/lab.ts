/** Whole labs as plain data: boards, a wire, programs, misfortunes. */

import * as fc from 'fast-check';
import type { FaultPlan } from '../../device/faults/plan.ts';
import { type Esp32, type Lan, World } from '../../device/index.ts';
import { type CallStep, callProgram, callSequence, type StepResult } from './calls.ts';
import { type FaultPlanOptions, faultPlan } from './faults.ts';

export interface Lab {
  readonly seed: number;
  readonly latencyUs: number;
  /** 0 is infinitely fast. */
  readonly bitsPerSecond: number;
  /** By the names of the boards; each list of calls is a task. */
  readonly programs: Readonly<Record<string, readonly (readonly CallStep[])[]>>;
  readonly faults: FaultPlan;
}

export interface LabOptions extends Partial<Omit<FaultPlanOptions, 'boards'>> {
  /** 2 if left out. */
  readonly boards?: number;
  /** Tasks per board, at most; 2 if left out. 0 for labs whose programs are the test's own. */
  readonly maxTasks?: number;
  /** 20 if left out. */
  readonly maxCalls?: number;
}

/** A lab with boards board1, board2, ... at 192.168.4.1, .2, ... Shrinks to nothing going on and nothing going wrong. */
export function lab({ boards = 2, maxTasks = 2, maxCalls = 20, ...faults }: LabOptions = {}): fc.Arbitrary<Lab> {
  const names = Array.from({ length: boards }, (_, i) => `board${i + 1}`);
  const tasks = fc.array(callSequence({ ips: names.map((_, i) => ipOf(i)), maxCalls }), {
    maxLength: maxTasks,
    size: 'max',
  });
  return fc.record({
    seed: fc.nat({ max: 0x7fff_ffff }),
    latencyUs: fc.integer({ min: 1, max: 200_000 }),
    bitsPerSecond: fc.oneof({ withCrossShrink: true }, fc.constant(0), fc.integer({ min: 100_000, max: 100_000_000 })),
    programs: fc.record(Object.fromEntries(names.map((name) => [name, tasks]))),
    faults: faultPlan({ boards: names, ...faults }),
  });
}

/** A lab that can run. */
export interface BuiltLab {
  readonly world: World;
  readonly lan: Lan;
  readonly boards: readonly Esp32[];
  /** What came of the calls, by board and task: "board1/0". */
  readonly results: ReadonlyMap<string, readonly StepResult[]>;
}

/** Build it: the programs start when it runs, the faults are in force. */
export function buildLab({ seed, latencyUs, bitsPerSecond, programs, faults }: Lab): BuiltLab {
  const world = new World({ seed });
  const lan = world.lan({ latencyUs, bitsPerSecond });
  const results = new Map<string, StepResult[]>();
  const boards = Object.entries(programs).map(([name, tasks], i) => {
    const board = world.esp32(name, { lan, ip: ipOf(i) });
    for (const [n, steps] of tasks.entries()) {
      const noted: StepResult[] = [];
      results.set(`${name}/${n}`, noted);
      board.xTaskCreate(callProgram(steps, noted), `task${n}`, { startUs: 10_000 });
    }
    return board;
  });
  world.inflict(faults);
  return { world, lan, boards, results };
}

function ipOf(index: number): string {
  return `192.168.4.${index + 1}`;
}
