/** Standard output and standard error of the command, and the one line of progress that comes and goes between them. */

import { performance } from 'node:perf_hooks';

/** As much of a process's stream as is needed here. */
export interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Progress is shown no sooner, and renewed no more often, than this. Milliseconds of the host's time. */
const PROGRESS_INTERVAL_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

export class Screen {
  private readonly stdout: Stream;
  private readonly stderr: Stream;
  private readonly now: () => number;
  private shownAt: number;
  private isShown = false;

  /** @param now milliseconds of any clock that does not go back */
  constructor(stdout: Stream, stderr: Stream, now = () => performance.now()) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.now = now;
    this.shownAt = now();
  }

  /** Results: what programs print, the ladder. */
  out(text: string): void {
    this.hideProgress();
    this.stdout.write(text);
  }

  /** Everything about the run: its outcome, errors. */
  err(text: string): void {
    this.hideProgress();
    this.stderr.write(text);
  }

  /** Show how far the run is, if somebody is looking and the line is due. @param line made only then */
  progress(line: () => string): void {
    if (this.stderr.isTTY !== true || this.now() - this.shownAt < PROGRESS_INTERVAL_MS) return;
    this.shownAt = this.now();
    this.isShown = true;
    this.stderr.write(`${CLEAR_LINE}${line()}`);
  }

  private hideProgress(): void {
    if (this.isShown) this.stderr.write(CLEAR_LINE);
    this.isShown = false;
  }
}
