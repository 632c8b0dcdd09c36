/** A forked process that answers requests. It is kept for the next one, and never keeps the program that uses it alive. */

import { type ChildProcess, fork } from 'node:child_process';
import type { Numbered, Reply, Request } from './messages.ts';

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class Worker {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  /** Why the process is gone; null while it lives. */
  private gone: Error | null = null;

  /**
   * @param program the compiled program
   * @param args what it is told
   */
  constructor(program: string, args: readonly string[]) {
    this.child = fork(program, args, {
      execArgv: ['--liftoff-only', '--no-warnings'],
      env: { ...process.env, NODE_OPTIONS: '' },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let complaint = '';
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    this.child.on('message', ({ id, body }: Numbered<Reply>) => {
      this.waiting.get(id)?.resolve(body);
      this.waiting.delete(id);
      this.letGo();
    });
    this.child.on('error', (error) => this.end(error));
    this.child.on('close', (code, signal) => {
      this.end(new Error(`The compiler's process ended with ${signal ?? `status ${code}`}.\n${complaint}`.trimEnd()));
    });
    this.letGo();
  }

  get isGone(): boolean {
    return this.gone !== null;
  }

  /** Requests that have no answer yet. */
  get load(): number {
    return this.waiting.size;
  }

  /** @throws Error if the process ends before it answers */
  ask(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.gone !== null) {
        reject(this.gone);
        return;
      }
      const id = ++this.lastId;
      this.waiting.set(id, { resolve, reject });
      this.hold();
      this.child.send({ id, body: request } satisfies Numbered<Request>, (error) => {
        if (error !== null) this.end(error);
      });
    });
  }

  private end(error: Error): void {
    this.gone ??= error;
    for (const { reject } of this.waiting.values()) reject(this.gone);
    this.waiting.clear();
  }

  /** While an answer is due, the program must wait for it. */
  private hold(): void {
    this.child.ref();
    this.child.channel?.ref();
  }

  private letGo(): void {
    if (this.waiting.size > 0) return;
    this.child.unref();
    this.child.channel?.unref();
    (this.child.stderr as { unref?(): void } | null)?.unref?.();
  }
}
