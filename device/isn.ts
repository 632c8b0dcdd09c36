/** ESP-IDF's initial sequence numbers: RFC 6528 with MD5. Source: ESP-IDF port/hooks/tcp_isn_default.c, RFC 1321 */

import type { RandomStream } from './random.ts';

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const BLOCK = 64;

/** floor(2^32 * |sin(i)|) for i = 1..64 (RFC 1321 3.4), written out because engines may differ in Math.sin(). */
const SINES = Int32Array.from([
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8,
  0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
  0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87,
  0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
  0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
  0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
  0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
  0xeb86d391,
]);

const state = new Int32Array(4);
const words = new Int32Array(16);

/** One MD5 compression of `words`, added to `state`. */
function compress(): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    let f: number;
    if (round === 0) f = ((b & c) | (~b & d)) + words[i]!;
    else if (round === 1) f = ((d & b) | (~d & c)) + words[(5 * i + 1) & 15]!;
    else if (round === 2) f = (b ^ c ^ d) + words[(3 * i + 5) & 15]!;
    else f = (c ^ (b | ~d)) + words[(7 * i) & 15]!;
    const sum = (a + f + SINES[i]!) | 0;
    const shift = SHIFTS[(round << 2) | (i & 3)]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}

/** First 32 bits of the MD5 of exactly one block of 64 bytes, little endian. */
export function md5OfBlock(block: DataView): number {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89 | 0;
  state[2] = 0x98badcfe | 0;
  state[3] = 0x10325476;
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(i * 4, true);
  compress();
  words.fill(0);
  words[0] = 0x80;
  words[14] = BLOCK * 8;
  compress();
  return state[0]!;
}

const SECRET_LENGTH = 16;
const MICROSECONDS_PER_TICK = 4;

/** The generator of one board. */
export class IsnGenerator {
  private readonly view = new DataView(new ArrayBuffer(BLOCK));
  private readonly baseTime: number;

  /** @param bootMs milliseconds since boot at which the network came up  @param secret gives the 128 bits that are hashed too */
  constructor(bootMs: number, secret: RandomStream) {
    this.baseTime = Math.imul(bootMs, 250_000);
    for (let i = 0; i < SECRET_LENGTH / 4; i++) this.view.setUint32(36 + i * 4, secret.uint32(), true);
  }

  /**
   * The first sequence number of a connection: a hash of its addresses plus a clock of 4 us a step.
   * @param nowMs sys_now()  @param localIp,remoteIp int32, host order
   * @returns int32
   */
  next(nowMs: number, localIp: number, localPort: number, remoteIp: number, remotePort: number): number {
    const { view } = this;
    this.putMappedAddress(0, localIp);
    this.putMappedAddress(16, remoteIp);
    view.setUint16(32, localPort);
    view.setUint16(34, remotePort);
    return (md5OfBlock(view) + this.baseTime + Math.imul(nowMs, 1000 / MICROSECONDS_PER_TICK)) | 0;
  }

  /** An IPv4 address as ::ffff:a.b.c.d. */
  private putMappedAddress(at: number, ip: number): void {
    this.view.setUint16(at + 10, 0xffff);
    this.view.setInt32(at + 12, ip);
  }
}
