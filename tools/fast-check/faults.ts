/** Arbitraries for fault plans. They shrink to fewer faults first, then to simpler kinds, then to smaller numbers. */

import * as fc from 'fast-check';
import type { FrameMatch } from '../../device/faults/match.ts';
import type { FaultPlan, FaultSpec } from '../../device/faults/plan.ts';

type Fault = FaultSpec<FrameMatch>;
type FaultKind = Fault['kind'];

/** What a network does to every program some day: TCP hides it, but for the time it takes. */
export const NETWORK_FAULTS = ['drop', 'delay', 'duplicate', 'reorder', 'corrupt', 'outage', 'rate', 'jitter'] as const;
/** What ends connections. */
export const CONNECTION_FAULTS = ['rst', 'fin', 'stall', 'blackhole'] as const;
/** What happens to boards. */
export const BOARD_FAULTS = ['powerOff', 'reboot', 'linkDown', 'interfaceDown', 'freeze'] as const;
/** What calls meet on a board that is short of something. */
export const CALL_FAULTS = ['callFails', 'shortTransfer', 'slowCall', 'noMemory', 'queueSize'] as const;

export interface FaultPlanOptions {
  /** Names of the boards that it may happen to. */
  readonly boards: readonly string[];
  /** NETWORK_FAULTS if left out. */
  readonly kinds?: readonly FaultKind[];
  /** 8 if left out. */
  readonly maxFaults?: number;
  /** Faults happen before this virtual time, microseconds; 10,000,000 if left out. */
  readonly untilUs?: number;
  /** The longest outage or absence, microseconds; 5,000,000 if left out. */
  readonly maxOutageUs?: number;
  /** Frames and calls are picked among the first so many; 40 if left out. */
  readonly maxNth?: number;
  /** Calls that may fail; if left out those of a client and a server. */
  readonly calls?: readonly string[];
}

const CALLS = ['socket', 'bind', 'listen', 'connect', 'accept', 'send', 'recv', 'close'] as const;
/** What each call can plausibly fail with. */
const ERRNOS: Readonly<Record<string, readonly string[]>> = {
  socket: ['ENFILE', 'ENOBUFS'],
  bind: ['EADDRINUSE'],
  listen: ['ENOMEM'],
  connect: ['ECONNRESET', 'ECONNABORTED', 'EHOSTUNREACH', 'ENOMEM'],
  accept: ['ECONNABORTED', 'ENFILE', 'EAGAIN'],
  send: ['ECONNRESET', 'ENOTCONN', 'EAGAIN', 'ENOMEM'],
  recv: ['ECONNRESET', 'ENOTCONN', 'EAGAIN'],
  close: ['EBADF'],
};

/** A plan of any of the kinds; the empty one too. */
export function faultPlan(options: FaultPlanOptions): fc.Arbitrary<FaultPlan> {
  const { maxFaults = 8 } = options;
  return fc.array(fault(options), { maxLength: maxFaults, size: 'max' }).map(mostSpecificFirst);
}

/** One fault of any of the kinds. */
export function fault(options: FaultPlanOptions): fc.Arbitrary<Fault> {
  const { kinds = NETWORK_FAULTS, boards } = options;
  if (boards.length === 0) throw new RangeError('A fault plan needs the names of boards.');
  const makers = makersOf(options);
  const arbitraries = kinds.map((kind) => {
    const maker = makers[kind];
    if (maker === undefined) throw new TypeError(`There is no arbitrary for faults of kind "${kind}".`);
    return maker;
  });
  return fc.oneof({ withCrossShrink: true }, ...arbitraries);
}

/** Kinds that concern every frame: behind them no other fault on frames would be asked. */
const ENDLESS: ReadonlySet<FaultKind> = new Set<FaultKind>(['rate', 'jitter']);

function mostSpecificFirst(plan: readonly Fault[]): FaultPlan {
  return [...plan.filter(({ kind }) => !ENDLESS.has(kind)), ...plan.filter(({ kind }) => ENDLESS.has(kind))];
}

type Makers = { readonly [K in FaultKind]?: fc.Arbitrary<Fault> };

function makersOf(options: FaultPlanOptions): Makers {
  return { ...wireMakers(options), ...connectionMakers(options), ...boardMakers(options), ...callMakers(options) };
}

/** The n-th frame of a board, or of all. */
function aFrame({ boards, maxNth = 40 }: FaultPlanOptions) {
  const match: fc.Arbitrary<FrameMatch> = fc.record(
    { from: fc.constantFrom(...boards), data: fc.constant(true) },
    { requiredKeys: [] },
  );
  return { match, nth: fc.integer({ min: 1, max: maxNth }) };
}

function us(max: number, min = 1): fc.Arbitrary<number> {
  return fc.integer({ min, max });
}

const SLOWEST_BPS = 20_000;
const FASTEST_BPS = 10_000_000;

