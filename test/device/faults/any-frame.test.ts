/** Frames of any bytes, matched, broken and cut in any way: nothing throws, and every board stays sound. */

import { describe, expect } from '@jest/globals';
import type { FaultPlan, FrameMatch } from '../../../device/index.ts';
import { buildLab, lab, NETWORK_FAULTS } from '../../../tools/fast-check.ts';
import { fc, property } from '../../support/fast-check.ts';
import { checkInvariants } from '../../support/invariants.ts';
import { pair } from '../../support/worlds.ts';

const checksums = fc.constantFrom('wrong' as const, 'right' as const);
const match: fc.Arbitrary<FrameMatch> = fc.record(
  {
    from: fc.constantFrom('board1', 'board2'),
    to: fc.constantFrom('board1', 'board2'),
    proto: fc.constantFrom(
      'arp' as const,
      'ip' as const,
      'udp' as const,
      'tcp' as const,
      'dns' as const,
      'dhcp' as const,
    ),
    flags: fc.constantFrom('S', 'S!.', '.', 'F!R', 'PU'),
    port: fc.constantFrom(80, 81),
    op: fc.constantFrom('request' as const, 'reply' as const),
    data: fc.boolean(),
    minLength: fc.nat({ max: 100 }),
    contains: fc.string({ maxLength: 3 }),
  },
  { requiredKeys: [] },
);

const breaking: fc.Arbitrary<FaultPlan[number]> = fc.oneof(
  fc.record({
    kind: fc.constant('corrupt' as const),
    match,
    layer: fc.constantFrom('frame' as const, 'network' as const, 'transport' as const, 'payload' as const),
    offset: fc.nat({ max: 60 }),
    xor: fc.integer({ min: 1, max: 255 }),
    checksums,
  }),
  fc.record({ kind: fc.constant('truncate' as const), match, length: fc.integer({ min: 14, max: 80 }), checksums }),
  fc.record({ kind: fc.constantFrom('rst' as const, 'fin' as const), match, replace: fc.boolean() }),
  fc.record({ kind: fc.constant('drop' as const), match, chance: fc.constant(0.3) }),
);

describe('planned faults', () => {
  property(
    'break frames in any way, and boards stay sound',
    40,
    [lab({ kinds: NETWORK_FAULTS, maxCalls: 15 }), fc.array(breaking, { minLength: 1, maxLength: 4 })],
    (spec, plan) => {
      const { world } = buildLab({ ...spec, faults: [...plan, ...spec.faults] });
      world.record();
      world.runSync({ until: 30_000_000 });
      checkInvariants(world);
    },
  );

  property(
    'can be asked about any bytes',
    200,
    [fc.uint8Array({ minLength: 14, maxLength: 80 }), match],
    (bytes, like) => {
      const { world, lan, a } = pair();
      const { faults } = world.inflict({ kind: 'drop', match: like });
      world.runSync({ until: 1000 });
      const port = lan.portOf('a');
      const frame = world.frames.copyOf(bytes);
      lan.send(port, frame);
      frame.release();
      world.runSync({ until: 100_000 });
      expect(a.isOn).toBe(true);
      expect(faults[0]!.applied).toBeLessThanOrEqual(faults[0]!.matches);
    },
  );
});
