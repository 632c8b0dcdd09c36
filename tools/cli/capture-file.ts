/**
 * The capture of a run: opened only when everything else is in order. Classic pcap is written while the world runs; pcapng, whose
 * comments tell what came of a call, when the run is over.
 */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Trace } from '../../device/index.ts';
import { fileSink, type PcapSink, PcapWriter } from '../pcap-writer.ts';
import { writePcapng } from '../pcapng-writer.ts';
import { UsageError } from './usage-error.ts';

export class CaptureFile {
  /** What the file system said when a frame could not be written; nothing is written after that. */
  failure: unknown = undefined;
  private readonly sink: PcapSink;
  private readonly trace: Trace;
  /** Null for pcapng. */
  private readonly writer: PcapWriter | null;
  private readonly seed: number;

  /**
   * Begin a capture; one that is there already is replaced.
   * @param trace which must keep everything for pcapng (see isPcapng())  @param seed of the run, for pcapng's remarks
   * @throws UsageError if the file cannot be written, or holds something else that would be lost
   */
  constructor(path: string, trace: Trace, seed: number) {
    refuseToDestroy(path);
    this.trace = trace;
    this.seed = seed;
    try {
      this.sink = fileSink(path);
      this.writer = isPcapng(path) ? null : new PcapWriter(this.sink);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    const { writer } = this;
    // Never throws: a throw would end up in the program that has just sent the frame.
    if (writer !== null) trace.onFrame(({ tUs, bytes }) => this.attempt(() => writer.write(tUs, bytes)));
  }

  /** Put on disk what was written so far, so that it can be looked at while the run goes on. */
  flush(): void {
    this.attempt(() => this.writer?.flush());
  }

  close(): void {
    const { writer, sink, trace, seed } = this;
    this.attempt(() => (writer === null ? writePcapng(trace, sink, { comments: [`seed ${seed}`] }) : writer.close()));
  }

  private attempt(action: () => void): void {
    if (this.failure !== undefined) return;
    try {
      action();
    } catch (error) {
      this.failure = error;
    }
  }
}

/** The name of a capture says which format it has. */
export function isPcapng(path: string): boolean {
  return path.toLowerCase().endsWith('.pcapng');
}

/** First bytes of captures: pcap with micro- or nanoseconds in either byte order, and pcapng. */
const MAGIC = ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a'];

/** "--pcap client.ts" is a word forgotten, not a wish. */
function refuseToDestroy(path: string): void {
  const size = regularFileSize(path);
  if (size === 0) return;
  const head = Buffer.alloc(4);
  try {
    const file = openSync(path, 'r');
    readSync(file, head, 0, 4, 0);
    closeSync(file);
  } catch {
    // Who may write a file but not read it knows what it is.
    return;
  }
  if (MAGIC.includes(head.toString('hex'))) return;
  throw new UsageError(`'${path}' exists and is not a capture; it is not overwritten.`);
}

function regularFileSize(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : 0;
}
