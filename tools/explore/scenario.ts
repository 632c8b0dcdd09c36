/**
 * What a search is given: programs in a world, the misfortunes that they must withstand, and what must hold then.
 * Public as `lwip-twin/explore`.
 */

import type { FrameMatch } from '../../device/faults/match.ts';
import type { FindingKind } from '../../device/watch/finding.ts';
import type { RunReport, World } from '../../device/world.ts';

/** A run that has ended, however it did. */
export interface FinishedRun {
  readonly world: World;
  /** undefined if a program threw; world.failure has its error. */
  readonly report: RunReport | undefined;
}

/** @returns what does not hold, a sentence each; nothing if all is well */
export type Check = (run: FinishedRun) => readonly string[];

/** Kinds of misfortune, and what each does at a place. */
export const MISFORTUNES = {
  loss: 'a frame is lost, and its next retransmissions with it (`times`)',
  duplicate: 'a frame arrives twice',
  delay: 'a frame arrives late: after what follows, the first, or the second retransmission (`maxUs`)',
  reorder: 'a frame arrives after the next one of its sender',
  corrupt: 'a byte of a frame is wrong when it arrives',
  outage: 'nothing gets through for a while (`maxUs`)',
  blackhole: 'from a frame on nothing gets through any more',
  rst: 'a connection is reset, at both ends, in the place of a segment',
  resetInQueue: 'a connection is reset right after its handshake, as a rule before accept()',
  refused: 'SYNs are answered by a RST for a while (`maxUs`)',
  powerOff: 'a board loses its power for good',
  reboot: 'a board loses its power and boots again',
  interfaceDown: 'a board loses its link and address for a while (`maxUs`), and its connections with them',
  newAddress: 'the same, and it comes back with another address',
  freeze: 'the programs of a board stand still for a while (`maxUs`)',
  callFails: 'a call fails as it plausibly can',
  shortTransfer: 'a call that moves data moves less',
  noMemory: 'the stack has no memory for something',
  schedule: 'of two tasks or events at one instant the other one comes first',
} as const;

export type MisfortuneKind = keyof typeof MISFORTUNES;

/** A kind of misfortune that the programs must withstand, wherever it strikes. */
export interface Misfortune {
  readonly kind: MisfortuneKind;
  /** Frames that it may strike; all if left out. */
  readonly match?: FrameMatch;
  /** It strikes only after the first frame like this was sent; from the beginning if left out. */
  readonly after?: FrameMatch;
  /** Boards that it may strike; all if left out. */
  readonly boards?: readonly string[];
  /** loss: how often in a row the same segment may be lost; 1 if left out. */
  readonly times?: number;
  /** Its longest duration in microseconds; 5,000,000 if left out. `delay`: the longest delay. */
  readonly maxUs?: number;
  /** callFails, shortTransfer: names of the calls; all that can plausibly fail if left out. */
  readonly calls?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /**
   * Build boards and programs in a fresh world. It is called for every run and must do the same each time: chance comes
   * from world.random().
   */
  readonly setup: (world: World) => Check;
  /** Virtual time in microseconds at which a run ends at the latest; 60,000,000 if left out. */
  readonly untilUs?: number;
  /** Asked once in a virtual second: true ends the run, since nothing that comes later can make up for what has happened. */
  readonly isOver?: (world: World) => boolean;
  /** Go on to the end even if nothing can wake a task any more; false if left out. */
  readonly runsToEnd?: boolean;
  /**
   * Which of the things that the world finds by itself count as violations, besides what the check says: all (if left
   * out), none, or some kinds. What the setup declares with world.expectFinding() never counts.
   */
  readonly findings?: 'all' | 'none' | readonly FindingKind[];
  /** Kinds alone stand for all their places. */
  readonly survives: readonly (MisfortuneKind | Misfortune)[];
  /** The world's seed; 1 if left out. */
  readonly seed?: number;
  /** FreeRTOS tick of boards that do not say otherwise, microseconds. */
  readonly tickUs?: number;
}

/** Just the scenario; it helps an editor to know what it is. */
export function scenario(definition: Scenario): Scenario {
  return definition;
}

/**
 * @returns the misfortunes in full
 * @throws TypeError naming a kind that there is not
 */
export function misfortunesOf({ name, survives }: Scenario): Misfortune[] {
  return survives.map((one) => {
    const misfortune = typeof one === 'string' ? { kind: one } : one;
    if (!Object.hasOwn(MISFORTUNES, misfortune.kind)) {
      const kinds = Object.keys(MISFORTUNES).join(', ');
      throw new TypeError(
        `Scenario "${name}" survives "${misfortune.kind}", which is no misfortune; there are ${kinds}.`,
      );
    }
    return misfortune;
  });
}
