import { describe, expect, test } from '@jest/globals';
import * as errno from '../sockets/errno.ts';

const { ECONNRESET, err_to_errno, errnoName, errnoText } = errno;

describe('errno', () => {
  test('follows from each result of lwIP', () => {
    const numbers = Array.from({ length: 17 }, (_, i) => err_to_errno(-i));
    expect(numbers).toEqual([0, 12, 105, 11, 118, 119, 22, 11, 112, 120, 127, 128, -1, 113, 104, 128, 5]);
    expect([1, 104, -17, -100, 0.5, Number.NaN].map(err_to_errno)).toEqual([5, 5, 5, 5, 5, 5]);
  });

  test('every exported constant has its own name, and a text', () => {
    const constants = Object.entries<unknown>({ ...errno }).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    expect(constants.length).toBe(29);
    for (const [name, value] of constants) {
      expect(errnoName(value)).toBe(name === 'EAGAIN' ? 'EWOULDBLOCK' : name);
      expect(errnoText(value)).toMatch(/^[a-z][a-z ,:-]+$/);
    }
  });

  test('names are those of newlib, not of Linux', () => {
    const numbers = [1, 35, 45, 50, 57, 60, 71, 74, 77, 79, 88, 92, 96, 104, 111, 116, 134, 135, 138, 143];
    expect(numbers.map(errnoName).join(' ')).toBe(
      'EPERM ENOMSG EDEADLK EBADE EBFONT ENOSTR EPROTO EMULTIHOP EBADMSG EFTYPE ENOSYS ELOOP EPFNOSUPPORT ' +
        'ECONNRESET ECONNREFUSED ETIMEDOUT ENOTSUP ENOMEDIUM EILSEQ ESTRPIPE',
    );
    const named = Array.from({ length: 300 }, (_, i) => errnoName(i)).filter((name) => name.startsWith('E'));
    expect([named.length, new Set(named).size]).toEqual([123, 123]);
  });

  test('numbers without a name or a text', () => {
    expect([errnoName(0), errnoName(48), errnoName(-1), errnoName(200)]).toEqual([
      'errno 0',
      'errno 48',
      'errno -1',
      'errno 200',
    ]);
    expect([errnoText(0), errnoText(ECONNRESET), errnoText(71), errnoText(200)]).toEqual([
      'no error',
      'connection reset by the peer',
      'EPROTO',
      'errno 200',
    ]);
  });
});
