/** The same as index.ts for programs in CommonJS, where a module knows in another way which folder it is in. */

import { Firmware } from '../../device/index.ts';
import { type BuildOptions, buildWasm } from './build.ts';
import { findHome } from './packages.ts';

export type { BuildOptions, SdkconfigSource } from './build.ts';
export { FirmwareBuildError } from './build-error.ts';

/** Compile C and C++ sources to firmware for any number of boards; see index.ts. */
export async function buildFirmware(options: BuildOptions): Promise<Firmware> {
  return new Firmware(await buildWasm(findHome(__dirname), options));
}
