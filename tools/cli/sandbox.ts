/**
 * The JavaScript world of a board: the language, a console, and nothing that would let chance or the host's clock in.
 * Every board has a realm of its own, so programs share nothing but the network. It keeps programs repeatable; it does not
 * keep anybody locked in.
 */

import { Console } from 'node:console';
import { compileFunction, createContext, runInContext } from 'node:vm';
import { HOST, type Script } from './program-file.ts';

/** What a board's programs see of the world around them. */
export interface Surroundings {
  /** Virtual time in microseconds; also what the clock shows, from 1970 on, as on a board that nobody told the time. */
  nowUs(): number;
  /** The next random number in [0, 1). */
  random(): number;
  /** Text for a stream, one or more whole lines, each with a line feed. */
  print(stream: 'stdout' | 'stderr', text: string): void;
}

/** The parts of a realm that are replaced. */
interface Realm {
  Date: DateConstructor;
  Math: { random: () => number };
  console: unknown;
  TextDecoder: unknown;
  TextEncoder: unknown;
  readonly BigInt: { readonly prototype: object };
  readonly Number: { readonly prototype: object };
  readonly String: { readonly prototype: object };
}

/** They tell something about the host, or let the garbage collector, a thread or a clock decide. */
const FORBIDDEN = ['Atomics', 'FinalizationRegistry', 'Intl', 'SharedArrayBuffer', 'WeakRef'];

/**
 * Evaluate a script in a new realm.
 * @param host what the package exports
 * @returns its `module.exports`
 * @throws whatever the script throws
 */
export function evaluate(script: Script, host: object, surroundings: Surroundings): unknown {
  const context = createContext(Object.create(null) as object, { name: script.file });
  runInContext(FORBIDDEN.map((name) => `delete globalThis.${name};`).join('\n'), context);
  const realm = runInContext('globalThis', context) as Realm;
  realm.Date = virtualDate(realm.Date, surroundings);
  realm.Math.random = () => surroundings.random();
  realm.console = virtualConsole(surroundings);
  realm.TextDecoder = TextDecoder;
  realm.TextEncoder = TextEncoder;
  fixLocale(realm);

  const module: { exports: unknown } = { exports: runInContext('({})', context) };
  const run = compileFunction(script.code, ['module', 'exports', HOST], {
    filename: script.name,
    parsingContext: context,
  }) as (module: object, exports: unknown, host: object) => void;
  run(module, module.exports, host);
  return module.exports;
}

function virtualDate(Real: DateConstructor, { nowUs }: Surroundings): DateConstructor {
  const now = () => Math.floor(nowUs() / 1000);
  const Virtual = new Proxy(Real, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new Real(now()).toString(),
  });
  Real.now = now;
  Real.prototype.constructor = Virtual;
  return Virtual;
}

/** Languages and time zones are the host's. Places of the argument that names the language. */
const LOCALE_AT: readonly (readonly [keyof Realm, string, number])[] = [
  ['BigInt', 'toLocaleString', 0],
  ['Date', 'toLocaleDateString', 0],
  ['Date', 'toLocaleString', 0],
  ['Date', 'toLocaleTimeString', 0],
  ['Number', 'toLocaleString', 0],
  ['String', 'localeCompare', 1],
  ['String', 'toLocaleLowerCase', 0],
  ['String', 'toLocaleUpperCase', 0],
];

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A board speaks English and lives in UTC. */
function fixLocale(realm: Realm): void {
  process.env.TZ = 'UTC';
  for (const [type, name, at] of LOCALE_AT) {
    const prototype = (realm[type] as { readonly prototype: Record<string, Method> }).prototype;
    const original = prototype[name]!;
    prototype[name] = function (this: unknown, ...args: unknown[]) {
      while (args.length < at) args.push(undefined);
      args[at] ??= 'en-US';
      return original.apply(this, args);
    };
  }
  const prototype = realm.Date.prototype as unknown as Record<string, Method>;
  for (const name of ['toString', 'toTimeString']) {
    const original = prototype[name]!;
    prototype[name] = function (this: unknown) {
      return String(original.call(this)).replace(/\(.*\)/, '(Coordinated Universal Time)');
    };
  }
}

function virtualConsole({ nowUs, print }: Surroundings): object {
  const stream = (name: 'stdout' | 'stderr') => ({ write: (text: string) => print(name, text) });
  const console = new Console({
    stdout: stream('stdout') as unknown as NodeJS.WritableStream,
    stderr: stream('stderr') as unknown as NodeJS.WritableStream,
    ignoreErrors: false,
    colorMode: false,
  });
  const timers = new Map<string, number>();
  const elapsed = (label: string, rest: readonly unknown[]) => {
    const start = timers.get(label);
    if (start !== undefined) console.log(`${label}: ${(nowUs() - start) / 1000}ms`, ...rest);
  };
  console.time = (label = 'default') => void timers.set(label, nowUs());
  console.timeLog = (label = 'default', ...rest) => elapsed(label, rest);
  console.timeEnd = (label = 'default') => {
    elapsed(label, []);
    timers.delete(label);
  };
  return console;
}
