/** Who a frame is from, in words: a board, the fault plan in the name of one, or the test. */

import { TCP_FIN, TCP_RST } from '../../stack/prot/tcp.ts';
import type { FrameLine } from '../run-lines.ts';
import type { RunView } from './run-view.ts';

export function senderOf({ record, isForged }: FrameLine): string {
  if (record.from !== '') return record.from;
  return isForged ? 'fault plan' : 'test';
}

/** "a forged RST, frame 22 (fault plan), not sent by app" */
export function forgedWords(view: RunView, line: FrameLine): string {
  return `a forged ${nameOf(line)}, frame ${line.record.n} (fault plan), not sent by ${inNameOf(view, line)}`;
}

/** "the RST of peer, frame 41", or that it is forged. */
export function segmentWords(view: RunView, line: FrameLine): string {
  if (line.isForged) return forgedWords(view, line);
  return `the ${nameOf(line)} of ${senderOf(line)}, frame ${line.record.n}`;
}

function nameOf({ d }: FrameLine): string {
  const flags = d.tcp?.flags ?? 0;
  if ((flags & TCP_RST) !== 0) return 'RST';
  return (flags & TCP_FIN) !== 0 ? 'FIN' : 'frame';
}

/** The board whose addresses a forged frame bears. */
function inNameOf({ boards, data }: RunView, { from }: FrameLine): string {
  const name = boards[from];
  return data.boards.some((board) => board.name === name) ? name! : 'any board';
}
