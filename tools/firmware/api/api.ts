/**
 * What firmware can call, and what becomes of it: every function of the headers is implemented, or refused with a
 * sentence, or absent, which the linker says. Whether a function is defined is asked of the linker itself.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWasm } from '../build.ts';
import { FirmwareBuildError } from '../build-error.ts';
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
  const undefinedOnes = await findUndefined(home, [...headers.map(([path]) => path), ...LIBRARY_HEADERS], functions);
  const refusals = refusalsOf(sourcesOf(home));
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

type Missing = Pick<ApiEntry, 'status' | 'sentence'>;

/**
 * Links a program that uses all functions, leaves out those that are said to be missing, and tries again: those that
 * nobody defines come first, then those of the C library that would need an operating system.
 */
async function findUndefined(
  home: Home,
  headers: readonly string[],
  functions: readonly string[],
): Promise<Map<string, Missing>> {
  const missing = new Map<string, Missing>();
  const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-api-'));
  try {
    const source = join(folder, 'api.c');
    for (let status: ApiStatus = 'absent'; ; status = 'refused') {
      const used = functions.filter((name) => !missing.has(name));
      writeFileSync(source, probe(headers, used));
      const said = await complaints(home, source);
      const before = missing.size;
      for (const [, name, sentence] of said.matchAll(/'(\w+)' is used(?:\.|,) (.*)$/gm)) {
        if (used.includes(name!)) missing.set(name!, { status, sentence: sentence! });
      }
      if (missing.size > before) continue;
      if (said !== '') throw new FirmwareBuildError(said);
      return missing;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
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

async function complaints(home: Home, source: string): Promise<string> {
  try {
    await buildWasm(home, { sources: [source], checked: false });
    return '';
  } catch (error) {
    if (error instanceof FirmwareBuildError) return error.message;
    throw error;
  }
}
