/** A frame at the moment of sending, decoded as far as somebody looks: what rules and predicates see. */

import { FRAME_IP, FRAME_START, type Frame } from '../../stack/frame.ts';
import { ARP_OPER, ARP_SPA, ARP_TPA } from '../../stack/prot/arp.ts';
import { getI32, getU16 } from '../../stack/prot/bytes.ts';
import { ETH_DEST, ETH_TYPE, ETHTYPE_ARP, ETHTYPE_IP, SIZEOF_ETH_HDR } from '../../stack/prot/ethernet.ts';
import {
  IP_DEST,
  IP_HLEN,
  IP_LEN,
  IP_OFFMASK,
  IP_OFFSET,
  IP_PROTO,
  IP_PROTO_ICMP,
  IP_PROTO_IGMP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
  IP_SRC,
  ip4addr_ntoa,
} from '../../stack/prot/ip4.ts';
import {
  TCP_ACK,
  TCP_ACKNO,
  TCP_DEST,
  TCP_FIN,
  TCP_FLAGS_AT,
  TCP_HDRLEN,
  TCP_HLEN,
  TCP_PSH,
  TCP_RST,
  TCP_SEQNO,
  TCP_SRC,
  TCP_SYN,
  TCP_URG,
  TCP_WND_AT,
} from '../../stack/prot/tcp.ts';
import { UDP_DEST, UDP_HLEN, UDP_SRC } from '../../stack/prot/udp.ts';

/** What a frame is at its core; 'other' for what the twin does not speak. */
export type FrameProto = 'arp' | 'icmp' | 'igmp' | 'udp' | 'tcp' | 'ip' | 'other';

export interface TcpFlags {
  readonly fin: boolean;
  readonly syn: boolean;
  readonly rst: boolean;
  readonly psh: boolean;
  readonly ack: boolean;
  readonly urg: boolean;
}

/** A TCP header; sequence numbers are absolute and unsigned. */
export interface TcpFields {
  readonly srcPort: number;
  readonly dstPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: TcpFlags;
  readonly win: number;
  /** Bytes of payload. */
  readonly length: number;
}

export interface UdpFields {
  readonly srcPort: number;
  readonly dstPort: number;
  /** Bytes of payload. */
  readonly length: number;
}

export interface ArpFields {
  readonly op: 'request' | 'reply';
  /** Dotted decimal. */
  readonly senderIp: string;
  readonly targetIp: string;
}

export interface IpFields {
  /** Dotted decimal. */
  readonly src: string;
  readonly dst: string;
  readonly proto: number;
}

/** A frame as rules see it, made by the wire. Its properties can be destructured: `({ tcp, to }) => tcp?.flags.syn && to('server')`. */
export class FrameView {
  /** Name of the sending board. */
  readonly from: string;
  /** Which of the sender's frames this is, from 0. */
  readonly index: number;
  /** Virtual time in microseconds. */
  readonly tUs: number;
  /** Name of the wire. */
  readonly lan: string;
  /** The board whose address it is sent to; '' for a broadcast, a multicast and an unknown address. */
  readonly receiver: string;
  /** It is for this board: addressed to it, or sent to all by another one. */
  readonly to: (board: string) => boolean;
  readonly frame: Frame;

  constructor(frame: Frame, from: string, index: number, tUs: number, lan: string, receiver: string) {
    this.frame = frame;
    this.from = from;
    this.index = index;
    this.tUs = tUs;
    this.lan = lan;
    this.receiver = receiver;
    this.to = (board) => board === receiver || (this.isGroup && board !== from);
  }

  /** From the destination address on, checksums filled in. Computed when first looked at. */
  get bytes(): Uint8Array {
    return this.frame.view();
  }

  /** Length in bytes. */
  get length(): number {
    return this.frame.len;
  }

  /** Sent to a broadcast or multicast address. */
  get isGroup(): boolean {
    return (this.frame.bytes[FRAME_START + ETH_DEST]! & 1) === 1;
  }

  get proto(): FrameProto {
    const type = this.etherType;
    if (type === ETHTYPE_ARP) return 'arp';
    if (type !== ETHTYPE_IP) return 'other';
    return PROTO_NAMES.get(this.ipProto) ?? 'ip';
  }

  get arp(): ArpFields | null {
    if (this.etherType !== ETHTYPE_ARP) return null;
    const b = this.frame.bytes;
    return {
      op: getU16(b, FRAME_IP + ARP_OPER) === 1 ? 'request' : 'reply',
      senderIp: ip4addr_ntoa(getI32(b, FRAME_IP + ARP_SPA)),
      targetIp: ip4addr_ntoa(getI32(b, FRAME_IP + ARP_TPA)),
    };
  }

