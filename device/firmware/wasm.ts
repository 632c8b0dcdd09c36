/** The little of WebAssembly that this folder needs, as the language's library does not declare it. */

/** A compiled image, shared by all boards that run it. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    customSections(module: WasmModule, name: string): ArrayBuffer[];
    imports(module: WasmModule): WasmImport[];
  };
  readonly Instance: new (module: WasmModule, imports: WasmImports) => { readonly exports: unknown };
  readonly RuntimeError: new () => Error;
};

/** @throws WebAssembly.CompileError if the bytes are no module */
export function compileWasm(bytes: Uint8Array): WasmModule {
  return new WebAssembly.Module(bytes);
}

/** The contents of a custom section; null if there is none. */
export function customSection(module: WasmModule, name: string): Uint8Array | null {
  const section = WebAssembly.Module.customSections(module, name)[0];
  return section === undefined ? null : new Uint8Array(section);
}

export function importsOf(module: WasmModule): readonly WasmImport[] {
  return WebAssembly.Module.imports(module);
}

/** A fresh instance's exports. */
export function instantiate(module: WasmModule, imports: WasmImports): unknown {
  return new WebAssembly.Instance(module, imports).exports;
}

/** Did WebAssembly stop the code: division by zero, access out of bounds, unreachable? */
export function isTrap(error: unknown): error is Error {
  return error instanceof WebAssembly.RuntimeError;
}
