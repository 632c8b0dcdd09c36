/** A run told in sentences, for readers who are new to sockets: what each call and each frame did. */

import type { CallRecord } from '../../device/trace.ts';
import type { CallLine } from '../run-lines.ts';
import { resultWords, ruleOf } from './explain.ts';
import type { Item, RunView } from './run-view.ts';

/** What happened in one item, in a sentence or two; '' for what is not worth a sentence. */
export function sentenceOf(view: RunView, item: Item): string {
  switch (item.kind) {
    case 'call':
      return callSentence(view, item.line);
    case 'frame': {
      const { record, lost, fault } = item.line;
      const fate = lost ? ' It is lost on the way.' : fault === '' ? '' : ` The wire does this to it: ${fault}.`;
      const why = ruleOf(view, item.line);
      return `${record.from === '' ? 'The test' : record.from} sends ${item.line.label}.${why === undefined ? '' : ` ${why.text}`}${fate}`;
    }
    case 'note':
      return item.text;
    case 'log':
      return `${item.log.board} prints: ${item.log.text}`;
    case 'mark':
      return `${item.mark.board}: ${item.mark.text}`;
  }
}

function callSentence(view: RunView, { record, part }: CallLine): string {
  const who = `${record.board}: `;
  if (part === 'never') return `${who}${record.fn}() never returned.`;
  if (part === 'start') return `${who}${BEGINNINGS[record.fn] ?? `${record.fn}() waits`}.`;
  if ((record.ret ?? 0) < 0) return `${who}${record.fn}() fails with ${resultWords(view, record)}.`;
  return `${who}${(ENDINGS[record.fn] ?? ((call: CallRecord) => `${call.fn}() returns ${call.ret}`))(record)}.`;
}

const BEGINNINGS: Readonly<Record<string, string>> = {
  accept: 'accept() waits until a connection is complete',
  connect: 'connect() chooses a port, has a SYN sent, and waits for the answer',
  recv: 'recv() waits for data',
  read: 'read() waits for data',
  recvfrom: 'recvfrom() waits for a datagram',
  send: 'send() waits for room in the send buffer',
  select: 'select() waits until one of its descriptors is ready',
  poll: 'poll() waits until one of its descriptors is ready',
  close: 'close() waits until its FIN can be sent',
  vTaskDelay: 'the task sleeps',
};

const received = (call: CallRecord): string =>
  call.ret === 0
    ? `${call.fn}() returns 0: the peer has sent its FIN, nothing more will come`
    : `${call.fn}() hands out ${call.ret} bytes, and the window opens by as many`;

const ENDINGS: Readonly<Record<string, (call: CallRecord) => string>> = {
  socket: (call) => `socket() makes descriptor ${call.ret}: a control block in the stack, nothing on the wire`,
  bind: () => 'bind() notes the address and port, and refuses those that are taken',
  listen: () => 'listen() makes the socket passive: from now on the stack answers SYNs by itself',
  accept: (call) => `accept() hands out descriptor ${call.ret} for a connection whose handshake was over before`,
  connect: () => 'connect() returns: the handshake is complete',
  send: (call) => `send() has copied ${call.ret} bytes into the send buffer; that says nothing about their arrival`,
  write: (call) => `write() has copied ${call.ret} bytes into the send buffer; that says nothing about their arrival`,
  sendto: (call) => `sendto() has handed a datagram of ${call.ret} bytes to the interface`,
  recv: received,
  read: received,
  recvfrom: (call) => `recvfrom() hands out a datagram of ${call.ret} bytes`,
  close: (call) => `close() frees descriptor ${call.args[0]}; the stack says good-bye by itself`,
  shutdown: () => 'shutdown() ends one direction, the descriptor stays',
  select: (call) => (call.ret === 0 ? 'select() gives up after its time-out' : `select() finds ${call.ret} ready`),
  vTaskDelay: () => 'the task wakes up',
};
