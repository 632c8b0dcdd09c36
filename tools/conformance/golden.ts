/**
 * The golden scenarios on disk. A folder of scenarios holds one readable `NAME.json` per scenario and, for all of them
 * together, `expect.jsonl.br`: what the real stack did, one line per scenario, compressed with Brotli, in which form
 * 14 MB become 0.4 MB. A file that carries its own "expect" (the form in which traces are recorded) needs no archive.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** Name of the file in a folder of scenarios that holds what is expected of them. */
const EXPECT_ARCHIVE = 'expect.jsonl.br';

/** Name of the list of checksums: SHA-256 of the canonical JSON of every scenario together with its "expect". */
export const CHECKSUMS = 'SHA256SUMS';

/**
 * Scenario files under the given files and folders, folders searched to any depth, in the order of their names. Beside a
 * list of checksums only the folders that it names hold scenarios.
 * @throws Error if a path does not exist
 */
export function findScenarioFiles(paths: readonly string[]): string[] {
  const found: string[] = [];
  for (const path of paths) {
    if (!statSync(path).isDirectory()) {
      found.push(path);
      continue;
    }
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    const groups = existsSync(join(path, CHECKSUMS)) ? [...readChecksums(path).keys()].map(dirname) : undefined;
    for (const entry of entries) {
      if (entry.isDirectory()) {
        if (groups?.includes(entry.name) ?? true) found.push(...findScenarioFiles([join(path, entry.name)]));
      } else if (entry.name.endsWith('.json')) found.push(join(path, entry.name));
    }
  }
  return found;
}

/** Reads scenario files; the archive of a folder is decompressed once and its lines are parsed as they are asked for. */
export class GoldenReader {
  private readonly archives = new Map<string, Map<string, string>>();

  /**
   * The JSON of a scenario, with the "expect" that belongs to it if there is one.
   * @throws SyntaxError if the file is not JSON
   */
  read(path: string): unknown {
    const scenario: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof scenario !== 'object' || scenario === null || 'expect' in scenario) return scenario;
    const line = this.archive(dirname(path)).get(basename(path));
    return line === undefined ? scenario : { ...scenario, expect: JSON.parse(line) };
  }

  /** Lines of a folder's archive by file name. A line is the file name, a tab and the JSON of "expect". */
  private archive(folder: string): Map<string, string> {
    let lines = this.archives.get(folder);
    if (lines === undefined) {
      lines = new Map();
      const path = join(folder, EXPECT_ARCHIVE);
      const text = existsSync(path) ? brotliDecompressSync(readFileSync(path)).toString('utf8') : '';
      for (const line of text.split('\n')) {
        const tab = line.indexOf('\t');
        if (tab > 0) lines.set(line.slice(0, tab), line.slice(tab + 1));
      }
      this.archives.set(folder, lines);
    }
    return lines;
  }
}

/**
 * JSON with the keys of every object sorted, without white space, ending in a line feed: two files with the same
 * canonical form hold the same data. It is what `jq -cS .` writes.
 */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(sorted(value))}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** SHA-256 of the canonical JSON, in hexadecimal digits. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** The checksums of a corpus by GROUP/NAME.json. A line is a checksum, two blanks and a name, as sha256sum writes them. */
function readChecksums(folder: string): Map<string, string> {
  const lines = readFileSync(join(folder, CHECKSUMS), 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/**
 * Compare a carried corpus with its list of checksums.
 * @param folder holds SHA256SUMS and the groups
 * @returns one line per scenario that is missing, changed or not in the list; empty if all is well
 */
export function verifyGolden(folder: string): string[] {
  const listed = readChecksums(folder);
  const reader = new GoldenReader();
  const problems: string[] = [];
  for (const path of findScenarioFiles([folder])) {
    const name = path.slice(join(folder, '/').length);
    const sum = listed.get(name);
    listed.delete(name);
    if (sum === undefined) problems.push(`${name}: not in ${CHECKSUMS}`);
    else if (fingerprint(reader.read(path)) !== sum) problems.push(`${name}: the data differs from what was recorded`);
  }
  for (const name of listed.keys()) problems.push(`${name}: missing`);
  return problems;
}

/**
 * Carry recorded scenarios into a folder: the scenario itself as it was written, "expect" into the archive of its
 * group, the checksums of the originals into SHA256SUMS. Nothing in the data is changed.
 * @param from one folder per group, one file per scenario
 * @param to is created; groups of the same name in it are replaced
 * @returns how many scenarios were carried
 */
export function packGolden(from: string, to: string): number {
  const sums: string[] = [];
  const groups = new Map<string, string[]>();
  for (const path of findScenarioFiles([from])) {
    const group = basename(dirname(path));
    groups.set(group, [...(groups.get(group) ?? []), path]);
  }
  for (const [group, files] of groups) {
    const folder = join(to, group);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const archive: string[] = [];
    for (const path of files) {
      const text = readFileSync(path, 'utf8');
      const recorded = JSON.parse(text);
      const { expect, ...scenario } = recorded;
      const kept = expect === undefined ? text : `${text.slice(0, text.indexOf(',\n "expect": {'))}\n}\n`;
      if (canonicalJson(JSON.parse(kept)) !== canonicalJson(scenario)) {
        throw new Error(`${path}: cannot be divided into scenario and "expect"`);
      }
      writeFileSync(join(folder, basename(path)), kept);
      if (expect !== undefined) archive.push(`${basename(path)}\t${JSON.stringify(expect)}\n`);
      sums.push(`${fingerprint(recorded)}  ${group}/${basename(path)}\n`);
    }
    if (archive.length > 0) writeFileSync(join(folder, EXPECT_ARCHIVE), compress(archive.join('')));
  }
  writeFileSync(join(to, CHECKSUMS), sums.join(''));
  return sums.length;
}

function compress(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
