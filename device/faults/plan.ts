/**
 * Fault plans: misfortunes as plain data, so that they can be printed, stored, shrunk and replayed. What each does is
 * documented here; world.inflict() carries a plan out. Times are virtual microseconds since the world began.
 */

import type { MemoryKind } from '../../stack/stack.ts';
import type { FrameMatch, Matcher } from './match.ts';

/** When a fault is in force: from `sinceUs` to before `untilUs`, and not before something else has happened. */
export interface Period {
  readonly sinceUs?: number;
  readonly untilUs?: number;
  /** In force only once this has happened. */
  readonly after?: Trigger;
}

/** Something that happens in a run: the n-th frame that matches is sent, or the n-th call is made. */
export type Trigger = FrameTrigger | CallTrigger;

export interface FrameTrigger {
  readonly match: FrameMatch;
  /** Which of them, from 1; the first if left out. */
  readonly nth?: number;
}

export interface CallTrigger extends CallSelection {
  readonly call: string | readonly string[];
  readonly nth?: number;
}

/** Which of the frames that match. */
export interface Selection extends Period {
  /** The first match that is concerned, from 1. */
  readonly nth?: number;
  /** How many are, from then on: 1 if `nth` is given, otherwise all. */
  readonly count?: number | 'all';
  /** TCP: a segment that is concerned is so again in its next retransmissions, this often. */
  readonly again?: number;
  /** Each with this probability, 0..1. */
  readonly chance?: number;
  /** Or by the model of Gilbert and Elliott: a good and a bad state, looked at frame by frame. */
  readonly burst?: Burst;
  /** Chance is drawn from a stream of this number; 0 if left out. Faults of one kind and one number draw alike. */
  readonly seed?: number;
}

/** Probabilities, 0..1. */
export interface Burst {
  /** From good to bad, and back, before each frame. */
  readonly enter: number;
  readonly leave: number;
  /** A frame is concerned in the bad state (1 if left out), and in the good one (0 if left out). */
  readonly bad?: number;
  readonly good?: number;
}

/** What all faults on frames have. `M` is FrameMatch in a plan that is to be stored. */
export interface OnFrames<M> extends Selection {
  /** All frames of all wires if left out. */
  readonly match?: M;
}

/** The frame is lost. A broadcast with `match.to` is lost for that board only. */
export interface Drop<M> extends OnFrames<M> {
  /** outage, blackhole: the same under another name in the trace. */
  readonly kind: 'drop' | 'outage' | 'blackhole';
}

/** The frame arrives so much later. */
export interface Delay<M> extends OnFrames<M> {
  readonly kind: 'delay';
  readonly us: number;
}

/** The frame arrives several times. */
export interface Duplicate<M> extends OnFrames<M> {
  readonly kind: 'duplicate';
  /** Copies besides the frame, 1 if left out; and the time between them, 0 if left out. */
  readonly copies?: number;
  readonly gapUs?: number;
}

/** The frame waits until its sender has sent `behind` more, and arrives after them; at the latest `withinUs` later. */
export interface Reorder<M> extends OnFrames<M> {
  readonly kind: 'reorder';
  /** 1 if left out. */
  readonly behind?: number;
  /** 1,000,000 if left out. */
  readonly withinUs?: number;
}

/** A byte or a bit of the frame changes on the way. */
export interface Corrupt<M> extends OnFrames<M> {
  readonly kind: 'corrupt';
  /** Where offsets count from: the frame (if left out), the IP or ARP header, that behind it, or what TCP or UDP carry. */
  readonly layer?: 'frame' | 'network' | 'transport' | 'payload';
  /** Which byte; any from there to the end of the frame, by chance, if left out. */
  readonly offset?: number;
  /** What it is XORed with, 1..255; 255 if neither this nor `bit` is given. */
  readonly xor?: number;
  /** The bit to flip, 0 (lowest) to 7. */
  readonly bit?: number;
  /** `wrong` (if left out): as they were, so that a receiver who looks finds out. `right`: computed anew. */
  readonly checksums?: 'wrong' | 'right';
}

/** The end of the frame is missing. */
export interface Truncate<M> extends OnFrames<M> {
  readonly kind: 'truncate';
  /** Bytes that are left, from the destination address on; at least 14. */
  readonly length: number;
  /** `wrong` (if left out): the headers still tell of the whole. `right`: lengths and checksums fit what is left. */
  readonly checksums?: 'wrong' | 'right';
}

