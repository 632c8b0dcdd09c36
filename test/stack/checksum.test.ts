import { describe, expect, test } from '@jest/globals';
import { fold16, inet_chksum, sumBytes, sumPseudoHeader, sumWords } from '../../stack/prot/checksum.ts';
import { fc, property } from '../support/fast-check.ts';

/** RFC 1071 as it is told: 16-bit words, every carry brought round at once. */
function naive(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** 0 and 0xffff are the same number in one's complement. */
const modulo = (sum: number) => sum % 0xffff;

describe('sums', () => {
  test('of bytes are right for every length and alignment', () => {
    const b = Uint8Array.from({ length: 80 }, (_, i) => i * 7 + 200);
    for (let at = 0; at < 8; at++) {
      for (let len = 0; at + len <= b.length; len++) {
        expect(fold16(sumBytes(b, at, len))).toBe(naive(b.subarray(at, at + len)));
      }
    }
  });

  test('of words are those of their bytes, for every number and place', () => {
    const b = Uint8Array.from({ length: 160 }, (_, i) => i * 11 + 130);
    const words = new Uint32Array(b.buffer);
    for (let at = 0; at < 10; at++) {
      for (let count = 0; at + count <= words.length; count++) {
        expect(fold16(sumWords(words, at, count))).toBe(fold16(sumBytes(b, at * 4, count * 4)));
      }
    }
  });

  property('of words and bytes agree for any contents', 300, [fc.uint8Array({ maxLength: 1600 })], (data) => {
    const b = new Uint8Array((data.length + 3) & ~3);
    b.set(data);
    const whole = naive(b);
    expect(modulo(fold16(sumBytes(b, 0, b.length)))).toBe(modulo(whole));
    expect(modulo(fold16(sumWords(new Uint32Array(b.buffer), 0, b.length / 4)))).toBe(modulo(whole));
  });

  test.each([
    ['nothing but ones', 0xff, 0xffff],
    ['nothing but zeros', 0, 0],
  ])('of the longest range do not overflow: %s', (_name, value, sum) => {
    const b = new Uint8Array(65_536).fill(value);
    expect(fold16(sumBytes(b, 0, 65_534))).toBe(sum);
    expect(fold16(sumWords(new Uint32Array(b.buffer), 0, 16_384))).toBe(sum);
  });

  test('of parts are added before they are folded', () => {
    const b = Uint8Array.from({ length: 64 }, (_, i) => 255 - i);
    expect(fold16(sumBytes(b, 0, 20) + sumBytes(b, 20, 43))).toBe(naive(b.subarray(0, 63)));
  });

  test.each([
    [0, 0],
    [0xffff, 0xffff],
    [0x1_0000, 1],
    [0x1_ffff, 1],
    [0xffff_ffff, 0xffff],
    [0xffff * 0xffff, 0xffff],
    [2 ** 45, 2 ** 13],
  ])('fold: %i is %i', (sum, folded) => {
    expect(fold16(sum)).toBe(folded);
  });
});

describe('checksums', () => {
  test('of the example of RFC 1071', () => {
    const b = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(inet_chksum(b, 0, 8)).toBe(~0xddf2 & 0xffff);
  });

  property('are zero over what holds them', 200, [fc.uint8Array({ minLength: 4, maxLength: 100 })], (b) => {
    b[0] = 0;
    b[1] = 0;
    const sum = inet_chksum(b, 0, b.length);
    b[0] = sum >> 8;
    b[1] = sum & 255;
    expect(inet_chksum(b, 0, b.length)).toBe(0);
  });

  test('of the pseudo header count addresses, protocol and length', () => {
    const [src, dest] = [0xc0a80401 | 0, 0xffffffff | 0];
    expect(sumPseudoHeader(src, dest, 6, 1460)).toBe(0xc0a8 + 0x0401 + 0xffff + 0xffff + 6 + 1460);
  });
});
