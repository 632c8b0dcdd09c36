import { beforeAll, describe, expect, test } from '@jest/globals';
import { boards } from '../tools/bench/boards.ts';
import { bulk } from '../tools/bench/bulk.ts';
import { connect } from '../tools/bench/connect.ts';
import { measureFloor } from '../tools/bench/floor.ts';
import { heap } from '../tools/bench/heap.ts';
import { alternate, type Figure, sizes, targetFloors } from '../tools/bench/measure.ts';
import { formatHeader, formatSection } from '../tools/bench/report.ts';
import { search } from '../tools/bench/search.ts';
import { udp } from '../tools/bench/udp.ts';

const TINY = { rounds: 1, scale: 0.002 };

/** Every benchmark compares what it receives, so a run to the end says that the twin did what is being timed. */
describe.each([bulk, connect, udp, boards, search, heap])('benchmark $name', (benchmark) => {
  let figures: Figure[] = [];
  beforeAll(async () => {
    figures = await benchmark.run(TINY);
  }, 120_000);

  test('gives sane numbers', () => {
    expect(figures.length).toBeGreaterThan(1);
    for (const { what, best, median, floors, unit } of figures) {
      // A heap of ten boards is smaller than what the collector leaves lying about.
      if (unit !== 'bytes') expect([what, median > 0, Number.isFinite(median)]).toEqual([what, true, true]);
      if (best !== undefined) expect([what, best > 0]).toEqual([what, true]);
      if (floors !== undefined) expect([what, floors > 0, floors < 1e8]).toEqual([what, true, true]);
    }
  });

  test('is reported line by line', () => {
    const { name, counted } = benchmark;
    const report = formatSection({ name, counted, figures });
    for (const { what } of figures) expect(report).toContain(`  ${what} `);
  });
});

describe('measuring', () => {
  test('the floor is some nanoseconds', () => {
    const { copyNs, sumNs } = measureFloor();
    expect(copyNs).toBeGreaterThan(1);
    expect(sumNs).toBeGreaterThan(1);
    expect(formatHeader(TINY, { copyNs, sumNs })).toContain('1440 bytes');
  });

  test('variants take turns, and the first round does not count', () => {
    const order: string[] = [];
    const costs = { a: [100, 4, 2, 6], b: [100, 9, 9, 9] };
    const run = (name: 'a' | 'b') => () => {
      order.push(name);
      return costs[name].shift()!;
    };
    const [a, b] = alternate({ rounds: 3, scale: 1 }, [run('a'), run('b')]);
    expect(order.join('')).toBe('abababab');
    expect(a!.cost('a', 'us')).toMatchObject({ best: 2, median: 4 });
    expect(b!.rate('b', '1/s', 1e6)).toMatchObject({ best: 1e6 / 9, median: 1e6 / 9 });
  });

  test('a target is a cost', () => {
    expect(targetFloors(3.4)).toBeCloseTo(10);
    expect(sizes('x', [5, 1, 3], 4).target).toEqual({ atMost: 4, isReached: true });
    expect(sizes('x', [5, 1, 3], 2).target).toEqual({ atMost: 2, isReached: false });
  });
});
