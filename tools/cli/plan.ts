/** A run before anything is made: its boards, and what it is told of its world. */

import type { BoardArgument, RunCommand } from './args.ts';
import { type BoardPlan, planBoards, type WantedBoard } from './board-plan.ts';
import { type Lab, readLab } from './lab.ts';
import type { WantedAccessPoint } from './lab-air.ts';
import { NO_CHECK } from './lab-check.ts';
import { programOf } from './program-of.ts';
import { DEFAULTS, type RunSettings } from './settings.ts';
import { UsageError } from './usage-error.ts';

export interface RunPlan extends RunSettings {
  readonly boards: readonly BoardPlan[];
  /** Nobody has asked for the limit. */
  readonly untilIsDefault: boolean;
  /** Names that resolve without a server. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly accessPoints: readonly WantedAccessPoint[];
}

const LAB_FILE = /\.json$/;

/** @throws UsageError for files that are no programs, and boards that cannot be told apart */
export function planRun(command: RunCommand): RunPlan {
  const [first, ...others] = command.programs;
  const isLab = LAB_FILE.test(first!.file);
  if (isLab && others.length > 0) {
    throw new UsageError(
      `'${first!.file}' describes all boards of a run; it cannot be run together with other programs.`,
    );
  }
  if (isLab && first!.ip !== undefined)
    throw new UsageError(`'${first!.file}' describes boards; it has no address of its own.`);
  if (isLab && (command.sdkconfig !== undefined || command.include.length > 0)) {
    throw new UsageError(
      `'${first!.file}' says itself how its sources are compiled: give sdkconfig and include there.`,
    );
  }
  const lab: Lab = isLab
    ? readLab(first!.file)
    : {
        boards: command.programs.map((argument) => boardOf(argument, command)),
        settings: {},
        hosts: {},
        accessPoints: [],
        survives: [],
        check: NO_CHECK,
      };
  const settings = { ...lab.settings, ...command.settings };
  return {
    ...DEFAULTS,
    ...settings,
    untilIsDefault: settings.untilUs === undefined,
    boards: planBoards(lab.boards),
    hosts: lab.hosts,
    accessPoints: lab.accessPoints,
  };
}

function boardOf({ file, ip }: BoardArgument, command: RunCommand): WantedBoard {
  const { sdkconfig, ...compilation } = command;
  const layers = sdkconfig === undefined ? undefined : [sdkconfig];
  const program = programOf([file], { ...compilation, sdkconfig: layers }, undefined, (expected) => {
    throw new UsageError(`'${file}' is not a program: it must be ${expected}.`);
  });
  return { program, file, ip };
}
