/** The Internet checksum (RFC 1071). Source: lwIP inet_chksum.c */

/**
 * Sum of 16-bit words in network order, not folded: add several ranges, then fold once.
 * An odd last byte counts as the high byte of a word, so only the last range of a sum may have an odd length.
 * @param at first byte
 * @param len bytes, at most 65,535
 */
export function sumBytes(b: Uint8Array, at: number, len: number): number {
  let sum = 0;
  const end = at + (len & ~1);
  for (let i = at; i < end; i += 2) sum += (b[i]! << 8) | b[i + 1]!;
  return len & 1 ? sum + (b[end]! << 8) : sum;
}

/**
 * The same sum over whole 32-bit words, eight a step: the fast way for payloads that start on a word boundary.
 * The words are summed as the machine reads them, in four float64 accumulators that cannot overflow, and the byte
 * order is put right at the end (a one's complement sum does not care, RFC 1071 2.B).
 * @param words view of the buffer
 * @param at first word
 * @param count words
 */
export function sumWords(words: Uint32Array, at: number, count: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = at;
  const blocks = at + (count & ~7);
  for (; i < blocks; i += 8) {
    a += words[i]! + words[i + 4]!;
    b += words[i + 1]! + words[i + 5]!;
    c += words[i + 2]! + words[i + 6]!;
    d += words[i + 3]! + words[i + 7]!;
  }
  const end = at + count;
  for (; i < end; i++) a += words[i]!;
  const total = a + b + c + d;
  const high = Math.floor(total / 0x1_0000_0000);
  const low = total >>> 0;
  const folded = fold16((high & 0xffff) + (high >>> 16) + (low & 0xffff) + (low >>> 16));
  return LITTLE_ENDIAN ? ((folded & 0xff) << 8) | (folded >> 8) : folded;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Fold carries back in until 16 bits are left. */
export function fold16(sum: number): number {
  let s = (sum & 0xffff) + Math.floor(sum / 0x10000);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return s;
}

/** Checksum of one range: complement of the folded sum, 0..0xffff. Zero over a range that holds a right checksum. */
export function inet_chksum(b: Uint8Array, at: number, len: number): number {
  return ~fold16(sumBytes(b, at, len)) & 0xffff;
}

/** Sum of the pseudo header of TCP and UDP (RFC 9293 3.1), not folded.
 *  @param src int32, host order  @param dest int32, host order  @param len bytes of header and payload */
export function sumPseudoHeader(src: number, dest: number, proto: number, len: number): number {
  return (src >>> 16) + (src & 0xffff) + (dest >>> 16) + (dest & 0xffff) + proto + len;
}
