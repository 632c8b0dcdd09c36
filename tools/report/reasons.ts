/** Why a call returned what it did: the frame, the timer or the state of things behind a result, in a few words. */

import type { CallRecord, StateRecord, TcpState } from '../../device/trace.ts';
import { errnoName } from '../../sockets/errno.ts';
import { TCP_FIN, TCP_RST } from '../../stack/prot/tcp.ts';
import type { FrameLine } from '../run-lines.ts';
import type { Connection } from './connections.ts';
import type { Rule } from './explain.ts';
import { lossWords } from './power.ts';
import type { RunView } from './run-view.ts';
import { segmentWords } from './senders.ts';
import { ownEnd, type SocketUse } from './sockets.ts';

export interface Reason {
  /** "the RST of peer, frame 41" */
  readonly text: string;
  /** Running number of that frame, if it was one. */
  readonly frame?: number;
  readonly rule?: Rule;
}

/** What an errno says to a programmer where nothing better is known. The numbers are newlib's. */
const ERRNO_WORDS: Readonly<Record<string, string>> = {
  EBADF: 'the descriptor is not open',
  EAGAIN: 'nothing was ready',
  ENOMEM: 'there was no memory for it',
  EINVAL: 'an argument, or the state of the socket, does not fit',
  ENFILE: 'all descriptors are in use',
  ENOBUFS: 'there was no memory for it',
  ENOTCONN: 'the connection is not there, or not any more',
  ECONNRESET: 'the other end has reset or refused the connection',
  ECONNABORTED: 'the connection was given up: nobody answered, or the address went away',
  EADDRINUSE: 'the address is taken',
  EHOSTUNREACH: 'no interface leads there',
  EINPROGRESS: 'it goes on in the background',
  EALREADY: 'it is going on already',
  EISCONN: 'it is connected already',
  EOPNOTSUPP: 'this kind of socket cannot do that',
  ENOPROTOOPT: 'there is no such option here',
  ENOSYS: 'this firmware was built without it',
  EMSGSIZE: 'it is too long for one datagram',
};

/** A call's result in words: "-1 ECONNRESET: the RST of peer, frame 41". */
export function resultWords(view: RunView, call: CallRecord): string {
  const { ret = 0 } = call;
  const reason = reasonOf(view, call);
  if (call.n1 < 0) return `has not returned${reason === undefined ? '' : `: ${reason.text}`}`;
  const name = ret < 0 && call.errno !== 0 ? ` ${errnoName(call.errno)}` : '';
  return `${ret}${name}${reason === undefined ? '' : `: ${reason.text}`}`;
}

/** Why a call failed, or gave less than it was asked for; undefined for what needs no reason. */
export function reasonOf(view: RunView, call: CallRecord): Reason | undefined {
  const { ret = 0, n1 } = call;
  if (n1 < 0) return stuckReason(view, call);
  if (ret >= 0) return shortReason(view, call);
  if (call.errno === 0) return undefined;
  if (wasPlanned(view, call)) return { text: 'the fault plan made it fail' };
  const name = errnoName(call.errno);
  return specialReason(view, call, name) ?? textReason(ERRNO_WORDS[name]);
}

function textReason(text: string | undefined): Reason | undefined {
  return text === undefined ? undefined : { text };
}

/** True for a call that the fault plan made fail. */
export function wasPlanned({ data }: RunView, { n0 }: CallRecord): boolean {
  return data.faults.some(({ text, matched }) => text.includes('"callFails"') && matched.includes(n0));
}

function specialReason(view: RunView, call: CallRecord, name: string): Reason | undefined {
  const use = view.sockets.useOf(call);
  switch (name) {
    case 'EAGAIN':
    case 'EWOULDBLOCK':
      return waitReason(call);
    case 'ECONNRESET':
      return use && resetReason(view, call, use);
    case 'ECONNABORTED':
      return use === undefined ? unheardReason(view, call) : abortReason(view, call, use);
    case 'ENOTCONN':
      return use && goneReason(view, call, use);
    default:
      return undefined;
  }
}

// Answers that are not errors

const RECEIVES = /^(?:recv|read)/;
const SENDS = /^(?:send|write)/;

