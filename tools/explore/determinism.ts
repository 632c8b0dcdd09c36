/** Where two runs part that should be the same. */

import type { CallRecord, FrameRecord, Trace } from '../../device/trace.ts';

/** @returns the first frame or call that differs, in words; undefined if there is none */
export function firstDifference(a: Trace, b: Trace): string | undefined {
  const frame = differing(a.frames, b.frames, frameWords);
  const call = differing(a.calls, b.calls, callWords);
  if (frame === undefined || (call !== undefined && call.n < frame.n)) return call?.text;
  return frame.text;
}

interface Difference {
  readonly n: number;
  readonly text: string;
}

function differing<T extends FrameRecord | CallRecord>(
  a: readonly T[],
  b: readonly T[],
  words: (record: T) => string,
): Difference | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [one, other] = [a[i], b[i]].map((record) => (record === undefined ? 'nothing' : words(record)));
    if (one === other) continue;
    const record = a[i] ?? b[i]!;
    const n = record.kind === 'frame' ? record.n : record.n0;
    return { n, text: `once there was ${one}, and once ${other}` };
  }
  return undefined;
}

function frameWords({ tUs, from, bytes }: FrameRecord): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `frame ${hex} of ${from} at ${tUs} us`;
}

function callWords({ board, task, fn, args, ret, t0Us, t1Us }: CallRecord): string {
  return `${fn}(${args.join(', ')}) = ${ret} of ${board}, task ${task}, from ${t0Us} to ${t1Us} us`;
}
