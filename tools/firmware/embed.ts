/** Files that become part of the image, as EMBED_FILES and EMBED_TXTFILES of ESP-IDF's build do it. */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { FirmwareBuildError } from './build-error.ts';
import { compilerPath, nameOf, type Source } from './sources.ts';

const BYTES_PER_LINE = 32;

/**
 * A source that holds a file's bytes, for `extern const char x[] asm("_binary_NAME_start")` and its like.
 * @param isText a zero byte follows the last one
 * @throws FirmwareBuildError if it cannot be read
 */
export function embeddedFile(file: string, isText: boolean): Source {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new FirmwareBuildError(`The embedded file '${nameOf(file)}' cannot be read: ${(error as Error).message}.`);
  }
  const symbol = basename(file).replace(/[^A-Za-z0-9]/g, '_');
  const text = Buffer.from(assembly(symbol, isText ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes));
  const name = `${nameOf(file)}.embedded.c`;
  return { name, isCpp: false, text, files: [[compilerPath(name), text]] };
}

function assembly(symbol: string, bytes: Uint8Array): string {
  const [start, end, length] = [`_binary_${symbol}_start`, `_binary_${symbol}_end`, `${symbol}_length`];
  const lines = [`.section .rodata.embedded.${symbol},"",@`];
  for (const name of [start, end, length]) lines.push(`.globl ${name}`, `.type ${name},@object`);
  lines.push('.p2align 2', `${start}:`);
  for (let i = 0; i < bytes.length; i += BYTES_PER_LINE) {
    lines.push(`.byte ${bytes.subarray(i, i + BYTES_PER_LINE).join(',')}`);
  }
  // The end has a size, or else it would not count as an object.
  lines.push(`.size ${start}, ${bytes.length}`, `${end}:`, '.p2align 2', `.size ${end}, 1`);
  lines.push(`${length}:`, `.int32 ${bytes.length}`, `.size ${length}, 4`);
  return `__asm__(\n${lines.map((line) => `${JSON.stringify(`${line}\n`)}\n`).join('')});\n`;
}
