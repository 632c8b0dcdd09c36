/** From object files to a module, and from that to an image's code. */

import { FirmwareBuildError } from './build-error.ts';
import { parseDebugLine } from './debug-line.ts';
import { fromSourceMap, type LineRow, toSourceMap } from './line-table.ts';
import { leftOver, undefinedFunction } from './refusals.ts';
import { neverSuspended, SUSPENSION_GROUPS } from './suspension.ts';
import type { Toolchain } from './toolchain.ts';
import { findSection, importsOf, SECTION_CODE } from './wasm-module.ts';

/** An object file and whose it is. */
export interface ObjectFile {
  /** Of the source. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isUsers: boolean;
}

/** Stack of the code that runs before there are tasks; it lies first in memory, so that running over its end traps. */
const BOOT_STACK_BYTES = 16_384;
const LINK = [
  '-m',
  'wasm32',
  '-L/usr/lib/wasm32-wasip1',
  '/usr/lib/wasm32-wasip1/crt1-reactor.o',
  '--entry',
  '_initialize',
  '--stack-first',
  '-z',
  `stack-size=${BOOT_STACK_BYTES}`,
  '--export=__stack_pointer',
  '--export=__heap_base',
  '--error-limit=0',
];
const LIBRARIES = ['-lc', '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a'];
const CPP_LIBRARIES = ['-lc++', '-lc++abi'];

/** What the host gives to an image: functions that return at once, and functions in which a task may be suspended. */
const HOST_MODULES = ['esp', 'espb'];
const STACK_OVERFLOW = 'stack_overflow';
/** Where wasm-opt's check wants its function to come from; as long as the name of the module that really has it. */
const CHECK_MODULE = 'env';

/** @throws FirmwareBuildError with a sentence for everything that is missing */
export async function link(objects: readonly ObjectFile[], isCpp: boolean, toolchain: Toolchain): Promise<Uint8Array> {
  const files = objects.map(({ bytes }, i) => [`${i}.o`, bytes] as const);
  const args = [...LINK, ...files.map(([name]) => name), ...(isCpp ? CPP_LIBRARIES : []), ...LIBRARIES];
  const { ok, text, output } = await toolchain.link({ kind: 'link', args, files });
  if (!ok) throw new FirmwareBuildError(explainLinker(text, objects));
  const foreign = importsOf(output).filter(({ module }) => !HOST_MODULES.includes(module));
  if (foreign.length > 0) {
    const used = functionsUsed(objects);
    throw new FirmwareBuildError([...new Set(foreign.map(({ name }) => leftOver(name, used)))].join('\n'));
  }
  return output;
}

function explainLinker(text: string, objects: readonly ObjectFile[]): string {
  const named = Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(/\b(\d+)\.o\b/g, (whole, index: string) => objects[Number(index)]?.name ?? whole);
  const callers = new Map<string, string[]>();
  const others: string[] = [];
  for (const line of named.trimEnd().split('\n')) {
    const [, caller, name] = /^wasm-ld: error: (.*?): undefined symbol: (.*)$/.exec(line) ?? [];
    if (name === undefined) others.push(line);
    else callers.set(name, [...new Set([...(callers.get(name) ?? []), caller!])]);
  }
  return [...[...callers].map(([name, by]) => undefinedFunction(name, by)), ...others].join('\n');
}

/** Functions that the user's sources use and do not define, with the names of the sources. */
function functionsUsed(objects: readonly ObjectFile[]): Map<string, string[]> {
  const used = new Map<string, string[]>();
  for (const { name, bytes, isUsers } of objects) {
    if (!isUsers) continue;
    for (const { name: wanted, isFunction } of importsOf(bytes)) {
      if (isFunction) used.set(wanted, [...(used.get(wanted) ?? []), name]);
    }
  }
  return used;
}

/** A module that can suspend its tasks, and the lines of its instructions. */
export interface Suspendable {
  readonly wasm: Uint8Array;
  readonly lines: readonly LineRow[];
}

/** What wasm-opt is to do. */
function passes(isChecked: boolean, never: readonly string[]): string[] {
  return [
    // Names of functions are for panics; the lines go another way than the compiler's debug information.
    '-g',
    '--strip-dwarf',
    '--asyncify',
    '--pass-arg=asyncify-imports@espb.*',
    ...(never.length === 0 ? [] : [`--pass-arg=asyncify-removelist@${never.join(',')}`]),
    // Of what Asyncify leaves behind, the bulk; more optimisation would take much longer and gain a few percent.
    '--simplify-locals-nostructure',
    '--vacuum',
    '--reorder-locals',
    // The calls that the check inserts have a wrong type until the module is written, so nothing may come after it, and
    // whether the module is valid is left to the engine.
    '--no-validation',
    ...(isChecked ? ['--stack-check', `--pass-arg=stack-check-handler@${STACK_OVERFLOW}`] : []),
  ];
}

/** Changes with all that is done to object files. */
export function linkKey(isChecked: boolean): string {
  return JSON.stringify([LINK, CPP_LIBRARIES, LIBRARIES, passes(isChecked, []), SUSPENSION_GROUPS]);
}

/**
 * @param objects what the module was linked of
 * @param isChecked test at every change of the stack pointer whether the stack is still the task's own
 */
export async function makeSuspendable(
  linked: Uint8Array,
  objects: readonly ObjectFile[],
  isChecked: boolean,
  toolchain: Toolchain,
): Promise<Suspendable> {
  const code = findSection(linked, SECTION_CODE)!.at;
  const rows = parseDebugLine(findSection(linked, '.debug_line')?.bytes ?? new Uint8Array());
  const args = passes(isChecked, neverSuspended(objects));
  const sourceMap = toSourceMap(rows.map((row) => ({ ...row, offset: row.offset + code })));
  const reply = await toolchain.transform({ kind: 'transform', args, wasm: linked, sourceMap });
  if (!reply.ok) throw new Error(`wasm-opt failed:\n${reply.text}`);
  const wasm = Uint8Array.from(reply.output);
  for (const { module, name, at } of importsOf(wasm)) {
    if (module === CHECK_MODULE && name === STACK_OVERFLOW) wasm.set(Buffer.from(HOST_MODULES[0]!), at);
  }
  return { wasm, lines: fromSourceMap(reply.sourceMap) };
}
