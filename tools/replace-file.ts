/** Files that are replaced as a whole: whoever fails half way leaves the old one as it was. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Write a file. @throws Error naming the file and the reason */
export function replaceFile(path: string, text: string | Uint8Array): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new Error(`'${path}' could not be written: ${(error as Error).message}`, { cause: error });
  }
}
