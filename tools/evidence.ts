/** What a failing test shows of its world: seed, misfortunes, the ladder around the trouble, and a capture in a file. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { World } from '../device/world.ts';
import { formatLadder } from './ladder.ts';
import { formatPcapng } from './pcapng-writer.ts';

export interface EvidenceOptions {
  /** Where the capture goes; beside the test if left out, or into the current folder outside of Jest. */
  readonly folder?: string;
  /** Most lines of the ladder; 60 if left out. */
  readonly ladderLines?: number;
}

/** An error that shows what happened in a recorded world. @param heading what failed, in lines @param cause shown below */
export function errorWithEvidence(
  world: World,
  heading: readonly string[],
  cause: unknown,
  { folder, ladderLines = 60 }: EvidenceOptions,
): Error {
  const trace = world.trace!;
  const ladder = formatLadder(trace, { from: firstTroubleUs(world), limit: ladderLines });
  const file = capturePath(folder);
  const lines = [
    ...heading,
    messageOf(cause),
    '',
    ladder,
    '',
    leaveCapture(file, formatPcapng(trace, { comments: heading.filter((text) => text !== '') })),
  ];
  return new Error(lines.join('\n'), { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function leaveCapture(file: string, bytes: Uint8Array): string {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return `Capture: ${relative(process.cwd(), file)}`;
  } catch (reason) {
    return `The capture could not be written: ${messageOf(reason)}`;
  }
}

/** Virtual time between the start of the ladder and the first sign of trouble. */
const BEFORE_TROUBLE_US = 20_000;

/** When the first fault struck or the first thing was noted; 0 if nothing was. */
function firstTroubleUs({ trace }: World): number {
  const hit = trace!.frames.find((frame) => frame.fault !== '');
  const times = [...(hit === undefined ? [] : [hit.tUs]), ...trace!.notes.slice(0, 1).map((note) => note.tUs)];
  return times.length === 0 ? 0 : Math.max(0, Math.min(...times) - BEFORE_TROUBLE_US);
}

/** What Jest tells about the test that runs. */
interface JestState {
  readonly testPath?: string;
  readonly currentTestName?: string;
}

function capturePath(folder: string | undefined): string {
  const { expect } = globalThis as { readonly expect?: { getState?(): JestState } };
  const { testPath, currentTestName = 'property' } = expect?.getState?.() ?? {};
  const name = currentTestName
    .replace(/[^\w]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80);
  const test = testPath === undefined ? '' : `${basename(testPath).replace(/\.[cm]?[jt]sx?$/, '')}.`;
  return join(folder ?? (testPath === undefined ? process.cwd() : dirname(testPath)), `${test}${name}.pcapng`);
}