/** A bottleneck: frames of each sender go out one by one, at a rate, from a queue that can be full. */
export interface Rate<M> extends OnFrames<M> {
  readonly kind: 'rate';
  readonly bitsPerSecond: number;
  /** What may wait, in bytes; 65,536 if left out. A frame that does not fit is lost. A long queue is bufferbloat. */
  readonly queueBytes?: number;
}

/** Each frame is delayed by chance. */
export interface Jitter<M> extends OnFrames<M> {
  readonly kind: 'jitter';
  /** 0 if left out. */
  readonly minUs?: number;
  readonly maxUs: number;
  /** `uniform` (if left out); `bell`: mostly the middle; `tail`: mostly close to the minimum, the maximum rarely. */
  readonly distribution?: 'uniform' | 'bell' | 'tail';
  /** True (if left out): frames of one sender do not overtake each other. */
  readonly keepOrder?: boolean;
}

/** When so many bytes of payload of TCP and UDP have passed, nothing more does, for a time or for ever. */
export interface Stall<M> extends OnFrames<M> {
  readonly kind: 'stall';
  readonly afterBytes: number;
  readonly forUs?: number;
}

/** A segment of a connection is followed or replaced by a RST or FIN with the right sequence numbers. */
export interface Reset<M> extends OnFrames<M> {
  readonly kind: 'rst' | 'fin';
  /** Who gets it: the board that the segment is for, the one that sent it, or both (if left out). */
  readonly toward?: 'receiver' | 'sender' | 'both';
  /** The segment itself is lost: true if left out for `rst`, false for `fin`. */
  readonly replace?: boolean;
  /** Later than it would arrive on this wire, 0 if left out. */
  readonly delayUs?: number;
  /** Not with a segment, but at this time, in every connection whose last segment matches. */
  readonly atUs?: number;
}

/** A frame out of nowhere, at a time or once something has happened. */
export interface Inject extends Moment {
  readonly kind: 'inject';
  /** The board that gets it, whatever the destination address says. */
  readonly to: string;
  /** Hexadecimal, from the destination address on. */
  readonly bytes: string;
}

export type FrameFaultSpec<M = Matcher> =
  | Drop<M>
  | Delay<M>
  | Duplicate<M>
  | Reorder<M>
  | Corrupt<M>
  | Truncate<M>
  | Rate<M>
  | Jitter<M>
  | Stall<M>
  | Reset<M>;

/** When something is done once: at a time, or right after something has happened. One of them is needed. */
export interface Moment {
  readonly atUs?: number;
  readonly after?: Trigger;
}

/** Power fails without a word; it comes back after `forUs`, or never. The board may be an access point. */
export interface PowerOff extends Moment {
  readonly kind: 'powerOff';
  readonly board: string;
  readonly forUs?: number;
}

/** As powerOff, but back at once if `forUs` is left out: the programs start anew. */
export interface Reboot extends Moment {
  readonly kind: 'reboot';
  readonly board: string;
  readonly forUs?: number;
}

/** The link goes down and comes back after `forUs`, or never; the address stays. A Wi-Fi station hears no network meanwhile. */
export interface LinkDown extends Moment {
  readonly kind: 'linkDown';
  readonly board: string;
  readonly forUs?: number;
}

/**
 * The board loses its access point: link and address go, connections are aborted. After `forUs` it is back, or never; a Wi-Fi
 * station finds no network until then, and its program must connect anew.
 */
export interface InterfaceDown extends Moment {
  readonly kind: 'interfaceDown';
  readonly board: string;
  readonly forUs?: number;
  /** The address that a wired interface comes back with, as "192.168.4.7/24"; the old one, or one from DHCP, if left out. */
  readonly ip?: string;
  readonly gw?: string;
}

/** The board gets another address, as with esp_netif_set_ip_info(). */
export interface AddressChange extends Moment {
  readonly kind: 'addressChange';
  readonly board: string;
  /** "192.168.4.7/24" */
  readonly ip: string;
  readonly gw?: string;
}

/** Something of higher priority has the processor: no task of `priority` or lower runs, and its time-outs wait. */
export interface Freeze extends Moment {
  readonly kind: 'freeze';
  readonly board: string;
  readonly forUs: number;
  /** 17 if left out: all programs, but not the tcpip thread (18). 24 stops everything. */
  readonly priority?: number;
}

