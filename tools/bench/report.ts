/** The benchmarks' result in words and as JSON. */

import { cpus } from 'node:os';
import type { Benchmark, Effort, Figure } from './measure.ts';

/** A benchmark and what it measured. */
export interface Section {
  readonly name: string;
  readonly counted: string;
  readonly figures: readonly Figure[];
}

export function makeSection({ name, counted }: Pick<Benchmark, 'name' | 'counted'>, figures: readonly Figure[]): Section {
  return { name, counted, figures };
}

export function formatHeader({ rounds }: Effort): string {
  return (
    `lwip-twin benchmarks on Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}\n` +
    `CPU time of the process, ${rounds} rounds in alternation after one that is not counted: best round, median round.\n`
  );
}

export function formatSection({ name, counted, figures }: Section): string {
  const lines = [`\n${name}`, ...wrap(counted).map((line) => `  ${line}`)];
  const width = Math.max(...figures.map((f) => f.what.length));
  for (const { what, unit, best, median, copies, target } of figures) {
    const cells = [what.padEnd(width), number(best).padStart(10), number(median).padStart(10), unit.padEnd(11)];
    cells.push((copies === undefined ? '' : `${number(copies)} copies`).padEnd(13));
    if (target !== undefined) cells.push(`target ${number(target.value)}: ${target.isReached ? 'reached' : 'MISSED'}`);
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
