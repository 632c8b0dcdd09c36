/** fd_set of newlib: 64 descriptors in two words. */

import { FD_SETSIZE } from './constants.ts';

export class fd_set {
  /** Bits 0..31 and 32..63. */
  readonly fds_bits = new Int32Array(2);

  /** The descriptors in the set, in ascending order. */
  toArray(): number[] {
    const fds: number[] = [];
    for (let fd = 0; fd < FD_SETSIZE; fd++) if (FD_ISSET(fd, this)) fds.push(fd);
    return fds;
  }
}

export function FD_ZERO(set: fd_set): void {
  set.fds_bits.fill(0);
}

export function FD_SET(fd: number, set: fd_set): void {
  if (fd >= 0 && fd < FD_SETSIZE) set.fds_bits[fd >> 5]! |= 1 << (fd & 31);
}

export function FD_CLR(fd: number, set: fd_set): void {
  if (fd >= 0 && fd < FD_SETSIZE) set.fds_bits[fd >> 5]! &= ~(1 << (fd & 31));
}

export function FD_ISSET(fd: number, set: fd_set): boolean {
  return fd >= 0 && fd < FD_SETSIZE && (set.fds_bits[fd >> 5]! & (1 << (fd & 31))) !== 0;
}

/** A set that holds these descriptors. */
export function makeFdSet(...fds: number[]): fd_set {
  const set = new fd_set();
  for (const fd of fds) FD_SET(fd, set);
  return set;
}
