/** What a search leaves behind: for each finding a replay file, a capture, a ladder and a report, and one summary. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPlan } from '../../device/faults/plan.ts';
import { formatLadder } from '../ladder.ts';
import { packageVersion } from '../package-info.ts';
import { formatPcapng } from '../pcapng-writer.ts';
import { replaceFile } from '../replace-file.ts';
import { reportData, reportHtml } from '../report/report.ts';
import { replayOf, type ScenarioRef } from './replay-file.ts';
import type { Scenario } from './scenario.ts';
import type { ExploreResult, Finding } from './search.ts';
import { runTrial } from './trial.ts';

const SUMMARY = 'summary.json';
const LADDER_LINES = 400;

/** summary.json: what `merge` needs of a search. */
export interface Summary {
  readonly format: 1;
  readonly version: string;
  readonly scenario: ScenarioRef;
  readonly runs: number;
  readonly skipped: number;
  readonly places: number;
  readonly isComplete: boolean;
  readonly findings: readonly SummaryFinding[];
}

export interface SummaryFinding {
  readonly violation: string;
  readonly plan: FaultPlan;
  readonly number: number;
  readonly count: number;
  /** Beginning of the names of its files; '' if they have not been written. */
  readonly files: string;
}

export class FindingsFolder {
  private readonly path: string;
  private readonly scenario: Scenario;
  private readonly ref: ScenarioRef;
  private readonly names = new Map<Finding, string>();

  /** @throws Error if the folder holds something that is not a search's, or cannot be made */
  constructor(path: string, scenario: Scenario, ref: ScenarioRef) {
    this.path = path;
    this.scenario = scenario;
    this.ref = ref;
    if (existsSync(path) && !statSync(path).isDirectory()) throw new Error(`'${path}' is a file, not a folder.`);
    mkdirSync(path, { recursive: true });
    const foreign = readdirSync(path).length > 0 && !existsSync(join(path, SUMMARY)) && this.isForeign();
    if (foreign)
      throw new Error(`The folder '${path}' holds other things already; findings need a folder of their own.`);
  }

  private isForeign(): boolean {
    return readdirSync(this.path).some((name) => !/^\d{3}-/.test(name));
  }

  /** Write a finding's files. @returns the beginning of their names */
  async write(finding: Finding): Promise<string> {
    const name = `${String(this.names.size + 1).padStart(3, '0')}-${slug(finding.violation)}`;
    this.names.set(finding, name);
    const { world, report, violations } = await runTrial(this.scenario, finding.plan, true);
    const put = (ending: string, content: string | Uint8Array): void =>
      replaceFile(join(this.path, `${name}.${ending}`), content);
    put('replay.json', `${JSON.stringify(replayOf(this.ref, finding), null, 2)}\n`);
    put('ladder.txt', `${ladderText(world.trace!, finding)}\n`);
    put('pcapng', formatPcapng(world.trace!));
    const title = `${this.scenario.name}: ${finding.violation}`;
    put('html', reportHtml(reportData(world, report, { title, violations })));
    return name;
  }

  /** Write the summary of the whole search. */
  finish(result: ExploreResult): void {
    const { runs, skipped, places, isComplete } = result;
    const findings = result.findings.map((finding): SummaryFinding => {
      const { violation, plan, number, count } = finding;
      return { violation, plan, number, count, files: this.names.get(finding) ?? '' };
    });
    const summary: Summary = {
      format: 1,
      version: packageVersion(),
      scenario: this.ref,
      runs,
      skipped,
      places,
      isComplete,
      findings,
    };
    replaceFile(join(this.path, SUMMARY), `${JSON.stringify(summary, null, 2)}\n`);
  }
}

/** @throws Error naming the folder that no search has written */
export function readSummary(folder: string): Summary {
  const file = join(folder, SUMMARY);
  if (!existsSync(file)) throw new Error(`The folder '${folder}' has no ${SUMMARY}: it is not the result of a search.`);
  const summary = JSON.parse(readFileSync(file, 'utf8')) as Summary;
  if (summary.format !== 1) throw new Error(`'${file}' was written by another version of lwip-twin.`);
  return summary;
}

function ladderText(trace: Parameters<typeof formatLadder>[0], finding: Finding): string {
  const plan = finding.plan.map((spec) => `  ${JSON.stringify(spec)}`).join('\n');
  const heading = `${finding.violation}\n${plan === '' ? '  (without any misfortune)' : plan}\n`;
  return `${heading}\n${formatLadder(trace, { width: 120, limit: LADDER_LINES })}`;
}

/** The first words of a sentence, for a file name: "the-client-got-bytes". */
function slug(text: string): string {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? ['finding'];
  let name = words[0]!;
  for (const word of words.slice(1)) {
    if (name.length + word.length > 40) break;
    name += `-${word}`;
  }
  return name.slice(0, 40);
}
