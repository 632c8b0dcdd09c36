/**
 * Where a misfortune can strike: every frame, call, instant and choice of the plain run at which it could make a difference,
 * each as the fault plan that makes it strike there.
 */

import type { FrameMatch } from '../../device/faults/match.ts';
import type { FaultPlan, FaultSpec } from '../../device/faults/plan.ts';
import type { CallRecord, FrameRecord } from '../../device/trace.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../stack/prot/tcp.ts';
import { type Dissection, dissect } from '../dissect.ts';
import type { Misfortune, MisfortuneKind } from './scenario.ts';

/** What a search knows of the plain run. */
export interface PlainRun {
  readonly boards: readonly BoardPlace[];
  readonly frames: readonly FrameRecord[];
  readonly calls: readonly CallRecord[];
  /** Choices of order that came up. */
  readonly choices: number;
  readonly endUs: number;
}

export interface BoardPlace {
  readonly name: string;
  /** "192.168.4.1/24"; '' if it has no static one. */
  readonly ip: string;
}

/** A misfortune at a place. */
export interface Place {
  readonly kind: MisfortuneKind;
  readonly plan: FaultPlan;
}

type Spec = FaultSpec<FrameMatch>;

const DEFAULT_MAX_US = 5_000_000;
/** A frame of a kind that the plain run has n of may come up again: so many more are struck. */
const BEYOND = 2;
/** Behind what follows, beyond the first retransmission (after 1 to 1.5 s), and beyond the second. */
const DELAYS_US = [300_000, 1_600_000, 4_600_000];
/** Things that happen closer together are one instant for what strikes between them. */
const INSTANT_US = 1000;

/** All places of a scenario's misfortunes, kind by kind in the order in which they were declared. */
export function placesOf(misfortunes: readonly Misfortune[], plain: PlainRun): Place[] {
  const seen = new Set<string>();
  const lists = misfortunes.map((misfortune) =>
    plansFor(misfortune, plain)
      .map((plan): Place => ({ kind: misfortune.kind, plan }))
      .filter((place) => {
        const key = JSON.stringify(place.plan);
        return seen.has(key) ? false : seen.add(key);
      }),
  );
  return interleaved(lists);
}

/** The first of each list, then the second of each: no kind has to wait for another one to end. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0);
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => (i < list.length ? [list[i]!] : []))).flat();
}

function plansFor(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  switch (misfortune.kind) {
    case 'loss':
      return losses(misfortune, plain);
    case 'duplicate':
      return atFrames(misfortune, plain, (at) => [{ kind: 'duplicate', ...at }]);
    case 'delay':
      return delaysUs(misfortune).flatMap((us) => atFrames(misfortune, plain, (at) => [{ kind: 'delay', ...at, us }]));
    case 'reorder':
      return atFrames(misfortune, plain, (at) => [{ kind: 'reorder', ...at }]);
    case 'corrupt':
      return atFrames(misfortune, plain, (at) => [{ kind: 'corrupt', ...at, layer: 'transport', offset: 4 }]);
    case 'outage':
      return outages(misfortune, plain);
    case 'blackhole':
      return moments(misfortune, plain).map((sinceUs) => [
        { kind: 'blackhole', sinceUs, ...(misfortune.match && { match: misfortune.match }) },
      ]);
    case 'rst':
      return atFrames(misfortune, plain, (at) => [{ kind: 'rst', ...at }], isTcpSegment);
    case 'resetInQueue':
      return resetsInQueue(misfortune, plain);
    case 'refused':
      return refusals(misfortune, plain);
    case 'powerOff':
      return onBoards(misfortune, plain, (board, atUs) => [[{ kind: 'powerOff', board: board.name, atUs }]]);
    case 'reboot':
      return onBoards(misfortune, plain, (board, atUs) =>
        durations(misfortune).map((forUs) => [{ kind: 'reboot', board: board.name, atUs, forUs }]),
      );
    case 'interfaceDown':
      return onBoards(misfortune, plain, (board, atUs) =>
        durations(misfortune).map((forUs) => [{ kind: 'interfaceDown', board: board.name, atUs, forUs }]),
      );
    case 'newAddress':
      return onBoards(misfortune, plain, (board, atUs) =>
        board.ip === ''
          ? []
          : durations(misfortune).map((forUs) => [
              { kind: 'interfaceDown', board: board.name, atUs, forUs, ip: otherAddress(board.ip) },
            ]),
      );
    case 'freeze':
      return onBoards(misfortune, plain, (board, atUs) =>
        durations(misfortune).map((forUs) => [{ kind: 'freeze', board: board.name, atUs, forUs }]),
      );
    case 'callFails':
      return failingCalls(misfortune, plain);
    case 'shortTransfer':
      return shortTransfers(misfortune, plain);
    case 'noMemory':
      return withoutMemory(misfortune, plain);
    case 'schedule':
      return Array.from({ length: plain.choices }, (_, i) => [{ kind: 'schedule', swaps: [i + 1] }]);
  }
}

// Frames

/** Where a fault on frames strikes. */
interface FrameAt {
  readonly match: FrameMatch;
  readonly nth: number;
}

