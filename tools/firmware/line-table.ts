/** Which line an instruction comes from: rows, as a source map for wasm-opt, and as the section of an image. */

import { sleb, uleb } from './byte-reader.ts';

/** From this offset to the next row's, instructions come from this line. */
export interface LineRow {
  readonly offset: number;
  readonly file: string;
  /** From 1; 0: it is not known. */
  readonly line: number;
}

interface SourceMap {
  readonly version: 3;
  readonly sources: readonly string[];
  readonly names: readonly string[];
  /** Of a module: one line, whose columns are offsets. */
  readonly mappings: string;
}

/**
 * A source map (version 3).
 * @param rows in ascending order of their offsets in the module
 */
export function toSourceMap(rows: readonly LineRow[]): string {
  const sources = new Map<string, number>();
  const segments: string[] = [];
  const last = { offset: 0, source: 0, line: 0 };
  for (const { offset, file, line } of withoutRepetition(rows)) {
    let segment = vlq(offset - last.offset);
    last.offset = offset;
    if (line > 0) {
      const source = sources.get(file) ?? sources.size;
      sources.set(file, source);
      // The column is not kept.
      segment += vlq(source - last.source) + vlq(line - 1 - last.line) + vlq(0);
      last.source = source;
      last.line = line - 1;
    }
    segments.push(segment);
  }
  const map: SourceMap = { version: 3, sources: [...sources.keys()], names: [], mappings: segments.join(',') };
  return JSON.stringify(map);
}

/** @returns rows in ascending order of their offsets in the module */
export function fromSourceMap(text: string): LineRow[] {
  const { sources, mappings } = JSON.parse(text) as SourceMap;
  const rows: LineRow[] = [];
  let [offset, source, line] = [0, 0, 0];
  for (const segment of mappings.split(',')) {
    const [distance, toSource, toLine] = unVlq(segment);
    if (distance === undefined) continue;
    offset += distance;
    source += toSource ?? 0;
    line += toLine ?? 0;
    rows.push(
      toLine === undefined ? { offset, file: '', line: 0 } : { offset, file: sources[source]!, line: line + 1 },
    );
  }
  return rows;
}

/**
 * The contents of an image's section "lwip-twin.lines"; device/firmware/lines.ts reads it and says what it looks like.
 * @param rows in ascending order of their offsets in the module
 */
export function encodeLines(rows: readonly LineRow[]): Uint8Array {
  const kept = withoutRepetition(rows);
  const files = [...new Set(kept.filter(({ line }) => line > 0).map(({ file }) => file))];
  const indexOf = new Map(files.map((file, index) => [file, index]));
  const bytes = uleb(files.length);
  for (const file of files) {
    const name = Buffer.from(file);
    bytes.push(...uleb(name.length), ...name);
  }
  bytes.push(...uleb(kept.length));
  const last = { offset: 0, line: 0 };
  for (const { offset, file, line } of kept) {
    bytes.push(...uleb(offset - last.offset), ...uleb(indexOf.get(file) ?? 0), ...sleb(line - last.line));
    last.offset = offset;
    last.line = line;
  }
  return Uint8Array.from(bytes);
}

/** Of several rows at one offset the last counts, and a row that says what the one before says can go. */
function withoutRepetition(rows: readonly LineRow[]): LineRow[] {
  const kept: LineRow[] = [];
  for (const row of rows) {
    if (kept.at(-1)?.offset === row.offset) kept.pop();
    const before = kept.at(-1);
    if (before === undefined || before.line !== row.line || before.file !== row.file) kept.push(row);
  }
  return kept;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A number as source maps write it. */
function vlq(value: number): string {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let text = '';
  do {
    const low = rest & 31;
    rest >>>= 5;
    text += BASE64[rest > 0 ? low | 32 : low];
  } while (rest > 0);
  return text;
}

function unVlq(text: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = BASE64.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    values.push((value & 1) === 0 ? value >>> 1 : -(value >>> 1));
    value = 0;
    shift = 0;
  }
  return values;
}
