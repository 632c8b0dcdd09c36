/** `lwip-twin build`: an image that runs without the compiler. */

import { existsSync, readFileSync } from 'node:fs';
import { FirmwareBuildError } from '../firmware/build-error.ts';
import { buildFirmware } from '../firmware/index.ts';
import { replaceFile } from '../replace-file.ts';
import type { BuildCommand } from './args.ts';
import { sourcesOf } from './program-of.ts';
import type { Screen } from './screen.ts';
import { UsageError } from './usage-error.ts';

const WASM_MAGIC = '\0asm';

/** @returns the exit status @throws UsageError if there is no image to be made; the file is as it was then */
export async function build(command: BuildCommand, screen: Screen): Promise<number> {
  const { sources, output, sdkconfig, ...compilation } = command;
  refuseToDestroy(output);
  try {
    const layers = sdkconfig === undefined ? undefined : [sdkconfig];
    const options = sourcesOf(sources, { ...compilation, sdkconfig: layers });
    if (options === undefined) {
      throw new UsageError("'build' takes .c, .cpp, .cc and .cxx files, or the folder of one ESP-IDF project.");
    }
    const { wasm } = await buildFirmware({ ...options, onWarning: (text) => screen.err(text) });
    replaceFile(output, wasm);
    screen.err(`lwip-twin: ${output}, ${wasm.length} bytes\n`);
    return 0;
  } catch (error) {
    if (error instanceof FirmwareBuildError) throw new UsageError(`The image cannot be built.\n${error.message}`);
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

/** "-o main.c" is a slip, not a wish. */
function refuseToDestroy(output: string): void {
  if (!existsSync(output)) return;
  let head: string;
  try {
    head = readFileSync(output, 'latin1').slice(0, WASM_MAGIC.length);
  } catch (error) {
    throw new UsageError(`'${output}' cannot be written: ${(error as Error).message}.`);
  }
  if (head !== '' && head !== WASM_MAGIC)
    throw new UsageError(`'${output}' exists and is no image; it is not overwritten.`);
}
