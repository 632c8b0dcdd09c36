/** Buttons that lead from one thing that happened to another. */

import type { CallRecord, StepRecord } from '../../../device/trace.ts';
import { printable } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import { timerWords } from '../explain.ts';
import { resultWords } from '../reasons.ts';
import { link } from './dom.ts';
import type { PageState } from './state.ts';

type Child = Node | string;

/** More frames than these are not named one by one. */
const MOST_FRAMES = 20;

export class Links {
  readonly #state: PageState;

  constructor(state: PageState) {
    this.#state = state;
  }

  frame(line: FrameLine): HTMLElement {
    const fate = line.lost ? ', lost' : line.isForged ? ', forged' : '';
    return link(`frame ${line.record.n} (${line.label}${fate})`, () => this.#state.selectNumber(line.record.n));
  }

  /** By its number alone. */
  number({ record }: FrameLine): HTMLElement {
    return link(`frame ${record.n}`, () => this.#state.selectNumber(record.n));
  }

  frames(lines: readonly FrameLine[]): Child[] {
    const links = lines.slice(0, MOST_FRAMES).flatMap((line): Child[] => [this.frame(line), ' ']);
    return lines.length <= MOST_FRAMES ? links : [...links, `and ${lines.length - MOST_FRAMES} more`];
  }

  /** The end of a call. */
  returning(call: CallRecord): HTMLElement {
    const text = printable(`${call.fn}() returning ${resultWords(this.#state.view, call)}`);
    return link(text, () => this.#state.selectNumber(call.n1));
  }

  /** What a step was for. @param line what was sent in it */
  cause(step: StepRecord, line?: FrameLine): Child {
    const { view } = this.#state;
    if (step.cause === 'timer') return timerWords(view, line);
    if (step.cause === 'frame') {
      const came = view.frame(step.ref);
      return came === undefined ? 'an injected frame' : this.frame(came);
    }
    const call = step.cause === 'call' ? view.call(step.ref) : undefined;
    if (call === undefined) return 'the stack itself';
    return this.call(call);
  }

  /** The start of a call. */
  call(call: CallRecord): HTMLElement {
    const text = printable(`${call.fn}(${call.args.join(', ')}) of ${call.board}`);
    return link(text, () => this.#state.selectNumber(call.n0));
  }
}
