/**
 * A process of its own for clang and wasm-ld, which are WebAssembly themselves: it is started with V8's fast compiler only,
 * because optimising 75 MB of code costs more than it saves, and that choice holds for a whole process.
 */

import type { CompileRequest, FileList, LinkRequest, Reply, Request } from './messages.ts';
import { failure, serve } from './serve.ts';

/** A folder of the compiler's own file system. */
interface Tree {
  [name: string]: Tree | Uint8Array;
}

interface RunOptions {
  readonly stdout: (bytes: Uint8Array | null) => void;
  readonly stderr: (bytes: Uint8Array | null) => void;
  readonly decodeASCII: boolean;
}

interface Clang {
  readonly commands: Readonly<Record<string, (args: readonly string[], files: Tree, options: RunOptions) => unknown>>;
  runLLVM(args: readonly string[] | null, files: Tree, options: RunOptions | { fetchProgress(): void }): Promise<Tree>;
}

const OUTPUT = 'out.bin';
/** Stands for the source when the compiler's driver is asked how it would call the compiler proper. */
const PLACEHOLDER = 'source.c';
const OVERLAY = 'overlay.json';

const clang = (await import(process.argv[2]!)) as Clang;
await clang.runLLVM(null, {}, { fetchProgress: () => undefined });
let headers: FileList = [];
/** The compiler proper's arguments by driver and flags; to ask for them costs as much as a small source. */
const compilerArgs = new Map<string, readonly string[]>();

serve(async (request: Request) => {
  switch (request.kind) {
    case 'headers':
      headers = request.files;
      return { ...failure(''), ok: true };
    case 'compile':
      return compile(request);
    case 'link':
      return link(request);
    case 'transform':
      throw new Error('This process has no wasm-opt.');
  }
});

async function compile({ driver, flags, cwd, source, files }: CompileRequest): Promise<Reply> {
  const args = (await argsOfCompiler(driver, flags)).map((arg) => (arg === PLACEHOLDER ? source : arg));
  const tree: Tree = {};
  for (const [path, bytes] of headers) place(tree, path, bytes);
  // The compiler's file system knows no "..": an overlay does, and lets sources have the paths that they have in reality.
  const contents = files.map(([path, bytes], i) => {
    tree[`file${i}`] = bytes;
    return { name: path, type: 'file', 'external-contents': `/file${i}` };
  });
  const overlay = { version: 0, 'case-sensitive': 'true', 'use-external-names': false, roots: contents };
  tree[OVERLAY] = Buffer.from(JSON.stringify(overlay));
  return run([...args, '-working-directory', cwd, '-ivfsoverlay', `/${OVERLAY}`], tree);
}

async function argsOfCompiler(driver: string, flags: readonly string[]): Promise<readonly string[]> {
  const key = JSON.stringify([driver, flags]);
  const known = compilerArgs.get(key);
  if (known !== undefined) return known;
  let text = '';
  const collect = (bytes: Uint8Array | null) => {
    text += decode(bytes);
  };
  const options = { stdout: collect, stderr: collect, decodeASCII: false };
  const tree = { [PLACEHOLDER]: new Uint8Array() };
  await clang.commands[driver]!(['-###', '-c', ...flags, PLACEHOLDER, '-o', `/${OUTPUT}`], tree, options);
  const line = text.split('\n').find((candidate) => candidate.includes('"-cc1"'));
  if (line === undefined) throw new Error(`The compiler does not accept its options:\n${text}`);
  // The first word is the compiler's path, which is empty here.
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) => word!.replace(/\\(.)/g, '$1'));
  const args = words.slice(1);
  compilerArgs.set(key, args);
  return args;
}

async function link({ args, files }: LinkRequest): Promise<Reply> {
  return run(['wasm-ld', ...args, '-o', OUTPUT], Object.fromEntries(files));
}

async function run(args: readonly string[], tree: Tree): Promise<Reply> {
  let text = '';
  const collect = (bytes: Uint8Array | null) => {
    text += decode(bytes);
  };
  try {
    const made = await clang.runLLVM(args, tree, { stdout: collect, stderr: collect, decodeASCII: false });
    return { ok: true, text, output: made[OUTPUT] as Uint8Array, sourceMap: '' };
  } catch (error) {
    return failure(text === '' ? String(error) : text);
  }
}

function place(tree: Tree, path: string, bytes: Uint8Array): void {
  const names = path.split('/').filter((name) => name !== '');
  const last = names.pop()!;
  for (const name of names) {
    tree[name] ??= {};
    tree = tree[name] as Tree;
  }
  tree[last] = bytes;
}

/** Text comes in pieces that end anywhere, so it stays bytes until it is complete: one character a byte. */
function decode(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString('latin1');
}
