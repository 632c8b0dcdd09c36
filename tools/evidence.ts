/** What a failing test shows of its world: seed, misfortunes, the ladder around the trouble, and beside it a capture and a report. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { World } from '../device/world.ts';
import { formatLadder } from './ladder.ts';
import { formatPcapng } from './pcapng-writer.ts';
import { reportData, reportHtml } from './report/report.ts';

export interface EvidenceOptions {
  /** Where capture and report go; beside the test if left out, or into the current folder outside of Jest. */
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
  const path = evidencePath(folder);
  const comments = heading.filter((text) => text !== '');
  const lines = [
    ...heading,
    messageOf(cause),
    '',
    ladder,
    '',
    leave('capture', `${path}.pcapng`, () => formatPcapng(trace, { comments })),
    leave('report', `${path}.html`, () => htmlOf(world, cause)),
  ];
  return new Error(lines.join('\n'), { cause });
}

function htmlOf(world: World, cause: unknown): string {
  const { currentTestName } = jestState();
  const title = currentTestName === undefined ? {} : { title: currentTestName };
  // Jest colours its messages.
  const violations = world.failure === null ? [stripVTControlCharacters(messageOf(cause))] : [];
  return reportHtml(reportData(world, world.lastReport ?? undefined, { ...title, violations }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function leave(what: 'capture' | 'report', file: string, content: () => string | Uint8Array): string {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content());
    return `${what === 'report' ? 'Report' : 'Capture'}: ${relative(process.cwd(), file)}`;
  } catch (reason) {
    return `The ${what} could not be written: ${messageOf(reason)}`;
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

function jestState(): JestState {
  const { expect } = globalThis as { readonly expect?: { getState?(): JestState } };
  return expect?.getState?.() ?? {};
}

/** Folder and name of what is left, without the ending. */
function evidencePath(folder: string | undefined): string {
  const { testPath, currentTestName = 'property' } = jestState();
  const name = currentTestName
    .replace(/[^\w]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80);
  const test = testPath === undefined ? '' : `${basename(testPath).replace(/\.[cm]?[jt]sx?$/, '')}.`;
  return join(folder ?? (testPath === undefined ? process.cwd() : dirname(testPath)), `${test}${name}`);
}
