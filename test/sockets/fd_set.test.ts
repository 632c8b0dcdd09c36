import { describe, expect, test } from '@jest/globals';
import { FD_CLR, FD_ISSET, FD_SET, FD_ZERO, fd_set, makeFdSet } from '../../sockets/fd_set.ts';
import { fc, property } from '../support/fast-check.ts';

describe('fd_set', () => {
  const step = fc.record({ fd: fc.integer({ min: -3, max: 70 }), op: fc.constantFrom('set', 'clr') });

  property('agrees with a set of numbers', 200, [fc.array(step)], (steps) => {
    const set = new fd_set();
    const model = new Set<number>();
    for (const { fd, op } of steps) {
      (op === 'set' ? FD_SET : FD_CLR)(fd, set);
      if (fd < 0 || fd > 63) continue;
      if (op === 'set') model.add(fd);
      else model.delete(fd);
    }
    expect(set.toArray()).toEqual([...model].sort((a, b) => a - b));
    for (let fd = -3; fd <= 70; fd++) expect(FD_ISSET(fd, set)).toBe(model.has(fd));
    FD_ZERO(set);
    expect(set.toArray()).toEqual([]);
  });

  test('has bit n of descriptor n in word n / 32, as newlib', () => {
    expect([...makeFdSet(0, 31, 32, 63).fds_bits]).toEqual([0x80000001 | 0, 0x80000001 | 0]);
    expect(makeFdSet(54, 55).fds_bits[1]! >>> 0).toBe(3 << 22);
    expect(makeFdSet().toArray()).toEqual([]);
  });
});
