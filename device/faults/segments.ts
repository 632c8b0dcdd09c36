/** RST and FIN put into a connection, with the sequence numbers that its ends expect: learnt from the segments that pass. */

import { FRAME_IP, FRAME_START, FRAME_TRANSPORT, type Frame, SUMS_PENDING } from '../../stack/frame.ts';
import { getI32, putI32, putU16 } from '../../stack/prot/bytes.ts';
import { ETH_DEST, ETH_SRC, ETH_TYPE, ETHTYPE_IP, getEthAddr, putEthAddr } from '../../stack/prot/ethernet.ts';
import { IP_DEST, IP_HLEN, IP_LEN, IP_PROTO, IP_PROTO_TCP, IP_SRC, IP_TTL_AT, IP_VHL } from '../../stack/prot/ip4.ts';
import {
  TCP_ACK,
  TCP_ACKNO,
  TCP_DEST,
  TCP_FIN,
  TCP_FLAGS_AT,
  TCP_HDRLEN,
  TCP_HLEN,
  TCP_RST,
  TCP_SEQNO,
  TCP_SRC,
  TCP_SYN,
  TCP_WND_AT,
} from '../../stack/prot/tcp.ts';
import { FrameView } from './frame_view.ts';

/** One direction of a connection. */
export interface Flow {
  /** Its last segment. */
  readonly last: FrameView;
  /** What the receiving end expects next (its RCV.NXT), int32. */
  next: number;
}

/** The connections of a world, as the segments show them that pass. */
export class FlowTable {
  private readonly flows = new Map<string, Flow>();

  /** A segment has passed: it will arrive as it was sent. */
  note(segment: FrameView): void {
    const key = keyOf(segment, false);
    const known = this.flows.get(key);
    const end = (segment.tcpSeq + sequenceLength(segment)) | 0;
    const isSyn = (segment.tcpFlags & TCP_SYN) !== 0;
    // A segment behind a gap leaves the receiver waiting for the gap.
    const isNext = known === undefined || isSyn || ((segment.tcpSeq - known.next) | 0) <= 0;
    const next = isNext && (isSyn || known === undefined || ((end - known.next) | 0) > 0) ? end : known!.next;
    this.flows.set(key, { last: kept(segment), next });
    if ((segment.tcpFlags & TCP_RST) !== 0) {
      this.flows.delete(key);
      this.flows.delete(keyOf(segment, true));
    }
  }

  /** What the receiver of this segment expects next; undefined if nothing is known. */
  flow(segment: FrameView): Flow | undefined {
    return this.flows.get(keyOf(segment, false));
  }

  /** The other direction. */
  reverse(segment: FrameView): Flow | undefined {
    return this.flows.get(keyOf(segment, true));
  }

  /** Of each connection one segment that fits: the last of one direction. */
  lastSegments(fits: (segment: FrameView) => boolean): FrameView[] {
    const found = new Map<string, FrameView>();
    for (const [key, { last }] of this.flows) {
      if (fits(last) && !found.has(keyOf(last, true))) found.set(key, last);
    }
    return [...found.values()];
  }
}

/** Bytes of a segment in sequence space. */
function sequenceLength(segment: FrameView): number {
  const flags = segment.tcpFlags;
  return segment.payloadLength + ((flags & TCP_SYN) !== 0 ? 1 : 0) + ((flags & TCP_FIN) !== 0 ? 1 : 0);
}

function keyOf(f: FrameView, reverse: boolean): string {
  return reverse
    ? `${f.dstIp}:${f.dstPort}>${f.srcIp}:${f.srcPort}`
    : `${f.srcIp}:${f.srcPort}>${f.dstIp}:${f.dstPort}`;
}

/** The frame's buffer is used again; its headers are needed for longer. */
function kept(view: FrameView): FrameView {
  return new FrameView(view.frame.clone(), view.from, view.index, view.tUs, view.lan, view.receiver);
}

/**
 * A RST or FIN for the board that a segment is for, as if the segment's sender had sent it.
 * @param isLost the segment itself does not get through
 * @returns the frame, with one reference; null if nobody would take it
 */
export function towardReceiver(table: FlowTable, segment: FrameView, flag: number, isLost: boolean): Frame | null {
  const isFirstSyn = (segment.tcpFlags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
  if (isFirstSyn && isLost) return null;
  const behind = isLost ? segment.tcpSeq : (segment.tcpSeq + sequenceLength(segment)) | 0;
  const seq = table.flow(segment)?.next ?? behind;
  const ack = table.reverse(segment)?.next ?? segment.tcpAck;
  return controlSegment(segment, false, seq, ack, flag | TCP_ACK);
}

/** A RST or FIN for the board that sent a segment, as if the segment's receiver had sent it. */
export function towardSender(table: FlowTable, segment: FrameView, flag: number): Frame {
  const end = (segment.tcpSeq + sequenceLength(segment)) | 0;
  const isFirstSyn = (segment.tcpFlags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
  const seq = isFirstSyn ? 0 : (table.reverse(segment)?.next ?? segment.tcpAck);
  return controlSegment(segment, true, seq, end, flag | TCP_ACK);
}

export const FLAG_OF = { rst: TCP_RST, fin: TCP_FIN } as const;

function controlSegment(like: FrameView, swapped: boolean, seq: number, ack: number, flags: number): Frame {
  const from = like.frame.bytes;
  const frame = like.frame.pool.alloc(FRAME_TRANSPORT - FRAME_START + TCP_HLEN);
  const b = frame.bytes;
  b.fill(0, FRAME_START, FRAME_TRANSPORT + TCP_HLEN);
  const [to, by] = swapped ? [ETH_SRC, ETH_DEST] : [ETH_DEST, ETH_SRC];
  putEthAddr(b, FRAME_START + ETH_DEST, getEthAddr(from, FRAME_START + to));
  putEthAddr(b, FRAME_START + ETH_SRC, getEthAddr(from, FRAME_START + by));
  putU16(b, FRAME_START + ETH_TYPE, ETHTYPE_IP);
  b[FRAME_IP + IP_VHL] = 0x45;
  putU16(b, FRAME_IP + IP_LEN, IP_HLEN + TCP_HLEN);
  b[FRAME_IP + IP_TTL_AT] = 64;
  b[FRAME_IP + IP_PROTO] = IP_PROTO_TCP;
  const [src, dest] = swapped ? [IP_DEST, IP_SRC] : [IP_SRC, IP_DEST];
  putI32(b, FRAME_IP + IP_SRC, getI32(from, FRAME_IP + src));
  putI32(b, FRAME_IP + IP_DEST, getI32(from, FRAME_IP + dest));
  putU16(b, FRAME_TRANSPORT + TCP_SRC, swapped ? like.dstPort : like.srcPort);
  putU16(b, FRAME_TRANSPORT + TCP_DEST, swapped ? like.srcPort : like.dstPort);
  putI32(b, FRAME_TRANSPORT + TCP_SEQNO, seq);
  putI32(b, FRAME_TRANSPORT + TCP_ACKNO, ack);
  b[FRAME_TRANSPORT + TCP_HDRLEN] = (TCP_HLEN / 4) << 4;
  b[FRAME_TRANSPORT + TCP_FLAGS_AT] = flags;
  putU16(b, FRAME_TRANSPORT + TCP_WND_AT, 5760);
  frame.sums = SUMS_PENDING;
  return frame;
}
