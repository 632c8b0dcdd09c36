/** What ended the wait of a call that no frame, timer or call of the stack has ended: its own time, or another task. */

import type { CallRecord } from '../../device/trace.ts';
import { EWOULDBLOCK } from '../../sockets/errno.ts';
import { isShortSend } from './reasons.ts';
import type { RunView } from './run-view.ts';

/** Calls that do nothing but wait for a while. */
const SLEEPS: ReadonlySet<string> = new Set([
  'vTaskDelay',
  'vTaskDelayUntil',
  'xTaskDelayUntil',
  'sleep',
  'usleep',
  'nanosleep',
]);

/** Calls whose 0 says that nothing came in time. */
const WAITS_FOR: ReadonlySet<string> = new Set(['select', 'poll']);

/** True for a call that its own time has ended, whatever else happened at that instant. */
export function hasTimedOut(call: CallRecord): boolean {
  const { fn, ret = 0, errno } = call;
  if (SLEEPS.has(fn) || isShortSend(call)) return true;
  // 0 is pdFALSE.
  return ret < 0 ? errno === EWOULDBLOCK : ret === 0 && (WAITS_FOR.has(fn) || isOfFreeRtos(call));
}

/** True for a call that waits for other tasks, and not for the stack. */
export function isOfFreeRtos({ fn }: CallRecord): boolean {
  return /^(?:x|ul|v|ux)[A-Z]/.test(fn);
}

/** A sentence. */
export function timeOutWords({ fn }: CallRecord): string {
  return SLEEPS.has(fn) ? 'Its time was over.' : 'Its time-out ended the wait.';
}

/** What may wake another task. */
const WAKES = /Give|Send|Notify|Set|Resume|Abort|post|signal|broadcast|unlock/;

/** The call of another task of the same board that was made at the instant at which a call returned, and may wake it. */
export function wakingCall({ data }: RunView, { board, task, n0, n1, t1Us }: CallRecord): CallRecord | undefined {
  return data.calls.findLast(
    (one) =>
      one.board === board && one.task !== task && one.t0Us === t1Us && one.n0 > n0 && one.n0 < n1 && WAKES.test(one.fn),
  );
}
