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
  type World,
} from '../../device/index.ts';
import type { BuildOptions } from '../firmware/build.ts';
import { FirmwareBuildError } from '../firmware/build-error.ts';
import { buildFirmware } from '../firmware/index.ts';
import type { BoardPlan } from './board-plan.ts';
import { describeError } from './describe-error.ts';
import type { ProgramFiles } from './program-file.ts';
import { evaluate } from './sandbox.ts';
import type { Screen } from './screen.ts';
import { seconds } from './units.ts';
import { UsageError } from './usage-error.ts';

/** The task that a program runs in, as app_main() of ESP-IDF does. */
export const TASK = 'main';

/** A program that is ready, and only needs a board. */
type Loaded =
  | { readonly kind: 'firmware'; readonly firmware: Firmware }
  | { readonly kind: 'script'; readonly program: Program<Os>; readonly priority: number | undefined };

export class Workbench {
  private readonly world: World;
  private readonly lan: Lan;
  private readonly hosts: Readonly<Record<string, string>>;
  private readonly files: ProgramFiles;
  private readonly screen: Screen;
  private readonly images = new Map<string, Firmware>();

  /** @param hosts names that resolve without a server */
  constructor(world: World, lan: Lan, hosts: Readonly<Record<string, string>>, files: ProgramFiles, screen: Screen) {
    this.world = world;
    this.lan = lan;
    this.hosts = hosts;
    this.files = files;
    this.screen = screen;
  }

  /** Load and compile every program, then make the boards. @throws UsageError before there is any board */
  async plugIn(plans: readonly BoardPlan[]): Promise<void> {
    try {
      const loaded = await Promise.all(plans.map((plan) => this.load(plan)));
      for (const [i, plan] of plans.entries()) this.place(plan, loaded[i]!);
    } finally {
      await stop();
    }
  }

  private async load({ name, program }: BoardPlan): Promise<Loaded> {
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
    const { world } = this;
    const switchOn = () => {
      const board = this.make(plan, this.optionsOf(plan, loaded));
      if (loaded.kind === 'script') {
        board.xTaskCreate(loaded.program, TASK, loaded.priority === undefined ? {} : { priority: loaded.priority });
      }
      for (const { atUs, text } of plan.stdin) {
        if (atUs === 0) board.stdin(text);
        else world.at(world.nowUs + atUs, () => board.stdin(text));
      }
    };
    if (plan.bootUs === 0) switchOn();
    else world.at(plan.bootUs, switchOn);
  }

  /** On its network. */
  private make({ name, network, ip, gw, latencyUs }: BoardPlan, options: Esp32Options): Esp32 {
    switch (network) {
      case 'lan':
        return this.world.esp32(name, { ...options, lan: this.lan, ip: ip!, ...(gw && { gw }) });
      case 'wifi':
        return this.world.esp32(name, options);
      case 'internet':
        return this.world.internetHost(name, { ...options, ip: ip!.split('/')[0]!, ...(latencyUs && { latencyUs }) });
    }
  }

  private optionsOf({ name }: BoardPlan, loaded: Loaded): Esp32Options {
    if (loaded.kind === 'script') return {};
    const bootUs = () => this.world.boards.find((board) => board.name === name)?.bootUs ?? 0;
    const onLog = (record: LogRecord) => this.print(name, formatLogRecord(record, bootUs()), 'stdout');
    return { firmware: loaded.firmware, hosts: this.hosts, onLog };
  }

  private print(board: string, text: string, stream: 'stdout' | 'stderr'): void {
    const time = seconds(this.world.nowUs);
    const prefixed = text
      .split('\n')
      .map((line) => `[${time} ${board}] ${line}\n`)
      .join('');
    if (stream === 'stdout') this.screen.out(prefixed);
    else this.screen.err(prefixed);
  }

  private async script(board: string, file: string): Promise<Program<Os>> {
    const script = await this.files.load(file);
    const chance = this.world.random(`Math.random of ${board}`);
    try {
      const exported = evaluate(script, device, {
        nowUs: () => this.world.nowUs,
        random: () => chance.uint32() / 0x1_0000_0000,
        print: (stream, text) => this.print(board, this.files.explainPlaces(text).replace(/\n$/, ''), stream),
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
      return await buildFirmware({ ...options, onWarning: (text) => this.screen.err(text) });
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
