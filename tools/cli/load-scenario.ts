/** A scenario's file: its module, evaluated in a realm of its own like a program's, and what identifies its programs. */

import { createHash } from 'node:crypto';
import { stop } from 'esbuild';
import type { World } from '../../device/index.ts';
import * as device from '../../device/index.ts';
import { type Scenario, scenario } from '../explore/scenario.ts';
import { describeError } from './describe-error.ts';
import { ProgramFiles } from './program-file.ts';
import { evaluate } from './sandbox.ts';
import { UsageError } from './usage-error.ts';

export interface LoadedScenario {
  readonly scenario: Scenario;
  /** Of everything that decides what a run does, in hexadecimal. */
  readonly sha256: string;
}

/** @param print told what programs print; the virtual time of the run that prints is the world's */
export async function loadScenario(
  file: string,
  print: (world: World | null, stream: 'stdout' | 'stderr', text: string) => void,
): Promise<LoadedScenario> {
  const exports = new Map([
    ['lwip-twin', Object.keys(device)],
    ['lwip-twin/explore', ['scenario']],
  ]);
  const files = new ProgramFiles(exports, (text) => print(null, 'stderr', `${text}\n`));
  try {
    const script = await files.load(file);
    let world: World | null = null;
    const exported = evaluateScenario(file, files, () =>
      evaluate(
        script,
        { ...device, scenario },
        {
          nowUs: () => world?.nowUs ?? 0,
          random: () => {
            throw new Error('A scenario takes its chance from world.random(), so that every run repeats itself.');
          },
          print: (stream, text) => print(world, stream, files.explainPlaces(text)),
        },
      ),
    );
    const found = scenarioIn(exported, file);
    const setup = (one: World) => {
      world = one;
      return found.setup(one);
    };
    return { scenario: { ...found, setup }, sha256: createHash('sha256').update(script.code).digest('hex') };
  } finally {
    await stop();
  }
}

function evaluateScenario(file: string, files: ProgramFiles, evaluateIt: () => unknown): unknown {
  try {
    return evaluateIt();
  } catch (error) {
    throw new UsageError(`'${file}' threw while it was loaded: ${describeError(error, files)}`);
  }
}

function scenarioIn(exported: unknown, file: string): Scenario {
  const names: Readonly<Record<string, unknown>> = Object(exported);
  const found = (names.default ?? names.scenario) as Partial<Scenario> | undefined;
  if (typeof found?.setup !== 'function' || !Array.isArray(found.survives)) {
    throw new UsageError(
      `'${file}' exports no scenario: the default export, or one named "scenario", must have "name", "setup" and "survives".`,
    );
  }
  return found as Scenario;
}
