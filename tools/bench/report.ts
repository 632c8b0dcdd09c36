/** The benchmarks' result in words and as JSON. */

import { cpus } from 'node:os';
import type { Floor } from './floor.ts';
import type { Effort, Figure } from './measure.ts';

/** A benchmark and what it measured. */
export interface Section {
  readonly name: string;
  readonly counted: string;
  readonly figures: readonly Figure[];
}

export function formatHeader({ rounds }: Effort, { copyNs, sumNs }: Floor): string {
  return [
    `lwip-twin benchmarks, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}`,
    ...wrap(
      `CPU time of the process, in ${rounds} alternating rounds after one that is not counted: best round, median round. ` +
        'A floor is the CPU time that copying and summing 1440 bytes takes here, measured anew before every measurement; the ' +
        'number of floors is the median of the rounds. Targets were set for a machine with a floor of 340 ns.',
    ),
    `Floor now: ${number(copyNs)} ns to copy and ${number(sumNs)} ns to sum 1440 bytes.`,
  ].join('\n');
}

export function formatSection({ name, counted, figures }: Section): string {
  const lines = [`\n${name}`, ...wrap(counted).map((line) => `  ${line}`)];
  const width = Math.max(...figures.map((f) => f.what.length));
  lines.push(`  ${''.padEnd(width)}  ${'best'.padStart(9)}  ${'median'.padStart(9)}`);
  for (const { what, unit, best, median, floors, target } of figures) {
    const cells = [
      what.padEnd(width),
      (best === undefined ? '' : number(best)).padStart(9),
      number(median).padStart(9),
      unit.padEnd(11),
    ];
    cells.push((floors === undefined ? '' : `${number(floors)} floors`).padEnd(12));
    if (target !== undefined) cells.push(`target ${number(target.atMost)}: ${target.isReached ? 'reached' : 'missed'}`);
    lines.push(`  ${cells.join('  ')}`.trimEnd());
  }
  return lines.join('\n');
}

/** Three significant digits, thousands separated. */
function number(x: number): string {
  return x >= 100 ? Math.round(x).toLocaleString('en') : x.toPrecision(3);
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length >= 110) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
