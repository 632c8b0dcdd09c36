/** A run told in sentences, for readers who are new to sockets: what each call and each frame did. */

import type { CallRecord } from '../../device/trace.ts';
import { TCP_RST } from '../../stack/prot/tcp.ts';
import type { CallLine, FrameLine } from '../run-lines.ts';
import { stateBefore } from './connections.ts';
import { ruleOf } from './explain.ts';
import { resultWords, tooLongWords } from './reasons.ts';
import type { Item, RunView } from './run-view.ts';
import { forgedWords } from './senders.ts';
import { ownEnd } from './sockets.ts';

/** What happened in one item, in a sentence or two; '' for what is not worth a sentence. */
export function sentenceOf(view: RunView, item: Item): string {
  switch (item.kind) {
    case 'call':
      return callSentence(view, item.line);
    case 'frame': {
      return frameSentence(view, item.line);
    }
    case 'note':
      return item.text.endsWith('.') ? item.text : `${item.text}.`;
    case 'log':
      return `${item.log.board} prints: ${item.log.text}`;
    case 'mark':
      return `${item.mark.board === '' ? item.mark.kind : item.mark.board}: ${item.mark.text}`;
  }
}

function frameSentence(view: RunView, line: FrameLine): string {
  if (line.isForged) return `${upperFirst(forgedWords(view, line))}: ${line.label}.`;
  const { lost, harm, label, record } = line;
  const fate = lost ? ' It is lost on the way.' : harm === '' ? '' : ` The wire does this to it: ${harm}.`;
  const why = ruleOf(view, line);
  return `${record.from === '' ? 'The test' : record.from} sends ${label}.${why === undefined ? '' : ` ${why.text}`}${fate}${vainWords(view, line)}`;
}

/** For a frame that the wire has carried to nobody. */
function vainWords(view: RunView, line: FrameLine): string {
  return line.lost || !view.isInVain(line) ? '' : ` It ${unheardWords(view, line)}.`;
}

/** "reached nobody: peer was off" */
export function unheardWords(view: RunView, line: FrameLine): string {
  const atUs = line.tUs + view.usualFlightUs;
  const off = line.to.map((lane) => view.boards[lane]!).filter((board) => view.isOff(board, atUs));
  return `reached nobody${off.length === 0 ? '' : `: ${off.join(' and ')} was off`}`;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function callSentence(view: RunView, { record, part }: CallLine): string {
  const who = `${record.board}: `;
  if (part === 'never') return `${who}${record.fn}() ${resultWords(view, record)}.`;
  if (part === 'start' && record.fn === 'vTaskDelay') return `${who}the task sleeps for ${delayWords(view, record)}.`;
  if (part === 'start') return `${who}${BEGINNINGS[record.fn] ?? `${record.fn}() waits`}.`;
  if ((record.ret ?? 0) < 0) return `${who}${record.fn}() fails with ${resultWords(view, record)}.`;
  const words = resultWords(view, record);
  return `${who}${ENDINGS[record.fn]?.(record, words, view) ?? `${record.fn}() returns ${words}`}.`;
}

/** "6000 ticks (60 s)" */
function delayWords({ data }: RunView, { board, args: [ticks] }: CallRecord): string {
  const tickUs = data.boards.find(({ name }) => name === board)?.tickUs;
  return `${ticks} ticks${tickUs === undefined ? '' : ` (${(Number(ticks) * tickUs) / 1e6} s)`}`;
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
const OPTIONS: Readonly<Record<string, (value: string, view: RunView) => string>> = {
  SO_KEEPALIVE: (value) => `turns keepalive probes ${value === '0' ? 'off' : 'on'}`,
  TCP_KEEPIDLE: (value, view) =>
    `has the first keepalive probe sent after ${value} s of silence${tooLongWords(view, Number(value))}`,
  TCP_KEEPINTVL: (value, view) => `has keepalive probes repeated every ${value} s${tooLongWords(view, Number(value))}`,
  TCP_KEEPCNT: (value) => `gives the connection up after ${value} keepalive probes without an answer`,
  TCP_NODELAY: (value) => `turns Nagle's algorithm ${value === '0' ? 'on' : 'off'}`,
  SO_RCVTIMEO: (value) => `limits how long receiving waits: ${value}`,
  SO_SNDTIMEO: (value) => `limits how long sending waits: ${value}`,
  SO_REUSEADDR: () => 'lets bind() take an address that an old connection still holds',
};

function optionSet({ args }: CallRecord, view: RunView): string {
  const words = OPTIONS[String(args[2])];
  return `setsockopt() ${words === undefined ? `sets ${args[2]} to ${args[3]}` : words(String(args[3]), view)}`;
}

/** What close() had the stack send, which may be nothing. */
function closing(call: CallRecord, view: RunView): string {
  const freed = `close() frees descriptor ${call.args[0]}`;
  const [sent] = view.framesOfCall(call);
  if (sent !== undefined)
    return `${freed}; the stack says good-bye by itself, with ${nameOfEnd(sent)} in frame ${sent.record.n}`;
  const use = view.sockets.useOf(call);
  const state = use && stateBefore(ownEnd(use), call.n0)?.state.state;
  if (state === undefined) return `${freed}; nothing is sent`;
  if (state === 'CLOSED') return `${freed}; the connection was over before, so nothing is sent`;
  return `${freed}; nothing is sent now, the connection is in ${state}`;
}

function nameOfEnd({ d }: FrameLine): string {
  return ((d.tcp?.flags ?? 0) & TCP_RST) === 0 ? 'a FIN' : 'a RST';
}

const ENDINGS: Readonly<Record<string, (call: CallRecord, words: string, view: RunView) => string>> = {
  setsockopt: (call, _words, view) => optionSet(call, view),
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
  close: (call, _words, view) => closing(call, view),
  shutdown: () => 'shutdown() ends one direction, the descriptor stays',
  select: (call) => (call.ret === 0 ? 'select() gives up after its time-out' : `select() finds ${call.ret} ready`),
  vTaskDelay: () => 'the task wakes up',
};
