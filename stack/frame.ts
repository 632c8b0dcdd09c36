/** Ethernet frames: pooled buffers with room for every header, shared by reference between the boards of a world. */

import { getI32, getU16, putU16 } from './prot/bytes.ts';
import { fold16, sumBytes, sumPseudoHeader, sumWords } from './prot/checksum.ts';
import { ETH_TYPE, ETHTYPE_IP, SIZEOF_ETH_HDR } from './prot/ethernet.ts';
import { ICMP_CHKSUM } from './prot/icmp.ts';
import { IGMP_CHKSUM } from './prot/igmp.ts';
import {
  IP_CHKSUM,
  IP_DEST,
  IP_HLEN,
  IP_LEN,
  IP_MF,
  IP_OFFMASK,
  IP_OFFSET,
  IP_PROTO,
  IP_PROTO_ICMP,
  IP_PROTO_IGMP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
  IP_SRC,
} from './prot/ip4.ts';
import { TCP_CHKSUM } from './prot/tcp.ts';
import { UDP_CHKSUM } from './prot/udp.ts';

/** Where a frame begins in its buffer: two bytes in, so that the payloads of TCP and UDP start on a word boundary. */
export const FRAME_START = 2;
/** Where the network header begins. */
export const FRAME_IP = FRAME_START + SIZEOF_ETH_HDR;
/** Where the transport header begins behind an IP header without options. */
export const FRAME_TRANSPORT = FRAME_IP + IP_HLEN;

const POOLED_SIZE = 1536;
const POOL_KEEPS = 16_384;

/** Which checksums of a frame still have to be filled in before anybody may look at its bytes: none, all, or that of
 *  the IP header alone (the rest is what a raw socket wrote). SUMS_FILLED: none, and as they were filled in here, they are right. */
export const SUMS_VALID = 0;
export const SUMS_PENDING = 1;
export const SUMS_PENDING_IP_ONLY = 2;
export const SUMS_FILLED = 3;

/**
 * One frame. Its bytes are written by the sender and immutable from the moment it is sent; whoever keeps it holds a
 * reference. Checksums are computed when somebody looks: until then `sums` says that they are correct by construction.
 */
export class Frame {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly pool: FramePool;
  /** Bytes from FRAME_START on. */
  len = 0;
  /** Holders: the sending segment, the wire, each receiver's queues. */
  refs = 1;
  /** References kept inside the sender (a packet waiting for ARP); lwIP calls a segment busy while there is one. */
  queued = 0;
  sums = SUMS_VALID;
  /** UDP only: SO_NO_CHECK asks for a zero checksum. */
  noUdpSum = false;
  /** Running number of its record in a trace; what it is worth without one is undefined. */
  number = -1;
  private whole: Uint8Array | null = null;
  private cachedPart: Uint8Array | null = null;
  private cachedAt = 0;

  constructor(pool: FramePool, size: number) {
    const buffer = new ArrayBuffer((size + 3) & ~3);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.pool = pool;
  }

  /** One holder less; the last one gives the buffer back to the pool. */
  release(): void {
    if (--this.refs === 0) this.pool.recycle(this);
  }

  /** A copy of the whole frame with one reference, for whoever needs to change bytes. */
  clone(): Frame {
    const copy = this.pool.alloc(this.len);
    copy.bytes.set(this.bytes.subarray(0, FRAME_START + this.len));
    copy.sums = this.sums === SUMS_FILLED ? SUMS_VALID : this.sums;
    copy.noUdpSum = this.noUdpSum;
    copy.number = this.number;
    return copy;
  }

  /** Bytes of the frame, a view. That of the last time is kept: most frames that are read are all payload behind the same header. */
  part(at: number, len: number): Uint8Array {
    let { cachedPart } = this;
    if (cachedPart === null || this.cachedAt !== at || cachedPart.length !== len) {
      cachedPart = this.bytes.subarray(at, at + len);
      this.cachedPart = cachedPart;
      this.cachedAt = at;
    }
    return cachedPart;
  }

  /** The frame as the wire shows it, all checksums filled in. A view, valid while a reference is held. */
  view(): Uint8Array {
    this.fillSums();
    if (this.whole === null || this.whole.length !== this.len) {
      this.whole = this.bytes.subarray(FRAME_START, FRAME_START + this.len);
    }
    return this.whole;
  }

