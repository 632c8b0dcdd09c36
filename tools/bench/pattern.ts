/** Bytes that tell where in a stream they belong, and the receiver's look at them. */

/** No multiple of a segment or a buffer, so that a displaced piece does not fit. */
const PERIOD = 1_048_573;

class Pattern {
  private readonly buffer = new ArrayBuffer(2 * PERIOD);
  private readonly bytes = Buffer.from(this.buffer);

  constructor() {
    let x = 1;
    for (let i = 0; i < PERIOD; i++) {
      x = Math.imul(x, 1664525) + 1013904223;
      this.bytes[i] = x >>> 24;
    }
    this.bytes.copy(this.bytes, PERIOD, 0, PERIOD);
  }

  /** `length` bytes of the stream from `at` on; a view. */
  chunk(at: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, at % PERIOD, length);
  }

  /** @throws Error if the first `length` bytes of `got` are not those of the stream from `at` on */
  check(got: Uint8Array, length: number, at: number): void {
    const from = at % PERIOD;
    if (this.bytes.compare(got, 0, length, from, from + length) !== 0) {
      throw new Error(`The ${length} bytes received at ${at} are not those that were sent.`);
    }
  }
}

/** One for all: it is never written to. */
export const pattern = new Pattern();
