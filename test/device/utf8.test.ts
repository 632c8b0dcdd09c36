import { describe, expect, test } from '@jest/globals';
import { text, utf8 } from '../../device/index.ts';
import { fc, property } from '../support/fast-check.ts';

describe('text', () => {
  property('goes out as UTF-8', 200, [fc.string({ unit: 'binary' })], (s) => {
    expect(Buffer.from(utf8(s))).toEqual(Buffer.from(s, 'utf8'));
  });

  test('of every length', () => {
    expect(Buffer.from(utf8('aß€😀')).toString('hex')).toBe('61c39fe282acf09f9880');
    expect(utf8('')).toEqual(new Uint8Array());
  });

  test('comes back byte by byte, as far as a call has received', () => {
    const bytes = utf8('Hello, board');
    expect([text(bytes), text(bytes, 5), text(bytes, 0), text(bytes, -1), text(bytes, 100)]).toEqual([
      'Hello, board',
      'Hello',
      '',
      '',
      'Hello, board',
    ]);
  });
});
