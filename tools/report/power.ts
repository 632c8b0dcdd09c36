/** When boards were without power: what the fault plan did to them, and what went with it. */

import type { StateRecord, TcpState } from '../../device/trace.ts';
import type { Connection, ConnectionEnd } from './connections.ts';
import type { ReportData } from './report-data.ts';

/** A board's time without power. */
export interface OffPeriod {
  readonly board: string;
  /** "reboot" or "loss of power" */
  readonly what: string;
  /** Running number of the note that tells of it. */
  readonly n: number;
  readonly fromUs: number;
  /** Infinite if it never comes back; beyond the end of the run if it would have come later. */
  readonly toUs: number;
}

interface PowerFault {
  readonly kind: string;
  readonly board: string;
  readonly forUs?: number;
}

/** In order of their beginnings. */
export function offPeriods({ faults, notes }: ReportData): OffPeriod[] {
  const periods: OffPeriod[] = [];
  for (const { text, matched } of faults) {
    const fault = JSON.parse(text) as PowerFault;
    if (fault.kind !== 'reboot' && fault.kind !== 'powerOff') continue;
    for (const note of notes) if (matched.includes(note.n)) periods.push(periodOf(fault, note));
  }
  return periods.sort((a, b) => a.n - b.n);
}

function periodOf(
  { kind, board, forUs }: PowerFault,
  { n, tUs }: { readonly n: number; readonly tUs: number },
): OffPeriod {
  const lasts = forUs ?? (kind === 'reboot' ? 0 : Number.POSITIVE_INFINITY);
  return { board, what: kind === 'reboot' ? 'reboot' : 'loss of power', n, fromUs: tUs, toUs: tUs + lasts };
}

/** "peer rebooted at 0.5045 s" */
export function lossWords({ board, what, fromUs }: OffPeriod): string {
  return `${board} ${what === 'reboot' ? 'rebooted' : 'lost its power'} at ${fromUs / 1e6} s`;
}

/** A board that loses its power forgets its connections: its control blocks end there, which nobody was there to record. */
export function endWithPower(connections: readonly Connection[], periods: readonly OffPeriod[]): void {
  for (const period of periods) {
    for (const end of connections.flatMap((connection) => connection.ends)) {
      if (end.board === period.board) forget(end, period);
    }
  }
}

function forget(end: ConnectionEnd, { board, n, fromUs }: OffPeriod): void {
  const at = end.states.findLastIndex((record) => record.n <= n);
  const last = end.states[at];
  if (last === undefined || last.state.state === 'CLOSED') return;
  const state: TcpState = { ...last.state, state: 'CLOSED', isTimed: false };
  const { local, remote } = last;
  const gone: StateRecord = { kind: 'state', n: n + 1, tUs: fromUs, board, local, remote, state };
  end.states.splice(at + 1, 0, gone);
}
