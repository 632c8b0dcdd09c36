/** Sequences of socket calls as plain data, and the program that makes them. */

import * as fc from 'fast-check';
import {
  AF_INET,
  type Call,
  errnoName,
  FIONBIO,
  MSG_DONTWAIT,
  type Os,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
} from '../../device/index.ts';

/** One call. `slot` says which of the program's open descriptors, counted around; -1 stands in for one where there is none. */
export type CallStep =
  | { readonly call: 'socket'; readonly type: 'tcp' | 'udp' }
  | { readonly call: 'bind'; readonly slot: number; readonly port: number }
  | { readonly call: 'listen'; readonly slot: number; readonly backlog: number }
  | { readonly call: 'accept' | 'close'; readonly slot: number }
  | { readonly call: 'connect'; readonly slot: number; readonly ip: string; readonly port: number }
  | { readonly call: 'send' | 'recv'; readonly slot: number; readonly bytes: number; readonly wait: boolean }
  | {
      readonly call: 'sendto';
      readonly slot: number;
      readonly bytes: number;
      readonly ip: string;
      readonly port: number;
    }
  | { readonly call: 'shutdown'; readonly slot: number; readonly how: 'read' | 'write' | 'both' }
  | { readonly call: 'nonblocking'; readonly slot: number; readonly on: boolean }
  | { readonly call: 'timeout' | 'delay'; readonly slot: number; readonly ms: number };

export interface CallSequenceOptions {
  /** Addresses that are connected and sent to. */
  readonly ips: readonly string[];
  /** 80 and 81 if left out. */
  readonly ports?: readonly number[];
  /** 20 if left out. */
  readonly maxCalls?: number;
}

/** Calls in any order. Shrinks to fewer and simpler ones. */
export function callSequence({ ips, ports = [80, 81], maxCalls = 20 }: CallSequenceOptions): fc.Arbitrary<CallStep[]> {
  const slot = fc.nat({ max: 3 });
  const ip = fc.constantFrom(...ips);
  const port = fc.constantFrom(...ports);
  const bytes = fc.oneof({ withCrossShrink: true }, fc.nat({ max: 100 }), fc.constantFrom(1440, 5760, 8000));
  const step: fc.Arbitrary<CallStep> = fc.oneof(
    { withCrossShrink: true },
    {
      weight: 3,
      arbitrary: fc.record({
        call: fc.constant('socket' as const),
        type: fc.constantFrom('tcp' as const, 'udp' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ call: fc.constant('bind' as const), slot, port }) },
    { weight: 2, arbitrary: fc.record({ call: fc.constant('listen' as const), slot, backlog: fc.nat({ max: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ call: fc.constantFrom('accept' as const, 'close' as const), slot }) },
    { weight: 3, arbitrary: fc.record({ call: fc.constant('connect' as const), slot, ip, port }) },
    {
      weight: 6,
      arbitrary: fc.record({
        call: fc.constantFrom('send' as const, 'recv' as const),
        slot,
        bytes,
        wait: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ call: fc.constant('sendto' as const), slot, bytes, ip, port }) },
    {
      weight: 1,
      arbitrary: fc.record({
        call: fc.constant('shutdown' as const),
        slot,
        how: fc.constantFrom('read' as const, 'write' as const, 'both' as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ call: fc.constant('nonblocking' as const), slot, on: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        call: fc.constantFrom('timeout' as const, 'delay' as const),
        slot,
        ms: fc.nat({ max: 2000 }),
      }),
    },
  );
  return fc.array(step, { maxLength: maxCalls, size: 'max' });
}

/** What became of a step. */
export interface StepResult {
  readonly step: CallStep;
  /** The number, or the name of the errno if it is -1. */
  readonly result: number | string;
}

/** The program that makes the calls, one after the other, and notes what comes of them. */
export function callProgram(steps: readonly CallStep[], results: StepResult[] = []) {
  return function* (os: Os): Generator<void, void, void> {
    const open: number[] = [];
    for (const step of steps) {
      const ret = yield* make(os, step, open);
      results.push({ step, result: ret === -1 ? errnoName(os.errno) : ret });
      if ((step.call === 'socket' || step.call === 'accept') && ret >= 0) open.push(ret);
    }
  };
}

function make(os: Os, step: CallStep, open: number[]): Call<number> {
  if (step.call === 'socket') return os.socket(AF_INET, step.type === 'tcp' ? SOCK_STREAM : SOCK_DGRAM);
  const at = open.length === 0 ? 0 : step.slot % open.length;
  const s = open[at] ?? -1;
  switch (step.call) {
    case 'bind':
      return os.bind(s, sockaddr_in('0.0.0.0', step.port));
    case 'listen':
      return os.listen(s, step.backlog);
    case 'accept':
      return os.accept(s);
    case 'close':
      open.splice(at, 1);
      return os.close(s);
    case 'connect':
      return os.connect(s, sockaddr_in(step.ip, step.port));
    case 'send':
      return os.send(s, new Uint8Array(step.bytes), step.bytes, step.wait ? 0 : MSG_DONTWAIT);
    case 'recv':
      return os.recv(s, new Uint8Array(step.bytes), step.bytes, step.wait ? 0 : MSG_DONTWAIT);
    case 'sendto':
      return os.sendto(s, new Uint8Array(step.bytes), step.bytes, 0, sockaddr_in(step.ip, step.port));
    case 'shutdown':
      return os.shutdown(s, { read: SHUT_RD, write: SHUT_WR, both: SHUT_RDWR }[step.how]);
    case 'nonblocking':
      return os.ioctl(s, FIONBIO, { value: step.on ? 1 : 0 });
    case 'timeout':
      return os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, {
        tv_sec: Math.floor(step.ms / 1000),
        tv_usec: (step.ms % 1000) * 1000,
      });
    case 'delay':
      return os.delayMs(step.ms);
  }
}
