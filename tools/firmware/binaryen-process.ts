/**
 * A process of its own for wasm-opt, which Binaryen's package brings along as a script: unlike the package's API it carries
 * a source map through its passes. The script is made to run once; here it is evaluated anew for every request, around a
 * WebAssembly module that is compiled once.
 */

import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import type { Reply, Request, TransformRequest } from './messages.ts';
import { failure, serve } from './serve.ts';

declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<object>;
};

/** What the script calls its module: options for it, and functions of it. */
interface Script {
  readonly noInitialRun: boolean;
  readonly instantiateWasm: (imports: object, done: (instance: object) => void) => void;
  readonly onRuntimeInitialized: () => void;
  findWasmBinary?(): Uint8Array;
  callMain?(args: string[]): number;
}

type Evaluate = (
  Module: Script,
  require: (name: string) => unknown,
  module: object,
  __filename: string,
  __dirname: string,
) => void;

const STANDARD_ERROR = 2;

const file = process.argv[2]!;
const require = createRequire(file);
const evaluate = compileFunction(
  `Module.findWasmBinary = findWasmBinary; Module.callMain = callMain;${readFileSync(file, 'utf8').replace(/^#!.*/, '')}`,
  ['Module', 'require', 'module', '__filename', '__dirname'],
  { filename: file },
) as Evaluate;
let compiled: Promise<object> | undefined;
// Sooner or later it is needed; the compiler is busy meanwhile.
await start(() => undefined);

serve(async (request: Request) => {
  if (request.kind !== 'transform') throw new Error('This process has only wasm-opt.');
  return transform(request);
});

async function transform({ args, wasm, sourceMap }: TransformRequest): Promise<Reply> {
  const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-'));
  const [wasmIn, mapIn, wasmOut, mapOut] = ['in.wasm', 'in.map', 'out.wasm', 'out.map'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  try {
    writeFileSync(wasmIn, wasm);
    writeFileSync(mapIn, sourceMap);
    let text = '';
    const script = await start((bytes) => {
      text += Buffer.from(bytes).toString('utf8');
    });
    const status = script.callMain!([wasmIn, '-ism', mapIn, ...args, '-o', wasmOut, '-osm', mapOut]);
    // The script sets it for the process that it believes to be its own.
    process.exitCode = 0;
    if (status !== 0) return failure(text);
    return { ok: true, text, output: readFileSync(wasmOut), sourceMap: readFileSync(mapOut, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A fresh wasm-opt that has not run yet. @param complain is told what it writes to standard error */
function start(complain: (bytes: Uint8Array) => void): Promise<Script> {
  const writeSync = (file: number, bytes: Uint8Array, offset: number, length: number, position: number | null) => {
    if (file !== STANDARD_ERROR) return fs.writeSync(file, bytes, offset, length, position);
    complain(bytes.subarray(offset, offset + length));
    return length;
  };
  const itsRequire = (name: string) => (name === 'node:fs' ? { ...fs, writeSync } : require(name));
  return new Promise((resolve, reject) => {
    const script: Script = {
      noInitialRun: true,
      instantiateWasm(imports, done) {
        compiled ??= WebAssembly.compile(script.findWasmBinary!());
        compiled
          .then((module) => WebAssembly.instantiate(module, imports))
          .then(done)
          .catch(reject);
      },
      onRuntimeInitialized: () => setImmediate(resolve, script),
    };
    evaluate(script, itsRequire, {}, file, dirname(file));
  });
}
