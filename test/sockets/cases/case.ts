/** A situation, what is done in it, and what must come of it. */

import {
  AF_INET,
  MSG_PEEK,
  type Os,
  SO_ERROR,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  type SockoptOut,
  sockaddr_in,
  type TaskOptions,
} from '../../../device/index.ts';
import { B_IP, listenOn, type Pair, type PairOptions, pair, type Steps, start } from '../../support/worlds.ts';

/** The result of a call: a number, or the name of the errno that came with -1. */
export type Answer = number | string;

/** Where a case takes place: board a, with services on board b. */
export interface Place extends Pair {
  /** Run another task on board a, now. */
  also(program: (os: Os) => Steps<unknown>, options?: TaskOptions): void;
}

export interface Case {
  /** Row of errno-rows.ts. */
  readonly row: string;
  /** What is special, as words behind the row's situation. */
  readonly when: string;
  readonly answers: readonly Answer[];
  readonly program: (os: Os, place: Place) => Steps<readonly Answer[] | Answer>;
  readonly options: PairOptions;
}

/** One case; what the program returns are the answers of the calls that matter. */
export function given(
  row: string,
  when: string,
  answers: readonly Answer[] | Answer,
  program: Case['program'],
  options: PairOptions = {},
): Case {
  return { row, when, answers: Array.isArray(answers) ? answers : [answers as Answer], program, options };
}

/** Ports of board b. */
export const ECHO = 7;
/** Accepts and never reads. */
export const SILENT = 9;
/** Says hello and closes. */
export const HELLO = 13;
/** Resets the connection at the first byte. */
const RESET = 14;
/** Nobody listens. */
export const NOBODY = 99;
/** No such host. */
export const NOWHERE = '192.168.4.77';

const START_US = 50_000;
const UNTIL_US = 10_000_000_000;
const SLICE_US = 10_000_000;

/** Run a case and give its answers. */
export function run({ program, options }: Case): readonly Answer[] {
  const p = pair(options);
  serve(p, ECHO, function* (os, s) {
    const buffer = new Uint8Array(1500);
    for (let n = yield* os.recv(s, buffer); n > 0; n = yield* os.recv(s, buffer)) yield* os.send(s, buffer, n);
    yield* os.close(s);
  });
  serve(p, SILENT, function* (os) {
    yield* os.delayMs(20_000_000);
  });
  serve(p, HELLO, function* (os, s) {
    yield* os.send(s, 'hello');
    yield* os.close(s);
  });
  serve(p, RESET, function* (os, s) {
    yield* os.recv(s, new Uint8Array(1), 1, MSG_PEEK);
    yield* os.close(s);
  });
  const also: Place['also'] = (other, taskOptions = {}) => {
    p.a.xTaskCreate(other, 'other', { ...taskOptions, startUs: p.world.nowUs - p.a.bootUs });
  };
  const result = start(p.a, { startUs: START_US }, (os) => program(os, { ...p, also }));
  for (let until = SLICE_US; !result.isThere && until < UNTIL_US; until += SLICE_US) p.world.runSync({ until });
  const answers = result.value;
  return typeof answers === 'object' ? answers : [answers];
}

function serve({ b }: Pair, port: number, session: (os: Os, s: number) => Steps<void>): void {
  b.xTaskCreate(function* (os) {
    const l = yield* listenOn(os, port);
    for (;;) {
      const s = yield* os.accept(l);
      yield* os.xTaskCreate((child) => session(child, s), 'session');
    }
  }, `port ${port}`);
}

/** What SO_ERROR says; asking clears it. */
export function* soError(os: Os, s: number): Steps<Answer> {
  const out: SockoptOut = { value: -1 };
  yield* os.getsockopt(s, SOL_SOCKET, SO_ERROR, out);
  return out.value as number;
}

// Beginnings of programs

export function* tcp(os: Os): Steps<number> {
  return yield* os.socket(AF_INET, SOCK_STREAM);
}

export function* udp(os: Os): Steps<number> {
  return yield* os.socket(AF_INET, SOCK_DGRAM);
}

export function* raw(os: Os, protocol = 1): Steps<number> {
  return yield* os.socket(AF_INET, SOCK_RAW, protocol);
}

/** One socket of each kind. */
export function* allKinds(os: Os): Steps<{ readonly tcp: number; readonly udp: number; readonly raw: number }> {
  return { tcp: yield* tcp(os), udp: yield* udp(os), raw: yield* raw(os) };
}

export function* connected(os: Os, port = ECHO): Steps<number> {
  const s = yield* tcp(os);
  yield* os.connect(s, sockaddr_in(B_IP, port));
  return s;
}

/** A connection that the peer has just reset. */
export function* reset(os: Os): Steps<number> {
  const s = yield* connected(os, RESET);
  yield* os.send(s, 'x');
  yield* os.delayMs(100);
  return s;
}

/** A socket whose pcb is gone and whose error was told. */
export function* gone(os: Os): Steps<number> {
  const s = yield* tcp(os);
  yield* os.connect(s, sockaddr_in(B_IP, NOBODY));
  return s;
}

export function* listening(os: Os, port = 80, backlog = 4): Steps<number> {
  return yield* listenOn(os, port, backlog);
}
