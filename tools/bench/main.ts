/** npm run bench: what the twin costs, and how far that is from the machine's floor. */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { boards } from './boards.ts';
import { bulk } from './bulk.ts';
import { connect } from './connect.ts';
import { type Floor, measureFloor } from './floor.ts';
import { heap } from './heap.ts';
import { type Benchmark, type Effort, median } from './measure.ts';
import { native } from './native.ts';
import { formatHeader, formatSection, type Section } from './report.ts';
import { search } from './search.ts';
import { udp } from './udp.ts';

const BENCHMARKS: readonly Benchmark[] = [bulk, connect, udp, boards, search, heap];

const USAGE = `Usage: npm run bench [-- [--native] [--only NAME]... [--rounds N] [--json FILE]]
  --native       the same work on Debian's lwIP and on the twin, and ratios of their CPU times
  --only NAME    one of ${BENCHMARKS.map((b) => b.name).join(', ')}; may be repeated
  --rounds N     counted rounds of every measurement (7)
  --json FILE    write the figures to a file, too`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '7' },
      json: { type: 'string' },
      native: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const effort: Effort = { rounds: Number(values.rounds), scale: 1 };
  const chosen = values.only === undefined ? BENCHMARKS : values.only.map(byName);
  if (!Number.isInteger(effort.rounds) || effort.rounds < 1) throw new RangeError('--rounds needs a whole number.');
  if (values.native) {
    for (const line of native(effort)) console.log(line);
    return;
  }
  const floor = steadyFloor();
  console.log(formatHeader(effort, floor));
  const sections: Section[] = [];
  for (const benchmark of chosen) {
    const { name, counted } = benchmark;
    const section: Section = { name, counted, figures: await benchmark.run(effort) };
    sections.push(section);
    console.log(formatSection(section));
  }
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ node: process.versions.node, effort, floor, sections }, null, 2)}\n`,
    );
  }
}

/** The floor once the code is compiled; this also does it for the benchmarks to come. */
function steadyFloor(): Floor {
  const floors = Array.from({ length: 60 }, measureFloor).slice(30);
  return { copyNs: median(floors.map((f) => f.copyNs)), sumNs: median(floors.map((f) => f.sumNs)) };
}

function byName(name: string): Benchmark {
  const found = BENCHMARKS.find((b) => b.name === name);
  if (found === undefined) throw new RangeError(`There is no benchmark named "${name}".\n${USAGE}`);
  return found;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof RangeError || error instanceof TypeError ? error.message : error);
  process.exitCode = 1;
}
