/** What a reader should be led to, and what only looks like trouble. */

import type { CallRecord } from '../../device/trace.ts';
import { EINPROGRESS, EWOULDBLOCK } from '../../sockets/errno.ts';
import type { CallLine } from '../run-lines.ts';
import { wasPlanned } from './reasons.ts';
import type { Item, RunView } from './run-view.ts';

/** True for the -1 of a call that was not to wait: it says "not yet", and no more. */
export function saysNotYet({ ret = 0, errno, t0Us, t1Us }: CallRecord): boolean {
  return ret < 0 && t0Us === t1Us && (errno === EWOULDBLOCK || errno === EINPROGRESS);
}

/** True for a call that failed, other than by saying "not yet" of its own accord. */
export function isFailure(view: RunView, { record, hasFailed }: CallLine): boolean {
  return hasFailed && (!saysNotYet(record) || wasPlanned(view, record));
}

/** True for a call that had not returned in the end and was awaited. */
export function isStuck(view: RunView, { record, part }: CallLine): boolean {
  return part === 'never' && record.fn !== 'vTaskDelay' && !view.isAbandoned(record) && !awaitsClients(view, record);
}

/** True for a call that waits for the next client on a listening socket, as a server does when it has nothing to do. */
export function awaitsClients({ data }: RunView, call: CallRecord): boolean {
  if (call.n1 >= 0) return false;
  if (call.fn === 'accept') return true;
  if (call.fn !== 'select' && call.fn !== 'poll') return false;
  const waited = String(call.args[call.fn === 'select' ? 1 : 0]).match(/\d+/g) ?? [];
  const isListener = (fd: string): boolean =>
    data.calls.findLast(
      ({ board, fn, args, ret, n0 }) =>
        board === call.board &&
        n0 < call.n0 &&
        (fn === 'listen' ? String(args[0]) === fd : makes(fn) && String(ret) === fd),
    )?.fn === 'listen';
  return waited.some(isListener);
}

/** True for a call that gives out a descriptor. */
function makes(fn: string): boolean {
  return fn === 'socket' || fn === 'accept';
}

/** True for everything that `n` should visit. */
export function isTrouble(view: RunView, item: Item): boolean {
  switch (item.kind) {
    case 'frame':
      return item.line.look !== 'frame' || view.isInVain(item.line);
    case 'call':
      return item.line.part === 'start'
        ? false
        : item.line.part === 'never'
          ? isStuck(view, item.line)
          : isFailure(view, item.line);
    case 'note':
      return item.isTrouble;
    case 'mark':
      return true;
    case 'log':
      return item.log.level === 'E';
  }
}
