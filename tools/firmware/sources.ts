/** The user's sources, with the headers of their own that they include. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FirmwareBuildError } from './build-error.ts';
import type { FileList } from './messages.ts';

/** A source file that is compiled by itself. */
export interface Source {
  /** As errors, panics and __FILE__ show it: relative to the folder the user is in, if it is in there. */
  readonly name: string;
  readonly isCpp: boolean;
  readonly text: Uint8Array;
  /** The source and the user's headers that it includes, directly or not, by absolute path. */
  readonly files: FileList;
}

const C_FILE = /\.c$/;
const CPP_FILE = /\.(?:cpp|cc|cxx|C)$/;
/** Also those that the preprocessor may skip: what is not needed does no harm. */
const INCLUDE =
  /^[ \t]*#[ \t]*(?:include|include_next|embed)[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)|__has_include[ \t]*\([ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm;

/** Can it be compiled, as far as its name tells? */
export function isSourceName(file: string): boolean {
  return C_FILE.test(file) || CPP_FILE.test(file);
}

/**
 * @param file path of the source
 * @param folders where headers are looked for, beside the folder of the file that includes them
 * @throws FirmwareBuildError if it is no C or C++ file, or cannot be read
 */
export function readSource(file: string, folders: readonly string[]): Source {
  if (!isSourceName(file)) {
    throw new FirmwareBuildError(`'${file}' is not a source: it must be a .c, .cpp, .cc or .cxx file.`);
  }
  const path = resolve(file);
  const name = nameOf(path);
  if (!existsSync(path)) throw new FirmwareBuildError(`There is no file '${name}'.`);
  if (!statSync(path).isFile()) throw new FirmwareBuildError(`'${name}' is not a file.`);
  const files = new Map<string, Uint8Array>();
  collect(path, folders, files);
  return {
    name,
    isCpp: CPP_FILE.test(file),
    text: files.get(path)!,
    files: [...files].map(([each, bytes]) => [compilerPath(each), bytes]),
  };
}

function collect(path: string, folders: readonly string[], files: Map<string, Uint8Array>): void {
  if (files.has(path)) return;
  const bytes = readFileSync(path);
  files.set(path, bytes);
  for (const [, quoted, angled, quotedIfAny, angledIfAny] of bytes.toString('latin1').matchAll(INCLUDE)) {
    const beside = quoted ?? quotedIfAny;
    const wanted = beside ?? angled ?? angledIfAny!;
    const places = beside === undefined ? folders : [dirname(path), ...folders];
    const found = places.map((folder) => join(folder, wanted)).find((candidate) => isFile(candidate));
    if (found !== undefined) collect(found, folders, files);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** How the user would name a file. */
export function nameOf(path: string): string {
  const absolute = resolve(path);
  const fromHere = relative(process.cwd(), absolute);
  const isInside = fromHere !== '' && !fromHere.startsWith('..') && !isAbsolute(fromHere);
  return slashes(isInside ? fromHere : absolute);
}

/** A path as the compiler knows it: absolute, with slashes, also where the system has drives. */
export function compilerPath(path: string): string {
  const absolute = slashes(resolve(path));
  return absolute.startsWith('/') ? absolute : `/${absolute}`;
}

function slashes(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
