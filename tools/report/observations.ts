/** What a program did that is no error by itself, and yet may be what a reader looks for. */

import type { CallRecord } from '../../device/trace.ts';
import type { ConnectionEnd } from './connections.ts';
import type { RunView } from './run-view.ts';
import { ownEnd, type SocketUse } from './sockets.ts';

export interface Observation {
  /** The call that it is about. */
  readonly call: CallRecord;
  readonly text: string;
}

/** What a program has done with its end of a connection. */
interface Deeds {
  received: number;
  sent: number;
  hasSeenEnd: boolean;
  isClosed: boolean;
}

/** In order of the calls. */
export function observationsOf(view: RunView): Observation[] {
  const deeds = new Map<ConnectionEnd, Deeds>();
  const found: Observation[] = [];
  for (const call of view.data.calls) {
    const use = view.sockets.useOf(call);
    if (use === undefined) continue;
    if (call.fn === 'close' && isUnanswered(view, call, use, deeds)) found.push(closedUnanswered(call, use));
    note(deeds, call, ownEnd(use));
  }
  return found;
}

function note(deeds: Map<ConnectionEnd, Deeds>, { fn, ret = 0, args }: CallRecord, end: ConnectionEnd): void {
  const own = deeds.get(end) ?? { received: 0, sent: 0, hasSeenEnd: false, isClosed: false };
  deeds.set(end, own);
  const isReceiving = /^(?:recv|read)/.test(fn);
  if (isReceiving) own.received += Math.max(0, ret);
  if (isReceiving && ret === 0 && args[1] !== 0) own.hasSeenEnd = true;
  if (/^(?:send|write)/.test(fn)) own.sent += Math.max(0, ret);
  if (fn === 'close') own.isClosed = true;
}

/** Something had come, nothing was ever sent, and the other end could still read. */
function isUnanswered(
  view: RunView,
  close: CallRecord,
  use: SocketUse,
  deeds: ReadonlyMap<ConnectionEnd, Deeds>,
): boolean {
  const own = deeds.get(ownEnd(use));
  if (own === undefined || !own.hasSeenEnd || own.received === 0 || own.sent > 0) return false;
  const other = otherEnd(use);
  const isThere = other.board !== '' && deeds.get(other)?.isClosed !== true;
  return isThere && view.lossOf(use.connection, other.board, close.n0) === undefined;
}

function closedUnanswered(call: CallRecord, use: SocketUse): Observation {
  const came = `recv() = 0 ends one direction only: ${otherEnd(use).board} could still read`;
  return {
    call,
    text: `${came}; ${call.board} closed without having sent anything, after ${use.before} bytes had come.`,
  };
}

function otherEnd({ connection, side }: SocketUse): ConnectionEnd {
  return connection.ends[side === 0 ? 1 : 0];
}
