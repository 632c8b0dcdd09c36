/**
 * Which functions of C's library cannot suspend a task although they look as if: they call through pointers, or write to
 * a descriptor that could be a socket. Code that can be suspended is larger and slower, printf() in particular, and making
 * it so takes most of the time of a build.
 */

import type { ObjectFile } from './link.ts';
import { functionsIn, importsOf } from './wasm-module.ts';

interface Group {
  readonly functions: readonly string[];
  /** They may be suspended after all if somebody uses one of these. */
  readonly unless: readonly string[];
}

export const SUSPENSION_GROUPS: readonly Group[] = [
  {
    // Output goes to the console or into memory, unless a stream stands for a socket.
    functions: ['printf_core', 'pop_arg', 'pad', 'vfprintf', '__fwritex', 'fwrite', '__overflow', '__stdio_write'],
    unless: ['dprintf', 'vdprintf', 'fdopen', 'fopencookie'],
  },
  {
    // Numbers and patterns are read from memory, unless it is the console's input.
    functions: ['vfscanf', '__intscan', '__floatscan', '__shgetc', 'strtox', 'decfloat', 'hexfloat', 'scanexp'],
    unless: ['scanf', 'vscanf', 'fscanf', 'vfscanf', '__isoc99_scanf', '__isoc99_fscanf', 'fdopen', 'fopencookie'],
  },
];

/** @param objects all that are linked but the library  @returns names of functions that need no preparation */
export function neverSuspended(objects: readonly ObjectFile[]): string[] {
  const used = new Set<string>();
  const defined = new Set<string>();
  for (const { bytes } of objects) {
    for (const { name } of importsOf(bytes)) used.add(name);
    for (const name of functionsIn(bytes)) defined.add(name);
  }
  // A function of the firmware may have the name of one in the library that only the library sees.
  return SUSPENSION_GROUPS.filter(({ unless }) => !unless.some((name) => used.has(name))).flatMap(({ functions }) =>
    functions.filter((name) => !defined.has(name)),
  );
}
