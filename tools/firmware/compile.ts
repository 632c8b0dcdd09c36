/** From a source to an object file. */

import { FirmwareBuildError } from './build-error.ts';
import { keyOf } from './cache.ts';
import type { CompileRequest } from './messages.ts';
import { explainErrors } from './refusals.ts';
import { compilerPath, type Source } from './sources.ts';
import { CONFIG_PATH, INCLUDE_PATH, relevantLines, type Support } from './support.ts';

/** How the user's sources are compiled. */
export interface CompileOptions {
  readonly optimize: '0' | 's' | '2';
  /** Count the edges of the program's flow, so that a task that never waits uses up time. */
  readonly checked: boolean;
  /** Folders of the user's headers. */
  readonly include: readonly string[];
}

/** What the compiler is asked, and the key of what it will answer. */
export interface Job {
  /** The source, for people. */
  readonly name: string;
  readonly key: string;
  readonly request: CompileRequest;
}

/** As ESP-IDF compiles for a chip with 32-bit pointers and unsigned characters; lines are kept for panics. */
const COMMON = [
  '-gline-tables-only',
  '-fdebug-compilation-dir=.',
  '-funsigned-char',
  '-fno-common',
  '-DESP_PLATFORM=1',
  '-D_GNU_SOURCE',
  '-isystem',
  CONFIG_PATH,
  '-isystem',
  INCLUDE_PATH,
];
const WARNINGS = [
  '-Wall',
  '-Wno-unused-function',
  '-Wcast-function-type-mismatch',
  '-Werror=implicit-function-declaration',
  '-Werror=incompatible-function-pointer-types',
  '-Werror=return-type',
];
const C = ['-std=gnu17'];
const COMPONENT = /\/src\/(\w+)\//;
const CPP = [
  '-std=gnu++2b',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-threadsafe-statics',
  '-nostdinc++',
  '-isystem',
  '/usr/include/c++/v1',
];

/** @param sdkconfigHeader the text of sdkconfig.h */
export function userJob(source: Source, sdkconfigHeader: string, support: Support, options: CompileOptions): Job {
  const flags = [
    ...(source.isCpp ? CPP : C),
    `-O${options.optimize}`,
    ...COMMON,
    ...WARNINGS,
    ...(options.checked ? ['-fsanitize-coverage=trace-pc', '-fsanitize=null', '-fno-sanitize-recover=null'] : []),
    ...options.include.flatMap((folder) => ['-I', compilerPath(folder)]),
  ];
  return job(source.name, compilerPath('.'), source.isCpp ? 'clang++' : 'clang', flags, support, [
    ...source.files,
    configFile(sdkconfigHeader),
  ]);
}

/**
 * The sources that belong to an image beside the user's. They see only the symbols that they may ask for, so few settings
 * concern them.
 * @param users null: all that can belong to an image
 */
export function supportJobs(sdkconfigHeader: string, support: Support, users: readonly Source[] | null): Job[] {
  // The heap's functions are what the compiler would take for the library's.
  const flags = [...C, '-Os', '-fno-builtin', '-Wall', ...COMMON];
  const config = configFile(relevantLines(sdkconfigHeader, support.symbols));
  return support.sources
    .filter(([path]) => users === null || isWanted(path, users))
    .map((source) => {
      return job(source[0].slice(1), '/', 'clang', flags, support, [source, ...support.privateHeaders, config]);
    });
}

/**
 * A folder among the support code is a component: it belongs to the images of sources that name its header, unless the
 * header is the user's own.
 */
function isWanted(path: string, users: readonly Source[]): boolean {
  const [, component] = COMPONENT.exec(path) ?? [];
  if (component === undefined) return true;
  const header = `${component}.h`;
  const files = users.flatMap((source) => source.files);
  return (
    files.some(([, bytes]) => Buffer.from(bytes).includes(header)) &&
    !files.some(([file]) => file.endsWith(`/${header}`))
  );
}

function job(
  source: string,
  cwd: string,
  driver: string,
  flags: readonly string[],
  support: Support,
  files: CompileRequest['files'],
): Job {
  const parts = files.flatMap(([path, bytes]) => [path.startsWith(`${cwd}/`) ? path.slice(cwd.length) : path, bytes]);
  return {
    name: source,
    key: keyOf('object', source, driver, JSON.stringify(flags), support.headersKey, ...parts),
    request: { kind: 'compile', driver, flags, cwd, source, files },
  };
}

function configFile(header: string): readonly [string, Uint8Array] {
  return [`${CONFIG_PATH}/sdkconfig.h`, Buffer.from(header)];
}

/** What the compiler says when it refuses a source, with what lies behind it where that is known. */
export function compileError(text: string): FirmwareBuildError {
  return new FirmwareBuildError(explainErrors(Buffer.from(text, 'latin1').toString('utf8')));
}