/** Frames are counted among their like, so that a place means the same in runs that went another way before it. */
function atFrames(
  { match, boards }: Misfortune,
  plain: PlainRun,
  plan: (at: FrameAt) => FaultPlan,
  isWanted: (d: Dissection) => boolean = () => true,
): FaultPlan[] {
  const counts = new Map<string, { like: FrameMatch; count: number }>();
  const order: FrameAt[] = [];
  for (const frame of plain.frames) {
    const d = dissect(frame.bytes);
    if (frame.from === '' || !isWanted(d) || (boards !== undefined && !boards.includes(frame.from))) continue;
    const like = likeOf(frame, d);
    if (match !== undefined && !fits(match, frame, d)) continue;
    const whole = { ...match, ...like };
    const key = JSON.stringify(whole);
    const entry = counts.get(key) ?? { like: whole, count: 0 };
    counts.set(key, entry);
    order.push({ match: entry.like, nth: ++entry.count });
  }
  for (const { like, count } of counts.values()) {
    for (let i = 1; i <= BEYOND; i++) order.push({ match: like, nth: count + i });
  }
  return order.map(plan);
}

/** The kind of a frame, as a condition. */
function likeOf({ from }: FrameRecord, d: Dissection): FrameMatch {
  if (d.arp !== undefined) return { from, proto: 'arp' };
  if (d.tcp !== undefined) return { from, ...tcpLike(d.tcp.flags, d.payload.length) };
  if (d.app === 'DNS') return { from, proto: 'dns' };
  if (d.app === 'DHCP') return { from, proto: 'dhcp' };
  if (d.udp !== undefined) return { from, proto: 'udp' };
  if (d.icmp !== undefined) return { from, proto: 'icmp' };
  return { from, proto: 'ip' };
}

function tcpLike(flags: number, length: number): FrameMatch {
  if ((flags & TCP_RST) !== 0) return { proto: 'tcp', flags: 'R' };
  if ((flags & TCP_SYN) !== 0) return { proto: 'tcp', flags: (flags & TCP_ACK) === 0 ? 'S!.' : 'S.' };
  if (length > 0) return { proto: 'tcp', data: true };
  return { proto: 'tcp', data: false, flags: (flags & TCP_FIN) === 0 ? '.!SFR' : 'F' };
}

/** The conditions of a declared misfortune that can be told from a frame alone; the rest is left to the fault itself. */
function fits(match: FrameMatch, frame: FrameRecord, d: Dissection): boolean {
  const ports = d.tcp ?? d.udp;
  return (
    (match.from === undefined || match.from === frame.from) &&
    (match.lan === undefined || match.lan === frame.lan) &&
    (match.proto === undefined || protosOf(d).includes(match.proto)) &&
    (match.data === undefined || match.data === d.payload.length > 0) &&
    (match.flags === undefined || flagsFit(match.flags, d)) &&
    (match.port === undefined || match.port === ports?.srcPort || match.port === ports?.destPort) &&
    (match.dstPort === undefined || match.dstPort === ports?.destPort) &&
    (match.srcPort === undefined || match.srcPort === ports?.srcPort)
  );
}