export type BoardFaultSpec = PowerOff | Reboot | LinkDown | InterfaceDown | AddressChange | Freeze;

/**
 * There is no memory (or no free slot) the n-th time that it is asked for. `descriptor`: a slot of socket() and accept();
 * `netconn`, `pcb`: what stands behind one; `pbuf`: data to send; `rx_pbuf`: the driver's buffer for a frame that has come;
 * `netdb`: a result of getaddrinfo().
 */
export interface NoMemory extends Period {
  readonly kind: 'noMemory';
  readonly board: string;
  readonly of: MemoryKind;
  /** The first failure, from 1 (if left out); and how many, 1 if left out. */
  readonly nth?: number;
  readonly count?: number | 'all';
}

/** Mailboxes and queues have another size: sockets made from now on, and what is in the way in existing ones. */
export interface QueueSize extends Moment {
  readonly kind: 'queueSize';
  readonly board: string;
  /** `tcp`, `udp`, `raw`: what a socket has received; `accept`: connections; `tcpip`: messages to lwIP; `arp`: packets that wait for one address. */
  readonly of: 'tcp' | 'udp' | 'raw' | 'accept' | 'tcpip' | 'arp';
  /** 0 is always full. */
  readonly size: number;
}

export type ResourceFaultSpec = NoMemory | QueueSize;

/** Which calls. */
export interface CallSelection {
  readonly board?: string;
  readonly task?: string;
  /** Of this descriptor. */
  readonly fd?: number;
}

/** What faults on calls have. The n-th is counted among the calls of these names that the rest selects. */
export interface OnCalls extends CallSelection, Period {
  /** Name of the call as in C: "send"; or several. */
  readonly fn: string | readonly string[];
  /** The first call that is concerned, from 1; the first if left out. */
  readonly nth?: number;
  /** How many are, from then on; 1 if left out. */
  readonly count?: number | 'all';
}

/** The call does nothing and fails. Many with EAGAIN are a storm. */
export interface CallFails extends OnCalls {
  readonly kind: 'callFails';
  /** "ECONNRESET", or its number. */
  readonly errno: string | number;
  /** What it returns, -1 if left out. */
  readonly ret?: number;
}

/** The call moves so many bytes at most: a short write or read. */
export interface ShortTransfer extends OnCalls {
  readonly kind: 'shortTransfer';
  readonly bytes: number;
}

/** The task loses so much time before the call, as if it had been busy or preempted. */
export interface SlowCall extends OnCalls {
  readonly kind: 'slowCall';
  readonly us: number;
}

export type CallFaultSpec = CallFails | ShortTransfer | SlowCall;

/**
 * Order that nothing guarantees: of ready tasks of one priority, and of events of one instant. Wherever there is a choice,
 * the one whose turn it is may let the next one go first.
 */
export interface Schedule extends Period {
  readonly kind: 'schedule';
  /** `both` if left out. */
  readonly of?: 'tasks' | 'events' | 'both';
  /** At these choices, numbered from 1 in the order in which they come up; */
  readonly swaps?: readonly number[];
  /** or at each with this probability, 0..1; 0.5 if neither is given. */
  readonly chance?: number;
  readonly seed?: number;
}

/** One misfortune. With the default `M`, conditions on frames may be functions; `FaultSpec<FrameMatch>` is plain data. */
export type FaultSpec<M = Matcher> =
  | FrameFaultSpec<M>
  | Inject
  | BoardFaultSpec
  | ResourceFaultSpec
  | CallFaultSpec
  | Schedule;

/** Misfortunes in the order in which they are asked: the first that has something to say about a frame or call decides. */
export type FaultPlan = readonly FaultSpec<FrameMatch>[];

/** What was made of one fault. */
export interface InflictedFault {
  readonly spec: FaultSpec;
  /** How often there was something that it is about. */
  readonly matches: number;
  /** How often it took effect: a fault before it in the plan may have decided already. */
  readonly applied: number;
  /** There was something that it is about. */
  readonly matched: boolean;
  /** Running numbers, in a trace, of the frames, calls and notes at which it took effect; the first 1000. */
  readonly numbers: readonly number[];
  /** Take it back. What has happened stays. */
  remove(): void;
}

/** A plan that is being carried out. */
export interface Inflicted {
  readonly faults: readonly InflictedFault[];
  /** Take all of it back. */
  remove(): void;
}
