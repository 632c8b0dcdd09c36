/** What the driver and the processes that do the work tell each other. */

/** Files by path: absolute paths with slashes, or names in the folder that the tool works in. */
export type FileList = readonly (readonly [path: string, bytes: Uint8Array])[];

/** Headers that every compilation can include. Sent once, before anything else. */
export interface HeadersRequest {
  readonly kind: 'headers';
  readonly files: FileList;
}

/** Make an object file of one source. */
export interface CompileRequest {
  readonly kind: 'compile';
  /** 'clang' for C, 'clang++' for C++. */
  readonly driver: string;
  /** What depends on the source is not among them. */
  readonly flags: readonly string[];
  /** The folder that names are relative to, absolute. */
  readonly cwd: string;
  /** As errors and __FILE__ show it, absolute or relative to cwd. */
  readonly source: string;
  /** The source and all that it includes of its own, by absolute path. */
  readonly files: FileList;
}

/** Make a module of object files. */
export interface LinkRequest {
  readonly kind: 'link';
  readonly args: readonly string[];
  readonly files: FileList;
}

/** Let wasm-opt transform a module and its source map. */
export interface TransformRequest {
  readonly kind: 'transform';
  readonly args: readonly string[];
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
}

export type Request = HeadersRequest | CompileRequest | LinkRequest | TransformRequest;

/** What became of a request. */
export interface Reply {
  /** The tool was content. */
  readonly ok: boolean;
  /** What it printed: warnings and errors. */
  readonly text: string;
  /** What it made; empty if it was not content. */
  readonly output: Uint8Array;
  /** The source map that goes with a transformed module. */
  readonly sourceMap: string;
}

/** A message to a process: a request with a number, for the reply. */
export interface Numbered<T> {
  readonly id: number;
  readonly body: T;
}
