/** Where this package and the compiler's packages are. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot, packageVersion } from '../package-info.ts';
import { FirmwareBuildError } from './build-error.ts';

interface Manifest {
  readonly name?: string;
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** This package. */
export interface Home {
  /** Its folder. */
  readonly root: string;
  readonly version: string;
  /** The compiler's packages, and the versions that it was made for. */
  readonly compilers: Readonly<Record<string, string>>;
}

const CLANG = '@yowasp/clang';
const BINARYEN = 'binaryen';

export function findHome(): Home {
  const root = packageRoot();
  return { root, version: packageVersion(), compilers: readManifest(root)!.peerDependencies };
}

/** The files that do the work: clang's module, and wasm-opt. */
export interface Tools {
  readonly clang: string;
  readonly wasmOpt: string;
}

/** @throws FirmwareBuildError saying what to install */
export function findTools(home: Home): Tools {
  const clang = resolvePackage(home, CLANG);
  const binaryen = resolvePackage(home, BINARYEN);
  if (clang === null || binaryen === null) {
    const missing = [clang === null ? CLANG : '', binaryen === null ? BINARYEN : ''].filter((name) => name !== '');
    throw new FirmwareBuildError(
      `To compile C sources, lwip-twin needs ${missing.join(' and ')}, which ${missing.length > 1 ? 'are' : 'is'} not installed. ${howToInstall(home)}`,
    );
  }
  return { clang: clang.entry, wasmOpt: join(binaryen.folder, 'bin', 'wasm-opt') };
}

function howToInstall({ compilers }: Home): string {
  const packages = [CLANG, BINARYEN].map((name) => `${name}@${compilers[name]}`);
  return `Install the compiler with: npm install --save-dev --save-exact ${packages.join(' ')}`;
}

/** From where this package is, or else from where the user is, as with npx. */
function resolvePackage(home: Home, name: string): { readonly entry: string; readonly folder: string } | null {
  for (const from of [home.root, process.cwd()]) {
    const entry = resolveFrom(from, name);
    if (entry === null) continue;
    let folder = dirname(entry);
    while (readManifest(folder)?.name !== name) folder = dirname(folder);
    const { version } = readManifest(folder)!;
    if (version !== home.compilers[name]) {
      throw new FirmwareBuildError(
        `lwip-twin compiles with ${name} ${home.compilers[name]}, but ${version} is installed. ${howToInstall(home)}`,
      );
    }
    return { entry, folder };
  }
  return null;
}

function resolveFrom(folder: string, name: string): string | null {
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch {
    return null;
  }
}

function readManifest(folder: string): Manifest | null {
  const path = join(folder, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : null;
}
