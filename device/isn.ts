/** ESP-IDF's initial sequence numbers: RFC 6528 with MD5. Source: ESP-IDF port/hooks/tcp_isn_default.c, RFC 1321 */

import type { RandomStream } from './random.ts';

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

function rotl(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

/** One MD5 compression of `words`, added to `state`. */
function compress(): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < 16; i += 4) {
    a = (b + rotl(a + ((b & c) | (~b & d)) + words[i]! + SINES[i]!, 7)) | 0;
    d = (a + rotl(d + ((a & b) | (~a & c)) + words[i + 1]! + SINES[i + 1]!, 12)) | 0;
    c = (d + rotl(c + ((d & a) | (~d & b)) + words[i + 2]! + SINES[i + 2]!, 17)) | 0;
    b = (c + rotl(b + ((c & d) | (~c & a)) + words[i + 3]! + SINES[i + 3]!, 22)) | 0;
  }
  for (let i = 16; i < 32; i += 4) {
    a = (b + rotl(a + ((d & b) | (~d & c)) + words[(5 * i + 1) & 15]! + SINES[i]!, 5)) | 0;
    d = (a + rotl(d + ((c & a) | (~c & b)) + words[(5 * i + 6) & 15]! + SINES[i + 1]!, 9)) | 0;
    c = (d + rotl(c + ((b & d) | (~b & a)) + words[(5 * i + 11) & 15]! + SINES[i + 2]!, 14)) | 0;
    b = (c + rotl(b + ((a & c) | (~a & d)) + words[(5 * i) & 15]! + SINES[i + 3]!, 20)) | 0;
  }
  for (let i = 32; i < 48; i += 4) {
    a = (b + rotl(a + (b ^ c ^ d) + words[(3 * i + 5) & 15]! + SINES[i]!, 4)) | 0;
    d = (a + rotl(d + (a ^ b ^ c) + words[(3 * i + 8) & 15]! + SINES[i + 1]!, 11)) | 0;
    c = (d + rotl(c + (d ^ a ^ b) + words[(3 * i + 11) & 15]! + SINES[i + 2]!, 16)) | 0;
    b = (c + rotl(b + (c ^ d ^ a) + words[(3 * i + 14) & 15]! + SINES[i + 3]!, 23)) | 0;
  }
  for (let i = 48; i < 64; i += 4) {
    a = (b + rotl(a + (c ^ (b | ~d)) + words[(7 * i) & 15]! + SINES[i]!, 6)) | 0;
    d = (a + rotl(d + (b ^ (a | ~c)) + words[(7 * i + 7) & 15]! + SINES[i + 1]!, 10)) | 0;
    c = (d + rotl(c + (a ^ (d | ~b)) + words[(7 * i + 14) & 15]! + SINES[i + 2]!, 15)) | 0;
    b = (c + rotl(b + (d ^ (c | ~a)) + words[(7 * i + 5) & 15]! + SINES[i + 3]!, 21)) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}

/** First 32 bits of the MD5 of exactly one block of 64 bytes, little endian. */
export function md5OfBlock(block: DataView): number {
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(i * 4, true);
  return md5OfWords();
}

/** The same of the block that stands in `words`, which is lost. */
function md5OfWords(): number {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89 | 0;
  state[2] = 0x98badcfe | 0;
  state[3] = 0x10325476;
  compress();
  words.fill(0);
  words[0] = 0x80;
  words[14] = BLOCK * 8;
  compress();
  return state[0]!;
}

const MICROSECONDS_PER_TICK = 4;
/** The first twelve bytes of an IPv4 address as ::ffff:a.b.c.d end in this word. */
const MAPPED = 0xffff0000 | 0;

/** The generator of one board. */
export class IsnGenerator {
  private readonly secret: readonly number[];
  private readonly baseTime: number;

  /** @param bootMs milliseconds since boot at which the network came up  @param secret gives the 128 bits that are hashed too */
  constructor(bootMs: number, secret: RandomStream) {
    this.baseTime = Math.imul(bootMs, 250_000);
    this.secret = [secret.uint32(), secret.uint32(), secret.uint32(), secret.uint32()];
  }

  /**
   * The first sequence number of a connection: a hash of its addresses plus a clock of 4 us a step.
   * @param nowMs sys_now()  @param localIp,remoteIp int32, host order
   * @returns int32
   */
  next(nowMs: number, localIp: number, localPort: number, remoteIp: number, remotePort: number): number {
    words.fill(0);
    words[2] = MAPPED;
    words[3] = swap(localIp);
    words[6] = MAPPED;
    words[7] = swap(remoteIp);
    words[8] = swap((localPort << 16) | remotePort);
    words.set(this.secret, 9);
    return (md5OfWords() + this.baseTime + Math.imul(nowMs, 1000 / MICROSECONDS_PER_TICK)) | 0;
  }
}

/** Network order in a little-endian word. */
function swap(x: number): number {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}
