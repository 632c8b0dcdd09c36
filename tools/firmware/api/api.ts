/**
 * What firmware can call, and what becomes of it: every function of the headers is implemented, or refused with a
 * sentence, or absent, which the linker says. Whether a function is defined is asked of the linker itself.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWasm } from '../build.ts';
import { FirmwareBuildError } from '../build-error.ts';
import { Cache, keyOf } from '../cache.ts';
import type { Home } from '../packages.ts';
import { INCLUDE_PATH, readSupport } from '../support.ts';
import { type Declaration, declarationsOf } from './declarations.ts';
import { refusalsOf } from './refusals.ts';

export type ApiStatus = 'implemented' | 'refused' | 'absent';

export interface ApiEntry extends Declaration {
  readonly status: ApiStatus;
  /** Why it is refused or absent, or when an implemented one refuses; else empty. */
  readonly sentence: string;
}

/** Settings without which some functions of the headers are not there. */
const WITH_ALL_FUNCTIONS = { CONFIG_HTTPD_WS_SUPPORT: true };

/** Headers that shadow some of the C library's and are not for programs. */
const INNER_HEADERS = /^(?:__|bits\/)/;

/** Of the C library: what our headers do not include. */
const LIBRARY_HEADERS = ['ctype.h', 'dirent.h', 'math.h', 'stdio.h', 'sys/param.h', 'sys/stat.h', 'time.h'];

/**
 * @param library functions of the C library that are of interest, too
 * @returns by name
 * @throws FirmwareBuildError if the headers do not compile together
 */
export async function readApi(home: Home, library: readonly string[] = []): Promise<ApiEntry[]> {
  const headers = headersOf(home);
  const declared = declarationsOf(headers);
  const names = new Set(declared.map(({ name }) => name));
  const declarations = [
    ...declared,
    ...library.filter((name) => !names.has(name)).map((name) => ({ name, header: '', kind: 'function' as const })),
  ];
  const functions = declarations.filter(({ kind }) => kind === 'function').map(({ name }) => name);
  const sources = sourcesOf(home);
  const includes = [...headers.map(([path]) => path), ...LIBRARY_HEADERS];
  const undefinedOnes = await findUndefined(home, includes, functions, definitionsOf(sources));
  const refusals = refusalsOf(sources);
  return declarations.map((declaration) => {
    const missing = undefinedOnes.get(declaration.name);
    if (missing !== undefined) return { ...declaration, ...missing };
    const refusal = refusals.get(declaration.name);
    if (refusal === undefined) return { ...declaration, status: 'implemented', sentence: '' };
    return { ...declaration, status: refusal.always ? 'refused' : 'implemented', sentence: refusal.sentence };
  });
}

/** The headers that programs include: path below device/firmware/include, and text. */
export function headersOf(home: Home): (readonly [path: string, text: string])[] {
  return readSupport(home)
    .headers.map(([path, bytes]) => [path.slice(INCLUDE_PATH.length + 1), Buffer.from(bytes).toString('utf8')] as const)
    .filter(([path]) => !INNER_HEADERS.test(path));
}

/** Texts of the support code. */
export function sourcesOf(home: Home): string[] {
  return readSupport(home).sources.map(([, bytes]) => Buffer.from(bytes).toString('utf8'));
}

/** What the support code defines: whatever the linker suspects, these do not ask an operating system. */
function definitionsOf(sources: readonly string[]): Set<string> {
  const names = sources.flatMap((text) => [...text.matchAll(/^[\w*][\w *]*?[ *](\w+)\([^;{}]*\)\s*\{/gm)]);
  return new Set(names.map(([, name]) => name!));
}

type Missing = Pick<ApiEntry, 'status' | 'sentence'>;

/** Links a program that uses all functions, leaves out those that are said to be missing, and tries again. */
async function findUndefined(
  home: Home,
  headers: readonly string[],
  functions: readonly string[],
  ours: ReadonlySet<string>,
): Promise<Map<string, Missing>> {
  const missing = new Map<string, Missing>();
  const settled = new Set<string>();
  const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-api-'));
  try {
    const ask = (names: readonly string[]) => complaints(home, join(folder, 'api.c'), probe(headers, names));
    for (;;) {
      const used = functions.filter((name) => !settled.has(name));
      const said = await ask(used);
      if (said.size === 0) return missing;
      const accused = [...said].filter(([name]) => used.includes(name) && !ours.has(name));
      if (accused.length === 0)
        throw new FirmwareBuildError([...said.values()].map(({ sentence }) => sentence).join('\n'));
      for (const [name, verdict] of accused) {
        settled.add(name);
        // Of functions that need an operating system the linker knows only that one of them is there.
        const own = verdict.status === 'absent' ? verdict : (await ask([name])).get(name);
        if (own !== undefined) missing.set(name, own);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param words how the linker's sentence goes on */
function missingBecause(words: string): Missing {
  const [, what] = /^and (a board has no .*)$/.exec(words) ?? [];
  return what === undefined ? { status: 'absent', sentence: words } : { status: 'refused', sentence: what };
}

function probe(headers: readonly string[], functions: readonly string[]): string {
  return [
    ...headers.map((header) => `#include <${header}>`),
    '__attribute__((used)) void *const api[] = {',
    ...functions.map((name) => `  (void *)&${name},`),
    '};',
    'void app_main(void) {}',
    '',
  ].join('\n');
}

/** What is said of a program, by the functions that it uses; what was said once of the same is kept. */
async function complaints(home: Home, path: string, text: string): Promise<Map<string, Missing>> {
  const { headersKey, sources, privateHeaders } = readSupport(home);
  const cache = new Cache();
  const key = keyOf(
    'api',
    home.version,
    JSON.stringify(home.compilers),
    headersKey,
    ...[...sources, ...privateHeaders].flat(),
    text,
  );
  const known = cache.read(key);
  if (known !== null) return new Map(JSON.parse(known.text) as [string, Missing][]);
  const said = await complain(home, path, text);
  cache.write(key, { bytes: new Uint8Array(), text: JSON.stringify([...said]) });
  return said;
}

async function complain(home: Home, path: string, text: string): Promise<Map<string, Missing>> {
  writeFileSync(path, text);
  try {
    await buildWasm(home, { sources: [path], checked: false, sdkconfig: WITH_ALL_FUNCTIONS });
    return new Map();
  } catch (error) {
    if (!(error instanceof FirmwareBuildError)) throw error;
    const said = [...error.message.matchAll(/'(\w+)' is used(?:\.|,) (.*)$/gm)];
    if (said.length === 0) throw error;
    return new Map(said.map(([, name, words]) => [name!, missingBecause(words!)]));
  }
}
