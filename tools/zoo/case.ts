/** One case of the bug zoo: two programs that differ by one bug, their peer, and what must hold. test/zoo/README.md says more. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SdkconfigSettings } from '../../device/index.ts';

/** The two boards of every case. */
export type ZooBoard = 'app' | 'peer';
/** What runs on the app's board. */
export type ZooVariant = 'buggy' | 'fixed';

export interface ZooCase {
  /** Number and title, as the folder is called. */
  readonly name: string;
  readonly folder: string;
  /** The board with the server. */
  readonly listens: ZooBoard;
  /** Addresses. */
  readonly boards: Readonly<Record<ZooBoard, string>>;
  /** Settings of each board's firmware. */
  readonly sdkconfig: Readonly<Record<ZooBoard, SdkconfigSettings>>;
  /** Names that resolve, with their addresses. */
  readonly dns: Readonly<Record<string, string>>;
  readonly check: ZooCheck;
  /** Kinds of misfortune that the fixed program withstands, as case.json names them. */
  readonly survives: readonly string[];
  /** The misfortune that shows the bug, as case.json names it. */
  readonly witness: readonly ZooWitness[];
  /** Misfortunes that the buggy program needs to fail; 0: it fails by itself. */
  readonly minFaults: number;
}

/** One event of a witness; what its fields mean is written in test/zoo/README.md. */
export interface ZooWitness {
  readonly kind: string;
  readonly ms?: number;
  readonly until_ms?: number;
}

export interface ZooCheck {
  readonly untilUs: number;
  /** Boards that must say "ZOO OK". */
  readonly ok: readonly ZooBoard[];
  /** How many sockets may be open in the end. */
  readonly maxSockets: Partial<Readonly<Record<ZooBoard, number>>>;
  /** How many SYNs a board may send. */
  readonly maxSyn: Partial<Readonly<Record<ZooBoard, number>>>;
}

/** case.json, as far as a run without faults needs it. */
interface CaseFile {
  readonly name: string;
  readonly listens: ZooBoard;
  readonly boards: Readonly<Record<ZooBoard, string>>;
  readonly config: Readonly<Record<ZooBoard | 'both', SdkconfigSettings>>;
  readonly dns?: Readonly<Record<string, string>>;
  readonly check: {
    readonly until_s: number;
    readonly ok?: readonly ZooBoard[];
    readonly maxSockets?: ZooCheck['maxSockets'];
    readonly maxSyn?: ZooCheck['maxSyn'];
  };
  readonly minFaults: number;
  readonly witness?: readonly ZooWitness[];
  readonly survives?: readonly string[];
}

/** @param folder with case.json and the programs */
export function readZooCase(folder: string): ZooCase {
  const file = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as CaseFile;
  const { config, check } = file;
  return {
    name: file.name,
    folder,
    listens: file.listens,
    boards: file.boards,
    sdkconfig: { app: { ...config.both, ...config.app }, peer: { ...config.both, ...config.peer } },
    dns: file.dns ?? {},
    check: {
      untilUs: check.until_s * 1e6,
      ok: check.ok ?? [],
      maxSockets: check.maxSockets ?? {},
      maxSyn: check.maxSyn ?? {},
    },
    minFaults: file.minFaults,
    survives: file.survives ?? [],
    witness: file.witness ?? [],
  };
}
