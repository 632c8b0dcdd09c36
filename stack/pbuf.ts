/** Received payload on its way up: a part of a frame, chained when segments were joined. Source: lwIP pbuf.c */

import type { Frame } from './frame.ts';

export class Pbuf {
  next: Pbuf | null = null;
  readonly frame: Frame;
  /** First byte in frame.bytes. */
  at: number;
  /** Bytes in this part. */
  len: number;
  /** Bytes in this part and all that follow. */
  tot_len: number;
  /** The peer's FIN followed this data (lwIP: PBUF_FLAG_TCP_FIN), used while the data is refused. */
  fin = false;

  /** Takes over nothing: the caller gives the frame's reference. */
  constructor(frame: Frame, at: number, len: number) {
    this.frame = frame;
    this.at = at;
    this.len = len;
    this.tot_len = len;
  }
}

/** Give up a chain. */
export function pbuf_free(p: Pbuf | null): void {
  for (let q = p; q !== null; q = q.next) q.frame.release();
}

/** Join: `tail` follows `head`, which takes over its reference. */
export function pbuf_cat(head: Pbuf, tail: Pbuf): void {
  let p = head;
  while (p.next !== null) {
    p.tot_len += tail.tot_len;
    p = p.next;
  }
  p.tot_len += tail.tot_len;
  p.next = tail;
}

/** Shorten a chain to its first `new_len` bytes. */
export function pbuf_realloc(head: Pbuf, new_len: number): void {
  let left = new_len;
  let p = head;
  for (;;) {
    p.tot_len = left;
    if (left <= p.len) break;
    left -= p.len;
    p = p.next!;
  }
  p.len = left;
  pbuf_free(p.next);
  p.next = null;
}

/** Drop the first `count` bytes of a chain of one part. */
export function pbuf_remove_header(p: Pbuf, count: number): void {
  p.at += count;
  p.len -= count;
  p.tot_len -= count;
}

/** Copy out of a chain.
 *  @param target at least `count` bytes from `to` on  @param offset bytes of the chain to skip
 *  @returns bytes copied, fewer if the chain is shorter */
export function pbuf_copy_partial(p: Pbuf, target: Uint8Array, to: number, count: number, offset: number): number {
  let skip = offset;
  let copied = 0;
  for (let q: Pbuf | null = p; q !== null && copied < count; q = q.next) {
    if (skip >= q.len) {
      skip -= q.len;
      continue;
    }
    const n = Math.min(q.len - skip, count - copied);
    target.set(q.frame.part(q.at + skip, n), to + copied);
    copied += n;
    skip = 0;
  }
  return copied;
}
