/** Results of the compiler, by what they follow from. Any number of processes may share the folder. */

import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Something that was made, and what was said while it was made. */
export interface Made {
  readonly bytes: Uint8Array;
  /** Warnings. */
  readonly text: string;
}

/** Of an entry: the length of the text, in four bytes, then the text. */
const HEAD_BYTES = 4;
/** Beyond this the entries that were not used for longest are removed, until half of it is left. */
const LIMIT_BYTES = 256e6;

export class Cache {
  readonly folder: string;

  /** @param folder undefined: node_modules/.cache/lwip-twin of the user's project, or the user's own cache folder */
  constructor(folder = defaultFolder()) {
    this.folder = folder;
  }

  /** @returns null if nothing is known */
  read(key: string): Made | null {
    const made = readEntry(this.folder, key);
    // Who uses an entry says so, for those who tidy up. Who may not is no worse off.
    if (made !== null) attempt(() => utimesSync(join(this.folder, key), new Date(), new Date()));
    return made;
  }

  /** Appears as a whole or not at all. A folder that cannot be written costs time, nothing else. */
  write(key: string, { bytes, text }: Made): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(Buffer.byteLength(text));
    const temporary = join(this.folder, `${key}.${randomUUID()}.tmp`);
    attempt(() => {
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(temporary, Buffer.concat([head, Buffer.from(text), bytes]));
      renameSync(temporary, join(this.folder, key));
    });
  }

  /** Remove what nobody has used for long if there is too much. */
  tidy(limitBytes = LIMIT_BYTES): void {
    attempt(() => {
      const entries = readdirSync(this.folder).flatMap((name) => {
        const path = join(this.folder, name);
        const stat = statSync(path, { throwIfNoEntry: false });
        return stat === undefined ? [] : [{ path, size: stat.size, usedMs: stat.mtimeMs }];
      });
      let total = entries.reduce((sum, { size }) => sum + size, 0);
      if (total <= limitBytes) return;
      entries.sort((a, b) => a.usedMs - b.usedMs);
      for (const { path, size } of entries) {
        if (total <= limitBytes / 2) return;
        rmSync(path, { force: true });
        total -= size;
      }
    });
  }
}

/** An entry of a cache's folder, which is left as it is. @returns null if there is none */
export function readEntry(folder: string, key: string): Made | null {
  let entry: Buffer;
  try {
    entry = readFileSync(join(folder, key));
  } catch {
    return null;
  }
  const textEnd = HEAD_BYTES + entry.readUInt32LE(0);
  return { text: entry.toString('utf8', HEAD_BYTES, textEnd), bytes: entry.subarray(textEnd) };
}

/** A key that differs whenever a part differs. */
export function keyOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length} ${typeof part} `).update(part);
  return hash.digest('hex');
}

/** What goes wrong with the folder is nobody's concern. */
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

function defaultFolder(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (isWritable(modules)) return join(modules, '.cache', 'lwip-twin', 'firmware');
    if (folder === dirname(folder)) break;
  }
  return join(userCacheFolder(), 'lwip-twin', 'firmware');
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function userCacheFolder(): string {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
}
