/** A control block before and after something happened. */

import type { TcpState } from '../../../device/trace.ts';
import type { ConnectionEnd } from '../connections.ts';
import { element } from './dom.ts';

/** Fields in the order in which a reader asks for them, with RFC 9293's names where it has one. */
const STATE_FIELDS: readonly (readonly [key: keyof TcpState, name: string, of: 'own' | 'peer' | 'none'])[] = [
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

export function stateTable(
  title: string,
  before: TcpState | undefined,
  after: TcpState | undefined,
  own: ConnectionEnd,
  peer: ConnectionEnd,
): HTMLElement {
  const show = (state: TcpState | undefined, key: keyof TcpState, of: 'own' | 'peer' | 'none'): string => {
    if (state === undefined) return '–';
    const value = state[key];
    if (typeof value === 'boolean') return value ? 'runs' : 'stopped';
    // Of the peer's numbers, nothing is known yet.
    if (of === 'peer' && state.state === 'SYN_SENT') return '–';
    const base = of === 'own' ? own.base : of === 'peer' ? peer.base : -1;
    return typeof value === 'number' && base >= 0 ? String((value - base) | 0) : String(value);
  };
  const rows = STATE_FIELDS.map(([key, name, of]) => {
    const [a, b] = [show(before, key, of), show(after, key, of)];
    return element('tr', a === b ? '' : 'changed', [
      element('th', '', [name]),
      element('td', '', [a]),
      element('td', '', [b]),
    ]);
  });
  const heading = element('tr', '', [
    element('th', '', [title.trim()]),
    element('th', '', ['before']),
    element('th', '', ['after']),
  ]);
  return element('table', 'state', [heading, ...rows]);
}
