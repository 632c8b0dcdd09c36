/** What was found wrong in a run, as plain data. */

export type FindingKind =
  /** A task waits for something that cannot happen. */
  | 'stuck'
  /** A descriptor has been of no use for 60 s: its connection is gone, or the task that made it has ended. */
  | 'leak'
  /** A call on a descriptor that was closed before. */
  | 'closedDescriptor'
  /** A call on a descriptor that was closed, and has become somebody else's. */
  | 'reusedDescriptor'
  /** A known defect of lwIP that a program ran into. */
  | 'hazard'
  /** C firmware has died. */
  | 'panic'
  /** The time that a run may take was over. */
  | 'timeLimit';

/** What may be right, but should be looked at. */
export type HintKind =
  /** send() took less than it was given, and the rest did not follow. */
  | 'shortWrite'
  /** A call failed, and the task made the next one without a look at errno. TypeScript only: C reads memory. */
  | 'errnoNotRead'
  /** The firmware has logged an error. */
  | 'errorLog'
  /** A task waits for a peer without any time-out and without keepalive: if the peer vanishes, it waits for ever. */
  | 'noTimeout';

/** Something found. */
export interface Finding {
  readonly kind: FindingKind | HintKind;
  /** Virtual time in microseconds. */
  readonly tUs: number;
  /** '' for the whole world. */
  readonly board: string;
  /** '' if no task did it. */
  readonly task: string;
  /** The call as "recv(54)", '' if there is none. */
  readonly call: string;
  /** A sentence. */
  readonly text: string;
  /** The test has said that this may be found. */
  readonly isExpected: boolean;
}

/** What a test expects to be found: whatever is given must fit. */
export interface Expectation {
  readonly kind?: FindingKind | HintKind;
  readonly board?: string;
  readonly task?: string;
  /** Name of the call, as "recv". */
  readonly call?: string;
  /** Part of the sentence. */
  readonly text?: string;
}

/** Is this one of the expected findings? */
export function isExpected(finding: Omit<Finding, 'isExpected'>, expectations: readonly Expectation[]): boolean {
  return expectations.some(
    (e) =>
      (e.kind === undefined || e.kind === finding.kind) &&
      (e.board === undefined || e.board === finding.board) &&
      (e.task === undefined || e.task === finding.task) &&
      (e.call === undefined || finding.call.startsWith(`${e.call}(`)) &&
      (e.text === undefined || finding.text.includes(e.text)),
  );
}

/** Takes what is found. */
export type Tell = (finding: Omit<Finding, 'isExpected' | 'tUs'>) => void;