function protosOf(d: Dissection): string[] {
  const app = d.app.toLowerCase();
  return [
    d.arp && 'arp',
    d.ip4 && 'ip',
    d.icmp && 'icmp',
    d.igmp && 'igmp',
    d.udp && 'udp',
    d.tcp && 'tcp',
    app,
  ].filter((name): name is string => Boolean(name));
}

const FLAG_BITS: Readonly<Record<string, number>> = { F: TCP_FIN, S: TCP_SYN, R: TCP_RST, '.': TCP_ACK, P: 8, U: 32 };

function flagsFit(letters: string, d: Dissection): boolean {
  if (d.tcp === undefined) return false;
  const { flags } = d.tcp;
  const [set = '', unset = ''] = letters.split('!');
  return [...set].every((f) => (flags & FLAG_BITS[f]!) !== 0) && [...unset].every((f) => (flags & FLAG_BITS[f]!) === 0);
}

function losses(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  const { times = 1 } = misfortune;
  return Array.from({ length: times }, (_, i) => i).flatMap((again) =>
    atFrames(
      misfortune,
      plain,
      (at) => [{ kind: 'drop', ...at, ...(again > 0 && { again }) }],
      (d) => again === 0 || isTcpSegment(d),
    ),
  );
}

function isTcpSegment(d: Dissection): boolean {
  return d.tcp !== undefined && (d.tcp.flags & TCP_RST) === 0;
}

function outages(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  const match = misfortune.match === undefined ? {} : { match: misfortune.match };
  return moments(misfortune, plain).flatMap((sinceUs) =>
    durations(misfortune).map((us): FaultPlan => [{ kind: 'outage', sinceUs, untilUs: sinceUs + us, ...match }]),
  );
}

/** The server has the third segment of the handshake when the reset comes, a moment later. */
function resetsInQueue(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  const synAcks = { ...misfortune, match: { ...misfortune.match, proto: 'tcp', flags: 'S.' } } as const;
  return atFrames(synAcks, plain, (at) => [{ kind: 'rst', ...at, toward: 'sender', replace: false, delayUs: 2500 }]);
}

function refusals(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  const targets = misfortune.boards ?? plain.boards.map((board) => board.name);
  const asked = targets.filter((to) => plain.frames.some((frame) => frame.from !== to && isSyn(frame)));
  const begin = plain.frames.find(isSyn)?.tUs ?? 0;
  return asked.flatMap((to) =>
    durations(misfortune).map(
      (us): FaultPlan => [
        {
          kind: 'rst',
          match: { ...misfortune.match, proto: 'tcp', flags: 'S!.', to },
          count: 'all',
          toward: 'sender',
          untilUs: begin + us,
        },
      ],
    ),
  );
}

