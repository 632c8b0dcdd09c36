/** What the headers of device/firmware/include offer: functions, and macros that are used like functions. */

/** A name that a program can call. */
export interface Declaration {
  readonly name: string;
  /** Path below device/firmware/include. */
  readonly header: string;
  /** function: defined elsewhere. inline: defined in the header. macro: expands to something else. */
  readonly kind: 'function' | 'inline' | 'macro';
}

const FUNCTION_LIKE_MACRO = /^#[ \t]*define[ \t]+(\w+)\(/gm;
/** A prototype or a definition, once bodies are braces only. */
const FUNCTION =
  /^(?!typedef\b|union\b|enum\b|return\b)\w[\w \t*]*[ \t*](\w+)\(([^;{}]*)\)\s*([\w(), "]*?)\s*(;|\{\})/gm;
/** Names that are not for programs. */
const PRIVATE = /^_[a-z]|^ESP_[A-Z_]+_$|^ESP_SELECT_MACRO/;

/** @param headers path below device/firmware/include, and text */
export function declarationsOf(headers: Iterable<readonly [path: string, text: string]>): Declaration[] {
  const found = new Map<string, Declaration>();
  for (const [header, text] of headers) {
    const plain = withoutComments(text);
    for (const [, name] of plain.matchAll(FUNCTION_LIKE_MACRO)) add(found, { name: name!, header, kind: 'macro' });
    const code = collapseBodies(withoutDirectives(plain));
    for (const [, name, , , end] of code.matchAll(FUNCTION)) {
      add(found, { name: name!, header, kind: end === ';' ? 'function' : 'inline' });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is declared twice is what it is first; a macro gives way to a function of its name. */
function add(found: Map<string, Declaration>, declaration: Declaration): void {
  const { name } = declaration;
  if (PRIVATE.test(name)) return;
  const known = found.get(name);
  if (known === undefined || (known.kind === 'macro' && declaration.kind !== 'macro')) found.set(name, declaration);
}

export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/^([^"\n]*?)\/\/.*$/gm, '$1');
}

/** Directives with their continuation lines, and the words that open and close what is meant for C++. */
function withoutDirectives(text: string): string {
  return text.replace(/^[ \t]*#(?:.*\\\n)*.*$/gm, '').replace(/^__(?:BEGIN|END)_DECLS$/gm, ';');
}

/** Everything between the outermost braces is left out. */
function collapseBodies(text: string): string {
  let depth = 0;
  let result = '';
  for (const char of text) {
    if (char === '{' && depth++ === 0) result += char;
    if (char === '}' && --depth === 0) result += char;
    else if (depth === 0) result += char;
  }
  return result;
}
