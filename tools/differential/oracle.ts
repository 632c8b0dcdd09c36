/** The oracle as a process: built with gcc from tools/oracle, fed with scenarios, one line each, through a pipe. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Outcome } from '../conformance/scenario.ts';
import type { ScenarioFile } from './scenario-file.ts';

const SOURCES = 'tools/oracle';
const CACHE = 'node_modules/.cache/lwip-twin/oracle';
const INCLUDE = '/usr/include/lwip';
/** As many hosts as a scenario can have. */
const COPIES = 3;

/** What is missing on this machine, in a sentence that says what to install. */
export class OracleUnavailable extends Error {
  override readonly name = 'OracleUnavailable';
}

/** Where the pieces are: the program and its copies of the library. */
export interface OracleFiles {
  readonly program: string;
  readonly libraries: readonly string[];
}

/**
 * Compile the oracle.
 * @throws OracleUnavailable if gcc or the packages are missing, Error with gcc's words if it does not compile
 */
export function buildOracle(): OracleFiles {
  if (
    spawnSync('gcc', ['--version'], { env: process.env }).error !== undefined ||
    !existsSync(join(INCLUDE, 'lwipopts.h'))
  ) {
    throw new OracleUnavailable(
      "This needs gcc and Debian's lwIP: apt-get install gcc libc6-dev liblwip-dev liblwip0 (Debian 12 or later, amd64 or arm64).",
    );
  }
  const library = execFileSync('gcc', ['-print-file-name=liblwip.so'], { encoding: 'utf8' }).trim();
  if (!existsSync(library))
    throw new OracleUnavailable('This needs the shared library of lwIP: apt-get install liblwip0.');
  mkdirSync(CACHE, { recursive: true });
  const program = join(CACHE, 'oracle');
  const sources = readdirSync(SOURCES)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(SOURCES, name));
  const libraries = copyLibraries(realpathSync(library));
  if (isNewer(program, [...sources, join(SOURCES, 'oracle.h')])) return { program: realpathSync(program), libraries };
  const flags = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-D_GNU_SOURCE', '-U_FORTIFY_SOURCE', '-rdynamic'];
  const { status, stderr } = spawnSync('gcc', [...flags, `-I${INCLUDE}`, ...sources, '-o', program, '-ldl'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`gcc could not compile ${SOURCES}:\n${stderr}`);
  return { program: realpathSync(program), libraries };
}

/** Every host needs a library of its own, as lwIP has globals; the loader tells copies apart by their files. */
function copyLibraries(library: string): string[] {
  return Array.from({ length: COPIES }, (_, i) => {
    const copy = join(CACHE, `liblwip-${i}.so`);
    if (!isNewer(copy, [library])) copyFileSync(library, copy);
    return realpathSync(copy);
  });
}

function isNewer(file: string, sources: readonly string[]): boolean {
  if (!existsSync(file)) return false;
  const { mtimeMs } = statSync(file);
  return sources.every((source) => statSync(source).mtimeMs < mtimeMs);
}

/** A running oracle. It answers in the order in which it was asked. */
export class Oracle {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  private lastWords = '';

  constructor({ program, libraries }: OracleFiles) {
    this.process = spawn(program, libraries, { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.process.stdout }).on('line', (line) => this.waiting.shift()?.resolve(line));
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.lastWords += text;
    });
    this.process.on('close', (code) => {
      const error = new Error(`The oracle has ended with status ${code}. ${this.lastWords.trim()}`);
      for (const { reject } of this.waiting.splice(0)) reject(error);
    });
  }

  /** What lwIP does in a scenario. */
  async run(scenario: ScenarioFile): Promise<Outcome> {
    return JSON.parse(await this.ask(JSON.stringify(scenario))) as Outcome;
  }

  private ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.process.stdin.write(`${line}\n`);
    });
  }

  close(): void {
    this.process.stdin.end();
  }
}
