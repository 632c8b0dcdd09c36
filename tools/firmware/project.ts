/** An ESP-IDF project, or its folder main: which sources, headers, embedded files and settings belong to it. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { BuildOptions } from './build.ts';
import { FirmwareBuildError } from './build-error.ts';
import { isSourceName, nameOf } from './sources.ts';

type ProjectOptions = Required<
  Pick<BuildOptions, 'sources' | 'include' | 'embedFiles' | 'embedTextFiles' | 'kconfig'>
> & { readonly sdkconfig: readonly string[] };

/** What idf_component_register() of a component's CMakeLists.txt says; a folder without one is taken as it is. */
interface Component {
  readonly sources: readonly string[];
  readonly include: readonly string[];
  readonly embedFiles: readonly string[];
  readonly embedTextFiles: readonly string[];
}

const SETTINGS = ['sdkconfig.defaults', 'sdkconfig'];
const KCONFIG = ['Kconfig.projbuild', 'Kconfig'];

/**
 * @param folder of a project, or its folder main, or any folder with sources
 * @returns options of buildFirmware()
 * @throws FirmwareBuildError if there are no sources
 */
export function readProject(folder: string): ProjectOptions {
  const main = existsSync(join(folder, 'main')) ? join(folder, 'main') : folder;
  const root = main === folder ? projectOf(folder) : folder;
  const components = [main, ...foldersIn(join(root, 'components'))];
  const parts = components.map(readComponent);
  if (parts[0]!.sources.length === 0) {
    throw new FirmwareBuildError(`The folder '${nameOf(main)}' has no .c, .cpp, .cc or .cxx files.`);
  }
  return {
    sources: parts.flatMap(({ sources }) => sources),
    include: parts.flatMap(({ include }) => include),
    embedFiles: parts.flatMap(({ embedFiles }) => embedFiles),
    embedTextFiles: parts.flatMap(({ embedTextFiles }) => embedTextFiles),
    kconfig: kconfigOf(components),
    sdkconfig: settingsOf(root),
  };
}

/** What a project has to say about one of its sources that is built alone. */
export function projectSettings(source: string): Pick<ProjectOptions, 'kconfig' | 'sdkconfig'> {
  const folder = dirname(source);
  return { kconfig: kconfigOf([folder]), sdkconfig: settingsOf(projectOf(folder)) };
}

/** A project's sources are in its folder main. */
function projectOf(folder: string): string {
  return basename(resolve(folder)) === 'main' ? dirname(resolve(folder)) : folder;
}

function settingsOf(root: string): string[] {
  return SETTINGS.map((name) => join(root, name)).filter((file) => existsSync(file));
}

function kconfigOf(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => KCONFIG.map((name) => join(folder, name))).filter((file) => existsSync(file));
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort();
}

function readComponent(folder: string): Component {
  const lists = readLists(folder);
  const named = (keyword: string) => (lists.get(keyword) ?? []).map((name) => join(folder, name));
  const listed = [...named('SRCS'), ...named('SRC_DIRS').flatMap(sourcesIn)].filter(isSourceName);
  const include = lists.has('INCLUDE_DIRS') ? named('INCLUDE_DIRS') : [folder, join(folder, 'include')];
  return {
    sources: listed.length > 0 ? listed : sourcesIn(folder),
    include: [...include, ...named('PRIV_INCLUDE_DIRS')].filter((path) => existsSync(path)),
    embedFiles: named('EMBED_FILES'),
    embedTextFiles: named('EMBED_TXTFILES'),
  };
}

function sourcesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .filter(isSourceName)
    .sort()
    .map((name) => join(folder, name));
}

const KEYWORD = /^[A-Z][A-Z_]+$/;

/** Words of idf_component_register() by the keyword before them, with what set() has given to variables. */
function readLists(folder: string): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  const file = join(folder, 'CMakeLists.txt');
  if (!existsSync(file)) return lists;
  const text = readFileSync(file, 'utf8').replace(/#.*$/gm, '');
  const variables = new Map<string, string[]>();
  for (const [, command, body] of text.matchAll(/\b(set|idf_component_register)\s*\(([^)]*)\)/g)) {
    const words = (body!.match(/"[^"]*"|[^\s"]+/g) ?? []).flatMap((word) => {
      const plain = word.replaceAll('"', '');
      const variable = /^\$\{(\w+)\}$/.exec(plain)?.[1];
      return variable === undefined ? plain.split(';') : (variables.get(variable) ?? []);
    });
    if (command === 'set') variables.set(words[0] ?? '', words.slice(1));
    else collect(words, lists);
  }
  return lists;
}

function collect(words: readonly string[], lists: Map<string, string[]>): void {
  let list: string[] = [];
  for (const word of words) {
    if (KEYWORD.test(word)) {
      list = lists.get(word) ?? [];
      lists.set(word, list);
    } else if (word !== '' && !word.includes('${')) list.push(word);
  }
}
