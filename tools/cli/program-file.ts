/** A program's source file, bundled into one script, and the way back from the script to the source. */

import { isBuiltin, SourceMap, type SourceMapPayload } from 'node:module';
import { join, resolve } from 'node:path';
import { type BuildFailure, build, type Message, type OutputFile, type Plugin } from 'esbuild';
import { UsageError } from './usage-error.ts';

/** The package as a program imports it. */
const PACKAGE = 'lwip-twin';
/** The script's parameter that holds what the package exports. */
export const HOST = '__lwip_twin__';

/** A script that has the CommonJS shape: it uses `module`, `exports` and HOST. */
export interface Script {
  readonly file: string;
  readonly code: string;
  /** Name of the script in stack traces; no source has such a name. */
  readonly name: string;
}

/** All program files of a run, each bundled once. */
export class ProgramFiles {
  private readonly scripts = new Map<string, Promise<Script>>();
  private readonly maps: SourceMap[] = [];
  private readonly plugin: Plugin;
  private readonly warn: (text: string) => void;

  /**
   * @param exports what programs may import from the package: names by path, as "lwip-twin/explore"
   * @param warn told of doubtful places in a source
   */
  constructor(exports: ReadonlyMap<string, readonly string[]>, warn: (text: string) => void) {
    this.plugin = boardImports(exports);
    this.warn = warn;
  }

  /**
   * Bundle a program with all that it imports.
   * @throws UsageError naming file, line and column if it cannot be read, understood or completed
   */
  load(file: string): Promise<Script> {
    const known = this.scripts.get(file);
    if (known !== undefined) return known;
    const script = this.bundle(file);
    this.scripts.set(file, script);
    return script;
  }

  /**
   * Text for people: places in scripts, as stack traces name them, become places in the sources, and calls that are
   * not the program's are left out (how many there are depends on how busy the host is).
   */
  explainPlaces(text: string): string {
    return text.replace(FOREIGN_CALLS, '').replace(PLACE, (place, id: string, line: string, column: string) => {
      const entry = this.maps[Number(id)]?.findEntry(Number(line) - 1, Number(column) - 1);
      if (entry === undefined || !('originalSource' in entry)) return place;
      return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
  }

  private async bundle(file: string): Promise<Script> {
    const cwd = process.cwd();
    const { outputFiles, warnings } = await build({
      absWorkingDir: cwd,
      entryPoints: [resolve(file)],
      bundle: true,
      write: false,
      // Sources in the map are named relative to this file, that is, to the folder that the user is in.
      outfile: join(cwd, 'bundle.js'),
      format: 'cjs',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: `node${process.versions.node}`,
      supported: { 'dynamic-import': false },
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [this.plugin],
    }).catch((error: BuildFailure) => {
      throw new UsageError(explain(file, error.errors[0]!));
    });
    for (const warning of warnings) this.warn(`Warning: ${at(warning)}${sentence(warning.text)}`);
    const [map, code] = ['.map', '.js'].map(
      (end) => (outputFiles as OutputFile[]).find((f) => f.path.endsWith(end))!.text,
    );
    const name = `${SCRIPT_NAME}${this.maps.push(new SourceMap(JSON.parse(map!) as SourceMapPayload)) - 1}`;
    return { file, code: code!, name };
  }
}

const SCRIPT_NAME = 'lwip-twin-program-';
const PLACE = new RegExp(`${SCRIPT_NAME}(\\d+):(\\d+):(\\d+)`, 'g');
/** Lines of a stack trace that lead into Node or into this package. */
const FOREIGN_CALLS = /\n +at .*(?:\bfile:\/\/|\bnode:).*/g;

/**
 * What a board can import: the user's own modules, and this package, which becomes a module with all its names, so that
 * a name that does not exist is found before anything runs.
 */
function boardImports(exports: ReadonlyMap<string, readonly string[]>): Plugin {
  return {
    name: PACKAGE,
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^[^./\\]/ }, ({ path, kind }) => {
        if (kind === 'entry-point') return undefined;
        if (exports.has(path)) return { path, namespace: PACKAGE };
        if (path.startsWith(`${PACKAGE}/`)) {
          const paths = [...exports.keys()].map((one) => `"${one}"`).join(' and ');
          return { errors: [{ text: `A program can import ${paths}, but not "${path}"` }] };
        }
        if (isBuiltin(path)) return { errors: [{ text: `A board has no Node.js: a program cannot import "${path}"` }] };
        return undefined;
      });
      onLoad({ filter: /^/, namespace: PACKAGE }, ({ path }) => ({
        contents: exports
          .get(path)!
          .map((name) => `export const ${name} = ${HOST}.${name};`)
          .join('\n'),
      }));
    },
  };
}

function explain(file: string, message: Message): string {
  const { text } = message;
  if (text.startsWith('Could not resolve') && message.location === null) return `There is no file '${file}'.`;
  if (text.startsWith('Top-level await')) {
    return `${at(message)}A program cannot await outside of functions; it begins in the function that it exports.`;
  }
  return `${at(message)}${sentence(text.replaceAll(`"${PACKAGE}:`, '"'))}`;
}

function at({ location }: Message): string {
  return location === null ? '' : `${location.file}:${location.line}:${location.column + 1}: `;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
