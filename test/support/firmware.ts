/** Firmware of the tests: C under test/firmware/c, compiled once per version of its sources. */

import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type Esp32,
  type Esp32Options,
  type Firmware,
  formatLogRecord,
  World,
  type WorldOptions,
} from '../../device/index.ts';
import { type BuildOptions, buildFirmware } from '../../tools/firmware/index.ts';

/** A compiler has to start, on a machine that may be busy with other tests. */
export const COMPILE_TIMEOUT_MS = 120_000;

const root = resolve(__dirname, '..', '..');
const cacheDir = join(root, 'node_modules', '.cache', 'lwip-twin', 'firmware');

/** @param sources paths from test/firmware/c on; a folder stands for its C files */
export function compile(sources: readonly string[], options: Partial<BuildOptions> = {}): Promise<Firmware> {
  const paths = sources.flatMap((name) => {
    const path = join(root, 'test', 'firmware', 'c', name);
    return name.endsWith('.c')
      ? [path]
      : readdirSync(path)
          .filter((f) => f.endsWith('.c'))
          .map((f) => join(path, f));
  });
  return buildFirmware({ sources: paths, cacheDir, ...options });
}

/** A world with one board that runs the firmware. */
export function boot(firmware: Firmware, options: Partial<Esp32Options> = {}, worldOptions: WorldOptions = {}) {
  const world = new World(worldOptions);
  const board = world.esp32('board', { lan: world.lan(), ip: '192.168.4.1', firmware, ...options });
  return { world, board };
}

/** What the board printed, as on its console. */
export function consoleOf(board: Esp32): string[] {
  return board.log.map((record) => formatLogRecord(record, board.bootUs));
}