  /** Compute the checksums that were put off. Source: lwIP CHECKSUM_GEN_IP, _UDP, _TCP, _ICMP, _IGMP */
  fillSums(): void {
    const pending = this.sums;
    if (pending === SUMS_VALID || pending === SUMS_FILLED) return;
    this.sums = SUMS_VALID;
    const b = this.bytes;
    if (getU16(b, FRAME_START + ETH_TYPE) !== ETHTYPE_IP) return;
    const hlen = (b[FRAME_IP]! & 15) * 4;
    putU16(b, FRAME_IP + IP_CHKSUM, 0);
    putU16(b, FRAME_IP + IP_CHKSUM, ~fold16(sumBytes(b, FRAME_IP, hlen)));
    const isFragment = (getU16(b, FRAME_IP + IP_OFFSET) & (IP_OFFMASK | IP_MF)) !== 0;
    if (isFragment || pending === SUMS_PENDING_IP_ONLY) return;
    this.fillTransportSum(FRAME_IP, hlen);
    this.sums = SUMS_FILLED;
  }

  /** The checksums are right by construction: nobody needs to verify them. */
  get hasRightSums(): boolean {
    return this.sums === SUMS_PENDING || this.sums === SUMS_FILLED;
  }

  /** Compute them now, and let receivers verify them. */
  fillSumsStrictly(): void {
    this.fillSums();
    this.sums = SUMS_VALID;
  }

  /** Fill in the checksum of the transport header of the packet that starts at `ip`. */
  fillTransportSum(ip: number, hlen: number): void {
    const b = this.bytes;
    const at = ip + hlen;
    const len = getU16(b, ip + IP_LEN) - hlen;
    switch (b[ip + IP_PROTO]) {
      case IP_PROTO_TCP:
        putU16(b, at + TCP_CHKSUM, 0);
        putU16(b, at + TCP_CHKSUM, ~fold16(this.transportSum(ip, at, len)));
        break;
      case IP_PROTO_UDP: {
        putU16(b, at + UDP_CHKSUM, 0);
        if (this.noUdpSum) break;
        const sum = ~fold16(this.transportSum(ip, at, len)) & 0xffff;
        putU16(b, at + UDP_CHKSUM, sum === 0 ? 0xffff : sum);
        break;
      }
      case IP_PROTO_ICMP:
        putU16(b, at + ICMP_CHKSUM, 0);
        putU16(b, at + ICMP_CHKSUM, ~fold16(sumBytes(b, at, len)));
        break;
      case IP_PROTO_IGMP:
        putU16(b, at + IGMP_CHKSUM, 0);
        putU16(b, at + IGMP_CHKSUM, ~fold16(sumBytes(b, at, len)));
        break;
    }
  }

  /** Sum of pseudo header, header and payload of TCP or UDP, not folded: 0xffff after folding if the checksum is right.
   *  @param ip where the IP header starts  @param at where the transport header starts  @param len its bytes with payload */
  transportSum(ip: number, at: number, len: number): number {
    const b = this.bytes;
    const pseudo = sumPseudoHeader(getI32(b, ip + IP_SRC), getI32(b, ip + IP_DEST), b[ip + IP_PROTO]!, len);
    if ((at & 3) !== 0) return pseudo + sumBytes(b, at, len);
    const whole = len >> 2;
    return pseudo + sumWords(this.words, at >> 2, whole) + sumBytes(b, at + (whole << 2), len & 3);
  }
}

/** The buffers of a world. Frames that nobody holds any more are used again; one that is lost is simply garbage. */
export class FramePool {
  private readonly free: Frame[] = [];

  /** A frame with one reference and undefined contents.
   *  @param len bytes of the frame from the destination address on */
  alloc(len: number): Frame {
    const size = FRAME_START + len;
    let frame: Frame | undefined;
    if (size > POOLED_SIZE) frame = new Frame(this, size);
    else frame = this.free.pop() ?? new Frame(this, POOLED_SIZE);
    frame.len = len;
    frame.refs = 1;
    frame.sums = SUMS_VALID;
    return frame;
  }

  /** A frame that holds these bytes, as they came from outside. */
  copyOf(bytes: Uint8Array): Frame {
    const frame = this.alloc(bytes.length);
    frame.bytes.set(bytes, FRAME_START);
    return frame;
  }

  recycle(frame: Frame): void {
    frame.noUdpSum = false;
    frame.number = -1;
    if (frame.bytes.length === POOLED_SIZE && this.free.length < POOL_KEEPS) this.free.push(frame);
  }
}
