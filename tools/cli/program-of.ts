/** What a board runs, by the names of its files. */

import { statSync } from 'node:fs';
import type { BuildOptions, SdkconfigSource } from '../firmware/build.ts';
import { projectSettings, readProject } from '../firmware/project.ts';
import { isSourceName } from '../firmware/sources.ts';
import type { BoardProgram } from './board-plan.ts';
import { UsageError } from './usage-error.ts';

/** How its sources are compiled, if it has some. */
export interface Compilation {
  /** Undefined: what their project has. */
  readonly sdkconfig: readonly SdkconfigSource[] | undefined;
  readonly include: readonly string[];
  readonly optimize: '0' | 's' | '2';
  readonly checked: boolean;
}

const SCRIPT = /\.[cm]?[jt]s$/;
const IMAGE = /\.wasm$/;
const EXPECTED = 'a .ts, .js or .wasm file, the folder of an ESP-IDF project, or one .c or .cpp file or more';

/**
 * @param files a script, an image, a folder, or one source or more
 * @param priority of a script's task
 * @param fail reports what is no program; its text completes "must be ..."
 */
export function programOf(
  files: readonly string[],
  compilation: Compilation,
  priority: number | undefined,
  fail: (expected: string) => never,
): BoardProgram {
  const [file] = files;
  if (file === undefined) return fail(EXPECTED);
  if (files.length === 1 && SCRIPT.test(file)) return { kind: 'script', file, priority };
  if (files.length === 1 && IMAGE.test(file)) return { kind: 'image', file };
  return { kind: 'sources', options: sourcesOf(files, compilation) ?? fail(EXPECTED) };
}

/** @returns options of buildFirmware(); undefined if the files are neither sources nor a folder */
export function sourcesOf(files: readonly string[], compilation: Compilation): BuildOptions | undefined {
  const { include, optimize, checked } = compilation;
  const [file] = files;
  if (files.length === 1 && isFolder(file!)) {
    const project = readProject(file!);
    const sdkconfig = compilation.sdkconfig ?? project.sdkconfig;
    return { ...project, sdkconfig, include: [...project.include, ...include], optimize, checked };
  }
  if (!files.every((name) => isSourceName(name))) return undefined;
  const missing = files.find((name) => statSync(name, { throwIfNoEntry: false }) === undefined);
  if (missing !== undefined) throw new UsageError(`There is no file '${missing}'.`);
  const project = projectSettings(file!);
  const { kconfig } = project;
  return { sources: files, kconfig, sdkconfig: compilation.sdkconfig ?? project.sdkconfig, include, optimize, checked };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
