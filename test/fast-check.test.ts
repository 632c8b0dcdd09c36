import { describe, expect, test } from '@jest/globals';
import { type FaultSpec, World } from '../device/index.ts';
import { dissect } from '../tools/dissect.ts';
import {
  address,
  BOARD_FAULTS,
  buildLab,
  CALL_FAULTS,
  CONNECTION_FAULTS,
  chunking,
  fault,
  faultPlan,
  lab,
  NETWORK_FAULTS,
  port,
  segment,
  segmentFrame,
  timing,
} from '../tools/fast-check.ts';
import { fc, property } from './support/fast-check.ts';

const ALL = [...NETWORK_FAULTS, ...CONNECTION_FAULTS, ...BOARD_FAULTS, ...CALL_FAULTS, 'schedule', 'truncate'] as const;
const boards = ['board1', 'board2'];

function world(): World {
  const w = new World();
  const lan = w.lan();
  for (const [i, name] of boards.entries()) w.esp32(name, { lan, ip: `192.168.4.${i + 1}` });
  return w;
}

/** The smallest value that a predicate holds for. */
function smallest<T>(values: fc.Arbitrary<T>, holds: (value: T) => boolean): T {
  const { counterexample } = fc.check(
    fc.property(values, (value) => !holds(value)),
    { seed: 3, numRuns: 10_000 },
  );
  return counterexample![0];
}

describe('arbitraries', () => {
  property('of fault plans give what can be inflicted and stored', 100, [faultPlan({ boards, kinds: ALL })], (plan) => {
    expect(world().inflict(JSON.parse(JSON.stringify(plan))).faults).toHaveLength(plan.length);
    const endless = plan.findIndex(({ kind }) => kind === 'rate' || kind === 'jitter');
    if (endless >= 0) expect(plan.slice(endless).every(({ kind }) => kind === 'rate' || kind === 'jitter')).toBe(true);
  });

  test('of faults know every kind that they list, and no other', () => {
    for (const kind of ALL) {
      expect(fc.sample(fault({ boards, kinds: [kind] }), 1)[0]?.kind).toBe(kind);
    }
    expect(() => fault({ boards, kinds: ['inject'] })).toThrow('There is no arbitrary for faults of kind "inject".');
    expect(() => fault({ boards: [] })).toThrow('A fault plan needs the names of boards.');
  });

  test('of fault plans shrink to the faults that matter', () => {
    const hits = (kind: FaultSpec['kind']) => (plan: readonly FaultSpec[]) => plan.some((f) => f.kind === kind);
    const plans = faultPlan({ boards, kinds: ALL, maxFaults: 30 });
    expect(smallest(plans, hits('reboot'))).toEqual([{ kind: 'reboot', board: 'board1', atUs: 0, forUs: 1 }]);
    expect(smallest(plans, (plan) => hits('rst')(plan) && hits('drop')(plan))).toHaveLength(2);
    expect(smallest(plans, (plan) => plan.length >= 2)).toEqual([
      { kind: 'drop', match: {}, nth: 1 },
      { kind: 'drop', match: {}, nth: 1 },
    ]);
  });

  property(
    'of chunkings add up',
    200,
    [fc.nat({ max: 5000 }).chain((n) => fc.tuple(fc.constant(n), chunking(n)))],
    ([total, sizes]) => {
      expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(total);
      expect(sizes.every((n) => n > 0)).toBe(true);
      expect(sizes.length).toBeLessThanOrEqual(20);
    },
  );

  test('of chunkings shrink to few pieces', () => {
    expect(smallest(chunking(1000), (sizes) => sizes.length > 0)).toEqual([1000]);
    expect(smallest(chunking(1000), (sizes) => sizes.length > 1)).toEqual([1, 999]);
    expect(() => chunking(-1)).toThrow('total must be a whole number of bytes, not -1.');
  });

  property(
    'of times, addresses and ports keep their bounds',
    200,
    [timing({ maxUs: 50_000 }), address('10.1.0.0/16'), port()],
    (us, ip, p) => {
      expect(us >= 0 && us <= 50_000 && Number.isInteger(us)).toBe(true);
      expect(ip).toMatch(/^10\.1\.\d+\.\d+$/);
      expect(['10.1.0.0', '10.1.0.1', '10.1.255.255']).not.toContain(ip);
      expect(p > 0 && p < 65_536).toBe(true);
    },
  );

  property('of segments are read as they were meant', 100, [segment({ dstPort: 80 })], (fields) => {
    const d = dissect(segmentFrame(fields));
    expect(d.problems).toEqual([]);
    const { seq, ack, flags, win, srcPort, payload } = fields;
    expect(d.tcp).toMatchObject({ seqno: seq, ackno: ack, flags, wnd: win, srcPort, destPort: 80 });
    expect([...d.payload]).toEqual([...payload]);
  });

  property('of labs run to their end, and the same way each time', 25, [lab({ kinds: ALL, maxCalls: 12 })], (spec) => {
    const run = () => {
      const { world: w, results } = buildLab(spec);
      w.runSync({ until: 100_000_000 });
      return [w.nowUs, [...results]];
    };
    expect(run()).toEqual(run());
  });

  test('of addresses refuse what is no network', () => {
    expect(() => address('10.0.0.0/31')).toThrow('"10.0.0.0/31" is no network with room for hosts.');
  });
});
