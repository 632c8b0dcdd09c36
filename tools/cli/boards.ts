/** Makes the boards of a plan: scripts in realms of their own, images from files, sources by way of the compiler. */

import { readFileSync } from 'node:fs';
import { stop } from 'esbuild';
import { formatLogRecord, type LogRecord } from '../../device/firmware/console.ts';
import * as device from '../../device/index.ts';
import {
  type Esp32,
  type Esp32Options,
  Firmware,
  type Lan,
  type Os,
  type Program,
  type RandomStream,
  type World,
} from '../../device/index.ts';
import type { BuildOptions } from '../firmware/build.ts';
import { FirmwareBuildError } from '../firmware/build-error.ts';
import { buildFirmware } from '../firmware/index.ts';
import type { BoardPlan } from './board-plan.ts';
import { describeError } from './describe-error.ts';
import type { ProgramFiles } from './program-file.ts';
import { evaluate } from './sandbox.ts';
import { UsageError } from './usage-error.ts';

/** The task that a program runs in, as app_main() of ESP-IDF does. */
export const TASK = 'main';

/** A board whose program is ready. */
export interface LoadedBoard {
  readonly plan: BoardPlan;
  readonly program: Loaded;
}

/** A program that is ready, and only needs a board. */
type Loaded =
  | { readonly kind: 'firmware'; readonly firmware: Firmware }
  | { readonly kind: 'script'; readonly program: Program<Os>; readonly priority: number | undefined };

/** Where boards are placed. */
export interface Site {
  readonly world: World;
  readonly lan: Lan;
  /** Names that resolve without a server. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** Takes what boards print, line by line. */
export type Printer = (board: string, line: string, stream: 'stdout' | 'stderr') => void;

export class Workbench {
  private readonly files: ProgramFiles;
  private readonly print: Printer;
  private readonly warn: (text: string) => void;
  private readonly images = new Map<string, Firmware>();
  /** Where programs run at the moment, and their chance there. */
  private site!: Site;
  private readonly chances = new Map<string, RandomStream>();

  /** @param warn told of doubtful places in sources */
  constructor(files: ProgramFiles, print: Printer, warn: (text: string) => void) {
    this.files = files;
    this.print = print;
    this.warn = warn;
  }

  /** Boards are placed here from now on, and programs see its time. */
  enter(site: Site): void {
    this.site = site;
    this.chances.clear();
  }

  /** Load and compile every program; they may be placed in any number of worlds. @throws UsageError for one that is not right */
  async load(plans: readonly BoardPlan[]): Promise<LoadedBoard[]> {
    try {
      return await Promise.all(plans.map(async (plan) => ({ plan, program: await this.loadProgram(plan) })));
    } finally {
      await stop();
    }
  }

  /** Make the boards. */
  placeAll(boards: readonly LoadedBoard[]): void {
    for (const { plan, program } of boards) this.place(plan, program);
  }

  private async loadProgram({ name, program }: BoardPlan): Promise<Loaded> {
    switch (program.kind) {
      case 'script':
        return { kind: 'script', program: await this.script(name, program.file), priority: program.priority };
      case 'image':
        return { kind: 'firmware', firmware: this.image(program.file) };
      case 'sources':
        return { kind: 'firmware', firmware: await this.compile(name, program.options) };
    }
  }

  private place(plan: BoardPlan, loaded: Loaded): void {
    const { world } = this.site;
    const board = this.make(plan, this.optionsOf(plan, loaded));
    if (loaded.kind === 'script') {
      board.xTaskCreate(loaded.program, TASK, loaded.priority === undefined ? {} : { priority: loaded.priority });
    }
    for (const { atUs, text } of plan.stdin) {
      if (atUs === 0) board.stdin(text);
      else world.at(plan.bootUs + atUs, () => board.stdin(text));
    }
  }

  /** On its network. */
  private make({ name, network, ip, gw, latencyUs }: BoardPlan, options: Esp32Options): Esp32 {
    const { world, lan } = this.site;
    switch (network) {
      case 'lan':
        return world.esp32(name, { ...options, lan, ip: ip!, ...(gw && { gw }) });
      case 'wifi':
        return world.esp32(name, options);
      case 'internet':
        return world.internetHost(name, { ...options, ip: ip!.split('/')[0]!, ...(latencyUs && { latencyUs }) });
    }
  }

  private optionsOf({ name, bootUs }: BoardPlan, loaded: Loaded): Esp32Options {
    if (loaded.kind === 'script') return { bootUs };
    const { world, hosts } = this.site;
    const bootedUs = () => world.boards.find((board) => board.name === name)?.bootUs ?? 0;
    const onLog = (record: LogRecord) => this.printLines(name, formatLogRecord(record, bootedUs()), 'stdout');
    return { bootUs, firmware: loaded.firmware, hosts, onLog };
  }

  private printLines(board: string, text: string, stream: 'stdout' | 'stderr'): void {
    for (const line of text.split('\n')) this.print(board, line, stream);
  }

  private random(board: string): number {
    let chance = this.chances.get(board);
    if (chance === undefined) {
      chance = this.site.world.random(`Math.random of ${board}`);
      this.chances.set(board, chance);
    }
    return chance.uint32() / 0x1_0000_0000;
  }

  private async script(board: string, file: string): Promise<Program<Os>> {
    const script = await this.files.load(file);
    try {
      const exported = evaluate(script, device, {
        nowUs: () => this.site.world.nowUs,
        random: () => this.random(board),
        print: (stream, text) => this.printLines(board, this.files.explainPlaces(text).replace(/\n$/, ''), stream),
      });
      return programIn(exported, file);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`'${file}' threw while it was loaded: ${describeError(error, this.files)}`);
    }
  }

  private image(file: string): Firmware {
    const known = this.images.get(file);
    if (known !== undefined) return known;
    let wasm: Uint8Array;
    try {
      wasm = readFileSync(file);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw new UsageError(
        isMissing ? `There is no file '${file}'.` : `'${file}' cannot be read: ${(error as Error).message}.`,
      );
    }
    try {
      const firmware = new Firmware(wasm);
      this.images.set(file, firmware);
      return firmware;
    } catch (error) {
      throw new UsageError(`'${file}' cannot be run. ${(error as Error).message}`);
    }
  }

  private async compile(board: string, options: BuildOptions): Promise<Firmware> {
    try {
      return await buildFirmware({ ...options, onWarning: (text) => this.warn(text) });
    } catch (error) {
      if (!(error instanceof FirmwareBuildError)) throw error;
      throw new UsageError(`The firmware of '${board}' cannot be built.\n${error.message}`);
    }
  }
}

function programIn(exported: unknown, file: string): Program<Os> {
  const names: Readonly<Record<string, unknown>> = Object(exported);
  const program = [exported, names.default, names.program].find((candidate) => typeof candidate === 'function');
  if (program !== undefined) return program as Program<Os>;
  const others = Object.keys(names);
  const found = others.length === 0 ? '' : ` (it exports: ${others.join(', ')})`;
  throw new UsageError(
    `'${file}' exports no program${found}; a program is an async or generator function, the default export or one named "program".`,
  );
}