  get ip(): IpFields | null {
    if (!this.isIp) return null;
    return {
      src: ip4addr_ntoa(this.srcIp),
      dst: ip4addr_ntoa(this.dstIp),
      proto: this.frame.bytes[FRAME_IP + IP_PROTO]!,
    };
  }

  get tcp(): TcpFields | null {
    if (!this.isTcp) return null;
    const flags = this.tcpFlags;
    return {
      srcPort: this.srcPort,
      dstPort: this.dstPort,
      seq: this.tcpSeq >>> 0,
      ack: this.tcpAck >>> 0,
      flags: {
        fin: (flags & TCP_FIN) !== 0,
        syn: (flags & TCP_SYN) !== 0,
        rst: (flags & TCP_RST) !== 0,
        psh: (flags & TCP_PSH) !== 0,
        ack: (flags & TCP_ACK) !== 0,
        urg: (flags & TCP_URG) !== 0,
      },
      win: getU16(this.frame.bytes, this.transportAt + TCP_WND_AT),
      length: this.payloadLength,
    };
  }

  get udp(): UdpFields | null {
    if (!this.isUdp) return null;
    return { srcPort: this.srcPort, dstPort: this.dstPort, length: this.payloadLength };
  }

  /** What TCP or UDP carry; empty for everything else. */
  get payload(): Uint8Array {
    const at = this.payloadAt;
    return this.frame.bytes.subarray(at, at + this.payloadLength);
  }

  // The same as plain numbers, without an object: for rules that look at every frame.

  private get etherType(): number {
    return this.frame.len < SIZEOF_ETH_HDR ? 0 : getU16(this.frame.bytes, FRAME_START + ETH_TYPE);
  }

  get isIp(): boolean {
    return this.etherType === ETHTYPE_IP && this.frame.len >= SIZEOF_ETH_HDR + IP_HLEN;
  }

  /** Protocol number of the IP payload; -1 if this is no IP packet, or a later fragment of one. */
  get ipProto(): number {
    const b = this.frame.bytes;
    if (!this.isIp || (getU16(b, FRAME_IP + IP_OFFSET) & IP_OFFMASK) !== 0) return -1;
    return b[FRAME_IP + IP_PROTO]!;
  }

  get isTcp(): boolean {
    return this.ipProto === IP_PROTO_TCP && this.transportAt + TCP_HLEN <= this.end;
  }

  get isUdp(): boolean {
    return this.ipProto === IP_PROTO_UDP && this.transportAt + UDP_HLEN <= this.end;
  }

  /** Host order, int32. */
  get srcIp(): number {
    return getI32(this.frame.bytes, FRAME_IP + IP_SRC);
  }

  get dstIp(): number {
    return getI32(this.frame.bytes, FRAME_IP + IP_DEST);
  }

  /** Of TCP or UDP; -1 for everything else. */
  get srcPort(): number {
    if (this.isTcp) return getU16(this.frame.bytes, this.transportAt + TCP_SRC);
    return this.isUdp ? getU16(this.frame.bytes, this.transportAt + UDP_SRC) : -1;
  }

  get dstPort(): number {
    if (this.isTcp) return getU16(this.frame.bytes, this.transportAt + TCP_DEST);
    return this.isUdp ? getU16(this.frame.bytes, this.transportAt + UDP_DEST) : -1;
  }

  /** TH_ bits; 0 for everything else. */
  get tcpFlags(): number {
    return this.isTcp ? this.frame.bytes[this.transportAt + TCP_FLAGS_AT]! : 0;
  }

  /** int32 */
  get tcpSeq(): number {
    return getI32(this.frame.bytes, this.transportAt + TCP_SEQNO);
  }

  get tcpAck(): number {
    return getI32(this.frame.bytes, this.transportAt + TCP_ACKNO);
  }

  /** Where the header behind that of IP begins in frame.bytes. */
  get transportAt(): number {
    return FRAME_IP + (this.frame.bytes[FRAME_IP]! & 15) * 4;
  }

  /** Where the payload of TCP or UDP begins in frame.bytes. */
  get payloadAt(): number {
    if (this.isTcp) return this.transportAt + (this.frame.bytes[this.transportAt + TCP_HDRLEN]! >> 4) * 4;
    return this.isUdp ? this.transportAt + UDP_HLEN : this.end;
  }

  get payloadLength(): number {
    if (!this.isIp) return 0;
    const packetEnd = FRAME_IP + getU16(this.frame.bytes, FRAME_IP + IP_LEN);
    return Math.max(0, Math.min(packetEnd, this.end) - this.payloadAt);
  }

  private get end(): number {
    return FRAME_START + this.frame.len;
  }
}

const PROTO_NAMES: ReadonlyMap<number, FrameProto> = new Map([
  [IP_PROTO_ICMP, 'icmp'],
  [IP_PROTO_IGMP, 'igmp'],
  [IP_PROTO_TCP, 'tcp'],
  [IP_PROTO_UDP, 'udp'],
]);
