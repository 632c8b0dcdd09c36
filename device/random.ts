/** Chance, from the seed: named streams of 32-bit numbers, integers only, the same on every machine. */

/** xoshiro128** (Blackman and Vigna), seeded through splitmix32. */
export class RandomStream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seed any 32 bits */
  constructor(seed: number) {
    let state = seed | 0;
    const next = () => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next();
  }

  /** The next number, 0..2^32-1. */
  uint32(): number {
    const result = Math.imul(rotl(Math.imul(this.b, 5), 7), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotl(this.d, 11);
    return result;
  }

  /** A number from 0 to limit - 1. @param limit 1..2^32 */
  below(limit: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * limit);
  }

  /** True in this share of cases. @param probability 0..1 */
  chance(probability: number): boolean {
    return this.uint32() < probability * 0x1_0000_0000;
  }
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** The stream that belongs to a name: independent of how much others draw. */
export function namedStream(seed: number, name: string): RandomStream {
  let h = 0x811c9dc5 ^ (seed | 0);
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return new RandomStream(h ^ Math.floor(seed / 0x1_0000_0000));
}
