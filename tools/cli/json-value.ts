/** Values of a JSON file that know where they stand, so that what is wrong with one can be said in a sentence. */

import { readFileSync } from 'node:fs';
import { UsageError } from './usage-error.ts';

/** A part of a JSON file. */
export class JsonValue {
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
    const found = this.value === undefined ? 'it is missing' : `not ${JSON.stringify(this.value)}`;
    throw new UsageError(`${this.place} must be ${expected}${this.value === undefined ? '; ' : ', '}${found}.`);
  }

  private get place(): string {
    return this.path === '' ? `${this.file}: the whole` : `${this.file}: ${this.path}`;
  }

  /** The members of an object. @throws UsageError for a member that has none of the names */
  members<K extends string>(names: readonly K[]): Partial<Readonly<Record<K, JsonValue>>> {
    const entries = this.entries('an object with settings');
    const found: Partial<Record<string, JsonValue>> = {};
    for (const [name, value] of entries) {
      if (!names.includes(name as K)) {
        throw new UsageError(`${value.place}: there is no such setting; there are ${names.join(', ')}.`);
      }
      found[name] = value;
    }
    return found as Partial<Readonly<Record<K, JsonValue>>>;
  }

  /** The members of an object with any names. @param expected completes "must be ..." */
  entries(expected: string): [string, JsonValue][] {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail(expected);
    return Object.entries(value).map(([name, member]) => [
      name,
      this.inside(this.path === '' ? name : `.${name}`, member),
    ]);
  }

  /** The items of a list. @param expected completes "must be ..." */
  items(expected: string): JsonValue[] {
    if (!Array.isArray(this.value)) this.fail(expected);
    return this.value.map((item, i) => this.inside(`[${i}]`, item));
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

  get isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value);
  }

  private inside(step: string, value: unknown): JsonValue {
    return new JsonValue(this.file, this.path + step, value);
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
    const { message } = error as Error;
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const before = text.slice(0, at).split('\n');
    const what = message.replace(/ (?:in JSON )?at position.*$/, '');
    throw new UsageError(`${file}:${before.length}:${before.at(-1)!.length + 1}: this is not JSON: ${what}.`);
  }
}
