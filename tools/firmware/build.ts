/** buildFirmware(): what its options mean, and what is wrong with them. */

import { readFileSync } from 'node:fs';
import {
  makeSdkconfig,
  parseSdkconfig,
  type Sdkconfig,
  SdkconfigError,
  type SdkconfigSettings,
} from '../../device/index.ts';
import { FirmwareBuildError } from './build-error.ts';
import { buildImage, type ImageOptions } from './image.ts';
import { kconfigDefaults } from './kconfig-file.ts';
import type { Home } from './packages.ts';
import { nameOf } from './sources.ts';

/** What buildFirmware() makes an image of. */
export interface BuildOptions {
  /** Paths of C and C++ files. One of them defines app_main(). */
  readonly sources: readonly string[];
  /**
   * Path of an sdkconfig or sdkconfig.defaults file, or settings such as { CONFIG_LWIP_MAX_SOCKETS: 4 }, or several of
   * them, of which a later one overrides those before it. Left out: ESP-IDF's defaults.
   */
  readonly sdkconfig?: SdkconfigSource | readonly SdkconfigSource[];
  /** A project's own Kconfig files (Kconfig.projbuild): defaults of symbols that the sdkconfig does not set. */
  readonly kconfig?: readonly string[];
  /** Folders in which headers are looked for, beside the folders of the sources. */
  readonly include?: readonly string[];
  /** Files that become part of the image, as EMBED_FILES and, with a zero byte at the end, EMBED_TXTFILES do. */
  readonly embedFiles?: readonly string[];
  readonly embedTextFiles?: readonly string[];
  /** How the sources are optimised: '0', 's' (as ESP-IDF's release builds) or '2'; 's' if left out. */
  readonly optimize?: '0' | 's' | '2';
  /**
   * Detect what a chip detects by panics and its watchdog, with file and line: an overrun stack, a task that never waits.
   * Twice as slow; true if left out.
   */
  readonly checked?: boolean;
  /** Where results are kept. Left out: node_modules/.cache/lwip-twin of the project, or the user's cache folder. */
  readonly cacheDir?: string;
  /** Is told of the compiler's warnings, as clang words them. */
  readonly onWarning?: (text: string) => void;
}

/** Path of an sdkconfig file, or settings. */
export type SdkconfigSource = string | SdkconfigSettings;

const OPTIMIZE: readonly unknown[] = ['0', 's', '2'];

/**
 * Compile sources and make an image of them.
 * @returns the image as it is stored in a file
 * @throws TypeError for options that are none
 * @throws FirmwareBuildError for sources and settings that do not become an image
 */
export async function buildWasm(home: Home, options: BuildOptions): Promise<Uint8Array> {
  const { bytes, text } = await buildImage(home, checkOptions(options));
  if (text !== '') options.onWarning?.(text);
  return bytes;
}

function checkOptions(options: BuildOptions): ImageOptions {
  const { sources, sdkconfig = [], kconfig = [], include = [], embedFiles = [], embedTextFiles = [] } = options;
  const { optimize = 's', checked = true, cacheDir } = options;
  if (!isList(sources) || sources.length === 0) {
    throw new TypeError("buildFirmware: sources must be a list of paths, such as ['main/main.c'].");
  }
  for (const [name, list] of Object.entries({ kconfig, include, embedFiles, embedTextFiles })) {
    if (!isList(list)) throw new TypeError(`buildFirmware: ${name} must be a list of paths.`);
  }
  if (!OPTIMIZE.includes(optimize)) {
    throw new TypeError(`buildFirmware: optimize must be '0', 's' or '2', not '${optimize}'.`);
  }
  if (typeof checked !== 'boolean') throw new TypeError('buildFirmware: checked must be true or false.');
  if (cacheDir !== undefined && typeof cacheDir !== 'string') {
    throw new TypeError('buildFirmware: cacheDir must be the path of a folder.');
  }
  const config = readSdkconfig(sdkconfig, kconfig);
  return { sources, sdkconfig: config, include, embedFiles, embedTextFiles, optimize, checked, cacheDir };
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/**
 * The configuration that sdkconfig files and settings make, the later over the earlier.
 * @throws FirmwareBuildError naming file and line, or the symbol
 */
function readSdkconfig(given: SdkconfigSource | readonly SdkconfigSource[], kconfig: readonly string[]): Sdkconfig {
  try {
    const layers = [given].flat() as SdkconfigSource[];
    const config = layers.reduce((below, layer) => addLayer(layer, below), makeSdkconfig());
    return kconfig.length === 0 ? config : addLayer(kconfigDefaults(kconfig, config), config);
  } catch (error) {
    if (error instanceof SdkconfigError) throw new FirmwareBuildError(error.message);
    throw error;
  }
}

function addLayer(layer: SdkconfigSource, below: Sdkconfig): Sdkconfig {
  if (typeof layer !== 'string') return makeSdkconfig({ ...below.settings, ...layer });
  const name = nameOf(layer);
  let text: string;
  try {
    text = readFileSync(layer, 'utf8');
  } catch (error) {
    throw new FirmwareBuildError(`The sdkconfig '${name}' cannot be read: ${(error as Error).message}.`);
  }
  return parseSdkconfig(text, name, below);
}