function wireMakers(options: FaultPlanOptions): Makers {
  const frame = aFrame(options);
  const { untilUs = 10_000_000, maxOutageUs = 5_000_000 } = options;
  const kind = <K extends FaultKind>(name: K) => fc.constant(name);
  return {
    drop: fc.record({ kind: kind('drop'), ...frame }),
    delay: fc.record({ kind: kind('delay'), ...frame, us: us(5_000_000) }),
    duplicate: fc.record({ kind: kind('duplicate'), ...frame, gapUs: us(100_000, 0) }),
    reorder: fc.record({ kind: kind('reorder'), ...frame, behind: fc.integer({ min: 1, max: 3 }) }),
    // Where a checksum is looked at: a link that delivers a corrupted ARP answer is not to be survived.
    corrupt: fc.record({
      kind: kind('corrupt'),
      match: fc.record({ from: fc.constantFrom(...options.boards), proto: fc.constant('tcp' as const) }),
      nth: frame.nth,
      layer: fc.constant('transport' as const),
      offset: fc.nat({ max: 60 }),
      xor: fc.integer({ min: 1, max: 255 }),
    }),
    truncate: fc.record({
      kind: kind('truncate'),
      ...frame,
      length: fc.integer({ min: 14, max: 100 }),
      checksums: fc.constantFrom('wrong' as const, 'right' as const),
    }),
    outage: fc
      .tuple(us(untilUs, 0), us(maxOutageUs))
      .map(([sinceUs, forUs]) => ({ kind: 'outage', sinceUs, untilUs: sinceUs + forUs })),
    // The faster, the milder: it shrinks upwards.
    rate: fc
      .nat({ max: FASTEST_BPS - SLOWEST_BPS })
      .map((less) => ({ kind: 'rate', bitsPerSecond: FASTEST_BPS - less })),
    jitter: fc.record({
      kind: kind('jitter'),
      maxUs: us(200_000),
      keepOrder: fc.boolean(),
      seed: fc.nat({ max: 1000 }),
    }),
  };
}

function connectionMakers(options: FaultPlanOptions): Makers {
  const { boards, untilUs = 10_000_000 } = options;
  const board = fc.constantFrom(...boards);
  const segment = { match: fc.record({ from: board, proto: fc.constant('tcp' as const) }), nth: aFrame(options).nth };
  return {
    rst: fc.record({ kind: fc.constant('rst' as const), ...segment }),
    fin: fc.record({ kind: fc.constant('fin' as const), ...segment }),
    stall: fc.record({
      kind: fc.constant('stall' as const),
      match: fc.record({ from: board }),
      afterBytes: fc.nat({ max: 10_000 }),
    }),
    blackhole: fc.record({
      kind: fc.constant('blackhole' as const),
      match: fc.record({ from: board }),
      sinceUs: us(untilUs, 0),
    }),
  };
}

function boardMakers({ boards, untilUs = 10_000_000, maxOutageUs = 5_000_000 }: FaultPlanOptions): Makers {
  const when = { board: fc.constantFrom(...boards), atUs: us(untilUs, 0) };
  const forUs = us(maxOutageUs);
  return {
    powerOff: fc.record({ kind: fc.constant('powerOff' as const), ...when }),
    reboot: fc.record({ kind: fc.constant('reboot' as const), ...when, forUs }),
    linkDown: fc.record({ kind: fc.constant('linkDown' as const), ...when, forUs }),
    interfaceDown: fc.record({ kind: fc.constant('interfaceDown' as const), ...when, forUs }),
    freeze: fc.record({ kind: fc.constant('freeze' as const), ...when, forUs }),
  };
}

function callMakers({ boards, maxNth = 40, calls = CALLS, untilUs = 10_000_000 }: FaultPlanOptions): Makers {
  const board = fc.constantFrom(...boards);
  const nth = fc.integer({ min: 1, max: maxNth });
  const moving = calls.filter((fn) => /^(send|recv|read|write)/.test(fn));
  const failing = calls.flatMap((fn) => (ERRNOS[fn] ?? ['ENOMEM']).map((errno) => ({ fn, errno })));
  return {
    callFails: fc
      .record({ call: fc.constantFrom(...failing), board, nth, count: fc.integer({ min: 1, max: 5 }) })
      .map(({ call, ...rest }) => ({ kind: 'callFails', ...call, ...rest })),
    ...(moving.length > 0 && {
      shortTransfer: fc.record({
        kind: fc.constant('shortTransfer' as const),
        fn: fc.constantFrom(...moving),
        board,
        nth,
        bytes: fc.integer({ min: 1, max: 1000 }),
      }),
    }),
    slowCall: fc.record({
      kind: fc.constant('slowCall' as const),
      fn: fc.constantFrom(...calls),
      board,
      nth,
      us: us(2_000_000),
    }),
    noMemory: fc.record({
      kind: fc.constant('noMemory' as const),
      board,
      of: fc.constantFrom(
        'descriptor' as const,
        'netconn' as const,
        'pcb' as const,
        'pbuf' as const,
        'rx_pbuf' as const,
      ),
      nth,
    }),
    queueSize: fc.record({
      kind: fc.constant('queueSize' as const),
      board,
      of: fc.constantFrom('tcp' as const, 'udp' as const, 'accept' as const, 'tcpip' as const, 'arp' as const),
      size: fc.nat({ max: 6 }),
      atUs: us(untilUs, 0),
    }),
    schedule: fc.record({
      kind: fc.constant('schedule' as const),
      swaps: fc.uniqueArray(fc.integer({ min: 1, max: 5 * maxNth }), { maxLength: 5 }),
    }),
  };
}
