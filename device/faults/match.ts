/** Which frames a fault is about: conditions on decoded fields, as data or as a function. */

import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG } from '../../stack/prot/tcp.ts';
import { parseIp } from '../netif_config.ts';
import { utf8 } from '../utf8.ts';
import type { FrameView } from './frame_view.ts';

/** Conditions on a frame, all of which must hold. Plain data. */
export interface FrameMatch {
  /** Name of the wire. */
  readonly lan?: string;
  /** Name of the board that sends. */
  readonly from?: string;
  /** Name of a board that it is for: by its address, or sent to all by another one. */
  readonly to?: string;
  /** Which of the sender's frames, from 0. */
  readonly frame?: number;
  /** dhcp: UDP port 67 or 68; dns: UDP port 53; ip: any IP packet. */
  readonly proto?: 'arp' | 'ip' | 'icmp' | 'igmp' | 'udp' | 'tcp' | 'dhcp' | 'dns';
  /**
   * Letters as in a ladder: S F R P U and `.` for ACK. Those given must be set, those behind a `!` must not: 'S' is every
   * SYN, 'S!.' the first of a handshake, 'S.' the second.
   */
  readonly flags?: string;
  readonly srcPort?: number;
  readonly dstPort?: number;
  /** One of the two ports. */
  readonly port?: number;
  /** Dotted decimal. */
  readonly srcIp?: string;
  readonly dstIp?: string;
  /** Of ARP. */
  readonly op?: 'request' | 'reply';
  /** TCP or UDP carry at least one byte (true), or none (false). */
  readonly data?: boolean;
  /** Payload of TCP or UDP in bytes, at least and at most. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Text that the payload of TCP or UDP contains, as UTF-8. */
  readonly contains?: string;
}

/** The same in code: `({ tcp, to }) => tcp?.flags.syn && to('server')`. Anything truthy is a match. */
export type FramePredicate = (frame: FrameView) => unknown;

/** Either kind of condition. A plan that contains functions cannot be stored. */
export type Matcher = FrameMatch | FramePredicate;

type Test = (frame: FrameView) => boolean;

/** How each field of a FrameMatch is tested. */
const TESTS: { readonly [K in keyof Required<FrameMatch>]: (value: Required<FrameMatch>[K]) => Test } = {
  lan: (name) => (f) => f.lan === name,
  from: (board) => (f) => f.from === board,
  to: (board) => (f) => f.to(board),
  frame: (index) => (f) => f.index === index,
  proto: (proto) => protoTest(proto),
  flags: (letters) => flagsTest(letters),
  srcPort: (port) => (f) => f.srcPort === port,
  dstPort: (port) => (f) => f.dstPort === port,
  port: (port) => (f) => f.srcPort === port || f.dstPort === port,
  srcIp: (ip) => ipTest('srcIp', ip),
  dstIp: (ip) => ipTest('dstIp', ip),
  op: (op) => (f) => f.arp?.op === op,
  data: (wanted) => (f) => (f.isTcp || f.isUdp) && f.payloadLength > 0 === wanted,
  minLength: (bytes) => (f) => (f.isTcp || f.isUdp) && f.payloadLength >= bytes,
  maxLength: (bytes) => (f) => (f.isTcp || f.isUdp) && f.payloadLength <= bytes,
  contains: (text) => containsTest(text),
};

/** Turn conditions into a test. @throws TypeError or RangeError naming a condition that makes no sense */
export function compileMatch(match: Matcher | undefined): Test {
  if (match === undefined) return () => true;
  if (typeof match === 'function') return (frame) => Boolean(match(frame));
  const tests = Object.entries(match).map(([key, value]) => {
    const make = (TESTS as Readonly<Record<string, (value: never) => Test>>)[key];
    if (make === undefined || !Object.hasOwn(TESTS, key)) {
      throw new TypeError(`A frame cannot be matched by "${key}"; there are ${Object.keys(TESTS).join(', ')}.`);
    }
    return make(value as never);
  });
  if (tests.length === 1) return tests[0]!;
  return (frame) => tests.every((test) => test(frame));
}

function protoTest(proto: Required<FrameMatch>['proto']): Test {
  switch (proto) {
    case 'ip':
      return (f) => f.isIp;
    case 'tcp':
      return (f) => f.isTcp;
    case 'udp':
      return (f) => f.isUdp;
    case 'dhcp':
      return (f) => f.isUdp && (f.dstPort === 67 || f.dstPort === 68);
    case 'dns':
      return (f) => f.isUdp && (f.dstPort === 53 || f.srcPort === 53);
    case 'arp':
    case 'icmp':
    case 'igmp':
      return (f) => f.proto === proto;
    default:
      throw new TypeError(`"${String(proto)}" is no protocol: arp, ip, icmp, igmp, udp, tcp, dhcp and dns are.`);
  }
}

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['S', TCP_SYN],
  ['F', TCP_FIN],
  ['R', TCP_RST],
  ['P', TCP_PSH],
  ['U', TCP_URG],
  ['.', TCP_ACK],
]);

function flagsTest(letters: string): Test {
  const [set = '', unset = ''] = letters.split('!');
  const wanted = bitsOf(set, letters);
  const unwanted = bitsOf(unset, letters);
  return (f) => f.isTcp && (f.tcpFlags & wanted) === wanted && (f.tcpFlags & unwanted) === 0;
}

function bitsOf(letters: string, whole: string): number {
  let bits = 0;
  for (const letter of letters) {
    const bit = FLAGS.get(letter);
    if (bit === undefined) throw new TypeError(`"${whole}" has "${letter}", which is no flag; S F R P U and . are.`);
    bits |= bit;
  }
  return bits;
}

function ipTest(field: 'srcIp' | 'dstIp', ip: string): Test {
  const wanted = parseIp(field, ip);
  return (f) => f.isIp && f[field] === wanted;
}

function containsTest(text: string): Test {
  const wanted = utf8(text);
  return ({ payload }) => {
    for (let at = 0; at + wanted.length <= payload.length; at++) {
      if (wanted.every((byte, i) => payload[at + i] === byte)) return true;
    }
    return false;
  };
}
