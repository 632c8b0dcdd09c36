/** Everything that was found in a world: stuck tasks, hazards and panics always, the rest if the world is watched. */

import type { Esp32 } from '../esp32.ts';
import type { PanicRecord } from '../firmware/panic.ts';
import type { BlockedTask } from '../idle.ts';
import { seconds } from './descriptors.ts';
import { type Expectation, type Finding, type FindingKind, type HintKind, isExpected } from './finding.ts';
import { Watcher } from './watcher.ts';

export interface WatchOptions {
  /** Virtual time in microseconds after which a run ends and is said to take too long; no limit if left out. */
  readonly timeLimitUs?: number;
}

/** What the findings need of their world. */
export interface FindingsWorld {
  readonly nowUs: number;
  readonly boards: readonly Esp32[];
  note(text: string, board?: string): void;
}

type Found = Omit<Finding, 'isExpected'>;

const HINTS: ReadonlySet<FindingKind | HintKind> = new Set<FindingKind | HintKind>([
  'shortWrite',
  'errnoNotRead',
  'errorLog',
  'noTimeout',
]);

export class Findings {
  readonly expectations: Expectation[] = [];
  timeLimitUs = Number.POSITIVE_INFINITY;
  watcher: Watcher | null = null;
  private readonly world: FindingsWorld;
  private readonly found: Found[] = [];

  constructor(world: FindingsWorld) {
    this.world = world;
  }

  /** Make the one who looks at calls. */
  watch({ timeLimitUs = Number.POSITIVE_INFINITY }: WatchOptions): Watcher {
    this.timeLimitUs = timeLimitUs;
    this.watcher ??= new Watcher((finding) => this.tell(finding));
    return this.watcher;
  }

  private tell(finding: Omit<Found, 'tUs'>): void {
    const { world } = this;
    this.found.push({ ...finding, tUs: world.nowUs });
    if (!HINTS.has(finding.kind)) world.note(`finding: ${finding.text}`, finding.board);
  }

  onHazard(board: string, text: string): void {
    const call = this.watcher?.lastCallOf(board);
    this.found.push({
      kind: 'hazard',
      tUs: this.world.nowUs,
      board,
      task: call?.task.name ?? '',
      call: call === undefined ? '' : `${call.fn}(${call.fd >= 0 ? call.fd : ''})`,
      text,
    });
  }

  onPanic({ tUs, board, task, message, backtrace }: PanicRecord): void {
    const where = backtrace[0] === undefined ? '' : ` in ${backtrace[0]}`;
    this.found.push({ kind: 'panic', tUs, board, task, call: '', text: `${message.split('\n')[0]}${where}` });
  }

  /** What was found until now, and what the end of the run shows. */
  report(outcome: string, blocked: readonly BlockedTask[]): { findings: Finding[]; hints: Finding[] } {
    this.watcher?.finish(this.world.boards);
    const atEnd = outcome === 'hang' ? stuck(blocked, this.world.nowUs) : [];
    if (outcome === 'until' && this.world.nowUs >= this.timeLimitUs) atEnd.push(this.tooLong(blocked));
    const all = [...this.found, ...atEnd].map((f) => ({ ...f, isExpected: isExpected(f, this.expectations) }));
    return { findings: all.filter((f) => !HINTS.has(f.kind)), hints: all.filter((f) => HINTS.has(f.kind)) };
  }

  private tooLong(blocked: readonly BlockedTask[]): Found {
    const tasks = blocked.map((b) => `${b.task} of ${b.board}${b.call === '' ? '' : ` in ${b.call}`}`).join(', ');
    const text = `After ${seconds(this.timeLimitUs)} these tasks have not ended: ${tasks === '' ? 'none' : tasks}.`;
    return { kind: 'timeLimit', tUs: this.world.nowUs, board: '', task: '', call: '', text };
  }
}

function stuck(blocked: readonly BlockedTask[], tUs: number): Found[] {
  return blocked
    .filter((b) => !b.isServing)
    .map(({ board, task, call, waitsFor }) => {
      const where = call === '' ? '' : ` in ${call}`;
      const text = `Task ${task} is stuck${where}: it waits for ${waitsFor}, and nothing can happen any more.`;
      return { kind: 'stuck', tUs, board, task, call, text };
    });
}
