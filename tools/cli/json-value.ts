/** Values of a JSON file that know where they stand, so that what is wrong with one can be said in a sentence. */

import { readFileSync } from 'node:fs';
import { type TransformFailure, transformSync } from 'esbuild';
import { UsageError } from './usage-error.ts';

/** A part of a JSON file, or a place where there could be one. */
export class JsonValue {
  /** Undefined: there is nothing. */
  readonly value: unknown;
  private readonly file: string;
  /** "boards[0].ip"; '' for the whole. */
  private readonly path: string;

  constructor(file: string, path: string, value: unknown) {
    this.file = file;
    this.path = path;
    this.value = value;
  }

  /** @param expected completes "must be ..." */
  fail(expected: string): never {
    const found = this.value === undefined ? '; it is missing' : `, not ${JSON.stringify(this.value)}`;
    throw new UsageError(`${this.place} must be ${expected}${found}.`);
  }

  get isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value);
  }

  /** The members of an object. @throws UsageError for a member that has none of the names */
  members<K extends string>(names: readonly K[]): Partial<Readonly<Record<K, JsonValue>>> {
    const found: Partial<Record<string, JsonValue>> = {};
    for (const [name, member] of this.entries('an object with settings')) {
      if (!names.includes(name as K)) {
        throw new UsageError(`${member.place}: there is no such setting; there are ${names.join(', ')}.`);
      }
      found[name] = member;
    }
    return found as Partial<Readonly<Record<K, JsonValue>>>;
  }

  /** The place of a member that an object lacks. */
  missing(name: string): JsonValue {
    return this.member(name, undefined);
  }

  /** The members of an object with any names. @param expected completes "must be ..." */
  entries(expected: string): [string, JsonValue][] {
    if (!this.isObject) this.fail(expected);
    return Object.entries(this.value as object).map(([name, value]) => [name, this.member(name, value)]);
  }

  /** The items of a list. @param expected completes "must be ..." */
  items(expected: string): JsonValue[] {
    if (!Array.isArray(this.value) || this.value.length === 0) this.fail(expected);
    return this.value.map((item, i) => new JsonValue(this.file, `${this.path}[${i}]`, item));
  }

  /** @param expected completes "must be ..." */
  text(expected: string): string {
    if (typeof this.value !== 'string' || this.value === '') this.fail(expected);
    return this.value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') this.fail('true or false');
    return this.value;
  }

  /** @param expected completes "must be ..." */
  whole(min: number, max: number, expected: string): number {
    const { value } = this;
    return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? (value as number)
      : this.fail(expected);
  }

  private member(name: string, value: unknown): JsonValue {
    return new JsonValue(this.file, this.path === '' ? name : `${this.path}.${name}`, value);
  }

  private get place(): string {
    return this.path === '' ? `${this.file}: the whole` : `${this.file}: ${this.path}`;
  }
}

/** @throws UsageError if the file cannot be read, or is no JSON, with line and column */
export function readJson(file: string): JsonValue {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      isMissing ? `There is no file '${file}'.` : `'${file}' cannot be read: ${(error as Error).message}.`,
    );
  }
  try {
    return new JsonValue(file, '', JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${file}${placeOfMistake(text) ?? `: ${(error as Error).message}.`}`);
  }
}

/** JSON.parse() does not always tell where it stumbled. */
function placeOfMistake(text: string): string | undefined {
  try {
    transformSync(text, { loader: 'json', logLevel: 'silent' });
    return undefined;
  } catch (error) {
    const [first] = (error as TransformFailure).errors;
    if (first?.location == null) return undefined;
    return `:${first.location.line}:${first.location.column + 1}: this is not JSON: ${first.text.replace(/\.$/, '')}.`;
  }
}
