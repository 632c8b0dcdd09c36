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
  process: '',
  queueMicrotask: 'Use os.xTaskCreate().',
  require: 'Use import.',
  setImmediate: 'Use os.taskYIELD().',
  setInterval: 'Use os.delayMs() in a loop.',
  setTimeout: 'Use os.delayMs().',
};

/** @returns the error and the places in the sources that led to it, several lines without a line feed at the end */
export function describeError(error: unknown, files: ProgramFiles): string {
  const whole = inspect(error);
  const explained = files.explainPlaces(whole);
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  // Our own refusals are whole sentences. Anything else that happened outside of the program is a defect to be reported.
  const isDefect = explained.endsWith(message) && explained !== whole && !message.endsWith('.');
  const missing = /^(\w+) is not defined$/.exec(message)?.[1] ?? '';
  const hint = Object.hasOwn(INSTEAD, missing) ? `\nA board has no ${missing}. ${INSTEAD[missing]}`.trimEnd() : '';
  return `${isDefect ? whole : explained}${hint}`;
}
