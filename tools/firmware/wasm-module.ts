/** The sections of a WebAssembly module. */

import { ByteReader, uleb } from './byte-reader.ts';

const SECTION_CUSTOM = 0;
const SECTION_IMPORT = 2;
export const SECTION_CODE = 10;
const HEADER_BYTES = 8;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;

/** Contents of a section. */
export interface Section {
  readonly id: number;
  /** Of a custom section; else empty. */
  readonly name: string;
  /** Where the contents begin in the module. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly isFunction: boolean;
  /** Where the module's name begins in the module. */
  readonly at: number;
}

function* sectionsOf(wasm: Uint8Array): Generator<Section> {
  const reader = new ByteReader(wasm, HEADER_BYTES);
  while (reader.at < wasm.length) {
    const id = reader.u8();
    const size = reader.uleb();
    const end = reader.at + size;
    const name = id === SECTION_CUSTOM ? reader.name() : '';
    yield { id, name, at: reader.at, bytes: wasm.subarray(reader.at, end) };
    reader.at = end;
  }
}

export function findSection(wasm: Uint8Array, wanted: number | string): Section | undefined {
  for (const section of sectionsOf(wasm)) {
    if (wanted === (typeof wanted === 'string' ? section.name : section.id)) return section;
  }
  return undefined;
}

/** What a module or an object file does not have of its own. */
export function importsOf(wasm: Uint8Array): Import[] {
  const section = findSection(wasm, SECTION_IMPORT);
  if (section === undefined) return [];
  const reader = new ByteReader(section.bytes);
  const imports: Import[] = [];
  for (let n = reader.uleb(); n > 0; n--) {
    const length = reader.uleb();
    const at = section.at + reader.at;
    const module = Buffer.from(reader.take(length)).toString('utf8');
    const name = reader.name();
    const kind = reader.u8();
    skipDescription(reader, kind);
    imports.push({ module, name, isFunction: kind === KIND_FUNCTION, at });
  }
  return imports;
}

function skipDescription(reader: ByteReader, kind: number): void {
  switch (kind) {
    case KIND_FUNCTION:
      reader.uleb();
      return;
    case KIND_GLOBAL:
      reader.at += 2;
      return;
    case KIND_TABLE:
      reader.u8();
      skipLimits(reader);
      return;
    case KIND_MEMORY:
      skipLimits(reader);
      return;
    default:
      throw new Error(`A module imports something of unknown kind ${kind}.`);
  }
}

function skipLimits(reader: ByteReader): void {
  const hasMaximum = (reader.u8() & 1) !== 0;
  reader.uleb();
  if (hasMaximum) reader.uleb();
}

const SYMBOL_TABLE = 8;
const SYMBOL_FUNCTION = 0;
const SYMBOL_DATA = 1;
const SYMBOL_SECTION = 3;
const UNDEFINED = 0x10;
const EXPLICIT_NAME = 0x40;

/** Functions that an object file defines, also those that only its own code can call. */
export function functionsIn(object: Uint8Array): string[] {
  const section = findSection(object, 'linking');
  if (section === undefined) return [];
  const reader = new ByteReader(section.bytes);
  const names: string[] = [];
  reader.uleb();
  while (reader.at < section.bytes.length) {
    const type = reader.u8();
    const end = reader.uleb() + reader.at;
    if (type === SYMBOL_TABLE) readSymbols(reader, names);
    reader.at = end;
  }
  return names;
}

function readSymbols(reader: ByteReader, names: string[]): void {
  for (let n = reader.uleb(); n > 0; n--) {
    const kind = reader.u8();
    const flags = reader.uleb();
    const isDefined = (flags & UNDEFINED) === 0;
    if (kind === SYMBOL_DATA) {
      reader.name();
      if (isDefined) for (let i = 0; i < 3; i++) reader.uleb();
      continue;
    }
    reader.uleb();
    const hasName = kind !== SYMBOL_SECTION && (isDefined || (flags & EXPLICIT_NAME) !== 0);
    const name = hasName ? reader.name() : '';
    if (kind === SYMBOL_FUNCTION && isDefined) names.push(name);
  }
}

/** The module with further custom sections at its end, so that nothing before them moves. */
export function withCustomSections(wasm: Uint8Array, sections: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = [wasm];
  for (const [name, bytes] of Object.entries(sections)) {
    const nameBytes = Buffer.from(name);
    const head = [...uleb(nameBytes.length), ...nameBytes];
    parts.push(Uint8Array.from([SECTION_CUSTOM, ...uleb(head.length + bytes.length), ...head]), bytes);
  }
  return Buffer.concat(parts);
}
