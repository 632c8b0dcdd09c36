/** DWARF's line number program (section .debug_line, version 4), which tells where the compiler's instructions come from. */

import { ByteReader } from './byte-reader.ts';
import type { LineRow } from './line-table.ts';

const VERSION = 4;
/** Addresses near the top belong to functions that the linker has left out. */
const NOWHERE = 0x7fff_0000;

const DW_LNS_copy = 1;
const DW_LNS_advance_pc = 2;
const DW_LNS_advance_line = 3;
const DW_LNS_set_file = 4;
const DW_LNS_const_add_pc = 8;
const DW_LNS_fixed_advance_pc = 9;
const DW_LNE_end_sequence = 1;
const DW_LNE_set_address = 2;

interface Header {
  /** Names by file number, which begins at 1. */
  readonly files: readonly string[];
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** How many LEB128 arguments an opcode takes. */
  readonly argumentsOf: readonly number[];
}

/**
 * @param section of a linked module, where addresses count from the beginning of the code section
 * @returns rows in the order of their offsets, in the code section
 */
export function parseDebugLine(section: Uint8Array): LineRow[] {
  const reader = new ByteReader(section);
  const rows: LineRow[] = [];
  while (reader.at < section.length) {
    const length = reader.u32();
    const end = reader.at + length;
    const version = reader.u16();
    if (version === VERSION) {
      const headerLength = reader.u32();
      const program = reader.at + headerLength;
      const header = parseHeader(reader);
      reader.at = program;
      runProgram(reader, end, header, rows);
    }
    reader.at = end;
  }
  return rows.sort((a, b) => a.offset - b.offset);
}

function parseHeader(reader: ByteReader): Header {
  // Length of an instruction, operations in one, whether rows are statements: WebAssembly has no use for them.
  reader.at += 3;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  const argumentsOf = [0];
  while (argumentsOf.length < opcodeBase) argumentsOf.push(reader.u8());
  const folders = [''];
  for (let folder = reader.cString(); folder !== ''; folder = reader.cString()) folders.push(folder);
  const files = [''];
  for (let name = reader.cString(); name !== ''; name = reader.cString()) {
    const folder = folders[reader.uleb()] ?? '';
    reader.uleb();
    reader.uleb();
    files.push(folder === '' || name.startsWith('/') ? name : `${folder}/${name}`);
  }
  return { files, lineBase, lineRange, opcodeBase, argumentsOf };
}

/** One sequence after the other: rows of ascending addresses, and an end. */
function runProgram(reader: ByteReader, end: number, header: Header, rows: LineRow[]): void {
  const { files, lineBase, lineRange, opcodeBase } = header;
  let offset = 0;
  let file = 1;
  let line = 1;
  let sequence: LineRow[] = [];
  const append = (isEnd = false) => sequence.push({ offset, file: files[file] ?? '', line: isEnd ? 0 : line });
  while (reader.at < end) {
    const opcode = reader.u8();
    if (opcode >= opcodeBase) {
      offset += Math.floor((opcode - opcodeBase) / lineRange);
      line += lineBase + ((opcode - opcodeBase) % lineRange);
      append();
      continue;
    }
    switch (opcode) {
      case 0: {
        const next = reader.uleb() + reader.at;
        const extended = reader.u8();
        if (extended === DW_LNE_set_address) offset = reader.u32();
        if (extended === DW_LNE_end_sequence) {
          append(true);
          const { offset: first } = sequence[0]!;
          if (first > 0 && first < NOWHERE) for (const row of sequence) rows.push(row);
          sequence = [];
          [offset, file, line] = [0, 1, 1];
        }
        reader.at = next;
        break;
      }
      case DW_LNS_copy:
        append();
        break;
      case DW_LNS_advance_pc:
        offset += reader.uleb();
        break;
      case DW_LNS_advance_line:
        line += reader.sleb();
        break;
      case DW_LNS_set_file:
        file = reader.uleb();
        break;
      case DW_LNS_const_add_pc:
        offset += Math.floor((255 - opcodeBase) / lineRange);
        break;
      case DW_LNS_fixed_advance_pc:
        offset += reader.u16();
        break;
      default:
        for (let n = header.argumentsOf[opcode]!; n > 0; n--) reader.uleb();
    }
  }
}
