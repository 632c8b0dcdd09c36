/** What every line, bar, mark and word of the picture means. */

import { element } from './dom.ts';

/** Class of the sample, the sample, and what it is. */
const LEGEND: readonly (readonly [look: string, sample: string, text: string])[] = [
  [
    'frame',
    '→',
    'a frame from board to board; time goes to the right. [S] asks for a connection, [S.] accepts it, [.] acknowledges, ' +
      '[P.] 5 carries 5 bytes of data, [F.] says that no more will come',
  ],
  ['reset', '→', '[R.]: a RST, which refuses or ends a connection'],
  ['again', '→', '"again": sent once more'],
  ['lost', '⇢ ✗', '"lost" on the way, or "unheard": the wire carried it, but there was nobody to take it'],
  [
    'fault',
    '⇢',
    'late, doubled or changed on the way; the word beside it says what the wire did: delay, dup, corrupt, ...',
  ],
  ['fault', '○⇢', '"forged": the fault plan made it. It begins between the lanes, for no board has sent it'],
  ['quiet', '→', 'an ARP question or announcement that nobody heard, because nobody was there yet: no trouble'],
  ['call', '▬', 'a call that returned at once'],
  ['waits', '▬', 'a call that waited, from call to return'],
  ['failed', '▬', 'a call that failed, with its errno'],
  ['dim', '→', 'whatever the filter does not let through'],
  ['log', '●', 'a line that was printed; crimson for an error'],
  ['note', '◆', 'a note, or what the fault plan did to a board'],
  ['violation', '◆', 'what did not hold, or was found'],
  ['hazard', '◆', 'a panic, or a hazard of the stack'],
  ['hint', '◆', 'what may go wrong one day'],
  ['off', '█', 'a board without power'],
  ['quietTime', '█', 'time in which nothing happens, drawn short'],
];

export function legend(): HTMLElement[] {
  const rows = LEGEND.map(([look, sample, text]) =>
    element('tr', '', [element('td', `sample ${look}`, [sample]), element('td', 'meaning', [text])]),
  );
  return [
    element('table', 'legend', rows),
    element('p', 'faint', [
      'Click anything to see what it is, why it happened and what it led to. The story tells the whole run in sentences.',
    ]),
  ];
}
