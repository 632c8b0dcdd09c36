/** A run told in sentences, for readers who are new to sockets: what each call and each frame did. */

import type { CallRecord } from '../../device/trace.ts';
import type { CallLine } from '../run-lines.ts';
import { ruleOf } from './explain.ts';
import { resultWords } from './reasons.ts';
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
      return `${item.mark.board === '' ? item.mark.kind : item.mark.board}: ${item.mark.text}`;
  }
}

function callSentence(view: RunView, { record, part }: CallLine): string {
  const who = `${record.board}: `;
  if (part === 'never') return `${who}${record.fn}() ${resultWords(view, record)}.`;
  if (part === 'start' && record.fn === 'vTaskDelay') return `${who}the task sleeps for ${record.args[0]} ticks.`;
  if (part === 'start') return `${who}${BEGINNINGS[record.fn] ?? `${record.fn}() waits`}.`;
  if ((record.ret ?? 0) < 0) return `${who}${record.fn}() fails with ${resultWords(view, record)}.`;
  const words = resultWords(view, record);
  return `${who}${ENDINGS[record.fn]?.(record, words) ?? `${record.fn}() returns ${words}`}.`;
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
};

const received = (call: CallRecord, words: string): string =>
  call.ret === 0
    ? `${call.fn}() returns ${words}, nothing more will come`
    : `${call.fn}() hands out ${words.replace(/^\d+/, '$& bytes')}, and the window opens by as many`;

/** What options of TCP and sockets mean, with the units that their numbers have. */
const OPTIONS: Readonly<Record<string, (value: string) => string>> = {
  SO_KEEPALIVE: (value) => `turns keepalive probes ${value === '0' ? 'off' : 'on'}`,
  TCP_KEEPIDLE: (value) => `has the first keepalive probe sent after ${value} seconds of silence`,
  TCP_KEEPINTVL: (value) => `has keepalive probes repeated every ${value} seconds`,
  TCP_KEEPCNT: (value) => `gives the connection up after ${value} keepalive probes without an answer`,
  TCP_NODELAY: (value) => `turns Nagle's algorithm ${value === '0' ? 'on' : 'off'}`,
  SO_RCVTIMEO: (value) => `limits how long receiving waits: ${value}`,
  SO_SNDTIMEO: (value) => `limits how long sending waits: ${value}`,
  SO_REUSEADDR: () => 'lets bind() take an address that an old connection still holds',
};

function optionSet({ args }: CallRecord): string {
  const words = OPTIONS[String(args[2])];
  return `setsockopt() ${words === undefined ? `sets ${args[2]} to ${args[3]}` : words(String(args[3]))}`;
}

const ENDINGS: Readonly<Record<string, (call: CallRecord, words: string) => string>> = {
  setsockopt: optionSet,
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
