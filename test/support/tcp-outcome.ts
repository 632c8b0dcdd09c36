/** What a specification says that a TCP does with a segment: common to RFC 9293 and to the reference of lwIP. */

/** A segment that is to be sent, with the numbers by value and by name. */
export interface Reply {
  /** S, F, R, P, A as in the header. */
  readonly flags: string;
  readonly seq: number;
  /** undefined: not said. */
  readonly ack: number | undefined;
  readonly win: number | undefined;
  /** "ACK(N,R+1,5759)" */
  readonly text: string;
}

export interface Outcome {
  readonly replies: readonly Reply[];
  /** Acknowledgements that may wait for the fast timer. */
  readonly later: readonly Reply[];
  readonly state: string;
  /** What the application is told. */
  readonly app: readonly string[];
  readonly isQueued: boolean;
  /** Where that is said. */
  readonly rules: readonly string[];
}

/** "ACK(N,R); ACK(N,R+100) later; 100 bytes; -> CLOSE_WAIT" */
export function outcomeText(outcome: Outcome, before: string): string {
  const parts = [
    ...outcome.replies.map((r) => r.text),
    ...outcome.later.map((r) => `${r.text} later`),
    ...outcome.app.map((event) => `app: ${event}`),
  ];
  if (outcome.isQueued) parts.push('queued');
  if (outcome.state !== before) parts.push(`to ${outcome.state}`);
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}

/**
 * Do two specifications come to the same? The moment of an acknowledgement, saying it twice, its window, the ACK flag
 * of a RST, and the notice that a connection has ended well do not count.
 */
export function isSameOutcome(a: Outcome, b: Outcome): boolean {
  return essence(a) === essence(b);
}

function essence(o: Outcome): string {
  const replies = [...o.replies, ...o.later].map((r) =>
    r.flags.includes('R') ? `R ${r.seq}` : `${r.flags} ${r.seq} ${r.ack}`,
  );
  const app = o.app.filter((event) => event !== 'ERR_CLSD');
  return JSON.stringify([[...new Set(replies)], o.state, app, o.isQueued]);
}