/** recv() that returned less than was asked for, send() that took less. */
function shortReason(view: RunView, call: CallRecord): Reason | undefined {
  const { fn, ret = 0 } = call;
  const asked = Number(call.args[1]);
  if (RECEIVES.test(fn) && ret === 0 && asked > 0) return streamEnd(view, call);
  const cut = cutDatagram(view, call);
  if (cut !== undefined)
    return {
      text: `the first part of a datagram of ${cut} bytes, whose rest is gone`,
      rule: {
        text: 'A call takes one datagram. What does not fit into its buffer is thrown away; there is no error.',
        source: 'lwip_recvfrom_udp_raw()',
      },
    };
  if (!Number.isInteger(asked) || ret >= asked) return undefined;
  const whole = cutMessage(view, call);
  if (whole !== undefined)
    return {
      text: `${partOf(view, call, whole)} ${whole.ret} bytes that one ${whole.fn}() had sent, and all that had come in order`,
      rule: {
        text: 'recv() returns as soon as there is something. TCP is a stream: how much that is depends on how the bytes arrived, not on how they were sent.',
        source: 'lwip_recv_tcp()',
      },
    };
  if (isShortSend(call))
    return {
      text: 'only a part, the rest found no room in the send buffer',
      rule: {
        text: 'A call that must not wait, or not any longer, takes what there is room for and says how much it was; the rest is the business of the program.',
        source: 'lwip_netconn_do_writemore()',
      },
    };
  return undefined;
}

/** The other end's call whose bytes recv() returned in part only, though there was room for more. */
export function cutMessage(view: RunView, call: CallRecord): CallRecord | undefined {
  const { fn, ret = 0, args } = call;
  const use = view.sockets.useOf(call);
  if (use === undefined || !/^(?:recv|read)$/.test(fn) || ret <= 0 || ret >= Number(args[1])) return undefined;
  const peer = use.side === 0 ? 1 : 0;
  const last = use.before + ret - 1;
  const message = view.sockets.sendOf(use.connection, peer, last);
  return message !== undefined && view.sockets.sendOf(use.connection, peer, last + 1) === message ? message : undefined;
}

/** Which part of what one call had sent another one returned: "the first part of", "bytes 1441 to 2880 of the". */
function partOf(view: RunView, call: CallRecord, message: CallRecord): string {
  const skipped = view.sockets.useOf(call)!.before - view.sockets.useOf(message)!.before;
  if (skipped === 0) return 'the first part of';
  const end = skipped + call.ret!;
  return skipped > 0 ? `bytes ${skipped + 1} to ${end} of the` : `what was sent before, and the first ${end} of the`;
}

/** Bytes of the datagram that woke a call whose buffer was too small for it; undefined if it was not. */
function cutDatagram(view: RunView, call: CallRecord): number | undefined {
  const wake = RECEIVES.test(call.fn) && call.ret === Number(call.args[1]) ? view.wakeOf(call) : undefined;
  const d = wake?.cause === 'frame' ? view.frame(wake.ref)?.d : undefined;
  return d?.udp !== undefined && d.payload.length > call.ret! ? d.payload.length : undefined;
}

/** True for a call that sent less than it was given. */
export function isShortSend({ fn, args, ret = 0 }: CallRecord): boolean {
  return SENDS.test(fn) && ret >= 0 && ret < Number(args[1]);
}

/** True for a call that returned a part of what one call had sent. */
export function isPartial(view: RunView, call: CallRecord): boolean {
  return cutMessage(view, call) !== undefined || cutDatagram(view, call) !== undefined;
}

