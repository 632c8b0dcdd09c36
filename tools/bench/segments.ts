/** Many boards, on Ethernet segments of ten: a broadcast goes to all of its segment, so large ones cost the square of their size. */

import type { Esp32, World } from '../../device/index.ts';
import { type Effort, scaled } from './measure.ts';

export const PER_SEGMENT = 10;

/** A scaled number of boards, in whole segments. */
export function boardCount(full: number, effort: Effort): number {
  return PER_SEGMENT * Math.ceil(scaled(full, effort, PER_SEGMENT) / PER_SEGMENT);
}

/** Address of the n-th board of a segment, n modulo its size. */
export function address(n: number): string {
  return `192.168.4.${(n % PER_SEGMENT) + 1}`;
}

/** @param each called for every board as soon as it is there */
export function makeBoards(world: World, count: number, each: (board: Esp32, i: number) => void): void {
  let lan = world.lan();
  for (let i = 0; i < count; i++) {
    if (i > 0 && i % PER_SEGMENT === 0) lan = world.lan();
    each(world.esp32(`board${i}`, { lan, ip: `${address(i)}/24` }), i);
  }
}
