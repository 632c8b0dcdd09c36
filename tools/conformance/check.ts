/** Checks of JSON values. Each takes where the value stands, for the message, and throws a ScenarioError if it is wrong. */

/** A scenario file that does not follow the format; the message says where. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** Numbers by name. */
export type Names = Readonly<Record<string, number>>;

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

export function fail(where: string, what: string): never {
  throw new ScenarioError(`${where}: ${what}`);
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(where: string, value: unknown, keys: readonly string[]): Json {
  if (!isObject(value)) fail(where, 'an object is expected');
  for (const key of Object.keys(value)) if (!keys.includes(key)) fail(where, `unknown key "${key}"`);
  return value;
}

export function asList(where: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : fail(where, 'a list is expected');
}

export function asInt(where: string, value: unknown, min = Number.MIN_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    fail(where, `a whole number is expected, not ${value}`);
  if (value < min) fail(where, `${value} is too small, at least ${min} is expected`);
  return value;
}

export function asString(where: string, value: unknown): string {
  return typeof value === 'string' ? value : fail(where, 'a string is expected');
}

/** 0, 1, true or false. */
export function asFlag(where: string, value: unknown): boolean {
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  return fail(where, '0 or 1 is expected');
}

/** A number, or a name out of a table. */
export function asNamed(where: string, value: unknown, names: Names): number {
  if (typeof value === 'number') return asInt(where, value);
  const found = typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : undefined;
  return found ?? fail(where, `${JSON.stringify(value)} is not one of ${Object.keys(names).join(', ')}`);
}

export function asIp(where: string, value: unknown): string {
  const text = asString(where, value);
  const quad = text.split('.');
  if (quad.length !== 4 || quad.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) {
    fail(where, `"${text}" is not an IPv4 address`);
  }
  return text;
}

/** A list of at most `max` addresses. */
export function asIps(where: string, value: unknown, max: number): readonly string[] {
  const list = asList(where, value);
  return list.length <= max ? list.map((ip) => asIp(where, ip)) : fail(where, `at most ${max} addresses are expected`);
}

export function asMac(where: string, value: unknown): string {
  const text = asString(where, value);
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) ? text : fail(where, `"${text}" is not a MAC address`);
}

export function asHex(where: string, value: unknown): Uint8Array {
  const text = asString(where, value);
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    fail(where, 'an even number of hexadecimal digits is expected');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
