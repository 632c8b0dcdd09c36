/** What a program threw, for the person who wrote the program: with its own lines, and without ours. */

import { inspect } from 'node:util';
import type { ProgramFiles } from './program-file.ts';

/** What a program may miss on a board, and what is there instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  Buffer: 'Use Uint8Array, and utf8() and text() of lwip-twin.',
  clearInterval: 'Use os.delayMs() in a task of its own.',
  clearTimeout: 'Use os.delayMs() in a task of its own.',
  fetch: 'Use the sockets of os.',
  performance: 'Use os.xTaskGetTickCount() or Date.now().',
  process: 'A board has no Node.js.',
  queueMicrotask: 'Use os.xTaskCreate().',
  require: 'Use import.',
  setImmediate: 'Use os.taskYIELD().',
  setInterval: 'Use os.delayMs() in a loop.',
  setTimeout: 'Use os.delayMs().',
};

/** @returns the error and the places in the sources that led to it, several lines without a line feed at the end */
export function describeError(error: unknown, files: ProgramFiles): string {
  const lines = inspect(error).split('\n');
  const shown: string[] = [];
  const foreign: string[] = [];
  for (const line of lines) {
    const mapped = files.mapPlaces(line);
    if (mapped !== line || !/^\s+at /.test(line)) shown.push(mapped);
    else foreign.push(line);
  }
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  // Our own refusals are whole sentences. Anything else that happened outside of the program is a defect to be reported.
  if (shown.length === message.split('\n').length && !message.endsWith('.')) shown.push(...foreign);
  const missing = /^(\w+) is not defined$/.exec(message)?.[1] ?? '';
  if (Object.hasOwn(INSTEAD, missing)) shown.push(`A board has no ${missing}. ${INSTEAD[missing]}`);
  return shown.join('\n');
}
