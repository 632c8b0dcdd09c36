/**
 * Matchers of Jest over worlds and traces, and ladders as snapshots. Importing it in a test, or naming it in setupFilesAfterEnv,
 * is enough. Jest is an optional peer.
 */

import type { Matchers } from 'expect';
import type { FrameMatch } from '../device/faults/match.ts';
import { Trace } from '../device/trace.ts';
import { utf8 } from '../device/utf8.ts';
import type { Expectation, Finding } from '../device/watch/finding.ts';
import { isExpected } from '../device/watch/finding.ts';
import type { RunReport, World } from '../device/world.ts';
import { type EvidenceOptions, errorWithEvidence } from './evidence.ts';
import { type Conversation, type ConversationLike, conversationsLike, framesLike } from './jest/streams.ts';
import { formatLadder, type LadderOptions } from './ladder.ts';

export type { EvidenceOptions } from './evidence.ts';
export type { Conversation, ConversationLike } from './jest/streams.ts';
export { conversations } from './jest/streams.ts';

/** What a matcher returns to Jest. */
interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

const LADDER: LadderOptions = { limit: 40 };

/** For `expect.extend()`. */
export const matchers = {
  /** A run has nothing wrong in it but what the test expects. */
  toHaveNoFindings(report: RunReport): Verdict {
    const unexpected = findingsOf(report).filter((f) => !f.isExpected);
    return {
      pass: unexpected.length === 0,
      message: () =>
        unexpected.length === 0
          ? 'Something was expected to be found, and nothing was.'
          : `Nothing was expected to be found, but this was:\n${unexpected.map(line).join('\n')}`,
    };
  },

  /** Something like this was found, or hinted at. */
  toHaveFinding(report: RunReport, expectation: Expectation): Verdict {
    const all = [...findingsOf(report), ...report.hints];
    const fitting = all.filter((f) => isExpected(f, [expectation]));
    return {
      pass: fitting.length > 0,
      message: () =>
        fitting.length > 0
          ? `This was not to be found:\n${fitting.map(line).join('\n')}`
          : `Nothing like ${JSON.stringify(expectation)} was found; what was found:\n${all.map(line).join('\n') || '  nothing'}`,
    };
  },

  /** The trace has frames like this. @param times exactly so many; at least one if left out */
  toHaveFrame(trace: Trace, match: FrameMatch, times?: number): Verdict {
    const count = framesLike(trace, match).length;
    const wanted = times === undefined ? 'at least one frame' : `${times} frame${times === 1 ? '' : 's'}`;
    return {
      pass: times === undefined ? count > 0 : count === times,
      message: () =>
        `Expected ${wanted} like ${JSON.stringify(match)}, there are ${count}.\n\n${formatLadder(trace, LADDER)}`,
    };
  },

  /** The trace has a TCP connection like this. */
  toHaveConversation(trace: Trace, like: ConversationLike): Verdict {
    const found = conversationsLike(trace, like);
    return {
      pass: found.length > 0,
      message: () =>
        `Expected ${found.length > 0 ? 'no' : 'a'} conversation like ${JSON.stringify(like)}; there are:\n` +
        `${conversationsLike(trace, {}).map(conversationLine).join('\n') || '  none'}\n\n${formatLadder(trace, LADDER)}`,
    };
  },

  /** The one TCP connection like this carried these bytes from the one who opened it (`sent`), and to it (`received`). */
  toHaveStream(
    trace: Trace,
    like: ConversationLike,
    { sent, received }: { readonly sent?: Uint8Array | string; readonly received?: Uint8Array | string },
  ): Verdict {
    const found = conversationsLike(trace, like);
    const [one] = found;
    const wrong: string[] = [];
    if (one === undefined || found.length > 1)
      wrong.push(`there are ${found.length} conversations like ${JSON.stringify(like)}`);
    else {
      if (sent !== undefined) wrong.push(...difference('sent', sent, one.sent));
      if (received !== undefined) wrong.push(...difference('received', received, one.received));
    }
    return {
      pass: wrong.length === 0,
      message: () =>
        wrong.length === 0
          ? 'The streams were not to be these, but they are.'
          : `The streams differ: ${wrong.join('; ')}.`,
    };
  },
};

function findingsOf(report: RunReport): readonly Finding[] {
  if (!Array.isArray(report?.findings)) {
    throw new TypeError('This matcher needs the report of a run: expect(await world.run()).');
  }
  return report.findings;
}

function line({ kind, tUs, board, task, text }: Finding): string {
  const who = [board, task].filter((name) => name !== '').join(' ');
  return `  ${kind}, ${tUs} us${who === '' ? '' : `, ${who}`}: ${text}`;
}

function conversationLine({ from, to, port, end, sent, received }: Conversation): string {
  return `  ${from} to ${to} port ${port}, ${end}: ${sent.length} bytes sent, ${received.length} received`;
}

function difference(which: string, expected: Uint8Array | string, actual: Uint8Array): string[] {
  const wanted = typeof expected === 'string' ? utf8(expected) : expected;
  const at = wanted.findIndex((byte, i) => actual[i] !== byte);
  if (at >= 0) {
    const is = at < actual.length ? `${actual[at]}` : `missing (${actual.length} of ${wanted.length} bytes are there)`;
    return [`byte ${at} of what was ${which} should be ${wanted[at]} and is ${is}`];
  }
  const excess = actual.length - wanted.length;
  return excess > 0 ? [`${excess} bytes more were ${which} than expected`] : [];
}

/**
 * Do something with a world that has not run; if it throws, the error also shows seed, fault plan and the ladder around the
 * trouble, and a pcapng and an HTML report are left beside the test. A test that passes leaves nothing.
 * @param body runs the world and checks what came of it
 */
export function showOnFailure<T>(world: World, body: () => Promise<T>, options?: EvidenceOptions): Promise<T>;
export function showOnFailure<T>(world: World, body: () => T, options?: EvidenceOptions): T;
export function showOnFailure<T>(
  world: World,
  body: () => T | Promise<T>,
  options: EvidenceOptions = {},
): T | Promise<T> {
  world.record({ states: true });
  const shown = (cause: unknown): never => {
    const plan = world.inflicted.map(({ spec }) => spec);
    throw errorWithEvidence(world, [`Seed ${world.seed}, faults ${JSON.stringify(plan)}.`, ''], cause, options);
  };
  try {
    const result = body();
    return result instanceof Promise ? result.catch(shown) : result;
  } catch (error) {
    return shown(error);
  }
}

/** For `expect.addSnapshotSerializer()`: a trace in a snapshot is its ladder. */
export const ladderSerializer = {
  test: (value: unknown): boolean => value instanceof Trace,
  serialize: (value: Trace): string => formatLadder(value, { width: 120 }),
};

/** What is needed of Jest's expect. */
interface Extensible {
  extend(all: typeof matchers): void;
  addSnapshotSerializer(serializer: typeof ladderSerializer): void;
}

const { expect } = globalThis as { readonly expect?: Extensible };
expect?.extend(matchers);
expect?.addSnapshotSerializer(ladderSerializer);

/** The matchers as expect() has them. */
export type TwinMatchers<R extends void | Promise<void> = void> = Pick<Matchers<R>, keyof typeof matchers>;

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    toHaveNoFindings(): R;
    toHaveFinding(expectation: Expectation): R;
    toHaveFrame(match: FrameMatch, times?: number): R;
    toHaveConversation(like: ConversationLike): R;
    toHaveStream(
      like: ConversationLike,
      streams: { readonly sent?: Uint8Array | string; readonly received?: Uint8Array | string },
    ): R;
  }
}
