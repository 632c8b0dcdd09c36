/** A fault of a plan in a sentence. */

import type { FrameMatch } from '../../device/faults/match.ts';
import type { FaultSpec, FrameFaultSpec, Inject, Selection, Trigger } from '../../device/faults/plan.ts';

type Spec = FaultSpec<FrameMatch>;
/** What says when; some kinds of faults have one part of it, some another. */
interface Timing {
  readonly atUs?: number;
  readonly sinceUs?: number;
  readonly untilUs?: number;
  readonly forUs?: number;
  readonly after?: Trigger;
}

/** @param text a fault as JSON */
export function faultWords(text: string): string {
  const spec = JSON.parse(text) as Spec;
  const words = `${whatHappens(spec)}${when(spec)}.`;
  // A name stays as it is.
  return 'board' in spec && words.startsWith(`${spec.board} `) ? words : upperFirst(words);
}

function whatHappens(spec: Spec): string {
  switch (spec.kind) {
    case 'drop':
    case 'outage':
    case 'blackhole':
      return `${which(spec)} is lost`;
    case 'delay':
      return `${which(spec)} arrives ${time(spec.us)} late`;
    case 'duplicate':
      return `${which(spec)} arrives ${(spec.copies ?? 1) + 1} times`;
    case 'reorder':
      return `${which(spec)} is overtaken by the ${spec.behind ?? 1} sent after it`;
    case 'corrupt':
      return `${which(spec)} is changed on the way${spec.checksums === 'right' ? ', and its checksums fit the change' : ''}`;
    case 'truncate':
      return `${which(spec)} is cut to ${spec.length} bytes`;
    case 'rate':
      return `${which(spec)} waits for a line of ${spec.bitsPerSecond} bit/s`;
    case 'jitter':
      return `${which(spec)} is delayed by chance, up to ${time(spec.maxUs)}`;
    case 'stall':
      return `nothing gets through any more once ${spec.afterBytes} bytes have passed`;
    case 'rst':
    case 'fin':
      return `${which(spec)} is ${replaces(spec) ? 'replaced' : 'followed'} by a forged ${spec.kind.toUpperCase()}, ${toward(spec)}`;
    case 'inject':
      return `a frame out of nowhere comes to ${spec.to}`;
    default:
      return onBoard(spec);
  }
}

function onBoard(spec: Exclude<Spec, FrameFaultSpec<FrameMatch> | Inject>): string {
  switch (spec.kind) {
    case 'powerOff':
      return `${spec.board} loses its power`;
    case 'reboot':
      return `${spec.board} reboots`;
    case 'linkDown':
      return `the link of ${spec.board} goes down`;
    case 'interfaceDown':
      return `${spec.board} loses its access point, its address and all its connections`;
    case 'addressChange':
      return `${spec.board} gets the address ${spec.ip}`;
    case 'freeze':
      return `the programs of ${spec.board} stand still`;
    case 'noMemory':
      return `${spec.board} finds no memory for ${spec.of}, ${ordinal(spec.nth ?? 1)} time and ${spec.count ?? 1} in all`;
    case 'queueSize':
      return `the ${spec.of} queue of ${spec.board} has room for ${spec.size}`;
    case 'callFails':
      return `${calls(spec)} fails with ${spec.errno} and does nothing`;
    case 'shortTransfer':
      return `${calls(spec)} moves ${spec.bytes} bytes at most`;
    case 'slowCall':
      return `${calls(spec)} begins ${time(spec.us)} late`;
    case 'schedule':
      return 'tasks that are ready, and events of one instant, come in another order';
  }
}

/** "the 2nd TCP segment with data from client" */
function which(spec: Selection & { readonly match?: FrameMatch }): string {
  const { nth, count, chance, burst, again } = spec;
  const one = nth === undefined ? 'every' : `the ${ordinal(nth)}`;
  const more = typeof count === 'number' && count > 1 ? ` (and the ${count - 1} after it)` : '';
  const repeated = again === undefined ? '' : ` (and its next ${again} retransmissions)`;
  const luck = chance !== undefined ? ` by chance (${chance * 100} %)` : burst === undefined ? '' : ' in bursts';
  return `${one} ${frameWords(spec.match ?? {})}${more}${repeated}${luck}`;
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  tcp: 'TCP segment',
  udp: 'UDP datagram',
  arp: 'ARP packet',
  ip: 'IP packet',
};

function frameWords({ proto, data, from, to, flags, ...rest }: FrameMatch): string {
  const what = proto === undefined ? 'frame' : (PROTOCOLS[proto] ?? `${proto.toUpperCase()} frame`);
  const load = data === undefined ? '' : data ? ' with data' : ' without data';
  const others = Object.entries(rest).map(([key, value]) => ` with ${key} ${value}`);
  const bits = flags === undefined ? '' : ` with flags ${flags}`;
  return `${what}${load}${bits}${from ? ` from ${from}` : ''}${to ? ` to ${to}` : ''}${others.join('')}`;
}

function replaces({ kind, replace }: { readonly kind: 'rst' | 'fin'; readonly replace?: boolean }): boolean {
  return replace ?? kind === 'rst';
}

function toward({ toward: whom = 'both' }: { readonly toward?: string }): string {
  if (whom === 'both') return 'for both ends';
  return whom === 'sender' ? 'for the end that had sent it' : 'for the end that it was for';
}

function calls(spec: {
  readonly fn: string | readonly string[];
  readonly board?: string;
  readonly nth?: number;
}): string {
  const names = [spec.fn].flat().map((name) => `${name}()`);
  return `the ${ordinal(spec.nth ?? 1)} ${names.join(' or ')}${spec.board ? ` of ${spec.board}` : ''}`;
}

function when({ atUs, sinceUs, untilUs, forUs, after }: Timing): string {
  const parts: string[] = [];
  if (atUs !== undefined) parts.push(`at ${time(atUs)}`);
  if (sinceUs !== undefined) parts.push(`from ${time(sinceUs)} on`);
  if (untilUs !== undefined) parts.push(`until ${time(untilUs)}`);
  if (forUs !== undefined) parts.push(`for ${time(forUs)}`);
  if (after !== undefined) parts.push(`after ${trigger(after)}`);
  return parts.map((part) => ` ${part}`).join('');
}

function trigger(after: Trigger): string {
  const nth = ordinal(after.nth ?? 1);
  if ('match' in after) return `the ${nth} ${frameWords(after.match)}`;
  return `the ${nth} ${[after.call].flat().join(' or ')}()${after.board ? ` of ${after.board}` : ''}`;
}

function time(us: number): string {
  return `${us / 1e6} s`;
}

function ordinal(n: number): string {
  const teen = n % 100 > 10 && n % 100 < 14;
  return `${n}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
