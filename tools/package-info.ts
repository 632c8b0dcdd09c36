/** Where this package lies and which one it is, for what is read from it at run time. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { here } from './here.ts';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/** The package's folder: the nearest one above that has its manifest. */
export function packageRoot(): string {
  for (let folder = here; ; folder = dirname(folder)) {
    if (readManifest(folder)?.name === 'lwip-twin') return folder;
    if (folder === dirname(folder)) throw new Error(`The package that ${here} belongs to is not complete.`);
  }
}

/** "0.1.0" */
export function packageVersion(): string {
  return readManifest(packageRoot())?.version ?? '';
}

function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}
