/** What every image holds besides the user's sources: ESP-IDF's headers and the C side of the host, from device/firmware. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf } from './cache.ts';
import type { FileList } from './messages.ts';
import type { Home } from './packages.ts';

/** Where the compiler finds them. */
const SUPPORT_PATH = '/lwip-twin';
export const INCLUDE_PATH = `${SUPPORT_PATH}/include`;
export const CONFIG_PATH = `${SUPPORT_PATH}/config`;

export interface Support {
  /** What every source can include. */
  readonly headers: FileList;
  /** Changes with any of them. */
  readonly headersKey: string;
  readonly sources: FileList;
  /** What only these sources can include. */
  readonly privateHeaders: FileList;
  /** CONFIG_ symbols that somebody in there asks for. */
  readonly symbols: ReadonlySet<string>;
}

const known = new Map<string, Support>();

/** Read once: within a process they do not change. */
export function readSupport({ root }: Home): Support {
  const support = known.get(root) ?? read(join(root, 'device', 'firmware'));
  known.set(root, support);
  return support;
}

function read(folder: string): Support {
  const headers = readFiles(join(folder, 'include'), INCLUDE_PATH);
  const files = readFiles(join(folder, 'src'), `${SUPPORT_PATH}/src`);
  const symbols = new Set<string>();
  for (const [, bytes] of [...headers, ...files]) {
    for (const [symbol] of Buffer.from(bytes)
      .toString('latin1')
      .matchAll(/\bCONFIG_\w+/g))
      symbols.add(symbol);
  }
  return {
    headers,
    headersKey: keyOf(...headers.flat()),
    sources: files.filter(([path]) => path.endsWith('.c')),
    privateHeaders: files.filter(([path]) => path.endsWith('.h')),
    symbols,
  };
}

/** All files of a folder and the folders in it, in the order of their names. */
function readFiles(folder: string, as: string): FileList {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[ch]$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [as + path.slice(folder.length).replaceAll('\\', '/'), readFileSync(path)]);
}

/** The lines of an sdkconfig.h that these symbols, and those that they stand for, depend on. */
export function relevantLines(sdkconfigHeader: string, symbols: ReadonlySet<string>): string {
  const values = new Map<string, string>();
  for (const [, name, value] of sdkconfigHeader.matchAll(/^#define (CONFIG_\w+) (.*)$/gm)) values.set(name!, value!);
  const wanted = new Set(symbols);
  for (const name of wanted) {
    const value = values.get(name);
    if (value?.startsWith('CONFIG_')) wanted.add(value);
  }
  const lines = ['#pragma once'];
  for (const [name, value] of values) if (wanted.has(name)) lines.push(`#define ${name} ${value}`);
  return `${lines.join('\n')}\n`;
}