/** A call that waits in vain: the other end of the connection is gone, and this one does not know. */
function stuckReason(view: RunView, call: CallRecord): Reason | undefined {
  if (view.isAbandoned(call)) return { text: 'its board was switched off meanwhile' };
  const use = view.sockets.useOf(call);
  if (use === undefined) return undefined;
  const own = ownEnd(use).states.at(-1);
  const other = use.connection.ends[use.side === 0 ? 1 : 0];
  const last = other.states.at(-1);
  if (own === undefined || last === undefined || last.state.state !== 'CLOSED' || own.state.state === 'CLOSED')
    return undefined;
  const loss = view.lossOf(use.connection, other.board, last.n);
  const why = loss === undefined ? '' : ` (${lossWords(loss)})`;
  const state = `this end is still ${own.state.state}, that of ${other.board} is gone since ${last.tUs / 1e6} s${why}`;
  return {
    text: `${state}, and ${call.board} was not told; ${keepaliveWords(view, use)}`,
    rule: {
      text: 'A connection without traffic looks the same whether the other end is there or not. Only something sent would find out: data, or keepalive probes after TCP_KEEPIDLE seconds of silence.',
      source: 'tcp_slowtmr(), tcp_keepalive()',
    },
  };
}

/** lwIP's TCP_KEEPIDLE_DEFAULT, in seconds. */
const KEEPIDLE_DEFAULT_S = 7200;

/** When keepalive would find out, as far as the caller has asked for it. */
function keepaliveWords(view: RunView, use: SocketUse): string {
  const optionOf = (name: string): number | undefined => {
    const isSet = (call: CallRecord): boolean => {
      const other = call.fn === 'setsockopt' && call.args[2] === name ? view.sockets.useOf(call) : undefined;
      return other !== undefined && ownEnd(other) === ownEnd(use);
    };
    const call = view.data.calls.findLast(isSet);
    return call === undefined ? undefined : Number(call.args[3]);
  };
  if (!optionOf('SO_KEEPALIVE')) return 'keepalive is off';
  const idle = optionOf('TCP_KEEPIDLE');
  const words = `the first keepalive probe is due after ${idle ?? KEEPIDLE_DEFAULT_S} s of silence`;
  return idle === undefined ? words : `${words}${tooLongWords(view, idle)}`;
}

/** For a number of seconds that somebody may have taken for milliseconds. */
export function tooLongWords({ endUs }: RunView, seconds: number): string {
  return seconds * 1e6 <= endUs ? '' : ` (the unit is seconds: ${seconds} s is longer than this run)`;
}

function streamEnd(view: RunView, call: CallRecord): Reason {
  const use = view.sockets.useOf(call);
  const frame = use && lastFromPeer(view, use, call, TCP_FIN);
  return {
    ...(frame === undefined
      ? { text: 'the other end has closed' }
      : { text: segmentWords(view, frame), frame: frame.record.n }),
    rule: {
      text: 'recv() returns 0 when everything before the FIN is read. A FIN ends one direction: the other end sends no more, but what is sent to it may still be read.',
      source: 'lwip_recv_tcp()',
    },
  };
}

// Errors

function waitReason({ fn, t0Us, t1Us }: CallRecord): Reason {
  const isSend = SENDS.test(fn);
  if (t1Us === t0Us) {
    return {
      text: isSend ? 'there was no room, and it was not to wait' : 'nothing was there, and it was not to wait',
      rule: {
        text: 'A socket with O_NONBLOCK, a call with MSG_DONTWAIT, or a time-out below one tick returns at once.',
        source: isSend ? 'lwip_netconn_do_writemore()' : 'netconn_recv_data()',
      },
    };
  }
  const option = isSend ? 'SO_SNDTIMEO' : 'SO_RCVTIMEO';
  const what = isSend ? 'no room became free' : fn === 'accept' ? 'nobody connected' : 'nothing came';
  return {
    text: `${what} for ${(t1Us - t0Us) / 1e6} s (${option})`,
    rule: {
      text: `${option} limits how long the call waits. The connection is as it was: whatever is still on its way will arrive later.`,
      source: isSend ? 'lwip_netconn_do_writemore()' : 'netconn_recv_data()',
    },
  };
}

function resetReason(view: RunView, call: CallRecord, use: SocketUse): Reason | undefined {
  const frame = lastFromPeer(view, use, call, TCP_RST);
  if (frame === undefined) return undefined;
  const words = segmentWords(view, frame);
  return {
    text: call.fn === 'connect' ? `refused by ${words}` : words,
    frame: frame.record.n,
    rule: {
      text: 'A RST ends the connection at once. Every call that waits on it returns, and the next one is told, too.',
      source: 'tcp_process(), err_tcp()',
    },
  };
}

