/** `lwip-twin report`: a capture, or a run that a replay file repeats, as one HTML file; and where such files may be written. */

import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { packageVersion } from '../package-info.ts';
import { readCapture } from '../read-capture.ts';
import { replaceFile } from '../replace-file.ts';
import { reportHtml } from '../report/report.ts';
import type { ReportData } from '../report/report-data.ts';
import type { Screen } from './screen.ts';
import { UsageError } from './usage-error.ts';

export interface ReportCommand {
  readonly kind: 'report';
  /** A capture. */
  readonly file: string;
  readonly output: string;
}

const DOCTYPE = '<!doctype html>';

/** @returns the exit status @throws UsageError if the capture cannot be read, or the output would destroy something */
export function runReport({ file, output }: ReportCommand, screen: Screen): number {
  checkReportPath(output);
  replaceFile(output, reportHtml(captureData(file)));
  screen.err(`lwip-twin: report in ${output}\n`);
  return 0;
}

/** "--report client.c" is a word forgotten, not a wish. @throws UsageError if another kind of file would be lost */
export function checkReportPath(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size === 0) return;
  if (stat.isDirectory()) throw new UsageError(`'${path}' is a folder; a report is a file.`);
  const head = Buffer.alloc(DOCTYPE.length);
  const file = openSync(path, 'r');
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  if (head.toString('latin1').toLowerCase() === DOCTYPE) return;
  throw new UsageError(`'${path}' exists and is not a report; it is not overwritten.`);
}

function captureData(file: string): ReportData {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UsageError(`'${file}' cannot be read: ${(error as Error).message}.`);
  }
  try {
    const { frames, notes } = readCapture(bytes);
    const names = [...new Set(frames.map((frame) => frame.from).filter((name) => name !== ''))];
    return {
      title: basename(file),
      version: packageVersion(),
      seed: undefined,
      outcome: 'A capture: calls, control blocks and causes are not known.',
      endUs: frames.at(-1)?.tUs ?? 0,
      boards: names.map((name) => ({ name, mac: '' })),
      frames,
      calls: [],
      notes,
      events: [],
      steps: [],
      states: [],
      logs: [],
      marks: [],
      faults: [],
    };
  } catch (error) {
    throw new UsageError(`'${file}' cannot be shown: ${(error as Error).message}.`);
  }
}
