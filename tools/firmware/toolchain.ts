/** The compiler, the linker and wasm-opt, in processes of their own that are started when they are needed. */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FirmwareBuildError } from './build-error.ts';
import type { CompileRequest, LinkRequest, Reply, Request, TransformRequest } from './messages.ts';
import { findTools, type Home, type Tools } from './packages.ts';
import type { Support } from './support.ts';
import { Worker } from './worker.ts';

/** A compiler needs a third of a gigabyte. */
const MAX_COMPILERS = Math.min(4, availableParallelism());
/** A process that has been idle for long ends, perhaps just when it is needed again. */
const ATTEMPTS = 3;

export class Toolchain {
  private readonly home: Home;
  private readonly support: Support;
  private readonly tools: Tools;
  private readonly compilers: Worker[] = [];
  private optimizer: Worker | null = null;

  /** @throws FirmwareBuildError if the packages are not installed */
  constructor(home: Home, support: Support) {
    this.home = home;
    this.support = support;
    this.tools = findTools(home);
  }

  compile(request: CompileRequest): Promise<Reply> {
    return this.ask(() => this.compiler(), request);
  }

  link(request: LinkRequest): Promise<Reply> {
    return this.ask(() => this.compiler(), request);
  }

  transform(request: TransformRequest): Promise<Reply> {
    return this.ask(() => this.wasmOpt(), request);
  }

  /** Let wasm-opt start already, as it will be needed. */
  prepare(): void {
    this.wasmOpt();
  }

  private async ask(choose: () => Worker, request: Request): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      const worker = choose();
      try {
        return await worker.ask(request);
      } catch (error) {
        if (!worker.isGone || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** An idle one, or a new one, or the one with the least to do. */
  private compiler(): Worker {
    const alive = this.compilers.filter((worker) => !worker.isGone);
    this.compilers.length = 0;
    this.compilers.push(...alive);
    const [leastBusy] = alive.sort((a, b) => a.load - b.load);
    if (leastBusy !== undefined && (leastBusy.load === 0 || alive.length >= MAX_COMPILERS)) return leastBusy;
    const worker = this.start('clang-process', pathToFileURL(this.tools.clang).href);
    // If it does not get them, it is gone, and that is found out by whoever needs it.
    worker.ask({ kind: 'headers', files: this.support.headers }).catch(() => undefined);
    this.compilers.push(worker);
    return worker;
  }

  private wasmOpt(): Worker {
    if (this.optimizer === null || this.optimizer.isGone) {
      this.optimizer = this.start('binaryen-process', this.tools.wasmOpt);
    }
    return this.optimizer;
  }

  private start(name: string, tool: string): Worker {
    const program = join(this.home.root, 'dist', 'tools', 'firmware', `${name}.js`);
    if (!existsSync(program)) throw new FirmwareBuildError(`${program} is missing; "npm run build" makes it.`);
    return new Worker(program, [tool]);
  }
}
