/** Records by column: whatever goes in comes out. */
import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteStore, packTable, type Table, unpackTable } from '../../tools/report/table.ts';
import { fc, property } from '../support/fast-check.ts';

const record = fc.record({
  n: fc.integer(),
  name: fc.string(),
  flag: fc.boolean(),
  list: fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 3 }),
  maybe: fc.option(fc.integer(), { nil: undefined }),
  data: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
  also: fc.option(fc.record({ x: fc.integer(), y: fc.string() }), { nil: undefined }),
  state: fc.record({ a: fc.integer(), b: fc.string(), c: fc.constant(7) }),
});

function throughText(rows: readonly object[]): object[] {
  const store = new ByteStore();
  const table = JSON.parse(JSON.stringify(packTable(rows, store))) as Table;
  return unpackTable(table, new ByteReader(Uint8Array.from(store.parts.flatMap((part) => [...part]))));
}

describe('a table', () => {
  property('comes back as it was', 100, [fc.array(record, { maxLength: 30 })], (rows) => {
    expect(throughText(rows)).toEqual(rows);
  });

  test('holds equal neighbours once', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ n: 10 * i, board: 'server' }));
    const table = packTable(rows, new ByteStore());
    expect(JSON.stringify(table).length).toBeLessThan(200);
  });

  test('may be empty', () => {
    expect(throughText([])).toEqual([]);
  });
});
