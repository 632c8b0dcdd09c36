/**
 * A Stack alone: no sockets, no board, no world. Frames are put in by hand, frames that come out are handed over at
 * once, the clock is turned by hand.
 */

import { ArpEntry, ETHARP_STATE_STATIC } from '../../stack/etharp.ts';
import {
  ERR_OK,
  ethernet_input,
  FramePool,
  InputSegment,
  ip4addr_aton,
  makeOpt,
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_ETHARP,
  NETIF_FLAG_IGMP,
  Netif,
  netif_add,
  netif_set_link_up,
  netif_set_up,
  type Opt,
  parseEthAddr,
  type SharedMemory,
  Stack,
} from '../../stack/index.ts';

/** Host and peer of the recordings in golden/raw. */
export const HOST = { ip: '192.168.1.10', gw: '192.168.1.1', mac: '24:0a:c4:00:00:01' } as const;
export const PEER = { ip: '192.168.1.2', mac: '02:00:00:00:00:02' } as const;

export interface BareStackOptions {
  /** Takes every frame that the stack sends, with all checksums filled in. */
  readonly onFrame: (bytes: Uint8Array) => void;
  /** The n-th initial sequence number; 1001, 2001 and so on if left out. */
  readonly isn?: (n: number) => number;
  /** The n-th random number; lwip_init() draws 0 and 1 for the first UDP and TCP port. */
  readonly rand?: (n: number) => number;
  /** The peer's hardware address is known from the start, for ever. */
  readonly peerIsKnown?: boolean;
  /** lwIP options other than the defaults. */
  readonly opt?: Partial<Opt>;
}

/** Buffers of all bare stacks: they run one after the other. */
const memory: SharedMemory = { frames: new FramePool(), inseg: new InputSegment() };

export class BareStack {
  readonly stack: Stack;
  readonly netif: Netif;
  /** Milliseconds since lwip_init(). */
  nowMs = 0;
  private isUp = false;

  constructor({
    onFrame,
    isn = (n) => 1001 + 1000 * n,
    rand = () => 0,
    peerIsKnown = true,
    opt = {},
  }: BareStackOptions) {
    let isns = 0;
    let rands = 0;
    this.stack = new Stack(
      {
        memory,
        sys_now: () => this.nowMs,
        LWIP_RAND: () => rand(rands++),
        LWIP_HOOK_TCP_ISN: () => isn(isns++),
        tcpip_try_callback: () => false,
        hazard: (name) => {
          throw new Error(`The stack ran into the hazard ${name}.`);
        },
      },
      makeOpt(opt),
    );
    const flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_IGMP;
    this.netif = new Netif(this.stack, 'en', parseEthAddr(HOST.mac), 1500, flags, (_netif, frame) => {
      if (this.isUp) onFrame(frame.view().slice());
      return ERR_OK;
    });
    netif_add(this.netif, address(HOST.ip), address('255.255.255.0'), address(HOST.gw));
    this.stack.netif_default = this.netif;
    netif_set_up(this.netif);
    netif_set_link_up(this.netif);
    this.isUp = true;
    if (peerIsKnown) {
      const peer = new ArpEntry(address(PEER.ip), this.netif);
      peer.state = ETHARP_STATE_STATIC;
      peer.ethaddr = parseEthAddr(PEER.mac);
      this.stack.arp_table[0] = peer;
    }
  }

  /** Turn the clock on, running every timer at its time, also those due at `ms`. */
  runTo(ms: number): void {
    for (let due = this.stack.timeouts.due; due <= ms; due = this.stack.timeouts.due) {
      this.nowMs = Math.max(this.nowMs, due);
      this.stack.runDue();
    }
    this.nowMs = ms;
  }

  /** A frame arrives. */
  input(bytes: Uint8Array): void {
    ethernet_input(memory.frames.copyOf(bytes), this.netif);
  }
}

/** Dotted decimal to the stack's form. */
export function address(ip: string): number {
  return ip4addr_aton(ip)!;
}

/** What is in a TCP segment that the stack sent; undefined for any other frame. Read by hand, without stack/prot. */
export interface SentSegment {
  /** S, F, R, P, A, U in this order. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly win: number;
  readonly len: number;
  readonly sport: number;
  readonly dport: number;
  readonly ip_id: number;
  /** Options, in hex. */
  readonly opt: string;
  readonly payload: Uint8Array;
}

const FLAG_LETTERS = [
  ['S', 0x02],
  ['F', 0x01],
  ['R', 0x04],
  ['P', 0x08],
  ['A', 0x10],
  ['U', 0x20],
] as const;

export function readSegment(frame: Uint8Array): SentSegment | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (view.getUint16(12) !== 0x0800 || view.getUint8(23) !== 6) return undefined;
  const tcp = 14 + (view.getUint8(14) & 15) * 4;
  const end = 14 + view.getUint16(16);
  const data = tcp + (view.getUint8(tcp + 12) >> 4) * 4;
  const flags = view.getUint8(tcp + 13);
  return {
    flags: FLAG_LETTERS.map(([letter, bit]) => ((flags & bit) === 0 ? '' : letter)).join(''),
    seq: view.getUint32(tcp + 4),
    ack: view.getUint32(tcp + 8),
    win: view.getUint16(tcp + 14),
    len: end - data,
    sport: view.getUint16(tcp),
    dport: view.getUint16(tcp + 2),
    ip_id: view.getUint16(18),
    opt: Buffer.from(frame.subarray(tcp + 20, data)).toString('hex'),
    payload: frame.subarray(data, end),
  };
}

/** Flag letters to the byte of the header. */
export function flagBits(letters: string): number {
  return FLAG_LETTERS.reduce((bits, [letter, bit]) => (letters.includes(letter) ? bits | bit : bits), 0);
}

/** Byte k of every stream that a test sends. */
function patternByte(k: number): number {
  return (k * 131 + 17) & 255;
}

/** Bytes from, from + 1, ... of the pattern. */
export function pattern(from: number, len: number): Uint8Array {
  return Uint8Array.from({ length: len }, (_, i) => patternByte(from + i));
}
