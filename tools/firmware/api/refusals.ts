/** What the C support code refuses, read from its sources: functions that only refuse, and functions that sometimes do. */

import { withoutComments } from './declarations.ts';

/** A function that says "... is refused: sentence" in the log and fails. */
export interface Refusal {
  readonly sentence: string;
  /** It does nothing else. */
  readonly always: boolean;
}

const REFUSED = /\bREFUSED\((\w+),\s*\([^)]*\),\s*(\w+|"[^"]*")\)/g;
const DEFINITION = /^[\w*][\w *]*?[ *](\w+)\([^;{}]*\)\s*\{\n([\s\S]*?)\n\}/gm;
const FIRST_STATEMENT = /^\s*REFUSE\((\w+|"[^"]*")\);/;
const SOMEWHERE = /\bREFUSE\((\w+|"[^"]*")\)|"\w+\([\w ]*\) is refused: ([^"]*)"(?:\s*(\w+))?/;

/** @param sources texts of device/firmware/src/*.c  @returns by name of the function */
export function refusalsOf(sources: Iterable<string>): Map<string, Refusal> {
  const refusals = new Map<string, Refusal>();
  for (const source of sources) {
    const text = withoutComments(source);
    const words = new Map<string, string>();
    for (const [, name, sentence] of text.matchAll(/^#define (\w+) "([^"]*)"$/gm)) words.set(name!, sentence!);
    const sentenceOf = (argument: string): string => words.get(argument) ?? argument.replaceAll('"', '');
    for (const [, name, argument] of text.matchAll(REFUSED)) {
      refusals.set(name!, { sentence: sentenceOf(argument!), always: true });
    }
    for (const [, name, body] of text.matchAll(DEFINITION)) {
      const [, first] = FIRST_STATEMENT.exec(body!) ?? [];
      const [found, argument, said, word] = SOMEWHERE.exec(body!) ?? [];
      if (found === undefined) continue;
      const sentence = argument === undefined ? `${said}${words.get(word ?? '') ?? ''}` : sentenceOf(argument);
      refusals.set(name!, { sentence, always: first !== undefined || isOneStatement(body!) });
    }
  }
  return refusals;
}

function isOneStatement(body: string): boolean {
  return body.split(';').filter((part) => part.trim() !== '').length === 1;
}
