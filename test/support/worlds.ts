/** Ready-made worlds: a board alone, two boards on a lan, a board in any TCP state; and the ways to run them. */

import {
  AF_INET,
  type Call,
  type Esp32,
  type Esp32Options,
  errnoName,
  type Lan,
  type LanOptions,
  type Os,
  SOCK_STREAM,
  sockaddr_in,
  type TaskOptions,
  type Trace,
  World,
  type WorldOptions,
} from '../../device/index.ts';

/** A part of a program: what `yield*` runs. */
export type Steps<T> = Generator<void, T, void>;
/** A program that can be run synchronously. */
export type SyncProgram<T = unknown> = (os: Os) => Steps<T>;

export const A_IP = '192.168.4.1';
export const B_IP = '192.168.4.2';

/** Virtual time that no test needs: two days. */
const FAR_US = 2 * 86_400 * 1_000_000;

export interface PairOptions extends WorldOptions {
  readonly lan?: LanOptions;
  /** What both boards have besides their addresses. */
  readonly board?: Partial<Esp32Options>;
  readonly a?: Partial<Esp32Options>;
  readonly b?: Partial<Esp32Options>;
}

/** Two boards on a lan. */
export interface Pair {
  readonly world: World;
  readonly trace: Trace;
  readonly lan: Lan;
  readonly a: Esp32;
  readonly b: Esp32;
}

/** Board a is 192.168.4.1, board b is 192.168.4.2; everything is recorded. */
export function pair(options: PairOptions = {}): Pair {
  const world = new World(options);
  const trace = world.record();
  const lan = world.lan(options.lan);
  const a = world.esp32('a', { lan, ip: `${A_IP}/24`, ...options.board, ...options.a });
  const b = world.esp32('b', { lan, ip: `${B_IP}/24`, ...options.board, ...options.b });
  return { world, trace, lan, a, b };
}

interface StartOptions extends TaskOptions {
  /** Name of the task, "main" if left out. */
  readonly name?: string;
}

/** Let a board run a program; what the program returned is there when the world has run. */
export function start<T>(board: Esp32, program: SyncProgram<T>): Result<T>;
export function start<T>(board: Esp32, options: StartOptions, program: SyncProgram<T>): Result<T>;
export function start<T>(board: Esp32, first: StartOptions | SyncProgram<T>, second?: SyncProgram<T>): Result<T> {
  const { name = 'main', ...options }: StartOptions = second === undefined ? {} : (first as StartOptions);
  const program = second ?? (first as SyncProgram<T>);
  const result = new Result<T>();
  board.xTaskCreate(
    function* (os) {
      result.set(yield* program(os));
    },
    name,
    options,
  );
  return result;
}

/** A program that does one thing without any call, and ends. */
export function doing<T>(action: () => T): SyncProgram<T> {
  return function* () {
    yield* [];
    return action();
  };
}

/** What a program returned. */
export class Result<T> {
  private box: { readonly value: T } | null = null;

  set(value: T): void {
    this.box = { value };
  }

  get isThere(): boolean {
    return this.box !== null;
  }

  /** @throws Error if the program has not ended */
  get value(): T {
    if (this.box === null) throw new Error('The program has not returned.');
    return this.box.value;
  }
}

/** Run one program on a board of its own and give what it returned. */
export function runOne<T>(program: SyncProgram<T>, options: PairOptions = {}): T {
  const { world, a } = pair(options);
  const result = start(a, program);
  world.runSync({ until: FAR_US });
  return result.value;
}

/** Run to a time, with a look at the world after every single event. */
export async function runWatched(world: World, until: number, look: (world: World) => void): Promise<void> {
  for (let event = world.events.peek(); event !== undefined && event.due <= until; event = world.events.peek()) {
    await world.step();
    look(world);
  }
}

/** The result of a call as tests spell it: the number, or the name of the errno if it is -1. */
export function* outcome(os: Os, call: Call<number>): Steps<number | string> {
  const ret = yield* call;
  return ret === -1 ? errnoName(os.errno) : ret;
}

// Parts of programs

/** A listening socket on a port. */
export function* listenOn(os: Os, port: number, backlog = 4): Steps<number> {
  const s = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(s, sockaddr_in('0.0.0.0', port));
  yield* os.listen(s, backlog);
  return s;
}

/** The next connection to a port, whose listener is closed. */
export function* acceptOne(os: Os, port: number): Steps<number> {
  const listener = yield* listenOn(os, port, 1);
  const s = yield* os.accept(listener);
  yield* os.close(listener);
  return s;
}

/** A connected socket. @param ownPort 0: an ephemeral one */
export function* connectTo(os: Os, ip: string, port: number, ownPort = 0): Steps<number> {
  const s = yield* os.socket(AF_INET, SOCK_STREAM);
  if (ownPort !== 0) yield* os.bind(s, sockaddr_in('0.0.0.0', ownPort));
  const ret = yield* os.connect(s, sockaddr_in(ip, port));
  if (ret !== 0) throw new Error(`connect() to ${ip}:${port} failed with ${errnoName(os.errno)}.`);
  return s;
}

/** Everything up to the end of the stream, or up to `total` bytes. */
export function* recvAll(
  os: Os,
  s: number,
  total = Number.POSITIVE_INFINITY,
  chunk = 2048,
  pauseMs = 0,
): Steps<Uint8Array> {
  const parts: number[] = [];
  const buffer = new Uint8Array(chunk);
  while (parts.length < total) {
    const n = yield* os.recv(s, buffer, Math.min(chunk, total - parts.length));
    if (n <= 0) break;
    for (let i = 0; i < n; i++) parts.push(buffer[i]!);
    if (pauseMs > 0) yield* os.delayMs(pauseMs);
  }
  return Uint8Array.from(parts);
}

/** All bytes, in pieces; ends early if one cannot be sent. @returns bytes taken */
export function* sendAll(os: Os, s: number, bytes: Uint8Array, chunk = 1024): Steps<number> {
  let sent = 0;
  while (sent < bytes.length) {
    const n = yield* os.send(s, bytes.subarray(sent, sent + chunk));
    if (n < 0) break;
    sent += n;
  }
  return sent;
}

/** Bytes that differ from their neighbours, from stream to stream and from place to place. */
export function pattern(length: number, stream = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) ^ (i >> 8) ^ stream);
}
