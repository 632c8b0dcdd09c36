/** A control block before and after something happened. */

import type { TcpState } from '../../../device/trace.ts';
import type { ConnectionEnd } from '../connections.ts';
import { element, link } from './dom.ts';

/** Whose sequence numbers a field counts in. */
type Owner = 'own' | 'peer' | 'none';

/** Fields in the order in which a reader asks for them, with RFC 9293's names where it has one. */
const STATE_FIELDS: readonly (readonly [key: keyof TcpState, name: string, of: Owner])[] = [
  ['state', 'state', 'none'],
  ['lastack', 'lastack (SND.UNA)', 'own'],
  ['snd_nxt', 'snd_nxt (SND.NXT)', 'own'],
  ['snd_lbb', 'snd_lbb', 'own'],
  ['snd_wnd', 'snd_wnd (SND.WND)', 'none'],
  ['snd_buf', 'snd_buf, free', 'none'],
  ['snd_queuelen', 'snd_queuelen', 'none'],
  ['cwnd', 'cwnd', 'none'],
  ['ssthresh', 'ssthresh', 'none'],
  ['rcv_nxt', 'rcv_nxt (RCV.NXT)', 'peer'],
  ['rcv_wnd', 'rcv_wnd (RCV.WND)', 'none'],
  ['rcv_ann_right_edge', 'rcv_ann_right_edge', 'peer'],
  ['ooseq', 'ooseq', 'none'],
  ['rtoMs', 'rto, ms', 'none'],
  ['isTimed', 'retransmission timer', 'none'],
  ['nrtx', 'nrtx', 'none'],
  ['dupacks', 'dupacks', 'none'],
  ['persist_backoff', 'persist_backoff', 'none'],
  ['keep_cnt_sent', 'keep_cnt_sent', 'none'],
];

/**
 * What changed, and on demand everything.
 * @param heads of the two columns
 * @param isMarked the changes are the doing of what the table is about
 */
export function stateTable(
  title: string,
  before: TcpState | undefined,
  after: TcpState | undefined,
  own: ConnectionEnd,
  peer: ConnectionEnd,
  heads: readonly [string, string] = ['before', 'after'],
  isMarked = true,
): HTMLElement {
  const show = (state: TcpState | undefined, key: keyof TcpState, of: Owner): string =>
    shownValue(state, key, of === 'own' ? own.base : of === 'peer' ? peer.base : -1, of);
  // Of a control block that is freed nothing is left to compare.
  const isFreed = after?.state === 'CLOSED';
  const rows = STATE_FIELDS.map(([key, name, of]) => {
    const [a, b] = [show(before, key, of), show(after, key, of)];
    const isChanged = a !== b && (key === 'state' || !isFreed);
    const look = isChanged ? (isMarked ? 'changed' : '') : key === 'state' ? '' : 'unchanged';
    return element('tr', look, [element('th', '', [name]), element('td', '', [a]), element('td', '', [b])]);
  });
  const names = [title.trim(), ...heads].map((name) => element('th', '', [name]));
  const table = element('table', 'state brief', [element('tr', '', names), ...rows]);
  return element('div', '', [table, toggle(table)]);
}

function shownValue(state: TcpState | undefined, key: keyof TcpState, base: number, of: Owner): string {
  if (state === undefined || (state.state === 'CLOSED' && key !== 'state')) return '–';
  const value = state[key];
  if (typeof value === 'boolean') return value ? 'runs' : 'stopped';
  // Of the other end's numbers, nothing is known yet.
  if (of === 'peer' && state.state === 'SYN_SENT') return '–';
  return typeof value === 'number' && base >= 0 ? String((value - base) | 0) : String(value);
}

function toggle(table: HTMLElement): HTMLElement {
  const toggled = link('all fields', () => {
    toggled.textContent = table.classList.toggle('brief') ? 'all fields' : 'only what changed';
  });
  return toggled;
}