function isSyn(frame: FrameRecord): boolean {
  const { tcp } = dissect(frame.bytes);
  return tcp !== undefined && (tcp.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
}

// Moments

/** Right after everything that happens, once for what happens at about the same time; and soon after the beginning. */
function moments({ boards, after }: Misfortune, plain: PlainRun): number[] {
  const sinceUs = after === undefined ? 0 : firstTime(after, plain);
  const times = [
    ...plain.frames.map((frame) => frame.tUs),
    ...plain.calls.filter((call) => boards === undefined || boards.includes(call.board)).map((call) => call.t1Us),
  ].filter((tUs) => tUs >= sinceUs);
  times.sort((a, b) => a - b);
  const distinct: number[] = [];
  for (const tUs of times) {
    const last = distinct.at(-1);
    if (last === undefined || tUs - last >= INSTANT_US) distinct.push(tUs + 500);
  }
  return distinct;
}

function firstTime(match: FrameMatch, { frames }: PlainRun): number {
  const first = frames.find((frame) => fits(match, frame, dissect(frame.bytes)));
  return first?.tUs ?? Number.POSITIVE_INFINITY;
}

/** No longer than the misfortune may last. */
function delaysUs({ maxUs = Number.POSITIVE_INFINITY }: Misfortune): number[] {
  return [...new Set(DELAYS_US.map((us) => Math.min(us, maxUs)))];
}

/** Short, middling, as long as allowed: what a time-out of the program survives, and what it does not. */
function durations({ maxUs = DEFAULT_MAX_US }: Misfortune): number[] {
  return [...new Set([maxUs, Math.min(maxUs, 2_000_000), Math.min(maxUs, 300_000)])];
}

function onBoards(
  misfortune: Misfortune,
  plain: PlainRun,
  plans: (board: BoardPlace, atUs: number) => FaultPlan[],
): FaultPlan[] {
  const boards = plain.boards.filter((board) => misfortune.boards?.includes(board.name) ?? true);
  return moments({ ...misfortune, boards: boards.map((board) => board.name) }, plain).flatMap((atUs) =>
    boards.flatMap((board) => plans(board, atUs)),
  );
}

/** The same network, another host. */
function otherAddress(ip: string): string {
  const [address = '', prefix = '24'] = ip.split('/');
  const parts = address.split('.');
  const last = Number(parts[3]);
  return `${parts.slice(0, 3).join('.')}.${last < 200 ? last + 50 : last - 50}/${prefix}`;
}

// Calls, memory

/** What each call plausibly fails with on a device that is short of something or has lost its network. */
const FAILURES: Readonly<Record<string, readonly string[]>> = {
  socket: ['ENOBUFS', 'ENFILE'],
  bind: ['EADDRINUSE'],
  listen: ['EADDRINUSE'],
  accept: ['ENFILE', 'ECONNABORTED'],
  connect: ['ECONNRESET', 'EHOSTUNREACH', 'ECONNABORTED'],
  send: ['ENOMEM', 'ECONNRESET', 'EAGAIN'],
  write: ['ENOMEM', 'ECONNRESET', 'EAGAIN'],
  sendto: ['ENOMEM', 'EHOSTUNREACH'],
  sendmsg: ['ENOMEM'],
  recv: ['ECONNRESET', 'EAGAIN'],
  read: ['ECONNRESET', 'EAGAIN'],
  recvfrom: ['EAGAIN'],
  setsockopt: ['ENOMEM'],
  select: ['ENOMEM'],
  getaddrinfo: ['ENOMEM'],
};

const MOVES_DATA = ['send', 'write', 'recv', 'read', 'sendmsg', 'writev', 'readv', 'recvmsg'];

/** The n-th call of each name of each board. */
function callPlaces(
  { boards, calls }: Misfortune,
  plain: PlainRun,
  names: readonly string[],
  plans: (at: { readonly board: string; readonly fn: string; readonly nth: number }, call: CallRecord) => Spec[],
): FaultPlan[] {
  const wanted = new Set(calls ?? names);
  const counts = new Map<string, number>();
  return plain.calls.flatMap((call) => {
    const { board, fn } = call;
    if (!wanted.has(fn) || (boards !== undefined && !boards.includes(board))) return [];
    const key = `${board} ${fn}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return plans({ board, fn, nth }, call).map((spec): FaultPlan => [spec]);
  });
}

function failingCalls(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  return callPlaces(misfortune, plain, Object.keys(FAILURES), (at) =>
    (FAILURES[at.fn] ?? ['ENOMEM']).map((errno): Spec => ({ kind: 'callFails', ...at, errno })),
  );
}

function shortTransfers(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  return callPlaces(misfortune, plain, MOVES_DATA, (at, { ret = 0 }) =>
    [...new Set([1, ret >> 1])]
      .filter((bytes) => bytes > 0 && bytes < ret)
      .map((bytes): Spec => ({ kind: 'shortTransfer', ...at, bytes })),
  );
}

function withoutMemory(misfortune: Misfortune, plain: PlainRun): FaultPlan[] {
  const boards = plain.boards.filter((board) => misfortune.boards?.includes(board.name) ?? true);
  const kinds = ['descriptor', 'netconn', 'pcb', 'pbuf', 'rx_pbuf'] as const;
  const most = { descriptor: 4, netconn: 4, pcb: 4, pbuf: 20, rx_pbuf: 40 };
  return boards.flatMap(({ name: board }) =>
    kinds.flatMap((of) =>
      Array.from({ length: most[of] }, (_, i): FaultPlan => [{ kind: 'noMemory', board, of, nth: i + 1 }]),
    ),
  );
}