function goneReason(view: RunView, call: CallRecord, use: SocketUse): Reason | undefined {
  const reset = lastFromPeer(view, use, call, TCP_RST);
  if (reset !== undefined)
    return { text: `the connection ended with ${segmentWords(view, reset)}`, frame: reset.record.n };
  const fin = lastFromPeer(view, use, call, TCP_FIN);
  return fin && { text: `the stream ended with ${segmentWords(view, fin)}`, frame: fin.record.n };
}

/** No segment of the connection was ever seen. */
function unheardReason(view: RunView, call: CallRecord): Reason | undefined {
  if (call.fn !== 'connect' || view.wakeOf(call)?.cause !== 'timer') return undefined;
  return {
    text: 'no SYN could leave, because nobody answered ARP',
    rule: {
      text: 'A packet waits for the hardware address of its next hop. While nobody tells it, only questions go out, and the SYN timer runs.',
      source: 'etharp_query(), tcp_slowtmr()',
    },
  };
}

function abortReason(view: RunView, call: CallRecord, use: SocketUse): Reason | undefined {
  const { states } = ownEnd(use);
  const at = states.findIndex(({ n, state }) => state.state === 'CLOSED' && n <= call.n1);
  const [before, closed] = [states[at - 1], states[at]];
  if (before === undefined || closed === undefined) return undefined;
  const cause = view.stepEndingAt(call.board, closed.n)?.cause;
  if (cause === 'timer') return timerReason(before.state, timesSent(use));
  return cause === 'call' ? undefined : addressReason(view, closed);
}

/** How often the last segment that needs an acknowledgement was sent. */
function timesSent({ connection: { segments }, side }: SocketUse): number {
  const own = segments.filter(({ from, seq, end }) => from === side && end > seq);
  return own.filter(({ seq }) => seq === own.at(-1)?.seq).length;
}

/** What tcp_slowtmr() gave a connection up for. */
function timerReason({ state, keep_cnt_sent, rtoMs }: TcpState, times: number): Reason {
  if (state === 'SYN_SENT') {
    return {
      text: `nobody answered the SYN, which was sent ${times} times`,
      rule: {
        text: `A SYN is repeated every ${rtoMs / 1000} s, up to TCP_SYNMAXRTX times; then connect() fails.`,
        source: 'tcp_slowtmr()',
      },
    };
  }
  if (keep_cnt_sent > 0) {
    return {
      text: `the other end did not answer ${keep_cnt_sent} keepalive probes`,
      rule: {
        text: 'After TCP_KEEPIDLE of silence lwIP asks every TCP_KEEPINTVL; after TCP_KEEPCNT questions without an answer it gives the connection up.',
        source: 'tcp_slowtmr(), tcp_keepalive()',
      },
    };
  }
  return {
    text: `nobody acknowledged a segment that was sent ${times} times`,
    rule: {
      text: 'An unanswered segment is sent again after growing pauses up to TCP_MAXRTX times; then the connection is given up.',
      source: 'tcp_slowtmr(), tcp_rexmit_rto()',
    },
  };
}

function addressReason({ data }: RunView, { board, tUs }: StateRecord): Reason {
  const note = data.notes.findLast((one) => one.board === board && one.tUs <= tUs);
  return {
    text: `its interface lost the address${note === undefined ? '' : ` (${note.text})`}`,
    rule: {
      text: 'When an address goes, all connections from it are given up.',
      source: 'tcp_netif_ip_addr_changed()',
    },
  };
}

/** The last segment with this flag that has reached the caller's board by the time the call returned. */
function lastFromPeer(view: RunView, use: SocketUse, call: CallRecord, flag: number): FrameLine | undefined {
  const fits = ({ line, from }: Connection['segments'][number]): boolean =>
    from !== use.side &&
    ((line.d.tcp?.flags ?? 0) & flag) !== 0 &&
    view.arrivalsOf(line.record.n).some((step) => step.board === call.board && step.n0 <= call.n1);
  return use.connection.segments.findLast(fits)?.line;
}
