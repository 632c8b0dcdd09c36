/** Arbitraries for what programs and networks are made of: pieces of data, times, addresses, segments. */

import * as fc from 'fast-check';
import { FRAME_IP, FRAME_START, FRAME_TRANSPORT, FramePool, SUMS_PENDING } from '../../stack/frame.ts';
import { putI32, putU16 } from '../../stack/prot/bytes.ts';
import { ETH_DEST, ETH_SRC, ETH_TYPE, ETHTYPE_IP, parseEthAddr, putEthAddr } from '../../stack/prot/ethernet.ts';
import {
  IP_DEST,
  IP_HLEN,
  IP_LEN,
  IP_PROTO,
  IP_PROTO_TCP,
  IP_SRC,
  IP_TTL_AT,
  IP_VHL,
  ip4addr_aton,
} from '../../stack/prot/ip4.ts';
import {
  TCP_ACKNO,
  TCP_DEST,
  TCP_FLAGS_AT,
  TCP_HDRLEN,
  TCP_HLEN,
  TCP_SEQNO,
  TCP_SRC,
  TCP_WND_AT,
} from '../../stack/prot/tcp.ts';

/** How `total` bytes are cut into pieces, none empty, in order. Shrinks to one piece. @param maxPieces 20 if left out */
export function chunking(
  total: number,
  { maxPieces = 20 }: { readonly maxPieces?: number } = {},
): fc.Arbitrary<number[]> {
  if (!Number.isInteger(total) || total < 0)
    throw new RangeError(`total must be a whole number of bytes, not ${total}.`);
  if (total === 0) return fc.constant([]);
  if (total === 1) return fc.constant([1]);
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: total - 1 }), { maxLength: maxPieces - 1 });
  return cuts.map((places) => {
    const ends = [...places.sort((a, b) => a - b), total];
    return ends.map((end, i) => end - (ends[i - 1] ?? 0));
  });
}

/** A time in microseconds, often on or beside a tick, where time-outs end. Shrinks to 0. */
export function timing({ maxUs = 10_000_000, tickUs = 10_000 } = {}): fc.Arbitrary<number> {
  const beside = fc
    .tuple(fc.nat({ max: Math.floor(maxUs / tickUs) }), fc.constantFrom(0, -1, 1))
    .map(([ticks, off]) => Math.min(maxUs, Math.max(0, ticks * tickUs + off)));
  return fc.oneof({ withCrossShrink: true }, fc.nat({ max: maxUs }), beside);
}

/** An IPv4 address of a network. Shrinks to its first. @param network "192.168.4.0/24" if left out; the router's .1 is not given */
export function address(network = '192.168.4.0/24'): fc.Arbitrary<string> {
  const [base = '', bits = '24'] = network.split('/');
  const first = ip4addr_aton(base);
  const size = 2 ** (32 - Number(bits));
  if (first === undefined || !(size >= 4)) throw new RangeError(`"${network}" is no network with room for hosts.`);
  return fc.integer({ min: 2, max: size - 2 }).map((host) => {
    const ip = first + host;
    return [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255].join('.');
  });
}

/** A port that is not 0, often a well-known one. Shrinks to 1024. */
export function port(): fc.Arbitrary<number> {
  return fc.oneof(
    { withCrossShrink: true },
    fc.integer({ min: 1024, max: 65_535 }),
    fc.constantFrom(53, 80, 123, 443, 1883),
  );
}

/** A TCP segment as plain data; numbers are unsigned, in host order. */
export interface SegmentFields {
  readonly srcMac: string;
  readonly dstMac: string;
  readonly srcIp: string;
  readonly dstIp: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly seq: number;
  readonly ack: number;
  /** TH_ bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. */
  readonly flags: number;
  readonly win: number;
  readonly payload: Uint8Array;
}

const U32 = { min: 0, max: 0xffff_ffff } as const;

/** Any segment between two ends, the likely and the impossible. @param fixed fields that are not to vary, such as addresses */
export function segment(fixed: Partial<SegmentFields> = {}): fc.Arbitrary<SegmentFields> {
  const fields = {
    srcMac: fc.constant('02:00:00:00:00:09'),
    dstMac: fc.constant('24:0a:c4:00:00:01'),
    srcIp: fc.constant('192.168.4.9'),
    dstIp: fc.constant('192.168.4.1'),
    srcPort: port(),
    dstPort: port(),
    seq: fc.integer(U32),
    ack: fc.integer(U32),
    flags: fc.oneof({ withCrossShrink: true }, fc.constantFrom(2, 16, 17, 20, 24, 18), fc.nat({ max: 63 })),
    win: fc.integer({ min: 0, max: 0xffff }),
    payload: fc.uint8Array({ maxLength: 100 }),
  };
  return fc.record(fields).map((segment) => ({ ...segment, ...fixed }));
}

/** The frame of a segment, for lan.inject() or a planned `inject`, all checksums right. */
export function segmentFrame(fields: SegmentFields): Uint8Array {
  const frame = new FramePool().alloc(FRAME_TRANSPORT - FRAME_START + TCP_HLEN + fields.payload.length);
  const b = frame.bytes;
  putEthAddr(b, FRAME_START + ETH_DEST, parseEthAddr(fields.dstMac));
  putEthAddr(b, FRAME_START + ETH_SRC, parseEthAddr(fields.srcMac));
  putU16(b, FRAME_START + ETH_TYPE, ETHTYPE_IP);
  b[FRAME_IP + IP_VHL] = 0x45;
  putU16(b, FRAME_IP + IP_LEN, IP_HLEN + TCP_HLEN + fields.payload.length);
  b[FRAME_IP + IP_TTL_AT] = 64;
  b[FRAME_IP + IP_PROTO] = IP_PROTO_TCP;
  putI32(b, FRAME_IP + IP_SRC, ipOf(fields.srcIp));
  putI32(b, FRAME_IP + IP_DEST, ipOf(fields.dstIp));
  putU16(b, FRAME_TRANSPORT + TCP_SRC, fields.srcPort);
  putU16(b, FRAME_TRANSPORT + TCP_DEST, fields.dstPort);
  putI32(b, FRAME_TRANSPORT + TCP_SEQNO, fields.seq | 0);
  putI32(b, FRAME_TRANSPORT + TCP_ACKNO, fields.ack | 0);
  b[FRAME_TRANSPORT + TCP_HDRLEN] = (TCP_HLEN / 4) << 4;
  b[FRAME_TRANSPORT + TCP_FLAGS_AT] = fields.flags;
  putU16(b, FRAME_TRANSPORT + TCP_WND_AT, fields.win);
  b.set(fields.payload, FRAME_TRANSPORT + TCP_HLEN);
  frame.sums = SUMS_PENDING;
  return frame.view().slice();
}

function ipOf(text: string): number {
  const ip = ip4addr_aton(text);
  if (ip === undefined) throw new TypeError(`"${text}" is not an IPv4 address.`);
  return ip;
}
