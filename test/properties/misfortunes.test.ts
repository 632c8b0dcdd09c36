/** Whatever access points and DHCP servers do: a station that reconnects is there again when all is well, and leaks nothing. */

import { expect } from '@jest/globals';
import { fc, property } from '../support/fast-check.ts';
import { HEALED_MS, MISFORTUNES, type Misfortune, runMisfortunes } from '../support/misfortunes.ts';

const misfortune: fc.Arbitrary<Misfortune> = fc
  .record({
    kind: fc.constantFrom(...MISFORTUNES),
    ap: fc.constantFrom(0 as const, 1 as const),
    atMs: fc.nat(HEALED_MS - 1),
    share: fc.nat(999),
  })
  .map(({ share, ...m }) => ({ ...m, forMs: Math.floor(((HEALED_MS - m.atMs) * share) / 1000) }));

property(
  'a reconnecting station survives the misfortunes of its access points',
  60,
  [fc.nat(), fc.array(misfortune, { maxLength: 8 })],
  (seed, misfortunes) => {
    const { leaked, stuck, confirmedMs } = runMisfortunes(seed, misfortunes);
    expect({ leaked, stuck }).toEqual({ leaked: 0, stuck: [] });
    expect(confirmedMs).toBeGreaterThan(HEALED_MS);
  },
);

property(
  'the same seed and the same misfortunes give the same life',
  5,
  [fc.nat(), fc.array(misfortune, { maxLength: 8 })],
  (seed, misfortunes) => {
    expect(runMisfortunes(seed, misfortunes)).toEqual(runMisfortunes(seed, misfortunes));
  },
);
