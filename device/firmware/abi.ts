/** The boundary between an image and this folder, as src/host.h has it: exports, and structs in linear memory. */

import type { WasmMemory } from './wasm.ts';

/** What every image exports. */
export interface ImageExports {
  readonly memory: WasmMemory;
  esp_get_stack(): number;
  esp_set_stack(sp: number): void;
  /** @returns address of struct esp_abi */
  esp_abi(): number;
  _initialize(): void;
  esp_boot(): void;
  esp_task_entry(fn: number, arg: number): void;
  asyncify_start_unwind(data: number): void;
  asyncify_stop_unwind(): void;
  asyncify_start_rewind(data: number): void;
  asyncify_stop_rewind(): void;
  /** Checked builds: the bounds of the running task's stack. */
  __set_stack_limits?(base: number, limit: number): void;
}

const REQUIRED: readonly (keyof ImageExports)[] = [
  'memory',
  'esp_get_stack',
  'esp_set_stack',
  'esp_abi',
  '_initialize',
  'esp_boot',
  'esp_task_entry',
  'asyncify_start_unwind',
  'asyncify_stop_unwind',
  'asyncify_start_rewind',
  'asyncify_stop_rewind',
];

/** @throws TypeError naming what an image lacks */
export function checkExports(exports: unknown): ImageExports {
  const found = new Set(Object.keys(exports as object));
  const missing = REQUIRED.filter((name) => !found.has(name));
  if (missing.length > 0) {
    throw new TypeError(`This is no firmware image of lwip-twin: it does not export ${missing.join(', ')}.`);
  }
  return exports as ImageExports;
}

/** Word offsets in struct esp_abi. */
export const ABI_SCRATCH = 0;
export const ABI_SCRATCH_SIZE = 1;
export const ABI_LIBC_ERRNO = 2;
export const ABI_CURRENT = 3;
export const ABI_FUEL = 4;

/** Byte offsets in struct esp_task. */
export const TASK_ERRNO = 0;
export const TASK_STACK = 4;
export const TASK_STACK_SIZE = 8;
export const TASK_NAME = 12;

/** Bytes at the top of the memory's first page that no C object occupies: a write there went through NULL. */
export const NULL_GUARD = 64;
