/** The compiler of firmware for programs: `import { buildFirmware } from 'lwip-twin/firmware'`. */

import { Firmware } from '../../device/index.ts';
import { type BuildOptions, buildWasm } from './build.ts';
import { findHome } from './packages.ts';

export type { BuildOptions, SdkconfigSource } from './build.ts';
export { FirmwareBuildError } from './build-error.ts';

/**
 * Compile C and C++ sources, as ESP-IDF would for a chip, to firmware for any number of boards:
 * `world.esp32('server', { firmware: await buildFirmware({ sources: ['main/tcp_server.c'] }) })`.
 * What was built before is taken from a cache.
 * @throws TypeError for options that are none
 * @throws FirmwareBuildError with the compiler's words, or a sentence on what is missing
 */
export async function buildFirmware(options: BuildOptions): Promise<Firmware> {
  return new Firmware(await buildWasm(findHome(), options));
}
